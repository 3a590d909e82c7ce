import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fused } from "../../../src/compile/program/fuse.ts";
import { lowered } from "../../../src/compile/program/lower.ts";
import { withListOutputs } from "../../../src/compile/program/output_lists.ts";
import {
  parseProgram,
  printProgram,
} from "../../../src/compile/program/program.ts";
import { withoutUnread } from "../../../src/compile/program/remove.ts";
import { ELEMENT, STACKED } from "../../../src/tape/loop.ts";
import { unrolled } from "../../../src/compile/program/unroll.ts";
import "../../../mod.ts";

function assertBecomes(
  text: string,
  pass: (program: ReturnType<typeof lowered>) => ReturnType<typeof lowered>,
  expected: string,
): void {
  const got = printProgram(pass(lowered(parseProgram(text))));
  assertEquals(got.trim(), dedented(expected));
}

function dedented(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const margin = Math.min(...lines.map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin)).join("\n");
}

describe("lowering", () => {
  it("takes what stays the same out of a loop, and shares what is computed twice", () => {
    assertBecomes(
      `
        inputs: %0, %1[]
        %2 = 0
        %3 = rows %1 / 1
        %4 = loop up to %3
          %0 = carry %2
          %1 = stream %1[0 + 1i]
          %2 = capture %0
          %3 = sin %2
          %4 = mul %1 %3
          %5 = mul %3 %1
          %6 = add %4 %5
          %7 = add %0 %6
          next: %7
        %5 = final %4 carry 0
        outputs: %5
      `,
      (program) => program,
      `
        inputs: %0, %1[]
        %2 = 0
        %3 = rows %1 / 1
        %4 = sin %0
        %5 = loop up to %3
          %0 = carry %2
          %1 = stream %1[0 + 1i]
          %2 = capture %4
          %3 = mul %1 %2
          %4 = add %3 %3
          %5 = add %0 %4
          next: %5
        %6 = final %5 carry 0
        outputs: %6
      `,
    );
  });

  it("knows the lengths of lists and numbers of known lists", () => {
    assertBecomes(
      `
        inputs: %0, %1
        %2 = gather %0 %1 %0 %1
        %3 = rows %2 / 2
        %4 = %2[3]
        %5 = mul %3 %4
        outputs: %5
      `,
      (program) => program,
      `
        inputs: %0, %1
        %2 = add %1 %1
        outputs: %2
      `,
    );
  });

  it("adds what is negated by subtracting, and compares once in either order", () => {
    assertBecomes(
      `
        inputs: %0, %1, %2
        %3 = neg %1
        %4 = add %0 %3
        %5 = neg %2
        %6 = sub %4 %5
        %7 = eq %0 %1
        %8 = eq %1 %0
        %9 = mul %7 %8
        outputs: %6, %9
      `,
      (program) => program,
      `
        inputs: %0, %1, %2
        %3 = sub %0 %1
        %4 = add %2 %3
        %5 = eq %0 %1
        %6 = mul %5 %5
        outputs: %4, %6
      `,
    );
  });

  it("selects a condition itself where it is 0 otherwise, unless it may be −0", () => {
    assertBecomes(
      `
        inputs: %0, %1
        %2 = 0
        %3 = gt %0 %1
        %4 = select %3 %3 %2
        %5 = select %0 %0 %2
        outputs: %4, %5
      `,
      (program) => program,
      `
        inputs: %0, %1
        %2 = 0
        %3 = gt %0 %1
        %4 = select %0 %0 %2
        outputs: %3, %4
      `,
    );
  });

  it("takes a carry for itself where the first row chooses what it is anyway", () => {
    assertBecomes(
      `
        inputs: %0[]
        %1 = 0
        %2 = rows %0 / 1
        %3 = loop up to %2
          %0 = carry %1
          %1 = carry %1
          %2 = carry %1
          %3 = stream %0[0 + 1i]
          %4 = 1
          %5 = 0
          %6 = select %0 %1 %5
          %7 = add %6 %3
          %8 = select %0 %2 %4
          %9 = mul %8 %3
          next: %4, %7, %9
        %4 = final %3 carry 1
        %5 = final %3 carry 2
        outputs: %4, %5
      `,
      withoutUnread,
      `
        inputs: %0[]
        %1 = 0
        %2 = rows %0 / 1
        %3 = loop up to %2
          %0 = carry %1
          %1 = carry %1
          %2 = carry %1
          %3 = stream %0[0 + 1i]
          %4 = 1
          %5 = add %1 %3
          %6 = select %0 %2 %4
          %7 = mul %3 %6
          next: %4, %5, %7
        %4 = final %3 carry 1
        %5 = final %3 carry 2
        outputs: %4, %5
      `,
    );
  });

  it("knows in a body what signs lists have, and what is copied from them", () => {
    assertBecomes(
      `
        inputs: %0[], %1
        %2 = 0
        %3 = rows %0 / 1
        %4 = loop up to %3
          %0 = stream %0[0 + 1i]
          %1 = exp %0
          stack: %1
        %5 = stacked %4 list 0
        %6 = 2
        %7 = loop up to %6
          %0 = stream %5[0 + 2i]
          %1 = stream %5[1 + 2i]
          %2 = stream %0[1 + 2i]
          %3 = capture %1
          %4 = 0
          %5 = add %0 %4
          %6 = add %1 %4
          %7 = div %0 %1
          %8 = add %7 %4
          %9 = add %2 %4
          %10 = add %3 %4
          stack: %5, %6
          stack: %8
          stack: %9
          stack: %10
        %8 = stacked %7 list 0
        %9 = stacked %7 list 1
        %10 = stacked %7 list 2
        %11 = stacked %7 list 3
        %12 = %8[3]
        outputs: %12, %9[], %10[], %11[]
      `,
      (program) => program,
      `
        inputs: %0[], %1
        %2 = 2
        %3 = 0
        %4 = rows %0 / 1
        %5 = loop up to %4
          %0 = stream %0[0 + 1i]
          %1 = exp %0
          stack: %1
        %6 = stacked %5 list 0
        %7 = add %1 %3
        %8 = loop up to %2
          %0 = stream %6[0 + 2i]
          %1 = stream %6[1 + 2i]
          %2 = stream %0[1 + 2i]
          %3 = capture %7
          %4 = 0
          %5 = div %0 %1
          %6 = add %2 %4
          stack: %0, %1
          stack: %5
          stack: %6
          stack: %3
        %9 = stacked %8 list 1
        %10 = stacked %8 list 2
        %11 = stacked %8 list 3
        %12 = %6[3]
        outputs: %12, %9[], %10[], %11[]
      `,
    );
  });
});

