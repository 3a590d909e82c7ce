// The reverse sweep of loops: each becomes a loop the other way, whose carries
// are adjoints of carries and of what the body captured. Sums go on from the
// adjoints so far, share by share in the order of the sweep, so that they are
// those of the unrolled loop to the bit.
import { add, sub } from "../operations/arithmetic.ts";
import { eq, select } from "../operations/choice.ts";
import type { Scalar } from "../scalar.ts";
import { type Activity, sectionOf } from "../tape/activity.ts";
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
  type Stream,
  UPDATED,
} from "../tape/loop.ts";
import { entryFor, recordGather, recordOf } from "../tape/recording.ts";
import {
  Adjoints,
  type ListAdjoint,
  numberOf,
  type Redirection,
} from "./adjoints.ts";
import { product, pullThrough } from "./chain_rule.ts";
import {
  addLists,
  gathered,
  mapLists,
  shareOf,
  zerosLike,
} from "./list_loops.ts";
import {
  type Places,
  placesOf,
  type Reached,
  reachedIn,
} from "./loop_reach.ts";
import { Liveness, reverseEdges, type Source, where } from "./liveness.ts";
import { type List, LoopBuilder, type Recorded } from "./loop_builder.ts";
import { BodyPrimal, type Primal } from "./primal.ts";
import { softmaxOf } from "./softmax.ts";

/** The adjoints of a loop's results; a list's is one number or a list. */
interface Results {
  readonly finals: (Recorded | undefined)[];
  readonly finalLists: (List | undefined)[];
  readonly stacked: (ListAdjoint | undefined)[];
  readonly updated: (List | undefined)[];
  /** Of each that has one, whether it is there: 1, or a flag. */
  readonly live: Record<"finals" | "stacked", Recorded[]>;
}

/** The part of a reverse sweep that sees to loops and lists. */
export class LoopReverse {
  readonly #primal: Primal;
  readonly #activity: Activity;
  readonly #adjoints: Adjoints;
  /** By the loop's entry. */
  readonly #results = new Map<number, Results>();

  constructor(primal: Primal, activity: Activity, adjoints: Adjoints) {
    this.#primal = primal;
    this.#activity = activity;
    this.#adjoints = adjoints;
  }

