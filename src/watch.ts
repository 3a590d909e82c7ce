// What `detectAnomaly` has to hear of while it runs. Nodes, tape and sweeps know
// this interface and no more; while nobody watches, it is null. It stands below
// them all, and so takes their Nodes, Scalars and sections as what they are to
// it: whoever watches says what it expects.

/** An operation that was done. */
export interface Operation {
  readonly name: string;
  readonly operands: readonly number[];
  readonly value: number;
}

/** Where an operation comes from. */
export interface Origin {
  /** Made where the operation was, its stack says where; undefined if nobody watched. */
  readonly place: Error | undefined;
  /** The operation of whose derivative it is a part; undefined if the user called it. */
  readonly derivativeOf: Operation | undefined;
}

/** Somebody who looks at every operation and every sweep. */
export interface Watch {
  /** A node was made. */
  made(node: object): void;
  /** Does what `backward` does once it has the nodes in order. */
  propagate(nodes: readonly object[]): void;
  /** Where the operation that is about to be recorded comes from. */
  origin(): Origin;
  /** An operation was recorded as this entry of the tape. */
  recorded(entry: number): void;
  /** A reverse sweep is about to begin. */
  pullsBack(
    section: object,
    outputs: readonly number[],
    cotangents: readonly unknown[],
  ): void;
  /** A forward sweep is about to begin. */
  pushesForward(
    section: object,
    seeds: readonly unknown[],
    outputs: readonly number[],
  ): void;
  /** A sweep that is recorded, and that tells of each entry it comes to, as it is to be run. */
  emission<A extends unknown[], R>(sweep: (...of: A) => R): (...of: A) => R;
  /** Until the next call, what is recorded is the derivative of entry i. */
  derives(section: object, i: number): void;
}

/** Whoever watches; null while nobody does. */
export let watch: Watch | null = null;

/** Has somebody else watch, or nobody, and says who did before; see `underWatch`. */
export function replaceWatch(next: Watch | null): Watch | null {
  const before = watch;
  watch = next;
  return before;
}
