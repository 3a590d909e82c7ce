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

/** Where the outputs of each kind begin; the carries come first. */
export interface OutputsAt {
  readonly updates: readonly number[];
  readonly stacked: readonly number[];
}

// Passes ask stream by stream, and no longer change a loop.
const inputsKnown = new WeakMap<Loop, InputsAt>();
const outputsKnown = new WeakMap<Loop, OutputsAt>();

/** Where a body's inputs of each kind begin. */
export function inputsOf(loop: Loop): InputsAt {
  let known = inputsKnown.get(loop);
  if (known === undefined) inputsKnown.set(loop, known = findInputs(loop));
  return known;
}

function findInputs(
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
export function outputsOf(loop: Loop): OutputsAt {
  let known = outputsKnown.get(loop);
  if (known === undefined) outputsKnown.set(loop, known = findOutputs(loop));
  return known;
}

function findOutputs({ carries, updates, stacked }: Loop): OutputsAt {
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
