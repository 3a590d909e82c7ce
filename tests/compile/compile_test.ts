import { describe, it } from "@std/testing/bdd";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  add,
  backward,
  compile,
  cos,
  defineOperation,
  dot,
  exp,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  map,
  mul,
  Node,
  primal,
  type Scalar,
  select,
  sin,
  square,
  sub,
  sum,
  valueAndGrad,
  vjp,
} from "../../mod.ts";
import { leavesOf, mapLeaves, STRUCTURES } from "../support/structures.ts";
import { assertSameBits } from "../support/same_bits.ts";

/** Σ k·xₖ³, of all leaves. */
// deno-lint-ignore no-explicit-any
const cubes = (structure: any): Scalar =>
  sum(leavesOf(structure).map((x, k) => mul(k + 1, mul(x, square(x)))));

const WITH_FLOATS: Readonly<Record<string, unknown>> = {
  ...STRUCTURES,
  "a Float64Array": Float64Array.of(1, 2, -3),
  "an empty Float64Array": new Float64Array(0),
  "Float64Arrays within": {
    w: [Float64Array.of(1, 2), Float64Array.of(3)],
    b: 4,
    c: [5, 6],
  },
};

describe("compile: structures", () => {
  for (const [name, x] of Object.entries(WITH_FLOATS)) {
    it(`${name} goes in and comes out as uncompiled`, () => {
      // deno-lint-ignore no-explicit-any
      const identity = (y: any) => y;
      const gradient = compile(valueAndGrad(cubes)), same = compile(identity);
      for (const factor of [1, -0.5, 0]) {
        const y = mapLeaves(x, (leaf) => factor * leaf);
        const expected = valueAndGrad(cubes)(y);
        assertSameBits(gradient(y), expected, name);
        assertEquals(gradient(y), expected);
        assertSameBits(same(y), y, name);
      }
    });
  }

  it("a gradient by a Float64Array is one, of its own", () => {
    const gradient = compile(grad((x: readonly Scalar[]) => dot(x, x)));
    const x = Float64Array.of(1, 2, 3);
    const first = gradient(x);
    assertInstanceOf(first, Float64Array);
    assertEquals(first, Float64Array.of(2, 4, 6));
    gradient(Float64Array.of(7, 8, 9));
    // Not a view of memory that the next call writes to.
    assertEquals(first, Float64Array.of(2, 4, 6));
    assertEquals(first.buffer.byteLength, 24);
    assertEquals(x, Float64Array.of(1, 2, 3));
    // The same numbers in an array: a gradient in one.
    assertEquals(gradient([1, 2, 3]), [2, 4, 6]);
    assertInstanceOf(gradient(x), Float64Array);
  });

  it("each structure of arguments has a program, recorded once", () => {
    let recordings = 0;
    // deno-lint-ignore no-explicit-any
    const f = compile((x: any): any => {
      recordings++;
      return cubes(x);
    }, { verify: false });
    const inputs = [
      [1],
      [[1, 2], [1, 2, 3]],
      [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1 }, { a: [1], b: 2 }],
      [[[1], 2], [1, [2]], [[1, 2]]],
    ].flat();
    for (let times = 0; times < 3; times++) {
      for (const x of inputs) {
        assertEquals(f(x), cubes(x), JSON.stringify(x));
      }
      const before = recordings;
      inputs.reverse().forEach((x) => f(x));
      assertEquals(recordings, before, "no structure is recorded twice");
      recordings = before;
    }
  });

  it("a structure that differs late does not disturb the one it is like", () => {
    // deno-lint-ignore no-explicit-any
    const f = compile((x: any, y: any) => sub(cubes(x), cubes(y)));
    for (const [x, y] of [[[1, 2], [3]], [[1, 2], 3], [[1, 2], { a: 3 }]]) {
      for (let times = 0; times < 2; times++) {
        assertEquals(f(x, y), 1 + 16 - 27);
      }
    }
  });

  it("takes all arguments, whose numbers may differ from call to call", () => {
    const f = compile((
      x: Scalar,
      { a, b }: { a: Scalar; b: readonly Scalar[] },
      n: Scalar,
    ) => [add(mul(a, x), sum(b)), n] as [Scalar, Scalar]);
    assertEquals(f(2, { a: 3, b: [4, 5] }, 6), [15, 6]);
    assertEquals(f(-1, { a: 0.5, b: [1, 1] }, 7), [1.5, 7]);
    assertEquals(f(2, { a: 3, b: [4] }, 6), [10, 6]);
    const gradient = compile(grad((x: Scalar, y: Scalar) => mul(x, y)));
    assertEquals([gradient(2, 3), gradient(2, 5)], [3, 5]);
    assertEquals(compile(() => 5)(), 5);
  });

  it("results may be inputs, constants, repeated, empty", () => {
    const f = compile(([x, y]: readonly Scalar[]) => {
      const product = mul(x!, y!);
      return {
        empty: [],
        inputs: [y!, x!, y!],
        constants: [1, -0, NaN, Infinity, 1],
        twice: [product, product],
        used: [product, add(product, 1)],
        nested: { product, none: {} },
      };
    });
    for (const [x, y] of [[2, 3], [-0, 5], [NaN, 1]]) {
      const product = x! * y!;
      assertSameBits(f([x!, y!]), {
        empty: [],
        inputs: [y, x, y],
        constants: [1, -0, NaN, Infinity, 1],
        twice: [product, product],
        used: [product, product + 1],
        nested: { product, none: {} },
      }, `${x}, ${y}`);
    }
    assertEquals(compile((x: Scalar) => x)(3), 3);
    assertEquals(compile((_x: Scalar) => 4)(3), 4);
    assertEquals(compile((_x: Scalar) => [])(3), []);
    assertEquals(compile(grad((_x: Scalar) => 4))(3), 0);
    const mixed = compile((x: Scalar) => x)([] as unknown as Scalar);
    assertEquals(mixed as unknown, []);
  });

  it("results are the caller's own", () => {
    const f = compile((x: readonly Scalar[]) => ({ x: [...x] }));
    const first = f([1, 2]), second = f([3, 4]);
    assertEquals([first, second], [{ x: [1, 2] }, { x: [3, 4] }]);
  });
});

