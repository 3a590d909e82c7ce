// The report as Markdown: `report.md`.
import { type EngineName, labelOf } from "../engines/engines.ts";
import {
  costOf,
  median,
  modelNamesOf,
  modelTimingOf,
  type OperationTiming,
  ratioOf,
  type Run,
  succeeded,
  type Timing,
  timingOf,
  TOLERANCE,
} from "./results.ts";
import { short, type Target, targetsOf } from "./targets.ts";
import type { Selection } from "./protocol.ts";
import { count, table } from "./tables.ts";
import { winnersTable } from "./winners.ts";

/** The whole report. */
export function pageOf(run: Run): string {
  const { command, date, machine, seconds, versions, timings } = run;
  const names = Object.entries(versions).map((pair) => pair.join(" "));
  const processes = Math.max(...timings.map(({ total }) => total.length));
  return `# Report

Written by \`${command}\` on ${date}, in ${Math.round(seconds / 60)} minutes, on
${machine}.
${names.join(", ")}.

How this was measured: [README.md](README.md#method). A time is the median of
${processes} processes, each of a median of its own, and in brackets are the lowest
and the highest; where there are none, it is that of one process. Times of
different machines or days cannot be compared, their ratios can. Of engines in
italics, a gradient was wrong.

## Who wins

Nanoseconds per operation, for value and gradient: this module's three ways, and
the fastest of the packages that finish and whose gradient is right, the winner
in bold. For two numbers, nanoseconds per call. What compiling costs at the first
call is [below](#first-call-and-steady-state).${loopsInWinners(run)}

${winnersTable(run)}

## Targets

${targetsTable(run)}

## The chain

y = y·a; y = y + b, in turn, N operations in all, a and b among 32 variables:
value and gradient, nanoseconds per operation.

![Nanoseconds per operation over N](plots/chain.svg)

${chainTable(run, (timing) => timing.total)}

The two halves: running the function, which builds the graph or the recording,
and the sweep back. Compiled functions have no halves, and neither has jax-js.

![The two halves](plots/halves.svg)

${
    chainTable(run, ({ total, share }) =>
      share.map((part, k) => part * total[k]!), "build")
  }

${
    chainTable(
      run,
      ({ total, share }) => share.map((part, k) => (1 - part) * total[k]!),
      "backward",
    )
  }

## Other functions

Nanoseconds per operation, for value and gradient.

![Other functions](plots/workloads.svg)

${workloadsTable(run)}

- Rosenbrock's function in 1,000 dimensions; jax-js was given it in arrays.
- The perceptron 2-16-16-1 with tanh, its mean squared error over 100 points.
  jax-js was given it in arrays, as matrix products, and rose as a function of
  one point, which it calls 100 times; all others do one operation for every
  multiplication and addition.
- A differential equation, solved in 1,000 steps of Runge and Kutta's method.
- A ladder of 1,000 rungs, each made of the two before, with a sine.
- Two numbers: (x + y)·sin x. Its ${
    timingOf(timings, "recorded", ["two numbers", 2])?.operations ?? 3
  } operations take hardly any time: the call is what costs.

${modelsSections(run)}${operationsSection(run)}## Memory

By how much the first gradient of a chain raises the process's peak of resident
memory, garbage and compiled code included, in bytes per operation.

![Memory](plots/memory.svg)

${memoryTable(run)}

What is alive on the JavaScript heap, bytes per operation at N = 1,000,000, when
the graph is built and when it is differentiated:

${aliveTable(run)}

## First call and steady state

A function that is compiled pays at its first call, and is paid back by the others.

![First call and steady state](plots/calls.svg)

${callsTable(run)}

## A warm process

All processes but these have first run other functions, with other operations;
in this module, on numbers, Nodes and Vars, and compiled. The chain of 10,000 in
processes that have not, nanoseconds per operation:

${freshTable(run)}

## Right results

The sum of a gradient's elements, and how far each engine's gradient is from the
one that most of them agree on, as a part of its size: its largest element. More
than ${TOLERANCE} is wrong, and in bold. What jax-js gets wrong has a hyperbolic
tangent in it, or a sine under jit.

${checksumTable(run)}

## What could not be done

${failureTable(run)}
`;
}

