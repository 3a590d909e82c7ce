// Several sweeps in one pass over a section: each partial derivative is
// computed once for all of them, and what no seed reaches is passed over.
import { isCallAt, pullCall, pushCall } from "./calls.ts";
import { type Entries, fieldsOf, LIST, type Section } from "./entries.ts";
import { EntryPartials } from "./entry_partials.ts";

/** Tangents or adjoints of one entry in several sweeps stand side by side. */
export interface Columns {
  /** How many sweeps. */
  readonly count: number;
  /** Where their numbers are: those of entry i of a section from (i − start) · count on. */
  readonly numbers: Float64Array;
  /** 1 for the entries that have any: what the seeds reach. */
  readonly reached: Uint8Array;
}

/** The forward sweep, from the columns of the inputs to those of all entries. */
export function forwardColumns(
  section: Section,
  columns: Columns,
): void {
  const { entries, start, inputs, end } = section;
  const { count, numbers, reached } = columns;
  // Its own: a user's rule may sweep.
  const local = new EntryPartials();
  for (let i = start + inputs; i < end; i++) {
    if (isCallAt(entries, i)) {
      pushColumns(section, i, columns);
      continue;
    }
    const to = (i - start) * count;
    if (!hasReachedOperand(entries, i, start, reached)) {
      reached[i - start] = 0;
      continue;
    }
    let any = 0;
    const operands = local.evaluate(entries, i);
    for (let k = 0; k < operands; k++) {
      const operand = local.operands[k]! - start;
      if (reached[operand] === 0) continue;
      const partial = local.partials[k]!, from = operand * count;
      if (local.gate && partial === 0) {
        if (any === 0) numbers.fill(0, to, to + count);
      } else if (any === 0) {
        for (let c = 0; c < count; c++) {
          numbers[to + c] = numbers[from + c]! * partial;
        }
      } else {
        for (let c = 0; c < count; c++) {
          numbers[to + c]! += numbers[from + c]! * partial;
        }
      }
      any = 1;
    }
    reached[i - start] = any;
  }
}

function hasReachedOperand(
  { codes, lefts, rights, lists }: Entries,
  i: number,
  start: number,
  reached: Uint8Array,
): boolean {
  const left = lefts[i]!, right = rights[i]!;
  const fields = fieldsOf(codes[i]!);
  if (fields === LIST) {
    for (let k = left; k < left + right; k++) {
      if (reached[lists[k]! - start] === 1) return true;
    }
    return false;
  }
  return fields > 0 && reached[left - start] === 1 ||
    fields > 1 && reached[right - start] === 1;
}

/** The reverse sweep, from the columns of what is reached to those of the inputs. */
export function reverseColumns(
  section: Section,
  columns: Columns,
): void {
  const { entries, start, inputs, end } = section;
  const { count, numbers, reached } = columns;
  const local = new EntryPartials();
  for (let i = end - 1; i >= start + inputs; i--) {
    if (isCallAt(entries, i)) {
      pullColumns(section, i, columns);
      continue;
    }
    if (reached[i - start] === 0) continue;
    const from = (i - start) * count;
    const operands = local.evaluate(entries, i);
    for (let k = 0; k < operands; k++) {
      const operand = local.operands[k]! - start;
      const partial = local.partials[k]!, to = operand * count;
      const isNew = reached[operand] === 0;
      reached[operand] = 1;
      if (local.gate && partial === 0) {
        if (isNew) numbers.fill(0, to, to + count);
      } else if (isNew) {
        for (let c = 0; c < count; c++) {
          numbers[to + c] = numbers[from + c]! * partial;
        }
      } else {
        for (let c = 0; c < count; c++) {
          numbers[to + c]! += numbers[from + c]! * partial;
        }
      }
    }
  }
}

/** The forward rule of a call, column by column: what a call does shares nothing. */
function pushColumns(
  { entries, start }: Section,
  i: number,
  { count, numbers, reached }: Columns,
): void {
  for (let c = 0; c < count; c++) {
    pushCall(
      entries,
      i,
      (operand) =>
        reached[operand - start] === 1
          ? numbers[(operand - start) * count + c]!
          : 0,
      (entry) => entries.values[entry]!,
      (result, tangent) => {
        numbers[(result - start) * count + c] = tangent as number;
        reached[result - start] = 1;
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
        reached[result - start] === 1
          ? numbers[(result - start) * count + c]!
          : undefined,
      (entry) => entries.values[entry]!,
      (operand, share) => {
        const to = (operand - start) * count;
        if (reached[operand - start] === 0) numbers.fill(0, to, to + count);
        reached[operand - start] = 1;
        numbers[to + c]! += share as number;
      },
    );
  }
}
