import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  backward,
  compile,
  cos,
  defineImplicit,
  div,
  exp,
  grad,
  hessian,
  jacobian,
  jvp,
  log,
  mul,
  Node,
  type Scalar,
  solve,
  sqrt,
  square,
  sub,
  sum,
} from "../../mod.ts";
import { assertClose } from "../support/numeric.ts";

/** Derivatives of orders 0 to 3 of a function of one number, in each way to nest transforms. */
function towers(f: (x: Scalar) => Scalar): ((x: number) => number)[][] {
  const forward = (f: (x: Scalar) => Scalar) => (x: Scalar): Scalar =>
    jvp(f)(x, 1).tangent;
  const reverse = (f: (x: Scalar) => Scalar) => (x: Scalar): Scalar =>
    grad(f)(x);
  const all = [
    [f],
    [forward(f), reverse(f)],
    [
      forward(forward(f)),
      forward(reverse(f)),
      reverse(forward(f)),
      reverse(reverse(f)),
    ],
    [
      reverse(reverse(reverse(f))),
      forward(forward(forward(f))),
      reverse(forward(reverse(f))),
    ],
  ];
  return all as ((x: number) => number)[][];
}

function assertDerivatives(
  f: (x: Scalar) => Scalar,
  x: number,
  expected: readonly number[],
): void {
  towers(f).forEach((functions, order) =>
    functions.forEach((derivative, k) => {
      const name = `order ${order}, ${k}`, found = derivative(x);
      assertClose(found, expected[order]!, 1e-12, name);
      assertEquals(
        compile(derivative as (x: Scalar) => Scalar)(x),
        found,
        name,
      );
    })
  );
  const node = new Node(x);
  backward(f(node));
  assertClose(node.grad, expected[1]!, 1e-12, "graph");
}

describe("a root of one equation", () => {
  const root = defineImplicit({
    name: "root",
    residual: (y, x) => sub(square(y), x),
    solve: (x: number) => Math.sqrt(x),
  });

  it("has the derivatives of the function to third order", () => {
    const x = 2.3;
    assertDerivatives(root, x, [
      x ** 0.5,
      0.5 * x ** -0.5,
      -0.25 * x ** -1.5,
      0.375 * x ** -2.5,
    ]);
  });

  it("is nested in another", () => {
    const exponential = defineImplicit({
      name: "exponential",
      residual: (y, x) => sub(log(y), root(x)),
      solve: (x: number) => Math.exp(Math.sqrt(x)),
    });
    const x = 1.7, s = Math.sqrt(x), e = Math.exp(s);
    assertDerivatives(exponential, x, [
      e,
      e / (2 * s),
      e * (s - 1) / (4 * s ** 3),
      e * (s * s - 3 * s + 3) / (8 * s ** 5),
    ]);
  });
});

describe("a fixed point", () => {
  // y = cos(a·y), by iteration.
  const fixed = defineImplicit({
    name: "fixed",
    residual: (y, a) => sub(y, cos(mul(a, y))),
    solve: (a: number) => {
      let y = 1;
      for (let k = 0; k < 500; k++) y = Math.cos(a * y);
      return y;
    },
  });

  it("has derivatives as the theorem gives them", () => {
    const a = 0.8, y = fixed(a);
    const s = Math.sin(a * y), c = Math.cos(a * y);
    // y′ = −y·s / (1 + a·s), and that differentiated, with (a·y)′ = y + a·y′.
    const first = -y * s / (1 + a * s);
    const inner = y + a * first;
    const second = -(first * s + y * c * inner) / (1 + a * s) +
      y * s * (s + a * c * inner) / (1 + a * s) ** 2;
    assertClose(grad(fixed)(a), first, 1e-12, "first");
    assertClose(jvp(fixed)(a, 1).tangent, first, 1e-12, "forward");
    assertClose(grad(grad(fixed))(a), second, 1e-12, "second");
    assertClose(compile(grad(grad(fixed)))(a), second, 1e-12, "compiled");
  });
});

