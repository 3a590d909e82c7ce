import { describe, it } from "@std/testing/bdd";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { add, backward, div, mul, neg, Node, pow, relu } from "../mod.ts";

// The two expressions of micrograd's test/test_engine.py (Andrej Karpathy, MIT
// licence), which compares them with PyTorch there; the second is also the
// example of its README, which gives the numbers below.

/** What the expressions are written in. */
interface Algebra<T> {
  constant(x: number): T;
  add(a: T, b: T): T;
  mul(a: T, b: T): T;
  div(a: T, b: T): T;
  neg(a: T): T;
  pow(a: T, n: number): T;
  relu(a: T): T;
}

function sanityCheck<T>(
  { constant, add, mul, relu }: Algebra<T>,
  x: T,
): T {
  const z = add(add(mul(constant(2), x), constant(2)), x);
  const q = add(relu(z), mul(z, x));
  const h = relu(mul(z, z));
  return add(add(h, q), mul(q, x));
}

function moreOps<T>(
  { constant, add, mul, div, neg, pow, relu }: Algebra<T>,
  a: T,
  b: T,
): T {
  let c = add(a, b);
  let d = add(mul(a, b), pow(b, 3));
  c = add(c, add(c, constant(1)));
  c = add(c, add(add(constant(1), c), neg(a)));
  d = add(d, add(mul(d, constant(2)), relu(add(b, a))));
  d = add(d, add(mul(constant(3), d), relu(add(b, neg(a)))));
  const e = add(c, neg(d));
  const f = pow(e, 2);
  return add(div(f, constant(2)), div(constant(10), f));
}

const nodes: Algebra<Node> = {
  constant: (x) => new Node(x),
  add,
  mul,
  div,
  neg,
  pow,
  relu,
};

/** An exact fraction. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

function fraction(over: bigint, under: bigint): Fraction {
  return under < 0n ? { over: -over, under: -under } : { over, under };
}

function toNumber({ over, under }: Fraction): number {
  const digits = 10n ** 30n;
  return Number(over * digits / under) / 1e30;
}

const plus = (a: Fraction, b: Fraction) =>
  fraction(a.over * b.under + b.over * a.under, a.under * b.under);
const times = (a: Fraction, b: Fraction) =>
  fraction(a.over * b.over, a.under * b.under);
const inverse = (a: Fraction) => fraction(a.under, a.over);
const whole = (n: number) => fraction(BigInt(n), 1n);

/** A dual number, exact: the value, and the derivative by one variable. */
type Dual = readonly [value: Fraction, tangent: Fraction];

const duals: Algebra<Dual> = {
  constant: (x) => [whole(x), whole(0)],
  add: (a, b) => [plus(a[0], b[0]), plus(a[1], b[1])],
  mul: (a, b) => [
    times(a[0], b[0]),
    plus(times(a[1], b[0]), times(a[0], b[1])),
  ],
  div(a, b) {
    const [value, reciprocal] = [inverse(b[0]), inverse(times(b[0], b[0]))];
    return duals.mul(a, [value, times(whole(-1), times(b[1], reciprocal))]);
  },
  neg: (a) => duals.mul(duals.constant(-1), a),
  pow: (a, n) => n === 1 ? a : duals.mul(a, duals.pow(a, n - 1)),
  relu: (a) => a[0].over > 0n ? a : duals.constant(0),
};

function assertNear(actual: number, expected: number): void {
  assertAlmostEquals(actual, expected, 1e-14 * Math.abs(expected));
}

describe("micrograd's expressions", () => {
  type Expression = <T>(algebra: Algebra<T>, ...xs: [T, T]) => T;
  const expressions: [string, Expression, [number, number]][] = [
    ["sanity check", (algebra, x) => sanityCheck(algebra, x), [-4, 0]],
    ["more operations", moreOps, [-4, 2]],
  ];
  for (const [name, expression, point] of expressions) {
    it(`have the gradients of exact arithmetic: ${name}`, () => {
      const leaves = point.map((x) => new Node(x)) as [Node, Node];
      const root = expression(nodes, ...leaves);
      backward(root);
      for (const [i, leaf] of leaves.entries()) {
        const xs = point.map((
          x,
          j,
        ): Dual => [whole(x), whole(i === j ? 1 : 0)]);
        const [value, derivative] = expression(duals, ...xs as [Dual, Dual]);
        assertNear(root.value, toNumber(value));
        assertNear(leaf.grad, toNumber(derivative));
      }
    });
  }

  it("have the numbers of micrograd's README", () => {
    const a = new Node(-4), b = new Node(2);
    const g = moreOps(nodes, a, b);
    backward(g);
    assertEquals(
      [g.value, a.grad, b.grad].map((x) => x.toFixed(4)),
      ["24.7041", "138.8338", "645.5773"],
    );
  });
});
