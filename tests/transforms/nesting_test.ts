import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  cos,
  defineOperation,
  div,
  dot,
  exp,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  log,
  mul,
  neg,
  pow,
  primal,
  type Scalar,
  select,
  sin,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  valueAndGrad,
  vjp,
} from "../../mod.ts";
import { tapeLength } from "../../src/tape/recording.ts";
import { assertClose } from "../support/numeric.ts";

type Curve = (x: Scalar) => Scalar;

/** Every transform that gives a derivative of a function of one Scalar. */
const DERIVATIVES: Record<string, (f: Curve) => Curve> = {
  grad: (f) => grad(f),
  valueAndGrad: (f) => (x) => valueAndGrad(f)(x).gradient,
  jvp: (f) => (x) => jvp(f)(x, 1).tangent,
  vjp: (f) => (x) => vjp(f)(x).pullback(1),
  "jacobian, forward": (f) => (x) => jacobian(f)(x)[0]![0]!,
  "jacobian, reverse": (f) => (x) =>
    jacobian(([y]: readonly Scalar[]) => f(y!))([x, 7])[0]![0]!,
  // The second derivative of an antiderivative along a line: t·f′ by t.
  hvp: (f) => (x) =>
    hvp(([x, t]: readonly Scalar[]) => mul(t!, f(x!)))([x, 0], [0, 1])[0]!,
  hessian: (f) => (x) =>
    hessian(([x, t]: readonly Scalar[]) => mul(t!, f(x!)))([x, 0])[0]![1]!,
};
const PAIRS = Object.entries(DERIVATIVES).flatMap(([outer, D]) =>
  Object.entries(DERIVATIVES).map(([inner, d]) =>
    [`${outer} of ${inner}`, D, d] as const
  )
);

