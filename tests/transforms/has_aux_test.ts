import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  compile,
  dot,
  grad,
  hessian,
  jacobian,
  jvp,
  mul,
  Node,
  type Scalar,
  sin,
  square,
  sum,
  valueAndGrad,
} from "../../mod.ts";

const HAS_AUX = { hasAux: true } as const;

/** x·y² and, on the side, some of what led to it. */
const f = ([x, y]: readonly Scalar[]) => {
  const area = square(y!);
  return [mul(x!, area), { area, inputs: [x!, y!], constant: 7 }] as const;
};
const aux = { area: 9, inputs: [2, 3], constant: 7 };

describe("values on the side", () => {
  it("come with what the transform gives", () => {
    assertEquals(grad(f, HAS_AUX)([2, 3]), { gradient: [9, 12], aux });
    assertEquals(valueAndGrad(f, HAS_AUX)([2, 3]), {
      value: 18,
      gradient: [9, 12],
      aux,
    });
    assertEquals(jacobian(f, HAS_AUX)([2, 3]), { jacobian: [[9, 12]], aux });
    assertEquals(hessian(f, HAS_AUX)([2, 3]), {
      hessian: [[0, 6], [6, 4]],
      aux,
    });
  });

  it("are those of a Jacobian's function of any result", () => {
    const g = (x: Scalar, k: number) =>
      [{ a: mul(x, k), b: [square(x)] }, [sin(x)]] as const;
    assertEquals(jacobian(g, HAS_AUX)(3, 2), {
      jacobian: [[2], [6]],
      aux: [Math.sin(3)],
    });
    // More inputs than outputs: by rows.
    assertEquals(
      jacobian((xs: readonly Scalar[]) => [sum(xs), xs] as const, HAS_AUX)(
        Float64Array.of(1, 2),
      ),
      { jacobian: [[1, 1]], aux: Float64Array.of(1, 2) as never },
    );
  });

  it("may be one number, nothing, or the result itself", () => {
    const h = (aux: (y: Scalar) => unknown) => (x: Scalar) => {
      const y = square(x);
      return [y, aux(y)] as const;
    };
    const gradient = 6;
    assertEquals(grad(h((y) => y), HAS_AUX)(3), { gradient, aux: 9 as never });
    assertEquals(grad(h(() => []), HAS_AUX)(3), { gradient, aux: [] as never });
    assertEquals(grad(h(() => 5), HAS_AUX)(3), { gradient, aux: 5 as never });
  });

  it("change no derivative", () => {
    // Its derivative is NaN at 0, which the result must not see.
    const g = (x: Scalar) => [square(x), mul(x, 0)] as const;
    assertEquals(grad(g, HAS_AUX)(Infinity), { gradient: Infinity, aux: NaN });
    assertEquals(hessian(g, HAS_AUX)(Infinity), { hessian: [[2]], aux: NaN });
  });

  it("come out of compiled programs, at each call their own", () => {
    const way = {
      grad: compile(grad(f, HAS_AUX)),
      valueAndGrad: compile(valueAndGrad(f, HAS_AUX)),
      jacobian: compile(jacobian(f, HAS_AUX)),
      hessian: compile(hessian(f, HAS_AUX)),
    };
    for (const x of [[2, 3], [5, -1]]) {
      assertEquals(way.grad(x), grad(f, HAS_AUX)(x));
      assertEquals(way.valueAndGrad(x), valueAndGrad(f, HAS_AUX)(x));
      assertEquals(way.jacobian(x), jacobian(f, HAS_AUX)(x));
      assertEquals(way.hessian(x), hessian(f, HAS_AUX)(x));
    }
    const area: number = way.grad([2, 3]).aux.area;
    assertEquals(area, 9);
  });

  it("are differentiated in the function around", () => {
    const g = (x: Scalar) => {
      // gradient: x·2y at y = x; aux: y² at y = x
      const { gradient, aux } = grad(
        (y: Scalar) => [mul(x, square(y)), square(y)] as const,
        HAS_AUX,
      )(x);
      return add(gradient, aux); // 2x² + x²
    };
    assertEquals([g(2), grad(g)(2), grad(grad(g))(2)], [12, 12, 6]);
    assertEquals(compile(grad(g))(2), 12);
    const h = (x: Scalar) =>
      sum([
        hessian((y: Scalar) => [mul(y, square(y)), y] as const, HAS_AUX)(x)
          .hessian[0]![0]!,
        hessian(
          (y: Scalar) => [mul(y, square(y)), mul(y, x)] as const,
          HAS_AUX,
        )(x)
          .aux,
      ]); // 6x + x²
    assertEquals(jvp(h)(2, 1), { value: 16, tangent: 10 });
    // And where they come from there alone.
    const k = (x: Scalar) =>
      grad((y: Scalar) => [square(y), square(x)] as const, HAS_AUX)(1).aux;
    assertEquals(grad(k)(3), 6);
  });

  it("nest", () => {
    const inner = grad(f, HAS_AUX);
    const outer = jacobian((xs: readonly Scalar[]) => {
      const { gradient, aux } = inner(xs);
      return [gradient, aux] as const;
    }, HAS_AUX);
    assertEquals(outer([2, 3]), { jacobian: [[0, 6], [6, 4]], aux });
  });

  it("are none where the option is false", () => {
    const g = (x: Scalar) => square(x);
    assertEquals(grad(g, { hasAux: false })(3), 6);
    assertEquals(hessian(g, {})(3), [[2]]);
    assertEquals(
      jacobian((x: Scalar) => [x, [square(x)]] as const, { hasAux: false })(3),
      [[1], [6]],
    );
    assertEquals(valueAndGrad(g, { hasAux: false })(3).gradient, 6);
  });

  it("have types", () => {
    const three: number = 3;
    const list: { gradient: number; aux: number[] } = grad(
      (x: Scalar) => [x, [x]] as const,
      HAS_AUX,
    )(three);
    // A pair need not be written as a constant.
    const { value, aux } = valueAndGrad(
      (x, y) => [mul(x, y), { sum: add(x, y) }],
      HAS_AUX,
    )(three, 4);
    const total: number = value + aux.sum;
    const data = jacobian(
      (xs: readonly Scalar[], ys: readonly Scalar[]) =>
        [xs, dot(xs, ys)] as const,
      HAS_AUX,
    )([1, 2], Float64Array.of(3, 4));
    const rows: number[][] = data.jacobian, product: number = data.aux;
    assertEquals([list, total, rows, product], [
      { gradient: 1, aux: [3] },
      19,
      [[1, 0], [0, 1]],
      11,
    ]);
  });
});

