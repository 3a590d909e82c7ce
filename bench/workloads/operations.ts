// Every operation by itself: what no chain of additions and multiplications says.
import {
  abs,
  acos,
  acosh,
  add,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  cbrt,
  ceil,
  clamp,
  cos,
  cosh,
  digamma,
  div,
  dot,
  eq,
  erf,
  erfc,
  exp,
  expm1,
  floor,
  ge,
  grad,
  gt,
  hessian,
  hypot,
  jacobian,
  le,
  lgamma,
  log,
  log10,
  log1p,
  log2,
  logAddExp,
  logSumExp,
  lt,
  max,
  mean,
  min,
  mul,
  neg,
  polygamma,
  pow,
  relu,
  round,
  type Scalar,
  select,
  sigmoid,
  sign,
  sin,
  sinh,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  tan,
  tanh,
  valueAndGrad,
} from "../../mod.ts";
import { rosenbrock, rosenbrockStart } from "./rosenbrock.ts";

/** Operations of one or two operands, of three, or over lists: what has one target. */
export type OperationKind = "operation" | "choice" | "list";

/** An operation, applied over and over. */
export interface OperationWorkload {
  readonly name: string;
  readonly kind: OperationKind;
  /** Applies it `times` times to what it is given, and adds up the results. */
  readonly run: (x: readonly Scalar[], times: number) => Scalar;
  /** How many operations or elements one application is: what its time is divided by. */
  readonly size: number;
  /** The leaves that it is given. */
  readonly leaves: readonly number[];
  /** The functions of `Math`, or of as much work, that its value and derivative take: their time is set aside. */
  readonly math: readonly ((x: number) => number)[];
}

const LEAVES = 32;

type Math1 = (x: number) => number;

function one(
  name: string,
  apply: (x: Scalar) => Scalar,
  ...math: Math1[]
): OperationWorkload {
  return {
    name,
    kind: "operation",
    size: 1,
    leaves: leavesOf(LEAVES),
    math,
    run: (x, times) => {
      let y: Scalar = x[0]!;
      for (let i = 0; i < times; i++) y = add(y, apply(x[i & 31]!));
      return y;
    },
  };
}

/** The same of leaves that are so many times as large: those of other operations are outside of its domain. */
function scaled(by: number, workload: OperationWorkload): OperationWorkload {
  return { ...workload, leaves: workload.leaves.map((x) => by * x) };
}

function two(
  name: string,
  apply: (a: Scalar, b: Scalar) => Scalar,
  ...math: Math1[]
): OperationWorkload[] {
  const shared = {
    kind: "operation",
    size: 1,
    leaves: leavesOf(LEAVES),
    math,
  } as const;
  return [
    {
      ...shared,
      name,
      run: (x, times) => {
        let y: Scalar = x[0]!;
        for (let i = 0; i < times; i++) {
          y = add(y, apply(x[i & 31]!, x[(i + 1) & 31]!));
        }
        return y;
      },
    },
    {
      ...shared,
      name: `${name}, number second`,
      run: (x, times) => {
        let y: Scalar = x[0]!;
        for (let i = 0; i < times; i++) y = add(y, apply(x[i & 31]!, 0.75));
        return y;
      },
    },
    {
      ...shared,
      name: `${name}, number first`,
      run: (x, times) => {
        let y: Scalar = x[0]!;
        for (let i = 0; i < times; i++) y = add(y, apply(0.75, x[i & 31]!));
        return y;
      },
    },
  ];
}

function three(
  name: string,
  apply: (a: Scalar, b: Scalar, c: Scalar) => Scalar,
): OperationWorkload {
  return {
    name,
    kind: "choice",
    size: 1,
    leaves: leavesOf(LEAVES),
    math: [],
    run: (x, times) => {
      let y: Scalar = x[0]!;
      for (let i = 0; i < times; i++) {
        y = add(y, apply(x[i & 31]!, x[(i + 1) & 31]!, x[(i + 2) & 31]!));
      }
      return y;
    },
  };
}

function list(
  name: string,
  length: number,
  apply: (x: readonly Scalar[]) => Scalar,
  ...math: Math1[]
): OperationWorkload {
  return {
    name: `${name} of ${length}`,
    kind: "list",
    size: length,
    leaves: leavesOf(length),
    math,
    run: (x, times) => {
      let y: Scalar = x[0]!;
      for (let i = 0; i < times; i++) y = add(y, apply(x));
      return y;
    },
  };
}

const NUMBERS = Array.from({ length: 1000 }, (_, i) => 1 + i / 1000);

function lists(length: number): OperationWorkload[] {
  const numbers = NUMBERS.slice(0, length);
  const floats = Float64Array.from(numbers);
  return [
    list("sum", length, (x) => sum(x)),
    list("mean", length, (x) => mean(x)),
    list("dot", length, (x) => dot(x, x)),
    list("dot with numbers", length, (x) => dot(x, numbers)),
    list("dot with a Float64Array", length, (x) => dot(floats, x)),
    list("logSumExp", length, (x) => logSumExp(x), Math.exp, Math.exp),
  ];
}

