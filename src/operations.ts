// What users call. An operation is a row in `primitives.ts` and a function here.
// The four of arithmetic have their paths for two Nodes and for two Vars written
// out: what a general function spends on finding the way is more than the work.
import {
  applyBinary,
  applyUnary,
  applyVariadic,
  primalOf,
} from "./dispatch.ts";
import { makeNode, Node } from "./graph/node.ts";
import { wrongKind } from "./errors.ts";
import * as table from "./primitives.ts";
import { definePrimitives, type Primitives } from "./primitives.ts";
import type { Scalar, ScalarOf, ScalarOfAll } from "./scalar.ts";
import * as tape from "./tape/tape.ts";
import type { Var } from "./tape/tape.ts";

// Constants of this module, which the compiler folds; what is imported is a load
// and a check at each use.
const { areActive, entryOf, record, valueAt } = tape;
const ADD = table.ADD, SUB = table.SUB, MUL = table.MUL, DIV = table.DIV;

const primitives: Primitives = definePrimitives({
  add,
  sub,
  mul,
  div,
  neg,
  square,
  sqrt,
  exp,
  log,
  pow,
  hypot,
  sin,
  cos,
  sinh,
  cosh,
  sigmoid,
  abs,
  sign,
  max,
  lt,
  le,
  gt,
  ge,
  eq,
  select,
  sum: (xs) => sum(xs as readonly Scalar[]),
  stopGradient,
});

/**
 * a + b. Both partial derivatives are 1.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (areActive(a, b)) {
    const left = entryOf(a as Var), right = entryOf(b as Var);
    return record(ADD, left, right, valueAt(left) + valueAt(right));
  }
  if (a instanceof Node && b instanceof Node) {
    return makeNode(primitives.add, a.value + b.value, a, b);
  }
  return applyBinary(primitives.add, a, b);
}

/**
 * a − b. Its partial derivatives are 1 and −1.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (areActive(a, b)) {
    const left = entryOf(a as Var), right = entryOf(b as Var);
    return record(SUB, left, right, valueAt(left) - valueAt(right));
  }
  if (a instanceof Node && b instanceof Node) {
    return makeNode(primitives.sub, a.value - b.value, a, b);
  }
  return applyBinary(primitives.sub, a, b);
}

/**
 * a · b. Its partial derivatives are b and a.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
  if (typeof a === "number" && typeof b === "number") return a * b;
  if (areActive(a, b)) {
    const left = entryOf(a as Var), right = entryOf(b as Var);
    return record(MUL, left, right, valueAt(left) * valueAt(right));
  }
  if (a instanceof Node && b instanceof Node) {
    return makeNode(primitives.mul, a.value * b.value, a, b);
  }
  return applyBinary(primitives.mul, a, b);
}

/**
 * a / b. Its partial derivatives are 1/b and −(a/b)/b.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
  if (typeof a === "number" && typeof b === "number") return a / b;
  if (areActive(a, b)) {
    const left = entryOf(a as Var), right = entryOf(b as Var);
    return record(DIV, left, right, valueAt(left) / valueAt(right));
  }
  if (a instanceof Node && b instanceof Node) {
    return makeNode(primitives.div, a.value / b.value, a, b);
  }
  return applyBinary(primitives.div, a, b);
}

/**
 * −x. Its derivative is −1.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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
 * x², as `mul(x, x)`. Its derivative is 2x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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
 * eˣ. Its derivative is eˣ.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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
 * The sine of x radians. Its derivative is cos x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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
 * The hyperbolic sine. Its derivative is cosh x.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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

/**
 * The logistic function 1 / (1 + e⁻ˣ), accurate and finite for every x. Its derivative is σ(x) σ(−x).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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

/**
 * The rectifier, max(x, 0). Its derivative is 1 above 0, else 0.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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
 * The error function (2/√π) ∫₀ˣ e^(−t²) dt. Its derivative is (2/√π) e^(−x²).
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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
 * The absolute value. Its derivative is sign(x), which at 0 is 0.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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
 * −1, 0 or 1. Its derivative is 0.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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
 * aᵇ. Its partial derivatives are b aᵇ⁻¹ and aᵇ ln a; at a = b = 0 the first is 0, at
 * a = 0 the second is 0 for b ≥ 0, and for a < 0 it is NaN.
 *
 * @param base The base.
 * @param exponent The exponent.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
 * √(a² + b²), without overflow. Its partial derivatives are a/√(a² + b²) and
 * b/√(a² + b²), both 0 at the origin.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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

/**
 * The angle of the point (x, y) from the x-axis, in radians; the arguments are y, then x.
 * Its partial derivatives are x/(x² + y²) and −y/(x² + y²), both 0 at the origin.
 *
 * @param y The ordinate.
 * @param x The abscissa.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
 * log(eᵃ + eᵇ), accurate and finite wherever a and b are. Its partial derivatives are
 * σ(a − b) and σ(b − a).
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
 * The smaller of two operands, which takes the derivative; at a tie each takes
 * half.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
 * 1 where a < b, else 0. Its derivative is 0.
 *
 * This is a condition for {@linkcode select}. An `if` needs a number, as a Node or
 * Var is always true: `if (primal(a) < primal(b))`.
 *
 * @param a The first operand.
 * @param b The second operand.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
 * x kept between two bounds: min(max(x, low), high). Its derivative by x is 1
 * inside and on the bounds and 0 outside, where the bound takes it.
 *
 * @param x The operand.
 * @param low The lower bound.
 * @param high The upper bound, which wins where the bounds cross.
 * @returns A Scalar of the operands' kind.
 * @throws {TypeError} If an operand is not a Scalar, or a Node meets a Var.
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
  return applyVariadic(primitives.clamp, [x, low, high]);
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
  return applyVariadic(primitives.select, [condition, a, b]);
}

/** What {@linkcode sum}, {@linkcode mean}, {@linkcode dot} and {@linkcode logSumExp} take. */
export type ScalarList = readonly Scalar[] | Float64Array;

