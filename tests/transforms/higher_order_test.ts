// Derivatives of a high order against power series: coefficient k of f(x + t)
// is f⁽ᵏ⁾(x)/k!, and arithmetic of truncated series in plain numbers gives it
// without any differentiation.
import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import {
  add,
  grad,
  jvp,
  mul,
  primal,
  type Scalar,
  stopGradient,
  vjp,
} from "../../mod.ts";
import { lgammaBySum, polygammaBySum } from "../support/gamma.ts";
import {
  type OperationCase,
  operationTable,
} from "../support/operation_table.ts";

const ORDER = 5;

/** Coefficients of t⁰ … t⁵. */
type Series = readonly number[];
type Curve = (t: Scalar) => Scalar;

const series = (coefficient: (k: number) => number): Series =>
  Array.from({ length: ORDER + 1 }, (_, k) => coefficient(k));
const constant = (c: number): Series => series((k) => k === 0 ? c : 0);

const plus = (a: Series, b: Series): Series => series((k) => a[k]! + b[k]!);
const times = (a: Series, b: Series): Series =>
  series((k) => convolve(a, b, k));
const scaled = (c: number, a: Series): Series => series((k) => c * a[k]!);
const minus = (a: Series, b: Series): Series => plus(a, scaled(-1, b));
const shifted = (a: Series, by: number): Series => plus(a, constant(by));

/** Σ aᵢ·b₍ₖ₋ᵢ₎ for i from `from` to k. */
function convolve(a: Series, b: Series, k: number, from = 0): number {
  let sum = 0;
  for (let i = from; i <= k; i++) sum += a[i]! * b[k - i]!;
  return sum;
}

/** From y·b = a: yₖ = (aₖ − Σ bᵢ·y₍ₖ₋ᵢ₎, i ≥ 1)/b₀. */
function over(a: Series, b: Series): Series {
  const y = new Array(ORDER + 1).fill(0);
  for (let k = 0; k <= ORDER; k++) {
    y[k] = (a[k]! - convolve(b, y, k, 1)) / b[0]!;
  }
  return y;
}

/** The series of a function y of u with y₀ given: y′ = slope·u′. */
function integrate(y0: number, slope: Series, u: Series): Series {
  const du = series((k) => (k + 1) * (u[k + 1] ?? 0));
  return series((k) => k === 0 ? y0 : convolve(slope, du, k - 1) / k);
}

/** From y′ = y·u′: k·yₖ = Σ i·uᵢ·y₍ₖ₋ᵢ₎. */
function expOf(u: Series): Series {
  const y = [Math.exp(u[0]!), 0, 0, 0, 0, 0];
  for (let k = 1; k <= ORDER; k++) {
    y[k] = convolve(u.map((c, i) => i * c), y, k, 1) / k;
  }
  return y;
}

const logOf = (u: Series): Series =>
  integrate(Math.log(u[0]!), over(constant(1), u), u);

/** From u·y′ = c·y·u′: k·u₀·yₖ = Σ (c·i − (k − i))·uᵢ·y₍ₖ₋ᵢ₎. */
function powOf(u: Series, c: number, y0 = u[0]! ** c): Series {
  const y = [y0, 0, 0, 0, 0, 0];
  for (let k = 1; k <= ORDER; k++) {
    let sum = 0;
    for (let i = 1; i <= k; i++) sum += (c * i - (k - i)) * u[i]! * y[k - i]!;
    y[k] = sum / (k * u[0]!);
  }
  return y;
}

/** Sine and cosine of u, circular (sign −1) or hyperbolic (1): s′ = c·u′, c′ = ±s·u′. */
function sineAndCosine(u: Series, sign: 1 | -1): [Series, Series] {
  const [sin, cos] = sign < 0 ? [Math.sin, Math.cos] : [Math.sinh, Math.cosh];
  const s = [sin(u[0]!), 0, 0, 0, 0, 0], c = [cos(u[0]!), 0, 0, 0, 0, 0];
  const du = u.map((c, i) => i * c);
  for (let k = 1; k <= ORDER; k++) {
    s[k] = convolve(du, c, k, 1) / k;
    c[k] = sign * convolve(du, s, k, 1) / k;
  }
  return [s, c];
}

const ONE = constant(1);
const squareOf = (u: Series) => times(u, u);
const rootOf = (u: Series) => powOf(u, 0.5);
const inverse = (
  y0: (x: number) => number,
  slope: (u: Series) => Series,
) =>
(u: Series): Series => integrate(y0(u[0]!), over(ONE, slope(u)), u);
const sigmoidOf = (u: Series) => over(ONE, shifted(expOf(scaled(-1, u)), 1));
const logSumOf = (...us: Series[]) => logOf(us.map(expOf).reduce(plus));

