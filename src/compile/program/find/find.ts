// Loops that come back: what repeats in a program that was recorded operation by
// operation becomes loops of the same kind as those of `map` and `fold`.
import {
  CONSTANT,
  fieldsOf,
  forEachOperand,
  INPUT,
  LIST,
  operandsAt,
} from "../../../tape/entries.ts";
import {
  type Address,
  CONSTANT_LIST,
  ELEMENT,
  FIRST_LOOP_CODE,
  GATHER,
  LOOP,
  type Program,
  withOperands,
} from "../../../tape/loop.ts";
import { ProgramBuilder } from "../../../tape/program_builder.ts";
import type { Ordered } from "../builder.ts";
import { findRepetitions, type Repetition } from "./search.ts";

/**
 * A program with what repeats in it as loops.
 *
 * @param program Constants not yet shared or folded, so that what repeats with
 * other numbers is still the same.
 */
export function withLoopsFound(program: Ordered): Program {
  const bodies: Repeated[] = [];
  // By entry: 1 more than the loop that computes it.
  const loopOf = new Int32Array(program.length);
  for (const repetition of findRepetitions(program)) {
    const body = Repeated.of(program, repetition, loopOf);
    if (body === undefined) continue;
    bodies.push(body);
    loopOf.fill(bodies.length, body.start, body.end);
  }
  return bodies.length === 0 ? program : rolled(program, bodies);
}

/** What an operand of the body is, in all iterations. */
type Source =
  /** The same entry. */
  | { readonly kind: "same"; readonly entry: number }
  /** The result of a place of the body, in the same iteration. */
  | { readonly kind: "local"; readonly place: number }
  /** The result of a place of the body in an iteration before. */
  | {
    readonly kind: "carried";
    readonly place: number;
    readonly lag: number;
    /** The entries that it is in the first iterations, which have none so far before. */
    readonly initial: readonly number[];
  }
  /** Another entry in each. */
  | { readonly kind: "column"; readonly entries: Int32Array };

/** A repetition, and what its body reads. */
class Repeated {
  readonly start: number;
  readonly period: number;
  readonly times: number;
  /** By operand of the body, place by place: what it is. */
  readonly sources: readonly (readonly Source[])[];
  /** The places whose results others read, in every iteration. */
  readonly kept: Set<number> = new Set();
  /** Places that others read, but only the last iteration's. */
  readonly last: Set<number> = new Set();

  private constructor(
    { start, period, times }: Repetition,
    sources: readonly (readonly Source[])[],
  ) {
    this.start = start;
    this.period = period;
    this.times = times;
    this.sources = sources;
  }

  get end(): number {
    return this.start + this.period * this.times;
  }

  /**
   * A repetition with its operands; undefined if one cannot be told from iteration
   * to iteration.
   *
   * @param loopOf By entry: 1 more than the loop before this that computes it.
   */
  static of(
    program: Ordered,
    found: Repetition,
    loopOf: Int32Array,
  ): Repeated | undefined {
    const body = Repeated.#read(program, found) ??
      // The first iteration may begin with other things than the rest go on with.
      Repeated.#read(program, without(found, 1, 0));
    if (body === undefined) return undefined;
    const [lead, trail] = body.#edges(loopOf);
    if (lead + trail === 0) return body;
    // Too little is left where the edges are wide.
    if (lead + trail > body.times / 2) return body;
    return Repeated.of(program, without(body, lead, trail), loopOf);
  }

