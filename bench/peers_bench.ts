/**
 * The chains of `chain_bench.ts` beside adnn, a reverse-mode engine for
 * JavaScript that works on scalars as well.
 *
 * To add a row, add an `Engine` to `ENGINES`.
 *
 * @module
 */
import ad from "npm:adnn@2.0.10/ad/index.js";
import {
  backward,
  mul,
  Node,
  primal,
  type Scalar,
  sin,
  valueAndGrad,
} from "../mod.ts";
import { CHAIN_LEAVES, chainLeaves, mixedChain } from "./workloads/chain.ts";

const SIZES: readonly number[] = [1e3, 1e4, 1e5, 1e6];

interface Engine {
  readonly name: string;
  readonly baseline?: boolean;
  /** Differentiates the chain `repeats` times; returns the last gradient by the leaves. */
  readonly run: (n: number, repeats: number) => ArrayLike<number>;
}

/** What we use of adnn, which comes without types. */
interface AdnnNode {
  backprop(): void;
}

const VALUES = chainLeaves();

/** {@linkcode mixedChain} on adnn's nodes. */
function adnnChain(leaves: readonly AdnnNode[], n: number): AdnnNode {
  let y = leaves[0]!;
  for (let i = 0; i < n; i += 2) {
    y = ad.scalar.mul(y, leaves[i & 31]!);
    y = ad.scalar.add(y, leaves[(i + 1) & 31]!);
  }
  return y;
}

const ENGINES: readonly Engine[] = [
  {
    name: "adnn 2.0.10",
    baseline: true,
    run(n, repeats) {
      let leaves: AdnnNode[] = [];
      for (let i = 0; i < repeats; i++) {
        leaves = VALUES.map((value) => ad.lift(value));
        adnnChain(leaves, n).backprop();
      }
      return leaves.map((leaf) => ad.derivative(leaf));
    },
  },
  {
    name: "graph of Nodes",
    run(n, repeats) {
      let leaves: Node[] = [];
      for (let i = 0; i < repeats; i++) {
        leaves = VALUES.map((value) => new Node(value));
        backward(mixedChain(leaves, n));
      }
      return leaves.map((leaf) => leaf.grad);
    },
  },
  {
    name: "recorded",
    run(n, repeats) {
      let gradient: readonly number[] = [];
      for (let i = 0; i < repeats; i++) {
        gradient = valueAndGrad(mixedChain)(VALUES, n).gradient;
      }
      return gradient;
    },
  },
];

/** Throws unless two gradients are the same but for rounding. */
function agree(gradient: ArrayLike<number>, expected: ArrayLike<number>): void {
  for (let i = 0; i < CHAIN_LEAVES; i++) {
    const a = gradient[i]!, b = expected[i]!;
    if (Math.abs(a - b) <= 1e-9 * Math.abs(b)) continue;
    throw new Error(`the derivative by leaf ${i} is ${a} and ${b}`);
  }
}

// As in `chain_bench.ts`: what is measured has run on numbers, Nodes and Vars
// before, and no engine has seen nothing but this chain.
for (let i = 0; i < 200; i++) {
  const lifted: AdnnNode[] = VALUES.map((value) => ad.lift(value));
  const y = mixedChain(VALUES.map((value) => new Node(value)), 100);
  const yOfAdnn = adnnChain(lifted, 100);
  backward(mul(sin(y), 2));
  ad.scalar.mul(ad.scalar.sin(yOfAdnn), 2).backprop();
  valueAndGrad((x: Scalar[]) => mul(sin(mixedChain(x, 100)), 2))(VALUES);
  const value = mixedChain(VALUES, 100);
  if (primal(y) !== value || ad.value(yOfAdnn) !== value) {
    throw new Error(`the values differ from ${value}`);
  }
  const expected = ENGINES[0]!.run(100, 1);
  for (const { run } of ENGINES) agree(run(100, 2), expected);
}

/** Frees what the bench before left behind; the task exposes it. */
const { gc } = globalThis as { gc?: () => void };

for (const n of SIZES) {
  const repeats = Math.max(1, 1e5 / n);
  const expected = ENGINES[0]!.run(n, 1);
  for (const { name, baseline, run } of ENGINES) {
    agree(run(n, 1), expected);
    let first = true;
    Deno.bench({
      group: `mixed chain, ${repeats} x ${
        n.toLocaleString("en")
      }: build + backward`,
      name,
      baseline: baseline ?? false,
      // A body of the longest chain takes up to half a second.
      ...(n >= 1e6 ? { n: 8, warmup: 1 } : {}),
      fn() {
        if (first) gc?.();
        first = false;
        agree(run(n, repeats), expected);
      },
    });
  }
}