function targetsTable(run: Run): string {
  return table(
    ["what", "against", "target", "stands at", ""],
    targetsOf(run).map(({ what, against, target, stands }) => [
      what,
      against,
      target,
      stands.map(({ text }) => text).join(", "),
      verdict(stands),
    ]),
  );
}

function verdict(stands: Target["stands"]): string {
  const met = stands.filter(({ met }) => met).length;
  if (met === stands.length) return "met";
  return met === 0 ? "**not met**" : `**${met} of ${stands.length} met**`;
}

function chainTable(
  run: Run,
  times: (timing: Timing) => readonly number[],
  what = "",
): string {
  const chains = run.timings.filter(({ workload }) => workload === "chain");
  const sizes = unique(chains.map(({ size }) => size)).sort((a, b) => a - b);
  const rows = unique(chains.map(({ engine }) => engine)).flatMap((engine) => {
    const cells = sizes.map((size) => {
      const timing = timingOf(chains, engine, ["chain", size]);
      return timing === undefined ? "" : spread(times(timing));
    });
    return cells.every((cell) => cell === "")
      ? []
      : [[nameOf(run, engine), ...cells]];
  });
  return table([what, ...sizes.map((size) => `N = ${count(size)}`)], rows);
}

function workloadsTable(run: Run): string {
  const others = run.timings.filter(({ workload }) => workload !== "chain");
  const selections = selectionsOf(others);
  const head = selections.map(([name, size]) => {
    const { operations } = others.find((timing) =>
      timing.workload === name && succeeded(timing)
    )!;
    return name === "two numbers"
      ? "two numbers, ns per call"
      : `${name} ${count(size)}: ${count(operations)} operations`;
  });
  const rows = unique(others.map(({ engine }) => engine)).map((engine) => [
    nameOf(run, engine),
    ...selections.map((selection) => {
      const timing = timingOf(others, engine, selection);
      if (timing === undefined) return "";
      const unit = selection[0] === "two numbers" ? timing.operations : 1;
      return spread(timing.total.map((time) => time * unit));
    }),
  ]);
  return table(["", ...head], rows);
}

/** Of an older run, nothing. */
function loopsInWinners({ models }: Run): string {
  return models === undefined
    ? ""
    : " [Workloads with loops](#loops) stand\nbeside C written by hand: there, " +
      "microseconds per call.";
}

/** Of an older run, nothing. */
function modelsSections(run: Run): string {
  if (run.models === undefined) return "";
  const missing = run.models.some(({ engine }) => engine === "C")
    ? ""
    : " There was no C compiler, so there is no C.";
  return `## Loops

Value and gradient of workloads that go over rows or steps by \`map\` and \`fold\`,
or plainly, milliseconds per call. The first call compiles, and runs the function
uncompiled, too, to verify what it gives; later ones are on flat arrays. Beside
them, [C by hand](c/workloads.c), compiled by \`cc -O2\`.${missing}

${loopsTable(run)}

## GradBench

What [GradBench's evals](gradbench/evals) differentiate, on inputs of our own of
their shapes, milliseconds per call: gradients, for k-means with the diagonal of
the Hessian, for ba and ht sparse Jacobians, for particle and saddle whole
descents. C by hand where this repository has it. hello is not timed.

${evalsTable(run)}

## Sparse matrices

Milliseconds per call, and as many gradients.

${sparseTable(run)}

`;
}

function loopsTable(run: Run): string {
  const rows = modelNamesOf(run, "loops").map((name) => {
    const [recorded, compiled, c] = (["recorded", "compiled", "C"] as const)
      .map((way) => modelTimingOf(run, way, name));
    return [
      name,
      milliseconds(recorded?.total),
      milliseconds(compiled?.first),
      milliseconds(compiled?.total),
      milliseconds(c?.total),
      times(ratioOf(recorded, compiled)),
      times(ratioOf(compiled, c)),
    ];
  });
  return table([
    "",
    "recorded",
    "compiled: first call",
    "a later call",
    "C",
    "recorded ÷ compiled",
    "compiled ÷ C",
  ], rows);
}

