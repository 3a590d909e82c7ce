import { areLoopsRecorded } from "../tape/recording.ts";
import { frozenMap } from "./frozen_loops.ts";
import { checkCallback, Likeness } from "./likeness.ts";
import { readRows, type RowList, type RowOf } from "./rows.ts";

/**
 * The list of `f(row)`. In numbers, Nodes and Vars it is a plain loop; compiled,
 * it stays a loop: its code does not grow with the rows.
 *
 * @category Loops
 * @template L The type of the rows.
 * @template Y The type of a result.
 * @param rows What to go over: an array of structures of one shape, a Float64Array
 * (its numbers), what {@linkcode rows} gives (arrays of Scalars), or a count n
 * (0 … n − 1, each a Scalar).
 * @param f A function of a row alone that gives a structure of Scalars. It may use
 * Scalars of the functions around it. It may be run once, or once per row, so
 * it must be pure.
 * @returns The results in order, all of one shape; an empty array for no rows.
 * @throws {TypeError} If `rows` is not a list or count, `f` is not a function, or
 * a row or result is not a structure of Scalars in the shape of the first.
 * @throws {RangeError} If a count is negative or not whole.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   grad,
 *   map,
 *   mul,
 *   type Scalar,
 *   square,
 *   sub,
 *   sum,
 * } from "@chainrule/autograd";
 *
 * const points = [{ x: 1, y: 2 }, { x: 2, y: 5 }];
 * const loss = (slope: Scalar) =>
 *   sum(map(points, ({ x, y }) => square(sub(mul(slope, x), y))));
 * assertEquals([loss(2), grad(loss)(2)], [1, -4]);
 * ```
 */
export function map<L extends RowList<unknown>, Y>(
  rows: L,
  f: (row: RowOf<L>) => Y,
): Y[] {
  checkCallback("map", "f", f, "a function of a row");
  if (areLoopsRecorded()) {
    const results = frozenMap(rows, f as (row: unknown) => unknown);
    if (results !== null) return results as Y[];
  }
  const reader = readRows("map", rows);
  const likeness = new Likeness("map", "the result for row 0");
  const results: Y[] = [];
  for (let i = 0; i < reader.count; i++) {
    const result = f(reader.at(i) as RowOf<L>);
    likeness.check(result, () => `the result for row ${i}`);
    results.push(result);
  }
  return results;
}
