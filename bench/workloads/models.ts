// Whole models, which the report times beside C: workloads with loops, GradBench's
// evals on inputs of their shapes, and sparse matrices.
import {
  add,
  exp,
  grad,
  hessian,
  jvp,
  mul,
  type Scalar,
  sparseHessian,
  sparseJacobian,
  sub,
  sum,
  valueAndGrad,
} from "../../mod.ts";
import * as ba from "../gradbench/evals/ba.ts";
import { determinant } from "../gradbench/evals/det.ts";
import { logPosterior, type Mixture } from "../gradbench/evals/gmm.ts";
import * as ht from "../gradbench/evals/ht.ts";
import { direction } from "../gradbench/evals/kmeans.ts";
import { cost as squaredResiduals } from "../gradbench/evals/llsq.ts";
import { logSumExp } from "../gradbench/evals/lse.ts";
import { loss, type Parameters } from "../gradbench/evals/lstm.ts";
import { finalState } from "../gradbench/evals/ode.ts";
import { aim } from "../gradbench/evals/particle.ts";
import { saddlePoint } from "../gradbench/evals/saddle.ts";
import {
  gaussianMixture,
  kmeansRows,
  logisticRows,
  longLogSumExp,
  type LoopWorkload,
  lstmSteps,
  perceptronRows,
  PLAIN,
  ringSteps,
  rosenbrockPairs,
  rungeKuttaFold,
} from "./loops.ts";
import { rosenbrock, rosenbrockStart } from "./rosenbrock.ts";
import { seededNumbers } from "./seeded_numbers.ts";

/** Tables of the report. */
export type ModelGroup = "loops" | "evals" | "sparse";

/** A function that takes and gives structures of numbers, or of Scalars. */
export type AnyFunction = (...inputs: never[]) => unknown;

/** What is differentiated, and how. */
export interface Model {
  readonly name: string;
  /** Structures of numbers. */
  readonly inputs: readonly unknown[];
  /** Gives derivatives by the first input, and what else is wanted. */
  readonly derivative: AnyFunction;
  /** What is differentiated, if it is to be on graphs, too: it gives one Scalar. */
  readonly objective?: AnyFunction;
  /** Whether it is compiled: what depends on comparisons cannot be. */
  readonly compiled: boolean;
  /** The same by hand, in `bench/c/workloads.c`. */
  readonly c?: {
    readonly name: string;
    readonly size: number;
    /** Its arguments, where they are not the inputs as they are. */
    readonly numbers?: Float64Array;
    /** Whether it gives the same numbers in the same order, after a value or without. */
    readonly same: boolean;
  };
}

type List = Float64Array | readonly Scalar[];

/** Models by table; a scale below 1 makes them smaller, for tests. */
export function modelsOf(group: ModelGroup, scale = 1): Model[] {
  const sized = (size: number) => Math.max(4, Math.round(size * scale));
  if (group === "loops") return loops(sized);
  return group === "evals" ? evals(sized) : sparse(sized);
}

type Sized = (size: number) => number;

function loops(sized: Sized): Model[] {
  const steps = sized(1_000_000), rows = sized(10_000);
  return [
    loop("perceptron, `map` over 1,000 rows", perceptronRows(sized(1000))),
    loop("logistic regression, `map` over 10,000 rows", logisticRows(rows)),
    loop(
      "logistic regression, plainly written",
      logisticRows(rows, PLAIN),
    ),
    loop("Rosenbrock, `map` over 1,000 pairs", rosenbrockPairs(sized(1000))),
    {
      ...loop("k-means and its Hessian's diagonal", kmeansRows(sized(1000))),
      derivative: kmeansDerivatives(kmeansRows(4).f),
    },
    hessianOf(
      "logistic regression, `map` over 10,000 rows",
      logisticRows(rows),
    ),
    loop("mixture of Gaussians, 1,000 points", gaussianMixture(sized(1000))),
    loop("LSTM, `fold` over 1,024 steps", lstmSteps(sized(1024))),
    loop("LSTM, plainly written", lstmSteps(sized(1024), PLAIN)),
    loop("`logSumExp` of 5,000", longLogSumExp(sized(5000))),
    loop("Runge–Kutta, `fold` of 1,000,000 steps", rungeKuttaFold(steps)),
    loop("ring of 100 variables, 1,000 steps", ringSteps(sized(1000))),
  ];
}

function loop(
  name: string,
  { name: inC, size, parameters, data, f }: LoopWorkload,
): Model {
  return {
    name,
    inputs: data.length > 0 ? [parameters, data] : [parameters],
    derivative: (x: List, data: List = []) =>
      valueAndGrad((x: List) => f(x, data))(x),
    compiled: true,
    c: { name: inC, size, same: true },
  };
}

/** All second derivatives, which C does not have. */
function hessianOf(
  name: string,
  { parameters, data, f }: LoopWorkload,
): Model {
  return {
    name: `Hessian of ${name}`,
    inputs: [parameters, data],
    derivative: (x: List, data: List) => hessian((x: List) => f(x, data))(x),
    compiled: true,
  };
}

