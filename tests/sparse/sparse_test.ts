import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  compile,
  div,
  exp,
  floor,
  fold,
  grad,
  gt,
  hessian,
  jacobian,
  map,
  max,
  min,
  mul,
  rows,
  type Scalar,
  scan,
  select,
  sin,
  sparseHessian,
  sparseJacobian,
  SparseMatrix,
  square,
  stopGradient,
  sub,
  sum,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";
import { loopData, randomLoops } from "../support/random_loops.ts";
import { randomProgram } from "../support/random_program.ts";

type List = readonly Scalar[];

const at = (n: number) => Array.from({ length: n }, (_, i) => Math.sin(i + 1));

const rosenbrock = (x: List): Scalar =>
  sum(
    x.slice(1).map((next, i) =>
      add(
        mul(100, square(sub(next, square(x[i]!)))),
        square(sub(1, x[i]!)),
      )
    ),
  );

/** The Laplacian on a square of side² points, and a source of eˣ. */
const bratu = (side: number) => (x: List): Scalar[] =>
  x.map((centre, k) => {
    const row = Math.floor(k / side), column = k % side;
    const around = [
      row > 0 ? x[k - side]! : 0,
      row < side - 1 ? x[k + side]! : 0,
      column > 0 ? x[k - 1]! : 0,
      column < side - 1 ? x[k + 1]! : 0,
    ];
    return add(sub(sum(around), mul(4, centre)), mul(0.1, exp(centre)));
  });

/** Asserts the entries, that columns ascend, and that each stored value is the dense one. */
function assertSame(
  matrix: SparseMatrix,
  dense: readonly (readonly number[])[],
  what: string,
): void {
  const { rows, columns, rowStarts, columnIndices, values } = matrix;
  assert(
    matrix instanceof SparseMatrix && values instanceof Float64Array,
    what,
  );
  assertEquals(
    [rows, columns],
    [dense.length, dense[0]?.length ?? columns],
    what,
  );
  assertEquals([rowStarts[0], rowStarts[rows]], [0, values.length], what);
  const largest = Math.max(1, ...dense.flat().map(Math.abs));
  const found = matrix.toDense();
  dense.forEach((row, i) =>
    row.forEach((value, j) => {
      const difference = Math.abs(found[i]![j]! - value);
      assert(difference <= 1e-12 * largest, `${what}, row ${i}, column ${j}`);
    })
  );
  for (let i = 0; i < rows; i++) {
    for (let k = rowStarts[i]! + 1; k < rowStarts[i + 1]!; k++) {
      assert(columnIndices[k - 1]! < columnIndices[k]!, `${what}, row ${i}`);
    }
  }
}

const entries = ({ values }: SparseMatrix) => values.length;

describe("sparseHessian", () => {
  const terms: Readonly<
    Record<string, readonly [(x: List) => Scalar, (n: number) => number]>
  > = {
    "a band": [rosenbrock, (n) => 3 * n - 2],
    "an arrow": [
      (x) => sum(x.map((xi) => mul(square(xi), mul(x[0]!, x[0]!)))),
      (n) => 3 * n - 2,
    ],
    "a diagonal": [(x) => sum(x.map((xi) => sin(xi))), (n) => n],
    "a block": [(x) => square(sum(x.slice(0, 4))), () => 16],
    "nothing": [(x) => sum(x.map((xi, i) => mul(i, xi))), () => 0],
    "a ring": [
      (x) => sum(x.map((xi, i) => mul(square(xi), x[(i + 1) % x.length]!))),
      (n) => 3 * n,
    ],
  };
  for (const [name, [f, count]] of Object.entries(terms)) {
    it(`${name}: the dense one, and no entry more`, () => {
      for (const n of [5, 6, 30]) {
        const x = at(n);
        const matrix = sparseHessian(f)(x);
        assertSame(matrix, hessian(f)(x), name);
        assertEquals(entries(matrix), count(n), name);
        const compiled = compile(sparseHessian(f));
        assertSame(compiled(x), hessian(f)(x), `${name}, compiled`);
        assertSame(
          compiled(at(n).reverse()),
          hessian(f)(at(n).reverse()),
          name,
        );
      }
    });
  }

  it("is symmetric to the bit", () => {
    const matrix = sparseHessian(rosenbrock)(at(40)).toDense();
    matrix.forEach((row, i) =>
      row.forEach((value, j) => assertEquals(value, matrix[j]![i]))
    );
  });

  it("takes few sweeps: the time of a long band is that of its length", () => {
    // With a sweep per column, these were 2e10 operations.
    const matrix = sparseHessian(rosenbrock)(at(20_000));
    assertEquals(entries(matrix), 3 * 20_000 - 2);
    assertAlmostEquals(
      matrix.values[0]!,
      1200 * Math.sin(1) ** 2 - 400 * Math.sin(2) + 2,
      1e-9,
    );
    assertAlmostEquals(matrix.values.at(-1)!, 200, 1e-9);
  });

  it("takes few sweeps where some variables meet all others", () => {
    const f = (x: List) =>
      sum(x.map((xi, i) => mul(xi, mul(x[0]!, x[i === 5 ? 7 : 5]!))));
    const matrix = sparseHessian(f)(at(4000));
    assert(entries(matrix) < 5 * 4000);
    assertSame(sparseHessian(f)(at(12)), hessian(f)(at(12)), "two hubs");
  });
});

