// Takes out of loops what nobody reads: results, and all that only they need.
import { operandsAt } from "../../tape/entries.ts";
import { FINAL, LOOP, type Loop, STACKED, UPDATED } from "../../tape/loop.ts";
import { append, project } from "./lower.ts";
import { Builder, type Ordered } from "./builder.ts";
import { inputsOf, outputsOf } from "./layout.ts";
import { neededEntries } from "./uses.ts";

/** Which results of a loop are read: by number of the carry, the update, the stacked list. */
interface Live {
  readonly carries: Set<number>;
  readonly updates: Set<number>;
  readonly stacked: Set<number>;
}

/** A program without results of loops that nobody reads. */
export function withoutUnread(program: Ordered): Ordered {
  if (program.loops.length === 0) return program;
  const { codes, lefts, rights, inputs, length, outputs, loops } = program;
  const needed = new Uint8Array(length);
  const reduced = new Map<number, { loop: Loop; live: Live }>();
  const liveAt = new Map<number, Live>();
  const read = (i: number) => {
    needed[i] = 1;
    const code = codes[i]!;
    if (code !== FINAL && code !== STACKED && code !== UPDATED) return;
    const at = lefts[i]!;
    const live = liveAt.get(at) ??
      { carries: new Set(), updates: new Set(), stacked: new Set() };
    liveAt.set(at, live);
    (code === FINAL
      ? live.carries
      : code === STACKED
      ? live.stacked
      : live.updates).add(rights[i]!);
  };
  outputs.forEach(read);
  for (let i = length - 1; i >= inputs; i--) {
    if (needed[i] === 0) continue;
    if (codes[i] === LOOP) {
      const live = liveAt.get(i)!;
      const loop = reducedLoop(loops[lefts[i]!]!, live);
      reduced.set(i, { loop, live });
      const { count, carries, streams, slices, updates, captures } = loop;
      read(count);
      [...carries, ...slices, ...captures].forEach(read);
      [...streams, ...updates].forEach(({ list }) => read(list));
    } else {
      operandsAt(program, i).forEach(read);
    }
  }
  const builder = new Builder(codes.subarray(0, inputs), length - inputs);
  const renamed = new Int32Array(length);
  const rename = (entry: number) => renamed[entry]!;
  for (let i = 0; i < length; i++) {
    if (i < inputs) renamed[i] = i;
    else if (needed[i] === 0) continue;
    else if (codes[i] === LOOP) {
      const loops = [reduced.get(i)!.loop];
      const alone = { ...program, loops, lefts: lefts.slice() };
      alone.lefts[i] = 0;
      renamed[i] = append(alone, i, builder, rename);
    } else if (reduced.has(lefts[i]!) && isResult(codes[i]!)) {
      const { live } = reduced.get(lefts[i]!)!;
      const kind = codes[i] === FINAL
        ? live.carries
        : codes[i] === STACKED
        ? live.stacked
        : live.updates;
      const k = [...kind].sort(ascending).indexOf(rights[i]!);
      renamed[i] = project(builder, codes[i]!, rename(lefts[i]!), k);
    } else renamed[i] = append(program, i, builder, rename);
  }
  return builder.finish(outputs.map(rename));
}

function isResult(code: number): boolean {
  return code === FINAL || code === STACKED || code === UPDATED;
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** A loop with the results that are live, and those that these depend on: `live` is completed. */
function reducedLoop(loop: Loop, live: Live): Loop {
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
  return {
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
}
