// The two sweeps, written onto the tape as further operations: what makes a
// transform inside a recorded function differentiable, and compilable, itself.
import { add, mul, neg } from "../operations/arithmetic.ts";
import { select } from "../operations/choice.ts";
import { observer } from "../observer.ts";
import { ADD, MUL, type Operand } from "../primitives.ts";
import type { Scalar } from "../scalar.ts";
import { Activity } from "../tape/activity.ts";
import type { Section } from "../tape/entries.ts";
import { isFreezing } from "../tape/recording.ts";

/**
 * The reverse sweep; see `reverseSweep`, whose results these are to the bit.
 *
 * @param section What was recorded.
 * @param numeric Whether its entries are to be taken as constants.
 * @param outputs The entries of the outputs.
 * @param cotangents Their adjoints.
 * @returns The adjoints of the inputs.
 */
export function emitReverseSweep(
  section: Section,
  numeric: boolean,
  outputs: readonly number[],
  cotangents: readonly Scalar[],
): Scalar[] {
  const { entries, start, inputs, end } = section;
  const activity = new Activity(section, numeric, new Array(inputs).fill(true));
  const adjoints: (Scalar | undefined)[] = new Array(end - start);
  const give = (entry: number, share: Scalar) => {
    const so = adjoints[entry - start];
    adjoints[entry - start] = so === undefined ? share : add(so, share);
  };
  outputs.forEach((entry, k) => give(entry, cotangents[k]!));
  for (let i = end - 1; i >= start + inputs; i--) {
    if (!activity.isVaried(i)) continue;
    const code = entries.codes[i]!;
    if (activity.isCall(i)) {
      observer?.onDerivative(section, i);
      activity.pullCall(i, (result) => adjoints[result - start], give as Give);
      continue;
    }
    const adjoint = adjoints[i - start];
    if (adjoint === undefined) continue;
    observer?.onDerivative(section, i);
    if (code === ADD || code === MUL) {
      // What most programs are made of, by hand beside the rules.
      const left = entries.lefts[i]!, right = entries.rights[i]!;
      const toLeft = activity.isVaried(left);
      const toRight = activity.isVaried(right);
      if (code === ADD) {
        if (toLeft) give(left, adjoint);
        if (toRight) give(right, adjoint);
      } else {
        if (toLeft) give(left, product(false, adjoint, activity.scalar(right)));
        if (toRight) {
          give(right, product(false, adjoint, activity.scalar(left)));
        }
      }
      continue;
    }
    activity.forEachPartial(i, (operand, gate, partial) => {
      give(operand, product(gate, adjoint, partial));
    });
  }
  return Array.from({ length: inputs }, (_, k) => withoutSign(adjoints[k]));
}

/**
 * The forward sweep; see `forwardSweep`, whose results these are to the bit.
 *
 * @param section What was recorded.
 * @param numeric Whether its entries are to be taken as constants.
 * @param seeds A tangent per input; null for an input that is held constant.
 * @param outputs The entries whose tangents are wanted.
 * @returns The tangents of the outputs.
 */
export function emitForwardSweep(
  section: Section,
  numeric: boolean,
  seeds: readonly (Scalar | null)[],
  outputs: readonly number[],
): Scalar[] {
  const { start, inputs, end } = section;
  const activity = new Activity(
    section,
    numeric,
    seeds.map((seed) => seed !== null),
  );
  const tangents: (Scalar | undefined)[] = new Array(end - start);
  seeds.forEach((seed, k) => tangents[k] = seed ?? undefined);
  for (let i = start + inputs; i < end; i++) {
    if (!activity.isVaried(i)) continue;
    observer?.onDerivative(section, i);
    if (activity.isCall(i)) {
      activity.pushCall(
        i,
        (operand) => tangents[operand - start]!,
        (result, share) => tangents[result - start] = share as Scalar,
      );
      continue;
    }
    let tangent: Scalar | undefined;
    activity.forEachPartial(i, (operand, gate, partial) => {
      const share = product(gate, tangents[operand - start]!, partial);
      tangent = tangent === undefined ? share : add(tangent, share);
    });
    tangents[i - start] = tangent;
    // An operation over a list that is flat by just those that vary.
    if (tangent === undefined) activity.setFlat(i);
  }
  return outputs.map((entry) => withoutSign(tangents[entry - start]));
}

/** What a rule gives, as the rule's types say it. */
type Give = (entry: number, share: Operand) => void;

/**
 * `product` of the primitives, in operations, but for what is the same to the bit.
 * Where the sweep is to be compiled, no number decides what is written: a factor
 * may be a datum, and 1 in one row only, whose like would then not repeat.
 */
function product(gate: boolean, adjoint: Scalar, partial: Operand): Scalar {
  const factor = partial as Scalar;
  if (!isFreezing()) {
    if (factor === 1) return adjoint;
    if (factor === -1) return neg(adjoint);
    if (adjoint === 1) return gate ? select(factor, factor, 0) : factor;
  }
  const both = mul(adjoint, factor);
  return gate ? select(factor, both, 0) : both;
}

/** A derivative is a sum that begins with 0, and so never −0. */
function withoutSign(sum: Scalar | undefined): Scalar {
  return sum === undefined ? 0 : add(sum, 0);
}
