import { type Engine, lacking } from "./engine.ts";
import {
  add,
  backwardIterative,
  backwardRecursive,
  mul,
  NotebookNode,
} from "./notebook_nodes.ts";

type Operand = NotebookNode | number;

/** A constant is a node like any other. */
function node(x: Operand): NotebookNode {
  return typeof x === "number" ? new NotebookNode(x) : x;
}

const language = {
  add: (a: Operand, b: Operand) => add(node(a), node(b)),
  mul: (a: Operand, b: Operand) => mul(node(a), node(b)),
  sub: lacking("sub"),
  div: lacking("div"),
  square: lacking("square"),
  sin: lacking("sin"),
  tanh: lacking("tanh"),
};

/** The notebook that the graph engine comes from, ported as it was. */
export const notebook: Engine = {
  prepare({ in: inLanguage, size, x }) {
    const f = inLanguage<NotebookNode>(language);
    // Its own recursion where the call stack is deep enough for it.
    const backward = size <= 1e3 ? backwardRecursive : backwardIterative;
    return (built) => {
      const leaves = x.map((value) => new NotebookNode(value));
      const y = f(leaves);
      built();
      backward(y);
      return {
        value: y.value,
        gradient: leaves.map((leaf) => leaf.grad),
        graph: y,
      };
    };
  },
};
