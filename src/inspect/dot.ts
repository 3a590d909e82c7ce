import type { Scalar } from "../scalar.ts";
import { type Box, diagramOf, type DiagramOptions } from "./diagram.ts";

/**
 * Draws a graph in DOT, the language of Graphviz: the operation, value and
 * gradient of every node, and edges from operands to results. An operand that is
 * used twice has two edges.
 *
 * Of a large graph, the nodes nearest `root` are drawn, and the diagram says how
 * many there are besides. Save the text as `graph.dot`; then
 * `dot -Tsvg graph.dot > graph.svg` makes the picture. `names` gives nodes the
 * names that they have in your program.
 *
 * @param root The output whose graph to draw.
 * @param options How much to draw, and what nodes are called.
 * @returns The text of the diagram.
 * @throws {TypeError} If `root` is not a Node, `options` or `names` not an
 * object, or `maxNodes` not a number.
 * @throws {RangeError} If `maxNodes` is not a whole number of at least 1, or the
 * graph has a cycle.
 * @category Checks and diagrams
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backward, mul, Node, toDot } from "@chainrule/autograd";
 *
 * const x = new Node(3);
 * const y = mul(x, x);
 * backward(y);
 * assertEquals(
 *   toDot(y),
 *   String.raw`digraph {
 *   ordering=in
 *   nslimit=2
 *   node [shape=box]
 *   n0 [label="mul\nvalue 9\ngrad 1"]
 *   n1 [label="leaf\nvalue 3\ngrad 6", style=rounded]
 *   n1 -> n0
 *   n1 -> n0
 * }
 * `,
 * );
 * ```
 *
 * @example Names
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { dot, Node, toDot } from "@chainrule/autograd";
 *
 * const w = [new Node(3), new Node(4)], x = new Node(2);
 * const diagram = toDot(dot(w, [x, 1]), { names: { w, x } });
 * assertStringIncludes(diagram, String.raw`label="w[0]\nvalue 3`);
 * ```
 */
export function toDot(root: Scalar, options: DiagramOptions = {}): string {
  const { boxes, edges } = diagramOf(root, options, "toDot");
  const lines = [
    // Operands from left to right, where those that are shared allow it.
    "ordering=in",
    // Without it, Graphviz takes 12 s instead of 0.2 for a leaf with 100 results.
    "nslimit=2",
    "node [shape=box]",
    ...boxes.map((box) =>
      `${box.id} [label="${labelOf(box)}"${STYLES[box.kind]}]`
    ),
    ...edges.map(([from, to]) => `${from} -> ${to}`),
  ];
  return `digraph {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
}

const STYLES: Readonly<Record<Box["kind"], string>> = {
  leaf: ", style=rounded",
  operation: "",
  number: ", shape=plaintext",
  remark: ", style=dashed",
};

function labelOf({ title, lines }: Box): string {
  return (title === "" ? lines : [escape(title), ...lines]).join("\\n");
}

// Besides the quote, Graphviz reads backslash sequences and HTML entities.
function escape(title: string): string {
  return title
    .replaceAll("&", "&amp;")
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"');
}
