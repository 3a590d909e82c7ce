import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  defineOperation,
  exp,
  grad,
  hessian,
  jacobian,
  jvp,
  mul,
  neg,
  type Scalar,
  sin,
  square,
  sum,
  type ValueAndPullback,
  vjp,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";
import { randomProgram } from "../support/random_program.ts";

const polar = ([r, a]: readonly Scalar[]): Scalar[] => [
  mul(r!, sin(a!)),
  square(r!),
  r!,
];

describe("vjp", () => {
  it("gives the value, and cotangent · Jacobian", () => {
    const { value, pullback } = vjp(polar)([2, 0]);
    assertEquals(value, [0, 4, 2]);
    // Rows of the Jacobian: (sin a, r·cos a), (2r, 0), (1, 0).
    assertEquals(pullback([1, 0, 0]), [0, 2]);
    assertEquals(pullback([0, 1, 0]), [4, 0]);
    assertEquals(pullback([0, 0, 1]), [1, 0]);
    assertEquals(pullback([10, 100, 1000]), [1400, 20]);
  });

  it("is of one Scalar, too, and of nested structures", () => {
    const { value, pullback } = vjp((x: Scalar) => square(x))(3);
    assertEquals([value, pullback(1), pullback(-2)], [9, 6, -12]);
    const nested = vjp(({ x, y }: { x: Scalar; y: [Scalar] }) => ({
      product: mul(x, y[0]),
      all: [[x], y],
      constant: 7,
    }))({ x: 2, y: [3] });
    assertEquals(nested.value, { product: 6, all: [[2], [3]], constant: 7 });
    assertEquals(
      nested.pullback({ product: 1, all: [[10], [100]], constant: 1000 }),
      { x: 13, y: [102] },
    );
  });

  it("adds up results that are one entry", () => {
    const { pullback } = vjp((x: Scalar) => {
      const y = square(x);
      return [y, y, x, y];
    })(1);
    assertEquals(pullback([1, 10, 100, 1000]), 2 * 1011 + 100);
  });

  it("gives 0 for what does not depend on the argument", () => {
    const { value, pullback } = vjp((_: Scalar[]) => [1, 2])([3, 4, 5]);
    assertEquals([value, pullback([6, 7])], [[1, 2], [0, 0, 0]]);
    assertEquals(vjp(() => [])(1).pullback([]), 0);
    assertEquals(vjp((_: Scalar[]) => 5)([]).pullback(1), []);
  });

  it("pulls back any number of times, whatever has run since", () => {
    const first = vjp(polar)([2, 0]);
    const second = vjp((xs: readonly Scalar[]) =>
      sum(xs.map((x) => sin(mul(x, xs[0]!))))
    )([1, 2, 3]);
    const expected = second.pullback(1);
    for (let i = 0; i < 10; i++) {
      hessian((x: Scalar) => exp(mul(x, sum([x, x, x]))))(1);
      assertEquals(first.pullback([1, 10, 100]), [140, 2]);
      grad((x: Scalar) => {
        // A recording that runs now has entries where the others had theirs.
        const y = neg(neg(neg(x)));
        assertEquals(first.pullback([1, 10, 100]), [140, 2]);
        assertEquals(second.pullback(1), expected);
        return y;
      })(5);
      assertEquals(second.pullback(2 ** i), expected.map((d) => d * 2 ** i));
    }
  });

  it("pulls back in the middle of a pullback", () => {
    let nested: ((cotangent: number) => number) | undefined;
    let inner = 0;
    // 2x, whose rule asks for the pullback that it is part of.
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
    const f = (x: Scalar) => {
      const doubled = double(x);
      return add(mul(doubled, doubled), square(x)); // 5x²
    };
    const { pullback } = vjp(f)(3);
    nested = pullback as typeof nested;
    assertEquals([pullback(1), inner], [30, 300]);
    // Again, and after an error in the middle.
    nested = pullback as typeof nested;
    assertEquals([pullback(1), inner], [30, 300]);
    nested = () => {
      throw new Error("on purpose");
    };
    assertThrows(() => pullback(1), Error, "on purpose");
    assertEquals(pullback(1), 30);
  });

  it("has the shape of the call, whatever becomes of the argument and the value", () => {
    const x: Record<string, number> = { a: 1, b: 2 };
    const ys: Scalar[] = [];
    const { pullback } = vjp(({ a, b }: Record<string, Scalar>) => {
      ys.push(mul(a!, b!), square(b!));
      return ys;
    })(x);
    delete x["a"];
    x["c"] = 9;
    ys.length = 0;
    assertEquals(pullback([1, 10]), { a: 2, b: 1 + 40 });
  });

  it("keeps operations over lists, wherever they were recorded", () => {
    grad((x: Scalar) => {
      // What is recorded before it has lists, too.
      const before = sum([x, x, x]);
      const { pullback } = vjp((ys: readonly Scalar[]) =>
        mul(sum([ys[0]!, ...ys]), sum(ys))
      )([1, 2]);
      sum([x, x, before]);
      assertEquals(pullback(1), [2 * 3 + 4, 3 + 4]);
      return x;
    })(1);
  });

  it("pulls back cotangents of the function around", () => {
    // Its derivative by the cotangent is the Jacobian itself.
    const { pullback } = vjp(polar)([2, 0]);
    assertEquals(jacobian(pullback)([5, 6, 7]), [[0, 4, 1], [2, 0, 0]]);
    const f = (c: Scalar) => sum(pullback([c, square(c), 3]));
    assertEquals(grad(f)(5), 2 + 4 * 2 * 5);
    assertEquals(grad(grad(f))(5), 8);
    // Made within: the value's derivatives are the function's.
    const g = (x: Scalar) => {
      const { value, pullback } = vjp((y: Scalar) => mul(square(y), x))(x);
      return add(value, pullback(x)); // x³ + 2x²·x
    };
    assertEquals(grad(g)(2), 36);
    assertEquals(grad(grad(g))(2), 36);
    assertEquals(jvp(g)(2, 1), { value: 24, tangent: 36 });
  });

  it("pulls back inside deeper recordings what closes over outer ones", () => {
    const f = (x: Scalar) => {
      const { pullback } = vjp((y: Scalar) => mul(mul(x, y), y))(3);
      // pullback(z) is 6·x·z.
      return grad((z: Scalar) => square(pullback(z)))(2); // 72·x²·z
    };
    assertEquals(grad(f)(5), 2 * 72 * 5 * 2);
  });

  it("throws where its function closed over what is over", () => {
    let kept: ((cotangent: number) => unknown) | undefined;
    const inner: Record<string, (x: Scalar) => Scalar> = {
      product: (x) => vjp2((y) => mul(x, y)),
      sum: (x) => vjp2((y) => add(x, y)),
      "argument only": (x) => vjp2(square, x),
    };
    function vjp2(f: (y: Scalar) => Scalar, at: Scalar = 2): Scalar {
      const { value, pullback } = vjp(f)(at);
      kept = pullback as typeof kept;
      return value;
    }
    for (const [name, f] of Object.entries(inner)) {
      for (
        const record of [
          () => grad(f)(1),
          () => grad((z: Scalar) => mul(z, grad(f)(z)))(1),
          () => jvp(f)(1, 1),
        ]
      ) {
        record();
        const check = () =>
          assertEquals(
            assertThrows(() => kept!(1), TypeError).message,
            "Cannot pullback: what the function closes over is a Var that " +
              "outlived the function it was recorded in, expected one of a " +
              "function that still runs; return its value from there, or " +
              "pass it on as an argument",
            name,
          );
        check();
        grad((x: Scalar) => {
          check();
          return x;
        })(1);
      }
    }
  });

  it("is the transpose of jvp", () => {
    for (let seed = 0; seed < 50; seed++) {
      const programs = [0, 1, 2].map((i) => randomProgram(3 * seed + i));
      const x = [0, 1, 2, 3].map((i) => programs[0]!.point[i] ?? 0.5);
      const f = (xs: readonly Scalar[]) => {
        const y = programs[0]!.run(xs.slice(0, programs[0]!.point.length));
        return [y, mul(y, xs[3]!), sin(add(y, xs[2]!))];
      };
      const random = seededRandom(seed);
      const v = x.map(() => random() - 0.5), w = [0, 1, 2].map(random);
      const dot = (a: readonly number[], b: readonly number[]) =>
        a.reduce((sum, a, i) => sum + a * b[i]!, 0);
      const left = dot(w, jvp(f)(x, v).tangent);
      const right = dot(vjp(f)(x).pullback(w), v);
      const size = 1 + Math.abs(left);
      assert(Math.abs(left - right) < 1e-12 * size, `${left}, ${right}`);
    }
  });

  it("passes data on, and names a wrong cotangent", () => {
    const data = { k: 3 };
    const { value, pullback } = vjp((x: Scalar, given: typeof data) => {
      assert(given === data);
      return [mul(x, given.k)];
    })(2, data);
    assertEquals([value, pullback([1])], [[6], 3]);
    assertThrows(
      // @ts-expect-error The value is an array.
      () => pullback(1),
      TypeError,
      "Cannot pullback: the cotangent is a number, " +
        "expected an array of length 1, as in the value",
    );
  });

  it("has the types of argument and result", () => {
    const n: number = 2;
    const { value, pullback } = vjp((x: Scalar) => [x, sin(x)])(n);
    const values: number[] = value, back: number = pullback([1, 2]);
    assertEquals([values.length, back], [2, 1 + 2 * Math.cos(2)]);
    const typed = vjp((xs: readonly Scalar[]) => sum(xs))(Float64Array.of(1));
    const gradient: Float64Array = typed.pullback(1),
      total: number = typed.value;
    assertEquals([gradient, total], [Float64Array.of(1), 1]);
    const _type: ValueAndPullback<number, Scalar> = vjp(sin)(n);
  });
});
