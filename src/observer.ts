// The observer of everything that is computed, which `detectAnomaly` sets. Nodes,
// tape and sweeps tell it of each event and know nothing but this interface; while
// there is none, an event costs a comparison. This file is below them all, so that
// their Nodes, Scalars and sections are plain objects to it.

/** An operation that was done. */
export interface Operation {
  readonly name: string;
  readonly operands: readonly number[];
  readonly value: number;
}

/** Where an operation comes from. */
export interface Origin {
  /** Made where the operation was, its stack says where; undefined if nothing observed it. */
  readonly place: Error | undefined;
  /** The operation of whose derivative it is a part; undefined if the user called it. */
  readonly derivativeOf: Operation | undefined;
}

/** What observes every operation and every sweep. */
export interface Observer {
  /** A node was made, other than a leaf. */
  onNode(node: object): void;
  /** `backward` was called: these are the nodes, operands first. */
  onBackward(order: readonly object[]): void;
  /** A node's gradient is complete; the operands get their shares next. */
  onPropagate(node: object): void;
  /** The operands of a node got their shares. */
  onPropagated(node: object): void;

  /** The origin of the operation that is recorded next. */
  origin(): Origin;
  /** An operation was recorded as this entry of the tape. */
  onRecord(entry: number): void;
  /** A reverse sweep begins. */
  onReverseSweep(
    section: object,
    outputs: readonly number[],
    cotangents: readonly unknown[],
  ): void;
  /** A forward sweep begins. */
  onForwardSweep(
    section: object,
    seeds: readonly unknown[],
    outputs: readonly number[],
  ): void;
  /** A sweep that is itself recorded comes to entry i, whose derivative it records next. */
  onDerivative(section: object, i: number): void;
  /** The innermost sweep ended. */
  onSweepEnd(): void;
}

/** The observer; null if there is none. */
export let observer: Observer | null = null;

/** Sets the observer and gives the one before; only for `withObserver`, which tells the tape. */
export function setObserver(next: Observer | null): Observer | null {
  const before = observer;
  observer = next;
  return before;
}
