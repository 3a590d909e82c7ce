import * as primitives from "../primitives.ts";
import { primitiveOf } from "../primitives.ts";
import { CONSTANT, fieldsOf, INPUT, LIST } from "../tape/entries.ts";
import {
  type Address,
  CONSTANT_LIST,
  ELEMENT,
  FINAL,
  FIRST_LOOP_CODE,
  GATHER,
  LENGTH,
  LIST_INPUT,
  LOOP,
  type Loop,
  STACKED,
  UPDATED,
  ZEROS,
} from "../tape/loop.ts";
import type { ListPlace } from "./memory.ts";
import type { Ordered } from "./program/builder.ts";
import { inputsOf, outputsOf } from "./program/layout.ts";
import { countUses } from "./program/uses.ts";

// Constants of this module, which the compiler folds; an imported one is a load.
const ADD = primitives.ADD, SUB = primitives.SUB;
const MUL = primitives.MUL, DIV = primitives.DIV;
const FIRST_LOOP = FIRST_LOOP_CODE;
// a·b + c in one step of the loop, rounded twice as the two operations are:
// most of a gradient is this. No primitive has the code of a tape's input.
const MUL_ADD = INPUT;

/** Computes a program step by step, the same numbers to the bit as generated code. */
export class Interpreter {
  /** The inputs that are numbers, then constants, a result per step, and the outputs that are numbers. */
  readonly values: Float64Array;
  /** Where the outputs begin. */
  readonly outputsAt: number;
  /** By entry that is a list: its numbers. Who runs the program sets the inputs. */
  readonly lists: Float64Array[] = [];
  readonly #program: Ordered;
  // Four numbers per step: its code, and where its operands are, or which entry it is.
  readonly #steps: Int32Array;
  readonly #firstResult: number;
  /** By entry that is a number: where it is in `values`. */
  readonly #place: Int32Array;
  readonly #operands: Int32Array;
  readonly #outputs: readonly number[];
  readonly #listInputs: readonly number[];
  /** By entry that is a loop: its body and what it left. */
  readonly #loops = new Map<number, LoopRun>();

  constructor(program: Ordered) {
    const { inputs, first, length, codes, lefts, rights, lists, constants } =
      program;
    this.#program = program;
    this.#listInputs = [...codes.subarray(0, inputs).keys()]
      .filter((entry) => codes[entry] === LIST_INPUT);
    const fused = fusedProducts(program);
    const place = this.#place = new Int32Array(length);
    let next = 0;
    for (let i = 0; i < first; i++) {
      if (codes[i] !== LIST_INPUT) place[i] = next++;
    }
    this.#firstResult = next;
    const steps = new Int32Array(4 * (length - first));
    let at = 0;
    for (let i = first; i < length; i++) {
      const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
      if (fused[i] === 1) continue;
      place[i] = next++;
      const product = code !== ADD
        ? -1
        : fused[left] === 1
        ? left
        : fused[right] === 1
        ? right
        : -1;
      if (product >= 0) {
        steps[at] = MUL_ADD;
        steps[at + 1] = place[lefts[product]!]!;
        steps[at + 2] = place[rights[product]!]!;
        steps[at + 3] = place[product === left ? right : left]!;
      } else if (code >= FIRST_LOOP_CODE) {
        steps[at] = code;
        steps[at + 1] = i;
        if (code === LOOP) {
          this.#loops.set(i, new LoopRun(program.loops[left]!));
        }
      } else {
        const isList = fieldsOf(code) === LIST;
        steps[at] = code;
        steps[at + 1] = isList ? left : place[left]!;
        steps[at + 2] = isList ? right : place[right]!;
      }
      at += 4;
    }
    this.#steps = steps.subarray(0, at);
    this.#operands = lists.map((entry) => place[entry]!);
    this.#outputs = program.outputs
      .filter((entry) => this.#listOf(entry) === undefined)
      .map((entry) => place[entry]!);
    this.outputsAt = next;
    this.values = new Float64Array(next + this.#outputs.length);
    for (let i = inputs; i < first; i++) {
      if (codes[i] === CONSTANT) this.values[place[i]!] = constants[i]!;
    }
  }

  /** Makes room for lists from outside of these lengths. */
  setLengths(lengths: readonly number[]): void {
    this.#listInputs.forEach((entry, k) => {
      if (this.lists[entry]?.length === lengths[k]) return;
      this.lists[entry] = new Float64Array(lengths[k]!);
    });
  }

