// Thousands of outputs that are the numbers of one list, as a gradient's are: what
// is done to a program is done to the list, and the numbers are asked for last.
import {
  ELEMENT,
  FINAL,
  type Program,
  STACKED,
  UPDATED,
} from "../../tape/loop.ts";
import { Builder, type Ordered } from "./builder.ts";
import { append, project } from "./lower.ts";

// Fewer are not worth another pass.
const FEWEST = 256;

/** Outputs that are one list's first numbers, in order. */
interface Run {
  readonly list: number;
  readonly length: number;
}

/**
 * A program that gives lists in place of their numbers, and what makes it give the
 * numbers again once it is optimised.
 */
export function withListOutputs(program: Program): {
  readonly narrow: Program;
  readonly widened: (narrow: Ordered) => Ordered;
} {
  const { codes, outputs } = program;
  const runs: (Run | undefined)[] = [], narrow: number[] = [];
  for (let k = 0; k < outputs.length;) {
    const run = runAt(program, k);
    runs.push(run);
    narrow.push(run?.list ?? outputs[k]!);
    k += run?.length ?? 1;
  }
  if (narrow.length === outputs.length) {
    return { narrow: program, widened: (same) => same };
  }
  const widened = (narrow: Ordered): Ordered => {
    const { inputs, length } = narrow;
    const builder = new Builder(
      codes.subarray(0, inputs),
      length - inputs + outputs.length,
    );
    const renamed = Int32Array.from({ length }, (_, i) => i);
    for (let i = inputs; i < length; i++) {
      renamed[i] = append(narrow, i, builder, (entry) => renamed[entry]!);
    }
    const wide: number[] = [];
    narrow.outputs.forEach((entry, k) => {
      const run = runs[k];
      if (run === undefined) wide.push(renamed[entry]!);
      else {
        for (let j = 0; j < run.length; j++) {
          wide.push(project(builder, ELEMENT, renamed[entry]!, j));
        }
      }
    });
    return builder.finish(wide);
  };
  return { narrow: { ...program, outputs: narrow }, widened };
}

/** The run that begins with output k, if there is a long one. */
function runAt(
  { codes, lefts, rights, outputs }: Program,
  k: number,
): Run | undefined {
  const first = outputs[k]!, list = lefts[first]!, code = codes[list];
  if (codes[first] !== ELEMENT || rights[first] !== 0) return undefined;
  if (code !== STACKED && code !== UPDATED && code !== FINAL) return undefined;
  let length = 1;
  for (let i = k + 1; i < outputs.length; i++, length++) {
    const entry = outputs[i]!;
    if (
      codes[entry] !== ELEMENT || lefts[entry] !== list ||
      rights[entry] !== length
    ) break;
  }
  return length < FEWEST ? undefined : { list, length };
}
