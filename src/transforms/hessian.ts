import type { Scalar } from "../scalar.ts";
import { type HasAux, readHasAux, splitAux } from "./has_aux.ts";
import { gradientAndAuxOf, gradientOf } from "./grad.ts";
import { byColumns } from "./jacobian.ts";
import { directional } from "./jvp.ts";
import { type Recordable, type Recorded, withRecorded } from "./recorded.ts";
import type {
  Argument,
  Arguments,
  Like,
  Precise,
  ResultLeaf,
  ResultLike,
  Vector,
} from "./structures.ts";

/**
 * The function that computes the Hessian matrix of `f` by its first argument,
 * exactly: the gradient is recorded, its reverse sweep as operations, and one
 * forward sweep per input gives a column (forward over reverse). Up to 32 of
 * these share a pass.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @param f A function as {@linkcode grad} takes it.
 * @param options None; with `{ hasAux: true }`, `f` gives values on the side, too.
 * @returns A function of the same arguments that gives the rows; rows and
 * columns are in the order of the argument's leaves.
 * @throws {TypeError} (the returned function) As {@linkcode grad}.
 * @category Transforms
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hessian, mul, type Scalar, square } from "@chainrule/autograd";
 *
 * const f = ([x, y]: [Scalar, Scalar]) => mul(square(x), y);
 * assertEquals(hessian(f)([3, 4]), [[8, 6], [6, 0]]);
 * ```
 */
export function hessian<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
>(
  f: (x: X, ...data: D) => Scalar,
  options?: { readonly hasAux?: false },
): <A extends Argument<X>>(x: A, ...data: Arguments<D>) => ResultLeaf<A>[][];
/**
 * The same for a function that gives `[result, aux]`, values on the side.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @typeParam Y The structure of its values on the side.
 * @param f A function as {@linkcode grad} takes it with this option.
 * @param options `{ hasAux: true }`.
 * @returns A function of the same arguments that gives the rows, and the values
 * on the side, as numbers.
 * @throws {TypeError} (the returned function) As {@linkcode grad}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hessian, mul, type Scalar, square } from "@chainrule/autograd";
 *
 * const f = (x: Scalar) => [mul(square(x), x), { x }] as const;
 * assertEquals(hessian(f, { hasAux: true })(3), {
 *   hessian: [[18]],
 *   aux: { x: 3 },
 * });
 * ```
 */
export function hessian<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
  Y = unknown,
>(
  f: (x: X, ...data: D) => readonly [result: Scalar, aux: Y],
  options: HasAux,
): <A extends Argument<X>>(
  x: A,
  ...data: Arguments<D>
) => { hessian: ResultLeaf<A>[][]; aux: ResultLike<Precise<Y, A>, A> };
export function hessian(
  f: Recordable,
  options?: { readonly hasAux?: boolean },
): (x: unknown, ...data: unknown[]) => unknown {
  const call = "hessian";
  if (readHasAux(call, options)) {
    const all = gradientAndAuxOf(call, f);
    const gradient = (x: unknown, ...data: unknown[]) => {
      const { gradient, aux } = all(x, data);
      return [gradient, aux];
    };
    return (x, ...data) =>
      withRecorded(call, gradient, x, data, matrixAndAuxOf);
  }
  const gradient = gradientFunction(call, f);
  return (x, ...data) => withRecorded(call, gradient, x, data, byColumns);
}

/**
 * The function that computes the product of the Hessian matrix of `f` with a
 * vector, without the matrix: one reverse sweep, recorded, and one forward
 * sweep. The memory is that of a recorded gradient, about three times the
 * function's own recording, whatever the number of inputs.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @param f A function as {@linkcode grad} takes it.
 * @returns A function of the argument, a vector in its shape, and the data,
 * that gives the product in that shape.
 * @throws {TypeError} (the returned function) As {@linkcode grad}, and if the
 * vector has another shape than the argument.
 * @category Transforms
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hvp, mul, type Scalar, square } from "@chainrule/autograd";
 *
 * const f = ([x, y]: [Scalar, Scalar]) => mul(square(x), y);
 * assertEquals(hvp(f)([3, 4], [1, 0]), [8, 6]);
 * ```
 *
 * @example Several vectors, which share what is recorded: a quarter of the time for ten
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { grad, linearize, mul, type Scalar, square } from "@chainrule/autograd";
 *
 * const f = ([x, y]: [Scalar, Scalar]) => mul(square(x), y);
 * const { pushforward } = linearize(grad(f))([3, 4]);
 * const products = [[1, 0], [0, 1]].map((vector) =>
 *   pushforward(vector as [number, number])
 * );
 * assertEquals(products, [[8, 6], [6, 0]]);
 * ```
 */
export function hvp<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
>(
  f: (x: X, ...data: D) => Scalar,
): <A extends Argument<X>, V extends Vector<A>>(
  x: A,
  vector: V,
  ...data: Arguments<D>
) => Like<A> | Like<V> {
  const gradient = gradientFunction("hvp", f);
  return <A extends Argument<X>, V extends Vector<A>>(
    x: A,
    vector: V,
    ...data: Arguments<D>
  ) =>
    directional("hvp", gradient, x, vector, data).tangent as Like<A> | Like<V>;
}

function matrixAndAuxOf(all: Recorded, call: string): unknown {
  const { recorded, aux } = splitAux(all, call);
  return { hessian: byColumns(recorded), aux };
}

function gradientFunction(
  call: string,
  f: Recordable,
): (x: unknown, ...data: unknown[]) => unknown {
  const both = gradientOf(call, f);
  return (x, ...data) => both(x, data).gradient;
}