describe("compile: composition", () => {
  const f = ([x, y]: readonly Scalar[]): Scalar =>
    mul(add(mul(x!, y!), sin(x!)), exp(y!));
  const g = (
    x: readonly Scalar[],
  ): Scalar[] => [f(x), mul(x[0]!, x[1]!), x[1]!];
  const one = (x: Scalar): Scalar => mul(sin(x), mul(x, square(x)));
  const points = [[0.5, -1], [2, 0.25], [-0, 3]];
  const vector = [0.3, -2];

  // deno-lint-ignore no-explicit-any
  const ways: Record<string, (x: any) => unknown> = {
    "valueAndGrad": valueAndGrad(f),
    "hessian": hessian(f),
    "jacobian": jacobian(g),
    "jvp": (x) => jvp(g)(x, vector),
    "hvp": (x) => hvp(f)(x, vector),
    "vjp, pulled back twice": (x) => {
      const { value, pullback } = vjp(g)(x);
      return [value, pullback([1, 0, 2]), pullback([x[0], x[1], 1])];
    },
    "grad of grad of grad": ([x]) => grad(grad(grad(one)))(x),
    "grad of a sum of gradients": grad((x: readonly Scalar[]) =>
      sum(grad(f)(x) as Scalar[])
    ),
    "jacobian of a gradient": jacobian(grad(f)),
    "hessian of a directional derivative": hessian((x: readonly Scalar[]) =>
      jvp(f)(x as Scalar[], vector).tangent as Scalar
    ),
    "grad of what closes over": ([x, y]: readonly Scalar[]) =>
      grad((z: Scalar) => mul(z, grad((w: Scalar) => mul(w, mul(z, y!)))(x!)))(
        x!,
      ),
    "a step of a descent": (x: readonly Scalar[]) => {
      const { value, gradient } = valueAndGrad(f)(x);
      return gradient.map((slope, i) => sub(x[i]!, mul(value, slope)));
    },
  };

  for (const [name, way] of Object.entries(ways)) {
    it(name, () => {
      const compiled = compile(way);
      for (const point of points) {
        assertSameBits(compiled(point), way(point), `${name} at ${point}`);
      }
    });
  }

  it("jvp and hvp of compiled functions take the vector as an argument", () => {
    const compiled = [compile(jvp(f)), compile(hvp(f))] as const;
    for (const point of points) {
      for (const v of [[1, 0], [0, 1], [-2, 3]]) {
        assertSameBits(compiled[0](point, v), jvp(f)(point, v), "jvp");
        assertSameBits(compiled[1](point, v), hvp(f)(point, v), "hvp");
      }
    }
  });

  it("transforms of compiled functions see through them", () => {
    const compiled = compile(f), gradient = compile(grad(f));
    for (const point of points) {
      assertSameBits(grad(compiled)(point), grad(f)(point), "grad");
      assertSameBits(hessian(compiled)(point), hessian(f)(point), "hessian");
      assertSameBits(jacobian(gradient)(point), hessian(f)(point), "jacobian");
      assertSameBits(vjp(compiled)(point).value, f(point), "vjp");
      // After it was compiled, and once more.
      assertSameBits(compiled(point), f(point), "value");
      assertSameBits(grad(compiled)(point), grad(f)(point), "grad again");
    }
  });

  it("compiled functions call compiled functions", () => {
    const inner = compile(one), innerGrad = compile(grad(one));
    const outer = compile(
      valueAndGrad((x: Scalar) =>
        add(inner(x), mul(innerGrad(x) as Scalar, inner(2)))
      ),
    );
    const plain = valueAndGrad((x: Scalar) =>
      add(one(x), mul(grad(one)(x) as Scalar, one(2)))
    );
    // Recorded before, and after, the inner ones have programs of their own.
    for (const x of [0.5, -3]) {
      assertSameBits(outer(x), plain(x), `${x}`);
      assertSameBits(inner(x), one(x), `${x}`);
      assertSameBits(outer(x), plain(x), `${x}`);
    }
  });

  it("a compiled function of numbers alone, inside a recorded one", () => {
    const compiled = compile(one);
    assertEquals(typeof compiled(2), "number");
    const derivative = grad((x: Scalar) => mul(x, compiled(2)));
    assertSameBits(derivative(5), one(2), "a constant factor");
    const gradient = compile(grad(one));
    assertSameBits(
      grad((x: Scalar) => mul(square(x), gradient(2)))(5),
      10 * grad(one)(2),
      "a gradient of numbers",
    );
  });

  it("a compiled function that closes over a variable", () => {
    // ∂/∂x (x·y + x²)|y=3 = 3 + 2x.
    const derivative = grad((x: Scalar) => {
      const compiled = compile((y: Scalar) => add(mul(x, y), square(x)));
      return compiled(3);
    });
    assertEquals([derivative(5), derivative(7)], [13, 17]);
    // ∂²/∂x∂y x²·y³ at y = 2: 2x · 12.
    const mixed = grad((x: Scalar) => {
      const slope = compile(
        grad((y: Scalar) => mul(square(x), mul(y, square(y)))),
      );
      return slope(2);
    });
    assertEquals([mixed(1), mixed(5)], [24, 120]);
    assertEquals([compile(mixed)(1), compile(mixed)(5)], [24, 120]);
  });

  it("no perturbation confusion", () => {
    const nested = (x: Scalar) =>
      mul(x, grad((y: Scalar) => add(x, y))(1) as Scalar);
    assertEquals(compile(grad(nested))(1), 1);
  });

  it("Nodes go through to the graph", () => {
    const compiled = compile(f);
    for (let times = 0; times < 2; times++) {
      const x = new Node(0.5), y = new Node(-1);
      const z = compiled([x, y]);
      assertInstanceOf(z, Node);
      backward(z);
      assertSameBits([x.grad, y.grad], grad(f)([0.5, -1]), "Nodes");
      const half = new Node(2);
      backward(compiled([half, 3]));
      assertSameBits(half.grad, grad(f)([2, 3])[0], "a Node and a number");
      assertSameBits(compiled([2, 3]), f([2, 3]), "numbers");
    }
    assertThrows(
      () => compile(grad(f))([new Node(1), new Node(2)] as never),
      TypeError,
      "Cannot grad: argument 1, [0] is an instance of Node",
    );
  });

  it("a Node late in a long list goes through to the graph, and what is wrong is refused", () => {
    const total = compile((rows: { x: Scalar }[]) =>
      sum(map(rows, ({ x }) => mul(x, x)))
    );
    const node = new Node(3);
    const rows: { x: Scalar }[] = Array.from({ length: 100 }, () => ({ x: 1 }));
    rows[98] = { x: node };
    const z = total(rows as never) as unknown as Node;
    assertEquals(z.value, 108);
    backward(z);
    assertEquals(node.grad, 6);
    rows[98] = { x: "3" as never };
    assertThrows(
      () => total(rows as never),
      TypeError,
      'Cannot compile: argument 1, [98].x is the string "3"',
    );
  });
});

