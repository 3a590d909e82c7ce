import { typeError } from "../errors.ts";
import { now } from "../host.ts";
import { withObserver } from "../tape/recording.ts";
import {
  type LeafKind,
  mismatch,
  pathOf,
  rebuild,
  type Shape,
  takeApart,
} from "../transforms/structures.ts";
import type {
  CompiledProgram,
  Executable,
  WasmModule,
} from "./compiled_program.ts";
import { type Signature, signatureOf } from "./signature.ts";
import { VerificationSchedule } from "./verification_schedule.ts";

/** A function of any arguments, without its types. */
export type AnyFunction = (...inputs: unknown[]) => unknown;

/**
 * A function compiled for one structure of arguments. If it is to be verified,
 * the function itself is run at the first call, and now and then at a later one,
 * and has to give the same numbers: what decided something while it was recorded
 * (data, randomness, state from outside) may decide differently then.
 */
export class Version implements CompiledProgram {
  readonly inputs: number;
  readonly outputs: number;
  readonly operations: number;
  readonly kind: CompiledProgram["kind"];
  readonly executable: Executable;
  readonly arguments: Signature;
  readonly result: Signature;
  readonly #f: AnyFunction;
  /** The arguments as the function sees them when it is recorded, with arrays in place of Float64Arrays. */
  readonly #argumentsShape: Shape;
  readonly #resultShape: Shape;
  /** Null if it is not to be verified. */
  readonly #schedule: VerificationSchedule | null;

  constructor(
    f: AnyFunction,
    argumentsShape: Shape,
    resultShape: Shape,
    executable: Executable,
    verify: boolean,
  ) {
    this.inputs = executable.inputs;
    this.outputs = executable.outputs;
    this.operations = executable.operations;
    this.kind = executable.kind;
    this.executable = executable;
    this.arguments = signatureOf(argumentsShape);
    this.result = signatureOf(resultShape);
    this.#f = f;
    this.#argumentsShape = withoutFloats(argumentsShape);
    this.#resultShape = resultShape;
    this.#schedule = verify ? new VerificationSchedule() : null;
  }

  run(inputs: Float64Array, outputs: Float64Array): void {
    this.executable.run(inputs, outputs, this);
  }

  wasm(): WasmModule {
    return this.executable.wasm();
  }

  /** Computes the outputs in an executable's memory from the inputs there, and verifies them if it is time. */
  compute(executable: Executable): void {
    const schedule = this.#schedule;
    if (schedule === null || !schedule.isTimed()) executable.compute();
    else this.#computeTimed(executable, schedule);
  }

  // Apart, as a function with a closure in it allocates whenever it is called.
  #computeTimed(executable: Executable, schedule: VerificationSchedule): void {
    const { memory, inputsAt } = executable;
    const inputs = schedule.isDue
      ? memory.slice(inputsAt, inputsAt + this.inputs)
      : null;
    const start = now();
    executable.compute(() => {
      const end = now();
      if (inputs !== null) {
        this.#verify(inputs, executable);
        schedule.verified(now() - end);
      }
      schedule.timed(end - start);
    });
  }

  #verify(inputs: Float64Array, executable: Executable): void {
    const f = this.#f;
    const list = rebuild(this.#argumentsShape, Array.from(inputs)) as unknown[];
    const { leaves, shape } = takeApart(
      withObserver(null, () => f(...list)),
      NUMBER,
      "Cannot compile: the function's result, uncompiled",
    );
    const wrong = mismatch(this.#resultShape, shape);
    if (wrong !== undefined) throw differs(wrong);
    const { memory, outputsAt } = executable;
    for (let k = 0; k < leaves.length; k++) {
      const found = memory[outputsAt + k]!, expected = leaves[k]!;
      // Every NaN is as good as another; −0 is not as good as 0.
      if (Object.is(found, expected)) continue;
      throw differs({
        path: pathOf(shape, k),
        found: text(found),
        expected: text(expected),
      });
    }
  }
}

const CAUSES =
  "look for what a number decides (x === 1, if (x), x ?? 0, switch, " +
  "new Array(n): compute it with eq, select …, or take it from a closure), for " +
  "randomness or a clock, and for state from outside that changes";

const NUMBER: LeafKind<number> = {
  expected: "a number, as compiled",
  is: (x) => typeof x === "number",
  hint: () => CAUSES,
};

function differs(
  { path, found, expected }: { path: string; found: string; expected: string },
): TypeError {
  const place = path === "" ? "" : `, ${path}`;
  return typeError(
    `Cannot compile: the function's result${place} is ${found}, expected ` +
      `${expected} as uncompiled; ${CAUSES}`,
  );
}

function text(x: number): string {
  return Object.is(x, -0) ? "-0" : `${x}`;
}

function withoutFloats(shape: Shape): Shape {
  return {
    ...shape,
    kind: shape.kind === "floats" ? "array" : shape.kind,
    parts: shape.parts?.map(withoutFloats) ?? null,
  };
}
