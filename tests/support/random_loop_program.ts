import {
  type Address,
  type Program,
  ProgramBuilder,
} from "../../src/compile/program/program.ts";
import { builtIn } from "../../src/primitives.ts";

const NAMES = [
  "add",
  "sub",
  "mul",
  "add",
  "mul",
  "min",
  "max",
  "neg",
  "square",
  "tanh",
  "sin",
  "gt",
  "select",
  "sum",
] as const;

/** A random program with loops in loops, for lists of 2 · rows numbers. */
export function randomLoopProgram(
  random: () => number,
  rows: number,
  size = 12,
): Program {
  const below = (n: number) => Math.floor(n * random());
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

  // Lists of rows · 2 · rows numbers, whose rows are lists: only in the outermost
  // program.
  const wide: number[] = [];

  /** Appends to a program; `lists` are of 2 · rows numbers. */
  const grow = (
    builder: ProgramBuilder,
    numbers: number[],
    lists: number[],
    depth: number,
    steps: number,
  ): void => {
    for (let step = 0; step < steps; step++) {
      const kind = below(10);
      if (kind < 6 || depth === 0 && kind < 9) {
        const name = pick(NAMES);
        const count = name === "sum" || name === "select"
          ? 3
          : ["neg", "square", "tanh", "sin"].includes(name)
          ? 1
          : 2;
        const operands = Array.from({ length: count }, () => pick(numbers));
        numbers.push(builder.operation(builtIn(name).code, operands));
      } else if (kind === 6 && rows > 0) {
        numbers.push(builder.element(pick(lists), below(2 * rows)));
      } else if (kind === 7) {
        lists.push(builder.zeros(pick(lists)));
      } else if (kind === 8) {
        lists.push(
          builder.gather(Array.from({ length: 2 * rows }, () => pick(numbers))),
        );
      } else if (kind === 9 && depth > 0) {
        loop(builder, numbers, lists, depth);
      }
    }
  };

  const loop = (
    builder: ProgramBuilder,
    numbers: number[],
    lists: number[],
    depth: number,
  ): void => {
    const count = builder.rows(pick(lists), 2);
    const address = (): Address => {
      const kind = below(3);
      if (kind === 0) return { offset: below(2), stride: 2, table: null };
      if (kind === 1) return { offset: below(2), stride: 1, table: null };
      const table = Int32Array.from({ length: rows }, () => below(2 * rows));
      return { offset: 0, stride: 0, table };
    };
    const carries = Array.from({ length: below(3) }, () => pick(numbers));
    const listCarry = depth > 1 && random() < 0.3 ? [pick(lists)] : [];
    const streams = Array.from(
      { length: below(4) },
      () => ({ list: pick(lists), ...address() }),
    );
    const updates = Array.from({ length: below(2) }, () => ({
      list: pick(lists),
      addresses: random() < 0.5 ? [address()] : [
        { offset: 0, stride: 1, table: null },
        { offset: 1, stride: 1, table: null },
      ],
    }));
    const slices = depth === 2 && wide.length > 0 && random() < 0.6
      ? [pick(wide)]
      : [];
    const index = random() < 0.3;
    const captures = Array.from({ length: below(4) }, () => pick(numbers));
    const listCaptures = Array.from(
      { length: 1 + below(2) },
      () => pick(lists),
    );
    const body = new ProgramBuilder();
    const inner: number[] = [], innerLists: number[] = [];
    carries.forEach(() => inner.push(body.input()));
    const carried = listCarry.map(() => body.listInput());
    streams.forEach(() => inner.push(body.input()));
    slices.forEach(() => innerLists.push(body.listInput()));
    const old = updates.map(({ addresses }) =>
      addresses.map(() => body.input())
    );
    inner.push(...old.flat());
    if (index) inner.push(body.input());
    captures.forEach(() => inner.push(body.input()));
    listCaptures.forEach(() => innerLists.push(body.listInput()));
    inner.push(body.constant(pick([-0.5, 0.25, 1, 2])));
    grow(body, inner, innerLists, depth - 1, 1 + below(size));
    // A list that is carried is updated by an inner loop.
    const nextLists = carried.map((list) => {
      const once = new ProgramBuilder();
      const before = once.input(), share = once.input();
      const after = once.operation(builtIn("add").code, [before, share]);
      const rowsOf = body.rows(innerLists[0]!, 2);
      const entry = body.loop({
        body: once.finish([after]),
        count: rowsOf,
        down: random() < 0.5,
        carries: [],
        streams: [],
        updates: [{
          list,
          addresses: [{ offset: below(2), stride: 2, table: null }],
        }],
        index: false,
        slices: [],
        captures: [pick(inner)],
        stacked: [],
      });
      return body.updated(entry, 0);
    });
    const stacked = random() < 0.6 ? [2] : [];
    // A row that is a list.
    const listRow = depth === 2 && random() < 0.5 ? pick(innerLists) : -1;
    const outputs = [
      ...carries.map(() => pick(inner)),
      ...nextLists,
      // Accumulators, mostly.
      ...old.flat().map((x) =>
        random() < 0.7
          ? body.operation(builtIn("add").code, [x, pick(inner)])
          : pick(inner)
      ),
      ...stacked.flatMap(() => [pick(inner), pick(inner)]),
      ...(listRow >= 0 ? [listRow] : []),
    ];
    const entry = builder.loop({
      body: body.finish(outputs),
      count,
      down: random() < 0.5,
      carries: [...carries, ...listCarry],
      streams,
      slices,
      updates,
      index,
      captures: [...captures, ...listCaptures],
      stacked: listRow >= 0 ? [...stacked, 0] : stacked,
    });
    carries.forEach((_, k) => numbers.push(builder.final(entry, k)));
    listCarry.forEach((_, k) =>
      lists.push(builder.final(entry, carries.length + k))
    );
    updates.forEach((_, u) => lists.push(builder.updated(entry, u)));
    stacked.forEach((_, k) => lists.push(builder.stacked(entry, k)));
    if (listRow >= 0) wide.push(builder.stacked(entry, stacked.length));
  };

  const builder = new ProgramBuilder();
  const numbers = [builder.input(), builder.input(), builder.input()];
  const lists = [builder.listInput(), builder.listInput()];
  numbers.push(builder.constant(0), builder.constant(0.5));
  lists.push(
    builder.constantList(
      Float64Array.from({ length: 2 * rows }, () => random() - 0.5),
    ),
  );
  grow(builder, numbers, lists, 2, size);
  for (let k = 0; k < 3; k++) loop(builder, numbers, lists, 2);
  return builder.finish([
    ...numbers.slice(-5),
    ...lists.slice(-3),
  ]);
}
