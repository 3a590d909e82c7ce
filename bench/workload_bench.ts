/**
 * What people differentiate, beside the bare chains: Rosenbrock's function, a
 * small neural network, a differential equation solved step by step, and a graph
 * full of shared subexpressions; the network on adnn, too.
 *
 * A group's name says how many times a body computes the gradient, and of how
 * many nodes. Every gradient is compared with that of the other rows, before and
 * while it is timed.
 *
 * To add a row to a group, add a `Row` to its workload.
 *
 * @module
 */
import ad from "npm:adnn@2.0.10/ad/index.js";
import {
  backward,
  Node,
  postOrder,
  type Scalar,
  valueAndGrad,
} from "../mod.ts";
import {
  flattenMlp,
  initialMlp,
  type Layer,
  mlpExamples,
  mlpLoss,
  unflattenMlp,
} from "./workloads/mlp.ts";
import { rosenbrock } from "./workloads/rosenbrock.ts";
import { finalPrey, LOTKA_VOLTERRA } from "./workloads/runge_kutta.ts";
import { sineLadder } from "./workloads/shared_subexpressions.ts";

/** A way to differentiate a workload. */
interface Row {
  readonly name: string;
  /** The gradient, all included. */
  readonly gradient: () => ArrayLike<number>;
}

interface Workload {
  readonly name: string;
  /** How many gradients take a millisecond or more, as a bench needs. */
  readonly repeats: number;
  /** What is differentiated, on any Scalars, from its arguments in one list. */
  readonly f: (x: readonly Scalar[]) => Scalar;
  readonly x: readonly number[];
  /** The first one is the baseline. */
  readonly rows: readonly Row[];
}

/** A workload whose arguments are a list, as a graph of Nodes and recorded. */
function workload(
  name: string,
  repeats: number,
  f: (x: readonly Scalar[]) => Scalar,
  x: readonly number[],
): Workload {
  const rows = [graph(f, x), {
    name: "recorded",
    gradient: () => valueAndGrad(f)(x).gradient,
  }];
  return { name, repeats, f, x, rows };
}

function graph(
  f: (x: readonly Scalar[]) => Scalar,
  x: readonly number[],
): Row {
  const gradient = () => {
    const leaves = x.map((value) => new Node(value));
    backward(f(leaves));
    return leaves.map((leaf) => leaf.grad);
  };
  return { name: "graph of Nodes", gradient };
}

/** Starting points of ±1.2 and ±0.8 in turn: away from the minimum at 1. */
function start(dimensions: number): number[] {
  const cycle = [-1.2, 0.8, 1.2, -0.8];
  return Array.from({ length: dimensions }, (_, i) => cycle[i % 4]!);
}

const MLP = initialMlp(), EXAMPLES = mlpExamples();

function perceptron(): Workload {
  const x = flattenMlp(MLP);
  const f = (flat: readonly Scalar[]) => mlpLoss(unflattenMlp(flat), EXAMPLES);
  const recorded = () =>
    flattenMlp(valueAndGrad(mlpLoss)(MLP, EXAMPLES).gradient);
  return {
    name: "perceptron 2-16-16-1, 100 points",
    repeats: 1,
    f,
    x,
    rows: [
      { name: "adnn 2.0.10", gradient: adnnGradient },
      graph(f, x),
      { name: "recorded", gradient: recorded },
    ],
  };
}

/** What we use of adnn, which comes without types. */
interface AdnnNode {
  backprop(): void;
}

/** The gradient of `mlpLoss` at `MLP`, in the same operations of adnn. */
function adnnGradient(): number[] {
  const { add, div, mul, sub, tanh } = ad.scalar;
  const layers = MLP.layers.map(({ weights, biases }) => ({
    weights: weights.map((row): AdnnNode[] => row.map((w) => ad.lift(w))),
    biases: biases.map((b): AdnnNode => ad.lift(b)),
  }));
  let total: AdnnNode | number = 0;
  for (const { inputs, target } of EXAMPLES) {
    let signals: readonly (AdnnNode | number)[] = inputs;
    layers.forEach(({ weights, biases }, l) => {
      const sums = weights.map((row, i) => {
        let sum = biases[i]!;
        for (let j = 0; j < row.length; j++) {
          sum = add(sum, mul(row[j], signals[j]));
        }
        return sum;
      });
      signals = l < layers.length - 1 ? sums.map((sum) => tanh(sum)) : sums;
    });
    const error = sub(signals[0], target);
    total = add(total, mul(error, error));
  }
  (div(total, EXAMPLES.length) as AdnnNode).backprop();
  const gradients = layers.map(({ weights, biases }): Layer<number> => ({
    weights: weights.map((row) => row.map((w) => ad.derivative(w))),
    biases: biases.map((b) => ad.derivative(b)),
  }));
  return flattenMlp({ layers: gradients });
}

const WORKLOADS: readonly Workload[] = [
  workload("Rosenbrock, n = 10", 100, rosenbrock, start(10)),
  workload("Rosenbrock, n = 1,000", 1, rosenbrock, start(1000)),
  perceptron(),
  workload("Runge–Kutta, 1,000 steps", 1, finalPrey, LOTKA_VOLTERRA),
  workload(
    "shared subexpressions, 1,000 rungs",
    10,
    ([x, y]) => sineLadder(x!, y!, 1000),
    [0.5, 0.8],
  ),
];

/** Throws unless two gradients are the same but for rounding. */
function agree(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  name: string,
): void {
  const size = Math.max(...Array.from(expected, Math.abs));
  if (!(size > 0) || actual.length !== expected.length) {
    throw new Error(`${name}: no gradient of its ${expected.length} arguments`);
  }
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!, b = expected[i]!;
    if (Math.abs(a - b) <= 1e-9 * size) continue;
    throw new Error(
      `${name}: the derivative by argument ${i} is ${a} and ${b}`,
    );
  }
}

// As in `chain_bench.ts`: before any is measured, all have run on numbers, Nodes
// and Vars, so that no operation is compiled for one of them alone.
for (let i = 0; i < 20; i++) {
  for (const { name, f, x, rows } of WORKLOADS) {
    if (typeof f(x) !== "number") throw new Error(`${name}: not a number`);
    const expected = rows[0]!.gradient();
    for (const { gradient } of rows) agree(gradient(), expected, name);
  }
}

/** Frees what the bench before left behind; the task exposes it. */
const { gc } = globalThis as { gc?: () => void };

for (const { name, repeats, f, x, rows } of WORKLOADS) {
  const expected = rows[0]!.gradient();
  const nodes = postOrder(f(x.map((value) => new Node(value)))).length;
  rows.forEach((row, i) => {
    let first = true;
    Deno.bench({
      group: `${name}: ${repeats} x ${nodes.toLocaleString("en")} nodes`,
      name: row.name,
      baseline: i === 0,
      fn() {
        if (first) gc?.();
        first = false;
        let gradient = expected;
        for (let k = 0; k < repeats; k++) gradient = row.gradient();
        agree(gradient, expected, name);
      },
    });
  });
}
