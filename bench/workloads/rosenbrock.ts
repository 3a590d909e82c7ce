import * as chainrule from "../../mod.ts";
import type { Scalar } from "../../mod.ts";
import type { Language } from "./language.ts";

/**
 * Rosenbrock's function in any number of dimensions,
 * Σ 100·(x[i+1] − x[i]²)² + (1 − x[i])², with its minimum 0 at (1, …, 1).
 */
export function rosenbrockIn<T>(
  { add, mul, square, sub }: Language<T>,
): (x: readonly T[]) => T {
  return (x) => {
    let total: T | number = 0;
    for (let i = 0; i + 1 < x.length; i++) {
      const valley = square(sub(x[i + 1]!, square(x[i]!)));
      total = add(total, add(mul(100, valley), square(sub(1, x[i]!))));
    }
    return total as T;
  };
}

/** {@linkcode rosenbrockIn} this module's operations. */
export const rosenbrock: (x: readonly Scalar[]) => Scalar = rosenbrockIn<
  Scalar
>(chainrule);

/** Starting points of ±1.2 and ±0.8 in turn: away from the minimum at 1. */
export function rosenbrockStart(dimensions: number): number[] {
  const cycle = [-1.2, 0.8, 1.2, -0.8];
  return Array.from({ length: dimensions }, (_, i) => cycle[i % 4]!);
}
