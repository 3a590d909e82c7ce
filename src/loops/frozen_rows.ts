// What a loop goes over in a function that is being compiled: streams of lists.
import type { Scalar } from "../scalar.ts";
import { type Address, tableAddress } from "../tape/loop.ts";
import {
  entryFor,
  isOpen,
  outlived,
  recordData,
  recordGather,
  Var,
} from "../tape/recording.ts";
import type {
  List,
  LoopBuilder,
  Recorded,
} from "../transforms/loop_builder.ts";
import {
  rebuild,
  type Shape,
  takeApart,
  writeNumbers,
} from "../transforms/structures.ts";
import { SCALARS } from "./likeness.ts";
import { rowListOf, type Size } from "./lists.ts";
import { areRowsLimited, flatRowsOf, readRows } from "./rows.ts";

/** A number of each row: of a list, the same in all, or the row's number. */
type Leaf =
  | {
    readonly list: List;
    readonly address: Address;
    /** In an example, for users' operations. */
    readonly example: number;
  }
  | Recorded
  | "index";

/** Rows for the body of a loop. */
export interface FrozenRows {
  readonly size: Size;
  readonly shape: Shape;
  readonly leaves: readonly Leaf[];
  /** The entries that a list was made of for this loop. */
  readonly gathered: ReadonlySet<number>;
}

const NONE: ReadonlySet<number> = new Set();

/** Loops over fewer known rows are written out. */
const MIN_ROWS = 4;

/** The shape of a number. */
const NUMBER: Shape = takeApart(0, SCALARS, "").shape;

/**
 * Reads what a loop is to go over; null if the loop is to run as it is written,
 * row by row.
 */
export function frozenRows(call: string, list: unknown): FrozenRows | null {
  const rows = readFrozen(call, list);
  if (rows === null || typeof rows.size !== "number") return rows;
  return rows.size < MIN_ROWS || areRowsLimited() ? null : rows;
}

function readFrozen(call: string, list: unknown): FrozenRows | null {
  if (typeof list === "number") {
    const { count } = readRows(call, list);
    return { size: count, shape: NUMBER, leaves: ["index"], gathered: NONE };
  }
  const flat = flatRowsOf(list);
  if (flat !== undefined) return frozenFlatRows(call, flat);
  const known = rowListOf(list);
  if (known !== undefined) {
    const { list, shape, size } = known;
    const leaves = contiguous(list, shape.size, known.example);
    return { size, shape: withoutFloats(shape), leaves, gathered: NONE };
  }
  if (list instanceof Float64Array) {
    const leaves = contiguous(recordData(list.slice()), 1, list);
    return { size: list.length, shape: NUMBER, leaves, gathered: NONE };
  }
  const { count, at } = readRows(call, list);
  if (count < MIN_ROWS) return null;
  const numbers = frozenNumbers(list as readonly unknown[], call);
  if (numbers !== null) return numbers;
  let shape: Shape = NUMBER;
  const rows: Scalar[][] = [];
  for (let i = 0; i < count; i++) {
    const row = takeApart(at(i), SCALARS, `Cannot ${call}: row ${i}`);
    if (i === 0) shape = row.shape;
    rows.push(row.leaves);
  }
  return frozenColumns(call, rows, shape);
}

/** Rows that are numbers alone; null if they are not. */
function frozenNumbers(
  list: readonly unknown[],
  call: string,
): FrozenRows | null {
  const { shape } = takeApart(list[0], SCALARS, `Cannot ${call}: row 0`);
  const { size } = shape, data = new Float64Array(list.length * size);
  for (let i = 0; i < list.length; i++) {
    if (!writeNumbers(list[i], shape, data, i * size)) return null;
  }
  return {
    size: list.length,
    shape: withoutFloats(shape),
    leaves: contiguous(recordData(data), size, data),
    gathered: NONE,
  };
}

function frozenFlatRows(
  call: string,
  flat: NonNullable<ReturnType<typeof flatRowsOf>>,
): FrozenRows | null {
  const { numbers, width } = flat;
  const shape = arrayShape(width), known = rowListOf(numbers);
  const list = known?.numbers();
  if (known !== undefined && list !== undefined) {
    const { size } = known;
    return {
      size: typeof size === "number"
        ? size / width
        : { of: size.of, width: width * size.width },
      shape,
      leaves: contiguous(list, width, known.example),
      gathered: NONE,
    };
  }
  if (numbers instanceof Float64Array) {
    const leaves = contiguous(recordData(numbers.slice()), width, numbers);
    return { size: numbers.length / width, shape, leaves, gathered: NONE };
  }
  const { count, at } = readRows(call, flat);
  if (count < MIN_ROWS) return null;
  const rows = Array.from({ length: count }, (_, i) => at(i) as Scalar[]);
  return frozenColumns(call, rows, shape);
}

