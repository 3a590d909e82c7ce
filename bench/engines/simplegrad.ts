import { ValueStorage, Variable } from "npm:simplegrad@1.0.0";
import type { Language } from "../workloads/language.ts";
import { type Engine, lacking } from "./engine.ts";

/** What we use of simplegrad, which comes without types. */
interface SimpleNode {
  readonly id: number;
  add(x: SimpleNode | number): SimpleNode;
  sub(x: SimpleNode | number): SimpleNode;
  mul(x: SimpleNode | number): SimpleNode;
  div(x: SimpleNode | number): SimpleNode;
  tanh(): SimpleNode;
  compile(): void;
}

type Operand = SimpleNode | number;

// Its operations are methods, so that their first operand is a node.
const language: Language<SimpleNode> = {
  add: (a, b) => typeof a === "number" ? node(b).add(a) : a.add(b),
  sub: (a, b) => typeof a === "number" ? node(b).mul(-1).add(a) : a.sub(b),
  mul: (a, b) => typeof a === "number" ? node(b).mul(a) : a.mul(b),
  div: (a, b) => node(a).div(b),
  square: (x) => x.mul(x),
  sin: lacking("sine"),
  tanh: (x) => x.tanh(),
};

function node(x: Operand): SimpleNode {
  if (typeof x === "number") throw new Error("has no operation on two numbers");
  return x;
}

/** simplegrad: a graph, compiled to JavaScript. */
export const simplegrad: Engine = {
  prepare({ in: inLanguage, x }) {
    const storage = new ValueStorage();
    const leaves = x.map((): SimpleNode => new Variable(storage));
    const root = inLanguage(language)(leaves);
    root.compile();
    return (built) => {
      // Leaves come first in its arrays.
      storage.v.set(x);
      storage.forward();
      built();
      storage.gv.fill(0);
      storage.gv[root.id] = 1;
      storage.backward();
      return {
        value: storage.v[root.id],
        gradient: storage.gv.slice(0, x.length),
      };
    };
  },
};
