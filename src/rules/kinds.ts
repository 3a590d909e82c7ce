// How a sweep goes through an operation, by code: asked for at every entry.
import { type Pattern, type Primitive, primitiveOf } from "../primitives.ts";

/** Nothing flows: a constant, an input, or an operation that is flat. */
export const FLAT = 1;
/** One operand. */
export const UNARY = 2;
/** Two operands. */
export const BINARY = 3;
/** Three operands, in a list. */
export const TERNARY = 4;
/** A list of operands. */
export const LIST = 5;
/** A list, whose partial derivatives are one number. */
export const UNIFORM = 6;
/** A list, whose partial derivatives are the operands across. */
export const ACROSS = 7;
/** The result of a call. */
export const CALL = 8;

const kinds = new Uint8Array(1 << 16);
const gates = new Uint8Array(1 << 16);

/** The kind of a code, 0 until {@linkcode classify} was asked for it. */
export const kindsByCode: Uint8Array = kinds;
/** 1 for the codes of gates, once they were classified. */
export const gatesByCode: Uint8Array = gates;

/** The kind of a code. */
export function kindOf(code: number): number {
  return kinds[code]! || classify(code);
}

/** Finds out a code's kind. */
export function classify(code: number): number {
  const primitive: Primitive | undefined = primitiveOf(code);
  if (primitive === undefined) return kinds[code] = FLAT;
  const { arity, pattern } = primitive;
  gates[code] = primitive.gate ? 1 : 0;
  return kinds[code] = arity === "list"
    ? kindOfPattern(pattern)
    : primitive.partials.every((rule) => rule === null)
    ? FLAT
    : arity === 1
    ? UNARY
    : BINARY;
}

function kindOfPattern(pattern: Pattern | null): number {
  switch (pattern?.kind) {
    case "fixed":
      return TERNARY;
    case "uniform":
      return UNIFORM;
    case "across":
      return ACROSS;
    case "call":
      return CALL;
    default:
      return LIST;
  }
}
