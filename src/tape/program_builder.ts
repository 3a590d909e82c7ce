import { primitiveOf } from "../primitives.ts";
import { CONSTANT, INPUT } from "./entries.ts";
import {
  CONSTANT_LIST,
  ELEMENT,
  FINAL,
  GATHER,
  LENGTH,
  LIST_INPUT,
  LOOP,
  type Loop,
  type Program,
  STACKED,
  UPDATED,
  ZEROS,
} from "./loop.ts";

/** Appends to a program, as it is told: nothing is shared or folded. */
export class ProgramBuilder {
  readonly #codes: number[] = [];
  readonly #lefts: number[] = [];
  readonly #rights: number[] = [];
  readonly #constants: number[] = [];
  readonly #lists: number[] = [];
  readonly #loops: Loop[] = [];
  readonly #data: Float64Array[] = [];
  #inputs = 0;

  /** Appends an input: all of them come first. */
  input(): number {
    this.#inputs++;
    return this.append(INPUT);
  }

  /** Appends an input that is a list. */
  listInput(): number {
    this.#inputs++;
    return this.append(LIST_INPUT);
  }

  /** Appends a constant. */
  constant(value: number): number {
    return this.append(CONSTANT, 0, 0, value);
  }

  /** Appends a list of constants. */
  constantList(numbers: Float64Array): number {
    return this.append(CONSTANT_LIST, this.#data.push(numbers) - 1);
  }

  /** Appends a list of zeros, as long as another. */
  zeros(list: number): number {
    return this.append(ZEROS, list);
  }

  /** Appends a list of entries. */
  gather(entries: readonly number[]): number {
    return this.list(GATHER, entries);
  }

  /** Appends the number of rows of a list. */
  rows(list: number, width: number): number {
    return this.append(LENGTH, list, width);
  }

  /** Appends a number of a list. */
  element(list: number, index: number): number {
    return this.append(ELEMENT, list, index);
  }

  /** Appends an operation. */
  operation(code: number, operands: readonly number[]): number {
    return primitiveOf(code).arity === "list"
      ? this.list(code, operands)
      : this.append(code, operands[0], operands[1]);
  }

  /** Appends a loop. */
  loop(loop: Loop): number {
    return this.append(LOOP, this.#loops.push(loop) - 1);
  }

  /** Appends what carry k of a loop is in the end. */
  final(loop: number, k: number): number {
    return this.append(FINAL, loop, k);
  }

  /** Appends list k of those that a loop stacks. */
  stacked(loop: number, k: number): number {
    return this.append(STACKED, loop, k);
  }

  /** Appends list k of those that a loop updates. */
  updated(loop: number, k: number): number {
    return this.append(UPDATED, loop, k);
  }

  /** Appends an entry. */
  append(code: number, left = 0, right = 0, constant = 0): number {
    this.#lefts.push(left);
    this.#rights.push(right);
    this.#constants.push(constant);
    return this.#codes.push(code) - 1;
  }

  /** The program with these entries as its outputs. */
  finish(outputs: readonly number[]): Program {
    return {
      inputs: this.#inputs,
      length: this.#codes.length,
      codes: new Uint16Array(this.#codes),
      lefts: new Int32Array(this.#lefts),
      rights: new Int32Array(this.#rights),
      constants: new Float64Array(this.#constants),
      lists: new Int32Array(this.#lists),
      loops: this.#loops,
      data: this.#data,
      outputs: [...outputs],
    };
  }

  /** Appends an entry whose operands are a list. */
  list(code: number, operands: readonly number[]): number {
    const at = this.#lists.length;
    for (const operand of operands) this.#lists.push(operand);
    return this.append(code, at, operands.length);
  }
}
