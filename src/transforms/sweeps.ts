import { observer } from "../observer.ts";
import type { Scalar } from "../scalar.ts";
import {
  type Columns,
  forwardColumns,
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

// So many columns share a pass; more of them would leave the processor's cache.
const MOST_COLUMNS = 32;
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
 * @returns The tangents of the outputs, by column.
 */
export function pushForwardColumns(
  recorded: Recorded,
  columns: number,
  seed: Seed,
): Scalar[][] {
  const { section, outputs } = recorded;
  return inPasses(
    recorded,
    columns,
    (column) => {
      const tangents = new Array<number | null>(section.inputs).fill(null);
      seed(column, (input, tangent) => tangents[input] = tangent);
      return pushForward(recorded, tangents);
    },
    (first, pass) => {
      let c = 0;
      const give = (input: number, tangent: number) =>
        setSeed(pass, input, c, tangent);
      for (; c < pass.count; c++) seed(first + c, give);
      forwardColumns(section, pass);
      return outputs.map(({ entry }) =>
        entry === undefined ? -1 : entry - section.start
      );
    },
  );
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
  const { section: { start, inputs }, outputs } = recorded;
  return inPasses(
    recorded,
    rows.length,
    (row) => {
      const isIn = new Set(rows[row]);
      const alone = outputs.map((output, k) =>
        isIn.has(k) ? output : { ...output, entry: undefined }
      );
      return pullBack({ ...recorded, outputs: alone }, alone.map(() => 1));
    },
    (first, pass) => {
      for (let c = 0; c < pass.count; c++) {
        for (const k of rows[first + c]!) {
          const { entry } = outputs[k]!;
          if (entry !== undefined) setSeed(pass, entry - start, c, 1);
        }
      }
      reverseColumns(recorded.section, pass);
      return Array.from({ length: inputs }, (_, k) => k);
    },
  );
}

/** Sets the number of an entry in one column of a pass. */
function setSeed(
  { count, numbers, reached }: Columns,
  entry: number,
  column: number,
  seed: number,
): void {
  const at = entry * count;
  if (reached[entry] === 0) {
    reached[entry] = 1;
    for (let c = 0; c < count; c++) numbers[at + c] = 0;
  }
  numbers[at + column] = seed;
}

/**
 * Sweeps in passes of several columns, or column by column where not all is
 * numbers or there is an observer.
 *
 * @param alone Sweeps one column.
 * @param together Seeds and sweeps those of a pass, from the first on, and gives
 * the places of the entries whose numbers are wanted; −1 for those that nothing
 * depends on.
 */
function inPasses(
  { section: { start, end }, numeric }: Recorded,
  columns: number,
  alone: (column: number) => Scalar[],
  together: (first: number, pass: Columns) => readonly number[],
): Scalar[][] {
  const length = end - start;
  const most = Math.min(MOST_COLUMNS, Math.floor(MOST_NUMBERS / length));
  const size = Math.min(most, columns) * length;
  if (!numeric || observer !== null || most < 2) {
    return Array.from({ length: columns }, (_, column) => alone(column));
  }
  const numbers = room !== null && room.length >= size
    ? room
    : new Float64Array(size);
  // A user's rule may come here, too.
  room = null;
  try {
    const results: Scalar[][] = [];
    const passes = Math.ceil(columns / most);
    for (let k = 0; k < passes; k++) {
      const first = Math.round(columns * k / passes);
      const count = Math.round(columns * (k + 1) / passes) - first;
      const pass = { count, numbers, reached: new Uint8Array(length) };
      const wanted = together(first, pass);
      for (let c = 0; c < count; c++) {
        const column = columnOf(pass, c, wanted);
        // 0 · ∞, where the column's own seed has no part: alone, it is swept
        // through nothing but what it does have a part in.
        results.push(column.some(Number.isNaN) ? alone(first + c) : column);
      }
    }
    return results;
  } finally {
    room = numbers;
  }
}

function columnOf(
  { count, numbers, reached }: Columns,
  c: number,
  wanted: readonly number[],
): number[] {
  const column: number[] = [];
  for (const entry of wanted) {
    // As a sum that begins with 0, a derivative is never −0.
    column.push(
      entry < 0 || reached[entry] === 0 ? 0 : numbers[entry * count + c]! + 0,
    );
  }
  return column;
}

function isNumberOrNull(x: unknown): x is number | null {
  return x === null || typeof x === "number";
}