describe("removing", () => {
  it("takes away carries, streams and lists that nobody reads", () => {
    assertBecomes(
      `
        inputs: %0[]
        %1 = 0
        %2 = rows %0 / 2
        %3 = loop up to %2
          %0 = carry %1
          %1 = carry %1
          %2 = stream %0[0 + 2i]
          %3 = stream %0[1 + 2i]
          %4 = add %0 %2
          %5 = sin %1
          %6 = add %5 %3
          next: %4, %6
          stack: %6
        %4 = final %3 carry 0
        outputs: %4
      `,
      withoutUnread,
      `
        inputs: %0[]
        %1 = 0
        %2 = rows %0 / 2
        %3 = loop up to %2
          %0 = carry %1
          %1 = stream %0[0 + 2i]
          %2 = add %0 %1
          next: %2
        %4 = final %3 carry 0
        outputs: %4
      `,
    );
  });
});

describe("fusing", () => {
  it("makes a map and the reverse loop that reads it one pass", () => {
    assertBecomes(
      `
        inputs: %0, %1[]
        %2 = 0
        %3 = rows %1 / 1
        %4 = loop up to %3
          %0 = stream %1[0 + 1i]
          %1 = capture %0
          %2 = mul %0 %1
          %3 = sin %2
          stack: %3
        %5 = stacked %4 list 0
        %6 = loop down from %3
          %0 = carry %2
          %1 = stream %1[0 + 1i]
          %2 = stream %5[0 + 1i]
          %3 = mul %1 %2
          %4 = add %0 %3
          next: %4
        %7 = final %6 carry 0
        outputs: %7
      `,
      (program) => withoutUnread(fused(program)),
      `
        inputs: %0, %1[]
        %2 = 0
        %3 = rows %1 / 1
        %4 = loop down from %3
          %0 = carry %2
          %1 = stream %1[0 + 1i]
          %2 = capture %0
          %3 = mul %1 %2
          %4 = sin %3
          %5 = mul %1 %4
          %6 = add %0 %5
          next: %6
        %5 = final %4 carry 0
        outputs: %5
      `,
    );
  });

  it("computes a carry that both have once, and what depends on it", () => {
    assertBecomes(
      `
        inputs: %0[]
        %1 = 0
        %2 = rows %0 / 1
        %3 = loop up to %2
          %0 = carry %1
          %1 = stream %0[0 + 1i]
          %2 = max %0 %1
          next: %2
        %4 = final %3 carry 0
        %5 = loop up to %2
          %0 = carry %1
          %1 = carry %1
          %2 = stream %0[0 + 1i]
          %3 = max %0 %2
          %4 = sub %1 %2
          next: %3, %4
        %6 = final %5 carry 0
        %7 = final %5 carry 1
        outputs: %4, %6, %7
      `,
      (program) => withoutUnread(fused(program)),
      `
        inputs: %0[]
        %1 = 0
        %2 = rows %0 / 1
        %3 = loop up to %2
          %0 = carry %1
          %1 = carry %1
          %2 = stream %0[0 + 1i]
          %3 = max %0 %2
          %4 = sub %1 %2
          next: %3, %4
        %4 = final %3 carry 0
        %5 = final %3 carry 1
        outputs: %4, %4, %5
      `,
    );
  });

  it("leaves a loop that needs the other's end, and one the other way round", () => {
    for (const last of ["capture %5", "stream %5[0 + 1i]"]) {
      const needsEnd = last.startsWith("capture");
      const text = `
        inputs: %0[]
        %1 = 0
        %2 = rows %0 / 1
        %3 = loop up to %2
          %0 = carry %1
          %1 = stream %0[0 + 1i]
          %2 = add %0 %1
          next: %2
          stack: %2
        %4 = stacked %3 list 0
        %5 = ${needsEnd ? "final %3 carry 0" : "stacked %3 list 0"}
        %6 = loop ${needsEnd ? "up to" : "down from"} %2
          %0 = carry %1
          %1 = stream %0[0 + 1i]
          %2 = ${last}
          %3 = mul %1 %2
          %4 = add %0 %3
          next: %4
        %7 = final %6 carry 0
        outputs: %7
      `;
      const program = lowered(parseProgram(text));
      assertEquals(fused(program).loops.length, 2, last);
    }
  });
});

