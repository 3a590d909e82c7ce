/**
 * Chains of n additions and multiplications: what an operation costs, to build
 * and differentiate and to differentiate alone, beside the baseline (see
 * `engines/notebook_nodes.ts`). What is recorded or compiled has no second half: its
 * sweep belongs to the call.
 *
 * A group's name says how many operations a body runs: of `100 x 1,000`, 1 ms is
 * 10 ns an operation. Every body works on graphs that it built itself, and its
 * gradient is compared with that of all other rows.
 *
 * To add a row, add an `Engine` to `ENGINES`.
 *
 * @module
 */
import {
  backward,
  compile,
  mul,
  Node,
  primal,
  type Scalar,
  sin,
  valueAndGrad,
} from "../mod.ts";
import * as notebook from "./engines/notebook_nodes.ts";
import {
  addChain,
  chainLeaves,
  mixedChain,
  mulChain,
} from "./workloads/chain.ts";

type Shape = "mixed" | "add" | "mul";
const SHAPES: readonly Shape[] = ["mixed", "add", "mul"];
const SIZES: readonly number[] = [1e3, 1e4, 1e5, 1e6];

/** Works `repeats` times and returns the last gradient by the leaves. */
type Body = (shape: Shape, n: number, repeats: number) => ArrayLike<number>;

/** A way to differentiate a chain: a row of every group that it has a body for. */
interface Engine {
  readonly name: string;
  readonly baseline?: boolean;
  readonly buildAndBackward: Body;
  /** Starts the clock when the graphs are built. */
  readonly backward?: (
    shape: Shape,
    n: number,
    repeats: number,
    clock: Clock,
  ) => ArrayLike<number>;
}

type Clock = Pick<Deno.BenchContext, "start" | "end">;

const VALUES = chainLeaves();

const CHAINS: Record<
  Shape,
  (leaves: readonly Scalar[], n: number) => Scalar
> = { mixed: mixedChain, add: addChain, mul: mulChain };

// The same loops as in `workloads/chain.ts` on the baseline's nodes: each
// engine has call sites of its own, so that neither makes the other's slow.
const NOTEBOOK_CHAINS: Record<
  Shape,
  (leaves: readonly notebook.NotebookNode[], n: number) => notebook.NotebookNode
> = {
  mixed(leaves, n) {
    let y = leaves[0]!;
    for (let i = 0; i < n; i += 2) {
      y = notebook.mul(y, leaves[i & 31]!);
      y = notebook.add(y, leaves[(i + 1) & 31]!);
    }
    return y;
  },
  add(leaves, n) {
    let y = leaves[0]!;
    for (let i = 0; i < n; i++) y = notebook.add(y, leaves[i & 31]!);
    return y;
  },
  mul(leaves, n) {
    let y = leaves[0]!;
    for (let i = 0; i < n; i++) y = notebook.mul(y, leaves[i & 31]!);
    return y;
  },
};

const ENGINES: readonly Engine[] = [
  {
    name: "notebook (baseline)",
    baseline: true,
    buildAndBackward(shape, n, repeats) {
      let leaves: notebook.NotebookNode[] = [];
      for (let i = 0; i < repeats; i++) {
        leaves = VALUES.map((value) => new notebook.NotebookNode(value));
        notebookBackward(NOTEBOOK_CHAINS[shape](leaves, n), n);
      }
      return leaves.map((leaf) => leaf.grad);
    },
    backward(shape, n, repeats, clock) {
      const graphs = Array.from({ length: repeats }, () => {
        const leaves = VALUES.map((value) => new notebook.NotebookNode(value));
        return { leaves, root: NOTEBOOK_CHAINS[shape](leaves, n) };
      });
      clock.start();
      for (const { root } of graphs) notebookBackward(root, n);
      clock.end();
      return graphs[repeats - 1]!.leaves.map((leaf) => leaf.grad);
    },
  },
  {
    name: "graph of Nodes",
    buildAndBackward(shape, n, repeats) {
      let leaves: Node[] = [];
      for (let i = 0; i < repeats; i++) {
        leaves = VALUES.map((value) => new Node(value));
        backward(CHAINS[shape](leaves, n));
      }
      return leaves.map((leaf) => leaf.grad);
    },
    backward(shape, n, repeats, clock) {
      const graphs = Array.from({ length: repeats }, () => {
        const leaves = VALUES.map((value) => new Node(value));
        return { leaves, root: CHAINS[shape](leaves, n) };
      });
      clock.start();
      for (const { root } of graphs) backward(root);
      clock.end();
      return graphs[repeats - 1]!.leaves.map((leaf) => leaf.grad);
    },
  },
  {
    name: "recorded",
    buildAndBackward(shape, n, repeats) {
      let gradient: readonly number[] = [];
      for (let i = 0; i < repeats; i++) {
        gradient = valueAndGrad(CHAINS[shape])(VALUES, n).gradient;
      }
      return gradient;
    },
  },
  {
    name: "compiled",
    buildAndBackward(shape, n, repeats) {
      const compiled = compiledChain(shape, n);
      let gradient: readonly number[] = [];
      for (let i = 0; i < repeats; i++) gradient = compiled(VALUES).gradient;
      return gradient;
    },
  },
];

