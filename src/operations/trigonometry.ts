// Circular and hyperbolic functions, and their inverses.
import type { Scalar, ScalarOf } from "../scalar.ts";
import * as dispatch from "./dispatch.ts";
import * as table from "./table.ts";

// Constants of this module, which the compiler folds.
const { applyBinary, applyUnary } = dispatch;
const { primitives } = table;

/**
 * The sine of x radians. Its derivative is cos x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sin } from "@chainrule/autograd";
 *
 * assertEquals(sin(0), 0);
 * ```
 */
export function sin<X extends Scalar>(x: X): ScalarOf<X>;
export function sin(x: Scalar): Scalar {
  return applyUnary(primitives.sin, x);
}

/**
 * The cosine of x radians. Its derivative is −sin x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cos } from "@chainrule/autograd";
 *
 * assertEquals(cos(0), 1);
 * ```
 */
export function cos<X extends Scalar>(x: X): ScalarOf<X>;
export function cos(x: Scalar): Scalar {
  return applyUnary(primitives.cos, x);
}

/**
 * The tangent of x radians. Its derivative is 1 + tan² x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tan } from "@chainrule/autograd";
 *
 * assertEquals(tan(0), 0);
 * ```
 */
export function tan<X extends Scalar>(x: X): ScalarOf<X>;
export function tan(x: Scalar): Scalar {
  return applyUnary(primitives.tan, x);
}

/**
 * The arcsine, in radians. Its derivative is 1 / √(1 − x²).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { asin } from "@chainrule/autograd";
 *
 * assertEquals(asin(0), 0);
 * ```
 */
export function asin<X extends Scalar>(x: X): ScalarOf<X>;
export function asin(x: Scalar): Scalar {
  return applyUnary(primitives.asin, x);
}

/**
 * The arccosine, in radians. Its derivative is −1 / √(1 − x²).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { acos } from "@chainrule/autograd";
 *
 * assertEquals(acos(1), 0);
 * ```
 */
export function acos<X extends Scalar>(x: X): ScalarOf<X>;
export function acos(x: Scalar): Scalar {
  return applyUnary(primitives.acos, x);
}

/**
 * The arctangent, in radians. Its derivative is 1 / (1 + x²).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { atan } from "@chainrule/autograd";
 *
 * assertEquals(atan(0), 0);
 * ```
 */
export function atan<X extends Scalar>(x: X): ScalarOf<X>;
export function atan(x: Scalar): Scalar {
  return applyUnary(primitives.atan, x);
}

/**
 * The angle of the point (x, y) from the x-axis, in radians; the arguments are y, then x.
 * Its partial derivatives are x/(x² + y²) and −y/(x² + y²). At the origin they are
 * taken as 0, and those of any higher order, too.
 *
 * @param y The ordinate.
 * @param x The abscissa.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { atan2 } from "@chainrule/autograd";
 *
 * assertEquals(atan2(0, 1), 0);
 * ```
 */
export function atan2<A extends Scalar, B extends Scalar>(
  y: A,
  x: B,
): ScalarOf<A, B>;
export function atan2(y: Scalar, x: Scalar): Scalar {
  return applyBinary(primitives.atan2, y, x);
}

/**
 * The hyperbolic sine. Its derivative is cosh x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sinh } from "@chainrule/autograd";
 *
 * assertEquals(sinh(0), 0);
 * ```
 */
export function sinh<X extends Scalar>(x: X): ScalarOf<X>;
export function sinh(x: Scalar): Scalar {
  return applyUnary(primitives.sinh, x);
}

/**
 * The hyperbolic cosine. Its derivative is sinh x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { cosh } from "@chainrule/autograd";
 *
 * assertEquals(cosh(0), 1);
 * ```
 */
export function cosh<X extends Scalar>(x: X): ScalarOf<X>;
export function cosh(x: Scalar): Scalar {
  return applyUnary(primitives.cosh, x);
}

/**
 * The hyperbolic tangent. Its derivative is 1 − tanh² x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { tanh } from "@chainrule/autograd";
 *
 * assertEquals(tanh(0), 0);
 * ```
 */
export function tanh<X extends Scalar>(x: X): ScalarOf<X>;
export function tanh(x: Scalar): Scalar {
  return applyUnary(primitives.tanh, x);
}

/**
 * The inverse hyperbolic sine. Its derivative is 1 / √(x² + 1).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { asinh } from "@chainrule/autograd";
 *
 * assertEquals(asinh(0), 0);
 * ```
 */
export function asinh<X extends Scalar>(x: X): ScalarOf<X>;
export function asinh(x: Scalar): Scalar {
  return applyUnary(primitives.asinh, x);
}

/**
 * The inverse hyperbolic cosine. Its derivative is 1 / √(x² − 1).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { acosh } from "@chainrule/autograd";
 *
 * assertEquals(acosh(1), 0);
 * ```
 */
export function acosh<X extends Scalar>(x: X): ScalarOf<X>;
export function acosh(x: Scalar): Scalar {
  return applyUnary(primitives.acosh, x);
}

/**
 * The inverse hyperbolic tangent. Its derivative is 1 / (1 − x²).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: trigonometry
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { atanh } from "@chainrule/autograd";
 *
 * assertEquals(atanh(0), 0);
 * ```
 */
export function atanh<X extends Scalar>(x: X): ScalarOf<X>;
export function atanh(x: Scalar): Scalar {
  return applyUnary(primitives.atanh, x);
}
