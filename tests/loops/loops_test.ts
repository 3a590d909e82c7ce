import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  backward,
  compile,
  dot,
  fold,
  grad,
  hessian,
  jvp,
  map,
  mul,
  Node,
  rows,
  type Scalar,
  scan,
  sin,
  square,
  sub,
  sum,
  tanh,
  valueAndGrad,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";
import { assertSameBits } from "../support/same_bits.ts";

/** Data and parameters, and functions of both with the loops of the module and with JavaScript's own. */
interface Case {
  readonly name: string;
  readonly loops: (p: Scalar[], data: readonly Scalar[][]) => Scalar;
  readonly plain: (p: Scalar[], data: readonly Scalar[][]) => Scalar;
  /** Whether it takes gradients within, which Nodes cannot be a part of. */
  readonly nests?: boolean;
}

const CASES: readonly Case[] = [
  {
    name: "a map",
    loops: ([a, b], data) =>
      sum(map(data, ([x, y]) => square(sub(add(mul(a!, x!), b!), y!)))),
    plain: ([a, b], data) =>
      sum(data.map(([x, y]) => square(sub(add(mul(a!, x!), b!), y!)))),
  },
  {
    name: "a fold of a structure",
    loops: ([a, b], data) => {
      const { s, t } = fold(data, { s: a!, t: 0 }, ({ s, t }, [x]) => ({
        s: tanh(add(mul(s, b!), x!)),
        t: add(t, s),
      }));
      return add(s, t);
    },
    plain: ([a, b], data) => {
      const { s, t } = data.reduce<{ s: Scalar; t: Scalar }>(
        ({ s, t }, [x]) => ({ s: tanh(add(mul(s, b!), x!)), t: add(t, s) }),
        { s: a!, t: 0 },
      );
      return add(s, t);
    },
  },
  {
    name: "a scan, and a fold of what it gives",
    loops: ([a, b], data) =>
      fold(
        scan(data, a!, (s, [x]) => sin(add(s, x!))),
        b!,
        (total, s) => add(mul(total, 0.5), square(s)),
      ),
    plain: ([a, b], data) => {
      let s = a!, total = b!;
      for (const [x] of data) {
        s = sin(add(s, x!));
        total = add(mul(total, 0.5), square(s));
      }
      return total;
    },
  },
  {
    name: "a fold in a map in a fold",
    loops: ([a, b], data) =>
      fold(
        data,
        b!,
        (s, row) =>
          add(s, sum(map(row, (x) => fold(3, x, (t) => sin(mul(a!, t)))))),
      ),
    plain: ([a, b], data) =>
      data.reduce<Scalar>((s, row) =>
        add(
          s,
          sum(row.map((x) => {
            let t: Scalar = x;
            for (let k = 0; k < 3; k++) t = sin(mul(a!, t));
            return t;
          })),
        ), b!),
  },
  {
    name: "a gradient in a map",
    nests: true,
    loops: ([a, b], data) =>
      sum(
        map(data, ([x, y]) =>
          mul(
            b!,
            grad((z: Scalar) => sin(mul(z, mul(a!, y!))))(x!),
          )),
      ),
    plain: ([a, b], data) =>
      sum(
        data.map(([x, y]) =>
          mul(b!, grad((z: Scalar) => sin(mul(z, mul(a!, y!))))(x!))
        ),
      ),
  },
];

