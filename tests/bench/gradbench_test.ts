// GradBench's evals on small inputs, by the protocol, against values that come
// from mathematics, from plain numbers differentiated by finite differences, or
// from the evals themselves.
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { EVALS } from "../../bench/gradbench/evals.ts";
import { respond, type Response } from "../../bench/gradbench/protocol.ts";
import { rotate } from "../../bench/gradbench/rotation.ts";
import { jacobian, type Scalar } from "../../mod.ts";
import {
  assertClose,
  partialDerivative,
  seededRandom,
} from "../support/numeric.ts";

/** What an eval's function gives; twice, so that it has been compiled before. */
function evaluate(module: string, name: string, input: unknown): unknown {
  const runs = { min_runs: 2, min_seconds: 0 };
  const { success, output, error }: Response = JSON.parse(respond(
    JSON.stringify({
      id: 1,
      kind: "evaluate",
      module,
      function: name,
      input: typeof input === "object" ? { ...runs, ...input } : input,
    }),
    EVALS,
  ));
  if (success !== true) throw new Error(error);
  return output;
}

/** Compares all numbers of two structures. */
function assertAllClose(
  actual: unknown,
  expected: unknown,
  tolerance: number,
): void {
  const flat = (x: unknown): number[] =>
    typeof x === "number" ? [x] : Object.values(x as object).flatMap(flat);
  const [a, b] = [flat(actual), flat(expected)];
  assertEquals(a.length, b.length);
  a.forEach((x, i) => assertClose(x, b[i]!, tolerance, `number ${i}`));
}

/** All partial derivatives of a function of numbers. */
function differences(
  f: (x: readonly number[]) => number,
  x: readonly number[],
): number[] {
  return x.map((_, i) => partialDerivative((...each) => f(each), x, i));
}

const random = seededRandom(17);
const numbers = (count: number, low = -1, high = 1) =>
  Array.from({ length: count }, () => low + (high - low) * random());
const matrix = (rows: number, columns: number, low = -1, high = 1) =>
  Array.from({ length: rows }, () => numbers(columns, low, high));
const sumOf = (x: readonly number[]) => x.reduce((a, b) => a + b, 0);
const dotOf = (a: readonly number[], b: readonly number[]) =>
  sumOf(a.map((x, i) => x * b[i]!));

type Matrix = readonly (readonly number[])[];
const product = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0]!.map((_, j) => dotOf(row, b.map((each) => each[j]!))));
const transposed = (a: Matrix): number[][] =>
  a[0]!.map((_, j) => a.map((row) => row[j]!));
const identity = (n: number): number[][] =>
  Array.from(
    { length: n },
    (_, i) => Array.from({ length: n }, (_, j) => i === j ? 1 : 0),
  );

/** By Gauss's elimination. */
function determinantOf(a: Matrix): number {
  const rows = a.map((row) => [...row]);
  let det = 1;
  for (let k = 0; k < rows.length; k++) {
    const best = rows.reduce(
      (b, row, i) =>
        i >= k && Math.abs(row[k]!) > Math.abs(rows[b]![k]!) ? i : b,
      k,
    );
    if (best !== k) {
      [rows[k], rows[best]] = [rows[best]!, rows[k]!];
      det = -det;
    }
    const pivot = rows[k]![k]!;
    det *= pivot;
    for (const row of rows.slice(k + 1)) {
      const factor = row[k]! / pivot;
      rows[k]!.forEach((x, j) => row[j]! -= factor * x);
    }
  }
  return det;
}

/** Rᵏ/k! summed up: the rotation by a vector, with no angle in it. */
function rotationBy([a, b, c]: readonly number[]): number[][] {
  const generator = [[0, -c!, b!], [c!, 0, -a!], [-b!, a!, 0]];
  let term = identity(3), total = term;
  for (let k = 1; k < 40; k++) {
    term = product(term, generator).map((row) => row.map((x) => x / k));
    total = total.map((row, i) => row.map((x, j) => x + term[i]![j]!));
  }
  return total;
}

describe("hello", () => {
  it("is the square of a number, and its derivative", () => {
    assertEquals(evaluate("hello", "square", 3), 9);
    assertEquals(evaluate("hello", "double", 3), 6);
  });
});

