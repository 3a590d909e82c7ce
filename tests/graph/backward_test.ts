import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import {
  add,
  backward,
  clamp,
  defineOperation,
  div,
  dot,
  exp,
  grad,
  hypot,
  log,
  logSumExp,
  mul,
  Node,
  postOrder,
  type Scalar,
  sin,
  square,
  sub,
  sum,
  zeroGrad,
} from "../../mod.ts";

function leaves(...values: number[]): Node[] {
  return values.map((value) => new Node(value));
}

function gradsOf(nodes: readonly Node[]): number[] {
  return nodes.map((node) => node.grad);
}

describe("backward", () => {
  it("sums over all paths", () => {
    // z = (x + y)·(x − y) + x·y: dz/dx = 2x + y, dz/dy = x − 2y.
    const [x, y] = leaves(3, 5) as [Node, Node];
    backward(add(mul(add(x, y), sub(x, y)), mul(x, y)));
    assertEquals([x.grad, y.grad], [11, -7]);
  });

  it("adds to leaves, renews inner nodes, and gives the root 1", () => {
    const x = new Node(3), inner = square(x), root = mul(inner, inner);
    for (const times of [1, 2, 3]) {
      backward(root);
      assertEquals([root.grad, inner.grad, x.grad], [1, 18, times * 108]);
    }
  });

  it("adds to what a user has put into a leaf's grad", () => {
    const x = new Node(3);
    x.grad = 100;
    backward(square(x));
    assertEquals(x.grad, 106);
  });

  it("accumulates over outputs that share inner nodes", () => {
    const x = new Node(2), inner = square(x);
    const [p, q] = [mul(inner, 3), mul(inner, 5)];
    backward(p);
    backward(q);
    // 3·2x + 5·2x, and what q alone gives the shared node.
    assertEquals([x.grad, inner.grad, p.grad, q.grad], [32, 5, 1, 1]);
  });

  it("gives a node that was a root its share of a larger graph", () => {
    const x = new Node(2), small = square(x);
    backward(small);
    backward(mul(small, 10));
    assertEquals([small.grad, x.grad], [10, 44]);
  });

  it("adds 1 to a leaf that is itself the root", () => {
    for (const x of [new Node(3), new Node(3, [])]) {
      x.grad = 5;
      backward(x);
      assertEquals(x.grad, 6);
      backward(x);
      assertEquals(x.grad, 7);
    }
  });

  it("does not touch leaves that the root does not reach", () => {
    const [x, y] = leaves(2, 3) as [Node, Node];
    y.grad = 7;
    const aside = mul(x, y);
    aside.grad = 8;
    backward(square(x));
    assertEquals([x.grad, y.grad, aside.grad], [4, 7, 8]);
  });

  it("reads operands' values when it runs", () => {
    const [x, y] = leaves(2, 3) as [Node, Node];
    const z = mul(x, y), w = div(x, y);
    x.value = 20;
    y.value = 30;
    backward(z);
    assertEquals([z.value, x.grad, y.grad], [6, 30, 20]);
    zeroGrad(z);
    y.value = 4;
    backward(w);
    assertEquals(x.grad, 1 / 4);
  });

  it("lets NaN and infinities flow where they belong, and only there", () => {
    const [x, y, z] = leaves(0, 2, 3) as [Node, Node, Node];
    backward(sum([log(x), mul(y, NaN), mul(z, z)]));
    assertEquals([x.grad, y.grad, z.grad], [Infinity, NaN, 6]);

    const [a, b] = leaves(1000, 5) as [Node, Node];
    backward(add(mul(exp(a), 0), b));
    // e¹⁰⁰⁰ overflows, and 0·∞ is NaN.
    assertEquals([a.grad, b.grad], [NaN, 1]);
  });

  it("works 100,000 nodes deep", () => {
    // y ← y·a + b, n times from 1: dy/db = Σ aⁱ, by the recurrence itself.
    const n = 50_000;
    const [a, b] = leaves(0.9999, 0.001) as [Node, Node];
    let y = new Node(1);
    let value = 1, byA = 0, byB = 0;
    for (let i = 0; i < n; i++) {
      y = add(mul(y, a), b);
      byA = byA * a.value + value;
      byB = byB * a.value + 1;
      value = value * a.value + b.value;
    }
    backward(y);
    assertEquals(y.value, value);
    // Another order of the same sums: n roundings apart at most.
    const near = (actual: number, expected: number) =>
      Math.abs(actual / expected - 1) < n * 2 ** -53;
    assertEquals([near(a.grad, byA), near(b.grad, byB)], [true, true]);
    zeroGrad(y);
    assertEquals([y.grad, a.grad, b.grad], [0, 0, 0]);
  });

  it("counts 2⁶⁰ paths", () => {
    const x = new Node(1);
    let y = x;
    for (let i = 0; i < 60; i++) y = add(y, y);
    backward(y);
    assertEquals(x.grad, 2 ** 60);
  });
});

