// Which numbers of a program are never −0: a sum is −0 only if both its addends
// are, so that what begins with 0 and only ever has something added is not. A
// derivative is such a sum, and ends with + 0 wherever it cannot be known.
import { ADD, builtIn, MUL } from "../../primitives.ts";
import { CONSTANT, INPUT, type Operations } from "../../tape/entries.ts";
import {
  CONSTANT_LIST,
  ELEMENT,
  FINAL,
  GATHER,
  LENGTH,
  type Loop,
  STACKED,
  UPDATED,
  ZEROS,
} from "../../tape/loop.ts";
import { inputsOf, outputsOf } from "./layout.ts";

/** What is looked at: a program, or one that is being built. */
export interface Looked extends Omit<Operations, "lists"> {
  readonly lists: ArrayLike<number>;
  readonly constants: Float64Array;
}

/** The inputs that may be taken for numbers, or lists of numbers, that are never −0. */
export type Assumed = ReadonlySet<number>;

/** No assumption. */
export const NOTHING_ASSUMED: Assumed = new Set();

// Sums are chains. Who looks takes so many steps at most, and answers no then.
const STEPS = 512;

/** How far one may still look. */
export interface Effort {
  left: number;
}

const knownLists = new WeakMap<Float64Array, boolean>();

function isNeverIn(numbers: Float64Array): boolean {
  let known = knownLists.get(numbers);
  if (known === undefined) {
    known = numbers.every((number) => !Object.is(number, -0));
    knownLists.set(numbers, known);
  }
  return known;
}

/** Whether a number, or any number of a list, is never −0. */
export function isNeverMinusZero(
  program: Looked,
  entry: number,
  assumed: Assumed,
  effort: Effort = { left: STEPS },
): boolean {
  if (assumed.has(entry)) return true;
  if (effort.left-- <= 0) return false;
  const { codes, lefts, rights, lists, constants, data, loops } = program;
  const code = codes[entry]!, left = lefts[entry]!, right = rights[entry]!;
  const never = (other: number) =>
    isNeverMinusZero(program, other, assumed, effort);
  switch (code) {
    case CONSTANT:
      return !Object.is(constants[entry], -0);
    case INPUT:
      return false;
    case ADD:
      return never(left) || never(right);
    case MUL:
      return left === right;
    case LENGTH:
    case ZEROS:
      return true;
    case ELEMENT:
      return never(left);
    case CONSTANT_LIST:
      return isNeverIn(data[left]!);
    case GATHER:
      for (let k = left; k < left + right; k++) {
        if (!never(lists[k]!)) return false;
      }
      return true;
    case FINAL:
    case STACKED:
    case UPDATED: {
      const loop = loops[lefts[left]!]!;
      return resultIsNever(loop, code, right, never, effort);
    }
  }
  return code === builtIn("abs").code || code === builtIn("exp").code;
}

/** The same for a result of a loop: if it holds before the first row, and in each row if it does before that. */
function resultIsNever(
  loop: Loop,
  code: number,
  k: number,
  never: (entry: number) => boolean,
  effort: Effort,
): boolean {
  const { body, carries, updates, stacked } = loop;
  const ins = inputsOf(loop), outs = outputsOf(loop);
  const assumed = new Set<number>();
  let from: number, size: number;
  if (code === FINAL) {
    if (!never(carries[k]!)) return false;
    assumed.add(k);
    [from, size] = [k, 1];
  } else if (code === UPDATED) {
    const { list, addresses } = updates[k]!;
    if (!never(list)) return false;
    [from, size] = [outs.updates[k]!, addresses.length];
    addresses.forEach((_, n) => assumed.add(ins.updates[k]! + n));
  } else [from, size] = [outs.stacked[k]!, Math.max(1, stacked[k]!)];
  return body.outputs.slice(from, from + size)
    .every((entry) => isNeverMinusZero(body, entry, assumed, effort));
}
