import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { add, backward, grad, Node, type Scalar } from "../mod.ts";
import * as errors from "../src/errors.ts";

describe("describe", () => {
  class Weight extends Node {}
  const cases: [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [-0.5, "the number -0.5"],
    [3n, "the bigint 3n"],
    [true, "the boolean true"],
    ["a".repeat(50), `the string "${"a".repeat(39)}…"`],
    [Symbol("a"), "a symbol"],
    [Math.sin, "the function sin"],
    [() => {}, "a function"],
    [[1, 2], "an array of length 2"],
    [{ a: 1 }, "a plain object"],
    [Object.create(null), "a plain object"],
    [new Date(0), "an instance of Date"],
    [new Node(1), "an instance of Node"],
    [new Weight(1), "an instance of Weight"],
    [new (class {})(), "an instance of an unnamed class"],
  ];
  for (const [value, expected] of cases) {
    it(`says ${expected}`, () => {
      assertEquals(errors.describe(value), expected);
    });
  }

  it("knows a Node and a Var where their classes have lost their names", () => {
    const restore = Object.getOwnPropertyDescriptor(Node, "name")!;
    Object.defineProperty(Node, "name", { value: "e", configurable: true });
    try {
      assertEquals(errors.describe(new Node(1)), "an instance of Node");
    } finally {
      Object.defineProperty(Node, "name", restore);
    }
    grad((x: Scalar) => {
      assertEquals(errors.kindOf(x), "Var");
      return x;
    })(1);
    assertEquals(errors.kindOf(new Weight(1)), "Node");
    assertEquals([undefined, null, 3].map(errors.kindOf), [
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("two copies of this module", () => {
  it("are named as the cause", async () => {
    // Another address makes another module of the same file.
    const copy = await import("../src/errors.ts?another copy");
    class ForeignNode {}
    copy.brand(ForeignNode.prototype, "Node");
    const foreign = new ForeignNode();
    assertEquals(copy.describe(foreign), "an instance of Node");
    const of =
      "a Node of another copy of this module, which seems to be loaded twice";
    const cases: [() => unknown, string][] = [
      [() => add(foreign as never, 1), `Cannot add: operand 1 is ${of}`],
      [() => backward(foreign as never), `Cannot backward: root is ${of}`],
      [
        () => new Node(1, [foreign as never]),
        `Cannot make a Node: parents[0] is ${of}`,
      ],
    ];
    for (const [run, message] of cases) assertThrows(run, TypeError, message);
    assertEquals(
      copy.describe(new Node(1)),
      "a Node of another copy of this module, which seems to be loaded twice",
    );
  });
});

describe("errors", () => {
  it("have one form", () => {
    const args = ["fold", "rows", 3, "an array"] as const;
    const message = "Cannot fold: rows is the number 3, expected an array";
    const wrongKind = errors.wrongKind(...args);
    assertInstanceOf(wrongKind, TypeError);
    assertEquals(wrongKind.message, message);
    const outOfRange = errors.outOfRange(...args);
    assertInstanceOf(outOfRange, RangeError);
    assertEquals(outOfRange.message, message);
  });
});
