// The forward sweep of loops: each becomes a second loop over the same rows,
// whose carries are tangents, of one direction or of several.
import { add, mul } from "../operations/arithmetic.ts";
import type { Scalar } from "../scalar.ts";
import type { Activity, LoopActivity } from "../tape/activity.ts";
import type { Operations } from "../tape/entries.ts";
import {
  type Address,
  ELEMENT,
  FINAL,
  GATHER,
  isListAt,
  LIST_DOT,
  LIST_LOG_SUM_EXP,
  LIST_MEAN,
  LIST_SUM,
  LOOP,
  type Loop,
  STACKED,
  UPDATED,
} from "../tape/loop.ts";
import {
  entryFor,
  recordData,
  recordGather,
  recordOf,
} from "../tape/recording.ts";
import { numberOf, ONE } from "./adjoints.ts";
import { pushThrough } from "./chain_rule.ts";
import {
  FLAT,
  foldLists,
  gathered,
  mapLists,
  shareOf,
  zerosLike,
} from "./list_loops.ts";
import {
  forwardEdges,
  Liveness,
  nextFlags,
  type Source,
  where,
} from "./liveness.ts";
import {
  type List,
  LoopBuilder,
  type LoopResults,
  type Recorded,
} from "./loop_builder.ts";
import { BodyPrimal, type Primal } from "./primal.ts";
import { softmaxOf } from "./softmax.ts";

/** Where the tangents of a loop's results are among the results of another. */
interface Moved {
  readonly results: LoopResults;
  readonly finals: readonly number[];
  readonly stacked: readonly number[];
  readonly updated: readonly number[];
}

/** Tangents are not summed up from row to row. */
const NO_SUMS: ReadonlySet<number> = new Set();

/** A forward sweep from some tangents of the inputs: several of them share loops. */
export class Direction {
  readonly activity: Activity;
  readonly tangents: (Scalar | undefined)[];
  /** In a loop's body, which tangents are there; null where all are. */
  liveness: Liveness | null = null;
  readonly #primal: Primal;
  readonly #start: number;
  readonly #lists = new Map<number, List>();
  readonly #moved = new Map<number, Moved>();

  constructor(
    primal: Primal,
    activity: Activity,
    tangents: (Scalar | undefined)[],
    start: number,
  ) {
    this.#primal = primal;
    this.activity = activity;
    this.tangents = tangents;
    this.#start = start;
  }

