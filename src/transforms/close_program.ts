import { callResultsAt, isCallAt } from "../tape/calls.ts";
import {
  CONSTANT,
  type Entries,
  fieldsOf,
  forEachOperand,
  LIST,
} from "../tape/entries.ts";
import {
  CONSTANT_LIST,
  isListAt,
  LOOP,
  type Program,
  withOperands,
} from "../tape/loop.ts";
import { ProgramBuilder } from "../tape/program_builder.ts";

/** A program made of a part of the tape. */
export interface Closed {
  /** Its inputs are those that were kept, and then the captures. */
  readonly program: Program;
  /** Which of the inputs that were asked for are there. */
  readonly kept: readonly boolean[];
  /** The entries before the part that it takes from, less constants. */
  readonly captures: readonly number[];
}

/**
 * Makes a program of what the outputs need of the entries from `start` on.
 *
 * @param inputs Entries from `start` on that are to be inputs.
 * @param outputs Entries, before `start` too.
 * @param keep Whether input k stays even if nothing needs it.
 */
export function closeProgram(
  entries: Entries,
  start: number,
  end: number,
  inputs: readonly number[],
  outputs: readonly number[],
  keep: (k: number) => boolean,
): Closed {
  const { codes, lefts, rights, values, lists } = entries;
  const needs = new Uint8Array(end - start);
  const outside = new Set<number>();
  const need = (entry: number) => {
    if (entry < start) outside.add(entry);
    else if (needs[entry - start] === 0) {
      needs[entry - start] = 1;
      // The results of a call stay together.
      if (isCallAt(entries, entry)) callResultsAt(entries, entry).forEach(need);
    }
  };
  outputs.forEach(need);
  for (let i = end - 1; i >= start; i--) {
    if (needs[i - start] === 1) forEachOperand(entries, i, need);
  }
  const builder = new ProgramBuilder(end - start + outside.size);
  // By entry from `start` on, and of those before.
  const renamed = new Int32Array(end - start).fill(-1);
  const renamedOutside = new Map<number, number>();
  const rename = (entry: number): number =>
    entry < start ? renamedOutside.get(entry)! : renamed[entry - start]!;
  const addInput = (entry: number) => {
    const isList = isListAt(entries, entry);
    const input = isList ? builder.listInput() : builder.input();
    if (entry < start) renamedOutside.set(entry, input);
    else renamed[entry - start] = input;
  };
  const kept = inputs.map((entry, k) => needs[entry - start] === 1 || keep(k));
  inputs.forEach((entry, k) => kept[k]! && addInput(entry));
  const captures = [...outside].filter((entry) => codes[entry] !== CONSTANT)
    .sort((a, b) => a - b);
  captures.forEach(addInput);
  for (const entry of outside) {
    if (codes[entry] !== CONSTANT) continue;
    renamedOutside.set(entry, builder.constant(values[entry]!));
  }
  const copy = (i: number): number => {
    const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
    if (code === CONSTANT) return builder.constant(values[i]!);
    if (code === CONSTANT_LIST) {
      return builder.constantList(entries.data[left]!);
    }
    if (code === LOOP) {
      return builder.loop(withOperands(entries.loops[left]!, rename));
    }
    const fields = fieldsOf(code);
    if (fields === LIST) {
      const operands = lists.subarray(left, left + right);
      return builder.list(code, Array.from(operands, rename));
    }
    return builder.append(
      code,
      fields > 0 ? rename(left) : left,
      fields === 2 ? rename(right) : right,
    );
  };
  for (let i = start; i < end; i++) {
    if (needs[i - start] === 1 && renamed[i - start]! < 0) {
      renamed[i - start] = copy(i);
    }
  }
  return { program: builder.finish(outputs.map(rename)), kept, captures };
}