/** Value, gradient and the diagonal of a Hessian that has no more. */
function kmeansDerivatives(f: LoopWorkload["f"]): AnyFunction {
  return (x: List, data: List) => {
    const both = valueAndGrad((x: List) => f(x, data));
    const ones = Array.from(x, () => 1);
    const { value, tangent } = jvp((x: List) => both(x))(x, ones);
    return { ...value, diagonal: tangent.gradient };
  };
}

/** A function that is differentiated by its first input, as GradBench's evals ask. */
function gradientOf(
  name: string,
  f: AnyFunction,
  inputs: readonly unknown[],
  c?: Model["c"],
): Model {
  return {
    name,
    inputs,
    objective: f,
    derivative: grad(f as (...inputs: Scalar[]) => Scalar),
    compiled: true,
    ...(c === undefined ? {} : { c }),
  };
}

function evals(sized: Sized): Model[] {
  const points = sized(1000), sequence = sized(1024);
  const mixed = gaussianMixture(points), cells = lstmSteps(sequence);
  const clusters = kmeansRows(points);
  const settings = { dimensions: 10, m: 0, gamma: 1 };
  const squares = sized(1000), steps = sized(100);
  return [
    gradientOf(
      "gmm: d = 10, k = 10, n = 1,000",
      (x: Mixture, points: List) => logPosterior(x, points, settings),
      [mixtureOf(mixed.parameters), mixed.data],
      { name: "gmm", size: points, numbers: joined(mixed), same: false },
    ),
    {
      name: "kmeans: k = 10, n = 1,000, d = 8",
      inputs: [rowsOf(clusters.parameters, 8), clusters.data],
      derivative: direction,
      compiled: true,
      c: {
        name: "kmeans",
        size: points,
        numbers: joined(clusters),
        same: false,
      },
    },
    gradientOf(
      "llsq: n = 1,000, m = 128",
      (x: readonly Scalar[]) => squaredResiduals(x, squares),
      [seededNumbers(14, 128, 0, 1)],
      { name: "leastSquares", size: squares, same: true },
    ),
    gradientOf("lse: n = 10,000", logSumExp, [
      seededNumbers(15, sized(10_000), 0, 1),
    ], { name: "logSumExp", size: sized(10_000), same: true }),
    gradientOf(
      "det: 7 × 7",
      (a: readonly Scalar[]) => determinant(a, 7),
      [seededNumbers(16, 49, 0, 1)],
      { name: "determinant", size: 7, same: true },
    ),
    gradientOf(
      "ode: n = 100, s = 100",
      (x: readonly Scalar[]) => finalState(x, steps).at(-1)!,
      [seededNumbers(17, sized(100), 0.5, 1)],
      { name: "ode", size: steps, same: true },
    ),
    gradientOf(
      "lstm: l = 2, c = 1,024, b = 14",
      loss,
      lstmInputs(cells),
      { name: "lstm", size: sequence, numbers: joined(cells), same: false },
    ),
    bundle(sized(20), sized(500), sized(2000)),
    handModel("ht, at vertices: 200 points", sized(500), sized(200), false),
    handModel("ht, in triangles: 200 points", sized(500), sized(200), true),
    ...(["forward", "reverse"] as const).map((mode): Model => ({
      name: `particle, ${mode} over ${mode}`,
      inputs: [0],
      derivative: (w: number) => aim(mode, mode, w),
      compiled: false,
    })),
    ...(["forward", "reverse"] as const).map((mode): Model => ({
      name: `saddle, ${mode} over ${mode}`,
      inputs: [[1, 1]],
      derivative: (start: number[]) => saddlePoint(mode, mode, start),
      compiled: false,
    })),
  ];
}

function joined({ parameters, data }: LoopWorkload): Float64Array {
  return Float64Array.of(...parameters, ...data);
}

function rowsOf(numbers: Float64Array, width: number): number[][] {
  return Array.from(
    { length: numbers.length / width },
    (_, r) => Array.from(numbers.subarray(width * r, width * (r + 1))),
  );
}

/** The parameters of `gaussianMixture`, which has diagonals and what is below them side by side. */
function mixtureOf(parameters: Float64Array): Mixture {
  const factors = rowsOf(parameters.subarray(110), 55);
  return {
    alpha: Array.from(parameters.subarray(0, 10)),
    mu: rowsOf(parameters.subarray(10, 110), 10),
    q: factors.map((row) => row.slice(0, 10)),
    l: factors.map((row) => row.slice(10)),
  };
}

function lstmInputs(
  { parameters, data }: LoopWorkload,
): [Parameters, number[][], Float64Array] {
  const H = 14, main = 16 * H, extra = 3 * H;
  return [
    {
      main: rowsOf(parameters.subarray(0, main), 4 * H),
      extra: rowsOf(parameters.subarray(main, main + extra), H),
    },
    rowsOf(parameters.subarray(main + extra), H),
    data,
  ];
}

