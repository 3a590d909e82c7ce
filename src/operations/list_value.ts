import { areLoopsRecorded, type Var } from "../tape/recording.ts";

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

/** Says what stands behind an array. */
export function setListValue(array: object, value: ListValue): void {
  values.set(array, value);
}
