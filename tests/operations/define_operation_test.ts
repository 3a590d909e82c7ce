import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  abs,
  add,
  backward,
  cos,
  defineOperation,
  div,
  exp,
  mul,
  neg,
  Node,
  postOrder,
  type Scalar,
  sin,
  square,
  sub,
} from "../../mod.ts";
import {
  assertClose,
  partialDerivative,
  seededRandom,
} from "../support/numeric.ts";

const softsign = defineOperation({
  name: "softsign",
  value: (x: number) => x / (1 + Math.abs(x)),
  partials: (x) => div(1, square(add(1, abs(x)))),
});

const gaussian = defineOperation({
  name: "gaussian",
  value: (x: number) => Math.exp(-x * x),
  // In terms of its own result, as a list of one.
  partials: [(x, out) => mul(-2, mul(x, out))],
});

const polar = defineOperation({
  name: "polar",
  value: (r: number, angle: number) => r * Math.cos(angle),
  partials: [
    (_r, angle) => cos(angle),
    (r, angle) => neg(mul(r, sin(angle))),
  ],
});

const lerp = defineOperation({
  name: "lerp",
  value: (a: number, b: number, t: number) => a + (b - a) * t,
  partials: [
    (_a, _b, t) => sub(1, t),
    (_a, _b, t) => t,
    (a, b) => sub(b, a),
  ],
});

const weighted = defineOperation({
  name: "weighted",
  value: (a: number, b: number, c: number, d: number) =>
    a * b * Math.exp(c * d),
  partials: [
    (a, _b, _c, _d, out) => div(out, a),
    (_a, b, _c, _d, out) => div(out, b),
    (a, b, c, d) => mul(mul(a, b), mul(d, exp(mul(c, d)))),
    (_a, _b, c, _d, out) => mul(c, out),
  ],
});

const definitions: Record<
  string,
  [(...xs: Scalar[]) => Scalar, (...xs: number[]) => number]
> = {
  softsign: [softsign, (x) => x! / (1 + Math.abs(x!))],
  gaussian: [gaussian, (x) => Math.exp(-x! * x!)],
  polar: [polar as never, (r, angle) => r! * Math.cos(angle!)],
  lerp: [lerp as never, (a, b, t) => (1 - t!) * a! + t! * b!],
  weighted: [weighted as never, (a, b, c, d) => a! * b! * Math.exp(c! * d!)],
};
const arities: Record<string, number> = {
  softsign: 1,
  gaussian: 1,
  polar: 2,
  lerp: 3,
  weighted: 4,
};

