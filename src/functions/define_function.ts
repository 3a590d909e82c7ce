import { wrongKind } from "../errors.ts";
import type { Node } from "../graph/node.ts";
import type { Scalar } from "../scalar.ts";
import { callPrimitive } from "../tape/calls.ts";
import { derive, isRecording } from "../tape/recording.ts";
import type { Argument, Numeric } from "../transforms/structures.ts";
import { apply } from "./apply.ts";

/**
 * A structure of numbers with a Scalar in place of each: what stands for it where
 * it is differentiated. A Float64Array is an array there.
 *
 * @typeParam X The structure of numbers.
 * @category Functions of your own
 */
export type ScalarsOf<X> = X extends Scalar ? Scalar
  : X extends Float64Array ? readonly Scalar[]
  : { readonly [K in keyof X]: ScalarsOf<X[K]> };

/**
 * What a function gives that was defined to give a `Y`, for an argument of the type
 * `A`: numbers for numbers, Nodes for Nodes, else Scalars.
 *
 * @typeParam Y The structure of numbers that it gives.
 * @typeParam A The type of its argument.
 * @category Functions of your own
 */
export type ResultFor<Y, A> = WithLeaves<Y, LeafFor<A>>;

/**
 * A structure of numbers with another leaf in place of each.
 *
 * @typeParam Y The structure of numbers.
 * @typeParam L The leaf.
 * @category Functions of your own
 */
export type WithLeaves<Y, L> = Y extends number ? L
  : Y extends Float64Array ? L[]
  : { -readonly [K in keyof Y]: WithLeaves<Y[K], L> };

/**
 * What all leaves of a structure are: numbers, Nodes, or any Scalars.
 *
 * @typeParam A The type of the structure.
 * @category Functions of your own
 */
export type LeafFor<A> = [A] extends [Numeric<A>] ? number
  : [A] extends [OfNodes<A>] ? Node
  : Scalar;

/**
 * A structure with a Node in place of each leaf.
 *
 * @typeParam X The structure.
 * @category Functions of your own
 */
export type OfNodes<X> = X extends Scalar ? Node
  : X extends Float64Array ? never
  : { [K in keyof X]: OfNodes<X[K]> };

/**
 * What {@linkcode defineFunction} needs to know.
 *
 * @typeParam X The argument, a structure of numbers.
 * @typeParam Y The result, a structure of numbers.
 * @typeParam D The further arguments.
 * @category Functions of your own
 */
export interface FunctionDefinition<X, Y, D extends readonly unknown[]> {
  /** What errors and diagrams call the function. */
  readonly name: string;
  /**
   * The function on numbers: pure and synchronous, computed in any way, with
   * transforms and compiled functions, too. Lists that it is given are arrays.
   */
  readonly value: (x: X, ...data: D) => Y;
  /**
   * The vector–Jacobian product: the cotangent of `x`, in its shape, from that of
   * the result `y`. It is called once in a sweep, with the cotangents of all that
   * `y` consists of. Write it in this module's operations, so that it can be
   * differentiated and compiled in turn: `primal` and `.value` throw where it
   * runs on Vars.
   */
  readonly pullback: (
    cotangent: ScalarsOf<Y>,
    x: ScalarsOf<X>,
    y: ScalarsOf<Y>,
    ...data: D
  ) => ScalarsOf<X>;
  /**
   * The Jacobian–vector product: the tangent of the result from that of `x`, in
   * this module's operations. Without it, forward mode differentiates the
   * pullback by its cotangent, in which that is linear. Where it is not, say
   * `null`: forward mode throws.
   */
  readonly pushforward?:
    | ((
      tangent: ScalarsOf<X>,
      x: ScalarsOf<X>,
      y: ScalarsOf<Y>,
      ...data: D
    ) => ScalarsOf<Y>)
    | null;
}

/**
 * A function made by {@linkcode defineFunction}.
 *
 * @typeParam X The argument, a structure of numbers.
 * @typeParam Y The result, a structure of numbers.
 * @typeParam D The further arguments.
 * @category Functions of your own
 */
export type DefinedFunction<X, Y, D extends readonly unknown[]> = <
  A extends Argument<ScalarsOf<X>>,
>(x: A, ...data: D) => ResultFor<Y, A>;