describe("zeroGrad", () => {
  it("sets to 0 all that the root reaches, and nothing else", () => {
    const [x, y] = leaves(2, 3) as [Node, Node];
    const inner = sin(x), root = square(inner), above = mul(root, y);
    backward(above);
    const [ofAbove, ofY] = [above.grad, y.grad];
    zeroGrad(root);
    assertEquals(gradsOf([x, inner, root]), [0, 0, 0]);
    assertEquals([above.grad, y.grad], [ofAbove, ofY]);
    assertEquals(ofAbove, 1);
    assertEquals(ofY, root.value);
  });

  it("takes several roots", () => {
    const [a, b, c] = leaves(2, 3, 4) as [Node, Node, Node];
    const shared = square(a), roots = [mul(shared, b), shared, mul(c, 2)];
    for (const root of roots) backward(root);
    zeroGrad(roots[0]!);
    assertEquals(c.grad, 2);
    backward(roots[1]!);
    zeroGrad(roots);
    assertEquals(gradsOf([a, b, c, shared, ...roots]), new Array(7).fill(0));
    zeroGrad([]);
  });

  it("throws on a list with something else in it, and changes nothing", () => {
    const x = new Node(3);
    backward(x);
    const error = assertThrows(
      () => zeroGrad([x, 3 as Scalar]),
      TypeError,
    );
    assertEquals(
      error.message,
      "Cannot zeroGrad: root[1] is the number 3, expected a Node; " +
        "an operation gives one if one of its operands is a Node",
    );
    assertEquals(x.grad, 1);
  });

  it("replaces NaN", () => {
    const x = new Node(1);
    backward(mul(x, NaN));
    zeroGrad(x);
    assertEquals(x.grad, 0);
  });
});

describe("a backward function that throws", () => {
  class Fault extends Error {}

  /** x + y, whose backward function throws while `faulty`. */
  function fragile(x: Node, y: Node): { node: Node; repair: () => void } {
    let faulty = true;
    const node: Node = new Node(x.value + y.value, [x, y], () => {
      x.grad += node.grad;
      if (faulty) throw new Fault("halfway");
      y.grad += node.grad;
    });
    return { node, repair: () => faulty = false };
  }

  it("leaves every leaf's gradient as it was, and the engine in order", () => {
    const [x, y, z] = leaves(2, 3, 4) as [Node, Node, Node];
    backward(add(mul(x, 5), mul(z, 6)));
    const { node, repair } = fragile(x, y);
    // z is given its share before the function throws.
    const root = add(mul(node, 10), mul(z, z));
    const error = assertThrows(() => backward(root), Fault);
    assertStrictEquals(error.message, "halfway");
    assertEquals(gradsOf([x, y, z]), [5, 0, 6]);

    const other = new Node(3);
    backward(square(other));
    assertEquals(other.grad, 6);

    repair();
    backward(root);
    assertEquals(gradsOf([x, y, z, node]), [15, 10, 14, 10]);
  });

  it("leaves leaves alone that the root does not reach", () => {
    const [x, y, z] = leaves(2, 3, 4) as [Node, Node, Node];
    const thrower: Node = new Node(0, [x, y], () => {
      z.grad = 9;
      throw new Fault();
    });
    assertThrows(() => backward(thrower), Fault);
    assertEquals(gradsOf([x, y, z]), [0, 0, 9]);
  });
});

