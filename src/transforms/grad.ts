import type { Scalar } from "../scalar.ts";
import type { Section } from "../tape/entries.ts";
import { wrongKind } from "../errors.ts";
import { type HasAux, readHasAux, splitAux } from "./has_aux.ts";
import {
  checkFunction,
  type Recordable,
  type Recorded,
  type RecordingOptions,
  SOLE_RESULT,
  withRecorded,
} from "./recorded.ts";
import {
  type Argument,
  type Arguments,
  type Like,
  type Precise,
  rebuild,
  type ResultLeaf,
  type ResultLike,
  type Shape,
} from "./structures.ts";
import { pullBack, pullBackSole } from "./sweeps.ts";

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
 * @param options None; with `{ hasAux: true }`, `f` gives values on the side, too.
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
  options?: { readonly hasAux?: false },
): <A extends Argument<X>>(x: A, ...data: Arguments<D>) => Like<A>;
/**
 * The same for a function that gives `[result, aux]`, values on the side: the
 * gradient of the result, and the values as numbers.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @typeParam Y The structure of its values on the side.
 * @param f A function that gives an array of one Scalar and a structure of
 * Scalars.
 * @param options `{ hasAux: true }`.
 * @returns A function of the same arguments that gives gradient and values.
 * @throws {TypeError} As above; (the returned function) if `f` gives something
 * other than an array of two.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { grad, mul, type Scalar, square } from "@chainrule/autograd";
 *
 * const f = (x: Scalar) => {
 *   const area = square(x);
 *   return [mul(area, x), { area }] as const;
 * };
 * const { gradient, aux } = grad(f, { hasAux: true })(3);
 * assertEquals([gradient, aux.area], [27, 9]);
 * ```
 */
export function grad<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
  Y = unknown,
>(
  f: (x: X, ...data: D) => readonly [result: Scalar, aux: Y],
  options: HasAux,
): <A extends Argument<X>>(
  x: A,
  ...data: Arguments<D>
) => { gradient: Like<A>; aux: ResultLike<Precise<Y, A>, A> };
export function grad(
  f: Recordable,
  options?: { readonly hasAux?: boolean },
): (x: unknown, ...data: unknown[]) => unknown {
  if (readHasAux("grad", options)) {
    const all = gradientAndAuxOf("grad", f);
    return (x, ...data) => {
      const { gradient, aux } = all(x, data);
      return { gradient, aux };
    };
  }
  const both = gradientOf("grad", f);
  return (x, ...data) => both(x, data).gradient;
}

/**
 * The function that computes the value of `f` and its gradient by its first
 * argument, from one recorded run and one reverse sweep.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @param f A function as {@linkcode grad} takes it.
 * @param options None; with `{ hasAux: true }`, `f` gives values on the side, too.
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
  options?: { readonly hasAux?: false },
): <A extends Argument<X>>(x: A, ...data: Arguments<D>) => ValueAndGradient<A>;
/**
 * The same for a function that gives `[result, aux]`, values on the side.
 *
 * @typeParam X The structure that `f` takes: Scalars in arrays, tuples, objects.
 * @typeParam D The types of the further arguments, the data.
 * @typeParam Y The structure of its values on the side.
 * @param f A function as {@linkcode grad} takes it with this option.
 * @param options `{ hasAux: true }`.
 * @returns A function of the same arguments that gives the value of the result,
 * its gradient, and the values on the side, as numbers.
 * @throws {TypeError} As {@linkcode grad}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dot, type Scalar, sub, valueAndGrad } from "@chainrule/autograd";
 *
 * const loss = (x: Scalar, ys: number[]) => {
 *   const errors = ys.map((y) => sub(x, y));
 *   return [dot(errors, errors), errors] as const;
 * };
 * assertEquals(valueAndGrad(loss, { hasAux: true })(3, [2, 5]), {
 *   value: 5,
 *   gradient: -2,
 *   aux: [1, -2],
 * });
 * ```
 */
export function valueAndGrad<
  X = Scalar,
  D extends readonly unknown[] = readonly Scalar[],
  Y = unknown,
>(
  f: (x: X, ...data: D) => readonly [result: Scalar, aux: Y],
  options: HasAux,
): <A extends Argument<X>>(
  x: A,
  ...data: Arguments<D>
) => ValueAndGradient<A> & { readonly aux: ResultLike<Precise<Y, A>, A> };
export function valueAndGrad(
  f: Recordable,
  options?: { readonly hasAux?: boolean },
): (x: unknown, ...data: unknown[]) => unknown {
  const call = "valueAndGrad";
  const all = readHasAux(call, options)
    ? gradientAndAuxOf(call, f)
    : gradientOf(call, f);
  return (x, ...data) => all(x, data);
}

/** A function's value, and its gradient in the shape of its argument. */
interface Derivative {
  readonly value: Scalar;
  readonly gradient: unknown;
}

/** {@linkcode valueAndGrad} without its types, for the call that an error should name. */
export function gradientOf(
  call: string,
  f: Recordable,
): (x: unknown, data: readonly unknown[]) => Derivative {
  checkFunction(call, f);
  return (x, data) => withRecorded(call, f, x, data, derivativeOf, SOLE);
}

function derivativeOfSole(
  section: Section,
  output: number,
  shape: Shape,
): Derivative {
  return {
    value: section.entries.values[output]!,
    gradient: rebuild(shape, pullBackSole(section, output)),
  };
}

const SOLE: RecordingOptions<Derivative> = {
  results: SOLE_RESULT,
  finishSole: derivativeOfSole,
};

/** The same for a function with values on the side. */
export function gradientAndAuxOf(
  call: string,
  f: Recordable,
): (
  x: unknown,
  data: readonly unknown[],
) => Derivative & { readonly aux: unknown } {
  checkFunction(call, f);
  return (x, data) => withRecorded(call, f, x, data, derivativeAndAuxOf);
}

function derivativeOf(recorded: Recorded, call: string): Derivative {
  return derivativeAt("the function's result", recorded, call);
}

function derivativeAndAuxOf(
  all: Recorded,
  call: string,
): Derivative & { readonly aux: unknown } {
  const { recorded, aux } = splitAux(all, call);
  return { ...derivativeAt("the function's result, [0]", recorded, call), aux };
}

/** @param place Where the value is, for messages. */
function derivativeAt(
  place: string,
  recorded: Recorded,
  call: string,
): Derivative {
  const { argumentShape, result, resultShape, outputs } = recorded;
  if (resultShape.kind !== "leaf") {
    throw wrongKind(call, place, result, SOLE_RESULT.expected);
  }
  const { value } = outputs[0]!;
  return { value, gradient: rebuild(argumentShape, pullBack(recorded, [1])) };
}
