import { add, mul, type Scalar, square, sub } from "../../mod.ts";

/**
 * Rosenbrock's function in any number of dimensions,
 * Σ 100·(x[i+1] − x[i]²)² + (1 − x[i])², with its minimum 0 at (1, …, 1).
 */
export function rosenbrock(x: readonly Scalar[]): Scalar {
  let total: Scalar = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const valley = square(sub(x[i + 1]!, square(x[i]!)));
    total = add(total, add(mul(100, valley), square(sub(1, x[i]!))));
  }
  return total;
}
