import { MUL, type Operand, primitiveOf } from "../primitives.ts";
import { isCallAt, pullCall, pushCall } from "./calls.ts";
import {
  CONSTANT,
  type Entries,
  FIRST_OPERATION,
  forEachOperand,
  type Section,
} from "./entries.ts";
import {
  FINAL,
  FIRST_LOOP_CODE,
  GATHER,
  LENGTH,
  LOOP,
  type Loop,
  STACKED,
  UPDATED,
  ZEROS,
} from "./loop.ts";
import { scalarAt, type Var } from "./recording.ts";

/** What of a loop varies. */
export interface LoopActivity {
  /** The body, with what varies of its inputs. */
  readonly body: Activity;
  readonly carries: readonly boolean[];
  /** The carries after the last row. */
  readonly finals: readonly boolean[];
  readonly stacked: readonly boolean[];
  readonly updates: readonly boolean[];
}

/**
 * A section by its rules: which entries vary with the inputs, and the partial
 * derivatives at each. What sweeps go by that are recorded, that avoid
 * what has no part in the result, or that are observed.
 */
export class Activity {
  readonly #section: Section;
  readonly #entries: Entries;
  readonly #numeric: boolean;
  /** 1 for entries that vary. */
  readonly #varied: Uint8Array;
  readonly #loops = new Map<number, LoopActivity>();
  /** 1 for entries whose tangent is known to be 1; null if there are none. */
  #isSeed: Uint8Array | null = null;
  /** By list: tangents that are known. */
  readonly #seeds = new Map<number, Float64Array>();
  #scalars: ((entry: number) => Var | number) | null = null;

  /**
   * @param section What was recorded.
   * @param numeric Whether rules are given numbers, and not Vars.
   * @param moves Which of the inputs vary.
   * @param areSeeds Whether the tangents of those that vary are 1: then lists of
   * inputs are known to vary element by element.
   */
  constructor(
    section: Section,
    numeric: boolean,
    moves: readonly boolean[],
    areSeeds: boolean = false,
  ) {
    const { entries, start, inputs, end } = section;
    this.#section = section;
    this.#entries = entries;
    this.#numeric = numeric;
    const { codes, lefts, rights, lists } = entries;
    const varied = this.#varied = new Uint8Array(end - start);
    moves.forEach((move, k) => varied[k] = move ? 1 : 0);
    if (areSeeds) this.#isSeed = varied.slice();
    const isVaried = (entry: number) => this.isVaried(entry);
    for (let i = start + inputs; i < end; i++) {
      if (codes[i]! < FIRST_OPERATION) continue;
      if (codes[i]! >= FIRST_LOOP_CODE) {
        if (this.#isLoopEntryVaried(i)) varied[i - start] = 1;
        continue;
      }
      const primitive = primitiveOf(codes[i]!);
      const left = lefts[i]!, right = rights[i]!;
      let any;
      switch (primitive.arity) {
        case 1:
          any = primitive.partials[0] !== null && isVaried(left);
          break;
        case 2:
          any = primitive.partials[0] !== null && isVaried(left) ||
            primitive.partials[1] !== null && isVaried(right);
          break;
        case "list":
          any = lists.subarray(left, left + right).some(isVaried);
      }
      if (!any) continue;
      varied[i - start] = 1;
      if (this.#isSeed !== null && this.#isCopyOfSeed(i)) {
        this.#isSeed[i - start] = 1;
      }
    }
  }

  /** Whether an entry is 1 · an input that varies, as inputs from the function around are recorded. */
  #isCopyOfSeed(i: number): boolean {
    const { codes, lefts, rights, values } = this.#entries;
    const left = lefts[i]!, right = rights[i]!;
    return codes[i] === MUL && codes[right] === CONSTANT &&
      values[right] === 1 && this.#isSeed![left - this.#section.start] === 1;
  }

  /** The tangents of a list of inputs, if they are known: 0 and 1. */
  seedsOf(entry: number): Float64Array | undefined {
    return this.#seeds.get(entry);
  }