type CompiledChain = ReturnType<typeof compileChain>;
let latest: { shape: Shape; n: number; compiled: CompiledChain } | undefined;

/**
 * The gradient of a chain, compiled by whoever asks first: in a group, while it
 * warms up. One is kept at a time, as the longest hold much memory.
 */
function compiledChain(shape: Shape, n: number): CompiledChain {
  if (latest?.shape !== shape || latest.n !== n) {
    latest?.compiled[Symbol.dispose]();
    latest = { shape, n, compiled: compileChain(shape, n) };
  }
  return latest.compiled;
}

function compileChain(shape: Shape, n: number) {
  return compile(valueAndGrad((x: readonly Scalar[]) => CHAINS[shape](x, n)));
}

/** The notebook's recursion where the call stack is deep enough for it. */
function notebookBackward(root: notebook.NotebookNode, n: number): void {
  if (n <= 1e3) notebook.backwardRecursive(root);
  else notebook.backwardIterative(root);
}

const agreed = new Map<string, ArrayLike<number>>();

/** Throws if a gradient is not the one that other rows found; the first is kept. */
function agree(shape: Shape, n: number, gradient: ArrayLike<number>): void {
  const key = `${shape} ${n}`, expected = agreed.get(key);
  if (expected === undefined) {
    agreed.set(key, gradient);
    return;
  }
  for (let i = 0; i < VALUES.length; i++) {
    const a = gradient[i]!, b = expected[i]!;
    if (Math.abs(a - b) <= 1e-9 * Math.abs(b)) continue;
    throw new Error(`${key}: the derivative by leaf ${i} is ${a} and ${b}`);
  }
}

// A program that differentiates also computes with plain numbers and with other
// operations. Here it does so first, in the very functions that are measured: a
// process that has only ever seen one kind of operand, and two operations, would
// be compiled for just those.
const unclocked: Clock = { start() {}, end() {} };
for (let i = 0; i < 200; i++) {
  for (const shape of SHAPES) {
    const leaves = VALUES.map((value) => new Node(value));
    const root = CHAINS[shape](leaves, 100);
    backward(mul(sin(root), 2));
    valueAndGrad((x: Scalar[]) => mul(sin(CHAINS[shape](x, 100)), 2))(VALUES);
    if (CHAINS[shape](VALUES, 100) !== primal(root)) {
      throw new Error(`${shape}: numbers and nodes give different values`);
    }
    for (const engine of ENGINES) {
      agree(shape, 100, engine.buildAndBackward(shape, 100, 2));
      const { backward } = engine;
      if (backward) agree(shape, 100, backward(shape, 100, 2, unclocked));
    }
  }
}

/** Frees what the bench before left behind; the task exposes it. */
const { gc } = globalThis as { gc?: () => void };

function register(
  group: string,
  engine: Engine,
  n: number,
  body: (clock: Deno.BenchContext) => void,
): void {
  let first = true;
  Deno.bench({
    group,
    name: engine.name,
    baseline: engine.baseline ?? false,
    // A body of the longest chain takes up to a second: a few of them will do.
    ...(n >= 1e6 ? { n: 4, warmup: 1 } : {}),
    fn(context) {
      if (first) gc?.();
      first = false;
      body(context);
    },
  });
}

for (const shape of SHAPES) {
  for (const n of SIZES) {
    const chains = (repeats: number) =>
      `${shape} chain, ${repeats} x ${n.toLocaleString("en")}`;
    const repeats = Math.max(1, 1e5 / n);
    for (const engine of ENGINES) {
      register(
        `${chains(repeats)}: build + backward`,
        engine,
        n,
        () => agree(shape, n, engine.buildAndBackward(shape, n, repeats)),
      );
    }
    // Here all graphs are alive at once: few enough to stay in the cache.
    const few = Math.max(1, 1e4 / n);
    for (const engine of ENGINES) {
      const { backward } = engine;
      if (backward === undefined) continue;
      register(
        `${chains(few)}: backward alone`,
        engine,
        n,
        (clock) => agree(shape, n, backward(shape, n, few, clock)),
      );
    }
  }
}
