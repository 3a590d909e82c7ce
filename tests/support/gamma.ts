// The gamma function's logarithm and its derivatives by the plainest means: sums of
// so many terms that few of the asymptotic series are wanted for the rest.

const TERMS = 20;

/** Σ f(x + k) for k < {@linkcode TERMS}. */
function sumOf(f: (at: number) => number, x: number): number {
  let sum = 0;
  for (let k = 0; k < TERMS; k++) sum += f(x + k);
  return sum;
}

const factorial = (n: number): number => n < 2 ? 1 : n * factorial(n - 1);

/** log Γ(x) for x > 0: Γ(x + 1) = x Γ(x), and Stirling's series. */
export function lgammaBySum(x: number): number {
  const z = x + TERMS;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 +
    1 / (12 * z) -
    1 / (360 * z ** 3) + 1 / (1260 * z ** 5) - sumOf(Math.log, x);
}

/** The derivative of order n of digamma for x > 0: by the formula of Euler and Maclaurin. */
export function polygammaBySum(n: number, x: number): number {
  const z = x + TERMS;
  if (n === 0) {
    return Math.log(z) - 1 / (2 * z) - 1 / (12 * z ** 2) + 1 / (120 * z ** 4) -
      1 / (252 * z ** 6) + 1 / (240 * z ** 8) - sumOf((at) => 1 / at, x);
  }
  const rest = (order: number) => factorial(n + order) / z ** (n + order + 1);
  return (-1) ** (n + 1) * (
    factorial(n) * sumOf((at) => at ** (-n - 1), x) + rest(-1) + rest(0) / 2 +
    rest(1) / 12 - rest(3) / 720 + rest(5) / 30240
  );
}
