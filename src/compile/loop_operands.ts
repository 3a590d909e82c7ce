import { fieldsOf, LIST, operandCount } from "../tape/entries.ts";
import type { Loop } from "./loops.ts";
import type { Program } from "./program.ts";

/** Operands of a loop's body, to be looked up in any iteration without ado. */
export class LoopOperands {
  readonly count: number;
  /** The place in the body of the operation that each is an operand of. */
  readonly places: Int32Array;
  // 0 for the first field, 1 for the second; from 2 on, places in a list.
  readonly #fields: Int32Array;
  readonly #program: Program;

  private constructor(
    program: Program,
    places: readonly number[],
    fields: readonly number[],
  ) {
    this.#program = program;
    this.count = places.length;
    this.places = Int32Array.from(places);
    this.#fields = Int32Array.from(fields);
  }

  /** All operands, in order. */
  static of(program: Program, { start, period }: Loop): LoopOperands {
    const places: number[] = [], fields: number[] = [];
    for (let place = 0; place < period; place++) {
      const i = start + place, count = operandCount(program, i);
      const isList = fieldsOf(program.codes[i]!) === LIST;
      for (let k = 0; k < count; k++) {
        places.push(place);
        fields.push(isList ? 2 + k : k);
      }
    }
    return new LoopOperands(program, places, fields);
  }

  /** Those for which a mark is 0. */
  unmarked(marks: Int32Array): LoopOperands {
    const some = [...marks.keys()].filter((operand) => marks[operand] === 0);
    return new LoopOperands(
      this.#program,
      some.map((operand) => this.places[operand]!),
      some.map((operand) => this.#fields[operand]!),
    );
  }

  /**
   * The entries that they are in the iteration that begins with an entry.
   *
   * @param entries Room for them, which is returned.
   */
  in(begin: number, entries: Int32Array): Int32Array {
    const { lefts, rights, lists } = this.#program;
    const places = this.places, fields = this.#fields;
    for (let operand = 0; operand < places.length; operand++) {
      const i = begin + places[operand]!, field = fields[operand]!;
      entries[operand] = field === 0
        ? lefts[i]!
        : field === 1
        ? rights[i]!
        : lists[lefts[i]! + field - 2]!;
    }
    return entries;
  }

  /**
   * How far before its operation each is, if that is in the same iteration and
   * the same function, in all iterations but the first; else 0.
   *
   * @param chunk How many operations a function has.
   */
  nearWithin({ start, period, times }: Loop, chunk: number): Int32Array {
    const places = this.places, entries = new Int32Array(this.count);
    const second = start + period, end = start + period * times;
    const near = this.in(second, new Int32Array(this.count))
      .map((entry, operand) => {
        const distance = second + places[operand]! - entry;
        return distance <= places[operand]! % chunk ? distance : 0;
      });
    for (let begin = second + period; begin < end; begin += period) {
      this.in(begin, entries);
      for (let operand = 0; operand < near.length; operand++) {
        const distance = begin + places[operand]! - entries[operand]!;
        if (near[operand] !== distance) near[operand] = 0;
      }
    }
    return near;
  }
}