  /** Comes to an entry of a loop or list. */
  at(i: number): void {
    const { codes, lefts, rights } = this.#primal.operations;
    const left = lefts[i]!, right = rights[i]!;
    const adjoints = this.#adjoints;
    adjoints.from(i);
    switch (codes[i]) {
      case LOOP: {
        // A loop itself leaves out what is missing in its rows.
        adjoints.from(null);
        const results = this.#results.get(i);
        if (results !== undefined) this.#pullLoop(i, results);
        return;
      }
      case FINAL: {
        const results = this.#resultsOf(left), list = adjoints.lists.get(i);
        results.live.finals[right] = adjoints.isThere(i);
        results.finals[right] = adjoints.of(i) as Recorded | undefined;
        results.finalLists[right] = list && this.#asList(list, i);
        return;
      }
      case STACKED: {
        const list = adjoints.lists.get(i);
        this.#resultsOf(left).live.stacked[right] = adjoints.isThere(i);
        this.#resultsOf(left).stacked[right] = list?.kind === "elements"
          ? { kind: "list", list: this.#asList(list, i) }
          : list;
        return;
      }
      case UPDATED: {
        const list = adjoints.lists.get(i);
        this.#resultsOf(left).updated[right] = list && this.#asList(list, i);
        return;
      }
      case GATHER: {
        const adjoint = adjoints.lists.get(i);
        if (adjoint !== undefined) this.#giveList(i, adjoint);
        return;
      }
    }
    const adjoint = adjoints.written(i);
    if (adjoint === undefined) return;
    switch (codes[i]) {
      case ELEMENT:
        this.#giveElement(left, right, adjoint);
        return;
      case LIST_SUM:
        this.#giveList(left, { kind: "same", value: adjoint });
        return;
      case LIST_MEAN: {
        const share = shareOf(this.#primal.list(left));
        this.#giveShares(
          left,
          zerosLike(this.#primal, left),
          () => product(false, adjoint, share, false),
        );
        return;
      }
      case LIST_LOG_SUM_EXP: {
        const weights = softmaxOf(this.#primal.list(left));
        this.#giveShares(
          left,
          weights,
          (weight) => product(false, adjoint, weight, false),
        );
        return;
      }
      case LIST_DOT:
        for (const [one, other] of [[left, right], [right, left]] as const) {
          if (!this.#activity.isVaried(one)) continue;
          const across = this.#primal.list(other);
          this.#giveShares(
            one,
            across,
            (x) => product(false, adjoint, x, false),
          );
        }
    }
  }

  #resultsOf(loop: number): Results {
    let results = this.#results.get(loop);
    if (results === undefined) {
      const live = { finals: [], stacked: [] };
      results = { finals: [], finalLists: [], stacked: [], updated: [], live };
      this.#results.set(loop, results);
    }
    return results;
  }

  /** Adds to the adjoint of one element of a list. */
  #giveElement(list: number, index: number, given: Scalar): void {
    const { lists } = this.#adjoints;
    const share = where(this.#adjoints.flagTo(list), numberOf(given));
    const so = lists.get(list);
    if (so === undefined || so.kind === "elements") {
      const values = so?.values ?? [];
      const before = values[index];
      values[index] = before === undefined ? share : add(before, share);
      lists.set(list, { kind: "elements", values });
      return;
    }
    const before = this.#takeList(list);
    const builder = new LoopBuilder(1, false);
    const address = { offset: index, stride: 0, table: null };
    const [adjoint] = builder.update(before, [address]);
    const stores = [[add(adjoint!, share)]];
    const loop = builder.finish({ next: [], stores, stacked: [] });
    lists.set(list, { kind: "list", list: loop.updated(0) });
  }

  /** Adds f of each number of another list to the adjoint of a list. */
  #giveShares(list: number, by: List, f: (x: Scalar) => Scalar): void {
    const so = this.#adjoints.lists.get(list);
    const flag = this.#adjoints.flagTo(list);
    const share = (x: Scalar) => where(flag, f(x));
    const sum = so === undefined
      ? mapLists([by], (x) => share(x!))
      : mapLists([this.#asList(so, list), by], (a, x) => add(a!, share(x!)));
    this.#adjoints.lists.set(list, { kind: "list", list: sum });
  }

  /** Adds to the adjoint of a list. */
  #giveList(list: number, given: ListAdjoint): void {
    const adjoints = this.#adjoints;
    const entries = gathered(this.#primal.operations, list);
    if (entries !== null) {
      for (const [k, entry] of entries.entries()) {
        if (!this.#activity.isVaried(entry)) continue;
        const one = elementOf(given, k);
        if (one !== undefined) adjoints.give(entry, one);
      }
      return;
    }
    const share = this.#listWhere(adjoints.flagTo(list), given, list);
    const so = adjoints.lists.get(list);
    if (so === undefined) {
      adjoints.lists.set(list, share);
    } else {
      const before = this.#asList(so, list);
      const sum = share.kind === "same"
        ? mapLists([before], (a) => add(a!, numberOf(share.value)))
        : addLists(before, this.#asList(share, list));
      adjoints.lists.set(list, { kind: "list", list: sum });
    }
  }

  #listWhere(
    flag: Recorded,
    adjoint: ListAdjoint,
    list: number,
  ): ListAdjoint {
    if (flag === 1) return adjoint;
    if (adjoint.kind === "same") {
      return { kind: "same", value: where(flag, numberOf(adjoint.value)) };
    }
    const all = this.#asList(adjoint, list);
    const shares = mapLists([all], (x) => where(flag, x!));
    return { kind: "list", list: shares };
  }

  /** The adjoint so far of a list, zeros where there is none. */
  #takeList(list: number): List {
    const entries = gathered(this.#primal.operations, list);
    if (entries !== null) {
      const values = Array.from(entries, (entry) => this.#adjoints.of(entry));
      if (values.some((value) => value !== undefined)) return gather(values);
    }
    const so = this.#adjoints.lists.get(list);
    return so === undefined
      ? zerosLike(this.#primal, list)
      : this.#asList(so, list);
  }

  /** Sets the adjoint of a list to sums that began with {@linkcode #takeList}. */
  #setList(list: number, adjoint: List): void {
    const entries = gathered(this.#primal.operations, list);
    if (entries === null) {
      this.#adjoints.lists.set(list, { kind: "list", list: adjoint });
      return;
    }
    for (const [k, entry] of entries.entries()) {
      if (!this.#activity.isVaried(entry)) continue;
      this.#adjoints.set(entry, recordOf(ELEMENT, adjoint, k));
    }
  }

  /** An adjoint of a list as a list. */
  #asList(adjoint: ListAdjoint, list: number): List {
    switch (adjoint.kind) {
      case "list":
        return adjoint.list;
      case "same": {
        const value = numberOf(adjoint.value);
        return mapLists([zerosLike(this.#primal, list)], () => value);
      }
      case "elements": {
        // Only what was asked for has an adjoint; the rest of the list is zero.
        const zeros = zerosLike(this.#primal, list);
        const builder = new LoopBuilder(1, false);
        const indices = [...adjoint.values.keys()].filter((k) =>
          adjoint.values[k] !== undefined
        );
        builder.update(
          zeros,
          indices.map((offset) => ({ offset, stride: 0, table: null })),
        );
        const stores = [indices.map((k) => adjoint.values[k]!)];
        return builder.finish({ next: [], stores, stacked: [] }).updated(0);
      }
    }
  }

  #pullLoop(at: number, results: Results): void {
    const primal = this.#primal, activity = this.#activity;
    const adjoints = this.#adjoints, { operations } = primal;
    const loop = operations.loops[operations.lefts[at]!]!;
    const { outputs, inputs, length } = loop.body;
    const inner = activity.loopAt(at).body;
    const places = placesOf(loop);
    const reached = reachedIn(loop, inner, places, {
      carries: loop.carries.map((_, k) =>
        results.finals[k] !== undefined || results.finalLists[k] !== undefined
      ),
      stacked: loop.stacked.map((_, j) => results.stacked[j] !== undefined),
      updates: loop.updates.map((_, u) => results.updated[u] !== undefined),
    });

    // All that is asked of the program around comes before the body begins.
    const body = new BodyPrimal(primal, at);
    const count = primal.scalar(loop.count);
    const sums = this.#sumsOf(loop, places, reached);
    const begun = new Map<number, number>();
    const states = loop.carries.flatMap((entry, k) => {
      if (!reached.carries[k]!) return [];
      const isList = isListAt(loop.body, k);
      const start = isList
        ? results.finalLists[k] ?? zerosLike(primal, entry)
        : results.finals[k] ?? 0;
      const input = isList || !activity.isVaried(entry)
        ? undefined
        : sums.captures.find((capture) => capture.entry === entry)?.input ??
          begun.get(entry);
      const begins = !isList && input === undefined &&
        activity.isVaried(entry) && sums.take(entry);
      if (begins) begun.set(entry, k);
      const before = begins ? adjoints.of(entry) : undefined;
      return [{ k, entry, isList, start, input, begins, before }];
    });
    const updates = loop.updates.flatMap(({ list, addresses }, u) => {
      if (!reached.updates[u]!) return [];
      const start = results.updated[u] ?? zerosLike(primal, list);
      return [{ u, list, addresses, start }];
    });
    const slices = loop.slices.flatMap((list, s) => {
      const input = places.slices + s;
      if (reached.inputs[input] !== 1) return [];
      const so = adjoints.lists.get(list);
      return [{ list, input, start: so && this.#asList(so, list) }];
    });
    const firstRow = loop.down ? sub(count, 1) : 0;
    const lastRow = loop.down ? 0 : sub(count, 1);

    const builder = new LoopBuilder(count, !loop.down);
    body.builder = builder;
    inner.scalars = (entry) => body.scalar(entry);
    const within = new Adjoints(0, length);
    const nested = new LoopReverse(body, inner, within);
    const seeds = states.map(({ isList, start }) =>
      isList ? builder.carryList(start as List) : builder.carry(start)
    );
    for (const { input, isList, start } of sums.captures) {
      if (isList) {
        const list = builder.carryList(start as List);
        within.lists.set(input, { kind: "list", list });
      } else within.set(input, builder.carry(start));
    }
    for (const { input, joined } of sums.captures) {
      const other = joined?.redirection;
      if (other != null) within.redirect(input, other.to, other.condition);
    }
    for (const { start, streams } of sums.lists) {
      const addresses = streams.map((k) => addressOf(loop.streams[k]!));
      const before = builder.update(start, addresses);
      streams.forEach((k, m) => within.set(places.streams + k, before[m]!));
    }
    const stored = updates.map(({ addresses, start }) =>
      builder.update(start, addresses)
    );
    for (const { input, start } of slices) {
      if (start === undefined) continue;
      const list = builder.slice(() => start);
      within.lists.set(input, { kind: "list", list });
    }

    // Sums that go on from row to row, or that several entries share: nothing that
    // is missing may be added to them.
    const resumed = new Set([
      ...sums.captures.map(({ input }) => input),
      ...sums.lists.flatMap(({ streams }) =>
        streams.map((k) => places.streams + k)
      ),
      ...slices.map(({ input }) => input),
      ...updates.flatMap(({ u }) => places.stores[u]!.inputs),
      ...states.flatMap(({ k, isList, input, before }) => [
        ...isList || input !== undefined || before !== undefined ? [k] : [],
        ...input === undefined ? [] : [input],
      ]),
    ]);

    // What a state began as may have an adjoint of its own in the body, as a
    // capture or another state: then it is that one's in the first row.
    for (const { k, input } of states) {
      if (input === undefined) continue;
      within.redirect(k, input, eq(builder.index(), firstRow));
    }

    const { live } = results, sources: Source[] = [];
    for (const { k } of states) {
      const isGiven = results.finals[k] !== undefined ||
        results.finalLists[k] !== undefined;
      const start = isGiven ? live.finals[k]! : 0;
      sources.push({ entry: outputs[k]!, start, next: k });
    }
    for (const { u, addresses } of updates) {
      const { at } = places.stores[u]!;
      addresses.forEach((_, a) =>
        sources.push({ entry: outputs[at + a]!, start: 1, next: null })
      );
    }

    // What rows give comes first, as its uses were recorded last.
    const given = new Map<number, Cotangent>();
    const firsts: (() => void)[] = [];
    results.stacked.forEach((adjoint, j) => {
      if (adjoint === undefined) return;
      const stride = loop.stacked[j]!, start = live.stacked[j]!;
      for (let offset = 0; offset < Math.max(1, stride); offset++) {
        const entry = outputs[places.stacked[j]! + offset]!;
        if (!inner.isVaried(entry)) continue;
        sources.push({ entry, start, next: null });
        const cotangent = { adjoint, offset, stride };
        const at = states.findIndex((state) =>
          !state.isList && outputs[state.k] === entry
        );
        if (stride === 0) {
          firsts.push(() => nested.#giveList(entry, sliceOf(builder, adjoint)));
        } else if (at >= 0 && !given.has(at)) {
          given.set(at, cotangent);
          const { k } = states[at]!;
          resumed.add(k);
          sources.push({ entry: k, start, next: null });
        } else {
          firsts.push(() => within.give(entry, rowOf(builder, cotangent, 0)));
        }
      }
    });
    within.liveness = new Liveness(
      builder,
      length,
      sources,
      resumed,
      reverseEdges(loop.body, inner),
    );
    for (const first of firsts) first();
    states.forEach(({ k, isList }, at) => {
      const entry = outputs[k]!, adjoint = seeds[at]!;
      if (!inner.isVaried(entry)) return;
      if (isList) {
        nested.#giveList(entry, { kind: "list", list: adjoint });
        return;
      }
      const cotangent = given.get(at);
      if (cotangent === undefined) {
        within.give(entry, adjoint);
        return;
      }
      // A state's adjoint begins with what was given to it as a result; of all
      // but the last, its use as the next row's state has begun with that below.
      const sum = add(numberOf(rowOf(builder, cotangent, 0)), adjoint);
      within.give(
        entry,
        select(eq(builder.index(), lastRow), sum, adjoint),
      );
    });
    states.forEach(({ k, before }, at) => {
      const cotangent = given.get(at);
      if (cotangent === undefined && before === undefined) return;
      const so = cotangent === undefined
        ? 0
        : numberOf(rowOf(builder, cotangent, loop.down ? 1 : -1));
      const isFirst = eq(builder.index(), firstRow);
      within.give(k, select(isFirst, before ?? 0, so));
    });
    updates.forEach(({ u }, k) => {
      stored[k]!.forEach((adjoint, a) => {
        const entry = outputs[places.stores[u]!.at + a]!;
        if (inner.isVaried(entry)) within.give(entry, adjoint);
      });
    });

    pullThrough(
      sectionOf(loop).entries,
      inner,
      within,
      inputs,
      length,
      () => {},
      (i) => nested.at(i),
    );

    const sliced = slices.flatMap(({ list, input }) => {
      const adjoint = within.lists.get(input);
      return adjoint === undefined
        ? []
        : [{ list, row: nested.#asList(adjoint, input) }];
    });
    const done = builder.finish({
      next: [
        ...states.map(({ k, isList }) =>
          isList
            ? nested.#takeList(k)
            : where(resumed.has(k) ? 1 : within.isThere(k), within.own(k) ?? 0)
        ),
        ...sums.captures.map(({ input, isList }) =>
          isList ? nested.#takeList(input) : within.own(input)!
        ),
        ...within.liveness.next(),
      ],
      stores: [
        ...sums.lists.map(({ streams }) =>
          streams.map((k) => within.own(places.streams + k)!)
        ),
        ...updates.map(({ u }) =>
          places.stores[u]!.inputs.map((input) => within.own(input) ?? 0)
        ),
      ],
      stacked: sliced.map(({ row }) => row),
    });

    // First the sums that go on from an adjoint, and then what is added to one.
    sums.lists.forEach(({ list, begins }, u) => {
      const adjoint = done.updated(u);
      if (begins) this.#setList(list, adjoint);
      else this.#giveList(list, { kind: "list", list: adjoint });
    });
    sums.captures.forEach(({ entry, isList, begins, joined }, c) => {
      const adjoint = done.final(states.length + c);
      if (joined !== null) adjoints.setOwn(entry, adjoint);
      else if (!isList) {
        if (begins) adjoints.set(entry, adjoint);
        else adjoints.give(entry, adjoint);
      } else if (begins) this.#setList(entry, adjoint);
      else this.#giveList(entry, { kind: "list", list: adjoint });
    });
    sliced.forEach(({ list }, j) => {
      adjoints.lists.set(list, { kind: "list", list: done.stacked(j) });
    });
    updates.forEach(({ list }, k) => {
      if (!activity.isVaried(list)) return;
      const adjoint = done.updated(sums.lists.length + k);
      this.#giveList(list, { kind: "list", list: adjoint });
    });
    states.forEach(({ k, entry, isList, input, begins }, c) => {
      if (!activity.isVaried(entry) || input !== undefined) return;
      // No row reads what the state began as.
      if (reached.inputs[k] === 0 && !resumed.has(k)) return;
      const adjoint = done.final(c);
      if (isList) this.#giveList(entry, { kind: "list", list: adjoint });
      else if (begins) adjoints.set(entry, adjoint);
      else adjoints.give(entry, adjoint);
    });
  }

  /**
   * The sums that a loop's derivative adds to from row to row: adjoints of what
   * the body captures, and of the lists that it streams. They begin with the
   * adjoints so far, but where two of them are of one entry.
   */
  #sumsOf(loop: Loop, places: Places, reached: Reached): Sums {
    const { operations } = this.#primal;
    const taken = new Set<number>();
    const take = (entry: number): boolean => {
      const all = [entry, ...gathered(operations, entry) ?? []];
      for (const one of [...all]) {
        const redirection = this.#adjoints.redirection(one);
        if (redirection !== undefined) all.push(redirection.to);
      }
      const isFree = all.every((one) => !taken.has(one));
      for (const one of all) taken.add(one);
      return isFree;
    };
    const isReached = (entry: number, input: number) =>
      reached.inputs[input] === 1 && this.#activity.isVaried(entry);
    const startOf = (list: number, begins: boolean) =>
      begins ? this.#takeList(list) : zerosLike(this.#primal, list);
    const byList = new Map<number, number[]>();
    loop.streams.forEach(({ list }, k) => {
      if (!isReached(list, places.streams + k)) return;
      byList.set(list, [...byList.get(list) ?? [], k]);
    });
    const lists = [...byList].map(([list, streams]) => {
      const begins = take(list);
      return { list, streams, begins, start: startOf(list, begins) };
    });
    const allJoined = this.#joinedIn(loop, places, (c) => {
      const entry = loop.captures[c]!;
      return isReached(entry, places.captures + c) && !taken.has(entry);
    });
    const captures = loop.captures.flatMap((entry, c): CaptureSum[] => {
      const input = places.captures + c;
      if (!isReached(entry, input)) return [];
      const joined = allJoined.get(c);
      if (joined !== undefined) {
        taken.add(entry);
        const start = this.#adjoints.own(entry) as Recorded | undefined ?? 0;
        return [{ entry, input, isList: false, begins: true, start, joined }];
      }
      const isList = isListAt(operations, entry), begins = take(entry);
      const start = isList
        ? startOf(entry, begins)
        : begins
        ? this.#adjoints.of(entry) as Recorded | undefined ?? 0
        : 0;
      return [{ entry, input, isList, begins, start, joined: null }];
    });
    return { lists, captures, take };
  }

  /**
   * Captures of which one is, in some rows of the loop around, what another is:
   * their sums go on side by side, and each share to the one it belongs to.
   *
   * @returns By the capture's place.
   */
  #joinedIn(
    { captures, carries }: Loop,
    places: Places,
    isFree: (capture: number) => boolean,
  ): Map<number, Joined> {
    const { operations } = this.#primal, adjoints = this.#adjoints;
    const joined = new Map<number, Joined>();
    captures.forEach((entry, c) => {
      const redirection = adjoints.redirection(entry);
      if (redirection === undefined || !isFree(c)) return;
      const { to, condition } = redirection, other = captures.indexOf(to);
      // No third sum may be of one of them, too.
      const isAlone = other >= 0 && isFree(other) &&
        adjoints.redirection(to) === undefined && !carries.includes(entry) &&
        captures.every((capture) => gathered(operations, capture) === null);
      if (!isAlone) return;
      const input = places.captures + other;
      joined.set(c, { redirection: { to: input, condition } });
      joined.set(other, { redirection: null });
    });
    return joined;
  }
}

/** A sum that goes on beside another's, each the adjoint of its entry alone. */
interface Joined {
  /** In which rows its shares are the other's, if they may be. */
  readonly redirection: Redirection | null;
}

/** The sum that is the adjoint of what a body captures. */
interface CaptureSum {
  readonly entry: number;
  readonly input: number;
  readonly isList: boolean;
  /** Whether it begins with the adjoint so far. */
  readonly begins: boolean;
  readonly start: Recorded;
  readonly joined: Joined | null;
}

/** Where a loop's sums of adjoints begin. */
interface Sums {
  readonly lists: readonly {
    readonly list: number;
    readonly streams: readonly number[];
    /** Whether it begins with the adjoint so far. */
    readonly begins: boolean;
    readonly start: List;
  }[];
  readonly captures: readonly CaptureSum[];
  /** Whether another sum of an entry may begin with its adjoint so far, as then none other does. */
  readonly take: (entry: number) => boolean;
}

/** A number of each row of the adjoint of a stacked list. */
interface Cotangent {
  readonly adjoint: ListAdjoint;
  readonly offset: number;
  readonly stride: number;
}

/** A cotangent at the row so many rows on. */
function rowOf(
  builder: LoopBuilder,
  { adjoint, offset, stride }: Cotangent,
  rows: number,
): Scalar {
  if (adjoint.kind === "same") return adjoint.value;
  const { list } = adjoint as { list: List };
  const address = { offset: offset + rows * stride, stride, table: null };
  return builder.stream(() => ({ list, address }));
}

/** The row of the adjoint of a list of lists. */
function sliceOf(builder: LoopBuilder, adjoint: ListAdjoint): ListAdjoint {
  if (adjoint.kind === "same") return adjoint;
  const { list } = adjoint as { list: List };
  return { kind: "list", list: builder.slice(() => list) };
}

function elementOf(adjoint: ListAdjoint, k: number): Scalar | undefined {
  switch (adjoint.kind) {
    case "same":
      return adjoint.value;
    case "list":
      return recordOf(ELEMENT, adjoint.list, k);
    case "elements":
      return adjoint.values[k];
  }
}

function gather(values: readonly (Scalar | undefined)[]): List {
  return recordGather(
    values.map((x) => entryFor((x ?? 0) as Recorded)),
  );
}

function addressOf({ offset, stride, table }: Stream): Address {
  return { offset, stride, table };
}