/** The derivative of order n of digamma; log Γ for −1. */
function gammaOf(n: number, u: Series): Series {
  const y0 = n < 0 ? lgammaBySum(u[0]!) : polygammaBySum(n, u[0]!);
  // Taylor's series at u₀, in powers of u − u₀.
  const step = shifted(u, -u[0]!);
  let power = constant(1), y = constant(y0);
  for (let k = 1; k <= ORDER; k++) {
    power = times(power, step);
    const coefficient = polygammaBySum(n + k, u[0]!) / FACTORIALS[k]!;
    y = plus(y, scaled(coefficient, power));
  }
  return y;
}

/** Every operation on series; those with kinks where the points below are. */
const ORACLE: Record<string, (...operands: Series[]) => Series> = {
  add: (a, b) => plus(a!, b!),
  sub: (a, b) => minus(a!, b!),
  mul: (a, b) => times(a!, b!),
  div: (a, b) => over(a!, b!),
  neg: (u) => scaled(-1, u!),
  square: (u) => squareOf(u!),
  pow: (a, b) => expOf(times(b!, logOf(a!))),
  sqrt: (u) => rootOf(u!),
  cbrt: (u) => powOf(u!, 1 / 3, Math.cbrt(u![0]!)),
  hypot: (a, b) => rootOf(plus(squareOf(a!), squareOf(b!))),
  exp: (u) => expOf(u!),
  expm1: (u) => shifted(expOf(u!), -1),
  log: (u) => logOf(u!),
  log1p: (u) => logOf(shifted(u!, 1)),
  log2: (u) => scaled(Math.LOG2E, logOf(u!)),
  log10: (u) => scaled(Math.LOG10E, logOf(u!)),
  logAddExp: (a, b) => logSumOf(a!, b!),
  sin: (u) => sineAndCosine(u!, -1)[0],
  cos: (u) => sineAndCosine(u!, -1)[1],
  tan: (u) => over(...sineAndCosine(u!, -1)),
  asin: (u) => inverse(Math.asin, (u) => rootOf(minus(ONE, squareOf(u))))(u!),
  acos: (u) => shifted(scaled(-1, ORACLE["asin"]!(u!)), Math.PI / 2),
  atan: (u) => inverse(Math.atan, (u) => plus(ONE, squareOf(u)))(u!),
  atan2: (a, b) => {
    // The angle of b + i·a turns by (b·a′ − a·b′)/(a² + b²).
    const square = plus(squareOf(a!), squareOf(b!));
    return plus(
      integrate(Math.atan2(a![0]!, b![0]!), over(b!, square), a!),
      integrate(0, over(scaled(-1, a!), square), b!),
    );
  },
  sinh: (u) => sineAndCosine(u!, 1)[0],
  cosh: (u) => sineAndCosine(u!, 1)[1],
  tanh: (u) => over(...sineAndCosine(u!, 1)),
  asinh: (u) => inverse(Math.asinh, (u) => rootOf(plus(ONE, squareOf(u))))(u!),
  acosh: (u) => inverse(Math.acosh, (u) => rootOf(minus(squareOf(u), ONE)))(u!),
  atanh: (u) => inverse(Math.atanh, (u) => minus(ONE, squareOf(u)))(u!),
  sigmoid: (u) => sigmoidOf(u!),
  softplus: (u) => logSumOf(u!, constant(0)),
  erf: (u) =>
    integrate(
      caseOf("erf").reference(u![0]!),
      scaled(2 / Math.sqrt(Math.PI), expOf(scaled(-1, squareOf(u!)))),
      u!,
    ),
  erfc: (u) => shifted(scaled(-1, ORACLE["erf"]!(u!)), 1),
  lgamma: (u) => gammaOf(-1, u!),
  digamma: (u) => gammaOf(0, u!),
  polygamma: (u) => gammaOf(2, u!),
  relu: (u) => u![0]! > 0 ? u! : constant(0),
  abs: (u) => u![0]! > 0 ? u! : scaled(-1, u!),
  min: (a, b) => a![0]! < b![0]! ? a! : b!,
  max: (a, b) => a![0]! < b![0]! ? b! : a!,
  clamp: (x, low, high) => ORACLE["min"]!(ORACLE["max"]!(x!, low!), high!),
  select: (condition, a, b) => condition![0] === 0 ? b! : a!,
  sign: (u) => constant(Math.sign(u![0]!)),
  floor: (u) => constant(Math.floor(u![0]!)),
  ceil: (u) => constant(Math.ceil(u![0]!)),
  round: (u) => constant(Math.round(u![0]!)),
  lt: (a, b) => constant(Number(a![0]! < b![0]!)),
  le: (a, b) => constant(Number(a![0]! <= b![0]!)),
  gt: (a, b) => constant(Number(a![0]! > b![0]!)),
  ge: (a, b) => constant(Number(a![0]! >= b![0]!)),
  eq: (a, b) => constant(Number(a![0]! === b![0]!)),
  sum: (...us) => us.reduce(plus),
  mean: (...us) => scaled(1 / us.length, us.reduce(plus)),
  dot: (a, b, c, d) => plus(times(a!, c!), times(b!, d!)),
  logSumExp: (...us) => logSumOf(...us),
};

