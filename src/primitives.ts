/**
 * Every operation's value and partial derivatives, once, a row each.
 *
 * A value is a function of numbers. A partial derivative is written in the
 * module's own operations, which `definePrimitives` is handed, so that one rule
 * serves numbers (sweeps, graph nodes) and recorded variables (higher
 * derivatives, compilation), and imports point one way.
 */
import { rangeError } from "./errors.ts";
import { erf, erfc } from "./special/error_function.ts";
import * as gamma from "./special/gamma.ts";
import { logAddExp, logSumExp, sigmoid, softplus } from "./special/logistic.ts";

/** What a rule computes with: a number, or whatever stands for one when the rule is run. */
export type Operand = number | { readonly value: number };

/** The numbers that an operation over a list is given. */
export type Numbers = readonly number[] | Float64Array;

/** ∂out/∂operand, from the operands in order and then the operation's own result. */
export type Rule1 = (x: Operand, out: Operand) => Operand;
/** {@inheritDoc Rule1} */
export type Rule2 = (a: Operand, b: Operand, out: Operand) => Operand;
/** All partial derivatives of an operation over a list. */
export type ListRule = (
  operands: readonly Operand[],
  out: Operand,
) => readonly (Operand | null)[];

/**
 * What the partial derivatives of an operation over a list have in common, for
 * code that computes them in a loop. The rule itself is derived from it.
 */
export type Pattern =
  /** A fixed number of operands, each with a formula of its own. */
  | { readonly kind: "fixed"; readonly count: number; readonly rule: ListRule }
  /** The same number for every operand; it depends on how many there are. */
  | { readonly kind: "uniform"; readonly partial: (count: number) => number }
  /** The operand across: the first half of the list is multiplied with the second. */
  | { readonly kind: "across" }
  /** An operand's share in the sum of all weights; a weight also depends on the largest operand. */
  | {
    readonly kind: "shares";
    readonly weight: (x: Operand, largest: Operand) => Operand;
  }
  /** None: the results of a call have a rule together, which the call has; see `tape/calls.ts`. */
  | { readonly kind: "call" };
type ListPattern = Exclude<Pattern, { readonly kind: "call" }>;

interface Row<Arity, Value, Partials> {
  /** What users call it. */
  readonly name: string;
  /** Its number on a tape and in a program. */
  readonly code: number;
  /**
   * Whether the partials are switches (0, or a factor): a gate's zero stops
   * even an infinite adjoint, where 0 · ∞ would make NaN of what was not chosen.
   */
  readonly gate: boolean;
  /** How many operands it takes. */
  readonly arity: Arity;
  /** The operation on numbers. */
  readonly value: Value;
  /** A rule per operand. A null rule is flat: nothing flows, not even 0 · ∞. */
  readonly partials: Partials;
  /** Of an operation over a list, unless a user defined it. */
  readonly pattern: Pattern | null;
}
/** An operation of one operand. */
export type Unary = Row<1, (x: number) => number, readonly [Rule1 | null]>;
/** An operation of two operands. */
export type Binary = Row<
  2,
  (a: number, b: number) => number,
  readonly [Rule2 | null, Rule2 | null]
>;
/** An operation of any number of operands: those of a list, or its first `count`. */
export type Variadic = Row<
  "list",
  (operands: Numbers, count?: number) => number,
  ListRule
>;
/** An operation: its name, value and partial derivatives. */
export type Primitive = Unary | Binary | Variadic;

// Codes 0 and 1 are the tape's own, for entries that are not operations.
const byCode: (Primitive | undefined)[] = [undefined, undefined];

// Codes of the four operations that have paths written by hand beside their rows.
/** Code of addition. */
export const ADD = 2;
/** Code of subtraction. */
export const SUB = 3;
/** Code of multiplication. */
export const MUL = 4;
/** Code of division. */
export const DIV = 5;

// deno-fmt-ignore
/** The operations of one operand. */
export const UNARY_NAMES = [
  "neg", "square", "sqrt", "cbrt",
  "exp", "expm1", "log", "log1p", "log2", "log10",
  "sin", "cos", "tan", "asin", "acos", "atan",
  "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
  "sigmoid", "softplus", "erf", "erfc", "lgamma", "digamma", "relu", "abs",
  "sign", "floor", "ceil", "round", "stopGradient",
] as const;
// deno-fmt-ignore
/** The operations of two operands. */
export const BINARY_NAMES = [
  "add", "sub", "mul", "div", "pow", "hypot", "atan2", "logAddExp",
  "polygamma", "min", "max", "lt", "le", "gt", "ge", "eq",
] as const;
type UnaryName = typeof UNARY_NAMES[number];
type BinaryName = typeof BINARY_NAMES[number];
type VariadicName = "clamp" | "select" | "sum" | "mean" | "dot" | "logSumExp";

