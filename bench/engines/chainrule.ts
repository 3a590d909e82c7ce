// This module's ways to run a function.
import * as chainrule from "../../mod.ts";
import {
  backward,
  compile,
  Node,
  primal,
  type Scalar,
  valueAndGrad,
} from "../../mod.ts";
import type { Engine } from "./engine.ts";

/** Plain numbers: the value alone. */
export const numbers: Engine = {
  prepare({ in: inLanguage, x }) {
    const f = inLanguage<Scalar>(chainrule);
    return () => ({ value: f(x) as number, gradient: [] });
  },
};

/** A graph of Nodes. */
export const graph: Engine = {
  prepare({ in: inLanguage, x }) {
    const f = inLanguage<Scalar>(chainrule);
    return (built) => {
      const leaves = x.map((value) => new Node(value));
      const y = f(leaves);
      built();
      backward(y);
      return {
        value: primal(y),
        gradient: leaves.map((leaf) => leaf.grad),
        graph: y,
      };
    };
  },
};

/** Recorded on the tape, at every call. */
export const recorded: Engine = {
  prepare({ in: inLanguage, x }) {
    const f = inLanguage<Scalar>(chainrule);
    return (built) =>
      valueAndGrad((x: readonly Scalar[]) => {
        const y = f(x);
        built();
        return y;
      })(x);
  },
};

/** Compiled to WebAssembly, called like the function that it was made of. */
export const compiled: Engine = {
  prepare({ in: inLanguage, x }) {
    const f = compile(valueAndGrad(inLanguage<Scalar>(chainrule)));
    return () => f(x);
  },
};

/** Compiled to WebAssembly, run on flat arrays. */
export const flat: Engine = {
  prepare({ in: inLanguage, x }) {
    const program = compile(valueAndGrad(inLanguage<Scalar>(chainrule)))
      .program(x);
    const inputs = new Float64Array(x);
    const outputs = new Float64Array(program.outputs);
    const gradient = outputs.subarray(1);
    return () => {
      program.run(inputs, outputs);
      return { value: outputs[0]!, gradient };
    };
  },
};
