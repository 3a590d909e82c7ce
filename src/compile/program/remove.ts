// Takes out of loops what nobody reads: results, and all that only they need.
import { CONSTANT, forEachOperand } from "../../tape/entries.ts";
import { LOOP, type Loop, withOperands } from "../../tape/loop.ts";
import { append, appendLoop, project } from "./lower.ts";
import { Builder, type Ordered } from "./builder.ts";
import { inputsOf, isResult, ofKind, outputsOf } from "./layout.ts";
import { neededEntries } from "./uses.ts";

/** Which results of a loop are read: by number of the carry, the update, the stacked list. */
interface Live {
  readonly carries: Set<number>;
  readonly updates: Set<number>;
  readonly stacked: Set<number>;
}

/** Which of a loop's results stay, in their order. */
interface Kept {
  readonly carries: readonly number[];
  readonly updates: readonly number[];
  readonly stacked: readonly number[];
}

/** A program without results of loops that nobody reads; the same program if all are read. */
export function withoutUnread(program: Ordered): Ordered {
  if (program.loops.length === 0) return program;
  const { codes, lefts, rights, inputs, length, outputs, loops } = program;
  const needed = new Uint8Array(length);
  const reduced = new Map<number, { loop: Loop; kept: Kept }>();
  const liveAt = new Map<number, Live>();
  const read = (i: number) => {
    needed[i] = 1;
    const code = codes[i]!;
    if (!isResult(code)) return;
    const at = lefts[i]!;
    const live = liveAt.get(at) ??
      { carries: new Set(), updates: new Set(), stacked: new Set() };
    liveAt.set(at, live);
    ofKind(code, live).add(rights[i]!);
  };
  let isChanged = false;
  outputs.forEach(read);
  for (let i = length - 1; i >= inputs; i--) {
    if (needed[i] === 0) {
      if (codes[i] !== CONSTANT) isChanged = true;
    } else if (codes[i] === LOOP) {
      const before = loops[lefts[i]!]!;
      const both = reducedLoop(before, liveAt.get(i)!);
      const { loop } = both;
      reduced.set(i, both);
      if (loop !== before) isChanged = true;
      const { count, carries, streams, slices, updates, captures } = loop;
      read(count);
      [...carries, ...slices, ...captures].forEach(read);
      [...streams, ...updates].forEach(({ list }) => read(list));
    } else {
      forEachOperand(program, i, read);
    }
  }
  if (!isChanged) return program;
  const places = new Map<readonly number[], Map<number, number>>();
  /** Where number k is among what is kept. */
  const placeIn = (kept: readonly number[], k: number): number => {
    let known = places.get(kept);
    if (known === undefined) {
      known = new Map(kept.map((k, place) => [k, place]));
      places.set(kept, known);
    }
    return known.get(k)!;
  };
  const builder = new Builder(codes.subarray(0, inputs), length - inputs);
  const renamed = new Int32Array(length);
  const rename = (entry: number) => renamed[entry]!;
  for (let i = 0; i < length; i++) {
    const code = codes[i]!;
    if (i < inputs) renamed[i] = i;
    else if (needed[i] === 0) continue;
    else if (code === LOOP) {
      const loop = withOperands(reduced.get(i)!.loop, rename);
      renamed[i] = appendLoop(loop, builder);
    } else if (isResult(code)) {
      const { kept } = reduced.get(lefts[i]!)!;
      const k = placeIn(ofKind(code, kept), rights[i]!);
      renamed[i] = project(builder, code, rename(lefts[i]!), k);
    } else renamed[i] = append(program, i, builder, rename);
  }
  return builder.finish(outputs.map(rename));
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** A loop with the results that are live, and those that these depend on; the same loop if these are all. */
function reducedLoop(loop: Loop, live: Live): { loop: Loop; kept: Kept } {
  const { body, carries, streams, slices, updates, captures, stacked } = loop;
  const ins = inputsOf(loop), outs = outputsOf(loop);
  const wanted = (): number[] => {
    const from = (start: number, width: number) =>
      body.outputs.slice(start, start + width);
    return [
      ...[...live.carries].map((k) => body.outputs[k]!),
      ...[...live.updates].flatMap((u) =>
        from(outs.updates[u]!, updates[u]!.addresses.length)
      ),
      ...[...live.stacked].flatMap((k) =>
        from(outs.stacked[k]!, Math.max(1, stacked[k]!))
      ),
    ];
  };
  let needed: Uint8Array;
  for (let before = -1; before < live.carries.size + live.updates.size;) {
    before = live.carries.size + live.updates.size;
    needed = neededEntries(body, wanted(), body.length);
    carries.forEach((_, k) => needed[k] === 1 && live.carries.add(k));
    updates.forEach(({ addresses }, u) => {
      if (addresses.some((_, k) => needed[ins.updates[u]! + k] === 1)) {
        live.updates.add(u);
      }
    });
  }
  // The inputs that stay, in their order.
  const keepCarries = [...live.carries].sort(ascending);
  const keepUpdates = [...live.updates].sort(ascending);
  const keepStacked = [...live.stacked].sort(ascending);
  const keepStreams = [...streams.keys()].filter((k) =>
    needed[ins.streams + k] === 1
  );
  const keepSlices = [...slices.keys()].filter((k) =>
    needed[ins.slices + k] === 1
  );
  const keepCaptures = [...captures.keys()].filter((k) =>
    needed[ins.captures + k] === 1
  );
  const index = loop.index && needed![ins.index] === 1;
  const inputs = [
    ...keepCarries,
    ...keepStreams.map((k) => ins.streams + k),
    ...keepSlices.map((k) => ins.slices + k),
    ...keepUpdates.flatMap((u) =>
      updates[u]!.addresses.map((_, k) => ins.updates[u]! + k)
    ),
    ...(index ? [ins.index] : []),
    ...keepCaptures.map((k) => ins.captures + k),
  ];
  const kept = {
    carries: keepCarries,
    updates: keepUpdates,
    stacked: keepStacked,
  };
  if (
    inputs.length === body.inputs && keepStacked.length === stacked.length
  ) {
    const reduced = withoutUnread(body as Ordered);
    return {
      loop: reduced === body ? loop : { ...loop, body: reduced },
      kept,
    };
  }
  const inner = new Builder(
    inputs.map((k) => body.codes[k]!),
    body.length - body.inputs,
  );
  const renamed = new Int32Array(body.length);
  inputs.forEach((from, k) => renamed[from] = k);
  const rename = (entry: number) => renamed[entry]!;
  for (let i = body.inputs; i < body.length; i++) {
    if (needed![i] === 1) renamed[i] = append(body, i, inner, rename);
  }
  // In the order of `outputsOf`, of what is kept.
  const outputs = [
    ...keepCarries.map((k) => body.outputs[k]!),
    ...keepUpdates.flatMap((u) =>
      updates[u]!.addresses.map((_, k) => body.outputs[outs.updates[u]! + k]!)
    ),
    ...keepStacked.flatMap((k) =>
      body.outputs.slice(
        outs.stacked[k]!,
        outs.stacked[k]! + Math.max(1, stacked[k]!),
      )
    ),
  ];
  const reduced: Loop = {
    ...loop,
    body: withoutUnread(inner.finish(outputs.map(rename))),
    carries: keepCarries.map((k) => carries[k]!),
    streams: keepStreams.map((k) => streams[k]!),
    slices: keepSlices.map((k) => slices[k]!),
    updates: keepUpdates.map((u) => updates[u]!),
    index,
    captures: keepCaptures.map((k) => captures[k]!),
    stacked: keepStacked.map((k) => stacked[k]!),
  };
  return { loop: reduced, kept };
}
