// One run of a user's function on Vars: what every transform begins with.
import { wrongKind } from "../errors.ts";
import { Node } from "../graph/node.ts";
import type { Scalar } from "../scalar.ts";
import type { Section } from "../tape/entries.ts";
import {
  close,
  entryFor,
  entryOf,
  freeze,
  isFast,
  isOpen,
  open,
  outlived,
  recordCopy,
  type Recording,
  recordInput,
  scalarAt,
  tapeEntries,
  tapeLength,
  truncate,
  valueAt,
  Var,
} from "../tape/recording.ts";
import {
  type LeafKind,
  NUMBERS_EXPECTED,
  rebuild,
  type Shape,
  takeApart,
  takeApartNumbers,
  type TakenApart,
} from "./structures.ts";

/**
 * A function that a transform takes, whatever its parameters.
 *
 * @category Types
 */
export type Recordable = (...inputs: never) => unknown;

/** What a function did with its first argument, and what it gave. */
export interface Recorded {
  readonly section: Section;
  /**
   * Whether all its entries are numbers, so that a sweep may compute with them.
   * Otherwise something in it comes from a function around it, which has to see
   * the sweep as further operations.
   */
  readonly numeric: boolean;
  /** The recording it is nested in; while that runs, it can be swept again. */
  readonly around: Recording | null;
  /** The shape of the function's first argument: that of its derivatives. */
  readonly argumentShape: Shape;
  /** What the function returned. */
  readonly result: unknown;
  /** Its shape: that of the outputs. */
  readonly resultShape: Shape;
  /** The leaves of the result: an entry of the section, or a constant. */
  readonly outputs: readonly Output[];
}

/** One leaf of a function's result. */
export interface Output {
  /** Its entry, if it lies in the section; else nothing of it depends on the inputs. */
  readonly entry: number | undefined;
  /** Its value: a number, or a Var of the function around. */
  readonly value: Scalar;
}

/** Whether x is a leaf of what a recorded function takes and gives. */
export function isRecordable(x: unknown): x is number | Var {
  return typeof x === "number" || x instanceof Var;
}

// Where transforms nest, a Var is as good as a number; messages do not mention it.
const ARGUMENT: LeafKind<number | Var> = {
  expected: NUMBERS_EXPECTED,
  is: isRecordable,
  hint: (x) => x instanceof Node ? "pass the Node's value" : undefined,
};

const RESULT: LeafKind<number | Var> = {
  expected: "a number or Var, or an array or plain object of them",
  is: isRecordable,
  hint: hintForResult,
};

/** The only kind of result that has a gradient. */
export const SOLE_RESULT: LeafKind<number | Var> = {
  expected: "a number or Var",
  is: isRecordable,
  hint: hintForResult,
};

/** What to do where a function gives something else than a result. */
export function hintForResult(x: unknown): string | undefined {
  return x instanceof Promise
    ? "make the function synchronous, and await outside of it"
    : undefined;
}

/** What a function gave, of numbers or of Scalars of the function around. */
export function valueOf({ resultShape, outputs }: Recorded): unknown {
  return rebuild(resultShape, outputs.map(({ value }) => value));
}

/** Refuses what is not a function, before the transformed function is called. */
export function checkFunction(call: string, f: unknown): void {
  if (typeof f === "function") return;
  throw wrongKind(call, "the argument", f, "a function");
}

/** A structure of numbers and Vars, taken apart. `what` is what an error calls it. */
export function scalarsOf(
  structure: unknown,
  call: string,
  what: string,
  kind: LeafKind<number | Var> = ARGUMENT,
): TakenApart<number | Var> {
  const numbers = takeApartNumbers(structure);
  if (numbers !== null) return numbers;
  const parts = takeApart(structure, kind, `Cannot ${call}: ${what}`);
  for (const x of parts.leaves) {
    if (typeof x !== "number" && !isOpen(x)) throw outlived(call, what);
  }
  return parts;
}

/**
 * Records the inputs.
 *
 * @param one The entry of a 1, if any input comes from the function around.
 */
function inputVars(inputs: readonly (number | Var)[], one: number): Var[] {
  // A list that grows by `push` has room for 17: much garbage for a short one.
  switch (inputs.length) {
    case 1:
      return [inputVar(inputs[0]!, one)];
    case 2:
      return [inputVar(inputs[0]!, one), inputVar(inputs[1]!, one)];
  }
  // Not by `map`: V8 expects its arrays to have holes, and reads them more slowly.
  const vars: Var[] = [];
  for (let i = 0; i < inputs.length; i++) vars.push(inputVar(inputs[i]!, one));
  return vars;
}

