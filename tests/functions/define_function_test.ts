import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tapeEntries } from "../../src/tape/recording.ts";
import {
  add,
  backward,
  clamp,
  compile,
  cos,
  defineFunction,
  detectAnomaly,
  div,
  dot,
  exp,
  fold,
  grad,
  hessian,
  hvp,
  hypot,
  jacobian,
  jvp,
  log,
  mul,
  neg,
  Node,
  primal,
  type Scalar,
  sin,
  square,
  sum,
  valueAndGrad,
  vjp,
  zeroGrad,
} from "../../mod.ts";
import { assertClose } from "../support/numeric.ts";

type Point = readonly [Scalar, Scalar, Scalar];

/** (a·sin b, eᵃ + b²c), by its rules. */
const ruled = defineFunction({
  name: "ruled",
  value: ([a, b, c]: readonly [number, number, number]) => [
    a * Math.sin(b),
    Math.exp(a) + b * b * c,
  ],
  pullback: ([p, q], [a, b], [, y]) => [
    add(mul(p!, sin(b)), mul(q!, exp(a))),
    // With the result in it, whose own derivative is then a part of the second.
    add(
      mul(mul(p!, a), cos(b)),
      mul(mul(q!, div(2, b)), add(y!, neg(exp(a)))),
    ),
    mul(q!, square(b)),
  ],
});

/** The same, by its operations. */
function written([a, b, c]: Point): Scalar[] {
  return [mul(a, sin(b)), add(exp(a), mul(square(b), c))];
}

/** A function of three numbers that uses such a function, twice, one inside the other. */
function around(f: (x: Point) => Scalar[]): (x: Point) => Scalar {
  return ([x, y, z]) => {
    const [p, q] = f([mul(x, y), y, 0.5]);
    const [r, s] = f([p!, add(q!, z), z]);
    return add(mul(r!, exp(neg(square(s!)))), mul(p!, s!));
  };
}

const POINT = [0.3, 0.7, -0.2] as const;
const MIXED = around(ruled as (x: Point) => Scalar[]);
const PLAIN = around(written);

function assertAllClose(found: unknown, expected: unknown): void {
  const numbers = (x: unknown): number[] => [x].flat(Infinity) as number[];
  const wanted = numbers(expected);
  assertEquals(numbers(found).length, wanted.length);
  numbers(found).forEach((x, i) => assertClose(x, wanted[i]!, 1e-12, `${i}`));
}

type Derivative = (f: (x: Point) => Scalar) => (x: typeof POINT) => unknown;

const derivatives: Record<string, Derivative> = {
  value: (f) => (x) => [f(x)],
  grad: (f) => (x) => grad(f)(x),
  jvp: (f) => (x) => Object.values(jvp(f)(x, [1, 2, 3])),
  hvp: (f) => (x) => hvp(f)(x, [1, 2, 3]),
  hessian: (f) => (x) => hessian(f)(x),
  "grad of grad": (f) => (x) =>
    grad((x: Point) => dot(grad(f)(x) as Scalar[], [1, 2, 3]))(x),
  "jvp of jvp": (f) => (x) =>
    jvp((x: Point) => jvp(f)(x, [1, 2, 3]).tangent)(x, [3, 2, 1]).tangent,
  "grad of jvp": (f) => (x) =>
    grad((x: Point) => jvp(f)(x, [1, 2, 3]).tangent)(x),
  "third derivatives": (f) => (x) =>
    jacobian((x: Point) => hessian(f)(x).flat())(x),
  "grad of grad of grad": (f) => (x) => {
    const once = (x: Point) => dot(grad(f)(x) as Scalar[], [1, 2, 3]);
    const twice = (x: Point) => dot(grad(once)(x) as Scalar[], [2, -1, 1]);
    return grad(twice)(x);
  },
};

