// Which carries, updates and inputs of a loop's body have adjoints, given which of
// its results do.
import type { Activity } from "../tape/activity.ts";
import { forEachOperand, type Operations } from "../tape/entries.ts";
import {
  forEachLoopOperand,
  inputsAt,
  LOOP,
  type Loop,
  outputsAt,
} from "../tape/loop.ts";

/** Where a loop's inputs and outputs are in its body. */
export interface Places {
  /** The first input of each kind. */
  readonly streams: number;
  readonly slices: number;
  readonly captures: number;
  /** By update: its first output, and its inputs. */
  readonly stores: readonly {
    readonly at: number;
    readonly inputs: number[];
  }[];
  /** The first output of each stacked list. */
  readonly stacked: readonly number[];
}

/** The places of a loop. */
export function placesOf(loop: Loop): Places {
  const { streams, slices, updates, captures } = inputsAt(loop);
  const outputs = outputsAt(loop);
  const stores = loop.updates.map(({ addresses }, u) => ({
    at: outputs.updates[u]!,
    inputs: addresses.map((_, a) => updates[u]! + a),
  }));
  return { streams, slices, captures, stores, stacked: outputs.stacked };
}

/** Which carries, updates and inputs have adjoints. */
export interface Reached {
  readonly carries: readonly boolean[];
  readonly updates: readonly boolean[];
  /** 1 for entries of the body that have one. */
  readonly inputs: Uint8Array;
}

/** Which results of a loop have an adjoint. */
export interface Given {
  readonly carries: readonly boolean[];
  readonly stacked: readonly boolean[];
  readonly updates: readonly boolean[];
}

/** What is carried has an adjoint if any row gives it one. */
export function reachedIn(
  loop: Loop,
  activity: Activity,
  places: Places,
  given: Given,
): Reached {
  const { body } = loop, { outputs, inputs, length } = body;
  const carries = [...given.carries], updates = [...given.updates];
  for (;;) {
    const marks = new Uint8Array(length);
    const mark = (entry: number) => {
      if (activity.isVaried(entry)) marks[entry] = 1;
    };
    carries.forEach((has, k) => has && mark(outputs[k]!));
    places.stores.forEach(({ at, inputs }, u) => {
      if (updates[u]) inputs.forEach((_, a) => mark(outputs[at + a]!));
    });
    given.stacked.forEach((has, j) => {
      if (!has) return;
      for (let l = 0; l < Math.max(1, loop.stacked[j]!); l++) {
        mark(outputs[places.stacked[j]! + l]!);
      }
    });
    for (let i = length - 1; i >= inputs; i--) {
      if (marks[i] === 1) forEachReadOperand(body, i, mark);
    }
    let more = false;
    carries.forEach((has, k) => {
      if (!has && marks[k] === 1) carries[k] = more = true;
    });
    places.stores.forEach(({ inputs }, u) => {
      if (updates[u] || !inputs.some((input) => marks[input] === 1)) return;
      updates[u] = more = true;
    });
    if (!more) return { carries, updates, inputs: marks };
  }
}

/** The operands of an entry; of a loop, without the first values of carries that no row reads. */
function forEachReadOperand(
  operations: Operations,
  i: number,
  visit: (operand: number) => void,
): void {
  const { codes, lefts, loops } = operations;
  if (codes[i] !== LOOP) return forEachOperand(operations, i, visit);
  const loop = loops[lefts[i]!]!, { body } = loop;
  const isRead = new Uint8Array(body.length);
  for (const entry of body.outputs) isRead[entry] = 1;
  for (let k = body.length - 1; k >= body.inputs; k--) {
    if (isRead[k] === 0) continue;
    forEachReadOperand(body, k, (operand) => isRead[operand] = 1);
  }
  const carries = loop.carries.map((entry, k) => isRead[k] === 1 ? entry : -1);
  forEachLoopOperand({ ...loop, carries }, (operand) => {
    if (operand >= 0) visit(operand);
  });
}
