import { requireOptions, typeError, wrongKind } from "../errors.ts";
import { Node } from "../graph/node.ts";
import { type DisposableIfKnown, DISPOSE, now } from "../host.ts";
import { observer } from "../observer.ts";
import { isRecording, type Var, withObserver } from "../tape/recording.ts";
import {
  checkFunction,
  isRecordable,
  type Recordable,
  scalarsOf,
  valueOf,
  withRecordedParts,
} from "../transforms/recorded.ts";
import {
  type Arguments,
  hasPart,
  type LeafKind,
  NUMBERS_EXPECTED,
  type TakenApart,
} from "../transforms/structures.ts";
import { type CompiledProgram, Executable } from "./compiled_program.ts";
import type { CompiledFunction, TakesScalars } from "./compiled_function.ts";
import type { Signature } from "./signature.ts";
import { type Example, exampleOf, freezeFunction } from "./frozen.ts";
import { ListVersion, UNLIKE } from "./list_version.ts";
import { optimised } from "./program/optimise.ts";
import { VerificationSchedule } from "./verification_schedule.ts";
import { verifyFirstRows } from "./first_rows.ts";
import { type AnyFunction, Version } from "./version.ts";

/**
 * What {@linkcode compile} adds to a function.
 *
 * @typeParam F The function's type.
 * @category Compilation
 */
export interface Compiled<F extends Recordable> extends DisposableIfKnown {
  /**
   * The program for arguments of this structure: to run it on flat arrays
   * without an allocation, or to ship it as a WebAssembly module. It is compiled,
   * and verified with these numbers, if it is not yet; the numbers do not matter
   * otherwise.
   */
  program(...example: Arguments<Parameters<F>>): CompiledProgram;
}

/**
 * Options of {@linkcode compile}.
 *
 * @category Compilation
 */
export interface CompileOptions {
  /**
   * Whether the first call with a structure also runs the function uncompiled
   * and compares the results to the bit, and so do a few later ones, in less
   * than 5 % of the calls' time. If the function turns out to be faster
   * uncompiled, this is also what lets later calls run it so.
   *
   * @default {true}
   */
  readonly verify?: boolean;
}

/**
 * The same function, frozen into WebAssembly: recorded at the first call with a
 * given structure of arguments, and from then on replayed. The values are those
 * of the function itself to the last bit.
 *
 * All arguments are structures of numbers, and all of their numbers may differ
 * from call to call: the function gets a Var for each, so that its parameters
 * are Scalars to the types. What depends on one may not decide the control flow;
 * nor may randomness, or state from outside that changes. Much of that throws
 * while the function is recorded. The rest (`x === 1`, `if (x)`) is found by
 * verifying: the first call, and now and then a later one, also runs the function
 * itself and compares. Where the function itself turns out to be faster, that is
 * what later calls run. Called inside a function that is recorded or compiled, it
 * is recorded through.
 *
 * A list that the function only hands on to `map`, `fold`, `scan`, `rows`, `sum`,
 * `mean`, `dot` or `logSumExp` may have another length at each call, as long as
 * it is not empty: nothing is recorded or compiled again. Where the function asks
 * for its length or an element, or differentiates by it, the length is a part of
 * what is compiled.
 *
 * A compiled function holds memory until it is garbage, or disposed of.
 *
 * @typeParam F The function's type.
 * @param f A function of structures of Scalars that gives a structure of
 * Scalars: your own, or what a transform made, as in
 * `compile(valueAndGrad(loss))` or `compile(hessian(f))`.
 * @param options Whether to verify what it gives.
 * @returns A function of the same arguments and result: numbers for numbers.
 * @throws {TypeError} If `f` is not a function or an option of a wrong kind;
 * (the returned function) if a leaf of an argument is not a number or one of the
 * result not a Scalar, the number of a Var is read while it is recorded (branch
 * with `select`, `min`, `max`, `clamp`, `lt` …), it gives other numbers than
 * uncompiled, or it was disposed of.
 * @category Compilation
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { compile, mul, type Scalar, valueAndGrad } from "@chainrule/autograd";
 *
 * const f = compile(valueAndGrad(([x, y]: [Scalar, Scalar]) => mul(x, y)));
 * assertEquals(f([3, 4]), { value: 12, gradient: [4, 3] });
 * ```
 */
