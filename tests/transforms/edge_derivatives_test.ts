// Derivatives of a high order where a formula is in danger: at kinks, at the
// origin, at exponents that end a polynomial, at huge and infinite arguments.
import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import {
  acosh,
  asinh,
  atan,
  atan2,
  cbrt,
  compile,
  erf,
  grad,
  hessian,
  hvp,
  hypot,
  jvp,
  log,
  log10,
  log1p,
  log2,
  pow,
  primal,
  type Scalar,
  sigmoid,
  softplus,
  sqrt,
  tanh,
} from "../../mod.ts";
import { assertClose } from "../support/numeric.ts";

type OfTwo = (a: Scalar, b: Scalar) => Scalar;
type OfOne = (x: Scalar) => Scalar;

/** Operands by which to differentiate, one after the other. */
type Sequence = readonly (0 | 1)[];

const ORDER = 4;
const SEQUENCES: Sequence[] = [[0], [1]];
for (let i = 0; SEQUENCES[i]!.length < ORDER; i++) {
  SEQUENCES.push([...SEQUENCES[i]!, 0], [...SEQUENCES[i]!, 1]);
}

const MODES: Record<string, (f: OfOne) => OfOne> = {
  reverse: (f) => (x) => grad(f)(x),
  forward: (f) => (x) => jvp(f)(x, 1).tangent,
};

/** The derivative of f by operands, as a function. */
function derivative(
  f: OfTwo,
  by: Sequence,
  derive: (f: OfOne) => OfOne,
): OfTwo {
  return by.reduce<OfTwo>(
    (f, operand) =>
      operand === 0
        ? (a, b) => derive((a) => f(a, b))(a)
        : (a, b) => derive((b) => f(a, b))(b),
    f,
  );
}

/** Asserts every mixed derivative to the fourth order in each way to run it. */
function assertDerivatives(
  f: OfTwo,
  name: string,
  points: readonly (readonly [number, number])[],
  expected: (by: Sequence, a: number, b: number) => number | undefined,
): void {
  for (const [mode, derive] of Object.entries(MODES)) {
    for (const by of SEQUENCES) {
      const d = derivative(f, by, derive);
      const compiled = compile(([a, b]: readonly [Scalar, Scalar]) => d(a, b));
      for (const [a, b] of points) {
        const value = expected(by, a, b);
        if (value === undefined) continue;
        const what = `∂${by} ${name}(${a}, ${b}), ${mode}`;
        for (
          const [way, actual] of [
            ["recorded", primal(d(a, b))],
            ["compiled", compiled([a, b]) as number],
          ] as const
        ) {
          if (!Number.isFinite(value)) {
            assertEquals(actual, value, `${what}, ${way}`);
          } else assertClose(actual, value, 1e-12, `${what}, ${way}`);
        }
      }
      compiled[Symbol.dispose]();
    }
  }
}

/**
 * ∂ᵖ⁺ᑫ aᵇ/∂aᵖ∂bᑫ = a^(b−p) Σ C(q, j) F⁽ʲ⁾(b) (ln a)^(q−j), where F is the
 * polynomial b(b − 1) … (b − p + 1).
 */
function powDerivative(by: Sequence, a: number, b: number): number {
  const q = by.filter((operand) => operand === 1).length, p = by.length - q;
  let falling = [1];
  for (let k = 0; k < p; k++) {
    const next = [0, ...falling];
    falling.forEach((c, i) => next[i]! -= k * c);
    falling = next;
  }
  let sum = 0, binomial = 1;
  for (let j = 0; j <= q; j++) {
    const at = falling.reduceRight((value, c) => value * b + c, 0);
    sum += at === 0 ? 0 : binomial * at * Math.log(a) ** (q - j);
    falling = falling.slice(1).map((c, i) => (i + 1) * c);
    if (falling.length === 0) falling = [0];
    binomial *= (q - j) / (j + 1);
  }
  return sum === 0 ? 0 : sum * a ** (b - p);
}