describe("a defined function", () => {
  for (const [name, derivative] of Object.entries(derivatives)) {
    it(`has the derivatives of its operations: ${name}`, () => {
      assertAllClose(derivative(MIXED)(POINT), derivative(PLAIN)(POINT));
    });

    it(`gives the same bits compiled: ${name}`, () => {
      const f = derivative(MIXED) as (x: Point) => Scalar[];
      const compiled = compile(f);
      for (const x of [POINT, [-1.1, 0.4, 2]] as const) {
        assertEquals(compiled(x), f(x) as number[]);
      }
    });
  }

  it("has the gradients of its operations on the graph", () => {
    const x = POINT.map((value) => new Node(value));
    backward(MIXED(x as unknown as Point));
    assertAllClose(x.map(({ grad }) => grad), grad(PLAIN)(POINT));
  });

  it("gives numbers for numbers, and Nodes where there is one", () => {
    assertEquals(ruled([1, 2, 3]), written([1, 2, 3]) as number[]);
    const [p, q] = ruled([new Node(1), 2, 3]);
    assertEquals([primal(p!), primal(q!)], ruled([1, 2, 3]));
    backward(q!);
  });

  it("takes and gives structures, lists of which are arrays", () => {
    let found: unknown;
    const f = defineFunction({
      name: "f",
      value: ({ a, b }: { a: number[]; b: { c: number } }) => {
        found = { a, b };
        return { sums: new Float64Array([a[0]! + b.c, a[1]!]), c: 2 * b.c };
      },
      pullback: ({ sums, c }, { a }) => {
        assertEquals(Array.isArray(a), true);
        const [first, second] = sums;
        return { a: [first!, second!], b: { c: add(first!, mul(2, c)) } };
      },
    });
    const x = { a: new Float64Array([1, 2]), b: { c: 3 } };
    assertEquals(f(x), { sums: [4, 2], c: 6 });
    assertEquals(found, { a: [1, 2], b: { c: 3 } });
    assertEquals(jacobian(f)(x), [[1, 0, 1], [0, 1, 0], [0, 0, 2]]);
    assertEquals(compile(f)(x), { sums: [4, 2], c: 6 });
  });

  it("takes an empty structure, and gives one", () => {
    const nothing = defineFunction({
      name: "nothing",
      value: (_x: number[]): number[] => [],
      pullback: (_cotangent, x) => x.map(() => 0),
    });
    assertEquals(nothing([1]), []);
    const f = (x: Scalar) => sum([x, ...nothing([x])]);
    assertEquals(grad(f)(2), 1);
  });

  it("passes data on as they are", () => {
    const data = { scale: 3 };
    const scaled = defineFunction({
      name: "scaled",
      value: (x: number, by: typeof data, _kind: string) => {
        assertStrictEquals(by, data);
        return x * by.scale;
      },
      pullback: (cotangent, _x, _y, by, kind) => {
        assertStrictEquals(by, data);
        assertEquals(kind, "linear");
        return mul(cotangent, by.scale);
      },
    });
    const f = (x: Scalar) => square(scaled(x, data, "linear"));
    assertEquals(grad(f)(2), 36);
    assertEquals(compile(grad(f))(2), 36);
  });

  it("is in order where it is an operand twice, or constant in part", () => {
    const f = (x: Scalar) => sum(ruled([x, x, 2]));
    const g = (x: Scalar) => sum(written([x, x, 2]));
    assertAllClose(grad(f)(0.4), grad(g)(0.4));
    assertAllClose(grad(grad(f))(0.4), grad(grad(g))(0.4));
    const x = new Node(0.4);
    backward(f(x));
    assertClose(x.grad, grad(g)(0.4), 1e-12, "graph");
  });

  it("has a Jacobian by rows and by columns", () => {
    type Results = (x: Point) => Scalar[];
    const wide = ruled as Results;
    const long =
      (f: Results): Results => (x) => [...f(x), ...f([x[2], x[0], 1])];
    assertAllClose(jacobian(wide)(POINT), jacobian(written)(POINT));
    assertAllClose(jacobian(long(wide))(POINT), jacobian(long(written))(POINT));
    // Of some results, in each of many rows.
    const some: Results = (x) => [wide(x)[0]!, neg(wide(x)[1]!)];
    const rows = jacobian(written)(POINT) as number[][];
    assertAllClose(jacobian(some)(POINT), [rows[0], rows[1]!.map((x) => -x)]);
  });

  it("closes over what a function around it varies", () => {
    const f = (x: Scalar) =>
      grad((y: Scalar) => mul(x, sum(ruled([x, y, y]))))(0.3);
    const g = (x: Scalar) =>
      grad((y: Scalar) => mul(x, sum(written([x, y, y]))))(0.3);
    assertAllClose(grad(f)(0.5), grad(g)(0.5));
    assertAllClose(compile(grad(f))(0.5), grad(g)(0.5));
  });

  it("runs its value once a call, compiled too", () => {
    let runs = 0;
    const counted = defineFunction({
      name: "counted",
      value: ([a, b]: readonly [number, number]) => {
        runs++;
        return [a + b, a * b, a - b];
      },
      pullback: ([p, q, r], [a, b]) => [
        sum([p!, mul(q!, b), r!]),
        sum([p!, mul(q!, a), neg(r!)]),
      ],
    });
    const f = ([a, b]: readonly [Scalar, Scalar]) =>
      dot(counted([a, b]), [1, 2, 3]);
    grad(f)([1, 2]);
    assertEquals(runs, 1);
    const compiled = compile(valueAndGrad(f), { verify: false });
    compiled([1, 2]);
    runs = 0;
    assertEquals(compiled([3, 4]), { value: 7 + 24 - 3, gradient: [12, 4] });
    assertEquals(compiled([-0, 4]).gradient, [12, -2]);
    assertEquals(compiled([0, 4]).gradient, [12, -2]);
    // 0 and −0 are different numbers to a function.
    assertEquals(runs, 3);
  });

  it("may be computed in any way, in whatever is recorded", () => {
    const compiled = compile((x: Scalar) => square(x));
    const any = defineFunction({
      name: "any",
      value: (x: number) => {
        // x · 3 + 2x + x² + 1, where numbers decide and all is numbers.
        let y = fold(3, 0 as Scalar, (sum) => add(sum, x)) as number;
        y += grad((x: Scalar) => primal(x) > 0 ? square(x) : neg(x))(x);
        y += compiled(x);
        return y + 1;
      },
      pullback: (cotangent, x) => {
        // An own function within a rule, called where its numbers are hidden.
        return mul(cotangent, add(5, any2(x)));
      },
    });
    const any2 = defineFunction({
      name: "any2",
      value: (x: number) =>
        grad((x: Scalar) => primal(x) > 0 ? square(x) : x)(x),
      pullback: (cotangent) => mul(2, cotangent),
    });
    assertEquals([any(2), any(3)], [15, 25]);
    const f = (x: Scalar) => mul(x, any(x));
    for (const [x, expected] of [[2, 15 + 2 * 9], [3, 25 + 3 * 11]] as const) {
      assertEquals(grad(f)(x), expected);
      assertEquals(compile(grad(f))(x), expected);
    }
    // (x·(x² + 5x + 1))″ = 6x + 10
    assertEquals(grad(grad(f))(2), 22);
    assertEquals(compile(grad(grad(f)))(2), 22);
  });

  it("may have derivatives in its pullback", () => {
    const inner = (x: Scalar) => primal(x) > 0 ? square(x) : neg(square(x));
    const f = defineFunction({
      name: "f",
      value: (x: number) => x * Math.abs(x),
      pullback: (cotangent, x) => mul(cotangent, grad(inner)(x)),
    });
    assertEquals([grad(f)(3), grad(f)(-3), jvp(f)(-3, 2).tangent], [6, 6, 12]);
  });

  it("is called once where programs call it twice alike", () => {
    let runs = 0;
    const counted = defineFunction({
      name: "counted",
      value: (x: number, by: number) => {
        runs++;
        return x * by;
      },
      pullback: (cotangent, _x, _y, by) => mul(cotangent, by),
    });
    const f = (x: Scalar) =>
      sum([counted(x, 2), counted(x, 2), counted(x, 3), counted(neg(x), 3)]);
    const compiled = compile(f, { verify: false });
    compiled(1);
    runs = 0;
    assertEquals(compiled(5), 10 + 10 + 15 - 15);
    assertEquals(runs, 3);
  });

  it("leaves nothing on the tape", () => {
    grad(MIXED)(POINT);
    assertThrows(() =>
      grad((x: Scalar) => {
        ruled([x, x, x]);
        throw new Error("of the user");
      })(1)
    );
    assertEquals(tapeEntries().calls.length, 0);
  });

  it("pulls back and pushes forward later, whatever ran since", () => {
    const f = (x: Point) => ruled(x as readonly [Scalar, Scalar, Scalar]);
    const { pullback } = vjp(f)(POINT);
    const expected = [pullback([1, 0]), pullback([0, 1])];
    grad(MIXED)([1, 2, 3]);
    vjp(f)([3, 2, 1]);
    assertEquals([pullback([1, 0]), pullback([0, 1])], expected);
    assertAllClose(expected, jacobian(written)(POINT));
  });

  it("lets errors of its value through, and works afterwards", () => {
    let fail = true;
    const failing = defineFunction({
      name: "failing",
      value: (x: number) => {
        if (fail) throw new Error("out of luck");
        return x;
      },
      pullback: (cotangent) => cotangent,
    });
    assertThrows(() => grad(failing)(1), Error, "out of luck");
    fail = false;
    assertEquals(grad(failing)(1), 1);
  });

  it("does not bring NaN to what it has no part in", () => {
    const f = (x: Scalar) => {
      const [unused] = ruled([log(x), x, x]);
      primal(unused!);
      return square(x);
    };
    assertEquals(grad(f)(0), 0);
  });
});

