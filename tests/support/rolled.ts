// A program as loops, whatever its size, and operation by operation as the
// module's interpreter has it.
import { assert } from "@std/assert";
import type { Scalar } from "../../mod.ts";
import { Interpreter } from "../../src/compile/interpreter.ts";
import { asRecorded } from "../../src/compile/program/as_recorded.ts";
import { type Ordered, valueOf } from "../../src/compile/program/builder.ts";
import { withLoopsFound } from "../../src/compile/program/find/find.ts";
import { lowered } from "../../src/compile/program/lower.ts";
import { withLoopsOptimised } from "../../src/compile/program/optimise.ts";
import { generate } from "../../src/compile/wasm/generate.ts";
import { Plan } from "../../src/compile/wasm/scopes.ts";
import type { Loop } from "../../src/tape/loop.ts";
import { LOOP_SWEEPS } from "../../src/transforms/loop_sweeps.ts";
import { setLoopSweeps } from "../../src/transforms/emitted_sweeps.ts";
import { withRecorded } from "../../src/transforms/recorded.ts";

/** The program of a function of a list of numbers, as it is recorded. */
export function programFor(
  f: (x: Scalar[]) => unknown,
  x: readonly number[],
): Ordered {
  setLoopSweeps(LOOP_SWEEPS);
  return withRecorded(
    "compile",
    f,
    [...x],
    [],
    ({ section, outputs }) =>
      asRecorded(
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
  /** Without its loops. */
  interpret(x: readonly number[]): number[];
}

/** A program with the loops that are found in it. */
export function rolled(program: Ordered): Rolled {
  const found = withLoopsFound(program);
  const plan = new Plan(withLoopsOptimised(found));
  const { bytes, imports, region } = generate(plan, 0, false);
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
  const interpreter = new Interpreter(lowered(program));
  const { outputs } = program;
  return {
    loops: found.loops,
    run: (x) => {
      floats(region.slots, x.length).set(x);
      (instance.exports["run"] as () => void)();
      return [...floats(region.slots + 8 * plan.outputsAt, outputs.length)];
    },
    interpret: (x) => {
      interpreter.values.set(x);
      interpreter.run();
      const { values, outputsAt } = interpreter;
      return [...values.subarray(outputsAt, outputsAt + outputs.length)];
    },
  };
}