  /** Where list k from outside is. */
  listInput(k: number): ListPlace {
    return placeOfAll(this.lists[this.#listInputs[k]!]!);
  }

  /** Where output k of all, a list, is. */
  listOutput(k: number): ListPlace {
    return placeOfAll(this.lists[this.#program.outputs[k]!]!);
  }

  run(): void {
    const steps = this.#steps, values = this.values;
    let result = this.#firstResult;
    for (let at = 0; at < steps.length; at += 4, result++) {
      const code = steps[at]!, a = steps[at + 1]!, b = steps[at + 2]!;
      if (code === MUL_ADD) {
        values[result] = values[a]! * values[b]! + values[steps[at + 3]!]!;
      } else if (code === MUL) {
        values[result] = values[a]! * values[b]!;
      } else if (code === ADD) {
        values[result] = values[a]! + values[b]!;
      } else if (code === SUB) {
        values[result] = values[a]! - values[b]!;
      } else if (code === DIV) {
        values[result] = values[a]! / values[b]!;
      } else if (code >= FIRST_LOOP) {
        values[result] = this.#special(code, a);
      } else {
        values[result] = this.#apply(code, a, b);
      }
    }
    const outputs = this.#outputs, { outputsAt } = this;
    for (let k = 0; k < outputs.length; k++) {
      values[outputsAt + k] = values[outputs[k]!]!;
    }
  }

  /** The number at an entry. */
  numberAt(entry: number): number {
    return this.values[this.#place[entry]!]!;
  }

  /** Sets an input that is a number. */
  setNumber(entry: number, value: number): void {
    this.values[this.#place[entry]!] = value;
  }

  #apply(code: number, a: number, b: number): number {
    const primitive = primitiveOf(code), values = this.values;
    switch (primitive.arity) {
      case 1:
        return primitive.value(values[a]!);
      case 2:
        return primitive.value(values[a]!, values[b]!);
      case "list": {
        const operands = this.#operands.subarray(a, a + b);
        return primitive.value(Array.from(operands, (place) => values[place]!));
      }
    }
  }

  /** What has to do with lists and loops; a number, if entry i is one. */
  #special(code: number, i: number): number {
    const { lefts, rights, lists: entries, data } = this.#program;
    const { lists } = this, left = lefts[i]!, right = rights[i]!;
    switch (code) {
      case CONSTANT_LIST:
        lists[i] = data[left]!;
        return 0;
      case ZEROS:
        lists[i] = new Float64Array(lists[left]!.length);
        return 0;
      case GATHER:
        lists[i] = Float64Array.from(
          entries.subarray(left, left + right),
          (entry) => this.numberAt(entry),
        );
        return 0;
      case LENGTH:
        return Math.floor(lists[left]!.length / right);
      case ELEMENT:
        return lists[left]![right]!;
      case LOOP:
        this.#loops.get(i)!.run(this);
        return 0;
      case STACKED:
        lists[i] = this.#loops.get(left)!.stacked[right]!;
        return 0;
      case UPDATED:
        lists[i] = this.#loops.get(left)!.updated[right]!;
        return 0;
    }
    const run = this.#loops.get(left)!, list = run.listFinal(right);
    if (list === undefined) return run.finals[right]!;
    lists[i] = list;
    return 0;
  }

  /** What makes an entry a list; undefined if it is a number. */
  #listOf(entry: number): number | undefined {
    const { codes, lefts, rights, loops } = this.#program;
    const code = codes[entry]!;
    switch (code) {
      case LIST_INPUT:
      case CONSTANT_LIST:
      case ZEROS:
      case GATHER:
      case STACKED:
      case UPDATED:
        return code;
    }
    if (code !== FINAL) return undefined;
    const { body } = loops[lefts[lefts[entry]!]!]!;
    return body.codes[rights[entry]!] === LIST_INPUT ? code : undefined;
  }
}

/** A loop, and what its latest run left. */
class LoopRun {
  stacked: Float64Array[] = [];
  updated: Float64Array[] = [];
  /** What carries that are numbers are in the end. */
  readonly finals: Float64Array;
  readonly #loop: Loop;
  readonly #body: Interpreter;

  constructor(loop: Loop) {
    this.#loop = loop;
    this.#body = new Interpreter(loop.body as Ordered);
    this.finals = new Float64Array(loop.carries.length);
  }

  /** What a carry that is a list is in the end; undefined if it is a number. */
  listFinal(k: number): Float64Array | undefined {
    const { body } = this.#loop;
    return body.codes[k] === LIST_INPUT ? this.#body.lists[k] : undefined;
  }

  run(around: Interpreter): void {
    const {
      body: program,
      count,
      down,
      carries,
      streams,
      slices,
      updates,
      index,
      captures,
      stacked,
    } = this.#loop;
    const body = this.#body, finals = this.finals;
    const at = inputsOf(this.#loop), out = outputsOf(this.#loop);
    const rows = around.numberAt(count);
    this.stacked = stacked.map((width) => new Float64Array(rows * width));
    const rowLists: Float64Array[][] = stacked.map(() => []);
    this.updated = updates.map(({ list }) => around.lists[list]!.slice());
    const take = (input: number, entry: number) => {
      if (program.codes[input] === LIST_INPUT) {
        body.lists[input] = around.lists[entry]!;
      } else body.setNumber(input, around.numberAt(entry));
    };
    carries.forEach((entry, k) => take(k, entry));
    captures.forEach((entry, k) => take(at.captures + k, entry));
    const read = streams.map(({ list }) => around.lists[list]!);
    const outputs = program.outputs;
    for (let step = 0; step < rows; step++) {
      const row = down ? rows - 1 - step : step;
      for (let k = 0; k < streams.length; k++) {
        body.setNumber(at.streams + k, read[k]![placeOf(streams[k]!, row)]!);
      }
      updates.forEach(({ addresses }, u) =>
        addresses.forEach((address, k) => {
          const number = this.updated[u]![placeOf(address, row)]!;
          body.setNumber(at.updates[u]! + k, number);
        })
      );
      slices.forEach((entry, k) => {
        const list = around.lists[entry]!, length = list.length / rows;
        const from = row * length;
        body.lists[at.slices + k] = list.subarray(from, from + length);
      });
      if (index) body.setNumber(at.index, row);
      body.run();
      updates.forEach(({ addresses }, u) =>
        addresses.forEach((address, k) => {
          const number = body.numberAt(outputs[out.updates[u]! + k]!);
          this.updated[u]![placeOf(address, row)] = number;
        })
      );
      stacked.forEach((width, k) => {
        if (width === 0) {
          rowLists[k]![row] = body.lists[outputs[out.stacked[k]!]!]!.slice();
        }
        for (let n = 0; n < width; n++) {
          const number = body.numberAt(outputs[out.stacked[k]! + n]!);
          this.stacked[k]![row * width + n] = number;
        }
      });
      // One may be the other's next value.
      for (let k = 0; k < carries.length; k++) {
        if (program.codes[k] !== LIST_INPUT) {
          finals[k] = body.numberAt(outputs[k]!);
        }
      }
      const lists = carries.map((_, k) => body.lists[outputs[k]!]);
      for (let k = 0; k < carries.length; k++) {
        if (program.codes[k] === LIST_INPUT) body.lists[k] = lists[k]!;
        else body.setNumber(k, finals[k]!);
      }
    }
    stacked.forEach((width, k) => {
      if (width > 0) return;
      const length = rowLists[k]![0]?.length ?? 0;
      const list = new Float64Array(rows * length);
      rowLists[k]!.forEach((row, t) => list.set(row, t * length));
      this.stacked[k] = list;
    });
    if (rows === 0) {
      carries.forEach((_, k) => {
        if (program.codes[k] !== LIST_INPUT) finals[k] = body.numberAt(k);
      });
    }
  }
}

function placeOfAll(floats: Float64Array): ListPlace {
  return { floats, at: 0, length: floats.length };
}

function placeOf({ offset, stride, table }: Address, row: number): number {
  return table === null ? offset + stride * row : table[row]!;
}

/** Marks the products that are only an addend of one sum. */
function fusedProducts(program: Ordered): Uint8Array {
  const { inputs, length, codes, lefts, rights } = program;
  const uses = countUses(program);
  const isLone = (entry: number) => codes[entry] === MUL && uses[entry] === 1;
  const fused = new Uint8Array(length);
  for (let i = inputs; i < length; i++) {
    if (codes[i] !== ADD) continue;
    if (isLone(lefts[i]!)) fused[lefts[i]!] = 1;
    else if (isLone(rights[i]!)) fused[rights[i]!] = 1;
  }
  return fused;
}
