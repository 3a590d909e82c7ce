// Nine nonlinear regressions with certified answers, as published by the
// NIST/ITL Statistical Reference Datasets (StRD), Nonlinear Regression,
// https://www.itl.nist.gov/div898/strd/. NIST computed the certified values in
// multiple precision and gives 11 digits.
import {
  add,
  div,
  exp,
  mul,
  neg,
  pow,
  type Scalar,
  square,
  sub,
  sum,
} from "../../mod.ts";
import {
  CHWIRUT2,
  DAN_WOOD,
  HAHN1,
  KIRBY2,
  LANCZOS3,
  MGH17,
  MISRA1A,
  type Observations,
  RAT42,
  THURBER,
} from "./nist_data.ts";

/** A regression y = model(b, x) + error and its certified least-squares solution. */
export interface NistProblem extends Observations {
  readonly name: string;
  /** NIST's level of difficulty. */
  readonly difficulty: "lower" | "average" | "higher";
  /** Starting point far from the solution. */
  readonly start1: readonly number[];
  /** Starting point near the solution. */
  readonly start2: readonly number[];
  /** The certified parameters. */
  readonly certified: readonly number[];
  /** The certified standard deviations of the parameters. */
  readonly standardDeviations: readonly number[];
  /** The certified sum of squared residuals. */
  readonly residualSumOfSquares: number;
  /**
   * The response expected at x. A method, not a function property, so that each
   * problem may declare its own number of parameters.
   */
  model(b: readonly Scalar[], x: number): Scalar;
}

type Two = readonly [Scalar, Scalar];
type Three = readonly [...Two, Scalar];
type Five = readonly [...Three, Scalar, Scalar];
type Six = readonly [...Five, Scalar];
type Seven = readonly [...Six, Scalar];

/** amplitude · e^(−rate·x) */
function decay(amplitude: Scalar, rate: Scalar, x: number): Scalar {
  return mul(amplitude, exp(neg(mul(rate, x))));
}

/** (b1 + b2·x + b3·x² + b4·x³) / (1 + b5·x + b6·x² + b7·x³) */
function cubicOverCubic(
  [b1, b2, b3, b4, b5, b6, b7]: Seven,
  x: number,
): Scalar {
  return div(
    add(add(add(b1, mul(b2, x)), mul(b3, x ** 2)), mul(b4, x ** 3)),
    add(add(add(1, mul(b5, x)), mul(b6, x ** 2)), mul(b7, x ** 3)),
  );
}

