// Runs the workers, one after the other: nothing is measured beside anything.
import { type EngineName, PACKAGES } from "../engines/engines.ts";
import { Outcomes } from "./outcomes.ts";
import type {
  ModelTimes,
  ModelTiming,
  OperationTimes,
  OperationTiming,
  Run,
  Weighing,
} from "./results.ts";
import { work } from "./run_worker.ts";
import {
  OPERATION_WAYS,
  operationTimings,
  timeOperations,
} from "./time_operations.ts";
import {
  MODEL_GROUPS,
  modelTimings,
  slowModels,
  timeModels,
} from "./time_models.ts";
import type { Message, Order, Selection } from "./protocol.ts";

/** How far a run is: a line for the terminal. */
export type Progress = (done: number, of: number, what: string) => void;

const SIZES = [1e2, 1e3, 1e4, 1e5, 1e6] as const;
const CHAINS = SIZES.map((size): Selection => ["chain", size]);
const LONGEST: Selection = ["chain", 1e7];
const OTHERS: readonly Selection[] = [
  ["Rosenbrock", 1000],
  ["perceptron", 100],
  ["Runge–Kutta", 1000],
  ["shared subexpressions", 1000],
  ["two numbers", 2],
];
const ALL = [...CHAINS, ...OTHERS];

/** In the order of the report's rows. */
const WORKLOADS: Readonly<Record<EngineName, readonly Selection[]>> = {
  "by hand": CHAINS,
  "numbers": ALL,
  "graph": ALL,
  "recorded": ALL,
  "compiled": ALL,
  "compiled, flat": ALL,
  "notebook": CHAINS,
  "adnn": ALL,
  "simplegrad": ALL,
  "rose": ALL,
  "jax-js": ALL,
  "jax-js, jit": ALL,
};
const ENGINE_NAMES = Object.keys(WORKLOADS) as EngineName[];

/** Engines that no target is about: timed in one process. */
const ASIDE: readonly EngineName[] = [
  "by hand",
  "numbers",
  "notebook",
  "simplegrad",
  "jax-js",
  "jax-js, jit",
];

const FRESH: readonly EngineName[] = ["graph", "recorded"];
const FRESH_CHAIN: Selection = ["chain", 1e4];

const WEIGHED: readonly EngineName[] = [
  "graph",
  "recorded",
  "compiled",
  "notebook",
  "adnn",
  "simplegrad",
  "rose",
];
const WEIGHED_SIZES = [1e4, 1e5, 1e6, 1e7] as const;

// In milliseconds.
/** How long a workload may take in a process. */
const LIMIT = 40_000;
/** A first call of which once is enough. */
const SLOW = 3000;

const ORDER = { task: "time", fresh: false, limit: LIMIT } as const;

/** A worker to run, and what to do with what it says. */
interface Job {
  readonly title: string;
  /** What is worth doing, given what was found before. */
  readonly order: () => Order;
  readonly onMessage: (message: Message) => void;
}

/** Times and weighs every engine, timing each in so many processes. */
export async function collect(
  processes: number,
  command: string,
  progress: Progress,
): Promise<Run> {
  const start = performance.now();
  const outcomes = new Outcomes(), fresh = new Outcomes();
  const weights: Weighing[] = [];
  const jobs: readonly Job[] = [
    ...Array.from({ length: processes }, (_, k) => [
      ...ENGINE_NAMES
        .filter((engine) => k === 0 || !ASIDE.includes(engine))
        .map((engine) => timingJob(engine, k, outcomes)),
      ...FRESH.map((engine) => freshJob(engine, fresh)),
    ]).flat(),
    ...WEIGHED.flatMap((engine) =>
      WEIGHED_SIZES.map((size) => weighingJob(engine, size, outcomes, weights))
    ),
  ];
  for (const [done, { title, order, onMessage }] of jobs.entries()) {
    progress(done, jobs.length, title);
    await work(order(), (message) => {
      if ("begin" in message) {
        progress(done, jobs.length, `${title}: ${describe(message.begin)}`);
      } else {
        onMessage(message);
      }
    });
  }
  const operations: OperationTiming[] = [];
  for (const way of OPERATION_WAYS) {
    const found: OperationTimes[][] = [];
    for (let k = 0; k < processes; k++) {
      const title = `every operation, ${way}, process ${k + 1}`;
      progress(jobs.length, jobs.length, title);
      found.push(await timeOperations(way));
    }
    operations.push(...operationTimings(way, found));
  }
  const models: ModelTiming[] = [];
  for (const group of MODEL_GROUPS) {
    const found: ModelTimes[][] = [];
    // The others are compared with what was timed in the same process.
    for (let k = 0; k < (group === "loops" ? processes : 1); k++) {
      progress(jobs.length, jobs.length, `${group}, process ${k + 1}`);
      found.push(await timeModels(group, slowModels(found, SLOW)));
    }
    models.push(...modelTimings(group, found));
  }
  progress(jobs.length, jobs.length, "done");

  return {
    date: new Date().toISOString().slice(0, 10),
    command,
    machine: machine(),
    versions: versions(),
    seconds: Math.round((performance.now() - start) / 1000),
    timings: outcomes.timings(),
    fresh: fresh.timings(),
    weights,
    operations,
    models,
  };
}

function timingJob(
  engine: EngineName,
  process: number,
  outcomes: Outcomes,
): Job {
  const all = [...WORKLOADS[engine], LONGEST];
  return {
    title: `${engine}, process ${process + 1}`,
    order: () => ({
      ...ORDER,
      engine,
      workloads: process === 0
        ? all
        : all.filter((each) =>
          each !== LONGEST && outcomes.firstCall(engine, each) < SLOW
        ),
    }),
    onMessage: (message) => outcomes.add(engine, message),
  };
}

function freshJob(engine: EngineName, outcomes: Outcomes): Job {
  return {
    title: `${engine}, in a fresh process`,
    order: () => ({ ...ORDER, engine, fresh: true, workloads: [FRESH_CHAIN] }),
    onMessage: (message) => outcomes.add(engine, message),
  };
}

function weighingJob(
  engine: EngineName,
  size: number,
  outcomes: Outcomes,
  weights: Weighing[],
): Job {
  const each: Selection = ["chain", size];
  return {
    title: `memory of ${engine}`,
    order: () => ({
      ...ORDER,
      engine,
      task: "memory",
      fresh: true,
      workloads: outcomes.firstCall(engine, each) < 3 * SLOW ? [each] : [],
    }),
    onMessage: (message) => {
      if (!("weighed" in message)) return;
      weights.push({ engine, workload: "chain", size, ...message.weight });
    },
  };
}

function describe([name, size]: Selection): string {
  return `${name} ${size.toLocaleString("en")}`;
}

function machine(): string {
  const cores = navigator.hardwareConcurrency;
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${processor()}, ${cores} cores, ${memory} GiB, ${Deno.build.os}`;
}

function processor(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    return /model name\s*: (.*)/.exec(text)?.[1] ?? Deno.build.arch;
  } catch {
    return Deno.build.arch;
  }
}

function versions(): Record<string, string> {
  const { deno, v8 } = Deno.version;
  const peers = [...new Set(Object.values(PACKAGES))].map((specifier) => {
    const at = specifier.lastIndexOf("@");
    return [specifier.slice(0, at), specifier.slice(at + 1)];
  });
  return { Deno: deno, V8: v8, ...Object.fromEntries(peers) };
}
