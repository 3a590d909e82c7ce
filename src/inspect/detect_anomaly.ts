import { requireOptions, wrongKind } from "../errors.ts";
import { withObserver } from "../tape/recording.ts";
import { AnomalyDetector } from "./anomaly_detector.ts";

/**
 * Options of {@linkcode detectAnomaly}.
 *
 * @category Checks and diagrams
 */
export interface DetectAnomalyOptions {
  /**
   * Whether infinities count, or NaN alone.
   *
   * @default {true}
   */
  readonly infinities?: boolean;
}

/**
 * Finds where a NaN or an infinity comes from: calls `run` once, and throws at
 * the first operation whose value is not finite, or that gives an operand a
 * gradient, or gets a tangent, that is not. The error names the operation, its
 * operands and the line that called it.
 *
 * While `run` runs, every operation on Nodes and in transforms is observed, and
 * every `backward` and sweep. The values of a graph that was built before are
 * checked as well, but it is not known where its operations were called. A
 * compiled function runs as the function it was made of. Plain numbers are not
 * observed, nor is what the result does not depend on when it is differentiated.
 * If an argument is not finite to begin with, the error names the first
 * operation on it whose value is not finite either.
 *
 * An observed operation costs microseconds and about a kilobyte; outside of `run`,
 * observing costs nothing. This is for finding a fault, not for leaving on.
 *
 * @typeParam R The type of what `run` returns.
 * @param run What to observe. It may use the engine in any way; calls nest.
 * @param options What counts.
 * @returns What `run` returned.
 * @throws {AnomalyError} At the first value, gradient or tangent that counts.
 * Gradients of leaves are then as before the `backward` that threw.
 * @throws {TypeError} If `run` is not a function, or returns a promise (observing
 * ends when it returns), or `options` is not an object or `infinities` not a boolean.
 * @category Checks and diagrams
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { AnomalyError, detectAnomaly, grad } from "@chainrule/autograd";
 * import { mul, type Scalar, sqrt } from "@chainrule/autograd";
 *
 * // √(x·x), whose gradient at 0 is 0 · ∞.
 * const size = (x: Scalar) => sqrt(mul(x, x));
 * assertEquals(grad(size)(0), NaN);
 *
 * assertThrows(
 *   () => detectAnomaly(() => grad(size)(0)),
 *   AnomalyError,
 *   "sqrt(0) = 0, whose adjoint is 1, gives operand 1 the adjoint Infinity",
 * );
 * ```
 */
export function detectAnomaly<R>(
  run: () => R,
  options: DetectAnomalyOptions = {},
): R {
  if (typeof run !== "function") {
    throw wrongKind(CALL, "run", run, "a function");
  }
  requireOptions(CALL, options);
  const { infinities = true } = options;
  if (typeof infinities !== "boolean") {
    throw wrongKind(CALL, "infinities", infinities, "a boolean");
  }
  const result = withObserver(new AnomalyDetector(infinities), run);
  if (isPromise(result)) {
    const expected =
      "a value: observing ends when run returns, so await before detectAnomaly";
    throw wrongKind(CALL, "the result of run", result, expected);
  }
  return result;
}

const CALL = "detectAnomaly";

function isPromise(x: unknown): boolean {
  return typeof (x as PromiseLike<unknown> | null | undefined)?.then ===
    "function";
}
