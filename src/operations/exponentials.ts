// Exponentials, logarithms, and what statistics and learning make of them.
import type { Scalar, ScalarOf } from "../scalar.ts";
import * as dispatch from "./dispatch.ts";
import * as table from "./table.ts";

// Constants of this module, which the compiler folds.
const { applyBinary, applyUnary } = dispatch;
const { primitives } = table;

/**
 * eˣ. Its derivative is eˣ.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: exponentials
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { exp } from "@chainrule/autograd";
 *
 * assertEquals(exp(0), 1);
 * ```
 */
export function exp<X extends Scalar>(x: X): ScalarOf<X>;
export function exp(x: Scalar): Scalar {
  return applyUnary(primitives.exp, x);
}

/**
 * eˣ − 1, accurate near 0. Its derivative is eˣ.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: exponentials
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { expm1 } from "@chainrule/autograd";
 *
 * assertEquals(expm1(1e-20), 1e-20);
 * ```
 */
export function expm1<X extends Scalar>(x: X): ScalarOf<X>;
export function expm1(x: Scalar): Scalar {
  return applyUnary(primitives.expm1, x);
}

/**
 * The natural logarithm. Its derivative is 1/x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: exponentials
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { log } from "@chainrule/autograd";
 *
 * assertEquals(log(1), 0);
 * ```
 */
export function log<X extends Scalar>(x: X): ScalarOf<X>;
export function log(x: Scalar): Scalar {
  return applyUnary(primitives.log, x);
}

/**
 * log(1 + x), accurate near 0. Its derivative is 1 / (1 + x).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: exponentials
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { log1p } from "@chainrule/autograd";
 *
 * assertEquals(log1p(1e-20), 1e-20);
 * ```
 */
export function log1p<X extends Scalar>(x: X): ScalarOf<X>;
export function log1p(x: Scalar): Scalar {
  return applyUnary(primitives.log1p, x);
}

/**
 * The logarithm to base 2. Its derivative is 1 / (x ln 2).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: exponentials
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { log2 } from "@chainrule/autograd";
 *
 * assertEquals(log2(8), 3);
 * ```
 */
export function log2<X extends Scalar>(x: X): ScalarOf<X>;
export function log2(x: Scalar): Scalar {
  return applyUnary(primitives.log2, x);
}

/**
 * The logarithm to base 10. Its derivative is 1 / (x ln 10).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: exponentials
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { log10 } from "@chainrule/autograd";
 *
 * assertEquals(log10(1000), 3);
 * ```
 */
export function log10<X extends Scalar>(x: X): ScalarOf<X>;
export function log10(x: Scalar): Scalar {
  return applyUnary(primitives.log10, x);
}

/**
 * log(eᵃ + eᵇ), accurate and finite wherever a and b are. Its partial derivatives are
 * σ(a − b) and σ(b − a).
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
 * @category Operations: exponentials
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { logAddExp } from "@chainrule/autograd";
 *
 * assertEquals(logAddExp(1000, 1000), 1000 + Math.LN2);
 * ```
 */
export function logAddExp<A extends Scalar, B extends Scalar>(
  a: A,
  b: B,
): ScalarOf<A, B>;
export function logAddExp(a: Scalar, b: Scalar): Scalar {
  return applyBinary(primitives.logAddExp, a, b);
}

/**
 * The logistic function 1 / (1 + e⁻ˣ), accurate and finite for every x. Its derivative is σ(x) σ(−x).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: exponentials
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sigmoid } from "@chainrule/autograd";
 *
 * assertEquals(sigmoid(0), 0.5);
 * ```
 */
export function sigmoid<X extends Scalar>(x: X): ScalarOf<X>;
export function sigmoid(x: Scalar): Scalar {
  return applyUnary(primitives.sigmoid, x);
}

/**
 * log(1 + eˣ), accurate and finite for every x. Its derivative is σ(x).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: exponentials
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { softplus } from "@chainrule/autograd";
 *
 * assertEquals(softplus(1000), 1000);
 * ```
 */
export function softplus<X extends Scalar>(x: X): ScalarOf<X>;
export function softplus(x: Scalar): Scalar {
  return applyUnary(primitives.softplus, x);
}
