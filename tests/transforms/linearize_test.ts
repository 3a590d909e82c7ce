import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  compile,
  defineOperation,
  detectAnomaly,
  grad,
  hessian,
  jacobian,
  jvp,
  linearize,
  log,
  mul,
  neg,
  type Scalar,
  sin,
  square,
  sum,
  type ValueAndPushforward,
  vjp,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";
import { randomProgram } from "../support/random_program.ts";

const polar = ([r, a]: readonly Scalar[]): Scalar[] => [
  mul(r!, sin(a!)),
  square(r!),
  r!,
];

describe("linearize", () => {
  it("gives the value, and Jacobian · tangent", () => {
    const { value, pushforward } = linearize(polar)([2, 0]);
    assertEquals(value, [0, 4, 2]);
    // Columns of the Jacobian: (sin a, 2r, 1), (r·cos a, 0, 0).
    assertEquals(pushforward([1, 0]), [0, 4, 1]);
    assertEquals(pushforward([0, 1]), [2, 0, 0]);
    assertEquals(pushforward([10, 100]), [200, 40, 10]);
  });

  it("is of one Scalar, too, and of nested structures", () => {
    const { value, pushforward } = linearize((x: Scalar) => square(x))(3);
    assertEquals([value, pushforward(1), pushforward(-2)], [9, 6, -12]);
    const nested = linearize(({ x, y }: { x: Scalar; y: [Scalar] }) => ({
      product: mul(x, y[0]),
      all: [[x], y],
      constant: 7,
    }))({ x: 2, y: [3] });
    assertEquals(nested.value, { product: 6, all: [[2], [3]], constant: 7 });
    assertEquals(nested.pushforward({ x: 1, y: [10] }), {
      product: 23,
      all: [[1], [10]],
      constant: 0,
    });
  });

  it("agrees with jvp, the function run once", () => {
    for (let seed = 0; seed < 50; seed++) {
      const { run, point } = randomProgram(seed);
      let runs = 0;
      const f = (xs: readonly Scalar[]) => {
        runs++;
        const y = run(xs);
        return [y, mul(y, xs[0]!)];
      };
      const { value, pushforward } = linearize(f)(point);
      const random = seededRandom(seed);
      for (let k = 0; k < 5; k++) {
        const tangent = point.map(() => random() - 0.5);
        assertEquals(runs, 1 + k);
        assertEquals(
          { value, tangent: pushforward(tangent) },
          jvp(f)(point, tangent),
        );
      }
    }
  });

  it("pushes forward whatever has run since, and in the middle of a sweep", () => {
    const first = linearize(polar)([2, 0]);
    for (let k = 0; k < 3; k++) {
      hessian((x: Scalar) => sin(mul(x, sum([x, x, x]))))(1);
      assertEquals(first.pushforward([1, 10]), [20, 4, 1]);
      grad((x: Scalar) => {
        const y = neg(neg(neg(x)));
        assertEquals(first.pushforward([1, 10]), [20, 4, 1]);
        return y;
      })(5);
    }
    let nested: ((tangent: number) => number) | undefined;
    let inner = 0;
    const double = defineOperation({
      name: "double",
      value: (x: number) => 2 * x,
      partials: () => {
        const again = nested;
        nested = undefined;
        if (again !== undefined) inner = again(10);
        return 2;
      },
    });
    const { pushforward } = linearize((x: Scalar) => {
      const doubled = double(x);
      return add(mul(doubled, doubled), square(x)); // 5x²
    })(3);
    nested = pushforward as typeof nested;
    assertEquals([pushforward(1), inner], [30, 300]);
  });

  it("is differentiated by the tangent, and by the argument", () => {
    // By the tangent, its derivative is the Jacobian itself.
    const { pushforward } = linearize(polar)([2, 0]);
    assertEquals(jacobian(pushforward)([5, 6]), [[0, 2], [4, 0], [1, 0]]);
    assertEquals(grad((v: Scalar) => sum(pushforward([v, square(v)])))(3), 17);
    const g = (x: Scalar) => {
      const { value, pushforward } = linearize((y: Scalar) =>
        mul(square(y), x)
      )(x);
      return add(value, pushforward(x)); // x³ + 2x²·x
    };
    assertEquals(grad(g)(2), 36);
    assertEquals(grad(grad(g))(2), 36);
    assertEquals(jvp(g)(2, 1), { value: 24, tangent: 36 });
    assertEquals(compile(grad(g))(2), 36);
    // The transpose of its own.
    const { pullback } = vjp(pushforward)([0, 0]);
    assertEquals(pullback([1, 10, 100]), [140, 2]);
  });

  it("makes a Hessian of a gradient", () => {
    const f = ([x, y]: readonly Scalar[]) => mul(square(x!), sin(y!));
    const { pushforward } = linearize(grad(f))([1, 2]);
    assertEquals(
      [pushforward([1, 0]), pushforward([0, 1])],
      hessian(f)([1, 2]),
    );
  });

  it("names what is wrong", () => {
    const { pushforward } = linearize(polar)([2, 0]);
    assertEquals(
      assertThrows(() => pushforward([1] as never), TypeError).message,
      "Cannot pushforward: the tangent is an array of length 1, expected an " +
        "array of length 2, as in argument 1",
    );
    assertThrows(
      () => pushforward(["1", 2] as never),
      TypeError,
      'Cannot pushforward: the tangent, [0] is the string "1", expected ' +
        "numbers in the shape of argument 1",
    );
    assertThrows(
      () => linearize(3 as never),
      TypeError,
      "Cannot linearize: the argument is the number 3, expected a function",
    );
    assertThrows(
      () => linearize(() => null)(1),
      TypeError,
      "Cannot linearize: the function's result is null",
    );
    let kept: ((tangent: number) => unknown) | undefined;
    grad((x: Scalar) => {
      const { value, pushforward } = linearize((y: Scalar) => mul(x, y))(2);
      kept = pushforward as typeof kept;
      return value;
    })(1);
    assertThrows(
      () => kept!(1),
      TypeError,
      "Cannot pushforward: what the function closes over is a Var that outlived",
    );
  });

  it("is observed", () => {
    const { pushforward } = linearize((x: Scalar) => log(x))(0);
    assertThrows(
      () => detectAnomaly(() => pushforward(1)),
      Error,
      "Non-finite tangent: log(0)",
    );
  });

  it("has the types of argument and result", () => {
    const n: number = 2;
    const { value, pushforward } = linearize((x: Scalar) => [x, sin(x)])(n);
    const values: number[] = value, moved: number[] = pushforward(1);
    assertEquals([values.length, moved], [2, [1, Math.cos(2)]]);
    const floats = linearize((xs: readonly Scalar[]) => sum(xs))(
      Float64Array.of(1, 2),
    );
    const tangent: number = floats.pushforward([3, 4]);
    assertEquals(tangent, 7);
    const _type: ValueAndPushforward<number, Scalar> = linearize(sin)(n);
    assert(
      linearize(grad(sum))(Float64Array.of(1)).value instanceof Float64Array,
    );
  });
});
