// What a benchmark asks of an engine: this module's ways to run a function, and
// other packages.
import type { Workload } from "../workloads/workloads.ts";

/** A function's value, and its derivative by each of its arguments. */
export interface Result {
  readonly value: number;
  /** Empty where an engine gives values alone. */
  readonly gradient: ArrayLike<number>;
  /** The graph, of an engine that leaves one: what holds it is weighed with it. */
  readonly graph?: unknown;
}

/**
 * Computes value and gradient, all included. An engine that first runs the
 * function and then sweeps back calls `built` in between; so a stopwatch sees
 * the two halves.
 */
export type Differentiate = (built: () => void) => Result;

/** A way to differentiate. */
export interface Engine {
  /**
   * Makes a workload ready to be differentiated over and over: an engine that
   * compiles does so here, or at the first call.
   *
   * @throws If it cannot, saying why.
   */
  prepare(workload: Workload): Differentiate | Promise<Differentiate>;
}

/** An operation that an engine does not have. */
export function lacking(operation: string): () => never {
  return () => {
    throw new Error(`has no ${operation}`);
  };
}
