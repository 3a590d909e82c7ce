import type { Scalar } from "../scalar.ts";
import { forwardSweep } from "../tape/forward_sweep.ts";
import { reverseSweep } from "../tape/reverse_sweep.ts";
import { scratch } from "../tape/recording.ts";
import { watch } from "../watch.ts";
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
  watch?.pullsBack(section, entries, seeds);
  if (!numeric || !seeds.every((seed) => typeof seed === "number")) {
    const sweep = watch?.emission(emitReverseSweep) ?? emitReverseSweep;
    return sweep(section, numeric, entries, seeds);
  }
  const adjoints = room ?? scratch();
  reverseSweep(section, entries, seeds, adjoints);
  const gradient: number[] = [];
  for (let k = 0; k < inputs; k++) gradient.push(adjoints[start + k]!);
  return gradient;
}

/** Tangents of the outputs from those of the inputs; a null one is held constant. */
export function pushForward(
  { section, numeric, outputs }: Recorded,
  tangents: readonly (Scalar | null)[],
): Scalar[] {
  const entries = outputs.flatMap(({ entry }) => entry ?? []);
  watch?.pushesForward(section, tangents, entries);
  const emitForward = watch?.emission(emitForwardSweep) ?? emitForwardSweep;
  const moved = numeric && tangents.every(isNumberOrNull)
    ? computeForward(section, tangents, entries)
    : emitForward(section, numeric, tangents, entries);
  let next = 0;
  return outputs.map(({ entry }) => entry === undefined ? 0 : moved[next++]!);
}

function computeForward(
  section: Recorded["section"],
  seeds: readonly (number | null)[],
  outputs: readonly number[],
): number[] {
  const tangents = scratch();
  forwardSweep(section, seeds, outputs, tangents);
  // As a sum that begins with 0, a derivative is never −0.
  return outputs.map((entry) => tangents[entry]! + 0);
}

function isNumberOrNull(x: unknown): x is number | null {
  return x === null || typeof x === "number";
}
