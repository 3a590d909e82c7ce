// The forward sweep of loops: each becomes a second loop over the same rows,
// whose carries are tangents.
import { add, mul } from "../operations/arithmetic.ts";
import type { Scalar } from "../scalar.ts";
import { type Activity, sectionOf } from "../tape/activity.ts";
import { forEachOperand } from "../tape/entries.ts";
import {
  ELEMENT,
  FINAL,
  GATHER,
  isListAt,
  LIST_DOT,
  LIST_LOG_SUM_EXP,
  LIST_MEAN,
  LIST_SUM,
  LOOP,
  STACKED,
  UPDATED,
} from "../tape/loop.ts";
import { entryFor, recordGather, recordOf } from "../tape/recording.ts";
import { numberOf } from "./adjoints.ts";
import { pushThrough } from "./chain_rule.ts";
import {
  foldLists,
  gathered,
  mapLists,
  shareOf,
  zerosLike,
} from "./list_loops.ts";
import { Liveness, type Source, where } from "./liveness.ts";
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

/** The part of a forward sweep that sees to loops and lists. */
export class LoopForward {
  readonly #primal: Primal;
  readonly #activity: Activity;
  readonly #tangents: (Scalar | undefined)[];
  readonly #start: number;
  /** In a loop's body, which tangents are there; null where all are. */
  #liveness: Liveness | null = null;
  readonly #lists = new Map<number, List>();
  readonly #moved = new Map<number, Moved>();

  constructor(
    primal: Primal,
    activity: Activity,
    tangents: (Scalar | undefined)[],
    start: number,
  ) {
    this.#primal = primal;
    this.#activity = activity;
    this.#tangents = tangents;
    this.#start = start;
  }

  /** Comes to an entry of a loop or list that varies. */
  at(i: number): void {
    const { operations } = this.#primal;
    const { codes, lefts, rights } = operations;
    const left = lefts[i]!, right = rights[i]!;
    switch (codes[i]) {
      case LOOP:
        this.#moved.set(i, this.#pushLoop(i));
        return;
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
        const entries = Array.from(
          gathered(operations, i)!,
          (entry) =>
            entryFor(
              where(
                this.#flag(entry, i),
                this.#tangent(entry) ?? 0,
              ) as Recorded,
            ),
        );
        this.#lists.set(i, recordGather(entries));
        return;
      }
      case ELEMENT:
        this.#set(i, recordOf(ELEMENT, this.#list(left), right));
        return;
      case LIST_SUM:
        this.#set(i, recordOf(LIST_SUM, this.#list(left), 0));
        return;
      case LIST_MEAN: {
        const share = shareOf(this.#primal.list(left));
        const moved = foldLists(
          [this.#list(left)],
          0,
          (sum, t) => add(sum, mul(t!, share)),
        );
        this.#set(i, moved);
        return;
      }
      case LIST_LOG_SUM_EXP: {
        const weights = softmaxOf(this.#primal.list(left));
        this.#set(i, weighted(0, this.#list(left), weights, 1));
        return;
      }
      case LIST_DOT: {
        let sum: Recorded = 0;
        for (const [one, other] of [[left, right], [right, left]] as const) {
          if (!this.#activity.isVaried(one)) continue;
          const flag = this.#flag(one, i), weights = this.#primal.list(other);
          sum = weighted(sum, this.#list(one), weights, flag);
        }
        this.#set(i, sum);
      }
    }
  }

  /** Under which flag an operand's tangent has a part in an entry's: 1 for none. */
  #flag(operand: number, entry: number): Recorded {
    return this.#liveness?.between(operand, entry) ?? 1;
  }

  /** Whether an entry's tangent is there: 1, 0, or a flag. */
  #isThere(entry: number): Recorded {
    if (!this.#activity.isVaried(entry)) return 0;
    return this.#liveness?.of(entry) ?? 1;
  }

  #set(entry: number, tangent: Scalar): void {
    this.#tangents[entry - this.#start] = tangent;
  }

  #tangent(entry: number): Recorded | undefined {
    if (!this.#activity.isVaried(entry)) return undefined;
    const tangent = this.#tangents[entry - this.#start];
    return tangent === undefined ? undefined : numberOf(tangent) as Recorded;
  }

  /** The tangent of a list. */
  #list(entry: number): List {
    return this.#lists.get(entry) ?? zerosLike(this.#primal, entry);
  }

  /** The same for what goes out of a body: zeros where it is missing. */
  #listOut(entry: number): List {
    const flag = this.#isThere(entry), list = this.#list(entry);
    if (flag === 1 || flag === 0) return list;
    return mapLists([list], (x) => where(flag, x!));
  }

