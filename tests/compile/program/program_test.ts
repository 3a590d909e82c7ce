import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  parseProgram,
  printProgram,
} from "../../../src/compile/program/program.ts";
// The operations' table, without which no operation has a name.
import "../../../mod.ts";

describe("printProgram", () => {
  it("gives a text that reads back as the same program", () => {
    const text = [
      "inputs: %0, %1[]",
      "%2 = -0",
      "%3 = rows %1 / 2",
      "%4 = zeros %1",
      "%5 = loop down from %3",
      "  %0 = carry %2",
      "  %1[] = carry %1",
      "  %2 = stream %1[0 + 2i]",
      "  %3 = stream %1[4 1 0]",
      "  %4 = update 0 %4[1 + 2i]",
      "  %5 = update 0 %4[0 + 2i]",
      "  %6 = index",
      "  %7 = capture %0",
      "  %8[] = capture %1",
      "  %9 = loop up to %6",
      "    %0 = capture %2",
      "    %1 = sin %0",
      "    stack: %1, %1",
      "  %10 = stacked %9 list 0",
      "  %11 = %10[1]",
      "  %12 = clamp %4 %7 %11",
      "  next: %12, %1[]",
      "  store 0: %12, %5",
      "  stack: %6",
      "  stack: %12, %3",
      "%6 = final %5 carry 0",
      "%7 = final %5 carry 1",
      "%8 = updated %5 list 0",
      "%9 = data 1 -0 NaN",
      "%10 = gather %6 %0",
      "outputs: %6, %7[], %8[], %10[]",
    ].join("\n");
    assertEquals(printProgram(parseProgram(text)), text);
  });
});
