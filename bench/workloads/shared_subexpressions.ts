// Ladders: each rung is made of the two rungs before, so that the paths from the
// top to the bottom grow as Fibonacci's numbers while the graph grows by a few
// nodes. What walks paths instead of nodes does not come back.
import * as chainrule from "../../mod.ts";
import { add, mul, type Scalar } from "../../mod.ts";
import type { Language } from "./language.ts";

/** Rungs added: F(n−1)·x + F(n)·y, with Fibonacci's F(1) = F(2) = 1. */
export function addLadder(x: Scalar, y: Scalar, rungs: number): Scalar {
  for (let i = 0; i < rungs; i++) [x, y] = [y, add(x, y)];
  return x;
}

/** Rungs multiplied: x^F(n−1) · y^F(n). */
export function mulLadder(x: Scalar, y: Scalar, rungs: number): Scalar {
  for (let i = 0; i < rungs; i++) [x, y] = [y, mul(x, y)];
  return x;
}

/** Rungs sin(x·y + x + sin(x·y)), whose product is shared within the rung, too. */
export function sineLadderIn<T>(
  { add, mul, sin }: Language<T>,
): (x: T, y: T, rungs: number) => T {
  return (x, y, rungs) => {
    for (let i = 0; i < rungs; i++) {
      const product = mul(x, y);
      [x, y] = [y, sin(add(product, add(x, sin(product))))];
    }
    return x;
  };
}

/** {@linkcode sineLadderIn} this module's operations. */
export const sineLadder: (x: Scalar, y: Scalar, rungs: number) => Scalar =
  sineLadderIn<Scalar>(chainrule);

/** x doubled over and over by adding it to itself: 2ⁿ·x. */
export function doublings(x: Scalar, times: number): Scalar {
  for (let i = 0; i < times; i++) x = add(x, x);
  return x;
}
