import * as primitives from "../primitives.ts";
import { product } from "../primitives.ts";
import { Activity } from "./activity.ts";
import { pullCall } from "./calls.ts";
import { CONSTANT, type Entries, type Section } from "./entries.ts";
import {
  evaluateListPartials,
  listRoom,
  uniformPartial,
} from "../rules/list_partials.ts";
import { evaluatePartials } from "../rules/partials.ts";
import { partials as sharedPartials } from "../rules/user_rule.ts";
import * as ruleKinds from "../rules/kinds.ts";
import { kindOf } from "../rules/kinds.ts";

// Constants of this module, which the compiler folds; an imported one is a load.
const CONSTANT_CODE = CONSTANT;
const ADD = primitives.ADD, SUB = primitives.SUB;
const MUL = primitives.MUL, DIV = primitives.DIV;
const UNARY = ruleKinds.UNARY, BINARY = ruleKinds.BINARY;
const TERNARY = ruleKinds.TERNARY, LIST = ruleKinds.LIST;
const UNIFORM = ruleKinds.UNIFORM, ACROSS = ruleKinds.ACROSS;
const CALL = ruleKinds.CALL;
const kinds = ruleKinds.kindsByCode, gates = ruleKinds.gatesByCode;
const partials = sharedPartials;

/**
 * The reverse sweep: from the adjoints of a section's outputs to those of its
 * inputs, in one loop from the last entry down.
 *
 * @param section What was recorded.
 * @param outputs The entries of the outputs.
 * @param cotangents Their adjoints; outputs that are one entry add up.
 * @param adjoints Room for one per entry. Afterwards those of the section's
 * inputs are right, and all others are anything.
 */
export function reverseSweep(
  section: Section,
  outputs: readonly number[],
  cotangents: readonly number[],
  adjoints: Float64Array,
): void {
  const { start, inputs } = section;
  if (inputs === 0) return;
  seed(section, outputs, cotangents, adjoints);
  sweepAll(section, adjoints);
  // What no output depends on was swept, too, with an adjoint of 0: that adds 0
  // to its operands, and NaN only where a partial is not finite. NaN never gets
  // lost on its way, so that a look at the inputs tells whether it was worth
  // the trouble to keep account of what the outputs depend on.
  for (let i = start; i < start + inputs; i++) {
    if (!Number.isNaN(adjoints[i])) continue;
    seed(section, outputs, cotangents, adjoints);
    sweepReached(section, outputs, adjoints);
    return;
  }
}

function seed(
  { start, end }: Section,
  outputs: readonly number[],
  cotangents: readonly number[],
  adjoints: Float64Array,
): void {
  // `fill` takes 50 ns to begin.
  if (end - start > 64) adjoints.fill(0, start, end);
  else for (let i = start; i < end; i++) adjoints[i] = 0;
  for (let k = 0; k < outputs.length; k++) {
    adjoints[outputs[k]!]! += cotangents[k]!;
  }
}

function sweepAll(section: Section, adjoints: Float64Array): void {
  const { entries, start, inputs, end } = section;
  const { codes, lefts, rights, values, lists } = entries;
  const first = start + inputs;
  // The adjoint of entry i is complete when the loop comes to it. It is carried
  // in a register from the entry above, as the operand of an operation often is
  // the entry just before it, and a load would wait for the store.
  let adjoint = adjoints[end - 1]!;
  for (let i = end - 1; i >= first; i--) {
    const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
    const below = i - 1;
    if (code === MUL) {
      const toLeft = adjoint * values[right]!;
      const toRight = adjoint * values[left]!;
      adjoint = handOver(adjoints, below, left, toLeft, right, toRight);
    } else if (code === ADD) {
      adjoint = handOver(adjoints, below, left, adjoint, right, adjoint);
    } else if (code === SUB) {
      adjoint = handOver(adjoints, below, left, adjoint, right, -adjoint);
    } else if (code === DIV) {
      const divisor = values[right]!;
      const toLeft = adjoint * (1 / divisor);
      const toRight = adjoint * -(values[i]! / divisor);
      adjoint = handOver(adjoints, below, left, toLeft, right, toRight);
    } else if (code === CONSTANT_CODE) {
      i -= left;
      adjoint = adjoints[i - 1]!;
    } else {
      // Through memory: an adjoint that had to outlive a call would be spilled in
      // every turn of the loop.
      adjoints[i] = adjoint;
      const kind = kinds[code]!;
      if (kind === UNARY) {
        evaluatePartials(code, values, left, 0, 0, i);
        const gate = gates[code] === 1;
        adjoints[left]! += product(gate, adjoints[i]!, partials[0]!);
      } else if (kind === BINARY) {
        evaluatePartials(code, values, left, right, 0, i);
        const gate = gates[code] === 1, own = adjoints[i]!;
        adjoints[left]! += product(gate, own, partials[0]!);
        adjoints[right]! += product(gate, own, partials[1]!);
      } else if (kind === TERNARY) {
        const a = lists[left]!, b = lists[left + 1]!, c = lists[left + 2]!;
        evaluatePartials(code, values, a, b, c, i);
        const gate = gates[code] === 1, own = adjoints[i]!;
        adjoints[a]! += product(gate, own, partials[0]!);
        adjoints[b]! += product(gate, own, partials[1]!);
        adjoints[c]! += product(gate, own, partials[2]!);
      } else {
        pull(entries, i, adjoints);
      }
      adjoint = adjoints[below]!;
    }
  }
  adjoints[first - 1] = adjoint;
}

