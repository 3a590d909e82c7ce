// Loops as they are recorded: the body above everything else on the tape, in a
// recording of its own, which then becomes one entry.
import type { Scalar } from "../scalar.ts";
import { INPUT } from "../tape/entries.ts";
import {
  type Address,
  FINAL,
  LIST_INPUT,
  type Loop,
  STACKED,
  UPDATED,
} from "../tape/loop.ts";
import {
  close,
  entryFor,
  entryOf,
  open,
  record,
  recordLoop,
  recordOf,
  tapeEntries,
  tapeLength,
  truncate,
  valueAt,
  type Var,
} from "../tape/recording.ts";
import { closeProgram } from "./close_program.ts";

/** A Var that stands for a list; nothing but loops may use it. */
export type List = Var;

/** A Scalar of one of the kinds that can be recorded. */
export type Recorded = Var | number;

/** What a loop's body takes, and where from: known when the body is complete. */
interface Input<T> {
  readonly input: Var;
  readonly from: () => T;
}

interface NewUpdate {
  readonly list: List;
  readonly addresses: readonly Address[];
  readonly inputs: readonly Var[];
}

/** What a body computes for a row. */
export interface RowResults {
  /** The next carries, in order. */
  readonly next: readonly Scalar[];
  /** For each update, its new numbers in order. */
  readonly stores: readonly (readonly Scalar[])[];
  /** For each stacked list, the numbers of its row, or one list. */
  readonly stacked: readonly (readonly Scalar[] | List)[];
}

/** What became of the results of a loop. */
export interface LoopResults {
  readonly loop: Var;
  final(k: number): Var;
  stacked(k: number): List;
  updated(k: number): List;
}

/** Records the body of a loop. */
export class LoopBuilder {
  readonly #count: Recorded;
  readonly #down: boolean;
  readonly #recording = open(true);
  readonly #carries: { input: Var; initial: Recorded }[] = [];
  readonly #streams: Input<{ list: List; address: Address }>[] = [];
  readonly #slices: Input<List>[] = [];
  readonly #updates: NewUpdate[] = [];
  #index: Var | null = null;

  /**
   * @param count The number of rows.
   * @param down Whether they go from the last to the first.
   */
  constructor(count: Recorded, down: boolean) {
    this.#count = count;
    this.#down = down;
  }

  /** A number that is carried from row to row. */
  carry(initial: Recorded): Var {
    const example = typeof initial === "number"
      ? initial
      : valueAt(entryOf(initial));
    const input = record(INPUT, 0, 0, example);
    this.#carries.push({ input, initial });
    return input;
  }

  /** A list that is carried from row to row. */
  carryList(initial: List): List {
    const input = record(LIST_INPUT, 0, 0, NaN);
    this.#carries.push({ input, initial });
    return input;
  }

  /**
   * A number of each row of a list, which is asked for if the body turns out to
   * need it.
   *
   * @param example What users' operations are given for it meanwhile.
   */
  stream(
    from: () => { list: List; address: Address },
    example: number = NaN,
  ): Var {
    const input = record(INPUT, 0, 0, example);
    this.#streams.push({ input, from });
    return input;
  }

  /** The row of a list of lists. */
  slice(from: () => List): List {
    const input = record(LIST_INPUT, 0, 0, NaN);
    this.#slices.push({ input, from });
    return input;
  }

  /** Numbers of each row of a list that are stored anew. */
  update(list: List, addresses: readonly Address[]): readonly Var[] {
    const inputs = addresses.map(() => record(INPUT, 0, 0, NaN));
    this.#updates.push({ list, addresses, inputs });
    return inputs;
  }

  /** The row's number. */
  index(): Var {
    return this.#index ??= record(INPUT, 0, 0, 0);
  }

  /** How many entries the body has so far. */
  get length(): number {
    return tapeLength() - this.#recording.start;
  }

  /** Ends the body without making a loop, unless it has ended. */
  abandon(): void {
    if (!this.#recording.open) return;
    const { start, listsStart } = this.#recording;
    close(this.#recording);
    truncate(start, listsStart);
  }

  /** Ends the body and records the loop. */
  finish(results: RowResults): LoopResults {
    return this.finishUnless(results, () => false)!;
  }

  /** The same, but that no loop is recorded if it would take certain entries as carries or captures. */
  finishUnless(
    { next, stores, stacked }: RowResults,
    isUnwanted: (entry: number) => boolean,
  ): LoopResults | null {
    const { start, listsStart } = this.#recording;
    const outputs = [next, ...stores, ...stacked].flatMap((row) =>
      Array.isArray(row) ? row.map((x) => entryFor(x)) : [entryFor(row as List)]
    );
    close(this.#recording);
    const isCarried = this.#carries.map(({ input }) => entryOf(input));
    const isStored = this.#updates.flatMap(({ inputs }) => inputs.map(entryOf));
    const index = this.#index === null ? [] : [entryOf(this.#index)];
    const streams = this.#streams.map(({ input }) => entryOf(input));
    const slices = this.#slices.map(({ input }) => entryOf(input));
    // Carries and updates stay, whether their numbers are read or not.
    const { program, kept, captures } = closeProgram(
      tapeEntries(),
      start,
      tapeLength(),
      [...isCarried, ...streams, ...slices, ...isStored, ...index],
      outputs,
      (k) =>
        k < isCarried.length ||
        k >= isCarried.length + streams.length + slices.length,
    );
    truncate(start, listsStart);
    const entry = (x: Recorded) => entryFor(x);
    const initials = this.#carries.map(({ initial }) => entry(initial));
    if ([...captures, ...initials].some(isUnwanted)) return null;
    const at = isCarried.length;
    const loop: Loop = {
      body: program,
      down: this.#down,
      count: entry(this.#count),
      carries: initials,
      streams: this.#streams.filter((_, k) => kept[at + k]).map(
        ({ from }) => {
          const { list, address } = from();
          return { list: entry(list), ...address };
        },
      ),
      slices: this.#slices.filter((_, k) => kept[at + streams.length + k])
        .map(({ from }) => entry(from())),
      updates: this.#updates.map(({ list, addresses }) => ({
        list: entry(list),
        addresses,
      })),
      index: index.length > 0,
      captures,
      stacked: stacked.map((row) => Array.isArray(row) ? row.length : 0),
    };
    return resultsOf(recordLoop(loop));
  }
}

/** The results of a loop that is on the tape. */
export function resultsOf(loop: Var): LoopResults {
  return {
    loop,
    final: (k) => recordOf(FINAL, loop, k),
    stacked: (k) => recordOf(STACKED, loop, k),
    updated: (k) => recordOf(UPDATED, loop, k),
  };
}
