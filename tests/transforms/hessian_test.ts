import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import {
  add,
  div,
  dot,
  exp,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  log,
  logSumExp,
  mul,
  type Scalar,
  sin,
  square,
  sum,
  vjp,
} from "../../mod.ts";
import { rosenbrock } from "../../bench/workloads/rosenbrock.ts";
import {
  finalPrey,
  LOTKA_VOLTERRA,
} from "../../bench/workloads/runge_kutta.ts";
import {
  assertClose,
  partialDerivative,
  seededRandom,
} from "../support/numeric.ts";
import { randomProgram } from "../support/random_program.ts";

type Objective = (x: readonly Scalar[]) => Scalar;

function assertMatrix(
  actual: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  tolerance: number,
): void {
  assertEquals(actual.length, expected.length);
  const size = Math.max(1, ...expected.flat().map(Math.abs));
  actual.forEach((row, i) => {
    assertEquals(row.length, expected[i]!.length);
    row.forEach((x, j) =>
      assertClose(x / size, expected[i]![j]! / size, tolerance, `[${i}][${j}]`)
    );
  });
}

const softmax = (x: readonly number[]): number[] => {
  const weights = x.map(Math.exp), total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
};

interface Analytic {
  readonly f: Objective;
  readonly x: readonly number[];
  /** Element i, j of the Hessian. */
  readonly second: (x: readonly number[], i: number, j: number) => number;
}

const ANALYTIC: Record<string, Analytic> = {
  "Rosenbrock's function": {
    f: rosenbrock,
    x: [-1.2, 1, 0.7, -0.4, 1.3],
    second: (x, i, j) => {
      if (Math.abs(i - j) === 1) return -400 * x[Math.min(i, j)]!;
      if (i !== j) return 0;
      const next = x[i + 1];
      return (i > 0 ? 200 : 0) +
        (next === undefined ? 0 : 1200 * x[i]! ** 2 - 400 * next + 2);
    },
  },
  "a quadratic form": {
    f: (x) => dot(x, x.map((_, i) => dot(x, x.map((_, j) => i + 2 * j)))),
    x: [1, -2, 3],
    second: (_, i, j) => 3 * (i + j),
  },
  "logSumExp": {
    f: (x) => logSumExp(x),
    x: [0.1, -2, 1.5, 0.7],
    second: (x, i, j) => {
      const p = softmax(x);
      return p[i]! * ((i === j ? 1 : 0) - p[j]!);
    },
  },
  "a product": {
    f: (x) => x.reduce((a, b) => mul(a, b)),
    x: [2, -3, 0.5, 7],
    second: (x, i, j) =>
      i === j ? 0 : x.reduce((p, xk, k) => k === i || k === j ? p : p * xk, 1),
  },
  "a product with zeros": {
    f: (x) => x.reduce((a, b) => mul(a, b)),
    x: [0, -3, 0],
    second: (x, i, j) => i === j || i === 1 || j === 1 ? 0 : x[1]!,
  },
  "a function of one": {
    f: ([x]) => sin(x!),
    x: [0.7],
    second: ([x]) => -Math.sin(x!),
  },
  "a linear function": { f: (x) => sum(x), x: [1, 2], second: () => 0 },
  "a constant": { f: () => 3, x: [1, 2], second: () => 0 },
  "entropy": {
    f: (x) => sum(x.map((x) => mul(x, log(x)))),
    x: [0.2, 0.3, 0.5],
    second: (x, i, j) => i === j ? 1 / x[i]! : 0,
  },
};

