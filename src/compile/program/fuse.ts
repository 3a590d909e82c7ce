// Two loops over the same rows become one where nothing stands between them: what
// they both compute of a row is then computed once, and what one hands to the
// other row by row needs no list. A loop without carries or updates has no
// direction: so a map and the reverse loop that recomputes it become one pass.
import {
  CONSTANT,
  fieldsOf,
  forEachOperand,
  INPUT,
  LIST,
  operandsAt,
} from "../../tape/entries.ts";
import {
  FIRST_LOOP_CODE,
  LIST_INPUT,
  LOOP,
  type Loop,
  STACKED,
  type Stream,
} from "../../tape/loop.ts";
import { Builder, type Ordered } from "./builder.ts";
import { inputsOf, isResult, ofKind, outputsOf } from "./layout.ts";
import { append, appendLoop, project, replay } from "./lower.ts";
import { neededEntries, withBodies } from "./uses.ts";

// Larger bodies leave the processor's instruction cache.
const MOST_OPERATIONS = 6000;
// Programs with more loops are written without them, or are a compiler's test.
const MOST_LOOPS = 31;

/** A program in which loops that can be one are one. */
export function fused(program: Ordered): Ordered {
  let result = program;
  for (;;) {
    const pair = bestPair(result);
    if (pair === undefined) break;
    result = merged(result, ...pair);
  }
  return withFusedBodies(result);
}

function withFusedBodies(program: Ordered): Ordered {
  return withBodies(program, fused);
}

/** The two loops, the earlier first, that have most in common of those that can be one. */
function bestPair(program: Ordered): readonly [number, number] | undefined {
  const { codes, lefts, rights, loops, first, length } = program;
  if (loops.length < 2 || loops.length > MOST_LOOPS) return undefined;
  const at: number[] = [];
  for (let i = first; i < length; i++) if (codes[i] === LOOP) at.push(i);
  const numbers = new Map(at.map((i, k) => [i, k]));
  // The loops that an entry depends on, a bit each; those of an entry that is a
  // loop, but for what it takes row by row, stand in `hard`.
  const depends = new Int32Array(length), hard: number[] = [];
  for (let i = first; i < length; i++) {
    let bits = 0;
    if (codes[i] === LOOP) {
      const loop = loops[lefts[i]!]!;
      let firm = depends[loop.count]!;
      for (const entry of [...loop.carries, ...loop.captures]) {
        firm |= depends[entry]!;
      }
      for (const { list } of loop.updates) firm |= depends[list]!;
      bits = firm;
      for (const list of loop.slices) {
        bits |= depends[list]!;
        const giver = codes[list] === STACKED ? lefts[list]! : undefined;
        firm |= giver !== undefined &&
            loops[lefts[giver]!]!.stacked[rights[list]!] === 0
          ? depends[list]! & ~(1 << numbers.get(giver)!)
          : depends[list]!;
      }
      for (const stream of loop.streams) {
        bits |= depends[stream.list]!;
        const giver = codes[stream.list] === STACKED
          ? lefts[stream.list]!
          : undefined;
        firm |= giver !== undefined &&
            isRowByRow(stream, loops[lefts[giver]!]!, rights[stream.list]!)
          ? depends[stream.list]! & ~(1 << numbers.get(giver)!)
          : depends[stream.list]!;
      }
      hard[numbers.get(i)!] = firm;
      bits |= 1 << numbers.get(i)!;
    } else {
      forEachOperand(program, i, (operand) => bits |= depends[operand]!);
    }
    depends[i] = bits;
  }
  let best: readonly [number, number] | undefined, most = 0;
  for (let b = 1; b < at.length; b++) {
    for (let a = 0; a < b; a++) {
      if ((hard[b]! >> a & 1) === 1) continue;
      const one = loops[lefts[at[a]!]!]!, other = loops[lefts[at[b]!]!]!;
      if (!areAlike(one, other)) continue;
      const common = inCommon(one, other, program, at[a]!);
      if (common > most) [best, most] = [[at[a]!, at[b]!], common];
    }
  }
  return best;
}

/** Whether a stream reads of a stacked list, for each row, what that row gave. */
function isRowByRow(
  { table, stride, offset }: Stream,
  giver: Loop,
  k: number,
): boolean {
  const width = giver.stacked[k]!;
  return table === null && stride === width && offset >= 0 && offset < width;
}

function areAlike(one: Loop, other: Loop): boolean {
  return one.count === other.count &&
    (one.down === other.down || hasNoDirection(one) || hasNoDirection(other)) &&
    one.body.length + other.body.length <= MOST_OPERATIONS;
}

function hasNoDirection({ carries, updates }: Loop): boolean {
  return carries.length === 0 && updates.length === 0;
}

