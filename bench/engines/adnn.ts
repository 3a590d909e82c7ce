import ad from "npm:adnn@2.0.10/ad/index.js";
import type { Language } from "../workloads/language.ts";
import type { Engine } from "./engine.ts";

/** What we use of adnn, which comes without types. */
interface AdnnNode {
  backprop(): void;
}

const { add, sub, mul, div, sin, tanh } = ad.scalar;

const language: Language<AdnnNode> = {
  add,
  sub,
  mul,
  div,
  square: (x) => mul(x, x),
  sin,
  tanh,
};

/** adnn: a graph of nodes, for scalars as well. */
export const adnn: Engine = {
  prepare({ in: inLanguage, x }) {
    const f = inLanguage(language);
    return (built) => {
      const leaves: AdnnNode[] = x.map((value) => ad.lift(value));
      const y = f(leaves);
      built();
      y.backprop();
      return {
        value: ad.value(y),
        gradient: leaves.map((leaf) => ad.derivative(leaf)),
        graph: y,
      };
    };
  },
};
