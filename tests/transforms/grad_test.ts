import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  cos,
  dot,
  exp,
  grad,
  mul,
  neg,
  primal,
  type Scalar,
  sin,
  square,
  sub,
  sum,
  valueAndGrad,
  type ValueAndGradient,
  type Var,
} from "../../mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only where `actual` has exactly the type it should. */
function typed<Expected>(): <Actual>(
  actual: Actual,
  same: Same<Actual, Expected>,
) => Actual {
  return (actual) => actual;
}

describe("grad", () => {
  it("is the derivative of one number", () => {
    for (const x of [-2, 0, 0.5, 3]) {
      assertEquals(grad((x: Scalar) => mul(x, mul(x, x)))(x), 3 * x * x);
      assertEquals(grad((x: Scalar) => sin(x))(x), Math.cos(x));
      assertEquals(grad(exp)(x), Math.exp(x));
    }
  });

  it("is DESIGN's first example", () => {
    const f = ([x, y]: [Scalar, Scalar]): Scalar => mul(add(x, y), sin(x));
    const [dx, dy] = grad(f)([2, 3]);
    assertEquals(dx, Math.sin(2) + 5 * Math.cos(2));
    assertEquals(dy, Math.sin(2));
    // With further arguments, only the first is differentiated by.
    const g = (x: Scalar, y: Scalar): Scalar => mul(add(x, y), sin(x));
    assertEquals(grad(g)(2, 3), dx);
    assertEquals(g(2, 3), 5 * Math.sin(2));
  });

  it("is 0 for a constant function, in the argument's shape", () => {
    assertEquals(grad(() => 5)(3), 0);
    assertEquals(grad((_: number[]) => 5)([1, 2]), [0, 0]);
    assertEquals(grad((x: Scalar) => primal(x) * 3)(2), 0);
    assertEquals(valueAndGrad((_: { x: number }) => -0)({ x: 1 }), {
      value: -0,
      gradient: { x: 0 },
    });
  });

  it("is 1 for the identity", () => {
    assertEquals(grad((x: Scalar) => x)(3), 1);
    assertEquals(grad(([_, y]: Scalar[]) => y!)([1, 2, 3]), [0, 1, 0]);
    assertEquals(valueAndGrad((x: Scalar) => x)(3), { value: 3, gradient: 1 });
  });

  it("is never −0", () => {
    const functions: ((x: Scalar) => Scalar)[] = [
      (x) => mul(x, -0),
      (x) => neg(mul(x, 0)),
      (x) => mul(-0, mul(x, 5)),
      cos,
    ];
    for (const f of functions) assert(Object.is(grad(f)(0), 0));
  });

  it("is of the path that the numbers take", () => {
    const f = (x: Scalar) => {
      let y = x;
      while (primal(y) < 100) y = mul(y, x);
      return y;
    };
    assertEquals(grad(f)(2), 7 * 2 ** 6);
    assertEquals(grad(f)(3), 5 * 3 ** 4);
    assertEquals(grad(f)(200), 1);
  });

  it("adds up over all uses", () => {
    const f = (x: Scalar) => sum(Array.from({ length: 1000 }, () => x));
    assertEquals(grad(f)(1), 1000);
    const ladder = (x: Scalar) => {
      let y = x;
      for (let i = 0; i < 1000; i++) y = add(y, y);
      return y;
    };
    assertEquals(grad(ladder)(1), 2 ** 1000);
  });

  it("passes data on as it is", () => {
    const data = [
      { rows: [[1, 2]], name: "points" },
      undefined,
      Float64Array.of(1),
      () => 3,
      null,
      "text",
      Symbol("s"),
      10n,
    ] as const;
    const seen: unknown[][] = [];
    const f = (x: Scalar, ...rest: typeof data) => {
      seen.push([...rest]);
      return square(x);
    };
    assertEquals(grad(f)(3, ...data), 6);
    assertEquals(valueAndGrad(f)(3, ...data).gradient, 6);
    for (const rest of seen) {
      assertEquals(rest.length, data.length);
      rest.forEach((x, i) => assert(x === data[i]));
    }
    assertEquals(seen.length, 2);
  });

  it("calls the function once, without a receiver", () => {
    let calls = 0;
    function f(this: unknown, ...xs: Scalar[]): Scalar {
      calls++;
      assertEquals(this, undefined);
      assertEquals(xs.length, 1);
      return xs[0]!;
    }
    grad(f)(1);
    assertEquals(calls, 1);
  });

  it("may be called again and again, and in between others", () => {
    const df = grad((x: readonly Scalar[]) => dot(x, x)), dg = grad(sin);
    for (let i = 0; i < 100; i++) {
      assertEquals(df([i, 1]), [2 * i, 2]);
      assertEquals(dg(i), Math.cos(i));
    }
  });

  it("gives the value with the gradient, from one run", () => {
    let runs = 0;
    const f = ([x, y]: readonly Scalar[], k: number) => {
      runs++;
      return mul(k, sub(square(x!), y!));
    };
    assertEquals(valueAndGrad(f)([3, 4], 10), {
      value: 50,
      gradient: [60, -10],
    });
    assertEquals(runs, 1);
  });

  it("lets the function's own error through", () => {
    const error = new Error("on purpose");
    const thrown = assertThrows(() =>
      grad((_: Scalar): Scalar => {
        throw error;
      })(1)
    );
    assert(thrown === error);
  });

  it("takes numbers that are not finite", () => {
    assertEquals(grad(square)(Infinity), Infinity);
    assertEquals(grad(square)(NaN), NaN);
    assertEquals(grad((x: Scalar) => mul(x, 2))(NaN), 2);
  });
});

