import type { LoopSweeps } from "./emitted_sweeps.ts";
import { LoopForward } from "./loop_forward.ts";
import { LoopReverse } from "./loop_reverse.ts";
import { TapePrimal } from "./primal.ts";

/** The sweeps of loops on the tape. */
export const LOOP_SWEEPS: LoopSweeps = {
  reverse: (operations, activity, adjoints) => {
    const primal = new TapePrimal(operations);
    const loops = new LoopReverse(primal, activity, adjoints);
    return (entry) => loops.at(entry);
  },
  forward: (operations, activity, tangents, start) => {
    const primal = new TapePrimal(operations);
    const loops = new LoopForward(primal, activity, tangents, start);
    return (entry) => loops.at(entry);
  },
};