/** A row for every name: a missing one does not compile. */
export type Primitives =
  & { readonly [N in UnaryName]: Unary }
  & { readonly [N in BinaryName]: Binary }
  & { readonly [N in VariadicName]: Variadic };

/** The operations that rules are written in: those of the table themselves. */
export type Language =
  & { readonly [N in UnaryName]: (x: Operand) => Operand }
  & { readonly [N in BinaryName]: (a: Operand, b: Operand) => Operand }
  & {
    readonly select: (condition: Operand, a: Operand, b: Operand) => Operand;
    readonly sum: (xs: readonly Operand[]) => Operand;
  };

/** The primitive of a code. */
export function primitiveOf(code: number): Primitive {
  return byCode[code]!;
}

/** The primitive of a built-in operation. */
export function builtIn(name: keyof Primitives): Primitive {
  // Users' operations come later, whatever their names.
  return byCode.find((primitive) => primitive?.name === name)!;
}

/** Codes on a tape and in a program are 16 bits wide; those from here on are no operations'. */
export const OPERATION_CODES = 0xff00;

// One literal makes every row, so that all have one hidden class.
function register<P extends Primitive>(
  name: string,
  arity: P["arity"],
  value: P["value"],
  partials: P["partials"],
  gate: boolean,
  pattern: Pattern | null = null,
): P {
  if (byCode.length === OPERATION_CODES) {
    throw rangeError(
      `Cannot define ${name}: the number of operations is ` +
        `${OPERATION_CODES}, expected fewer; define an operation once, outside of the ` +
        "functions that use it",
    );
  }
  const code = byCode.length;
  const row = { name, code, gate, arity, value, partials, pattern } as P;
  byCode.push(row);
  return row;
}

/** Makes the primitive of one operand. */
export function unary(
  name: string,
  value: Unary["value"],
  partial: Rule1 | null,
  gate: boolean = false,
): Unary {
  return register<Unary>(name, 1, value, [partial], gate);
}

/** Makes the primitive of two operands. */
export function binary(
  name: string,
  value: Binary["value"],
  partialA: Rule2 | null,
  partialB: Rule2 | null,
  gate: boolean = false,
): Binary {
  return register<Binary>(name, 2, value, [partialA, partialB], gate);
}

/** Makes the primitive of a list of operands. */
export function variadic(
  name: string,
  value: Variadic["value"],
  partials: ListRule,
  gate: boolean = false,
  pattern: Pattern | null = null,
): Variadic {
  return register<Variadic>(name, "list", value, partials, gate, pattern);
}

/** adjoint · partial, the product of the chain rule; see `gate` in {@linkcode Primitive}. */
export function product(
  gate: boolean,
  adjoint: number,
  partial: number,
): number {
  return gate && partial === 0 ? 0 : adjoint * partial;
}

