// Columns whose entries do not meet can be computed by one sweep: they get one
// colour.
//
// Sources: A. H. Gebremedhin, F. Manne, A. Pothen, "What color is your Jacobian?
// Graph coloring for computing derivatives", SIAM Review 47 (2005); T. F. Coleman,
// J. J. Moré, "Estimation of sparse Jacobian matrices and graph coloring
// problems", SIAM J. Numer. Anal. 20 (1983), and "Estimation of sparse Hessian
// matrices and graph coloring problems", Math. Program. 28 (1984).
import type { Pattern } from "./sparse_matrix.ts";

/** A colour for each vertex, from 0 on; −1 for one that has none. */
export interface Colouring {
  readonly colours: Int32Array;
  readonly count: number;
}

/** The transpose of a pattern. */
export function transposed(pattern: Pattern): Pattern {
  const { rows, columns, rowStarts, columnIndices } = pattern;
  const starts = new Int32Array(columns + 1);
  for (let k = 0; k < columnIndices.length; k++) {
    starts[columnIndices[k]! + 1]!++;
  }
  for (let j = 0; j < columns; j++) starts[j + 1]! += starts[j]!;
  const next = starts.slice(0, columns);
  const indices = new Int32Array(columnIndices.length);
  for (let i = 0; i < rows; i++) {
    for (let k = rowStarts[i]!; k < rowStarts[i + 1]!; k++) {
      indices[next[columnIndices[k]!]!++] = i;
    }
  }
  return {
    rows: columns,
    columns: rows,
    rowStarts: starts,
    columnIndices: indices,
  };
}

/**
 * The rows that have so many entries that they are cheaper by themselves: those
 * that leave the fewest sweeps in all, if a row by itself costs one and the others
 * as many as the longest of them has entries.
 */
export function denseRows({ rows, rowStarts }: Pattern): {
  readonly isDense: Uint8Array;
  /** A lower bound of the number of sweeps. */
  readonly sweeps: number;
} {
  const length = (i: number) => rowStarts[i + 1]! - rowStarts[i]!;
  const counts = new Map<number, number>();
  for (let i = 0; i < rows; i++) {
    counts.set(length(i), (counts.get(length(i)) ?? 0) + 1);
  }
  const lengths = [...counts.keys()].sort((a, b) => b - a);
  let alone = 0, longest = lengths[0] ?? 0, sweeps = longest;
  lengths.forEach((each, k) => {
    alone += counts.get(each)!;
    const rest = lengths[k + 1] ?? 0;
    if (alone + rest < sweeps) [sweeps, longest] = [alone + rest, rest];
  });
  const isDense = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) if (length(i) > longest) isDense[i] = 1;
  return { isDense, sweeps };
}

/**
 * Colours columns so that no two of a colour have entries in one row: greedily,
 * in their order.
 *
 * @param skipped Rows that do not count.
 */
export function colourColumns(
  pattern: Pattern,
  skipped: Uint8Array,
): Colouring {
  const { columns, rowStarts, columnIndices } = pattern;
  const { rowStarts: starts, columnIndices: rows } = transposed(pattern);
  const colours = new Int32Array(columns).fill(-1);
  const takenBy = new Int32Array(columns + 1).fill(-1);
  let count = 0;
  for (let j = 0; j < columns; j++) {
    let has = false;
    for (let k = starts[j]!; k < starts[j + 1]!; k++) {
      const i = rows[k]!;
      if (skipped[i] === 1) continue;
      has = true;
      for (let l = rowStarts[i]!; l < rowStarts[i + 1]!; l++) {
        const colour = colours[columnIndices[l]!]!;
        if (colour >= 0) takenBy[colour] = j;
      }
    }
    if (!has) continue;
    let colour = 0;
    while (takenBy[colour] === j) colour++;
    colours[j] = colour;
    count = Math.max(count, colour + 1);
  }
  return { colours, count };
}

/**
 * Colours the columns of a symmetric pattern so that each entry off the diagonal
 * can be read from the sum of a colour's columns, in its own row or in that of the
 * entry it mirrors: a star colouring. Neighbours differ, and every path of four
 * vertices has three colours or more.
 */
export function starColouring(pattern: Pattern): Colouring {
  const { rows, rowStarts, columnIndices } = pattern;
  const colours = new Int32Array(rows).fill(-1);
  // A vertex of very many neighbours gets a colour of its own, and is then in no
  // path of two colours; what is left is coloured without it.
  const { isDense } = denseRows(pattern);
  const forbiddenBy = new Int32Array(rows + 1).fill(-1);
  let count = 0;
  const neighbours = (v: number, visit: (w: number) => void) => {
    for (let k = rowStarts[v]!; k < rowStarts[v + 1]!; k++) {
      const w = columnIndices[k]!;
      if (w !== v && isDense[w] === 0) visit(w);
    }
  };
  for (let v = 0; v < rows; v++) {
    if (isDense[v] === 1 || rowStarts[v] === rowStarts[v + 1]) continue;
    neighbours(v, (w) => {
      const between = colours[w]!;
      if (between >= 0) forbiddenBy[between] = v;
      neighbours(w, (x) => {
        if (x === v || colours[x]! < 0) return;
        if (between < 0) {
          // w may come to have any colour.
          forbiddenBy[colours[x]!] = v;
          return;
        }
        neighbours(x, (y) => {
          if (y !== w && colours[y] === between) forbiddenBy[colours[x]!] = v;
        });
      });
    });
    let colour = 0;
    while (forbiddenBy[colour] === v) colour++;
    colours[v] = colour;
    count = Math.max(count, colour + 1);
  }
  for (let v = 0; v < rows; v++) if (isDense[v] === 1) colours[v] = count++;
  return { colours, count };
}