describe("a derivative inside a derivative", () => {
  interface Case {
    /** A function that takes a derivative d of a function that closes over x. */
    readonly f: (d: (f: Curve) => Curve) => Curve;
    readonly at: number;
    /** The derivative of f, by hand. */
    readonly expected: number;
  }
  // Where the perturbations of the two are confused, the results are others.
  const CASES: Record<string, Case> = {
    // DESIGN, and Siskind and Pearlmutter, "Perturbation confusion and
    // referential transparency" (2005): 2 if confused.
    "x · d/dy (x + y)": {
      f: (d) => (x) => mul(x, d((y) => add(x, y))(1)),
      at: 1,
      expected: 1,
    },
    "x · d/dy (x · y)": {
      f: (d) => (x) => mul(x, d((y) => mul(x, y))(2)),
      at: 1,
      expected: 2,
    },
    "d/dy (x · y) at x": {
      f: (d) => (x) => d((y) => mul(x, y))(x),
      at: 3,
      expected: 1,
    },
    "d/dy (x · y²) at x": {
      f: (d) => (x) => d((y) => mul(x, square(y)))(x),
      at: 3,
      expected: 12,
    },
    "d/dy (x − y)": {
      f: (d) => (x) => mul(square(x), d((y) => sub(x, y))(x)),
      at: 3,
      expected: -6,
    },
    "d/dy (x³) is 0": {
      f: (d) => (x) => add(x, d((_) => mul(x, square(x)))(x)),
      at: 2,
      expected: 1,
    },
    "d/dy (y³), nothing of x": {
      f: (d) => (x) => mul(x, d((y) => mul(y, square(y)))(2)),
      at: 5,
      expected: 12,
    },
    "the outer variable returned": {
      f: (d) => (x) => add(d((_) => x)(1), mul(x, x)),
      at: 5,
      expected: 10,
    },
    "the inner argument as a closure, one level down": {
      f: (d) => (x) => mul(x, d((y) => d((z) => mul(z, y))(1))(2)),
      at: 5,
      expected: 1,
    },
    "three levels, all three variables": {
      f: (d) => (x) =>
        d((y) =>
          d((z) => mul(mul(mul(x, y), square(z)), add(x, add(y, z))))(x)
        )(x),
      at: 2,
      // d/dz of x·y·z²·(x + y + z), at z = x: 5x³y + 2x²y²; by y at y = x: 9x³.
      expected: 108,
    },
    "an inner point that depends on x twice": {
      f: (d) => (x) => d((y) => sin(mul(x, y)))(square(x)),
      at: 0.5,
      // d/dx (x·cos x³).
      expected: Math.cos(0.125) - 3 * 0.125 * Math.sin(0.125),
    },
    "side by side": {
      f: (d) => (x) =>
        mul(d((y) => mul(x, square(y)))(x), d((y) => div(y, x))(3)),
      at: 2, // 2x² · 1/x
      expected: 2,
    },
  };
  for (const [name, D, d] of PAIRS) {
    it(`is not confused with it: ${name}`, () => {
      for (const [what, { f, at, expected }] of Object.entries(CASES)) {
        assertClose(primal(D(f(d))(at)), expected, 1e-14, what);
      }
    });
  }

  it("of a function that gives functions is its own (the amazing bug)", () => {
    // Manzyuk, Pearlmutter, Radul, Rush and Siskind, "Perturbation confusion in
    // forward automatic differentiation of higher-order functions" (2019): the
    // derivative of s(u)(f)(x) = f(x + u) by u at 0 is a derivative operator,
    // which applied twice is the second derivative.
    for (const [name, D, d] of PAIRS) {
      const operators = [D, d].map((d) => (f: Curve): Curve => (x) =>
        d((u) => f(add(x, u)))(0)
      );
      const second = operators[0]!(operators[1]!(exp))(1);
      assertClose(primal(second), Math.E, 1e-14, name);
      const cubed = operators[0]!(operators[1]!((x) => mul(x, square(x))))(2);
      assertClose(primal(cubed), 12, 1e-14, name);
    }
  });

  for (const [name, D, d] of PAIRS) {
    it(`is the second derivative: ${name}`, () => {
      const functions: [Curve, (x: number) => number][] = [
        [(x) => mul(x, square(x)), (x) => 6 * x],
        [sin, (x) => -Math.sin(x)],
        [(x) => exp(square(x)), (x) => (2 + 4 * x * x) * Math.exp(x * x)],
        [(x) => div(1, x), (x) => 2 / x ** 3],
        [(x) => pow(x, x), (x) => x ** x * ((Math.log(x) + 1) ** 2 + 1 / x)],
        [(x) => sum([x, mul(x, x), x]), () => 2],
        [(x) => dot([x, 1], [x, x]), () => 2],
        [(x) => mul(2, x), () => 0],
        [() => 4, () => 0],
      ];
      for (const [i, [f, second]] of functions.entries()) {
        for (const x of [0.3, 1.7]) {
          assertClose(primal(D(d(f))(x)), second(x), 1e-13, `${i} at ${x}`);
        }
      }
    });
  }

  it("is exact to the sixth order, whichever transforms make it", () => {
    const operators = Object.values(DERIVATIVES);
    for (let i = 0; i < operators.length; i++) {
      let f: Curve = (x) => pow(x, 7);
      let expected = 1;
      for (let order = 1; order <= 6; order++) {
        f = operators[(i + order) % operators.length]!(f);
        expected *= 8 - order;
        if (order > 4 && i > 1) break;
        assertEquals(
          primal(f(2)),
          expected * 2 ** (7 - order),
          `${i} ${order}`,
        );
      }
    }
  });

  it("of grad, three and four deep, by closures over all levels", () => {
    const f = (a: Scalar) =>
      grad((b: Scalar) =>
        grad((c: Scalar) =>
          grad((d: Scalar) =>
            mul(mul(square(a), mul(b, square(b))), mul(pow(c, 4), pow(d, 5)))
          )(c)
        )(b)
      )(a);
    // 5a²b³c⁸, by c at b: 40a²b³c⁷ → 40·a²·b¹⁰, by b at a: 400·a¹¹; by a: 4400·a¹⁰.
    assertEquals([f(1), grad(f)(1), grad(f)(2)], [400, 4400, 4400 * 1024]);
    assertEquals(grad(grad(f))(1), 44_000);
  });

  it("of several variables is every mixed one", () => {
    // ∂³/∂x∂y∂z of x²y³z⁴, each by a grad of its own.
    const f = (x: Scalar, y: Scalar, z: Scalar) =>
      mul(square(x), mul(mul(y, square(y)), square(square(z))));
    const mixed = (x: number, y: number, z: number): Scalar =>
      grad((x: Scalar) =>
        grad((y: Scalar) => grad((z: Scalar) => f(x, y, z))(z))(y)
      )(x);
    assertEquals(mixed(2, 3, 5), 2 * 2 * 3 * 9 * 4 * 125);
  });

  it("of a Hessian's function that calls grad itself", () => {
    // ∇ of x²y is (2xy, x²); its squared norm is 4x²y² + x⁴.
    const norm = (xs: readonly Scalar[]) => {
      const g = grad(([x, y]: readonly Scalar[]) => mul(square(x!), y!))(xs);
      return dot(g, g);
    };
    const [x, y] = [3, 5];
    assertEquals(hessian(norm)([x, y]), [
      [8 * y * y + 12 * x * x, 16 * x * y],
      [16 * x * y, 8 * x * x],
    ]);
    assertEquals(grad(norm)([x, y]), [
      8 * x * y * y + 4 * x ** 3,
      8 * x * x * y,
    ]);
  });

  it("of vjp inside jvp, and jvp inside vjp", () => {
    const f = ([x, y]: readonly Scalar[]) => [mul(x!, y!), sin(x!)];
    const back = (xs: readonly Scalar[]) => vjp(f)(xs).pullback([2, 3]);
    const [x, y] = [0.4, 0.9];
    // (2y + 3·cos x, 2x).
    assertEquals(jvp(back)([x, y], [1, 10]), {
      value: [2 * y + 3 * Math.cos(x), 2 * x],
      tangent: [20 - 3 * Math.sin(x), 2],
    });
    const forward = (xs: readonly Scalar[]) => jvp(f)(xs, [1, 10]).tangent;
    // (y + 10x, cos x).
    const { value, pullback } = vjp(forward)([x, y]);
    assertEquals(value, [y + 10 * x, Math.cos(x)]);
    assertEquals(pullback([2, 3]), [20 - 3 * Math.sin(x), 2]);
  });

  it("keeps the variable outside in its value", () => {
    const values: ((f: Curve) => Scalar)[] = [
      (f) => valueAndGrad(f)(1).value,
      (f) => jvp(f)(1, 1).value,
      (f) => vjp(f)(1).value,
    ];
    for (const [name, d] of Object.entries(DERIVATIVES)) {
      for (const value of values) {
        const same = (x: Scalar) => mul(x, value((_) => x));
        assertEquals(primal(d(same)(3)), 6, name);
        const product = (x: Scalar) => mul(x, value((y) => mul(y, x)));
        assertEquals(primal(d(product)(3)), 6, name);
        // Of no use to the derivative inside, which is all numbers.
        const inner = (x: Scalar) => value((y) => mul(y, value((_) => neg(x))));
        assertEquals(primal(d(inner)(3)), -1, name);
        const twice = (x: Scalar) =>
          d((y) => mul(y, square(value((_) => neg(x)))))(1); // x²
        assertEquals(primal(d(twice)(3)), 6, name);
      }
    }
  });

  it("by data that is a variable outside", () => {
    const f = (y: Scalar, x: Scalar) => mul(square(y), mul(x, x));
    const d = grad(f);
    assertEquals(grad((x: Scalar) => d(3, x))(5), 6 * 10);
    assertEquals(grad((x: Scalar) => d(x, x))(2), 6 * 4); // 2x·x²
    assertEquals(
      grad((x: Scalar) => vjp(f)(3, x).pullback(2) as Scalar)(5),
      2 * 6 * 10,
    );
  });
});

