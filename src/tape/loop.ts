// Loops that stay loops: what a frozen recording has where the function called
// `map`, `fold` or `scan`, and what programs consist of beside operations.
import { OPERATION_CODES } from "../primitives.ts";
import type { Operations } from "./entries.ts";

// Entries beside operations. Their codes are the highest, out of the way of
// those that primitives are given one after another.
/** An argument that is a list: a flat vector of numbers, its length known when it runs. */
export const LIST_INPUT: number = OPERATION_CODES;
/** A list from outside of the function: `data[left]`. */
export const CONSTANT_LIST: number = OPERATION_CODES + 1;
/** A list of zeros, as long as list `left`. */
export const ZEROS: number = OPERATION_CODES + 2;
/** A list of scalar entries: operands as of an operation over a list. */
export const GATHER: number = OPERATION_CODES + 3;
/** The number of rows of list `left`, each of `right` numbers. */
export const LENGTH: number = OPERATION_CODES + 4;
/** Number `right` of list `left`. */
export const ELEMENT: number = OPERATION_CODES + 5;
/** A loop: `loops[left]`. It has no value of its own: the next three give its results. */
export const LOOP: number = OPERATION_CODES + 6;
/** What carry `right` of loop `left` is after the last row; a list if the carry is one. */
export const FINAL: number = OPERATION_CODES + 7;
/** List `right` of the lists that loop `left` stacks. */
export const STACKED: number = OPERATION_CODES + 8;
/** List `right` of those that loop `left` updates, after the last row. */
export const UPDATED: number = OPERATION_CODES + 9;

// What operations over lists are where the list is one of these, and not made
// of scalar entries: codes of their own, by the list's entry.
/** The sum of list `left`. */
export const LIST_SUM = 0xff0a;
/** The mean of list `left`. */
export const LIST_MEAN = 0xff0b;
/** log Σ eˣ over list `left`. */
export const LIST_LOG_SUM_EXP = 0xff0c;
/** The dot product of lists `left` and `right`. */
export const LIST_DOT = 0xff0d;

/** The least of these codes. */
export const FIRST_LOOP_CODE: number = LIST_INPUT;

/**
 * Where row i of a loop finds one of its numbers in a list: at `offset + stride · i`,
 * or at `table[i]` if there is a table. Before the list's beginning there may be any number.
 */
export interface Address {
  readonly offset: number;
  readonly stride: number;
  readonly table: Int32Array | null;
}

/** A table as a rule, if there is one. */
export function tableAddress(table: Int32Array): Address {
  const offset = table[0]!, stride = (table[1] ?? offset) - offset;
  return table.every((at, i) => at === offset + stride * i)
    ? { offset, stride, table: null }
    : { offset: 0, stride: 0, table };
}

/** One number of each row of a list. */
export interface Stream extends Address {
  /** The list's entry. */
  readonly list: number;
}

/**
 * A list that a loop changes as it goes: row i reads numbers of it, the body gives
 * new ones, and these are stored before the next row. Rows may overlap.
 */
export interface Update {
  /** The entry of the list as it is before the first row, which the loop leaves as it is. */
  readonly list: number;
  /** The numbers that a row reads and stores; no two of one row are the same. */
  readonly addresses: readonly Address[];
}

/**
 * A body, run once a row.
 *
 * The body's inputs are, in this order: one per carry ({@linkcode LIST_INPUT}
 * where the carry is a list); one per stream; a list per slice; one per address of
 * each update; the row's number, if `index`; one per capture ({@linkcode LIST_INPUT}
 * where it is a list).
 *
 * Its outputs are: the next carries; new numbers for the addresses of each
 * update; and the numbers of each stacked row.
 */
export interface Loop {
  readonly body: Program;
  /** The entry of the number of rows: a constant, a {@linkcode LENGTH} or a capture; 1 at least. */
  readonly count: number;
  /** Whether rows go from the last to the first. Addresses and stacked rows do not care. */
  readonly down: boolean;
  /** The entries of what is carried from row to row, before the first of them. */
  readonly carries: readonly number[];
  readonly streams: readonly Stream[];
  /** Entries of lists of lists: row i has its own, of 1/count of the length. */
  readonly slices: readonly number[];
  readonly updates: readonly Update[];
  /** Whether the body is told the number of its row. */
  readonly index: boolean;
  /** The entries of what the body takes from around it. */
  readonly captures: readonly number[];
  /**
   * How many numbers a row gives to each stacked list; row i stands at i times
   * that. 0 where a row gives a list, of one length in all rows.
   */
  readonly stacked: readonly number[];
}

/**
 * Operations and loops that close over nothing. The first entries are the
 * inputs: codes {@linkcode INPUT} or {@linkcode LIST_INPUT}; operands come before
 * what uses them.
 */
