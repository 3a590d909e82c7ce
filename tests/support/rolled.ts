// A program as loops, whatever its size, and as the module's interpreter has it.
import { assert } from "@std/assert";
import type { Scalar } from "../../mod.ts";
import { withLoops } from "../../src/compile/arrangement.ts";
import { generate } from "../../src/compile/code_generator.ts";
import { Interpreter } from "../../src/compile/interpreter.ts";
import { findLoops, type Loop } from "../../src/compile/loops.ts";
import { Plan } from "../../src/compile/plan.ts";
import { type Program, programOf, valueOf } from "../../src/compile/program.ts";
import { withRecorded } from "../../src/transforms/recorded.ts";

/** The program of a function of a list of numbers. */
export function programFor(
  f: (x: Scalar[]) => unknown,
  x: readonly number[],
): Program {
  return withRecorded(
    "compile",
    f,
    [...x],
    [],
    ({ section, outputs }) =>
      programOf(
        section,
        outputs.map(({ entry, value }) => ({ entry, value: value as number })),
      ),
    { frozen: true },
  );
}

/** Ways to run a program. */
export interface Rolled {
  readonly loops: readonly Loop[];
  /** As WebAssembly, with its loops. */
  run(x: readonly number[]): number[];
  interpret(x: readonly number[]): number[];
}

/** A program with the loops that are found in it. */
export function rolled(program: Program): Rolled {
  const loops = findLoops(program);
  const plan = new Plan(withLoops(program, loops));
  const { bytes, imports } = generate(plan, 0, false);
  assert(WebAssembly.validate(bytes), "not valid");
  const floats = (at: number, length: number): Float64Array =>
    new Float64Array(
      (instance.exports["memory"] as WebAssembly.Memory).buffer,
      at,
      length,
    );
  const instance: WebAssembly.Instance = new WebAssembly.Instance(
    new WebAssembly.Module(bytes),
    {
      Math: Math as unknown as WebAssembly.ModuleImports,
      chainrule: Object.fromEntries(
        imports.map(({ name, primitive }) => [
          name,
          primitive.arity === "list"
            ? (at: number, length: number) =>
              valueOf(primitive, [...floats(at, length)])
            : primitive.value as () => number,
        ]),
      ),
    },
  );
  const interpreter = new Interpreter(program);
  const { outputs } = program;
  return {
    loops,
    run: (x) => {
      floats(8 * plan.layout.inputs, x.length).set(x);
      (instance.exports["run"] as () => void)();
      return [...floats(8 * plan.layout.outputs, outputs.length)];
    },
    interpret: (x) => {
      interpreter.values.set(x);
      interpreter.run();
      const { values, outputsAt } = interpreter;
      return [...values.subarray(outputsAt, outputsAt + outputs.length)];
    },
  };
}
