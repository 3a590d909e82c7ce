import { observer } from "../observer.ts";
import type { Scalar } from "../scalar.ts";
import {
  type Columns,
  forwardColumns,
  MOST_COLUMNS,
  reverseColumns,
} from "../tape/column_sweeps.ts";
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

/** The most numbers of a pass, which is 8 MiB. */
const MOST_NUMBERS = 1 << 20;

/** Room for a pass, kept from call to call; null while one has it. */
let room: Float64Array | null = new Float64Array(0);

/** Gives the inputs that a column moves their tangents; all others are held constant. */
type Seed = (
  column: number,
  give: (input: number, tangent: number) => void,
) => void;

/**
 * {@linkcode pushForward} for several tangents, which share passes over the
 * section where all is numbers.
 *
 * @param columns How many.
 * @param seed Gives the tangents of the inputs, by column.
 * @param by Whether there is a list for each output, of its tangents, or one for
 * each column.
 */
export function pushForwardColumns(
  recorded: Recorded,
  columns: number,
  seed: Seed,
  by: "rows" | "columns",
): Scalar[][] {
  const { section, outputs } = recorded, isByRows = by === "rows";
  const results: Scalar[][] = [];
  const lists = isByRows ? outputs.length : columns;
  for (let k = 0; k < lists; k++) results.push([]);
  // Swept by themselves: those that cannot share a pass, and where 0 · ∞ came from
  // what their own seeds have no part in.
  const alone = new Set<number>();
  const shared = inPasses(recorded, columns, (pass, first) => {
    let c = 0;
    const give = (input: number, tangent: number) =>
      setSeed(pass, input, c, tangent);
    for (; c < pass.count; c++) seed(first + c, give);
    forwardColumns(section, pass);
    for (let k = 0; k < outputs.length; k++) {
      const { entry } = outputs[k]!;
      for (c = 0; c < pass.count; c++) {
        const tangent = entry === undefined
          ? 0
          : numberAt(pass, entry - section.start, c);
        if (Number.isNaN(tangent)) alone.add(first + c);
        results[isByRows ? k : first + c]!.push(tangent);
      }
    }
  });
  for (let column = shared; column < columns; column++) alone.add(column);
  for (const column of alone) {
    const tangents = new Array<number | null>(section.inputs).fill(null);
    seed(column, (input, tangent) => tangents[input] = tangent);
    const moved = pushForward(recorded, tangents);
    if (isByRows) moved.forEach((x, k) => results[k]![column] = x);
    else results[column] = moved;
  }
  return results;
}

/**
 * The derivatives of each output by all inputs, a row each. Rows share passes
 * over the section where all is numbers.
 *
 * @param rows The outputs that are summed in each row; by default each by itself.
 */
export function pullBackRows(
  recorded: Recorded,
  rows: readonly (readonly number[])[] = recorded.outputs.map((_, k) => [k]),
): Scalar[][] {
  const { section, outputs } = recorded, { start, inputs } = section;
  const results: Scalar[][] = [];
  const shared = inPasses(recorded, rows.length, (pass, first) => {
    for (let c = 0; c < pass.count; c++) {
      for (const k of rows[first + c]!) {
        const { entry } = outputs[k]!;
        if (entry !== undefined) setSeed(pass, entry - start, c, 1);
      }
    }
    reverseColumns(section, pass);
    for (let c = 0; c < pass.count; c++) {
      const result: number[] = [];
      for (let k = 0; k < inputs; k++) result.push(numberAt(pass, k, c));
      results.push(result);
    }
  });
  for (let row = 0; row < rows.length; row++) {
    if (row < shared && !results[row]!.some(Number.isNaN)) continue;
    const isIn = new Set(rows[row]);
    const alone = outputs.map((output, k) =>
      isIn.has(k) ? output : { ...output, entry: undefined }
    );
    results[row] = pullBack(
      { ...recorded, outputs: alone },
      alone.map(() => 1),
    );
  }
  return results;
}

/** Sets the number of an entry in one column of a pass. */
function setSeed(
  { count, numbers, reached }: Columns,
  entry: number,
  column: number,
  seed: number,
): void {
  reached[entry]! |= 1 << column;
  numbers[entry * count + column] = seed;
}

/** The number of an entry in one column of a pass; as a sum that begins with 0, it is never −0. */
function numberAt(
  { count, numbers, reached }: Columns,
  entry: number,
  column: number,
): number {
  return (reached[entry]! >>> column & 1) === 0
    ? 0
    : numbers[entry * count + column]! + 0;
}

/**
 * Goes through columns in passes of several, where all is numbers and there is no
 * observer.
 *
 * @param run Seeds, sweeps and reads those of a pass, from the first on.
 * @returns How many columns it went through: all, or none.
 */
function inPasses(
  { section: { start, end }, numeric }: Recorded,
  columns: number,
  run: (pass: Columns, first: number) => void,
): number {
  const length = end - start;
  const most = Math.min(MOST_COLUMNS, Math.floor(MOST_NUMBERS / length));
  const size = Math.min(most, columns) * length;
  if (!numeric || observer !== null || most < 2) return 0;
  const numbers = room !== null && room.length >= size
    ? room
    : new Float64Array(size);
  // A user's rule may come here, too.
  room = null;
  try {
    const passes = Math.ceil(columns / most);
    for (let k = 0; k < passes; k++) {
      const first = Math.round(columns * k / passes);
      const count = Math.round(columns * (k + 1) / passes) - first;
      run({ count, numbers, reached: new Int32Array(length) }, first);
    }
    return columns;
  } finally {
    room = numbers;
  }
}

function isNumberOrNull(x: unknown): x is number | null {
  return x === null || typeof x === "number";
}
