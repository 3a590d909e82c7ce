import type { Scalar } from "../scalar.ts";
import { keep } from "./kept.ts";
import { matchingScalars } from "./matching.ts";
import { checkFunction, valueOf, withRecorded } from "./recorded.ts";
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
 * What {@linkcode linearize} gives.
 *
 * @typeParam A The type of what the first argument was.
 * @typeParam Y The structure that the function gives.
 * @category Transforms
 */
export interface ValueAndPushforward<A, Y> {
  /** What the function returned. */
  readonly value: ResultLike<Precise<Y, A>, A>;
  /**
   * The Jacobian–vector product: from a tangent of the first argument, in its
   * shape, to that of the value, in its shape. It may be called any number of
   * times; each is one forward sweep.
   */
  readonly pushforward: <V extends Vector<A>>(
    tangent: V,
  ) => ResultLike<Precise<Y, A | V>, A | V>;
}

/**
 * The function that computes `f` and hands out its pushforward, the linear map
 * from tangents of the first argument to tangents of the value: Jacobian ·
 * tangent. {@linkcode jvp} for many tangents, with one run of `f`.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @typeParam Y The structure that `f` gives.
 * @param f A function of a structure that gives a structure of Scalars. Further
 * arguments are data.
 * @returns A function of the same arguments that gives value and pushforward.
 * The pushforward keeps a copy of what was recorded and room for its tangents:
 * 26 bytes per entry of the tape.
 * @throws {TypeError} If `f` is not a function; (the returned function) if a leaf
 * of the first argument is not a number, or one of the result is not a Scalar;
 * the pushforward throws one if its tangent does not have the shape of the
 * argument, or `f` closes over a function that has returned.
 * @category Transforms
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { add, linearize, mul, type Scalar } from "@chainrule/autograd";
 *
 * const f = ([x, y]: [Scalar, Scalar]): Scalar[] => [mul(x, y), add(x, y)];
 * const { value, pushforward } = linearize(f)([3, 4]);
 * assertEquals(value, [12, 7]);
 * assertEquals(pushforward([1, 0]), [4, 1]);
 * assertEquals(pushforward([0, 1]), [3, 1]);
 * ```
 */
export function linearize<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
  Y = unknown,
>(
  f: (x: X, ...data: D) => Y,
): <A extends Argument<X>>(
  x: A,
  ...data: Arguments<D>
) => ValueAndPushforward<A, Y> {
  checkFunction("linearize", f);
  return <A extends Argument<X>>(x: A, ...data: Arguments<D>) =>
    withRecorded("linearize", f, x, data, (recorded) => {
      const { argumentShape, resultShape } = recorded;
      const kept = keep(recorded);
      return {
        value: valueOf(recorded) as ResultLike<Precise<Y, A>, A>,
        pushforward: <V extends Vector<A>>(tangent: V) =>
          kept.sweep("pushforward", (recorded, room) => {
            const names = ["the tangent", "argument 1"] as const;
            const seeds = matchingScalars(
              tangent,
              argumentShape,
              "pushforward",
              names,
            );
            return rebuild(
              resultShape,
              pushForward(recorded, seeds, room),
            ) as ResultLike<Precise<Y, A | V>, A | V>;
          }),
      };
    });
}