/** How much two loops share: what they read of the same lists counts more than what one reads of the other. */
function inCommon(
  one: Loop,
  other: Loop,
  { codes, lefts }: Ordered,
  at: number,
): number {
  const streams = new Set(one.streams.map(({ list }) => list));
  const captures = new Set(one.captures);
  let common = 0;
  for (const { list } of other.streams) {
    if (streams.has(list)) common += 4;
    else if (codes[list] === STACKED && lefts[list] === at) common += 2;
  }
  const slices = new Set(one.slices);
  for (const list of other.slices) {
    if (slices.has(list)) common += 4;
    else if (codes[list] === STACKED && lefts[list] === at) common += 2;
  }
  for (const entry of other.captures) if (captures.has(entry)) common += 1;
  return common;
}

/** The program with loops a and b as one. */
function merged(program: Ordered, a: number, b: number): Ordered {
  const { codes, lefts, rights, loops, inputs, length, outputs } = program;
  const one = loops[lefts[a]!]!;
  const builder = new Builder(codes.subarray(0, inputs), length - inputs);
  const renamed = new Int32Array(length).fill(-1);
  for (let k = 0; k < inputs; k++) renamed[k] = k;
  const rename = (entry: number) => renamed[entry]!;
  const appendMarked = (marks: Uint8Array) => {
    for (let i = inputs; i < length; i++) {
      if (marks[i] === 0 || renamed[i]! >= 0) continue;
      if (lefts[i] === b && isResult(codes[i]!)) {
        const before = ofKind<readonly unknown[]>(codes[i]!, one);
        const k = before.length + rights[i]!;
        renamed[i] = project(builder, codes[i]!, renamed[b]!, k);
      } else {
        renamed[i] = append(program, i, builder, rename);
      }
    }
  };
  // First what either needs, but for what the one hands to the other row by row.
  const operands = [a, b].flatMap((i) => operandsAt(program, i));
  const before = operands.filter((entry) =>
    !(codes[entry] === STACKED && lefts[entry] === a)
  );
  appendMarked(neededEntries(program, before, length));
  renamed[a] = renamed[b] = appendBoth(program, a, b, builder, rename);
  appendMarked(neededEntries(program, outputs, length));
  return builder.finish(outputs.map(rename));
}

function appendBoth(
  program: Ordered,
  a: number,
  b: number,
  builder: Builder,
  rename: (entry: number) => number,
): number {
  const { codes, lefts, rights, loops } = program;
  const one = loops[lefts[a]!]!, other = loops[lefts[b]!]!;
  const isGiven = (list: number) =>
    codes[list] === STACKED && lefts[list] === a;
  const isHanded = ({ list }: Stream) => isGiven(list);
  const streams = [...one.streams];
  // By stream of the other: which of all streams it is, or which stacked number of the one.
  const places = other.streams.map((stream) => {
    if (isHanded(stream)) return -1;
    const same = streams.findIndex((known) =>
      known.list === stream.list && known.offset === stream.offset &&
      known.stride === stream.stride && known.table === stream.table
    );
    return same >= 0 ? same : streams.push(stream) - 1;
  });
  const slices = [
    ...one.slices,
    ...other.slices.filter((list) =>
      !one.slices.includes(list) && !isGiven(list)
    ),
  ];
  const captures = [...new Set([...one.captures, ...other.captures])];
  const whole: Omit<Loop, "body"> = {
    count: one.count,
    down: one.down === other.down
      ? one.down
      : hasNoDirection(one)
      ? other.down
      : one.down,
    carries: [...one.carries, ...other.carries],
    streams,
    slices,
    updates: [...one.updates, ...other.updates],
    index: one.index || other.index,
    captures,
    stacked: [...one.stacked, ...other.stacked],
  };
  const at = inputsOf(whole as Loop);
  const ones = inputsOf(one), others = inputsOf(other);
  const body = new Builder(
    Array.from({ length: at.captures + captures.length }, (_, k) => {
      if (k < one.carries.length) return one.body.codes[k]!;
      if (k < at.streams) return other.body.codes[k - one.carries.length]!;
      if (k >= at.slices && k < at.slices + slices.length) return LIST_INPUT;
      if (k < at.captures) return INPUT;
      const entry = captures[k - at.captures]!;
      const [loop, from] = one.captures.includes(entry)
        ? [one, ones.captures + one.captures.indexOf(entry)]
        : [other, others.captures + other.captures.indexOf(entry)];
      return loop.body.codes[from]!;
    }),
    one.body.length + other.body.length,
  );
  const inputsFor = (
    loop: Loop,
    carry: number,
    stream: (k: number) => number,
    slice: (list: number) => number,
    update: number,
  ): number[] => [
    ...loop.carries.map((_, k) => carry + k),
    ...loop.streams.map((_, k) => stream(k)),
    ...loop.slices.map((list) => slice(list)),
    ...loop.updates.flatMap(({ addresses }, u) =>
      addresses.map((_, k) => at.updates[update + u]! + k)
    ),
    ...(loop.index ? [at.index] : []),
    ...loop.captures.map((entry) => at.captures + captures.indexOf(entry)),
  ];
  const first = replay(
    one.body,
    body,
    inputsFor(
      one,
      0,
      (k) => at.streams + k,
      (list) => at.slices + slices.indexOf(list),
      0,
    ),
    one.body.outputs,
  );
  const given = one.body.outputs.map((entry) => first[entry]!);
  const outs = outputsOf(one);
  const second = replay(
    other.body,
    body,
    inputsFor(
      other,
      one.carries.length,
      (k) => {
        const { list, offset } = other.streams[k]!;
        return places[k]! >= 0
          ? at.streams + places[k]!
          : given[outs.stacked[rights[list]!]! + offset]!;
      },
      (list) =>
        isGiven(list)
          ? given[outs.stacked[rights[list]!]!]!
          : at.slices + slices.indexOf(list),
      one.updates.length,
    ),
    other.body.outputs,
  );
  const taken = other.body.outputs.map((entry) => second[entry]!);
  const parts = (loop: Loop, outputs: readonly number[]) => {
    const { updates, stacked } = outputsOf(loop);
    const u = updates[0] ?? stacked[0] ?? outputs.length;
    const s = stacked[0] ?? outputs.length;
    return [
      outputs.slice(0, loop.carries.length),
      outputs.slice(u, s),
      outputs.slice(s),
    ] as const;
  };
  const mine = parts(one, given), theirs = parts(other, taken);
  return appendLoop(
    withEqualCarriesOnce({
      ...whole,
      count: rename(whole.count),
      carries: whole.carries.map(rename),
      streams: streams.map((s) => ({ ...s, list: rename(s.list) })),
      slices: slices.map(rename),
      updates: whole.updates.map((u) => ({ ...u, list: rename(u.list) })),
      captures: captures.map(rename),
      body: body.finish([0, 1, 2].flatMap((k) => [...mine[k]!, ...theirs[k]!])),
    }),
    builder,
  );
}

