import { describe, it } from "@std/testing/bdd";
import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  add,
  backward,
  logSumExp,
  mul,
  Node,
  postOrder,
  square,
  sum,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";
import { operationTable, samplePoint } from "../support/operation_table.ts";

describe("new Node(value)", () => {
  it("makes a leaf", () => {
    for (const value of [3, -0, NaN, Infinity]) {
      const leaf = new Node(value);
      assertEquals([leaf.value, leaf.grad], [value, 0]);
      assertEquals([...leaf.parents], []);
      assertEquals(leaf.backwardFn, null);
      assertEquals(postOrder(leaf).length, 1);
    }
  });

  it("takes parents and a backward function", () => {
    const a = new Node(1), b = new Node(2);
    const backwardFn = () => {};
    const node = new Node(7, [a, b], backwardFn);
    assertEquals(node.parents.length, 2);
    assertStrictEquals(node.parents[0], a);
    assertStrictEquals(node.parents[1], b);
    assertStrictEquals(node.backwardFn, backwardFn);
  });

  it("takes parents without a backward function", () => {
    const a = new Node(1);
    for (const node of [new Node(7, [a]), new Node(7, [a], null)]) {
      assertEquals(node.backwardFn, null);
      backward(node);
      assertEquals([node.grad, a.grad], [1, 0]);
    }
  });

  const wrong: [unknown[], string][] = [
    [[], "value is undefined, expected a number"],
    [["3"], 'value is the string "3", expected a number'],
    [[3n], "value is the bigint 3n, expected a number"],
    [[null], "value is null, expected a number"],
    [[new Node(1)], "value is an instance of Node, expected a number"],
    [[1, 3], "parents is the number 3, expected an array of Nodes"],
    [
      [1, new Set()],
      "parents is an instance of Set, expected an array of Nodes",
    ],
    [[1, [2]], "parents[0] is the number 2, expected a Node"],
    [
      [1, [new Node(1), undefined]],
      "parents[1] is undefined, expected a Node",
    ],
    [
      [1, [{ value: 1, grad: 0 }]],
      "parents[0] is a plain object, expected a Node",
    ],
    [
      [1, [], "f"],
      'backwardFn is the string "f", expected a function or null',
    ],
  ];
  for (const [args, message] of wrong) {
    it(`throws where ${message}`, () => {
      const make = () =>
        new Node(...args as ConstructorParameters<typeof Node>);
      const error = assertThrows(make, TypeError);
      assertEquals(error.message, `Cannot make a Node: ${message}`);
    });
  }
});

describe("a custom backward function", () => {
  function cube(a: Node): Node {
    const out: Node = new Node(a.value ** 3, [a], () => {
      a.grad += out.grad * 3 * a.value ** 2;
    });
    return out;
  }

  it("is an operation like the built-in ones", () => {
    // d/dx (x³·x + x³) = 4x³ + 3x², at 2.
    const x = new Node(2), y = cube(x);
    backward(add(mul(y, x), y));
    assertEquals([y.value, x.grad], [8, 44]);
  });

  it("nests", () => {
    // (x³)³ = x⁹, at −1.
    const x = new Node(-1);
    backward(cube(cube(x)));
    assertEquals(x.grad, 9);
  });
});

