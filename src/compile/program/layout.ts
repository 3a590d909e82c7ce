// Where a body's inputs and outputs of each kind begin; see `Loop`.
import type { Loop } from "../../tape/loop.ts";

/** Where the inputs of each kind begin; the carries come first. */
export interface InputsAt {
  readonly streams: number;
  readonly slices: number;
  readonly updates: readonly number[];
  readonly index: number;
  readonly captures: number;
}

/** Where a body's inputs of each kind begin. */
export function inputsOf(
  { carries, streams, slices, updates, index }: Loop,
): InputsAt {
  const slicesAt = carries.length + streams.length;
  let next = slicesAt + slices.length;
  const updatesAt = updates.map(({ addresses }) =>
    (next += addresses.length) - addresses.length
  );
  return {
    streams: carries.length,
    slices: slicesAt,
    updates: updatesAt,
    index: next,
    captures: next + (index ? 1 : 0),
  };
}

/** Where a body's outputs of each kind begin; the carries come first. */
export function outputsOf({ carries, updates, stacked }: Loop): {
  readonly updates: readonly number[];
  readonly stacked: readonly number[];
} {
  let next = carries.length;
  const updatesAt = updates.map(({ addresses }) =>
    (next += addresses.length) - addresses.length
  );
  // A row that is a list is one output.
  const stackedAt = stacked.map((width) =>
    (next += Math.max(1, width)) - Math.max(1, width)
  );
  return { updates: updatesAt, stacked: stackedAt };
}

/** Whether a carry is the same for all rows. */
export function isInvariantCarry({ body }: Loop, k: number): boolean {
  return body.outputs[k] === k;
}
