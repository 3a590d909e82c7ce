// The chain differentiated by hand, in plain JavaScript: what there is to do,
// and nothing else.
import { CHAIN_LEAVES } from "../workloads/chain.ts";
import type { Engine } from "./engine.ts";

/** The chain, and no other workload. */
export const byHand: Engine = {
  prepare({ name, size, x }) {
    if (name !== "chain") throw new Error("is written for the chain alone");
    const leaves = Float64Array.from(x), before = new Float64Array(size / 2);
    const gradient = new Float64Array(CHAIN_LEAVES);
    return () => {
      let y = leaves[0]!;
      for (let i = 0; i < size; i += 2) {
        before[i >> 1] = y;
        y = y * leaves[i & 31]! + leaves[(i + 1) & 31]!;
      }
      gradient.fill(0);
      let adjoint = 1;
      for (let i = size - 2; i >= 0; i -= 2) {
        const a = i & 31;
        gradient[a + 1]! += adjoint;
        gradient[a]! += adjoint * before[i >> 1]!;
        adjoint *= leaves[a]!;
      }
      gradient[0]! += adjoint;
      return { value: y, gradient };
    };
  },
};