describe("writing short loops out", () => {
  it("leaves no loop in a row where it has few rows of its own", () => {
    assertBecomes(
      `
        inputs: %0, %1, %2[]
        %3 = 0
        %4 = rows %2 / 1
        %5 = gather %0 %1
        %6 = loop up to %4
          %0 = carry %3
          %1 = stream %2[0 + 1i]
          %2 = capture %5[]
          %3 = 2
          %4 = loop down from %3
            %0 = carry %0
            %1 = stream %2[0 + 1i]
            %2 = stream %2[-1 + 1i]
            %3 = index
            %4 = capture %1
            %5 = mul %1 %4
            %6 = select %3 %2 %5
            %7 = mul %0 %6
            next: %7
            stack: %6
          %5 = final %4 carry 0
          %6 = stacked %4 list 0
          %7 = %6[0]
          %8 = %6[1]
          %9 = sub %7 %8
          %10 = add %5 %9
          next: %10
        %7 = final %6 carry 0
        outputs: %7
      `,
      (program) => withoutUnread(unrolled(program)),
      `
        inputs: %0, %1, %2[]
        %3 = 0
        %4 = rows %2 / 1
        %5 = loop up to %4
          %0 = carry %3
          %1 = stream %2[0 + 1i]
          %2 = capture %0
          %3 = mul %0 %2
          %4 = mul %1 %2
          %5 = mul %3 %4
          %6 = sub %4 %2
          %7 = add %5 %6
          next: %7
        %6 = final %5 carry 0
        outputs: %6
      `,
    );
  });

  it("leaves a loop of many rows, and one whose rows are counted at run time", () => {
    for (const count of ["17", "rows %1 / 1"]) {
      const text = `
        inputs: %0[], %1[]
        %2 = 0
        %3 = rows %0 / 1
        %4 = loop up to %3
          %0 = carry %2
          %1 = capture %1[]
          %2 = ${count}
          %3 = loop up to %2
            %0 = carry %0
            %1 = stream %1[0 + 1i]
            %2 = add %0 %1
            next: %2
          %4 = final %3 carry 0
          next: %4
        %5 = final %4 carry 0
        outputs: %5
      `;
      const program = lowered(parseProgram(text));
      assertEquals(unrolled(program), program);
    }
  });
});

describe("outputs that are one list's numbers", () => {
  const textFor = (numbers: number, outputs: (entry: number) => number[]) => `
    inputs: %0[]
    %1 = ${numbers}
    %2 = loop up to %1
      %0 = stream %0[0 + 1i]
      %1 = exp %0
      stack: %1
    %3 = stacked %2 list 0
    ${
    Array.from({ length: numbers }, (_, k) => `%${4 + k} = %3[${k}]`).join(
      "\n    ",
    )
  }
    outputs: ${outputs(4).map((entry) => `%${entry}`).join(", ")}
  `;

  it("are the list meanwhile, if they are many, and in the end its numbers again", () => {
    const program = lowered(parseProgram(
      textFor(
        300,
        (at) => [at + 7, ...Array.from({ length: 300 }, (_, k) => at + k), at],
      ),
    ));
    const { narrow, widened } = withListOutputs(program);
    const { codes, rights, outputs } = narrow;
    assertEquals(outputs.length, 3);
    assertEquals(outputs.map((entry) => codes[entry]), [
      ELEMENT,
      STACKED,
      ELEMENT,
    ]);
    assertEquals([rights[outputs[0]!], rights[outputs[2]!]], [7, 0]);
    const wide = widened(lowered(narrow));
    assertEquals(
      wide.outputs.map((entry) => [wide.codes[entry], wide.rights[entry]]),
      program.outputs.map((entry) => [ELEMENT, program.rights[entry]]),
    );
  });

  it("are left as they are if they are few, or in another order", () => {
    for (
      const program of [
        textFor(20, (at) => Array.from({ length: 20 }, (_, k) => at + k)),
        textFor(
          300,
          (at) => Array.from({ length: 300 }, (_, k) => at + 299 - k),
        ),
      ].map((text) => lowered(parseProgram(text)))
    ) {
      const { narrow, widened } = withListOutputs(program);
      assertEquals(narrow, program);
      assertEquals(widened(program), program);
    }
  });
});
