// Several sweeps that share a pass give what each gives alone, to the bit.
import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import {
  add,
  clamp,
  defineOperation,
  dot,
  grad,
  jacobian,
  jvp,
  logSumExp,
  max,
  mul,
  primal,
  type Scalar,
  select,
  sqrt,
  square,
  sum,
  vjp,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";
import { randomProgram } from "../support/random_program.ts";

type Map = (xs: readonly Scalar[]) => Scalar[];

/** One column or row by itself, as `jvp` and `vjp` give it. */
const unit = (n: number, k: number) =>
  Array.from({ length: n }, (_, i) => i === k ? 1 : 0);

function columnsAlone(f: Map, x: readonly number[]): number[][] {
  const columns = x.map((_, k) => jvp(f)(x, unit(x.length, k)).tangent);
  return (columns[0] as number[]).map((_, row) =>
    columns.map((column) => primal(column[row]!))
  );
}

function rowsAlone(f: Map, x: readonly number[]): number[][] {
  const { value, pullback } = vjp(f)(x);
  return value.map((_, row) =>
    (pullback(unit(value.length, row)) as number[]).slice()
  );
}

/** Every random program of so many seeds, of inputs that share all of them. */
function programs(count: number): { f: (outputs: number) => Map; x: number[] } {
  const all = Array.from({ length: count }, (_, seed) => randomProgram(seed));
  const x = all.flatMap(({ point }) => point);
  const f = (outputs: number): Map => (xs) => {
    let at = 0;
    const values = all.map(({ run, point }) =>
      run(xs.slice(at, at += point.length))
    );
    return Array.from(
      { length: outputs },
      (_, k) => add(values[k % count]!, mul(values[(k + 1) % count]!, k)),
    );
  };
  return { f, x };
}

describe("a Jacobian of many inputs and outputs", () => {
  // More than share a pass, in either direction.
  const { f, x } = programs(20);

  it("has the columns that jvp gives", () => {
    const tall = f(x.length + 3);
    assertEquals(jacobian(tall)(x), columnsAlone(tall, x));
  });

  it("has the rows that vjp gives", () => {
    const wide = f(x.length - 3);
    assertEquals(jacobian(wide)(x), rowsAlone(wide, x));
  });

  it("takes constants, lists and switches", () => {
    const random = seededRandom(3);
    const point = Array.from({ length: 18 }, () => random() - 0.5);
    const g: Map = (xs) =>
      xs.map((x, k) =>
        add(
          select(x, clamp(x, -0.25, 0.25), max(x, xs[0]!)),
          add(dot(xs, point), mul(k, logSumExp([x, 2, sum(xs)]))),
        )
      );
    assertEquals(jacobian(g)(point), columnsAlone(g, point));
    const narrow: Map = (xs) => g(xs).slice(1);
    assertEquals(jacobian(narrow)(point), rowsAlone(narrow, point));
  });

  it("keeps an infinite derivative out of columns and rows that have no part in it", () => {
    const columns: Map = ([x, y]) => [sqrt(x!), y!, add(sqrt(x!), y!)];
    assertEquals(jacobian(columns)([0, 1]), [
      [Infinity, 0],
      [0, 1],
      [Infinity, 1],
    ]);
    const rows: Map = ([x, y, z]) => [sqrt(x!), mul(y!, z!)];
    assertEquals(jacobian(rows)([0, 2, 3]), [[Infinity, 0, 0], [0, 3, 2]]);
  });

  it("survives a user's rule that takes a Jacobian itself", () => {
    const cube = defineOperation({
      name: "cube",
      value: (a: number, b: number, c: number) => a * b * c,
      partials: [
        (_a, b, c) => mul(b, c),
        (a, b, c) => {
          const inner = jacobian((xs: readonly Scalar[]) => [
            mul(xs[0]!, square(xs[1]!)),
            sum(xs),
          ]);
          return typeof a === "number" && typeof c === "number" &&
              typeof b === "number"
            ? primal(inner([a, c])[0]![0]!) / c
            : mul(a, c);
        },
        (a, b) => mul(a, b),
      ],
    });
    const g: Map = ([a, b, c]) => [cube(a!, b!, c!), mul(a!, b!), c!];
    assertEquals(jacobian(g)([2, 3, 4]), [[12, 4, 6], [3, 2, 0], [0, 0, 1]]);
  });

  it("is recorded where it is part of a function", () => {
    const f: Map = ([x, y]) => [mul(x!, y!), square(x!)];
    const trace = (x: Scalar) => {
      const rows = jacobian(f)([x, 2]);
      return add(rows[0]![1]!, rows[1]![0]!);
    };
    // d/dx (x + 2x)
    assertEquals(grad(trace)(5), 3);
  });
});
