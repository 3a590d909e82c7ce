import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertThrows } from "@std/assert";
import {
  add,
  backward,
  checkGradients,
  compile,
  defineOperation,
  grad,
  gt,
  hessian,
  hvp,
  jacobian,
  jvp,
  mul,
  neg,
  Node,
  primal,
  type Scalar,
  select,
  square,
  sub,
  valueAndGrad,
  type Var,
  vjp,
} from "../../mod.ts";

type Unary = (x: Scalar) => Scalar;

/** Asserts that the module is as it was: nothing records, every way works. */
function assertUsable(): void {
  const f = (x: Scalar) => mul(x, square(x));
  const x = new Node(2);
  backward(f(x));
  assertEquals(x.grad, 12);
  assertEquals(grad(grad(f))(2), 12);
  assertEquals(compile(grad(f))(2), 12);
  assertEquals(compile(hessian(f))(2), [[12]]);
}

/** Ways to let a number decide, which a compiled function cannot do again. */
const READS: Record<string, (x: Scalar) => unknown> = {
  "primal(x)": (x) => primal(x),
  "x.value": (x) => (x as Var).value,
  "primal of a result": (x) => primal(mul(2, square(x))),
  "x.value of a constant's sum": (x) => (add(x, 0) as Var).value,
  "Math.max(x, 0)": (x) => Math.max(x as number, 0),
  "x > 0": (x) => (x as number) > 0,
  "x + 1": (x) => (x as number) + 1,
  "-x": (x) => -(x as number),
  "x == 1": (x) => (x as number) == 1,
  "Number(x)": (x) => Number(x),
  "isNaN(x)": (x) => isNaN(x as number),
  "x ** 2": (x) => (x as number) ** 2,
  "the end of a loop": (x) => {
    for (let i = 0; i < (x as number); i++);
  },
  "an index": (x) => [1, 2, 3][x as number],
  "a key": (x) => ({ a: 1 } as Record<string, number>)[x as never],
  "a key in": (x) => (x as never) in {},
  "slice(0, x)": (x) => [1, 2].slice(0, x as number),
  "a template": (x) => `${x}`,
  "String(x)": (x) => String(x),
  'x + ""': (x) => (x as number) + "",
  "x.toString()": (x) => x.toString(),
  "x.toLocaleString()": (x) => x.toLocaleString(),
  "JSON.stringify": (x) => JSON.stringify({ x }),
  "sort": (x) => [x, x].sort(),
  "join": (x) => [x].join(),
  "new Date(x)": (x) => new Date(x as number),
  "Symbol(x)": (x) => Symbol(x as never),
};

