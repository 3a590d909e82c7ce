import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  add,
  backward,
  clamp,
  div,
  dot,
  gt,
  log,
  logSumExp,
  max,
  mean,
  min,
  mul,
  Node,
  postOrder,
  primal,
  relu,
  type Scalar,
  select,
  sqrt,
  stopGradient,
  sum,
} from "../mod.ts";
import * as operations from "../src/operations.ts";
import { assertClose, partialDerivative, seededRandom } from "./numeric.ts";
import {
  type OperationCase,
  operationTable,
  samplePoint,
} from "./operation_table.ts";

const POINTS = 50;

function pointsOf(operation: OperationCase): number[][] {
  const random = seededRandom(2);
  return Array.from({ length: POINTS }, () => samplePoint(operation, random));
}

/** Every choice of the operands that are Nodes, at least one. */
function patterns(arity: number): boolean[][] {
  return Array.from(
    { length: 2 ** arity - 1 },
    (_, bits) =>
      Array.from({ length: arity }, (_, i) => ((bits + 1) >> i) % 2 === 1),
  );
}

function caseOf(name: string): OperationCase {
  return operationTable.find((operation) => operation.name === name)!;
}

describe("the table of operations", () => {
  it("has a row for every operation there is", () => {
    const names = operationTable.map(({ name }) => name);
    names.push("stopGradient", "primal");
    assertEquals(names.sort(), Object.keys(operations).sort());
  });
});

describe("an operation", () => {
  for (const operation of operationTable) {
    const { name, apply, reference, tolerance, domain } = operation;

    it(`of numbers is that number: ${name}`, () => {
      for (const point of pointsOf(operation)) {
        const value = apply(...point);
        assertEquals(typeof value, "number");
        assertClose(
          value as number,
          reference(...point),
          tolerance,
          `${name}(${point})`,
        );
      }
    });

    it(`has its value and derivatives in every operand pattern: ${name}`, () => {
      for (const point of pointsOf(operation)) {
        for (const pattern of patterns(domain.length)) {
          const operands = point.map((x, i) => pattern[i] ? new Node(x) : x);
          const y = apply(...operands) as Node;
          assertInstanceOf(y, Node);
          assertEquals(y.value, apply(...point));
          const leaves = operands.filter((x) => x instanceof Node);
          assertEquals(postOrder(y).length, leaves.length + 1);
          // An adjoint other than 1: it must be multiplied in.
          backward(mul(y, -2.5));
          operands.forEach((x, i) => {
            if (!(x instanceof Node)) return;
            const expected = -2.5 * partialDerivative(reference, point, i);
            assertClose(x.grad, expected, 1e-8, `∂${name}(${point}), ${i}`);
          });
        }
      }
    });

    if (domain.length === 1) continue;
    it(`adds up where one Node stands in all places: ${name}`, () => {
      const diagonal = (x: number) => reference(...domain.map(() => x));
      for (const [point] of pointsOf(operation)) {
        const size = Math.abs(point!);
        const x = new Node(size);
        backward(mul(apply(...domain.map(() => x)), -2.5));
        const expected = -2.5 * partialDerivative(diagonal, [size], 0);
        assertClose(
          x.grad,
          expected,
          1e-8,
          `∂${name} on the diagonal, ${size}`,
        );
      }
    });
  }

  it("gives 0 to both sides of a flat one, and takes its Nodes into the graph", () => {
    for (const name of ["lt", "le", "gt", "ge", "eq"]) {
      const a = new Node(1), b = new Node(2);
      const y = caseOf(name).apply(a, b);
      backward(y);
      assertEquals([postOrder(y).length, a.grad, b.grad], [3, 0, 0], name);
    }
  });
});

// ∞ and NaN among the gradients: what the formula's limit is, or DESIGN's table
// where there is none. `undefined`: not promised.
type Edge = [
  name: string,
  operands: number[],
  value: number,
  gradients: (number | undefined)[],
];
const inf = Infinity, pi = Math.PI, e = Math.exp, ln2 = Math.LN2;
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