function evalsTable(run: Run): string {
  const rows = modelNamesOf(run, "evals").map((name) => {
    const [graph, recorded, compiled, c] =
      (["graph", "recorded", "compiled", "C"] as const)
        .map((way) => modelTimingOf(run, way, name));
    return [
      name,
      milliseconds(graph?.total),
      milliseconds(recorded?.total),
      milliseconds(compiled?.first),
      milliseconds(compiled?.total),
      milliseconds(c?.total),
      times(ratioOf(compiled, c)),
    ];
  });
  return table([
    "",
    "graph",
    "recorded",
    "compiled: first call",
    "a later call",
    "C",
    "compiled ÷ C",
  ], rows);
}

function sparseTable(run: Run): string {
  const rows = modelNamesOf(run, "sparse").map((name) => {
    // A Jacobian has no gradient to be measured in.
    const gradient = name.replace("sparse Hessian", "gradient");
    const measured = gradient.startsWith("gradient");
    const [recorded, compiled] = (["recorded", "compiled"] as const)
      .map((way) => modelTimingOf(run, way, name));
    const inGradients = (["recorded", "compiled"] as const).map((way) =>
      measured
        ? times(ratioOf(
          modelTimingOf(run, way, name),
          modelTimingOf(run, way, gradient),
        ))
        : ""
    );
    return [
      name,
      milliseconds(recorded?.total),
      inGradients[0]!,
      milliseconds(compiled?.first),
      milliseconds(compiled?.total),
      inGradients[1]!,
    ];
  });
  return table([
    "",
    "recorded",
    "in gradients",
    "compiled: first call",
    "a later call",
    "in gradients",
  ], rows);
}

/** Microseconds as milliseconds in three digits; nothing where there are none. */
function milliseconds(times: readonly number[] | undefined): string {
  if (times === undefined || times.length === 0) return "";
  return (median(times) / 1e3).toLocaleString("en", {
    maximumSignificantDigits: 3,
  });
}

function times(ratio: number): string {
  return Number.isNaN(ratio) ? "" : `${short(ratio)} ×`;
}

/** Of an older run, nothing. */
function operationsSection({ operations }: Run): string {
  if (operations === undefined) return "";
  return `## Every operation

In processes that have used every operation on numbers, Nodes and Vars, value and
gradient. An operation takes so many times what one of the chain takes in the same
process, less the functions of \`Math\` in it; a list, so many nanoseconds per
element; a matrix of derivatives, so many times one gradient.

${operationsTable(operations)}

`;
}

function operationsTable(operations: readonly OperationTiming[]): string {
  const ways = unique(operations.map(({ engine }) => engine));
  const rows = unique(operations.map(({ workload }) => workload))
    .map((workload) => {
      const timings = operations.filter((each) => each.workload === workload);
      const cells = ways.map((way) => {
        const timing = timings.find(({ engine }) => engine === way);
        if (timing === undefined) return "";
        const unit = timing.kind === "list" ? " ns" : " ×";
        // What is nearly all `Math`'s may come out below 0.
        return short(Math.max(0, costOf(timing))) + unit;
      });
      return [workload.replace("operation: ", ""), ...cells];
    });
  return table(["", ...ways.map(labelOf)], rows);
}

function memoryTable({ weights }: Run): string {
  const sizes = unique(weights.map(({ size }) => size)).sort((a, b) => a - b);
  const rows = unique(weights.map(({ engine }) => engine)).map((engine) => [
    labelOf(engine),
    ...sizes.map((size) => {
      const weight = weights.find((each) =>
        each.engine === engine && each.size === size
      );
      return weight === undefined ? "" : short(weight.peak);
    }),
  ]);
  return table(["", ...sizes.map((size) => `N = ${count(size)}`)], rows);
}

