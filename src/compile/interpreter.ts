import * as primitives from "../primitives.ts";
import { primitiveOf } from "../primitives.ts";
import { CONSTANT, fieldsOf, INPUT, LIST } from "../tape/entries.ts";
import { countUses, type Program } from "./program.ts";

// Constants of this module, which the compiler folds; an imported one is a load.
const ADD = primitives.ADD, SUB = primitives.SUB;
const MUL = primitives.MUL, DIV = primitives.DIV;
// a·b + c in one step of the loop, rounded twice as the two operations are:
// most of a gradient is this. No primitive has the code of a tape's input.
const MUL_ADD = INPUT;

/** Computes a program step by step, the same numbers to the bit as generated code. */
export class Interpreter {
  /** The inputs and constants, a result a step, and then the outputs. */
  readonly values: Float64Array;
  /** Where the outputs begin. */
  readonly outputsAt: number;
  // Four numbers a step: its code, and where its operands are.
  readonly #steps: Int32Array;
  readonly #firstResult: number;
  readonly #lists: Int32Array;
  readonly #outputs: readonly number[];

  constructor(program: Program) {
    const { inputs, length, codes, lefts, rights, lists, constants, outputs } =
      program;
    const fused = fusedProducts(program);
    const place = new Int32Array(length);
    let next = inputs;
    for (let i = 0; i < inputs; i++) place[i] = i;
    for (let i = inputs; i < length; i++) {
      if (codes[i] === CONSTANT) place[i] = next++;
    }
    this.#firstResult = next;
    const steps = new Int32Array(4 * (length - next));
    let at = 0;
    for (let i = inputs; i < length; i++) {
      const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
      if (code === CONSTANT || fused[i] === 1) continue;
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
      } else {
        const isList = fieldsOf(code) === LIST;
        steps[at] = code;
        steps[at + 1] = isList ? left : place[left]!;
        steps[at + 2] = isList ? right : place[right]!;
      }
      at += 4;
    }
    this.#steps = steps.subarray(0, at);
    this.#lists = lists.map((entry) => place[entry]!);
    this.#outputs = outputs.map((entry) => place[entry]!);
    this.outputsAt = next;
    this.values = new Float64Array(next + outputs.length);
    for (let i = inputs; i < length; i++) {
      if (codes[i] === CONSTANT) this.values[place[i]!] = constants[i]!;
    }
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
      } else {
        values[result] = this.#apply(code, a, b);
      }
    }
    const outputs = this.#outputs, { outputsAt } = this;
    for (let k = 0; k < outputs.length; k++) {
      values[outputsAt + k] = values[outputs[k]!]!;
    }
  }

  #apply(code: number, a: number, b: number): number {
    const primitive = primitiveOf(code), values = this.values;
    switch (primitive.arity) {
      case 1:
        return primitive.value(values[a]!);
      case 2:
        return primitive.value(values[a]!, values[b]!);
      case "list": {
        const operands = this.#lists.subarray(a, a + b);
        return primitive.value(Array.from(operands, (place) => values[place]!));
      }
    }
  }
}

/** Marks the products that are only an addend of one sum. */
function fusedProducts(program: Program): Uint8Array {
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