export function compile<F extends Recordable & TakesScalars<F>>(
  f: F,
  options: CompileOptions = {},
): CompiledFunction<F> & Compiled<F> {
  checkFunction("compile", f);
  requireOptions("compile", options);
  const { verify = true } = options;
  if (typeof verify !== "boolean") {
    throw wrongKind("compile", "verify", verify, "a boolean");
  }
  const call = f as unknown as AnyFunction;
  const versions: (Version | ListVersion)[] = [];
  let disposed = false;

  const checkNotDisposed = (): void => {
    if (disposed) {
      throw typeError(
        "Cannot call a compiled function: it was disposed of, " +
          "expected no further call",
      );
    }
  };

  const compiled = (...inputs: unknown[]): unknown => {
    checkNotDisposed();
    if (isRecording()) return call(...inputs);
    if (observer !== null && !hasNode(inputs)) {
      return record(call, takeApartAll(inputs));
    }
    for (let k = 0; k < versions.length; k++) {
      const version = versions[k]!;
      if (version instanceof ListVersion) {
        const lengths = version.lengthsOf(inputs);
        if (lengths === null) continue;
        const result = version.call(inputs, lengths);
        if (result === UNLIKE) continue;
        if (k > 0) moveToFront(versions, version);
        return result;
      }
      const executable = version.executable.idle;
      if (!write(inputs, version.arguments, executable)) continue;
      // A getter among the arguments may have disposed of the function.
      checkNotDisposed();
      if (k > 0) moveToFront(versions, version);
      return resultOf(version, executable);
    }
    const examples = examplesOf(inputs);
    if (examples === null) return call(...inputs);
    return first(
      inputs,
      examples,
      resultOf,
      (version, lengths) => version.call(inputs, lengths),
    );
  };

  const program = (...inputs: unknown[]): CompiledProgram => {
    checkNotDisposed();
    for (const version of versions) {
      if (version instanceof ListVersion) {
        const lengths = version.lengthsOf(inputs);
        if (lengths !== null && version.accepts(inputs, lengths)) {
          return version.program(lengths);
        }
        continue;
      }
      const { arguments: signature } = version;
      const numbers = new Float64Array(signature.size);
      if (signature.write(inputs, numbers, 0)) return version;
    }
    // A call goes through; a program would freeze what it takes from around it.
    if (isRecording()) {
      throw typeError(
        "Cannot compile: another function is being recorded, expected none; " +
          "ask for the program outside of it",
      );
    }
    return first(
      inputs,
      inputs.map(example),
      (version, executable) => {
        version.compute(executable);
        return version;
      },
      (version, lengths) => {
        version.call(inputs, lengths);
        return version.program(lengths);
      },
    );
  };

  /** Compiles a version for arguments that none is for, and uses it with them. */
  const first = <R>(
    inputs: readonly unknown[],
    examples: readonly Example[],
    finish: (version: Version, executable: Executable) => R,
    finishLists: (version: ListVersion, lengths: number[]) => R,
  ): R => {
    const version = versionOf(call, inputs, examples, verify);
    // The function may have disposed of its compiled self.
    checkNotDisposed();
    versions.unshift(version);
    if (version instanceof ListVersion) {
      return finishLists(version, version.lengthsOf(inputs)!);
    }
    const { executable } = version;
    // Outside of a recording, no argument is a Var.
    const numbers = takeApartAll(inputs).leaves as number[];
    executable.memory.set(numbers, executable.inputsAt);
    return finish(version, executable);
  };

  const dispose = (): void => {
    disposed = true;
    for (const { executable } of versions.splice(0)) executable.dispose();
  };

  return Object.assign(compiled, {
    program,
    [DISPOSE]: dispose,
  }) as unknown as CompiledFunction<F> & Compiled<F>;
}

function moveToFront<V>(versions: V[], version: V): void {
  const k = versions.indexOf(version);
  if (k > 0) versions.unshift(...versions.splice(k, 1));
}