function aliveTable({ weights }: Run): string {
  const rows = weights.flatMap(({ engine, size, built, differentiated }) =>
    size !== 1e6 || built === null || differentiated === null
      ? []
      : [[labelOf(engine), short(built), short(differentiated)]]
  );
  return table(["", "built", "differentiated"], rows);
}

function callsTable(run: Run): string {
  const engines: readonly EngineName[] = [
    "compiled",
    "simplegrad",
    "rose",
    "jax-js, jit",
  ];
  const rows = selectionsOf(run.timings).flatMap((selection) => {
    const recorded = timingOf(run.timings, "recorded", selection);
    if (recorded === undefined) return [];
    const recordedCall = callOf(recorded);
    return engines.flatMap((engine) => {
      const timing = timingOf(run.timings, engine, selection);
      if (timing === undefined) return [];
      const first = median(timing.first), call = callOf(timing);
      const saved = recordedCall - call;
      return [[
        `${selection[0]} ${count(selection[1])}`,
        nameOf(run, engine),
        short(first),
        call.toPrecision(3),
        recordedCall.toPrecision(3),
        saved > 0 ? count(Math.ceil(first / saved)) : "never",
      ]];
    });
  });
  return table([
    "",
    "",
    "first call, ms",
    "a later call, ms",
    "a recorded call, ms",
    "calls until it pays",
  ], rows);
}

/** A call in milliseconds. */
function callOf({ total, operations }: Timing): number {
  return median(total) * operations / 1e6;
}

function freshTable({ timings, fresh }: Run): string {
  const rows = fresh.map(({ engine, workload, size, total }) => [
    labelOf(engine),
    spread(total),
    spread(timingOf(timings, engine, [workload, size])?.total ?? []),
  ]);
  return table(["", "fresh", "warm"], rows);
}

/** A row per workload, a column per engine; the checksum is that of most of them. */
function checksumTable(run: Run): string {
  const checked = run.timings.filter((timing) =>
    timing.error !== null && succeeded(timing)
  );
  const engines = unique(checked.map(({ engine }) => engine));
  const rows = selectionsOf(checked).map((selection) => {
    const cells = engines.map((engine) => {
      const error = timingOf(checked, engine, selection)?.error ?? null;
      if (error === null) return "";
      const text = error === 0 ? "0" : error.toExponential(0);
      return error > TOLERANCE ? `**${text}**` : text;
    });
    const { checksum } = checked.find(({ workload, size, error }) =>
      workload === selection[0] && size === selection[1] && error === 0
    )!;
    return [
      `${selection[0]} ${count(selection[1])}`,
      checksum.toPrecision(12),
      ...cells,
    ];
  });
  return table(["", "checksum", ...engines.map(labelOf)], rows);
}

function failureTable({ timings, models = [] }: Run): string {
  const rows = [
    ...timings.flatMap(({ engine, workload, size, failed }) =>
      failed === undefined
        ? []
        : [[labelOf(engine), `${workload} ${count(size)}`, failed]]
    ),
    ...models.flatMap(({ engine, workload, failed }) =>
      failed === undefined ? [] : [[engine, workload, failed]]
    ),
  ];
  return table(["", "from", "with"], rows);
}

function nameOf({ timings }: Run, engine: EngineName): string {
  const wrong = timings.some((timing) =>
    timing.engine === engine && timing.error !== null &&
    timing.error > TOLERANCE
  );
  return wrong ? `*${labelOf(engine)}*` : labelOf(engine);
}

function spread(times: readonly number[]): string {
  if (times.length === 0) return "";
  const middle = short(median(times));
  if (times.length === 1) return middle;
  return `${middle} (${short(Math.min(...times))}–${
    short(Math.max(...times))
  })`;
}

function selectionsOf(timings: readonly Timing[]): Selection[] {
  const seen = new Map<string, Selection>();
  for (const { workload, size } of timings) {
    seen.set(`${workload} ${size}`, [workload, size]);
  }
  return [...seen.values()];
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
