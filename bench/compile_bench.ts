/**
 * Compiled functions in their steady state, beside the same functions recorded
 * anew at every call, and beside two packages that compile gradients as well:
 * rose, to WebAssembly, and simplegrad, to JavaScript.
 *
 * A group's name says how many times a body computes value and gradient, and of
 * how many operations: of `100 x 1,000`, 1 ms is 10 ns an operation. Every
 * gradient is compared with that of the recorded way, before and while it is
 * timed. What compiling costs is printed first.
 *
 * rose takes the chain up to 11,084 operations: of more, its code has more local
 * variables than WebAssembly allows a function (50,000). The network is given to
 * it as a function of one point, which it calls for each of them.
 *
 * @module
 */
import * as rose from "npm:rose@0.4.10";
import { ValueStorage, Variable } from "npm:simplegrad@1.0.0";
import {
  add,
  backward,
  compile,
  mul,
  Node,
  type Scalar,
  sin,
  valueAndGrad,
  type ValueAndGradient,
} from "../mod.ts";
import { CHAIN_LEAVES, chainLeaves, mixedChain } from "./workloads/chain.ts";
import {
  flattenMlp,
  initialMlp,
  MLP_PARAMETERS,
  MLP_SIZES,
  mlpExamples,
  mlpLoss,
  unflattenMlp,
} from "./workloads/mlp.ts";
import { rosenbrock } from "./workloads/rosenbrock.ts";

type Loss = (x: readonly Scalar[]) => Scalar;
type Gradient = ArrayLike<number>;

/** A way to compute a gradient: a row of a group. */
interface Row {
  readonly name: string;
  readonly gradient: () => Gradient;
}

interface Workload {
  readonly name: string;
  /** How many operations the function does. */
  readonly operations: number;
  readonly f: Loss;
  readonly x: readonly number[];
  readonly peers: readonly Row[];
}

const EXAMPLES = mlpExamples();

/** Starting points of ±1.2 and ±0.8 in turn: away from the minimum at 1. */
function start(dimensions: number): number[] {
  const cycle = [-1.2, 0.8, 1.2, -0.8];
  return Array.from({ length: dimensions }, (_, i) => cycle[i % 4]!);
}

// Peers

const roseTanh = rose.opaque([rose.Real], rose.Real, Math.tanh);
roseTanh.jvp = rose.fn([rose.Dual], rose.Dual, ({ re, du }) => {
  const y = roseTanh(re);
  return { re: y, du: rose.mul(du, rose.sub(1, rose.mul(y, y))) };
});

type RoseList = rose.Vec<rose.Real>;

async function roseRow(
  size: number,
  f: (x: RoseList) => rose.Real,
  x: readonly number[],
): Promise<Row> {
  const list = rose.Vec(size, rose.Real);
  const both = rose.struct({ value: rose.Real, gradient: list });
  const loss = rose.fn([list], rose.Real, f);
  const run = await rose.compile(rose.fn([list], both, (v) => {
    const { ret, grad } = rose.vjp(loss)(v);
    return { value: ret, gradient: grad(1) };
  })) as unknown as (
    x: readonly number[],
  ) => { value: number; gradient: Gradient };
  return { name: "rose 0.4.10", gradient: () => run(x).gradient };
}

function roseChain(v: RoseList, n: number): rose.Real {
  const leaves = [...v];
  let y = leaves[0]!;
  for (let i = 0; i < n; i += 2) {
    y = rose.mul(y, leaves[i & 31]!);
    y = rose.add(y, leaves[(i + 1) & 31]!);
  }
  return y;
}

function roseRosenbrock(v: RoseList): rose.Real {
  const x = [...v];
  let total: rose.Real = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const a = rose.sub(x[i + 1]!, rose.mul(x[i]!, x[i]!));
    const b = rose.sub(1, x[i]!);
    const valley = rose.mul(100, rose.mul(a, a));
    total = rose.add(total, rose.add(valley, rose.mul(b, b)));
  }
  return total;
}

/** `mlpLoss`, as the mean of a function of one point. */
function roseMlp(parameters: RoseList): rose.Real {
  let total: rose.Real = 0;
  for (const { inputs: [x, y], target } of EXAMPLES) {
    total = rose.add(total, roseSquaredError(parameters, x!, y!, target));
  }
  return rose.div(total, EXAMPLES.length);
}

const roseSquaredError = rose.fn(
  [rose.Vec(MLP_PARAMETERS, rose.Real), rose.Real, rose.Real, rose.Real],
  rose.Real,
  (parameters, x, y, target) => {
    const flat = [...parameters];
    let at = 0, signals: rose.Real[] = [x, y];
    MLP_SIZES.slice(1).forEach((outputs, l) => {
      const inputs = signals.length, biases = at + outputs * inputs;
      const sums = Array.from({ length: outputs }, (_, i) => {
        let sum = flat[biases + i]!;
        for (const signal of signals) {
          sum = rose.add(sum, rose.mul(flat[at++]!, signal));
        }
        return sum;
      });
      at += outputs;
      signals = l < MLP_SIZES.length - 2 ? sums.map((s) => roseTanh(s)) : sums;
    });
    const error = rose.sub(signals[0]!, target);
    return rose.mul(error, error);
  },
);

