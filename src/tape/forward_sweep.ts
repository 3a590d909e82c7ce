import * as primitives from "../primitives.ts";
import { product } from "../primitives.ts";
import { Activity } from "./activity.ts";
import { pushCall } from "./calls.ts";
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

// As in the reverse sweep.
const CONSTANT_CODE = CONSTANT;
const ADD = primitives.ADD, SUB = primitives.SUB;
const MUL = primitives.MUL, DIV = primitives.DIV;
const UNARY = ruleKinds.UNARY, BINARY = ruleKinds.BINARY;
const TERNARY = ruleKinds.TERNARY, LIST = ruleKinds.LIST;
const UNIFORM = ruleKinds.UNIFORM, ACROSS = ruleKinds.ACROSS;
const gates = ruleKinds.gatesByCode;
const CALL = ruleKinds.CALL;
const partials = sharedPartials;

/**
 * The forward sweep: from the tangents of a section's inputs to those of all
 * its entries, in one loop from the first entry up.
 *
 * @param section What was recorded.
 * @param seeds A tangent per input; null for an input that is held constant.
 * @param outputs The entries whose tangents are wanted.
 * @param tangents Room for one per entry. Afterwards those of the outputs are right.
 */
export function forwardSweep(
  section: Section,
  seeds: readonly (number | null)[],
  outputs: readonly number[],
  tangents: Float64Array,
): void {
  const { start, end } = section;
  tangents.fill(0, start, end);
  seeds.forEach((seed, k) => tangents[start + k] = seed ?? 0);
  sweepAll(section, tangents);
  // As in the reverse sweep: what depends on no seed has a tangent of 0, and
  // 0 · ∞ is NaN.
  if (outputs.some((entry) => Number.isNaN(tangents[entry]))) {
    sweepMoved(section, seeds, tangents);
  }
}

function sweepAll(section: Section, tangents: Float64Array): void {
  const { entries, start, inputs, end } = section;
  const { codes, lefts, rights, values } = entries;
  for (let i = start + inputs; i < end; i++) {
    const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
    if (code === MUL) {
      tangents[i] = tangents[left]! * values[right]! +
        tangents[right]! * values[left]!;
    } else if (code === ADD) {
      tangents[i] = tangents[left]! + tangents[right]!;
    } else if (code === SUB) {
      tangents[i] = tangents[left]! - tangents[right]!;
    } else if (code === DIV) {
      const divisor = values[right]!;
      tangents[i] = tangents[left]! * (1 / divisor) +
        tangents[right]! * -(values[i]! / divisor);
    } else if (code !== CONSTANT_CODE) {
      push(entries, i, tangents);
    }
  }
}

/** The same sweep by the rules alone, through nothing but what depends on a seed. */
function sweepMoved(
  section: Section,
  seeds: readonly (number | null)[],
  tangents: Float64Array,
): void {
  const { start, inputs, end } = section;
  const activity = new Activity(
    section,
    true,
    seeds.map((seed) => seed !== null),
  );
  for (let i = start + inputs; i < end; i++) {
    let tangent = 0, flat = true;
    if (activity.isVaried(i) && activity.isCall(i)) {
      activity.pushCall(
        i,
        (entry) => tangents[entry]!,
        (result, share) => tangents[result] = share as number,
      );
      continue;
    }
    if (activity.isVaried(i)) {
      activity.forEachPartial(i, (operand, gate, partial) => {
        tangent += product(gate, tangents[operand]!, partial as number);
        flat = false;
      });
      if (flat) activity.setFlat(i);
    }
    tangents[i] = tangent;
  }
}

/** The chain rule at one entry: the sum of partial · tangent over its operands, as its tangent. */
function push(entries: Entries, i: number, tangents: Float64Array): void {
  const { codes, lefts, rights, values, lists } = entries;
  const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
  const kind = kindOf(code), gate = gates[code] === 1;
  let tangent = 0;
  switch (kind) {
    case UNARY:
      evaluatePartials(code, values, left, 0, 0, i);
      tangent += product(gate, tangents[left]!, partials[0]!);
      break;
    case BINARY:
      evaluatePartials(code, values, left, right, 0, i);
      tangent += product(gate, tangents[left]!, partials[0]!);
      tangent += product(gate, tangents[right]!, partials[1]!);
      break;
    case TERNARY: {
      const a = lists[left]!, b = lists[left + 1]!, c = lists[left + 2]!;
      evaluatePartials(code, values, a, b, c, i);
      tangent += product(gate, tangents[a]!, partials[0]!);
      tangent += product(gate, tangents[b]!, partials[1]!);
      tangent += product(gate, tangents[c]!, partials[2]!);
      break;
    }
    case UNIFORM: {
      const partial = uniformPartial(code, right);
      for (let k = left; k < left + right; k++) {
        tangent += tangents[lists[k]!]! * partial;
      }
      break;
    }
    case ACROSS: {
      const half = right / 2, middle = left + half;
      for (let k = 0; k < half; k++) {
        tangent += tangents[lists[left + k]!]! * values[lists[middle + k]!]!;
      }
      for (let k = 0; k < half; k++) {
        tangent += tangents[lists[middle + k]!]! * values[lists[left + k]!]!;
      }
      break;
    }
    case LIST: {
      const numbers = listRoom(right);
      for (let k = 0; k < right; k++) numbers[k] = values[lists[left + k]!]!;
      evaluateListPartials(code, numbers, right, values[i]!);
      for (let k = 0; k < right; k++) {
        tangent += product(gate, tangents[lists[left + k]!]!, numbers[k]!);
      }
      break;
    }
    case CALL:
      pushCall(
        entries,
        i,
        (entry) => tangents[entry]!,
        (entry) => values[entry]!,
        (result, share) => tangents[result] = share as number,
      );
      return;
  }
  tangents[i] = tangent;
}