describe("backward inside a backward function", () => {
  /** A node x ↦ 10x that runs `aside` before it adds its share. */
  function tenfold(x: Node, aside: () => void): Node {
    const node: Node = new Node(10 * x.value, [x], () => {
      aside();
      x.grad += 10 * node.grad;
    });
    return node;
  }

  it("works on another graph", () => {
    const [x, other] = leaves(3, 5) as [Node, Node];
    backward(square(tenfold(x, () => backward(square(other)))));
    // (10x)² = 100x².
    assertEquals(gradsOf([x, other]), [600, 10]);
  });

  it("adds up on shared leaves", () => {
    const [x, y] = leaves(3, 5) as [Node, Node];
    const ten = tenfold(x, () => backward(mul(x, y)));
    backward(add(mul(ten, y), mul(x, 2)));
    // 10xy + 2x, and xy from inside: (10y + 2 + y, 10x + x).
    assertEquals(gradsOf([x, y]), [57, 33]);
  });

  it("is undone with the outer call where that throws", () => {
    const [x, other] = leaves(3, 5) as [Node, Node];
    const ten = tenfold(x, () => {
      backward(mul(x, other));
      throw new Error("outer");
    });
    assertThrows(() => backward(ten), Error, "outer");
    assertEquals(x.grad, 0);
    backward(square(x));
    assertEquals(x.grad, 6);
  });

  it("may be caught when the inner one throws", () => {
    const [x, other] = leaves(3, 5) as [Node, Node];
    const thrower = new Node(0, [other], () => {
      other.grad += 1;
      throw new Error("inner");
    });
    const ten = tenfold(x, () => {
      assertThrows(() => backward(thrower), Error, "inner");
    });
    backward(square(ten));
    assertEquals(gradsOf([x, other]), [600, 0]);
  });

  it("keeps what the outer one has collected in shared inner nodes", () => {
    const x = new Node(3), inner = square(x);
    // The share of `inner` in the sum comes first, then ten's backward function.
    const ten = tenfold(inner, () => backward(mul(inner, 5)));
    backward(add(ten, mul(inner, 7)));
    // 17 from outside and 5 from inside, times 2x.
    assertEquals(x.grad, (17 + 5) * 6);
    assertEquals(inner.grad, 17);
  });

  it("leaves the gradients of inner nodes as they were, also where it throws", () => {
    const [x, other] = leaves(3, 5) as [Node, Node];
    const inner = mul(other, 2), root = square(inner);
    const failing = new Node(0, [root], () => {
      throw new Error("inner");
    });
    inner.grad = 7;
    const ten = tenfold(x, () => {
      backward(root);
      assertThrows(() => backward(failing), Error, "inner");
      assertEquals(gradsOf([inner, root, other]), [7, 0, 40]);
    });
    backward(ten);
    // And once the outer one is over, they are those of the latest call again.
    backward(root);
    assertEquals(gradsOf([x, inner, root, other]), [10, 20, 1, 80]);
  });

  it("works inside a rule, of any number of operands", () => {
    /** Sweeps over operations of one, two, three and many operands. */
    function aside(): void {
      const xs = leaves(0.5, 0.7, 0.9);
      const [a, b, c] = xs as [Node, Node, Node];
      backward(logSumExp([hypot(sin(a), b), clamp(c, a, b), dot(xs, xs)]));
      assertEquals(grad((x: Scalar) => hypot(x, 4))(3), 3 / 5);
    }
    const rule = <T>(share: (...operands: T[]) => T) => (...operands: T[]) => {
      aside();
      return share(...operands);
    };
    const ten = defineOperation({
      name: "ten",
      value: (a: number) => 10 * a,
      partials: rule<Scalar>(() => 10),
    });
    const two = defineOperation({
      name: "two",
      value: (a: number, b: number) => a * b,
      partials: [rule<Scalar>((_a, b) => b!), rule<Scalar>((a) => a!)],
    });
    const three = defineOperation({
      name: "three",
      value: (a: number, b: number, c: number) => a * b + c,
      partials: [
        rule<Scalar>((_a, b) => b!),
        rule<Scalar>((a) => a!),
        rule<Scalar>(() => 1),
      ],
    });
    const [x, y, z] = leaves(2, 3, 5) as [Node, Node, Node];
    backward(add(ten(x), add(two(x, y), three(x, y, z))));
    assertEquals(gradsOf([x, y, z]), [10 + 3 + 3, 2 + 2, 1]);
  });

  it("may build and order graphs on shared inner nodes", () => {
    const x = new Node(3), inner = square(x);
    const ten = tenfold(inner, () => {
      assertEquals(postOrder(mul(inner, inner)).length, 3);
    });
    backward(add(ten, inner));
    // 10x² + x².
    assertEquals([x.grad, inner.grad], [66, 11]);
  });
});