describe("map, fold and scan", () => {
  for (const { name, loops, plain, nests } of CASES) {
    const random = seededRandom(name.length);
    for (const n of [0, 1, 2, 3, 17]) {
      const data = Array.from({ length: n }, () => [random(), random() - 1]);
      const p = [random(), -random()], v = [random(), random()];
      it(`${name} over ${n} rows is the plain loop to the bit, in every way`, () => {
        const same = (f: (loss: Case["loops"]) => unknown) =>
          assertSameBits(f(loops), f(plain), name);
        same((f) => f(p, data));
        if (nests !== true) {
          same((f) => {
            const nodes = p.map((x) => new Node(x));
            const root = f(nodes, data);
            if (root instanceof Node) backward(root);
            return nodes.map(({ grad }) => grad);
          });
        }
        same((f) => valueAndGrad(f)(p, data));
        same((f) => jvp(f)(p, v, data));
        same((f) => hessian(f)(p, data));
        const third = (f: Case["loops"]) => (x: Scalar[]) =>
          dot(hessian(f)(x, data)[0]!, x);
        same((f) => grad(third(f))(p));
        assertSameBits(
          compile(valueAndGrad(loops))(p, data),
          valueAndGrad(plain)(p, data),
          name,
        );
        assertSameBits(
          compile(hessian(loops))(p, data),
          hessian(plain)(p, data),
          name,
        );
      });
    }
  }

  it("a count gives 0 … n − 1", () => {
    assertEquals(map(3, (i) => i), [0, 1, 2]);
    assertEquals(map(0, (i) => i), []);
  });

  it("rows are the numbers of a flat list, Float64Array or Scalars", () => {
    const flat = Float64Array.of(1, 2, 3, 4, 5, 6);
    assertEquals(map(rows(flat, 3), (row) => row), [[1, 2, 3], [4, 5, 6]]);
    const read = rows(flat, 2);
    assertEquals([read.length, read.width], [3, 2]);
    const f = (xs: Scalar[]) => sum(map(rows(xs, 2), ([a, b]) => mul(a!, b!)));
    assertEquals(grad(f)(flat), Float64Array.of(2, 1, 4, 3, 6, 5));
    assertEquals(map(rows([], 2), (row) => row), []);
  });

  it("a row that is a Float64Array is an array for the callback", () => {
    const results = map(
      [{ x: Float64Array.of(1, 2), y: 3 }],
      ({ x, y }) => x.map((number) => ({ number, y })),
    );
    assertEquals(results, [[{ number: 1, y: 3 }, { number: 2, y: 3 }]]);
  });

  it("a callback is given no index", () => {
    map([1], (...row: unknown[]) => {
      assertEquals(row, [1]);
      return 0;
    });
    fold([1], 2, (...given: Scalar[]) => {
      assertEquals(given, [2, 1]);
      return 0;
    });
  });

  it("fold over no rows gives the initial state, scan nothing", () => {
    const initial = { a: Float64Array.of(1, 2), b: 3 };
    assertEquals(fold([], initial, (s) => s), { a: [1, 2], b: 3 });
    assertEquals(scan([], initial, (s) => s), []);
  });
});