describe("the pullback of a defined function", () => {
  /** The identity, whose gradient is shortened to a length of 1. */
  const shortened = defineFunction({
    name: "shortened",
    value: (x: readonly [number, number]) => [...x],
    pullback: ([p, q]) => {
      const length = hypot(p!, q!);
      return [div(p!, length), div(q!, length)];
    },
    pushforward: null,
  });
  const f = (x: readonly [Scalar, Scalar]) => dot(shortened(x), [3, 4]);

  it("is given the cotangents of all results at once", () => {
    const x = [1, 2] as const;
    assertEquals(grad(f)(x), [0.6, 0.8]);
    assertEquals(compile(grad(f))(x), [0.6, 0.8]);
    const nodes = [new Node(1), new Node(2)] as const;
    backward(f(nodes));
    assertEquals(nodes.map(({ grad }) => grad), [0.6, 0.8]);
  });

  it("is given 0 for a result that the output does not depend on", () => {
    const first = (x: readonly [Scalar, Scalar]) => mul(7, shortened(x)[0]!);
    assertEquals(grad(first)([1, 2]), [1, 0]);
    assertEquals(compile(grad(first))([1, 2]), [1, 0]);
    // One graph with two outputs, swept one after the other.
    const nodes = [new Node(1), new Node(2)] as const;
    const [p, q] = shortened(nodes);
    backward(mul(7, p!));
    assertEquals(nodes.map(({ grad }) => grad), [1, 0]);
    zeroGrad(nodes);
    backward(mul(7, q!));
    assertEquals(nodes.map(({ grad }) => grad), [0, 1]);
    zeroGrad(nodes);
    assertThrows(() =>
      backward(
        new Node(0, [mul(7, p!)], () => {
          throw new Error("of the user");
        }),
      )
    );
    backward(mul(7, q!));
    assertEquals(nodes.map(({ grad }) => grad), [0, 1]);
  });

  it("is differentiated in turn", () => {
    const cubic = (x: readonly [Scalar, Scalar]) => {
      const [p, q] = shortened(x);
      return add(mul(square(p!), p!), q!);
    };
    // The gradient is (3p², 1)/√(9p⁴ + 1); its first part has the derivative
    // 6p/(9p⁴ + 1)^(3/2), as the identity passes it on, shortened to 1.
    const first = (x: readonly [Scalar, Scalar]) =>
      grad(cubic)(x)[0]! as Scalar;
    assertEquals(grad(first)([2, 1]), [1, 0]);
    assertEquals(compile(grad(first))([2, 1]), [1, 0]);
  });

  it("has no forward mode where its pushforward is null", () => {
    const message = "Cannot differentiate shortened forward: its pushforward " +
      "is null, expected a function; jvp, hvp, hessian, linearize, and " +
      "jacobian by few inputs go forward, grad and vjp do not";
    const x = [1, 2] as const, v = [1, 1] as const;
    for (
      const forward of [
        () => jvp(f)(x, v),
        () => compile((x: readonly [Scalar, Scalar]) => jvp(f)(x, v))(x),
        () => jacobian(shortened)(x),
      ]
    ) assertEquals(assertThrows(forward, TypeError).message, message);
    // What does not move needs none.
    assertEquals(jvp(f)(x, [0, 0]).tangent, 0);
  });

  it("may go straight through a step", () => {
    const rounded = defineFunction({
      name: "rounded",
      value: (x: number) => Math.round(x),
      pullback: (cotangent) => cotangent,
    });
    const loss = (x: Scalar) => square(rounded(mul(3, x)));
    assertEquals(valueAndGrad(loss)(0.5), { value: 4, gradient: 12 });
    assertEquals(jvp(loss)(0.5, 1), { value: 4, tangent: 12 });
  });

  it("clips a gradient", () => {
    const clipped = defineFunction({
      name: "clipped",
      value: (x: number, _low: number, _high: number) => x,
      pullback: (cotangent, _x, _y, low, high) => clamp(cotangent, low, high),
      pushforward: null,
    });
    // JAX's example: the gradient of sin, clipped to ±0.75.
    const f = (x: Scalar) => sin(clipped(x, -0.75, 0.75));
    assertEquals([0, 1, 3].map((x) => grad(f)(x)), [0.75, Math.cos(1), -0.75]);
  });
});

