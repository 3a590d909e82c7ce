// What a loop hands to another one, row by row. A call of `Math` that both would
// make of a row is made by the first alone, and its result kept; and all that is
// kept of a row stands side by side, so that one pointer goes through it.
import { ADD, MUL, primitiveOf } from "../../primitives.ts";
import {
  CONSTANT,
  FIRST_OPERATION,
  forEachOperand,
  INPUT,
  operandsAt,
} from "../../tape/entries.ts";
import {
  ELEMENT,
  FIRST_LOOP_CODE,
  LENGTH,
  LOOP,
  type Loop,
  STACKED,
  type Stream,
  withOperands,
} from "../../tape/loop.ts";
import { Builder, type Ordered } from "./builder.ts";
import { inputsOf, outputsOf } from "./layout.ts";
import { append, appendLoop } from "./lower.ts";
import { withBodies } from "./uses.ts";

/** A program in which loops keep for others the results of calls, and all that they keep in one list. */
export function withRowsKept(program: Ordered): Ordered {
  if (program.loops.length === 0) return program;
  return withOneList(withCallsKept(withBodies(program, withRowsKept)));
}

/** Whether an operation is a call, which takes longer than a number from memory. */
function isCall(code: number): boolean {
  if (code < FIRST_OPERATION || code >= FIRST_LOOP_CODE) return false;
  const { name, arity, value } = primitiveOf(code);
  return arity === 1 && !CHEAP.has(name) &&
    (Math as unknown as Record<string, unknown>)[name] === value;
}

const CHEAP: ReadonlySet<string> = new Set(["abs", "sqrt", "floor", "ceil"]);

function withCallsKept(program: Ordered): Ordered {
  const { codes, lefts, first, length } = program;
  const loops = [...program.loops];
  const added: { giver: number; list: number; taker: number; input: number }[] =
    [];
  // By giver and entry of its body: the list that keeps it.
  const kept = new Map<string, number>();
  for (let i = first; i < length; i++) {
    if (codes[i] !== LOOP) continue;
    for (const at of giversOf(program, i)) {
      const giver = loops[lefts[at]!]!, taker = loops[lefts[i]!]!;
      const { calls } = commonOf(program, at, giver, taker);
      if (calls.length === 0) continue;
      const { body, stacked } = giver;
      const outputs = [...body.outputs], widths = [...stacked];
      const lists = calls.map(({ given }) => {
        const key = `${at} ${given}`;
        let list = kept.get(key);
        if (list === undefined) {
          list = widths.push(1) - 1;
          outputs.push(given);
          kept.set(key, list);
        }
        return list;
      });
      loops[lefts[at]!] = {
        ...giver,
        stacked: widths,
        body: { ...body, outputs },
      };
      const streams = taker.streams.length;
      loops[lefts[i]!] = withStreams(taker, calls.map(({ taken }) => taken));
      lists.forEach((list, k) =>
        added.push({ giver: at, list, taker: i, input: streams + k })
      );
    }
  }
  if (added.length === 0) return program;
  const builder = new Builder(
    codes.subarray(0, program.inputs),
    length - program.inputs,
  );
  const renamed = new Int32Array(length);
  const rename = (entry: number) => renamed[entry]!;
  for (let i = 0; i < length; i++) {
    if (i < program.inputs) renamed[i] = i;
    else if (codes[i] !== LOOP) {
      renamed[i] = append(program, i, builder, rename);
    } else {
      const loop = withOperands(
        loops[lefts[i]!]!,
        (entry) => entry < 0 ? entry : renamed[entry]!,
      );
      const streams = [...loop.streams];
      for (const { giver, list, taker, input } of added) {
        if (taker !== i) continue;
        const stack = builder.project(STACKED, renamed[giver]!, list);
        streams[input] = { ...streams[input]!, list: stack };
      }
      renamed[i] = appendLoop({ ...loop, streams }, builder);
    }
  }
  return builder.finish(program.outputs.map(rename));
}

/** The loops that hand lists to the loop at i, row by row. */
export function giversOf(program: Ordered, i: number): Set<number> {
  const { codes, lefts, loops } = program;
  const givers = new Set<number>();
  const taker = loops[lefts[i]!]!;
  for (const stream of taker.streams) {
    const at = lefts[stream.list]!;
    if (codes[stream.list] !== STACKED) continue;
    if (loops[lefts[at]!]!.count === taker.count) givers.add(at);
  }
  return givers;
}

/** The number of a row that a stream reads, as an output of the loop that stacked it; −1 if it is of another row. */
function outputRead(
  { codes, lefts, rights }: Ordered,
  at: number,
  giver: Loop,
  { list, offset, stride, table }: Stream,
): number {
  if (codes[list] !== STACKED || lefts[list] !== at || table !== null) {
    return -1;
  }
  const k = rights[list]!, width = giver.stacked[k]!;
  return width > 0 && stride === width && offset >= 0 && offset < width
    ? outputsOf(giver).stacked[k]! + offset
    : -1;
}