describe("gmm", () => {
  const d = 2, k = 2, n = 3, m = 1, gamma = 0.8;
  const mixture = {
    alpha: numbers(k),
    mu: matrix(k, d),
    q: matrix(k, d, -0.5, 0.5),
    l: matrix(k, 1),
  };
  const x = matrix(n, d);
  const input = { d, k, n, m, gamma, x, ...mixture };

  /** The densities themselves, multiplied: Bayes' rule as it is written. */
  const density = (flat: readonly number[]): number => {
    const [alpha, mu, q, l] = [0, 1, 2, 3].map((part) =>
      part === 0
        ? flat.slice(0, 2)
        : flat.slice(4 * part - 2, 4 * part - 2 + (part === 3 ? 2 : 4))
    );
    const precisions = [0, 1].map((i) => {
      const factor = [[Math.exp(q![2 * i]!), 0], [
        l![i]!,
        Math.exp(q![2 * i + 1]!),
      ]];
      return product(transposed(factor), factor);
    });
    const weights = alpha!.map((a) => Math.exp(a));
    let posterior = 1;
    for (const point of x) {
      posterior *= sumOf(precisions.map((precision, i) => {
        const centred = point.map((xj, j) => xj - mu![2 * i + j]!);
        const form = dotOf(
          centred,
          product(precision, transposed([centred])).flat(),
        );
        const norm = Math.sqrt(determinantOf(precision)) / (2 * Math.PI);
        return weights[i]! / sumOf(weights) * norm * Math.exp(-form / 2);
      }));
    }
    for (const precision of precisions) {
      // Wishart's density for 4 degrees of freedom in two dimensions, where the
      // multivariate gamma function of 2 is π/2.
      const trace = precision[0]![0]! + precision[1]![1]!;
      posterior *= Math.sqrt(determinantOf(precision)) *
        Math.exp(-gamma * gamma * trace / 2) /
        (2 ** 4 * gamma ** -8 * Math.PI / 2);
    }
    return posterior;
  };
  const flat = [
    ...mixture.alpha,
    ...mixture.mu.flat(),
    ...mixture.q.flat(),
    ...mixture.l.flat(),
  ];

  it("is the posterior's logarithm", () => {
    const expected = Math.log(density(flat));
    assertAllClose(evaluate("gmm", "objective", input), expected, 1e-12);
  });

  it("has its gradient, part by part", () => {
    const gradient = evaluate("gmm", "jacobian", input) as typeof mixture;
    assertEquals(Object.keys(gradient), ["alpha", "mu", "q", "l"]);
    assertEquals(gradient.mu.map(({ length }) => length), [2, 2]);
    const slope = differences((x) => Math.log(density(x)), flat);
    assertAllClose(gradient, slope, 1e-9);
  });
});

describe("kmeans", () => {
  const points = [[0, 1], [2, 3], [10, 10], [12, 14], [11, 15]];
  const input = { points, centroids: [[1, 1], [12, 14]] };

  it("is the squared distances to the nearest centroids", () => {
    assertEquals(evaluate("kmeans", "cost", input), 1 + 5 + 20 + 0 + 2);
  });

  it("directs each centroid away from the mean of its points", () => {
    assertAllClose(
      evaluate("kmeans", "dir", input),
      [[0, -1], [1, 1]],
      1e-14,
    );
  });
});

describe("llsq", () => {
  const x = numbers(5), n = 9;
  const t = Array.from({ length: n }, (_, i) => -1 + 2 * i / (n - 1));
  const residuals = t.map((ti) =>
    Math.sign(ti) - sumOf(x.map((xj, j) => xj * ti ** j))
  );

  it("is half the squared residuals", () => {
    const expected = dotOf(residuals, residuals) / 2;
    assertAllClose(evaluate("llsq", "primal", { x, n }), expected, 1e-14);
  });

  it("has the gradient of the normal equations", () => {
    const expected = x.map((_, j) => -dotOf(residuals, t.map((ti) => ti ** j)));
    assertAllClose(evaluate("llsq", "gradient", { x, n }), expected, 1e-14);
  });
});

describe("lse", () => {
  it("is what logarithms of whole numbers say, at any height", () => {
    for (const shift of [0, 1000, -1000]) {
      const x = [2, 3, 5].map((each) => Math.log(each) + shift);
      assertAllClose(
        evaluate("lse", "primal", { x }),
        Math.log(10) + shift,
        1e-15,
      );
      assertAllClose(
        evaluate("lse", "gradient", { x }),
        [0.2, 0.3, 0.5],
        1e-12,
      );
    }
  });
});

