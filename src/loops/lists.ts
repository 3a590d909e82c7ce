// Lists in a function that is being compiled. A list is one value of the
// program, not a number per element: an array that stands for it is handed
// through the function, and whoever asks it for anything but that gets elements.
import {
  type ListValue,
  listValueOf,
  setListValue,
} from "../operations/list_value.ts";
import { ELEMENT, LENGTH } from "../tape/loop.ts";
import { activeRecording, recordOf, type Var } from "../tape/recording.ts";
import type { List, Recorded } from "../transforms/loop_builder.ts";
import { LEAF, rebuild, type Shape } from "../transforms/structures.ts";
import { rangeError } from "../errors.ts";

/** Thrown to have a function recorded anew, with more lists of known elements. */
export class Restart {}

/** The list arguments of a function that is being compiled. */
export class ListArguments {
  /** The paths of arguments that were asked for elements. */
  readonly demanded: Set<string>;
  /** The numbers of elements, in the arguments of the example. */
  readonly lengths: number[] = [];
  /** By how many numbers, at least, each may be longer or shorter. */
  readonly units: number[] = [];
  /** What throws where lists of other lengths cannot be taken. */
  readonly checks: ((lengths: readonly number[]) => void)[] = [];

  constructor(demanded: Set<string>) {
    this.demanded = demanded;
  }

  /** Adds a check, which the example has to pass, too. */
  require(check: (lengths: readonly number[]) => void): void {
    check(this.lengths);
    this.checks.push(check);
  }
}

/** A list argument. */
export interface ListArgument {
  /** Which of the list inputs it is. */
  readonly input: number;
  readonly list: List;
  readonly path: string;
  readonly all: ListArguments;
}

/** How many rows a list has: so many, or as many as an argument has of a width. */
export type Size =
  | number
  | { readonly of: ListArgument; readonly width: number };

/** Has arguments be of known elements. */
export function demand(sizes: readonly Size[]): void {
  let missing = false;
  for (const size of sizes) {
    if (typeof size === "number") continue;
    size.of.all.demanded.add(size.of.path);
    missing = true;
  }
  if (missing) throw new Restart();
}

/** A list of structures of one shape, row by row in one flat list. */
export class RowList implements ListValue {
  readonly list: List;
  readonly shape: Shape;
  readonly size: Size;
  /** The numbers of a row in an example, if there is one. */
  readonly example: readonly number[];
  /** Whether it stays one list as a result, which is a Float64Array. */
  readonly floats: boolean;

  constructor(
    list: List,
    shape: Shape,
    size: Size,
    example: readonly number[] = [],
    floats: boolean = false,
  ) {
    this.list = list;
    this.example = example;
    this.floats = floats;
    this.shape = shape;
    this.size = size;
  }

  numbers(): Var | undefined {
    return this.shape.kind === "leaf" ? this.list : undefined;
  }

  isLike(other: ListValue, call: string): boolean {
    const { size } = this, like = (other as RowList).size;
    if (typeof size === "number" && typeof like === "number") {
      return size === like;
    }
    if (typeof size === "number" || typeof like === "number") {
      // As long as what is known: the other has one length, at every call.
      demand([size, like]);
      return false;
    }
    if (size.of === like.of && size.width === like.width) return true;
    size.of.all.require((lengths) => {
      const one = lengths[size.of.input]! / size.width;
      const two = lengths[like.of.input]! / like.width;
      if (one === two) return;
      throw rangeError(
        `Cannot ${call}: the lists have ${one} and ${two} elements, ` +
          "expected one length",
      );
    });
    return true;
  }
}

/** The number of rows in what is recorded. */
export function countOf(size: Size): Recorded {
  return typeof size === "number"
    ? size
    : recordOf(LENGTH, size.of.list, size.width);
}

/** An array that stands for a list. */
export function arrayOf(value: RowList): unknown[] {
  const elements = new WeakMap<object, unknown[]>();
  /** The elements, as Vars of the recording that asks for them. */
  const all = (): unknown[] => {
    demand([value.size]);
    const recording = activeRecording();
    let array = elements.get(recording);
    if (array === undefined) {
      array = rowsOf(value);
      elements.set(recording, array);
    }
    return array;
  };
  const array = new Proxy<unknown[]>([], {
    get: (_, key) => Reflect.get(all(), key),
    has: (_, key) => Reflect.has(all(), key),
    set: (_, key, x) => Reflect.set(all(), key, x),
    ownKeys: () => Reflect.ownKeys(all()),
    getOwnPropertyDescriptor: (_, key) =>
      Reflect.getOwnPropertyDescriptor(all(), key),
    defineProperty: (_, key, property) =>
      Reflect.defineProperty(all(), key, property),
    deleteProperty: (_, key) => Reflect.deleteProperty(all(), key),
  });
  setListValue(array, value);
  return array;
}

/** An array that stands for a list of numbers in place of a Float64Array. */
export function floatsOf(list: List, size: number): unknown[] {
  return arrayOf(new RowList(list, LEAF, size, [], true));
}

function rowsOf({ list, shape, size }: RowList): unknown[] {
  return Array.from({ length: size as number }, (_, i) => {
    const leaves: Var[] = [];
    for (let k = 0; k < shape.size; k++) {
      leaves.push(recordOf(ELEMENT, list, i * shape.size + k));
    }
    return rebuild(shape, leaves);
  });
}

/** The list that an array stands for. */
export function rowListOf(x: unknown): RowList | undefined {
  return listValueOf(x) as RowList | undefined;
}
