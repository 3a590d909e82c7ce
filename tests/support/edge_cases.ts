// What operations give at the edges of their domains and at their kinks.
import { assertEquals } from "@std/assert";
import { assertClose } from "./numeric.ts";

// ∞ and NaN among the gradients: what the formula's limit is, or DESIGN's table
// where there is none. `undefined`: not promised.
export type Edge = [
  name: string,
  operands: number[],
  value: number,
  gradients: (number | undefined)[],
];
const inf = Infinity, pi = Math.PI, e = Math.exp, ln2 = Math.LN2;
const euler = 0.5772156649015329;
const h = 2 ** -30;

const kinks: Edge[] = [
  ["abs", [0], 0, [0]],
  ["abs", [-0], 0, [0]],
  ["abs", [-inf], inf, [-1]],
  ["abs", [inf], inf, [1]],
  ["abs", [NaN], NaN, [NaN]],
  ["relu", [0], 0, [0]],
  ["relu", [-0], 0, [0]],
  ["relu", [-inf], 0, [0]],
  ["relu", [inf], inf, [1]],
  ["relu", [NaN], NaN, [undefined]],
  ["relu", [5e-324], 5e-324, [1]],
  ["relu", [-5e-324], 0, [0]],
  ["min", [1, 1], 1, [0.5, 0.5]],
  ["max", [1, 1], 1, [0.5, 0.5]],
  ["min", [0, -0], -0, [0.5, 0.5]],
  ["max", [-0, 0], 0, [0.5, 0.5]],
  ["min", [-inf, -inf], -inf, [0.5, 0.5]],
  ["max", [inf, inf], inf, [0.5, 0.5]],
  ["min", [-inf, 3], -inf, [1, 0]],
  ["max", [-inf, 3], 3, [0, 1]],
  ["min", [inf, 3], 3, [0, 1]],
  ["max", [inf, 3], inf, [1, 0]],
  ["min", [NaN, 3], NaN, [undefined, undefined]],
  ["max", [3, NaN], NaN, [undefined, undefined]],
  ["clamp", [0.5, 0, 1], 0.5, [1, 0, 0]],
  ["clamp", [0, 0, 1], 0, [1, 0, 0]],
  ["clamp", [1, 0, 1], 1, [1, 0, 0]],
  ["clamp", [-1, 0, 1], 0, [0, 1, 0]],
  ["clamp", [2, 0, 1], 1, [0, 0, 1]],
  ["clamp", [-inf, 0, 1], 0, [0, 1, 0]],
  ["clamp", [inf, 0, 1], 1, [0, 0, 1]],
  ["clamp", [5, -inf, inf], 5, [1, 0, 0]],
  ["clamp", [1, 1, 1], 1, [1, 0, 0]],
  ["clamp", [NaN, 0, 1], NaN, [undefined, undefined, undefined]],
  ["select", [0, 2, 3], 3, [0, 0, 1]],
  ["select", [-0, 2, 3], 3, [0, 0, 1]],
  ["select", [1, 2, 3], 2, [0, 1, 0]],
  ["select", [-5, 2, 3], 2, [0, 1, 0]],
  ["select", [0, NaN, 3], 3, [0, 0, 1]],
  ["select", [1, inf, NaN], inf, [0, 1, 0]],
];

const steps: Edge[] = [
  ...["sign", "floor", "ceil", "round"].flatMap((name) =>
    [-inf, -2.5, -2, -0.5, -0, 0, 0.5, 1, 1.5, inf, NaN].map((x): Edge => [
      name,
      [x],
      (Math[name as keyof Math] as (x: number) => number)(x),
      [0],
    ])
  ),
  ...([
    // lt, le, gt, ge, eq
    [1, 2, [1, 1, 0, 0, 0]],
    [2, 1, [0, 0, 1, 1, 0]],
    [1, 1, [0, 1, 0, 1, 1]],
    [0, -0, [0, 1, 0, 1, 1]],
    [inf, inf, [0, 1, 0, 1, 1]],
    [-inf, inf, [1, 1, 0, 0, 0]],
    [NaN, 1, [0, 0, 0, 0, 0]],
    [1, NaN, [0, 0, 0, 0, 0]],
    [NaN, NaN, [0, 0, 0, 0, 0]],
  ] as const).flatMap(([a, b, values]) =>
    ["lt", "le", "gt", "ge", "eq"].map((name, i): Edge => [
      name,
      [a, b],
      values[i]!,
      [0, 0],
    ])
  ),
];