/** Writes arguments to an executable's inputs, if they have the signature. */
function write(
  inputs: readonly unknown[],
  signature: Signature,
  executable: Executable,
): boolean {
  const { memory } = executable, writes = ++executable.writes;
  if (!signature.write(inputs, memory, executable.inputsAt)) return false;
  return executable.writes === writes && executable.memory === memory ||
    writeLate(inputs, signature, executable);
}

/**
 * The same after a getter called the function, or compiled another one, which may
 * replace the memory: all arguments are read before any is written.
 */
function writeLate(
  inputs: readonly unknown[],
  signature: Signature,
  executable: Executable,
): boolean {
  const numbers = new Float64Array(signature.size);
  if (!signature.write(inputs, numbers, 0)) return false;
  executable.memory.set(numbers, executable.inputsAt);
  return true;
}

/** The result for the arguments that an executable's inputs stand for. */
function resultOf(version: Version, executable: Executable): unknown {
  version.compute(executable);
  return version.result.read(executable.memory, executable.outputsAt);
}

// Loops of more operations are verified on their first rows, unless what was
// recorded is long itself: to record an entry twice more, and to run it, takes as
// long as so many operations of the function.
const LONG = 500_000;
const OPERATIONS_PER_ENTRY = 50;

/** Compiles a function; the numbers of the example are of no interest to an observer. */
function versionOf(
  f: AnyFunction,
  inputs: readonly unknown[],
  examples: readonly Example[],
  verify: boolean,
): Version | ListVersion {
  const start = now();
  const frozen = withObserver(null, () => freezeFunction(f, examples));
  const executable = new Executable(optimised(frozen.recorded));
  if (frozen.hasLists) {
    const schedule = verify ? new VerificationSchedule(now() - start) : null;
    return new ListVersion(f, frozen, executable, schedule);
  }
  const { shape, leaves } = takeApartAll(inputs);
  const { length } = frozen.recorded;
  const isLong = frozen.hasLoops &&
    executable.operations > Math.max(LONG, OPERATIONS_PER_ENTRY * length);
  if (verify && isLong) {
    // Outside of a recording, no argument is a Var.
    verifyFirstRows(f, frozen, examples, shape, leaves as number[]);
  }
  const schedule = verify && !isLong
    ? new VerificationSchedule(now() - start)
    : null;
  const isExact = !frozen.hasLoops;
  return new Version(f, shape, frozen.shape, executable, schedule, isExact);
}

const ARGUMENT: LeafKind<number | Var> = {
  expected: NUMBERS_EXPECTED,
  is: isRecordable,
  hint: () => "what is not a number belongs in a closure",
};

/** The list of a function's arguments, taken apart. */
function takeApartAll(inputs: readonly unknown[]): TakenApart<number | Var> {
  const leaves: (number | Var)[] = [];
  const parts = inputs.map((input, k) => {
    const part = scalarsOf(input, "compile", `argument ${k + 1}`, ARGUMENT);
    for (const leaf of part.leaves) leaves.push(leaf);
    return part.shape;
  });
  const size = leaves.length;
  return { leaves, shape: { kind: "array", size, parts, keys: null } };
}

/** The result of a function that is recorded for an observer. */
function record(f: AnyFunction, inputs: TakenApart<number | Var>): unknown {
  const all = (list: readonly unknown[]) => f(...list);
  return withRecordedParts("compile", all, inputs, [], valueOf);
}

/** Argument k as an example. */
function example(input: unknown, k: number): Example {
  return exampleOf(input, () => {
    scalarsOf(input, "compile", `argument ${k + 1}`, ARGUMENT);
  });
}

// Thousands of rows are looked through once, as examples, in which a Node is an
// error: before that, only so many of them are.
const FIRST_ROWS = 16;

/** Arguments as examples; null if they are to be computed on the graph. */
function examplesOf(inputs: readonly unknown[]): Example[] | null {
  const beginnings = inputs.map((x) =>
    Array.isArray(x) && x.length > FIRST_ROWS ? x.slice(0, FIRST_ROWS) : x
  );
  if (hasNode(beginnings)) return null;
  try {
    return inputs.map(example);
  } catch (error) {
    if (hasNode(inputs)) return null;
    throw error;
  }
}

/** Whether arguments are to be computed on the graph. */
function hasNode(inputs: readonly unknown[]): boolean {
  return hasPart(inputs, (part) => part instanceof Node);
}