/** What we use of simplegrad, which comes without types. */
interface SimpleNode {
  readonly id: number;
  add(x: SimpleNode | number): SimpleNode;
  sub(x: SimpleNode | number): SimpleNode;
  mul(x: SimpleNode | number): SimpleNode;
  div(x: SimpleNode | number): SimpleNode;
  tanh(): SimpleNode;
  compile(): void;
}

function simplegradRow(
  f: (x: readonly SimpleNode[]) => SimpleNode,
  x: readonly number[],
): Row {
  const storage = new ValueStorage();
  const leaves = x.map((): SimpleNode => new Variable(storage));
  const root = f(leaves);
  root.compile();
  return {
    name: "simplegrad 1.0.0",
    // Leaves come first in its arrays.
    gradient() {
      storage.v.set(x);
      storage.forward();
      storage.gv.fill(0);
      storage.gv[root.id] = 1;
      storage.backward();
      return storage.gv.slice(0, x.length);
    },
  };
}

function simplegradChain(leaves: readonly SimpleNode[], n: number): SimpleNode {
  let y = leaves[0]!;
  for (let i = 0; i < n; i += 2) {
    y = y.mul(leaves[i & 31]!).add(leaves[(i + 1) & 31]!);
  }
  return y;
}

function simplegradRosenbrock(x: readonly SimpleNode[]): SimpleNode {
  let total: SimpleNode | undefined;
  for (let i = 0; i + 1 < x.length; i++) {
    const a = x[i + 1]!.sub(x[i]!.mul(x[i]!));
    const b = x[i]!.sub(1);
    const term = a.mul(a).mul(100).add(b.mul(b));
    total = total === undefined ? term : total.add(term);
  }
  return total!;
}

// Workloads

function chain(n: number, peers: readonly Row[] = []): Workload {
  return {
    name: "mixed chain",
    operations: n,
    f: (x) => mixedChain(x, n),
    x: chainLeaves(),
    peers,
  };
}

const POINT = start(1000), PARAMETERS = flattenMlp(initialMlp());

const WORKLOADS: readonly Workload[] = [
  chain(1e3, [
    await roseRow(CHAIN_LEAVES, (v) => roseChain(v, 1e3), chainLeaves()),
    simplegradRow((x) => simplegradChain(x, 1e3), chainLeaves()),
  ]),
  chain(1e4),
  chain(1e5),
  chain(1e6),
  {
    name: "Rosenbrock, n = 1,000",
    operations: 8 * 999,
    f: rosenbrock,
    x: POINT,
    peers: [
      await roseRow(1000, roseRosenbrock, POINT),
      simplegradRow(simplegradRosenbrock, POINT),
    ],
  },
  {
    name: "perceptron 2-16-16-1, 100 points",
    operations: 64_317,
    f: (flat) => mlpLoss(unflattenMlp(flat), EXAMPLES),
    x: PARAMETERS,
    peers: [await roseRow(MLP_PARAMETERS, roseMlp, PARAMETERS)],
  },
];

/** Throws unless two gradients are the same but for rounding. */
function agree(actual: Gradient, expected: Gradient, name: string): void {
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    size = Math.max(size, Math.abs(expected[i]!));
  }
  if (!(size > 0)) throw new Error(`${name}: no gradient to compare with`);
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!, b = expected[i]!;
    if (Math.abs(a - b) <= 1e-9 * size) continue;
    throw new Error(
      `${name}: the derivative by argument ${i} is ${a} and ${b}`,
    );
  }
}

// As in `chain_bench.ts`: before any is measured, what is measured has run on
// numbers, Nodes and Vars, with other operations and other structures.
for (let i = 0; i < 200; i++) {
  for (const f of [rosenbrock, (x: readonly Scalar[]) => mixedChain(x, 96)]) {
    const x = start(32);
    const y = f(x.map((value) => new Node(value)));
    backward(mul(sin(y), 2));
    const inObject = ({ x }: { x: readonly Scalar[] }) => mul(sin(f(x)), 2);
    const { gradient } = valueAndGrad(inObject)({ x });
    if (typeof f(x) !== "number") throw new Error("not a number");
    using compiled = compile(valueAndGrad(inObject));
    for (let k = 0; k < 3; k++) {
      agree(compiled({ x }).gradient.x, gradient.x, "warm-up");
    }
  }
}

