import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { add, mul, Node, type Scalar, sub, sum } from "../../mod.ts";
import { diagramOf } from "../../src/inspect/diagram.ts";

/** x + x + … with as many additions as it says. */
function chain(length: number): Scalar {
  const x = new Node(1);
  let y: Scalar = x;
  for (let i = 0; i < length; i++) y = add(y, x);
  return y;
}

function valueLine(x: number): string | undefined {
  return diagramOf(new Node(x), {}, "draw").boxes[0]!.lines[0];
}

describe("diagramOf", () => {
  it("numbers the nodes from the root, breadth-first", () => {
    const left = add(new Node(1), new Node(2)), right = new Node(3);
    const { boxes } = diagramOf(mul(left, right), {}, "draw");
    assertEquals(boxes.map(({ id, title, lines }) => [id, title, lines[0]]), [
      ["n0", "mul", "value 9"],
      ["n1", "add", "value 3"],
      ["n2", "leaf", "value 3"],
      ["n3", "leaf", "value 1"],
      ["n4", "leaf", "value 2"],
    ]);
  });

  it("has an edge for every operand, in order, numbers too", () => {
    const x = new Node(2);
    const root = sub(1, sum([x, 5, x]));
    const { boxes, edges } = diagramOf(root, {}, "draw");
    assertEquals(edges, [
      ["n0_0", "n0"],
      ["n1", "n0"],
      ["n2", "n1"],
      ["n1_1", "n1"],
      ["n2", "n1"],
    ]);
    const five = boxes.find(({ id }) => id === "n1_1");
    assertEquals([five?.kind, five?.lines], ["number", ["5"]]);
  });

  it("has one box for a node however often it is used", () => {
    const x = new Node(2);
    assertEquals(diagramOf(mul(x, x), {}, "draw").boxes.length, 2);
  });

  it("cuts what is furthest from the root and says how much", () => {
    // 4 additions and the leaf; nearest the root are an addition and the leaf.
    const { boxes, edges } = diagramOf(chain(4), { maxNodes: 3 }, "draw");
    assertEquals(boxes.map(({ id }) => id), [
      "n0",
      "n1",
      "n1_more",
      "n2",
      "note",
    ]);
    assertEquals(boxes.slice(2, 3).map((box) => box.lines), [["… 1 more"]]);
    assertEquals(boxes.at(-1)?.lines, ["… 2 more nodes not shown"]);
    assertEquals(edges, [
      ["n1", "n0"],
      ["n2", "n0"],
      ["n1_more", "n1"],
      ["n2", "n1"],
    ]);
  });

  it("draws all of a graph that just fits, with no remark", () => {
    const { boxes } = diagramOf(chain(4), { maxNodes: 5 }, "draw");
    assertEquals(boxes.every(({ kind }) => kind !== "remark"), true);
    const cut = diagramOf(chain(4), { maxNodes: 4 }, "draw").boxes;
    assertEquals(cut.at(-1)?.lines, ["… 1 more node not shown"]);
  });

  it("shows 100 nodes of a million by default", () => {
    const { boxes, edges } = diagramOf(chain(999_999), {}, "draw");
    assertEquals(boxes.filter(({ id }) => /^n\d+$/.test(id)).length, 100);
    assertEquals(boxes.at(-1)?.lines, ["… 999,900 more nodes not shown"]);
    assert(edges.length <= 500);
  });

  it("shows at most four operands per node on average, counting numbers and repetitions", () => {
    const x = new Node(1);
    const list = Array.from({ length: 100_000 }, (_, i) => i % 2 ? x : i);
    const { boxes, edges } = diagramOf(sum(list), { maxNodes: 10 }, "draw");
    // 40 operands, and the remark.
    assertEquals(edges.length, 41);
    assertEquals(boxes.filter(({ kind }) => kind === "number").length, 20);
    assertEquals(boxes.find(({ kind }) => kind === "remark")?.lines, [
      "… 99,960 more",
    ]);
  });

  it("stays small when every node has many operands", () => {
    let layer: Scalar[] = Array.from({ length: 60 }, (_, i) => new Node(i));
    for (let k = 0; k < 3; k++) layer = layer.map(() => sum(layer));
    const { edges } = diagramOf(sum(layer), {}, "draw");
    assert(edges.length <= 500);
  });

  it("writes numbers in readable digits", () => {
    const cases: [number, string][] = [
      [0, "0"],
      [-0, "-0"],
      [3, "3"],
      [-12345678, "-12345678"],
      [0.1 + 0.2, "0.3"],
      [1 / 3, "0.333333"],
      [-2 / 3, "-0.666667"],
      [100000.4, "100000"],
      [1234567.8, "1.23457e+6"],
      [1e-7, "1e-7"],
      [1.5e300, "1.5e+300"],
      [5e-324, "4.94066e-324"],
      [NaN, "NaN"],
      [Infinity, "Infinity"],
      [-Infinity, "-Infinity"],
    ];
    for (const [x, expected] of cases) {
      assertEquals(valueLine(x), `value ${expected}`);
    }
  });

  it("calls nodes by the names of a structure that they are in", () => {
    const w = [new Node(1), new Node(2)], b = new Node(3), x = new Node(4);
    const model = { layers: [{ w, "the bias": b }], width: 2 };
    const y = add(sum([mul(w[0]!, x), mul(w[1]!, x)]) as Node, b);
    const names = { model, y, again: w[1], inputs: [x], unused: new Node(5) };
    const { boxes } = diagramOf(y, { names }, "draw");
    assertEquals(boxes.map(({ title }) => title), [
      "y = add",
      "sum",
      'model.layers[0]["the bias"]',
      "mul",
      "mul",
      "model.layers[0].w[0]",
      "inputs[0]",
      "again, model.layers[0].w[1]",
    ]);
  });

  it("keeps the end of a long name, in one line", () => {
    const x = new Node(1);
    const titleOf = (name: string) =>
      diagramOf(x, { names: { [name]: [x] } }, "draw").boxes[0]!.title;
    assertEquals(titleOf("a".repeat(37)), `${"a".repeat(37)}[0]`);
    assertEquals(titleOf("a".repeat(38)), `…${"a".repeat(36)}[0]`);
    // As in source code.
    assertEquals(titleOf("a\nb"), '["a\\nb"][0]');
  });

  it("takes large structures of names", () => {
    const rows = Array.from(
      { length: 1000 },
      () => Array.from({ length: 100 }, () => new Node(0)),
    );
    const { boxes } = diagramOf(
      mul(rows[999]![99]!, 2),
      { names: { rows } },
      "draw",
    );
    assertEquals(
      boxes.find(({ id }) => id === "n1")?.title,
      "rows[999][99]",
    );
  });

  it("finds nodes in instances of classes, among other values, and in cycles", () => {
    class Layer {
      readonly activation = "tanh";
      readonly sizes = Float64Array.of(2, 1);
      readonly w: Node[];
      readonly parent: unknown;
      constructor(w: Node[], parent: unknown) {
        this.w = w;
        this.parent = parent;
      }
    }
    const w = [new Node(1), new Node(2)];
    const layers: Layer[] = [];
    const model = { f: Math.sin, none: null, layers };
    layers.push(new Layer(w, model));
    const root = mul(w[0]!, w[1]!);
    const { boxes } = diagramOf(root, { names: { model } }, "draw");
    assertEquals(boxes.map(({ title }) => title), [
      "mul",
      "model.layers[0].w[0]",
      "model.layers[0].w[1]",
    ]);
  });

  it("gives a node three names at most", () => {
    const x = new Node(1), names = { all: new Array(1000).fill(x) };
    assertEquals(
      diagramOf(x, { names }, "draw").boxes[0]!.title,
      "all[0], all[1], all[2]",
    );
  });

  it("throws a TypeError on names that are not an object", () => {
    const x = new Node(1);
    const cases: [unknown, string][] = [
      [x, "an instance of Node"],
      [null, "null"],
      ["x", 'the string "x"'],
      [[x], "an array of length 1"],
    ];
    for (const [names, what] of cases) {
      const error = assertThrows(
        () => diagramOf(x, { names: names as never }, "draw"),
        TypeError,
      );
      assertEquals(
        error.message,
        `Cannot draw: names is ${what}, expected an object of Nodes`,
      );
    }
  });

  it("throws a RangeError if maxNodes is not a whole number of at least 1", () => {
    for (const maxNodes of [0, -1, 1.5, NaN, Infinity]) {
      assertThrows(
        () => diagramOf(new Node(1), { maxNodes }, "draw"),
        RangeError,
        `Cannot draw: maxNodes is the number ${maxNodes}, ` +
          "expected a whole number of at least 1",
      );
    }
  });

  it("throws a TypeError if maxNodes is not a number, or options is not an object", () => {
    assertThrows(
      () => diagramOf(new Node(1), { maxNodes: "5" as never }, "draw"),
      TypeError,
      'Cannot draw: maxNodes is the string "5", expected a whole number',
    );
    assertThrows(
      () => diagramOf(new Node(1), null as never, "draw"),
      TypeError,
      "Cannot draw: options is null, expected an object",
    );
  });
});
