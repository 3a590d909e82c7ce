// Numbers that are carried from row to row only to be a list that an inner loop
// updates, as the adjoints of what that loop reads, are carried as a list: in
// memory, and not gathered and taken apart in every row.
import { operandsAt } from "../../tape/entries.ts";
import {
  ELEMENT,
  FINAL,
  GATHER,
  LIST_INPUT,
  LOOP,
  type Loop,
  type Program,
  UPDATED,
  withOperands,
} from "../../tape/loop.ts";
import { Builder, type Ordered } from "./builder.ts";
import { append, appendLoop } from "./lower.ts";
import { countUses } from "./uses.ts";

/** A program whose loops carry lists where they can. */
export function withListCarries(program: Ordered): Ordered {
  const { codes, lefts, rights, loops, inputs, length, outputs } = program;
  if (loops.every(({ body }) => body.loops.length === 0)) return program;
  const builder = new Builder(codes.subarray(0, inputs), length - inputs);
  const renamed = new Int32Array(length);
  const changed = new Map<number, Changed>();
  const rename = (entry: number) => renamed[entry]!;
  for (let i = 0; i < length; i++) {
    if (i < inputs) {
      renamed[i] = i;
      continue;
    }
    if (codes[i] === LOOP) {
      const inner = loops[lefts[i]!]!;
      const body = withListCarries(inner.body as Ordered);
      const loop = changedLoop({ ...inner, body });
      if (loop === undefined) {
        renamed[i] = appendLoop(
          withOperands({ ...inner, body }, rename),
          builder,
        );
      } else {
        changed.set(i, loop);
        renamed[i] = appendChanged(loop, builder, rename);
      }
      continue;
    }
    const loop = codes[i] === FINAL ? changed.get(lefts[i]!) : undefined;
    if (loop === undefined) {
      renamed[i] = append(program, i, builder, rename);
      continue;
    }
    const [carry, place] = loop.places[rights[i]!]!;
    const final = builder.project(FINAL, renamed[lefts[i]!]!, carry);
    renamed[i] = place < 0 ? final : builder.project(ELEMENT, final, place);
  }
  return builder.finish(outputs.map(rename));
}

/** A loop some of whose carries are lists now. */
interface Changed {
  readonly loop: Loop;
  /** The carries of each list, whose first values are gathered; they come last. */
  readonly lists: readonly (readonly number[])[];
  /** By carry before: which carry it is in, and where in that, if it is a list; −1 if it is none. */
  readonly places: readonly (readonly [number, number])[];
}

function appendChanged(
  { loop, lists }: Changed,
  builder: Builder,
  rename: (entry: number) => number,
): number {
  const first = loop.carries.length - lists.length;
  const renamed = withOperands(
    { ...loop, carries: loop.carries.slice(0, first) },
    rename,
  );
  const gathered = lists.map((entries) => builder.gather(entries.map(rename)));
  return appendLoop(
    { ...renamed, carries: [...renamed.carries, ...gathered] },
    builder,
  );
}

function changedLoop(loop: Loop): Changed | undefined {
  const { body, carries } = loop;
  const uses = countUses(body);
  const found: { gather: number; updated: number; carries: number[] }[] = [];
  for (let i = body.inputs; i < body.length; i++) {
    const { codes, lefts, rights, loops } = body;
    if (codes[i] !== UPDATED) continue;
    const { list } = loops[lefts[lefts[i]!]!]!.updates[rights[i]!]!;
    if (codes[list] !== GATHER || uses[list] !== 1) continue;
    const own = operandsAt(body, list);
    const areCarried = own.every((k, place) =>
      k < carries.length && uses[k] === 1 &&
      isElement(body, body.outputs[k]!, i, place)
    );
    if (areCarried) found.push({ gather: list, updated: i, carries: own });
  }
  if (found.length === 0) return undefined;
  const inLists = new Set(found.flatMap(({ carries }) => carries));
  const kept = [...carries.keys()].filter((k) => !inLists.has(k));
  const places: (readonly [number, number])[] = [];
  kept.forEach((k, at) => places[k] = [at, -1]);
  found.forEach(({ carries }, l) =>
    carries.forEach((k, place) => places[k] = [kept.length + l, place])
  );
  return {
    loop: {
      ...loop,
      carries: [...kept.map((k) => carries[k]!), ...found.map(() => -1)],
      body: changedBody(body, carries.length, kept, found),
    },
    lists: found.map((each) => each.carries.map((k) => carries[k]!)),
    places,
  };
}

/** Whether an entry is the number at a place of a list. */
function isElement(
  { codes, lefts, rights }: Program,
  entry: number,
  list: number,
  place: number,
): boolean {
  return codes[entry] === ELEMENT && lefts[entry] === list &&
    rights[entry] === place;
}

function changedBody(
  body: Program,
  carries: number,
  kept: readonly number[],
  found: readonly { readonly gather: number; readonly updated: number }[],
): Ordered {
  const rest = body.inputs - carries;
  const kinds = [
    ...kept.map((k) => body.codes[k]!),
    ...found.map(() => LIST_INPUT),
    ...body.codes.subarray(carries, body.inputs),
  ];
  const builder = new Builder(kinds, body.length);
  const renamed = new Int32Array(body.length).fill(-1);
  kept.forEach((k, at) => renamed[k] = at);
  const lists = kept.length, others = lists + found.length;
  for (let k = 0; k < rest; k++) renamed[carries + k] = others + k;
  found.forEach(({ gather }, l) => renamed[gather] = lists + l);
  const rename = (entry: number) => renamed[entry]!;
  for (let i = body.inputs; i < body.length; i++) {
    if (renamed[i]! < 0) renamed[i] = append(body, i, builder, rename);
  }
  return builder.finish([
    ...kept.map((k) => rename(body.outputs[k]!)),
    ...found.map(({ updated }) => rename(updated)),
    ...body.outputs.slice(carries).map(rename),
  ]);
}
