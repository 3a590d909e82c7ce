import { fieldsOf, forEachOperand, LIST } from "../../tape/entries.ts";
import type { Ordered as Program } from "./builder.ts";

// As many operations as a processor has under way at a time, or so.
const WIDE = 8;
// Longer code comes from the second-level cache, and waits for that instead.
const LONG = 50_000;

/**
 * The same program with its operations in order of their depth, if it is narrow:
 * if it waits for results more than it computes. A gradient's reverse sweep
 * often needs little of the values before it; side by side with them, the
 * processor has both under way. In a wide program there is enough to do in any
 * order, and its own keeps what belongs together in registers and cache.
 */
export function scheduled(program: Program): Program {
  const { inputs, first, length, codes, lefts, rights, lists, outputs } =
    program;
  const operations = length - first;
  if (operations > LONG) return program;
  const depths = new Int32Array(length);
  let deepest = 0;
  for (let i = first; i < length; i++) {
    let depth = 0;
    forEachOperand(program, i, (operand) => {
      depth = Math.max(depth, depths[operand]!);
    });
    depths[i] = depth + 1;
    deepest = Math.max(deepest, depth + 1);
  }
  if (operations > WIDE * deepest) return program;

  // Counting sort by depth; inputs and constants have none and stay in front.
  const next = new Int32Array(deepest + 2);
  for (const depth of depths) next[depth + 1]!++;
  for (let depth = 0; depth <= deepest; depth++) {
    next[depth + 1]! += next[depth]!;
  }
  const place = depths.map((depth) => next[depth]!++);
  const result = {
    codes: new Uint16Array(length),
    lefts: new Int32Array(length),
    rights: new Int32Array(length),
    constants: new Float64Array(length),
  };
  for (let i = 0; i < length; i++) {
    const to = place[i]!, isList = fieldsOf(codes[i]!) === LIST;
    result.codes[to] = codes[i]!;
    result.constants[to] = program.constants[i]!;
    result.lefts[to] = isList ? lefts[i]! : place[lefts[i]!]!;
    result.rights[to] = isList ? rights[i]! : place[rights[i]!]!;
  }
  return {
    ...result,
    loops: program.loops,
    data: program.data,
    inputs,
    first,
    length,
    lists: lists.map((entry) => place[entry]!),
    outputs: outputs.map((entry) => place[entry]!),
  };
}