/**
 * The sum of a list, added from the first to the last; 0 for an empty list. A
 * list of a million makes one node, not a chain. Every partial derivative is 1.
 *
 * @param xs The list.
 * @returns A Scalar of the elements' kind.
 * @throws {TypeError} If `xs` is not a list of Scalars, or a Node meets a Var.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sum } from "@chainrule/autograd";
 *
 * assertEquals(sum([1, 2, 3]), 6);
 * ```
 */
export function sum<L extends ScalarList>(xs: L): ScalarOf<L[number]>;
export function sum(xs: ScalarList): Scalar {
  return applyVariadic(primitives.sum, elements("sum", xs), element);
}

/**
 * The arithmetic mean of a list, one node; NaN for an empty list. Every partial
 * derivative is 1/n.
 *
 * @param xs The list.
 * @returns A Scalar of the elements' kind.
 * @throws {TypeError} If `xs` is not a list of Scalars, or a Node meets a Var.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mean } from "@chainrule/autograd";
 *
 * assertEquals(mean([1, 2, 6]), 3);
 * ```
 */
export function mean<L extends ScalarList>(xs: L): ScalarOf<L[number]>;
export function mean(xs: ScalarList): Scalar {
  return applyVariadic(primitives.mean, elements("mean", xs), element);
}

/**
 * The dot product of two lists of one length, one node. Its partial derivative
 * by an element is the element across.
 *
 * @param a The first list.
 * @param b The second list.
 * @returns A Scalar of the elements' kind.
 * @throws {TypeError} If an argument is not a list of Scalars, or a Node
 * meets a Var.
 * @throws {RangeError} If the lists differ in length.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dot } from "@chainrule/autograd";
 *
 * assertEquals(dot([1, 2, 3], [4, 5, 6]), 32);
 * ```
 */
export function dot<A extends ScalarList, B extends ScalarList>(
  a: A,
  b: B,
): ScalarOf<A[number], B[number]>;
export function dot(a: ScalarList, b: ScalarList): Scalar {
  const left = elements("dot", a, 1), right = elements("dot", b, 2);
  const n = left.length;
  if (right.length !== n) {
    throw new RangeError(
      `Cannot dot: the lists have ${n} and ${right.length} elements, ` +
        "expected one length",
    );
  }
  return applyVariadic(
    primitives.dot,
    [...left, ...right],
    (i) => `element ${i % n} of operand ${i < n ? 1 : 2}`,
  );
}

/**
 * log Σ eˣ over a list, one node, accurate and finite wherever the elements
 * are; −Infinity for an empty list. Its partial derivatives are the softmax;
 * equal infinities share.
 *
 * @param xs The list.
 * @returns A Scalar of the elements' kind.
 * @throws {TypeError} If `xs` is not a list of Scalars, or a Node meets a Var.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { logSumExp } from "@chainrule/autograd";
 *
 * assertEquals(logSumExp([1000, 1000]), 1000 + Math.LN2);
 * ```
 */
export function logSumExp<L extends ScalarList>(xs: L): ScalarOf<L[number]>;
export function logSumExp(xs: ScalarList): Scalar {
  return applyVariadic(
    primitives.logSumExp,
    elements("logSumExp", xs),
    element,
  );
}

/**
 * x as a constant: its value goes through, no derivative comes back.
 *
 * @param x The operand.
 * @returns A Scalar of the operand's kind.
 * @throws {TypeError} If the operand is not a Scalar.
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

/** The elements of a user's list, in an array that a node may keep. */
function elements(
  name: string,
  list: ScalarList,
  position = 1,
): readonly Scalar[] {
  if (Array.isArray(list) || list instanceof Float64Array) return [...list];
  throw wrongKind(
    name,
    `operand ${position}`,
    list,
    "an array of numbers, Nodes or Vars, or a Float64Array",
  );
}

function element(i: number): string {
  return `element ${i}`;
}
