import type { Scalar } from "../scalar.ts";
import { watch } from "../watch.ts";
import { isLeaf, type Node, propagate } from "./node.ts";
import { orderFrom } from "./post_order.ts";

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
 * was before the call.
 *
 * @param root The output to differentiate.
 * @throws {TypeError} If `root` is not a Node.
 * @throws {RangeError} If the graph has a cycle.
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
  const leaves = new Kept(), shared = new Kept();
  const outer = running;
  try {
    const order = orderFrom(root, "backward", (node) => {
      if (isLeaf(node)) {
        leaves.keep(node);
      } else {
        if (outer !== null && nodesOf(outer).has(node)) shared.keep(node);
        node.grad = 0;
      }
    });
    running = { order, outer, all: null };
    order[order.length - 1]!.grad = 1;
    if (watch === null) {
      for (let i = order.length - 1; i >= 0; i--) propagate(order[i]!);
    } else {
      watch.propagate(order);
    }
  } catch (error) {
    leaves.restore();
    throw error;
  } finally {
    running = outer;
    shared.restore();
  }
}

/** Gradients as they were. */
class Kept {
  readonly #nodes: Node[] = [];
  readonly #grads: number[] = [];

  keep(node: Node): void {
    this.#nodes.push(node);
    this.#grads.push(node.grad);
  }

  restore(): void {
    for (let i = 0; i < this.#nodes.length; i++) {
      this.#nodes[i]!.grad = this.#grads[i]!;
    }
  }
}

// A backward function may call `backward`. What the sweep around it has
// collected in inner nodes is not the new sweep's to overwrite: it is put back.
interface Sweep {
  readonly order: readonly Node[];
  readonly outer: Sweep | null;
  /** Its nodes and those of the sweeps around it, once they are asked for. */
  all: Set<Node> | null;
}

/** The sweep that is under way, while a backward function runs. */
let running: Sweep | null = null;

function nodesOf(sweep: Sweep): Set<Node> {
  return sweep.all ??= new Set(
    sweep.outer === null
      ? sweep.order
      : [...nodesOf(sweep.outer), ...sweep.order],
  );
}

/**
 * Sets `grad` to 0 on a node and on all it was computed from.
 *
 * @param root The node to start from.
 * @throws {TypeError} If `root` is not a Node.
 * @throws {RangeError} If the graph has a cycle.
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
 */
export function zeroGrad(root: Scalar): void {
  for (const node of orderFrom(root, "zeroGrad")) node.grad = 0;
}