describe("reading a number while it is compiled throws", () => {
  const throws = (f: () => unknown, what: string) => {
    const error = assertThrows(f, TypeError, undefined, what);
    const advice = ["data are Vars", "select", "an index", "from a closure"];
    for (const part of advice) {
      assertEquals(error.message.includes(part), true, error.message);
    }
    assertUsable();
  };

  it("and says what to do instead", () => {
    const calls: Record<string, Unary> = {
      "primal": (x) => primal(x),
      "read .value of a Var": (x) => (x as Var).value,
      "convert a Var to a number": (x) => -x,
      "convert a Var to a string": (x) => `${x}` as never,
    };
    for (const [call, f] of Object.entries(calls)) {
      assertEquals(
        assertThrows(() => compile(f)(1), TypeError).message,
        `Cannot ${call} in a function that is being compiled: its number ` +
          "would be frozen, and data are Vars, too; compute with add, mul, " +
          "sin …, branch with select, min, max, clamp, lt, le, gt, ge or eq, " +
          "and take an index or the length of a loop from a closure",
      );
    }
  });

  for (const [name, read] of Object.entries(READS)) {
    const f: Unary = (x) => {
      read(x);
      return square(x);
    };

    it(`${name}, in every transform`, () => {
      throws(() => compile(f)(2), name);
      throws(() => compile(f).program(2), `${name}, program`);
      throws(() => compile(grad(f))(2), `grad, ${name}`);
      throws(() => compile(valueAndGrad(f))(2), `valueAndGrad, ${name}`);
      throws(() => compile(hessian(f))(2), `hessian, ${name}`);
      throws(() => compile(jacobian(f))(2), `jacobian, ${name}`);
      throws(() => compile(jvp(f))(2, 1), `jvp, ${name}`);
      throws(() => compile(hvp(f))(2, 1), `hvp, ${name}`);
      throws(
        () => compile((x: Scalar) => vjp(f)(x).pullback(1) as Scalar)(2),
        `vjp, ${name}`,
      );
      throws(() => compile(grad(grad(grad(f))))(2), `three times, ${name}`);
    });

    it(`${name}, of data`, () => {
      const ofData = (x: Scalar, data: { n: Scalar }) => {
        read(data.n);
        return mul(x, data.n);
      };
      throws(() => compile(ofData)(1, { n: 2 }), name);
      throws(() => compile(grad(ofData))(1, { n: 2 }), name);
    });

    it(`${name}, of an inner variable that depends on an argument`, () => {
      const inner = (x: Scalar) => (y: Scalar) => {
        const z = mul(x, y);
        read(z);
        return square(z);
      };
      throws(
        () => compile((x: Scalar) => grad(inner(x))(3))(2),
        "inner result",
      );
      throws(
        () => compile((x: Scalar) => grad(grad(inner(x)))(3))(2),
        "two levels down",
      );
      throws(
        () => compile(grad((x: Scalar) => grad(inner(x))(3) as Scalar))(2),
        "two levels around",
      );
      throws(() => compile((x: Scalar) => grad(f)(x))(2), "the input");
      throws(
        () => compile((x: Scalar) => grad(f)(neg(x)) as Scalar)(2),
        "the input's opposite",
      );
      throws(
        () =>
          compile((x: Scalar) =>
            grad((_y: Scalar) => {
              read(x);
              return x;
            })(3)
          )(2),
        "an outer variable",
      );
      throws(
        () =>
          compile((x: Scalar) => {
            read(grad((y: Scalar) => mul(square(y), x))(3) as Scalar);
            return x;
          })(2),
        "a gradient that depends on it",
      );
      throws(
        () =>
          compile((x: Scalar) => {
            read(jvp((y: Scalar) => square(y))(3, x as number).tangent);
            return x;
          })(2),
        "a tangent that depends on it",
      );
      throws(
        () =>
          compile((x: Scalar) => {
            const { pullback } = vjp((y: Scalar) => square(y))(3);
            read(pullback(x as number) as Scalar);
            return x;
          })(2),
        "a pullback of it",
      );
    });

    it(`${name}, in a compiled function within`, () => {
      const within = compile(f);
      throws(() => compile((x: Scalar) => within(x))(2), name);
      throws(() => compile(compile(f))(2), name);
    });
  }

  it("a message says what to call instead", () => {
    for (const read of [READS["primal(x)"]!, READS["x.value"]!]) {
      const error = assertThrows(() => compile(read as Unary)(2), TypeError);
      for (const name of ["select", "min", "max", "clamp", "lt", "eq"]) {
        assertEquals(error.message.includes(name), true, error.message);
      }
    }
  });

  it("but a Var may be printed, without its number", () => {
    compile((x: Scalar) => {
      assertEquals(Deno.inspect(x), "Var");
      assertEquals(Deno.inspect({ x: mul(x, 2) }), "{ x: Var }");
      return x;
    }, { verify: false })(2);
  });
});

