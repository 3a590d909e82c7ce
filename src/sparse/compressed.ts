// From a recording to the entries of its Jacobian: sweeps for all columns of a
// colour at once, and the entries read from their sums.
import { floatsOf } from "../loops/lists.ts";
import type { Scalar } from "../scalar.ts";
import { close, open, truncate, unrolled } from "../tape/recording.ts";
import {
  type Recordable,
  type Recorded,
  withRecorded,
} from "../transforms/recorded.ts";
import { rebuild } from "../transforms/structures.ts";
import { pullBackRows, pushForwardColumns } from "../transforms/sweeps.ts";
import {
  colourColumns,
  type Colouring,
  denseRows,
  starColouring,
  transposed,
} from "./colouring.ts";
import { hasLoops, loopColumnSums, loopRowSums } from "./loop_sums.ts";
import { patternOf } from "./pattern.ts";
import { type Pattern, SparseMatrix } from "./sparse_matrix.ts";
import { Place, valueList } from "./value_list.ts";

/** An entry of a matrix: a number, or where loops compute it. */
type Entry = Scalar | Place;

/** By colour and row, or column: what is read of the sum of the columns, or rows, of a colour. */
type Sums = (colour: number, k: number) => Entry;

/** The Jacobian of what was recorded. */
export function sparseRows(recorded: Recorded, pattern: Pattern): SparseMatrix {
  const mirrored = transposed(pattern);
  const byColumns = denseRows(pattern), byRows = denseRows(mirrored);
  const values = new Array<Entry>(pattern.columnIndices.length);
  if (byColumns.sweeps <= byRows.sweeps) {
    const { isDense } = byColumns;
    const colouring = colourColumns(pattern, isDense);
    const sums = columnSums(recorded, colouring);
    const alone = aloneIn(isDense);
    const rows = rowSums(recorded, alone);
    fill(
      pattern,
      values,
      (i, j) =>
        isDense[i] === 1
          ? rows(alone.colours[i]!, j)
          : sums(colouring.colours[j]!, i),
    );
  } else {
    const { isDense } = byRows;
    const colouring = colourColumns(mirrored, isDense);
    const sums = rowSums(recorded, colouring);
    const alone = aloneIn(isDense);
    const columns = columnSums(recorded, alone);
    fill(
      pattern,
      values,
      (i, j) =>
        isDense[j] === 1
          ? columns(alone.colours[j]!, i)
          : sums(colouring.colours[i]!, j),
    );
  }
  return matrixOf(pattern, values);
}

/** The Hessian, of the recording of a gradient. */
export function symmetricRows(
  recorded: Recorded,
  pattern: Pattern,
): SparseMatrix {
  const { rows, rowStarts, columnIndices } = pattern;
  const { colours, count } = starColouring(pattern);
  const sums = columnSums(recorded, { colours, count });
  const values = new Array<Entry>(columnIndices.length);
  // How many columns of a colour have an entry in the row that is looked at.
  const shared = new Int32Array(count);
  const isAlone = new Uint8Array(columnIndices.length);
  for (let i = 0; i < rows; i++) {
    const from = rowStarts[i]!, to = rowStarts[i + 1]!;
    for (let k = from; k < to; k++) shared[colours[columnIndices[k]!]!]!++;
    for (let k = from; k < to; k++) {
      if (shared[colours[columnIndices[k]!]!] === 1) isAlone[k] = 1;
    }
    for (let k = from; k < to; k++) shared[colours[columnIndices[k]!]!] = 0;
  }
  for (let i = 0; i < rows; i++) {
    for (let k = rowStarts[i]!; k < rowStarts[i + 1]!; k++) {
      const j = columnIndices[k]!;
      // Both halves are read in one place: the lower row's, if it is alone there.
      const mirror = positionOf(pattern, j, i);
      const isHere = isAlone[k] === 1 &&
        (i <= j || isAlone[mirror] === 0);
      values[k] = isHere ? sums(colours[j]!, i) : sums(colours[i]!, j);
    }
  }
  return matrixOf(pattern, values);
}

/**
 * The pattern of the Jacobian of what was recorded. A recording with loops does not
 * say which numbers of a list a row depends on. The same function recorded with its
 * loops written out does, and gives the pattern that it has where it is not compiled.
 *
 * @param f What was recorded, and of what.
 */
export function patternWithLoops(
  recorded: Recorded,
  call: string,
  f: Recordable,
  x: unknown,
  data: readonly unknown[],
): Pattern {
  if (!hasLoops(recorded)) return patternFor(recorded, call);
  const recording = open(true);
  try {
    return unrolled(() =>
      withRecorded(call, f, x, data, (all) => patternFor(all, call))
    );
  } finally {
    close(recording);
    truncate(recording.start, recording.listsStart);
  }
}

function patternFor({ section, outputs }: Recorded, call: string): Pattern {
  return patternOf(section, outputs.map(({ entry }) => entry), call);
}

/** By colour: the sum of its columns, in all rows. */
function columnSums(
  recorded: Recorded,
  { colours, count }: Colouring,
): Sums {
  const members = membersOf(colours, count);
  if (hasLoops(recorded)) return loopColumnSums(recorded, members);
  const sums = pushForwardColumns(recorded, count, (colour, give) => {
    for (const column of members[colour]!) give(column, 1);
  }, "columns");
  return (colour, row) => sums[colour]![row]!;
}

/** By colour: the sum of its rows, in all columns. */
function rowSums(
  recorded: Recorded,
  { colours, count }: Colouring,
): Sums {
  const members = membersOf(colours, count);
  if (hasLoops(recorded)) return loopRowSums(recorded, members);
  const sums = pullBackRows(recorded, members);
  return (colour, column) => sums[colour]![column]!;
}

function membersOf(colours: Int32Array, count: number): number[][] {
  const members: number[][] = Array.from({ length: count }, () => []);
  colours.forEach((colour, k) => {
    if (colour >= 0) members[colour]!.push(k);
  });
  return members;
}

/** A colour for each that is marked. */
function aloneIn(marks: Uint8Array): Colouring {
  const colours = new Int32Array(marks.length).fill(-1);
  let count = 0;
  marks.forEach((mark, k) => {
    if (mark === 1) colours[k] = count++;
  });
  return { colours, count };
}

function fill(
  { rows, rowStarts, columnIndices }: Pattern,
  values: Entry[],
  valueAt: (row: number, column: number) => Entry,
): void {
  for (let i = 0; i < rows; i++) {
    for (let k = rowStarts[i]!; k < rowStarts[i + 1]!; k++) {
      values[k] = valueAt(i, columnIndices[k]!);
    }
  }
}

/** Where the entry of a row and column is. */
function positionOf(
  { rowStarts, columnIndices }: Pattern,
  row: number,
  column: number,
): number {
  let from = rowStarts[row]!, to = rowStarts[row + 1]! - 1;
  while (from < to) {
    const middle = from + to >> 1;
    if (columnIndices[middle]! < column) from = middle + 1;
    else to = middle;
  }
  return from;
}

function matrixOf(pattern: Pattern, values: Entry[]): SparseMatrix {
  if (values.some((value) => value instanceof Place)) {
    const list = floatsOf(valueList(values), values.length);
    return new SparseMatrix(pattern, list as unknown as Float64Array);
  }
  const shape = {
    kind: "floats",
    size: values.length,
    parts: null,
    keys: null,
  } as const;
  const scalars = values as Scalar[];
  return new SparseMatrix(pattern, rebuild(shape, scalars) as Float64Array);
}
