// In which rows of a loop an adjoint or a tangent is there at all. A derivative
// has one body for all rows, in which 0 stands for what is not there; and 0 times an
// infinite partial derivative is NaN, where the loop written out has no such product.
// So what may be missing is added to anything else under a flag only, which says
// whether it is there.
import { select } from "../operations/choice.ts";
import type { Scalar } from "../scalar.ts";
import type { Activity } from "../tape/activity.ts";
import { forEachOperand } from "../tape/entries.ts";
import type { Program } from "../tape/loop.ts";
import type { LoopBuilder, Recorded } from "./loop_builder.ts";

/** Where adjoints or tangents come into a body. */
export interface Source {
  /** The entry of the body that is given them. */
  readonly entry: number;
  /** Whether they are there in the first row: 1, 0, or a flag of the rows around. */
  readonly start: Recorded;
  /** The entry whose adjoint or tangent comes in with the next row; null if all rows are as the first. */
  readonly next: number | null;
}

/** Goes through the pairs of entries between which adjoints or tangents go, in the order of the sweep. */
type Edges = (visit: (from: number, to: number) => void) => void;

/** Those of a forward sweep of a body. */
export function forwardEdges(body: Program, activity: Activity): Edges {
  return (visit) => {
    for (let i = body.inputs; i < body.length; i++) {
      if (!activity.isVaried(i)) continue;
      forEachOperand(body, i, (operand) => {
        if (activity.isVaried(operand)) visit(operand, i);
      });
    }
  };
}

/** Those of a reverse sweep. */
export function reverseEdges(body: Program, activity: Activity): Edges {
  return (visit) => {
    for (let i = body.length - 1; i >= body.inputs; i--) {
      if (!activity.isVaried(i)) continue;
      forEachOperand(body, i, (operand) => {
        if (activity.isVaried(operand)) visit(i, operand);
      });
    }
  };
}

/** What may be missing in rows of a body, and the flags that say so. */
export class Liveness {
  readonly #builder: LoopBuilder;
  readonly #sources: readonly Source[];
  readonly #sums: ReadonlySet<number>;
  readonly #words: number;
  /** The sources of what is given to each entry, a bit each. */
  readonly #sets: Uint32Array;
  /** The sources that are there in every row. */
  readonly #always: Uint32Array;
  readonly #isAll: boolean;
  /** By source. */
  readonly #flags = new Map<number, Recorded>();
  readonly #carried: (() => Scalar)[];
  /** By the bits of a set. */
  readonly #flagsOfSets = new Map<string, Recorded>();

  /**
   * @param length How many entries the body has.
   * @param sums Entries whose adjoint goes on from row to row, or is shared with
   * others: nothing that is missing may be added to it.
   * @param carried Where flags are put that are carried: what each is in the next row.
   */
  constructor(
    builder: LoopBuilder,
    length: number,
    sources: readonly Source[],
    sums: ReadonlySet<number>,
    edges: Edges,
    carried: (() => Scalar)[] = [],
  ) {
    this.#builder = builder;
    this.#carried = carried;
    this.#sources = sources;
    this.#sums = sums;
    const words = this.#words = (sources.length + 31) >>> 5;
    this.#always = new Uint32Array(words);
    // The usual case: everything is there in every row.
    this.#isAll = sources.every(({ start, next }) =>
      start === 1 && next === null
    );
    this.#sets = new Uint32Array(this.#isAll ? 0 : length * words);
    if (this.#isAll) return;
    const sets = this.#sets;
    sources.forEach(({ entry, start }, k) => {
      sets[entry * words + (k >>> 5)]! |= 1 << (k & 31);
      if (start === 1) this.#always[k >>> 5]! |= 1 << (k & 31);
    });
    edges((from, to) => {
      for (let w = 0; w < words; w++) {
        sets[to * words + w]! |= sets[from * words + w]!;
      }
    });
    this.#isAll = this.#settle();
  }

  /** Finds the sources that are there in every row; true if these are all. */
  #settle(): boolean {
    const always = this.#always;
    for (let changed = true; changed;) {
      changed = false;
      this.#sources.forEach(({ next }, k) => {
        const bit = 1 << (k & 31);
        if (next === null || (always[k >>> 5]! & bit) === 0) return;
        if (this.#isAlways(next)) return;
        always[k >>> 5]! &= ~bit;
        changed = true;
      });
    }
    return this.#sources.every((_, k) => this.#isKept(k));
  }

  #isKept(source: number): boolean {
    return (this.#always[source >>> 5]! >>> (source & 31) & 1) === 1;
  }

  #isAlways(entry: number): boolean {
    const at = entry * this.#words;
    return this.#always.some((bits, w) => (this.#sets[at + w]! & bits) !== 0);
  }

  /** Whether an entry's is there in the row that is recorded: 1, or a flag. */
  of(entry: number): Recorded {
    if (this.#isAll || this.#isAlways(entry)) return 1;
    const at = entry * this.#words;
    const set = this.#sets.subarray(at, at + this.#words), key = set.join();
    let flag = this.#flagsOfSets.get(key);
    if (flag === undefined) {
      flag = 0;
      for (let k = 0; k < this.#sources.length; k++) {
        if ((set[k >>> 5]! >>> (k & 31) & 1) === 0) continue;
        const one = this.#flagOf(k);
        flag = flag === 0 ? one : select(one, 1, flag) as Recorded;
      }
      this.#flagsOfSets.set(key, flag);
    }
    return flag;
  }

  #flagOf(source: number): Recorded {
    let flag = this.#flags.get(source);
    if (flag === undefined) {
      const { start, next } = this.#sources[source]!;
      flag = next === null ? start : this.#builder.carry(start);
      if (next !== null) this.#carried.push(() => this.of(next));
      this.#flags.set(source, flag);
    }
    return flag;
  }

  /** The flag under which what comes from one entry may be added to another's; 1 if it always may. */
  between(from: number, to: number): Recorded {
    if (this.#isAll || this.#isAlways(from)) return 1;
    if (!this.#sums.has(to)) {
      const words = this.#words, sets = this.#sets;
      let isSame = true;
      for (let w = 0; w < words; w++) {
        if (sets[from * words + w] !== sets[to * words + w]) isSame = false;
      }
      // Both are missing in the same rows.
      if (isSame) return 1;
    }
    return this.of(from);
  }

  /** The flags of the next row, as the carries that flags turned out to need. */
  next(): Scalar[] {
    return nextFlags(this.#carried);
  }
}

/** The flags of the next row: of one body's {@linkcode Liveness}, or of several's. */
export function nextFlags(carried: readonly (() => Scalar)[]): Scalar[] {
  const flags: Scalar[] = [];
  // A flag may need another.
  for (let k = 0; k < carried.length; k++) flags.push(carried[k]!());
  return flags;
}

/** A share where its flag is not 0. */
export function where(flag: Recorded, share: Scalar): Scalar {
  return flag === 1 ? share : select(flag, share, 0);
}
