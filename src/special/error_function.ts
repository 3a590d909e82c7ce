// The error function and its complement.
import { polynomial, quotient } from "./approximation.ts";

// Approximations made for this module. A minimax polynomial, fitted with 40 digits:
// erf(x)/x in x² on [0, 1], to a relative error of 1.2e-19. Quotients P/Q of
// polynomials, interpolated at Chebyshev's points with 80 digits: erfc(x)·exp(x²) in
// x on [0.5, 3], to 4.1e-19, and x times that in 1/x on [3, 28], to 1.1e-18.
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

/** e^(−x²) for x ≥ 0. The rounding error of x², up to 10⁻¹³, would be its relative error. */
function gaussian(x: number): number {
  // Larger ones might overflow below.
  if (x > 28) return 0;
  // x² = square + rest, exactly (Dekker 1971; Veltkamp's splitting of x).
  const square = x * x, scaled = (2 ** 27 + 1) * x;
  const high = scaled - (scaled - x), low = x - high;
  const rest = high * high - square + 2 * high * low + low * low;
  return Math.exp(-square) * (1 - rest);
}
