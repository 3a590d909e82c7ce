import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import {
  erf,
  hypot,
  logAddExp,
  logSumExp,
  sigmoid,
  softplus,
} from "../../mod.ts";
import { references } from "../support/special_functions_data.ts";

const UNIT = 2 ** -53;
const LEAST_NORMAL = 2 ** -1022;

interface Accuracy {
  readonly apply: (...xs: number[]) => number;
  /** The largest error allowed, in units of 2⁻⁵³ of the scale. */
  readonly bound: number;
  /** What the error is measured by; the value's own size by default. */
  readonly scale?: (xs: readonly number[], value: number) => number;
}

// A sum of logarithms may cancel: near its root, an error of half a unit in the
// last place of an operand is a large part of the value. What can be asked there
// is an error of the size that such operands cause: Σ |x · ∂y/∂x|, where
// ∂y/∂x = e^(x − y).
function conditionedScale(xs: readonly number[], value: number): number {
  const caused = xs.map((x) => Math.abs(x) * Math.exp(x - value));
  return Math.abs(value) + caused.reduce((a, b) => a + b);
}

// The bounds are what 20,000 other points gave (1.85, 2.34, 1.72, 2.34, 1.71 and 1.87),
// rounded up; a correctly rounded function would have 1.
const functions: Record<string, Accuracy> = {
  erf: { apply: erf, bound: 2 },
  sigmoid: { apply: sigmoid, bound: 2.5 },
  softplus: { apply: softplus, bound: 2 },
  hypot: { apply: hypot as Accuracy["apply"], bound: 2.5 },
  logAddExp: {
    apply: logAddExp as Accuracy["apply"],
    bound: 2,
    scale: conditionedScale,
  },
  logSumExp: {
    apply: (...xs) => logSumExp(xs),
    bound: 2,
    scale: conditionedScale,
  },
};

interface Reference {
  readonly xs: readonly number[];
  readonly value: number;
  /** What the value lacks, in units of 2⁻⁵³ of its size. */
  readonly remainder: number;
}

function parse(entries: string): Reference[] {
  return entries.trim().split(";").slice(0, -1).map((entry) => {
    const xs = entry.trim().split(" ").map(Number);
    const [value, hundredths] = xs.splice(-2) as [number, number];
    return { xs, value, remainder: hundredths / 100 };
  });
}

describe("a special function", () => {
  it("has its references", () => {
    assertEquals(Object.keys(references), Object.keys(functions));
    for (const entries of Object.values(references)) {
      assertEquals(parse(entries).length, 200);
    }
  });

  for (const [name, { apply, bound, scale }] of Object.entries(functions)) {
    it(`is accurate over the whole range: ${name}`, () => {
      for (const { xs, value, remainder } of parse(references[name]!)) {
        const size = Math.max(Math.abs(value), LEAST_NORMAL);
        const error = (apply(...xs) - value) / size / UNIT - remainder;
        const measure = Math.max(scale?.(xs, value) ?? 0, size);
        const units = Math.abs(error) * (size / measure);
        assertEquals(units <= bound, true, `${name}(${xs}): ${units} units`);
      }
    });
  }

  it("is odd: erf", () => {
    for (const { xs: [x] } of parse(references["erf"]!)) {
      assertEquals(erf(-x!), -erf(x!));
    }
  });

  it("does not overflow, underflow or fail at the ends of its range", () => {
    const max = Number.MAX_VALUE, min = Number.MIN_VALUE;
    const ends: [number, number][] = [
      [erf(max), 1],
      [erf(-max), -1],
      [erf(min), min],
      [sigmoid(max), 1],
      [sigmoid(-max), 0],
      [sigmoid(min), 0.5],
      [softplus(max), max],
      [softplus(-max), 0],
      [softplus(min), Math.LN2],
      [hypot(max, 0), max],
      [hypot(max, max), Infinity],
      [hypot(min, 0), min],
      [logAddExp(max, max), max],
      [logAddExp(-max, -max), -max],
      [logAddExp(max, -max), max],
      [logSumExp([max, max, -max]), max],
      [logSumExp([-max, -max]), -max],
      [logSumExp([min, -max]), min],
    ];
    ends.forEach(([actual, expected], i) => {
      assertEquals(actual, expected, `row ${i}`);
    });
  });
});
