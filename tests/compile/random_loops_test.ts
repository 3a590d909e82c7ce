import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Interpreter } from "../../src/compile/interpreter.ts";
import { Memory } from "../../src/compile/memory.ts";
import type { Ordered } from "../../src/compile/program/builder.ts";
import { fused } from "../../src/compile/program/fuse.ts";
import { lowered } from "../../src/compile/program/lower.ts";
import {
  isListAt,
  parseProgram,
  printProgram,
} from "../../src/compile/program/program.ts";
import { withoutUnread } from "../../src/compile/program/remove.ts";
import { LoadedProgram } from "../../src/compile/wasm/load.ts";
import { host } from "../../src/host.ts";
import { evaluate, type Value } from "../support/evaluate.ts";
import { seededRandom } from "../support/numeric.ts";
import { randomLoopProgram } from "../support/random_loop_program.ts";
import "../../mod.ts";

const NUMBERS = [0.3, -0.7, 1.5];

function interpreted(
  program: Ordered,
  lists: readonly Float64Array[],
): Value[] {
  const interpreter = new Interpreter(program);
  const { values, lists: known } = interpreter;
  values.set(NUMBERS);
  lists.forEach((list, k) => known[NUMBERS.length + k] = list);
  interpreter.run();
  let next = interpreter.outputsAt;
  return program.outputs.map((entry) =>
    isListAt(program, entry) ? known[entry]! : values[next++]!
  );
}

function computed(
  loaded: LoadedProgram,
  memory: Memory,
  program: Ordered,
  lists: readonly Float64Array[],
): Value[] {
  loaded.setLengths(lists.map(({ length }) => length));
  memory.floats.set(NUMBERS, loaded.inputsAt);
  lists.forEach((list, k) => memory.floats.set(list, loaded.listInput(k).at));
  loaded.run();
  let next = loaded.outputsAt;
  return program.outputs.map((entry, k) => {
    if (!isListAt(program, entry)) return memory.floats[next++]!;
    const { floats, at, length } = loaded.listOutput(k);
    return floats.slice(at, at + length);
  });
}

describe("random programs with loops in loops", () => {
  const passes: Readonly<Record<string, (program: Ordered) => Ordered>> = {
    lowered: (program) => program,
    reduced: withoutUnread,
    fused: (program) => withoutUnread(fused(withoutUnread(program))),
  };
  for (const rows of [0, 1, 2, 3, 7]) {
    it(`over ${rows} rows: after each pass, interpreted and as WebAssembly, what they are`, () => {
      const memory = new Memory(host.WebAssembly!);
      let loops = 0;
      for (let seed = 0; seed < 60; seed++) {
        const random = seededRandom(100 * rows + seed);
        const program = randomLoopProgram(random, rows, 8);
        const lists = [0, 1].map(() =>
          Float64Array.from({ length: 2 * rows }, () => 2 * random() - 1)
        );
        const expected = evaluate(program, [...NUMBERS, ...lists]);
        const once = lowered(program);
        for (const [name, pass] of Object.entries(passes)) {
          const result = pass(once);
          loops += result.loops.length;
          const text = () => `seed ${seed}, ${name}\n${printProgram(result)}`;
          assertEquals(interpreted(result, lists), expected, text());
          const loaded = new LoadedProgram(result, memory, host.WebAssembly!);
          // Twice: nothing may be left over from a run.
          for (let run = 0; run < 2; run++) {
            const found = computed(loaded, memory, result, lists);
            assertEquals(found, expected, text());
          }
          loaded.release();
        }
      }
      assert(loops > 100, `${loops}`);
    });
  }
});

describe("a program over lists of any length", () => {
  it("is code for all of them", () => {
    // The mean of (x − y)², and its derivative by what x is multiplied by; for
    // each row, how far it is from all rows, in a loop within.
    const program = lowered(parseProgram(`
      inputs: %0, %1[], %2[]
      %3 = 0
      %4 = rows %1 / 2
      %5 = loop up to %4
        %0 = stream %1[0 + 2i]
        %1 = stream %1[1 + 2i]
        %2 = capture %0
        %3 = mul %0 %2
        %4 = sub %3 %1
        stack: %4
      %6 = stacked %5 list 0
      %7 = zeros %2
      %8 = loop down from %4
        %0 = carry %3
        %1 = stream %6[0 + 1i]
        %2 = update 0 %7[0 + 1i]
        %3[] = capture %2
        %4 = capture %4
        %5 = loop up to %4
          %0 = carry %1
          %1 = stream %3[0 + 1i]
          %2 = sub %0 %1
          next: %2
        %6 = final %5 carry 0
        %7 = add %2 %6
        %8 = mul %1 %1
        %9 = add %0 %8
        next: %9
        store 0: %7
      %9 = final %8 carry 0
      %10 = updated %8 list 0
      %11 = div %9 %4
      outputs: %11, %10[]
    `));
    const memory = new Memory(host.WebAssembly!);
    const loaded = new LoadedProgram(program, memory, host.WebAssembly!);
    for (const rows of [3, 0, 1, 4000, 2]) {
      const lists = [2, 1].map((width) =>
        Float64Array.from({ length: width * rows }, (_, i) => Math.sin(i))
      );
      const numbers = [0.3, ...lists] as const;
      const small = rows < 10;
      memory.floats[loaded.inputsAt] = 0.3;
      loaded.setLengths(lists.map(({ length }) => length));
      memory.floats[loaded.inputsAt] = 0.3;
      lists.forEach((list, k) =>
        memory.floats.set(list, loaded.listInput(k).at)
      );
      loaded.run();
      const [mean] = small ? evaluate(program, numbers) : [meanOf(lists[0]!)];
      assertEquals(memory.floats[loaded.outputsAt], mean, `${rows} rows`);
    }
    loaded.release();
  });
});

function meanOf(list: Float64Array): number {
  let total = 0;
  const rows = list.length / 2;
  for (let i = rows - 1; i >= 0; i--) {
    const difference = list[2 * i]! * 0.3 - list[2 * i + 1]!;
    total += difference * difference;
  }
  return total / rows;
}
