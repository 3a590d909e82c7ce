import { observer } from "../observer.ts";
import type { Scalar } from "../scalar.ts";
import { notANode } from "./arguments.ts";
import { isLeaf, Node } from "./node.ts";
import { orderFrom } from "./post_order.ts";
import { propagate } from "./propagate.ts";

/** Whether a sweep is under way, whose backward functions may call `backward` in turn. */
let sweeping = false;

/**
 * Computes the derivative of `root` by every node it was computed from, into
 * their `grad`: the reverse sweep.
 *
 * A leaf (a node without parents) adds to its `grad` at every call, so that
 * gradients of several outputs, or of a batch, accumulate; call
 * {@linkcode zeroGrad} in between where they should not. An inner node's `grad`
 * is that of the latest call that reached it, and the root's is 1.
 *
 * The values of operands are read now, not when the graph was built: change a
 * leaf's `value` when the graphs built from it are done with. If a backward
 * function throws, the error passes through and every leaf's `grad` is as it
 * was before the call. If a backward function calls `backward`, that call adds
 * to leaves and leaves the `grad` of inner nodes as it was.
 *
 * @param root The output to differentiate.
 * @throws {TypeError} If `root` is not a Node, or a node is frozen.
 * @throws {RangeError} If the graph has a cycle.
 * @category Graph
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { add, backward, mul, Node } from "@chainrule/autograd";
 *
 * const x = new Node(5), y = new Node(4);
 * const sum = add(x, y);
 * const z = mul(sum, sum);
 * backward(z);
 * assertEquals([z.value, z.grad, x.grad, y.grad], [81, 1, 18, 18]);
 * ```
 */
export function backward(root: Scalar): void {
  const call = "backward", nested = sweeping;
  const inner = nested ? orderFrom(root, call).filter(isInner) : [];
  const innerGrads = inner.map((node) => node.grad);
  const leafGrads: number[] = [];
  const order = orderFrom(root, call, leafGrads);
  try {
    sweeping = true;
    order[order.length - 1]!.grad += 1;
    observer?.onBackward(order);
    for (let i = order.length - 1; i >= 0; i--) {
      const node = order[i]!;
      observer?.onPropagate(node);
      propagate(node);
      observer?.onPropagated(node);
    }
  } catch (error) {
    setGrads(order.filter(isLeaf), leafGrads);
    throw error;
  } finally {
    sweeping = nested;
    setGrads(inner, innerGrads);
  }
}

function isInner(node: Node): boolean {
  return !isLeaf(node);
}

function setGrads(nodes: readonly Node[], grads: readonly number[]): void {
  for (let i = 0; i < nodes.length; i++) nodes[i]!.grad = grads[i]!;
}

/**
 * Sets `grad` to 0 on a node, or several, and on all they were computed from.
 *
 * Where gradients of several outputs accumulate, give all of them: a leaf that
 * only another output reaches would keep its gradient.
 *
 * @param root The node to start from, or an array of them.
 * @throws {TypeError} If `root` is neither a Node nor an array of Nodes, or a
 * node is frozen.
 * @throws {RangeError} If the graph has a cycle.
 * @category Graph
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backward, mul, Node, zeroGrad } from "@chainrule/autograd";
 *
 * const x = new Node(3);
 * const y = mul(x, x);
 * backward(y);
 * zeroGrad(y);
 * assertEquals([x.grad, y.grad], [0, 0]);
 * ```
 *
 * @example Several outputs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backward, mul, Node, zeroGrad } from "@chainrule/autograd";
 *
 * const a = new Node(3), b = new Node(4);
 * const outputs = [mul(a, 2), mul(b, 2)];
 * for (const output of outputs) backward(output);
 * zeroGrad(outputs[0]!);
 * assertEquals([a.grad, b.grad], [0, 2]);
 * zeroGrad(outputs);
 * assertEquals([a.grad, b.grad], [0, 0]);
 * ```
 */
export function zeroGrad(root: Scalar | readonly Scalar[]): void {
  const call = "zeroGrad";
  const top = Array.isArray(root) ? new Node(0, nodesOf(root, call)) : root;
  for (const node of orderFrom(top, call)) node.grad = 0;
}

function nodesOf(roots: readonly Scalar[], call: string): Node[] {
  return roots.map((root, i) => {
    if (root instanceof Node) return root;
    throw notANode(call, `root[${i}]`, root);
  });
}
