// Which numbers of a program are never −0: a sum is −0 only if both its addends
// are, so that what begins with 0 and only ever has something added is not. A
// derivative is such a sum, and ends with + 0 wherever it cannot be known. Of a
// product or a quotient it is known where neither operand has a minus.
import { ADD, builtIn, DIV, MUL, SUB } from "../../primitives.ts";
import { CONSTANT, INPUT, type Operations } from "../../tape/entries.ts";
import {
  CONSTANT_LIST,
  ELEMENT,
  FINAL,
  GATHER,
  LENGTH,
  LIST_INPUT,
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

/** What may be asked of a number, or of all numbers of a list. */
export type Sign =
  /** That it is never −0. */
  | "not minus zero"
  /** That it is never −0 nor less than 0: 0, more, or NaN. */
  | "no minus";

/** What may be taken for granted of an input. */
export type Assumed = (input: number, sign: Sign) => boolean;

/** No assumption. */
export const NOTHING_ASSUMED: Assumed = () => false;

// Sums are long chains: after so many steps the answer is no.
const STEPS = 512;

/** Operations that give 0, more, or NaN. */
const SIGNLESS = ["abs", "exp", "lt", "le", "gt", "ge", "eq"] as const;
let select: number | undefined;
let signless: ReadonlySet<number> | undefined;

/** How far one may still look. */
export interface Effort {
  left: number;
}

const knownLists = new WeakMap<Float64Array, Map<Sign, boolean>>();

function isOfAll(sign: Sign, numbers: Float64Array): boolean {
  let signs = knownLists.get(numbers);
  if (signs === undefined) knownLists.set(numbers, signs = new Map());
  let known = signs.get(sign);
  if (known === undefined) {
    known = numbers.every((number) => isOf(sign, number));
    signs.set(sign, known);
  }
  return known;
}

function isOf(sign: Sign, number: number): boolean {
  return !Object.is(number, -0) && !(sign === "no minus" && number < 0);
}

/** Whether a number, or any number of a list, always has such a sign. */
export function hasSign(
  program: Looked,
  entry: number,
  sign: Sign,
  assumed: Assumed,
  effort: Effort = { left: STEPS },
): boolean {
  if (effort.left-- <= 0) return false;
  const { codes, lefts, rights, lists, constants, data, loops } = program;
  const code = codes[entry]!, left = lefts[entry]!, right = rights[entry]!;
  const has = (other: number, asked: Sign = sign) =>
    hasSign(program, other, asked, assumed, effort);
  const both = () => has(left, "no minus") && has(right, "no minus");
  switch (code) {
    case CONSTANT:
      return isOf(sign, constants[entry]!);
    case INPUT:
    case LIST_INPUT:
      return assumed(entry, sign);
    case ADD:
      return sign === "no minus" ? both() : has(left) || has(right);
    case SUB:
      return sign === "not minus zero" && has(left);
    case MUL:
      return left === right || both();
    case DIV:
      return both();
    case LENGTH:
    case ZEROS:
      return true;
    case ELEMENT:
      return has(left);
    case CONSTANT_LIST:
      return isOfAll(sign, data[left]!);
    case GATHER:
      for (let k = left; k < left + right; k++) {
        if (!has(lists[k]!)) return false;
      }
      return true;
    case FINAL:
    case STACKED:
    case UPDATED:
      return resultHas(loops[lefts[left]!]!, code, right, sign, has, effort);
  }
  if (code === (select ??= builtIn("select").code)) {
    return has(lists[left + 1]!) && has(lists[left + 2]!);
  }
  return (signless ??= new Set(SIGNLESS.map((name) => builtIn(name).code)))
    .has(code);
}

/**
 * The same for a result of a loop, after any row: if it holds before the first
 * row, and in each row if it does before that.
 */
export function resultHas(
  loop: Loop,
  code: number,
  k: number,
  sign: Sign,
  outside: (entry: number, asked: Sign) => boolean,
  effort: Effort = { left: STEPS },
): boolean {
  const { body, carries, updates, stacked } = loop;
  const ins = inputsOf(loop), outs = outputsOf(loop);
  const before = new Set<number>();
  let from: number, size: number;
  if (code === FINAL) {
    if (!outside(carries[k]!, sign)) return false;
    before.add(k);
    [from, size] = [k, 1];
  } else if (code === UPDATED) {
    const { list, addresses } = updates[k]!;
    if (!outside(list, sign)) return false;
    [from, size] = [outs.updates[k]!, addresses.length];
    addresses.forEach((_, n) => before.add(ins.updates[k]! + n));
  } else [from, size] = [outs.stacked[k]!, Math.max(1, stacked[k]!)];
  const around = assumedOf(loop, outside);
  const assumed: Assumed = (input, asked) =>
    asked === sign && before.has(input) || around(input, asked);
  return body.outputs.slice(from, from + size)
    .every((entry) => hasSign(body, entry, sign, assumed, effort));
}

/** What a body may assume, which is run for any row: what holds of all lists and numbers that it is given. */
export function assumedOf(
  loop: Loop,
  outside: (entry: number, asked: Sign) => boolean,
): Assumed {
  const { streams, slices, captures } = loop, ins = inputsOf(loop);
  return (input, asked) => {
    if (input < ins.streams) return false;
    if (input < ins.slices) {
      // What lies before a list may be anything.
      const { list, offset, table } = streams[input - ins.streams]!;
      return (table !== null || offset >= 0) && outside(list, asked);
    }
    if (input < ins.slices + slices.length) {
      return outside(slices[input - ins.slices]!, asked);
    }
    return input >= ins.captures &&
      outside(captures[input - ins.captures]!, asked);
  };
}