describe("a defined operation", () => {
  for (const [name, [apply, reference]] of Object.entries(definitions)) {
    const arity = arities[name]!;
    const random = seededRandom(3);
    const points = Array.from(
      { length: 20 },
      () => Array.from({ length: arity }, () => 0.3 + 2 * random()),
    );

    it(`gives a number for numbers: ${name}`, () => {
      for (const point of points) {
        const value = apply(...point);
        assertClose(value as number, reference(...point), 1e-14, name);
      }
    });

    it(`gives one Node, with its derivatives, in every operand pattern: ${name}`, () => {
      for (const point of points) {
        for (let pattern = 1; pattern < 2 ** arity; pattern++) {
          const operands = point.map((x, i) =>
            (pattern >> i) % 2 === 1 ? new Node(x) : x
          );
          const y = apply(...operands) as Node;
          assertInstanceOf(y, Node);
          assertEquals(y.value, apply(...point));
          const leaves = operands.filter((x) => x instanceof Node);
          assertEquals(postOrder(y).length, leaves.length + 1);
          backward(mul(y, -2.5));
          operands.forEach((x, i) => {
            if (!(x instanceof Node)) return;
            const expected = -2.5 * partialDerivative(reference, point, i);
            assertClose(x.grad, expected, 1e-8, `∂${name}(${point}), ${i}`);
          });
        }
      }
    });

    it(`adds up where one Node stands in all places: ${name}`, () => {
      const diagonal = (x: number) => reference(...Array(arity).fill(x));
      const x = new Node(0.7);
      backward(apply(...Array(arity).fill(x)));
      assertClose(x.grad, partialDerivative(diagonal, [0.7], 0), 1e-8, name);
    });

    it(`carries its name: ${name}`, () => {
      const y = apply(...Array(arity).fill(new Node(0)));
      assertEquals(Deno.inspect(y).endsWith(`grad: 0, ${name})`), true);
    });
  }

  it("composes with the module's own, and with itself", () => {
    const f = (x: Scalar) =>
      mul(softsign(square(x)), lerp(x, softsign(x), 0.25));
    const x = new Node(1.3);
    backward(f(x));
    const expected = partialDerivative((x) => f(x) as number, [1.3], 0);
    assertClose(x.grad, expected, 1e-8, "composition");
  });

  it("lets NaN and infinities flow", () => {
    const x = new Node(Infinity);
    const y = gaussian(x);
    backward(y);
    // −2·∞·0.
    assertEquals([y.value, x.grad], [0, NaN]);
  });

  it("names a wrong operand, and its place", () => {
    const x = new Node(1);
    const calls: [() => unknown, string][] = [
      [() => softsign(undefined as never), "softsign: operand 1 is undefined"],
      [() => softsign("1" as never), 'softsign: operand 1 is the string "1"'],
      [() => polar(x, null as never), "polar: operand 2 is null"],
      [() => polar({} as never, x), "polar: operand 1 is a plain object"],
      [() => (polar as Loose)(1), "polar: operand 2 is undefined"],
      [() => lerp(x, 1, 1n as never), "lerp: operand 3 is the bigint 1n"],
      [() => (lerp as Loose)(1, x), "lerp: operand 3 is undefined"],
      [() => (lerp as Loose)(), "lerp: operand 1 is undefined"],
    ];
    for (const [call, message] of calls) {
      assertEquals(
        assertThrows(call, TypeError).message,
        `Cannot ${message}, expected a number, Node or Var`,
      );
    }
  });

  it("names a value that gives no number", () => {
    const vague = defineOperation({
      name: "vague",
      value: (_x: number) => undefined as never,
      partials: (x) => x,
    });
    for (const x of [1, new Node(1)]) {
      assertEquals(
        assertThrows(() => vague(x), TypeError).message,
        "Cannot vague: the result of value is undefined, expected a number",
      );
    }
  });

  it("names a rule that gives no Scalar, and leaves the leaves as they were", () => {
    const results: [unknown, string][] = [
      [undefined, "undefined"],
      [null, "null"],
      ["1", 'the string "1"'],
      [{}, "a plain object"],
      [[1], "an array of length 1"],
    ];
    for (const [result, what] of results) {
      const broken = defineOperation({
        name: "broken",
        value: (a: number, b: number) => a + b,
        partials: [() => 1, () => result as number],
      });
      const a = new Node(1), b = new Node(2);
      const y = broken(a, b);
      assertEquals(
        assertThrows(() => backward(y), TypeError).message,
        `Cannot broken: the result of partials[1] is ${what}, ` +
          "expected a number, Node or Var",
      );
      assertEquals([a.grad, b.grad], [0, 0]);
    }
  });
});

/** A function, called as plain JavaScript might. */
type Loose = (...args: unknown[]) => unknown;

describe("defineOperation", () => {
  const value = (x: number, y: number) => x * y;
  const rule = () => 1;
  const wrong: [unknown, string][] = [
    [
      undefined,
      "defineOperation: the definition is undefined, expected an object with " +
      "name, value and partials",
    ],
    [
      { value, partials: [rule, rule] },
      "defineOperation: name is undefined, expected a string that is not empty",
    ],
    [
      { name: "", value, partials: [rule, rule] },
      'defineOperation: name is the string "", expected a string that is not empty',
    ],
    [
      { name: "f", partials: [rule, rule] },
      "defineOperation f: value is undefined, expected a function of numbers",
    ],
    [
      { name: "f", value: 3, partials: [rule, rule] },
      "defineOperation f: value is the number 3, expected a function of numbers",
    ],
    [
      { name: "f", value },
      "defineOperation f: partials is undefined, expected a function of Scalars",
    ],
    [
      { name: "f", value, partials: [rule, null] },
      "defineOperation f: partials[1] is null, expected a function of Scalars",
    ],
  ];
  for (const [definition, message] of wrong) {
    it(`throws a TypeError: ${message}`, () => {
      const define = () => defineOperation(definition as never);
      assertEquals(
        assertThrows(define, TypeError).message,
        `Cannot ${message}`,
      );
    });
  }

  const counts: [unknown, number][] = [[[], 0], [[rule], 1], [rule, 1]];
  for (const [partials, count] of counts) {
    it(`throws a RangeError on ${count} rules for 2 parameters`, () => {
      const define = () =>
        defineOperation({ name: "f", value, partials } as never);
      assertEquals(
        assertThrows(define, RangeError).message,
        "Cannot defineOperation f: the number of rules in partials is " +
          `${count}, expected 2, one for each parameter of value`,
      );
    });
  }
});
