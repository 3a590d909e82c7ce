import { type Operand, primitiveOf } from "../primitives.ts";
import { isCallAt, pullCall, pushCall } from "./calls.ts";
import { type Entries, FIRST_OPERATION, type Section } from "./entries.ts";
import { scalarAt, type Var } from "./recording.ts";

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

  /** What stands for an entry in a rule. */
  scalar(entry: number): Var | number {
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
