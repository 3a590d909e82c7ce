import { wrongKind } from "../errors.ts";
import type { Scalar } from "../scalar.ts";
import { describeNode, Node, type NodeOperand } from "./node.ts";

// What recursion would keep on the call stack stands in the nodes themselves:
// an array of a million nodes, grown and scanned by the garbage collector,
// costs as much again as all the rest of the traversal.
//
// Each traversal takes two new marks. A node with a smaller mark is one it has
// not met; so nothing has to be reset, and nothing outlives a call.
let latestMark = 0;

/**
 * Lists a node and all it was computed from, each once, operands before what
 * was computed from them: the depth-first post-order of the graph.
 *
 * The stack is explicit and threaded through the nodes, so that a chain of ten
 * million of them is no problem.
 *
 * @param root The node to start from; it comes last.
 * @returns Every node that `root` reaches over `parents`, `root` included.
 * @throws {TypeError} If `root` is not a Node.
 * @throws {RangeError} If the graph has a cycle; the message names a node on it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mul, Node, postOrder } from "@chainrule/autograd";
 *
 * const x = new Node(3);
 * const square = mul(x, x);
 * assertEquals(postOrder(square), [x, square]);
 * ```
 */
export function postOrder(root: Scalar): Node[] {
  return orderFrom(root, "postOrder");
}

/**
 * {@linkcode postOrder}, for the call that an error should name. `visit` is
 * called with each node in order, while it is in the processor's cache.
 */
export function orderFrom(
  root: unknown,
  call: string,
  visit?: (node: Node) => void,
): Node[] {
  if (!(root instanceof Node)) {
    const hint = typeof root === "number"
      ? "; an operation gives one if one of its operands is a Node"
      : "";
    throw wrongKind(call, "root", root, `a Node${hint}`);
  }
  const onPath = ++latestMark, done = ++latestMark;
  const order: Node[] = [];
  const lists: Reading[] = [];
  let node: Node | null = root;
  root["mark"] = onPath;
  // A traversal that threw may have left one.
  root["caller"] = null;
  while (node !== null) {
    const operand = nextOperand(node, done, lists);
    if (operand === null) {
      node["mark"] = done;
      order.push(node);
      visit?.(node);
      const caller: Node | null = node["caller"];
      node["caller"] = null;
      node = caller;
    } else {
      if (operand["mark"] === onPath) throw cycleThrough(operand, call);
      operand["mark"] = onPath;
      operand["caller"] = node;
      node = operand;
    }
  }
  return order;
}

/** A node on the path whose operands are a list, and the next of them to look at. */
interface Reading {
  readonly node: Node;
  next: number;
}

/** The first operand of a node on the path that is not done; null if there is none. */
function nextOperand(node: Node, done: number, lists: Reading[]): Node | null {
  const left = node["left"];
  if (left === null) return null;
  if (left instanceof Node) {
    if (left["mark"] !== done) return left;
  } else if (typeof left !== "number") {
    return nextInList(node, left, done, lists);
  }
  const right = node["right"];
  return right instanceof Node && right["mark"] !== done ? right : null;
}

function nextInList(
  node: Node,
  list: readonly NodeOperand[],
  done: number,
  lists: Reading[],
): Node | null {
  let reading = lists[lists.length - 1];
  if (reading?.node !== node) lists.push(reading = { node, next: 0 });
  while (reading.next < list.length) {
    const operand = list[reading.next++];
    if (typeof operand === "number") continue;
    // A parents array can be changed behind the types.
    if (!(operand instanceof Node)) {
      throw wrongKind(
        "order a graph",
        "an element of parents",
        operand,
        "a Node",
      );
    }
    if (operand["mark"] !== done) return operand;
  }
  lists.pop();
  return null;
}

function cycleThrough(node: Node, call: string): RangeError {
  return new RangeError(
    `Cannot ${call}: ${describeNode(node)} is its own ancestor, ` +
      "expected a graph without cycles",
  );
}
