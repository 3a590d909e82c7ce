import { rangeError, wrongKind } from "../errors.ts";
import { div, neg } from "../operations/arithmetic.ts";
import type { Scalar } from "../scalar.ts";
import { callPrimitive } from "../tape/calls.ts";
import { jacobian } from "../transforms/jacobian.ts";
import { type Recordable, scalarsOf } from "../transforms/recorded.ts";
import { rebuild } from "../transforms/structures.ts";
import { apply, type Rules } from "./apply.ts";
import type { DefinedFunction, ScalarsOf } from "./define_function.ts";
import { solve, transpose } from "./solve.ts";
import { pullThrough, pushThrough } from "./sweep_through.ts";

/**
 * What {@linkcode defineImplicit} needs to know.
 *
 * @typeParam X The argument, a structure of numbers.
 * @typeParam Y The unknowns, a structure of numbers.
 * @typeParam D The further arguments.
 * @category Functions of your own
 */
export interface ImplicitDefinition<X, Y, D extends readonly unknown[]> {
  /** What errors and diagrams call the function. */
  readonly name: string;
  /**
   * The equations that y fulfils: what is 0 there, a structure of as many Scalars
   * as y has. Written in this module's operations.
   */
  readonly residual: (y: ScalarsOf<Y>, x: ScalarsOf<X>, ...data: D) => unknown;
  /** Finds y, in any way: on numbers, and to their full accuracy. */
  readonly solve: (x: X, ...data: D) => Y;
}

/**
 * Makes the function y(x) that some equations define, `residual(y, x) = 0`, and an
 * algorithm of your own finds. It is differentiated by the implicit function
 * theorem: dy/dx = −(∂r/∂y)⁻¹ ∂r/∂x at the solution, however that was found, and
 * so to any order, in every way to run a function and in every transform.
 *
 * @typeParam X The argument, a structure of numbers.
 * @typeParam Y The unknowns, a structure of numbers.
 * @typeParam D The further arguments.
 * @param definition Its name, its equations and what solves them; see
 * {@linkcode ImplicitDefinition}.
 * @returns A function of a structure of Scalars and of data, which are passed on
 * as they are: numbers give numbers, Nodes Nodes, Vars Vars.
 * @throws {TypeError} If a part of the definition is missing or of a wrong kind;
 * (the function) if a leaf of its argument is not a Scalar, data have a Node or
 * Var, or `solve` gives what is not a structure of numbers.
 * @throws {RangeError} (The function, where it is differentiated) if there are not
 * as many equations as unknowns, or ∂r/∂y is singular.
 * @category Functions of your own
 *
 * @example A root of one equation
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { defineImplicit, exp, grad, mul, sub } from "@chainrule/autograd";
 *
 * // Lambert's W: y·eʸ = x, by Newton's method.
 * const lambertW = defineImplicit({
 *   name: "lambertW",
 *   residual: (y, x) => sub(mul(y, exp(y)), x),
 *   solve: (x: number) => {
 *     let y = Math.log1p(x), step = 1;
 *     for (let k = 0; k < 50 && Math.abs(step) > 1e-16; k++) {
 *       step = (y - x * Math.exp(-y)) / (y + 1);
 *       y -= step;
 *     }
 *     return y;
 *   },
 * });
 * const y = lambertW(2); // its derivative is y / (x·(1 + y))
 * assertAlmostEquals(grad(lambertW)(2), y / (2 * (1 + y)), 1e-14);
 * ```
 *
 * @example A fixed point
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { cos, defineImplicit, grad, mul, sub } from "@chainrule/autograd";
 *
 * const fixed = defineImplicit({
 *   name: "fixed",
 *   residual: (y, a) => sub(y, cos(mul(a, y))),
 *   solve: (a: number) => {
 *     let y = 1;
 *     for (let k = 0; k < 100; k++) y = Math.cos(a * y);
 *     return y;
 *   },
 * });
 * const y = fixed(0.5), s = Math.sin(0.5 * y);
 * assertAlmostEquals(grad(fixed)(0.5), -y * s / (1 + 0.5 * s), 1e-14);
 * ```
 *
 * @example The minimiser of an inner problem, differentiated by an outer one
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import * as ad from "@chainrule/autograd";
 *
 * // A weight that is fitted to data, with a penalty on its size …
 * const xs = [1, 2, 3], ys = [2, 3, 7];
 * const loss = (w: ad.Scalar, penalty: ad.Scalar) => {
 *   const errors = xs.map((x, i) => ad.sub(ad.mul(w, x), ys[i]!));
 *   return ad.add(ad.dot(errors, errors), ad.mul(penalty, ad.square(w)));
 * };
 * const weight = ad.defineImplicit({
 *   name: "weight",
 *   residual: (w, penalty) => ad.grad(loss)(w, penalty),
 *   solve: (penalty: number) => 29 / (14 + penalty),
 * });
 * // … and how its error elsewhere depends on that penalty.
 * const error = (penalty: ad.Scalar) =>
 *   ad.square(ad.sub(ad.mul(4, weight(penalty)), 9));
 * const slope = 2 * (4 * 29 / 15 - 9) * 4 * -29 / 15 ** 2;
 * assertAlmostEquals(ad.grad(error)(1), slope, 1e-14);
 * ```
 */
