// The chain rule, recorded: entry by entry of a part of the tape, or of a loop's body.
import { add, mul, neg } from "../operations/arithmetic.ts";
import { select } from "../operations/choice.ts";
import { ADD, builtIn, MUL, type Operand } from "../primitives.ts";
import type { Scalar } from "../scalar.ts";
import type { Activity } from "../tape/activity.ts";
import type { Operations } from "../tape/entries.ts";
import { FIRST_LOOP_CODE } from "../tape/loop.ts";
import { type Adjoints, numberOf, ONE } from "./adjoints.ts";
import { type Liveness, where } from "./liveness.ts";

/**
 * The reverse sweep from entry `end` − 1 down to `first`.
 *
 * @param atEntry Is told of each entry before its derivative is recorded.
 * @param atLoop Sees to entries of loops and lists.
 */
export function pullThrough(
  { codes, lefts, rights }: Operations,
  activity: Activity,
  adjoints: Adjoints,
  first: number,
  end: number,
  atEntry: (entry: number) => void,
  atLoop: (entry: number) => void,
): void {
  for (let i = end - 1; i >= first; i--) {
    const code = codes[i]!;
    if (code >= FIRST_LOOP_CODE) {
      if (activity.isVaried(i)) atLoop(i);
      continue;
    }
    if (!activity.isVaried(i)) continue;
    if (activity.isCall(i)) {
      atEntry(i);
      adjoints.from(null);
      activity.pullCall(
        i,
        (result) => adjoints.of(result),
        (operand, share) => adjoints.give(operand, share as Scalar),
      );
      continue;
    }
    const adjoint = adjoints.written(i);
    if (adjoint === undefined) continue;
    atEntry(i);
    adjoints.from(i);
    if (code === ADD || code === MUL) {
      // What most programs are made of, by hand beside the rules.
      const left = lefts[i]!, right = rights[i]!;
      const toLeft = activity.isVaried(left);
      const toRight = activity.isVaried(right);
      if (code === ADD) {
        if (toLeft) adjoints.give(left, adjoint);
        if (toRight) adjoints.give(right, adjoint);
        continue;
      }
      if (toLeft) {
        const factor = activity.scalar(right);
        adjoints.give(left, product(false, adjoint, factor, false));
      }
      if (toRight) {
        const factor = activity.scalar(left);
        adjoints.give(right, product(false, adjoint, factor, false));
      }
      continue;
    }
    const isFixed = isLinear(code);
    activity.forEachPartial(i, (operand, gate, partial) => {
      adjoints.give(operand, product(gate, adjoint, partial, isFixed));
    });
  }
}

/**
 * The forward sweep from entry `first` up to `end` − 1. Parameters as of
 * {@linkcode pullThrough}.
 *
 * @param start The entry of the first tangent.
 * @param liveness In a loop's body, which tangents are there; null where all are.
 */
export function pushThrough(
  { codes }: Operations,
  activity: Activity,
  tangents: (Scalar | undefined)[],
  start: number,
  first: number,
  end: number,
  atEntry: (entry: number) => void,
  atLoop: (entry: number) => void,
  liveness: Liveness | null = null,
): void {
  for (let i = first; i < end; i++) {
    if (!activity.isVaried(i)) continue;
    if (codes[i]! >= FIRST_LOOP_CODE) {
      atLoop(i);
      continue;
    }
    atEntry(i);
    if (activity.isCall(i)) {
      activity.pushCall(
        i,
        (operand) => numberOf(tangents[operand - start]!),
        (result, share) => tangents[result - start] = share as Scalar,
      );
      continue;
    }
    const isFixed = isLinear(codes[i]!);
    let tangent: Scalar | undefined;
    activity.forEachPartial(i, (operand, gate, partial) => {
      const share = where(
        liveness === null ? 1 : liveness.between(operand, i),
        product(gate, tangents[operand - start]!, partial, isFixed),
      );
      tangent = tangent === undefined
        ? share
        : add(numberOf(tangent), numberOf(share));
    });
    tangents[i - start] = tangent;
    // An operation over a list that is flat by just those that vary.
    if (tangent === undefined) activity.setFlat(i);
  }
}

/**
 * `product` of the primitives, in operations. What is written may depend on the
 * operation, but not on a number: that may be a datum, and what is to be compiled
 * is written without numbers. Both have to be the same operations in higher
 * derivatives, too, to be the same to the bit.
 *
 * @param isFixed Whether the factor is that of the operation, whatever its operands.
 */
export function product(
  gate: boolean,
  adjoint: Scalar,
  partial: Operand,
  isFixed: boolean,
): Scalar {
  const factor = partial as Scalar;
  if (isFixed && factor === 1) return adjoint;
  if (isFixed && factor === -1) return neg(numberOf(adjoint));
  if (adjoint === ONE) return gate ? select(factor, factor, 0) : factor;
  const both = mul(adjoint, factor);
  return gate ? select(factor, both, 0) : both;
}

/** Whether an operation's partial derivatives are numbers, whatever its operands. */
function isLinear(code: number): boolean {
  linear ??= new Set(
    (["add", "sub", "neg", "sum"] as const).map((name) => builtIn(name).code),
  );
  return linear.has(code);
}

let linear: ReadonlySet<number> | undefined;
