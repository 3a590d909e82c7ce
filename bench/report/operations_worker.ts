/**
 * Every operation in one way to run it, timed in a process of its own that has
 * used all of them on all kinds of operand: what `time_operations.ts` runs. It is
 * told the way, and prints a JSON line per operation.
 *
 * @module
 */
import {
  backward,
  compile,
  grad,
  jvp,
  Node,
  primal,
  type Scalar,
  valueAndGrad,
} from "../../mod.ts";
import { chainLeaves, mixedChain } from "../workloads/chain.ts";
import {
  matrices,
  OPERATIONS,
  type OperationWorkload,
} from "../workloads/operations.ts";
import { median, type OperationTimes, type OperationWay } from "./results.ts";
import { live, measureYardstick } from "./worker.ts";

/** How often an operation is applied in one call; a list, less often. */
const TIMES = 1000, LIST_TIMES = 100;
const ROUNDS = 7;
// In milliseconds.
const SAMPLE = 2;
const WARM_UP = 40;

type Run = () => void;

let sink = 0;

/** Value and gradient of a function, one way. */
const WAYS: Readonly<
  Record<
    OperationWay,
    (f: (x: readonly Scalar[]) => Scalar, x: number[]) => Run
  >
> = {
  graph: (f, x) => () => {
    const leaves = x.map((value) => new Node(value));
    const y = f(leaves);
    backward(y);
    sink += primal(y) + leaves[0]!.grad;
  },
  recorded: (f, x) => {
    const both = valueAndGrad(f);
    return () => void (sink += both(x).value);
  },
  compiled: (f, x) => {
    const both = compile(valueAndGrad(f));
    return () => void (sink += both(x).value);
  },
};

function timesOf({ kind }: OperationWorkload): number {
  return kind === "list" ? LIST_TIMES : TIMES;
}

/** Uses every operation on numbers, Nodes, Vars and mixtures of them. */
function useEverything(): void {
  for (let round = 0; round < 3; round++) {
    for (const operation of OPERATIONS) {
      const x = [...operation.leaves], times = timesOf(operation) / 5;
      const f = (x: readonly Scalar[]) => operation.run(x, times);
      f(x);
      backward(f(x.map((value) => new Node(value))));
      grad(f)(x);
      jvp(f)(x, x);
      grad((s: Scalar) => {
        const inner = grad((x: readonly Scalar[]) => operation.run(x, 2));
        return (inner([s, ...x.slice(1)]) as Scalar[])[0]!;
      })(x[0]!);
    }
  }
}

/** Nanoseconds per call, by subject: the median of rounds that go through all of them. */
function timeAll(runs: ReadonlyMap<string, Run>): Map<string, number> {
  const calls = new Map(Array.from(runs, ([name, run]) => [name, warmUp(run)]));
  const samples = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of runs) {
      const count = calls.get(name)!, start = performance.now();
      for (let k = 0; k < count; k++) run();
      const took = (performance.now() - start) * 1e6 / count;
      samples.set(name, [...samples.get(name) ?? [], took]);
    }
  }
  return new Map(
    Array.from(samples, ([name, times]) => [name, median(times)]),
  );
}

/** Runs until V8 has compiled what it will, and gives how many calls make a sample. */
function warmUp(run: Run): number {
  const start = performance.now();
  let calls = 0, last = start, shortest = Infinity;
  while (last - start < WARM_UP || calls < 3) {
    run();
    calls++;
    const now = performance.now();
    shortest = Math.min(shortest, now - last);
    last = now;
  }
  return Math.ceil(SAMPLE / Math.max(shortest, 0.001));
}

/** What a function of `Math` takes from JavaScript, in nanoseconds. */
function timeMath(f: (x: number) => number): number {
  // From 1 to 1.4: in the domain of all.
  const x = Float64Array.from({ length: 1024 }, (_, i) => 1 + i / 2560);
  const passes = Array.from({ length: 30 }, () => {
    const start = performance.now();
    for (let k = 0; k < x.length; k++) sink += f(x[k]!);
    return (performance.now() - start) * 1e6 / x.length;
  });
  return Math.min(...passes);
}

if (import.meta.main) {
  const way = Deno.args[0] as OperationWay;
  await live(way);
  useEverything();
  const yardstick = measureYardstick();
  const runs = new Map<string, Run>();
  const chain = (x: readonly Scalar[]) => mixedChain(x, TIMES);
  runs.set("chain", WAYS[way](chain, chainLeaves()));
  for (const operation of OPERATIONS) {
    const f = (x: readonly Scalar[]) => operation.run(x, timesOf(operation));
    runs.set(operation.name, WAYS[way](f, [...operation.leaves]));
  }
  const matrixRuns = way === "recorded" ? matrices() : [];
  for (const { name, matrix, gradient } of matrixRuns) {
    runs.set(name, () => void (sink += matrix()[0]![0]!));
    runs.set(`${name}, gradient`, gradient);
  }
  const took = timeAll(runs);
  const perChain = took.get("chain")! / TIMES;
  const math = new Map<(x: number) => number, number>();
  const print = (times: OperationTimes) => console.log(JSON.stringify(times));
  for (const operation of OPERATIONS) {
    for (const f of operation.math) {
      if (!math.has(f)) math.set(f, timeMath(f));
    }
    const applied = timesOf(operation) * operation.size;
    print({
      name: operation.name,
      kind: operation.kind,
      total: took.get(operation.name)! / applied,
      // What adds the results up.
      addition: perChain / operation.size,
      math: operation.math.reduce((sum, f) => sum + math.get(f)!, 0),
      chain: perChain,
      yardstick,
    });
  }
  for (const { name } of matrixRuns) {
    print({
      name,
      kind: "matrix",
      total: took.get(name)!,
      addition: 0,
      math: 0,
      chain: took.get(`${name}, gradient`)!,
      yardstick,
    });
  }
  // Never 1; but who compiles this cannot know that nobody needs the sum.
  Deno.exit(sink === 0.123 ? 1 : 0);
}
