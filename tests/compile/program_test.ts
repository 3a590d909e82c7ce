import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import {
  add,
  compile,
  cos,
  defineOperation,
  div,
  exp,
  grad,
  hessian,
  logSumExp,
  lt,
  max,
  mean,
  mul,
  neg,
  type Scalar,
  select,
  sin,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  valueAndGrad,
} from "../../mod.ts";
import { CONSTANT, INPUT } from "../../src/tape/entries.ts";
import { lowered } from "../../src/compile/program/lower.ts";
import { programFor } from "../support/rolled.ts";
import { assertSameBits, SPECIAL } from "../support/same_bits.ts";

type Pair = readonly [Scalar, Scalar];
type OfPair = (pair: Pair) => unknown;

/** The operations that a function of two numbers compiles to. */
function operationsOf(f: OfPair): number {
  return compile(f).program([0.5, 2]).operations;
}

describe("a program leaves out", () => {
  const rows: readonly (readonly [string, number, OfPair])[] = [
    ["nothing that is needed", 3, ([x, y]) => sin(add(mul(x, y), x))],
    ["dead code", 1, ([x, y]) => {
      exp(sin(mul(x, y)));
      return mul(x, y);
    }],
    ["dead code with operands of its own", 0, ([x, y]) => {
      let z = x;
      for (let i = 0; i < 100; i++) z = sin(add(z, y));
      return y;
    }],
    ["all of it, for constants", 0, () => [add(1, 2), sin(3)]],
    [
      "operations on constants",
      1,
      ([x]) => add(x, grad((z: Scalar) => mul(sin(z), exp(z)))(2) as Scalar),
    ],
    [
      "a repeated operation",
      3,
      ([x, y]) => add(sin(mul(x, y)), sin(mul(x, y))),
    ],
    ["sums and products the other way round", 3, ([x, y]) => [
      add(x, y),
      add(y, x),
      mul(x, y),
      mul(y, x),
      mul(add(x, y), mul(x, y)),
      mul(mul(y, x), add(y, x)),
    ]],
    ["a repeated list", 2, ([x, y]) => [
      logSumExp([x, y]),
      logSumExp([x, y]),
      logSumExp([y, x]),
    ]],
    ["repeated operations on constants", 1, ([x]) => [
      add(x, 0.1),
      add(0.1, x),
    ]],
    ["a value and its gradient have in common", 4, ([x]) => {
      // sin x, cos x, cos x + 0 (a derivative is never −0), and the sum.
      const { value, gradient } = valueAndGrad((z: Scalar) => sin(z))(x);
      return [value, gradient, add(sin(x), cos(x))];
    }],
    ["a choice that is decided", 0, ([x, y]) => [
      select(0, x, y),
      select(1, x, y),
      select(NaN, x, y),
      select(lt(1, 2), x, y),
    ]],
    ["a choice between equals", 1, ([x, y]) => select(x, sin(y), sin(y))],
    [
      "the other branch of a decided choice",
      1,
      ([x, y]) => select(1, sin(x), exp(exp(y))),
    ],
    ["stopGradient", 1, ([x, y]) => add(stopGradient(x), y)],
  ];
  for (const [name, operations, f] of rows) {
    it(name, () => {
      assertEquals(operationsOf(f), operations);
      const pair = [0.3, -2] as const;
      assertSameBits(compile(f)(pair), f(pair), name);
    });
  }

  it("most of a gradient that is mostly zeros", () => {
    const f = (xs: readonly Scalar[]) => sum(xs.map((x) => mul(square(x), 3)));
    const xs = Array.from({ length: 20 }, (_, i) => i);
    // Its Hessian is a constant: 6 on the diagonal.
    assertEquals(compile(hessian(f)).program(xs).operations, 0);
    assertEquals(compile(hessian(f))(xs)[3]![3], 6);
    assertEquals(compile(hessian(f))(xs)[3]![4], 0);
  });
});

describe("a program keeps", () => {
  // What holds for real numbers and not for doubles: at −0, ∞ or NaN.
  const rows: readonly (readonly [string, (x: Scalar) => Scalar])[] = [
    ["x + 0, which is 0 at −0", (x) => add(x, 0)],
    ["0 + x", (x) => add(0, x)],
    ["x − −0", (x) => sub(x, -0)],
    ["0 − x, which is no negation at 0", (x) => sub(0, x)],
    ["x · 0, which is NaN at ∞", (x) => mul(x, 0)],
    ["−0 · x", (x) => mul(-0, x)],
    ["x − x, which is NaN at ∞", (x) => sub(x, x)],
    ["x / x, which is NaN at 0", (x) => div(x, x)],
    ["0 / x", (x) => div(0, x)],
    ["x + (−x)", (x) => add(x, neg(x))],
    ["√(x·x), which overflows", (x) => sqrt(mul(x, x))],
    ["x / 3, which is not x · ⅓", (x) => div(x, 3)],
    ["(x + 1) − 1", (x) => sub(add(x, 1), 1)],
    ["(x · 0.1) · 10", (x) => mul(mul(x, 0.1), 10)],
    ["max(x, −∞)", (x) => max(x, -Infinity)],
    ["x < x", (x) => lt(x, x)],
    ["the sum of one", (x) => sum([x])],
    ["the mean of one", (x) => mean([x])],
  ];
  for (const [name, f] of rows) {
    it(name, () => {
      const compiled = compile(f);
      assert(compiled.program(1).operations > 0, "it is dropped");
      for (const x of SPECIAL) assertSameBits(compiled(x), f(x), `${x}`);
    });
  }

  it("sums and products in their order", () => {
    const f = ([x, y]: Pair) => [
      add(add(x, y), 1),
      add(x, add(y, 1)),
      mul(mul(x, y), 0.1),
      mul(x, mul(y, 0.1)),
      sub(x, y),
      sub(y, x),
      div(x, y),
      div(y, x),
    ];
    for (const pair of [[1e308, 1e308], [-1e308, 1e308], [0.1, 0.7]] as const) {
      assertSameBits(compile(f)(pair), f(pair), `${pair}`);
    }
    assertEquals(operationsOf(f), 12);
  });
});

