import { isCustom, type Node, operationName } from "../graph/node.ts";
import { fromUser } from "../stack.ts";

// Nodes whose backward functions have one source text have the same mistakes;
// to look for them takes time in proportion to the graph.
const NODES_PER_SOURCE = 4;

/**
 * Throws if a backward function of a user's does not do what `backward` relies
 * on: it has to add to the gradients of the node's parents, and to those alone.
 * Where each parent has one use, no result shows it.
 *
 * @param nodes All nodes whose gradients a backward function may change. They are
 * left with other gradients.
 */
export function checkBackwardFunctions(nodes: readonly Node[]): void {
  const seen = new Map<string, number>();
  for (const node of nodes) {
    const { backwardFn } = node;
    if (!isCustom(node) || backwardFn === null) continue;
    const source = String(backwardFn), times = seen.get(source) ?? 0;
    if (times === NODES_PER_SOURCE) continue;
    seen.set(source, times + 1);
    checkBackwardFunction(node, backwardFn, nodes);
  }
}

function checkBackwardFunction(
  node: Node,
  backwardFn: () => void,
  nodes: readonly Node[],
): void {
  const others = nodes.filter((other) => other !== node);
  /** What the gradients become that were `before`. */
  const gradsAfter = (before: (i: number) => number): number[] => {
    others.forEach((other, i) => other.grad = before(i));
    node.grad = 1;
    backwardFn();
    return others.map((other) => other.grad);
  };
  const added = gradsAfter(() => 0);
  // As large as what is added, lest that drown in rounding, or the other way round.
  const before = added.map((share) => 1 + Math.abs(share));
  const after = gradsAfter((i) => before[i]!);
  const parents = new Set(node.parents);
  others.forEach((other, i) => {
    const changed = added[i] !== 0 || after[i] !== before[i];
    if (changed && !parents.has(other)) {
      throw wrong(
        node,
        `changes the grad of ${nameOf(other)}, which is not one of its parents`,
      );
    }
    const error = Math.abs(after[i]! - (before[i]! + added[i]!));
    // What is not finite proves nothing, and comparisons with NaN are false.
    if (error > 1e-6 * before[i]!) {
      const k = node.parents.indexOf(other);
      throw wrong(
        node,
        `sets the grad of parents[${k}], expected it to add (+=)`,
      );
    }
  });
}

function wrong(node: Node, what: string): Error {
  const message = `Wrong backward function: that of ${nameOf(node)} ${what}`;
  return fromUser(() => new Error(message));
}

function nameOf(node: Node): string {
  return `the ${operationName(node)} node with value ${node.value}`;
}
