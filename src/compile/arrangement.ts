import { fieldsOf, LIST } from "../tape/entries.ts";
import { findLoops, type Loop } from "./loops.ts";
import type { Program } from "./program.ts";
import { scheduled } from "./schedule.ts";

/** How a program is to be written down as code. */
export interface Arrangement {
  readonly program: Program;
  /** Those of its stretches that are to be loops, in order. */
  readonly loops: readonly Loop[];
  /** How many operations the code has; for a list, it has one for each operand, too. */
  readonly emitted: number;
}

// Less code than this is soon compiled, and fits the caches.
const SHORT = 4_000;

/**
 * The arrangement that is fastest. A narrow program is put in order of its
 * depths, which leaves nothing that repeats; but it runs faster than its loops,
 * as long as its code fits the caches. Any other is loops, if that is much less
 * code.
 */
export function arranged(program: Program): Arrangement {
  const narrow = scheduled(program), straight = withLoops(narrow, []);
  if (narrow !== program || straight.emitted < SHORT) return straight;
  const rolled = withLoops(program, findLoops(program));
  return 2 * rolled.emitted <= straight.emitted ? rolled : straight;
}

/** A program as it is, with loops. */
export function withLoops(
  program: Program,
  loops: readonly Loop[],
): Arrangement {
  const { codes, rights, first, length, lists } = program;
  let emitted = length - first + lists.length;
  for (const { start, period, times } of loops) {
    let body = period;
    for (let i = start; i < start + period; i++) {
      if (fieldsOf(codes[i]!) === LIST) body += rights[i]!;
    }
    // A loop's code is its first iteration, and another for all others.
    emitted -= (times - 2) * body;
  }
  return { program, loops, emitted };
}
