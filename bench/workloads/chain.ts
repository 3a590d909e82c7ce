// Long chains of one scalar: what every automatic differentiation engine can run,
// and what measures nothing but the cost of an operation. Plain loops that call
// the operations directly, since they are what is measured.
import { add, mul, type Scalar } from "../../mod.ts";

/** How many leaves a chain goes round; a power of two, so that `&` picks one. */
export const CHAIN_LEAVES = 32;

/**
 * The leaves' values, of size near 1, in fours ±c, d, ±1/c, −1/d. One round
 * multiplies to 1, with or without the odd ones, and adds to nearly 0, so that
 * a chain of millions of operations neither overflows nor vanishes.
 */
export function chainLeaves(): number[] {
  const leaves: number[] = [];
  for (let i = 1; i <= CHAIN_LEAVES / 4; i++) {
    const c = (i % 2 === 0 ? -1 : 1) * (1 + i / 64), d = 1 + i / 48;
    leaves.push(c, d, 1 / c, -1 / d);
  }
  return leaves;
}

/**
 * n operations (n even) from the first leaf on, y = y·a; y = y + b in turn, with
 * the even leaves for a and the odd ones for b.
 */
export function mixedChain(leaves: readonly Scalar[], n: number): Scalar {
  let y = leaves[0]!;
  for (let i = 0; i < n; i += 2) {
    y = mul(y, leaves[i & 31]!);
    y = add(y, leaves[(i + 1) & 31]!);
  }
  return y;
}

/** n additions, y = y + b, from the first leaf on. */
export function addChain(leaves: readonly Scalar[], n: number): Scalar {
  let y = leaves[0]!;
  for (let i = 0; i < n; i++) y = add(y, leaves[i & 31]!);
  return y;
}

/** n multiplications, y = y·a, from the first leaf on. */
export function mulChain(leaves: readonly Scalar[], n: number): Scalar {
  let y = leaves[0]!;
  for (let i = 0; i < n; i++) y = mul(y, leaves[i & 31]!);
  return y;
}
