import { describe, it } from "@std/testing/bdd";
import {
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  add,
  backward,
  grad,
  mul,
  Node,
  postOrder,
  type Scalar,
  sum,
  zeroGrad,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";

/** The definition, in recursion. */
function recursiveOrder(root: Node): Node[] {
  const order: Node[] = [];
  const visited = new Set<Node>();
  function visit(node: Node): void {
    if (visited.has(node)) return;
    visited.add(node);
    node.parents.forEach(visit);
    order.push(node);
  }
  visit(root);
  return order;
}

/** A graph of leaves and of all forms that a node can have; its last node is the root. */
function randomGraph(seed: number): Node[] {
  const random = seededRandom(seed);
  const nodes: Node[] = [];
  const pick = () => nodes[Math.floor(random() * nodes.length)]!;
  const count = 2 + Math.floor(random() * 60);
  while (nodes.length < count) {
    const value = nodes.length;
    const some = Array.from({ length: Math.floor(random() * 5) }, pick);
    const forms = nodes.length === 0 ? [() => new Node(value)] : [
      () => new Node(value),
      () => add(pick(), pick()),
      () => mul(pick(), 2),
      () => mul(2, pick()),
      () => sum([1, ...some, pick(), 1]) as Node,
      () => new Node(value, some),
    ];
    nodes.push(forms[Math.floor(random() * forms.length)]!());
  }
  return nodes;
}

// Nodes compare by number: `assertEquals` would walk their graphs.
function numbersOf(order: readonly Node[], nodes: readonly Node[]): number[] {
  const numbers = new Map(nodes.map((node, i) => [node, i]));
  return order.map((node) => numbers.get(node)!);
}

describe("postOrder", () => {
  it("is that of the recursive definition, on random graphs", () => {
    for (let seed = 0; seed < 500; seed++) {
      const nodes = randomGraph(seed);
      const root = nodes.at(-1)!;
      const order = numbersOf(postOrder(root), nodes);
      const expected = numbersOf(recursiveOrder(root), nodes);
      assertEquals(order, expected, `seed ${seed}`);
    }
  });

  it("has every node once, after its operands, and the root last", () => {
    for (let seed = 500; seed < 600; seed++) {
      const root = randomGraph(seed).at(-1)!;
      const order = postOrder(root);
      const position = new Map(order.map((node, i) => [node, i]));
      assertEquals(position.size, order.length);
      assertStrictEquals(order.at(-1), root);
      for (const [i, node] of order.entries()) {
        for (const parent of node.parents) {
          assertEquals(position.get(parent)! < i, true, `seed ${seed}`);
        }
      }
    }
  });

  it("does not recurse: a chain of 200,000 nodes", () => {
    const forms: Record<string, (y: Node) => Node> = {
      left: (y) => add(y, 1),
      right: (y) => add(1, y),
      list: (y) => sum([1, y]) as Node,
      custom: (y) => new Node(0, [y]),
    };
    for (const [form, next] of Object.entries(forms)) {
      const chain = [new Node(0)];
      while (chain.length < 200_000) chain.push(next(chain.at(-1)!));
      const order = postOrder(chain.at(-1)!);
      assertEquals(order.length, chain.length, form);
      assertEquals(order.every((node, i) => node === chain[i]), true, form);
    }
  });

  it("takes a list of 100,000 operands", () => {
    const leaves = Array.from({ length: 100_000 }, (_, i) => new Node(i));
    for (const root of [sum(leaves), new Node(0, leaves)]) {
      const expected = [...leaves, root];
      const order = postOrder(root);
      assertEquals(order.length, expected.length);
      assertEquals(order.every((node, i) => node === expected[i]), true);
    }
  });

  it("takes a list of 100,000 lists", () => {
    const x = new Node(1);
    const lists = Array.from({ length: 100_000 }, () => sum([x]));
    assertEquals(postOrder(sum(lists)).length, 100_002);
  });

  it("keeps its place in each list", () => {
    const x = new Node(1), n = 1000;
    let reads = 0;
    const parents = new Proxy(
      // Each has a list that the traversal leaves and comes back to as well.
      Array.from({ length: n }, () => new Node(0, [add(x, x), add(x, 1), x])),
      {
        get(target, key) {
          if (typeof key === "string" && /^\d+$/.test(key)) reads++;
          return Reflect.get(target, key);
        },
      },
    );
    const root = new Node(0, parents);
    reads = 0;
    assertEquals(postOrder(root).length, 3 * n + 2);
    assertEquals(reads, n);
  });

  it("is linear in the nodes, not in the paths: 2⁶⁰ of them", () => {
    const steps: ((y: Node) => Node)[] = [
      (y) => add(y, y),
      (y) => sum([y, y]),
      (y) => new Node(0, [y, y]),
      (y) => add(mul(y, 1), mul(y, 2)),
    ];
    for (
      const [step, size] of steps.map((step, i) =>
        [step, [1, 1, 1, 3][i]!] as const
      )
    ) {
      let y: Node = new Node(1);
      for (let i = 0; i < 60; i++) y = step(y);
      assertEquals(postOrder(y).length, 1 + 60 * size);
    }
  });

  it("throws on anything but a Node", () => {
    const NUMBER_HINT =
      "; an operation gives one if one of its operands is a Node";
    const wrong: [unknown, string][] = [
      [3, `the number 3, expected a Node${NUMBER_HINT}`],
      [undefined, "undefined, expected a Node"],
      [{ value: 3 }, "a plain object, expected a Node"],
      [
        Float64Array.of(3),
        "an instance of Float64Array, expected a Node",
      ],
    ];
    for (const call of [postOrder, backward, zeroGrad]) {
      for (const [root, message] of wrong) {
        const error = assertThrows(() => call(root as Node), TypeError);
        assertEquals(
          error.message,
          `Cannot ${call.name}: root is ${message}`,
        );
      }
    }
    for (const call of [postOrder, backward]) {
      const root = [new Node(1)] as unknown as Node;
      assertThrows(
        () => call(root),
        TypeError,
        `Cannot ${call.name}: root is an array of length 1, expected a Node`,
      );
    }
  });

  it("says where a Var is differentiated", () => {
    grad((x: Scalar) => {
      const error = assertThrows(() => backward(x), TypeError);
      assertEquals(
        error.message,
        "Cannot backward: root is an instance of Var, expected a Node; the " +
          "transforms, such as grad, differentiate what is recorded",
      );
      return x;
    })(3);
  });
});

describe("a frozen node", () => {
  const freeze = (node: Node): Node => {
    Object.freeze(node);
    return node;
  };
  const makeGraphs: Record<string, () => { root: Node; frozen: Node }> = {
    "the root": () => {
      const root = freeze(mul(new Node(2), 3));
      return { root, frozen: root };
    },
    "a leaf": () => {
      const frozen = freeze(new Node(2));
      return { root: mul(add(frozen, 1), 3), frozen };
    },
    "one of a list": () => {
      const frozen = freeze(new Node(2));
      return { root: sum([new Node(1), 4, frozen]) as Node, frozen };
    },
  };
  for (const [what, make] of Object.entries(makeGraphs)) {
    it(`is named in the error: ${what}`, () => {
      for (const call of [postOrder, backward, zeroGrad]) {
        const { root, frozen } = make();
        const error = assertThrows(() => call(root), TypeError);
        assertEquals(
          error.message,
          `Cannot ${call.name}: ${frozen} is frozen, expected a Node that ` +
            "can be changed",
        );
      }
    });
  }

  it("leaves all gradients as they were", () => {
    const x = new Node(2), frozen = freeze(new Node(3));
    backward(mul(x, 5));
    assertThrows(() => backward(mul(x, frozen)), TypeError);
    assertEquals([x.grad, frozen.grad], [5, 0]);
  });
});

describe("a cycle", () => {
  interface Cyclic {
    readonly root: Node;
    /** The values of the nodes on the cycle. */
    readonly on: readonly number[];
    readonly repair: () => void;
  }
  function ofOneNode(): Cyclic {
    const parents: Node[] = [];
    const a = new Node(14, parents);
    parents.push(a);
    return { root: a, on: [14], repair: () => parents.pop() };
  }
  function ofTwoNodes(): Cyclic {
    const parents: Node[] = [];
    const a = new Node(11, parents), b = new Node(12, [a]);
    parents.push(b);
    return {
      root: new Node(13, [b]),
      on: [11, 12],
      repair: () => parents.pop(),
    };
  }
  function ofBuiltInNodes(): Cyclic {
    const a = new Node(10, [new Node(9)]), b = mul(a, 1.1), c = add(b, b);
    const parents = a.parents as Node[];
    parents.push(c);
    return { root: c, on: [10, 11, 22], repair: () => parents.pop() };
  }
  function farDown(): Cyclic {
    const parents: Node[] = [];
    const a = new Node(-1, parents);
    let b: Node = a;
    for (let i = 0; i < 50_000; i++) b = add(b, 0);
    parents.push(b);
    return { root: b, on: [-1], repair: () => parents.pop() };
  }
  const cases = { ofOneNode, ofTwoNodes, ofBuiltInNodes, farDown };

  for (const [what, make] of Object.entries(cases)) {
    it(`throws a RangeError that names a node on it: ${what}`, () => {
      for (const call of [postOrder, backward, zeroGrad]) {
        const { root, on } = make();
        const error = assertThrows(() => call(root), RangeError);
        assertMatch(
          error.message,
          new RegExp(
            `^Cannot ${call.name}: Node\\(value: (${on.join("|")}), grad: 0, ` +
              "(custom|mul|add)\\) is its own ancestor, expected a graph " +
              "without cycles$",
          ),
        );
      }
    });

    it(`leaves no trace once it is gone: ${what}`, () => {
      const { root, repair } = make();
      assertThrows(() => postOrder(root), RangeError);
      repair();
      const nodes = recursiveOrderOfAll(root);
      // From each node in turn, in the order that meets leftovers first.
      for (const node of nodes.slice(0, 100)) {
        assertStrictEquals(postOrder(node).at(-1), node, what);
      }
      assertEquals(postOrder(root).length, nodes.length);
      backward(root);
      assertEquals(root.grad, 1);
    });
  }

  function recursiveOrderOfAll(root: Node): Node[] {
    const seen = new Set([root]);
    for (const node of seen) node.parents.forEach((p) => seen.add(p));
    return [...seen].reverse();
  }

  it("does not disturb other graphs", () => {
    const { root } = ofTwoNodes();
    assertThrows(() => backward(root), RangeError);
    const x = new Node(3);
    backward(mul(x, x));
    assertEquals(x.grad, 6);
  });

  it("leaves all gradients as they were", () => {
    const parents: Node[] = [];
    const x = new Node(3, parents), y = mul(x, x);
    backward(y);
    parents.push(y);
    assertThrows(() => backward(y), RangeError);
    assertThrows(() => zeroGrad(y), RangeError);
    assertEquals([x.grad, y.grad], [6, 1]);
  });
});

describe("something else in a parents array", () => {
  it("throws a TypeError that names the call, and leaves no trace once it is gone", () => {
    const a = new Node(1), parents: unknown[] = [a];
    const b = new Node(2, parents as Node[]), c = add(b, 1);
    parents.push("a");
    for (const call of [postOrder, backward, zeroGrad]) {
      const error = assertThrows(() => call(c), TypeError);
      assertEquals(
        error.message,
        `Cannot ${call.name}: parents[1] is the string "a", expected a Node`,
      );
    }
    parents.pop();
    assertEquals(postOrder(b).length, 2);
    assertEquals(postOrder(c).length, 3);
  });
});
