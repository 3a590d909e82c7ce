// Functions with kinks and steps.
import type { Scalar, ScalarOf, ScalarOfAll } from "../scalar.ts";
import * as dispatch from "./dispatch.ts";
import * as table from "./table.ts";

// Constants of this module, which the compiler folds.
const { applyBinary, applyTernary, applyUnary } = dispatch;
const { primitives } = table;

/**
 * The absolute value. Its derivative is sign(x), which at 0 is 0.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: with kinks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { abs } from "@chainrule/autograd";
 *
 * assertEquals(abs(-3), 3);
 * ```
 */
export function abs<X extends Scalar>(x: X): ScalarOf<X>;
export function abs(x: Scalar): Scalar {
  return applyUnary(primitives.abs, x);
}

/**
 * The rectifier, max(x, 0). Its derivative is 1 above 0, else 0.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: with kinks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { relu } from "@chainrule/autograd";
 *
 * assertEquals(relu(-3), 0);
 * ```
 */
export function relu<X extends Scalar>(x: X): ScalarOf<X>;
export function relu(x: Scalar): Scalar {
  return applyUnary(primitives.relu, x);
}

/**
 * −1, 0 or 1. Its derivative is 0.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: with kinks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sign } from "@chainrule/autograd";
 *
 * assertEquals(sign(-3), -1);
 * ```
 */
export function sign<X extends Scalar>(x: X): ScalarOf<X>;
export function sign(x: Scalar): Scalar {
  return applyUnary(primitives.sign, x);
}

/**
 * The largest integer not above x. Its derivative is 0.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: with kinks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { floor } from "@chainrule/autograd";
 *
 * assertEquals(floor(2.7), 2);
 * ```
 */
export function floor<X extends Scalar>(x: X): ScalarOf<X>;
export function floor(x: Scalar): Scalar {
  return applyUnary(primitives.floor, x);
}

/**
 * The smallest integer not below x. Its derivative is 0.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: with kinks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ceil } from "@chainrule/autograd";
 *
 * assertEquals(ceil(2.2), 3);
 * ```
 */
export function ceil<X extends Scalar>(x: X): ScalarOf<X>;
export function ceil(x: Scalar): Scalar {
  return applyUnary(primitives.ceil, x);
}

/**
 * The nearest integer, a half upwards, as `Math.round`. Its derivative is 0.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: with kinks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { round } from "@chainrule/autograd";
 *
 * assertEquals(round(2.5), 3);
 * ```
 */
export function round<X extends Scalar>(x: X): ScalarOf<X>;
export function round(x: Scalar): Scalar {
  return applyUnary(primitives.round, x);
}

/**
 * The smaller of two operands, which takes the derivative; at a tie each takes
 * half.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: with kinks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { min } from "@chainrule/autograd";
 *
 * assertEquals(min(2, 3), 2);
 * ```
 */
export function min<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function min(a: Scalar, b: Scalar): Scalar {
  return applyBinary(primitives.min, a, b);
}

/**
 * The larger of two operands, which takes the derivative; at a tie each takes
 * half.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: with kinks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { max } from "@chainrule/autograd";
 *
 * assertEquals(max(2, 3), 3);
 * ```
 */
export function max<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function max(a: Scalar, b: Scalar): Scalar {
  return applyBinary(primitives.max, a, b);
}

/**
 * x kept between two bounds: min(max(x, low), high). Its derivative by x is 1
 * inside and on the bounds and 0 outside, where the bound takes it.
 *
 * @param x The operand.
 * @param low The lower bound.
 * @param high The upper bound, which wins where the bounds cross.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: with kinks
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clamp } from "@chainrule/autograd";
 *
 * assertEquals(clamp(7, 0, 1), 1);
 * ```
 */
export function clamp<X extends Scalar, L extends Scalar, H extends Scalar>(
  x: X,
  low: L,
  high: H,
): ScalarOfAll<[X, L, H]>;
export function clamp(x: Scalar, low: Scalar, high: Scalar): Scalar {
  return applyTernary(primitives.clamp, x, low, high);
}
