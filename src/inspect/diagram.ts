// What a diagram shows of a graph, whatever language it is written in: its root
// and the nodes nearest to that, as many as can be read.
import { outOfRange, requireOptions, wrongKind } from "../errors.ts";
import { isLeaf, Node, operandsOf, operationName } from "../graph/node.ts";
import { orderFrom } from "../graph/post_order.ts";
import { isRecord, property } from "../transforms/structures.ts";

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
  /**
   * What nodes are called: an object whose values are Nodes, or arrays and
   * objects, of any class, with Nodes in them. With `{ names: { layers } }`, a
   * leaf may be called `layers[0].w[1]`. A node without a name is shown by its
   * operation alone.
   *
   * @default {{}}
   */
  readonly names?: Readonly<Record<string, unknown>>;
}

/** One box of a diagram. */
export interface Box {
  readonly id: string;
  /** What it stands for; a remark says what is not shown. */
  readonly kind: "leaf" | "operation" | "number" | "remark";
  /** The first line, which users have a part in: it needs escaping. May be empty. */
  readonly title: string;
  /** Further lines: letters, digits and ` .,+-…` only, which need none. */
  readonly lines: readonly string[];
}

/** From the box of an operand to that of the result, by their ids. */
export type Edge = readonly [from: string, to: string];

/** What a diagram shows of a graph. */
export interface Diagram {
  /** Breadth-first from the root. */
  readonly boxes: readonly Box[];
  /** The operands of a box are together and in order. */
  readonly edges: readonly Edge[];
}

// With 100 nodes, and a remark on each, just the 500 edges that Mermaid draws
// before it gives up.
const OPERANDS_PER_NODE = 4;

const MAX_TITLE = 40;
const MAX_NAMES = 3;

/**
 * Chooses what to draw of the graph below a root.
 *
 * @param call What an error calls the call.
 */
export function diagramOf(
  root: unknown,
  options: DiagramOptions,
  call: string,
): Diagram {
  requireOptions(call, options);
  const { maxNodes = 100, names = {} } = options;
  checkMaxNodes(maxNodes, call);
  if (!isRecord(names)) {
    throw wrongKind(call, "names", names, "an object of Nodes");
  }
  const namesOf = namesIn(names);
  const order = orderFrom(root, call);
  const boxes: Box[] = [], edges: Edge[] = [];
  const maxOperands = OPERANDS_PER_NODE * maxNodes;
  const ids = new Map<Node, string>([[order[order.length - 1]!, "n0"]]);
  // A Map's iteration reaches what is added meanwhile: this is breadth-first.
  for (const [node, id] of ids) {
    boxes.push(nodeBox(id, node, namesOf.get(node) ?? []));
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
    if (hidden > 0) {
      boxes.push(remarkBox(`${id}_more`, `${grouped(hidden)} more`));
    }
  }
  const left = order.length - ids.size;
  if (left > 0) {
    const noun = left === 1 ? "node" : "nodes";
    boxes.push(remarkBox("note", `${grouped(left)} more ${noun} not shown`));
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

/**
 * The names of all Nodes in an object: each the path to it. Of two paths to one
 * array or object inside, the shorter counts.
 */
function namesIn(names: object): Map<Node, string[]> {
  const found = new Map<Node, string[]>();
  const paths = new Map<object, string>([[names, ""]]);
  // A Map's iteration reaches what is added meanwhile: this is breadth-first.
  for (const [owner, path] of paths) {
    const isArray = Array.isArray(owner);
    for (const [key, value] of Object.entries(owner)) {
      if (typeof value !== "object" || value === null) continue;
      if (ArrayBuffer.isView(value)) continue;
      const step = path + (isArray ? `[${key}]` : property(key));
      if (!(value instanceof Node)) {
        if (!paths.has(value)) paths.set(value, step);
        continue;
      }
      const name = step.replace(/^\./, ""), others = found.get(value);
      if (others === undefined) found.set(value, [name]);
      else if (others.length < MAX_NAMES) others.push(name);
    }
  }
  return found;
}

function nodeBox(id: string, node: Node, names: readonly string[]): Box {
  const operation = readable(operationName(node));
  const name = names.map((name) => lastOf(printable(name))).join(", ");
  return {
    id,
    kind: isLeaf(node) ? "leaf" : "operation",
    title: name === ""
      ? operation
      : isLeaf(node)
      ? name
      : `${name} = ${operation}`,
    lines: [`value ${digits(node.value)}`, `grad ${digits(node.grad)}`],
  };
}

function numberBox(id: string, x: number): Box {
  return { id, kind: "number", title: "", lines: [digits(x)] };
}

function remarkBox(id: string, text: string): Box {
  return { id, kind: "remark", title: "", lines: [`… ${text}`] };
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

/** An operation's name in one line of ordinary length, without characters that do not print. */
function readable(name: string): string {
  const characters = printable(name);
  return characters.length <= MAX_TITLE
    ? characters.join("")
    : `${characters.slice(0, MAX_TITLE - 1).join("")}…`;
}

/** A node's name, of which the end tells more than the beginning. */
function lastOf(characters: readonly string[]): string {
  return characters.length <= MAX_TITLE
    ? characters.join("")
    : `…${characters.slice(1 - MAX_TITLE).join("")}`;
}

function printable(name: string): string[] {
  return [...name.replace(/[\p{C}\s]+/gu, " ").trim()];
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