function caseOf(name: string): OperationCase {
  return operationTable.find((operation) => operation.name === name)!;
}

/** Points of an operation: thirds and the like of its domain, off all kinks. */
function pointsOf({ domain }: OperationCase): number[][] {
  return [[0.31, 0.83, 0.57, 0.69], [0.77, 0.36, 0.62, 0.28], [
    0.13,
    0.24,
    0.88,
    0.59,
  ]].map((parts) =>
    domain.map(([low, high], i) => {
      // Not too far out, where high derivatives vanish in their own rounding.
      const [from, to] = [Math.max(low, -3), Math.min(high, 3)];
      return from + (to - from) * parts[i]!;
    })
  );
}

/** Directions in the plane of the operands, in general position. */
const DIRECTIONS = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [1, 1, -1, 2],
  [1, -1, 2, 1],
  [1, 2, 1, -1],
  [2, 1, -2, 1],
];

const FACTORIALS = [1, 1, 2, 6, 24, 120];

type Derive = (f: Curve) => Curve;
const reverse: Derive = (f) => (t) => grad(f)(t);
const forward: Derive = (f) => (t) => jvp(f)(t, 1).tangent;
const pulled: Derive = (f) => (t) => vjp(f)(t).pullback(1);
/** Who makes the derivative of order 1, 2, …; from the inside out. */
const STACKS: Record<string, Derive[]> = {
  "reverse": [reverse, reverse, reverse, reverse, reverse],
  "forward": [forward, forward, forward, forward, forward],
  "forward and reverse in turn": [reverse, forward, pulled, forward, reverse],
};

/** Asserts relative errors of 1e-9, of the size that the derivatives have there. */
function assertDerivatives(
  f: Curve,
  expected: Series,
  stack: readonly Derive[],
  what: string,
): void {
  let derivative = f;
  for (let k = 0; k <= ORDER; k++) {
    if (k > 0) derivative = stack[k - 1]!(derivative);
    const actual = primal(derivative(0)), value = expected[k]! * FACTORIALS[k]!;
    const error = Math.abs(actual - value);
    const size = Math.max(Math.abs(value), 1e-3);
    assert(
      error <= 1e-9 * size,
      `order ${k} of ${what}: ${actual}, expected ${value}`,
    );
  }
}

describe("the oracle", () => {
  it("knows every operation", () => {
    assertEquals(
      Object.keys(ORACLE).sort(),
      operationTable.map(({ name }) => name).sort(),
    );
  });

  it("knows series from the books", () => {
    const t = series((k) => k === 1 ? 1 : 0);
    const books: [Series, number[]][] = [
      [ORACLE["exp"]!(t), [1, 1, 1 / 2, 1 / 6, 1 / 24, 1 / 120]],
      [ORACLE["sin"]!(t), [0, 1, 0, -1 / 6, 0, 1 / 120]],
      [ORACLE["tan"]!(t), [0, 1, 0, 1 / 3, 0, 2 / 15]],
      [ORACLE["atan"]!(t), [0, 1, 0, -1 / 3, 0, 1 / 5]],
      [ORACLE["asin"]!(t), [0, 1, 0, 1 / 6, 0, 3 / 40]],
      [ORACLE["log1p"]!(t), [0, 1, -1 / 2, 1 / 3, -1 / 4, 1 / 5]],
      [ORACLE["sqrt"]!(shifted(t, 1)), [
        1,
        1 / 2,
        -1 / 8,
        1 / 16,
        -5 / 128,
        7 / 256,
      ]],
      [ORACLE["erf"]!(t).map((c) => c * Math.sqrt(Math.PI) / 2), [
        0,
        1,
        0,
        -1 / 3,
        0,
        1 / 10,
      ]],
    ];
    for (const [actual, expected] of books) {
      actual.forEach((c, k) => assert(Math.abs(c - expected[k]!) < 1e-15));
    }
  });
});

