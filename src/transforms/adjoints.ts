import { add } from "../operations/arithmetic.ts";
import { select } from "../operations/choice.ts";
import type { Scalar } from "../scalar.ts";
import { type Liveness, where } from "./liveness.ts";
import type { List, Recorded } from "./loop_builder.ts";

/**
 * An adjoint or tangent that is 1 by what is asked for, and not by the data: a
 * product with it need not be written. It stands for a number in sweeps alone.
 */
export const ONE: Scalar = {} as Scalar;

/** What a sweep gives to the rest. */
export function numberOf(x: Scalar): Scalar {
  return x === ONE ? 1 : x;
}

/** The adjoint of a list. */
export type ListAdjoint =
  /** One number for all elements. */
  | { readonly kind: "same"; readonly value: Scalar }
  | { readonly kind: "list"; readonly list: List }
  /** By element, undefined for zero: of a list whose length is known. */
  | { readonly kind: "elements"; readonly values: (Scalar | undefined)[] };

/** Where what is given to an entry goes instead, where a condition is not 0. */
export interface Redirection {
  readonly to: number;
  readonly condition: Scalar;
}

/** Adjoints as a reverse sweep adds them up. */
export class Adjoints {
  readonly lists: Map<number, ListAdjoint> = new Map();
  /** In a loop's body, which adjoints are there; null where all are. */
  liveness: Liveness | null = null;
  #source: number | null = null;
  #redirected: Map<number, Redirection> | null = null;
  readonly #start: number;
  readonly #scalars: (Scalar | undefined)[];

  /**
   * @param start The first entry that has one.
   * @param count How many entries may have one.
   */
  constructor(start: number, count: number) {
    this.#start = start;
    this.#scalars = new Array(count);
  }

  /** The adjoint so far; undefined if nothing was given. */
  of(entry: number): Scalar | undefined {
    const adjoint = this.written(entry);
    return adjoint === undefined ? undefined : numberOf(adjoint);
  }

  /** The same, {@linkcode ONE} being itself. */
  written(entry: number): Scalar | undefined {
    const own = this.#scalars[entry - this.#start];
    const redirected = this.#redirected?.get(entry);
    if (redirected === undefined) return own;
    const { to, condition } = redirected;
    return select(condition, this.own(to) ?? 0, this.own(entry) ?? 0);
  }

  /** The adjoint so far of an entry alone, wherever what is given to it goes. */
  own(entry: number): Scalar | undefined {
    const own = this.#scalars[entry - this.#start];
    return own === undefined ? undefined : numberOf(own);
  }

  /**
   * Has what is given to an entry go to another instead where a condition is
   * not 0: in the first row, a state is what it began as.
   */
  redirect(entry: number, to: number, condition: Scalar): void {
    this.#redirected ??= new Map();
    this.#redirected.set(entry, { to, condition });
  }

  /** Where what is given to an entry may go instead. */
  redirection(entry: number): Redirection | undefined {
    return this.#redirected?.get(entry);
  }

  /** Says whose adjoint the next shares come from; null if nothing of it may be missing. */
  from(entry: number | null): void {
    this.#source = entry;
  }

  /** Whether an entry's adjoint is there: 1, or a flag. */
  isThere(entry: number): Recorded {
    return this.liveness === null ? 1 : this.liveness.of(entry);
  }

  /** The flag under which those shares may be given to an entry; 1 if they always may. */
  flagTo(entry: number): Recorded {
    return this.liveness === null || this.#source === null
      ? 1
      : this.liveness.between(this.#source, entry);
  }

  /** Adds to an adjoint. */
  give(entry: number, given: Scalar): void {
    const share = where(this.flagTo(entry), given);
    const redirected = this.#redirected?.get(entry);
    if (redirected === undefined) {
      this.#add(entry, share);
      return;
    }
    const { to, condition } = redirected, number = numberOf(share);
    this.#add(to, select(condition, number, 0));
    this.#add(entry, select(condition, 0, number));
  }

  /** Sets an adjoint to a sum that began with the adjoint so far. */
  set(entry: number, adjoint: Scalar): void {
    const redirected = this.#redirected?.get(entry);
    if (redirected === undefined) {
      this.#put(entry, adjoint);
      return;
    }
    const { to, condition } = redirected;
    this.#put(to, select(condition, adjoint, this.own(to) ?? 0));
    this.#put(entry, select(condition, this.own(entry) ?? 0, adjoint));
  }

  /** Sets the adjoint of an entry alone, as {@linkcode own} gives it. */
  setOwn(entry: number, adjoint: Scalar): void {
    this.#put(entry, adjoint);
  }

  #add(entry: number, share: Scalar): void {
    const so = this.own(entry);
    this.#put(entry, so === undefined ? share : add(so, numberOf(share)));
  }

  #put(entry: number, adjoint: Scalar): void {
    this.#scalars[entry - this.#start] = adjoint;
  }
}
