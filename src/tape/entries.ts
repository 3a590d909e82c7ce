// What a tape consists of: entries, in parallel arrays, an operation each. An
// entry's operands come before it, so that the order of recording is a
// topological order and a sweep is a loop.
import { primitiveOf } from "../primitives.ts";
import type { Origin } from "../observer.ts";
import type { PlacedCall } from "./calls.ts";
import {
  CONSTANT_LIST,
  FIRST_LOOP_CODE,
  forEachLoopOperand,
  GATHER,
  LIST_DOT,
  LIST_INPUT,
  LOOP,
  type Loop,
} from "./loop.ts";

/** Code of an entry that is a constant. */
export const CONSTANT = 0;
/** Code of an entry that is an argument: of the outermost function, or of one that runs. */
export const INPUT = 1;
/** The least code of an operation. */
export const FIRST_OPERATION: number = INPUT + 1;

/** What the entries of a tape or a program are computed from; index i of each array belongs to entry i. */
export interface Operations {
  /** {@linkcode CONSTANT}, {@linkcode INPUT}, the code of a primitive or one of `loop.ts`. */
  readonly codes: Uint16Array;
  /**
   * The first operand's entry; of an operation over a list, where in `lists` it
   * begins; of the last of a run of constants, how many more are before it.
   */
  readonly lefts: Int32Array;
  /** The second operand's entry; of an operation over a list, its length. */
  readonly rights: Int32Array;
  /** Operands of operations over lists. */
  readonly lists: Int32Array;
  /** The loops, of entries that are one. */
  readonly loops: readonly Loop[];
  /** The numbers of lists that are constants. */
  readonly data: readonly Float64Array[];
}

/** Entries of a tape. */
export interface Entries extends Operations {
  /** The results. */
  readonly values: Float64Array;
  /** Where operations come from, if they were observed. */
  readonly origins: readonly (Origin | undefined)[];
  /** The calls that results on the tape are of, by their tokens. */
  readonly calls: readonly PlacedCall[];
}

/** The entries of one function: its inputs first, then what it did. */
export interface Section {
  readonly entries: Entries;
  /** Its first entry. */
  readonly start: number;
  /** How many of its entries, from the first on, are inputs. */
  readonly inputs: number;
  /** The entry after its last. */
  readonly end: number;
}

/** The number of fields of an operation whose operands are a list. */
export const LIST = 3;
/** The number of fields of a loop: its operands are its own. */
export const LOOP_FIELDS = 4;

// By code, 1 more than the fields; 0 where it was not asked for yet.
const knownFields = new Uint8Array(1 << 16);

/** How many operands an entry of a code has in its two fields; {@linkcode LIST} if in a list, {@linkcode LOOP_FIELDS} of a loop. */
export function fieldsOf(code: number): number {
  const known = knownFields[code]!;
  if (known > 0) return known - 1;
  const fields = findFields(code);
  knownFields[code] = fields + 1;
  return fields;
}

function findFields(code: number): number {
  if (code < FIRST_OPERATION) return 0;
  if (code < FIRST_LOOP_CODE) {
    const { arity } = primitiveOf(code);
    return arity === "list" ? LIST : arity;
  }
  switch (code) {
    case LIST_INPUT:
    case CONSTANT_LIST:
      return 0;
    case GATHER:
      return LIST;
    case LOOP:
      return LOOP_FIELDS;
    case LIST_DOT:
      return 2;
    default:
      return 1;
  }
}

/** Calls `visit` with each operand of entry i, in order. */
export function forEachOperand(
  { codes, lefts, rights, lists, loops }: Operations,
  i: number,
  visit: (operand: number) => void,
): void {
  const left = lefts[i]!, right = rights[i]!;
  const fields = fieldsOf(codes[i]!);
  if (fields === LIST) {
    for (let k = left; k < left + right; k++) visit(lists[k]!);
    return;
  }
  if (fields === LOOP_FIELDS) return forEachLoopOperand(loops[left]!, visit);
  if (fields > 0) visit(left);
  if (fields > 1) visit(right);
}

/** The operands of entry i, in order. */
export function operandsAt(
  { codes, lefts, rights, lists, loops }: Operations,
  i: number,
): number[] {
  const left = lefts[i]!, right = rights[i]!;
  const operands: number[] = [];
  switch (fieldsOf(codes[i]!)) {
    case LIST:
      for (let k = left; k < left + right; k++) operands.push(lists[k]!);
      return operands;
    case LOOP_FIELDS:
      forEachLoopOperand(loops[left]!, (operand) => operands.push(operand));
      return operands;
    case 1:
      return [left];
    case 2:
      return [left, right];
    default:
      return operands;
  }
}

/** Adds 1 for each time that entry i has an entry as its operand. */
export function countOperands(
  { codes, lefts, rights, lists, loops }: Operations,
  i: number,
  uses: Int32Array,
): void {
  const left = lefts[i]!, right = rights[i]!;
  const fields = fieldsOf(codes[i]!);
  if (fields === LIST) {
    for (let k = left; k < left + right; k++) uses[lists[k]!]!++;
    return;
  }
  if (fields === LOOP_FIELDS) {
    forEachLoopOperand(loops[left]!, (operand) => uses[operand]!++);
    return;
  }
  if (fields > 0) uses[left]!++;
  if (fields > 1) uses[right]!++;
}

/** Marks the operands of entry i with a 1. */
export function markOperands(
  { codes, lefts, rights, lists, loops }: Operations,
  i: number,
  marks: Uint8Array,
): void {
  const left = lefts[i]!, right = rights[i]!;
  const fields = fieldsOf(codes[i]!);
  if (fields === LIST) {
    for (let k = left; k < left + right; k++) marks[lists[k]!] = 1;
    return;
  }
  if (fields === LOOP_FIELDS) {
    forEachLoopOperand(loops[left]!, (operand) => marks[operand] = 1);
    return;
  }
  if (fields > 0) marks[left] = 1;
  if (fields > 1) marks[right] = 1;
}

/**
 * A copy of a section that closes over nothing and has no loops, with its first
 * entry as entry 0: it outlives the tape's next use.
 */
export function copySection({ entries, start, end, inputs }: Section): Section {
  const { codes, lefts, rights, values, origins } = entries;
  const lists: number[] = [];
  const copy = {
    codes: codes.slice(start, end),
    lefts: new Int32Array(end - start),
    rights: new Int32Array(end - start),
    values: values.slice(start, end),
    origins: origins.slice(start, end),
    calls: entries.calls.slice(),
  };
  for (let i = start; i < end; i++) {
    const left = lefts[i]!, right = rights[i]!;
    const fields = fieldsOf(codes[i]!);
    if (fields === 0) {
      copy.lefts[i - start] = left;
      copy.rights[i - start] = right;
    } else if (fields === LIST) {
      copy.lefts[i - start] = lists.length;
      copy.rights[i - start] = right;
      for (let k = left; k < left + right; k++) {
        lists.push(entries.lists[k]! - start);
      }
    } else {
      copy.lefts[i - start] = left - start;
      copy.rights[i - start] = right - start;
    }
  }
  return {
    entries: { ...copy, lists: Int32Array.from(lists), loops: [], data: [] },
    start: 0,
    inputs,
    end: end - start,
  };
}