/** The problems, from NIST's lower to its higher level of difficulty. */
export const NIST_PROBLEMS: readonly NistProblem[] = [
  {
    name: "Misra1a",
    difficulty: "lower",
    ...MISRA1A,
    start1: [500, 0.0001],
    start2: [250, 0.0005],
    certified: [2.3894212918e2, 5.5015643181e-4],
    standardDeviations: [2.7070075241, 7.2668688436e-6],
    residualSumOfSquares: 1.2455138894e-1,
    /** b1·(1 − e^(−b2·x)) */
    model: ([b1, b2]: Two, x) => mul(b1, sub(1, exp(neg(mul(b2, x))))),
  },
  {
    name: "Chwirut2",
    difficulty: "lower",
    ...CHWIRUT2,
    start1: [0.1, 0.01, 0.02],
    start2: [0.15, 0.008, 0.010],
    certified: [1.6657666537e-1, 5.1653291286e-3, 1.2150007096e-2],
    standardDeviations: [3.8303286810e-2, 6.6621605126e-4, 1.5304234767e-3],
    residualSumOfSquares: 5.1304802941e2,
    /** e^(−b1·x) / (b2 + b3·x) */
    model: ([b1, b2, b3]: Three, x) =>
      div(exp(neg(mul(b1, x))), add(b2, mul(b3, x))),
  },
  {
    name: "Lanczos3",
    difficulty: "lower",
    ...LANCZOS3,
    start1: [1.2, 0.3, 5.6, 5.5, 6.5, 7.6],
    start2: [0.5, 0.7, 3.6, 4.2, 4, 6.3],
    certified: [
      8.6816414977e-2,
      9.5498101505e-1,
      8.4400777463e-1,
      2.9515951832,
      1.5825685901,
      4.9863565084,
    ],
    standardDeviations: [
      1.7197908859e-2,
      9.7041624475e-2,
      4.1488663282e-2,
      1.0766312506e-1,
      5.8371576281e-2,
      3.4436403035e-2,
    ],
    residualSumOfSquares: 1.6117193594e-8,
    /** b1·e^(−b2·x) + b3·e^(−b4·x) + b5·e^(−b6·x) */
    model: ([b1, b2, b3, b4, b5, b6]: Six, x) =>
      add(add(decay(b1, b2, x), decay(b3, b4, x)), decay(b5, b6, x)),
  },
  {
    name: "DanWood",
    difficulty: "lower",
    ...DAN_WOOD,
    start1: [1, 5],
    start2: [0.7, 4],
    certified: [7.6886226176e-1, 3.8604055871],
    standardDeviations: [1.8281973860e-2, 5.1726610913e-2],
    residualSumOfSquares: 4.3173084083e-3,
    /** b1·x^b2 */
    model: ([b1, b2]: Two, x) => mul(b1, pow(x, b2)),
  },
  {
    name: "Kirby2",
    difficulty: "average",
    ...KIRBY2,
    start1: [2, -0.1, 0.003, -0.001, 0.00001],
    start2: [1.5, -0.15, 0.0025, -0.0015, 0.00002],
    certified: [
      1.6745063063,
      -1.3927397867e-1,
      2.5961181191e-3,
      -1.7241811870e-3,
      2.1664802578e-5,
    ],
    standardDeviations: [
      8.7989634338e-2,
      4.1182041386e-3,
      4.1856520458e-5,
      5.8931897355e-5,
      2.0129761919e-7,
    ],
    residualSumOfSquares: 3.9050739624,
    /** (b1 + b2·x + b3·x²) / (1 + b4·x + b5·x²) */
    model: ([b1, b2, b3, b4, b5]: Five, x) =>
      div(
        add(add(b1, mul(b2, x)), mul(b3, x ** 2)),
        add(add(1, mul(b4, x)), mul(b5, x ** 2)),
      ),
  },
  {
    name: "Hahn1",
    difficulty: "average",
    ...HAHN1,
    start1: [10, -1, 0.05, -0.00001, -0.05, 0.001, -0.000001],
    start2: [1, -0.1, 0.005, -0.000001, -0.005, 0.0001, -0.0000001],
    certified: [
      1.0776351733,
      -1.2269296921e-1,
      4.0863750610e-3,
      -1.4262662514e-6,
      -5.7609940901e-3,
      2.4053735503e-4,
      -1.2314450199e-7,
    ],
    standardDeviations: [
      1.7070154742e-1,
      1.2000289189e-2,
      2.2508314937e-4,
      2.7578037666e-7,
      2.4712888219e-4,
      1.0449373768e-5,
      1.3027335327e-8,
    ],
    residualSumOfSquares: 1.5324382854,
    model: cubicOverCubic,
  },
  {
    name: "MGH17",
    difficulty: "average",
    ...MGH17,
    start1: [50, 150, -100, 1, 2],
    start2: [0.5, 1.5, -1, 0.01, 0.02],
    certified: [
      3.7541005211e-1,
      1.9358469127,
      -1.4646871366,
      1.2867534640e-2,
      2.2122699662e-2,
    ],
    standardDeviations: [
      2.0723153551e-3,
      2.2031669222e-1,
      2.2175707739e-1,
      4.4861358114e-4,
      8.9471996575e-4,
    ],
    residualSumOfSquares: 5.4648946975e-5,
    /** b1 + b2·e^(−x·b4) + b3·e^(−x·b5) */
    model: ([b1, b2, b3, b4, b5]: Five, x) =>
      add(add(b1, decay(b2, b4, x)), decay(b3, b5, x)),
  },
  {
    name: "Thurber",
    difficulty: "higher",
    ...THURBER,
    start1: [1000, 1000, 400, 40, 0.7, 0.3, 0.03],
    start2: [1300, 1500, 500, 75, 1, 0.4, 0.05],
    certified: [
      1.2881396800e3,
      1.4910792535e3,
      5.8323836877e2,
      7.5416644291e1,
      9.6629502864e-1,
      3.9797285797e-1,
      4.9727297349e-2,
    ],
    standardDeviations: [
      4.6647963344,
      3.9571156086e1,
      2.8698696102e1,
      5.5675370270,
      3.1333340687e-2,
      1.4984928198e-2,
      6.5842344623e-3,
    ],
    residualSumOfSquares: 5.6427082397e3,
    model: cubicOverCubic,
  },
  {
    name: "Rat42",
    difficulty: "higher",
    ...RAT42,
    start1: [100, 1, 0.1],
    start2: [75, 2.5, 0.07],
    certified: [7.2462237576e1, 2.6180768402, 6.7359200066e-2],
    standardDeviations: [1.7340283401, 8.8295217536e-2, 3.4465663377e-3],
    residualSumOfSquares: 8.0565229338,
    /** b1 / (1 + e^(b2 − b3·x)) */
    model: ([b1, b2, b3]: Three, x) =>
      div(b1, add(1, exp(sub(b2, mul(b3, x))))),
  },
];

/** What the model leaves of each observation: y − model(b, x). */
export function residuals(
  problem: NistProblem,
  b: readonly Scalar[],
): Scalar[] {
  return problem.y.map((y, i) => sub(y, problem.model(b, problem.x[i]!)));
}

/** The sum of squared residuals, which the certified parameters minimise. */
export function sumOfSquares(
  problem: NistProblem,
  b: readonly Scalar[],
): Scalar {
  return sum(residuals(problem, b).map((r) => square(r)));
}
