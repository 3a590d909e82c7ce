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
import { printProgram } from "./program/program.ts";
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
 * Compares a function compiled with the same compiled once more, and then, both
 * with loops that are over after their first rows, compiled and uncompiled: what
 * a loop costs then does not grow with its rows.
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
  requireSameProgram(frozen.program, again.program);
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
    const { program } = frozen;
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
  if (printProgram(one) === printProgram(other)) return;
  throw differs("", "one when compiled", "the same when compiled again,");
}