/** The table. `y` is an operation's own result. */
// deno-fmt-ignore
export function definePrimitives({
  add, sub, mul, div, neg, square, sqrt, exp, log, pow, hypot, sin, cos, sinh,
  cosh, sigmoid: logistic, digamma, polygamma, abs, sign, floor, max, lt, le,
  gt, ge, eq, select, sum, stopGradient,
}: Language): Primitives {
  // Two equal infinities differ by NaN; what depends on the difference takes 0.
  const difference = (a: Operand, b: Operand) =>
    select(mul(eq(a, b), eq(abs(a), Infinity)), 0, sub(a, b));
  // A tie gives half to each operand.
  const wins = (a: Operand, b: Operand) => select(eq(a, b), 0.5, gt(a, b));
  // x, or a constant where e^(−x²) is 0: there no power of x may overflow, as the
  // derivatives have them as factors.
  const near = (x: Operand) => select(gt(abs(x), 28), 28, x);
  // e^(−x²), accurate far out too, where the rounding of x² is magnified: as
  // e^(−h²) · e^(h² − x²), where h is x cut to 16 binary places and so h² is exact.
  const gaussian = (x: Operand) => {
    const z = near(x), h = div(floor(mul(z, 2 ** 16)), 2 ** 16);
    return mul(exp(neg(square(h))), exp(mul(sub(h, z), add(h, z))));
  };
  // r, the distance from the origin; at the origin itself, where no direction has a
  // derivative, Infinity: what is divided by it is 0, and all derivatives of that.
  const distance = (r: Operand) => select(eq(r, 0), Infinity, r);
  const ruleOf = (pattern: ListPattern): ListRule => {
    switch (pattern.kind) {
      case "fixed":
        return pattern.rule;
      case "uniform":
        return (xs) => xs.map(() => pattern.partial(xs.length));
      case "across":
        return (xs) => {
          const half = xs.length / 2;
          return [...xs.slice(half), ...xs.slice(0, half)];
        };
      case "shares":
        return (xs) => {
          // It cancels out of every share, and so out of every derivative.
          const largest = stopGradient(xs.reduce((a, b) => max(a, b)));
          const weights = xs.map((x) => pattern.weight(x, largest));
          const total = sum(weights);
          return weights.map((weight) => div(weight, total));
        };
    }
  };
  const list = (name: string, value: Variadic["value"], pattern: ListPattern, gate = false) =>
    variadic(name, value, ruleOf(pattern), gate, pattern);

  return {
    // Arithmetic; the first four in the order of their codes.
    add: binary("add", (a, b) => a + b, () => 1, () => 1),
    sub: binary("sub", (a, b) => a - b, () => 1, () => -1),
    mul: binary("mul", (a, b) => a * b, (_a, b) => b, (a) => a),
    div: binary("div", (a, b) => a / b, (_a, b) => div(1, b), (_a, b, y) => neg(div(y, b))),
    neg: unary("neg", (x) => -x, () => -1),
    square: unary("square", (x) => x * x, (x) => mul(2, x)),

    // Powers and roots.
    // By a: b·a^(b−1), and 0 at b = 0 (0 · a⁻¹ is NaN where a⁻¹ overflows).
    // By b: aᵇ·ln a, and 0 at a = 0 ≤ b, where aᵇ is taken as constant in b, as it
    // is for all b > 0; so the derivative by a may not depend on b there, either.
    pow: binary("pow", Math.pow,
      (a, b) => {
        // A number is constant, which spares the guards.
        if (typeof b === "number") return b === 0 ? 0 : mul(b, pow(a, sub(b, 1)));
        const exponent = select(mul(eq(a, 0), ge(b, 0)), stopGradient(b), b);
        const overflows = eq(ge(abs(a), 2 ** -1022), 0);
        return mul(exponent, pow(a, select(mul(eq(b, 0), overflows), 0, sub(exponent, 1))));
      },
      (a, b, y) => {
        if (typeof a === "number" && a !== 0) return mul(y, log(a));
        return mul(y, log(select(mul(eq(a, 0), ge(b, 0)), 1, a)));
      }),
    // 1/(2y); y + 0 turns the −0 that is √−0 into 0, so that both give +∞.
    sqrt: unary("sqrt", Math.sqrt, (_x, y) => div(0.5, add(y, 0))),
    // 1/(3y²), as (1/y)²/3: y² may underflow.
    cbrt: unary("cbrt", Math.cbrt, (_x, y) => div(square(div(1, y)), 3)),
    // a/y and b/y.
    hypot: binary("hypot", Math.hypot,
      (a, _b, y) => div(a, distance(y)), (_a, b, y) => div(b, distance(y))),

    // Exponentials and logarithms. Of logAddExp: eᵃ/(eᵃ + eᵇ) = σ(a − b).
    exp: unary("exp", Math.exp, (_x, y) => y),
    expm1: unary("expm1", Math.expm1, (x) => exp(x)), // y + 1 cancels at x ≪ 0
    log: unary("log", Math.log, (x) => div(1, x)),
    log1p: unary("log1p", Math.log1p, (x) => div(1, add(1, x))),
    log2: unary("log2", Math.log2, (x) => div(Math.LOG2E, x)),
    log10: unary("log10", Math.log10, (x) => div(Math.LOG10E, x)),
    logAddExp: binary("logAddExp", logAddExp,
      (a, b) => logistic(difference(a, b)), (a, b) => logistic(difference(b, a))),

    // Circular and hyperbolic functions. Not 1 − x², which cancels near 1, but
    // (1 − x)(1 + x); and a root of each factor of x² − 1, which may overflow.
    sin: unary("sin", Math.sin, (x) => cos(x)),
    cos: unary("cos", Math.cos, (x) => neg(sin(x))),
    tan: unary("tan", Math.tan, (_x, y) => add(1, square(y))),
    asin: unary("asin", Math.asin, (x) => div(1, sqrt(mul(sub(1, x), add(1, x))))),
    acos: unary("acos", Math.acos, (x) => div(-1, sqrt(mul(sub(1, x), add(1, x))))),
    // 1/(1 + x²); where |x| > 1 as u²/(1 + u²) with u = 1/x: nothing overflows.
    atan: unary("atan", Math.atan, (x) => {
      const far = gt(abs(x), 1);
      const t = square(select(far, div(1, select(far, x, 1)), x));
      return div(select(far, t, 1), add(1, t));
    }),
    // b/r² and −a/r² with r = hypot(a, b), divided twice as r² may overflow.
    atan2: binary("atan2", Math.atan2,
      (a, b) => { const r = distance(hypot(a, b)); return div(div(b, r), r); },
      (a, b) => { const r = distance(hypot(a, b)); return neg(div(div(a, r), r)); }),
    sinh: unary("sinh", Math.sinh, (x) => cosh(x)),
    cosh: unary("cosh", Math.cosh, (x) => sinh(x)),
    tanh: unary("tanh", Math.tanh, (_x, y) => sub(1, square(y))),
    // 1/√(1 + x²); where |x| > 1 as |u|/√(1 + u²).
    asinh: unary("asinh", Math.asinh, (x) => {
      const far = gt(abs(x), 1);
      const t = select(far, div(1, select(far, x, 1)), x);
      return div(select(far, abs(t), 1), sqrt(add(1, square(t))));
    }),
    acosh: unary("acosh", Math.acosh, (x) => div(div(1, sqrt(sub(x, 1))), sqrt(add(x, 1)))),
    atanh: unary("atanh", Math.atanh, (x) => div(1, mul(sub(1, x), add(1, x)))),

    // Smooth functions of statistics and learning. erf′ = 2/√π · e^(−x²); of erfc,
    // users want the tail, and its derivative there.
    sigmoid: unary("sigmoid", sigmoid, (x, y) => mul(y, logistic(neg(x)))), // 1 − y cancels
    softplus: unary("softplus", softplus, (x) => logistic(x)),
    erf: unary("erf", erf, (x) => mul(2 / Math.sqrt(Math.PI), exp(neg(square(near(x)))))),
    erfc: unary("erfc", erfc, (x) => mul(-2 / Math.sqrt(Math.PI), gaussian(x))),
    lgamma: unary("lgamma", gamma.lgamma, (x) => digamma(x)),
    digamma: unary("digamma", gamma.digamma, (x) => polygamma(1, x)),
    polygamma: binary("polygamma", gamma.polygamma, null, (n, x) => polygamma(add(n, 1), x)),

    // Kinks: 0 at the kink, half to each at a tie.
    relu: unary("relu", (x) => Math.max(x, 0), (x) => gt(x, 0), true),
    abs: unary("abs", Math.abs, (x) => sign(x), true),
    min: binary("min", Math.min, (a, b) => wins(b, a), (a, b) => wins(a, b), true),
    max: binary("max", Math.max, (a, b) => wins(a, b), (a, b) => wins(b, a), true),
    // min(max(x, low), high): 1 inside and on the bounds.
    clamp: list("clamp", (xs) => Math.min(Math.max(xs[0]!, xs[1]!), xs[2]!),
      fixed(3, ([x, low, high]) => [
        mul(ge(x!, low!), le(x!, high!)),
        mul(lt(x!, low!), le(low!, high!)),
        gt(max(x!, low!), high!),
      ]), true),
    select: list("select", (xs) => xs[0] !== 0 ? xs[1]! : xs[2]!,
      fixed(3, ([condition]) => [null, select(condition!, 1, 0), select(condition!, 0, 1)]), true),

    // Steps: flat wherever they have a derivative.
    sign: unary("sign", Math.sign, null),
    floor: unary("floor", Math.floor, null),
    ceil: unary("ceil", Math.ceil, null),
    round: unary("round", Math.round, null),
    lt: binary("lt", (a, b) => a < b ? 1 : 0, null, null),
    le: binary("le", (a, b) => a <= b ? 1 : 0, null, null),
    gt: binary("gt", (a, b) => a > b ? 1 : 0, null, null),
    ge: binary("ge", (a, b) => a >= b ? 1 : 0, null, null),
    eq: binary("eq", (a, b) => a === b ? 1 : 0, null, null),
    stopGradient: unary("stopGradient", (x) => x, null),

    // Lists, one operation each.
    sum: list("sum", sumOf, uniform(() => 1)),
    mean: list("mean", (xs, count = xs.length) => sumOf(xs, count) / count, uniform((count) => 1 / count)),
    // The first half of the operands against the second.
    dot: list("dot", dotOf, { kind: "across" }),
    // Softmax, from the largest operand down: eˣ⁻ʸ would lose the digits of a
    // large y.
    logSumExp: list("logSumExp", logSumExp,
      { kind: "shares", weight: (x, largest) => exp(difference(x, largest)) }),
  };
}

function fixed(count: number, rule: ListRule): ListPattern {
  return { kind: "fixed", count, rule };
}

function uniform(partial: (count: number) => number): ListPattern {
  return { kind: "uniform", partial };
}

function sumOf(xs: Numbers, count = xs.length): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += xs[i]!;
  return total;
}

function dotOf(xs: Numbers, count = xs.length): number {
  const half = count / 2;
  let total = 0;
  for (let i = 0; i < half; i++) total += xs[i]! * xs[half + i]!;
  return total;
}
