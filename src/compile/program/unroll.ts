// Short loops in bodies, written out: what they hand from row to row, and to one
// another, is then in registers, or in memory at an address that is known and need
// not be checked.
import { CONSTANT, INPUT } from "../../tape/entries.ts";
import {
  type Address,
  CONSTANT_LIST,
  ELEMENT,
  GATHER,
  LOOP,
  type Loop,
  type Program,
} from "../../tape/loop.ts";
import { Builder, type Ordered } from "./builder.ts";
import { withEqualCarriesOnce } from "./fuse.ts";
import { isResult, ofKind, outputsOf } from "./layout.ts";
import { append, lowered, project, replay } from "./lower.ts";
import { withBodies } from "./uses.ts";

// So many rows, and so many entries in all: more would leave the caches.
const MOST_ROWS = 16;
const MOST_ENTRIES = 1000;

/** A program without short loops in the bodies of others. */
export function unrolled(program: Ordered): Ordered {
  const bodies = withBodies(program, (body) => unrolledIn(unrolled(body)));
  if (bodies === program) return program;
  // What differed by its place in a list may be the same, once that is known.
  const known = lowered(bodies);
  return { ...known, loops: known.loops.map(withEqualCarriesOnce) };
}

/** The results of a loop that is written out: entries, and lists of them. */
interface Results {
  readonly carries: readonly number[];
  readonly stacked: readonly number[];
  readonly updates: readonly number[];
}

function unrolledIn(program: Ordered): Ordered {
  const { codes, lefts, rights, inputs, length, loops, outputs } = program;
  const isShortAt = (i: number) =>
    codes[i] === LOOP && isShort(program, loops[lefts[i]!]!);
  if (!loops.some((loop) => isShort(program, loop))) return program;
  const builder = new Builder(codes.subarray(0, inputs), length - inputs);
  const renamed = new Int32Array(length);
  const rename = (entry: number) => renamed[entry]!;
  const results = new Map<number, Results>();
  for (let i = 0; i < length; i++) {
    if (i < inputs) {
      renamed[i] = i;
      continue;
    }
    if (isShortAt(i)) {
      results.set(i, writtenOut(program, loops[lefts[i]!]!, builder, rename));
      continue;
    }
    const written = isResult(codes[i]!) ? results.get(lefts[i]!) : undefined;
    if (written === undefined) {
      renamed[i] = append(program, i, builder, rename);
    } else {
      renamed[i] = ofKind(codes[i]!, written)[rights[i]!]!;
    }
  }
  return builder.finish(outputs.map(rename));
}

/** Whether a loop is written out: it has few rows, and nothing but numbers in them. */
function isShort({ codes, constants }: Program, loop: Loop): boolean {
  const { body, count, carries, streams, slices, updates, stacked } = loop;
  const rows = constants[count]!;
  return codes[count] === CONSTANT && rows <= MOST_ROWS &&
    rows * (body.length - body.inputs + streams.length) <= MOST_ENTRIES &&
    body.loops.length === 0 && slices.length === 0 &&
    carries.every((_, k) => body.codes[k] === INPUT) &&
    stacked.every((width) => width > 0) &&
    updates.every(({ list }) =>
      codes[list] === GATHER || codes[list] === CONSTANT_LIST
    );
}

function writtenOut(
  program: Program,
  loop: Loop,
  builder: Builder,
  rename: (entry: number) => number,
): Results {
  const { body, streams, updates, captures, stacked, down } = loop;
  const outs = outputsOf(loop);
  const count = program.constants[loop.count]!;
  let carries = loop.carries.map(rename);
  const lists = updates.map(({ list }) => numbersOf(builder, rename(list)));
  const rows: number[][] = stacked.map(() => []);
  for (let n = 0; n < count; n++) {
    const row = down ? count - 1 - n : n;
    const place = (address: Address) =>
      address.table?.[row] ?? address.offset + address.stride * row;
    const inputs = [
      ...carries,
      ...streams.map((stream) => {
        const list = rename(stream.list), at = place(stream);
        // What lies outside of a list may be anything.
        return at < 0 || at >= knownLength(builder, list)
          ? builder.constant(0)
          : project(builder, ELEMENT, list, at);
      }),
      ...updates.flatMap(({ addresses }, u) =>
        addresses.map((address) => lists[u]![place(address)]!)
      ),
      ...(loop.index ? [builder.constant(row)] : []),
      ...captures.map(rename),
    ];
    const renamed = replay(body, builder, inputs, body.outputs);
    const outputs = body.outputs.map((entry) => renamed[entry]!);
    carries = outputs.slice(0, carries.length);
    updates.forEach(({ addresses }, u) =>
      addresses.forEach((address, k) =>
        lists[u]![place(address)] = outputs[outs.updates[u]! + k]!
      )
    );
    stacked.forEach((width, k) => {
      for (let j = 0; j < width; j++) {
        rows[k]![row * width + j] = outputs[outs.stacked[k]! + j]!;
      }
    });
  }
  return {
    carries,
    stacked: rows.map((row) => builder.gather(row)),
    updates: lists.map((list) => builder.gather(list)),
  };
}

/** The length of a list that is made of entries, or known; that of others is not known here. */
function knownLength(builder: Builder, list: number): number {
  switch (builder.codeOf(list)) {
    case GATHER:
      return builder.listLength(list);
    case CONSTANT_LIST:
      return builder.dataOf(list).length;
    default:
      return Infinity;
  }
}

/** The numbers of a list that is made of entries, or known. */
function numbersOf(builder: Builder, list: number): number[] {
  return builder.codeOf(list) === GATHER
    ? Array.from(
      { length: builder.listLength(list) },
      (_, k) => builder.listOperand(list, k),
    )
    : Array.from(builder.dataOf(list), (number) => builder.constant(number));
}