describe("at an edge", () => {
  for (
    const [name, operands, value, gradients] of [...kinks, ...steps, ...smooth]
  ) {
    const printed = operands.map((x) => Object.is(x, -0) ? "-0" : x).join(", ");
    it(`${name}(${printed}) is ${value}, its derivatives ${gradients}`, () => {
      const { apply } = caseOf(name);
      const near = (actual: number, expected: number, what: string) => {
        const zero = expected === 0;
        // Not `assertEquals`: it takes −0 for 0.
        if (zero) assertEquals(Object.is(actual, expected), true, what);
        // A few units in the last place, for functions that `Math` rounds too.
        else {assertClose(
            actual / unit(expected),
            expected / unit(expected),
            1e-15,
            what,
          );}
      };
      near(apply(...operands) as number, value, "value of numbers");
      const leaves = operands.map((x) => new Node(x));
      const root = apply(...leaves);
      near(primal(root), value, "value");
      backward(root);
      gradients.forEach((gradient, i) => {
        if (gradient === undefined) return;
        // A leaf's gradient starts at 0, and 0 + −0 is 0.
        near(leaves[i]!.grad, gradient, `derivative by operand ${i + 1}`);
      });
    });
  }

  /** A power of two that brings a number of any size to 1 … 2; 1 where there is none. */
  function unit(x: number): number {
    const size = 2 ** Math.floor(Math.log2(Math.abs(x)));
    return size > 0 && size < inf ? size : 1;
  }
});

describe("a switch", () => {
  // Its derivative, 0 or 1, is a choice: 0 · ∞ must not make NaN of what was
  // not chosen.
  const off: Record<string, (x: Node) => Scalar> = {
    relu: (x) => relu(mul(x, -1)),
    "max, left": (x) => max(x, 5),
    "max, right": (x) => max(5, x),
    "min, left": (x) => min(x, -5),
    "min, right": (x) => min(-5, x),
    "clamp below": (x) => clamp(x, 2, 3),
    "clamp above": (x) => clamp(x, -3, -2),
    "clamp's bounds": (x) => clamp(0, mul(x, -1), x),
    "select, first": (x) => select(0, x, 2),
    "select, second": (x) => select(1, 2, x),
    "select's condition": (x) => select(x, 2, 3),
  };
  for (const [what, apply] of Object.entries(off)) {
    it(`that is off stops an infinite adjoint: ${what}`, () => {
      const x = new Node(1);
      backward(mul(apply(x), Infinity));
      assertEquals(x.grad, 0);
    });
  }

  it("keeps the branch not taken out of the gradient", () => {
    // √x for x > 0, else 0, with the operand kept inside the branch's domain.
    const safeSqrt = (x: Node) =>
      select(gt(x, 0), sqrt(select(gt(x, 0), x, 1)), 0);
    for (const [at, value, slope] of [[4, 2, 0.25], [0, 0, 0], [-1, 0, 0]]) {
      const x = new Node(at!), y = safeSqrt(x);
      backward(y);
      assertEquals([primal(y), x.grad], [value, slope]);
    }
  });

  it("takes NaN for a condition that is not 0", () => {
    assertEquals(select(NaN, 1, 2), 1);
  });
});

describe("stopGradient and primal", () => {
  it("let the value through, and no derivative", () => {
    const x = new Node(3), stopped: Node = stopGradient(x);
    assertInstanceOf(stopped, Node);
    assertEquals([stopped.value, primal(stopped), stopGradient(3)], [3, 3, 3]);
    backward(mul(stopped, x));
    assertEquals([x.grad, stopped.grad], [3, 3]);
  });

  it("stop infinities too", () => {
    const x = new Node(0);
    backward(add(log(stopGradient(x)), x));
    assertEquals(x.grad, 1);
  });
});

describe("an operation over a list", () => {
  const lists = { sum, mean, logSumExp };

  it("is one node, not a chain", () => {
    const xs = Array.from({ length: 1000 }, (_, i) => new Node(i / 1000));
    const numbers = xs.map((x) => x.value);
    for (const [name, apply] of Object.entries(lists)) {
      const root = apply(xs);
      assertEquals(postOrder(root).length, 1001, name);
      assertEquals(primal(root), apply(numbers), name);
    }
    assertEquals(postOrder(dot(xs, xs)).length, 1001);
    assertEquals(postOrder(dot(xs, numbers)).length, 1001);
  });

  it("gives an empty list its neutral element", () => {
    for (const empty of [[], new Float64Array(0)]) {
      assertEquals(sum(empty), 0);
      assertEquals(mean(empty), NaN);
      assertEquals(logSumExp(empty), -Infinity);
      assertEquals(dot(empty, empty), 0);
    }
  });

  it("takes a Float64Array, as what it holds", () => {
    const typed = Float64Array.of(1, 2, 6);
    assertEquals([sum(typed), mean(typed)], [9, 3]);
    assertEquals(logSumExp(Float64Array.of(0, 0)), ln2);
    assertEquals(dot(typed, [1, 10, 100]), 621);
    const x = new Node(5), y = new Node(7), z = new Node(0);
    const root = dot([x, y, z], typed);
    backward(root);
    assertEquals([root.value, x.grad, y.grad, z.grad], [19, 1, 2, 6]);
  });

  it("takes constants among Nodes", () => {
    const x = new Node(2), y = new Node(3);
    const cases: [Scalar, number, number, number][] = [
      [sum([1, x, 4, y, x]), 12, 2, 1],
      [mean([1, x, 4, y]), 2.5, 0.25, 0.25],
      [dot([x, 5, y], [y, x, 7]), 37, 8, 9],
      [logSumExp([x, x, -Infinity]), 2 + ln2, 1, 0],
    ];
    for (const [root, value, byX, byY] of cases) {
      x.grad = y.grad = 0;
      backward(root);
      assertEquals([primal(root), x.grad, y.grad], [value, byX, byY]);
    }
  });

  it("does not change when its array does", () => {
    const x = new Node(2), xs: Scalar[] = [x, 3];
    const roots = [sum(xs), mean(xs), dot(xs, xs)];
    xs[0] = 0;
    xs.length = 1;
    for (const root of roots) backward(root);
    // 1 + 1/2 + 2x.
    assertEquals(x.grad, 5.5);
  });

  it("sums from the first to the last", () => {
    assertEquals(sum([1e16, 1, -1e16]), 0);
    assertEquals(sum([1e16, -1e16, 1]), 1);
  });

  it("throws a RangeError where dot's lists differ in length", () => {
    const x = new Node(1);
    const error = assertThrows(() => dot([1, x], [1, 2, 3]), RangeError);
    assertEquals(
      error.message,
      "Cannot dot: the lists have 2 and 3 elements, expected one length",
    );
  });
});

