// The numbers of a program whose derivative is being recorded. What a loop
// computed on its way is had by having the loop stack it: then a derivative's
// loop reads it row by row, as a derivative on the tape reads the tape.
import { CONSTANT, type Operations } from "../tape/entries.ts";
import {
  type Address,
  appendTo,
  CONSTANT_LIST,
  isListAt,
  LENGTH,
  type Loop,
  STACKED,
  stackEntry,
} from "../tape/loop.ts";
import {
  entryOf,
  recordData,
  recordOf,
  scalarAt,
  type Var,
} from "../tape/recording.ts";
import { lengthOf } from "./list_loops.ts";
import type { List, LoopBuilder, Recorded } from "./loop_builder.ts";

/** A place in a list at each row. */
export interface Place {
  /** The list's entry. */
  readonly list: number;
  readonly address: Address;
}

/** A program whose derivative is being recorded. */
export interface Primal {
  readonly operations: Operations;
  /** What stands for a number in what is recorded now. */
  scalar(entry: number): Recorded;
  /** What stands for a list. */
  list(entry: number): List;
  /** Where an entry of the body of the loop at `loop` is, row by row. */
  stacked(loop: number, entry: number): Place;
}

/** A part of the tape. */
export class TapePrimal implements Primal {
  readonly operations: Operations;

  constructor(operations: Operations) {
    this.operations = operations;
  }

  scalar(entry: number): Recorded {
    return scalarAt(entry);
  }

  list(entry: number): List {
    return scalarAt(entry) as Var;
  }

  stacked(loop: number, entry: number): Place {
    const { loops, lefts } = this.operations;
    const { k, address } = stackEntry(loops[lefts[loop]!]!, entry);
    return {
      list: entryOf(recordOf(STACKED, scalarAt(loop) as Var, k)),
      address,
    };
  }
}

/** The body of a loop, for a loop over the same rows. */
export class BodyPrimal implements Primal {
  readonly #loop: Loop;
  /** The loop's entry in the program around. */
  readonly #at: number;
  readonly #around: Primal;
  readonly #captures: readonly Recorded[];
  readonly #known = new Map<number, Recorded>();
  #builder: LoopBuilder | null = null;

  /** To be made before the builder is: it reads the program around. */
  constructor(around: Primal, at: number) {
    const { loops, lefts } = around.operations;
    const loop = this.#loop = loops[lefts[at]!]!;
    this.#around = around;
    this.#at = at;
    this.#captures = loop.captures.map((entry) =>
      isListAt(around.operations, entry)
        ? around.list(entry)
        : around.scalar(entry)
    );
  }

  set builder(builder: LoopBuilder) {
    this.#builder = builder;
  }

  get operations(): Operations {
    return this.#loop.body;
  }

  scalar(entry: number): Recorded {
    let known = this.#known.get(entry);
    if (known === undefined) {
      known = this.#find(entry);
      this.#known.set(entry, known);
    }
    return known;
  }

  list(entry: number): List {
    return this.scalar(entry) as List;
  }

  stacked(loop: number, entry: number): Place {
    const { body } = this.#loop;
    const { k, address } = stackEntry(body.loops[body.lefts[loop]!]!, entry);
    return { list: appendTo(body, STACKED, loop, k), address };
  }

  #find(entry: number): Recorded {
    const { body, carries, streams, slices, captures } = this.#loop;
    const builder = this.#builder!, around = this.#around;
    const code = body.codes[entry]!;
    if (code === CONSTANT) return body.constants[entry]!;
    if (code === CONSTANT_LIST) {
      return recordData(body.data[body.lefts[entry]!]!);
    }
    if (code === LENGTH) {
      const list = body.lefts[entry]!, width = body.rights[entry]!;
      if (body.codes[list] !== STACKED) return lengthOf(this.list(list), width);
      const inner = body.loops[body.lefts[body.lefts[list]!]!]!;
      if (inner.stacked[body.rights[list]!] === width) {
        return this.scalar(inner.count);
      }
    }
    let k = entry - carries.length;
    if (k >= 0 && k < streams.length) {
      const { list, offset, stride, table } = streams[k]!;
      return builder.stream(() => ({
        list: around.list(list),
        address: { offset, stride, table },
      }));
    }
    k -= streams.length;
    if (k >= 0 && k < slices.length) {
      return builder.slice(() => around.list(slices[k]!));
    }
    k = entry - (body.inputs - captures.length);
    if (k >= 0 && k < captures.length) return this.#captures[k]!;
    if (this.#loop.index && k === -1) return builder.index();
    const place = () => around.stacked(this.#at, entry);
    if (isListAt(body, entry)) {
      return builder.slice(() => around.list(place().list));
    }
    return builder.stream(() => {
      const { list, address } = place();
      return { list: around.list(list), address };
    });
  }
}
