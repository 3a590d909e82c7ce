// What a formula can name: this module's operations, and two constants.
import * as arithmetic from "../operations/arithmetic.ts";
import * as choice from "../operations/choice.ts";
import * as exponentials from "../operations/exponentials.ts";
import * as kinks from "../operations/kinks.ts";
import * as lists from "../operations/lists.ts";
import * as special from "../operations/special.ts";
import * as trigonometry from "../operations/trigonometry.ts";
import type { Scalar } from "../scalar.ts";

/** An operation on as many operands as it has parameters. */
export type Operation = (...operands: readonly unknown[]) => Scalar;

// Bundlers leave out what nobody uses if its making has no effect, which they are
// told by a mark: the table of operations names all of them.

const operations = /* @__PURE__ */ tableOf(
  arithmetic,
  exponentials,
  special,
  trigonometry,
  kinks,
  lists,
  choice,
);

/** A Map has no names but these: no `constructor`, which every object inherits. */
function tableOf(...kinds: readonly object[]): ReadonlyMap<string, Operation> {
  return new Map(
    kinds.flatMap((kind) => Object.entries(kind) as [string, Operation][])
      // It reads a number, and is not an operation.
      .filter(([name]) => name !== "primal"),
  );
}

const constants: ReadonlyMap<string, number> = new Map([
  ["pi", Math.PI],
  ["e", Math.E],
]);

/** What a name stands for; undefined if for nothing. */
export function meaningOf(name: string): Operation | number | undefined {
  return operations.get(name) ?? constants.get(name);
}

// What mathematics calls otherwise, and looks like something else.
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["ln", "log"],
  ["lg", "log10"],
]);

/** At most three names that may have been meant, the likeliest first. */
export function namesLike(wrong: string): string[] {
  const lower = wrong.toLowerCase(), alias = ALIASES.get(lower);
  if (alias !== undefined) return [alias];
  const limit = Math.ceil(lower.length / 3);
  return [...operations.keys(), ...constants.keys()]
    .map((name) => ({ name, distance: editDistance(lower, name) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** How many letters must be inserted, deleted or replaced (Levenshtein). */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}
