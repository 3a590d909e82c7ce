import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import {
  abs,
  acosh,
  add,
  cbrt,
  clamp,
  defineOperation,
  div,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  log,
  max,
  min,
  mul,
  pow,
  primal,
  relu,
  type Scalar,
  select,
  sin,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  vjp,
} from "../../mod.ts";
import {
  ADD,
  type Binary,
  DIV,
  MUL,
  primitiveOf,
  SUB,
} from "../../src/primitives.ts";
import { seededRandom } from "../support/numeric.ts";
import { randomProgram } from "../support/random_program.ts";

type Program = (xs: readonly Scalar[]) => Scalar;

/** Bit for bit, but for the payload of NaN; `assertEquals` takes −0 for 0. */
function assertSame(
  actual: readonly Scalar[],
  expected: readonly Scalar[],
  what: string,
): void {
  assertEquals(actual.length, expected.length, what);
  const same = actual.every((x, i) => Object.is(x, expected[i]));
  assert(same, `${what}: ${actual}, expected ${expected}`);
}

/** The gradient as a sweep that is recorded, because a function around may see it. */
function emittedGradient(f: Program, x: readonly number[]): number[] {
  let gradient: number[] = [];
  grad((x: readonly Scalar[]) => {
    const emitted = grad(f)(x);
    gradient = emitted.map(primal);
    return sum(emitted);
  })(x);
  return gradient;
}

/** The directional derivative, as a sweep that is recorded. */
function emittedTangent(
  f: Program,
  x: readonly number[],
  v: readonly number[],
): number {
  let tangent = NaN;
  grad((x: readonly Scalar[]) => {
    const emitted = jvp(f)(x, v).tangent;
    tangent = primal(emitted);
    return emitted;
  })(x);
  return tangent;
}

const ARITHMETIC = { add, sub, mul, div };
type Name = keyof typeof ARITHMETIC;
const NAMES = Object.keys(ARITHMETIC) as Name[];
const CODES = { add: ADD, sub: SUB, mul: MUL, div: DIV };

/** The same operations by nothing but the value and the rules of their rows. */
const BY_RULES = Object.fromEntries(NAMES.map((name) => {
  const { value, partials } = primitiveOf(CODES[name]) as Binary;
  return [
    name,
    defineOperation({ name, value, partials: partials as never }),
  ];
})) as unknown as Record<Name, (a: Scalar, b: Scalar) => Scalar>;

// deno-fmt-ignore
const SPECIAL = [
  0, -0, 1, -1, 3, -0.1, 1e308, -1e308, 5e-324, Infinity, -Infinity, NaN,
];

