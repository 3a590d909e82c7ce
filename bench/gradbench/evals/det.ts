// A determinant by expansion along the first row, and of each minor again.
import { compile, grad, map, mul, type Scalar, sum } from "../../../mod.ts";
import { Fields } from "../fields.ts";
import { type Eval, prepared } from "../protocol.ts";

/** The determinant of a square matrix, row by row in one list. */
export function determinant(matrix: readonly Scalar[], size: number): Scalar {
  if (size === 1) return matrix[0]!;
  const terms = Array.from({ length: size }, (_, j) => ({
    pivot: j % 2 === 0 ? matrix[j]! : mul(-1, matrix[j]!),
    minor: matrix.filter((_, k) => k >= size && k % size !== j),
  }));
  return sum(map(
    terms,
    ({ pivot, minor }) => mul(pivot, determinant(minor, size - 1)),
  ));
}

function read(input: unknown) {
  const fields = new Fields(input), size = fields.whole("ell", 1);
  const matrix = Float64Array.from(fields.numbers("A", size * size));
  return { f: (a: readonly Scalar[]) => determinant(a, size), matrix };
}

export const det: Eval = {
  primal: (input) => {
    const { f, matrix } = read(input), compiled = compile(f);
    return prepared(() => compiled(matrix));
  },
  gradient: (input) => {
    const { f, matrix } = read(input), compiled = compile(grad(f));
    return prepared(() => compiled(matrix));
  },
};