  /** How many of the first and of the last iterations read something from elsewhere than the rest. */
  #edges(loopOf: Int32Array): readonly [number, number] {
    let lead = 0, trail = 0;
    for (const source of this.sources.flat()) {
      if (source.kind !== "column") continue;
      const { entries } = source, { length } = entries;
      const home = loopOf[entries[length >> 1]!]!;
      let from = 0, to = length;
      while (from < length && loopOf[entries[from]!] !== home) from++;
      while (to > from && loopOf[entries[to - 1]!] !== home) to--;
      lead = Math.max(lead, from);
      trail = Math.max(trail, length - to);
    }
    return [lead, trail];
  }

  static #read(program: Ordered, repetition: Repetition): Repeated | undefined {
    const { start, period } = repetition;
    const sources: Source[][] = [];
    for (let place = 0; place < period; place++) {
      // A number of a list is a stream of it.
      const isElement = program.codes[start + place] === ELEMENT;
      const count = isElement ? 0 : operandsAt(program, start + place).length;
      const row: Source[] = [];
      for (let k = 0; k < count; k++) {
        const source = sourceOf(program, repetition, place, k);
        if (source === undefined) return undefined;
        row.push(source);
      }
      sources.push(row);
    }
    return new Repeated(repetition, sources);
  }
}

function without(
  { start, period, times }: Repetition,
  lead: number,
  trail: number,
): Repetition {
  return { start: start + lead * period, period, times: times - lead - trail };
}

// More iterations back are as many carries.
const LONGEST_LAG = 16;

function sourceOf(
  program: Ordered,
  { start, period, times }: Repetition,
  place: number,
  k: number,
): Source | undefined {
  const entries = new Int32Array(times);
  let same = true, local = true, sameConstant = true;
  for (let t = 0; t < times; t++) {
    const entry = operandAt(program, start + t * period + place, k);
    entries[t] = entry;
    if (entry !== entries[0]) same = false;
    if (entry - t * period !== entries[0]) local = false;
    if (
      sameConstant && !(program.codes[entry] === CONSTANT &&
        Object.is(program.constants[entry], program.constants[entries[0]!]))
    ) sameConstant = false;
  }
  const first = entries[0]!, end = start + period * times;
  if (same && first < start || sameConstant) {
    return { kind: "same", entry: first };
  }
  if (local && first >= start) return { kind: "local", place: first - start };
  const last = entries[times - 1]!;
  if (last < start) {
    // Another loop, or the inputs: but not this one.
    return entries.every((entry) => entry < start || entry >= end)
      ? { kind: "column", entries }
      : undefined;
  }
  const within = last - start;
  const lag = times - 1 - Math.floor(within / period);
  if (lag === 0 || lag > LONGEST_LAG || lag >= times) return undefined;
  for (let t = lag; t < times; t++) {
    if (entries[t] !== last - (times - 1 - t) * period) return undefined;
  }
  const initial = [...entries.subarray(0, lag)];
  return initial.every((entry) => entry < start)
    ? { kind: "carried", place: within % period, lag, initial }
    : undefined;
}

function operandAt(
  { codes, lefts, rights, lists }: Ordered,
  i: number,
  k: number,
): number {
  if (fieldsOf(codes[i]!) === LIST) return lists[lefts[i]! + k]!;
  return k === 0 ? lefts[i]! : rights[i]!;
}

/** Writes the program with its loops. */
function rolled(program: Ordered, bodies: readonly Repeated[]): Program {
  return new Writer(program, bodies).run();
}

class Writer {
  readonly #program: Ordered;
  readonly #bodies: readonly Repeated[];
  readonly #builder = new ProgramBuilder();
  /** By entry that is in no loop: what stands for it. */
  readonly #renamed: Int32Array;
  /** By entry: 1 more than the loop that computes it; 0 if none does. */
  readonly #loopOf: Int32Array;
  /** By loop: its entry. */
  readonly #at: number[] = [];
  /** By loop: which number of its stacked rows a place is; which carry ends with its last. */
  readonly #columns: Map<number, number>[];
  readonly #finals: Map<number, number>[];
  /** The inputs as one list. */
  #inputs = -1;