describe("the pushforward of a defined function", () => {
  it("is used in forward mode, to any order", () => {
    let uses = 0;
    const cubed = defineFunction({
      name: "cubed",
      value: (x: number) => x ** 3,
      pullback: (cotangent, x) => mul(mul(3, square(x)), cotangent),
      pushforward: (tangent, x) => {
        uses++;
        return mul(mul(3, square(x)), tangent);
      },
    });
    assertEquals(jvp(cubed)(2, 5), { value: 8, tangent: 60 });
    assertEquals(uses, 1);
    const twice = (x: Scalar) => jvp(cubed)(x, 1).tangent;
    assertEquals(jvp(twice)(2, 1).tangent, 12);
    assertEquals(compile((x: Scalar) => jvp(twice)(x, 1).tangent)(2), 12);
    assertEquals(grad(cubed)(2), 12);
  });
});

describe("a wrong definition", () => {
  const value = (x: number) => x;
  const pullback = (cotangent: Scalar) => cotangent;
  const wrong: readonly [unknown, string][] = [
    [
      undefined,
      "Cannot defineFunction: the definition is undefined, expected an object with name, value and pullback",
    ],
    [
      { value, pullback },
      "Cannot defineFunction: name is undefined, expected a string that is not empty",
    ],
    [
      { name: "", value, pullback },
      'Cannot defineFunction: name is the string "", expected a string that is not empty',
    ],
    [
      { name: "f", pullback },
      "Cannot defineFunction f: value is undefined, expected a function of numbers",
    ],
    [
      { name: "f", value },
      "Cannot defineFunction f: pullback is undefined, expected a function of Scalars",
    ],
    [
      { name: "f", value, pullback, pushforward: 3 },
      "Cannot defineFunction f: pushforward is the number 3, expected a function of Scalars, null or undefined",
    ],
  ];
  for (const [definition, message] of wrong) {
    it(`is refused: ${message}`, () => {
      const define = () => defineFunction(definition as never);
      assertEquals(assertThrows(define, TypeError).message, message);
    });
  }
});

