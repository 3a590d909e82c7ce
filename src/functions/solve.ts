import { outOfRange, rangeError, wrongKind } from "../errors.ts";
import { mul, neg, sub } from "../operations/arithmetic.ts";
import { dot, type ScalarList } from "../operations/lists.ts";
import type { Variadic } from "../primitives.ts";
import type { Scalar, ScalarOf } from "../scalar.ts";
import { callPrimitive } from "../tape/calls.ts";
import { apply, type Rules } from "./apply.ts";

/**
 * Solves a system of linear equations, A y = b, by LU decomposition with partial
 * pivoting.
 *
 * Its derivative by b is A⁻¹; with w = A⁻ᵀ c for a cotangent c of y, that of A is
 * −w yᵀ and that of b is w: two more systems for any number of derivatives.
 *
 * @typeParam M The rows of the matrix.
 * @typeParam V The right-hand side.
 * @param matrix A, a list of rows.
 * @param vector b.
 * @returns y, a list of Scalars of the operands' kind.
 * @throws {TypeError} If an argument is not a list, or an element not a Scalar.
 * @throws {RangeError} If the matrix is not square, the vector of another length,
 * or the matrix is singular.
 * @category Functions of your own
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { jacobian, type Scalar, solve } from "@chainrule/autograd";
 *
 * const matrix = [[2, 0], [4, 8]];
 * assertEquals(solve(matrix, [2, 12]), [1, 1]);
 * const byVector = jacobian((b: Scalar[]) => solve(matrix, b))([2, 12]);
 * assertEquals(byVector, [[0.5, 0], [-0.25, 0.125]]);
 * ```
 */
export function solve<M extends readonly ScalarList[], V extends ScalarList>(
  matrix: M,
  vector: V,
): ScalarOf<M[number][number], V[number]>[];
export function solve(
  matrix: readonly ScalarList[],
  vector: ScalarList,
): Scalar[] {
  checkSystem(matrix, vector);
  primitive ??= callPrimitive("solve");
  return apply(primitive, RULES, { matrix, vector }, []) as Scalar[];
}

let primitive: Variadic | undefined;

/** A y = b. */
interface System<T> {
  readonly matrix: readonly (readonly T[])[];
  readonly vector: readonly T[];
}

const RULES: Rules = {
  name: "solve",
  argument: "the system",
  result: "the solution",
  value: (system) => {
    const { matrix, vector } = system as System<number>;
    return solved(matrix.map((row) => [...row]), [...vector]);
  },
  pullback: (cotangent, system, y) => {
    const { matrix } = system as System<Scalar>;
    const vector = solve(transpose(matrix), cotangent as readonly Scalar[]);
    return {
      matrix: vector.map((w) =>
        (y as readonly Scalar[]).map((each) => neg(mul(w, each)))
      ),
      vector,
    };
  },
  pushforward: (tangent, system, y) => {
    const { matrix } = system as System<Scalar>;
    const moved = tangent as System<Scalar>;
    return solve(
      matrix,
      moved.vector.map((b, i) =>
        sub(b, dot(moved.matrix[i]!, y as readonly Scalar[]))
      ),
    );
  },
};

/** The rows of a square matrix become its columns. */
export function transpose(
  matrix: readonly (readonly Scalar[])[],
): Scalar[][] {
  return matrix.map((_, i) => matrix.map((row) => row[i]!));
}

/** Solves a system in its own memory (Golub and Van Loan, Matrix Computations, 3.4). */
function solved(rows: number[][], y: number[]): number[] {
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(rows[i]![k]!) > Math.abs(rows[pivot]![k]!)) pivot = i;
    }
    const row = rows[pivot]!, right = y[pivot]!;
    // NaN is not 0, and flows on.
    if (row[k] === 0) {
      throw rangeError(
        "Cannot solve: the matrix is singular, expected one with an inverse",
      );
    }
    rows[pivot] = rows[k]!;
    y[pivot] = y[k]!;
    rows[k] = row;
    y[k] = right;
    for (let i = k + 1; i < n; i++) {
      const below = rows[i]!, factor = below[k]! / row[k]!;
      for (let j = k + 1; j < n; j++) below[j]! -= factor * row[j]!;
      y[i]! -= factor * right;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = rows[i]!;
    for (let j = i + 1; j < n; j++) y[i]! -= row[j]! * y[j]!;
    y[i]! /= row[i]!;
  }
  return y;
}

function checkSystem(matrix: unknown, vector: unknown): void {
  const call = "solve";
  if (!Array.isArray(matrix)) {
    throw wrongKind(call, "the matrix", matrix, "an array of rows");
  }
  const n = matrix.length;
  for (let i = 0; i < n; i++) {
    const row: unknown = matrix[i];
    if (!isList(row)) {
      const expected = "an array of numbers, Nodes or Vars, or a Float64Array";
      throw wrongKind(call, `row ${i} of the matrix`, row, expected);
    }
    if (row.length !== n) {
      const expected = `one of length ${n}, an element for each row`;
      throw outOfRange(call, `row ${i} of the matrix`, row, expected);
    }
  }
  if (!isList(vector)) {
    const expected = "an array of numbers, Nodes or Vars, or a Float64Array";
    throw wrongKind(call, "the vector", vector, expected);
  }
  if (vector.length !== n) {
    const expected = `one of length ${n}, an element for each row`;
    throw outOfRange(call, "the vector", vector, expected);
  }
}

function isList(x: unknown): x is ScalarList {
  return Array.isArray(x) || x instanceof Float64Array;
}
