import type { Scalar } from "../scalar.ts";
import { wrongKind } from "../errors.ts";
import { Var } from "../tape/recording.ts";
import {
  checkFunction,
  type Recordable,
  type Recorded,
  SOLE_RESULT,
  withRecorded,
} from "./recorded.ts";
import {
  type Argument,
  type Arguments,
  type Like,
  rebuild,
  type ResultLeaf,
} from "./structures.ts";
import { pullBack } from "./sweeps.ts";

/**
 * What {@linkcode valueAndGrad} gives.
 *
 * @typeParam A The type of what the first argument was.
 * @category Transforms
 */
export type ValueAndGradient<A> = {
  /** What the function returned. */
  readonly value: ResultLeaf<A>;
  /** Its derivative by the first argument, in that argument's shape. */
  readonly gradient: Like<A>;
};

/**
 * The function that computes the gradient of `f` by its first argument, from
 * one recorded run and one reverse sweep.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @param f A function that gives one Scalar. Its first argument is a structure:
 * a number, an array, a tuple, a nested object or a Float64Array (which it sees
 * as an array). Further arguments are data, passed on as they are.
 * @returns A function of the same arguments that gives the gradient, in the
 * shape of the first, whose type is `A`.
 * @throws {TypeError} If `f` is not a function; (the returned function) if a leaf
 * of the first argument is not a number, or `f` gives something other than one
 * Scalar.
 * @category Transforms
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { add, grad, mul, type Scalar, sin } from "@chainrule/autograd";
 *
 * const f = ({ x, y }: { x: Scalar; y: Scalar }) => mul(add(x, y), sin(x));
 * assertEquals(grad(f)({ x: 0, y: 3 }), { x: 3, y: 0 });
 * ```
 */
export function grad<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
>(
  f: (x: X, ...data: D) => Scalar,
): <A extends Argument<X>>(x: A, ...data: Arguments<D>) => Like<A> {
  const both = gradientOf("grad", f);
  return <A extends Argument<X>>(x: A, ...data: Arguments<D>) =>
    both(x, data).gradient as Like<A>;
}

/**
 * The function that computes the value of `f` and its gradient by its first
 * argument, from one recorded run and one reverse sweep.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @param f A function as {@linkcode grad} takes it.
 * @returns A function of the same arguments that gives value and gradient.
 * @throws {TypeError} As {@linkcode grad}.
 * @category Transforms
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dot, type Scalar, valueAndGrad } from "@chainrule/autograd";
 *
 * const square = (x: Scalar[]) => dot(x, x);
 * const { value, gradient } = valueAndGrad(square)([1, 2, 3]);
 * assertEquals(value, 14);
 * assertEquals(gradient, [2, 4, 6]);
 * ```
 */
export function valueAndGrad<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
>(
  f: (x: X, ...data: D) => Scalar,
): <A extends Argument<X>>(x: A, ...data: Arguments<D>) => ValueAndGradient<A> {
  const both = gradientOf("valueAndGrad", f);
  return <A extends Argument<X>>(x: A, ...data: Arguments<D>) =>
    both(x, data) as ValueAndGradient<A>;
}

/** {@linkcode valueAndGrad} without its types, for the call that an error should name. */
export function gradientOf(
  call: string,
  f: Recordable,
): (
  x: unknown,
  data: readonly unknown[],
) => { value: Scalar; gradient: unknown } {
  checkFunction(call, f);
  return (x, data) => {
    const finish = (recorded: Recorded) => {
      const { value } = soleOutput(recorded, call);
      return {
        value,
        gradient: rebuild(recorded.argumentShape, pullBack(recorded, [1])),
      };
    };
    return withRecorded(call, f, x, data, finish, false, SOLE_RESULT);
  };
}

function soleOutput(
  { result, outputs }: Recorded,
  call: string,
): { value: Scalar } {
  if (typeof result === "number" || result instanceof Var) return outputs[0]!;
  const { expected } = SOLE_RESULT;
  throw wrongKind(call, "the function's result", result, expected);
}