describe("the hand-written paths of arithmetic", () => {
  /** Where the operands are: other things may lie between them on the tape. */
  const PLACES: Record<string, (f: typeof add) => Program> = {
    "two arguments": (f) => ([a, b]) => f(a!, b!),
    "two arguments, swapped": (f) => ([a, b]) => f(b!, a!),
    "one argument twice": (f) => ([a]) => f(a!, a!),
    "with a constant after": (f) => ([a, b]) => f(a!, primal(b!)),
    "with a constant before": (f) => ([a, b]) => f(primal(a!), b!),
    "the entry just before, on the left": (f) => ([a, b]) =>
      f(stopGradient(a!), b!),
    "the entry just before, on the right": (f) => ([a, b]) =>
      f(a!, stopGradient(b!)),
    "the entry just before, twice": (f) => ([a, b]) => {
      const x = f(a!, b!);
      return f(x, x);
    },
    "both used before": (f) => ([a, b]) => {
      const x = f(a!, b!), y = f(b!, x);
      return f(f(x, y), f(y, x));
    },
  };

  for (const name of NAMES) {
    for (const [place, at] of Object.entries(PLACES)) {
      it(`are the rules to the bit: ${name}, ${place}`, () => {
        const byHand = at(ARITHMETIC[name] as typeof add);
        const byRules = at(BY_RULES[name] as typeof add);
        for (const a of SPECIAL) {
          for (const b of SPECIAL) {
            const what = `${name}(${a}, ${b})`;
            const hand = vjp(byHand)([a, b]), rules = vjp(byRules)([a, b]);
            assertSame([hand.value], [rules.value], what);
            for (const c of SPECIAL) {
              assertSame(
                hand.pullback(c),
                rules.pullback(c),
                `${what} by ${c}`,
              );
            }
            for (const v of [[1, 0], [0, 1], [2, -3], [0, 0], [a, b]]) {
              assertSame(
                [jvp(byHand)([a, b], v).tangent],
                [jvp(byRules)([a, b], v).tangent],
                `${what} along ${v}`,
              );
            }
          }
        }
      });
    }
  }

  it("are the rules to the bit in random programs of arithmetic", () => {
    for (let seed = 0; seed < 200; seed++) {
      const random = seededRandom(seed);
      const below = (n: number) => Math.floor(random() * n);
      const point = Array.from({ length: 3 }, () => 4 * random() - 2);
      const steps = Array.from({ length: 60 }, (_, i) => ({
        name: NAMES[below(4)]!,
        operands: [below(3 + i), Math.max(0, 2 + i - below(3))] as const,
      }));
      const program = (
        language: Record<Name, (a: Scalar, b: Scalar) => Scalar>,
      ): Program =>
      (xs) => {
        const values = [...xs];
        for (const { name, operands: [a, b] } of steps) {
          values.push(language[name](values[a]!, values[b]!));
        }
        return values[values.length - 1]!;
      };
      const byHand = program(ARITHMETIC as never), byRules = program(BY_RULES);
      assertSame(grad(byHand)(point), grad(byRules)(point), `seed ${seed}`);
      const v = [1, -2, 0.5];
      assertSame(
        [jvp(byHand)(point, v).tangent],
        [jvp(byRules)(point, v).tangent],
        `seed ${seed}`,
      );
    }
  });
});

