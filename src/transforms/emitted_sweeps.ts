// The two sweeps, written onto the tape as further operations: what makes a
// transform inside a recorded function differentiable, and compilable, itself.
import { add } from "../operations/arithmetic.ts";
import { observer } from "../observer.ts";
import type { Scalar } from "../scalar.ts";
import { Activity } from "../tape/activity.ts";
import type { Operations, Section } from "../tape/entries.ts";
import { Adjoints, numberOf, ONE } from "./adjoints.ts";
import { pullThrough, pushThrough } from "./chain_rule.ts";

/** What sees to the entries of loops in a sweep; each gives what is to be called with every such entry. */
export interface LoopSweeps {
  reverse(
    operations: Operations,
    activity: Activity,
    adjoints: Adjoints,
  ): (entry: number) => void;
  forward(
    operations: Operations,
    activity: Activity,
    tangents: (Scalar | undefined)[],
    start: number,
  ): (entry: number) => void;
}

// There are no loops but where `compile` records them, so that who does not
// compile need not load this.
let loopSweeps: LoopSweeps | null = null;

/** Says what sees to loops. */
export function setLoopSweeps(sweeps: LoopSweeps): void {
  loopSweeps = sweeps;
}

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
  const adjoints = new Adjoints(start, end - start);
  outputs.forEach((entry, k) => adjoints.give(entry, orOne(cotangents[k]!)));
  const atLoop = loopSweeps?.reverse(entries, activity, adjoints);
  pullThrough(
    entries,
    activity,
    adjoints,
    start + inputs,
    end,
    (i) => observer?.onDerivative(section, i),
    (i) => atLoop?.(i),
  );
  return Array.from(
    { length: inputs },
    (_, k) => withoutSign(adjoints.of(start + k)),
  );
}

/**
 * The forward sweep; see `forwardSweep`, whose results these are to the bit.
 *
 * @param section What was recorded.
 * @param numeric Whether its entries are to be taken as constants.
 * @param seeds A tangent an input; null for an input that is held constant.
 * @param outputs The entries whose tangents are wanted.
 * @returns The tangents of the outputs.
 */
export function emitForwardSweep(
  section: Section,
  numeric: boolean,
  seeds: readonly (Scalar | null)[],
  outputs: readonly number[],
): Scalar[] {
  const { entries, start, inputs, end } = section;
  const activity = new Activity(
    section,
    numeric,
    seeds.map((seed) => seed !== null),
  );
  const tangents: (Scalar | undefined)[] = new Array(end - start);
  seeds.forEach((seed, k) =>
    tangents[k] = seed === null ? undefined : orOne(seed)
  );
  const atLoop = loopSweeps?.forward(entries, activity, tangents, start);
  pushThrough(
    entries,
    activity,
    tangents,
    start,
    start + inputs,
    end,
    (i) => observer?.onDerivative(section, i),
    (i) => atLoop?.(i),
  );
  return outputs.map((entry) => withoutSign(tangents[entry - start]));
}

/** A derivative is a sum that begins with 0, and so never −0. */
function withoutSign(sum: Scalar | undefined): Scalar {
  return sum === undefined ? 0 : add(numberOf(sum), 0);
}

function orOne(seed: Scalar): Scalar {
  return seed === 1 ? ONE : seed;
}
