import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as operations from "../support/all_operations.ts";
import { operationTable } from "../support/operation_table.ts";
import { meaningOf } from "../../src/formula/names.ts";
import {
  add,
  backward,
  compile,
  div,
  dot,
  formula,
  grad,
  mul,
  neg,
  Node,
  pow,
  type Scalar,
  select,
  sin,
  square,
  valueAndGrad,
} from "../../mod.ts";

/** A template of this text alone, as source code would have it. */
function read(text: string): Scalar {
  return formula(Object.assign([text], { raw: [text] }));
}

/** The message for a text that is not a formula. */
function messageOf(text: string): string {
  return assertThrows(() => read(text), SyntaxError).message;
}

describe("a formula", () => {
  // Beside each, its value as JavaScript has it, where `**` needs parentheses.
  const values: readonly [string, number][] = [
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["8 - 3 - 2", 3],
    ["24 / 4 / 2", 3],
    ["24 / 4 * 2", 12],
    ["7 - 2 + 1", 6],
    ["2^3^2", 512],
    ["2**3**2", 512],
    ["2^3**2", 512],
    ["(2^3)^2", 64],
    ["-3^2", -9],
    ["-3**2", -9],
    ["(-3)^2", 9],
    ["2^-1", 0.5],
    ["2^-2^2", 2 ** -4],
    ["2 * -3", -6],
    ["2 - -3", 5],
    ["- - 3", 3],
    ["-2 * 3", -6],
    ["4^2 / 2", 8],
    ["2 * 3^2", 18],
    ["1 < 2", 1],
    ["2 < 1", 0],
    ["2 <= 2", 1],
    ["2 > 2", 0],
    ["2 >= 2", 1],
    ["2 == 2", 1],
    ["1 + 1 == 2 * 1", 1],
    ["(1 < 2) + (3 < 4)", 2],
    ["1.5", 1.5],
    [".5", 0.5],
    ["1.", 1],
    ["1e3", 1000],
    ["1.5E-3", 0.0015],
    ["2.5e+2", 250],
    ["pi", Math.PI],
    ["e", Math.E],
    ["log(e^2)", 2],
    ["max(min(1, 2), 0)", 1],
    ["clamp(7, 0, 1)", 1],
    ["select(1 < 2, 10, 20)", 10],
    ["sin(pi / 2)", 1],
    ["hypot(3, 4)", 5],
    [" \n\t( 1\n+ 2 ) ", 3],
  ];

  for (const [text, value] of values) {
    it(`reads ${JSON.stringify(text)}`, () => assertEquals(read(text), value));
  }

  it("keeps the sign of zero", () => {
    assertEquals(Object.is(read("-0"), -0), true);
    const x = -0;
    assertEquals(Object.is(formula`${x}`, -0), true);
  });

  it("has placeholders of Scalars and lists in their order", () => {
    const a = [1, 2, 3], b = new Float64Array([4, 5, 6]);
    assertEquals(formula`${10} - ${4} / ${2}`, 8);
    assertEquals(formula`dot(${a}, ${b}) + sum(${a}) * mean(${b})`, 32 + 6 * 5);
    assertEquals(formula`logSumExp(${[0, 0]})`, Math.LN2);
  });

  it("knows every operation by its name, on its number of operands", () => {
    for (const { name, apply, domain } of operationTable) {
      const point = domain.map(([low, high]) => (low + 2 * high) / 3);
      const value = apply(...point);
      const isList = ["sum", "mean", "dot", "logSumExp"].includes(name);
      const [half, whole] = [point.slice(0, point.length / 2), point];
      const operands = name === "polygamma"
        ? [2, ...point] // of the order that the table's has
        : !isList
        ? point
        : name === "dot"
        ? [half, point.slice(half.length)]
        : [whole];
      const parts = operands.map((_, i) => i === 0 ? `${name}(` : ", ");
      const raw = [...parts, ")"];
      const found = formula(Object.assign(raw, { raw }), ...operands);
      assertEquals(found, value, name);
    }
  });

  it("knows all operations there are, and reads no numbers", () => {
    for (const name of Object.keys(operations)) {
      assertEquals(typeof meaningOf(name) === "function", name !== "primal");
    }
    assertEquals(meaningOf("constructor"), undefined);
  });

  it("has the derivatives of the calls it stands for, in every way to run", () => {
    const infix = ([x, y]: readonly Scalar[]) =>
      formula`-(${x!} + 2 * ${y!}) * sin(${x!})^2 / ${y!}^3 + ${x!}^-1 *
        select(${x!} < ${y!}, dot(${[x!, y!]}, ${[
        y!,
        3,
      ]}), clamp(${x!}, 0, ${y!}))`;
    const calls = ([x, y]: readonly Scalar[]) =>
      add(
        div(
          mul(neg(add(x!, mul(2, y!))), square(sin(x!))),
          pow(y!, 3),
        ),
        mul(
          pow(x!, -1),
          select(
            operations.lt(x!, y!),
            dot([x!, y!], [y!, 3]),
            operations.clamp(x!, 0, y!),
          ),
        ),
      );
    for (const point of [[0.5, 2], [1.5, 0.7]]) {
      const expected = valueAndGrad(calls)(point);
      assertEquals(infix(point), expected.value);
      assertEquals(valueAndGrad(infix)(point), expected);
      assertEquals(compile(valueAndGrad(infix))(point), expected);
      assertEquals(
        grad((p: Scalar[]) => grad(infix)(p)[0]!)(point),
        grad((p: Scalar[]) => grad(calls)(p)[0]!)(point),
      );
      const nodes = point.map((x) => new Node(x));
      backward(infix(nodes));
      assertEquals(nodes.map(({ grad }) => grad), expected.gradient);
    }
  });

  it("takes a power of 2 for a square", () => {
    // Math.pow rounds this one otherwise than a product, on the engines of today.
    for (const x of [1.1, -3.3, 1e-200]) assertEquals(formula`${x}^2`, x * x);
    assertEquals(grad((x: Scalar) => formula`${x}^(1 + 1)`)(-3), -6);
  });

  it("makes as many nodes as the calls", () => {
    const x = new Node(3);
    const y = formula`2 * pi * ${x} + 1`;
    assertEquals(y.parents.length, 1);
    assertEquals(y.parents[0]!.parents, [x]);
  });

  it("is typed as the operations are", () => {
    const number: number = formula`2 * ${3} + sum(${[1, 2]})`;
    const constant: number = formula`pi / 2`;
    const node: Node = formula`${new Node(2)}^2 + ${1}`;
    const list: Node = formula`mean(${[new Node(2), new Node(4)]})`;
    const scalar = (x: Scalar): Scalar => formula`${x} + ${1}`;
    // @ts-expect-error A Scalar may be a Node.
    const wrong = (x: Scalar): number => formula`${x} + ${1}`;
    assertEquals(
      [number, constant, node.value, list.value, scalar(1), wrong(1)],
      [9, Math.PI / 2, 5, 3, 2, 2],
    );
  });

  it("is read once for each place in the source", () => {
    let reads = 0;
    const raw = ["", " + 1"];
    const template = Object.defineProperty(["", " + 1"], "raw", {
      get: () => (reads++, raw),
    }) as unknown as TemplateStringsArray;
    assertEquals(formula(template, 1), 2);
    const before = reads;
    assertEquals(formula(template, 2), 3);
    assertEquals(formula`${3} - 1`, 2);
    assertEquals(formula(template, 4), 5);
    assertEquals(reads, before);
  });
});

