import type { Operations } from "../tape/entries.ts";

/** Operations as code is written for them. */
export interface Listing extends Operations {
  /** The values of constants. */
  readonly constants: Float64Array;
  /** Whether an entry is computed where its one use is. */
  readonly inlined: Uint8Array;
  /** The slot of each entry that stands in memory, else -1. */
  readonly slots: Int32Array;
  /** By entry, 1 more than the pointer that is to be added to its address; 0 if none. */
  readonly pointerOf?: Uint8Array;
  /** Whether an entry's slot has not its value but the value's address. */
  readonly indirect?: Uint8Array;
}
