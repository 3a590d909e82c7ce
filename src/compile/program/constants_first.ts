import { MUL } from "../../primitives.ts";
import { CONSTANT, fieldsOf, LIST } from "../../tape/entries.ts";
import {
  CONSTANT_LIST,
  LOOP,
  type Program,
  withOperands,
} from "../../tape/loop.ts";
import type { Ordered } from "./builder.ts";

/**
 * Tells copies of inputs from other operations. What a transform takes from the
 * function around is recorded as 1 · x, with one 1, and what repeats is not to be
 * found in that. A datum that happens to be 1 is an entry of its own each time.
 *
 * @param isNeeded Whether an entry from `from` to `end` − 1 counts.
 * @param isInput Whether an entry is an input, or was found to be a copy of one.
 */
export function copies(
  { codes, lefts, rights, constants }: Pick<
    Program,
    "codes" | "lefts" | "rights" | "constants"
  >,
  from: number,
  end: number,
  isNeeded: (entry: number) => boolean,
  isInput: (entry: number) => boolean,
): (entry: number) => boolean {
  const uses = new Int32Array(end);
  for (let i = from; i < end; i++) {
    if (codes[i] === MUL && isNeeded(i)) uses[rights[i]!]!++;
  }
  return (i) => {
    const one = rights[i]!;
    return codes[i] === MUL && codes[one] === CONSTANT &&
      constants[one] === 1 && uses[one]! > 1 && isInput(lefts[i]!);
  };
}

/** The same program with its constants before its operations, and copies of inputs as the inputs. */
export function constantsFirst(program: Program): Ordered {
  const { inputs, length, codes, lefts, rights, constants } = program;
  const renamed = new Int32Array(length);
  let next = 0;
  for (let i = 0; i < inputs; i++) renamed[i] = next++;
  for (let i = inputs; i < length; i++) {
    if (codes[i] === CONSTANT) renamed[i] = next++;
  }
  const first = next;
  const isCopy = copies(
    program,
    inputs,
    length,
    () => true,
    (i) => renamed[i]! < inputs,
  );
  for (let i = inputs; i < length; i++) {
    if (codes[i] === CONSTANT) continue;
    renamed[i] = isCopy(i) ? renamed[lefts[i]!]! : next++;
  }
  const result = {
    codes: new Uint16Array(next),
    lefts: new Int32Array(next),
    rights: new Int32Array(next),
    constants: new Float64Array(next),
  };
  const rename = (entry: number) => renamed[entry]!;
  for (let i = 0; i < length; i++) {
    const at = renamed[i]!, code = codes[i]!, fields = fieldsOf(code);
    if (i >= inputs && at < inputs) continue;
    // Where an entry's list of operands, its loop or its data are.
    const isPlace = i < inputs || fields === LIST || code === LOOP ||
      code === CONSTANT_LIST || code === CONSTANT;
    result.codes[at] = code;
    result.constants[at] = constants[i]!;
    result.lefts[at] = isPlace ? lefts[i]! : rename(lefts[i]!);
    result.rights[at] = fields === 2 ? rename(rights[i]!) : rights[i]!;
  }
  return {
    ...program,
    ...result,
    length: next,
    first,
    lists: program.lists.map(rename),
    loops: program.loops.map((loop) => withOperands(loop, rename)),
    outputs: program.outputs.map(rename),
  };
}