describe("hessian", () => {
  for (const [name, { f, x, second }] of Object.entries(ANALYTIC)) {
    const expected = x.map((_, i) => x.map((_, j) => second(x, i, j)));

    it(`is the analytic one: ${name}`, () => {
      assertMatrix(hessian(f)(x), expected, 1e-14);
    });

    it(`is that of every order of sweeps: ${name}`, () => {
      const unit = (i: number) => x.map((_, j) => i === j ? 1 : 0);
      assertMatrix(jacobian(grad(f))(x), expected, 1e-14);
      assertMatrix(x.map((_, i) => hvp(f)([...x], unit(i))), expected, 1e-14);
      const reverse = vjp(grad(f))([...x]);
      assertMatrix(x.map((_, i) => reverse.pullback(unit(i))), expected, 1e-14);
      const overForward = x.map((_, i) =>
        grad((x: readonly Scalar[]) => jvp(f)(x, unit(i)).tangent)([...x])
      );
      assertMatrix(overForward, expected, 1e-14);
      const twice = x.map((_, i) =>
        x.map((_, j) =>
          jvp((x: readonly Scalar[]) => jvp(f)(x, unit(i)).tangent)(
            [...x],
            unit(j),
          ).tangent
        )
      );
      assertMatrix(twice, expected, 1e-14);
    });

    it(`gives hvp without the matrix: ${name}`, () => {
      const random = seededRandom(7), v = x.map(() => random() - 0.5);
      const product = expected.map((row) =>
        row.reduce((total, h, j) => total + h * v[j]!, 0)
      );
      assertMatrix([hvp(f)([...x], v)], [product], 1e-14);
    });
  }

  it("is symmetric, and that of central differences, of random programs", () => {
    for (let seed = 0; seed < 60; seed++) {
      const { run, point } = randomProgram(seed, 20);
      const H = hessian(run)(point);
      const size = Math.max(1, ...H.flat().map(Math.abs));
      const slope = grad(run);
      point.forEach((_, i) =>
        point.forEach((_, j) => {
          assertClose(
            H[i]![j]! / size,
            H[j]![i]! / size,
            1e-12,
            `seed ${seed}`,
          );
          const expected = partialDerivative(
            (...xs) => slope(xs)[i]!,
            point,
            j,
          );
          assertClose(H[i]![j]! / size, expected / size, 1e-4, `seed ${seed}`);
        })
      );
    }
  });

  it("is symmetric where it takes forty thousand operations", () => {
    const H = hessian(finalPrey)(LOTKA_VOLTERRA);
    H.forEach((row, i) =>
      row.forEach((h, j) => assertClose(h, H[j]![i]!, 1e-10, `${i}, ${j}`))
    );
    assert(H.flat().every((h) => h !== 0));
  });

  it("is of structures in their order, and hvp in their shape", () => {
    const f = ({ b, a }: { b: Scalar[]; a: Scalar }) =>
      mul(square(a), mul(b[0]!, b[1]!));
    const x = { b: [2, 3], a: 5 };
    assertEquals(hessian(f)(x), [[0, 25, 30], [25, 0, 20], [30, 20, 12]]);
    assertEquals(hvp(f)(x, { b: [1, 0], a: 0 }), { b: [0, 25], a: 30 });
    const typed: Float64Array = hvp((x: readonly Scalar[]) => dot(x, x))(
      Float64Array.of(1, 2),
      Float64Array.of(3, 4),
    );
    assertEquals(typed, Float64Array.of(6, 8));
    const one: number = hvp((x: Scalar) => exp(x))(0, 2);
    const rows: number[][] = hessian(exp)(0);
    assertEquals([one, rows], [2, [[1]]]);
  });

  it("passes data on unchanged", () => {
    const data = { k: 3 };
    const f = (x: Scalar, given: typeof data) => {
      assert(given === data);
      return mul(given.k, square(x));
    };
    assertEquals(hessian(f)(1, data), [[6]]);
    assertEquals(hvp(f)(1, 2, data), 12);
  });

  it("differentiates inside a recorded function", () => {
    const f = (x: Scalar) => {
      const [[h]] = hessian((y: Scalar) => mul(x, mul(y, square(y))))(2) as [
        [Scalar],
      ];
      return h; // 12·x
    };
    assertEquals(grad(f)(3), 12);
    const g = (v: Scalar) =>
      square(hvp((y: Scalar) => div(1, y))(2, v as number) as Scalar);
    assertEquals(grad(g)(3), 2 * 3 / 16); // (v/4)²
    const h = (x: Scalar) =>
      add(hvp(exp)(x, x) as Scalar, hvp(exp)(0, x as number) as Scalar);
    assertClose(grad(h)(1), 2 * Math.E + 1, 1e-15, "x·eˣ + x");
  });

  it("of a function of nothing is empty", () => {
    assertEquals(hessian((x: readonly Scalar[]) => sum(x))([]), []);
    assertEquals(hvp((x: readonly Scalar[]) => sum(x))([], []), []);
  });
});