describe("a defined function refuses", () => {
  const pair = { p: 1, q: [2, 3] };
  const define = (
    parts: {
      value?: (x: typeof pair) => unknown;
      pullback?: (cotangent: Scalar) => unknown;
      pushforward?: (tangent: unknown) => unknown;
    },
  ) =>
    defineFunction({
      name: "f",
      value: (x: typeof pair) => x.p,
      pullback: (cotangent: Scalar) => ({ p: cotangent, q: [0, 0] }),
      ...parts,
    } as never) as (x: unknown, ...data: unknown[]) => Scalar;
  const message = (run: () => unknown, type: typeof TypeError = TypeError) =>
    assertThrows(run, type).message;

  it("an argument that is not of Scalars", () => {
    assertEquals(
      message(() => define({})({ p: 1, q: [2, "3"] })),
      'Cannot f: argument 1, .q[1] is the string "3", expected a number, Node ' +
        "or Var, or an array, plain object or Float64Array of them",
    );
  });

  it("a Node beside a Var, and a Var that outlived its function", () => {
    const f = define({});
    assertEquals(
      message(() => grad((x: Scalar) => f({ p: x, q: [1, new Node(2)] }))(1)),
      "Cannot f: argument 1, .q[1] is a Node and argument 1, .p is a Var, " +
        "expected one kind; pass the Node's value to the recorded function as " +
        "an argument",
    );
    let kept: Scalar = 0;
    grad((x: Scalar) => kept = x)(1);
    assertEquals(
      message(() => f({ p: kept, q: [1, 2] })),
      "Cannot f: argument 1, .p is a Var that outlived the function it was " +
        "recorded in, expected one of a function that still runs; return its " +
        "value from there, or pass it on as an argument",
    );
  });

  it("data that vary", () => {
    const f = define({});
    const expected = "Cannot f: argument 3 has a Node or Var, expected data " +
      "without derivatives; what varies, and all there is where a function is " +
      "compiled, belongs in argument 1";
    assertEquals(
      message(() => grad((x: Scalar) => f(pair, 1, [x]))(1)),
      expected,
    );
    assertEquals(message(() => f(pair, 1, { x: new Node(1) })), expected);
  });

  it("a value that is not of numbers", () => {
    const values: readonly [unknown, string][] = [
      [
        "1",
        'the string "1", expected a number, or an array, plain object or Float64Array of numbers',
      ],
      [
        Promise.resolve(1),
        "an instance of Promise, expected a number, or an array, plain object or Float64Array of numbers; make it synchronous, and await outside of it",
      ],
      [
        new Node(1),
        "an instance of Node, expected a number, or an array, plain object or Float64Array of numbers; what it takes from the function around it must be an argument",
      ],
    ];
    for (const [value, expected] of values) {
      assertEquals(
        message(() => define({ value: () => value })(pair)),
        `Cannot f: the result of value is ${expected}`,
      );
    }
  });

  it("a value of another shape than it was compiled with", () => {
    let length = 2;
    const f = defineFunction({
      name: "f",
      value: (x: number) => new Array<number>(length).fill(x),
      pullback: (cotangent) => sum(cotangent),
    });
    const compiled = compile((x: Scalar) => f(x), { verify: false });
    compiled(1);
    length = 3;
    assertEquals(
      message(() => compiled(2)),
      "Cannot f: the result of value is an array of length 3, expected an " +
        "array of length 2, as when it was compiled",
    );
  });

  it("a cotangent or tangent of another shape", () => {
    const f = define({ pullback: (cotangent) => ({ p: cotangent, q: [0] }) });
    const expected = "Cannot f: the result of pullback, .q is an array of " +
      "length 1, expected an array of length 2, as in argument 1";
    assertEquals(message(() => grad(f)(pair)), expected);
    assertEquals(message(() => hessian(f)(pair)), expected);
    assertEquals(
      message(() => backward(f({ p: new Node(1), q: [1, 2] }))),
      expected,
    );
    const g = define({ pushforward: () => [1] });
    assertEquals(
      message(() => jvp(g)(pair, pair)),
      "Cannot f: the result of pushforward is an array of length 1, expected " +
        "a number, as in the result of value",
    );
  });

  it("a cotangent that is not a number where all is", () => {
    const f = (x: Scalar) => {
      const leaks = define({ pullback: () => ({ p: x, q: [0, 0] }) });
      return grad((y: Scalar) => leaks({ p: y, q: [1, 2] }))(1);
    };
    assertEquals(
      message(() => grad(f)(1)),
      "Cannot f: the result of pullback is an instance of Var, expected " +
        "numbers, as its arguments are",
    );
  });

  it("to have its rule read a number", () => {
    const f = defineFunction({
      name: "f",
      value: (x: number) => Math.abs(x),
      pullback: (cotangent, x) => primal(x) > 0 ? cotangent : neg(cotangent),
    });
    assertEquals(grad(f)(-2), -1);
    assertEquals(
      message(() => grad(grad(f))(-2)),
      "Cannot primal in pullback of f: its number would be a constant to " +
        "higher derivatives; compute with the Var, and branch with select, " +
        "min, max, clamp, lt, le, gt, ge or eq",
    );
  });
});

