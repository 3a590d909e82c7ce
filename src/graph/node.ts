import { guard } from "../guard.ts";
import { observer } from "../observer.ts";
import type { Primitive } from "../primitives.ts";
import { checkNodeArguments } from "./arguments.ts";
import { CUSTOM as CUSTOM_CODE, propagate } from "./propagate.ts";

/** What an operation on nodes was given: a node, or a constant. */
export type NodeOperand = Node | number;

/** An operation that consists in a backward function of the node's own. */
interface OwnOperation {
  readonly name: string;
  /** No primitive has this code. */
  readonly code: typeof CUSTOM_CODE;
}

/** The operation of every node that a user made with parents or a backward function. */
const CUSTOM: OwnOperation = { name: "custom", code: CUSTOM_CODE };

/**
 * One value of a computation, and the derivative of the output by it.
 *
 * The operations of this module build nodes. `new Node(value)` makes a leaf,
 * and the whole constructor an operation of your own, whose `backwardFn` adds
 * to its parents' gradients. `console.log` shows a node in one line, and
 * JavaScript's own operators throw on it: `add(a, b)`, not `a + b`.
 *
 * @category Graph
 *
 * @example A leaf, and an operation written by hand
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backward, Node } from "@chainrule/autograd";
 *
 * const a = new Node(3);
 * const cube: Node = new Node(a.value ** 3, [a], () => {
 *   a.grad += cube.grad * 3 * a.value ** 2;
 * });
 * backward(cube);
 * assertEquals(a.grad, 27);
 * ```
 */
export class Node {
  /** The number this node stands for. */
  declare value: number;

  /**
   * The derivative by this node of what {@linkcode backward} was called on:
   * summed over all calls for a leaf, of the latest call for any other node.
   */
  declare grad: number;

  // The cost of a large graph is that of its memory. So the operands are in two
  // fields, without an array, and the operation is shared by all its nodes,
  // without a closure: half the bytes. The constructor sets every field, so that
  // V8 gives all nodes one layout; the class only declares them, because fields
  // that it defines are set twice.

  /** The first operand, or a list of all operands; null for a leaf. */
  declare private left: NodeOperand | readonly NodeOperand[] | null;
  /** The second operand; a custom operation's backward function. */
  declare private right: NodeOperand | (() => void) | null;
  /** The operation that gave the value; null for a leaf. */
  declare private operation: Primitive | OwnOperation | null;
  /** How far the latest traversal is with this node: see `postOrder`. */
  declare private mark: number;
  /** The node from which a traversal came here, while it is here or below: see `postOrder`. */
  declare private caller: Node | null;

  /**
   * Makes a leaf, or an operation of your own.
   *
   * @param value The number this node stands for.
   * @param parents The nodes it was computed from; a node without any is a leaf.
   * @param backwardFn Adds this node's share to each parent's `grad`: `backward`
   * calls it when this node's own `grad` is complete.
   * @throws {TypeError} If `value` is not a number, `parents` is not an array
   * of Nodes, or `backwardFn` is neither a function nor null.
   */
  constructor(
    value: number,
    parents?: readonly Node[],
    backwardFn?: (() => void) | null,
  ) {
    this.value = value;
    this.grad = 0;
    this.left = null;
    this.right = null;
    this.operation = null;
    this.mark = 0;
    this.caller = null;
    if (
      typeof value !== "number" || parents !== undefined ||
      backwardFn !== undefined
    ) this.makeCustom(parents, backwardFn);
  }

  // Not in the constructor, which V8 inlines into operations if it is short; and
  // not `#makeCustom`: V8 stores 8 bytes in each instance of a class that has
  // private methods.
  /** The rest of the constructor, for a user's own operation and for wrong arguments. */
  private makeCustom(
    parents: readonly Node[] = [],
    backwardFn: (() => void) | null = null,
  ): void {
    checkNodeArguments(Node, this.value, parents, backwardFn);
    this.left = parents;
    this.right = backwardFn;
    this.operation = CUSTOM;
    observer?.onNode(this);
  }

  /** The nodes this one was computed from: its operands, less those that are plain numbers. */
  get parents(): readonly Node[] {
    // A custom operation's own array, which thus can be compared and followed.
    if (this.operation === CUSTOM) return this.left as readonly Node[];
    return operandsOf(this).filter((operand) => operand instanceof Node);
  }

  /** What adds this node's share to each parent's `grad`; null for a leaf. */
  get backwardFn(): (() => void) | null {
    if (this.operation === null) return null;
    if (this.operation.code === CUSTOM_CODE) {
      return this.right as (() => void) | null;
    }
    return () => propagate(this);
  }

  // V8 learns from the first nodes how to store the fields of all. A graph that
  // is built before any gradient was a fraction would have to be converted, node
  // by node, at its first `backward`.
  static {
    const node = new Node(0.5);
    node.grad = 0.5;
  }
}

guard(Node.prototype, "Node", describeNode);

/** Makes the node of an operation whose operands were checked. */
export function makeNode(
  operation: Primitive,
  value: number,
  left: NodeOperand | readonly NodeOperand[],
  right: NodeOperand | null,
): Node {
  const node = new Node(value);
  node["left"] = left;
  node["right"] = right;
  node["operation"] = operation;
  observer?.onNode(node);
  return node;
}

/** Makes a node with a backward function, as users may by hand, but under a name. */
export function makeNamedNode(
  name: string,
  value: number,
  parents: readonly Node[],
  backwardFn: () => void,
): Node {
  const node = new Node(value);
  node["left"] = parents;
  node["right"] = backwardFn;
  node["operation"] = { name, code: CUSTOM_CODE };
  observer?.onNode(node);
  return node;
}

/** Whether a node has no parents. */
export function isLeaf(node: Node): boolean {
  const operation = node["operation"];
  return operation === null ||
    operation === CUSTOM && (node["left"] as readonly Node[]).length === 0;
}

/** Whether a node is a user's own, with a backward function or without. */
export function isCustom(node: Node): boolean {
  return node["operation"] === CUSTOM;
}

/** All operands of a node in order, plain numbers included. */
export function operandsOf(node: Node): readonly NodeOperand[] {
  const left = node["left"], right = node["right"];
  if (left === null) return [];
  if (typeof left === "object" && !(left instanceof Node)) return left;
  return right === null ? [left] : [left, right as NodeOperand];
}

/** The name of the operation that made a node: "leaf" if none did, "custom" for a user's own. */
export function operationName(node: Node): string {
  return node["operation"]?.name ?? "leaf";
}

/** A node in one line, for messages and `console.log`. */
export function describeNode(node: Node): string {
  return `Node(value: ${node.value}, grad: ${node.grad}, ${
    operationName(node)
  })`;
}
