// What a worker is told, and what it says.
import type { EngineName } from "../engines/engines.ts";
import type { WorkloadName } from "../workloads/workloads.ts";

/** A workload by name and size. */
export type Selection = readonly [name: WorkloadName, size: number];

/** What a worker is to do. */
export interface Order {
  readonly engine: EngineName;
  /** Time them, or weigh them. */
  readonly task: "time" | "memory";
  readonly workloads: readonly Selection[];
  /** Whether the process is to have run nothing else before. */
  readonly fresh: boolean;
  /** How long a workload may take, in milliseconds. */
  readonly limit: number;
}

/** What a worker prints, a line each. */
export type Message =
  | { readonly begin: Selection }
  | { readonly failed: Selection; readonly message: string }
  | { readonly timed: Selection; readonly times: Times }
  | { readonly weighed: Selection; readonly weight: Weight };

/** What a workload took, in nanoseconds per operation unless it says otherwise. */
export interface Times {
  readonly operations: number;
  /** Preparing, compiling and the first call, in milliseconds. */
  readonly first: number;
  /** A call, all included. */
  readonly total: number;
  /** Which part of it is running the function, where the sweep comes after that. */
  readonly share: number | null;
  /** What the chain of 1,000, differentiated by hand, took just before and after. */
  readonly yardstick: number;
  readonly value: number;
  readonly gradient: readonly number[];
}

/** What a gradient weighs, in bytes per operation. */
export interface Weight {
  /** By how much a first gradient raised the process's peak of resident memory. */
  readonly peak: number;
  /**
   * What is alive on the JavaScript heap and in its buffers between the halves
   * of a call; null where there are none.
   */
  readonly built: number | null;
  /** The same after the call, with the graph that an engine leaves. */
  readonly differentiated: number | null;
}
