import * as primitives from "../primitives.ts";
import { primitiveOf } from "../primitives.ts";
import { CONSTANT, INPUT } from "../tape/tape.ts";
import type { Program } from "./program.ts";

const ADD = primitives.ADD, SUB = primitives.SUB;
const MUL = primitives.MUL, DIV = primitives.DIV;

/** Computes a program entry by entry, the same numbers to the bit as generated code. */
export class Interpreter {
  /** The inputs, all other entries, and then the outputs. */
  readonly values: Float64Array;
  readonly #program: Program;

  constructor(program: Program) {
    const { length, outputs, constants } = program;
    this.#program = program;
    this.values = new Float64Array(length + outputs.length);
    this.values.set(constants);
  }

  run(): void {
    const { codes, lefts, rights, lists, inputs, length } = this.#program;
    const values = this.values;
    for (let i = inputs; i < length; i++) {
      const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
      if (code === MUL) {
        values[i] = values[left]! * values[right]!;
      } else if (code === ADD) {
        values[i] = values[left]! + values[right]!;
      } else if (code === SUB) {
        values[i] = values[left]! - values[right]!;
      } else if (code === DIV) {
        values[i] = values[left]! / values[right]!;
      } else if (code !== CONSTANT && code !== INPUT) {
        const primitive = primitiveOf(code);
        switch (primitive.arity) {
          case 1:
            values[i] = primitive.value(values[left]!);
            break;
          case 2:
            values[i] = primitive.value(values[left]!, values[right]!);
            break;
          case "list": {
            const operands = lists.subarray(left, left + right);
            values[i] = primitive.value(
              Array.from(operands, (k) => values[k]!),
            );
          }
        }
      }
    }
    const { outputs } = this.#program;
    for (let k = 0; k < outputs.length; k++) {
      values[length + k] = values[outputs[k]!]!;
    }
  }
}
