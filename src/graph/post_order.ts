import { rangeError, typeError, wrongKind } from "../errors.ts";
import type { Scalar } from "../scalar.ts";
import { notANode } from "./arguments.ts";
import {
  describeNode,
  isCustom,
  isLeaf,
  Node,
  type NodeOperand,
  operandsOf,
} from "./node.ts";

// What recursion would keep on the call stack, the path from the root to the
// node that is looked at, is threaded through the nodes: each knows its caller.
//
//     operands    root ───▶ a ───▶ b ───▶ c       the traversal is at c
//     callers     root ◀─── a ◀─── b ◀─── c
//
// An array of a million nodes, grown and scanned by the garbage collector,
// would cost as much again as all the rest of the traversal.
//
// A node's mark says whether it is on that path or done. Each traversal takes
// two new marks, above all earlier ones: a node with a smaller one was not met
// yet. So no mark has to be reset, and none outlives a call.
let latestMark = 0;

/**
 * Lists a node and all it was computed from, each once, operands before what
 * was computed from them: the depth-first post-order of the graph.
 *
 * There is no recursion: a chain of ten million nodes is ordered like any other.
 *
 * @param root The node to start from; it comes last.
 * @returns Every node that `root` reaches over `parents`, `root` included.
 * @throws {TypeError} If `root` is not a Node, or a node is frozen.
 * @throws {RangeError} If the graph has a cycle; the message names a node on it.
 * @category Graph
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
 * {@linkcode postOrder}, for the call that an error should name.
 *
 * @param leafGrads If given, gradients are made ready for a sweep as nodes are
 * listed, while they are in the processor's cache: those of leaves are appended
 * to it, those of all other nodes become 0.
 */
export function orderFrom(
  root: unknown,
  call: string,
  leafGrads: number[] | null = null,
): Node[] {
  if (!(root instanceof Node)) throw notANode(call, "root", root);
  const onPath = ++latestMark, done = ++latestMark;
  const order: Node[] = [], lists: ListPosition[] = [];
  let node: Node | null = root;
  try {
    root["mark"] = onPath;
    // A traversal that threw may have left one.
    root["caller"] = null;
    while (node !== null) {
      const operand: Node | null = nextOperand(
        node,
        done,
        lists,
        order,
        leafGrads,
      );
      if (operand === null) {
        const caller: Node | null = node["caller"];
        node["caller"] = null;
        append(node, done, order, leafGrads);
        node = caller;
      } else if (operand["left"] === null) {
        append(operand, done, order, leafGrads);
      } else {
        if (operand["mark"] === onPath) throw cycleThrough(operand, call);
        operand["mark"] = onPath;
        operand["caller"] = node;
        node = operand;
      }
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw wrongOperandOf(node ?? root, call) ?? error;
  }
  return order;
}

/** A node on the path that the traversal left for an operand in its list, and the next one there. */
interface ListPosition {
  readonly node: Node;
  next: number;
}

function append(
  node: Node,
  done: number,
  order: Node[],
  leafGrads: number[] | null,
): void {
  node["mark"] = done;
  order.push(node);
  if (leafGrads === null) return;
  if (isLeaf(node)) leafGrads.push(node.grad);
  else node.grad = 0;
}

/**
 * The first operand of a node on the path that is not done; null if there is
 * none. Leaves in lists are appended on the way: most lists are lists of leaves.
 */
function nextOperand(
  node: Node,
  done: number,
  lists: ListPosition[],
  order: Node[],
  leafGrads: number[] | null,
): Node | null {
  const left = node["left"];
  if (left === null) return null;
  if (left instanceof Node) {
    if (left["mark"] !== done) return left;
  } else if (typeof left !== "number") {
    return nextInList(node, left, done, lists, order, leafGrads);
  }
  const right = node["right"];
  return right instanceof Node && right["mark"] !== done ? right : null;
}

function nextInList(
  node: Node,
  list: readonly NodeOperand[],
  done: number,
  lists: ListPosition[],
  order: Node[],
  leafGrads: number[] | null,
): Node | null {
  // A user's array of parents may have been changed since it was checked.
  const isUsers = isCustom(node);
  const latest = lists.length > 0 ? lists[lists.length - 1]! : null;
  const position = latest?.node === node ? latest : null;
  for (let i = position?.next ?? 0; i < list.length; i++) {
    const operand = list[i]!;
    if (typeof operand === "number") continue;
    if (isUsers && !(operand instanceof Node)) throw new TypeError();
    if (operand["mark"] === done) continue;
    if (operand["left"] !== null) {
      if (position === null) lists.push({ node, next: i + 1 });
      else position.next = i + 1;
      return operand;
    }
    append(operand, done, order, leafGrads);
  }
  if (position !== null) lists.pop();
  return null;
}

function cycleThrough(node: Node, call: string): RangeError {
  return rangeError(
    `Cannot ${call}: ${describeNode(node)} is its own ancestor, ` +
      "expected a graph without cycles",
  );
}

/** The TypeError for a frozen node, or for something else in an array of parents. */
function wrongOperandOf(node: Node, call: string): TypeError | undefined {
  if (Object.isFrozen(node)) return frozenNode(node, call);
  for (const [i, operand] of operandsOf(node).entries()) {
    if (typeof operand === "number") continue;
    if (!(operand instanceof Node)) {
      return wrongKind(call, `parents[${i}]`, operand, "a Node");
    }
    if (Object.isFrozen(operand)) return frozenNode(operand, call);
  }
  return undefined;
}

function frozenNode(node: Node, call: string): TypeError {
  return typeError(
    `Cannot ${call}: ${
      describeNode(node)
    } is frozen, expected a Node that can ` +
      "be changed",
  );
}
