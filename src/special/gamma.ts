// The logarithm of the gamma function and its derivatives. Formulas are those of
// the NIST Digital Library of Mathematical Functions (DLMF), chapter 5.
import { polynomial, quotient } from "./approximation.ts";

// Approximations made for this module, interpolated with 80 digits at Chebyshev's
// points. Polynomials: log Γ(1 + z)/z on [−0.25, 0.25] (relative error 1.9e-18), and
// log Γ(2 + z)/z on [−0.75, 0.5] (1.1e-18), in z. A quotient: ψ(x)/(x − x₀), where x₀ is the
// root of ψ, in x − 0.5 on [0.5, 3] (1.8e-19).
// deno-fmt-ignore
const FROM_1 = [
  -0.5772156649015329, 0.8224670334241133, -0.4006856343865315,
  0.27058080842771787, -0.20738555102861042, 0.16955717701613895,
  -0.14404989678670604, 0.12550966713649744, -0.11133426359238932,
  0.10009962210510019, -0.09095417407951806, 0.08334719848486703,
  -0.07692618365330123, 0.07159408341567752, -0.06682232999260808,
  0.06020201298139458, -0.05663245272474891, 0.07302784334409541,
  -0.06928380249485716,
];
// deno-fmt-ignore
const FROM_2 = [
  0.42278433509846713, 0.3224670334241132, -0.06735230105319803,
  0.020580808427784605, -0.007385551028681512, 0.002890510330735603,
  -0.0011927539113632116, 0.0005096695250613079, -0.00022315476626183224,
  9.94575037206372e-5, -4.492613417222439e-5, 2.050735916377729e-5,
  -9.440295643329289e-6, 4.373455647232756e-6, -2.035450933367171e-6,
  9.634073192949235e-7, -4.5855335925043413e-7, 1.8327792622502426e-7,
  -9.423130042125474e-8, 1.0227175181175715e-7, -2.4687569244652835e-9,
  -3.150027782334188e-8, -3.9681207194105607e-8,
];
// deno-fmt-ignore
const DIGAMMA_P = [
  2.041851487905516, 4.5876457690183985, 3.7252066576823544, 1.4303407738759546,
  0.2784565029838301, 0.026861274378858085, 0.0011390694262815191,
  1.5371313863566683e-5, 1.2025017289138158e-8,
];
// deno-fmt-ignore
const DIGAMMA_Q = [
  1.0, 3.720163511798467, 4.552309559662784, 2.5703526177225715,
  0.747741740737185, 0.11421646901625102, 0.008708818727267167,
  0.00028634349598293484, 2.7715752134931507e-6,
];
/** The positive root of ψ, and what the double lacks. */
const DIGAMMA_ROOT = 1.4616321449683622,
  DIGAMMA_ROOT_REST = 9.549995429965697e-17;

// From here on, seven terms of the asymptotic series have all digits.
const FAR = 10;
/** The Bernoulli numbers B₂, B₄, …, B₁₆. */
const BERNOULLI = [
  1 / 6,
  -1 / 30,
  1 / 42,
  -1 / 30,
  5 / 66,
  -691 / 2730,
  7 / 6,
  -3617 / 510,
];
// Of log Γ: B₂ₖ/(2k (2k − 1)); of ψ: B₂ₖ/(2k), both for k = 1, 2, ….
const STIRLING = BERNOULLI.map((b, i) => b / ((2 * i + 2) * (2 * i + 1)));
const DIGAMMA_FAR = BERNOULLI.map((b, i) => b / (2 * i + 2));
const HALF_LOG_TAU = 0.9189385332046728;

/** log |Γ(x)|; Infinity at the poles 0, −1, −2, …. */
export function lgamma(x: number): number {
  // Γ(x) = Γ(1 + x)/x, and 1 + x would lose digits of x.
  if (Math.abs(x) <= 0.25) {
    return x * polynomial(FROM_1, x) - Math.log(Math.abs(x));
  }
  if (x < 0) {
    if (x === Math.floor(x)) return Infinity;
    // Γ(−x) Γ(x) = −π/(x sin πx), DLMF 5.5.3 with 5.5.1.
    const sine = Math.sin(Math.PI * Math.abs(fraction(x)));
    return Math.log(Math.PI / (-x * sine)) - lgamma(-x);
  }
  if (x < 0.75) return (x - 1) * polynomial(FROM_2, x - 1) - Math.log(x);
  // 0 at 1, not −0.
  if (x <= 1.25) return (1 - x) * -polynomial(FROM_1, x - 1);
  if (x <= 2.5) return (x - 2) * polynomial(FROM_2, x - 2);
  if (x < FAR) {
    // Γ(x) = (x − 1)(x − 2)… Γ(x − n).
    let product = 1, rest = x;
    while (rest > 2.5) product *= --rest;
    return Math.log(product) + (rest - 2) * polynomial(FROM_2, rest - 2);
  }
  // Stirling's series, DLMF 5.11.1; (x − ½) log x − x would overflow early.
  const inverse = 1 / x;
  return (x - 0.5) * (Math.log(x) - 1) + (HALF_LOG_TAU - 0.5) +
    inverse * polynomial(STIRLING, inverse * inverse);
}

