// Memory for a tape that outgrows the arrays it begins with.
import { rangeError } from "../errors.ts";

/** The arrays of a tape, all of one length. */
export interface Arrays {
  readonly codes: Uint16Array<ArrayBuffer>;
  readonly lefts: Int32Array<ArrayBuffer>;
  readonly rights: Int32Array<ArrayBuffer>;
  readonly values: Float64Array<ArrayBuffer>;
}

// An index must be a small integer, for a Var to hold it unboxed.
const MAX_LENGTH = 2 ** 31 - 1;

/** The length to grow to from one that is used up. */
export function lengthBeyond(length: number): number {
  if (length >= MAX_LENGTH) throw full(length);
  return Math.min(MAX_LENGTH, 2 * length);
}

/** Makes an array; if there is no memory for it, the error says so in the user's terms. */
export function allocate<T>(make: () => T, recorded: number): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) throw full(recorded);
    throw error;
  }
}

/** Fills the beginning of an array with a smaller one. */
export function copyInto<T extends Uint16Array | Int32Array | Float64Array>(
  larger: T,
  array: T,
): T {
  larger.set(array);
  return larger;
}

function full(recorded: number): RangeError {
  return rangeError(
    `Cannot record: ${recorded} operations fit in the memory of this process, ` +
      "expected no more; split the function, or differentiate it in parts",
  );
}
