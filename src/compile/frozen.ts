// A function recorded to be compiled. A list that it leaves to loops is one
// input of the program, of any length; of all others the elements are inputs.
import {
  arrayOf,
  type ListArgument,
  ListArguments,
  Restart,
  RowList,
  rowListOf,
} from "../loops/lists.ts";
import { INPUT } from "../tape/entries.ts";
import {
  close,
  entryFor,
  entryOf,
  isOpen,
  open,
  outlived,
  record,
  recordListInput,
  tapeEntries,
  tapeLength,
  truncate,
  Var,
} from "../tape/recording.ts";
import { hintForResult } from "../transforms/recorded.ts";
import { setLoopSweeps } from "../transforms/emitted_sweeps.ts";
import { LOOP_SWEEPS } from "../transforms/loop_sweeps.ts";
import { asRecorded } from "./program/as_recorded.ts";
import type { Ordered } from "./program/builder.ts";
import {
  isRecord,
  type LeafKind,
  rebuild,
  type Shape,
  takeApart,
  type TakenApart,
  writeNumbers,
} from "../transforms/structures.ts";

/** What a part of the arguments is to the program. */
export type ArgumentKind =
  /** Its numbers are inputs. */
  | { readonly kind: "numbers"; readonly shape: Shape }
  /** It is one input: rows of one shape, in an array or Float64Array. */
  | { readonly kind: "list"; readonly row: Shape; readonly floats: boolean }
  | {
    readonly kind: "record";
    readonly keys: readonly string[];
    readonly fields: readonly ArgumentKind[];
  };

/** A part of the result: a number, or a list of rows of a shape. */
export interface ResultKind {
  readonly row: Shape | null;
  /** Whether the list is a Float64Array. */
  readonly floats: boolean;
}

/** A recorded function. */
export interface Frozen {
  /** What was recorded, as no pass has changed it. */
  readonly recorded: Ordered;
  /** Whether it has loops from `map`, `fold` and `scan`. */
  readonly hasLoops: boolean;
  /** Whether lists are inputs or outputs of it. */
  readonly hasLists: boolean;
  readonly inputs: readonly ArgumentKind[];
  /** The result's shape, in which a list counts as one leaf. */
  readonly shape: Shape;
  /** The result's leaves, which are the program's outputs. */
  readonly outputs: readonly ResultKind[];
  /** By how many numbers, at least, each list may be longer or shorter. */
  readonly units: readonly number[];
  /** What throws where lists of such lengths cannot be taken. */
  readonly checks: readonly ((lengths: readonly number[]) => void)[];
}

/** A part of the arguments that a function is recorded for. */
export type Example =
  | TakenApart<number> & { readonly kind: "numbers" }
  /** A list of rows that are alike: its elements are looked at if they are asked for. */
  | {
    readonly kind: "list";
    readonly list: readonly unknown[] | Float64Array;
    readonly row: Shape;
    /** The numbers of the first row. */
    readonly first: readonly number[];
    /** All its numbers. */
    readonly takeApart: () => TakenApart<number>;
  }
  | {
    readonly kind: "record";
    readonly keys: readonly string[];
    readonly fields: readonly Example[];
  };

/**
 * An argument as an example.
 *
 * @param check Throws if the whole argument is not a structure of numbers.
 */
export function exampleOf(x: unknown, check: () => void): Example {
  const whole = () => {
    check();
    return takeApart(x, NUMBERS, "");
  };
  if (x instanceof Float64Array || Array.isArray(x)) {
    const row = rowOf(x);
    if (row !== null) {
      const { shape, leaves } = row;
      return {
        kind: "list",
        list: x,
        row: shape,
        first: leaves,
        takeApart: whole,
      };
    }
  } else if (isRecord(x)) {
    const keys = Object.keys(x);
    const fields = keys.map((key) => exampleOf(x[key], check));
    return { kind: "record", keys, fields };
  }
  return { kind: "numbers", ...whole() };
}

const NUMBERS: LeafKind<number> = {
  expected: "a number",
  is: (x) => typeof x === "number",
};

/** The first row of a list whose rows are alike and not empty; null of another. */
function rowOf(
  list: readonly unknown[] | Float64Array,
): TakenApart<number> | null {
  if (list.length === 0) return null;
  if (list instanceof Float64Array) {
    return takeApart(list[0], NUMBERS, "");
  }
  const [first] = list;
  const isStructure = Array.isArray(first) || first instanceof Float64Array ||
    isRecord(first);
  if (typeof first !== "number" && !isStructure) return null;
  let row: TakenApart<number>;
  try {
    row = takeApart(first, NUMBERS, "");
  } catch {
    return null;
  }
  const { shape } = row, room = new Float64Array(shape.size);
  const areAlike = shape.size > 0 &&
    list.every((x) => writeNumbers(x, shape, room, 0));
  return areAlike ? row : null;
}