/** ψ(x) = Γ′(x)/Γ(x); NaN at the poles −1, −2, … and ∓Infinity at ±0. */
export function digamma(x: number): number {
  if (x < -0.5) {
    if (x === Math.floor(x)) return NaN;
    // ψ(1 − x) − ψ(x) = π cot πx and ψ(1 − x) = ψ(−x) − 1/x, DLMF 5.5.4 and 5.5.2.
    return digamma(-x) - 1 / x - Math.PI * cotangent(x);
  }
  // ψ(x) = ψ(x + 1) − 1/x.
  if (x < 0.5) return digammaNearRoot(x + 1) - 1 / x;
  if (x <= 3) return digammaNearRoot(x);
  if (x < FAR) {
    let sum = 0, rest = x;
    while (rest > 3) sum += 1 / --rest;
    return sum + digammaNearRoot(rest);
  }
  // DLMF 5.11.2.
  const square = 1 / x / x;
  return Math.log(x) - (0.5 / x + square * polynomial(DIGAMMA_FAR, square));
}

function digammaNearRoot(x: number): number {
  return ((x - DIGAMMA_ROOT) - DIGAMMA_ROOT_REST) *
    quotient(DIGAMMA_P, DIGAMMA_Q, x - 0.5);
}

/** The largest n whose n! is a double. */
const MAX_FACTORIAL = 170;
// B₂ₖ/(2k)!, for k = 1, 2, ….
const EULER_MACLAURIN = BERNOULLI.map((b, i) => b / factorial(2 * i + 2));

/**
 * ψ⁽ⁿ⁾(x), the derivative of order n of digamma; NaN if n is not a whole number. At the poles 0, −1, −2, … it is
 * Infinity for an odd n; for an even one, ∓Infinity at ±0 and NaN at the others.
 */
export function polygamma(n: number, x: number): number {
  if (!Number.isInteger(n) || n < 0) return NaN;
  if (n === 0) return digamma(x);
  const odd = (n & 1) === 1;
  if (x < 0) {
    if (Number.isInteger(x)) return odd ? Infinity : NaN;
    // ψ⁽ⁿ⁾(1 − x) − (−1)ⁿ ψ⁽ⁿ⁾(x) = (−1)ⁿ π dⁿ(cot πx)/dxⁿ, DLMF 5.15.6.
    const cotangents = cotangentDerivative(n, cotangent(x));
    // It has the poles of ψ⁽ⁿ⁾(x), and 1 − x is further from one than x is.
    if (Math.abs(cotangents) === Infinity) return -cotangents;
    const reflected = polygamma(n, 1 - x);
    return (odd ? -reflected : reflected) - cotangents;
  }
  // (−1)ⁿ⁺¹ n! Σ 1/(x + k)ⁿ⁺¹ (DLMF 5.15.1): term by term as far as the rest, by
  // the formula of Euler and Maclaurin, is not yet in reach.
  const size = factorial(n);
  let sum = 0, at = x;
  while (at < n + FAR) {
    const term = overPower(size, n, n + 1, at);
    sum += term;
    // Those of huge orders may all be 0, or NaN.
    if (!(term > sum * 2 ** -60) || sum === Infinity) return odd ? sum : -sum;
    at++;
  }
  // (n − 1)!/xⁿ · (1 + n/(2x) + Σ B₂ₖ/(2k)! · n(n + 1)…(n + 2k − 1)/x²ᵏ).
  let rest = 1 + n / (2 * at), rising = 1;
  for (let k = 0; k < EULER_MACLAURIN.length; k++) {
    rising *= (n + 2 * k) / at * ((n + 2 * k + 1) / at);
    rest += EULER_MACLAURIN[k]! * rising;
  }
  sum += overPower(factorial(n - 1), n - 1, n, at) * rest;
  return odd ? sum : -sum;
}

/** n!/xᵖ, where xᵖ alone may be out of a double's range, and n! too. */
function overPower(
  factorial: number,
  n: number,
  p: number,
  x: number,
): number {
  if (factorial === Infinity) return Math.exp(lgamma(n + 1) - p * Math.log(x));
  const half = p >> 1,
    power = half > 3
      ? x ** half
      : half === 3
      ? x * x * x
      : half === 2
      ? x * x
      : half === 1
      ? x
      : 1;
  const quotient = factorial / power / power;
  return (p & 1) === 0 ? quotient : quotient / x;
}

/** n!; Infinity from 171! on. */
function factorial(n: number): number {
  if (n > MAX_FACTORIAL) return Infinity;
  let product = 1;
  for (let k = 2; k <= n; k++) product *= k;
  return product;
}

/** How far x is from the nearest integer, exactly: −½ … ½. */
function fraction(x: number): number {
  return x - Math.round(x);
}

/** cot πx. */
function cotangent(x: number): number {
  const part = fraction(x), size = Math.abs(part);
  return Math.sign(part) *
    (size <= 0.25
      ? 1 / Math.tan(Math.PI * size)
      : Math.tan(Math.PI * (0.5 - size)));
}

/**
 * π dⁿ(cot πx)/dxⁿ, a polynomial in c = cot πx: as c′ = −π(1 + c²), the derivative of
 * P(c) is −π(1 + c²) P′(c). All its terms have one sign.
 */
function cotangentDerivative(n: number, c: number): number {
  if (n > MAX_FACTORIAL) {
    // The coefficients are out of range.
    return (n & 1) === 1 ? -Infinity : c === 0 ? 0 : Math.sign(c) * Infinity;
  }
  let coefficients = [0, 1];
  for (let order = 0; order < n; order++) {
    const next = new Array<number>(order + 3).fill(0);
    for (let power = 1; power < coefficients.length; power++) {
      next[power - 1]! -= power * coefficients[power]!;
      next[power + 1]! -= power * coefficients[power]!;
    }
    coefficients = next;
  }
  return Math.PI ** (n + 1) * polynomial(coefficients, c);
}