// What compiling costs: the quickest of some first calls, each of a function
// that is compiled anew.
const costs = WORKLOADS.map(({ name, operations, f, x }) => {
  let first = Infinity, recorded = Infinity;
  let kind = "", done = 0, bytes: number | undefined;
  for (let k = 0; k < (operations >= 1e5 ? 3 : 10); k++) {
    using compiled = compile(valueAndGrad(f));
    const start = performance.now();
    compiled(x);
    first = Math.min(first, performance.now() - start);
    const again = performance.now();
    valueAndGrad(f)(x);
    recorded = Math.min(recorded, performance.now() - again);
    const program = compiled.program(x);
    ({ kind, operations: done } = program);
    if (k === 0 && kind === "wasm") bytes = program.wasm().bytes.length;
  }
  return {
    workload: `${name}: ${operations.toLocaleString("en")}`,
    "program": done,
    "way": kind,
    "first call, ms": round(first),
    "ns an operation": round(first * 1e6 / operations),
    "recorded calls": round(first / recorded),
    ...(bytes === undefined ? {} : {
      "bytes an operation": round(bytes / operations),
      "of the program": round(bytes / done),
    }),
  };
});
console.log(
  "First calls (record and compile), by operations of the function, and of " +
    "the program\nthat computes value and gradient:",
);
console.table(costs);
console.log(
  "rose 0.4.10 compiles the chain up to 11,084 operations; see compile_bench.ts.",
);

function round(x: number): number {
  return Number(x.toPrecision(3));
}

/** Frees what the bench before left behind; the task exposes it. */
const { gc } = globalThis as { gc?: () => void };

/** How long a row runs before it is timed: V8 optimises generated code bit by bit. */
function warmUp(operations: number): number {
  return 1000 + Math.min(operations / 10, 7000);
}

/** Registers a row, and has it run for so many milliseconds before it is timed. */
function bench(
  group: string,
  { name, gradient }: Row,
  expected: Gradient,
  { repeats, warmUp }: { repeats: number; warmUp: number },
): void {
  agree(gradient(), expected, name);
  let first = true;
  Deno.bench({
    group,
    name,
    baseline: name === "compiled, called",
    fn() {
      if (first) {
        const until = performance.now() + warmUp;
        while (performance.now() < until) gradient();
        gc?.();
      }
      first = false;
      let found = expected;
      for (let k = 0; k < repeats; k++) found = gradient();
      agree(found, expected, name);
    },
  });
}

for (const { name, operations, f, x, peers } of WORKLOADS) {
  const repeats = Math.max(1, 1e6 / 10 ** Math.ceil(Math.log10(operations)));
  const group = `${name}, ${repeats} x ${operations.toLocaleString("en")}`;
  const expected = valueAndGrad(f)(x).gradient;
  const compiled = compile(valueAndGrad(f));
  const program = compiled.program(x);
  const inputs = new Float64Array(x);
  const outputs = new Float64Array(program.outputs);
  const gradient = outputs.subarray(1); // after the value
  const rows: readonly Row[] = [
    { name: "compiled, called", gradient: () => compiled(x).gradient },
    {
      name: "compiled, run on flat arrays",
      gradient() {
        program.run(inputs, outputs);
        return gradient;
      },
    },
    { name: "recorded", gradient: () => valueAndGrad(f)(x).gradient },
    ...peers,
  ];
  const options = {
    repeats,
    warmUp: program.kind === "wasm" ? warmUp(operations) : 1000,
  };
  for (const row of rows) bench(group, row, expected, options);
}

// A function of two numbers, where the call itself is what costs. The numbers
// differ from call to call; the last ones are those of `expected`.
const f = (x: Scalar, y: Scalar): Scalar => mul(add(x, y), sin(x));
const ofPair = ([x, y]: readonly [Scalar, Scalar]) => f(x, y);
const CALLS = 10_000;
const expected = valueAndGrad(ofPair)([2, 3]).gradient;

function twoNumbers(
  name: string,
  call: (x: number, y: number) => Gradient,
): void {
  const gradient = () => {
    for (let k = CALLS; k > 1; k--) call(2 + k / CALLS, 3);
    return call(2, 3);
  };
  bench(
    `two numbers, ${CALLS.toLocaleString("en")} calls`,
    { name, gradient },
    expected.slice(0, call(2, 3).length),
    { repeats: 1, warmUp: 1000 },
  );
}

const byFirst = compile(valueAndGrad(f));
const ofTwo = compile(valueAndGrad(ofPair));
const flat = ofTwo.program([2, 3]);
const pair = new Float64Array(2), results = new Float64Array(3);
const gradientOfTwo = results.subarray(1);
const one = [0];
twoNumbers("compiled, called", (x, y) => {
  const result: ValueAndGradient<readonly [number, number]> = ofTwo([x, y]);
  return result.gradient;
});
twoNumbers("compiled, called, derivative by the first", (x, y) => {
  one[0] = byFirst(x, y).gradient;
  return one;
});
twoNumbers("compiled, run on flat arrays", (x, y) => {
  pair[0] = x;
  pair[1] = y;
  flat.run(pair, results);
  return gradientOfTwo;
});
twoNumbers("recorded", (x, y) => valueAndGrad(ofPair)([x, y]).gradient);
