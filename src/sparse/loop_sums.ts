// Sums of columns and rows of a Jacobian, where loops compute them: elements of
// lists of tangents and adjoints.
import type { Scalar } from "../scalar.ts";
import { LOOP, STACKED } from "../tape/loop.ts";
import { entryOf, recordData, tapeEntries } from "../tape/recording.ts";
import {
  emitForwardColumns,
  emitReverseSweep,
} from "../transforms/emitted_sweeps.ts";
import { lengthOf } from "../transforms/list_loops.ts";
import type { List } from "../transforms/loop_builder.ts";
import type { Recorded } from "../transforms/recorded.ts";
import { Place, placeOf } from "./value_list.ts";

/** Whether loops were recorded as loops. */
export function hasLoops(
  { section: { entries, start, end } }: Recorded,
): boolean {
  return entries.codes.subarray(start, end).includes(LOOP);
}

/** By direction, of inputs that are moved together, and output: its tangent. */
export function loopColumnSums(
  { section, outputs }: Recorded,
  members: readonly (readonly number[])[],
): (direction: number, output: number) => Scalar | Place {
  const wanted: number[] = [], known = new Map<number, number>();
  const placeIn = (entry: number): number => {
    let place = known.get(entry);
    if (place === undefined) {
      known.set(entry, place = wanted.push(entry) - 1);
    }
    return place;
  };
  // By output: the place of its number or list, and of which element.
  const places = new Int32Array(outputs.length).fill(-1);
  const indices = new Int32Array(outputs.length).fill(-1);
  outputs.forEach(({ entry, value }, k) => {
    if (entry === undefined) return;
    const place = placeOf(value);
    if (place instanceof Place) {
      places[k] = placeIn(entryOf(place.list));
      indices[k] = place.index;
    } else places[k] = placeIn(entry);
  });
  const tangents = emitForwardColumns(section, members, wanted);
  return (direction, output) => {
    const tangent = tangents[direction]![places[output]!];
    if (tangent === undefined) return 0;
    const index = indices[output]!;
    return index < 0 ? placeOf(tangent) : new Place(tangent as List, index);
  };
}

/** By sum of outputs, and input: its adjoint. */
export function loopRowSums(
  { section, outputs }: Recorded,
  members: readonly (readonly number[])[],
): (sum: number, input: number) => Scalar | Place {
  const adjoints = members.map((rows) => {
    const entries: number[] = [], lists = new Map<number, Float64Array>();
    for (const row of rows) {
      const { entry, value } = outputs[row]!;
      if (entry === undefined) continue;
      const place = placeOf(value);
      const length = place instanceof Place ? knownLength(place.list) : null;
      if (!(place instanceof Place) || length === null) {
        entries.push(entry);
        continue;
      }
      const list = entryOf(place.list);
      const cotangents = lists.get(list) ?? new Float64Array(length);
      cotangents[place.index] = 1;
      lists.set(list, cotangents);
    }
    return emitReverseSweep(
      section,
      false,
      entries,
      entries.map(() => 1),
      new Map([...lists].map(([list, seeds]) => [list, recordData(seeds)])),
    );
  });
  return (sum, input) => placeOf(adjoints[sum]![input]!);
}

/** The number of numbers in a list; null if it is not known. */
function knownLength(list: List): number | null {
  const { codes, lefts, rights, loops } = tapeEntries(), entry = entryOf(list);
  const width = codes[entry] === STACKED
    ? loops[lefts[lefts[entry]!]!]!.stacked[rights[entry]!]!
    : 1;
  const rows = lengthOf(list, width);
  return typeof rows === "number" ? rows * width : null;
}
