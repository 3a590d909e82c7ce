import {
  CONSTANT,
  fieldsOf,
  forEachOperand,
  INPUT,
  LIST,
  operandCount,
} from "../tape/entries.ts";
import { inlinedIn } from "./inlining.ts";
import type { Listing } from "./listing.ts";
import { LoopOperands } from "./loop_operands.ts";
import { LoopSources } from "./loop_sources.ts";
import type { Loop } from "./loops.ts";
import { countUses, type Program } from "./program.ts";

/** What is added to a slot: another number of slots in each iteration. */
export interface Pointer {
  /** By how much it grows from one to the next. */
  readonly stride: number;
  /** What it begins with: so much that it is never below 0. */
  readonly start: number;
}

/** Numbers that the body reads in place of an address or a constant of its code. */
export interface Column {
  /** Slots of values, or entries of constants. */
  readonly kind: "slots" | "constants";
  /** A number an iteration. */
  readonly numbers: Int32Array;
}

/** How the results of a place in the body are kept, from the least to the most. */
const Kept = {
  /** On the stack or in a local, until its iteration's end. */
  locally: 0,
  /** In one slot, until the next iteration has another for it. */
  inOneSlot: 1,
  /** In a slot an iteration. */
  inFrames: 2,
} as const;

// More pointers are more registers than a processor has.
const MOST_POINTERS = 12;

/**
 * All iterations of a loop but its first, which is code of its own: so that what
 * is passed on from iteration to iteration comes from an iteration always.
 *
 * Its entries are first what the body reads, an entry for each operand that is
 * not of the same iteration and function; and then its operations. It comes to
 * be step by step: who reads what (`forEachRead`, `keepForOthers`), where
 * results are kept (`allot`), and where they are read (`resolve`).
 */
export class LoopBody implements Listing {
  readonly loop: Loop;
  /** How often the body runs. */
  readonly times: number;
  /** Its first entry that is an operation. */
  readonly first: number;
  readonly codes: Uint16Array;
  readonly lefts: Int32Array;
  readonly rights: Int32Array;
  readonly lists: Int32Array;
  readonly loops: readonly [] = [];
  readonly data: readonly [] = [];
  readonly constants: Float64Array;
  readonly slots: Int32Array;
  readonly pointerOf: Uint8Array;
  readonly indirect: Uint8Array;
  inlined: Uint8Array = new Uint8Array();
  /** What its functions are given, in order. */
  readonly pointers: Pointer[] = [];
  columns: readonly Column[] = [];
  /** The slot of the first column's first number; an iteration's are side by side. */
  columnsAt = 0;
  readonly #program: Program;
  /** What the body reads. */
  readonly #reads: LoopOperands;
  /** By place in the body, how its results are kept. */
  readonly #kept: Uint8Array;
  readonly #chunk: number;

  /** @param chunk How many operations a function has. */
  constructor(program: Program, loop: Loop, chunk: number) {
    const { start, period, times } = loop;
    this.#program = program;
    this.#chunk = chunk;
    this.loop = loop;
    this.times = times - 1;
    const operands = LoopOperands.of(program, loop);
    const near = operands.nearWithin(loop, chunk);
    this.#reads = operands.unmarked(near);
    const far = this.#reads.count, length = far + period;
    this.first = far;
    this.codes = new Uint16Array(length).fill(INPUT, 0, far);
    this.lefts = new Int32Array(length);
    this.rights = new Int32Array(length);
    this.constants = new Float64Array(length);
    this.slots = new Int32Array(length).fill(-1);
    this.pointerOf = new Uint8Array(length);
    this.indirect = new Uint8Array(length);
    this.#kept = new Uint8Array(period);
    const lists: number[] = [];
    let operand = 0, read = 0;
    for (let place = 0; place < period; place++) {
      const i = start + period + place, entry = far + place;
      const code = program.codes[i]!, count = operandCount(program, i);
      const entries = Array.from({ length: count }, () => {
        const distance = near[operand++]!;
        return distance > 0 ? entry - distance : read++;
      });
      const isList = fieldsOf(code) === LIST;
      this.codes[entry] = code;
      this.lefts[entry] = isList ? lists.length : entries[0]!;
      this.rights[entry] = isList ? count : entries[1] ?? 0;
      for (let k = 0; isList && k < count; k++) lists.push(entries[k]!);
    }
    this.lists = Int32Array.from(lists);
  }