describe("a program's constants", () => {
  it("0 and −0 are two", () => {
    const f = (
      x: Scalar,
    ) => [div(x, 0), div(x, -0), 0, -0, mul(x, 0), mul(x, -0)];
    for (const x of SPECIAL) {
      assertSameBits(compile(f)(x), f(x), `${x}`);
    }
    assertEquals(compile(f)(1).slice(0, 2), [Infinity, -Infinity]);
  });

  it("are all doubles", () => {
    const f = (x: Scalar) => SPECIAL.map((c) => [c, add(x, c), mul(c, x)]);
    for (const x of SPECIAL) assertSameBits(compile(f)(x), f(x), `${x}`);
  });

  it("identities that hold for all doubles may be used", () => {
    const f = (x: Scalar) => [
      mul(x, 1),
      mul(1, x),
      div(x, 1),
      sub(x, 0),
      add(x, -0),
      add(-0, x),
      mul(x, -1),
      div(x, -1),
      mul(2, x),
    ];
    for (const x of SPECIAL) assertSameBits(compile(f)(x), f(x), `${x}`);
  });

  it("a user's operation on constants alone is done once and for all", () => {
    let calls = 0;
    const counted = defineOperation({
      name: "counted",
      value: (x: number) => {
        calls++;
        return 2 * x;
      },
      partials: () => 2,
    });
    const f = compile((x: Scalar) => mul(x, counted(3)), { verify: false });
    assertEquals(f(1), 6);
    const before = calls;
    assertEquals([f(2), f(3)], [12, 18]);
    assertEquals(calls, before);
  });
});

describe("a program's order", () => {
  it("is inputs, constants, operations", () => {
    const { inputs, first, length, codes } = lowered(programFor(
      ([x, y]) => [mul(x!, 3), add(sin(y!), 0.5), div(4, x!), add(0.5, x!)],
      [1, 2],
    ));
    const kinds = Array.from(
      codes,
      (code) => code === INPUT ? "input" : code === CONSTANT ? "constant" : "",
    );
    assertEquals([inputs, first, length], [2, 5, 10]);
    assertEquals(kinds, [
      ...["input", "input", "constant", "constant", "constant"],
      ...["", "", "", "", ""],
    ]);
  });

  it("has a constant last where the order does not matter", () => {
    const { first, length, lefts, rights } = lowered(programFor(
      ([x]) => [mul(3, x!), mul(sin(x!), 3), add(cos(x!), 0.5), add(0.5, x!)],
      [1],
    ));
    for (let i = first; i < length; i++) {
      assert(lefts[i]! < 1 || lefts[i]! >= first, `${i}`);
    }
    assertEquals(rights.slice(first).filter((r) => r > 0).length, 4);
  });
});

describe("program(...)", () => {
  const f = compile((x: Scalar, { ys }: { ys: readonly Scalar[] }) => ({
    products: ys.map((y) => mul(x, y)),
    x,
  }));

  it("has as many inputs and outputs as the structures have leaves", () => {
    const { inputs, outputs, operations, kind } = f.program(1, { ys: [2, 3] });
    assertEquals([inputs, outputs, operations, kind], [3, 3, 2, "wasm"]);
    const empty = f.program(1, { ys: [] });
    assertEquals([empty.inputs, empty.outputs, empty.operations], [1, 1, 0]);
  });

  it("is one a structure, whatever the numbers", () => {
    const program = f.program(1, { ys: [2, 3] });
    f(5, { ys: [1] });
    assert(program === f.program(NaN, { ys: [0, 0] }), "the same");
    assert(program !== f.program(1, { ys: [2] }), "another");
  });

  it("takes and gives the leaves in order", () => {
    const program = f.program(0, { ys: [0, 0] });
    const outputs = new Float64Array(3);
    for (const [x, y, z] of [[2, 3, 5], [7, -1, 0]] as const) {
      program.run(Float64Array.of(x, y, z), outputs);
      assertSameBits(outputs, Float64Array.of(x * y, x * z, x), `${x}`);
    }
    // In place: inputs are read before outputs are written.
    const both = Float64Array.of(2, 3, 5);
    program.run(both, both);
    assertEquals(both, Float64Array.of(6, 10, 2));
  });

  it("does not depend on the call that made it", () => {
    for (const x of [0, -0, 1, NaN]) {
      const g = compile(valueAndGrad((z: Scalar) => mul(z, sin(z))));
      const outputs = new Float64Array(2);
      g.program(x).run(Float64Array.of(2), outputs);
      const { value, gradient } = valueAndGrad((z: Scalar) => mul(z, sin(z)))(
        2,
      );
      assertSameBits([...outputs], [value, gradient], `made at ${x}`);
    }
  });
});
