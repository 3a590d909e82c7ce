import type { Scalar } from "../scalar.ts";
import { gradientOf } from "../transforms/grad.ts";
import { withRecorded } from "../transforms/recorded.ts";
import type { Argument, Arguments } from "../transforms/structures.ts";
import { patternWithLoops, symmetricRows } from "./compressed.ts";
import type { SparseMatrix } from "./sparse_matrix.ts";

/**
 * The function that computes the Hessian matrix of `f` as a sparse matrix: for
 * functions that are sums of terms, each of but a few numbers of the argument.
 *
 * The entries are those of pairs of numbers that `f` combines otherwise than
 * linearly; see {@linkcode sparseJacobian}. One sweep over the recorded gradient
 * computes all columns of a colour; a star colouring makes use of the symmetry.
 * Both halves of the matrix are given, and are equal. Compiled, it is as
 * {@linkcode sparseJacobian} is.
 *
 * @category Sparse derivatives
 * @typeParam X The first parameter of `f`: a structure of Scalars.
 * @typeParam D Its other parameters: data, which are passed on as they are.
 * @param f A function that gives one Scalar.
 * @returns A function of the same arguments that gives a {@linkcode SparseMatrix}:
 * a row and a column per number of the first argument, in the order of
 * {@linkcode hessian}.
 * @throws {TypeError} As {@linkcode hessian} does.
 * @throws {RangeError} If the matrix has more entries than fit in memory.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mul, type Scalar, sparseHessian, sum } from "@chainrule/autograd";
 *
 * // Each variable meets its neighbours: a band of three.
 * const f = (x: readonly Scalar[]) =>
 *   sum(x.slice(1).map((xi, i) => mul(xi, mul(xi, x[i]!))));
 * const matrix = sparseHessian(f)([1, 2, 3]);
 * assertEquals(matrix.toDense(), [[0, 4, 0], [4, 2, 6], [0, 6, 4]]);
 * assertEquals([...matrix.columnIndices], [1, 0, 1, 2, 1, 2]);
 * ```
 *
 * @example Ten thousand variables, by Newton's method with conjugate gradients
 * ```ts
 * import { assertLess } from "@std/assert";
 * import {
 *   add, compile, grad, mul, type Scalar, sparseHessian, sqrt, square, sub, sum,
 * } from "@chainrule/autograd";
 *
 * // Near noisy data, and smooth.
 * const noisy = (i: number) => Math.sin(i / 500) + i % 7 / 20;
 * const data = Array.from({ length: 10_000 }, (_, i) => noisy(i));
 * const cost = (x: readonly Scalar[]) =>
 *   sum(x.map((xi, i) => {
 *     const misfit = mul(0.5, square(sub(xi, data[i]!)));
 *     if (i === 0) return misfit;
 *     const slope = sub(xi, x[i - 1]!);
 *     return add(misfit, mul(10, sqrt(add(1, square(slope)))));
 *   }));
 * const gradient = compile(grad(cost));
 * const curvature = compile(sparseHessian(cost));
 * const dot = (a: number[], b: number[]) =>
 *   a.reduce((sum, ai, i) => sum + ai * b[i]!, 0);
 *
 * let x = [...data], g = gradient(x);
 * for (let step = 0; step < 20 && dot(g, g) > 1e-18; step++) {
 *   const { rowStarts, columnIndices, values } = curvature(x);
 *   const times = (v: number[]) =>
 *     v.map((_, i) => {
 *       let sum = 0;
 *       for (let k = rowStarts[i]!; k < rowStarts[i + 1]!; k++) {
 *         sum += values[k]! * v[columnIndices[k]!]!;
 *       }
 *       return sum;
 *     });
 *   // Solves hessian · d = g.
 *   let d = x.map(() => 0), rest = [...g], way = [...g];
 *   let size = dot(rest, rest);
 *   for (let k = 0; k < 200 && size > 1e-24; k++) {
 *     const image = times(way), length = size / dot(way, image);
 *     d = d.map((di, i) => di + length * way[i]!);
 *     rest = rest.map((ri, i) => ri - length * image[i]!);
 *     const next = dot(rest, rest);
 *     way = rest.map((ri, i) => ri + next / size * way[i]!);
 *     size = next;
 *   }
 *   x = x.map((xi, i) => xi - d[i]!);
 *   g = gradient(x);
 * }
 * assertLess(Math.sqrt(dot(g, g)), 1e-8);
 * ```
 */
export function sparseHessian<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
>(
  f: (x: X, ...data: D) => Scalar,
): <A extends Argument<X>>(x: A, ...data: Arguments<D>) => SparseMatrix {
  const call = "sparseHessian", both = gradientOf(call, f);
  const gradient = (x: unknown, ...data: unknown[]) => both(x, data).gradient;
  return (x, ...data) =>
    withRecorded(
      call,
      gradient,
      x,
      data,
      (recorded) =>
        symmetricRows(
          recorded,
          patternWithLoops(recorded, call, gradient, x, data),
        ),
    );
}