describe("a computation with derivatives in it", () => {
  it("differentiates through gradient descent", () => {
    // On (y − target)²/2·rate, n steps from 0: target·(1 − (1 − rate)ⁿ).
    const descend = (target: Scalar, rate: Scalar, steps: number): Scalar => {
      let y: Scalar = 0;
      for (let i = 0; i < steps; i++) {
        const slope: Scalar = grad((y: Scalar) =>
          div(square(sub(y, target)), 2)
        )(y);
        y = sub(y, mul(rate, slope));
      }
      return y;
    };
    const [target, rate, n] = [3, 0.1, 20];
    assertClose(
      primal(descend(target, rate, n)),
      target * (1 - 0.9 ** n),
      1e-14,
      "the value",
    );
    const byTarget = grad((t: Scalar) => descend(t, rate, n))(target);
    assertClose(byTarget, 1 - 0.9 ** n, 1e-14, "by the target");
    const byRate = grad((r: Scalar) => descend(target, r, n));
    assertClose(byRate(rate), target * n * 0.9 ** (n - 1), 1e-14, "by rate");
    const second = grad(byRate)(rate);
    const expected = -target * n * (n - 1) * 0.9 ** (n - 2);
    assertClose(second, expected, 1e-13, "by rate, twice");
    const { tangent } = jvp(([t, r]: readonly Scalar[]) => descend(t!, r!, n))([
      target,
      rate,
    ], [1, 1]);
    assertClose(tangent, byTarget + byRate(rate), 1e-14, "along both");
  });

  it("differentiates through Newton's method", () => {
    // √a as the root of y² − a; its derivatives are those of the root.
    const root = (a: Scalar): Scalar => {
      let y: Scalar = 1;
      for (let i = 0; i < 8; i++) {
        const { value, tangent }: { value: Scalar; tangent: Scalar } = jvp(
          (y: Scalar) => sub(square(y), a),
        )(y, 1);
        y = sub(y, div(value, tangent));
      }
      return y;
    };
    assertClose(primal(root(2)), Math.SQRT2, 1e-15, "value");
    assertClose(grad(root)(2), 1 / (2 * Math.SQRT2), 1e-14, "first");
    assertClose(grad(grad(root))(2), -1 / (8 * Math.SQRT2), 1e-14, "second");
    // Where all of it is numbers, there is nothing to differentiate.
    assertEquals(grad((x: Scalar) => mul(x, root(4)))(1), root(4));
  });

  it("takes as many rounds as its numbers say", () => {
    // d/dx applied n = ⌊x⌋ times: a loop whose length depends on the argument.
    const f = (x: Scalar) => {
      let g: Curve = (y) => exp(mul(x, y));
      for (let i = 0; i < Math.floor(primal(x)); i++) g = grad(g);
      return g(1); // xⁿ·eˣ
    };
    for (const x of [0.5, 1.5, 2.5, 3.5]) {
      const n = Math.floor(x);
      const expected = (n * x ** (n - 1) + x ** n) * Math.exp(x);
      assertClose(grad(f)(x), expected, 1e-13, `${x}`);
    }
    const repeated = (x: Scalar) => {
      let y = x;
      while (primal(y) < 10) y = grad((z: Scalar) => mul(x, square(z)))(y);
      return y; // y ← 2x·y: x·(2x)ⁿ
    };
    assertEquals(grad(repeated)(1), 5 * 2 ** 4);
    assertEquals(grad(repeated)(20), 1);
  });

  it("branches inside on the numbers outside", () => {
    const f = (x: Scalar) =>
      grad((y: Scalar) =>
        primal(x) > 0 ? mul(x, y) : mul(square(x), square(y))
      )(
        x,
      );
    assertEquals([grad(f)(2), grad(f)(-2)], [1, 24]);
    const inner = (x: Scalar) =>
      grad((y: Scalar) => primal(y) > 1 ? mul(x, y) : square(y))(div(x, 2));
    assertEquals([grad(inner)(4), grad(inner)(1)], [1, 1]);
    assertEquals([inner(4), inner(1)], [4, 1]);
  });

  it("selects with conditions that vary", () => {
    // A condition is flat, also where it is a variable itself.
    for (const [name, D, d] of PAIRS) {
      const f = (x: Scalar) => d((y) => mul(select(y, 2, 3), mul(y, x)))(5);
      assertEquals(primal(D(f)(7)), 2, name);
      const g = (x: Scalar) => d((y) => select(y, x, mul(x, y)))(x);
      assertEquals(primal(D(g)(7)), 0, name);
    }
  });
});