  constructor(program: Ordered, bodies: readonly Repeated[]) {
    this.#program = program;
    this.#bodies = bodies;
    this.#renamed = new Int32Array(program.length).fill(-1);
    const loopOf = this.#loopOf = new Int32Array(program.length);
    bodies.forEach(({ start, end }, l) => loopOf.fill(l + 1, start, end));
    this.#findReaders();
    this.#columns = bodies.map(({ kept }) =>
      new Map([...kept].sort((a, b) => a - b).map((place, k) => [place, k]))
    );
    this.#finals = bodies.map(() => new Map());
  }

  /** Finds what is read of loops from outside. */
  #findReaders(): void {
    const { first, length, outputs } = this.#program;
    const read = (entry: number) => {
      const l = this.#loopOf[entry]! - 1;
      if (l < 0) return;
      const { start, period, times, kept, last } = this.#bodies[l]!;
      const place = (entry - start) % period;
      if (entry >= start + period * (times - 1)) last.add(place);
      else kept.add(place);
    };
    for (let i = first; i < length; i++) {
      if (this.#loopOf[i] === 0) forEachOperand(this.#program, i, read);
    }
    for (const { sources } of this.#bodies) {
      for (const source of sources.flat()) {
        if (source.kind === "same") read(source.entry);
        else if (source.kind === "column") source.entries.forEach(read);
        else if (source.kind === "carried") source.initial.forEach(read);
      }
    }
    outputs.forEach(read);
    for (const { kept, last } of this.#bodies) {
      for (const place of kept) last.delete(place);
    }
  }

  run(): Program {
    const { inputs, codes, constants, length, outputs } = this.#program;
    const builder = this.#builder, renamed = this.#renamed;
    for (let i = 0; i < inputs; i++) {
      renamed[i] = codes[i] === INPUT ? builder.input() : builder.listInput();
    }
    let next = 0;
    for (let i = inputs; i < length; i++) {
      const loop = this.#bodies[next];
      if (loop !== undefined && i === loop.start) {
        this.#loop(next++);
        i = loop.end - 1;
      } else if (codes[i] === CONSTANT) {
        renamed[i] = builder.constant(constants[i]!);
      } else if (codes[i]! >= FIRST_LOOP_CODE) {
        renamed[i] = this.#copied(i);
      } else {
        renamed[i] = builder.operation(
          codes[i]!,
          operandsAt(this.#program, i).map((entry) => this.#scalar(entry)),
        );
      }
    }
    return builder.finish(outputs.map((entry) => this.#scalar(entry)));
  }

  /** What has to do with lists and loops that were there before. */
  #copied(i: number): number {
    const { codes, lefts, rights, loops, data } = this.#program;
    const builder = this.#builder, left = lefts[i]!;
    const scalar = (entry: number) => this.#scalar(entry);
    switch (codes[i]) {
      case CONSTANT_LIST:
        return builder.constantList(data[left]!);
      case GATHER:
        return builder.gather(operandsAt(this.#program, i).map(scalar));
      case LOOP:
        return builder.loop(withOperands(loops[left]!, scalar));
    }
    return builder.append(codes[i]!, scalar(left), rights[i]!);
  }

  /** What stands for an entry, outside of its loop. */
  #scalar(entry: number): number {
    if (this.#renamed[entry]! >= 0) return this.#renamed[entry]!;
    const l = this.#loopOf[entry]! - 1;
    const { start, period } = this.#bodies[l]!;
    const place = (entry - start) % period;
    const column = this.#columns[l]!.get(place);
    return this.#renamed[entry] = column === undefined
      ? this.#builder.final(this.#at[l]!, this.#finals[l]!.get(place)!)
      : this.#builder.element(
        this.#stacked(l),
        this.#indexOf(l, entry),
      );
  }

  readonly #stackedOf = new Map<number, number>();

  /** The list of what is kept of a loop. */
  #stacked(l: number): number {
    let list = this.#stackedOf.get(l);
    if (list === undefined) {
      list = this.#builder.stacked(this.#at[l]!, 0);
      this.#stackedOf.set(l, list);
    }
    return list;
  }

  /** Where in that list an entry is. */
  #indexOf(l: number, entry: number): number {
    const { start, period } = this.#bodies[l]!, columns = this.#columns[l]!;
    const row = Math.floor((entry - start) / period);
    return row * columns.size + columns.get((entry - start) % period)!;
  }

  #loop(l: number): void {
    const { start, period, times, sources, kept, last } = this.#bodies[l]!;
    const { codes, constants } = this.#program;
    const builder = this.#builder;
    const carries: { place: number; initial: number; before: number }[] = [];
    const streams: ({ list: number } & Address)[] = [];
    const captures: number[] = [];
    // Inputs of the body, by what they are.
    const carried = new Map<string, number>();
    const captured = new Map<number, number>();
    const columns = new Map<Source, number>();
    const known: { source: Source & { kind: "column" }; stream: number }[] = [];
    const columnLists = new Columns(times);

    const carry = (place: number, initial: readonly number[]): number => {
      // One for each iteration back: the nearest first.
      const key = `${place} ${initial}`;
      let at = carried.get(key);
      if (at !== undefined) return at;
      at = -1;
      for (let k = initial.length - 1; k >= 0; k--) {
        const inner = initial.slice(k);
        const innerKey = `${place} ${inner}`;
        const there = carried.get(innerKey);
        if (there === undefined) {
          carries.push({ place, initial: inner[0]!, before: at });
          at = carries.length - 1;
          carried.set(innerKey, at);
        } else at = there;
      }
      return at;
    };
    for (const source of sources.flat()) {
      if (source.kind === "same") {
        if (codes[source.entry] === CONSTANT) continue;
        if (captured.has(source.entry)) continue;
        captured.set(source.entry, captures.length);
        captures.push(this.#scalar(source.entry));
      } else if (source.kind === "carried") {
        carry(source.place, source.initial);
      } else if (source.kind === "column") {
        const same = known.find((other) =>
          other.source.entries[0] === source.entries[0] &&
          other.source.entries.every((entry, t) => entry === source.entries[t])
        );
        if (same !== undefined) {
          columns.set(source, same.stream);
          continue;
        }
        const stream = streams.push(this.#stream(source.entries, columnLists)) -
          1;
        columns.set(source, stream);
        known.push({ source, stream });
      }
    }
    // By place that is a number of a list: its stream.
    const elements = new Map<number, number>();
    for (let place = 0; place < period; place++) {
      if (codes[start + place] !== ELEMENT) continue;
      const list = this.#scalar(this.#program.lefts[start + place]!);
      const places = Int32Array.from(
        { length: times },
        (_, t) => this.#program.rights[start + t * period + place]!,
      );
      elements.set(place, streams.push({ list, ...addressOf(places) }) - 1);
    }
    // Where only the end matters, no list is kept.
    const zero = last.size > 0 ? builder.constant(0) : -1;
    const finals = new Map<number, number>();
    for (const place of last) {
      const there = carries.findIndex((one) =>
        one.place === place && one.before < 0
      );
      finals.set(place, there >= 0 ? there : carries.length);
      if (there < 0) carries.push({ place, initial: -1, before: -1 });
    }
    this.#finals[l] = finals;
    columnLists.finish(builder, this.#program, (entry) => this.#scalar(entry));
    const initials = carries.map(({ initial }) =>
      initial < 0 ? zero : this.#scalar(initial)
    );

    const body = new ProgramBuilder();
    const inputsAt = Array.from(
      { length: carries.length + streams.length + captures.length },
      () => body.input(),
    );
    const results: number[] = [];
    for (let place = 0; place < period; place++) {
      const element = elements.get(place);
      if (element !== undefined) {
        results.push(inputsAt[carries.length + element]!);
        continue;
      }
      const operands = sources[place]!.map((source): number => {
        switch (source.kind) {
          case "same":
            return codes[source.entry] === CONSTANT
              ? body.constant(constants[source.entry]!)
              : inputsAt[
                carries.length + streams.length +
                captured.get(source.entry)!
              ]!;
          case "local":
            return results[source.place]!;
          case "carried":
            return inputsAt[carry(source.place, source.initial)]!;
          case "column":
            return inputsAt[carries.length + columns.get(source)!]!;
        }
      });
      results.push(body.operation(codes[start + place]!, operands));
    }
    const width = kept.size;
    this.#at[l] = builder.loop({
      body: body.finish([
        ...carries.map(({ place, before }) =>
          before < 0 ? results[place]! : inputsAt[before]!
        ),
        ...[...this.#columns[l]!.keys()].map((place) => results[place]!),
      ]),
      count: builder.constant(times),
      down: false,
      carries: initials,
      streams: streams.map((stream) => ({
        ...stream,
        list: stream.list < 0 ? columnLists.listAt(stream.list) : stream.list,
      })),
      slices: [],
      updates: [],
      index: false,
      captures,
      stacked: width > 0 ? [width] : [],
    });
  }

  /** How another entry in each iteration is read. */
  #stream(
    entries: Int32Array,
    columns: Columns,
  ): { list: number } & Address {
    const { inputs, codes } = this.#program;
    if (entries.every((entry) => entry < inputs && codes[entry] === INPUT)) {
      return { list: this.#inputList(), ...addressOf(entries) };
    }
    const l = this.#loopOf[entries[0]!]! - 1;
    if (
      l >= 0 && entries.every((entry) =>
        this.#loopOf[entry] === l + 1 &&
        this.#columns[l]!.has(
          (entry - this.#bodies[l]!.start) % this.#bodies[l]!.period,
        )
      )
    ) {
      const places = entries.map((entry) => this.#indexOf(l, entry));
      return { list: this.#stacked(l), ...addressOf(places) };
    }
    return columns.add(
      entries,
      entries.every((entry) => codes[entry] === CONSTANT),
    );
  }

  #inputList(): number {
    if (this.#inputs >= 0) return this.#inputs;
    const { inputs, codes } = this.#program;
    const numbers: number[] = [];
    for (let i = 0; i < inputs; i++) {
      if (codes[i] === INPUT) numbers.push(this.#renamed[i]!);
    }
    return this.#inputs = this.#builder.gather(numbers);
  }
}

/** Where row t finds the number at this place of a list. */
function addressOf(places: Int32Array): Address {
  const offset = places[0]!, stride = places[1]! - offset;
  return places.every((place, t) => place === offset + t * stride)
    ? { offset, stride, table: null }
    : { offset: 0, stride: 0, table: places.slice() };
}

// Lists that are not there yet are told by numbers below 0.
const CONSTANTS = -1, GATHERED = -2;

/** Entries of all iterations side by side, in two lists: of constants, and of others. */
class Columns {
  readonly #times: number;
  readonly #columns: readonly [Int32Array[], Int32Array[]] = [[], []];
  #lists: number[] = [];

  constructor(times: number) {
    this.#times = times;
  }

  /** A column; how wide the rows are is known when all are there. */
  add(entries: Int32Array, areConstants: boolean): { list: number } & Address {
    const kind = areConstants ? 0 : 1;
    const offset = this.#columns[kind].push(entries) - 1;
    const columns = this.#columns[kind];
    return {
      list: areConstants ? CONSTANTS : GATHERED,
      offset,
      get stride() {
        return columns.length;
      },
      table: null,
    };
  }

  finish(
    builder: ProgramBuilder,
    { constants }: Ordered,
    scalar: (entry: number) => number,
  ): void {
    const [numbers, others] = this.#columns;
    const interleaved = (columns: readonly Int32Array[]) =>
      Array.from(
        { length: this.#times * columns.length },
        (_, k) => columns[k % columns.length]![Math.floor(k / columns.length)]!,
      );
    this.#lists = [
      numbers.length === 0 ? -1 : builder.constantList(
        Float64Array.from(interleaved(numbers), (entry) => constants[entry]!),
      ),
      others.length === 0
        ? -1
        : builder.gather(interleaved(others).map(scalar)),
    ];
  }

  listAt(told: number): number {
    return this.#lists[told === CONSTANTS ? 0 : 1]!;
  }
}
