import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import {
  add,
  div,
  exp,
  grad,
  jvp,
  log,
  mul,
  type Scalar,
  sin,
  square,
  sub,
  sum,
  type ValueAndTangent,
  vjp,
} from "../../mod.ts";
import { assertClose, partialDerivative } from "../support/numeric.ts";
import { randomProgram } from "../support/random_program.ts";

describe("jvp", () => {
  it("gives the value, and Jacobian · tangent", () => {
    const f = ([x, y]: [Scalar, Scalar]): Scalar[] => [
      mul(x, y),
      square(x),
      y,
      5,
    ];
    assertEquals(jvp(f)([2, 3], [1, 0]), {
      value: [6, 4, 3, 5],
      tangent: [3, 4, 0, 0],
    });
    assertEquals(jvp(f)([2, 3], [10, 100]).tangent, [230, 40, 100, 0]);
  });

  it("takes nested structures, and gives them", () => {
    const f = ({ x, y }: { x: Scalar[]; y: Scalar }) => ({
      product: mul(sum(x), y),
      parts: [[y], { x: x[0]! }],
    });
    assertEquals(
      jvp(f)({ x: [1, 2], y: 3 }, { x: [10, 20], y: 100 }),
      {
        value: { product: 9, parts: [[3], { x: 1 }] },
        tangent: { product: 390, parts: [[100], { x: 10 }] },
      },
    );
  });

  it("is 0 along 0, for a constant, and never −0", () => {
    assertEquals(jvp(sin)(1, 0).tangent, 0);
    assertEquals(jvp((_: Scalar) => 3)(1, 1), { value: 3, tangent: 0 });
    assertEquals(jvp((x: Scalar) => x)(4, 5), { value: 4, tangent: 5 });
    for (const at of [-0, 0]) {
      const { tangent } = jvp((x: Scalar) => mul(x, -0))(at, 1);
      assert(Object.is(tangent, 0));
      assert(Object.is(jvp((x: Scalar) => x)(1, at).tangent, 0));
    }
  });

  it("is linear in the tangent, and the gradient along it", () => {
    for (let seed = 0; seed < 100; seed++) {
      const { run, point, gradient, reference } = randomProgram(seed);
      const along = point.map((_, i) => Math.cos(seed + i));
      const { value, tangent } = jvp(run)(point, along);
      assertEquals(value, run(point));
      const expected = gradient.reduce((sum, d, i) => sum + d * along[i]!, 0);
      assertClose(tangent, expected, 1e-8, `seed ${seed}`);
      const line = (t: number) =>
        reference(point.map((x, i) => x + t * along[i]!));
      const slope = partialDerivative(line, [0], 0);
      assertClose(tangent, slope, 1e-5, `seed ${seed}`);
      const twice = jvp(run)(point, along.map((v) => 2 * v)).tangent;
      assertEquals(twice, 2 * tangent, `seed ${seed}`);
    }
  });

  it("takes a tangent of the function around", () => {
    const along = (v: Scalar) => jvp(square)(3, v as number).tangent as Scalar;
    assertEquals(grad(along)(1), 6);
    assertEquals(grad((v: Scalar) => square(along(v)))(2), 2 * 36 * 2);
    assertEquals(grad(grad((v: Scalar) => square(along(v))))(2), 72);
    const both = (x: Scalar) => jvp((y: Scalar) => mul(y, square(y)))(x, x);
    const f = (x: Scalar) => {
      const { value, tangent } = both(x);
      return sub(tangent, value); // 3x²·x − x³
    };
    assertEquals([f(2), grad(f)(2), grad(grad(f))(2)], [16, 24, 24]);
  });

  it("gives Newton's method its slope", () => {
    const f = (x: Scalar) => sub(exp(x), add(x, 2));
    let x = 2;
    for (let i = 0; i < 7; i++) {
      const { value, tangent } = jvp(f)(x, 1);
      x -= value / tangent;
    }
    assertClose(Math.exp(x), x + 2, 1e-15, "a root");
  });

  it("has its data after the tangent, unchanged", () => {
    const data = [new Date(0), { a: 1 }] as const;
    const { tangent } = jvp((x: Scalar, ...given: typeof data) => {
      given.forEach((x, i) => assert(x === data[i]));
      return div(x, 2);
    })(1, 3, ...data);
    assertEquals(tangent, 1.5);
  });

  it("composes with itself and with vjp", () => {
    const f = (x: Scalar) => log(mul(x, square(x)));
    const d = (f: (x: Scalar) => Scalar) => (x: Scalar): Scalar =>
      jvp(f)(x, 1).tangent;
    assertClose(Number(d(f)(2)), 3 / 2, 1e-15, "first");
    assertClose(Number(d(d(f))(2)), -3 / 4, 1e-15, "second");
    assertClose(Number(d(d(d(f)))(2)), 6 / 8, 1e-15, "third");
    const reverse = (x: Scalar) => vjp(f)(x).pullback(1);
    assertClose(Number(d(reverse)(2)), -3 / 4, 1e-15, "over vjp");
  });

  it("has the types of the result", () => {
    const n: number = 1;
    const { value, tangent } = jvp((x: Scalar) => [x, sin(x)])(n, 1);
    const values: number[] = value, tangents: number[] = tangent;
    assertEquals([values.length, tangents.length], [2, 2]);
    const _type: ValueAndTangent<number, Scalar> = jvp(sin)(n, 1);
    const _scalar: number = jvp(sin)(n, n).tangent;
  });

  function _mistakes(): void {
    // @ts-expect-error The tangent is missing.
    jvp(sin)(1);
    // @ts-expect-error The tangent has the shape of the argument.
    jvp((x: Scalar[]) => sum(x))([1], 1);
    // @ts-expect-error A tangent is of numbers.
    jvp(sin)(1, "1");
  }
});