  /**
   * Keeps what the loop's iterations read of one another, and calls `visit` with
   * the operations before the body that they read, as often as they do.
   */
  forEachRead(visit: (entry: number) => void): void {
    const { start, period, times } = this.loop, { places } = this.#reads;
    const latest = this.#latestComputed();
    const { first } = this.#program;
    const second = start + period, end = start + period * times;
    const reads = new Int32Array(this.#reads.count);
    for (let begun = second; begun < end; begun += period) {
      this.#reads.in(begun, reads);
      for (let read = 0; read < reads.length; read++) {
        const entry = reads[read]!;
        if (entry >= first && entry < second) visit(entry);
        if (entry < start) continue;
        const from = (entry - start) % period;
        const isOneSlotEnough = entry - from === begun
          ? !this.#inOneFunction(from, places[read]!)
          // Before the next has taken its slot.
          : entry - from + period === begun && latest[places[read]!]! <= from;
        this.#keep(from, isOneSlotEnough ? Kept.inOneSlot : Kept.inFrames);
      }
    }
  }

  // What is read now of the same iteration and function, now from elsewhere, has
  // no local; and the slot may have been read to one with the value before.
  #inOneFunction(one: number, other: number): boolean {
    return Math.floor(one / this.#chunk) === Math.floor(other / this.#chunk);
  }

  /** Keeps what is read outside of the loop. */
  keepForOthers(entry: number): void {
    const { start, period, times } = this.loop;
    const isLast = entry >= start + period * (times - 1);
    this.#keep(
      (entry - start) % period,
      isLast ? Kept.inOneSlot : Kept.inFrames,
    );
  }

  #keep(place: number, how: number): void {
    if (this.#kept[place]! < how) this.#kept[place] = how;
  }