describe("numbers that no argument decides may be read", () => {
  it("of an inner function of numbers alone", () => {
    const steps = (start: number): number => {
      const slope = grad((y: Scalar) =>
        primal(y) > 0 && (y as Var).value < 10 ? square(y) : mul(7, y)
      );
      return slope(start);
    };
    const f = (x: Scalar) => add(mul(x, steps(3)), steps(-3));
    const compiled = compile(f);
    assertEquals([compiled(1), compiled(5)], [13, 37]);
    assertEquals(compile(grad(f))(1), 6);
  });

  it("of an inner function of another one's, which closes over no argument", () => {
    // ∂/∂y 2y·z at z = y is 4y.
    const inner = (y: Scalar) =>
      grad((z: Scalar) =>
        primal(z) > 0 && `${z}` === "Var(value: 3)" ? mul(y, square(z)) : z
      )(y) as Scalar;
    assertEquals(compile((x: Scalar) => mul(x, grad(inner)(3)))(2), 24);
  });

  it("but not once the one around closes over an argument", () => {
    const inner = (z: Scalar) => primal(z) > 0 ? square(z) : z;
    const functions: Record<string, Unary> = {
      "before": (x) =>
        grad((y: Scalar) => grad(inner)(mul(x, y)) as Scalar)(3) as Scalar,
      "elsewhere": (x) =>
        grad((y: Scalar) => {
          const z = mul(x, y);
          return add(z, grad((w: Scalar) => mul(z, inner(w)))(y) as Scalar);
        })(3) as Scalar,
    };
    for (const [name, f] of Object.entries(functions)) {
      const error = assertThrows(() => compile(f)(2), TypeError, "frozen");
      assertEquals(error.message.startsWith("Cannot primal"), true, name);
      assertUsable();
    }
  });

  it("as data that f closes over", () => {
    const power = (n: number) => (x: Scalar) => {
      let y: Scalar = 1;
      for (let i = 0; i < n; i++) y = mul(y, x);
      return y;
    };
    assertEquals([0, 1, 3].map((n) => compile(power(n))(2)), [1, 2, 8]);
  });

  it("as the length of a list, which is in its structure", () => {
    const f = compile((xs: readonly Scalar[]) =>
      xs.length > 2 ? xs[2]! : mul(xs[0]!, 100)
    );
    assertEquals([f([1, 2, 3]), f([1, 2]), f([4, 5, 6])], [3, 100, 6]);
  });

  it("uncompiled, and inside what is only recorded", () => {
    const f = compile((x: Scalar) => primal(x) > 0 ? square(x) : neg(x));
    assertThrows(() => f(2), TypeError);
    const derivative = grad((x: Scalar) => f(x));
    assertEquals([derivative(3), derivative(-3)], [6, -1]);
    const node = new Node(-3);
    backward(f(node));
    assertEquals(node.grad, -1);
  });
});

describe("program(...) inside a recording", () => {
  // Recorded there, it would take the variable around it for one of its own, or
  // freeze what a number decides.
  const throwsOrIsRight = (
    make: (x: Scalar) => { program(y: number): { run: Run } },
    expected: number,
  ) => {
    grad((x: Scalar) => {
      const output = new Float64Array(1);
      try {
        make(x).program(2).run(Float64Array.of(-5), output);
      } catch (error) {
        assertEquals(error instanceof TypeError, true, `${error}`);
        return x;
      }
      assertEquals(output[0], expected);
      return x;
    })(3);
    assertUsable();
  };
  type Run = (inputs: Float64Array, outputs: Float64Array) => void;

  it("that closes over a variable is never silently wrong", () => {
    throwsOrIsRight((x) => compile((y: Scalar) => mul(x, y)), -15);
  });

  it("that reads a number freezes nothing", () => {
    throwsOrIsRight(
      () => compile((y: Scalar) => primal(y) > 0 ? y : mul(y, 100)),
      -500,
    );
  });
});

