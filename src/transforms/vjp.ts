import type { Scalar } from "../scalar.ts";
import { copySection, outlived } from "../tape/tape.ts";
import { type Recorded, withRecorded } from "./recorded.ts";
import {
  type Argument,
  type Leaf,
  type Like,
  rebuild,
  type ResultLike,
  type Vector,
} from "./structures.ts";
import { pullBack } from "./sweeps.ts";
import { matchingScalars } from "./matching.ts";

/** What {@linkcode vjp} gives. */
export interface ValueAndPullback<A, Y> {
  /** What the function returned. */
  readonly value: ResultLike<Y, A>;
  /**
   * The vector–Jacobian product: from the adjoint (cotangent) of the value, in
   * its shape, to that of the first argument, in its shape. It may be called
   * any number of times; each is one reverse sweep.
   */
  readonly pullback: <C extends Argument<Y>>(
    cotangent: C,
  ) => [Leaf<C>] extends [number] ? Like<A> : Like<A> | Vector<A>;
}

/**
 * The function that computes `f` and hands out its pullback, the linear map
 * from adjoints of the value to adjoints of the first argument: cotangent ·
 * Jacobian.
 *
 * @param f A function of a structure that gives a structure of Scalars. Further
 * arguments are data.
 * @returns A function of the same arguments that gives value and pullback. The
 * pullback keeps a copy of what was recorded and room for its adjoints: 26 bytes
 * an operation.
 * @throws {TypeError} (the returned function) If a leaf of the first argument
 * is no number, or one of the result no Scalar; the pullback throws one if its
 * cotangent does not have the shape of the value.
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
export function vjp<X, D extends readonly unknown[], Y>(
  f: (x: X, ...data: D) => Y,
): <A extends Argument<X>>(x: A, ...data: D) => ValueAndPullback<A, Y> {
  return <A extends Argument<X>>(x: A, ...data: D) =>
    withRecorded("vjp", f, x, data, (recorded) => {
      const { result, outputs, numeric } = recorded;
      const kept: Recorded = numeric ? keep(recorded) : recorded;
      const room = new Float64Array(numeric ? kept.section.end : 0);
      return {
        value: rebuild(result, outputs.map(({ value }) => value)) as ResultLike<
          Y,
          A
        >,
        pullback: <C extends Argument<Y>>(cotangent: C) => {
          if (!numeric && !recorded.around?.open) {
            throw outlived("pullback", "what the function closes over");
          }
          const seeds = matchingScalars(cotangent, result, "pullback", "value");
          return rebuild(x, pullBack(kept, seeds, room)) as [Leaf<C>] extends
            [number] ? Like<A>
            : Like<A> | Vector<A>;
        },
      };
    });
}

/** A recording of numbers that stays good when the tape is used again. */
function keep(recorded: Recorded): Recorded {
  const { section, outputs } = recorded;
  const shift = (entry: number | undefined) =>
    entry === undefined ? undefined : entry - section.start;
  return {
    ...recorded,
    section: copySection(section),
    outputs: outputs.map((
      { entry, value }: { entry: number | undefined; value: Scalar },
    ) => ({
      entry: shift(entry),
      value,
    })),
  };
}
