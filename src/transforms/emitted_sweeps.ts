// The two sweeps, written onto the tape as further operations: what makes a
// transform inside a recorded function differentiable, and compilable, itself.
import { add } from "../operations/arithmetic.ts";
import { observer } from "../observer.ts";
import type { Scalar } from "../scalar.ts";
import { Activity } from "../tape/activity.ts";
import { callResultsAt, isCallAt } from "../tape/calls.ts";
import {
  forEachOperand,
  type Operations,
  type Section,
} from "../tape/entries.ts";
import { isListAt } from "../tape/loop.ts";
import { Adjoints, numberOf, ONE } from "./adjoints.ts";
import { pullThrough, pushThrough } from "./chain_rule.ts";
import type { List } from "./loop_builder.ts";

/** The sweeps through loops. */
export interface LoopSweeps {
  /** Gives what is to be called with every entry of a loop or list in a reverse sweep. */
  reverse(
    operations: Operations,
    activity: Activity,
    adjoints: Adjoints,
  ): (entry: number) => void;
  /**
   * Records forward sweeps of one section in several directions, and gives the
   * tangents of its lists by direction and entry.
   */
  forward(
    section: Section,
    activities: readonly Activity[],
    tangents: readonly (Scalar | undefined)[][],
    atEntry: (entry: number) => void,
  ): (direction: number, entry: number) => List;
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
 * @param lists Adjoints of lists.
 * @returns The adjoints of the inputs.
 */
export function emitReverseSweep(
  section: Section,
  numeric: boolean,
  outputs: readonly number[],
  cotangents: readonly Scalar[],
  lists: ReadonlyMap<number, List> | null = null,
): Scalar[] {
  const { entries, start, inputs, end } = section;
  const activity = new Activity(section, numeric, new Array(inputs).fill(true));
  const adjoints = new Adjoints(start, end - start);
  outputs.forEach((entry, k) => adjoints.give(entry, orOne(cotangents[k]!)));
  lists?.forEach((list, entry) =>
    adjoints.lists.set(entry, { kind: "list", list })
  );
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
  const atEntry = (i: number) => observer?.onDerivative(section, i);
  if (loopSweeps !== null) {
    loopSweeps.forward(section, [activity], [tangents], atEntry);
  } else {
    pushThrough(
      entries,
      activity,
      tangents,
      start,
      start + inputs,
      end,
      atEntry,
      () => {},
    );
  }
  return outputs.map((entry) => withoutSign(tangents[entry - start]));
}

/**
 * Forward sweeps in several directions, which share their loops.
 *
 * @param section What was recorded, not of numbers alone.
 * @param members By direction, the inputs whose tangents are 1; all others are
 * held constant.
 * @param wanted The entries whose tangents are wanted: numbers or lists.
 * @returns By direction, the tangents; undefined for one that is 0.
 */
export function emitForwardColumns(
  section: Section,
  members: readonly (readonly number[])[],
  wanted: readonly number[],
): (Scalar | undefined)[][] {
  const { entries, start, inputs, end } = section;
  const needed = neededFor(section, wanted);
  const tangents: (Scalar | undefined)[][] = [];
  const activities = members.map((ones) => {
    const moves = new Array<boolean>(inputs).fill(false);
    const own = new Array<Scalar | undefined>(end - start);
    for (const k of ones) {
      moves[k] = true;
      own[k] = ONE;
    }
    tangents.push(own);
    const activity = new Activity(section, false, moves, true);
    for (let i = start + inputs; i < end; i++) {
      if (needed[i - start] === 0) activity.setFlat(i);
    }
    return activity;
  });
  const listOf = loopSweeps!.forward(
    section,
    activities,
    tangents,
    (i) => observer?.onDerivative(section, i),
  );
  return activities.map((activity, direction) =>
    wanted.map((entry) =>
      !activity.isVaried(entry)
        ? undefined
        : isListAt(entries, entry)
        ? listOf(direction, entry)
        : numberOf(tangents[direction]![entry - start] ?? 0)
    )
  );
}

/** 1 for the entries of a section that others need. */
function neededFor(
  { entries, start, end }: Section,
  wanted: readonly number[],
): Uint8Array {
  const needed = new Uint8Array(end - start);
  const need = (entry: number) => {
    if (entry < start || needed[entry - start] === 1) return;
    needed[entry - start] = 1;
    // The results of a call stay together.
    if (isCallAt(entries, entry)) callResultsAt(entries, entry).forEach(need);
  };
  wanted.forEach(need);
  for (let i = end - 1; i >= start; i--) {
    if (needed[i - start] === 1) forEachOperand(entries, i, need);
  }
  return needed;
}

/** A derivative is a sum that begins with 0, and so never −0. */
function withoutSign(sum: Scalar | undefined): Scalar {
  return sum === undefined ? 0 : add(numberOf(sum), 0);
}

function orOne(seed: Scalar): Scalar {
  return seed === 1 ? ONE : seed;
}
