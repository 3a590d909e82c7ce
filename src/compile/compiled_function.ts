// How a compiled function may be called, to the types.
import type { Scalar } from "../scalar.ts";
import type { Matrix, Numeric } from "../transforms/structures.ts";

/**
 * A function `F` compiled: where it is written for Scalars, it gives numbers for
 * numbers, as a transform does by its own type.
 *
 * @category Types
 */
export type CompiledFunction<F> = F extends (...inputs: infer P) => infer Y
  ? F extends (...inputs: NumericArguments<P>) => NumericStructure ? F
  : ((...inputs: NumericArguments<P>) => Numeric<Y>) & F
  : never;

/**
 * What parameters of the types `P` take if everything is numbers.
 *
 * @category Types
 */
export type NumericArguments<P extends readonly unknown[]> = {
  [K in keyof P]: NumericArgument<P[K]>;
};

/**
 * What a parameter `X` takes if everything is numbers: lists as Float64Arrays, too.
 *
 * @category Types
 */
export type NumericArgument<X> = [X] extends [Scalar] ? number
  : X extends readonly Scalar[] ? Float64Array | { [K in keyof X]: number }
  : X extends Float64Array ? Float64Array
  : { [K in keyof X]: NumericArgument<X[K]> };

/**
 * A structure of numbers.
 *
 * @category Types
 */
export type NumericStructure =
  | number
  | Float64Array
  | Matrix
  | readonly NumericStructure[]
  | { readonly [key: string]: NumericStructure };

/**
 * What {@linkcode compile} requires of a function `F`: to take a Scalar for each
 * of its numbers, data included. A parameter of plain numbers, strings or
 * booleans promises the function what it will not be given; what is not a Scalar
 * belongs in a closure.
 *
 * @category Types
 */
export type TakesScalars<F> = (
  ...inputs: F extends (...inputs: infer P) => unknown ? ScalarArguments<P>
    : never
) => unknown;

/**
 * What a compiled function gives to parameters of the types `P`.
 *
 * @category Types
 */
export type ScalarArguments<P extends readonly unknown[]> = {
  [K in keyof P]: ScalarArgument<P[K]>;
};

/**
 * What a compiled function gives to a parameter `X`: a Scalar for each of its
 * leaves, and an array for a Float64Array, where `X` does not have one already.
 * `All` is `X` before its union is taken apart.
 *
 * @category Types
 */
export type ScalarArgument<X, All = X> = [X] extends [never] ? Scalar
  : Scalar extends X ? X
  : X extends number | string | boolean | bigint ? Scalar
  : X extends Scalar ? X
  : X extends Float64Array
    ? [Exclude<All, Float64Array>] extends [never] ? Scalar[] : never
  : { [K in keyof X]: ScalarArgument<X[K]> };
