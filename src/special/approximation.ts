// Polynomials, and quotients of them, in Horner's form: coefficients from the
// constant one up.

/** Σ cₖ·xᵏ. */
export function polynomial(
  coefficients: readonly number[],
  x: number,
): number {
  // From the last coefficient itself: 0 · ∞ would be NaN.
  let k = coefficients.length - 1, sum = coefficients[k]!;
  while (k > 0) sum = sum * x + coefficients[--k]!;
  return sum;
}

/** Σ pₖ·xᵏ / Σ qₖ·xᵏ, of one degree. */
export function quotient(
  p: readonly number[],
  q: readonly number[],
  x: number,
): number {
  let k = p.length - 1, above = p[k]!, below = q[k]!;
  while (k > 0) {
    above = above * x + p[--k]!;
    below = below * x + q[k]!;
  }
  return above / below;
}
