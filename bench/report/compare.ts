// What became slower or faster than in a saved run, on a machine that is itself
// now slower and now faster: by the ratio of each time to that of the baseline,
// the chain by hand, in the same process.
import type { EngineName } from "../engines/engines.ts";
import {
  isOurs,
  median,
  type ModelTiming,
  type ModelWay,
  type OperationTiming,
  type Run,
  succeeded,
  type Timing,
} from "./results.ts";

/** How an engine's time for a workload, an operation by itself or a model changed. */
export interface Change {
  readonly engine: EngineName | ModelWay;
  readonly workload: string;
  readonly size: number;
  /** New by old, each as a ratio to the baseline of its process: above 1 is slower. */
  readonly factor: number;
  readonly verdict: "slower" | "faster" | "same" | "broken";
}

/**
 * Compares two runs. A change counts if it is larger than the threshold (1.15
 * is 15 %) and every process of the new run is on that side of every process of
 * the old one.
 */
export function changesBetween(
  old: Run,
  now: Run,
  threshold: number,
): Change[] {
  return measuredIn(old).filter(hasTimes).flatMap((before): Change[] => {
    const { engine, workload, size } = before;
    const after = measuredIn(now).find((timing) =>
      timing.engine === engine && timing.workload === workload &&
      timing.size === size
    );
    if (after === undefined) return [];
    const subject = { engine, workload, size };
    if (!hasTimes(after)) {
      return [{ ...subject, factor: NaN, verdict: "broken" }];
    }
    const a = relative(before), b = relative(after);
    const factor = median(b) / median(a);
    const verdict = factor > threshold && Math.min(...b) > Math.max(...a)
      ? "slower"
      : factor < 1 / threshold && Math.max(...b) < Math.min(...a)
      ? "faster"
      : "same";
    return [{ ...subject, factor, verdict }];
  });
}

/** Whether this module became worse: what other packages do is not its doing. */
export function isWorse(changes: readonly Change[]): boolean {
  return changes.some(({ engine, verdict }) =>
    isOurs(engine) && (verdict === "slower" || verdict === "broken")
  );
}

/** What was measured several times, and beside a yardstick. */
type Measured = Timing | OperationTiming | ModelTiming;

function measuredIn(
  { timings, operations = [], models = [] }: Run,
): Measured[] {
  return [...timings, ...operations, ...models];
}

function hasTimes(measured: Measured): boolean {
  return !("failed" in measured) || succeeded(measured);
}

function relative({ total, yardstick }: Measured): number[] {
  return total.map((time, k) => time / yardstick[k]!);
}

/** The comparison as text, what changed first. */
export function describeChanges(
  changes: readonly Change[],
  threshold: number,
): string {
  const lines: string[] = [];
  for (const verdict of ["broken", "slower", "faster"] as const) {
    const those = changes.filter((change) => change.verdict === verdict);
    for (const { engine, workload, size, factor } of those) {
      // An operation by itself, or a model, says its size in its name.
      const subject = size === 1
        ? `${engine}, ${workload}`
        : `${engine}, ${workload} ${size.toLocaleString("en")}`;
      lines.push(
        verdict === "broken"
          ? `broken  ${subject}`
          : `${verdict}  ${subject}: ${factor.toFixed(2)} × the time`,
      );
    }
  }
  const ours = changes.filter(({ engine }) => isOurs(engine));
  const others = changes.filter(({ engine }) => !isOurs(engine));
  lines.push(
    `${lines.length} of ${changes.length} changed by more than ` +
      `${Math.round((threshold - 1) * 100)} % and beyond their spread.`,
    `This module: ${summary(ours)}.`,
    `What did not change, as a measure of the noise: ${summary(others)}.`,
  );
  return lines.join("\n");
}

function summary(changes: readonly Change[]): string {
  const factors = changes.map(({ factor }) => factor).filter(Number.isFinite);
  if (factors.length === 0) return "not compared";
  const [low, middle, high] = [
    Math.min(...factors),
    median(factors),
    Math.max(...factors),
  ].map((x) => x.toFixed(2));
  return `${low} to ${high} × the time, median ${middle}`;
}
