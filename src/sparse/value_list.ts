// The entries of a matrix as one list, where loops compute them: each is a number,
// or an element of a list of tangents or adjoints.
import { add } from "../operations/arithmetic.ts";
import type { Scalar } from "../scalar.ts";
import { ADD, MUL } from "../primitives.ts";
import { CONSTANT } from "../tape/entries.ts";
import { type Address, ELEMENT, STACKED, tableAddress } from "../tape/loop.ts";
import {
  entryFor,
  entryOf,
  recordData,
  recordGather,
  scalarAt,
  tapeEntries,
  Var,
} from "../tape/recording.ts";
import {
  type List,
  LoopBuilder,
  type Recorded,
} from "../transforms/loop_builder.ts";

/** An element of a list. */
export class Place {
  readonly list: List;
  readonly index: number;

  constructor(list: List, index: number) {
    this.list = list;
    this.index = index;
  }
}

/** The element of a list that a number is, or is but for a sign of 0; the number itself if it is none. */
export function placeOf(x: Scalar): Scalar | Place {
  if (!(x instanceof Var)) return x;
  const { codes, lefts, rights, values } = tapeEntries();
  const isConstant = (entry: number, value: number) =>
    codes[entry] === CONSTANT && values[entry] === value;
  let entry = entryOf(x);
  for (;;) {
    const code = codes[entry]!, left = lefts[entry]!, right = rights[entry]!;
    if (code === ELEMENT) return new Place(scalarAt(left) as List, right);
    const isCopy = code === ADD && isConstant(right, 0) ||
      code === MUL && isConstant(right, 1);
    if (!isCopy) return x;
    entry = left;
  }
}

/** Which elements of a list go where. */
interface Moves {
  readonly list: List;
  readonly from: number[];
  readonly to: number[];
}

/** One number of each row of a loop, and where it goes. */
interface Column {
  readonly list: List;
  readonly from: Address;
  readonly to: Address;
}

/** The list of numbers and elements of lists. */
export function valueList(values: readonly (Scalar | Place)[]): List {
  const moves = new Map<number, Moves>(), numbers: number[] = [];
  const to: number[] = [];
  values.forEach((value, k) => {
    if (value === 0) return;
    if (!(value instanceof Place)) {
      numbers.push(entryFor(value as Recorded));
      to.push(k);
      return;
    }
    const entry = entryOf(value.list);
    let known = moves.get(entry);
    if (known === undefined) {
      moves.set(entry, known = { list: value.list, from: [], to: [] });
    }
    known.from.push(value.index);
    known.to.push(k);
  });
  const rows = new Map<number, Column[]>(), rest: Moves[] = [];
  if (numbers.length > 0) {
    rest.push({ list: recordGather(numbers), from: [...to.keys()], to });
  }
  for (const all of moves.values()) {
    const { count, columns, others } = byRows(all);
    if (columns.length > 0) {
      rows.set(count, [...rows.get(count) ?? [], ...columns]);
    }
    if (others.from.length > 0) rest.push(others);
  }
  let list = recordData(new Float64Array(values.length));
  for (const [count, columns] of rows) list = moved(list, count, columns);
  for (const { count, columns } of inLoops(rest)) {
    list = moved(list, count, columns);
  }
  return list;
}

/**
 * The columns of a list that a loop stacks, row by row, if all of their elements
 * go anywhere: what moves them can then be one loop with what computes them.
 */
function byRows(
  { list, from, to }: Moves,
): {
  readonly count: number;
  readonly columns: Column[];
  readonly others: Moves;
} {
  const { codes, lefts, rights, values, loops } = tapeEntries();
  const entry = entryOf(list), columns: Column[] = [];
  const others: Moves = { list, from: [], to: [] };
  const loop = codes[entry] === STACKED
    ? loops[lefts[lefts[entry]!]!]!
    : undefined;
  if (loop === undefined || codes[loop.count] !== CONSTANT) {
    return { count: 0, columns, others: { list, from, to } };
  }
  const width = loop.stacked[rights[entry]!]!, count = values[loop.count]!;
  const first = new Int32Array(width * count).fill(-1);
  from.forEach((index, k) => {
    if (first[index] === -1) first[index] = to[k]!;
    else {
      others.from.push(index);
      others.to.push(to[k]!);
    }
  });
  for (let offset = 0; offset < width; offset++) {
    const table = Int32Array.from(
      { length: count },
      (_, row) => first[offset + width * row]!,
    );
    if (!table.includes(-1)) {
      columns.push({
        list,
        from: { offset, stride: width, table: null },
        to: tableAddress(table),
      });
      continue;
    }
    table.forEach((at, row) => {
      if (at === -1) return;
      others.from.push(offset + width * row);
      others.to.push(at);
    });
  }
  return { count, columns, others };
}

/** Moves of any elements, those of about as many together as one loop. */
function inLoops(
  moves: readonly Moves[],
): { readonly count: number; readonly columns: Column[] }[] {
  const loops: { count: number; columns: Column[] }[] = [];
  const descending = [...moves].sort((a, b) => b.from.length - a.from.length);
  for (const { list, from, to } of descending) {
    const last = loops.at(-1);
    let loop = last;
    if (last === undefined || last.count > 2 * from.length) {
      loops.push(loop = { count: from.length, columns: [] });
    }
    const { count, columns } = loop!;
    // A list of which fewer are moved has its last one moved again.
    const table = (places: readonly number[]) =>
      Int32Array.from(
        { length: count },
        (_, row) => places[Math.min(row, places.length - 1)]!,
      );
    columns.push({
      list,
      from: tableAddress(table(from)),
      to: tableAddress(table(to)),
    });
  }
  return loops;
}

/** A list with elements of others moved into it. */
function moved(
  list: List,
  count: number,
  columns: readonly Column[],
): List {
  const builder = new LoopBuilder(count, false);
  builder.update(list, columns.map(({ to }) => to));
  // As a sum that begins with 0, a derivative is never −0.
  const row = columns.map(({ list, from }) =>
    add(builder.stream(() => ({ list, address: from })), 0)
  );
  return builder.finish({ next: [], stores: [row], stacked: [] }).updated(0);
}
