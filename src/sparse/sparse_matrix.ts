import { wrongKind } from "../errors.ts";
import { AS_STRUCTURE, type InstanceParts } from "../transforms/structures.ts";

/**
 * Which entries a sparse matrix has.
 *
 * @category Sparse derivatives
 */
export interface Pattern {
  /** The number of rows. */
  readonly rows: number;
  /** The number of columns. */
  readonly columns: number;
  /** Where in `columnIndices` each row begins; one more than there are rows. */
  readonly rowStarts: Int32Array;
  /** The columns of the entries, row by row, ascending. */
  readonly columnIndices: Int32Array;
}

/**
 * A matrix of which only some entries are stored, row by row: what
 * {@linkcode sparseJacobian} and {@linkcode sparseHessian} give. Entries that are
 * not stored are 0.
 *
 * It is the compressed row format: entry k of row i, for k from `rowStarts[i]` to
 * before `rowStarts[i + 1]`, is `values[k]` in column `columnIndices[k]`. SciPy's
 * `csr_matrix((values, columnIndices, rowStarts))` takes the three arrays as they
 * are.
 *
 * @category Sparse derivatives
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mul, type Scalar, sparseJacobian } from "@chainrule/autograd";
 *
 * const f = ([x, y, z]: readonly Scalar[]) => [mul(x!, y!), z!];
 * const matrix = sparseJacobian(f)([2, 3, 4]);
 * assertEquals([...matrix.rowStarts], [0, 2, 3]);
 * assertEquals([...matrix.columnIndices], [0, 1, 2]);
 * assertEquals([...matrix.values], [3, 2, 1]);
 * assertEquals(matrix.toDense(), [[3, 2, 0], [0, 0, 1]]);
 * ```
 */
export class SparseMatrix implements Pattern {
  readonly rows: number;
  readonly columns: number;
  /** Where in `columnIndices` and `values` each row begins; one more than there are rows. */
  readonly rowStarts: Int32Array;
  /** The columns of the entries, row by row, ascending. */
  readonly columnIndices: Int32Array;
  /** The entries, row by row. Where the function around is recorded, they are Vars in an array. */
  readonly values: Float64Array;

  /**
   * Makes a matrix of its entries.
   *
   * @param pattern Which entries it has.
   * @param values The entries, one for each of the pattern's column indices.
   * @throws {TypeError} If the pattern is not a pattern.
   */
  constructor(pattern: Pattern, values: Float64Array) {
    if (
      !(pattern?.rowStarts instanceof Int32Array &&
        pattern.columnIndices instanceof Int32Array)
    ) {
      const expected = "an object of rows, columns, and the Int32Arrays " +
        "rowStarts and columnIndices";
      throw wrongKind("make a SparseMatrix", "the pattern", pattern, expected);
    }
    this.rows = pattern.rows;
    this.columns = pattern.columns;
    this.rowStarts = pattern.rowStarts;
    this.columnIndices = pattern.columnIndices;
    this.values = values;
  }

  /**
   * The matrix with all its zeros.
   *
   * @returns Rows of numbers, as {@linkcode jacobian} and {@linkcode hessian} give them.
   */
  toDense(): number[][] {
    const { rows, columns, rowStarts, columnIndices, values } = this;
    return Array.from({ length: rows }, (_, i) => {
      const row = new Array<number>(columns).fill(0);
      for (let k = rowStarts[i]!; k < rowStarts[i + 1]!; k++) {
        row[columnIndices[k]!] = values[k]!;
      }
      return row;
    });
  }

  // Not a method by that name: declarations are derived file by file, and do not
  // know what it is called.
  static {
    Object.defineProperty(SparseMatrix.prototype, AS_STRUCTURE, {
      value(this: SparseMatrix): InstanceParts {
        return {
          values: this.values,
          rebuild: (values) => new SparseMatrix(this, values as Float64Array),
        };
      },
    });
  }
}
