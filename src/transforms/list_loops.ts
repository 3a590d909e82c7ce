// Small loops over whole lists.
import { add, div } from "../operations/arithmetic.ts";
import type { Operations } from "../tape/entries.ts";
import {
  type Address,
  CONSTANT_LIST,
  GATHER,
  LENGTH,
  STACKED,
  UPDATED,
  ZEROS,
} from "../tape/loop.ts";
import {
  entryOf,
  recordData,
  recordOf,
  scalarAt,
  tapeEntries,
} from "../tape/recording.ts";
import type { Scalar } from "../scalar.ts";
import { type List, LoopBuilder, type Recorded } from "./loop_builder.ts";
import type { Primal } from "./primal.ts";

/** Where the numbers of a flat list are, row by row. */
export const FLAT: Address = { offset: 0, stride: 1, table: null };

/** The number of rows of a list: of one that a loop made, the very number of the loop's rows. */
export function lengthOf(list: List, width: number): Recorded {
  const { codes, lefts, rights, loops, data } = tapeEntries();
  const entry = entryOf(list), left = lefts[entry]!;
  switch (codes[entry]) {
    case ZEROS:
      return lengthOf(scalarAt(left) as List, width);
    case UPDATED: {
      const { updates } = loops[lefts[left]!]!;
      const { list } = updates[rights[entry]!]!;
      return lengthOf(scalarAt(list) as List, width);
    }
    case GATHER:
      return rights[entry]! / width;
    case CONSTANT_LIST:
      return data[left]!.length / width;
    case STACKED: {
      const { count, stacked } = loops[lefts[left]!]!;
      if (stacked[rights[entry]!] === width) return scalarAt(count);
    }
  }
  return recordOf(LENGTH, list, width);
}

/** The entries that a list was gathered of; null if it was not. */
export function gathered(
  { codes, lefts, rights, lists }: Operations,
  entry: number,
): Int32Array | null {
  if (codes[entry] !== GATHER) return null;
  return lists.subarray(lefts[entry]!, lefts[entry]! + rights[entry]!);
}

/** A list of zeros as long as another. */
export function zerosLike(primal: Primal, entry: number): List {
  const entries = gathered(primal.operations, entry);
  return entries === null
    ? recordOf(ZEROS, primal.list(entry), 0)
    : recordData(new Float64Array(entries.length));
}

/** A list of f of the numbers of lists of one length. */
export function mapLists(
  lists: readonly List[],
  f: (...numbers: Scalar[]) => Scalar,
): List {
  const builder = new LoopBuilder(lengthOf(lists[0]!, 1), false);
  const numbers = lists.map((list) =>
    builder.stream(() => ({ list, address: FLAT }))
  );
  const row = [f(...numbers)];
  return builder.finish({ next: [], stores: [], stacked: [row] }).stacked(0);
}

/** The last state of a fold over the numbers of lists of one length. */
export function foldLists(
  lists: readonly List[],
  initial: Recorded,
  step: (state: Scalar, ...numbers: Scalar[]) => Scalar,
  down = false,
): Recorded {
  const builder = new LoopBuilder(lengthOf(lists[0]!, 1), down);
  const state = builder.carry(initial);
  const numbers = lists.map((list) =>
    builder.stream(() => ({ list, address: FLAT }))
  );
  const next = [step(state, ...numbers)];
  return builder.finish({ next, stores: [], stacked: [] }).final(0);
}

/** 1/n of a list of n. */
export function shareOf(list: List): Scalar {
  return div(1, lengthOf(list, 1));
}

/** The element-wise sum of two lists. */
export function addLists(a: List, b: List): List {
  return mapLists([a, b], (x, y) => add(x!, y!));
}
