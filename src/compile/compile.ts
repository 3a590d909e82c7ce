import { wrongKind } from "../errors.ts";
import { Node } from "../graph/node.ts";
import { type DisposableIfKnown, DISPOSE } from "../host.ts";
import { observer } from "../observer.ts";
import { isRecording, type Var, withObserver } from "../tape/recording.ts";
import {
  isRecordable,
  type Recordable,
  type Recorded,
  scalarsOf,
  withRecorded,
} from "../transforms/recorded.ts";
import {
  hasPart,
  type LeafKind,
  NUMBERS_EXPECTED,
  rebuild,
} from "../transforms/structures.ts";
import { type CompiledProgram, Executable } from "./compiled_program.ts";
import { programOf } from "./program.ts";
import { type Signature, signatureOf } from "./signature.ts";

/**
 * What {@linkcode compile} adds to a function.
 *
 * @category Compilation
 */
export interface Compiled<F extends Recordable> extends DisposableIfKnown {
  /**
   * The program for arguments of this structure: to run it on flat arrays
   * without an allocation, or to ship it as a WebAssembly module. It is
   * compiled if it is not yet; the numbers in the arguments do not matter.
   */
  program(...example: Parameters<F>): CompiledProgram;
}

/**
 * The same function, frozen into WebAssembly: recorded at the first call with a
 * given structure of arguments, and from then on replayed. The values are those
 * of the function itself to the last bit.
 *
 * All arguments are structures of numbers, and all of their numbers may differ
 * from call to call; what depends on one may not decide the control flow. What
 * the function reads from outside is read when it is recorded, and not again.
 * Called inside a function that is recorded or compiled, it is recorded through.
 *
 * A compiled function holds memory until it is garbage, or disposed of.
 *
 * @param f A function of structures of Scalars that gives a structure of
 * Scalars: your own, or what a transform made, as in
 * `compile(valueAndGrad(loss))` or `compile(hessian(f))`.
 * @returns A function of the same arguments and result.
 * @throws {TypeError} If `f` is not a function; (the returned function) if a
 * leaf of an argument is no number or one of the result no Scalar, the number of
 * a Var is read while it is recorded (branch with `select`, `min`, `max`,
 * `clamp`, `lt` …), or it was disposed of.
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
export function compile<F extends Recordable>(f: F): F & Compiled<F> {
  if (typeof f !== "function") {
    throw wrongKind("compile", "the argument", f, "a function");
  }
  const call = f as unknown as (...inputs: unknown[]) => unknown;
  const versions: Version[] = [];
  let disposed = false;
  // A user's operation may call the function that it is part of: that call must
  // not write to the memory this one is in the middle of.
  let computing = false;

  const compute = ({ executable, result }: Version): unknown => {
    computing = true;
    try {
      executable.compute();
    } finally {
      computing = false;
    }
    return result.read(executable.memory, executable.outputsAt);
  };

  const checkNotDisposed = (): void => {
    if (disposed) {
      throw new TypeError(
        "Cannot call a compiled function: it was disposed of, " +
          "expected no further call",
      );
    }
  };

  const versionFor = (inputs: readonly unknown[]): Version => {
    checkNotDisposed();
    // A call goes through; a program would freeze what it takes from around it.
    if (isRecording()) {
      throw new TypeError(
        "Cannot compile: another function is being recorded, expected none; " +
          "ask for the program outside of it",
      );
    }
    const version = versionOf(call, inputs);
    versions.unshift(version);
    return version;
  };

  const compiled = (...inputs: unknown[]): unknown => {
    if (isRecording() || computing) return call(...inputs);
    if (observer !== null && !hasNode(inputs)) {
      checkNotDisposed();
      return record(call, inputs, false, resultOf);
    }
    for (let k = 0; k < versions.length; k++) {
      const version = versions[k]!;
      if (!accepts(version, inputs)) continue;
      if (k > 0) versions.unshift(...versions.splice(k, 1));
      return compute(version);
    }
    if (hasNode(inputs)) return call(...inputs);
    const version = versionFor(inputs);
    accepts(version, inputs);
    return compute(version);
  };
  return Object.assign(compiled, {
    program: (...inputs: unknown[]): CompiledProgram =>
      (versions.find((version) => accepts(version, inputs)) ??
        versionFor(inputs)).executable,
    [DISPOSE]: () => {
      disposed = true;
      for (const { executable } of versions.splice(0)) executable.dispose();
    },
  }) as unknown as F & Compiled<F>;
}

/** A function compiled for one structure of arguments. */
interface Version {
  readonly executable: Executable;
  readonly arguments: Signature;
  readonly result: Signature;
}

/** Writes arguments to a program's memory, if they have its structure. */
function accepts(
  { arguments: signature, executable }: Version,
  inputs: readonly unknown[],
): boolean {
  return signature.write(inputs, executable.memory, executable.inputsAt);
}

/** Compiles a function; the numbers of the example are of no interest to an observer. */
function versionOf(
  f: (...inputs: unknown[]) => unknown,
  inputs: readonly unknown[],
): Version {
  return withObserver(
    null,
    () =>
      record(f, inputs, true, ({ section, outputs, result }) => ({
        executable: new Executable(
          programOf(
            section,
            outputs.map(({ entry, value }) => ({
              entry,
              value: value as number,
            })),
          ),
        ),
        arguments: signatureOf(inputs),
        result: signatureOf(result),
      })),
  );
}

/** What a function gave: all that is wanted of it where its operations are observed. */
function resultOf({ outputs, resultShape }: Recorded): unknown {
  return rebuild(resultShape, outputs.map(({ value }) => value));
}

const ARGUMENT: LeafKind<number | Var> = {
  expected: NUMBERS_EXPECTED,
  is: isRecordable,
  hint: () => "what is no number belongs in a closure",
};

function record<R>(
  f: (...inputs: unknown[]) => unknown,
  inputs: readonly unknown[],
  frozen: boolean,
  finish: (recorded: Recorded) => R,
): R {
  inputs.forEach((input, k) =>
    scalarsOf(input, "compile", `argument ${k + 1}`, ARGUMENT)
  );
  const all = (list: readonly unknown[]) => f(...list);
  return withRecorded("compile", all, inputs, [], finish, frozen);
}

/** Whether a structure is to be computed on the graph. */
function hasNode(x: unknown): boolean {
  return hasPart(x, (part) => part instanceof Node);
}
