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
  type TakenApart,
} from "../transforms/structures.ts";
import type {
  CompiledProgram,
  Executable,
  WasmModule,
} from "./compiled_program.ts";
import { FasterWay } from "./faster_way.ts";
import { type Signature, signatureOf } from "./signature.ts";
import type { VerificationSchedule } from "./verification_schedule.ts";

/** A function of any arguments, without its types. */
export type AnyFunction = (...inputs: unknown[]) => unknown;

/**
 * A function compiled for one structure of arguments. To verify it, the first
 * call and a few of the later ones also run the function itself, which must give
 * the same numbers: what decided something while the function was recorded (data,
 * randomness, state from outside) may decide otherwise now. If the function
 * itself turns out to be faster, the other calls run it as well.
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
  /** With arrays in place of Float64Arrays, as the function gets them when it is recorded. */
  readonly #argumentsShape: Shape;
  readonly #resultShape: Shape;
  /** Null if nothing is to be verified. */
  readonly #schedule: VerificationSchedule | null;
  readonly #isExact: boolean;
  readonly #faster = new FasterWay();

  constructor(
    f: AnyFunction,
    argumentsShape: Shape,
    resultShape: Shape,
    executable: Executable,
    schedule: VerificationSchedule | null,
    isExact: boolean,
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
    this.#schedule = schedule;
    this.#isExact = isExact;
  }

  run(inputs: Float64Array, outputs: Float64Array): void {
    this.executable.run(inputs, outputs, this);
  }

  wasm(): WasmModule {
    return this.executable.wasm();
  }

  toString(): string {
    return this.executable.toString();
  }

  explain(): string {
    const compiled = this.executable.explain();
    const { isUncompiled, times } = this.#faster;
    if (!isUncompiled) return compiled;
    return `the function itself, which takes ${
      milliseconds(times.uncompiled)
    }; ` +
      `${milliseconds(times.compiled)} as ${compiled}`;
  }

  /** Computes the outputs in an executable's memory from its inputs, and verifies them if that is due. */
  compute(executable: Executable): void {
    const schedule = this.#schedule;
    if (schedule !== null && schedule.isTimed()) {
      this.#computeTimed(executable, schedule);
    } else if (this.#faster.isUncompiled) {
      this.#computeUncompiled(executable);
    } else {
      executable.compute();
    }
  }

  // Closures are kept out of `compute`: a method that contains one allocates a
  // scope at every call.

  #computeUncompiled(executable: Executable): void {
    executable.hold(() => {
      const { leaves } = this.#call(this.#argumentsIn(executable));
      executable.memory.set(leaves, executable.outputsAt);
    });
  }

  #computeTimed(executable: Executable, schedule: VerificationSchedule): void {
    if (schedule.isDue) {
      executable.hold((compute) =>
        this.#computeVerified(executable, compute, schedule)
      );
      return;
    }
    const start = now();
    if (this.#faster.isUncompiled) this.#computeUncompiled(executable);
    else executable.compute();
    schedule.timed(now() - start);
  }

  #computeVerified(
    executable: Executable,
    compute: () => void,
    schedule: VerificationSchedule,
  ): void {
    const list = this.#argumentsIn(executable);
    const start = now();
    compute();
    const computed = now();
    const { leaves, shape } = this.#call(list);
    const called = now();
    const { memory, outputsAt } = executable;
    const found = Array.from(
      memory.subarray(outputsAt, outputsAt + leaves.length),
    );
    requireSame(found, leaves, shape, this.#isExact);
    const compiled = computed - start, uncompiled = called - computed;
    const both = now() - start;
    const once = this.#faster.isUncompiled ? uncompiled : compiled;
    schedule.verified(both - once);
    schedule.timed(once);
    // A stand-in for a running executable is interpreted, and may take longer.
    if (executable === this.executable) {
      this.#faster.choose(compiled, uncompiled);
    }
  }

  /** The arguments that an executable's inputs stand for. */
  #argumentsIn({ memory, inputsAt }: Executable): readonly unknown[] {
    const numbers = Array.from(
      memory.subarray(inputsAt, inputsAt + this.inputs),
    );
    return rebuild(this.#argumentsShape, numbers) as unknown[];
  }

  /** Calls the function itself. */
  #call(list: readonly unknown[]): TakenApart<number> {
    return callUncompiled(this.#f, list, this.#resultShape);
  }
}

// Sums of second derivatives by loops may be added up in another order than
// uncompiled; what a number decides differs by more.
const ROUNDING = 1e-9;

/** Throws where a compiled function gives other numbers than uncompiled. */
export function requireSame(
  found: readonly number[],
  expected: readonly number[],
  shape: Shape,
  isExact: boolean,
): void {
  let largest = 0;
  for (const x of expected) {
    if (!isExact && Number.isFinite(x)) {
      largest = Math.max(largest, Math.abs(x));
    }
  }
  for (let k = 0; k < expected.length; k++) {
    const one = found[k]!, other = expected[k]!;
    // All NaNs are the same, 0 and −0 are not.
    if (Object.is(one, other)) continue;
    if (!isExact && Math.abs(one - other) <= ROUNDING * largest) continue;
    throw differs(pathOf(shape, k), text(one), text(other));
  }
}

/** Calls a function uncompiled; an error if its result has another shape than compiled. */
export function callUncompiled(
  f: AnyFunction,
  list: readonly unknown[],
  expected: Shape | null,
): TakenApart<number> {
  const result = takeApart(
    withObserver(null, () => f(...list)),
    NUMBER,
    "Cannot compile: the function's result, uncompiled",
  );
  const wrong = expected === null
    ? undefined
    : mismatch(expected, result.shape);
  if (wrong === undefined) return result;
  throw differs(wrong.path, wrong.found, wrong.expected);
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

/** The TypeError for a function that is not what was compiled. */
export function differs(
  path: string,
  found: string,
  expected: string,
): TypeError {
  const place = path === "" ? "" : `, ${path}`;
  return typeError(
    `Cannot compile: the function's result${place} is ${found}, expected ` +
      `${expected} as uncompiled; ${CAUSES}`,
  );
}

function milliseconds(x: number): string {
  return `${Number(x.toPrecision(2))} ms`;
}

function text(x: number): string {
  return Object.is(x, -0) ? "-0" : `${x}`;
}

/** The shape of arguments as a function sees them where it is recorded: with arrays in place of Float64Arrays. */
export function withoutFloats(shape: Shape): Shape {
  return {
    ...shape,
    kind: shape.kind === "floats" ? "array" : shape.kind,
    parts: shape.parts?.map(withoutFloats) ?? null,
  };
}