describe("sparseJacobian", () => {
  it("five points of a grid", () => {
    for (const side of [2, 3, 6]) {
      const f = bratu(side), x = at(side * side);
      const matrix = sparseJacobian(f)(x);
      assertSame(matrix, jacobian(f)(x), `${side}`);
      // Each point itself, and both ends of each line between neighbours.
      assertEquals(entries(matrix), side * side + 4 * side * (side - 1));
      assertSame(compile(sparseJacobian(f))(x), jacobian(f)(x), "compiled");
    }
  });

  it("one dense row, one dense column, and both", () => {
    const row = (x: List) => [sum(x), ...x.map((xi) => sin(xi))];
    const column = (x: List) => x.map((xi) => mul(xi, x[0]!));
    const both = (x: List) => [sum(x), ...x.map((xi) => mul(xi, x[0]!))];
    for (const f of [row, column, both]) {
      assertSame(sparseJacobian(f)(at(9)), jacobian(f)(at(9)), `${f}`);
      const wide = sparseJacobian(f)(at(3000));
      assert(entries(wide) < 4 * 3000, `${f}`);
    }
    assertEquals(entries(sparseJacobian(both)(at(50))), 50 + 50 + 49);
  });

  it("more results than inputs, and fewer", () => {
    const tall = (x: List) => x.flatMap((xi) => [sin(xi), square(xi), xi]);
    const wide = (x: List) => [sin(x[0]!), mul(x[1]!, x[2]!)];
    assertSame(sparseJacobian(tall)(at(7)), jacobian(tall)(at(7)), "tall");
    assertSame(sparseJacobian(wide)(at(7)), jacobian(wide)(at(7)), "wide");
  });

  it("has no entry for what is constant, not used, or without a derivative", () => {
    const f = ([x, y, z]: List): Scalar[] => [
      3,
      y!,
      add(stopGradient(x!), floor(y!)),
      gt(x!, z!),
    ];
    const matrix = sparseJacobian(f)([1, 2, 3]);
    assertEquals([...matrix.rowStarts], [0, 0, 1, 1, 1]);
    assertEquals([...matrix.columnIndices], [1]);
  });

  it("has the entries of all branches", () => {
    const f = ([a, b, c]: List) => [
      select(gt(a!, 0), b!, c!),
      min(a!, b!),
      max(b!, c!),
    ];
    const compiled = compile(sparseJacobian(f));
    for (const x of [[1, 2, 3], [-1, 0.5, 0.2], [0, 0, 0]]) {
      const matrix = sparseJacobian(f)(x);
      assertEquals([...matrix.columnIndices], [1, 2, 0, 1, 1, 2]);
      assertSame(matrix, jacobian(f)(x), `${x}`);
      assertSame(compiled(x), jacobian(f)(x), `${x}, compiled`);
    }
  });

  it("takes structures, typed arrays and data, and gives rows of a structure", () => {
    const f = (
      { a, b }: { a: Scalar; b: readonly Scalar[] },
      factors: readonly Scalar[],
    ) => ({ p: mul(a, factors[0]!), q: b.map((x) => mul(x, factors[1]!)) });
    const x = { a: 2, b: [3, 4] }, data = [5, 7];
    assertSame(sparseJacobian(f)(x, data), jacobian(f)(x, data), "data");
    assertEquals([...sparseJacobian(f)(x, data).values], [5, 7, 7]);
    const g = (x: Float64Array | List) => [mul(x[0]!, x[1]!), x[2]!];
    const floats = Float64Array.of(2, 3, 4);
    assertEquals([...sparseJacobian(g)(floats).values], [3, 2, 1]);
  });

  it("shares a pattern from call to call, compiled; values come from the program", () => {
    const compiled = compile(sparseJacobian(bratu(4)));
    const one = compiled(at(16)), other = compiled(at(16).reverse());
    assert(one.rowStarts === other.rowStarts);
    assert(one.columnIndices === other.columnIndices);
    assert(one.values !== other.values);
    const program = compiled.program(at(16));
    const values = new Float64Array(program.outputs);
    program.run(Float64Array.from(at(16)), values);
    assertEquals(values, one.values);
  });

  it("sees through loops, compiled too", () => {
    const f = (w: List, data: Float64Array | List): Scalar[] => [
      fold(
        rows(data, 2),
        w[0]!,
        (state, [p, q]) => add(mul(state, p!), mul(w[1]!, q!)),
      ),
      ...map(w.slice(1), (x) => square(x)),
    ];
    const data = Float64Array.from({ length: 80 }, (_, i) => Math.sin(i));
    const dense = jacobian(f)([1, 2, 3, 4], data);
    for (const g of [sparseJacobian(f), compile(sparseJacobian(f))]) {
      const matrix = g([1, 2, 3, 4], data);
      assertSame(matrix, dense, "fold, map");
      assertEquals([...matrix.rowStarts], [0, 2, 3, 4, 5]);
    }
    const energy = (x: List) =>
      sum(map(
        x.slice(1).map((xi, i) => [xi, x[i]!] as const),
        ([a, b]) => square(sub(a, square(b))),
      ));
    const x = at(300), compiled = compile(sparseHessian(energy))(x);
    assertSame(compiled, hessian(energy)(x), "map");
    assertEquals(entries(compiled), 3 * 300 - 2);
  });

  it("is differentiated like anything else", () => {
    // The sum of the entries is Σ 2xᵢ.
    const f = (x: List) => x.map((xi) => square(xi));
    const total = (x: List) =>
      sum(sparseJacobian(f)(x as number[]).values as unknown as List);
    assertEquals(grad(total)([1, 2, 3]), [2, 2, 2]);
  });
});

