import { describe, it } from "@std/testing/bdd";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  add,
  checkGradients,
  compile,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  mul,
  Node,
  type Scalar,
  sin,
  square,
  sum,
  valueAndGrad,
  Var,
  vjp,
} from "../../mod.ts";
import { leavesOf, mapLeaves, STRUCTURES } from "../support/structures.ts";

/** Σ xᵢ³, of all leaves. */
// deno-lint-ignore no-explicit-any
const cubes = (structure: any): Scalar =>
  sum(leavesOf(structure).map((x) => mul(x, square(x))));
// deno-lint-ignore no-explicit-any
const slopes: (x: any) => any = grad(cubes);

describe("a structure", () => {
  const structures = { ...STRUCTURES, "zeros and −1": [0, -1] };
  for (const [name, structure] of Object.entries(structures)) {
    const x = structure as number[], unit = mapLeaves(x, () => 1) as number[];
    const first = mapLeaves(x, (x) => 3 * x * x);
    const second = mapLeaves(x, (x) => 6 * x);

    it(`comes back from every transform: ${name}`, () => {
      const value = leavesOf(x).reduce<number>((s, x) => s + Number(x) ** 3, 0);
      assertEquals(grad(cubes)(x), first);
      assertEquals(valueAndGrad(cubes)(x), { value, gradient: first as never });
      assertEquals(vjp(cubes)(x).pullback(1), first);
      assertEquals(hvp(cubes)(x, unit), second);
      // A function whose result has the structure, too.
      assertEquals(jvp(slopes)(x, unit), {
        value: first as never,
        tangent: second as never,
      });
      const back = vjp(slopes)(x);
      assertEquals(back.value, first);
      assertEquals(back.pullback(unit as never), second);
    });

    it(`has its leaves in order: ${name}`, () => {
      const leaves = leavesOf(x) as number[];
      const diagonal = leaves.map((x, i) =>
        leaves.map((_, j) => i === j ? 6 * x : 0)
      );
      assertEquals(hessian(cubes)(x), diagonal);
      assertEquals(jacobian(slopes)(x), diagonal);
      assertEquals(jacobian(cubes)(x), [leaves.map((x) => 3 * x * x)]);
    });

    it(`comes to the function in its shape: ${name}`, () => {
      grad((seen: unknown) => {
        const numbers = leavesOf(seen).map((x) => (x as Var).value);
        assertEquals(numbers, leavesOf(x));
        assertEquals(JSON.stringify(shape(seen)), JSON.stringify(shape(x)));
        return 0;
      })(x);
    });

    it(`is not changed, nor given back itself: ${name}`, () => {
      const before = JSON.stringify(x);
      const gradient = grad(cubes)(x) as unknown;
      assertEquals(JSON.stringify(x), before);
      if (typeof gradient === "object") assert(gradient !== x);
    });
  }

  /** The structure with null for every leaf. */
  function shape(x: unknown): unknown {
    if (typeof x === "number" || x instanceof Var) return null;
    if (Array.isArray(x)) return x.map(shape);
    return Object.entries(x as object).map(([key, x]) => [key, shape(x)]);
  }

  it("keeps the order of its keys", () => {
    const gradient = grad(cubes)({ z: 1, a: { d: 1, c: 1 }, m: 1 });
    assertEquals(
      JSON.stringify(gradient),
      '{"z":3,"a":{"d":3,"c":3},"m":3}',
    );
  });

  it("may have no prototype", () => {
    const bare = Object.assign(Object.create(null), { x: 2 });
    assertEquals((grad(cubes)(bare) as { x: number }).x, 12);
  });

  it("may hold the same array twice: these are leaves of their own", () => {
    const pair = [1, 2];
    const first = (pairs: readonly (readonly Scalar[])[]) =>
      square(pairs[0]![0]!);
    assertEquals(grad(first)([pair, pair]), [[2, 0], [0, 0]]);
  });

  it("of Float64Arrays has a gradient of them", () => {
    const x = { w: [Float64Array.of(1, 2), Float64Array.of()], b: 3 };
    for (
      const gradient of [
        grad(cubes)(x),
        valueAndGrad(cubes)(x).gradient,
        vjp(cubes)(x).pullback(1),
        jvp(slopes)(x, x).value,
      ] as (typeof x)[]
    ) {
      assertEquals(gradient, {
        w: [Float64Array.of(3, 12), Float64Array.of()],
        b: 27,
      });
      assert(gradient.w.every((array) => array instanceof Float64Array));
      assert(gradient.w[0] !== x.w[0]);
    }
  });

  it("of Float64Arrays is one of arrays to the function", () => {
    grad((xs: readonly Scalar[]) => {
      assert(Array.isArray(xs));
      return sum(xs.map((x) => sin(x)));
    })(Float64Array.of(1, 2));
  });

  it("of Float64Arrays goes with vectors of arrays, and the other way round", () => {
    const typed = Float64Array.of(1, 2), plain = [1, 2];
    assertEquals(hvp(cubes)(typed, plain as never), Float64Array.of(6, 24));
    assertEquals(hvp(cubes)(plain, typed as never), [6, 24]);
    const { pullback } = vjp((xs: readonly Scalar[]) =>
      xs.map((x) => square(x))
    )(plain);
    assertEquals(pullback(Float64Array.of(1, 1)), [2, 4]);
  });

  it("of Vars, inside a recorded function, has a gradient of Scalars", () => {
    const f = (x: Scalar) => {
      const { w, b } = grad(cubes)({ w: [x, 2], b: mul(x, x) });
      return add(sum(w), b); // 3x² + 12 + 3x⁴
    };
    assertEquals(grad(f)(2), 12 + 96);
    // A Float64Array of numbers gets derivatives that depend on x.
    const g = (x: Scalar) =>
      sum(
        grad((ys: readonly Scalar[]) => sum(ys.map((y) => mul(x, square(y)))))(
          Float64Array.of(1, 2),
        ),
      );
    assertEquals(grad(g)(3), 6);
  });

  it("is read once, before the function runs", () => {
    let reads = 0;
    const x = {
      get a(): number {
        return ++reads;
      },
      b: 2,
    };
    const f = ({ a, b }: { a: Scalar; b: Scalar }) => {
      // What the function does to the argument changes nothing for its gradient.
      delete (x as { b?: number }).b;
      return mul(a, b);
    };
    assertEquals([grad(f)(x), reads], [{ a: 2, b: 1 }, 1]);
    // Nor what it does to its own copy.
    const consumed = (xs: Scalar[]) => {
      let product: Scalar = 1;
      while (xs.length > 0) product = mul(product, xs.pop()!);
      return product;
    };
    assertEquals(grad(consumed)([2, 3]), [3, 2]);
    assertEquals(hessian(consumed)([2, 3]), [[0, 1], [1, 0]]);
  });

  it("may be nested 1000 deep", () => {
    let x: unknown = 3;
    for (let depth = 0; depth < 1000; depth++) x = depth % 2 ? { x } : [x];
    let gradient = grad(cubes)(x) as unknown;
    for (let depth = 0; depth < 1000; depth++) {
      gradient = Object.values(gradient as object)[0];
    }
    assertEquals(gradient, 27);
  });

  it("has own keys, whatever objects inherit under their names", () => {
    Object.defineProperty(Object.prototype, "inherited", {
      value: 1,
      writable: false,
      configurable: true,
    });
    try {
      assertEquals(
        Object.entries(grad(cubes)({ inherited: 2, x: 1 })),
        [["inherited", 12], ["x", 3]],
      );
    } finally {
      delete (Object.prototype as { inherited?: number }).inherited;
    }
  });
});

