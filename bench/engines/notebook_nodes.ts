/**
 * The baseline, not part of the module: a straightforward port of the Python
 * notebook that the graph engine comes from. A node holds an array of its
 * parents and a closure of its own; a pass collects the post-order with a `Set`
 * of what it has visited and then runs the closures backwards.
 *
 * It differs from the notebook in one thing: the set and the order belong to
 * the call. The notebook's were globals, which a second pass would replay.
 *
 * @module
 */

/** A value, its gradient, and how to hand that gradient on. */
export class NotebookNode {
  value: number;
  readonly parents: readonly NotebookNode[];
  grad = 0;
  backward: () => void = () => {};

  constructor(value: number, parents: readonly NotebookNode[] = []) {
    this.value = value;
    this.parents = parents;
  }
}

/** a + b. */
export function add(a: NotebookNode, b: NotebookNode): NotebookNode {
  const out = new NotebookNode(a.value + b.value, [a, b]);
  out.backward = () => {
    a.grad += out.grad;
    b.grad += out.grad;
  };
  return out;
}

/** a · b. */
export function mul(a: NotebookNode, b: NotebookNode): NotebookNode {
  const out = new NotebookNode(a.value * b.value, [a, b]);
  out.backward = () => {
    a.grad += out.grad * b.value;
    b.grad += out.grad * a.value;
  };
  return out;
}

/** The notebook's own traversal. It overflows the call stack on a long chain. */
export function backwardRecursive(root: NotebookNode): void {
  const visited = new Set<NotebookNode>();
  const order: NotebookNode[] = [];
  const visit = (node: NotebookNode): void => {
    if (visited.has(node)) return;
    visited.add(node);
    for (const parent of node.parents) visit(parent);
    order.push(node);
  };
  visit(root);
  runBackwards(root, order);
}

/** The same order with a stack of its own, for chains of any length. */
export function backwardIterative(root: NotebookNode): void {
  const visited = new Set<NotebookNode>([root]);
  const order: NotebookNode[] = [];
  const path: { node: NotebookNode; next: number }[] = [{
    node: root,
    next: 0,
  }];
  while (path.length > 0) {
    const top = path[path.length - 1]!;
    if (top.next === top.node.parents.length) {
      order.push(top.node);
      path.pop();
      continue;
    }
    const parent = top.node.parents[top.next++]!;
    if (visited.has(parent)) continue;
    visited.add(parent);
    path.push({ node: parent, next: 0 });
  }
  runBackwards(root, order);
}

function runBackwards(root: NotebookNode, order: NotebookNode[]): void {
  root.grad = 1;
  for (let i = order.length - 1; i >= 0; i--) order[i]!.backward();
}
