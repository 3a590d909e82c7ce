import { CONSTANT, fieldsOf, LIST, type Section } from "../../tape/entries.ts";
import { FIRST_LOOP_CODE, type Program } from "../../tape/loop.ts";
import { closeProgram } from "../../transforms/close_program.ts";
import { constantsFirst, copies } from "./constants_first.ts";
import { lowerLists } from "./lower_lists.ts";
import type { Ordered } from "./builder.ts";
import { neededEntries } from "./uses.ts";

/** An output of a recording: its entry there, or a constant. */
export interface RecordedOutput {
  readonly entry: number | undefined;
  readonly value: number;
}

/** What was recorded, as a program: every operation and every constant for itself, but for those that no output needs. */
export function asRecorded(
  { entries, start, inputs, end }: Section,
  outputs: readonly RecordedOutput[],
): Ordered {
  const { codes, lefts, rights, values, lists } = entries;
  const roots = outputs.flatMap(({ entry }) => entry ?? []);
  const needed = neededEntries(entries, roots, end);
  for (let i = start; i < end; i++) {
    if (needed[i] === 0 || codes[i]! < FIRST_LOOP_CODE) continue;
    return withListsAndLoops({ entries, start, inputs, end }, outputs);
  }
  const renamed = new Int32Array(end - start);
  let next = inputs;
  const constants: number[] = [];
  for (let i = 0; i < inputs; i++) renamed[i] = i;
  for (let i = start + inputs; i < end; i++) {
    if (needed[i] === 0 || codes[i] !== CONSTANT) continue;
    renamed[i - start] = next++;
    constants.push(values[i]!);
  }
  const outputEntries = outputs.map(({ entry, value }) => {
    if (entry !== undefined) return entry;
    constants.push(value);
    return -1 - next++;
  });
  const first = next;
  const isCopy = copies(
    { codes, lefts, rights, constants: values },
    start + inputs,
    end,
    (i) => needed[i] === 1,
    (i) => renamed[i - start]! < inputs,
  );
  for (let i = start + inputs; i < end; i++) {
    if (needed[i] === 0 || codes[i] === CONSTANT) continue;
    renamed[i - start] = isCopy(i) ? renamed[lefts[i]! - start]! : next++;
  }
  const program = {
    codes: new Uint16Array(next),
    lefts: new Int32Array(next),
    rights: new Int32Array(next),
    constants: new Float64Array(next),
  };
  program.codes.set(codes.subarray(start, start + inputs));
  program.codes.fill(CONSTANT, inputs, first);
  program.constants.set(constants, inputs);
  const operands: number[] = [];
  for (let i = start + inputs; i < end; i++) {
    if (needed[i] === 0 || codes[i] === CONSTANT || isCopy(i)) continue;
    const at = renamed[i - start]!, left = lefts[i]!, right = rights[i]!;
    const fields = fieldsOf(codes[i]!);
    program.codes[at] = codes[i]!;
    if (fields === LIST) {
      program.lefts[at] = operands.length;
      program.rights[at] = right;
      for (let k = left; k < left + right; k++) {
        operands.push(renamed[lists[k]! - start]!);
      }
    } else {
      program.lefts[at] = renamed[left - start]!;
      if (fields === 2) program.rights[at] = renamed[right - start]!;
    }
  }
  return {
    ...program,
    inputs,
    first,
    length: next,
    lists: Int32Array.from(operands),
    loops: [],
    data: [],
    outputs: outputEntries.map((entry) =>
      entry < 0 ? -1 - entry : renamed[entry - start]!
    ),
  };
}

/** The same for a recording that has more than numbers and operations on them. */
function withListsAndLoops(
  { entries, start, inputs, end }: Section,
  outputs: readonly RecordedOutput[],
): Ordered {
  const { program } = closeProgram(
    entries,
    start,
    end,
    Array.from({ length: inputs }, (_, k) => start + k),
    outputs.flatMap(({ entry }) => entry ?? []),
    () => true,
  );
  return constantsFirst(withConstantOutputs(lowerLists(program), outputs));
}

/** A program that has no outputs yet for the outputs that are constants. */
function withConstantOutputs(
  program: Program,
  outputs: readonly RecordedOutput[],
): Program {
  const values = outputs.flatMap(({ entry, value }) =>
    entry === undefined ? [value] : []
  );
  if (values.length === 0) return program;
  const { length } = program, to = length + values.length;
  const codes = new Uint16Array(to).fill(CONSTANT, length);
  const lefts = new Int32Array(to), rights = new Int32Array(to);
  const constants = new Float64Array(to);
  codes.set(program.codes);
  lefts.set(program.lefts);
  rights.set(program.rights);
  constants.set(program.constants);
  constants.set(values, length);
  let variable = 0, constant = length;
  return {
    ...program,
    codes,
    lefts,
    rights,
    constants,
    length: to,
    outputs: outputs.map(({ entry }) =>
      entry === undefined ? constant++ : program.outputs[variable++]!
    ),
  };
}