/** Every operation, and the lists in a few lengths. */
export const OPERATIONS: readonly OperationWorkload[] = [
  ...two("add", add),
  ...two("sub", sub),
  ...two("mul", mul),
  ...two("div", div),
  one("neg", neg),
  one("square", square),
  ...two("pow", pow, powOf, powOf, Math.log),
  one("sqrt", sqrt),
  one("cbrt", cbrt, Math.cbrt),
  ...two("hypot", hypot, hypotOf),
  one("exp", exp, Math.exp),
  one("expm1", expm1, Math.expm1, Math.exp),
  one("log", log, Math.log),
  one("log1p", log1p, Math.log1p),
  one("log2", log2, Math.log2),
  one("log10", log10, Math.log10),
  ...two("logAddExp", logAddExp, Math.exp, Math.log1p, Math.exp, Math.exp),
  one("sigmoid", sigmoid, Math.exp, Math.exp),
  one("softplus", softplus, Math.exp, Math.log1p, Math.exp),
  one("erf", erf, Math.exp, Math.exp),
  one("erfc", erfc, onNumbers(erfc), Math.exp),
  one("lgamma", lgamma, onNumbers(lgamma), onNumbers(digamma)),
  one("digamma", digamma, onNumbers(digamma), onNumbers(trigamma)),
  one("polygamma", trigamma, onNumbers(trigamma), onNumbers(tetragamma)),
  one("sin", sin, Math.sin, Math.cos),
  one("cos", cos, Math.cos, Math.sin),
  one("tan", tan, Math.tan),
  scaled(0.4, one("asin", asin, (x) => Math.asin(0.4 * x))),
  scaled(0.4, one("acos", acos, (x) => Math.acos(0.4 * x))),
  one("atan", atan, Math.atan),
  ...two("atan2", atan2, atan2Of, hypotOf, hypotOf),
  one("sinh", sinh, Math.sinh, Math.cosh),
  one("cosh", cosh, Math.cosh, Math.sinh),
  one("tanh", tanh, Math.tanh),
  one("asinh", asinh, Math.asinh),
  scaled(2, one("acosh", acosh, (x) => Math.acosh(2 * x))),
  scaled(0.4, one("atanh", atanh, (x) => Math.atanh(0.4 * x))),
  one("abs", abs),
  one("relu", relu),
  one("sign", sign),
  one("floor", floor),
  one("ceil", ceil),
  one("round", round),
  ...two("min", min),
  ...two("max", max),
  ...two("lt", lt),
  ...two("le", le),
  ...two("gt", gt),
  ...two("ge", ge),
  ...two("eq", eq),
  three("clamp", clamp),
  one("clamp to numbers", (x) => clamp(x, 0.75, 1.25)),
  three("select", select),
  ...[16, 100, 1000].flatMap(lists),
];

/** A matrix of derivatives, beside a gradient that costs as much per operation. */
export interface MatrixWorkload {
  readonly name: string;
  readonly matrix: () => number[][];
  readonly gradient: () => unknown;
}

/** What is said of many columns at once. */
export function matrices(): MatrixWorkload[] {
  const point = leavesOf(8);
  const outputs = (x: readonly Scalar[]): Scalar[] =>
    Array.from({ length: 250 }, (_, i) => {
      let y: Scalar = x[0]!;
      for (let k = 1; k < 8; k++) {
        y = add(mul(y, i / 250), sin(mul(x[k]!, i)));
      }
      return y;
    });
  const sumOfSquares = (x: readonly Scalar[]) => {
    const ys = outputs(x);
    return dot(ys, ys);
  };
  const start = rosenbrockStart(20);
  const rows = jacobian(outputs), squares = valueAndGrad(sumOfSquares);
  const curvature = hessian(rosenbrock), slope = grad(rosenbrock);
  return [
    {
      name: "jacobian of 250 outputs by 8 inputs",
      matrix: () => rows(point),
      gradient: () => squares(point),
    },
    {
      name: "hessian of Rosenbrock's function by 20 inputs",
      matrix: () => curvature(start),
      gradient: () => slope(start),
    },
  ];
}

/** So many leaves between 0.6 and 1.6, where most operations are defined. */
export function leavesOf(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 0.6 + (i % 32) / 32);
}

function trigamma(x: Scalar): Scalar {
  return polygamma(1, x);
}

function tetragamma(x: Scalar): Scalar {
  return polygamma(2, x);
}

function onNumbers(apply: (x: Scalar) => Scalar): Math1 {
  return (x) => apply(x) as number;
}

function powOf(x: number): number {
  return Math.pow(x, 0.75);
}

function hypotOf(x: number): number {
  return Math.hypot(x, 0.75);
}

function atan2Of(x: number): number {
  return Math.atan2(x, 0.75);
}
