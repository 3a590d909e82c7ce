// The logistic function and logarithms of sums of exponentials, accurate over all
// doubles.

/** 1 / (1 + e⁻ˣ). Written with the exponential that cannot overflow. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** log(1 + eˣ). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** log(eᵃ + eᵇ). */
export function logAddExp(a: number, b: number): number {
  // Equal infinities have no difference; equal numbers need none.
  if (a === b) return a + Math.LN2;
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/**
 * log Σ eˣ. The largest term is taken out and its own share, exactly 1, kept
 * out of the sum, so that log1p keeps the digits of much smaller terms.
 */
export function logSumExp(
  xs: ArrayLike<number>,
  count: number = xs.length,
): number {
  let max = -Infinity, argmax = -1;
  for (let i = 0; i < count; i++) {
    const x = xs[i]!;
    if (Number.isNaN(x)) return NaN;
    if (x > max) {
      max = x;
      argmax = i;
    }
  }
  if (Math.abs(max) === Infinity) return max;
  let rest = 0;
  for (let i = 0; i < count; i++) {
    if (i !== argmax) rest += Math.exp(xs[i]! - max);
  }
  return max + Math.log1p(rest);
}
