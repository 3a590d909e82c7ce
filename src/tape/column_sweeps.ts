// Several sweeps in one pass over a section: each partial derivative is
// computed once for all of them, and what no seed reaches is passed over.
import { isCallAt, pullCall, pushCall } from "./calls.ts";
import { type Entries, fieldsOf, LIST, type Section } from "./entries.ts";
import { EntryPartials } from "./entry_partials.ts";

/** Tangents or adjoints of one entry in several sweeps stand side by side. */
export interface Columns {
  /** How many sweeps: at most {@linkcode MOST_COLUMNS}. */
  readonly count: number;
  /** Where their numbers are: those of entry i of a section from (i − start) · count on. */
  readonly numbers: Float64Array;
  /**
   * The sweeps in which the seeds reach an entry, a bit each. In others its number
   * is 0, whatever stands there.
   */
  readonly reached: Int32Array;
}

/** How many sweeps a pass can have: a bit each. */
export const MOST_COLUMNS = 32;

/** The forward sweep, from the columns of the inputs to those of all entries. */
export function forwardColumns(
  section: Section,
  columns: Columns,
): void {
  const { entries, start, inputs, end } = section;
  const { count, numbers, reached } = columns;
  const all = allBits(count);
  // Its own: a user's rule may sweep.
  const local = new EntryPartials();
  for (let i = start + inputs; i < end; i++) {
    const at = i - start;
    const operandsReached = reachedOfOperands(entries, i, start, reached);
    if (operandsReached === 0) continue;
    if (isCallAt(entries, i)) {
      pushColumns(section, i, columns, operandsReached);
      continue;
    }
    const operands = local.evaluate(entries, i);
    let so = 0;
    for (let k = 0; k < operands; k++) {
      const operand = local.operands[k]! - start, bits = reached[operand]!;
      if (bits === 0) continue;
      const partial = local.partials[k]!;
      const closed = local.gate && partial === 0;
      give(numbers, count, all, operand, at, bits, so, partial, closed);
      so |= bits;
    }
    reached[at] = so;
  }
}

function allBits(count: number): number {
  return count === MOST_COLUMNS ? -1 : (1 << count) - 1;
}

/** The sweeps in which any operand of entry i is reached. */
function reachedOfOperands(
  { codes, lefts, rights, lists }: Entries,
  i: number,
  start: number,
  reached: Int32Array,
): number {
  const left = lefts[i]!, right = rights[i]!;
  const fields = fieldsOf(codes[i]!);
  if (fields === LIST) {
    let any = 0;
    for (let k = left; k < left + right; k++) {
      any |= reached[lists[k]! - start]!;
    }
    return any;
  }
  if (fields === 0) return 0;
  const byLeft = reached[left - start]!;
  return fields === 1 ? byLeft : byLeft | reached[right - start]!;
}

/** The reverse sweep, from the columns of what is reached to those of the inputs. */
export function reverseColumns(
  section: Section,
  columns: Columns,
): void {
  const { entries, start, inputs, end } = section;
  const { count, numbers, reached } = columns;
  const all = allBits(count);
  const local = new EntryPartials();
  for (let i = end - 1; i >= start + inputs; i--) {
    if (isCallAt(entries, i)) {
      pullColumns(section, i, columns);
      continue;
    }
    const at = i - start, bits = reached[at]!;
    if (bits === 0) continue;
    const operands = local.evaluate(entries, i);
    for (let k = 0; k < operands; k++) {
      const operand = local.operands[k]! - start;
      const partial = local.partials[k]!, so = reached[operand]!;
      const closed = local.gate && partial === 0;
      give(numbers, count, all, at, operand, bits, so, partial, closed);
      reached[operand] = so | bits;
    }
  }
}

/**
 * Adds the numbers of one entry, times a partial derivative, to those of another.
 *
 * @param all The bits of all columns.
 * @param bits In which columns the first is reached.
 * @param so In which columns the second is, so far.
 * @param closed Whether nothing comes through, but 0 where there is nothing yet.
 */
function give(
  numbers: Float64Array,
  count: number,
  all: number,
  from: number,
  to: number,
  bits: number,
  so: number,
  partial: number,
  closed: boolean,
): void {
  const source = from * count, target = to * count;
  if (closed) {
    for (let rest = bits & ~so; rest !== 0; rest &= rest - 1) {
      numbers[target + columnOf(rest)] = 0;
    }
  } else if (bits === all && (so === 0 || so === all)) {
    if (so === 0) {
      for (let c = 0; c < count; c++) {
        numbers[target + c] = numbers[source + c]! * partial;
      }
    } else {
      for (let c = 0; c < count; c++) {
        numbers[target + c]! += numbers[source + c]! * partial;
      }
    }
  } else {
    for (let rest = bits & ~so; rest !== 0; rest &= rest - 1) {
      const c = columnOf(rest);
      numbers[target + c] = numbers[source + c]! * partial;
    }
    for (let rest = bits & so; rest !== 0; rest &= rest - 1) {
      const c = columnOf(rest);
      numbers[target + c]! += numbers[source + c]! * partial;
    }
  }
}

/** The first of some columns. */
function columnOf(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/**
 * The forward rule of a call, column by column: what a call does shares nothing.
 *
 * @param bits In which columns any of its operands is reached.
 */
function pushColumns(
  { entries, start }: Section,
  i: number,
  { count, numbers, reached }: Columns,
  bits: number,
): void {
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    const c = columnOf(rest);
    pushCall(
      entries,
      i,
      (operand) =>
        isReached(reached, operand - start, c)
          ? numbers[(operand - start) * count + c]!
          : 0,
      (entry) => entries.values[entry]!,
      (result, tangent) => {
        numbers[(result - start) * count + c] = tangent as number;
        reached[result - start]! |= 1 << c;
      },
    );
  }
}

/** The reverse rule of a call, column by column. */
function pullColumns(
  { entries, start }: Section,
  i: number,
  { count, numbers, reached }: Columns,
): void {
  for (let c = 0; c < count; c++) {
    pullCall(
      entries,
      i,
      (result) =>
        isReached(reached, result - start, c)
          ? numbers[(result - start) * count + c]!
          : undefined,
      (entry) => entries.values[entry]!,
      (operand, share) => {
        const to = (operand - start) * count + c;
        if (!isReached(reached, operand - start, c)) numbers[to] = 0;
        reached[operand - start]! |= 1 << c;
        numbers[to]! += share as number;
      },
    );
  }
}

function isReached(
  reached: Int32Array,
  entry: number,
  column: number,
): boolean {
  return (reached[entry]! >>> column & 1) === 1;
}