  /** Comes to an entry of a list that varies, or to a result of a loop. */
  at(i: number): void {
    const { operations } = this.#primal;
    const { codes, lefts, rights } = operations;
    const left = lefts[i]!, right = rights[i]!;
    switch (codes[i]) {
      case FINAL: {
        const { results, finals } = this.#moved.get(left)!;
        const tangent = results.final(finals[right]!);
        if (isListAt(operations, i)) this.#lists.set(i, tangent);
        else this.#set(i, tangent);
        return;
      }
      case STACKED: {
        const { results, stacked } = this.#moved.get(left)!;
        this.#lists.set(i, results.stacked(stacked[right]!));
        return;
      }
      case UPDATED: {
        const { results, updated } = this.#moved.get(left)!;
        this.#lists.set(i, results.updated(updated[right]!));
        return;
      }
      case GATHER: {
        // Known tangents become a list where one is asked for.
        if (this.activity.seedsOf(i) !== undefined) return;
        const entries = Array.from(
          gathered(operations, i)!,
          (entry) =>
            entryFor(
              where(
                this.#flag(entry, i),
                this.tangent(entry) ?? 0,
              ) as Recorded,
            ),
        );
        this.#lists.set(i, recordGather(entries));
        return;
      }
      case ELEMENT:
        this.#set(i, recordOf(ELEMENT, this.list(left), right));
        return;
      case LIST_SUM:
        this.#set(i, recordOf(LIST_SUM, this.list(left), 0));
        return;
      case LIST_MEAN: {
        const share = shareOf(this.#primal.list(left));
        const moved = foldLists(
          [this.list(left)],
          0,
          (sum, t) => add(sum, mul(t!, share)),
        );
        this.#set(i, moved);
        return;
      }
      case LIST_LOG_SUM_EXP: {
        const weights = softmaxOf(this.#primal.list(left));
        this.#set(i, weighted(0, this.list(left), weights, 1));
        return;
      }
      case LIST_DOT: {
        let sum: Recorded = 0;
        for (const [one, other] of [[left, right], [right, left]] as const) {
          if (!this.activity.isVaried(one)) continue;
          const flag = this.#flag(one, i), weights = this.#primal.list(other);
          sum = weighted(sum, this.list(one), weights, flag);
        }
        this.#set(i, sum);
      }
    }
  }

  /** Says where the tangents of a loop's results are. */
  setMoved(loop: number, moved: Moved): void {
    this.#moved.set(loop, moved);
  }

  /** The flag under which an operand's tangent has a part in an entry's; 1 if it always has. */
  #flag(operand: number, entry: number): Recorded {
    return this.liveness?.between(operand, entry) ?? 1;
  }

  /** Whether an entry's tangent is there: 1, 0, or a flag. */
  isThere(entry: number): Recorded {
    if (!this.activity.isVaried(entry)) return 0;
    return this.liveness?.of(entry) ?? 1;
  }

  #set(entry: number, tangent: Scalar): void {
    this.tangents[entry - this.#start] = tangent;
  }

  tangent(entry: number): Recorded | undefined {
    if (!this.activity.isVaried(entry)) return undefined;
    const tangent = this.tangents[entry - this.#start];
    return tangent === undefined ? undefined : numberOf(tangent) as Recorded;
  }

  /** The tangent of a list. */
  list(entry: number): List {
    let list = this.#lists.get(entry);
    if (list !== undefined) return list;
    const seeds = this.activity.seedsOf(entry);
    if (seeds === undefined) return zerosLike(this.#primal, entry);
    list = recordData(seeds);
    this.#lists.set(entry, list);
    return list;
  }

  setList(entry: number, list: List): void {
    this.#lists.set(entry, list);
  }

  /** The same for what goes out of a body: zeros where it is missing. */
  listOut(entry: number): List {
    const flag = this.isThere(entry), list = this.list(entry);
    if (flag === 1 || flag === 0) return list;
    return mapLists([list], (x) => where(flag, x!));
  }
}

/**
 * Forward sweeps from entry `first` up to `end` − 1, in several directions.
 * Parameters as of {@linkcode pushThrough}.
 */
export function pushAll(
  primal: Primal,
  directions: readonly Direction[],
  start: number,
  first: number,
  end: number,
  atEntry: (entry: number) => void,
): void {
  const { operations } = primal, { codes } = operations;
  const pushTo = (from: number, to: number) => {
    for (const direction of directions) {
      pushThrough(
        operations,
        direction.activity,
        direction.tangents,
        start,
        from,
        to,
        atEntry,
        (i) => direction.at(i),
        direction.liveness,
      );
    }
  };
  let from = first;
  for (let i = first; i < end; i++) {
    if (codes[i] !== LOOP) continue;
    pushTo(from, i);
    const moving = directions.filter(({ activity }) => activity.isVaried(i));
    if (moving.length > 0) pushLoop(primal, i, moving);
    from = i + 1;
  }
  pushTo(from, end);
}

/** The tangents of what a loop takes, from the program around. */
interface Taken {
  readonly varied: LoopActivity;
  readonly carries: readonly (Recorded | undefined)[];
  /** The list of a stream's tangent, or the number that it is in all rows. */
  readonly streams: readonly (
    | {
      readonly list: List;
      readonly address: Address;
      readonly seeds: boolean;
    }
    | { readonly value: Scalar }
    | undefined
  )[];
  readonly slices: readonly (List | undefined)[];
  readonly updates: readonly (List | undefined)[];
  readonly captures: readonly (Recorded | undefined)[];
  /** By input of the body, whether its tangent is there: 1, 0, or a flag. */
  readonly there: readonly Recorded[];
}

/** Records the tangents of a loop, in several directions, as one loop. */
function pushLoop(
  primal: Primal,
  at: number,
  directions: readonly Direction[],
): void {
  const { operations } = primal;
  const loop = operations.loops[operations.lefts[at]!]!;
  // All that is asked of the program around comes before the body begins.
  const body = new BodyPrimal(primal, at);
  const count = primal.scalar(loop.count);
  const taken = directions.map((direction) =>
    takenBy(operations, at, direction)
  );
  const builder = new LoopBuilder(count, loop.down);
  body.builder = builder;
  // What the directions carry beside tangents, in the order of all of them.
  const flags: (() => Scalar)[] = [];
  const bodies = taken.map((one) => begin(one, loop, body, builder, flags));
  const { inputs, length } = loop.body;
  pushAll(body, bodies, 0, inputs, length, () => {});
  const next: Scalar[] = [], stores: Scalar[][] = [];
  const stacked: (Scalar[] | List)[] = [];
  const places = taken.map((one, k) => {
    const results = resultsIn(bodies[k]!, one, loop);
    const before = {
      next: next.length,
      stores: stores.length,
      stacked: stacked.length,
    };
    next.push(...results.next);
    stores.push(...results.stores);
    stacked.push(...results.stacked);
    return { results, before };
  });
  next.push(...nextFlags(flags));
  const results = builder.finish({ next, stores, stacked });
  places.forEach(({ results: { finals, updated, stackedAt }, before }, k) =>
    directions[k]!.setMoved(at, {
      results,
      finals: finals.map((place) => place + before.next),
      updated: updated.map((place) => place + before.stores),
      stacked: stackedAt.map((place) => place + before.stacked),
    })
  );
}

function takenBy(
  operations: Operations,
  at: number,
  direction: Direction,
): Taken {
  const loop = operations.loops[operations.lefts[at]!]!;
  const varied = direction.activity.loopAt(at), inner = varied.body;
  // By what the body's activity says: what is around may have turned out flat.
  let asked = loop.carries.length;
  const isMoved = () => inner.isVaried(asked++);
  const numberOrList = (entry: number) =>
    isListAt(operations, entry)
      ? direction.list(entry)
      : direction.tangent(entry) ?? 0;
  const carries = loop.carries.map((entry, k) =>
    varied.carries[k]! ? numberOrList(entry) : undefined
  );
  const streams = loop.streams.map(({ list, offset, stride, table }, k) => {
    if (!isMoved()) return undefined;
    const seeds = direction.activity.streamSeeds(at, k);
    if (seeds === undefined) {
      const address = { offset, stride, table };
      return { list: direction.list(list), address, seeds: false };
    }
    const [value] = seeds;
    return seeds.every((seed) => seed === value)
      ? { value: value === 1 ? ONE : value! }
      : { list: recordData(seeds), address: FLAT, seeds: true };
  });
  const slices = loop.slices.map((list) =>
    isMoved() ? direction.list(list) : undefined
  );
  const updates = loop.updates.map(({ list }, u) =>
    varied.updates[u]! ? direction.list(list) : undefined
  );
  asked = loop.body.inputs - loop.captures.length;
  const captures = loop.captures.map((entry) =>
    isMoved() ? numberOrList(entry) : undefined
  );
  /** Where each input comes from, in order; null for what is there in all rows. */
  const origins = [
    ...loop.carries,
    ...loop.streams.map(({ list }) => list),
    ...loop.slices,
    ...loop.updates.flatMap(({ addresses }) => addresses.map(() => null)),
    ...loop.index ? [null] : [],
    ...loop.captures,
  ];
  const there = origins.map((origin, input) =>
    origin === null || !inner.isVaried(input) ? 1 : direction.isThere(origin)
  );
  return { varied, carries, streams, slices, updates, captures, there };
}

/** Begins with the tangents of the inputs of a body. */
function begin(
  { varied, carries, streams, slices, updates, captures, there }: Taken,
  loop: Loop,
  body: BodyPrimal,
  builder: LoopBuilder,
  flags: (() => Scalar)[],
): Direction {
  const { outputs, length } = loop.body, inner = varied.body;
  inner.scalars = (entry) => body.scalar(entry);
  const tangents: (Scalar | undefined)[] = new Array(length);
  const within = new Direction(body, inner, tangents, 0);
  let input = 0;
  const take = (tangent: Scalar | undefined) => {
    if (isListAt(loop.body, input)) {
      if (tangent !== undefined) within.setList(input, tangent as List);
    } else tangents[input] = tangent;
    input++;
  };
  carries.forEach((start, k) => {
    if (start === undefined) take(undefined);
    else if (isListAt(loop.body, k)) take(builder.carryList(start as List));
    else take(builder.carry(start));
  });
  /** By stream: where its tangent is there, if not in all rows. */
  const seeded = new Map<number, Recorded>();
  for (const stream of streams) {
    if (stream === undefined) take(undefined);
    else if ("value" in stream) take(stream.value);
    else {
      const tangent = builder.stream(() => stream);
      // A seed is a flag.
      if (stream.seeds) seeded.set(input, tangent);
      take(tangent);
    }
  }
  slices.forEach((list) => take(list && builder.slice(() => list)));
  updates.forEach((list, u) => {
    const { addresses } = loop.updates[u]!;
    const moved = list && builder.update(list, addresses);
    addresses.forEach((_, a) => take(moved?.[a]));
  });
  if (loop.index) take(undefined);
  captures.forEach(take);

  const sources: Source[] = [];
  there.forEach((isThere, input) => {
    if (!inner.isVaried(input)) return;
    sources.push({
      entry: input,
      start: seeded.get(input) ?? isThere,
      next: input < loop.carries.length ? outputs[input]! : null,
    });
  });
  within.liveness = new Liveness(
    builder,
    length,
    sources,
    NO_SUMS,
    forwardEdges(loop.body, inner),
    flags,
  );
  return within;
}

/** The tangents of the outputs of a body, and where those of a loop's results are among them. */
function resultsIn(
  within: Direction,
  { varied, carries, updates }: Taken,
  loop: Loop,
): {
  readonly next: Scalar[];
  readonly stores: Scalar[][];
  readonly stacked: (Scalar[] | List)[];
  readonly finals: readonly number[];
  readonly updated: readonly number[];
  readonly stackedAt: readonly number[];
} {
  const { outputs } = loop.body, inner = varied.body;
  const liveness = within.liveness!;
  let output = 0;
  const rowOf = (count: number) =>
    Array.from({ length: count }, () => {
      const entry = outputs[output++]!;
      return inner.isVaried(entry)
        ? where(liveness.of(entry), within.tangent(entry) ?? 0)
        : 0;
    });
  const next: Scalar[] = [], stores: Scalar[][] = [];
  const stacked: (Scalar[] | List)[] = [];
  const finals: number[] = [], updated: number[] = [];
  const stackedAt: number[] = [];
  carries.forEach((start, k) => {
    const isList = isListAt(loop.body, k);
    const list = isList ? within.listOut(outputs[output]!) : undefined;
    const [tangent] = rowOf(1);
    if (start === undefined) return;
    finals[k] = next.push(list ?? tangent!) - 1;
  });
  loop.updates.forEach(({ addresses }, u) => {
    const row = rowOf(addresses.length);
    if (updates[u] !== undefined) updated[u] = stores.push(row) - 1;
  });
  varied.stacked.forEach((isVaried, j) => {
    const width = loop.stacked[j]!;
    const list = width === 0 && isVaried
      ? within.listOut(outputs[output]!)
      : undefined;
    const row = rowOf(Math.max(1, width));
    if (isVaried) stackedAt[j] = stacked.push(list ?? row) - 1;
  });
  return { next, stores, stacked, finals, updated, stackedAt };
}

/** The sum of the products of two lists, where a flag is not 0, added to another. */
function weighted(
  sum: Recorded,
  list: List,
  weights: List,
  flag: Recorded,
): Recorded {
  return foldLists(
    [list, weights],
    sum,
    (so, t, w) => add(so, where(flag, mul(t!, w!))),
  );
}