describe("what is not a formula", () => {
  const expected = 'expected a number, ${…}, a name, "-" or "("';
  const messages: readonly [string, string, number][] = [
    ["", `here is the end, ${expected}`, 0],
    ["2 +", `here is the end, ${expected}`, 3],
    ["2 + * 3", `here is "*", ${expected}`, 4],
    ["(1 + 2", 'here is the end, expected an operator or ")"', 6],
    ["1 + 2)", 'here is ")", expected an operator or the end', 5],
    ["2 x", "here is the name x, expected an operator or the end", 2],
    ["2e", "here is the name e, expected an operator or the end", 1],
    ["1.5.2", "here is .2, expected an operator or the end", 3],
    ["1 = 2", 'here is "=", expected an operator or the end', 2],
    ["1 != 2", 'here is "!", expected an operator or the end', 2],
    ["2 − 1", 'here is "−", expected an operator or the end', 2],
    ["💡", `here is "💡", ${expected}`, 0],
    ['"', `here is "\\"", ${expected}`, 0],
    [
      "1 < 2 < 3",
      'here is "<", expected one comparison; for two, write (a < b) * (b < c)',
      6,
    ],
    ["sin 2", 'here is 2, expected "(" after sin', 4],
    ["sin()", `here is ")", ${expected}`, 4],
    ["sin(1, 2)", 'here is ",", expected ")", as sin takes 1 operand', 5],
    ["max(1, 2, 3)", 'here is ",", expected ")", as max takes 2 operands', 8],
    ["max(1)", 'here is ")", expected operand 2 of max', 5],
    ["clamp(1, 2)", 'here is ")", expected operand 3 of clamp', 10],
    ["sin(1", 'here is the end, expected an operator or ")"', 5],
    ["pi(2)", 'here is "(", expected an operator or the end', 2],
    [
      "1 + ln(2)",
      "here is the name ln, expected an operation, pi or e; did you mean log?",
      4,
    ],
    [
      "sine(1)",
      "here is the name sine, expected an operation, pi or e; " +
      "did you mean sin or sinh or asin?",
      0,
    ],
    [
      "2 * PI",
      "here is the name PI, expected an operation, pi or e; did you mean pi?",
      4,
    ],
    [
      "arcsin(1)",
      "here is the name arcsin, expected an operation, pi or e; " +
      "did you mean asin?",
      0,
    ],
    [
      "constructor(1)",
      "here is the name constructor, expected an operation, pi or e",
      0,
    ],
    [
      "primal(1)",
      "here is the name primal, expected an operation, pi or e",
      0,
    ],
  ];

  for (const [text, message, column] of messages) {
    it(`is refused with its place: ${JSON.stringify(text)}`, () => {
      const caret = `${" ".repeat(column)}^`;
      assertEquals(
        messageOf(text),
        `Cannot read formula: ${message}\n\n  ${text}\n  ${caret}`,
      );
    });
  }

  it("is shown with its placeholders", () => {
    const x = 1;
    const { message } = assertThrows(
      () => formula`2 * ${x} ${x} + 1`,
      SyntaxError,
    );
    assertEquals(
      message,
      "Cannot read formula: here is ${…}, expected an operator or the end\n\n" +
        "  2 * ${…} ${…} + 1\n" +
        "           ^",
    );
  });

  it("is shown in its lines, with the caret under that of the mistake", () => {
    assertEquals(
      messageOf("1 +\n\t\t2 3 +\n4"),
      "Cannot read formula: here is 3, expected an operator or the end\n\n" +
        "  1 +\n  \t\t2 3 +\n  \t\t  ^\n  4",
    );
  });

  it("begins its stack with the line that has it", () => {
    const error = assertThrows(() => read("2 +"), SyntaxError);
    const first = error.stack!.match(/^ +at .*$/m)![0];
    assertMatch(first, /formula_test\.ts/);
  });
});

