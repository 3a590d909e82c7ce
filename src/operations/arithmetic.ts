// Sums, products, powers and roots.
import type { Scalar, ScalarOf } from "../scalar.ts";
import * as dispatch from "./dispatch.ts";
import * as table from "./table.ts";

// The four of arithmetic look for numbers themselves: what a function of plain
// numbers is mostly made of is then inlined into it.

// Constants of this module, which the compiler folds.
const { applyBinary, applyUnary } = dispatch;
const { primitives } = table;

/**
 * a + b. Both partial derivatives are 1.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { add } from "@chainrule/autograd";
 *
 * assertEquals(add(2, 3), 5);
 * ```
 */
export function add<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function add(a: Scalar, b: Scalar): Scalar {
  return typeof a === "number" && typeof b === "number"
    ? primitives.add.value(a, b)
    : applyBinary(primitives.add, a, b);
}

/**
 * a − b. Its partial derivatives are 1 and −1.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sub } from "@chainrule/autograd";
 *
 * assertEquals(sub(2, 3), -1);
 * ```
 */
export function sub<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function sub(a: Scalar, b: Scalar): Scalar {
  return typeof a === "number" && typeof b === "number"
    ? primitives.sub.value(a, b)
    : applyBinary(primitives.sub, a, b);
}

/**
 * a · b. Its partial derivatives are b and a.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mul } from "@chainrule/autograd";
 *
 * assertEquals(mul(2, 3), 6);
 * ```
 */
export function mul<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function mul(a: Scalar, b: Scalar): Scalar {
  return typeof a === "number" && typeof b === "number"
    ? primitives.mul.value(a, b)
    : applyBinary(primitives.mul, a, b);
}

/**
 * a / b. Its partial derivatives are 1/b and −(a/b)/b.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { div } from "@chainrule/autograd";
 *
 * assertEquals(div(6, 3), 2);
 * ```
 */
export function div<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function div(a: Scalar, b: Scalar): Scalar {
  return typeof a === "number" && typeof b === "number"
    ? primitives.div.value(a, b)
    : applyBinary(primitives.div, a, b);
}

/**
 * −x. Its derivative is −1.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { neg } from "@chainrule/autograd";
 *
 * assertEquals(neg(3), -3);
 * ```
 */
export function neg<X extends Scalar>(x: X): ScalarOf<X>;
export function neg(x: Scalar): Scalar {
  return applyUnary(primitives.neg, x);
}

/**
 * aᵇ. Its partial derivatives are b aᵇ⁻¹ and aᵇ ln a; at b = 0 the first is 0
 * whatever a is, and for a < 0 the second is NaN. At a = 0 ≤ b, aᵇ is taken as
 * constant in b: all derivatives that b takes part in are 0.
 *
 * @param base The base.
 * @param exponent The exponent.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { pow } from "@chainrule/autograd";
 *
 * assertEquals(pow(2, 10), 1024);
 * ```
 */
export function pow<A extends Scalar, B extends Scalar>(
  base: A,
  exponent: B,
): ScalarOf<A, B>;
export function pow(base: Scalar, exponent: Scalar): Scalar {
  return applyBinary(primitives.pow, base, exponent);
}

/**
 * x², as `mul(x, x)`. Its derivative is 2x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { square } from "@chainrule/autograd";
 *
 * assertEquals(square(3), 9);
 * ```
 */
export function square<X extends Scalar>(x: X): ScalarOf<X>;
export function square(x: Scalar): Scalar {
  return applyUnary(primitives.square, x);
}

/**
 * The square root. Its derivative is 1 / (2√x), which at 0 is Infinity.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sqrt } from "@chainrule/autograd";
 *
 * assertEquals(sqrt(9), 3);
 * ```
 */
export function sqrt<X extends Scalar>(x: X): ScalarOf<X>;
export function sqrt(x: Scalar): Scalar {
  return applyUnary(primitives.sqrt, x);
}

/**
 * The cube root, of negative numbers too. Its derivative is 1 / (3 ∛x²), which at 0 is Infinity.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cbrt } from "@chainrule/autograd";
 *
 * assertEquals(cbrt(-8), -2);
 * ```
 */
export function cbrt<X extends Scalar>(x: X): ScalarOf<X>;
export function cbrt(x: Scalar): Scalar {
  return applyUnary(primitives.cbrt, x);
}

/**
 * √(a² + b²), without overflow. Its partial derivatives are a/√(a² + b²) and
 * b/√(a² + b²). At the origin they are taken as 0, and those of any higher order, too.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: arithmetic
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { hypot } from "@chainrule/autograd";
 *
 * assertEquals(hypot(3, 4), 5);
 * ```
 */
export function hypot<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function hypot(a: Scalar, b: Scalar): Scalar {
  return applyBinary(primitives.hypot, a, b);
}
