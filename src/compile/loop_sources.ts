import { CONSTANT } from "../tape/entries.ts";
import type { LoopOperands } from "./loop_operands.ts";
import type { Loop } from "./loops.ts";
import type { Program } from "./program.ts";

/** Where a loop's body finds what it reads, in all iterations but the first. */
export class LoopSources {
  /** How many reads there are. */
  readonly count: number;
  /** The slot in the body's first iteration; of a constant, its entry. */
  readonly begins: Int32Array;
  /** By how much that grows, from then to the next iteration. */
  readonly strides: Int32Array;
  /** Whether it does from each to the next. */
  readonly regular: Uint8Array;
  /** Whether a constant is read, in all of them. */
  readonly isConstant: Uint8Array;
  /** The same for all reads of the same, and likely another for others. */
  readonly hashes: Int32Array;
  readonly #loop: Loop;
  readonly #reads: LoopOperands;
  readonly #slots: Int32Array;

  constructor(
    { codes }: Program,
    loop: Loop,
    reads: LoopOperands,
    slots: Int32Array,
  ) {
    const { start, period, times } = loop, { count } = reads;
    this.#loop = loop;
    this.#reads = reads;
    this.#slots = slots;
    this.count = count;
    this.begins = new Int32Array(count);
    this.strides = new Int32Array(count);
    this.regular = new Uint8Array(count).fill(1);
    this.isConstant = new Uint8Array(count);
    this.hashes = new Int32Array(count);
    reads.in(start + period, this.begins).forEach((entry, read) => {
      if (codes[entry] === CONSTANT) this.isConstant[read] = 1;
    });
    let latest = new Int32Array(count), numbers = new Int32Array(count);
    for (let t = 1; t < times; t++) {
      this.#numbersIn(t, numbers);
      if (t === 1) this.begins.set(numbers);
      for (let read = 0; read < count; read++) {
        const number = numbers[read]!, stride = number - latest[read]!;
        this.hashes[read] = Math.imul(this.hashes[read]!, 31) + number | 0;
        if (t === 2) this.strides[read] = stride;
        else if (t > 2 && stride !== this.strides[read]) this.regular[read] = 0;
      }
      [latest, numbers] = [numbers, latest];
    }
  }

  /** The numbers of some reads in all iterations. */
  columnsOf(some: readonly number[]): Int32Array[] {
    const { times } = this.#loop;
    const columns = some.map(() => new Int32Array(times - 1));
    const numbers = new Int32Array(this.count);
    for (let t = 1; some.length > 0 && t < times; t++) {
      this.#numbersIn(t, numbers);
      some.forEach((read, k) => columns[k]![t - 1] = numbers[read]!);
    }
    return columns;
  }

  #numbersIn(t: number, numbers: Int32Array): void {
    const { start, period } = this.#loop, slots = this.#slots;
    this.#reads.in(start + t * period, numbers);
    for (let read = 0; read < numbers.length; read++) {
      if (this.isConstant[read] === 0) numbers[read] = slots[numbers[read]!]!;
    }
  }
}