function inputVar(input: number | Var, one: number): Var {
  return typeof input === "number"
    ? recordInput(input)
    : recordCopy(input, one);
}

/**
 * What becomes of the commonest of recordings, of numbers with one output, whose
 * description would take longer than its sweep.
 *
 * @param section What was recorded.
 * @param output The entry of the output.
 * @param argumentShape As in {@linkcode Recorded}.
 */
export type FinishSole<R> = (
  section: Section,
  output: number,
  argumentShape: Shape,
) => R;

/** How to record a function. */
export interface RecordingOptions<R> {
  /** Whether the recording is to be compiled, so that no value may be read. */
  readonly frozen?: boolean;
  /** What the function may give, for messages. */
  readonly results?: LeafKind<number | Var>;
  /** A short way for what it can do. */
  readonly finishSole?: FinishSole<R>;
}

/**
 * Records a function of `x`, and hands what it did to `finish`; then forgets
 * it, unless a function around it needs it.
 *
 * @param call The transform, for messages; passed on to `finish`.
 */
export function withRecorded<R>(
  call: string,
  f: Recordable,
  x: unknown,
  data: readonly unknown[],
  finish: (recorded: Recorded, call: string) => R,
  options?: RecordingOptions<R>,
): R {
  const argument = scalarsOf(x, call, "argument 1");
  return withRecordedParts(call, f, argument, data, finish, options);
}

/** The same, of an argument that was taken apart already. */
export function withRecordedParts<R>(
  call: string,
  f: Recordable,
  { leaves: inputs, shape }: TakenApart<number | Var>,
  data: readonly unknown[],
  finish: (recorded: Recorded, call: string) => R,
  { frozen = false, results = RESULT, finishSole }: RecordingOptions<R> = {},
): R {
  const before = tapeLength();
  const one = hasVar(inputs) ? entryFor(1) : 0;
  const recording = open(frozen);
  let keep = false;
  try {
    let result: unknown, parts: TakenApart<number | Var> | null = null;
    try {
      const run = f as (...inputs: unknown[]) => unknown;
      const argument = rebuild(shape, inputVars(inputs, one));
      // Spreading no data takes as long as running a short function.
      result = data.length === 0 ? run(argument) : run(argument, ...data);
      if (finishSole === undefined || !isSole(result, recording)) {
        parts = scalarsOf(result, call, "the function's result", results);
      }
    } finally {
      close(recording);
    }
    const end = tapeLength();
    const section: Section = {
      entries: tapeEntries(),
      start: recording.start,
      inputs: inputs.length,
      end,
    };
    if (parts === null) {
      return finishSole!(section, entryOf(result as Var), shape);
    }
    if (recording.outer !== null) {
      freeze(recording.start, recording.start + inputs.length);
    }
    keep = recording.closesOver;
    const recorded: Recorded = {
      section,
      numeric: !keep,
      around: recording.outer,
      argumentShape: shape,
      result,
      resultShape: parts.shape,
      outputs: outputsOf(parts.leaves, recording),
    };
    const done = finish(recorded, call);
    // A sweep that was recorded, for a vector that comes from the function around.
    keep ||= tapeLength() > end;
    return done;
  } finally {
    if (!keep) truncate(before, recording.listsStart);
  }
}

/** Whether a function of numbers, still open and not observed, gave one Var of its own. */
function isSole(result: unknown, { closesOver }: Recording): boolean {
  return isFast(result) && !closesOver;
}

function outputsOf(
  leaves: readonly (number | Var)[],
  { start, closesOver }: Recording,
): Output[] {
  const outputs: Output[] = [];
  for (let k = 0; k < leaves.length; k++) {
    const leaf = leaves[k]!;
    const entry = typeof leaf === "number" ? -1 : entryOf(leaf);
    outputs.push(
      entry < start
        ? { entry: undefined, value: leaf }
        : { entry, value: closesOver ? scalarAt(entry) : valueAt(entry) },
    );
  }
  return outputs;
}

function hasVar(inputs: readonly (number | Var)[]): boolean {
  for (let i = 0; i < inputs.length; i++) {
    if (typeof inputs[i] !== "number") return true;
  }
  return false;
}