describe("the minimiser of an inner problem", () => {
  // Ridge regression: the weights that minimise |Xw − t|² + λ|w|², and the loss
  // on other data by the outer parameters λ and a scale of the features.
  const rows = [[1, 0.5], [0.3, -1], [2, 1.2], [-0.4, 0.9]];
  const targets = [1, -0.5, 2.3, 0.4];
  type Outer = { lambda: Scalar; scale: Scalar };
  const predict = (w: readonly Scalar[], row: readonly number[], s: Scalar) =>
    add(mul(w[0]!, row[0]!), mul(mul(w[1]!, s), row[1]!));
  const inner = (w: readonly Scalar[], { lambda, scale }: Outer) =>
    add(
      sum(
        rows.map((row, i) => square(sub(predict(w, row, scale), targets[i]!))),
      ),
      mul(lambda, sum(w.map(square))),
    );
  /** The normal equations, (XᵀX + λ)w = Xᵀt. */
  const normal = ({ lambda, scale }: Outer): [Scalar[][], Scalar[]] => {
    const X = rows.map(([a, b]) => [a!, mul(scale, b!)] as Scalar[]);
    return [
      [0, 1].map((i) =>
        [0, 1].map((j) =>
          add(sum(X.map((row) => mul(row[i]!, row[j]!))), i === j ? lambda : 0)
        )
      ),
      [0, 1].map((i) => sum(X.map((row, k) => mul(row[i]!, targets[k]!)))),
    ];
  };
  const weights = defineImplicit({
    name: "weights",
    residual: (w: readonly Scalar[], outer: Outer) =>
      grad((w: readonly Scalar[]) => inner(w, outer))(w),
    solve: (outer: { lambda: number; scale: number }): number[] =>
      solve(...normal(outer)) as number[],
  });
  const loss = (w: readonly Scalar[]) =>
    add(square(sub(predict(w, [0.7, 0.1], 1), 0.9)), exp(w[1]!));
  const implicit = (outer: Outer) => loss(weights(outer));
  const direct = (outer: Outer) => loss(solve(...normal(outer)));
  const point = { lambda: 0.3, scale: 1.4 };

  it("has the derivatives of its closed form to third order", () => {
    const third = (f: typeof implicit) =>
      jacobian((x: Outer) => hessian(f)(x).flat())(point);
    const all = (f: typeof implicit) =>
      [
        Object.values(grad(f)(point)),
        hessian(f)(point),
        third(f),
        jvp(f)(point, { lambda: 1, scale: 2 }).tangent,
      ].flat(3) as number[];
    const expected = all(direct);
    all(implicit).forEach((x, i) =>
      assertClose(x, expected[i]!, 1e-12, `${i}`)
    );
  });

  it("is the same compiled, to the bit", () => {
    assertEquals(compile(grad(implicit))(point), grad(implicit)(point));
    assertEquals(compile(hessian(implicit))(point), hessian(implicit)(point));
  });
});

describe("an implicit function of structures", () => {
  it("has as many equations as unknowns, in structures of their own", () => {
    // a·u = x, u + v = x·x
    const f = defineImplicit({
      name: "f",
      residual: ({ u, v }, x, a: number) => ({
        first: sub(mul(a, u), x),
        others: [sub(add(u, v), square(x))],
      }),
      solve: (x: number, a: number) => ({ u: x / a, v: x * x - x / a }),
    });
    assertEquals(f(3, 2), { u: 1.5, v: 7.5 });
    assertEquals(jacobian((x: Scalar) => f(x, 2))(3), [[0.5], [5.5]]);
    const { tangent } = jvp((x: Scalar) => f(x, 2))(3, 1);
    assertEquals(tangent, { u: 0.5, v: 5.5 });
  });

  it("may branch in its residual, as any function may", () => {
    const f = defineImplicit({
      name: "f",
      residual: (y, x) => sub(mul(y, sqrt(y)), div(x, 1)),
      solve: (x: number) => Math.cbrt(x * x),
    });
    assertClose(grad(f)(8), 2 / 3 / 2, 1e-14, "x^(2/3)");
  });
});

describe("an implicit function refuses", () => {
  const residual = (y: Scalar, x: Scalar) => sub(y, x);
  const find = (x: number) => x;
  const wrong: readonly [unknown, string][] = [
    [
      null,
      "Cannot defineImplicit: the definition is null, expected an object with name, residual and solve",
    ],
    [
      { residual, solve: find },
      "Cannot defineImplicit: name is undefined, expected a string that is not empty",
    ],
    [
      { name: "f", solve: find },
      "Cannot defineImplicit f: residual is undefined, expected a function of Scalars",
    ],
    [
      { name: "f", residual },
      "Cannot defineImplicit f: solve is undefined, expected a function of numbers",
    ],
  ];
  for (const [definition, message] of wrong) {
    it(`a wrong definition: ${message}`, () => {
      const define = () => defineImplicit(definition as never);
      assertEquals(assertThrows(define, TypeError).message, message);
    });
  }

  it("more or fewer equations than unknowns, where it is differentiated", () => {
    const f = defineImplicit({
      name: "f",
      residual: (y: Scalar, x: Scalar) => [sub(y, x), sub(x, y)],
      solve: find,
    });
    assertEquals(f(1), 1);
    for (const run of [() => grad(f)(1), () => jvp(f)(1, 1)]) {
      assertEquals(
        assertThrows(run, RangeError).message,
        "Cannot differentiate f: the number of equations in residual is 2, " +
          "expected 1, one for each unknown",
      );
    }
  });

  it("equations that do not determine the unknowns", () => {
    const f = defineImplicit({
      name: "f",
      residual: ([a, b]: readonly Scalar[], x: Scalar) => [
        sub(add(a!, b!), x),
        mul(2, sub(add(a!, b!), x)),
      ],
      solve: (x: number): number[] => [x, 0],
    });
    assertEquals(
      assertThrows(() => grad((x: Scalar) => f(x)[0]!)(1), RangeError).message,
      "Cannot solve: the matrix is singular, expected one with an inverse",
    );
  });

  it("a solution that is not of numbers", () => {
    const f = defineImplicit({
      name: "f",
      residual,
      solve: ((_x: number) => undefined) as unknown as typeof find,
    });
    assertEquals(
      assertThrows(() => f(1), TypeError).message,
      "Cannot f: the result of solve is undefined, expected a number, or an " +
        "array, plain object or Float64Array of numbers",
    );
  });
});