describe("stopGradient inside", () => {
  const first = (x: Scalar) => mul(square(stopGradient(x)), mul(x, x));
  it("stops each order where it stands", () => {
    // s²·x², with s held at x: 2s²x = 2x³ once, then 2s² = 2x².
    assertEquals(grad(first)(3), 2 * 27);
    assertEquals(grad(grad(first))(3), 2 * 9);
    assertEquals(grad(grad(grad(first)))(3), 0);
    for (const [name, D, d] of PAIRS) {
      assertEquals(primal(D(d(first))(3)), 18, name);
    }
  });

  it("stops the one it is in, or the one around, or both", () => {
    const inner = (x: Scalar) =>
      grad((y: Scalar) => mul(stopGradient(y), mul(y, x)))(3); // s·x
    assertEquals([inner(5), grad(inner)(5)], [15, 3]);
    const outer = (x: Scalar) =>
      grad((y: Scalar) => mul(square(y), stopGradient(x)))(x); // 2x·s
    assertEquals([outer(5), grad(outer)(5)], [50, 10]);
    const result = (x: Scalar) => mul(x, stopGradient(grad(square)(x)));
    assertEquals(grad(result)(3), 6);
    const argument = (x: Scalar) => mul(x, grad(square)(stopGradient(x)));
    assertEquals(grad(argument)(3), 6);
  });
});