describe("a wrong operand of a formula", () => {
  it("is refused by its operation", () => {
    const missing = undefined as unknown as number;
    assertThrows(
      () => formula`1 + ${missing}`,
      TypeError,
      "Cannot add: operand 2 is undefined, expected a number, Node or Var",
    );
    assertThrows(
      () => formula`2 * ${[1, 2]}`,
      TypeError,
      "Cannot mul: operand 2 is an array of length 2, expected a number",
    );
    assertThrows(
      () => formula`sum(${1})`,
      TypeError,
      "Cannot sum: operand 1 is the number 1, expected an array",
    );
  });

  it("is refused where it is all of the formula", () => {
    assertThrows(
      () => formula`(${"3" as unknown as number})`,
      TypeError,
      'Cannot formula: operand 1 is the string "3", expected a number, Node ' +
        "or Var",
    );
  });
});

describe("formula called as a function", () => {
  it("is refused", () => {
    for (
      const [wrong, found] of [["x + 1", 'the string "x + 1"'], [
        undefined,
        "undefined",
      ]]
    ) {
      assertThrows(
        () => formula(wrong as unknown as TemplateStringsArray),
        TypeError,
        `Cannot formula: the argument is ${found}, expected a template, as in ` +
          "formula`${x} + 1`",
      );
    }
  });
});