/**
 * A loop in which carries that are always equal, as both of two loops may have
 * them, are computed once: those that begin with the same entry, and that come
 * from the same entry where they are taken for one.
 */
export function withEqualCarriesOnce(loop: Loop): Loop {
  const { carries, body } = loop;
  const hashes = hashesOf(loop);
  // By carry: the first of those that are taken to be equal to it.
  let firsts = carries.map((entry, k) =>
    carries.findIndex((other, j) =>
      other === entry && hashes[body.outputs[j]!] === hashes[body.outputs[k]!]
    )
  );
  while (firsts.some((first, k) => first !== k)) {
    const builder = new Builder(
      body.codes.subarray(0, body.inputs),
      body.length,
    );
    const inputs = Array.from(
      { length: body.inputs },
      (_, k) => firsts[k] ?? k,
    );
    const renamed = replay(body, builder, inputs, body.outputs);
    const next = body.outputs.map((entry) => renamed[entry]!);
    // Those that part from the first of theirs may be equal to one another still.
    const split = firsts.map((first, k) =>
      firsts.findIndex((other, j) => other === first && next[j] === next[k])
    );
    if (split.every((first, k) => first === firsts[k])) {
      return { ...loop, body: builder.finish(next) };
    }
    firsts = split;
  }
  return loop;
}

/** By entry of a body: a number that is the same for what is equal as long as carries that begin alike are. */
function hashesOf({ carries, body }: Loop): Int32Array {
  const { inputs, length, codes, lefts, rights } = body;
  const hashes = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const code = codes[i]!;
    hashes[i] = Math.imul(
      i < carries.length ? carries[i]! + 1 : ~i,
      0x9e3779b1,
    );
    if (i < inputs || code === CONSTANT || code >= FIRST_LOOP_CODE) continue;
    // Operands of a sum may be in either order.
    let hash = code;
    if (fieldsOf(code) !== LIST) {
      hash += hashes[lefts[i]!]!;
      if (fieldsOf(code) === 2) hash += hashes[rights[i]!]!;
    } else forEachOperand(body, i, (k) => hash = mixed(hash) + hashes[k]!);
    hashes[i] = mixed(hash);
  }
  return hashes;
}

function mixed(hash: number): number {
  const product = Math.imul(hash ^ hash >>> 15, 0x85ebca6b);
  return product ^ product >>> 13;
}