function arrayShape(size: number): Shape {
  return { kind: "array", size, parts: null, keys: null };
}

/** The shape of rows as a callback sees them, and of states. */
export function withoutFloats(shape: Shape): Shape {
  const { kind, size, parts, keys } = shape;
  if (kind === "floats") return arrayShape(size);
  if (parts === null) return shape;
  return { kind, size, parts: parts.map(withoutFloats), keys };
}

/** The places of the numbers of rows that stand one after the other. */
function contiguous(
  list: List,
  width: number,
  example: ArrayLike<number>,
): Leaf[] {
  return Array.from({ length: width }, (_, offset) => ({
    list,
    address: { offset, stride: width, table: null },
    example: example[offset] ?? NaN,
  }));
}

/** Rows of known numbers and Vars. */
function frozenColumns(
  call: string,
  rows: readonly (readonly Scalar[])[],
  shape: Shape,
): FrozenRows | null {
  const columns = Array.from(
    { length: shape.size },
    (_, k) => rows.map((row) => row[k]!),
  );
  for (const column of columns) {
    for (const [i, x] of column.entries()) {
      if (typeof x === "number") continue;
      // A Node is for the loop as it is written to refuse.
      if (!(x instanceof Var)) return null;
      if (!isOpen(x)) throw outlived(call, `row ${i}`);
    }
  }
  const numeric = columns.filter(isNumeric);
  const data = new Float64Array(rows.length * numeric.length);
  numeric.forEach((column, k) =>
    column.forEach((x, i) => data[i * numeric.length + k] = x as number)
  );
  const list = numeric.length > 0 ? recordData(data) : null;
  const gathered = new Gathered();
  const leaves: (Leaf | null)[] = [];
  const tables: Int32Array[] = [];
  let next = 0;
  for (const column of columns) {
    const first = column[0] as Recorded;
    if (isNumeric(column)) {
      const address = { offset: next++, stride: numeric.length, table: null };
      leaves.push({ list: list!, address, example: column[0]! });
    } else if (column.every((x) => x === first)) leaves.push(first);
    else {
      leaves.push(null);
      tables.push(gathered.tableOf(column as Recorded[]));
    }
  }
  // What reads a list's element twice in a row would store it twice in a
  // derivative. Two Vars of one entry are two elements, and the sums of a
  // derivative are of entries.
  if (hasRepeats(tables)) return null;
  next = 0;
  const all = tables.length > 0 ? gathered.list() : null;
  return {
    size: rows.length,
    shape: withoutFloats(shape),
    leaves: leaves.map((leaf) =>
      leaf ??
        { list: all!, address: tableAddress(tables[next++]!), example: NaN }
    ),
    gathered: gathered.vars,
  };
}

function isNumeric(column: readonly Scalar[]): column is readonly number[] {
  return column.every((x) => typeof x === "number");
}

/** Whether two columns have the same element in some row. */
function hasRepeats(tables: readonly Int32Array[]): boolean {
  if (tables.length < 2) return false;
  const seen = new Set<number>();
  for (let i = 0; i < tables[0]!.length; i++) {
    seen.clear();
    for (const table of tables) seen.add(table[i]!);
    if (seen.size < tables.length) return true;
  }
  return false;
}

/** Entries in a list, each once. */
class Gathered {
  readonly #entries: number[] = [];
  readonly #constants = new Map<number, number>();
  readonly #vars = new Map<number, number>();

  /** The entries that are not constants. */
  get vars(): ReadonlySet<number> {
    return new Set(this.#vars.keys());
  }

  tableOf(column: readonly Recorded[]): Int32Array {
    return Int32Array.from(column, (x) => {
      // Two Vars may be of one entry.
      const isVar = typeof x !== "number", key = isVar ? entryFor(x) : x;
      const places = isVar ? this.#vars : this.#constants;
      let place = places.get(key);
      if (place === undefined) {
        place = this.#entries.push(entryFor(x)) - 1;
        places.set(key, place);
      }
      return place;
    });
  }

  list(): List {
    return recordGather(this.#entries);
  }
}

/** A row, for the body. */
export function rowFor(
  builder: LoopBuilder,
  { shape, leaves }: FrozenRows,
): unknown {
  const row = leaves.map((leaf) =>
    leaf === "index"
      ? builder.index()
      : typeof leaf === "number" || leaf instanceof Var
      ? leaf
      : builder.stream(() => leaf, leaf.example)
  );
  return rebuild(shape, row);
}