describe("wrong values on the side", () => {
  // deno-lint-ignore no-explicit-any
  const giving: Record<string, (result: any) => unknown> = {
    grad: (y) => grad(() => y, HAS_AUX)(1),
    valueAndGrad: (y) => valueAndGrad(() => y, HAS_AUX)(1),
    jacobian: (y) => jacobian(() => y, HAS_AUX)(1),
    hessian: (y) => hessian(() => y, HAS_AUX)(1),
  };
  const PAIR = "expected an array [result, aux], as hasAux is true";
  const LEAF = "expected a number or Var, or an array or plain object of them";

  for (const [name, give] of Object.entries(giving)) {
    it(`are named: ${name}`, () => {
      for (
        const [y, message] of [
          [3, ` is the number 3, ${PAIR}`],
          [[3], ` is an array of length 1, ${PAIR}`],
          [[1, 2, 3], ` is an array of length 3, ${PAIR}`],
          [{ x: 1, y: 2 }, ` is a plain object, ${PAIR}`],
          [undefined, ` is undefined, ${LEAF}`],
          [[1, undefined], `, [1] is undefined, ${LEAF}`],
          [[1, { a: ["b"] }], `, [1].a[0] is the string "b", ${LEAF}`],
          [[new Node(1), 2], `, [0] is an instance of Node, ${LEAF}`],
        ]
      ) {
        assertEquals(
          assertThrows(() => give(y), TypeError).message,
          `Cannot ${name}: the function's result${message}`,
        );
      }
      if (name === "jacobian") return;
      assertEquals(
        assertThrows(() => give([[1, 2], 3]), TypeError).message,
        `Cannot ${name}: the function's result, [0] is an array of length 2, ` +
          "expected a number or Var",
      );
    });
  }

  it("are an option that is not one", () => {
    // deno-lint-ignore no-explicit-any
    const transforms: Record<string, (f: any, options: any) => unknown> = {
      grad,
      valueAndGrad,
      jacobian,
      hessian,
    };
    for (const [name, transform] of Object.entries(transforms)) {
      for (
        const [options, message] of [
          [true, "options is the boolean true, expected an object"],
          [null, "options is null, expected an object"],
          [{ hasAux: 1 }, "hasAux is the number 1, expected a boolean"],
        ] as const
      ) {
        assertEquals(
          assertThrows(() => transform(sin, options), TypeError).message,
          `Cannot ${name}: ${message}`,
        );
      }
      assertThrows(
        () => transform(3, HAS_AUX),
        TypeError,
        `Cannot ${name}: the argument is the number 3, expected a function`,
      );
    }
  });
});