describe("parents and backwardFn of built-in nodes", () => {
  const a = new Node(2), b = new Node(3);
  const nodes: [string, Node, Node[]][] = [
    ["unary", square(a), [a]],
    ["binary", mul(a, b), [a, b]],
    ["the same operand twice", mul(a, a), [a, a]],
    ["a constant on the right", mul(a, 3), [a]],
    ["a constant on the left", mul(3, a), [a]],
    ["a list with a constant", sum([b, 1, a]) as Node, [b, a]],
  ];
  for (const [what, node, parents] of nodes) {
    it(`are the operands that are Nodes, and a function: ${what}`, () => {
      assertEquals(node.parents.length, parents.length);
      parents.forEach((parent, i) => {
        assertStrictEquals(node.parents[i], parent);
      });
      assert(typeof node.backwardFn === "function");
    });
  }

  it("can be called by hand", () => {
    const x = new Node(5), y = new Node(7);
    const product = mul(x, y);
    product.grad = 10;
    product.backwardFn!();
    product.backwardFn!();
    assertEquals([x.grad, y.grad], [140, 100]);
  });

  it("change nothing when they are read", () => {
    const random = seededRandom(1);
    for (const operation of operationTable) {
      const point = samplePoint(operation, random);
      const leaves = point.map((value) => new Node(value));
      const nodes = postOrder(operation.apply(...leaves));
      for (const node of nodes) {
        const before = Object.values(node);
        node.parents;
        node.backwardFn;
        const after: unknown[] = Object.values(node);
        const same = after.every((field, i) => Object.is(field, before[i]));
        assert(same && after.length === before.length, operation.name);
      }
    }
  });

  it("cannot be set", () => {
    for (const node of [new Node(3), mul(a, b), new Node(3, [a], () => {})]) {
      assertThrows(() => Object.assign(node, { parents: [] }), TypeError);
      assertThrows(() => Object.assign(node, { backwardFn: null }), TypeError);
    }
  });

  it("give a list of their own for each built-in node", () => {
    const node = mul(a, b);
    (node.parents as Node[]).pop();
    assertEquals(node.parents.length, 2);
  });

  it("give what a custom node was made with", () => {
    const parents = [a], backwardFn = () => {};
    const node = new Node(3, parents, backwardFn);
    assertStrictEquals(node.parents, parents);
    assertStrictEquals(node.backwardFn, backwardFn);
  });
});

describe("printing a Node", () => {
  it("gives one line, with its operation", () => {
    const x = new Node(2);
    const nodes: [Node, string][] = [
      [x, "Node(value: 2, grad: 0, leaf)"],
      [add(x, 1), "Node(value: 3, grad: 0, add)"],
      [logSumExp([x, -Infinity]) as Node, "Node(value: 2, grad: 0, logSumExp)"],
      [new Node(NaN, [x]), "Node(value: NaN, grad: 0, custom)"],
    ];
    for (const [node, line] of nodes) {
      assertEquals(Deno.inspect(node), line);
      assertEquals(Deno.inspect([node]), `[ ${line} ]`);
      assertEquals(`${node}`, line);
    }
  });

  it("gives one line at the end of a million nodes", () => {
    let y: Node = new Node(0);
    for (let i = 0; i < 1_000_000; i++) y = add(y, 1);
    const line = "Node(value: 1000000, grad: 0, add)";
    assertEquals(Deno.inspect(y), line);
    assertEquals(y.toString(), line);
    assertEquals(JSON.stringify({ y }), `{"y":"${line}"}`);
    const lines: unknown[][] = [];
    const { log } = console;
    console.log = (...args) => lines.push(args.map((x) => Deno.inspect(x)));
    try {
      console.log(y);
    } finally {
      console.log = log;
    }
    assertEquals(lines, [[line]]);
  });
});

describe("JavaScript's own operators on Nodes", () => {
  const MESSAGE =
    "Cannot use a Node with JavaScript's operators or Math: call add, sub, " +
    "mul, div, pow, lt, gt, eq, sin … instead, or read .value for the number";
  const a = new Node(1) as unknown as number;
  const b = new Node(2) as unknown as number;
  const uses: Record<string, () => unknown> = {
    "a + b": () => a + b,
    "a + 1": () => a + 1,
    "1 - a": () => 1 - a,
    "a * b": () => a * b,
    "a ** b": () => a ** b,
    "a < b": () => a < b,
    "a >= 1": () => a >= 1,
    "-a": () => -a,
    "+a": () => +a,
    "a == 1": () => (a as unknown) == 1,
    "Math.sin(a)": () => Math.sin(a),
    "'' + a": () => "" + a,
  };
  for (const [source, use] of Object.entries(uses)) {
    it(`throw: ${source}`, () => {
      assertEquals(assertThrows(use, TypeError).message, MESSAGE);
    });
  }
});
