import { withRowsUpTo } from "../loops/rows.ts";
import { withObserver } from "../tape/recording.ts";
import {
  rebuild,
  type Shape,
  type TakenApart,
} from "../transforms/structures.ts";
import { Executable } from "./compiled_program.ts";
import { type Example, freezeFunction, type Frozen } from "./frozen.ts";
import type { Ordered } from "./program/builder.ts";
import { lowered } from "./program/lower.ts";
import {
  type AnyFunction,
  callUncompiled,
  differs,
  requireSame,
  withoutFloats,
} from "./version.ts";

// Enough for a state to come back.
const ROWS = 2;

/**
 * Compares what was recorded of a function with the same recorded once more, and
 * then, both with loops that are over after their first rows, what is recorded
 * with the function itself: what a loop costs then does not grow with its rows.
 *
 * @param frozen What was compiled.
 * @param examples The arguments it was recorded for.
 * @param shape The shape of the arguments.
 * @param numbers Their numbers.
 */
export function verifyFirstRows(
  f: AnyFunction,
  frozen: Frozen,
  examples: readonly Example[],
  shape: Shape,
  numbers: readonly number[],
): void {
  const again = withObserver(
    null,
    () => freezeFunction(f, examples),
  );
  requireSameProgram(frozen.recorded, again.recorded);
  withRowsUpTo(ROWS, () => {
    const both = runBoth(f, examples, shape, numbers);
    if (both === undefined) return;
    const { found, expected: { leaves, shape: like } } = both;
    requireSame(found, leaves, like, false);
  });
}

function runBoth(
  f: AnyFunction,
  examples: readonly Example[],
  shape: Shape,
  numbers: readonly number[],
):
  | { readonly found: number[]; readonly expected: TakenApart<number> }
  | undefined {
  try {
    const frozen = withObserver(
      null,
      () => freezeFunction(f, examples),
    );
    const list = rebuild(withoutFloats(shape), [...numbers]) as unknown[];
    const expected = callUncompiled(f, list, null);
    const program = lowered(frozen.recorded);
    const executable = new Executable(program, "it is run once");
    const { memory, inputsAt, outputsAt, outputs } = executable;
    if (frozen.hasLists || outputs !== expected.leaves.length) return undefined;
    memory.set(numbers, inputsAt);
    executable.compute();
    const found = Array.from(memory.subarray(outputsAt, outputsAt + outputs));
    return { found, expected };
  } catch {
    // A function may not be meant for so few rows.
    return undefined;
  }
}

function requireSameProgram(one: Ordered, other: Ordered): void {
  if (areSame(one, other)) return;
  throw differs("", "one when compiled", "the same when compiled again,");
}

/** Whether two structures of numbers, arrays and objects are the same. */
function areSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object") return false;
  if (one === null || other === null) return false;
  if (ArrayBuffer.isView(one) || Array.isArray(one)) {
    const a = one as ArrayLike<unknown>, b = other as ArrayLike<unknown>;
    if (a.length !== b.length) return false;
    for (let k = 0; k < a.length; k++) if (!areSame(a[k], b[k])) return false;
    return true;
  }
  const a = one as Record<string, unknown>;
  const b = other as Record<string, unknown>;
  return Object.keys(a).every((key) => areSame(a[key], b[key]));
}