  /** The same for what a loop streams: a number per row. */
  streamSeeds(loop: number, stream: number): Float64Array | undefined {
    const { codes, lefts, loops, values } = this.#entries;
    const { count, streams } = loops[lefts[loop]!]!;
    const { list, offset, stride, table } = streams[stream]!;
    const seeds = this.#seeds.get(list);
    if (seeds === undefined || codes[count] !== CONSTANT) return undefined;
    return Float64Array.from(
      { length: values[count]! },
      (_, row) =>
        seeds[table === null ? offset + stride * row : table[row]!] ?? 0,
    );
  }

  /** Finds the tangents of a gathered list; whether any is not 0. */
  #gatherSeeds(i: number): boolean {
    const { lefts, rights, lists } = this.#entries;
    const { start } = this.#section, isSeed = this.#isSeed;
    const operands = lists.subarray(lefts[i]!, lefts[i]! + rights[i]!);
    if (!operands.some((entry) => this.isVaried(entry))) return false;
    const areKnown = isSeed !== null &&
      operands.every((entry) =>
        !this.isVaried(entry) || isSeed[entry - start] === 1
      );
    if (areKnown) {
      const seeds = Float64Array.from(
        operands,
        (entry) => this.isVaried(entry) ? 1 : 0,
      );
      this.#seeds.set(i, seeds);
    }
    return true;
  }

  /** Whether an entry has a derivative by an input that varies. */
  isVaried(entry: number): boolean {
    const { start } = this.#section;
    return entry >= start && this.#varied[entry - start] === 1;
  }

  /** Takes back that an entry varies. */
  setFlat(entry: number): void {
    this.#varied[entry - this.#section.start] = 0;
  }

  /** What of the loop at an entry varies. */
  loopAt(entry: number): LoopActivity {
    return this.#loops.get(entry)!;
  }

  /** Says what stands for the entries of a body. */
  set scalars(scalars: (entry: number) => Var | number) {
    this.#scalars = scalars;
  }

  #isLoopEntryVaried(i: number): boolean {
    const { codes, lefts, rights } = this.#entries;
    const left = lefts[i]!, right = rights[i]!;
    switch (codes[i]) {
      case LENGTH:
      case ZEROS:
        return false;
      case GATHER:
        return this.#gatherSeeds(i);
      case LOOP: {
        const isVaried = (entry: number) => this.isVaried(entry);
        const found = activityOf(
          this.#entries.loops[left]!,
          isVaried,
          (k) => this.streamSeeds(i, k)?.includes(1) ?? true,
        );
        this.#loops.set(i, found);
        return [found.carries, found.stacked, found.updates].flat().some((x) =>
          x
        );
      }
      case FINAL:
        return this.loopAt(left).finals[right]!;
      case STACKED:
        return this.loopAt(left).stacked[right]!;
      case UPDATED:
        return this.loopAt(left).updates[right]!;
    }
    let any = false;
    forEachOperand(this.#entries, i, (operand) => {
      any ||= this.isVaried(operand);
    });
    return any;
  }

  /** What stands for an entry in a rule. */
  scalar(entry: number): Var | number {
    if (this.#scalars !== null) return this.#scalars(entry);
    return this.#numeric ? this.#entries.values[entry]! : scalarAt(entry);
  }

  /** Whether entry i is the result of a call, which has no partial derivatives. */
  isCall(i: number): boolean {
    return isCallAt(this.#entries, i);
  }

  /** {@linkcode pullCall} to the operands that vary. */
  pullCall(
    i: number,
    cotangentOf: (result: number) => Operand | undefined,
    give: (operand: number, share: Operand) => void,
  ): void {
    const scalar = (entry: number) => this.scalar(entry);
    pullCall(this.#entries, i, cotangentOf, scalar, (operand, share) => {
      if (this.isVaried(operand)) give(operand, share);
    });
  }

  /** {@linkcode pushCall} from the operands that vary. */
  pushCall(
    i: number,
    tangentOf: (operand: number) => Operand,
    take: (result: number, tangent: Operand) => void,
  ): void {
    const tangent = (operand: number) =>
      this.isVaried(operand) ? tangentOf(operand) : 0;
    const scalar = (entry: number) => this.scalar(entry);
    pushCall(this.#entries, i, tangent, scalar, take);
  }

  /** Calls `visit` with the partial derivative of entry i by each operand that varies. */
  forEachPartial(
    i: number,
    visit: (operand: number, gate: boolean, partial: Operand) => void,
  ): void {
    const { codes, lefts, rights, lists } = this.#entries;
    const primitive = primitiveOf(codes[i]!), { gate } = primitive;
    const left = lefts[i]!, right = rights[i]!;
    switch (primitive.arity) {
      case 1: {
        const [rule] = primitive.partials;
        if (rule !== null && this.isVaried(left)) {
          visit(left, gate, rule(this.scalar(left), this.scalar(i)));
        }
        return;
      }
      case 2: {
        const a = this.scalar(left), b = this.scalar(right);
        const out = this.scalar(i);
        const [ruleA, ruleB] = primitive.partials;
        if (ruleA !== null && this.isVaried(left)) {
          visit(left, gate, ruleA(a, b, out));
        }
        if (ruleB !== null && this.isVaried(right)) {
          visit(right, gate, ruleB(a, b, out));
        }
        return;
      }
      case "list": {
        const operands = lists.subarray(left, left + right);
        const scalars = Array.from(operands, (entry) => this.scalar(entry));
        const partials = primitive.partials(scalars, this.scalar(i));
        partials.forEach((partial, k) => {
          const operand = operands[k]!;
          if (partial !== null && this.isVaried(operand)) {
            visit(operand, gate, partial);
          }
        });
      }
    }
  }
}

/** The body of a loop as a section. */
export function sectionOf({ body }: Loop): Section {
  const { codes, lefts, rights, lists, loops, data, constants } = body;
  return {
    entries: {
      codes,
      lefts,
      rights,
      lists,
      loops,
      data,
      values: constants,
      calls: [],
      origins: [],
    },
    start: 0,
    inputs: body.inputs,
    end: body.length,
  };
}

/**
 * What varies in a loop: what is carried varies if it comes to do so in any row.
 *
 * @param isMoved Whether a stream of a list that varies does so.
 */
function activityOf(
  loop: Loop,
  isVaried: (entry: number) => boolean,
  isMoved: (stream: number) => boolean,
): LoopActivity {
  const { body, updates } = loop;
  const carries = loop.carries.map(isVaried);
  const stored = updates.map(({ list }) => isVaried(list));
  const streams = loop.streams.map(({ list }, k) =>
    isVaried(list) && isMoved(k)
  );
  for (;;) {
    const activity = new Activity(sectionOf(loop), false, [
      ...carries,
      ...streams,
      ...loop.slices.map(isVaried),
      ...updates.flatMap(({ addresses }, u) => addresses.map(() => stored[u]!)),
      ...(loop.index ? [false] : []),
      ...loop.captures.map(isVaried),
    ]);
    let next = 0, more = false;
    const take = (count: number): boolean => {
      const outputs = body.outputs.slice(next, next += count);
      return outputs.some((entry) => activity.isVaried(entry));
    };
    const spread = (varied: boolean[], sizes: readonly number[]) =>
      sizes.forEach((size, k) => {
        if (!take(size) || varied[k]!) return;
        varied[k] = more = true;
      });
    spread(carries, carries.map(() => 1));
    spread(stored, updates.map(({ addresses }) => addresses.length));
    if (more) continue;
    const stacked = loop.stacked.map((width) => take(Math.max(1, width)));
    const finals = carries.map((_, k) => activity.isVaried(body.outputs[k]!));
    return { body: activity, carries, finals, stacked, updates: stored };
  }
}
