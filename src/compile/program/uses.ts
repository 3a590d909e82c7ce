// Which entries of a program are used, and how often.
import {
  countOperands,
  markOperands,
  type Operations,
} from "../../tape/entries.ts";
import type { Program } from "../../tape/loop.ts";
import type { Ordered } from "./builder.ts";

/** How often each entry is an operand or an output. */
export function countUses(
  program: Operations & Pick<Program, "length" | "outputs">,
): Int32Array {
  const { length, outputs } = program;
  const uses = new Int32Array(length);
  for (let i = 0; i < length; i++) countOperands(program, i, uses);
  for (const entry of outputs) uses[entry]!++;
  return uses;
}

/** Marks the entries that some need, themselves included. */
export function neededEntries(
  operations: Operations,
  roots: readonly number[],
  end: number,
): Uint8Array {
  const needed = new Uint8Array(end);
  for (const entry of roots) needed[entry] = 1;
  for (let i = end - 1; i >= 0; i--) {
    if (needed[i] === 1) markOperands(operations, i, needed);
  }
  return needed;
}

/** The program with a pass over the bodies of its loops; the same program if that changes none. */
export function withBodies(
  program: Ordered,
  pass: (body: Ordered) => Ordered,
): Ordered {
  let changed = false;
  const loops = program.loops.map((loop) => {
    const body = pass(loop.body as Ordered);
    if (body === loop.body) return loop;
    changed = true;
    return { ...loop, body };
  });
  return changed ? { ...program, loops } : program;
}