describe("lse of a list that is not worth compiling", () => {
  it("shares the derivative equally among equal elements", () => {
    const x = new Array(30_000).fill(1);
    assertAllClose(
      evaluate("lse", "gradient", { x }),
      x.map(() => 1 / 30_000),
      1e-15,
    );
  });
});

describe("det", () => {
  const ell = 5, A = numbers(ell * ell);
  const rows = Array.from(
    { length: ell },
    (_, i) => A.slice(ell * i, ell * i + ell),
  );
  const det = determinantOf(rows);

  it("is Gauss's", () => {
    assertAllClose(evaluate("det", "primal", { A, ell }), det, 1e-13);
    assertEquals(evaluate("det", "primal", { A: [7], ell: 1 }), 7);
  });

  it("changes with an element by its cofactor", () => {
    // The determinant is linear in each element: a difference is exact.
    const cofactors = A.map((_, k) =>
      determinantOf(
        rows.map((row, i) => row.map((x, j) => ell * i + j === k ? x + 1 : x)),
      ) - det
    );
    assertAllClose(evaluate("det", "gradient", { A, ell }), cofactors, 1e-12);
  });
});

describe("ode", () => {
  // yᵢ = x₀ ⋯ xᵢ·tⁱ⁺¹/(i + 1)!: the method is exact to the fourth power of t.
  const x = [0.5, 2, -3, 0.25];

  it("is the solution at time 2, where that is a polynomial of its order", () => {
    const expected = [1, 2, -4, -0.5];
    for (const s of [1, 3, 10]) {
      assertAllClose(evaluate("ode", "primal", { x, s }), expected, 1e-13);
    }
  });

  it("has the gradient of a product", () => {
    const expected = x.map((xi) => -0.5 / xi);
    assertAllClose(evaluate("ode", "gradient", { x, s: 3 }), expected, 1e-13);
  });
});

describe("lstm", () => {
  const units = 3, layers = 2;
  const main_params = matrix(2 * layers, 4 * units);
  const extra_params = matrix(3, units);
  const state = matrix(2 * layers, units), sequence = matrix(5, units, 0, 1);
  const input = { main_params, extra_params, state, sequence };
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

  /** The network on numbers, from its parameters in one list. */
  const loss = (flat: readonly number[]): number => {
    const extra = flat.slice(8 * units * layers);
    const hidden = state.map((row) => [...row]);
    let total = 0;
    for (let t = 0; t + 1 < sequence.length; t++) {
      const y: number[] = [];
      for (let j = 0; j < units; j++) {
        let x = sequence[t]![j]! * extra[j]!;
        for (let l = 0; l < layers; l++) {
          const [gate, h, c] = [
            (g: number, x: number) =>
              x * flat[8 * units * l + units * g + j]! +
              flat[8 * units * l + 4 * units + units * g + j]!,
            hidden[2 * l]!,
            hidden[2 * l + 1]!,
          ];
          c[j] = c[j]! * sigmoid(gate(0, x)) +
            sigmoid(gate(1, h[j]!)) * Math.tanh(gate(3, h[j]!));
          h[j] = sigmoid(gate(2, x)) * Math.tanh(c[j]!);
          x = h[j]!;
        }
        y.push(x * extra[units + j]! + extra[2 * units + j]!);
      }
      const norm = Math.log(2 + sumOf(y.map(Math.exp)));
      total += dotOf(sequence[t + 1]!, y.map((yj) => yj - norm));
    }
    return -total / (units * (sequence.length - 1));
  };
  const flat = [...main_params.flat(), ...extra_params.flat()];

  it("is the mean loss", () => {
    assertAllClose(evaluate("lstm", "objective", input), loss(flat), 1e-14);
  });

  it("has the gradient, main parameters first", () => {
    assertAllClose(
      evaluate("lstm", "jacobian", input),
      differences(loss, flat),
      1e-10,
    );
  });
});

