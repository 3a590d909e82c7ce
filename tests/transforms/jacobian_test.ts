import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import {
  add,
  cos,
  dot,
  exp,
  grad,
  jacobian,
  jvp,
  mul,
  type Scalar,
  sin,
  square,
  sum,
  vjp,
} from "../../mod.ts";
import { assertClose } from "../support/numeric.ts";
import { randomProgram } from "../support/random_program.ts";

type Map = (xs: readonly Scalar[]) => Scalar[];

/** n inputs, m outputs: y_i = Σ_j sin((i + 1)·x_j) · x_(i mod n). */
const waves = (m: number): Map => (xs) =>
  Array.from(
    { length: m },
    (_, i) => mul(xs[i % xs.length]!, sum(xs.map((x) => sin(mul(i + 1, x))))),
  );

function wavesJacobian(m: number, x: readonly number[]): number[][] {
  return Array.from({ length: m }, (_, i) => {
    const k = i % x.length, rate = i + 1;
    const total = x.reduce((sum, x) => sum + Math.sin(rate * x), 0);
    return x.map((xj, j) =>
      x[k]! * rate * Math.cos(rate * xj) + (j === k ? total : 0)
    );
  });
}

const SHAPES = [[1, 1], [1, 5], [5, 1], [3, 3], [2, 7], [7, 2], [40, 41]];

describe("jacobian", () => {
  for (const [m, n] of SHAPES as [number, number][]) {
    const x = Array.from({ length: n }, (_, j) => 0.3 + j / n);

    it(`has a row an output, a column an input: ${m} × ${n}`, () => {
      const rows = jacobian(waves(m))(x), expected = wavesJacobian(m, x);
      assertEquals([rows.length, rows[0]!.length], [m, n]);
      rows.flat().forEach((d, k) =>
        assertClose(d, expected.flat()[k]!, 1e-12, `entry ${k}`)
      );
    });

    it(`has jvp's columns and vjp's rows: ${m} × ${n}`, () => {
      const rows = jacobian(waves(m))(x);
      const { pullback } = vjp(waves(m))(x);
      rows.forEach((row, i) => {
        const back = pullback(rows.map((_, k) => k === i ? 1 : 0));
        row.forEach((d, j) => assertClose(d, back[j]!, 1e-13, "vjp"));
      });
      x.forEach((_, j) => {
        const unit = x.map((_, k) => k === j ? 1 : 0);
        const { tangent } = jvp(waves(m))(x, unit);
        rows.forEach((row, i) =>
          assertClose(row[j]!, tangent[i]!, 1e-13, "jvp")
        );
      });
    });
  }

  it("is the same by columns and by rows", () => {
    // More outputs than inputs take forward sweeps, fewer take reverse ones.
    for (let seed = 0; seed < 50; seed++) {
      const { run, point } = randomProgram(seed);
      const copies = (n: number): Map => (xs) => Array(n).fill(run(xs));
      const [forward] = jacobian(copies(point.length))(point);
      const padded = [...point, 0];
      const reverse = jacobian((xs: readonly Scalar[]) =>
        copies(point.length)(xs.slice(0, -1))
      )(padded)[0]!;
      forward!.forEach((d, i) => assertClose(d, reverse[i]!, 1e-12, `${seed}`));
      assertEquals(reverse.at(-1), 0);
    }
  });

  it("goes over structures in their order", () => {
    const f = ({ b, a }: { b: Scalar[]; a: Scalar }) => ({
      z: [mul(a, b[0]!)],
      y: b[1]!,
    });
    assertEquals(jacobian(f)({ b: [2, 3], a: 5 }), [[5, 0, 2], [0, 1, 0]]);
  });

  it("has one row for one Scalar, and none for no output", () => {
    assertEquals(jacobian((x: Scalar) => square(x))(3), [[6]]);
    assertEquals(
      jacobian((x: readonly Scalar[]) => dot(x, x))([1, 2]),
      [[2, 4]],
    );
    assertEquals(jacobian((_: Scalar[]) => [])([1, 2]), []);
    assertEquals(jacobian((_: Scalar[]) => [1, 2])([]), [[], []]);
  });

  it("has rows of 0 for constants, and unit rows for inputs", () => {
    const f = ([x, y]: readonly Scalar[]) => [7, y!, 8, x!, y!];
    assertEquals(jacobian(f)([1, 2]), [[0, 0], [0, 1], [0, 0], [1, 0], [0, 1]]);
    const wide = ([x, y]: readonly Scalar[]) => [7, mul(y!, x!)];
    assertEquals(jacobian(wide)([2, 3, 4]), [[0, 0, 0], [3, 2, 0]]);
  });

  it("has rows of the same entry once each", () => {
    const f = ([x, y, _]: readonly Scalar[]) => {
      const product = mul(x!, y!);
      return [product, product];
    };
    assertEquals(jacobian(f)([2, 3, 4]), [[3, 2, 0], [3, 2, 0]]);
  });

  it("is of the function's data unchanged, and of types", () => {
    const data = { k: 3 };
    const rows: number[][] = jacobian(
      (x: readonly Scalar[], given: typeof data) => {
        assertEquals(given === data, true);
        return [mul(x[0]!, given.k)];
      },
    )(Float64Array.of(1), data);
    assertEquals(rows, [[3]]);
  });

  it("differentiates, tall or wide, inside a recorded function", () => {
    const tall = (x: Scalar) => {
      const rows = jacobian((y: Scalar) => [sin(mul(x, y)), mul(x, square(y))])(
        2,
      );
      return add(rows[0]![0]!, rows[1]![0]!); // x·cos 2x + 4x
    };
    const expected = Math.cos(2) - 2 * Math.sin(2) + 4;
    assertClose(grad(tall)(1), expected, 1e-15, "tall");
    const wide = (x: Scalar) => {
      const [row] = jacobian(([y, z]: readonly Scalar[]) =>
        mul(exp(mul(x, y!)), cos(z!))
      )([2, x]);
      return add(row![0]!, row![1]!); // e^2x·(x·cos x − sin x)
    };
    const [c, s, e] = [Math.cos(1), Math.sin(1), Math.exp(2)];
    assertClose(grad(wide)(1), 2 * e * (c - s) - e * s, 1e-14, "wide");
  });

  it("of a Jacobian is the tensor of second derivatives", () => {
    const f = ([x, y]: readonly Scalar[]) => [
      mul(square(x!), y!),
      mul(x!, mul(y!, y!)),
    ];
    const second = jacobian((xs: readonly Scalar[]) => jacobian(f)(xs).flat());
    // By x and y, of 2xy, x², y², 2xy.
    assertEquals(second([3, 5]), [[10, 6], [6, 0], [0, 10], [10, 6]]);
  });
});