/** Cameras about the origin that see points near it. */
function bundle(n: number, m: number, p: number): Model {
  const camera = [0, 0, 0, 0, 0, -5, 500, 300, 200, 0.01, 0.001];
  const shift = seededNumbers(18, 11 * n, -0.1, 0.1);
  const observations = Array.from({ length: p }, (_, i): ba.Observation => ({
    camera: i % n,
    point: i % m,
    feature: [300 + i % 7, 200 + i % 11],
  }));
  const scene = {
    cameras: rowsOf(shift, 11)
      .map((row) => row.map((x, k) => camera[k]! + x)),
    points: rowsOf(seededNumbers(19, 3 * m, -1, 1), 3),
    weights: Array.from(seededNumbers(20, p, 0.5, 1)),
  };
  const matrixAt = sparseJacobian((x: ba.Scene) => ba.errors(x, observations));
  return {
    name: "ba: n = 20, m = 500, p = 2,000",
    inputs: [scene],
    derivative: (x: ba.Scene) => matrixAt(x).values,
    compiled: true,
    c: {
      name: "bundle",
      size: p,
      numbers: Float64Array.from([
        n,
        m,
        ...scene.cameras.flat(),
        ...scene.points.flat(),
        ...scene.weights,
        ...observations.flatMap(({ feature }) => feature),
      ]),
      same: true,
    },
  };
}

/** A hand of random bones, each vertex moved by two of them. */
function handModel(
  name: string,
  vertices: number,
  points: number,
  triangles: boolean,
): Model {
  const BONES = 22;
  const affine = (seed: number) => seededNumbers(seed, 12, -0.5, 0.5);
  const relatives = Array.from({ length: BONES }, (_, b) => affine(100 + b));
  const inverses = relatives.map((_, b) => affine(200 + b));
  const hand: ht.Hand = {
    bones: relatives.map((relative, b) => ({
      parent: b === 0 ? -1 : b % 4 === 1 ? 0 : b - 1,
      relative: rowsOf(relative, 4),
      inverse: rowsOf(inverses[b]!, 4),
    })),
    vertices: rowsOf(seededNumbers(21, 3 * vertices, -1, 1), 3)
      .map((position, v) => ({
        position: [...position, 1],
        influences: [
          { bone: v % BONES, weight: 0.7 },
          { bone: (v + 1) % BONES, weight: 0.3 },
        ],
      })),
    mirrored: false,
  };
  const correspondences = rowsOf(seededNumbers(22, 3 * points, -1, 1), 3)
    .map((point, i): ht.Correspondence => ({
      point,
      vertices: (triangles ? [0, 1, 2] : [0])
        .map((k) => (7 * i + k) % vertices),
    }));
  const matrixAt = sparseJacobian((x: ht.Pose) =>
    ht.errors(x, hand, correspondences)
  );
  const pose = {
    us: triangles ? rowsOf(seededNumbers(23, 2 * points, 0, 0.5), 2) : [],
    theta: Array.from(seededNumbers(24, 26, -0.5, 0.5)),
  };
  return {
    name,
    inputs: [pose],
    derivative: (x: ht.Pose) => matrixAt(x).values,
    compiled: true,
    c: {
      name: "hand",
      size: points,
      numbers: Float64Array.from([
        vertices,
        Number(triangles),
        ...pose.theta,
        ...[...relatives, ...inverses].flatMap((transform) => [...transform]),
        ...hand.vertices.flatMap(({ position }) => position.slice(0, 3)),
        ...correspondences.flatMap(({ point }) => point),
        ...pose.us.flat(),
      ]),
      same: true,
    },
  };
}

function sparse(sized: Sized): Model[] {
  const side = sized(200);
  const onGrid = seededNumbers(25, side * side, 0, 1);
  const hessians = [1e3, 1e4, 1e5].flatMap((n): Model[] => {
    const inputs = [Float64Array.from(rosenbrockStart(sized(n)))];
    const of = `Rosenbrock, n = ${n.toLocaleString("en")}`;
    return [
      {
        name: `gradient of ${of}`,
        inputs,
        derivative: grad(rosenbrock),
        compiled: true,
      },
      {
        name: `sparse Hessian of ${of}`,
        inputs,
        derivative: sparseHessian(rosenbrock),
        compiled: true,
      },
    ];
  });
  return [...hessians, {
    name: "sparse Jacobian of Bratu's equation, 200 × 200",
    inputs: [onGrid],
    derivative: sparseJacobian(bratu(side)),
    compiled: true,
  }];
}

/** Bratu's equation, Δu + λ·eᵘ = 0 in a square, by differences: 0 at its edge, λ·h² = 0.1 / side. */
function bratu(side: number): (u: List) => Scalar[] {
  return (u) => {
    const at = (row: number, column: number) =>
      row < 0 || row >= side || column < 0 || column >= side
        ? 0
        : u[side * row + column]!;
    return Array.from({ length: side * side }, (_, k) => {
      const row = Math.floor(k / side), column = k % side;
      const around = sum([
        at(row - 1, column),
        at(row + 1, column),
        at(row, column - 1),
        at(row, column + 1),
      ]);
      const laplacian = sub(around, mul(4, u[k]!));
      return add(laplacian, mul(0.1 / side, exp(u[k]!)));
    });
  };
}
