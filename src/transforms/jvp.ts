import type { Scalar } from "../scalar.ts";
import {
  checkFunction,
  type Recordable,
  scalarsOf,
  valueOf,
  withRecordedParts,
} from "./recorded.ts";
import { matchingScalars } from "./matching.ts";
import {
  type Argument,
  type Arguments,
  type Precise,
  rebuild,
  type ResultLike,
  type Vector,
} from "./structures.ts";
import { pushForward } from "./sweeps.ts";

/**
 * What {@linkcode jvp} gives.
 *
 * @typeParam A The type of what the first argument was.
 * @typeParam Y The structure that the function gives.
 * @category Transforms
 */
export type ValueAndTangent<A, Y> = {
  /** What the function returned. */
  readonly value: ResultLike<Precise<Y, A>, A>;
  /** Its directional derivative, in its shape. */
  readonly tangent: ResultLike<Precise<Y, A>, A>;
};

/**
 * The function that computes `f` and its directional derivative along a tangent
 * of the first argument: Jacobian · tangent, from one recorded run and one
 * forward sweep. Several tangents share a run by {@linkcode linearize}.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @typeParam Y The structure that `f` gives.
 * @param f A function of a structure that gives a structure of Scalars. Further
 * arguments are data.
 * @returns A function of the argument, the tangent in its shape, and the data,
 * that gives value and tangent.
 * @throws {TypeError} If `f` is not a function; (the returned function) if a leaf
 * of the first argument is not a number, one of the result not a Scalar, or the
 * tangent has another shape than the argument.
 * @category Transforms
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { jvp, mul, type Scalar } from "@chainrule/autograd";
 *
 * const area = ([a, b]: [Scalar, Scalar]) => mul(a, b);
 * assertEquals(jvp(area)([3, 4], [1, 2]), { value: 12, tangent: 10 });
 * ```
 */
export function jvp<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
  Y = unknown,
>(
  f: (x: X, ...data: D) => Y,
): <A extends Argument<X>, V extends Vector<A>>(
  x: A,
  tangent: V,
  ...data: Arguments<D>
) => ValueAndTangent<A | V, Y> {
  checkFunction("jvp", f);
  return <A extends Argument<X>, V extends Vector<A>>(
    x: A,
    tangent: V,
    ...data: Arguments<D>
  ) => directional("jvp", f, x, tangent, data) as ValueAndTangent<A | V, Y>;
}

/** {@linkcode jvp} without its types, for the call that an error should name. */
export function directional(
  call: string,
  f: Recordable,
  x: unknown,
  vector: unknown,
  data: readonly unknown[],
): { value: unknown; tangent: unknown } {
  const name = call === "jvp" ? "the tangent" : "the vector";
  const argument = scalarsOf(x, call, "argument 1");
  const names = [name, "argument 1"] as const;
  const seeds = matchingScalars(vector, argument.shape, call, names);
  return withRecordedParts(call, f, argument, data, (recorded) => ({
    value: valueOf(recorded),
    tangent: rebuild(recorded.resultShape, pushForward(recorded, seeds)),
  }));
}
