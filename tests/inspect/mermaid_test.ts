import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  backward,
  mul,
  Node,
  type Scalar,
  sub,
  toMermaid,
} from "../../mod.ts";
import { named } from "../support/named.ts";

describe("toMermaid", () => {
  it("draws operations, leaves and numbers, and edges in the order of operands", () => {
    const x = new Node(5), y = new Node(4);
    const root = sub(1, mul(y, x));
    backward(root);
    assertEquals(
      toMermaid(root),
      `flowchart TD
  n0["sub<br/>value -19<br/>grad 1"]
  n0_0("1"):::number
  n1["mul<br/>value 20<br/>grad -1"]
  n2(["leaf<br/>value 4<br/>grad -5"])
  n3(["leaf<br/>value 5<br/>grad -4"])
  n0_0 --> n0
  n1 --> n0
  n2 --> n1
  n3 --> n1
  classDef number stroke-width:0px
  classDef remark stroke-dasharray:4
`,
    );
  });

  it("draws an operand that is used twice with two edges", () => {
    const x = new Node(3);
    assertEquals(toMermaid(mul(x, x)).match(/n1 --> n0/g)?.length, 2);
  });

  it("draws a leaf alone, and an operation written by hand", () => {
    assert(
      toMermaid(new Node(NaN)).includes('n0(["leaf<br/>value NaN<br/>grad 0"'),
    );
    const custom = new Node(2, [new Node(1)], null);
    assert(toMermaid(custom).includes('n0["custom<br/>value 2<br/>grad 0"]'));
  });

  it("writes all but letters and digits of a name as Mermaid's entities", () => {
    assert(
      toMermaid(named('"]; A<b> #1')).includes(
        'n0["#34;#93;#59; A#60;b#62; #35;1<br/>value 1',
      ),
    );
    assert(toMermaid(named("größe 😀")).includes("größe #128512;<br/>"));
  });

  it("writes a node's own name in the same way", () => {
    const w = [new Node(1)];
    assert(
      toMermaid(mul(w[0]!, 2), { names: { "a<b": { w } } }).includes(
        'n1(["#91;#34;a#60;b#34;#93;#46;w#91;0#93;<br/>value 1',
      ),
    );
  });

  it("keeps a name in one line of at most 40 characters", () => {
    assert(toMermaid(named("a\n\tb\0c")).includes('n0["a b c<br/>'));
    assert(
      toMermaid(named("x".repeat(41))).includes(`n0["${"x".repeat(39)}…<br/>`),
    );
    assert(
      toMermaid(named("x".repeat(40))).includes(`n0["${"x".repeat(40)}<br/>`),
    );
  });

  it("cuts a deep graph and says so", () => {
    const x = new Node(1);
    let y: Scalar = x;
    for (let i = 0; i < 999_999; i++) y = add(y, x);
    const diagram = toMermaid(y);
    assert(
      diagram.includes('note("… 999,900 more nodes not shown"):::remark'),
    );
    // What Mermaid takes by its default settings.
    assert(diagram.length < 50_000);
    assert(diagram.match(/-->/g)!.length <= 500);
  });

  it("throws a TypeError if the root is not a Node", () => {
    assertThrows(
      () => toMermaid(3),
      TypeError,
      "Cannot toMermaid: root is the number 3, expected a Node",
    );
  });

  it("throws a RangeError on a wrong maxNodes, and on a cycle", () => {
    assertThrows(
      () => toMermaid(new Node(1), { maxNodes: 0 }),
      RangeError,
      "Cannot toMermaid: maxNodes is the number 0",
    );
    const parents: Node[] = [];
    const node = new Node(1, parents);
    parents.push(node);
    assertThrows(
      () => toMermaid(node),
      RangeError,
      "Cannot toMermaid: Node(value: 1, grad: 0, custom) is its own ancestor",
    );
  });
});
