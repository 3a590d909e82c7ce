import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Builder } from "../../../src/compile/program/builder.ts";
import { parseProgram } from "../../../src/compile/program/program.ts";
import { lowered } from "../../../src/compile/program/lower.ts";
import { evaluate } from "../../support/evaluate.ts";
import { ELEMENT, STACKED } from "../../../src/tape/loop.ts";
import { INPUT } from "../../../src/tape/entries.ts";
import "../../../mod.ts";

describe("a program that is being built", () => {
  const { loops: [loop] } = lowered(parseProgram(`
    inputs: %0
    %1 = 5
    %2 = loop up to %1
      %0 = index
      %1 = capture %0
      %2 = add %0 %1
      next:
      stack: %2
    %3 = stacked %2 list 0
    %4 = %3[4]
    outputs: %4
  `));

  it("has one entry for a list that a loop stacks, however much comes between", () => {
    const builder = new Builder([INPUT], 1);
    const count = builder.constant(5);
    const at = builder.loop({ ...loop!, count, captures: [0] });
    const first = builder.project(STACKED, at, 0);
    // More than its table has room for.
    let last = first;
    for (let k = 0; k < 1000; k++) last = builder.op("sin", last);
    assertEquals(builder.project(STACKED, at, 0), first);
    assert(builder.project(STACKED, at, 1) !== first);
    const element = builder.project(ELEMENT, first, 4);
    assertEquals(evaluate(builder.finish([element]), [3]), [7]);
  });
});
