// Workloads that are loops over data or time, written as a user would: the rows
// in a flat array, `map` over them and `fold` over steps. `bench/c/workloads.c`
// has each by hand in C, with the same arguments in the same order.
import {
  add,
  div,
  dot,
  exp,
  fold,
  log,
  logSumExp,
  map,
  mean,
  min,
  mul,
  neg,
  rows,
  type Scalar,
  sigmoid,
  softplus,
  square,
  sub,
  sum,
  tanh,
} from "../../mod.ts";
import { seededNumbers } from "./seeded_numbers.ts";

/** A function of parameters and data with a loop in it. */
export interface LoopWorkload {
  /** What `bench/c/workloads.c` calls it. */
  readonly name: string;
  /** How many rows or steps it has. */
  readonly size: number;
  readonly parameters: Float64Array;
  /** Flat rows; empty where the workload has none. */
  readonly data: Float64Array;
  /** The function that is differentiated by its parameters. */
  readonly f: (
    parameters: Float64Array | readonly Scalar[],
    data: Float64Array | readonly Scalar[],
  ) => Scalar;
}

type List = Float64Array | readonly Scalar[];

/** How a workload goes over rows: by this module's loops, or as plain code does. */
export interface RowLoops {
  map<Y>(data: List, width: number, f: (row: Scalar[]) => Y): Y[];
  fold<S>(
    data: List,
    width: number,
    initial: S,
    step: (state: S, row: Scalar[]) => S,
  ): S;
}

const LOOPS: RowLoops = {
  map: (data, width, f) => map(rows(data, width), f),
  // A state has no numbers that are not Scalars to the types, here and there.
  fold: (data, width, initial, step) =>
    fold(
      rows(data, width),
      initial as object,
      step as (state: unknown, row: Scalar[]) => object,
    ) as typeof initial,
};

/** Loops that leave none: every row is recorded. */
export const PLAIN: RowLoops = {
  map: (data, width, f) => plainRows(data, width).map((row) => f(row)),
  fold: (data, width, initial, step) =>
    plainRows(data, width).reduce((state, row) => step(state, row), initial),
};

function plainRows(data: List, width: number): Scalar[][] {
  return Array.from(
    { length: data.length / width },
    (_, r) => slice(data, r * width, width),
  );
}

function slice(list: List, from: number, count: number): Scalar[] {
  return Array.from({ length: count }, (_, k) => list[from + k]!);
}

/** A network 2-16-16-1 with tanh; the mean squared error over rows of two inputs and a target. */
export function perceptronRows(size: number): LoopWorkload {
  const layers = [[2, 16], [16, 16], [16, 1]] as const;
  const data = seededNumbers(2, 3 * size, -1, 1);
  for (let r = 0; r < data.length; r += 3) {
    data[r + 2] = data[r]! ** 2 - data[r + 1]! ** 2;
  }
  return {
    name: "perceptron",
    size,
    parameters: seededNumbers(1, 337, -0.4, 0.4),
    data,
    f: (parameters, data) =>
      mean(map(rows(data, 3), ([x0, x1, target]) => {
        let signals: Scalar[] = [x0!, x1!], at = 0;
        for (const [inputs, outputs] of layers) {
          const biases = at + inputs * outputs;
          const incoming = signals;
          signals = Array.from({ length: outputs }, (_, i) => {
            let total: Scalar = parameters[biases + i]!;
            for (let j = 0; j < inputs; j++) {
              const weight = parameters[at + inputs * i + j]!;
              total = add(total, mul(weight, incoming[j]!));
            }
            return outputs === 1 ? total : tanh(total);
          });
          at = biases + outputs;
        }
        return square(sub(signals[0]!, target!));
      })),
  };
}

/** Logistic regression on ten columns and a label of 0 or 1: the mean negative log-likelihood. */
export function logisticRows(
  size: number,
  loops: RowLoops = LOOPS,
): LoopWorkload {
  const data = seededNumbers(3, 11 * size, -1, 1);
  for (let r = 10; r < data.length; r += 11) data[r] = data[r]! > 0 ? 1 : 0;
  return {
    name: "logistic",
    size,
    parameters: seededNumbers(4, 11, -1, 1),
    data,
    f: (parameters, data) => {
      const weights = slice(parameters, 0, 10), offset = parameters[10]!;
      return mean(loops.map(data, 11, (row) => {
        const z = add(offset, dot(weights, row.slice(0, 10)));
        return sub(softplus(z), mul(row[10]!, z));
      }));
    },
  };
}

