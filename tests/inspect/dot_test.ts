import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  backward,
  mul,
  Node,
  type Scalar,
  sub,
  toDot,
} from "../../mod.ts";
import { runDeno } from "../support/child_deno.ts";
import { named } from "../support/named.ts";

function chain(length: number): Scalar {
  const x = new Node(1);
  let y: Scalar = x;
  for (let i = 0; i < length; i++) y = add(y, x);
  return y;
}

describe("toDot", () => {
  it("draws operations, leaves and numbers, and edges in the order of operands", () => {
    const x = new Node(5), y = new Node(4);
    const root = sub(1, mul(y, x));
    backward(root);
    assertEquals(
      toDot(root),
      String.raw`digraph {
  ordering=in
  nslimit=2
  node [shape=box]
  n0 [label="sub\nvalue -19\ngrad 1"]
  n0_0 [label="1", shape=plaintext]
  n1 [label="mul\nvalue 20\ngrad -1"]
  n2 [label="leaf\nvalue 4\ngrad -5", style=rounded]
  n3 [label="leaf\nvalue 5\ngrad -4", style=rounded]
  n0_0 -> n0
  n1 -> n0
  n2 -> n1
  n3 -> n1
}
`,
    );
  });

  it("draws an operand that is used twice with two edges", () => {
    const x = new Node(3);
    assertEquals(toDot(mul(x, x)).match(/n1 -> n0/g)?.length, 2);
  });

  it("escapes what Graphviz reads in a label", () => {
    assert(
      toDot(named('"\\N & ]')).includes(
        String.raw`n0 [label="\"\\N &amp; ]\nvalue 1`,
      ),
    );
    assert(toDot(named("a\nb")).includes(String.raw`n0 [label="a b\nvalue 1`));
  });

  it("cuts a deep graph and says so", () => {
    const diagram = toDot(chain(999_999), { maxNodes: 10 });
    assert(
      diagram.includes(
        'note [label="… 999,990 more nodes not shown", style=dashed]',
      ),
    );
    assertEquals(diagram.match(/label="(add|leaf)/g)?.length, 10);
  });

  it("throws a TypeError if the root is not a Node", () => {
    assertThrows(
      () => toDot(3),
      TypeError,
      "Cannot toDot: root is the number 3, expected a Node",
    );
  });

  it("throws a RangeError on a wrong maxNodes", () => {
    assertThrows(
      () => toDot(new Node(1), { maxNodes: 2.5 }),
      RangeError,
      "Cannot toDot: maxNodes is the number 2.5, expected a whole number",
    );
  });
});

describe("toDot, drawn by Graphviz", () => {
  it("has a box for every node and number, and an edge for every operand", async () => {
    const x = new Node(2);
    const [svg] = await render([toDot(sub(mul(x, x), 1))]) ?? [];
    if (svg === undefined) return;
    assertEquals(svg.match(/class="node"/g)?.length, 4);
    assertEquals(svg.match(/class="edge"/g)?.length, 4);
    assertEquals(texts(svg).slice(0, 3), ["sub", "value 3", "grad 0"]);
  });

  it("shows a name as it is, whatever is in it", async () => {
    const names = ['"', "\\", "\\N", "a\\", "<b>", "&lt;", "%%", "größe 😀"];
    const pictures = await render(names.map((name) => toDot(named(name))));
    pictures?.forEach((svg, i) => assertEquals(texts(svg)[0], names[i]));
  });

  it("shows the names of nodes", async () => {
    const w = [new Node(3)], y = mul(w[0]!, 2);
    const names = { '"<b>" \\N': { w }, y };
    const [svg] = await render([toDot(y, { names })]) ?? [];
    if (svg === undefined) return;
    const shown = texts(svg);
    assertEquals(shown[0], "y = mul");
    assert(shown.includes('["\\"<b>\\" \\\\N"].w[0]'), shown.join());
  });

  it("takes NaN, infinities and a graph that is too large", async () => {
    const y = mul(mul(new Node(NaN), Infinity), chain(1000));
    const [svg] = await render([toDot(y)]) ?? [];
    if (svg === undefined) return;
    const shown = texts(svg);
    assert(shown.includes("value NaN"));
    assert(shown.includes("Infinity"));
    // 3 nodes besides the 1,001 of the chain.
    assert(shown.includes("… 904 more nodes not shown"));
  });
});

/** The pictures of diagrams, by Graphviz from npm; undefined, saying so, where npm is out of reach. */
async function render(
  diagrams: readonly string[],
): Promise<string[] | undefined> {
  const { stdout, stderr } = await runDeno(`
    const module = await import("npm:@viz-js/viz@3").catch(() => null);
    if (module === null) {
      console.log("null");
      Deno.exit();
    }
    const viz = await module.instance();
    const pictures = ${JSON.stringify(diagrams)}.map((diagram) => {
      const { output, errors } = viz.render(diagram, { format: "svg" });
      // A warning is a mistake of ours as well, but for that this build of
      // Graphviz has no fonts to measure.
      for (const { message } of errors) {
        if (!message.includes("no value for width")) console.error(message);
      }
      return output;
    });
    console.log(JSON.stringify(pictures));
  `);
  assertEquals(stderr, "");
  const pictures: string[] | null = JSON.parse(stdout);
  if (pictures !== null) return pictures;
  console.warn("skipped: npm cannot give @viz-js/viz");
  return undefined;
}

/** What the picture says, line by line. */
function texts(svg: string): string[] {
  const entities: Record<string, string> = {
    lt: "<",
    gt: ">",
    quot: '"',
    amp: "&",
    "#45": "-",
  };
  return Array.from(
    svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g),
    ([, text]) => text!.replace(/&([^;]+);/g, (_, entity) => entities[entity]!),
  );
}
