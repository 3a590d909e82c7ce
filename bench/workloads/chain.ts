// Long chains of one scalar: what every automatic differentiation engine can run,
// and what measures nothing but the cost of an operation.
import * as chainrule from "../../mod.ts";
import type { Scalar } from "../../mod.ts";
import type { Language } from "./language.ts";

/** How many leaves a chain goes round; a power of two, so that `&` picks one. */
export const CHAIN_LEAVES = 32;

/** A chain of n operations (n even) from the first leaf on. */
export type Chain<T> = (leaves: readonly T[], n: number) => T;

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

/** y = y·a; y = y + b in turn, with the even leaves for a and the odd ones for b. */
export function mixedChainIn<T>({ add, mul }: Language<T>): Chain<T> {
  return (leaves, n) => {
    let y: T = leaves[0]!;
    for (let i = 0; i < n; i += 2) {
      y = mul(y, leaves[i & 31]!);
      y = add(y, leaves[(i + 1) & 31]!);
    }
    return y;
  };
}

/** Additions, y = y + b. */
export function addChainIn<T>({ add }: Language<T>): Chain<T> {
  return (leaves, n) => {
    let y: T = leaves[0]!;
    for (let i = 0; i < n; i++) y = add(y, leaves[i & 31]!);
    return y;
  };
}

/** Multiplications, y = y·a. */
export function mulChainIn<T>({ mul }: Language<T>): Chain<T> {
  return (leaves, n) => {
    let y: T = leaves[0]!;
    for (let i = 0; i < n; i++) y = mul(y, leaves[i & 31]!);
    return y;
  };
}

/** {@linkcode mixedChainIn} this module's operations. */
export const mixedChain: Chain<Scalar> = mixedChainIn<Scalar>(chainrule);
/** {@linkcode addChainIn} this module's operations. */
export const addChain: Chain<Scalar> = addChainIn<Scalar>(chainrule);
/** {@linkcode mulChainIn} this module's operations. */
export const mulChain: Chain<Scalar> = mulChainIn<Scalar>(chainrule);
