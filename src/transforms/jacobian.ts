import type { Scalar } from "../scalar.ts";
import { type HasAux, readHasAux, splitAux } from "./has_aux.ts";
import {
  checkFunction,
  type Recordable,
  type Recorded,
  withRecorded,
} from "./recorded.ts";
import type {
  Argument,
  Arguments,
  Precise,
  ResultLeaf,
  ResultLike,
} from "./structures.ts";
import { pullBackRows, pushForwardColumns } from "./sweeps.ts";

/**
 * The function that computes the Jacobian matrix of `f` by its first argument:
 * a row per output, a column per input, in the order of the leaves of result and
 * argument. One recorded run, and as many sweeps as there are inputs or outputs,
 * whichever are fewer; up to 32 of them share a pass over the recording.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @typeParam Y The structure that `f` gives.
 * @param f A function of a structure that gives a structure of Scalars. Further
 * arguments are data.
 * @param options None; with `{ hasAux: true }`, `f` gives values on the side, too.
 * @returns A function of the same arguments that gives the rows. A function
 * that gives one Scalar has one row.
 * @throws {TypeError} If `f` is not a function; (the returned function) if a leaf
 * of the first argument is not a number, or one of the result not a Scalar.
 * @category Transforms
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { add, jacobian, mul, type Scalar } from "@chainrule/autograd";
 *
 * const f = ([x, y]: [Scalar, Scalar]): Scalar[] => [mul(x, y), add(x, y)];
 * assertEquals(jacobian(f)([3, 4]), [[4, 3], [1, 1]]);
 * ```
 */
export function jacobian<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
  Y = unknown,
>(
  f: (x: X, ...data: D) => Y,
  options?: { readonly hasAux?: false },
): <A extends Argument<X>>(x: A, ...data: Arguments<D>) => ResultLeaf<A>[][];
/**
 * The same for a function that gives `[result, aux]`, values on the side.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @typeParam Y The structure of its values on the side.
 * @param f A function that gives an array of two structures of Scalars.
 * @param options `{ hasAux: true }`.
 * @returns A function of the same arguments that gives the rows of the result's
 * Jacobian, and the values on the side, as numbers.
 * @throws {TypeError} As above; (the returned function) if `f` gives something
 * other than an array of two.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { jacobian, mul, type Scalar, square } from "@chainrule/autograd";
 *
 * const f = (x: Scalar) => [[mul(square(x), x), x], { x }] as const;
 * assertEquals(jacobian(f, { hasAux: true })(3), {
 *   jacobian: [[27], [1]],
 *   aux: { x: 3 },
 * });
 * ```
 */
export function jacobian<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
  Y = unknown,
>(
  f: (x: X, ...data: D) => readonly [result: unknown, aux: Y],
  options: HasAux,
): <A extends Argument<X>>(
  x: A,
  ...data: Arguments<D>
) => { jacobian: ResultLeaf<A>[][]; aux: ResultLike<Precise<Y, A>, A> };
export function jacobian(
  f: Recordable,
  options?: { readonly hasAux?: boolean },
): (x: unknown, ...data: unknown[]) => unknown {
  const call = "jacobian";
  checkFunction(call, f);
  const finish: (recorded: Recorded, call: string) => unknown =
    readHasAux(call, options) ? rowsAndAuxOf : rowsOf;
  return (x, ...data) => withRecorded(call, f, x, data, finish);
}

function rowsOf(recorded: Recorded): Scalar[][] {
  const { section: { inputs }, outputs } = recorded;
  return inputs <= outputs.length
    ? byColumns(recorded)
    : pullBackRows(recorded);
}

function rowsAndAuxOf(all: Recorded, call: string): unknown {
  const { recorded, aux } = splitAux(all, call);
  return { jacobian: rowsOf(recorded), aux };
}

/** Forward: a column per input. */
export function byColumns(recorded: Recorded): Scalar[][] {
  const { inputs } = recorded.section;
  const seed = (k: number, give: (input: number, tangent: number) => void) =>
    give(k, 1);
  return pushForwardColumns(recorded, inputs, seed, "rows");
}
