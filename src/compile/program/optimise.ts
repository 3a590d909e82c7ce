import {
  CONSTANT,
  fieldsOf,
  INPUT,
  LIST,
  operandsAt,
} from "../../tape/entries.ts";
import {
  FIRST_LOOP_CODE,
  GATHER,
  LOOP,
  type Program,
} from "../../tape/loop.ts";
import type { Ordered } from "./builder.ts";
import { withLoopsFound } from "./find/find.ts";
import { fused } from "./fuse.ts";
import { withRowsKept } from "./keep.ts";
import { withListCarries } from "./list_carries.ts";
import { lowered } from "./lower.ts";
import { withListOutputs } from "./output_lists.ts";
import { withoutUnread } from "./remove.ts";
import { scheduled } from "./schedule.ts";
import { unrolled } from "./unroll.ts";

// A narrow program has at most so many operations once they are shared.
const LONGEST_NARROW = 150_000;

/**
 * A program as it is to be run, the same numbers to the bit: operations lowered,
 * folded and shared, what stays the same taken out of loops, loops over the same
 * rows made one, what nobody reads removed. What repeats in a program without
 * loops becomes loops, but where it runs faster without: where it is narrow, or
 * where they save too little.
 *
 * @param recorded Every operation and constant for itself; see `asRecorded`.
 */
export function optimised(recorded: Ordered): Ordered {
  if (recorded.loops.length > 0) {
    return withLoopsOptimised(withLoopsFound(recorded));
  }
  const found = withLoopsFound(recorded);
  if (found.loops.length === 0) return scheduled(lowered(recorded));
  const rolled = withLoopsOptimised(found);
  if (recorded.length > LONGEST_NARROW) return rolled;
  const straight = lowered(recorded), narrow = scheduled(straight);
  return narrow !== straight ||
      operationsOf(straight) < 2 * operationsOf(rolled)
    ? narrow
    : rolled;
}

/** The same for a program with loops. */
export function withLoopsOptimised(program: Program): Ordered {
  const { narrow, widened } = withListOutputs(program);
  let result = withoutUnread(lowered(narrow));
  for (const pass of [fused, unrolled, withListCarries, withRowsKept]) {
    const changed = pass(result);
    // A pass that finds nothing to do gives the program that it was given.
    if (changed !== result) result = withoutUnread(changed);
  }
  const wide = widened(result);
  return wide === result ? result : withoutUnread(wide);
}

/** How many operations a program is as code: what only reads a list or a loop takes none of its own. */
export function operationsOf(program: Ordered): number {
  const { first, length, codes, rights, loops } = program;
  let operations = 0;
  for (let i = first; i < length; i++) {
    const code = codes[i]!;
    if (code < FIRST_LOOP_CODE) {
      operations += fieldsOf(code) === LIST ? 1 + rights[i]! : 1;
    } else if (code === GATHER && !isOfInputs(program, i)) {
      operations += rights[i]!;
    }
  }
  return loops.reduce(
    (sum, { body }) => sum + operationsOf(body as Ordered),
    operations,
  );
}

/** Whether a list is of nothing but inputs, which are in memory side by side. */
function isOfInputs(program: Ordered, i: number): boolean {
  return operandsAt(program, i).every((entry) =>
    program.codes[entry] === INPUT
  );
}

/** How many operations a program does; a body whose rows are counted at run time, once. */
export function operationsDone(
  { first, length, codes, lefts, constants, loops }: Ordered,
): number {
  let done = length - first;
  for (let i = first; i < length; i++) {
    if (codes[i] !== LOOP) continue;
    const { body, count } = loops[lefts[i]!]!;
    const times = codes[count] === CONSTANT ? constants[count]! : 1;
    done += times * operationsDone(body as Ordered) - 1;
  }
  return done;
}
