// Loops of a function that is being compiled: their bodies are recorded once.
import type { Scalar } from "../scalar.ts";
import { tapeEntries, Var } from "../tape/recording.ts";
import { gathered as gatheredOf } from "../transforms/list_loops.ts";
import {
  LoopBuilder,
  type LoopResults,
  type Recorded,
  type RowResults,
} from "../transforms/loop_builder.ts";
import { rebuild, type Shape, takeApart } from "../transforms/structures.ts";
import {
  type FrozenRows,
  frozenRows,
  rowFor,
  withoutFloats,
} from "./frozen_rows.ts";
import { type Likeness, SCALARS } from "./likeness.ts";
import { arrayOf, countOf, RowList } from "./lists.ts";

/** Loops that come to more operations stay loops. */
const MAX_UNROLLED = 100_000;
/** Loops that come to fewer operations are written out. */
const MIN_OPERATIONS = 200;

/**
 * `map` of a function that is being compiled; null if the loop is to run as it is
 * written.
 */
export function frozenMap(
  rows: unknown,
  f: (row: unknown) => unknown,
): unknown[] | null {
  const over = frozenRows("map", rows);
  if (over === null) return null;
  const { size } = over;
  const builder = new LoopBuilder(countOf(size), false);
  let shape: Shape;
  const results = within(builder, () => {
    const row = f(rowFor(builder, over));
    const parts = takeApart(row, SCALARS, "Cannot map: the result for row 0");
    shape = parts.shape;
    if (isShort(builder, size)) return null;
    const stacked = [parts.leaves];
    return finish(builder, { next: [], stores: [], stacked }, over);
  });
  return results && arrayOf(new RowList(results.stacked(0), shape!, size));
}

/** `fold` and `scan` of a function that is being compiled; null as of {@linkcode frozenMap}. */
export function frozenFold(
  call: "fold" | "scan",
  rows: unknown,
  state: unknown,
  likeness: Likeness,
  step: (state: unknown, row: unknown) => unknown,
): { readonly result: unknown } | null {
  const over = frozenRows(call, rows);
  if (over === null) return null;
  const { size } = over, shape = withoutFloats(likeness.shape);
  const { leaves } = takeApart(state, SCALARS, "");
  // A Node is for the loop as it is written to refuse.
  if (!leaves.every((x) => typeof x === "number" || x instanceof Var)) {
    return null;
  }
  const builder = new LoopBuilder(countOf(size), false);
  const results = within(builder, () => {
    const carried = leaves.map((x) => builder.carry(x as Recorded));
    const next = likeness.check(
      step(rebuild(shape, carried), rowFor(builder, over)),
      () => "the state after row 0",
    );
    const states = takeApart(next, SCALARS, "").leaves;
    if (isShort(builder, size)) return null;
    const stacked: Scalar[][] = call === "scan" ? [states] : [];
    return finish(builder, { next: states, stores: [], stacked }, over);
  });
  if (results === null) return null;
  const result = call === "scan"
    ? arrayOf(new RowList(results.stacked(0), shape, size))
    : rebuild(shape, leaves.map((_, k) => results.final(k)));
  return { result };
}

/**
 * Ends a body; null if the loop uses what its rows are made of beside the rows.
 * Sums of a derivative would be added up in another order than as written.
 */
function finish(
  builder: LoopBuilder,
  results: RowResults,
  { size, gathered }: FrozenRows,
): LoopResults | null {
  if (gathered.size === 0 || size as number * builder.length > MAX_UNROLLED) {
    return builder.finish(results);
  }
  const operations = tapeEntries();
  return builder.finishUnless(results, (entry) =>
    gathered.has(entry) ||
    gatheredOf(operations, entry)?.some((one) => gathered.has(one)) === true);
}

function isShort(builder: LoopBuilder, size: RowList["size"]): boolean {
  if (typeof size !== "number" || size * builder.length >= MIN_OPERATIONS) {
    return false;
  }
  builder.abandon();
  return true;
}

/** Runs what records a body, which comes to an end however that goes. */
function within<R>(builder: LoopBuilder, run: () => R): R {
  try {
    return run();
  } catch (error) {
    builder.abandon();
    throw error;
  }
}
