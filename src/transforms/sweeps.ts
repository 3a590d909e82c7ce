import { observer } from "../observer.ts";
import type { Scalar } from "../scalar.ts";
import { forwardSweep } from "../tape/forward_sweep.ts";
import { reverseSweep } from "../tape/reverse_sweep.ts";
import type { Section } from "../tape/entries.ts";
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
  const entries: number[] = [], seeds: Scalar[] = [];
  for (let k = 0; k < outputs.length; k++) {
    const { entry } = outputs[k]!;
    if (entry === undefined) continue;
    entries.push(entry);
    seeds.push(cotangents[k]!);
  }
  observer?.onReverseSweep(section, entries, seeds);
  try {
    if (!numeric || !seeds.every((seed) => typeof seed === "number")) {
      return emitReverseSweep(section, numeric, entries, seeds);
    }
    return computeReverse(section, entries, seeds, room ?? scratch());
  } finally {
    observer?.onSweepEnd();
  }
}

/** Adjoints of the inputs from that of one output, which is 1, where all is numbers and nothing observes it. */
export function pullBackSole(section: Section, output: number): number[] {
  return computeReverse(section, [output], UNIT, scratch());
}

const UNIT: readonly number[] = [1];

function computeReverse(
  section: Section,
  outputs: readonly number[],
  cotangents: readonly number[],
  adjoints: Float64Array,
): number[] {
  reverseSweep(section, outputs, cotangents, adjoints);
  const { start, inputs } = section;
  // As for the Vars of the inputs, short lists are made of their length.
  if (inputs === 1) return [adjoints[start]!];
  if (inputs === 2) return [adjoints[start]!, adjoints[start + 1]!];
  const gradient: number[] = [];
  for (let k = 0; k < inputs; k++) gradient.push(adjoints[start + k]!);
  return gradient;
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
  const entries: number[] = [];
  for (let k = 0; k < outputs.length; k++) {
    const { entry } = outputs[k]!;
    if (entry !== undefined) entries.push(entry);
  }
  observer?.onForwardSweep(section, tangents, entries);
  try {
    const moved = numeric && tangents.every(isNumberOrNull)
      ? computeForward(section, tangents, entries, room ?? scratch())
      : emitForwardSweep(section, numeric, tangents, entries);
    const all: Scalar[] = [];
    let next = 0;
    for (let k = 0; k < outputs.length; k++) {
      all.push(outputs[k]!.entry === undefined ? 0 : moved[next++]!);
    }
    return all;
  } finally {
    observer?.onSweepEnd();
  }
}

function computeForward(
  section: Section,
  seeds: readonly (number | null)[],
  outputs: readonly number[],
  tangents: Float64Array,
): number[] {
  forwardSweep(section, seeds, outputs, tangents);
  const moved: number[] = [];
  for (let k = 0; k < outputs.length; k++) {
    // As a sum that begins with 0, a derivative is never −0.
    moved.push(tangents[outputs[k]!]! + 0);
  }
  return moved;
}

function isNumberOrNull(x: unknown): x is number | null {
  return x === null || typeof x === "number";
}