describe("types of grad", () => {
  const square1 = (x: Scalar) => square(x);
  const norm = (xs: readonly Scalar[]) => dot(xs, xs);
  const point = ({ x, y }: { x: Scalar; y: Scalar[] }) => mul(x, sum(y));
  const pair = ([a, b]: [Scalar, Scalar]) => mul(a, b);

  it("say the shape of the argument", () => {
    const n: number = 2;
    typed<number>()(grad(square1)(n), true);
    typed<number>()(grad(square1)(2), true);
    typed<number[]>()(grad(norm)([1, 2]), true);
    typed<Float64Array>()(grad(norm)(new Float64Array(2)), true);
    typed<{ x: number; y: number[] }>()(grad(point)({ x: 1, y: [2] }), true);
    typed<number>()(valueAndGrad(square1)(n).value, true);
    typed<ValueAndGradient<number[]>>()(valueAndGrad(norm)([1, 2]), true);
    const mixed = grad(point)({ x: 1, y: Float64Array.of(2) });
    typed<Float64Array>()(mixed.y, true);
    const [a, b] = grad(pair)([1, 2]);
    typed<number>()(a, true);
    assertEquals([a, b], [2, 1]);
    const both: [number, number] = grad(pair)([3, 4]);
    assertEquals(both, [4, 3]);
  });

  it("say Scalar inside a recorded function", () => {
    grad((x: Scalar) => {
      typed<Scalar>()(grad(square1)(x), true);
      typed<Scalar[]>()(grad(norm)([x, x]), true);
      typed<Scalar>()(valueAndGrad(norm)([x, 1]).value, true);
      return grad(square1)(x);
    })(1);
  });

  it("fit where a function of a Scalar is expected", () => {
    const twice = (f: (x: Scalar) => Scalar) => (x: Scalar) => f(f(x));
    assertEquals(twice(grad(square1))(3), 12);
    const third: number = grad(grad(grad((x: Scalar) => mul(x, square(x)))))(1);
    assertEquals(third, 6);
  });

  it("take data of their types", () => {
    const f = (x: Scalar, n: number, tags: readonly string[]) =>
      mul(mul(x, n), tags.length);
    const slope: number = grad(f)(1, 2, ["a", "b"]);
    assertEquals(slope, 4);
  });

  // Never called: each line has to be an error, or the compiler complains.
  function _mistakes(): void {
    // @ts-expect-error A function is expected.
    grad(3);
    // @ts-expect-error It gives a Scalar.
    grad((x: Scalar) => [x]);
    // @ts-expect-error It gives a Scalar, not a string.
    grad((_: Scalar) => "1");
    // @ts-expect-error An argument is missing.
    grad(square1)();
    // @ts-expect-error A string is none.
    grad(square1)("1");
    // @ts-expect-error Nor is an array, here.
    grad(square1)([1]);
    // @ts-expect-error A number is not an array.
    grad(norm)(1);
    // @ts-expect-error A key is missing.
    grad(point)({ x: 1 });
    // @ts-expect-error The pair has two.
    grad(pair)([1]);
    // @ts-expect-error There is no further argument.
    grad(square1)(1, 2);
    // @ts-expect-error There is one.
    grad((x: Scalar, y: number) => mul(x, y))(1);
    // @ts-expect-error It is a number.
    grad((x: Scalar, y: number) => mul(x, y))(1, "2");
    // @ts-expect-error A gradient of numbers is no string.
    const _text: string = grad(square1)(1);
    // @ts-expect-error A value of numbers is no Var.
    const _var: Var = valueAndGrad(square1)(1).value;
    // @ts-expect-error What is given cannot be changed.
    valueAndGrad(square1)(1).value = 2;
  }
});