describe("compiled, loops stay loops:", () => {
  const lines = (text: string) => text.split("\n").length;
  /** Asserts the dense matrices, and that twice the rows make no longer program. */
  const check = (
    f: (x: List) => unknown,
    transform: "sparseJacobian" | "sparseHessian",
    n: number,
  ): void => {
    const sparse =
      (transform === "sparseJacobian"
        ? sparseJacobian(f)
        : sparseHessian(f as (x: List) => Scalar)) as (x: List) => SparseMatrix;
    const dense = transform === "sparseJacobian"
      ? jacobian(f)
      : hessian(f as (x: List) => Scalar);
    const compiled = compile(sparse);
    const found = compiled(at(n)), recorded = sparse(at(n));
    assertSame(found, dense(at(n)) as number[][], "compiled");
    assertEquals(found.rowStarts, recorded.rowStarts);
    assertEquals(found.columnIndices, recorded.columnIndices);
    const text = String(compiled.program(at(n)));
    assert(text.includes("loop up to"), text);
    assert(lines(String(compiled.program(at(2 * n)))) <= lines(text) + 2);
  };
  const pairs = (x: List) =>
    x.slice(1).map((next, i) => ({ own: x[i]!, next }));

  it("a map of structures", () => {
    check(
      (x) =>
        map(pairs(x), ({ own, next }) => [
          sub(next, square(own)),
          mul(own, exp(next)),
        ]),
      "sparseJacobian",
      200,
    );
  });

  it("a sum over a map, of second order", () => {
    check(
      (x) =>
        sum(map(pairs(x), ({ own, next }) => square(sub(next, square(own))))),
      "sparseHessian",
      200,
    );
  });

  it("a map with a number of which all rows take a part, and one without", () => {
    check(
      (x) => [
        ...map(x.slice(1), (xi) => mul(x[0]!, sin(xi))),
        ...map(x.slice(1), (xi) => square(xi)),
      ],
      "sparseJacobian",
      200,
    );
  });

  it("a map of more results than there are inputs, swept backwards", () => {
    check(
      (x) => [sum(map(x, (xi) => exp(xi))), ...map(x, (xi) => mul(2, xi))],
      "sparseJacobian",
      200,
    );
  });

  it("a fold of another fold's state, and a loop in a row", () => {
    const step = (state: Scalar, x: Scalar) => add(mul(state, 0.5), sin(x));
    check(
      (x) =>
        map(
          x.slice(2).map((_, i) => [x[i]!, x[i + 1]!, x[i + 2]!]),
          (row) =>
            fold([1, 2, 3, 4], row[0]!, (s, k) => step(s, mul(k, row[1]!))),
        ),
      "sparseJacobian",
      200,
    );
    const f = (x: List) => fold(x, 0 as Scalar, step);
    assertSame(
      compile(sparseJacobian((x: List) => [f(x)]))(at(9)),
      jacobian((x: List) => [f(x)])(at(9)),
      "fold",
    );
    const states = (x: List) => scan(x, 0 as Scalar, step);
    const lower = compile(sparseJacobian(states))(at(9));
    assertSame(lower, jacobian(states)(at(9)), "scan");
    assertEquals(entries(lower), 45);
  });
});