/** Rosenbrock's function by `map` over neighbours. */
export function rosenbrockPairs(size: number): LoopWorkload {
  return {
    name: "rosenbrock",
    size,
    parameters: seededNumbers(5, size, -1.5, 1.5),
    data: new Float64Array(),
    f: (x) => {
      const pairs = Array.from(
        { length: x.length - 1 },
        (_, i) => [x[i]!, x[i + 1]!] as const,
      );
      return sum(map(pairs, ([a, b]) =>
        add(
          mul(100, square(sub(b, square(a)))),
          square(sub(1, a)),
        )));
    },
  };
}

/** The cost of ten centroids in eight dimensions: each point's squared distance to the nearest. */
export function kmeansRows(size: number): LoopWorkload {
  return {
    name: "kmeans",
    size,
    parameters: seededNumbers(6, 80, -1, 1),
    data: seededNumbers(7, 8 * size, -1, 1),
    f: (parameters, data) => {
      const centroids = Array.from(
        { length: 10 },
        (_, k) => slice(parameters, 8 * k, 8),
      );
      return sum(map(rows(data, 8), (point) => {
        const distances = centroids.map((centroid) =>
          sum(point.map((x, j) => square(sub(x, centroid[j]!))))
        );
        return distances.reduce((a, b) => min(a, b));
      }));
    },
  };
}

/** A mixture of ten Gaussians with full covariances in ten dimensions and a Wishart prior, as in ADBench. */
export function gaussianMixture(size: number): LoopWorkload {
  const K = 10, D = 10, factors = D * (D + 1) / 2;
  const gamma = 1, m = 0;
  return {
    name: "gmm",
    size,
    parameters: seededNumbers(8, K + K * D + K * factors, -0.5, 0.5),
    data: seededNumbers(9, D * size, -1, 1),
    f: (parameters, data) => {
      const components = Array.from({ length: K }, (_, k) => {
        const at = K + K * D + factors * k;
        const logs = slice(parameters, at, D);
        return {
          alpha: parameters[k]!,
          mean: slice(parameters, K + D * k, D),
          diagonal: logs.map((x) => exp(x)),
          lower: slice(parameters, at + D, factors - D),
          sum: sum(logs),
        };
      });
      const likelihoods = map(
        rows(data, D),
        (x) =>
          logSumExp(
            map(components, ({ alpha, mean, diagonal, lower, sum: q }) => {
              const centred = x.map((xj, j) => sub(xj, mean[j]!));
              const y = centred.map((c, j) => mul(diagonal[j]!, c));
              let next = 0;
              for (let j = 0; j < D; j++) {
                for (let i = j + 1; i < D; i++) {
                  y[i] = add(y[i]!, mul(lower[next++]!, centred[j]!));
                }
              }
              return sub(
                add(alpha, q),
                mul(0.5, sum(y.map((yi) => square(yi)))),
              );
            }),
          ),
      );
      const prior = sum(components.map(({ diagonal, lower, sum: q }) =>
        sub(
          mul(
            0.5 * gamma * gamma,
            add(
              sum(diagonal.map((d) => square(d))),
              sum(lower.map((l) => square(l))),
            ),
          ),
          mul(m, q),
        )
      ));
      const normaliser = mul(
        size,
        logSumExp(components.map(({ alpha }) => alpha)),
      );
      return add(sub(sum(likelihoods), normaliser), prior);
    },
  };
}