const smooth: Edge[] = [
  ["add", [inf, -inf], NaN, [1, 1]],
  ["add", [-0, -0], -0, [1, 1]],
  ["sub", [inf, inf], NaN, [1, -1]],
  ["mul", [0, inf], NaN, [inf, 0]],
  ["mul", [0, -3], -0, [-3, 0]],
  ["div", [1, 0], inf, [inf, -inf]],
  ["div", [1, -0], -inf, [-inf, -inf]],
  ["div", [0, 0], NaN, [inf, NaN]],
  ["div", [1, inf], 0, [0, 0]],
  ["neg", [0], -0, [-1]],
  ["square", [-inf], inf, [-inf]],
  ["square", [-0], 0, [0]],
  ["sqrt", [0], 0, [inf]],
  ["sqrt", [-0], -0, [inf]],
  ["sqrt", [inf], inf, [0]],
  ["sqrt", [-1], NaN, [NaN]],
  ["cbrt", [0], 0, [inf]],
  ["cbrt", [-0], -0, [inf]],
  ["cbrt", [-8], -2, [1 / 12]],
  ["cbrt", [-inf], -inf, [0]],
  ["pow", [0, 0], 1, [0, 0]],
  ["pow", [-0, 0], 1, [0, 0]],
  ["pow", [0, 1], 0, [1, 0]],
  ["pow", [0, 2], 0, [0, 0]],
  ["pow", [0, 0.5], 0, [inf, 0]],
  ["pow", [0, -1], inf, [-inf, -inf]],
  ["pow", [-2, 3], -8, [12, NaN]],
  ["pow", [-2, 2], 4, [-4, NaN]],
  ["pow", [-2, 0], 1, [0, NaN]],
  ["pow", [-2, -1], -0.5, [-0.25, NaN]],
  ["pow", [-8, 1 / 3], NaN, [NaN, NaN]],
  ["pow", [2, 0], 1, [0, ln2]],
  ["pow", [1, 5], 1, [5, 0]],
  ["hypot", [0, 0], 0, [0, 0]],
  ["hypot", [-0, -0], 0, [0, 0]],
  ["hypot", [0, -3], 3, [0, -1]],
  ["hypot", [-3, 4], 5, [-0.6, 0.8]],
  ["hypot", [3e200, 4e200], 5e200, [0.6, 0.8]],
  ["hypot", [3e-200, 4e-200], 5e-200, [0.6, 0.8]],
  ["hypot", [1, inf], inf, [0, undefined]],
  ["exp", [-inf], 0, [0]],
  ["exp", [710], inf, [inf]],
  ["exp", [NaN], NaN, [NaN]],
  ["expm1", [1e-20], 1e-20, [1]],
  ["expm1", [-50], -1, [e(-50)]],
  ["expm1", [-inf], -1, [0]],
  ["log", [0], -inf, [inf]],
  ["log", [inf], inf, [0]],
  ["log", [-1], NaN, [undefined]],
  ["log2", [0], -inf, [inf]],
  ["log2", [0.125], -3, [8 / ln2]],
  ["log10", [0], -inf, [inf]],
  ["log10", [1000], 3, [1 / (1000 * Math.LN10)]],
  ["log1p", [1e-20], 1e-20, [1]],
  ["log1p", [-1], -inf, [inf]],
  ["sin", [-0], -0, [1]],
  ["sin", [inf], NaN, [NaN]],
  ["cos", [inf], NaN, [NaN]],
  ["tan", [0], 0, [1]],
  ["asin", [1], pi / 2, [inf]],
  ["asin", [-1], -pi / 2, [inf]],
  ["asin", [2], NaN, [NaN]],
  // 1 − x² = (1 − x)(1 + x), which x = 1 ∓ 2⁻³⁰ gives exactly; x² is rounded.
  ["asin", [1 - h], Math.asin(1 - h), [1 / Math.sqrt(h * (2 - h))]],
  ["acos", [h - 1], Math.acos(h - 1), [-1 / Math.sqrt(h * (2 - h))]],
  ["acosh", [1 + h], Math.acosh(1 + h), [1 / Math.sqrt(h * (2 + h))]],
  ["atanh", [1 - h], Math.atanh(1 - h), [1 / (h * (2 - h))]],
  ["acos", [1], 0, [-inf]],
  ["acos", [-1], pi, [-inf]],
  ["atan", [inf], pi / 2, [0]],
  ["atan", [-1e200], -pi / 2, [0]],
  ["atan2", [0, 0], 0, [0, 0]],
  ["atan2", [0, 1], 0, [1, 0]],
  ["atan2", [1, 0], pi / 2, [0, -1]],
  ["atan2", [0, -1], pi, [-1, 0]],
  ["atan2", [-0, -1], -pi, [-1, 0]],
  ["atan2", [3e-200, 4e-200], Math.atan2(3, 4), [
    4e-200 / 5e-200 / 5e-200,
    -3e-200 / 5e-200 / 5e-200,
  ]],
  ["atan2", [3e200, 4e200], Math.atan2(3, 4), [
    4e200 / 5e200 / 5e200,
    -3e200 / 5e200 / 5e200,
  ]],
  ["atan2", [inf, inf], pi / 4, [undefined, undefined]],
  ["sinh", [-0], -0, [1]],
  ["cosh", [0], 1, [0]],
  ["cosh", [-inf], inf, [-inf]],
  ["tanh", [inf], 1, [0]],
  ["tanh", [-inf], -1, [0]],
  ["asinh", [1e300], Math.asinh(1e300), [1e-300]],
  ["asinh", [-inf], -inf, [0]],
  ["acosh", [1], 0, [inf]],
  ["acosh", [1e300], Math.acosh(1e300), [1e-300]],
  ["acosh", [0.5], NaN, [NaN]],
  ["atanh", [1], inf, [inf]],
  ["atanh", [-1], -inf, [inf]],
  ["sigmoid", [0], 0.5, [0.25]],
  ["sigmoid", [inf], 1, [0]],
  ["sigmoid", [-inf], 0, [0]],
  ["sigmoid", [40], 1, [e(-40)]],
  ["sigmoid", [700], 1, [e(-700)]],
  ["sigmoid", [-700], e(-700), [e(-700)]],
  ["sigmoid", [-745], 5e-324, [5e-324]],
  ["sigmoid", [-800], 0, [0]],
  ["sigmoid", [800], 1, [0]],
  ["softplus", [0], ln2, [0.5]],
  ["softplus", [inf], inf, [1]],
  ["softplus", [-inf], 0, [0]],
  ["softplus", [1000], 1000, [1]],
  ["softplus", [-700], e(-700), [e(-700)]],
  ["erf", [0], 0, [2 / Math.sqrt(pi)]],
  ["erf", [-0], -0, [2 / Math.sqrt(pi)]],
  ["erf", [inf], 1, [0]],
  ["erf", [-inf], -1, [0]],
  ["erf", [30], 1, [0]],
  ["erf", [NaN], NaN, [NaN]],
  ["erfc", [0], 1, [-2 / Math.sqrt(pi)]],
  ["erfc", [inf], 0, [0]],
  ["erfc", [-inf], 2, [0]],
  ["erfc", [10], 2.088487583762545e-45, [-2 / Math.sqrt(pi) * e(-100)]],
  ["erfc", [30], 0, [0]],
  ["erfc", [NaN], NaN, [NaN]],
  ["lgamma", [1], 0, [-euler]],
  ["lgamma", [2], 0, [1 - euler]],
  ["lgamma", [0], inf, [-inf]],
  ["lgamma", [-0], inf, [inf]],
  ["lgamma", [-1], inf, [NaN]],
  ["lgamma", [-0.5], Math.log(4 * pi) / 2, [2 - euler - 2 * ln2]],
  ["lgamma", [inf], inf, [inf]],
  ["lgamma", [1e306], inf, [Math.log(1e306)]],
  ["lgamma", [1e-300], -Math.log(1e-300), [-1e300]],
  ["lgamma", [NaN], NaN, [NaN]],
  ["digamma", [1], -euler, [pi * pi / 6]],
  ["digamma", [0.5], -euler - 2 * ln2, [pi * pi / 2]],
  ["digamma", [0], -inf, [inf]],
  ["digamma", [-0], inf, [inf]],
  ["digamma", [-2], NaN, [inf]],
  ["digamma", [inf], inf, [0]],
  ["digamma", [1e300], Math.log(1e300), [1e-300]],
  ["digamma", [NaN], NaN, [NaN]],
  // Of order 2.
  ["polygamma", [0.5], -14 * 1.2020569031595942, [pi ** 4]],
  ["polygamma", [0], -inf, [inf]],
  ["polygamma", [-0], inf, [inf]],
  ["polygamma", [-1], NaN, [inf]],
  ["polygamma", [inf], -0, [0]],
  ["polygamma", [NaN], NaN, [NaN]],
  ["logAddExp", [1000, 1000], 1000 + ln2, [0.5, 0.5]],
  ["logAddExp", [-1000, -1000], -1000 + ln2, [0.5, 0.5]],
  ["logAddExp", [1000, -1000], 1000, [1, 0]],
  ["logAddExp", [0, -700], e(-700), [1, e(-700)]],
  ["logAddExp", [-inf, -inf], -inf, [0.5, 0.5]],
  ["logAddExp", [inf, inf], inf, [0.5, 0.5]],
  ["logAddExp", [inf, -inf], inf, [1, 0]],
  ["logAddExp", [-inf, 5], 5, [0, 1]],
  ["logAddExp", [NaN, 5], NaN, [NaN, NaN]],
  ["logSumExp", [1000, 1000, 1000, 1000], 1000 + 2 * ln2, [
    0.25,
    0.25,
    0.25,
    0.25,
  ]],
  ["logSumExp", [-1000, -1000], -1000 + ln2, [0.5, 0.5]],
  ["logSumExp", [0, -700], e(-700), [1, e(-700)]],
  ["logSumExp", [-inf, -inf], -inf, [0.5, 0.5]],
  ["logSumExp", [inf, inf, 0], inf, [0.5, 0.5, 0]],
  ["logSumExp", [-inf, 5], 5, [0, 1]],
  ["logSumExp", [3], 3, [1]],
  ["logSumExp", [1, NaN], NaN, [NaN, NaN]],
  ["logSumExp", [inf, NaN], NaN, [undefined, undefined]],
  ["logSumExp", [NaN, -inf], NaN, [undefined, undefined]],
  ["sum", [inf, -inf, 1], NaN, [1, 1, 1]],
  ["mean", [inf, 1], inf, [0.5, 0.5]],
];

/** All edges, DESIGN's table among them. */
export const edges: readonly Edge[] = [...kinks, ...steps, ...smooth];

/** How an edge is called. */
export function edgeName([name, operands]: Edge): string {
  const printed = operands.map((x) => Object.is(x, -0) ? "-0" : x);
  return `${name}(${printed.join(", ")})`;
}

/** Asserts that a number is an edge's: 0 with its sign, others of any size to 10⁻¹⁵. */
export function assertEdge(
  actual: number,
  expected: number,
  what: string,
): void {
  // Not `assertEquals` of the numbers: it takes −0 for 0.
  if (expected === 0) assertEquals(Object.is(actual, expected), true, what);
  else {
    const size = unit(expected);
    // A few units in the last place, for functions that `Math` rounds too.
    assertClose(actual / size, expected / size, 1e-15, what);
  }
}

/** A power of two that brings a number of any size to 1 … 2; 1 where there is none. */
function unit(x: number): number {
  const size = 2 ** Math.floor(Math.log2(Math.abs(x)));
  return size > 0 && size < inf ? size : 1;
}