describe("arguments that are not numbers", () => {
  const f = compile((x: Scalar, _data: unknown) => x);
  const expected =
    "expected a number, or an array, plain object or Float64Array of numbers; " +
    "what is not a number belongs in a closure";

  const wrong: readonly (readonly [unknown, string, string])[] = [
    ["a", "argument 2", 'the string "a"'],
    [undefined, "argument 2", "undefined"],
    [null, "argument 2", "null"],
    [true, "argument 2", "the boolean true"],
    [1n, "argument 2", "the bigint 1n"],
    [new Date(), "argument 2", "an instance of Date"],
    [new Float32Array(1), "argument 2", "an instance of Float32Array"],
    [() => 1, "argument 2", "a function"],
    [[1, [2, "b"]], "argument 2, [1][1]", 'the string "b"'],
    [
      { layers: [{ name: "dense", w: [1] }] },
      "argument 2, .layers[0].name",
      'the string "dense"',
    ],
    [
      { layers: [{ w: [1], activation: Math.tanh }] },
      "argument 2, .layers[0].activation",
      "the function tanh",
    ],
    [{ "a b": undefined }, 'argument 2, ["a b"]', "undefined"],
  ];
  for (const [data, place, kind] of wrong) {
    it(`${place} is ${kind}`, () => {
      for (let times = 0; times < 2; times++) {
        assertThrows(
          () => f(1, data),
          TypeError,
          `Cannot compile: ${place} is ${kind}, ${expected}`,
        );
        assertThrows(() => f.program(1, data), TypeError, place);
        // What it can take, it still takes.
        assertEquals(f(5, [1]), 5);
      }
      assertUsable();
    });
  }

  it("a missing argument, and one too many, are other structures", () => {
    const add2 = compile((x: Scalar, y: Scalar) => add(x, y));
    assertEquals(add2(1, 2), 3);
    assertThrows(
      () => (add2 as unknown as (x: number) => Scalar)(1),
      TypeError,
      "Cannot add: operand 2 is undefined",
    );
    assertEquals((add2 as unknown as (...x: number[]) => Scalar)(1, 2, 3), 3);
    assertUsable();
  });

  it("a result that is not numbers", () => {
    const results: readonly (readonly [unknown, string])[] = [
      ["a", 'the function\'s result is the string "a"'],
      [{ x: [undefined] }, "the function's result, .x[0] is undefined"],
      [new Node(1), "the function's result is an instance of Node"],
      [() => 1, "the function's result is a function"],
    ];
    for (const [result, message] of results) {
      assertThrows(
        () => compile((_x: Scalar) => result)(1),
        TypeError,
        `Cannot compile: ${message}`,
      );
    }
    assertThrows(
      () => compile(vjp((x: Scalar) => x))(1),
      TypeError,
      "the function's result, .pullback is",
    );
    assertUsable();
  });

  it("a Var that outlived its recording", () => {
    let kept: Scalar = 0;
    compile((x: Scalar) => kept = x, { verify: false })(1);
    assertThrows(() => f(kept, 1), TypeError, "outlived");
    assertThrows(() => add(kept, 1), TypeError, "outlived");
    assertThrows(() => primal(kept), TypeError, "outlived");
    assertUsable();
  });

  it("a Node that f closes over", () => {
    const node = new Node(3);
    assertThrows(
      () => compile((x: Scalar) => mul(x, node))(1),
      TypeError,
      "Cannot mul: operand 2 is a Node and operand 1 is a Var",
    );
    assertUsable();
  });
});

describe("exceptions", () => {
  it("while recording leave everything usable", () => {
    let fails = true;
    const f = (x: Scalar) => {
      const y = mul(x, square(x));
      if (fails) throw new Error("mine");
      return y;
    };
    const compiled = [compile(f), compile(grad(f)), compile(hessian(f))];
    for (const way of compiled) {
      for (let times = 0; times < 3; times++) {
        assertThrows(() => way(2), Error, "mine");
        assertUsable();
      }
    }
    fails = false;
    assertEquals(compiled.map((way) => way(2)), [8, 12, [[12]]]);
  });

  it("of an inner function may be caught", () => {
    const f = compile((x: Scalar) => {
      try {
        return grad((y: Scalar) => primal(mul(x, y)))(1);
      } catch {
        return select(gt(x, 0), square(x), x);
      }
    }, { verify: false });
    assertEquals([f(3), f(-3)], [9, -3]);
  });

  it("of an operation's value at run time pass through", () => {
    const root = defineOperation({
      name: "root",
      value: (x: number) => {
        if (x < 0) throw new RangeError("mine: negative");
        return Math.sqrt(x);
      },
      partials: () => 1,
    });
    const f = compile(([x, y]: readonly Scalar[]) => [
      add(x!, 1),
      sub(root(x!), root(y!)),
    ]);
    assertThrows(() => f([-1, 1]), RangeError, "mine");
    assertEquals(f([9, 4]), [10, 1]);
    for (let times = 0; times < 3; times++) {
      assertThrows(() => f([9, -1]), RangeError, "mine: negative");
      assertUsable();
      assertEquals(f([16, 4]), [17, 2]);
    }
  });

  it("an operation whose value is not a number at run time throws", () => {
    const partly = defineOperation({
      name: "partly",
      value: (x: number) => x > 0 ? x : undefined as unknown as number,
      partials: () => 1,
    });
    const f = compile((x: Scalar) => partly(x));
    assertEquals(f(2), 2);
    assertThrows(() => f(-2), TypeError, "Cannot partly: the result of value");
    assertEquals(f(3), 3);
    assertUsable();
  });

  it("checkGradients checks a compiled function", () => {
    checkGradients(compile((x: Scalar) => mul(x, square(x))), 2);
    assertUsable();
  });
});
