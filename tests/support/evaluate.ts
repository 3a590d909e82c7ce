import { valueOf } from "../../src/compile/program/builder.ts";
import type { Address, Program } from "../../src/compile/program/program.ts";
import { primitiveOf } from "../../src/primitives.ts";
import { CONSTANT, INPUT, operandsAt } from "../../src/tape/entries.ts";
import {
  CONSTANT_LIST,
  ELEMENT,
  FINAL,
  GATHER,
  LENGTH,
  LIST_INPUT,
  LOOP,
  STACKED,
  UPDATED,
  ZEROS,
} from "../../src/tape/loop.ts";

/** A number, or a list of them. */
export type Value = number | Float64Array;

interface LoopResult {
  readonly finals: readonly Value[];
  readonly stacked: readonly Float64Array[];
  readonly updated: readonly Float64Array[];
}

/** What a program gives, computed as its definition says and no cleverer. */
export function evaluate(program: Program, inputs: readonly Value[]): Value[] {
  const { codes, lefts, rights, constants, data, loops, length } = program;
  const values: (Value | LoopResult)[] = [...inputs];
  const number = (i: number) => values[i] as number;
  const list = (i: number) => values[i] as Float64Array;
  for (let i = inputs.length; i < length; i++) {
    const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
    switch (code) {
      case INPUT:
      case LIST_INPUT:
        throw new Error("an input too many");
      case CONSTANT:
        values[i] = constants[i]!;
        break;
      case CONSTANT_LIST:
        values[i] = data[left]!;
        break;
      case ZEROS:
        values[i] = new Float64Array(list(left).length);
        break;
      case GATHER:
        values[i] = Float64Array.from(operandsAt(program, i), number);
        break;
      case LENGTH:
        values[i] = Math.floor(list(left).length / right);
        break;
      case ELEMENT:
        values[i] = list(left)[right]!;
        break;
      case FINAL:
        values[i] = (values[left] as LoopResult).finals[right]!;
        break;
      case STACKED:
        values[i] = (values[left] as LoopResult).stacked[right]!;
        break;
      case UPDATED:
        values[i] = (values[left] as LoopResult).updated[right]!;
        break;
      case LOOP: {
        const {
          body,
          count,
          down,
          carries,
          streams,
          slices,
          updates,
          index,
          captures,
          stacked,
        } = loops[left]!;
        const rows = number(count);
        let state = carries.map((entry) => values[entry] as Value);
        const updated = updates.map((update) => list(update.list).slice());
        const lists: number[][][] = stacked.map(() => []);
        for (let step = 0; step < rows; step++) {
          const row = down ? rows - 1 - step : step;
          const at = ({ offset, stride, table }: Address) =>
            table === null ? offset + stride * row : table[row]!;
          const given = evaluate(body, [
            ...state,
            ...streams.map((stream) => list(stream.list)[at(stream)]!),
            ...slices.map((entry) => {
              const all = list(entry), length = all.length / rows;
              return all.slice(row * length, (row + 1) * length);
            }),
            ...updates.flatMap(({ addresses }, u) =>
              addresses.map((address) => updated[u]![at(address)]!)
            ),
            ...(index ? [row] : []),
            ...captures.map((entry) => values[entry] as Value),
          ]);
          let next = carries.length;
          state = given.slice(0, next);
          updates.forEach(({ addresses }, u) => {
            for (const address of addresses) {
              updated[u]![at(address)] = given[next++] as number;
            }
          });
          stacked.forEach((width, k) => {
            lists[k]![row] = width === 0
              ? [...given[next++] as Float64Array]
              : Array.from({ length: width }, () => given[next++] as number);
          });
        }
        values[i] = {
          finals: state,
          stacked: lists.map((list) => Float64Array.from(list.flat())),
          updated,
        };
        break;
      }
      default:
        values[i] = valueOf(
          primitiveOf(code),
          operandsAt(program, i).map(number),
        );
    }
  }
  return program.outputs.map((entry) => values[entry] as Value);
}
