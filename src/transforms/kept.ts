import { copySection } from "../tape/entries.ts";
import { outlived } from "../tape/recording.ts";
import type { Recorded } from "./recorded.ts";

/** A recording that stays for any number of sweeps when the transform has returned. */
export interface Kept {
  /**
   * Runs a sweep.
   *
   * @param call What the user called, for messages.
   * @param run The sweep, and room for it to compute in.
   * @throws {TypeError} If the function closes over one that has returned.
   */
  sweep<R>(
    call: string,
    run: (recorded: Recorded, room: Float64Array) => R,
  ): R;
}

/**
 * Keeps a recording: a copy if it is of numbers, as the tape will be used again,
 * else as it is, as long as the function around it runs.
 */
export function keep(recorded: Recorded): Kept {
  const { numeric, around } = recorded;
  const kept = numeric ? copyOf(recorded) : recorded;
  // Null while a sweep uses it: a user's rule may begin another one.
  let room: Float64Array | null = roomFor(kept);
  return {
    sweep(call, run) {
      if (!numeric && !around?.open) {
        throw outlived(call, "what the function closes over");
      }
      const own = room ?? roomFor(kept);
      room = null;
      try {
        return run(kept, own);
      } finally {
        room = own;
      }
    },
  };
}

/** A number per entry, if these are numbers. */
function roomFor({ section, numeric }: Recorded): Float64Array {
  return new Float64Array(numeric ? section.end : 0);
}

function copyOf(recorded: Recorded): Recorded {
  const { section, outputs } = recorded;
  return {
    ...recorded,
    section: copySection(section),
    outputs: outputs.map(({ entry, value }) => ({
      entry: entry === undefined ? undefined : entry - section.start,
      value,
    })),
  };
}
