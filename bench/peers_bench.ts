/**
 * Chains beside adnn, a reverse-mode engine for JavaScript that works on scalars
 * as well, in one process. More engines and workloads are in the report.
 *
 * A group's name says how many times a body computes value and gradient, and of
 * how many operations: of `100 x 1,000`, 1 ms is 10 ns an operation. Every
 * gradient is compared with that of adnn, before and while it is timed.
 *
 * @module
 */
import { adnn } from "./engines/adnn.ts";
import { graph, numbers, recorded } from "./engines/chainrule.ts";
import type { Differentiate, Engine } from "./engines/engine.ts";
import { distance, TOLERANCE } from "./report/results.ts";
import type { Language } from "./workloads/language.ts";
import { chain, twoNumbers, type Workload } from "./workloads/workloads.ts";

const SIZES = [1e3, 1e4, 1e5, 1e6] as const;

/** The first is the baseline. */
const ENGINES: Readonly<Record<string, Engine>> = {
  adnn,
  "graph of Nodes": graph,
  recorded,
};

// The loop of the workload again. Engines that share a loop make V8 look up at
// every operation whose it is: adnn has one of its own.
function ownChain(n: number): Workload {
  return {
    ...chain(n),
    in: <T>({ add, mul }: Language<T>) => (leaves: readonly T[]): T => {
      let y: T = leaves[0]!;
      for (let i = 0; i < n; i += 2) {
        y = mul(y, leaves[i & 31]!);
        y = add(y, leaves[(i + 1) & 31]!);
      }
      return y;
    },
  };
}

async function prepare(engine: Engine, n: number): Promise<Differentiate> {
  return await engine.prepare(engine === adnn ? ownChain(n) : chain(n));
}

function nothing(): void {}

/** Throws unless two gradients are the same but for rounding. */
function agree(actual: ArrayLike<number>, expected: readonly number[]): void {
  const apart = distance(Array.from(actual), expected);
  if (apart <= TOLERANCE) return;
  throw new Error(`the gradients differ by ${apart} of their size`);
}

// As in `chain_bench.ts`: what is measured has run on numbers, Nodes and Vars
// before, and no engine has seen nothing but this chain.
for (const engine of [numbers, ...Object.values(ENGINES)]) {
  const runs = [
    await prepare(engine, 100),
    await engine.prepare(twoNumbers()),
  ];
  for (let k = 0; k < 200; k++) runs.forEach((run) => run(nothing));
}

/** Frees what the bench before left behind; the task exposes it. */
const { gc } = globalThis as { gc?: () => void };

for (const n of SIZES) {
  const repeats = Math.max(1, 1e5 / n);
  const group = `mixed chain, ${repeats} x ${n.toLocaleString("en")}`;
  let expected: readonly number[] | undefined;
  for (const [name, engine] of Object.entries(ENGINES)) {
    const run = await prepare(engine, n);
    const { gradient } = run(nothing);
    const reference = expected ??= Array.from(gradient);
    agree(gradient, reference);
    let first = true;
    Deno.bench({
      group: `${group}: build + backward`,
      name,
      baseline: engine === adnn,
      // A body of the longest chain takes up to half a second.
      ...(n >= 1e6 ? { n: 8, warmup: 1 } : {}),
      fn() {
        if (first) gc?.();
        first = false;
        let result = run(nothing);
        for (let k = 1; k < repeats; k++) result = run(nothing);
        agree(result.gradient, reference);
      },
    });
  }
}
