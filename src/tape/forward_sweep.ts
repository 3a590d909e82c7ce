import * as primitives from "../primitives.ts";
import { primitiveOf, product } from "../primitives.ts";
import { Activity } from "./activity.ts";
import { type Entries, INPUT, type Section } from "./entries.ts";

const FIRST_CODE = INPUT + 1;
const ADD = primitives.ADD, SUB = primitives.SUB;
const MUL = primitives.MUL, DIV = primitives.DIV;

/**
 * The forward sweep: from the tangents of a section's inputs to those of all
 * its entries, in one loop from the first entry up.
 *
 * @param section What was recorded.
 * @param seeds A tangent an input; null for an input that is held constant.
 * @param outputs The entries whose tangents are wanted.
 * @param tangents Room for one an entry. Afterwards those of the outputs are right.
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
    } else if (code >= FIRST_CODE) {
      tangents[i] = push(entries, i, tangents);
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

/** The chain rule at one entry: the sum of partial · tangent over its operands. */
function push(
  { codes, lefts, rights, values, lists }: Entries,
  i: number,
  tangents: Float64Array,
): number {
  const primitive = primitiveOf(codes[i]!);
  const left = lefts[i]!, right = rights[i]!, out = values[i]!;
  const { gate } = primitive;
  let tangent = 0;
  const take = (operand: number, partial: primitives.Operand | null) => {
    if (partial === null) return;
    tangent += product(gate, tangents[operand]!, partial as number);
  };
  switch (primitive.arity) {
    case 1: {
      const [rule] = primitive.partials;
      if (rule !== null) take(left, rule(values[left]!, out));
      break;
    }
    case 2: {
      const a = values[left]!, b = values[right]!;
      const [ruleA, ruleB] = primitive.partials;
      if (ruleA !== null) take(left, ruleA(a, b, out));
      if (ruleB !== null) take(right, ruleB(a, b, out));
      break;
    }
    case "list": {
      const operands = lists.subarray(left, left + right);
      const numbers = Array.from(operands, (entry) => values[entry]!);
      const partials = primitive.partials(numbers, out);
      for (let k = 0; k < right; k++) take(operands[k]!, partials[k]!);
    }
  }
  return tangent;
}