describe("random programs with loops in loops, sparse and dense", () => {
  for (let seed = 0; seed < 30; seed++) {
    it(`number ${seed}`, () => {
      const { parameters, run } = randomLoops(seed);
      const random = seededRandom(seed + 1);
      const x = Array.from(
        { length: 3 * parameters },
        () => 2 * random() - 1,
      );
      // Three side by side, with data of their own.
      const parts = (x: List) =>
        [0, 1, 2].map((k) =>
          run(
            x.slice(k * parameters, (k + 1) * parameters),
            loopData(5 * k, seed + k),
          )
        );
      const f = (x: List) => sum(parts(x));
      const dense = jacobian(parts)(x), curved = hessian(f)(x);
      if (![...dense, ...curved].flat().every(Number.isFinite)) return;
      const rows = sparseJacobian(parts)(x), curves = sparseHessian(f)(x);
      assertSame(rows, dense, "recorded");
      assertSame(curves, curved, "recorded, Hessian");
      const compiled = compile(sparseJacobian(parts))(x);
      assertSame(compiled, dense, "compiled");
      assertEquals(compiled.columnIndices, rows.columnIndices);
      const hessians = compile(sparseHessian(f))(x);
      assertSame(hessians, curved, "compiled, Hessian");
      assertEquals(hessians.columnIndices, curves.columnIndices);
    });
  }
});

describe("random programs, sparse and dense", () => {
  it("are the same, recorded and compiled", () => {
    const random = seededRandom(77);
    for (let seed = 0; seed < 200; seed++) {
      const { point, run } = randomProgram(seed, 14);
      // Several of them side by side, each on some of the variables.
      const n = point.length, blocks = 1 + Math.floor(4 * random());
      const x = Array.from(
        { length: blocks * n },
        (_, k) => point[k % n]! * (1 + 0.01 * Math.floor(k / n)),
      );
      const parts = (xs: List) =>
        Array.from(
          { length: blocks },
          (_, b) => run(xs.slice(b * n, (b + 1) * n)),
        );
      const f = (xs: List) => sum(parts(xs));
      const dense = jacobian(parts)(x), curved = hessian(f)(x);
      if (![...dense, ...curved].flat().every(Number.isFinite)) continue;
      assertSame(sparseJacobian(parts)(x), dense, `seed ${seed}`);
      assertSame(sparseHessian(f)(x), curved, `seed ${seed}, Hessian`);
      assertSame(compile(sparseJacobian(parts))(x), dense, `seed ${seed}`);
      assertSame(compile(sparseHessian(f))(x), curved, `seed ${seed}, Hessian`);
    }
  });
});