  /** By place, the last place that its operands may be loaded at: where it is inlined. */
  #latestComputed(): Int32Array {
    const { first } = this, { period } = this.loop;
    const latest = Int32Array.from({ length: period }, (_, place) => place);
    const uses = this.#usesWithin();
    for (let place = period - 1; place >= 0; place--) {
      forEachOperand(this, first + place, (operand) => {
        if (operand < first || uses[operand] !== 1) return;
        latest[operand - first] = latest[place]!;
      });
    }
    return latest;
  }

  /** How often the body's entries are used within their iteration and function. */
  #usesWithin(): Int32Array {
    return countUses({ ...this, length: this.codes.length, outputs: [] });
  }

  /**
   * Gives the loop's results their slots, those of the first iteration too. All
   * that read them must be known.
   *
   * @param slots By entry of the program.
   * @param at The first slot that is free.
   * @returns The first slot that then is free.
   */
  allot(slots: Int32Array, at: number): number {
    const { start, period, times } = this.loop, { first } = this;
    const uses = this.#usesWithin();
    const functions = new Int32Array(this.codes.length).fill(-1);
    const inOneSlot: number[] = [], inFrames: number[] = [];
    this.#kept.forEach((how, place) => {
      functions[first + place] = Math.floor(place / this.#chunk);
      if (how === Kept.locally) return;
      (how === Kept.inFrames ? inFrames : inOneSlot).push(place);
      // Used elsewhere: not inlined.
      uses[first + place] = 2;
    });
    this.inlined = inlinedIn(this, first, uses, functions);

    const frames = at + inOneSlot.length, frame = inFrames.length;
    const end = start + period * times;
    let framesAt = frames;
    for (let begun = start; begun < end; begun += period) {
      for (let k = 0; k < inOneSlot.length; k++) {
        slots[begun + inOneSlot[k]!] = at + k;
      }
      for (let k = 0; k < frame; k++) slots[begun + inFrames[k]!] = framesAt++;
    }
    for (const place of inOneSlot) {
      this.slots[first + place] = slots[start + place]!;
    }
    const pointer = frame > 0 ? this.#pointer(frame) : 0;
    for (const place of inFrames) {
      this.slots[first + place] = slots[start + period + place]!;
      this.pointerOf[first + place] = pointer;
    }
    return framesAt;
  }

  /**
   * Finds out where the body reads what it reads.
   *
   * @param slots By entry of the program.
   * @param at The first slot that is free.
   * @returns The first slot that then is free.
   */
  resolve(slots: Int32Array, at: number): number {
    const sources = new LoopSources(
      this.#program,
      this.loop,
      this.#reads,
      slots,
    );
    const { count, begins, strides, regular, isConstant } = sources;
    // The entry that stands for all that read the same.
    const same = Int32Array.from({ length: count }, (_, read) => read);
    const known = new Map<string, number>(), irregular: number[] = [];
    for (let read = 0; read < count; read++) {
      const begin = begins[read]!, stride = strides[read]!;
      const isRegular = regular[read] === 1;
      if (isConstant[read] === 1 && isRegular && stride === 0) {
        this.codes[read] = CONSTANT;
        this.constants[read] = this.#program.constants[begin]!;
        continue;
      }
      const pointer = isConstant[read] === 0 && isRegular
        ? this.#pointerFor(stride)
        : undefined;
      if (pointer === undefined) {
        irregular.push(read);
        continue;
      }
      const slot = stride < 0 ? begin + stride * (this.times - 1) : begin;
      const key = `${slot}+${pointer}`;
      same[read] = known.get(key) ?? read;
      known.set(key, same[read]!);
      this.slots[read] = slot;
      this.pointerOf[read] = pointer;
    }
    const end = this.#makeColumns(sources, irregular, same, at);
    this.#rename(same);
    return end;
  }

  /** Makes columns of what some entries read, one for all that read the same. */
  #makeColumns(
    sources: LoopSources,
    irregular: readonly number[],
    same: Int32Array,
    at: number,
  ): number {
    const columns: Column[] = [], readers: number[] = [];
    const byHash = new Map<number, number[]>();
    sources.columnsOf(irregular).forEach((numbers, k) => {
      const read = irregular[k]!, hash = sources.hashes[read]!;
      const kind = sources.isConstant[read] === 1 ? "constants" : "slots";
      const alike = byHash.get(hash) ?? [];
      byHash.set(hash, alike);
      const found = alike.find((c) =>
        columns[c]!.kind === kind &&
        columns[c]!.numbers.every((number, t) => number === numbers[t])
      );
      if (found !== undefined) {
        same[read] = readers[found]!;
        return;
      }
      alike.push(columns.length);
      columns.push({ kind, numbers });
      readers.push(read);
    });
    if (columns.length === 0) return at;
    const pointer = this.#pointer(columns.length);
    readers.forEach((read, column) => {
      this.slots[read] = at + column;
      this.pointerOf[read] = pointer;
      this.indirect[read] = sources.isConstant[read] === 1 ? 0 : 1;
    });
    this.columns = columns;
    this.columnsAt = at;
    return at + this.times * columns.length;
  }

  #rename(same: Int32Array): void {
    const renamed = (entry: number) =>
      entry < same.length ? same[entry]! : entry;
    for (let i = this.first; i < this.codes.length; i++) {
      if (fieldsOf(this.codes[i]!) === LIST) continue;
      this.lefts[i] = renamed(this.lefts[i]!);
      this.rights[i] = renamed(this.rights[i]!);
    }
    this.lists.forEach((entry, k) => this.lists[k] = renamed(entry));
  }

  /** The pointer that goes by a stride, or 0 for none; undefined if there are enough. */
  #pointerFor(stride: number): number | undefined {
    if (stride === 0) return 0;
    const isKnown = this.pointers.some((pointer) => pointer.stride === stride);
    return isKnown || this.pointers.length < MOST_POINTERS
      ? this.#pointer(stride)
      : undefined;
  }

  #pointer(stride: number): number {
    let k = this.pointers.findIndex((pointer) => pointer.stride === stride);
    if (k < 0) {
      k = this.pointers.length;
      const start = stride < 0 ? -stride * (this.times - 1) : 0;
      this.pointers.push({ stride, start });
    }
    return k + 1;
  }
}