describe("what the output does not depend on", () => {
  // Each has a partial derivative that is not finite, at 1.
  const POISONS: Record<string, (x: Scalar) => Scalar> = {
    "√0": (x) => sqrt(sub(x, x)),
    "∛0": (x) => cbrt(sub(x, x)),
    "log 0": (x) => log(sub(x, 1)),
    "1/0": (x) => div(x, sub(x, x)),
    "0/0": (x) => div(sub(x, x), sub(x, x)),
    "0^½": (x) => pow(sub(x, x), 0.5),
    "0^−1": (x) => pow(sub(x, x), mul(-1, x)),
    "∞·x": (x) => mul(Infinity, x),
    "∞·x, by variables": (x) => mul(div(x, sub(x, x)), x),
    "NaN·x": (x) => mul(NaN, x),
    "NaN + log": (x) => add(NaN, log(sub(x, x))),
    "a list with √0": (x) => sum([x, sqrt(sub(x, x)), x]),
    "acosh 1": (x) => acosh(x),
    "√0 through many": (x) => sin(mul(square(sqrt(sub(x, x))), x)),
    "a derivative": (x) => grad((y: Scalar) => sqrt(sub(y, x)))(x),
  };
  type Use = (poison: (x: Scalar) => Scalar) => (x: Scalar) => Scalar;
  // Ways in which nothing of it reaches the output, which is x².
  const USES: Record<string, Use> = {
    "not used": (poison) => (x) => {
      poison(x);
      return mul(x, x);
    },
    "not used, afterwards": (poison) => (x) => {
      const y = mul(x, x);
      poison(y);
      poison(x);
      return y;
    },
    "passed on as a number": (poison) => (x) => {
      const y = poison(x);
      return Number.isFinite(primal(y)) ? mul(x, x) : square(x);
    },
    "behind stopGradient": (poison) => (x) =>
      select(0, stopGradient(poison(x)), mul(x, x)),
    "the condition": (poison) => (x) =>
      select(add(1, square(poison(x))), mul(x, x), 0),
  };
  const one = (f: (x: Scalar) => Scalar): Program => ([x]) => f(x!);
  const WAYS: Record<string, (f: (x: Scalar) => Scalar) => unknown[]> = {
    "grad": (f) => [grad(f)(1)],
    "vjp": (f) => [vjp(f)(1).pullback(1)],
    "jvp": (f) => [jvp(f)(1, 1).tangent],
    "jacobian, forward": (f) =>
      jacobian((x: Scalar) => [f(x), f(x)])(1).map(([d]) => d),
    "jacobian, reverse": (f) =>
      jacobian(([x]: readonly Scalar[]) => f(x!))([1, 1])[0]!.slice(0, 1),
    "grad, recorded": (f) => emittedGradient(one(f), [1]),
    "jvp, recorded": (f) => [emittedTangent(one(f), [1], [1])],
    "pullback, recorded": (f) => {
      const { pullback } = vjp(f)(1);
      return [jvp(pullback)(1, 0).value];
    },
  };
  for (const [way, derivative] of Object.entries(WAYS)) {
    it(`never makes its derivative NaN: ${way}`, () => {
      for (const [poison, of] of Object.entries(POISONS)) {
        for (const [use, make] of Object.entries(USES)) {
          for (const d of derivative(make(of))) {
            assertEquals(d, 2, `${poison}, ${use}`);
          }
        }
      }
    });
  }

  it("never makes second derivatives NaN", () => {
    for (const [poison, of] of Object.entries(POISONS)) {
      // Through these uses, the second derivatives of the poison are as dead.
      for (const use of ["not used", "not used, afterwards"]) {
        const f = USES[use]!(of), what = `${poison}, ${use}`;
        assertEquals(grad(grad(f))(1), 2, what);
        assertEquals(hessian(f)(1), [[2]], what);
        assertEquals(hvp(f)(1, 1), 2, what);
        assertEquals(grad((x: Scalar) => jvp(f)(x, 1).tangent)(1), 2, what);
        assertEquals(jvp(grad(f))(1, 1).tangent, 2, what);
      }
    }
  });

  it("never makes the other rows of a Jacobian NaN", () => {
    const f = (n: number) => ([x, y]: readonly Scalar[]) => [
      mul(x!, y!),
      sqrt(sub(x!, x!)),
      ...Array.from({ length: n }, () => y!),
    ];
    for (const n of [0, 3]) {
      const rows = jacobian(f(n))([2, 3]);
      assertEquals(rows[0], [3, 2]);
      assertEquals(rows.slice(2), Array.from({ length: n }, () => [0, 1]));
    }
    // By reverse sweeps, there being more inputs than outputs.
    const wide = jacobian(([x, y, z]: readonly Scalar[]) => [
      mul(x!, y!),
      sqrt(z!),
    ])([2, 3, 0]);
    assertEquals(wide, [[3, 2, 0], [0, 0, Infinity]]);
  });

  it("is no matter of what is a constant", () => {
    // 0 for the constant's tangent, times the other operand.
    const products: [(x: Scalar) => Scalar, at: number, expected: number][] = [
      [(x) => mul(x, 2), Infinity, 2],
      [(x) => mul(2, x), -Infinity, 2],
      [(x) => div(x, 2), Infinity, 0.5],
      [(x) => mul(x, sqrt(0)), 1, 0],
      [(x) => add(x, sqrt(stopGradient(x))), 0, 1],
      [(x) => mul(x, pow(0, 0.5)), 1, 0],
      [(x) => sum([x, div(1, mul(stopGradient(x), 0))]), 1, 1],
    ];
    for (const [f, at, expected] of products) {
      assertEquals(grad(f)(at), expected);
      assertEquals(jvp(f)(at, 1).tangent, expected);
      assertEquals(emittedGradient(one(f), [at]), [expected]);
      assertEquals(emittedTangent(one(f), [at], [1]), expected);
    }
  });

  it("stays NaN where the output does depend on it", () => {
    const dependent: ((x: Scalar) => Scalar)[] = [
      (x) => mul(0, sqrt(sub(x, x))),
      (x) => log(mul(sub(x, x), sqrt(sub(x, x)))),
      (x) => max(sqrt(sub(x, x)), sqrt(sub(x, x))),
      (x) => mul(NaN, x),
    ];
    for (const [i, f] of dependent.entries()) {
      assertEquals(grad(f)(1), NaN, `${i}`);
      assertEquals(jvp(f)(1, 1).tangent, NaN, `${i}`);
      assertEquals(emittedGradient(one(f), [1]), [NaN], `${i}`);
      assertEquals(emittedTangent(one(f), [1], [1]), NaN, `${i}`);
    }
  });
});

