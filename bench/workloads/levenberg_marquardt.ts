// Nonlinear least squares in plain numbers, to show what exact Jacobians are for.
// The method is Levenberg's and Marquardt's in the form of J. J. Moré, "The
// Levenberg–Marquardt algorithm: implementation and theory" (1978): each
// parameter on its own scale, steps by QR. The damping is adapted by the gain
// ratio, after H. B. Nielsen, "Damping parameter in Marquardt's method" (1999).

/** Where {@linkcode levenbergMarquardt} stopped. */
export interface LeastSquaresFit {
  /** The parameters. */
  readonly b: number[];
  /** The sum of squared residuals there. */
  readonly sumOfSquares: number;
  /** How many Jacobians it took. */
  readonly iterations: number;
  /** Whether it stopped of itself, not at the limit of iterations. */
  readonly converged: boolean;
}

/** Gives up after so many Jacobians; NIST's hardest start here takes 570. */
const ITERATIONS = 1000;

/**
 * A predicted reduction of the sum of squares below this part of it is lost in
 * the rounding of the sum.
 */
const RESOLUTION = 1e-12;

/**
 * Minimises the sum of squared residuals, until steps stop shrinking in the
 * rounding of the parameters.
 *
 * @param residuals The residuals at b; any sign, NaN and Infinity allowed.
 * @param jacobian The residuals' derivatives at b, a row each residual.
 * @param start Where to start.
 * @returns The parameters of the smallest sum found.
 */
export function levenbergMarquardt(
  residuals: (b: number[]) => number[],
  jacobian: (b: number[]) => number[][],
  start: number[],
): LeastSquaresFit {
  let b = [...start];
  let r = residuals(b);
  let cost = dot(r, r);
  const scale = b.map(() => 0);
  let damping = 1e-3, growth = 2, lastStep = Infinity;
  for (let iterations = 1; iterations <= ITERATIONS; iterations++) {
    const J = jacobian(b);
    // Moré: the largest column norm so far, so that a parameter's scale never
    // collapses where the residuals momentarily do not depend on it.
    for (let j = 0; j < b.length; j++) {
      scale[j] = Math.max(scale[j]!, Math.hypot(...J.map((row) => row[j]!))) ||
        1;
    }
    for (;;) {
      const step = dampedStep(J, r, scale, damping);
      const next = b.map((value, j) => value + step[j]!);
      const length = Math.hypot(...step.map((d, j) => d * scale[j]!));
      const still = next.every((value, j) => value === b[j]);
      if (still || damping > 1e300) { // beyond: nothing but NaN to compare
        return { b, sumOfSquares: cost, iterations, converged: still };
      }
      const nextR = residuals(next), nextCost = dot(nextR, nextR);
      // |r|² − |r + J·step|², written as Moré does, where nothing cancels.
      const change = J.map((row) => dot(row, step));
      const predicted = dot(change, change) + 2 * damping * length ** 2;
      if (predicted <= RESOLUTION * cost) {
        // Here sums of squares compare their rounding. The step does not: it
        // comes from the gradient, so it is right until it stops shrinking.
        if (!(length < 0.9 * lastStep) || !Number.isFinite(nextCost)) {
          return { b, sumOfSquares: cost, iterations, converged: true };
        }
        lastStep = length;
        damping = Math.min(damping, 1e-12);
        [b, r, cost] = [next, nextR, nextCost];
        break;
      }
      const gain = (cost - nextCost) / predicted;
      if (gain > 0) { // false for NaN, too
        damping *= Math.max(1 / 3, 1 - (2 * gain - 1) ** 3);
        growth = 2;
        [b, r, cost] = [next, nextR, nextCost];
        break;
      }
      damping *= growth;
      growth *= 2;
    }
  }
  return { b, sumOfSquares: cost, iterations: ITERATIONS, converged: false };
}

/**
 * The step that minimises |J·step + r|² + damping·|scale·step|²: Householder QR
 * of J over a diagonal block, in scaled parameters. The normal equations would
 * square the condition number, which costs half of the digits.
 */
function dampedStep(
  J: readonly (readonly number[])[],
  r: readonly number[],
  scale: readonly number[],
  damping: number,
): number[] {
  const n = scale.length;
  const A = [
    ...J.map((row) => row.map((d, j) => d / scale[j]!)),
    ...scale.map((_, i) =>
      scale.map((_, j) => i === j ? Math.sqrt(damping) : 0)
    ),
  ];
  const y = [...r.map((value) => -value), ...scale.map(() => 0)];
  for (let k = 0; k < n; k++) {
    const below = A.slice(k);
    const norm = Math.hypot(...below.map((row) => row[k]!));
    if (norm === 0) continue;
    const v = below.map((row) => row[k]!);
    const diagonal = v[0]! > 0 ? -norm : norm; // the sign that does not cancel
    v[0]! -= diagonal;
    const half = norm * (norm + Math.abs(A[k]![k]!)); // |v|² / 2
    for (let j = k; j < n; j++) {
      const t = v.reduce((s, vi, i) => s + vi * below[i]![j]!, 0) / half;
      v.forEach((vi, i) => below[i]![j]! -= t * vi);
    }
    const t = v.reduce((s, vi, i) => s + vi * y[k + i]!, 0) / half;
    v.forEach((vi, i) => y[k + i]! -= t * vi);
  }
  const step = scale.map(() => 0);
  for (let k = n - 1; k >= 0; k--) {
    let rest = y[k]!;
    for (let j = k + 1; j < n; j++) rest -= A[k]![j]! * step[j]!;
    step[k] = A[k]![k] === 0 ? 0 : rest / A[k]![k]!;
  }
  return step.map((d, j) => d / scale[j]!);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((s, value, i) => s + value * b[i]!, 0);
}
