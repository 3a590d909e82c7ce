// What diagrams show of a graph, whatever language they are written in: its
// root and the nodes nearest to that, as many as can be read.
import { outOfRange, requireOptions, wrongKind } from "../errors.ts";
import { isLeaf, type Node, operandsOf, operationName } from "../graph/node.ts";
import { orderFrom } from "../graph/post_order.ts";

/**
 * Options of {@linkcode toMermaid} and {@linkcode toDot}.
 *
 * @category Checks and diagrams
 */
export interface DiagramOptions {
  /**
   * The most nodes to draw, those nearest the root first. Plain numbers do not
   * count; of operands, at most four times as many are drawn.
   *
   * @default {100}
   */
  readonly maxNodes?: number;
}

/** One box of a diagram. */
export interface Box {
  readonly id: string;
  /** What it stands for; "cut" is a remark on what is not shown. */
  readonly kind: "leaf" | "operation" | "number" | "cut";
  /** An operation's name, which a user may have chosen: it needs escaping. */
  readonly name: string;
  /** Further lines: letters, digits and ` .,+-…` only, which need none. */
  readonly lines: readonly string[];
}

/** From the box of an operand to that of the result, by their ids. */
export type Edge = readonly [from: string, to: string];

/** The part of a graph that a diagram shows. */
export interface Excerpt {
  /** Breadth-first from the root. */
  readonly boxes: readonly Box[];
  /** The operands of a box are together and in order. */
  readonly edges: readonly Edge[];
}

// With 100 nodes, and a remark on each, just the 500 edges that Mermaid draws
// before it gives up.
const OPERANDS_PER_NODE = 4;

const MAX_NAME = 40;

/**
 * Chooses what to draw of the graph below a root.
 *
 * @param call What an error calls the call.
 */
export function excerptOf(
  root: unknown,
  options: DiagramOptions,
  call: string,
): Excerpt {
  requireOptions(call, options);
  const { maxNodes = 100 } = options;
  checkMaxNodes(maxNodes, call);
  const order = orderFrom(root, call);
  const boxes: Box[] = [], edges: Edge[] = [];
  const maxOperands = OPERANDS_PER_NODE * maxNodes;
  const ids = new Map<Node, string>([[order[order.length - 1]!, "n0"]]);
  // A Map's iteration reaches what is added meanwhile: this is breadth-first.
  for (const [node, id] of ids) {
    boxes.push(nodeBox(id, node));
    let hidden = 0;
    for (const [i, operand] of operandsOf(node).entries()) {
      const from = edges.length >= maxOperands
        ? undefined
        : typeof operand === "number"
        ? `${id}_${i}`
        : idOf(operand, ids, maxNodes);
      if (from === undefined) {
        if (hidden++ === 0) edges.push([`${id}_more`, id]);
        continue;
      }
      if (typeof operand === "number") boxes.push(numberBox(from, operand));
      edges.push([from, id]);
    }
    if (hidden > 0) boxes.push(cutBox(`${id}_more`, `${grouped(hidden)} more`));
  }
  const left = order.length - ids.size;
  if (left > 0) {
    const noun = left === 1 ? "node" : "nodes";
    boxes.push(cutBox("note", `${grouped(left)} more ${noun} not shown`));
  }
  return { boxes, edges };
}

/** The id of a node's box, a new one if there is room for it. */
function idOf(
  node: Node,
  ids: Map<Node, string>,
  maxNodes: number,
): string | undefined {
  let id = ids.get(node);
  if (id === undefined && ids.size < maxNodes) {
    ids.set(node, id = `n${ids.size}`);
  }
  return id;
}

function nodeBox(id: string, node: Node): Box {
  return {
    id,
    kind: isLeaf(node) ? "leaf" : "operation",
    name: readable(operationName(node)),
    lines: [`value ${digits(node.value)}`, `grad ${digits(node.grad)}`],
  };
}

function numberBox(id: string, x: number): Box {
  return { id, kind: "number", name: "", lines: [digits(x)] };
}

function cutBox(id: string, text: string): Box {
  return { id, kind: "cut", name: "", lines: [`… ${text}`] };
}

/** A number in at most six digits, or all of a whole number that is not long. */
function digits(x: number): string {
  if (Object.is(x, -0)) return "-0";
  if (Number.isInteger(x) && Math.abs(x) < 1e9) return String(x);
  const text = x.toPrecision(6);
  return text.includes(".") ? text.replace(/\.?0+(?=e|$)/, "") : text;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** A name in one line of ordinary length, without characters that do not print. */
function readable(name: string): string {
  const characters = [...name.replace(/[\p{C}\s]+/gu, " ").trim()];
  return characters.length <= MAX_NAME
    ? characters.join("")
    : `${characters.slice(0, MAX_NAME - 1).join("")}…`;
}

function checkMaxNodes(maxNodes: unknown, call: string): void {
  const expected = "a whole number of at least 1";
  if (typeof maxNodes !== "number") {
    throw wrongKind(call, "maxNodes", maxNodes, expected);
  }
  if (!Number.isSafeInteger(maxNodes) || maxNodes < 1) {
    throw outOfRange(call, "maxNodes", maxNodes, expected);
  }
}