/** A long short-term memory as in ADBench: two layers of 14 units over so many steps. */
export function lstmSteps(size: number, loops: RowLoops = LOOPS): LoopWorkload {
  const H = 14, sequence = seededNumbers(11, H * size, 0, 1);
  return {
    name: "lstm",
    size,
    parameters: seededNumbers(10, 322, -1, 1),
    // Each row has what goes in, and what should come out: the next row's.
    data: Float64Array.from(
      { length: 2 * H * (size - 1) },
      (_, k) => sequence[H * Math.floor(k / (2 * H)) + k % (2 * H)]!,
    ),
    f: (parameters, data) => {
      const part = (k: number) => slice(parameters, H * k, H);
      const layers = [0, 1].map((l) =>
        Array.from({ length: 8 }, (_, k) => part(8 * l + k))
      );
      const [scale, outScale, outOffset] = [part(16), part(17), part(18)];
      type State = {
        hidden: Scalar[][];
        cell: Scalar[][];
        total: Scalar;
      };
      const first: State = {
        hidden: [part(19), part(21)],
        cell: [part(20), part(22)],
        total: 0,
      };
      const step = (state: State, row: readonly Scalar[]): State => {
        const gold = row.slice(H);
        let signal = row.slice(0, H).map((x, j) => mul(x, scale![j]!));
        const hidden: Scalar[][] = [], cell: Scalar[][] = [];
        layers.forEach(([wf, wi, wo, wc, bf, bi, bo, bc], l) => {
          const before = state.hidden[l]!;
          const gate = (x: Scalar, w: Scalar, b: Scalar) =>
            sigmoid(add(mul(x, w), b));
          const nextCell = before.map((h, j) => {
            const forget = gate(signal[j]!, wf![j]!, bf![j]!);
            const input = gate(h, wi![j]!, bi![j]!);
            const change = tanh(add(mul(h, wc![j]!), bc![j]!));
            return add(mul(state.cell[l]![j]!, forget), mul(input, change));
          });
          const nextHidden = nextCell.map((c, j) =>
            mul(gate(signal[j]!, wo![j]!, bo![j]!), tanh(c))
          );
          cell.push(nextCell);
          hidden.push(nextHidden);
          signal = nextHidden;
        });
        const y = signal.map((x, j) =>
          add(mul(x, outScale![j]!), outOffset![j]!)
        );
        const norm = log(add(2, sum(y.map((x) => exp(x)))));
        const gain = sum(gold.map((g, j) => mul(g, sub(y[j]!, norm))));
        return {
          hidden,
          cell,
          total: add(state.total, gain),
        };
      };
      const { total } = loops.fold(data, 2 * H, first, step);
      return neg(div(total, H * (size - 1)));
    },
  };
}

/** log Σ exp of a list of so many. */
export function longLogSumExp(size: number): LoopWorkload {
  return {
    name: "logSumExp",
    size,
    parameters: seededNumbers(12, size, -3, 3),
    data: new Float64Array(),
    f: (x) => logSumExp(x),
  };
}

/** Lotka–Volterra's equations by so many steps of the classical Runge–Kutta method. */
export function rungeKuttaFold(size: number): LoopWorkload {
  const h = 0.01;
  return {
    name: "rungeKutta",
    size,
    parameters: Float64Array.of(1.1, 0.4, 0.4, 0.1),
    data: new Float64Array(),
    f: ([growth, hunted, deaths, births]) => {
      type Point = readonly [Scalar, Scalar];
      const slope = ([x, y]: Point): Point => [
        sub(mul(growth!, x), mul(hunted!, mul(x, y))),
        sub(mul(births!, mul(x, y)), mul(deaths!, y)),
      ];
      const along = ([x, y]: Point, by: number, [dx, dy]: Point): Point => [
        add(x, mul(by, dx)),
        add(y, mul(by, dy)),
      ];
      const step = (at: Point): Point => {
        const a = slope(at);
        const b = slope(along(at, h / 2, a));
        const c = slope(along(at, h / 2, b));
        const d = slope(along(at, h, c));
        return [0, 1].map((k) =>
          add(
            at[k]!,
            mul(
              h / 6,
              add(add(a[k]!, mul(2, b[k]!)), add(mul(2, c[k]!), d[k]!)),
            ),
          )
        ) as unknown as Point;
      };
      return fold(size, [1, 1] as Point, step)[0];
    },
  };
}

/** A reaction and diffusion on a ring of a hundred points, by so many steps of Euler's method. */
export function ringSteps(size: number): LoopWorkload {
  const V = 100, h = 0.01;
  return {
    name: "ring",
    size,
    parameters: seededNumbers(13, V + 1, 0, 1),
    data: new Float64Array(),
    f: (parameters) => {
      const a = parameters[V]!;
      const step = (u: readonly Scalar[]) =>
        u.map((ui, i) => {
          const around = add(u[(i + V - 1) % V]!, u[(i + 1) % V]!);
          const laplacian = sub(around, mul(2, ui));
          const cube = mul(ui, square(ui));
          return add(ui, mul(h, add(mul(a, laplacian), sub(ui, cube))));
        });
      return sum(
        fold(size, slice(parameters, 0, V), step).map((u) => square(u)),
      );
    },
  };
}
