import type { Scalar } from "../scalar.ts";
import { type Box, diagramOf, type DiagramOptions } from "./diagram.ts";

/**
 * Draws a graph as a Mermaid flowchart, which GitHub and many editors show: the
 * operation, value and gradient of every node, and edges from operands to
 * results. An operand that is used twice has two edges.
 *
 * Of a large graph, the nodes nearest `root` are drawn, and the diagram says how
 * many there are besides. Mermaid itself refuses more than 500 edges by its
 * default settings, which the default `maxNodes` keeps to. `names` gives nodes
 * the names that they have in your program.
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
 * import { backward, mul, Node, toMermaid } from "@chainrule/autograd";
 *
 * const x = new Node(3);
 * const y = mul(x, 2);
 * backward(y);
 * assertEquals(
 *   toMermaid(y),
 *   `flowchart TD
 *   n0["mul<br/>value 6<br/>grad 1"]
 *   n0_1("2"):::number
 *   n1(["leaf<br/>value 3<br/>grad 2"])
 *   n1 --> n0
 *   n0_1 --> n0
 *   classDef number stroke-width:0px
 *   classDef remark stroke-dasharray:4
 * `,
 * );
 * ```
 *
 * @example Names
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { mul, Node, toMermaid } from "@chainrule/autograd";
 *
 * const width = new Node(3), height = new Node(2);
 * const area = mul(width, height);
 * const diagram = toMermaid(area, { names: { width, height, area } });
 * assertStringIncludes(diagram, `n0["area #61; mul<br/>value 6`);
 * assertStringIncludes(diagram, `n1(["width<br/>value 3`);
 * ```
 */
export function toMermaid(root: Scalar, options: DiagramOptions = {}): string {
  const { boxes, edges } = diagramOf(root, options, "toMermaid");
  const lines = [
    ...boxes.map((box) => box.id + shape(box)),
    ...edges.map(([from, to]) => `${from} --> ${to}`),
    "classDef number stroke-width:0px",
    "classDef remark stroke-dasharray:4",
  ];
  return `flowchart TD\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function shape(box: Box): string {
  const label = `"${labelOf(box)}"`;
  switch (box.kind) {
    case "leaf":
      return `([${label}])`;
    case "operation":
      return `[${label}]`;
    case "number":
      return `(${label}):::number`;
    case "remark":
      return `(${label}):::remark`;
  }
}

function labelOf({ title, lines }: Box): string {
  return (title === "" ? lines : [escape(title), ...lines]).join("<br/>");
}

// Mermaid reads quoted text as its own entities, HTML and Markdown; an entity of
// its own is the one form that all three leave alone.
function escape(title: string): string {
  return title.replace(
    /[^\p{L}\p{N} …]/gu,
    (character) => `#${character.codePointAt(0)};`,
  );
}