/** Adds to the adjoints of two operands, and gives that of the entry below, which is not stored. */
function handOver(
  adjoints: Float64Array,
  below: number,
  left: number,
  toLeft: number,
  right: number,
  toRight: number,
): number {
  let next = adjoints[below]!;
  if (left === below) next += toLeft;
  else adjoints[left]! += toLeft;
  if (right === below) next += toRight;
  else adjoints[right]! += toRight;
  return next;
}

/** The same sweep by the rules alone, through nothing but what the outputs depend on. */
function sweepReached(
  section: Section,
  outputs: readonly number[],
  adjoints: Float64Array,
): void {
  const { start, inputs, end } = section;
  const activity = new Activity(section, true, new Array(inputs).fill(true));
  const reached = new Uint8Array(end);
  for (const entry of outputs) reached[entry] = 1;
  for (let i = end - 1; i >= start + inputs; i--) {
    if (!activity.isVaried(i)) continue;
    if (activity.isCall(i)) {
      activity.pullCall(
        i,
        (entry) => reached[entry] === 1 ? adjoints[entry]! : undefined,
        (operand, share) => {
          adjoints[operand]! += share as number;
          reached[operand] = 1;
        },
      );
      continue;
    }
    if (reached[i] === 0) continue;
    const adjoint = adjoints[i]!;
    activity.forEachPartial(i, (operand, gate, partial) => {
      adjoints[operand]! += product(gate, adjoint, partial as number);
      reached[operand] = 1;
    });
  }
}

/** The chain rule at one entry: adds adjoint · partial to each operand's adjoint. */
function pull(entries: Entries, i: number, adjoints: Float64Array): void {
  const { codes, lefts, rights, values, lists } = entries;
  const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
  const adjoint = adjoints[i]!;
  switch (kindOf(code)) {
    case UNARY:
      evaluatePartials(code, values, left, 0, 0, i);
      adjoints[left]! += product(gates[code] === 1, adjoint, partials[0]!);
      return;
    case BINARY: {
      evaluatePartials(code, values, left, right, 0, i);
      const gate = gates[code] === 1;
      const byRight = partials[1]!;
      adjoints[left]! += product(gate, adjoint, partials[0]!);
      adjoints[right]! += product(gate, adjoint, byRight);
      return;
    }
    case TERNARY: {
      const a = lists[left]!, b = lists[left + 1]!, c = lists[left + 2]!;
      evaluatePartials(code, values, a, b, c, i);
      const gate = gates[code] === 1;
      adjoints[a]! += product(gate, adjoint, partials[0]!);
      adjoints[b]! += product(gate, adjoint, partials[1]!);
      adjoints[c]! += product(gate, adjoint, partials[2]!);
      return;
    }
    case UNIFORM: {
      const share = adjoint * uniformPartial(code, right);
      for (let k = left; k < left + right; k++) adjoints[lists[k]!]! += share;
      return;
    }
    case ACROSS: {
      const half = right / 2, middle = left + half;
      for (let k = 0; k < half; k++) {
        adjoints[lists[left + k]!]! += adjoint * values[lists[middle + k]!]!;
      }
      for (let k = 0; k < half; k++) {
        adjoints[lists[middle + k]!]! += adjoint * values[lists[left + k]!]!;
      }
      return;
    }
    case LIST: {
      const numbers = listRoom(right), gate = gates[code] === 1;
      for (let k = 0; k < right; k++) numbers[k] = values[lists[left + k]!]!;
      evaluateListPartials(code, numbers, right, values[i]!);
      for (let k = 0; k < right; k++) {
        const operand = lists[left + k]!;
        adjoints[operand]! += product(gate, adjoint, numbers[k]!);
      }
      return;
    }
    case CALL:
      pullCall(
        entries,
        i,
        (entry) => adjoints[entry]!,
        (entry) => values[entry]!,
        (operand, share) => adjoints[operand]! += share as number,
      );
  }
}
