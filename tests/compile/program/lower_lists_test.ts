import { describe, it } from "@std/testing/bdd";
import { dot, logSumExp, mean, sum } from "../../../mod.ts";
import { lowerLists } from "../../../src/compile/program/lower_lists.ts";
import {
  LIST_DOT,
  LIST_LOG_SUM_EXP,
  LIST_MEAN,
  LIST_SUM,
} from "../../../src/tape/loop.ts";
import { ProgramBuilder } from "../../../src/tape/program_builder.ts";
import { evaluate } from "../../support/evaluate.ts";
import { seededRandom } from "../../support/numeric.ts";
import { assertSameBits, SPECIAL } from "../../support/same_bits.ts";

/** What the lowered operations give for two lists of one length. */
function lowered(a: readonly number[], b: readonly number[]): unknown[] {
  const builder = new ProgramBuilder();
  const one = builder.listInput(), other = builder.listInput();
  const program = lowerLists(builder.finish([
    builder.append(LIST_SUM, one),
    builder.append(LIST_MEAN, one),
    builder.append(LIST_LOG_SUM_EXP, one),
    builder.append(LIST_DOT, one, other),
  ]));
  return evaluate(program, [Float64Array.from(a), Float64Array.from(b)]);
}

describe("lowerLists", () => {
  it("gives the bits of the operations over lists", () => {
    const random = seededRandom(5);
    const pick = () => SPECIAL[Math.floor(random() * SPECIAL.length)]!;
    for (let count = 0; count < 400; count++) {
      const n = count % 8;
      const number = count % 2 === 0 ? pick : () => 20 * random() - 10;
      const a = Array.from({ length: n }, number);
      const b = Array.from({ length: n }, number);
      assertSameBits(
        lowered(a, b),
        [sum(a), mean(a), logSumExp(a), dot(a, b)],
        `[${a}] [${b}]`,
      );
    }
  });
});