describe("a switch that is off", () => {
  const OFF: Record<string, (x: Scalar) => Scalar> = {
    relu: (x) => relu(mul(x, -1)),
    max: (x) => max(x, 5),
    min: (x) => min(-5, x),
    abs: (x) => abs(sub(x, x)),
    clamp: (x) => clamp(x, 2, 3),
    "clamp's bounds": (x) => clamp(0, mul(x, -1), x),
    select: (x) => select(0, x, 2),
    "select's condition": (x) => select(x, 2, 3),
  };
  for (const [what, off] of Object.entries(OFF)) {
    it(`stops an infinite adjoint: ${what}`, () => {
      const f = (x: Scalar) => mul(off(x), Infinity);
      assertEquals(grad(f)(1), 0);
      assertEquals(emittedGradient(([x]) => f(x!), [1]), [0]);
      const { pullback } = vjp(off)(1);
      assertEquals(pullback(Infinity), 0);
      assertEquals(jvp(pullback)(Infinity, 0).value, 0);
      // Before it, in forward mode: the tangent of √0 is infinite.
      const g = ([x]: readonly Scalar[]) =>
        off(add(1, sqrt(sub(x!, stopGradient(x!)))));
      assertEquals(jvp(g)([1], [1]).tangent, 0);
      assertEquals(emittedTangent(g, [1], [1]), 0);
    });
  }
});

describe("sweeps that are recorded", () => {
  const SEEDS = Array.from({ length: 200 }, (_, seed) => seed);

  it("are those that are computed, to the bit: reverse", () => {
    for (const seed of SEEDS) {
      const { run, point } = randomProgram(seed);
      assertSame(
        emittedGradient(run, point),
        grad(run)(point),
        `seed ${seed}`,
      );
    }
  });

  it("are those that are computed, to the bit: forward", () => {
    for (const seed of SEEDS) {
      const { run, point } = randomProgram(seed);
      const random = seededRandom(seed);
      for (const zeros of [false, true]) {
        const v = point.map((_, i) => zeros && i > 0 ? 0 : random() - 0.5);
        assertSame(
          [emittedTangent(run, point, v)],
          [jvp(run)(point, v).tangent],
          `seed ${seed}`,
        );
      }
    }
  });

  it("are those that are computed, to the bit: a pullback's", () => {
    for (const seed of SEEDS) {
      const { run, point } = randomProgram(seed);
      const f = (xs: readonly Scalar[]) => [run(xs), mul(xs[0]!, run(xs))];
      const { pullback } = vjp(f)(point);
      const w = [-1.5, 0.25];
      assertSame(
        jvp(pullback)(w, [0, 0]).value,
        pullback(w),
        `seed ${seed}`,
      );
    }
  });

  it("are those that are computed, to the bit: with special values", () => {
    for (const name of NAMES) {
      const f: Program = ([a, b]) => {
        const c = ARITHMETIC[name](a!, b!);
        return mul(c, ARITHMETIC[name](c, a!));
      };
      for (const a of SPECIAL) {
        for (const b of SPECIAL) {
          const what = `${name}, ${a}, ${b}`;
          assertSame(emittedGradient(f, [a, b]), grad(f)([a, b]), what);
        }
      }
    }
  });
});
