// Choice without control flow, and what leads out of differentiation.
import type { Scalar, ScalarOf, ScalarOfAll } from "../scalar.ts";
import * as dispatch from "./dispatch.ts";
import * as table from "./table.ts";

// Constants of this module, which the compiler folds.
const { applyBinary, applyTernary, applyUnary, primalOf } = dispatch;
const { primitives } = table;

/**
 * 1 where a < b, else 0. Its derivative is 0.
 *
 * This is a condition for {@linkcode select}. An `if` needs a number, as a Node or
 * Var is always true: `if (primal(a) < primal(b))`.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: choice
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { lt } from "@chainrule/autograd";
 *
 * assertEquals(lt(2, 3), 1);
 * ```
 */
export function lt<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function lt(a: Scalar, b: Scalar): Scalar {
  return applyBinary(primitives.lt, a, b);
}

/**
 * 1 where a ≤ b, else 0. Its derivative is 0.
 *
 * This is a condition for {@linkcode select}. An `if` needs a number, as a Node or
 * Var is always true: `if (primal(a) <= primal(b))`.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: choice
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { le } from "@chainrule/autograd";
 *
 * assertEquals(le(3, 3), 1);
 * ```
 */
export function le<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function le(a: Scalar, b: Scalar): Scalar {
  return applyBinary(primitives.le, a, b);
}

/**
 * 1 where a > b, else 0. Its derivative is 0.
 *
 * This is a condition for {@linkcode select}. An `if` needs a number, as a Node or
 * Var is always true: `if (primal(a) > primal(b))`.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: choice
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gt } from "@chainrule/autograd";
 *
 * assertEquals(gt(2, 3), 0);
 * ```
 */
export function gt<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function gt(a: Scalar, b: Scalar): Scalar {
  return applyBinary(primitives.gt, a, b);
}

/**
 * 1 where a ≥ b, else 0. Its derivative is 0.
 *
 * This is a condition for {@linkcode select}. An `if` needs a number, as a Node or
 * Var is always true: `if (primal(a) >= primal(b))`.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: choice
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ge } from "@chainrule/autograd";
 *
 * assertEquals(ge(3, 3), 1);
 * ```
 */
export function ge<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function ge(a: Scalar, b: Scalar): Scalar {
  return applyBinary(primitives.ge, a, b);
}

/**
 * 1 where a = b, else 0. Its derivative is 0.
 *
 * This is a condition for {@linkcode select}. An `if` needs a number, as a Node or
 * Var is always true: `if (primal(a) === primal(b))`.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: choice
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { eq } from "@chainrule/autograd";
 *
 * assertEquals(eq(2, 3), 0);
 * ```
 */
export function eq<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function eq(a: Scalar, b: Scalar): Scalar {
  return applyBinary(primitives.eq, a, b);
}

/**
 * Chooses without control flow: a unless the condition is 0, then b. The one
 * chosen takes the derivative, the condition and the other none.
 *
 * Both operands are computed before one is chosen. If the other's derivative is
 * infinite or NaN where it is not chosen, keep its operand away from there with
 * a `select` of its own: `select(gt(x, 0), sqrt(select(gt(x, 0), x, 1)), 0)`.
 *
 * @param condition What {@linkcode lt}, {@linkcode eq} … give, or any Scalar.
 * @param a The value where the condition is not 0.
 * @param b The value where it is 0.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: choice
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gt, neg, select } from "@chainrule/autograd";
 *
 * const leaky = (x: number) => select(gt(x, 0), x, neg(x));
 * assertEquals([leaky(2), leaky(-2)], [2, 2]);
 * ```
 */
export function select<C extends Scalar, A extends Scalar, B extends Scalar>(
  condition: C,
  a: A,
  b: B,
): ScalarOfAll<[C, A, B]>;
export function select(condition: Scalar, a: Scalar, b: Scalar): Scalar {
  return applyTernary(primitives.select, condition, a, b);
}

/**
 * x as a constant: its value goes through, no derivative comes back.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: constants
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backward, mul, Node, stopGradient } from "@chainrule/autograd";
 *
 * const x = new Node(3);
 * backward(mul(x, stopGradient(x)));
 * assertEquals(x.grad, 3);
 * ```
 */
export function stopGradient<X extends Scalar>(x: X): ScalarOf<X>;
export function stopGradient(x: Scalar): Scalar {
  return applyUnary(primitives.stopGradient, x);
}

/**
 * The number that a Scalar stands for: itself, or its `value`. For control flow
 * and printing; what is computed from it has no derivative.
 *
 * A Node or Var is an object: as a condition it is true whatever its number, and
 * it is not `===` to any. Conditions need its primal.
 *
 * @param x The Scalar.
 * @returns Its number.
 * @throws {TypeError} If `x` is not a Scalar, is a Var whose function has
 * returned, or one in a function that is being compiled.
 * @category Operations: constants
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Node, primal } from "@chainrule/autograd";
 *
 * assertEquals([primal(2), primal(new Node(3))], [2, 3]);
 * ```
 */
export function primal(x: Scalar): number {
  return primalOf(x);
}
