// The report's plots, as SVG.
import * as vega from "npm:vega@6.4.0";
import { compile, type TopLevelSpec } from "npm:vega-lite@6.5.0";
import { type EngineName, labelOf } from "../engines/engines.ts";
import { isOurs, median, type Run, succeeded, type Timing } from "./results.ts";

/** Plots by the names of their files, without `.svg`. */
export async function plotsOf(run: Run): Promise<Record<string, string>> {
  return {
    chain: await draw(chainPlot(run)),
    halves: await draw(halvesPlot(run)),
    memory: await draw(memoryPlot(run)),
    calls: await draw(callsPlot(run)),
    workloads: await draw(workloadsPlot(run)),
  };
}

// This module in full colours and lines, others in greys and dashes: a line is
// to be found without reading the legend twice.
const STYLES: Readonly<
  Record<EngineName, readonly [colour: string, dash: number[]]>
> = {
  "numbers": ["#8fbcdb", []],
  "graph": ["#1f77b4", []],
  "recorded": ["#d62728", []],
  "compiled": ["#2ca02c", []],
  "compiled, flat": ["#98cf6a", []],
  "by hand": ["#000000", [2, 2]],
  "notebook": ["#9a9a9a", [6, 3]],
  "adnn": ["#8c564b", [6, 3]],
  "simplegrad": ["#c9a227", [6, 3]],
  "rose": ["#e377c2", [6, 3]],
  "jax-js": ["#9467bd", [6, 3]],
  "jax-js, jit": ["#c5b0d5", [6, 3]],
};
const ENGINE_NAMES = Object.keys(STYLES) as EngineName[];

function engineScales(rows: readonly { readonly engine: EngineName }[]): {
  color: unknown;
  strokeDash: unknown;
} {
  const names = ENGINE_NAMES.filter((name) =>
    rows.some(({ engine }) => engine === name)
  );
  const domain = names.map(labelOf);
  const scale = (range: unknown[]) => ({
    field: "label",
    type: "nominal",
    title: null,
    scale: { domain, range },
  });
  return {
    color: {
      ...scale(names.map((name) => STYLES[name][0])),
      legend: { symbolStrokeWidth: 2, symbolType: "stroke", symbolSize: 400 },
    },
    strokeDash: scale(names.map((name) => STYLES[name][1])),
  };
}

interface Point {
  readonly engine: EngineName;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  readonly facet?: string;
}

function point(
  engine: EngineName,
  x: number,
  y: number,
  facet?: string,
): Point {
  const label = labelOf(engine);
  return facet === undefined
    ? { engine, label, x, y }
    : { engine, label, x, y, facet };
}

/** Log–log lines with a point each, a line per engine. */
function lines(
  points: readonly Point[],
  { title, x, y, width = 520 }: {
    readonly title: readonly [string, string];
    readonly x: string;
    readonly y: string;
    readonly width?: number;
  },
): Record<string, unknown> {
  const axis = (values: readonly number[]) => ({
    values: decades(values),
    labelExpr: "datum.value < 1 ? datum.value : format(datum.value, '~s')",
  });
  const log = { type: "log", nice: true };
  return {
    ...frame(title, points),
    width,
    height: 320,
    mark: { type: "line", point: { size: 30 }, strokeWidth: 2 },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        scale: log,
        title: x,
        axis: axis(points.map(({ x }) => x)),
      },
      y: {
        field: "y",
        type: "quantitative",
        scale: log,
        title: y,
        axis: axis(points.map(({ y }) => y)),
      },
      ...engineScales(points),
      ...(points[0]?.facet === undefined ? {} : {
        column: {
          field: "facet",
          title: null,
          sort: [...new Set(points.map(({ facet }) => facet))],
          header: { labelFontSize: 13, labelFontWeight: "bold" },
        },
      }),
    },
  };
}

/** The powers of ten from below the numbers to above them. */
function decades(numbers: readonly number[]): number[] {
  const low = Math.floor(Math.log10(Math.min(...numbers)));
  const high = Math.ceil(Math.log10(Math.max(...numbers)));
  return Array.from({ length: high - low + 1 }, (_, k) => 10 ** (low + k));
}