describe("a wrong structure", () => {
  const TOO_DEEP = " is a structure nested more than 1000 deep, expected at " +
    "most 1000 levels";
  const EXPECTED =
    "expected a number, or an array, plain object or Float64Array of numbers";
  const circle: unknown[] = [];
  circle.push([1, new Map()]);
  const wrong: [unknown, string][] = [
    [undefined, " is undefined"],
    [null, " is null"],
    ["1", ' is the string "1"'],
    [true, " is the boolean true"],
    [1n, " is the bigint 1n"],
    [Math.sin, " is the function sin"],
    [new Date(0), " is an instance of Date"],
    [new Map(), " is an instance of Map"],
    [new Float32Array(1), " is an instance of Float32Array"],
    [new Node(1), " is an instance of Node"],
    [[1, "2"], ', [1] is the string "2"'],
    [[[1, 2], [3, undefined]], ", [1][1] is undefined"],
    [{ x: 1, y: null }, ", .y is null"],
    [
      { layers: [{ w: [], b: new Set() }] },
      ", .layers[0].b is an instance of Set",
    ],
    [{ "a b": [1, "c"] }, ', ["a b"][1] is the string "c"'],
    [
      { x: [], y: {}, z: { a: [[]], b: [new Node(2)] } },
      ", .z.b[0] is an instance of Node",
    ],
    [[Float64Array.of(1, 2), "x"], ', [1] is the string "x"'],
    // deno-lint-ignore no-sparse-arrays
    [[1, , 3], ", [1] is undefined"],
    [circle, ", [0][1] is an instance of Map"],
  ];
  // deno-lint-ignore no-explicit-any
  const identity = (x: any) => x;
  // deno-lint-ignore no-explicit-any
  const calls: Record<string, (x: any) => unknown> = {
    grad: (x) => grad(identity)(x),
    valueAndGrad: (x) => valueAndGrad(identity)(x),
    vjp: (x) => vjp(identity)(x),
    jacobian: (x) => jacobian(identity)(x),
    hessian: (x) => hessian(identity)(x),
  };
  for (const [name, call] of Object.entries(calls)) {
    it(`is named with its path: argument of ${name}`, () => {
      for (const [x, what] of wrong) {
        assertEquals(
          assertThrows(() => call(x), TypeError).message,
          `Cannot ${name}: argument 1${what}, ${EXPECTED}` +
            (what.endsWith("Node") ? "; pass the Node's value" : ""),
        );
      }
    });
  }

  const loop: unknown[] = [1];
  loop.push({ b: 2, again: loop });
  const self: Record<string, unknown> = { a: [1] };
  self["self"] = self;
  const empty = new Float64Array(0), detached = new Float64Array(2);
  detached.buffer.transfer();
  const impossible: [unknown, string][] = [
    [
      loop,
      ", [1].again is an array of length 2 that contains itself, expected a " +
      "structure without cycles",
    ],
    [
      [[self]],
      ", [0][0].self is a plain object that contains itself, expected a " +
      "structure without cycles",
    ],
    [
      { x: [empty, detached] },
      ", .x[1] is a detached Float64Array, expected one whose buffer was not " +
      "transferred",
    ],
    [nested(1001), TOO_DEEP],
    [nested(20_000), TOO_DEEP],
    // Of 3e8 elements, none is there.
    [new Array(3e8), `, [0] is undefined, ${EXPECTED}`],
    [{ x: new Array(3e8) }, `, .x[0] is undefined, ${EXPECTED}`],
  ];

  function nested(depth: number): unknown {
    let x: unknown = 1;
    for (let level = 0; level < depth; level++) x = level % 2 ? { x } : [x];
    return x;
  }

  it("is refused where it has no end, or nothing in it", () => {
    const all = {
      ...calls,
      checkGradients: (x: never) => checkGradients(identity, x),
      compile: (x: never) => compile(identity)(x),
    };
    for (const [name, call] of Object.entries(all)) {
      for (const [x, what] of impossible) {
        const error = assertThrows(() => call(x as never));
        assertInstanceOf(error, what === TOO_DEEP ? RangeError : TypeError);
        const hint = name === "compile" && what.endsWith(EXPECTED)
          ? "; what is not a number belongs in a closure"
          : "";
        assertEquals(
          error.message,
          `Cannot ${name}: argument 1${what}${hint}`,
        );
      }
    }
    for (const [x, what] of impossible) {
      assertStringIncludes(
        assertThrows(() => jvp(() => x as Scalar[])(1, 1)).message,
        `Cannot jvp: the function's result${what.split(", expected")[0]}`,
      );
    }
  });

  it("is a Node or Var of another copy of the module", async () => {
    const { brand } = await import("../../src/errors.ts?another copy");
    class Node {}
    class e {}
    brand(Node.prototype, "Node");
    brand(e.prototype, "Var");
    const said = "of another copy of this module, which seems to be loaded " +
      "twice, expected";
    for (const [x, kind] of [[new Node(), "Node"], [new e(), "Var"]] as const) {
      for (
        const [use, what] of [
          [() => grad(identity)(x), "grad: argument 1"],
          [() => grad(() => x as Scalar)(1), "grad: the function's result"],
          [() => jvp(sin)(1, x as never), "jvp: the tangent"],
          [() => add(x as never, 1), "add: operand 1"],
          [() => compile(identity)({ x }), "compile: argument 1, .x"],
        ] as const
      ) {
        assertStringIncludes(
          assertThrows(use, TypeError).message,
          `Cannot ${what} is a ${kind} ${said}`,
        );
      }
    }
  });

  const SOLE = ["grad", "valueAndGrad", "hessian", "hvp"];
  // deno-lint-ignore no-explicit-any
  const giving: Record<string, (result: any) => unknown> = {
    grad: (y) => grad(() => y)(1),
    valueAndGrad: (y) => valueAndGrad((_: Scalar[]) => y)([1]),
    vjp: (y) => vjp(() => y)(1),
    jvp: (y) => jvp(() => y)(1, 1),
    jacobian: (y) => jacobian(() => y)(1),
    hessian: (y) => hessian(() => y)(1),
    hvp: (y) => hvp(() => y)(1, 1),
  };
  for (const [name, give] of Object.entries(giving)) {
    it(`is named with its path: result of ${name}'s function`, () => {
      for (const [y, what] of wrong) {
        assertEquals(
          assertThrows(() => give(y), TypeError).message,
          `Cannot ${name}: the function's result${what}, ` +
            (SOLE.includes(name)
              ? "expected a number or Var"
              : "expected a number or Var, or an array or plain object of them"),
        );
      }
    });
  }

  it("of results is named where one Scalar is expected", () => {
    for (
      const [y, what] of [
        [[1], "an array of length 1"],
        [[], "an array of length 0"],
        [{ x: 1 }, "a plain object"],
        [Float64Array.of(1), "an instance of Float64Array"],
      ] as const
    ) {
      for (const name of SOLE) {
        assertEquals(
          assertThrows(() => giving[name]!(y), TypeError).message,
          `Cannot ${name}: the function's result is ${what}, ` +
            "expected a number or Var",
        );
      }
    }
  });

  it("is a promise of a result", () => {
    assertThrows(
      () => grad((async (x: Scalar) => await x) as never)(1),
      TypeError,
      "the function's result is an instance of Promise, expected a number or " +
        "Var; make the function synchronous, and await outside of it",
    );
  });

  const shapes: [
    x: unknown,
    vector: unknown,
    said: string,
    expected: string,
  ][] = [
    [1, [1], " is an array of length 1", "a number"],
    [[1, 2], 1, " is a number", "an array of length 2"],
    [[1, 2], [1], " is an array of length 1", "an array of length 2"],
    [[1, 2], [1, 2, 3], " is an array of length 3", "an array of length 2"],
    [
      [[1, 2], [3, 4]],
      [1, 2, 3, 4],
      " is an array of length 4",
      "an array of length 2",
    ],
    [
      [[1, 2], [3, 4]],
      [[1, 2], [3]],
      ", [1] is an array of length 1",
      "an array of length 2",
    ],
    [[[1]], [1], ", [0] is a number", "an array of length 1"],
    [{ x: 1 }, [1], " is an array of length 1", "an object { x }"],
    [{ x: 1 }, { y: 1 }, " is an object { y }", "an object { x }"],
    [{ x: 1 }, {}, " is an object without keys", "an object { x }"],
    [
      { "a b": 1, c: 2 },
      { c: 2, "a b": 1 },
      ' is an object { c, "a b" }',
      'an object { "a b", c }',
    ],
    [
      { x: [1, 2] },
      { x: 1 },
      ", .x is a number",
      "an array of length 2",
    ],
    [
      Float64Array.of(1, 2),
      Float64Array.of(1),
      " is an array of length 1",
      "an array of length 2",
    ],
    [[], 1, " is a number", "an array of length 0"],
    [
      Object.fromEntries(Array.from("abcdefghij", (key) => [key, 1])),
      Object.fromEntries(Array.from("abcdefghik", (key) => [key, 1])),
      " is an object { … k … } of 10 keys",
      "an object { … j … } of 10 keys",
    ],
  ];

  it("is a vector of another shape than the argument", () => {
    for (const [x, vector, said, expected] of shapes) {
      const products = { jvp: jvp(cubes), hvp: hvp(cubes) };
      for (const [name, call] of Object.entries(products)) {
        assertEquals(
          assertThrows(() => call(x as number, vector as number), TypeError)
            .message,
          `Cannot ${name}: the ${name === "jvp" ? "tangent" : "vector"}` +
            `${said}, expected ${expected}, as in argument 1`,
        );
      }
    }
  });

  it("is a cotangent of another shape than the value", () => {
    for (const [y, cotangent, said, expected] of shapes) {
      assertEquals(
        assertThrows(
          () => vjp(identity)(y as number[]).pullback(cotangent as number[]),
          TypeError,
        ).message,
        `Cannot pullback: the cotangent${said}, expected ${expected}, ` +
          "as in the value",
      );
    }
  });

  it("is a vector with something else than numbers", () => {
    for (const [x, what] of wrong) {
      const message = `${what}, expected numbers in the shape of `;
      const vector = x as number;
      assertEquals(
        assertThrows(() => jvp(sin)(1, vector), TypeError).message,
        `Cannot jvp: the tangent${message}argument 1`,
      );
      assertEquals(
        assertThrows(() => hvp(sin)(1, vector), TypeError).message,
        `Cannot hvp: the vector${message}argument 1`,
      );
      assertEquals(
        assertThrows(() => vjp(sin)(1).pullback(vector), TypeError).message,
        `Cannot pullback: the cotangent${message}the value`,
      );
    }
  });

  it("is no function to differentiate", () => {
    // deno-lint-ignore no-explicit-any
    const transforms: Record<string, (f: any) => (...args: any[]) => unknown> =
      { grad, valueAndGrad, jvp, vjp, jacobian, hessian, hvp };
    for (const [name, transform] of Object.entries(transforms)) {
      for (
        const [f, what] of [
          [undefined, "undefined"],
          [3, "the number 3"],
          [new Node(1), "an instance of Node"],
          [[sin], "an array of length 1"],
        ] as const
      ) {
        const expected =
          `Cannot ${name}: the argument is ${what}, expected a function`;
        assertEquals(
          assertThrows(() => transform(f), TypeError).message,
          expected,
        );
      }
    }
  });
});
