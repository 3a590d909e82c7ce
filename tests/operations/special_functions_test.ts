import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertThrows } from "@std/assert";
import {
  digamma,
  erf,
  erfc,
  grad,
  hypot,
  lgamma,
  logAddExp,
  logSumExp,
  Node,
  polygamma,
  primal,
  type Scalar,
  sigmoid,
  softplus,
} from "../../mod.ts";
import { assertClose } from "../support/numeric.ts";
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

// Below 0 the gamma functions and those of even order have roots, of which all but
// the nearest to 0 lie so near to a pole that doubles hardly tell them apart. There
// likewise an error is measured by what half a unit in the last place of x causes.
function belowZero(
  slope: (x: number) => number,
): (xs: readonly number[], value: number) => number {
  return (xs, value) => {
    const x = xs.at(-1)!;
    return Math.abs(value) + (x < 0 ? Math.abs(x * slope(x)) : 0);
  };
}

// The bounds are what 20,000 other points gave (1.9, 5.8, 2.4, 1.8, 2.4, 1.8, 1.9,
// 3.3, 5.0 and 6.6), rounded up; a correctly rounded function would have 1.
const functions: Record<string, Accuracy> = {
  erf: { apply: erf, bound: 2 },
  erfc: { apply: erfc, bound: 6 },
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
  lgamma: { apply: lgamma, bound: 3.5, scale: belowZero(digamma) },
  digamma: {
    apply: digamma,
    bound: 5,
    scale: belowZero((x) => polygamma(1, x)),
  },
  // Of orders up to 5; it is 10 for orders up to 20 at positive x.
  polygamma: {
    apply: polygamma as Accuracy["apply"],
    bound: 7,
    scale: (xs, value) => belowZero((x) => polygamma(xs[0]! + 1, x))(xs, value),
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

  it("has its values in the books", () => {
    // DLMF 5.4 and 5.15: γ is Euler's constant, ζ(3) Apéry's.
    const euler = 0.5772156649015329, apery = 1.2020569031595942, pi = Math.PI;
    const values: [number, number][] = [
      [lgamma(1), 0],
      [lgamma(2), 0],
      [lgamma(0.5), Math.log(pi) / 2],
      [lgamma(-0.5), Math.log(4 * pi) / 2],
      [lgamma(171), 706.5730622457874],
      [lgamma(2.5e305), 1.7555118602376452e308],
      [digamma(1), -euler],
      [digamma(0.5), -euler - 2 * Math.LN2],
      [digamma(2), 1 - euler],
      [polygamma(0, 1), -euler],
      [polygamma(1, 1), pi ** 2 / 6],
      [polygamma(1, 0.5), pi ** 2 / 2],
      [polygamma(1, -0.5), pi ** 2 / 2 + 4],
      [polygamma(2, 1), -2 * apery],
      [polygamma(2, 0.5), -14 * apery],
      [polygamma(3, 1), pi ** 4 / 15],
      [polygamma(3, 0.5), pi ** 4],
    ];
    values.forEach(([actual, expected], i) => {
      assertClose(actual / (expected || 1), expected && 1, 1e-15, `row ${i}`);
    });
  });

  it("knows its poles", () => {
    for (const pole of [-1, -2, -3, -170, -(2 ** 53), -1e300]) {
      assertEquals(lgamma(pole), Infinity);
      assertEquals(digamma(pole), NaN);
      for (let n = 1; n < 5; n++) {
        assertEquals(polygamma(n, pole), n % 2 === 1 ? Infinity : NaN);
      }
    }
    assertEquals([0, -0].map((x) => lgamma(x)), [Infinity, Infinity]);
    for (const n of [0, 2, 4]) {
      assertEquals(polygamma(n, 0), -Infinity);
      assertEquals(polygamma(n, -0), Infinity);
    }
    assertEquals([0, -0].map((x) => polygamma(3, x)), [Infinity, Infinity]);
    for (const f of [lgamma, digamma, (x: number) => polygamma(4, x)]) {
      assertEquals(f(NaN), NaN);
    }
    assertEquals([lgamma(-Infinity), digamma(-Infinity)], [Infinity, NaN]);
    assertEquals(polygamma(1, -Infinity), NaN);
  });

  it("has orders beyond the range of n!: polygamma", () => {
    // With mpmath at 400 bits.
    const values: [number, number, number][] = [
      [170, 10, -7.257416221531799e135],
      [171, 10, 1.241018164457811e137],
      [180, 300, -1.9485830474810263e-119],
      [171, 1.5, 6.398549700193178e278],
      [20, 1e-10, -2.43290200817664e228],
    ];
    for (const [n, x, expected] of values) {
      const error = polygamma(n, x) / expected - 1;
      assertEquals(Math.abs(error) < (n > 170 ? 1e-12 : 1e-14), true, `${n}`);
    }
  });

  it("refuses an order that is none: polygamma", () => {
    for (const [n, what] of [[1.5, "1.5"], [-1, "-1"], [NaN, "NaN"]] as const) {
      assertEquals(
        assertThrows(() => polygamma(n, 1), RangeError).message,
        `Cannot polygamma: the order is the number ${what}, expected a whole ` +
          "number from 0 up",
      );
    }
    for (const n of [new Node(1), "1", undefined]) {
      assertThrows(
        () => polygamma(n as never, 1),
        TypeError,
        "Cannot polygamma: the order is ",
      );
    }
  });

  it("is accurate in its tail, and its derivatives are: erfc", () => {
    // −2/√π · e^(−x²), and −2x times that, with mpmath at 400 bits.
    const values: [number, number, number][] = [
      [-26.1, -1.6095743479277808e-296, -8.401978096183016e-295],
      [-5.3, -7.130550543752623e-13, -7.55838357637778e-12],
      [0.7, -0.6912748604105386, 0.967784804574754],
      [3.3, -2.1037210443580336e-5, 0.0001388455889276302],
      [10.1, -5.624383951544329e-45, 1.1361255582119543e-43],
      [19.7, -3.214471484391453e-169, 1.2665017648502326e-167],
      [26.3, -4.5217325541611525e-301, 2.3784313234887663e-299],
    ];
    for (const [x, first, second] of values) {
      const slope = (x: Scalar) => grad((x: Scalar) => erfc(x))(x);
      const actual = grad(slope)(x);
      assertClose(primal(slope(x)) / first, 1, 1e-15, `erfc′(${x})`);
      assertClose(actual / second, 1, 1e-15, `erfc″(${x})`);
    }
  });

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
      [erfc(max), 0],
      [erfc(-max), 2],
      [erfc(min), 1],
      [lgamma(max), Infinity],
      [lgamma(2.6e305), Infinity],
      [lgamma(min), -Math.log(min)],
      [lgamma(-min), -Math.log(min)],
      [lgamma(-max), Infinity],
      [digamma(max), Math.log(max)],
      [digamma(min), -Infinity],
      [digamma(-min), Infinity],
      [digamma(-max), NaN],
      [polygamma(1, max), 1 / max],
      [polygamma(2, max), -0],
      [polygamma(1, min), Infinity],
      [polygamma(2, -min), Infinity],
      [polygamma(300, 1), -Infinity],
      [polygamma(300, -0.3), Infinity],
      [polygamma(300, -0.7), -Infinity],
      [polygamma(301, -0.7), Infinity],
      [polygamma(300, Infinity), -0],
      [polygamma(1e200, 0.5e200), -0],
      [polygamma(max, 1), -Infinity],
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