/** What two loops both compute of a row. */
export interface Common {
  /** By entry of the taker's body: the same number in the giver's; −1 if it has none. */
  readonly same: Int32Array;
  /** The calls of the taker's body that the giver's makes, too: entries of both. */
  readonly calls: readonly { readonly given: number; readonly taken: number }[];
}

/** What a loop computes of a row that the one at an entry does, which hands lists to it. */
export function commonOf(
  program: Ordered,
  at: number,
  giver: Loop,
  taker: Loop,
): Common {
  const ins = inputsOf(taker), own = inputsOf(giver);
  const same = new Int32Array(taker.body.length).fill(-1);
  taker.streams.forEach((stream, k) => {
    const output = outputRead(program, at, giver, stream);
    if (output >= 0) same[ins.streams + k] = giver.body.outputs[output]!;
    else {
      const own = giver.streams.findIndex((other) =>
        isSameStream(other, stream)
      );
      if (own >= 0) same[ins.streams + k] = giver.carries.length + own;
    }
  });
  taker.captures.forEach((entry, k) => {
    const there = giver.captures.indexOf(entry);
    if (there >= 0) same[ins.captures + k] = own.captures + there;
  });
  const known = new Map<string, number>();
  const { body: from } = giver, { body: to } = taker;
  const keyOf = ({ codes }: typeof from, i: number, operands: number[]) => {
    const code = codes[i]!;
    if (code === ADD || code === MUL) operands.sort((a, b) => a - b);
    return `${code} ${operands}`;
  };
  const constants = new Map<number, number>();
  for (let i = from.inputs; i < from.length; i++) {
    if (from.codes[i] === CONSTANT) constants.set(from.constants[i]!, i);
    else if (from.codes[i]! < FIRST_LOOP_CODE) {
      known.set(keyOf(from, i, operandsAt(from, i)), i);
    }
  }
  const calls: Common["calls"][number][] = [];
  for (let i = to.inputs; i < to.length; i++) {
    const code = to.codes[i]!;
    if (code === CONSTANT) {
      // −0 and 0 are one key, and may be taken for one another by no call.
      const number = to.constants[i]!;
      if (number !== 0) same[i] = constants.get(number) ?? -1;
      continue;
    }
    if (code >= FIRST_LOOP_CODE) continue;
    const operands: number[] = [];
    forEachOperand(to, i, (operand) => operands.push(same[operand]!));
    if (operands.some((operand) => operand < 0)) continue;
    same[i] = known.get(keyOf(to, i, operands)) ?? -1;
    if (same[i]! >= 0 && isCall(code)) {
      calls.push({ given: same[i]!, taken: i });
    }
  }
  return { same, calls };
}

function isSameStream(one: Stream, other: Stream): boolean {
  return one.list === other.list && one.offset === other.offset &&
    one.stride === other.stride && one.table === other.table;
}

/** A loop with further streams in place of entries of its body; what they are of is said later. */
function withStreams(loop: Loop, entries: readonly number[]): Loop {
  const { body, streams } = loop, at = inputsOf(loop).slices;
  const kinds = [
    ...body.codes.subarray(0, at),
    ...entries.map(() => INPUT),
    ...body.codes.subarray(at, body.inputs),
  ];
  const builder = new Builder(kinds, body.length);
  const renamed = new Int32Array(body.length).fill(-1);
  for (let k = 0; k < body.inputs; k++) {
    renamed[k] = k < at ? k : k + entries.length;
  }
  entries.forEach((entry, k) => renamed[entry] = at + k);
  const rename = (entry: number) => renamed[entry]!;
  for (let i = body.inputs; i < body.length; i++) {
    if (renamed[i]! < 0) renamed[i] = append(body, i, builder, rename);
  }
  return {
    ...loop,
    streams: [
      ...streams,
      ...entries.map(() => ({ list: -1, offset: 0, stride: 1, table: null })),
    ],
    body: builder.finish(body.outputs.map(rename)),
  };
}

