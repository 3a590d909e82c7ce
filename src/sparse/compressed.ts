// From a recording to the entries of its Jacobian: sweeps for all columns of a
// colour at once, and the entries read from their sums.
import type { Scalar } from "../scalar.ts";
import type { Recorded } from "../transforms/recorded.ts";
import { rebuild } from "../transforms/structures.ts";
import { pullBackRows, pushForwardColumns } from "../transforms/sweeps.ts";
import {
  colourColumns,
  type Colouring,
  denseRows,
  starColouring,
  transposed,
} from "./colouring.ts";
import { patternOf } from "./pattern.ts";
import { type Pattern, SparseMatrix } from "./sparse_matrix.ts";

/** The Jacobian of what was recorded. */
export function sparseRows(recorded: Recorded, call: string): SparseMatrix {
  const pattern = patternFor(recorded, call);
  const mirrored = transposed(pattern);
  const byColumns = denseRows(pattern), byRows = denseRows(mirrored);
  const values = new Array<Scalar>(pattern.columnIndices.length);
  if (byColumns.sweeps <= byRows.sweeps) {
    const { isDense } = byColumns;
    const colouring = colourColumns(pattern, isDense);
    const sums = columnSums(recorded, colouring);
    const rows = rowSums(recorded, aloneIn(isDense));
    fill(
      pattern,
      values,
      (i, j) =>
        isDense[i] === 1
          ? rows.sums[rows.colours[i]!]![j]!
          : sums[colouring.colours[j]!]![i]!,
    );
  } else {
    const { isDense } = byRows;
    const colouring = colourColumns(mirrored, isDense);
    const { sums } = rowSums(recorded, colouring);
    const alone = aloneIn(isDense);
    const columns = columnSums(recorded, alone);
    fill(
      pattern,
      values,
      (i, j) =>
        isDense[j] === 1
          ? columns[alone.colours[j]!]![i]!
          : sums[colouring.colours[i]!]![j]!,
    );
  }
  return matrixOf(pattern, values);
}

/** The Hessian, of the recording of a gradient. */
export function symmetricRows(recorded: Recorded, call: string): SparseMatrix {
  const pattern = patternFor(recorded, call);
  const { rows, rowStarts, columnIndices } = pattern;
  const { colours, count } = starColouring(pattern);
  const sums = columnSums(recorded, { colours, count });
  const values = new Array<Scalar>(columnIndices.length);
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
      const mirror = placeOf(pattern, j, i);
      const isHere = isAlone[k] === 1 &&
        (i <= j || isAlone[mirror] === 0);
      values[k] = isHere ? sums[colours[j]!]![i]! : sums[colours[i]!]![j]!;
    }
  }
  return matrixOf(pattern, values);
}

function patternFor({ section, outputs }: Recorded, call: string): Pattern {
  return patternOf(section, outputs.map(({ entry }) => entry), call);
}

/** By colour: the sum of its columns, in all rows. */
function columnSums(
  recorded: Recorded,
  { colours, count }: Colouring,
): Scalar[][] {
  const members = membersOf(colours, count);
  return pushForwardColumns(recorded, count, (colour, give) => {
    for (const column of members[colour]!) give(column, 1);
  }, "columns");
}

/** By colour: the sum of its rows, in all columns. */
function rowSums(
  recorded: Recorded,
  { colours, count }: Colouring,
): { readonly sums: Scalar[][]; readonly colours: Int32Array } {
  const members = membersOf(colours, count);
  return { sums: pullBackRows(recorded, members), colours };
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
  values: Scalar[],
  valueAt: (row: number, column: number) => Scalar,
): void {
  for (let i = 0; i < rows; i++) {
    for (let k = rowStarts[i]!; k < rowStarts[i + 1]!; k++) {
      values[k] = valueAt(i, columnIndices[k]!);
    }
  }
}

/** Where the entry of a row and column is. */
function placeOf(
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

function matrixOf(pattern: Pattern, values: Scalar[]): SparseMatrix {
  const shape = {
    kind: "floats",
    size: values.length,
    parts: null,
    keys: null,
  } as const;
  return new SparseMatrix(pattern, rebuild(shape, values) as Float64Array);
}
