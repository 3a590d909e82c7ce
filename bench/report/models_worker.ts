/**
 * The models of one table of the report, timed in a process that has done other
 * things before: what `time_models.ts` runs. It is told the table, and in JSON the
 * models to leave out; it prints a JSON line per model and way.
 *
 * @module
 */
import { backward, compile, Node, type Scalar } from "../../mod.ts";
import { ByHand } from "../c/by_hand.ts";
import {
  type AnyFunction,
  type Model,
  type ModelGroup,
  modelsOf,
} from "../workloads/models.ts";
import { distance, median, type ModelTimes, type ModelWay } from "./results.ts";
import { live, measureYardstick } from "./worker.ts";

const { gc } = globalThis as unknown as { gc: () => void };

type Run = () => void;

// In milliseconds.
const WARM_UP = 300;
/** A batch is long beside the clock's steps. */
const BATCH = 5;
const BATCHES = 9;
/** So few do for long calls, of which one is a batch. */
const LONG_BATCHES = 3;
/** How far C's derivatives may be from ours: it adds up in another order, a million times. */
const ROUNDING = 1e-6;
/** A call that takes longer is not repeated. */
const LONG = 1500;

/** A call once it is warm, in milliseconds, given what the first one took. */
function timeCalls(run: Run, first: number): number {
  if (first > LONG) {
    const again = clock(run);
    if (again > LONG) return again;
  }
  const start = performance.now();
  let shortest = Infinity;
  do {
    shortest = Math.min(shortest, clock(run));
  } while (performance.now() - start < WARM_UP);
  const calls = Math.ceil(BATCH / Math.max(shortest, 1e-3));
  const count = calls > 1 ? BATCHES : LONG_BATCHES;
  const batches = Array.from({ length: count }, () =>
    clock(() => {
      for (let k = 0; k < calls; k++) run();
    }) / calls);
  return median(batches);
}

function clock(run: Run): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/** All numbers of a structure, in order. */
export function numbersOf(structure: unknown): number[] {
  if (typeof structure === "number") return [structure];
  return Object.values(structure as object).flatMap(numbersOf);
}

/** A structure with a Node in place of each number, and these. */
function leavesOf(structure: unknown): { nodes: unknown; leaves: Node[] } {
  const leaves: Node[] = [];
  const replace = (part: unknown): unknown => {
    if (typeof part === "number") {
      const leaf = new Node(part);
      leaves.push(leaf);
      return leaf;
    }
    if (part instanceof Float64Array) return Array.from(part, replace);
    if (Array.isArray(part)) return part.map(replace);
    return Object.fromEntries(
      Object.entries(part as object).map(([key, x]) => [key, replace(x)]),
    );
  };
  return { nodes: replace(structure), leaves };
}

/** What a model's function is to be called as: its types are its own affair. */
function asCallable(f: AnyFunction): (...inputs: unknown[]) => unknown {
  return f as (...inputs: unknown[]) => unknown;
}

/** What a call took, in milliseconds, or why it could not be done. */
type Outcome =
  | { readonly first: number; readonly total: number }
  | { readonly failed: string };

/** Times a model every way there is for it. */
async function timeModel(
  model: Model,
  byHand: ByHand | null,
  report: (way: ModelWay, times: Outcome) => void,
): Promise<void> {
  const { inputs, objective, derivative, c } = model;
  const time = (way: ModelWay, run: Run, prepare: Run = run) => {
    gc();
    try {
      const first = clock(prepare);
      report(way, { first, total: timeCalls(run, first) });
    } catch (error) {
      report(way, { failed: String(error) });
    }
  };
  let latest: unknown;
  if (objective !== undefined) {
    const f = asCallable(objective);
    time("graph", () => {
      const { nodes, leaves } = leavesOf(inputs[0]);
      backward(f(nodes, ...inputs.slice(1)) as Scalar);
      latest = leaves;
    });
  }
  const recorded = asCallable(derivative);
  time("recorded", () => void (latest = recorded(...inputs)));
  const found = numbersOf(latest);
  if (model.compiled) {
    const compiled = compile(derivative as () => Scalar);
    let run: Run = () => {};
    time("compiled", () => run(), () => {
      latest = asCallable(compiled)(...inputs);
      const program = compiled.program(...inputs as []);
      const numbers = Float64Array.from(numbersOf(inputs));
      const outputs = new Float64Array(program.outputs);
      run = () => program.run(numbers, outputs);
    });
    compiled[Symbol.dispose]();
  }
  if (c === undefined || byHand === null) return;
  const numbers = c.numbers ?? Float64Array.from(numbersOf(inputs));
  const once = await byHand.run(c.name, c.size, numbers, 1);
  const calls = Math.ceil(0.02 / Math.max(once.seconds, 1e-7));
  const { value, derivatives, seconds } = calls === 1
    ? once
    : await byHand.run(c.name, c.size, numbers, calls);
  if (c.same) {
    const all = found.length === derivatives.length
      ? [...derivatives]
      : [value, ...derivatives];
    if (!(distance(found, all) <= ROUNDING)) {
      report("C", { failed: "finds other derivatives" });
      return;
    }
  }
  report("C", { first: once.seconds * 1e3, total: seconds * 1e3 });
}

if (import.meta.main) {
  const [group, skipped] = Deno.args;
  const skip = new Set(JSON.parse(skipped!) as string[]);
  await live("compiled");
  const yardstick = measureYardstick();
  using byHand = ByHand.compile();
  for (const model of modelsOf(group as ModelGroup)) {
    if (skip.has(model.name)) continue;
    const { name } = model;
    await timeModel(model, byHand, (way, outcome) => {
      const times: ModelTimes = "failed" in outcome
        ? { name, way, failed: outcome.failed }
        : {
          name,
          way,
          first: outcome.first * 1e3,
          total: outcome.total * 1e3,
          yardstick,
        };
      console.log(JSON.stringify(times));
    });
  }
}