/**
 * Makes a function whose derivative is not that of its operations but the one you
 * give: of a simulation, a routine of another library, a formula that should be
 * differentiated otherwise than it is computed. It works in every way to run a
 * function, in every transform and to any order. Compiled, `value` is called from
 * the compiled program, and the pullback is compiled.
 *
 * @typeParam X The argument, a structure of numbers.
 * @typeParam Y The result, a structure of numbers.
 * @typeParam D The further arguments.
 * @param definition Its name, its value on numbers and its pullback; see
 * {@linkcode FunctionDefinition}.
 * @returns A function of a structure of Scalars and of data, which are passed on
 * as they are: numbers give numbers, Nodes Nodes, Vars Vars.
 * @throws {TypeError} If a part of the definition is missing or of a wrong kind;
 * (the function) if a leaf of its argument is not a Scalar, data have a Node or
 * Var, `value` gives what is not a structure of numbers, a rule gives another
 * shape than it should or reads a Var's number, or forward mode needs a
 * pushforward that is null.
 * @throws {RangeError} If some 65,000 operations and functions were made already:
 * make one outside of the functions that use it.
 * @category Functions of your own
 *
 * @example A gradient that is clipped on its way back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   clamp,
 *   defineFunction,
 *   grad,
 *   mul,
 *   type Scalar,
 * } from "@chainrule/autograd";
 *
 * const clipped = defineFunction({
 *   name: "clipped",
 *   value: (x: number, _bound: number) => x,
 *   pullback: (cotangent, _x, _y, bound) => clamp(cotangent, -bound, bound),
 *   pushforward: null, // clamp is not linear in the cotangent
 * });
 * const f = (x: Scalar) => mul(5, clipped(x, 2));
 * assertEquals(f(3), 15);
 * assertEquals(grad(f)(3), 2);
 * ```
 *
 * @example Structures
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineFunction, jacobian, mul } from "@chainrule/autograd";
 *
 * const swap = defineFunction({
 *   name: "swap",
 *   value: ({ a, b }: { a: number; b: number }) => [2 * b, 3 * a],
 *   pullback: ([p, q]) => ({ a: mul(3, q!), b: mul(2, p!) }),
 * });
 * assertEquals(swap({ a: 1, b: 10 }), [20, 3]);
 * assertEquals(jacobian(swap)({ a: 1, b: 10 }), [[0, 2], [3, 0]]);
 * ```
 */
export function defineFunction<
  X,
  Y,
  D extends readonly unknown[] = readonly [],
>(definition: FunctionDefinition<X, Y, D>): DefinedFunction<X, Y, D> {
  checkDefinition(definition);
  const { name, value, pullback, pushforward } =
    definition as unknown as FunctionDefinition<unknown, unknown, unknown[]>;
  const primitive = callPrimitive(name);
  const rules = {
    name,
    argument: "argument 1",
    result: "the result of value",
    value: (x: unknown, data: readonly unknown[]) => value(x, ...data),
    pullback: rule("pullback", pullback as Rule),
    pushforward: pushforward && rule("pushforward", pushforward as Rule),
  };
  function rule(
    what: string,
    f: Rule,
  ): (v: unknown, x: unknown, y: unknown, data: readonly unknown[]) => unknown {
    const run = `${what} of ${name}`;
    // Where nothing is recorded, all is numbers, which a rule may well read.
    return (v, x, y, data) =>
      isRecording()
        ? derive(run, () => f(v, x, y, ...data))
        : f(v, x, y, ...data);
  }
  return ((x: unknown, ...data: readonly unknown[]) =>
    apply(primitive, rules, x, data)) as DefinedFunction<X, Y, D>;
}

type Rule = (
  vector: unknown,
  x: unknown,
  y: unknown,
  ...data: unknown[]
) => unknown;

function checkDefinition(definition: unknown): void {
  const call = "defineFunction";
  if (typeof definition !== "object" || definition === null) {
    const expected = "an object with name, value and pullback";
    throw wrongKind(call, "the definition", definition, expected);
  }
  const { name, value, pullback, pushforward } = definition as Record<
    string,
    unknown
  >;
  if (typeof name !== "string" || name === "") {
    throw wrongKind(call, "name", name, "a string that is not empty");
  }
  if (typeof value !== "function") {
    throw wrongKind(`${call} ${name}`, "value", value, "a function of numbers");
  }
  if (typeof pullback !== "function") {
    const expected = "a function of Scalars";
    throw wrongKind(`${call} ${name}`, "pullback", pullback, expected);
  }
  if (
    typeof pushforward !== "function" && pushforward !== null &&
    pushforward !== undefined
  ) {
    const expected = "a function of Scalars, null or undefined";
    throw wrongKind(`${call} ${name}`, "pushforward", pushforward, expected);
  }
}
