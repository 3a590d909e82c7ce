import {
  areLoopsRecorded,
  entryFor,
  isOpen,
  recordGather,
  Var,
} from "../tape/recording.ts";

/**
 * A list whose numbers, and maybe whose length, are not known while a function
 * is compiled: what stands behind an array that is passed on to loops alone.
 */
export interface ListValue {
  /** The list, if it is one of numbers. */
  numbers(): Var | undefined;
  /** Whether it is known to be as long as another, or will be checked to be. */
  isLike(other: ListValue, call: string): boolean;
}

const values = new WeakMap<object, ListValue>();

/** What stands behind an array, if it is not one of known elements. */
export function listValueOf(x: unknown): ListValue | undefined {
  return areLoopsRecorded() ? values.get(x as object) : undefined;
}

// Shorter lists are operations of so many operands, whose code is faster.
const LONG = 64;

/**
 * The list that an operation over lists goes through in a loop while a function is
 * compiled: one that stands behind an array, or one of many elements. Undefined
 * for what is to be an operation of so many operands, or is wrong.
 *
 * @param met The elements of other lists of the operation: an element that it has
 * twice is an operand twice, whose derivatives add up in the order of the operands.
 */
export function loopList(
  xs: readonly unknown[] | Float64Array,
  met: Set<unknown> = new Set(),
): Var | undefined {
  if (!areLoopsRecorded()) return undefined;
  const value = values.get(xs);
  if (value !== undefined) return value.numbers();
  if (!Array.isArray(xs) || xs.length < LONG) return undefined;
  for (const x of xs) {
    if (typeof x === "number") continue;
    if (!(x instanceof Var) || !isOpen(x) || met.has(x)) return undefined;
    met.add(x);
  }
  return recordGather(xs.map((x) => entryFor(x as Var | number)));
}

/** Says what stands behind an array. */
export function setListValue(array: object, value: ListValue): void {
  values.set(array, value);
}
