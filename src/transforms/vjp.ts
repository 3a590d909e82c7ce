import type { Scalar } from "../scalar.ts";
import { keep } from "./kept.ts";
import { checkFunction, valueOf, withRecorded } from "./recorded.ts";
import {
  type Argument,
  type Arguments,
  type Like,
  type Numeric,
  type Precise,
  rebuild,
  type ResultLike,
  type Vector,
} from "./structures.ts";
import { pullBack } from "./sweeps.ts";
import { matchingScalars } from "./matching.ts";

/**
 * What {@linkcode vjp} gives.
 *
 * @typeParam A The type of what the first argument was.
 * @typeParam Y The structure that the function gives.
 * @category Transforms
 */
export interface ValueAndPullback<A, Y> {
  /** What the function returned. */
  readonly value: ResultLike<Precise<Y, A>, A>;
  /**
   * The vector–Jacobian product: from the adjoint (cotangent) of the value, in
   * its shape, to that of the first argument, in its shape. It may be called
   * any number of times; each is one reverse sweep.
   */
  readonly pullback: <C extends Argument<Y>>(
    cotangent: C,
  ) => [C] extends [Numeric<C>] ? Like<A> : Like<A> | Vector<A>;
}

/**
 * The function that computes `f` and hands out its pullback, the linear map
 * from adjoints of the value to adjoints of the first argument: cotangent ·
 * Jacobian.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @typeParam Y The structure that `f` gives.
 * @param f A function of a structure that gives a structure of Scalars. Further
 * arguments are data.
 * @returns A function of the same arguments that gives value and pullback. The
 * pullback keeps a copy of what was recorded and room for its adjoints: 26 bytes
 * per entry of the tape.
 * @throws {TypeError} If `f` is not a function; (the returned function) if a leaf
 * of the first argument is not a number, or one of the result is not a Scalar;
 * the pullback throws one if its cotangent does not have the shape of the value,
 * or `f` closes over a function that has returned.
 * @category Transforms
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { add, mul, type Scalar, vjp } from "@chainrule/autograd";
 *
 * const f = ([x, y]: [Scalar, Scalar]): Scalar[] => [mul(x, y), add(x, y)];
 * const { value, pullback } = vjp(f)([3, 4]);
 * assertEquals(value, [12, 7]);
 * assertEquals(pullback([1, 0]), [4, 3]);
 * assertEquals(pullback([0, 1]), [1, 1]);
 * ```
 */
export function vjp<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
  Y = unknown,
>(
  f: (x: X, ...data: D) => Y,
): <A extends Argument<X>>(
  x: A,
  ...data: Arguments<D>
) => ValueAndPullback<A, Y> {
  checkFunction("vjp", f);
  return <A extends Argument<X>>(x: A, ...data: Arguments<D>) =>
    withRecorded("vjp", f, x, data, (recorded) => {
      const { argumentShape, resultShape } = recorded;
      const kept = keep(recorded);
      return {
        value: valueOf(recorded) as ResultLike<Precise<Y, A>, A>,
        pullback: <C extends Argument<Y>>(cotangent: C) =>
          kept.sweep("pullback", (recorded, room) => {
            const names = ["the cotangent", "the value"] as const;
            const seeds = matchingScalars(
              cotangent,
              resultShape,
              "pullback",
              names,
            );
            return rebuild(
              argumentShape,
              pullBack(recorded, seeds, room),
            ) as [C] extends [Numeric<C>] ? Like<A> : Like<A> | Vector<A>;
          }),
      };
    });
}
