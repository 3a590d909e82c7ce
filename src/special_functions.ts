// Functions of numbers that `Math` lacks, each accurate over all doubles.
import { polynomial, quotient } from "./approximation.ts";

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

// Approximations of this module's own, interpolated with 80 digits at Chebyshev's
// points: erf(x)/x in x² on [0, 1] (relative error 1.2e-19); erfc(x)·exp(x²) in x
// on [0.5, 3] (4.1e-19), and x times that in 1/x on [3, 28] (1.1e-18).
// deno-fmt-ignore
const ERF_BELOW_1 = [
  1.12837916709551257, -0.376126389031837481, 0.112837916709548787,
  -0.0268661706450767932, 0.00522397762481801447, -0.000854832698083378991,
  0.000120553311116427109, -1.49255952668311816e-5, 1.6461000484121368e-6,
  -1.6350312701054695e-7, 1.46597752740474358e-8, -1.13728488567916737e-9,
  5.9571761477489114e-11,
];
// deno-fmt-ignore
const NEAR_P = [
  0.9999999999954996, 1.6507586140757335, 1.3670985053935134,
  0.6985684110820001, 0.2345234561399442, 0.05143666958708069,
  0.006837021978710883, 0.0004287667917550645, 2.6767238543281654e-11,
];
// deno-fmt-ignore
const NEAR_Q = [
  1.0, 2.779137781095744, 3.5030196806684195, 2.624417834650017,
  1.2834563129280128, 0.42173267867773545, 0.091549885808525,
  0.012118253983697177, 0.0007599716020393772,
];
// deno-fmt-ignore
const FAR_P = [
  0.5641895835477024, 4.2255694710503615, 20.74226858263104, 64.06420418893669,
  139.0217884744597, 201.9985490373368, 184.47854093455229, 81.5751675251397,
  0.024045647686452152,
];
// deno-fmt-ignore
const FAR_Q = [
  1.0, 7.489626881216327, 37.26471382697073, 117.29565880766908,
  264.29206287366105, 411.0636795330546, 433.0527905621078, 276.1838110140426,
  81.73336747901193,
];

/** The error function, (2/√π) ∫₀ˣ e^(−t²) dt. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 1) return x * polynomial(ERF_BELOW_1, x * x);
  return Math.sign(x) * (1 - erfc(size));
}

/** 1 − erf(x), to its last digits where erf(x) is near 1. */
export function erfc(x: number): number {
  if (x < 0.5) return 1 - erf(x);
  if (x < 3) return gaussian(x) * quotient(NEAR_P, NEAR_Q, x);
  return gaussian(x) * quotient(FAR_P, FAR_Q, 1 / x) / x;
}

/** e^(−x²). An error of half a unit in the last place of x² would be one of 10⁻¹³. */
function gaussian(x: number): number {
  // Not for larger ones: x² is 0 in e^(−x²), and ∞ − ∞ in its rounding error.
  if (x > 28) return 0;
  // x² = square + rest, exactly (Dekker 1971; Veltkamp's splitting of x).
  const square = x * x, scaled = (2 ** 27 + 1) * x;
  const high = scaled - (scaled - x), low = x - high;
  const rest = high * high - square + 2 * high * low + low * low;
  return Math.exp(-square) * (1 - rest);
}
