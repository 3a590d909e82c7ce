/**
 * This module's ways to run a function beside other packages, in one process:
 * chains, and what people differentiate beside them.
 *
 * A group's name says how many times a body computes value and gradient, and of
 * how many operations: of `100 x 1,000`, 1 ms is 10 ns an operation. Every
 * gradient is compared with those of the other rows, before and while it is
 * timed. What an engine cannot do is left out, and said.
 *
 * The first engine of a group is its baseline. To add one, see `engines/`.
 *
 * @module
 */
import type { Differentiate } from "./engines/engine.ts";
import { type EngineName, ENGINES } from "./engines/engines.ts";
import { distance, TOLERANCE } from "./report/results.ts";
import {
  chain,
  operationsOf,
  perceptron,
  rosenbrock,
  rungeKutta,
  sharedSubexpressions,
  twoNumbers,
  type Workload,
} from "./workloads/workloads.ts";

const OURS: readonly EngineName[] = [
  "graph",
  "recorded",
  "compiled",
  "compiled, flat",
];
const LARGE: readonly EngineName[] = ["adnn", ...OURS];
const ALL: readonly EngineName[] = [...LARGE, "simplegrad", "rose"];

const GROUPS: readonly (readonly [Workload, readonly EngineName[]])[] = [
  [chain(1e3), ALL],
  [chain(1e4), ALL],
  [chain(1e5), LARGE],
  [chain(1e6), LARGE],
  [rosenbrock(1000), ALL],
  [perceptron(100), ALL],
  [rungeKutta(), ALL],
  [sharedSubexpressions(1000), ALL],
  [twoNumbers(), ALL],
];

function nothing(): void {}

/** Throws unless two gradients are the same but for rounding. */
function agree(
  actual: ArrayLike<number>,
  expected: readonly number[],
  name: string,
): void {
  const apart = distance(Array.from(actual), expected);
  if (apart <= TOLERANCE) return;
  throw new Error(`${name}: the gradient is off by ${apart} of its size`);
}

// A program that differentiates also computes with plain numbers, with all kinds
// of operand and with other operations. Here it does so first, in the very
// functions that are measured: a process that has only ever seen one kind would
// be compiled for just that.
const warmUp = [chain(100), rosenbrock(10), perceptron(2), twoNumbers()];
for (const name of ["numbers", ...ALL] as const) {
  const engine = await ENGINES[name]();
  for (const workload of warmUp) {
    try {
      const run = await engine.prepare(workload);
      for (let k = 0; k < 200; k++) run(nothing);
    } catch {
      // Said below, where it is missed.
    }
  }
}

/** Frees what the bench before left behind; the task exposes it. */
const { gc } = globalThis as { gc?: () => void };

for (const [workload, names] of GROUPS) {
  const operations = operationsOf(workload);
  const repeats = Math.max(1, Math.floor(1e5 / operations));
  const group = `${workload.name} ${workload.size.toLocaleString("en")}, ` +
    `${repeats} x ${operations.toLocaleString("en")}`;
  let expected: readonly number[] | undefined;
  for (const name of names) {
    let run: Differentiate;
    try {
      run = await (await ENGINES[name]()).prepare(workload);
    } catch (error) {
      console.warn(`${group}: ${name} ${(error as Error).message}`);
      continue;
    }
    const gradient = Array.from(run(nothing).gradient);
    expected ??= gradient;
    agree(gradient, expected, name);
    let first = true;
    Deno.bench({
      group,
      name,
      baseline: name === names[0],
      // A body of the longest chain takes up to half a second.
      ...(operations >= 1e6 ? { n: 8, warmup: 1 } : {}),
      fn() {
        if (first) {
          // V8 optimises generated code bit by bit.
          const until = performance.now() + 1000;
          while (performance.now() < until) run(nothing);
          gc?.();
        }
        first = false;
        let result = run(nothing);
        for (let k = 1; k < repeats; k++) result = run(nothing);
        agree(result.gradient, gradient, name);
      },
    });
  }
}