describe("an anomaly in a defined function", () => {
  const broken = defineFunction({
    name: "broken",
    value: ([a, b]: readonly [number, number]) => [a, b],
    pullback: ([p, q]) => [p!, mul(q!, Infinity)],
  });
  const f = (x: readonly [Scalar, Scalar]) => sum(broken(x));

  it("is found on the tape, in either direction", () => {
    for (
      const run of [
        () => grad(f)([1, 2]),
        () =>
          grad((x: readonly [Scalar, Scalar]) => grad(f)(x)[1]! as Scalar)([
            1,
            2,
          ]),
      ]
    ) {
      const { message } = assertThrows(() => detectAnomaly(run));
      assertEquals(message.includes("broken(1, 2)"), true, message);
    }
    const { message } = assertThrows(() =>
      detectAnomaly(() => jvp(f)([1, 2], [1, 1]))
    );
    assertEquals(message.includes("broken(1, 2)"), true, message);
  });

  it("is found on the graph", () => {
    const x = [new Node(1), new Node(2)] as const;
    const { message } = assertThrows(() => detectAnomaly(() => backward(f(x))));
    assertEquals(message.includes("broken"), true, message);
  });

  it("is not found where there is none", () => {
    const x = [0.4, 0.3, 0.2] as const;
    assertEquals(detectAnomaly(() => grad(MIXED)(x)), grad(MIXED)(x));
    assertEquals(
      detectAnomaly(() => jvp(MIXED)(x, x)),
      jvp(MIXED)(x, x),
    );
    assertEquals(detectAnomaly(() => hessian(MIXED)(x)), hessian(MIXED)(x));
  });
});