function frame(
  [text, subtitle]: readonly [string, string],
  values: readonly unknown[],
): Record<string, unknown> {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    padding: 12,
    title: { text, subtitle, anchor: "start", fontSize: 15 },
    config: {
      font: "Helvetica, Arial, sans-serif",
      axis: { gridColor: "#e8e8e8" },
      view: { stroke: "#bbbbbb" },
    },
    data: { values },
  };
}

/** What every plot says of where it comes from. */
function origin({ machine, date, versions, command }: Run): string {
  return `${date}, ${machine}; Deno ${versions["Deno"]}; ${command}`;
}

function chains(run: Run): readonly Timing[] {
  return run.timings.filter((timing) =>
    timing.workload === "chain" && succeeded(timing)
  );
}

function chainPlot(run: Run): Record<string, unknown> {
  const points = chains(run).map(({ engine, size, total }) =>
    point(engine, size, median(total))
  );
  return lines(points, {
    title: ["Value and gradient of a chain of N operations", origin(run)],
    x: "N, operations",
    y: "nanoseconds per operation",
  });
}

function halvesPlot(run: Run): Record<string, unknown> {
  const both = chains(run).filter(({ share }) => share.length > 0);
  const points = both.flatMap(({ engine, size, total, share }) => {
    const time = median(total), part = median(share);
    return [
      point(engine, size, time * part, "build: run the function"),
      point(engine, size, time * (1 - part), "backward: sweep"),
    ];
  });
  return lines(points, {
    title: ["The two halves of it", origin(run)],
    x: "N, operations",
    y: "nanoseconds per operation",
    width: 330,
  });
}

function memoryPlot(run: Run): Record<string, unknown> {
  const points = run.weights.map(({ engine, size, peak }) =>
    point(engine, size, peak)
  );
  return lines(points, {
    title: [
      "By how much a first gradient of the chain raises the process's peak of memory",
      origin(run),
    ],
    x: "N, operations",
    y: "resident bytes per operation",
  });
}

/** The first of these calls compiles, where an engine does. */
function callsPlot(run: Run): Record<string, unknown> {
  const engines: readonly EngineName[] = [
    "graph",
    "recorded",
    "compiled",
    "adnn",
    "simplegrad",
    "rose",
    "jax-js, jit",
  ];
  const workloads = [
    ["chain", 1000, "chain, N = 1,000"],
    ["perceptron", 100, "perceptron, 100 points"],
  ] as const;
  const points = workloads.flatMap(([workload, size, facet]) =>
    run.timings
      .filter((timing) =>
        timing.workload === workload && timing.size === size &&
        engines.includes(timing.engine) && succeeded(timing)
      )
      .flatMap(({ engine, first, total, operations }) => {
        const later = median(total) * operations / 1e6;
        return [1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5].map((calls) =>
          point(engine, calls, median(first) + (calls - 1) * later, facet)
        );
      })
  );
  return lines(points, {
    title: [
      "First call and steady state: what so many gradients take, the first included",
      origin(run),
    ],
    x: "calls",
    y: "milliseconds in all",
    width: 330,
  });
}

function workloadsPlot(run: Run): Record<string, unknown> {
  const points = run.timings
    .filter((timing) => timing.workload !== "chain" && succeeded(timing))
    .map(({ engine, workload, total }) => ({
      engine,
      label: labelOf(engine),
      workload,
      y: median(total),
    }));
  const { color } = engineScales(points);
  return {
    ...frame(["Value and gradient of other functions", origin(run)], points),
    width: 520,
    height: { step: 44 },
    mark: { type: "point", filled: true, size: 90, opacity: 0.9 },
    encoding: {
      x: {
        field: "y",
        type: "quantitative",
        scale: { type: "log" },
        title: "nanoseconds per operation",
        axis: { format: "~s", values: decades(points.map(({ y }) => y)) },
      },
      y: {
        field: "workload",
        type: "nominal",
        title: null,
        sort: null,
        axis: { labelLimit: 300, grid: true },
      },
      color: { ...color as object, legend: { symbolType: "circle" } },
      shape: {
        condition: {
          test: {
            field: "engine",
            oneOf: ENGINE_NAMES.filter(isOurs),
          },
          value: "circle",
        },
        value: "diamond",
      },
    },
  };
}

async function draw(spec: Record<string, unknown>): Promise<string> {
  const { spec: parsed } = compile(spec as unknown as TopLevelSpec);
  return await new vega.View(vega.parse(parsed), { renderer: "none" }).toSVG();
}
