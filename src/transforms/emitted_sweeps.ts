// The two sweeps, written onto the tape as further operations: what makes a
// transform inside a recorded function differentiable, and compilable, itself.
import { add, mul, neg, select } from "../operations.ts";
import { ADD, MUL, type Operand, primitiveOf } from "../primitives.ts";
import type { Scalar } from "../scalar.ts";
import { INPUT, scalarAt, type Section } from "../tape/tape.ts";
import { watch } from "../watch.ts";

/**
 * The reverse sweep; see `reverseSweep`, whose results these are to the bit.
 *
 * @param section What was recorded.
 * @param numeric Whether its entries are to be taken as constants.
 * @param outputs The entries of the outputs.
 * @param cotangents Their adjoints.
 * @returns The adjoints of the inputs.
 */
export function emitReverseSweep(
  section: Section,
  numeric: boolean,
  outputs: readonly number[],
  cotangents: readonly Scalar[],
): Scalar[] {
  const { entries, start, inputs, end } = section;
  const view = new View(section, numeric, new Array(inputs).fill(true));
  const adjoints: (Scalar | undefined)[] = new Array(end - start);
  const give = (entry: number, share: Scalar) => {
    const so = adjoints[entry - start];
    adjoints[entry - start] = so === undefined ? share : add(so, share);
  };
  outputs.forEach((entry, k) => give(entry, cotangents[k]!));
  for (let i = end - 1; i >= start + inputs; i--) {
    const adjoint = adjoints[i - start];
    if (adjoint === undefined || !view.isVaried(i)) continue;
    watch?.derives(section, i);
    const code = entries.codes[i]!;
    if (code === ADD || code === MUL) {
      // What most programs are made of, by hand beside the rules.
      const left = entries.lefts[i]!, right = entries.rights[i]!;
      const times = (other: number) =>
        code === ADD ? adjoint : product(false, adjoint, view.scalar(other));
      if (view.isVaried(left)) give(left, times(right));
      if (view.isVaried(right)) give(right, times(left));
      continue;
    }
    view.forEachPartial(i, (operand, gate, partial) => {
      give(operand, product(gate, adjoint, partial));
    });
  }
  return Array.from({ length: inputs }, (_, k) => withoutSign(adjoints[k]));
}

/**
 * The forward sweep; see `forwardSweep`, whose results these are to the bit.
 *
 * @param section What was recorded.
 * @param numeric Whether its entries are to be taken as constants.
 * @param seeds A tangent an input; null for an input that is held constant.
 * @param outputs The entries whose tangents are wanted.
 * @returns The tangents of the outputs.
 */
export function emitForwardSweep(
  section: Section,
  numeric: boolean,
  seeds: readonly (Scalar | null)[],
  outputs: readonly number[],
): Scalar[] {
  const { start, inputs, end } = section;
  const view = new View(section, numeric, seeds.map((seed) => seed !== null));
  const tangents: (Scalar | undefined)[] = new Array(end - start);
  seeds.forEach((seed, k) => tangents[k] = seed ?? undefined);
  for (let i = start + inputs; i < end; i++) {
    if (!view.isVaried(i)) continue;
    watch?.derives(section, i);
    let tangent: Scalar | undefined;
    view.forEachPartial(i, (operand, gate, partial) => {
      const share = product(gate, tangents[operand - start]!, partial);
      tangent = tangent === undefined ? share : add(tangent, share);
    });
    tangents[i - start] = tangent;
    // An operation over a list that is flat by just those that vary.
    if (tangent === undefined) view.setFlat(i);
  }
  return outputs.map((entry) => withoutSign(tangents[entry - start]));
}

/** A section as a sweep that is recorded sees it, and a watch. */
export class View {
  readonly #section: Section;
  readonly #numeric: boolean;
  /** 1 for entries that have a derivative by an input that moves. */
  readonly #varied: Uint8Array;

  constructor(section: Section, numeric: boolean, moves: readonly boolean[]) {
    this.#section = section;
    this.#numeric = numeric;
    const { entries, start, inputs, end } = section;
    const { codes, lefts, rights, lists } = entries;
    const varied = this.#varied = new Uint8Array(end - start);
    moves.forEach((move, k) => varied[k] = move ? 1 : 0);
    const isVaried = (entry: number) => this.isVaried(entry);
    for (let i = start + inputs; i < end; i++) {
      if (codes[i]! <= INPUT) continue;
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

  isVaried(entry: number): boolean {
    const { start } = this.#section;
    return entry >= start && this.#varied[entry - start] === 1;
  }

  /** Takes back that an entry varies. */
  setFlat(entry: number): void {
    this.#varied[entry - this.#section.start] = 0;
  }

  /** What stands for an entry in the operations of the sweep. */
  scalar(entry: number): Scalar {
    return this.#numeric
      ? this.#section.entries.values[entry]!
      : scalarAt(entry);
  }

  /** Calls `visit` with the partial derivative of entry i by each operand that varies. */
  forEachPartial(
    i: number,
    visit: (operand: number, gate: boolean, partial: Operand) => void,
  ): void {
    const { codes, lefts, rights, lists } = this.#section.entries;
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

/** `product` of the primitives, in operations, but for what is the same to the bit. */
function product(gate: boolean, adjoint: Scalar, partial: Operand): Scalar {
  const factor = partial as Scalar;
  if (factor === 1) return adjoint;
  if (factor === -1) return neg(adjoint);
  if (adjoint === 1) return gate ? select(factor, factor, 0) : factor;
  const both = mul(adjoint, factor);
  return gate ? select(factor, both, 0) : both;
}

/** A derivative is a sum that begins with 0, and so never −0. */
function withoutSign(sum: Scalar | undefined): Scalar {
  return sum === undefined ? 0 : add(sum, 0);
}