describe("derivatives to the fifth order", () => {
  for (const operation of operationTable) {
    const { name, apply, domain } = operation;
    const oracle = ORACLE[name]!;
    // Derivatives of order k along k + 1 directions in general position make all
    // mixed ones of that order, for two operands.
    const directions = DIRECTIONS.slice(0, domain.length === 1 ? 1 : 6);

    for (const [way, stack] of Object.entries(STACKS)) {
      it(`are those of power series: ${name}, ${way}`, () => {
        for (const point of pointsOf(operation)) {
          for (const direction of directions) {
            const f: Curve = (t) =>
              apply(...point.map((x, i) => add(x, mul(direction[i]!, t))));
            const expected = oracle(
              ...point.map((x, i) =>
                series((k) => k === 0 ? x : k === 1 ? direction[i]! : 0)
              ),
            );
            const what = `${name}(${point}) along ${direction}`;
            assertDerivatives(f, expected, stack, what);
          }
        }
      });
    }

    it(`are those of power series along a curve: ${name}`, () => {
      // With inner functions that have derivatives of every order themselves.
      for (const point of pointsOf(operation)) {
        const coefficients = point.map((x, i) =>
          series((k) => k === 0 ? x : (k + i) % 2 === 0 ? 0.1 : -0.2)
        );
        const horner = (c: Series, t: Scalar): Scalar =>
          [...c].reverse().reduce<Scalar>((y, c) => add(mul(y, t), c), 0);
        assertDerivatives(
          (t) => apply(...coefficients.map((c) => horner(c, t))),
          oracle(...coefficients),
          STACKS["forward and reverse in turn"]!,
          `${name}(${point}) along a curve`,
        );
      }
    });
  }

  it("are the mixed ones in any order of the operands", () => {
    // ∂ᵖ⁺ᑫ/∂aᵖ∂bᑫ, with every sequence of p + q ≤ 3 operands.
    const sequences = [[0], [1]];
    for (let i = 0; i < sequences.length && sequences[i]!.length < 3; i++) {
      sequences.push([...sequences[i]!, 0], [...sequences[i]!, 1]);
    }
    for (const operation of operationTable) {
      const { name, apply, domain } = operation;
      if (domain.length !== 2) continue;
      for (const point of pointsOf(operation)) {
        const along = (direction: readonly number[], order: number) =>
          ORACLE[name]!(
            ...point.map((x, i) =>
              series((k) => k === 0 ? x : k === 1 ? direction[i]! : 0)
            ),
          )[order]! * FACTORIALS[order]!;
        // By polarisation, from directional derivatives.
        const mixed = (p: number, q: number): number => {
          if (q === 0) return along([1, 0], p);
          if (p === 0) return along([0, 1], q);
          if (p + q === 2) {
            return (along([1, 1], 2) - along([1, -1], 2)) / 4;
          }
          // D³ along (1, ±1) is aaa ± 3aab + 3abb ± bbb.
          const [sum, difference] = [along([1, 1], 3), along([1, -1], 3)];
          return p === 2
            ? ((sum - difference) / 2 - along([0, 1], 3)) / 3
            : ((sum + difference) / 2 - along([1, 0], 3)) / 3;
        };
        for (const sequence of sequences) {
          const derive = (
            f: (a: Scalar, b: Scalar) => Scalar,
            operand: number,
          ) =>
            operand === 0
              ? (a: Scalar, b: Scalar): Scalar =>
                grad((a: Scalar) => f(a, b))(a)
              : (a: Scalar, b: Scalar): Scalar =>
                grad((b: Scalar) => f(a, b))(b);
          const f = sequence.reduce(derive, (a, b) => apply(a, b));
          const q = sequence.reduce((a, b) => a + b), p = sequence.length - q;
          const expected = mixed(p, q);
          const actual = primal(f(point[0]!, point[1]!));
          assert(
            Math.abs(actual - expected) <=
              1e-9 * Math.max(1, Math.abs(expected)),
            `${name}(${point}) by ${sequence}: ${actual}, expected ${expected}`,
          );
        }
      }
    }
  });

  it("of stopGradient are none", () => {
    const f: Curve = (t) => stopGradient(mul(t, t));
    for (const stack of Object.values(STACKS)) {
      assertDerivatives(f, constant(0), stack, "stopGradient");
    }
  });
});