describe("what sparse matrices refuse", () => {
  it("is what dense ones do, in the same words", () => {
    const cases: (() => unknown)[] = [
      () => sparseJacobian(undefined as never),
      () => sparseHessian(3 as never),
    ];
    const messages = cases.map((run) => assertThrows(run, TypeError).message);
    assertEquals(messages, [
      "Cannot sparseJacobian: the argument is undefined, expected a function",
      "Cannot sparseHessian: the argument is the number 3, expected a function",
    ]);
    const wrong = assertThrows(
      () => sparseHessian((x: List) => [x[0]!] as never)([1]),
      TypeError,
    );
    assertEquals(
      wrong.message.replace("sparseHessian", "hessian"),
      assertThrows(() => hessian((x: List) => [x[0]!] as never)([1]), TypeError)
        .message,
    );
  });

  it("is a matrix without a pattern", () => {
    assertThrows(
      () => new SparseMatrix(undefined as never, new Float64Array()),
      TypeError,
      "Cannot make a SparseMatrix: the pattern is undefined, expected an object " +
        "of rows, columns, and the Int32Arrays rowStarts and columnIndices",
    );
  });

  it("is a matrix that is not sparse and too large, before memory runs out", () => {
    const dense = (x: List) => {
      const total = sum(x);
      return x.map((xi) => div(xi, total));
    };
    const error = assertThrows(
      () => sparseJacobian(dense)(new Float64Array(100_000).fill(1) as never),
      RangeError,
    );
    assertEquals(
      error.message,
      "Cannot sparseJacobian: the first 336 of 100000 rows have 33600000 " +
        "entries, expected a pattern of at most 33554432; this matrix is not " +
        "sparse",
    );
  });
});

describe("a discretised equation of 10,000 unknowns", () => {
  it("is solved by Newton's method, the sparse Hessian eliminated row by row", () => {
    // The energy of a chain of springs that stiffen, hung at both ends:
    // Σ (stretch²/2 + stretch⁴/4) − Σ weight · height. Its gradient vanishes at
    // the solution; the Hessian has a band of three.
    const n = 10_000;
    const energy = (height: List): Scalar => {
      let total: Scalar = 0;
      for (let i = 0; i <= n; i++) {
        const stretch = sub(height[i] ?? 0, i > 0 ? height[i - 1]! : 0);
        const squared = square(mul(n, stretch));
        total = add(
          total,
          mul(1 / n, add(mul(0.5, squared), mul(0.25, square(squared)))),
        );
        if (i < n) total = sub(total, mul(-1 / n, height[i]!));
      }
      return total;
    };
    const gradient = compile(grad(energy));
    const curvature = compile(sparseHessian(energy));
    let height = new Float64Array(n);
    const dot = (a: Float64Array, b: Float64Array) =>
      a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    let size = Infinity;
    for (let step = 0; step < 20 && size > 1e-12; step++) {
      const g = gradient(height) as Float64Array;
      const h = curvature(height);
      size = Math.sqrt(dot(g, g));
      // Symmetric positive definite and of a band: eliminated row by row.
      const diagonal = new Float64Array(n), right = g.slice();
      for (let i = 0; i < n; i++) {
        const from = h.rowStarts[i]!;
        const own = i === 0 ? from : from + 1;
        diagonal[i] = h.values[own]!;
        if (i === 0) continue;
        const factor = h.values[from]! / diagonal[i - 1]!;
        diagonal[i]! -= factor * h.values[h.rowStarts[i]! - 1]!;
        right[i]! -= factor * right[i - 1]!;
      }
      for (let i = n - 1; i >= 0; i--) {
        if (i < n - 1) {
          right[i]! -= h.values[h.rowStarts[i + 1]! - 1]! * right[i + 1]!;
        }
        right[i]! /= diagonal[i]!;
      }
      height = height.map((x, i) => x - right[i]!);
    }
    assert(size < 1e-9, `${size}`);
    // In the middle nothing is stretched, by symmetry; at the ends, s + s³ = 1/2.
    const s = n * height[0]!;
    assertAlmostEquals(Math.abs(s) + Math.abs(s) ** 3, 0.5, 1e-3);
    assertAlmostEquals(height[n / 2]!, height[n / 2 - 1]!, 1e-9);
  });
});
