// Numerical methods that know nothing of the module: what tests compare it with.
import { AssertionError } from "@std/assert";

/** Random numbers in [0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** ∂f/∂x of operand i: central differences, extrapolated to an error in h⁴. */
export function partialDerivative(
  f: (...operands: number[]) => number,
  point: readonly number[],
  i: number,
): number {
  const slope = (h: number) =>
    (f(...moved(point, i, h)) - f(...moved(point, i, -h))) / (2 * h);
  const h = 2 ** -11;
  return (4 * slope(h / 2) - slope(h)) / 3;
}

function moved(point: readonly number[], i: number, by: number): number[] {
  return point.map((x, j) => j === i ? x + by : x);
}

/**
 * Asserts that two numbers differ by at most `tolerance` · max(1, |expected|),
 * or are the same infinity or both NaN.
 */
export function assertClose(
  actual: number,
  expected: number,
  tolerance: number,
  message: string,
): void {
  if (Object.is(actual, expected)) return;
  const size = Math.abs(expected);
  const error = Math.abs(actual - expected);
  // Not for infinities: any two differ by no more than ∞.
  if (size < Infinity && error <= tolerance * Math.max(1, size)) return;
  throw new AssertionError(
    `${message}: ${actual}, expected ${expected} (± ${tolerance})`,
  );
}
