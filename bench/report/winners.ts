// Who wins, workload by workload: for the report and the README.
import { type EngineName, labelOf, PACKAGES } from "../engines/engines.ts";
import type { Selection } from "./protocol.ts";
import {
  median,
  type Run,
  type Timing,
  timingOf,
  TOLERANCE,
} from "./results.ts";
import { count, table } from "./tables.ts";
import { short } from "./targets.ts";

const SELECTIONS: readonly (readonly [string, Selection])[] = [
  ["chain", ["chain", 1e3]],
  ["chain", ["chain", 1e6]],
  ["Rosenbrock's function", ["Rosenbrock", 1e3]],
  ["perceptron", ["perceptron", 100]],
  ["Runge–Kutta's method", ["Runge–Kutta", 1e3]],
  ["shared subexpressions", ["shared subexpressions", 1e3]],
  ["two numbers, per call", ["two numbers", 2]],
];
const WAYS: readonly EngineName[] = ["graph", "recorded", "compiled"];

/** A row per workload: this module's ways, the best package, and the ratio. */
export function winnersTable(run: Run): string {
  const rows = SELECTIONS.flatMap(([name, selection]) => {
    const timings = WAYS.flatMap((way) =>
      timingOf(run.timings, way, selection) ?? []
    );
    if (timings.length < WAYS.length) return [];
    const { operations } = timings[0]!;
    const perCall = selection[0] === "two numbers";
    const time = (timing: Timing) =>
      median(timing.total) * (perCall ? operations : 1);
    const ours = Math.min(...timings.map(time));
    const rival = fastestPackage(run, selection);
    const best = rival === undefined ? ours : Math.min(ours, time(rival));
    return [[
      perCall ? name : `${name}: ${count(operations)} operations`,
      ...timings.map((timing) => bold(time(timing), best)),
      rival === undefined
        ? ""
        : `${labelOf(rival.engine)}: ${bold(time(rival), best)}`,
      rival === undefined ? "" : compared(ours, time(rival)),
    ]];
  });
  return table(["", ...WAYS, "fastest package", "compared with it"], rows);
}

function bold(time: number, least: number): string {
  return time === least ? `**${short(time)}**` : short(time);
}

function compared(ours: number, theirs: number): string {
  return ours <= theirs
    ? `${short(theirs / ours)} × faster`
    : `${short(ours / theirs)} × slower`;
}

function fastestPackage(run: Run, selection: Selection): Timing | undefined {
  const engines = Object.keys(PACKAGES) as EngineName[];
  return engines
    .flatMap((engine) => timingOf(run.timings, engine, selection) ?? [])
    .filter(({ error }) => error !== null && error <= TOLERANCE)
    .sort((a, b) => median(a.total) - median(b.total))[0];
}