/** The lists that a loop stacks, those that are read number by number as one. */
function withOneList(program: Ordered): Ordered {
  const { codes, lefts, rights, inputs, length, loops, outputs } = program;
  // By loop's entry, by list: whether something else is done with it.
  const isWhole = new Map<number, boolean[]>();
  const whole = (list: number) => {
    if (codes[list] !== STACKED) return;
    const at = lefts[list]!;
    if (!isWhole.has(at)) isWhole.set(at, []);
    isWhole.get(at)![rights[list]!] = true;
  };
  outputs.forEach(whole);
  for (let i = inputs; i < length; i++) {
    if (codes[i] === LOOP) {
      const { carries, streams, slices, updates, captures } = loops[lefts[i]!]!;
      [...carries, ...slices, ...captures].forEach(whole);
      updates.forEach(({ list }) => whole(list));
      for (const { list, stride, table } of streams) {
        if (codes[list] !== STACKED) continue;
        const width = loops[lefts[lefts[list]!]!]!.stacked[rights[list]!]!;
        if (table !== null || width === 0 || stride % width !== 0) whole(list);
      }
    } else if (codes[i] !== ELEMENT && codes[i] !== LENGTH) {
      forEachOperand(program, i, whole);
    } else if (codes[i] === LENGTH) whole(lefts[i]!);
  }
  const merged = new Map<number, Merged>();
  for (let i = inputs; i < length; i++) {
    if (codes[i] !== LOOP) continue;
    const one = mergedLists(loops[lefts[i]!]!, isWhole.get(i) ?? []);
    if (one !== undefined) merged.set(i, one);
  }
  if (merged.size === 0) return program;
  const builder = new Builder(codes.subarray(0, inputs), length - inputs);
  const renamed = new Int32Array(length);
  const rename = (entry: number) => renamed[entry]!;
  /** Where number `place` of a list is in the one it became part of. */
  const moved = (list: number, place: number) => {
    const { width, begins, loop } = merged.get(lefts[list]!)!;
    const own = loop.stacked[rights[list]!]!;
    const row = Math.floor(place / own);
    return row * width + begins[rights[list]!]! + place - row * own;
  };
  const isMoved = (list: number) =>
    codes[list] === STACKED &&
    merged.get(lefts[list]!)?.begins[rights[list]!] !== undefined;
  for (let i = 0; i < length; i++) {
    if (i < inputs) renamed[i] = i;
    else if (codes[i] === LOOP) {
      const loop = withOperands(loops[lefts[i]!]!, rename);
      const { streams } = loops[lefts[i]!]!;
      const { body, stacked } = merged.get(i) ?? loop;
      renamed[i] = appendLoop({
        ...loop,
        body,
        stacked,
        streams: loop.streams.map((stream, k) => {
          const { list, offset, stride } = streams[k]!;
          if (!isMoved(list)) return stream;
          const { width, loop } = merged.get(lefts[list]!)!;
          const own = loop.stacked[rights[list]!]!;
          return {
            ...stream,
            offset: moved(list, offset),
            stride: stride / own * width,
          };
        }),
      }, builder);
    } else if (codes[i] === STACKED && merged.has(lefts[i]!)) {
      const { places } = merged.get(lefts[i]!)!;
      renamed[i] = builder.project(
        STACKED,
        rename(lefts[i]!),
        places[rights[i]!]!,
      );
    } else if (codes[i] === ELEMENT && isMoved(lefts[i]!)) {
      const place = moved(lefts[i]!, rights[i]!);
      renamed[i] = builder.project(ELEMENT, rename(lefts[i]!), place);
    } else renamed[i] = append(program, i, builder, rename);
  }
  return builder.finish(outputs.map(rename));
}

/** A loop's lists, some of them as one, the last. */
interface Merged {
  /** The loop as it was. */
  readonly loop: Loop;
  readonly body: Ordered;
  readonly stacked: readonly number[];
  /** How many numbers a row of the one list has. */
  readonly width: number;
  /** By list before: where its numbers begin in a row of the one; undefined if it is by itself. */
  readonly begins: readonly (number | undefined)[];
  /** By list before: which list it is, or is in. */
  readonly places: readonly number[];
}

function mergedLists(
  loop: Loop,
  isWhole: readonly boolean[],
): Merged | undefined {
  const { stacked, body } = loop, outs = outputsOf(loop).stacked;
  const apart: number[] = [], joined: number[] = [];
  stacked.forEach((width, k) =>
    (isWhole[k] === true || width === 0 ? apart : joined).push(k)
  );
  if (joined.length < 2) return undefined;
  const begins: (number | undefined)[] = [], places: number[] = [];
  let width = 0;
  apart.forEach((k, place) => places[k] = place);
  for (const k of joined) {
    places[k] = apart.length;
    begins[k] = width;
    width += stacked[k]!;
  }
  const outputsAt = outs[0]!;
  const numbers = (k: number) =>
    body.outputs.slice(outs[k]!, outs[k]! + Math.max(1, stacked[k]!));
  return {
    loop,
    body: {
      ...body as Ordered,
      outputs: [
        ...body.outputs.slice(0, outputsAt),
        ...[...apart, ...joined].flatMap(numbers),
      ],
    },
    stacked: [...apart.map((k) => stacked[k]!), width],
    width,
    begins,
    places,
  };
}