/**
 * Records a function, again and again until it is known which lists it asks for
 * elements.
 *
 * @param examples An example of its arguments, whose numbers are what users'
 * operations are given meanwhile.
 */
export function freezeFunction(
  f: (...inputs: unknown[]) => unknown,
  examples: readonly Example[],
): Frozen {
  setLoopSweeps(LOOP_SWEEPS);
  const demanded = new Set<string>();
  for (;;) {
    const before = demanded.size;
    const lists = new ListArguments(demanded);
    const frozen = recordOnce(f, examples, lists);
    if (demanded.size === before) return frozen as Frozen;
  }
}

/** Undefined if the function has to be recorded again. */
function recordOnce(
  f: (...inputs: unknown[]) => unknown,
  examples: readonly Example[],
  lists: ListArguments,
): Frozen | undefined {
  const before = lists.demanded.size;
  const recording = open(true);
  const { start, listsStart } = recording;
  try {
    const inputs: number[] = [];
    const parts = examples.map((example, k) =>
      partOf(example, `${k}`, lists, inputs)
    );
    const kinds = parts.map(({ kind }) => kind);
    const values = parts.map(({ value }) => value);
    const { leaves, shape } = takeApart(
      f(...values),
      RESULT,
      "Cannot compile: the function's result",
    );
    const outputs = leaves.map((leaf) => {
      const list = rowListOf(leaf);
      if (list !== undefined) {
        const { shape, floats } = list;
        return { entry: entryFor(list.list), row: shape, floats };
      }
      if (leaf instanceof Var && !isOpen(leaf)) {
        throw outlived("compile", "the function's result");
      }
      const entry = entryFor(leaf as Var | number);
      return { entry, row: null, floats: false };
    });
    const entries = tapeEntries(), end = tapeLength();
    const hasLists = kinds.some(isOrHasList) ||
      outputs.some(({ row }) => row !== null);
    const hasLoops = hasLists || entries.loops.length > 0;
    const roots = outputs.map(({ entry }) => entry);
    const recorded = asRecorded(
      { entries, start, inputs: inputs.length, end },
      roots.map((entry) => ({ entry, value: NaN })),
    );
    return {
      recorded,
      hasLoops,
      hasLists,
      inputs: kinds,
      shape,
      outputs,
      units: lists.units,
      checks: lists.checks,
    };
  } catch (error) {
    // The function may have caught what was thrown to begin again.
    if (error instanceof Restart || lists.demanded.size > before) {
      return undefined;
    }
    throw error;
  } finally {
    close(recording);
    truncate(start, listsStart);
  }
}

const RESULT: LeafKind<unknown> = {
  expected: "a number or Var, or an array or plain object of them",
  is: (x): x is unknown =>
    typeof x === "number" || x instanceof Var || isWhole(x),
  hint: hintForResult,
};

/** Whether x stands for a list that is one output: of a length that is not known, or a Float64Array. */
function isWhole(x: unknown): boolean {
  const list = rowListOf(x);
  return list !== undefined && (typeof list.size !== "number" || list.floats);
}

/** Whether a part of the arguments is a list, or has one. */
export function isOrHasList(kind: ArgumentKind): boolean {
  return kind.kind === "list" ||
    kind.kind === "record" && kind.fields.some(isOrHasList);
}

/** What a function is given for an argument; appends the entries of its inputs. */
function partOf(
  example: Example,
  path: string,
  lists: ListArguments,
  inputs: number[],
): { readonly kind: ArgumentKind; readonly value: unknown } {
  switch (example.kind) {
    case "numbers": {
      const { shape, leaves } = example;
      const vars = leaves.map((x) => record(INPUT, 0, 0, x));
      for (const x of vars) inputs.push(entryOf(x));
      return { kind: { kind: "numbers", shape }, value: rebuild(shape, vars) };
    }
    case "list": {
      const { list, row, first } = example;
      if (lists.demanded.has(path)) {
        const numbers = { kind: "numbers" as const, ...example.takeApart() };
        return partOf(numbers, path, lists, inputs);
      }
      const entry = recordListInput();
      inputs.push(entryOf(entry));
      const input = lists.lengths.push(list.length * row.size) - 1;
      lists.units.push(row.size);
      const of: ListArgument = { input, list: entry, path, all: lists };
      const size = { of, width: row.size };
      const kind = { row, floats: list instanceof Float64Array };
      return {
        kind: { kind: "list", ...kind },
        value: arrayOf(new RowList(entry, row, size, first)),
      };
    }
    case "record": {
      const { keys } = example;
      const parts = example.fields.map((field, k) =>
        partOf(field, `${path}.${keys[k]!}`, lists, inputs)
      );
      const size = parts.length;
      return {
        kind: {
          kind: "record",
          keys,
          fields: parts.map(({ kind }) => kind),
        },
        value: rebuild(
          { kind: "record", size, parts: null, keys },
          parts.map(({ value }) => value),
        ),
      };
    }
  }
}