export interface Program extends Operations {
  readonly inputs: number;
  /** The number of entries. */
  readonly length: number;
  /** The values of entries that are constants. */
  readonly constants: Float64Array;
  /** The entries of the outputs: numbers or lists. */
  readonly outputs: readonly number[];
}

/** Where the inputs of each kind begin; the carries come first. */
export interface InputsAt {
  readonly streams: number;
  readonly slices: number;
  readonly updates: readonly number[];
  readonly index: number;
  readonly captures: number;
}

/** Where the outputs of each kind begin; the carries come first. */
export interface OutputsAt {
  readonly updates: readonly number[];
  readonly stacked: readonly number[];
}

/** Where a body's inputs of each kind begin. */
export function inputsAt(
  { carries, streams, slices, updates, index }: Loop,
): InputsAt {
  const slicesAt = carries.length + streams.length;
  let next = slicesAt + slices.length;
  const updatesAt = updates.map(({ addresses }) =>
    (next += addresses.length) - addresses.length
  );
  return {
    streams: carries.length,
    slices: slicesAt,
    updates: updatesAt,
    index: next,
    captures: next + (index ? 1 : 0),
  };
}

/** Where a body's outputs of each kind begin. */
export function outputsAt({ carries, updates, stacked }: Loop): OutputsAt {
  let next = carries.length;
  const updatesAt = updates.map(({ addresses }) =>
    (next += addresses.length) - addresses.length
  );
  // A row that is a list is one output.
  const stackedAt = stacked.map((width) =>
    (next += Math.max(1, width)) - Math.max(1, width)
  );
  return { updates: updatesAt, stacked: stackedAt };
}

/** Calls `visit` with each entry that a loop takes, in the order of the body's inputs, the count first. */
export function forEachLoopOperand(
  { count, carries, streams, slices, updates, captures }: Loop,
  visit: (operand: number) => void,
): void {
  visit(count);
  for (const entry of carries) visit(entry);
  for (const { list } of streams) visit(list);
  for (const list of slices) visit(list);
  for (const { list } of updates) visit(list);
  for (const entry of captures) visit(entry);
}

/** The same loop with other entries for what it takes. */
export function withOperands(
  loop: Loop,
  rename: (operand: number) => number,
): Loop {
  return {
    ...loop,
    count: rename(loop.count),
    carries: loop.carries.map(rename),
    streams: loop.streams.map((s) => ({ ...s, list: rename(s.list) })),
    slices: loop.slices.map(rename),
    updates: loop.updates.map((u) => ({ ...u, list: rename(u.list) })),
    captures: loop.captures.map(rename),
  };
}

/** Whether an entry is a list. */
export function isListAt(
  { codes, lefts, rights, loops }: Pick<
    Operations,
    "codes" | "lefts" | "rights" | "loops"
  >,
  entry: number,
): boolean {
  switch (codes[entry]) {
    case LIST_INPUT:
    case CONSTANT_LIST:
    case ZEROS:
    case GATHER:
    case STACKED:
    case UPDATED:
      return true;
    case FINAL: {
      const { body } = loops[lefts[lefts[entry]!]!]!;
      return body.codes[rights[entry]!] === LIST_INPUT;
    }
    default:
      return false;
  }
}

// While a function is recorded, its loops still change: they come to stack what
// derivatives need of them.
type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** Has a loop stack an entry of its body, unless it does; gives the list's number and the entry's place in its rows. */
export function stackEntry(
  loop: Loop,
  entry: number,
): { readonly k: number; readonly address: Address } {
  const { body, stacked } = loop;
  let at = body.outputs.length;
  for (const width of stacked) at -= Math.max(1, width);
  const found = body.outputs.indexOf(entry, at);
  for (let k = 0; found >= 0; at += Math.max(1, stacked[k++]!)) {
    const offset = found - at, stride = stacked[k]!;
    if (offset < Math.max(1, stride)) {
      return { k, address: { offset, stride, table: null } };
    }
  }
  (body as Changing<Program>).outputs = [...body.outputs, entry];
  const width = isListAt(body, entry) ? 0 : 1;
  (loop as Changing<Loop>).stacked = [...stacked, width];
  const address = { offset: 0, stride: 1, table: null };
  return { k: stacked.length, address };
}

/** Appends an entry to a body, unless it is there. */
export function appendTo(
  body: Program,
  code: number,
  left: number,
  right: number,
): number {
  const { codes, lefts, rights, length } = body;
  for (let i = length - 1; i > left; i--) {
    if (codes[i] === code && lefts[i] === left && rights[i] === right) return i;
  }
  const changing = body as Changing<Program>;
  changing.codes = Uint16Array.of(...codes, code);
  changing.lefts = Int32Array.of(...lefts, left);
  changing.rights = Int32Array.of(...rights, right);
  changing.constants = Float64Array.of(...body.constants, 0);
  changing.length = length + 1;
  return length;
}
