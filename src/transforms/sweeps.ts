import { observer } from "../observer.ts";
import type { Scalar } from "../scalar.ts";
import { forwardSweep } from "../tape/forward_sweep.ts";
import { reverseSweep } from "../tape/reverse_sweep.ts";
import { scratch } from "../tape/recording.ts";
import { emitForwardSweep, emitReverseSweep } from "./emitted_sweeps.ts";
import type { Recorded } from "./recorded.ts";

/**
 * Adjoints of the inputs from those of the outputs: computed where all is
 * numbers, else recorded.
 *
 * @param room Where to compute; the tape's own room by default.
 */
export function pullBack(
  { section, numeric, outputs }: Recorded,
  cotangents: readonly Scalar[],
  room?: Float64Array,
): Scalar[] {
  const { start, inputs } = section;
  const entries: number[] = [], seeds: Scalar[] = [];
  outputs.forEach(({ entry }, k) => {
    if (entry === undefined) return;
    entries.push(entry);
    seeds.push(cotangents[k]!);
  });
  observer?.onReverseSweep(section, entries, seeds);
  try {
    if (!numeric || !seeds.every((seed) => typeof seed === "number")) {
      return emitReverseSweep(section, numeric, entries, seeds);
    }
    const adjoints = room ?? scratch();
    reverseSweep(section, entries, seeds, adjoints);
    const gradient: number[] = [];
    for (let k = 0; k < inputs; k++) gradient.push(adjoints[start + k]!);
    return gradient;
  } finally {
    observer?.onSweepEnd();
  }
}

/**
 * Tangents of the outputs from those of the inputs: computed where all is
 * numbers, else recorded.
 *
 * @param tangents A null one is held constant.
 * @param room Where to compute; the tape's own room by default.
 */
export function pushForward(
  { section, numeric, outputs }: Recorded,
  tangents: readonly (Scalar | null)[],
  room?: Float64Array,
): Scalar[] {
  const entries = outputs.flatMap(({ entry }) => entry ?? []);
  observer?.onForwardSweep(section, tangents, entries);
  try {
    const moved = numeric && tangents.every(isNumberOrNull)
      ? computeForward(section, tangents, entries, room ?? scratch())
      : emitForwardSweep(section, numeric, tangents, entries);
    let next = 0;
    return outputs.map(({ entry }) => entry === undefined ? 0 : moved[next++]!);
  } finally {
    observer?.onSweepEnd();
  }
}

function computeForward(
  section: Recorded["section"],
  seeds: readonly (number | null)[],
  outputs: readonly number[],
  tangents: Float64Array,
): number[] {
  forwardSweep(section, seeds, outputs, tangents);
  // As a sum that begins with 0, a derivative is never −0.
  return outputs.map((entry) => tangents[entry]! + 0);
}

function isNumberOrNull(x: unknown): x is number | null {
  return x === null || typeof x === "number";
}