describe("compile: the function itself", () => {
  it("is recorded at the first call, and not run again", () => {
    let runs = 0;
    const f = compile((x: Scalar) => {
      runs++;
      return square(x);
    }, { verify: false });
    assertEquals(runs, 0);
    assertEquals([f(1), f(2), f(3)], [1, 4, 9]);
    assertEquals(runs, 1);
  });

  it("can be compiled again", () => {
    const f = compile(compile(compile((x: Scalar) => square(x))));
    assertEquals([f(3), f(4)], [9, 16]);
  });

  it("anything but a function throws", () => {
    for (const [value, kind] of [[3, "the number 3"], [{}, "a plain object"]]) {
      assertThrows(
        () => compile(value as never),
        TypeError,
        `Cannot compile: the argument is ${kind}, expected a function`,
      );
    }
  });
});

describe("compile: users' operations", () => {
  const calls: Record<string, number[][]> = { one: [], two: [], three: [] };
  const one = defineOperation({
    name: "one",
    value: (x: number) => {
      calls["one"]!.push([x]);
      return x * Math.sin(x);
    },
    partials: (x) => add(sin(x), mul(x, cos(x))),
  });
  const two = defineOperation({
    name: "two",
    value: (a: number, b: number) => {
      calls["two"]!.push([a, b]);
      return a * a * b;
    },
    partials: [(a, b) => mul(2, mul(a, b)), (a) => square(a)],
  });
  const three = defineOperation({
    name: "three",
    value: (a: number, b: number, c: number) => {
      calls["three"]!.push([a, b, c]);
      return a * b - c;
    },
    partials: [(_a, b) => b, (a) => a, () => -1],
  });
  const f = ([x, y]: readonly Scalar[]): Scalar =>
    add(three(one(x!), two(x!, y!), 3), mul(one(y!), three(y!, 2, x!)));

  it("have value, gradient and Hessian to the bit", () => {
    const compiled = [
      compile(f),
      compile(valueAndGrad(f)),
      compile(hessian(f)),
    ];
    const plain = [f, valueAndGrad(f), hessian(f)];
    for (const point of [[0.5, 2], [-3, 0.1], [NaN, 1], [-0, Infinity]]) {
      compiled.forEach((way, i) =>
        assertSameBits(way(point), plain[i]!(point), `${i} at ${point}`)
      );
    }
  });

  it("are called at each call, with its numbers", () => {
    const compiled = compile(f, { verify: false });
    compiled([1, 1]);
    for (const [x, y] of [[0.5, 2], [0.5, 2], [7, -1]]) {
      for (const list of Object.values(calls)) list.length = 0;
      compiled([x!, y!]);
      const u = x! * Math.sin(x!), v = x! * x! * y!;
      assertEquals(calls["one"]!.map(String).sort(), [`${x}`, `${y}`].sort());
      assertEquals(calls["two"], [[x, y]]);
      assertEquals(
        calls["three"]!.map(String).sort(),
        [`${u},${v},3`, `${y},2,${x}`].sort(),
      );
    }
  });

  it("may hold state that is not the module's business", () => {
    let offset = 0;
    const shifted = defineOperation({
      name: "shifted",
      value: (x: number) => x + offset,
      partials: () => 1,
    });
    const compiled = compile((x: Scalar) => shifted(x));
    assertEquals(compiled(1), 1);
    offset = 10;
    assertEquals(compiled(1), 11);
  });

  it("of one name are told apart", () => {
    const operation = (factor: number) =>
      defineOperation({
        name: "sin",
        value: (x: number) => factor * x,
        partials: () => factor,
      });
    const twice = operation(2), thrice = operation(3);
    const compiled = compile(
      valueAndGrad((x: Scalar) => add(mul(twice(x), thrice(x)), sin(x))),
    );
    assertEquals(compiled(5), {
      value: 150 + Math.sin(5),
      gradient: 60 + Math.cos(5),
    });
  });

  it("may have any name", () => {
    for (const name of ["\ud800", "a\udc00b", "é\0:", ""]) {
      const twice = defineOperation({
        name: `operation ${name}`,
        value: (x: number) => 2 * x,
        partials: () => 2,
      });
      assertEquals(compile((x: Scalar) => twice(x))(3), 6);
    }
  });

  it("may compile and run other functions", () => {
    const inner = compile(valueAndGrad((x: readonly Scalar[]) => dot(x, x)));
    const norm = defineOperation({
      name: "norm",
      // A new size per call: each compiles, and may replace the memory.
      value: (x: number) => {
        const n = 1 + Math.abs(Math.round(x));
        return inner(new Array(n).fill(x)).value;
      },
      partials: (x) => x,
    });
    const f = compile((xs: readonly Scalar[]) =>
      xs.map((x) => [norm(x), mul(2, x)])
    );
    const xs = Array.from({ length: 40 }, (_, i) => i);
    const expected = (xs: number[]) => xs.map((x) => [(x + 1) * x * x, 2 * x]);
    assertEquals(f(xs), expected(xs));
    const larger = xs.map((x) => 20 * x);
    assertEquals(
      f(larger),
      expected(larger).map(([_, twice], i) => [
        inner(new Array(larger[i]! + 1).fill(larger[i]!)).value,
        twice!,
      ]),
    );
  });
});

describe("compile: branches that select makes", () => {
  it("are those of the function", () => {
    const f = compile(
      valueAndGrad((x: Scalar) => select(x, square(x), exp(x))),
    );
    assertEquals(f(3), { value: 9, gradient: 6 });
    assertEquals(f(0), { value: 1, gradient: 1 });
    assert(primal(f(3).value) === 9);
  });
});
