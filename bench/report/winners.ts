// Who wins, workload by workload: for the report and the README.
import { type EngineName, labelOf, PACKAGES } from "../engines/engines.ts";
import type { Selection } from "./protocol.ts";
import {
  median,
  modelNamesOf,
  modelTimingOf,
  ratioOf,
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

/** A row per workload: this module's ways, the best package and C by hand, and the ratios. */
export function winnersTable(run: Run): string {
  const rows = [...packageRows(run), ...loopRows(run)];
  const head = [
    "",
    ...WAYS,
    "fastest package",
    "compared with it",
    "C by hand",
    "compared with it",
  ];
  // Older runs have nothing in C.
  const width = run.models === undefined ? head.length - 2 : head.length;
  return table(head.slice(0, width), rows.map((row) => row.slice(0, width)));
}

function packageRows(run: Run): string[][] {
  return SELECTIONS.flatMap(([name, selection]) => {
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
      "",
      "",
    ]];
  });
}

/** Workloads with loops, which no package has, beside C; in microseconds per call. */
function loopRows(run: Run): string[][] {
  return modelNamesOf(run, "loops").flatMap((name) => {
    const [recorded, compiled, c] = (["recorded", "compiled", "C"] as const)
      .map((way) => modelTimingOf(run, way, name));
    // Where nothing stands beside them, nobody wins.
    if (recorded === undefined || compiled === undefined || c === undefined) {
      return [];
    }
    const ours = ratioOf(recorded, compiled) < 1 ? recorded : compiled;
    const times = [recorded, compiled, c].map(({ total }) => median(total));
    const best = Math.min(...times);
    return [[
      `${name}: µs per call`,
      "",
      bold(times[0]!, best),
      bold(times[1]!, best),
      "",
      "",
      bold(times[2]!, best),
      comparedBy(ratioOf(ours, c)),
    ]];
  });
}

function bold(time: number, least: number): string {
  return time === least ? `**${short(time)}**` : short(time);
}

function compared(ours: number, theirs: number): string {
  return comparedBy(ours / theirs);
}

function comparedBy(ratio: number): string {
  return ratio <= 1
    ? `${short(1 / ratio)} × faster`
    : `${short(ratio)} × slower`;
}

function fastestPackage(run: Run, selection: Selection): Timing | undefined {
  const engines = Object.keys(PACKAGES) as EngineName[];
  return engines
    .flatMap((engine) => timingOf(run.timings, engine, selection) ?? [])
    .filter(({ error }) => error !== null && error <= TOLERANCE)
    .sort((a, b) => median(a.total) - median(b.total))[0];
}