describe("a rotation", () => {
  it("is the exponential of its generator, for any angle", () => {
    const point = [1, -2, 0.5];
    for (const axis of [[0.3, -1, 2], [1e-9, 2e-9, 0], [0, 0, 0], [0, 4, 0]]) {
      const expected = product(rotationBy(axis), transposed([point])).flat();
      assertAllClose(rotate(axis, point), expected, 1e-14);
    }
  });

  it("has the derivatives of a cross product where it does not turn", () => {
    const turned = (axis: readonly Scalar[]) => rotate(axis, [1, 2, 3]);
    assertEquals(jacobian(turned)([0, 0, 0]), [[0, 3, -2], [-3, 0, 1], [
      2,
      -1,
      0,
    ]]);
  });
});

describe("ba", () => {
  const cam = [0.1, -0.2, 0.3, 1, 2, 3, 500, 4, 5, 0.01, -0.002];
  const x = [1.5, 2.2, 9], w = 0.7, feat = [10, 20];
  const n = 2, m = 3, p = 7, input = { n, m, p, cam, x, w, feat };

  /** The error by coordinate k from camera, point and weight in one list. */
  const error = (k: number) => (all: readonly number[]): number => {
    const relative = [0, 1, 2].map((i) => all[11 + i]! - all[3 + i]!);
    const [a, b, c] = product(
      rotationBy(all.slice(0, 3)),
      transposed([relative]),
    ).flat();
    const flat = [a! / c!, b! / c!], r2 = dotOf(flat, flat);
    const distortion = 1 + all[9]! * r2 + all[10]! * r2 * r2;
    return all[14]! *
      (flat[k]! * distortion * all[6]! + all[7 + k]! - feat[k]!);
  };
  const all = [...cam, ...x, w];

  it("is the distance of a picture from what was observed", () => {
    assertAllClose(evaluate("ba", "objective", input), {
      reproj_error: { elements: [error(0)(all), error(1)(all)], repeated: p },
      w_err: { element: 1 - w * w, repeated: p },
    }, 1e-12);
  });

  it("has a Jacobian of which the ends are sent, zeros included", () => {
    const sent = evaluate("ba", "jacobian", input) as Record<string, number[]>;
    const columns = [
      ...cam.keys(),
      11 * n,
      11 * n + 1,
      11 * n + 2,
      11 * n + 3 * m,
    ];
    const last = 11 * n + 3 * m + p - 1;
    assertEquals(sent["cols"], [...columns, ...columns, last]);
    // After 2·p rows of 15 entries, p rows of one.
    const starts = [
      ...Array.from({ length: 2 * p + 1 }, (_, i) => 15 * i),
      ...Array.from({ length: p }, (_, i) => 30 * p + i + 1),
    ];
    assertEquals(sent["rows"], [...starts.slice(0, 30), 31 * p]);
    const values = [0, 1].flatMap((k) => differences(error(k), all));
    assertEquals([values[8], sent["vals"]![8]], [0, 0]);
    assertAllClose(sent["vals"], [...values, -2 * w], 1e-7);
  });
});