  #pushLoop(at: number): Moved {
    const primal = this.#primal, { operations } = primal;
    const loop = operations.loops[operations.lefts[at]!]!;
    const varied = this.#activity.loopAt(at), inner = varied.body;
    const { outputs, inputs, length } = loop.body;

    // All that is asked of the program around comes before the body begins.
    const body = new BodyPrimal(primal, at);
    const count = primal.scalar(loop.count);
    // By what the body's activity says: what is around may have turned out flat.
    let asked = loop.carries.length;
    const isMoved = () => inner.isVaried(asked++);
    const carries = loop.carries.map((entry, k) => {
      if (!varied.carries[k]!) return undefined;
      return isListAt(loop.body, k)
        ? this.#list(entry)
        : this.#tangent(entry) ?? 0;
    });
    const streams = loop.streams.map(({ list }) =>
      isMoved() ? this.#list(list) : undefined
    );
    const slices = loop.slices.map((list) =>
      isMoved() ? this.#list(list) : undefined
    );
    const updates = loop.updates.map(({ list }, u) =>
      varied.updates[u]! ? this.#list(list) : undefined
    );
    asked = inputs - loop.captures.length;
    const captures = loop.captures.map((entry) =>
      !isMoved()
        ? undefined
        : isListAt(operations, entry)
        ? this.#list(entry)
        : this.#tangent(entry) ?? 0
    );

    const sources: Source[] = [];
    /** Where each input comes from, in order; null for the row's number. */
    const origins = [
      ...loop.carries,
      ...loop.streams.map(({ list }) => list),
      ...loop.slices,
      ...loop.updates.flatMap(({ addresses }) => addresses.map(() => null)),
      ...loop.index ? [null] : [],
      ...loop.captures,
    ];
    origins.forEach((origin, input) => {
      if (!inner.isVaried(input)) return;
      sources.push({
        entry: input,
        start: origin === null ? 1 : this.#isThere(origin),
        next: input < loop.carries.length ? outputs[input]! : null,
      });
    });

    const builder = new LoopBuilder(count, loop.down);
    body.builder = builder;
    inner.scalars = (entry) => body.scalar(entry);
    const tangents: (Scalar | undefined)[] = new Array(length);
    const nested = new LoopForward(body, inner, tangents, 0);
    const { entries } = sectionOf(loop);
    const liveness = nested.#liveness = new Liveness(
      builder,
      length,
      sources,
      NO_SUMS,
      (visit) => {
        for (let i = inputs; i < length; i++) {
          if (!inner.isVaried(i)) continue;
          forEachOperand(entries, i, (operand) => {
            if (inner.isVaried(operand)) visit(operand, i);
          });
        }
      },
    );
    let input = 0;
    const take = (tangent: Recorded | undefined) => {
      if (isListAt(loop.body, input)) {
        if (tangent !== undefined) nested.#lists.set(input, tangent as List);
      } else tangents[input] = tangent;
      input++;
    };
    carries.forEach((start, k) => {
      if (start === undefined) take(undefined);
      else if (isListAt(loop.body, k)) take(builder.carryList(start as List));
      else take(builder.carry(start));
    });
    streams.forEach((list, k) => {
      const { offset, stride, table } = loop.streams[k]!;
      const address = { offset, stride, table };
      take(list && builder.stream(() => ({ list, address })));
    });
    slices.forEach((list) => take(list && builder.slice(() => list)));
    updates.forEach((list, u) => {
      const { addresses } = loop.updates[u]!;
      const moved = list && builder.update(list, addresses);
      addresses.forEach((_, a) => take(moved?.[a]));
    });
    if (loop.index) take(undefined);
    captures.forEach(take);

    pushThrough(
      entries,
      inner,
      tangents,
      0,
      inputs,
      length,
      () => {},
      (i) => nested.at(i),
      liveness,
    );

    let output = 0;
    const rowOf = (count: number) =>
      Array.from({ length: count }, () => {
        const entry = outputs[output++]!;
        return inner.isVaried(entry)
          ? where(liveness.of(entry), numberOf(tangents[entry] ?? 0))
          : 0;
      });
    const next: Scalar[] = [], stores: Scalar[][] = [];
    const stacked: (Scalar[] | List)[] = [];
    const finals: number[] = [], updated: number[] = [];
    const stackedAt: number[] = [];
    carries.forEach((start, k) => {
      const isList = isListAt(loop.body, k);
      const list = isList ? nested.#listOut(outputs[output]!) : undefined;
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
        ? nested.#listOut(outputs[output]!)
        : undefined;
      const row = rowOf(Math.max(1, width));
      if (isVaried) stackedAt[j] = stacked.push(list ?? row) - 1;
    });
    next.push(...liveness.next());
    const results = builder.finish({ next, stores, stacked });
    return { results, finals, stacked: stackedAt, updated };
  }
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
