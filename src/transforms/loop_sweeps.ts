import type { LoopSweeps } from "./emitted_sweeps.ts";
import { Direction, pushAll } from "./loop_forward.ts";
import { LoopReverse } from "./loop_reverse.ts";
import { TapePrimal } from "./primal.ts";

/** The sweeps of loops on the tape. */
export const LOOP_SWEEPS: LoopSweeps = {
  reverse: (operations, activity, adjoints) => {
    const primal = new TapePrimal(operations);
    const loops = new LoopReverse(primal, activity, adjoints);
    return (entry) => loops.at(entry);
  },
  forward: ({ entries, start, inputs, end }, activities, tangents, atEntry) => {
    const primal = new TapePrimal(entries);
    const directions = activities.map((activity, k) =>
      new Direction(primal, activity, tangents[k]!, start)
    );
    pushAll(primal, directions, start, start + inputs, end, atEntry);
    return (k, entry) => directions[k]!.list(entry);
  },
};
