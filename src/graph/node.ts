import { wrongKind } from "../errors.ts";
import { guard } from "../guard.ts";
import * as primitives from "../primitives.ts";
import { type Primitive, product } from "../primitives.ts";
import { watch } from "../watch.ts";

// Constants of this module, which the compiler folds; an imported one is a load.
const ADD = primitives.ADD, MUL = primitives.MUL, CUSTOM = 0;

/** What an operation on nodes was given: a node, or a constant. */
export type NodeOperand = Node | number;

type Operands = NodeOperand | readonly NodeOperand[] | null;

/** An operation that is not a primitive: a user's closure, or a node somebody looked at. */
class Custom {
  readonly code = CUSTOM;
  readonly name: string;
  readonly backwardFn: (() => void) | null;

  constructor(name: string, backwardFn: (() => void) | null) {
    this.name = name;
    this.backwardFn = backwardFn;
  }
}

/**
 * One value of a computation, and the derivative of the output by it.
 *
 * The operations of this module build nodes. `new Node(value)` makes a leaf,
 * and the whole constructor an operation of your own, whose `backwardFn` adds
 * to its parents' gradients. `console.log` shows a node in one line, and
 * JavaScript's own operators throw on it: `add(a, b)`, not `a + b`.
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

  // Operands stand in two fields and not in an array, and the operation is
  // shared and not a closure: what a large graph costs is the garbage collector
  // copying it, and this halves the bytes. Every field is set in the
  // constructor, so that all nodes have one hidden class. Fields are declared
  // and not defined: a definition would first set them to undefined, in a
  // function that takes its share of what V8 inlines into an operation's caller.

  /** The first operand, or a list of all of them; null for a leaf. */
  declare private left: Operands;
  /** The second operand, unless `left` is a list. */
  declare private right: NodeOperand | null;
  /** How the value came about; null for a leaf. */
  declare private operation: Primitive | Custom | null;
  /** The latest traversal that met this node, and whether it is done with it; see `postOrder`. */
  declare private mark: number;
  /** While a traversal is below this node: the node to go back to. */
  declare private caller: Node | null;

  /**
   * Makes a leaf, or an operation of your own.
   *
   * @param value The number this node stands for.
   * @param parents The nodes it was computed from; a node without is a leaf.
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
    if (typeof value !== "number") {
      throw wrongKind("make a Node", "value", value, "a number");
    }
    this.value = value;
    this.grad = 0;
    this.left = null;
    this.right = null;
    this.operation = null;
    this.mark = 0;
    this.caller = null;
    if (parents !== undefined || backwardFn !== undefined) {
      this.becomeCustom(parents, backwardFn);
    }
  }

  /** Makes it a user's own operation: not in the constructor, which stays short enough to be inlined. */
  private becomeCustom(
    parents: readonly Node[] = [],
    backwardFn: (() => void) | null = null,
  ): void {
    this.left = checkParents(parents);
    checkBackwardFn(backwardFn);
    this.operation = new Custom("custom", backwardFn);
    watch?.made(this);
  }

  /** The node of a built-in or defined operation, whose operands were checked. */
  private static of(
    operation: Primitive,
    value: number,
    left: NodeOperand | readonly NodeOperand[],
    right: NodeOperand | null,
  ): Node {
    const node = new Node(value);
    node.left = left;
    node.right = right;
    node.operation = operation;
    watch?.made(node);
    return node;
  }

  /** The nodes this one was computed from: its operands, but for plain numbers. */
  get parents(): readonly Node[] {
    this.customise();
    return this.left as readonly Node[];
  }

  // V8 learns from the first nodes how to store the fields of all. A graph that
  // is built before any gradient was a fraction would have to be converted, node
  // by node, at its first `backward`.
  static {
    const node = new Node(0.5);
    node.grad = 0.5;
  }

  // Not `private set parents`: the declarations derived for publishing would
  // name `parents` twice.
  static {
    Object.defineProperty(Node.prototype, "parents", {
      set(this: Node, parents: readonly Node[]): void {
        this.customise();
        this.left = checkParents(parents);
      },
    });
  }

  /** What adds this node's share to each parent's `grad`; null for a leaf. */
  get backwardFn(): (() => void) | null {
    return this.customise().backwardFn;
  }

  // Not `#customise`: for private methods, V8 marks every instance, in 8 bytes.
  /** Takes the form that a user's own node has: a list of parents and a closure. */
  private customise(): Custom {
    const { left, right, operation } = this;
    if (operation instanceof Custom) return operation;
    this.left = operandsOf(this).filter((operand) => operand instanceof Node);
    this.right = null;
    return this.operation = operation === null
      ? new Custom("leaf", null)
      : new Custom(
        operation.name,
        () => applyRule(this, operation, left, right),
      );
  }
}

