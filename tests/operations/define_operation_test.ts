import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  abs,
  add,
  backward,
  compile,
  cos,
  defineOperation,
  div,
  exp,
  grad,
  hessian,
  hvp,
  jvp,
  mul,
  neg,
  Node,
  postOrder,
  primal,
  type Scalar,
  sin,
  square,
  sub,
  type Var,
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
          "expected a number, as its operands are",
      );
      assertEquals([a.grad, b.grad], [0, 0]);
    }
  });

  it("names a rule that gives a Node, or a Var that is not of its operands", () => {
    /** x², whose rule gives anything. */
    const squareWith = (partials: (x: Scalar) => unknown) =>
      defineOperation({
        name: "broken",
        value: (x: number) => x * x,
        partials: partials as (x: Scalar) => Scalar,
      });
    const node = new Node(2);
    let outlived: Scalar = 0;
    grad((x: Scalar) => outlived = x)(1);
    const second = (f: (x: Scalar) => Scalar) => (x: Scalar) =>
      grad((x: Scalar) => grad(f)(x))(x);
    const runs: [(f: (x: Scalar) => Scalar) => unknown, unknown, string][] = [
      [
        (f) => grad(f)(3),
        node,
        "an instance of Node, expected a number, as its operands are",
      ],
      [
        (f) => backward(f(new Node(3))),
        node,
        "an instance of Node, expected a number, as its operands are",
      ],
      [
        (f) => second(f)(3),
        node,
        "an instance of Node, expected a number or Var",
      ],
      [
        (f) => compile(grad(f))(3),
        node,
        "an instance of Node, expected a number or Var",
      ],
      [
        (f) => grad(f)(3),
        outlived,
        "an instance of Var, expected a number, as its operands are",
      ],
      [
        (f) => second(f)(3),
        outlived,
        "a Var that outlived the function it was recorded in, expected one of " +
        "a function that still runs; return its value from there, or pass it " +
        "on as an argument",
      ],
      [
        (f) => second(f)(3),
        undefined,
        "undefined, expected a number or Var",
      ],
    ];
    for (const [run, result, what] of runs) {
      const error = assertThrows(
        () => run(squareWith(() => result)),
        TypeError,
      );
      assertEquals(
        error.message,
        `Cannot broken: the result of partials[0] is ${what}`,
      );
    }
    // A Var of the function around is not one of the operands, which are numbers.
    const error = assertThrows(
      () =>
        grad((w: Scalar) => grad((x: Scalar) => squareWith(() => w)(x))(3))(5),
      TypeError,
    );
    assertEquals(
      error.message,
      "Cannot broken: the result of partials[0] is an instance of Var, " +
        "expected a number, as its operands are",
    );
  });
});

describe("a rule that reads numbers", () => {
  /** x³, with a rule that asks for its operand's number. */
  const cubeBy = (read: (x: Scalar) => number) =>
    defineOperation({
      name: "cube",
      value: (x: number) => x ** 3,
      partials: (x) => mul(3, square(read(x))),
    });
  const first = (f: (x: Scalar) => Scalar) => (x: Scalar) => grad(f)(x);
  const byPrimal = cubeBy(primal);

  it("may do so where it is given numbers", () => {
    const x = new Node(2);
    backward(byPrimal(x));
    assertEquals([x.grad, grad(byPrimal)(2), jvp(byPrimal)(2, 1).tangent], [
      12,
      12,
      12,
    ]);
    // The inner derivative is by numbers, though it is taken in a recording.
    assertEquals(grad((y: Scalar) => mul(y, grad(byPrimal)(2)))(5), 12);
  });

  it("throws where a derivative of higher order is recorded, or compiled", () => {
    const expected = "in partials[0] of cube: its number would be a constant " +
      "to higher derivatives; compute with the Var, and branch with select, " +
      "min, max, clamp, lt, le, gt, ge or eq";
    const byValue = cubeBy((x) => (x as Var).value);
    for (
      const [f, read] of [
        [byPrimal, "primal"],
        [byValue, "read .value of a Var"],
      ] as const
    ) {
      for (
        const run of [
          () => grad(first(f))(2),
          () => jvp(first(f))(2, 1),
          () => hessian(([x]: readonly [Scalar]) => f(x))([2]),
          () => hvp(([x]: readonly [Scalar]) => f(x))([2], [1]),
          () => compile(grad(f))(2),
        ]
      ) {
        assertEquals(
          assertThrows(run, TypeError).message,
          `Cannot ${read} ${expected}`,
        );
      }
    }
    // The engine is in order afterwards, and so is `primal`.
    assertEquals(grad((x: Scalar) => mul(x, primal(x)))(3), 3);
  });

  it("throws for a number of the function around, too", () => {
    const f = (w: Scalar) => {
      const scale = defineOperation({
        name: "scale",
        value: (x: number) => x,
        partials: () => primal(w),
      });
      return grad((x: Scalar) => grad((x: Scalar) => mul(scale(x), x))(x))(2);
    };
    assertThrows(() => grad(f)(3), TypeError, "in partials[0] of scale");
  });

  it("may read those of a function that it differentiates itself, on numbers", () => {
    const slope = () =>
      grad((y: Scalar) =>
        grad((z: Scalar) => primal(mul(y, z)) > 1 ? mul(y, mul(y, z)) : z)(1)
      )(Math.SQRT2 / 2 + 1);
    const scaled = defineOperation({
      name: "scaled",
      value: (x: number) => (2 + Math.SQRT2) * x,
      partials: slope,
    });
    assertEquals(
      grad(first((x) => mul(scaled(x), x)))(3),
      2 * (2 + Math.SQRT2),
    );
    // Not where that depends on the rule's operands.
    const closing = defineOperation({
      name: "closing",
      value: (x: number) => x * x,
      partials: (x) => grad((y: Scalar) => mul(primal(mul(x, y)), y))(1),
    });
    assertThrows(
      () => grad(first(closing))(2),
      TypeError,
      "Cannot primal in partials[0] of closing",
    );
  });

  it("may print them", () => {
    const printed: string[] = [];
    const f = defineOperation({
      name: "printing",
      value: (x: number) => x,
      partials: (x) => {
        printed.push(Deno.inspect(x));
        return 1;
      },
    });
    grad(first(f))(2);
    // The outer sweep is on numbers.
    assertEquals(printed, ["Var", "2"]);
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

  it("takes any name, which WebAssembly has to encode", () => {
    for (const name of ["\ud800", "f\udc00\ud800", "\u{1d453}: __proto__"]) {
      const f = defineOperation({ name, value, partials: [rule, rule] });
      assertEquals(compile((x: Scalar) => f(x, 3))(2), 6);
    }
  });

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
