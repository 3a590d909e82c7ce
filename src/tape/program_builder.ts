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
  #length = 0;
  #codes: Uint16Array;
  #lefts: Int32Array;
  #rights: Int32Array;
  #constants: Float64Array;
  readonly #lists: number[] = [];
  readonly #loops: Loop[] = [];
  readonly #data: Float64Array[] = [];
  #inputs = 0;

  /** @param expected How many entries to expect. */
  constructor(expected = 32) {
    this.#codes = new Uint16Array(expected);
    this.#lefts = new Int32Array(expected);
    this.#rights = new Int32Array(expected);
    this.#constants = new Float64Array(expected);
  }

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
    if (this.#length === this.#codes.length) this.#grow();
    const i = this.#length++;
    this.#codes[i] = code;
    this.#lefts[i] = left;
    this.#rights[i] = right;
    this.#constants[i] = constant;
    return i;
  }

  #grow(): void {
    const to = 2 * this.#length + 32;
    const before = {
      codes: this.#codes,
      lefts: this.#lefts,
      rights: this.#rights,
      constants: this.#constants,
    };
    (this.#codes = new Uint16Array(to)).set(before.codes);
    (this.#lefts = new Int32Array(to)).set(before.lefts);
    (this.#rights = new Int32Array(to)).set(before.rights);
    (this.#constants = new Float64Array(to)).set(before.constants);
  }

  /** The program with these entries as its outputs. */
  finish(outputs: readonly number[]): Program {
    const length = this.#length;
    return {
      inputs: this.#inputs,
      length,
      codes: this.#codes.slice(0, length),
      lefts: this.#lefts.slice(0, length),
      rights: this.#rights.slice(0, length),
      constants: this.#constants.slice(0, length),
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
