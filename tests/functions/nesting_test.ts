// Functions with rules of their own, each within the others.
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  backward,
  checkpoint,
  compile,
  defineFunction,
  defineImplicit,
  div,
  exp,
  grad,
  hessian,
  jacobian,
  jvp,
  linearize,
  map,
  mul,
  Node,
  type Scalar,
  solve,
  sqrt,
  square,
  sub,
  sum,
  vjp,
} from "../../mod.ts";
import { assertClose } from "../support/numeric.ts";

type Point = readonly [Scalar, Scalar];

const root = defineImplicit({
  name: "root",
  residual: (y, x) => sub(square(y), x),
  solve: (x: number) => Math.sqrt(x),
});

/** (√(a + b²), eᵃ/b), whose rule uses an implicit function and a linear system. */
const ruled = defineFunction({
  name: "ruled",
  value: ([a, b]: readonly [number, number]) => [
    Math.sqrt(a + b * b),
    Math.exp(a) / b,
  ],
  pullback: ([p, q], [a, b]) => {
    const half = div(mul(0.5, p!), root(add(a, square(b))));
    const [share] = solve([[b, 0], [0, 1]], [mul(q!, exp(a)), 0]);
    return [
      add(half, share!),
      sub(mul(mul(2, b), half), div(share!, b)),
    ];
  },
});

/** y₀·y₁ = a, y₁ = b, found and differentiated through all of the above. */
const quotient = defineImplicit({
  name: "quotient",
  residual: ([y, z]: readonly Scalar[], [a, b]: Point) => [
    sub(mul(checkpoint((y: Scalar) => mul(y, 1))(y!), z!), a),
    sub(z!, b),
  ],
  solve: ([a, b]: readonly [number, number]): number[] => [a / b, b],
});

const nested = (x: Point): Scalar => {
  const part = checkpoint(([a, b]: Point) => {
    const [p, q] = ruled([a, b]);
    return quotient([p!, root(q!)]);
  });
  return sum(map([1, 2], (k) => mul(k, part([mul(k, x[0]), x[1]])[0]!)));
};

const written = ([x, y]: Point): Scalar =>
  sum([1, 2].map((k) => {
    const a = mul(k, x);
    return mul(
      k,
      div(sqrt(add(a, square(y))), sqrt(div(exp(a), y))),
    );
  }));

const POINT = [0.6, 1.7] as const;

const derivatives: Record<string, (f: typeof nested) => unknown> = {
  value: (f) => f(POINT),
  grad: (f) => grad(f)(POINT),
  vjp: (f) => vjp(f)(POINT).pullback(2),
  jvp: (f) => jvp(f)(POINT, [1, 2]).tangent,
  linearize: (f) => {
    const { pushforward } = linearize(f)(POINT);
    // One after the other: the first must not spoil what the second needs.
    return [pushforward([1, 0]), pushforward([0, 1]), pushforward([1, 0])];
  },
  hessian: (f) => hessian(f)(POINT),
  "third derivatives": (f) =>
    jacobian((x: Point) => hessian(f)(x).flat())(POINT),
  "reverse over reverse over reverse": (f) => {
    const once = (x: Point) => grad(f)(x)[0] as Scalar;
    const twice = (x: Point) => grad(once)(x)[1] as Scalar;
    return grad(twice)(POINT);
  },
};

describe("functions with rules of their own, within one another", () => {
  for (const [name, derivative] of Object.entries(derivatives)) {
    it(`have the derivatives of their operations: ${name}`, () => {
      const found = [derivative(nested)].flat(2) as number[];
      const expected = [derivative(written)].flat(2) as number[];
      assertEquals(found.length, expected.length);
      found.forEach((x, i) => assertClose(x, expected[i]!, 1e-12, `${i}`));
    });
  }

  it("give the same bits compiled", () => {
    assertEquals(compile(nested)(POINT), nested(POINT) as number);
    assertEquals(compile(grad(nested))(POINT), grad(nested)(POINT));
    assertEquals(compile(hessian(nested))(POINT), hessian(nested)(POINT));
  });

  it("are the same on the graph", () => {
    const x = POINT.map((value) => new Node(value)) as [Node, Node];
    backward(nested(x));
    const expected = grad(written)(POINT);
    x.forEach((node, i) => assertClose(node.grad, expected[i]!, 1e-12, `${i}`));
  });
});