describe("a wrong operand", () => {
  const wrong: [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    ["3", 'the string "3"'],
    [true, "the boolean true"],
    [3n, "the bigint 3n"],
    [{ value: 3 }, "a plain object"],
    [[1, 2], "an array of length 2"],
    [new Date(0), "an instance of Date"],
    [Symbol(), "a symbol"],
    [Math.sin, "the function sin"],
  ];

  /** What an error calls operand i. */
  function label(name: string, i: number): string {
    if (name === "dot") return `element ${i % 2} of operand ${i < 2 ? 1 : 2}`;
    return name in { sum, mean, logSumExp }
      ? `element ${i}`
      : `operand ${i + 1}`;
  }

  const all: Pick<OperationCase, "name" | "apply" | "domain">[] = [
    ...operationTable,
    {
      name: "stopGradient",
      apply: stopGradient as OperationCase["apply"],
      domain: [[0, 1]],
    },
  ];
  for (const { name, apply, domain } of all) {
    it(`is named, with its place: ${name}`, () => {
      for (const [i] of domain.entries()) {
        for (const [value, what] of wrong) {
          for (const other of [1, new Node(1)]) {
            const operands = domain.map((_, j) => i === j ? value : other);
            assertEquals(
              assertThrows(() => apply(...operands as Scalar[]), TypeError)
                .message,
              `Cannot ${name}: ${label(name, i)} is ${what}, ` +
                "expected a number, Node or Var",
            );
          }
        }
      }
    });
  }

  it("is the first of several", () => {
    assertThrows(
      () => div("a" as never, "b" as never),
      TypeError,
      'operand 1 is the string "a"',
    );
    assertThrows(
      () => (add as unknown as () => void)(),
      TypeError,
      "operand 1 is undefined",
    );
  });

  it("is named where a list is expected", () => {
    const numbers = [1, 2];
    const calls: [string, number, (value: never) => unknown][] = [
      ["sum", 1, sum],
      ["mean", 1, mean],
      ["logSumExp", 1, logSumExp],
      ["dot", 1, (value) => dot(value, numbers)],
      ["dot", 2, (value) => dot(numbers, value)],
    ];
    for (const [name, position, call] of calls) {
      for (
        const [value, what] of [
          [undefined, "undefined"],
          [3, "the number 3"],
          ["12", 'the string "12"'],
          [new Set([1]), "an instance of Set"],
          [new Float32Array(2), "an instance of Float32Array"],
        ] as const
      ) {
        assertEquals(
          assertThrows(() => call(value as never), TypeError).message,
          `Cannot ${name}: operand ${position} is ${what}, ` +
            "expected an array of numbers, Nodes or Vars",
        );
      }
    }
  });

  it("is a hole in a list", () => {
    // deno-lint-ignore no-sparse-arrays
    assertThrows(
      () => sum([1, , 3] as number[]),
      TypeError,
      "element 1 is undefined",
    );
  });

  it("of primal is named", () => {
    for (const [value, what] of wrong) {
      assertThrows(
        () => primal(value as never),
        TypeError,
        `Cannot primal: the argument is ${what}, expected a number, Node or Var`,
      );
    }
  });
});