describe("derivatives of pow to the fourth order", () => {
  const exponents = [0, 1, 2, 3, -1, 0.5];

  it("are those of the closed form for a > 0, by both operands in any order", () => {
    const bases = [0.25, 1, 3];
    const points = bases.flatMap((a) => exponents.map((b) => [a, b] as const));
    assertDerivatives(pow, "pow", points, powDerivative);
  });

  it("are those of the power of a by a, for a constant exponent", () => {
    for (const b of exponents) {
      for (const [mode, derive] of Object.entries(MODES)) {
        let d: OfOne = (a) => pow(a, b), factor = 1;
        for (let p = 1; p <= ORDER; p++) {
          d = derive(d);
          factor *= b - p + 1;
          const compiled = compile(d);
          // Reciprocals of tiny bases overflow, and 0 · ∞ is NaN.
          for (const a of [0, 2, -2, 1e-200, -5e-324, Infinity]) {
            if (a < 0 && b === 0.5) continue;
            if (a < 0 && b === -1 && a > -1) continue;
            const expected = factor === 0 ? 0 : factor * a ** (b - p);
            const what = `order ${p} of pow(${a}, ${b}), ${mode}`;
            for (const actual of [primal(d(a)), compiled(a) as number]) {
              if (Number.isFinite(expected) && expected !== 0) {
                assertClose(actual / expected, 1, 1e-14, what);
              } else assertEquals(actual + 0, expected + 0, what);
            }
          }
        }
      }
    }
  });

  it("are those by a, and NaN by b, for a < 0", () => {
    const points = [0, 1, 2, 3, -1].map((b) => [-2, b] as const);
    assertDerivatives(
      pow,
      "pow",
      points,
      (by, a, b) =>
        !by.includes(1)
          ? powDerivative(by, a, b)
          : by.length === 1
          ? NaN
          : undefined,
    );
  });

  it("are 0 at a = 0 ≤ b wherever b takes part, and else those by a", () => {
    const points = [0, 1, 2, 3, 0.5].map((b) => [0, b] as const);
    assertDerivatives(pow, "pow", points, (by, a, b) => {
      if (by.includes(1)) {
        // No promise where the derivative by a is infinite.
        return b === 0.5 && by.includes(0) ? undefined : 0;
      }
      return powDerivative(by, a, b);
    });
  });

  it("have the signs of their limits at a = 0 > b", () => {
    assertDerivatives(pow, "pow", [[0, -1]], (by, _a, b) =>
      // The factors of b … (b − p + 1) and of ln a that are negative.
      Infinity * Math.sign(b) ** by.length);
  });

  it("make a Hessian that is symmetric", () => {
    const f = ([a, b]: readonly [Scalar, Scalar]) => pow(a, b);
    for (const [a, b] of [[3, 0], [3, 1], [0, 0], [0, 1], [0, 2], [0.5, -1]]) {
      const [[, ab], [ba]] = hessian(f)([a!, b!]) as [number[], number[]];
      assertClose(ab!, ba!, 1e-15, `pow(${a}, ${b})`);
    }
    assertClose(hessian(f)([3, 0])[0]![1]!, 1 / 3, 1e-15, "hessian");
    assertClose(hvp(f)([3, 0], [0, 1])[0], 1 / 3, 1e-15, "hvp");
  });
});

describe("derivatives at the origin", () => {
  for (const [name, f] of Object.entries({ hypot, atan2 } as const)) {
    it(`are 0 to the fourth order: ${name}`, () => {
      const points = [[0, 0], [-0, 0], [0, -0]] as const;
      assertDerivatives(f as OfTwo, name, points, () => 0);
      const g = ([a, b]: readonly [Scalar, Scalar]) => (f as OfTwo)(a, b);
      assertEquals(hessian(g)([0, 0]), [[0, 0], [0, 0]]);
    });
  }
});

/**
 * Operations whose derivative tends to c·xᵖ as x grows, and for an odd one to
 * c·|x|ᵖ as x falls.
 */
const FAR: Record<string, [f: OfOne, c: number, p: number, odd: boolean]> = {
  atan: [atan, 1, -2, true],
  asinh: [asinh, 1, -1, true],
  acosh: [acosh, 1, -1, false],
  cbrt: [cbrt, 1 / 3, -2 / 3, true],
  sqrt: [sqrt, 1 / 2, -1 / 2, false],
  log: [log, 1, -1, false],
  log1p: [log1p, 1, -1, false],
  log2: [log2, Math.LOG2E, -1, false],
  log10: [log10, Math.LOG10E, -1, false],
  erf: [erf, 0, 0, true],
  tanh: [tanh, 0, 0, true],
  sigmoid: [sigmoid, 0, 0, true],
  softplus: [softplus, 1, 0, false],
};

describe("derivatives at huge arguments, to the fourth order", () => {
  for (const [name, [f, c, p, odd]] of Object.entries(FAR)) {
    it(`tend to those of ${c}·x^${p.toPrecision(3)}: ${name}`, () => {
      for (const [mode, derive] of Object.entries(MODES)) {
        let d = f, factor = c;
        for (let order = 1; order <= ORDER; order++) {
          d = derive(d);
          const compiled = compile(d);
          for (
            const size of [1e20, 1e60, 1e100, 1e154, 1e178, 1.7e308, Infinity]
          ) {
            for (const x of odd ? [size, -size] : [size]) {
              // The derivative of an odd function is even, and so on.
              const sign = x < 0 && order % 2 === 0 ? -1 : 1;
              const expected = factor === 0
                ? 0
                : sign * factor * size ** (p - order + 1);
              const what = `order ${order} of ${name}(${x}), ${mode}`;
              for (const actual of [primal(d(x)), compiled(x) as number]) {
                // Products of tiny numbers may be lost among subnormal ones.
                if (Math.abs(expected) < 1e-290) {
                  assertClose(actual / 1e-290, expected / 1e-290, 1e-12, what);
                } else assertClose(actual / expected, 1, 1e-12, what);
              }
            }
          }
          factor *= p - order + 1;
          compiled[Symbol.dispose]();
        }
      }
    });
  }
});
