import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  add,
  backward,
  clamp,
  div,
  dot,
  grad,
  gt,
  hessian,
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
  valueAndGrad,
} from "../../mod.ts";
import { tapeLength } from "../../src/tape/recording.ts";
import * as operations from "../support/all_operations.ts";
import { assertEdge, edgeName, edges } from "../support/edge_cases.ts";
import {
  assertClose,
  partialDerivative,
  seededRandom,
} from "../support/numeric.ts";
import {
  type OperationCase,
  operationTable,
  samplePoint,
} from "../support/operation_table.ts";

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

describe("at an edge", () => {
  for (const edge of edges) {
    const [name, operands, value, gradients] = edge;
    it(`${edgeName(edge)} is ${value}, its derivatives ${gradients}`, () => {
      const { apply } = caseOf(name);
      assertEdge(apply(...operands) as number, value, "value of numbers");
      const leaves = operands.map((x) => new Node(x));
      const root = apply(...leaves);
      assertEdge(primal(root), value, "value");
      backward(root);
      gradients.forEach((gradient, i) => {
        if (gradient === undefined) return;
        // A leaf's gradient starts at 0, and 0 + −0 is 0.
        const what = `derivative by operand ${i + 1}`;
        assertEdge(leaves[i]!.grad, gradient, what);
      });
    });
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
    assertEquals(logSumExp(Float64Array.of(0, 0)), Math.LN2);
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
      [logSumExp([x, x, -Infinity]), 2 + Math.LN2, 1, 0],
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
    // Its first is a plain number.
    if (name === "polygamma") return "operand 2";
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
            "expected an array of numbers, Nodes or Vars, or a Float64Array",
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

describe("a list that is recorded", () => {
  const values = Float64Array.of(0.5, -1, 2, 0.25);
  const numbers = [...values];
  // Σ of each list's elements, numbers and Vars in every order.
  const cases: Record<string, (x: Scalar) => readonly Scalar[]> = {
    "Vars alone": (x) => [x, mul(x, x), x],
    "numbers first": (x) => [2, 3, x],
    "numbers last": (x) => [x, 2, 3],
    "numbers in between": (x) => [x, 2, x, 3, 5, x],
    "one Var": (x) => [x],
  };
  for (const [name, list] of Object.entries(cases)) {
    it(`has the derivatives of the sum it stands for: ${name}`, () => {
      const bySum = valueAndGrad((x: Scalar) => mul(sum(list(x)), x));
      const byAdd = valueAndGrad((x: Scalar) =>
        mul(list(x).reduce((a, b) => add(a, b), 0), x)
      );
      assertEquals(bySum(1.5), byAdd(1.5));
      assertEquals(
        hessian(bySumOf(list))([1.5]),
        hessian(byAddOf(list))([1.5]),
      );
    });
  }

  function bySumOf(list: (x: Scalar) => readonly Scalar[]) {
    return ([x]: Scalar[]) => mul(sum(list(x!)), x!);
  }
  function byAddOf(list: (x: Scalar) => readonly Scalar[]) {
    return ([x]: Scalar[]) => mul(list(x!).reduce((a, b) => add(a, b), 0), x!);
  }

  it("takes a Float64Array for either of dot's lists", () => {
    const expected = { value: 5.3125, gradient: numbers };
    const at = numbers;
    for (
      const f of [
        (x: Scalar[]) => dot(x, values),
        (x: Scalar[]) => dot(values, x),
        (x: Scalar[]) => dot(x, numbers),
      ]
    ) assertEquals(valueAndGrad(f)(at), expected);
  });

  it("leaves no constants on the tape for numbers alone", () => {
    grad((x: Scalar) => {
      const before = tapeLength();
      assertEquals(sum([1, 2, 3]), 6);
      assertEquals(dot(values, numbers), 5.3125);
      assertEquals(select(1, 2, 3), 2);
      assertEquals(tapeLength(), before);
      return x;
    })(1);
  });

  it("takes Vars of the function around", () => {
    // d/dx Σ (x + y)·x at y = x: 3x.
    const f = (x: Scalar) => grad((y: Scalar) => mul(sum([x, y, 2]), y))(x);
    assertEquals(grad(f)(1), 3);
  });
});