describe("a recorded function that throws", () => {
  class Deliberate extends Error {}
  const boom = (): never => {
    throw new Deliberate();
  };
  /** Derivatives nested so deep that the innermost function throws. */
  function nested(depth: number, d: (f: Curve) => Curve): Curve {
    return depth === 0
      ? (x) => {
        sin(x);
        return boom();
      }
      : (x) => mul(x, d((y) => nested(depth - 1, d)(mul(x, y)))(2));
  }

  it("leaves the next call right, from any depth", () => {
    for (const [name, d] of Object.entries(DERIVATIVES)) {
      for (let depth = 0; depth < 4; depth++) {
        assertThrows(() => d(nested(depth, d))(3), Deliberate);
        assertEquals(tapeLength(), 0);
        assertClose(
          primal(d((x) => mul(x, d((y) => mul(x, y))(2)))(3)),
          6,
          1e-15,
          name,
        );
      }
    }
  });

  it("can be caught by the function around, which goes on", () => {
    for (const [name, d] of Object.entries(DERIVATIVES)) {
      const f = (x: Scalar) => {
        const y = square(x);
        const before = tapeLength();
        assertThrows(() => nested(2, d)(y), Deliberate);
        // What it recorded above stays unused, or is gone.
        assert(tapeLength() >= before);
        const z = d((t) => mul(y, square(t)))(x); // 2x³
        assertThrows(() => d(() => "text" as never)(z), TypeError);
        return mul(z, neg(y));
      };
      assertClose(primal(d(f)(2)), -10 * 2 ** 4, 1e-15, name);
    }
  });

  it("does so with its own pullback still good", () => {
    const { pullback } = vjp((x: Scalar) => mul(x, square(x)))(2);
    assertThrows(() => grad(() => boom())(1), Deliberate);
    assertEquals(pullback(1), 12);
  });
});

describe("re-entry", () => {
  /** d/dx of x·sin x, its value and rule by transforms of plain numbers. */
  const slope = defineOperation({
    name: "slope",
    value: (x: number) => grad((y: Scalar) => mul(y, sin(y)))(x),
    // 2·cos x − x·sin x.
    partials: (x) => sub(mul(2, cos(x)), mul(x, sin(x))),
  });
  const slopeByGrad = defineOperation({
    name: "slopeByGrad",
    value: (x: number) => jvp((y: Scalar) => mul(y, sin(y)))(x, 1).tangent,
    partials: (x) =>
      hessian((y: Scalar) => mul(y, sin(y)))(x as number)[0]![0]!,
  });
  const expected = (x: number) => 2 * Math.cos(x) - x * Math.sin(x);

  it("through a defined operation's value and rules", () => {
    for (const [name, operation] of Object.entries({ slope, slopeByGrad })) {
      for (const [way, d] of Object.entries(DERIVATIVES)) {
        const f = (x: Scalar) => mul(operation(x), sum([x, operation(x), x]));
        for (const x of [0.3, 2]) {
          const s = Math.sin(x) + x * Math.cos(x);
          const ds = expected(x);
          const df = ds * (2 * x + s) + s * (2 + ds);
          assertClose(primal(d(operation)(x)), ds, 1e-14, `${name}, ${way}`);
          assertClose(primal(d(f)(x)), df, 1e-13, `${name}, ${way}`);
        }
      }
      const third = -3 * Math.sin(0.7) - 0.7 * Math.cos(0.7);
      assertClose(grad(grad(operation))(0.7), third, 1e-14, name);
    }
  });

  it("through a rule, in the middle of a sweep of numbers", () => {
    let sweeps = 0;
    const busy = defineOperation({
      name: "busy",
      value: (a: number, b: number) => a * b,
      partials: [
        (_a, b) => {
          // More entries than the swept recording has.
          const xs = Array.from({ length: 500 }, (_, i) => i);
          const g = grad((xs: readonly Scalar[]) => dot(xs, xs))(xs);
          if (g[400] === 800) sweeps++;
          return b;
        },
        (a) => a,
      ],
    });
    const f = ([x, y]: readonly Scalar[]) => {
      let z = x!;
      for (let i = 0; i < 20; i++) z = add(busy(z, y!), sin(x!));
      return z;
    };
    const plain = ([x, y]: readonly Scalar[]) => {
      let z = x!;
      for (let i = 0; i < 20; i++) z = add(mul(z, y!), sin(x!));
      return z;
    };
    const point = [0.5, 0.9];
    assertEquals(grad(f)(point), grad(plain)(point));
    assertEquals(sweeps, 20);
    assertEquals(jacobian(f)(point), jacobian(plain)(point));
    assertEquals(
      jvp(f)(point, [1, 2]).tangent,
      jvp(plain)(point, [1, 2]).tangent,
    );
    assertEquals(hessian(f)(point), hessian(plain)(point));
  });

  it("through callbacks that run other transforms on the way", () => {
    const f = (x: Scalar) => {
      const values = [1, 2, 3].map((k) => grad((y: Scalar) => pow(y, k))(2));
      return mul(x, sum(values)); // 1 + 4 + 12
    };
    assertEquals(grad(f)(1), 17);
    assertEquals(hessian((x: Scalar) => mul(f(x), sqrt(log(x))))(1).length, 1);
  });
});
