import type { Scalar } from "../scalar.ts";
import { checkFunction, withRecorded } from "../transforms/recorded.ts";
import type { Argument, Arguments } from "../transforms/structures.ts";
import { patternWithLoops, sparseRows } from "./compressed.ts";
import type { SparseMatrix } from "./sparse_matrix.ts";

/**
 * The function that computes the Jacobian matrix of `f` as a sparse matrix: for
 * functions whose results each depend on but a few numbers of the argument.
 *
 * Which entries there are is found from what `f` does, by structure: an operand
 * counts whatever its derivative's value, all branches of `select`, `min` and `max`
 * too; what is constant or not used has no entry. Columns, or rows, that do not
 * meet are computed by one sweep, so that the number of sweeps is about that of
 * the most entries in a row; dense rows or columns are swept by themselves.
 *
 * Compiled, the pattern's arrays are the same for all calls, so that one result has
 * the pattern of all; the outputs of `program(…)` are the values in its order.
 * `map`, `fold` and `scan` stay loops: the pattern is found once, from what they do
 * written out.
 *
 * @category Sparse derivatives
 * @typeParam X The first parameter of `f`: a structure of Scalars.
 * @typeParam D Its other parameters: data, which are passed on as they are.
 * @param f A function that gives a structure of Scalars.
 * @returns A function of the same arguments that gives a {@linkcode SparseMatrix}:
 * a row per number of the result, a column per number of the first argument, in the
 * order of {@linkcode jacobian}.
 * @throws {TypeError} As {@linkcode jacobian} does.
 * @throws {RangeError} If the matrix has more entries than fit in memory.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type Scalar, sparseJacobian, square, sub } from "@chainrule/autograd";
 *
 * // Each result has two of a thousand variables.
 * const f = (x: readonly Scalar[]) =>
 *   x.slice(1).map((xi, i) => sub(xi, square(x[i]!)));
 * const x = Array.from({ length: 1000 }, (_, i) => i / 1000);
 * const matrix = sparseJacobian(f)(x);
 * assertEquals([matrix.rows, matrix.columns], [999, 1000]);
 * assertEquals(matrix.values.length, 1998);
 * assertEquals([...matrix.values.slice(2, 4)], [-0.002, 1]);
 * ```
 */
export function sparseJacobian<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
>(
  f: (x: X, ...data: D) => unknown,
): <A extends Argument<X>>(x: A, ...data: Arguments<D>) => SparseMatrix {
  const call = "sparseJacobian";
  checkFunction(call, f);
  return (x, ...data) =>
    withRecorded(
      call,
      f,
      x,
      data,
      (recorded) =>
        sparseRows(recorded, patternWithLoops(recorded, call, f, x, data)),
    );
}
