// What passes ask of loops: where inputs and outputs of each kind begin, and which
// kind of result an entry is.
import {
  FINAL,
  type InputsAt,
  inputsAt,
  type Loop,
  type OutputsAt,
  outputsAt,
  STACKED,
  UPDATED,
} from "../../tape/loop.ts";

/** Whether an entry is a result of a loop. */
export function isResult(code: number): boolean {
  return code === FINAL || code === STACKED || code === UPDATED;
}

/** What is known of a loop's results of one kind, by the code of those that read them. */
export function ofKind<T>(
  code: number,
  { carries, stacked, updates }: {
    readonly carries: T;
    readonly stacked: T;
    readonly updates: T;
  },
): T {
  return code === FINAL ? carries : code === STACKED ? stacked : updates;
}

// Passes ask stream by stream, and do not change a loop as recording does.
const inputsKnown = new WeakMap<Loop, InputsAt>();
const outputsKnown = new WeakMap<Loop, OutputsAt>();

/** {@linkcode inputsAt} of a program's loop. */
export function inputsOf(loop: Loop): InputsAt {
  let known = inputsKnown.get(loop);
  if (known === undefined) inputsKnown.set(loop, known = inputsAt(loop));
  return known;
}

/** {@linkcode outputsAt} of a program's loop. */
export function outputsOf(loop: Loop): OutputsAt {
  let known = outputsKnown.get(loop);
  if (known === undefined) outputsKnown.set(loop, known = outputsAt(loop));
  return known;
}

/** Whether a carry is the same for all rows. */
export function isInvariantCarry({ body }: Loop, k: number): boolean {
  return body.outputs[k] === k;
}
