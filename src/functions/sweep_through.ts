// One run of a function and one sweep through it, inside of a rule.
import type { Scalar } from "../scalar.ts";
import {
  type Recordable,
  type Recorded,
  scalarsOf,
  withRecordedParts,
} from "../transforms/recorded.ts";
import { rebuild } from "../transforms/structures.ts";
import { pullBack, pushForward } from "../transforms/sweeps.ts";

/**
 * The cotangent of x.
 *
 * @param call What errors name.
 * @param cotangents Those of the leaves of f(x).
 */
export function pullThrough(
  call: string,
  f: Recordable,
  x: unknown,
  cotangents: readonly Scalar[],
): unknown {
  return sweepThrough(
    call,
    f,
    x,
    (recorded) =>
      rebuild(recorded.argumentShape, pullBack(recorded, cotangents)),
  );
}

/**
 * The tangents of the leaves of f(x).
 *
 * @param call What errors name.
 * @param tangent That of x, in its shape.
 */
export function pushThrough(
  call: string,
  f: Recordable,
  x: unknown,
  tangent: unknown,
): Scalar[] {
  const { leaves } = scalarsOf(tangent, call, "the tangent");
  return sweepThrough(call, f, x, (recorded) => pushForward(recorded, leaves));
}

function sweepThrough<R>(
  call: string,
  f: Recordable,
  x: unknown,
  sweep: (recorded: Recorded) => R,
): R {
  return withRecordedParts(
    call,
    f,
    scalarsOf(x, call, "the argument"),
    [],
    sweep,
  );
}