export function defineImplicit<
  X,
  Y,
  D extends readonly unknown[] = readonly [],
>(definition: ImplicitDefinition<X, Y, D>): DefinedFunction<X, Y, D> {
  checkDefinition(definition);
  const { name, residual, solve: find } =
    definition as unknown as ImplicitDefinition<unknown, unknown, unknown[]>;
  const primitive = callPrimitive(name);
  const at = (y: unknown, data: readonly unknown[]): Recordable => (x) =>
    residual(y as Scalar, x, ...data);
  const rules: Rules = {
    name,
    argument: "argument 1",
    result: "the result of solve",
    value: (x, data) => find(x, ...data),
    // −(∂r/∂x)ᵀ (∂r/∂y)⁻ᵀ cotangent
    pullback: (cotangent, x, y, data) => {
      const { leaves } = scalarsOf(cotangent, name, "the cotangent");
      const byY = transpose(jacobianByY(y, x, data));
      const adjoint = solveSmall(byY, leaves).map(neg);
      return pullThrough(name, at(y, data), x, adjoint);
    },
    // −(∂r/∂y)⁻¹ ∂r/∂x · tangent
    pushforward: (tangent, x, y, data) => {
      const { shape } = scalarsOf(y, name, "the result of solve");
      const moved = pushThrough(name, at(y, data), x, tangent);
      const byY = jacobianByY(y, x, data);
      return rebuild(shape, solveSmall(byY, moved.map(neg)));
    },
  };
  const jacobianByY = (
    y: unknown,
    x: unknown,
    data: readonly unknown[],
  ): Scalar[][] => {
    const equations = (y: Scalar) => residual(y, x as Scalar, ...data);
    const rows = jacobian(equations)(y as Scalar) as Scalar[][];
    const { leaves } = scalarsOf(y, name, "the result of solve");
    if (rows.length === leaves.length) return rows;
    throw rangeError(
      `Cannot differentiate ${name}: the number of equations in residual is ` +
        `${rows.length}, expected ${leaves.length}, one for each unknown`,
    );
  };
  return ((x: unknown, ...data: readonly unknown[]) =>
    apply(primitive, rules, x, data)) as DefinedFunction<X, Y, D>;
}

/** One equation takes a division, which is not a call where it is compiled. */
function solveSmall(
  matrix: readonly (readonly Scalar[])[],
  vector: readonly Scalar[],
): Scalar[] {
  return vector.length === 1
    ? [div(vector[0]!, matrix[0]![0]!)]
    : solve(matrix, vector);
}

function checkDefinition(definition: unknown): void {
  const call = "defineImplicit";
  if (typeof definition !== "object" || definition === null) {
    const expected = "an object with name, residual and solve";
    throw wrongKind(call, "the definition", definition, expected);
  }
  const { name, residual, solve } = definition as Record<string, unknown>;
  if (typeof name !== "string" || name === "") {
    throw wrongKind(call, "name", name, "a string that is not empty");
  }
  if (typeof residual !== "function") {
    const expected = "a function of Scalars";
    throw wrongKind(`${call} ${name}`, "residual", residual, expected);
  }
  if (typeof solve !== "function") {
    throw wrongKind(`${call} ${name}`, "solve", solve, "a function of numbers");
  }
}
