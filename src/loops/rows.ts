import { brand, outOfRange, rangeError, wrongKind } from "../errors.ts";
import type { Scalar } from "../scalar.ts";
import { rowListOf } from "./lists.ts";
import { isScalar, Likeness, type Scalars } from "./likeness.ts";

/**
 * Numbers in a row after row, as {@linkcode rows} makes them: what {@linkcode map},
 * {@linkcode fold} and {@linkcode scan} take in place of an array of arrays.
 *
 * @category Loops
 */
export interface Rows {
  /** The number of rows. */
  readonly length: number;
  /** The numbers of each row. */
  readonly width: number;
}

/**
 * What a loop goes over: an array of structures, a Float64Array (its numbers),
 * what {@linkcode rows} makes (arrays of numbers), or a count n (0 … n − 1).
 *
 * @category Loops
 * @template R The type of a row.
 */
export type RowList<R> = readonly R[] | Float64Array | Rows | number;

/**
 * A row of a {@linkcode RowList}, as a callback sees it.
 *
 * @category Loops
 * @template L The type of the rows.
 */
export type RowOf<L> = L extends number | Float64Array ? Scalar
  : L extends readonly (infer R)[] ? Scalars<R>
  : Scalar[];

class FlatRows implements Rows {
  readonly width: number;
  readonly numbers: readonly Scalar[] | Float64Array;

  constructor(numbers: readonly Scalar[] | Float64Array, width: number) {
    this.width = width;
    this.numbers = numbers;
  }

  get length(): number {
    return this.numbers.length / this.width;
  }
}
brand(FlatRows.prototype, "Rows");

/**
 * Reads a flat list as rows of `width` numbers each, for {@linkcode map},
 * {@linkcode fold} and {@linkcode scan}: large data goes in without an object
 * per row.
 *
 * @category Loops
 * @param data The numbers of the first row, then those of the second, and so on.
 * @param width The number of numbers per row.
 * @returns The rows, for a loop; each is an array for the loop's callback.
 * @throws {TypeError} If `data` is not a Float64Array or array of Scalars, or
 * `width` is not a number.
 * @throws {RangeError} If `width` is not a positive whole number, or the length
 * of `data` is not a multiple of it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { map, mul, rows } from "@chainrule/autograd";
 *
 * const pairs = rows(Float64Array.of(1, 2, 3, 4), 2);
 * assertEquals(map(pairs, ([a, b]) => mul(a!, b!)), [2, 12]);
 * ```
 */
export function rows(
  data: Float64Array | readonly Scalar[],
  width: number,
): Rows {
  if (!(data instanceof Float64Array) && !Array.isArray(data)) {
    const expected = "a Float64Array or an array of numbers, Nodes or Vars";
    throw wrongKind("rows", "data", data, expected);
  }
  const positive = "a positive whole number";
  if (typeof width !== "number") {
    throw wrongKind("rows", "width", width, positive);
  }
  if (!Number.isSafeInteger(width) || width < 1) {
    throw outOfRange("rows", "width", width, positive);
  }
  const list = rowListOf(data);
  if (list?.numbers() !== undefined && typeof list.size !== "number") {
    const { of } = list.size;
    of.all.require((lengths) => checkMultiple(lengths[of.input]!, width));
    const { units } = of.all, so = units[of.input]!;
    units[of.input] = so * width / greatestDivisor(so, width);
  } else checkMultiple(data.length, width);
  return new FlatRows(data, width);
}

/** The greatest common divisor. */
export function greatestDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

function checkMultiple(length: number, width: number): void {
  if (length % width === 0) return;
  throw rangeError(
    `Cannot rows: the length of data is ${length}, expected a multiple of ` +
      `the width ${width}`,
  );
}

/** What {@linkcode rows} read, and how wide; undefined of all else. */
export function flatRowsOf(x: unknown): {
  readonly numbers: readonly Scalar[] | Float64Array;
  readonly width: number;
} | undefined {
  return x instanceof FlatRows ? x : undefined;
}

let limit = Infinity;

/** Whether loops are cut short: see {@linkcode withRowsUpTo}. */
export function areRowsLimited(): boolean {
  return limit < Infinity;
}

/** Runs a function whose loops go over so many rows at most. */
export function withRowsUpTo<R>(rows: number, run: () => R): R {
  const around = limit;
  limit = rows;
  try {
    return run();
  } finally {
    limit = around;
  }
}

/** The rows of a loop that runs as it is written, one after the other. */
export interface RowReader {
  readonly count: number;
  /** The row of a number, a structure without Float64Arrays. */
  at(i: number): unknown;
}

const EXPECTED =
  "an array, a Float64Array, what rows gives or a number of rows";

/** Reads what a loop is to go over; an error for each row that is wrong comes when it is read. */
export function readRows(call: string, list: unknown): RowReader {
  const reader = readAll(call, list);
  return reader.count <= limit ? reader : { ...reader, count: limit };
}

function readAll(call: string, list: unknown): RowReader {
  if (typeof list === "number") {
    if (Number.isSafeInteger(list) && list >= 0) {
      return { count: list, at: (i) => i };
    }
    const expected = "a whole number of rows that is not negative";
    throw outOfRange(call, "rows", list, expected);
  }
  if (list instanceof Float64Array) {
    return { count: list.length, at: (i) => list[i]! };
  }
  if (list instanceof FlatRows) {
    const { length, width, numbers } = list;
    return {
      count: length,
      at: (i) => {
        const row: Scalar[] = [];
        for (let k = i * width; k < (i + 1) * width; k++) {
          row.push(scalarOf(call, numbers[k], i));
        }
        return row;
      },
    };
  }
  if (!Array.isArray(list)) throw wrongKind(call, "rows", list, EXPECTED);
  const likeness = new Likeness(call, "row 0");
  return {
    count: list.length,
    at: (i) => likeness.check(list[i], () => `row ${i}`),
  };
}

function scalarOf(call: string, x: unknown, row: number): Scalar {
  if (isScalar(x)) return x;
  const expected = "numbers, Nodes and Vars";
  throw wrongKind(call, `a number of row ${row}`, x, expected);
}