describe("map, fold and scan refuse", () => {
  type Any = (...args: unknown[]) => unknown;
  const aMap = map as unknown as Any, aFold = fold as unknown as Any;
  const aScan = scan as unknown as Any, aRows = rows as unknown as Any;
  const id = (x: unknown) => x;
  const fails = (
    run: () => unknown,
    kind: new (message: string) => Error,
    message: string,
  ) => {
    const error = assertThrows(run, kind);
    assertEquals((error as Error).message, message);
  };
  const rowsExpected =
    "expected an array, a Float64Array, what rows gives or a number of rows";

  it("rows that are not a list or a count", () => {
    fails(
      () => aMap("ab", id),
      TypeError,
      `Cannot map: rows is the string "ab", ${rowsExpected}`,
    );
    fails(
      () => aFold(undefined, 0, id),
      TypeError,
      `Cannot fold: rows is undefined, ${rowsExpected}`,
    );
    fails(
      () => aScan(new Node(3), 0, id),
      TypeError,
      `Cannot scan: rows is an instance of Node, ${rowsExpected}`,
    );
  });

  it("counts that are negative, fractional or not finite", () => {
    for (const n of [-1, 1.5, NaN, Infinity]) {
      fails(
        () => aMap(n, id),
        RangeError,
        `Cannot map: rows is the number ${n}, ` +
          "expected a whole number of rows that is not negative",
      );
    }
  });

  it("callbacks that are not functions", () => {
    fails(
      () => aMap([1]),
      TypeError,
      "Cannot map: f is undefined, expected a function of a row",
    );
    fails(
      () => aFold([1], 0, 3),
      TypeError,
      "Cannot fold: step is the number 3, " +
        "expected a function of a state and a row",
    );
  });

  it("rows of unlike structure", () => {
    fails(
      () => aMap([[1, 2], [1]], id),
      TypeError,
      "Cannot map: row 1 is an array of length 1, " +
        "expected an array of length 2, as in row 0",
    );
    fails(
      () => aMap([{ x: 1, y: [2] }, { x: 1, y: 2 }], id),
      TypeError,
      "Cannot map: row 1, .y is a number, " +
        "expected an array of length 1, as in row 0",
    );
    fails(
      () => aFold([{ x: 1 }, { y: 1 }], 0, id),
      TypeError,
      "Cannot fold: row 1 is an object { y }, " +
        "expected an object { x }, as in row 0",
    );
    fails(
      () => aMap([1, "2"], id),
      TypeError,
      'Cannot map: row 1 is the string "2", ' +
        "expected a number, Node or Var, or an array or plain object of them",
    );
    fails(
      () => aMap(new Array(1), id),
      TypeError,
      "Cannot map: row 0 is undefined, " +
        "expected a number, Node or Var, or an array or plain object of them",
    );
  });

  it("a state that changes its structure", () => {
    fails(
      () => aFold([1, 2], [0], (s: number[]) => [...s, 1]),
      TypeError,
      "Cannot fold: the state after row 0 is an array of length 2, " +
        "expected an array of length 1, as in the initial state",
    );
    fails(
      () => aScan([1], { a: { b: 1 } }, () => ({ a: 1 })),
      TypeError,
      "Cannot scan: the state after row 0, .a is a number, " +
        "expected an object { b }, as in the initial state",
    );
    fails(
      () => aFold([], undefined, id),
      TypeError,
      "Cannot fold: the initial state is undefined, " +
        "expected a number, Node or Var, or an array or plain object of them",
    );
  });

  it("a callback that is async or gives nothing", () => {
    fails(
      () => aMap([1], () => Promise.resolve(1)),
      TypeError,
      "Cannot map: the result for row 0 is an instance of Promise, " +
        "expected a number, Node or Var, or an array or plain object of them; " +
        "make the function synchronous, and await outside of it",
    );
    fails(
      () => aMap([1, 2], (x: number) => x > 1 ? undefined : x),
      TypeError,
      "Cannot map: the result for row 1 is undefined, " +
        "expected a number, Node or Var, or an array or plain object of them",
    );
    fails(
      () => aFold([1], 0, () => {}),
      TypeError,
      "Cannot fold: the state after row 0 is undefined, " +
        "expected a number, Node or Var, or an array or plain object of them",
    );
  });

  it("rows that do not come out even, and what is not a flat list", () => {
    fails(
      () => rows(new Float64Array(7), 3),
      RangeError,
      "Cannot rows: the length of data is 7, expected a multiple of the width 3",
    );
    for (const width of [0, -1, 1.5, NaN]) {
      fails(
        () => rows(new Float64Array(6), width),
        RangeError,
        `Cannot rows: width is the number ${width}, ` +
          "expected a positive whole number",
      );
    }
    fails(
      () => aRows(new Float64Array(6)),
      TypeError,
      "Cannot rows: width is undefined, expected a positive whole number",
    );
    fails(
      () => aRows(new Float32Array(6), 2),
      TypeError,
      "Cannot rows: data is an instance of Float32Array, " +
        "expected a Float64Array or an array of numbers, Nodes or Vars",
    );
    fails(
      () => aMap(aRows([1, "2"], 2), id),
      TypeError,
      'Cannot map: a number of row 0 is the string "2", ' +
        "expected numbers, Nodes and Vars",
    );
  });
});
