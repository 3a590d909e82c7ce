// The error function, the gamma function, and their relatives.
import { rangeError, wrongKind } from "../errors.ts";
import type { Scalar, ScalarOf } from "../scalar.ts";
import * as dispatch from "./dispatch.ts";
import * as table from "./table.ts";

// Constants of this module, which the compiler folds.
const { applyBinary, applyUnary } = dispatch;
const { primitives } = table;

/**
 * The error function (2/√π) ∫₀ˣ e^(−t²) dt. Its derivative is (2/√π) e^(−x²).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: special functions
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { erf } from "@chainrule/autograd";
 *
 * assertEquals(erf(0), 0);
 * ```
 */
export function erf<X extends Scalar>(x: X): ScalarOf<X>;
export function erf(x: Scalar): Scalar {
  return applyUnary(primitives.erf, x);
}

/**
 * 1 − erf(x), accurate where erf(x) is near 1: the tail of the normal distribution
 * above z is erfc(z/√2)/2. Its relative error is below 7 · 10⁻¹⁶ wherever it is not
 * subnormal. Its derivative is −(2/√π) e^(−x²).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: special functions
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { erfc } from "@chainrule/autograd";
 *
 * // 1 − erf(10) is 0 in doubles.
 * assertAlmostEquals(erfc(10) / 2.088487583762545e-45, 1, 1e-15);
 * ```
 */
export function erfc<X extends Scalar>(x: X): ScalarOf<X>;
export function erfc(x: Scalar): Scalar {
  return applyUnary(primitives.erfc, x);
}

/**
 * log |Γ(x)|: of factorials, lgamma(n + 1) = log n!. Infinity at the poles 0, −1,
 * −2, …. For x > 0 its relative error is below 4 · 10⁻¹⁶, near the roots 1 and 2
 * too; for x < 0, where more roots are, it is as if x were wrong by as much. Its
 * derivative is digamma(x).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: special functions
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { grad, lgamma } from "@chainrule/autograd";
 *
 * assertEquals(lgamma(5), Math.log(24));
 * assertEquals(grad(lgamma)(1), -0.5772156649015329); // −γ
 * ```
 */
export function lgamma<X extends Scalar>(x: X): ScalarOf<X>;
export function lgamma(x: Scalar): Scalar {
  return applyUnary(primitives.lgamma, x);
}

/**
 * ψ(x) = Γ′(x)/Γ(x), the derivative of {@linkcode lgamma}. NaN at the poles −1, −2,
 * … of Γ, −Infinity at 0 and Infinity at −0. For x > 0 its relative error is below
 * 6 · 10⁻¹⁶; for x < 0 it is as if x were wrong by as much. Its derivative is
 * polygamma(1, x).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
 * @category Operations: special functions
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { digamma } from "@chainrule/autograd";
 *
 * assertEquals(digamma(1), -0.5772156649015329); // −γ
 * ```
 */
export function digamma<X extends Scalar>(x: X): ScalarOf<X>;
export function digamma(x: Scalar): Scalar {
  return applyUnary(primitives.digamma, x);
}

/**
 * ψ⁽ⁿ⁾(x), the derivative of order n of {@linkcode digamma}, which itself is that of
 * order 0. At the poles 0, −1, −2, … it is Infinity where n is odd; where n is
 * even, it is −Infinity at 0, Infinity at −0 and NaN at the others. For x > 0 its
 * relative error is below 8 · 10⁻¹⁶ up to order 5, and 2 · 10⁻¹⁵ up to order 20; for
 * x < 0 it is as if x were wrong by as much. Its derivative is polygamma(n + 1, x).
 *
 * @param n The order: a plain number, as there is no derivative by it.
 * @param x The operand.
 * @returns A Scalar of the kind of `x`.
 * @throws {TypeError} If `n` is not a number, or `x` is not a Scalar.
 * @throws {RangeError} If `n` is not a whole number from 0 up.
 * @category Operations: special functions
 *
 * @example
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import { polygamma } from "@chainrule/autograd";
 *
 * assertAlmostEquals(polygamma(1, 1), Math.PI ** 2 / 6, 1e-15);
 * ```
 */
export function polygamma<X extends Scalar>(n: number, x: X): ScalarOf<X>;
export function polygamma(n: number, x: Scalar): Scalar {
  if (typeof n !== "number") {
    throw wrongKind("polygamma", "the order", n, "a number");
  }
  if (!Number.isInteger(n) || n < 0) {
    throw rangeError(
      `Cannot polygamma: the order is the number ${n}, expected a whole number ` +
        "from 0 up",
    );
  }
  return applyBinary(primitives.polygamma, n, x);
}