guard(Node.prototype, "Node", describeNode);

/** Makes the node of an operation whose operands were checked. */
export const makeNode: (
  operation: Primitive,
  value: number,
  left: NodeOperand | readonly NodeOperand[],
  right: NodeOperand | null,
) => Node = Node["of"];

/** Whether a node has no parents. */
export function isLeaf(node: Node): boolean {
  const left = node["left"];
  return left === null ||
    typeof left === "object" && !(left instanceof Node) && left.length === 0;
}

/** All operands of a node in order, plain numbers included. */
export function operandsOf(node: Node): readonly NodeOperand[] {
  const left = node["left"], right = node["right"];
  if (left === null) return [];
  if (typeof left === "object" && !(left instanceof Node)) return left;
  return right === null ? [left] : [left, right];
}

/** The name of the operation that made a node: "leaf" if none did, "custom" for a user's closure. */
export function operationName(node: Node): string {
  return node["operation"]?.name ?? "leaf";
}

/** A node in one line, for messages and `console.log`. */
export function describeNode(node: Node): string {
  return `Node(value: ${node.value}, grad: ${node.grad}, ${
    operationName(node)
  })`;
}

/** The chain rule at one node: adds its share to the gradient of each operand. */
export function propagate(node: Node): void {
  const operation = node["operation"];
  if (operation === null) return;
  const left = node["left"] as NodeOperand;
  const right = node["right"] as NodeOperand;
  const grad = node.grad;
  // Written by hand beside their rows: what long chains are made of.
  switch (operation.code) {
    case ADD:
      if (typeof left !== "number") left.grad += grad;
      if (typeof right !== "number") right.grad += grad;
      return;
    case MUL: {
      const a = numberOf(left), b = numberOf(right);
      if (typeof left !== "number") left.grad += grad * b;
      if (typeof right !== "number") right.grad += grad * a;
      return;
    }
    case CUSTOM:
      (operation as Custom).backwardFn?.();
      return;
  }
  applyRule(node, operation as Primitive, node["left"], right);
}

function applyRule(
  { grad, value: out }: Node,
  operation: Primitive,
  operands: Operands,
  second: NodeOperand | null,
): void {
  switch (operation.arity) {
    case 1: {
      const x = operands as Node, [rule] = operation.partials;
      if (rule !== null) receive(x, operation, grad, rule(x.value, out));
      return;
    }
    case 2: {
      const left = operands as NodeOperand, right = second as NodeOperand;
      const a = numberOf(left), b = numberOf(right);
      const [ruleA, ruleB] = operation.partials;
      if (ruleA !== null) receive(left, operation, grad, ruleA(a, b, out));
      if (ruleB !== null) receive(right, operation, grad, ruleB(a, b, out));
      return;
    }
    case "list": {
      const list = operands as readonly NodeOperand[];
      const partials = operation.partials(list.map(numberOf), out);
      for (let i = 0; i < list.length; i++) {
        const partial = partials[i]!;
        if (partial !== null) receive(list[i]!, operation, grad, partial);
      }
    }
  }
}

/** Adds adjoint · partial to an operand, unless that is a constant. */
function receive(
  operand: NodeOperand,
  { gate }: Primitive,
  grad: number,
  partial: primitives.Operand,
): void {
  if (typeof operand === "number") return;
  operand.grad += product(gate, grad, partial as number);
}

/** The number an operand stands for. */
export function numberOf(operand: NodeOperand): number {
  return typeof operand === "number" ? operand : operand.value;
}

function checkParents(parents: readonly Node[]): readonly Node[] {
  if (!Array.isArray(parents)) {
    throw wrongKind("make a Node", "parents", parents, "an array of Nodes");
  }
  for (let i = 0; i < parents.length; i++) {
    if (parents[i] instanceof Node) continue;
    throw wrongKind("make a Node", `parents[${i}]`, parents[i], "a Node");
  }
  return parents;
}

function checkBackwardFn(backwardFn: unknown): void {
  if (backwardFn === null || typeof backwardFn === "function") return;
  const expected = "a function or null";
  throw wrongKind("make a Node", "backwardFn", backwardFn, expected);
}