describe("ht", () => {
  // A wrist, four bones in each of five fingers, and an arm.
  const parents = [-1, ...numbers(20).map((_, b) => b % 4 === 0 ? 0 : b), 0];
  const affine = () => [...matrix(3, 4), [0, 0, 0, 1]];
  const count = parents.length, vertices = 6;
  const model = {
    bone_count: count,
    bone_names: parents.map((_, b) => `bone ${b}`),
    parents,
    base_relatives: parents.map(affine),
    inverse_base_absolutes: parents.map(affine),
    base_positions: matrix(vertices, 3).map((row) => [...row, 1]),
    // Each vertex is moved by one bone, two or three.
    weights: Array.from(
      { length: vertices },
      (_, v) =>
        parents.map((_, b) => (b * 5 + v) % 9 === 0 ? 0.1 * (b + 1) : 0),
    ),
    triangles: [[0, 1, 2], [3, 4, 5], [5, 0, 3]],
    is_mirrored: true,
  };
  const theta = numbers(26), points = matrix(4, 3);
  const us = matrix(4, 2, 0, 0.5);

  /** Where the skin is, by products of whole matrices. */
  const skin = (theta: readonly number[]): number[][] => {
    const angles = parents.map(() => [0, 0]);
    for (let f = 0; f < 5; f++) {
      const [flex, aside, second, third] = theta.slice(6 + 4 * f, 10 + 4 * f);
      angles[2 + 4 * f] = [flex!, aside!];
      angles[3 + 4 * f] = [second!, 0];
      angles[4 + 4 * f] = [third!, 0];
    }
    const absolutes: number[][][] = [];
    const moves = parents.map((parent, b) => {
      const [x, z] = angles[b]!;
      const [c, s, C, S] = [
        Math.cos(x!),
        Math.sin(x!),
        Math.cos(z!),
        Math.sin(z!),
      ];
      const turn = product(
        [[C, -S, 0, 0], [S, C, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]],
        [[1, 0, 0, 0], [0, c, -s, 0], [0, s, c, 0], [0, 0, 0, 1]],
      );
      const own = product(model.base_relatives[b]!, turn);
      absolutes[b] = parent < 0 ? own : product(absolutes[parent]!, own);
      return product(absolutes[b]!, model.inverse_base_absolutes[b]!);
    });
    const rotation = rotationBy(theta.slice(0, 3));
    return model.base_positions.map((position, v) => {
      const placed = [0, 0, 0];
      moves.forEach((move, b) =>
        placed.forEach((_, k) =>
          placed[k]! += model.weights[v]![b]! * dotOf(move[k]!, position)
        )
      );
      placed[0] = -placed[0]!;
      return rotation.map((row, k) => dotOf(row, placed) + theta[3 + k]!);
    });
  };
  const atVertices = (theta: readonly number[]) =>
    points.map((point, i) =>
      point.map((x, k) => x - skin(theta)[[2, 0, 5, 2][i]!]![k]!)
    );
  const inTriangles = (us: Matrix, theta: readonly number[]) =>
    points.map((point, i) => {
      const corners = model.triangles[[1, 0, 2, 1][i]!]!
        .map((v) => skin(theta)[v]!);
      const [a, b] = us[i]!;
      return point.map((x, k) =>
        x - dotOf([a!, b!, 1 - a! - b!], corners.map((corner) => corner[k]!))
      );
    });
  const simple = {
    theta,
    us: [],
    data: { model, correspondences: [2, 0, 5, 2], points },
  };
  const complicated = {
    theta,
    us,
    data: { model, correspondences: [1, 0, 2, 1], points },
  };

  it("is the distance of points from vertices", () => {
    assertAllClose(
      evaluate("ht", "objective", simple),
      atVertices(theta),
      1e-12,
    );
  });

  it("is the distance of points from triangles", () => {
    const expected = inTriangles(us, theta);
    assertAllClose(evaluate("ht", "objective", complicated), expected, 1e-12);
  });

  /** The Jacobian by finite differences, computing all rows once per point. */
  const rowsOf = (
    f: (x: readonly number[]) => Matrix,
    x: readonly number[],
  ) => {
    const known = new Map<string, number[]>();
    const at = (x: readonly number[]): number[] => {
      const key = x.join();
      if (!known.has(key)) known.set(key, f(x).flat());
      return known.get(key)!;
    };
    return at(x).map((_, r) => differences((x) => at(x)[r]!, x));
  };

  it("has a Jacobian by the pose", () => {
    const rows = evaluate("ht", "jacobian", simple) as number[][];
    assertEquals(rows.map(({ length }) => length), Array(12).fill(26));
    assertAllClose(rows, rowsOf(atVertices, theta), 1e-8);
  });

  it("has a Jacobian by a point's own place in its triangle, and the pose", () => {
    const rows = evaluate("ht", "jacobian", complicated) as number[][];
    assertEquals(rows.map(({ length }) => length), Array(12).fill(28));
    const pairs = (x: readonly number[]) =>
      us.map((_, i) => x.slice(2 * i, 2 * i + 2));
    const all = rowsOf(
      (x) => inTriangles(pairs(x), x.slice(8)),
      [...us.flat(), ...theta],
    );
    const expected = all.map((row, r) => [
      ...pairs(row)[Math.floor(r / 3)]!,
      ...row.slice(8),
    ]);
    assertAllClose(rows, expected, 1e-8);
  });
});

describe("nested descents, in all modes,", () => {
  for (const modes of ["ff", "fr", "rf", "rr"]) {
    it(`find what GradBench does: ${modes}`, () => {
      // From its `evals/particle/run.py` and `evals/saddle/run.py`.
      assertAllClose(
        evaluate("particle", modes, { w: 0, min_runs: 1 }),
        0.2071918746486116,
        1e-12,
      );
      assertAllClose(
        evaluate("saddle", modes, { start: [1, 1], min_runs: 1 }),
        Array(4).fill(8.246324826140356e-6),
        1e-15,
      );
    });
  }
});
