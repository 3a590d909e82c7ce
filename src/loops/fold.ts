import type { Scalar } from "../scalar.ts";
import { areLoopsRecorded } from "../tape/recording.ts";
import { frozenFold } from "./frozen_loops.ts";
import { checkCallback, Likeness, type Scalars } from "./likeness.ts";
import { readRows, type RowList, type RowOf } from "./rows.ts";

/**
 * The last state of `state = step(state, row)`, as of JavaScript's `reduce`. In
 * numbers, Nodes and Vars it is a plain loop; compiled, it stays a loop.
 *
 * @category Loops
 * @template L The type of the rows.
 * @template S The type of the initial state.
 * @param rows What to go over; see {@linkcode map}.
 * @param initial The state before the first row: a structure of Scalars.
 * @param step A function of a state and a row alone that gives the next state, in
 * the shape of the initial one. It may use Scalars of the functions around it.
 * It may be run once, or once per row, so it must be pure.
 * @returns The state after the last row; the initial one for no rows. What was a
 * Float64Array in the initial state is an array.
 * @throws {TypeError} If `rows` is not a list or count, `step` is not a function,
 * a row is not a structure of Scalars in the shape of the first, or a state is not
 * in that of the initial one.
 * @throws {RangeError} If a count is negative or not whole.
 *
 * @example Newton's method, differentiated
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { add, div, fold, grad, mul, type Scalar } from "@chainrule/autograd";
 *
 * const root = (x: Scalar) =>
 *   fold(20, 1, (y) => mul(0.5, add(y, div(x, y))));
 * assertAlmostEquals(root(4) as number, 2);
 * assertAlmostEquals(grad(root)(4), 1 / 4);
 * ```
 */
export function fold<
  L extends RowList<unknown>,
  S extends Scalar | readonly [] | object,
>(
  rows: L,
  initial: S,
  step: (state: Scalars<S>, row: RowOf<L>) => Scalars<S>,
): Scalars<S> {
  return run("fold", rows, initial, step) as Scalars<S>;
}

/**
 * The list of all states of `state = step(state, row)`, one after each row. In
 * numbers, Nodes and Vars it is a plain loop; compiled, it stays a loop.
 *
 * @category Loops
 * @template L The type of the rows.
 * @template S The type of the initial state.
 * @param rows What to go over; see {@linkcode map}.
 * @param initial The state before the first row, which is not part of the list.
 * @param step As of {@linkcode fold}.
 * @returns The states in order; an empty array for no rows.
 * @throws {TypeError} As of {@linkcode fold}.
 * @throws {RangeError} As of {@linkcode fold}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { add, scan } from "@chainrule/autograd";
 *
 * assertEquals(scan([1, 2, 3], 0, (total, x) => add(total, x)), [1, 3, 6]);
 * ```
 */
export function scan<
  L extends RowList<unknown>,
  S extends Scalar | readonly [] | object,
>(
  rows: L,
  initial: S,
  step: (state: Scalars<S>, row: RowOf<L>) => Scalars<S>,
): Scalars<S>[] {
  return run("scan", rows, initial, step) as Scalars<S>[];
}

function run<L extends RowList<unknown>, S>(
  call: "fold" | "scan",
  rows: L,
  initial: S,
  step: (state: Scalars<S>, row: RowOf<L>) => Scalars<S>,
): unknown {
  checkCallback(call, "step", step, "a function of a state and a row");
  const likeness = new Likeness(call, "the initial state");
  let state = likeness.check(initial, () => "the initial state");
  const next = step as (state: unknown, row: unknown) => unknown;
  if (areLoopsRecorded()) {
    const frozen = frozenFold(call, rows, state, likeness, next);
    if (frozen !== null) return frozen.result;
  }
  const reader = readRows(call, rows);
  const states: unknown[] = [];
  for (let i = 0; i < reader.count; i++) {
    state = likeness.check(
      next(state, reader.at(i)),
      () => `the state after row ${i}`,
    );
    if (call === "scan") states.push(state);
  }
  return call === "scan" ? states : state;
}
