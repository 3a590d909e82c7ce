import { type Operand, primitiveOf } from "../primitives.ts";
import { isCallAt, pullCall, pushCall } from "./calls.ts";
import {
  type Entries,
  FIRST_OPERATION,
  forEachOperand,
  type Section,
} from "./entries.ts";
import {
  FINAL,
  FIRST_LOOP_CODE,
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
  #scalars: ((entry: number) => Var | number) | null = null;

  /**
   * @param section What was recorded.
   * @param numeric Whether rules are given numbers, and not Vars.
   * @param moves Which of the inputs vary.
   */
  constructor(section: Section, numeric: boolean, moves: readonly boolean[]) {
    const { entries, start, inputs, end } = section;
    this.#section = section;
    this.#entries = entries;
    this.#numeric = numeric;
    const { codes, lefts, rights, lists } = entries;
    const varied = this.#varied = new Uint8Array(end - start);
    moves.forEach((move, k) => varied[k] = move ? 1 : 0);
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
      if (any) varied[i - start] = 1;
    }
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
      case LOOP: {
        const isVaried = (entry: number) => this.isVaried(entry);
        const found = activityOf(this.#entries.loops[left]!, isVaried);
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

/** What varies in a loop: what is carried varies if it comes to do so in any row. */
function activityOf(
  loop: Loop,
  isVaried: (entry: number) => boolean,
): LoopActivity {
  const { body, updates } = loop;
  const carries = loop.carries.map(isVaried);
  const stored = updates.map(({ list }) => isVaried(list));
  for (;;) {
    const activity = new Activity(sectionOf(loop), false, [
      ...carries,
      ...loop.streams.map(({ list }) => isVaried(list)),
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
