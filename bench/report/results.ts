// What a run of the report found, and what can be said of it.
import { type EngineName, OURS } from "../engines/engines.ts";
import type { OperationKind } from "../workloads/operations.ts";
import type { ModelGroup } from "../workloads/models.ts";
import type { WorkloadName } from "../workloads/workloads.ts";
import type { Selection, Weight } from "./protocol.ts";

/** A run of the report, as it is saved. */
export interface Run {
  readonly date: string;
  /** The command that made it. */
  readonly command: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  /** How long it took, in seconds. */
  readonly seconds: number;
  readonly timings: readonly Timing[];
  /** The same in processes that had run nothing else before. */
  readonly fresh: readonly Timing[];
  readonly weights: readonly Weighing[];
  /** Every operation by itself; of older runs, undefined. */
  readonly operations?: readonly OperationTiming[];
  /** Whole models, beside C; of older runs, undefined. */
  readonly models?: readonly ModelTiming[];
}

/** A way in which a model is timed: `compiled` is on flat arrays. */
export type ModelWay = "graph" | "recorded" | "compiled" | "C";

/** What a model took in one process, in microseconds, or why it could not be done. */
export type ModelTimes =
  & { readonly name: string; readonly way: ModelWay }
  & (
    | {
      /** The first call, with all that is compiled for it; of C, a call. */
      readonly first: number;
      /** A later call. */
      readonly total: number;
      readonly yardstick: number;
    }
    | { readonly failed: string }
  );

/** The same of all processes, an element per process in each list. */
export interface ModelTiming {
  readonly engine: ModelWay;
  readonly group: ModelGroup;
  /** The model's name. */
  readonly workload: string;
  readonly size: number;
  readonly first: readonly number[];
  readonly total: readonly number[];
  readonly yardstick: readonly number[];
  /** Why there are no times, if there are none. */
  readonly failed?: string;
}

/** The timing of a model, one way, if there is one that did not fail. */
export function modelTimingOf(
  { models = [] }: Run,
  engine: ModelWay,
  name: string,
): ModelTiming | undefined {
  return models.find((each) =>
    each.engine === engine && each.workload === name && succeeded(each)
  );
}

/** The names of a table's models, in order. */
export function modelNamesOf(
  { models = [] }: Run,
  group: ModelGroup,
): string[] {
  const those = models.filter((each) => each.group === group);
  return [...new Set(those.map(({ workload }) => workload))];
}

/** How many times as long the first takes as the second: the middle of what the processes say; NaN without both. */
export function ratioOf(
  slow: Pick<Timing, "total"> | undefined,
  fast: Pick<Timing, "total"> | undefined,
): number {
  const slower = slow?.total ?? [], faster = fast?.total ?? [];
  const both = Math.min(slower.length, faster.length);
  if (both === 0) return NaN;
  return median(slower.slice(0, both).map((x, k) => x / faster[k]!));
}

/** A way to run a function in which every operation is timed. */
export type OperationWay = Extract<
  EngineName,
  "graph" | "recorded" | "compiled"
>;

/** What an operation took in one process, in nanoseconds per operation, element or matrix. */
export interface OperationTimes {
  readonly name: string;
  readonly kind: OperationKind | "matrix";
  /** All included, even the addition that adds up the results. */
  readonly total: number;
  readonly addition: number;
  /** The functions of `Math` in it, called from JavaScript. */
  readonly math: number;
  /** The chain's operation in the same process; of a matrix, the gradient. */
  readonly chain: number;
  readonly yardstick: number;
}

/** The same of all processes, an element per process in each list. */
export interface OperationTiming {
  readonly engine: OperationWay;
  readonly workload: `operation: ${string}`;
  readonly size: number;
  readonly kind: OperationTimes["kind"];
  readonly total: readonly number[];
  /** Less the addition and the functions of `Math`. */
  readonly net: readonly number[];
  readonly chain: readonly number[];
  readonly yardstick: readonly number[];
}

/** How many times the chain's operation an operation takes, less what is `Math`'s; of a list, nanoseconds per element. */
export function costOf({ kind, net, chain }: OperationTiming): number {
  return kind === "list"
    ? median(net)
    : median(net.map((time, k) => time / chain[k]!));
}

/** An engine and a workload. */
export interface Subject {
  readonly engine: EngineName;
  readonly workload: WorkloadName;
  readonly size: number;
}

/** What an engine took for a workload: of each list, an element per process. */
export interface Timing extends Subject {
  readonly operations: number;
  /** The first call, with all that is prepared or compiled for it, in milliseconds. */
  readonly first: readonly number[];
  /** A later call, in nanoseconds per operation. */
  readonly total: readonly number[];
  /** Which part of it is running the function before the sweep; empty if there is none. */
  readonly share: readonly number[];
  /** The chain of 1,000 by hand in the same process, just before and after. */
  readonly yardstick: readonly number[];
  /** The sum of the gradient's elements. */
  readonly checksum: number;
  /** How far the gradient is from that of most engines, as a part of its size; null for a value alone. */
  readonly error: number | null;
  /** Why there are no times, if there are none. */
  readonly failed?: string;
}

/** What an engine weighs at a workload, in bytes per operation. */
export type Weighing = Subject & Weight;

/** Gradients further apart than this are not the same. */
export const TOLERANCE = 1e-9;

/** The number in the middle, or the mean of the two. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b), middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}

/** Whether a timing has times. */
export function succeeded({ failed }: Pick<Timing, "failed">): boolean {
  return failed === undefined;
}

/** Whether an engine is one of this module's ways to run a function. */
export function isOurs(engine: EngineName | ModelWay): boolean {
  return OURS.some((each) => each === engine);
}

/** The timing of an engine at a workload, if there is one that did not fail. */
export function timingOf(
  timings: readonly Timing[],
  engine: EngineName,
  [workload, size]: Selection,
): Timing | undefined {
  return timings.find((timing) =>
    timing.engine === engine && timing.workload === workload &&
    timing.size === size && succeeded(timing)
  );
}

/** A gradient that an engine found. */
export interface Finding {
  readonly engine: EngineName;
  readonly gradient: readonly number[];
}

/**
 * How far each engine's gradient of one workload is from that which most of them
 * agree on, as a part of its size. Of several such, the first counts.
 */
export function errorsOf(
  findings: readonly Finding[],
): Map<EngineName, number> {
  let reference: readonly number[] = [], most = 0;
  for (const { gradient } of findings) {
    const agreeing = findings.filter((other) =>
      distance(other.gradient, gradient) <= TOLERANCE
    ).length;
    if (agreeing > most) {
      [reference, most] = [gradient, agreeing];
    }
  }
  return new Map(
    findings.map((
      { engine, gradient },
    ) => [engine, distance(gradient, reference)]),
  );
}

/** The largest difference, as a part of the largest element of the second; infinite if one is NaN. */
export function distance(
  gradient: readonly number[],
  reference: readonly number[],
): number {
  if (gradient.length !== reference.length) return Infinity;
  let size = 0, difference = 0;
  for (let i = 0; i < reference.length; i++) {
    size = Math.max(size, Math.abs(reference[i]!));
    difference = Math.max(difference, Math.abs(gradient[i]! - reference[i]!));
  }
  if (difference === 0) return 0;
  return difference / size < Infinity ? difference / size : Infinity;
}
