// How a sweep goes through an operation, by code: asked for at every entry.
import { primitiveOf } from "../primitives.ts";
import { FIRST_OPERATION } from "./entries.ts";

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

const kinds = new Uint8Array(1 << 16);
const gates = new Uint8Array(1 << 16);

/** The kind of a code, 0 until {@linkcode classify} was asked for it. */
export const kindsByCode: Uint8Array = kinds;
/** 1 for the codes of gates, once they were classified. */
export const gatesByCode: Uint8Array = gates;

/** Finds out a code's kind. */
export function classify(code: number): number {
  if (code < FIRST_OPERATION) return kinds[code] = FLAT;
  const primitive = primitiveOf(code), { arity, pattern } = primitive;
  gates[code] = primitive.gate ? 1 : 0;
  return kinds[code] = arity === "list"
    ? pattern?.kind === "fixed" ? TERNARY : LIST
    : primitive.partials.every((rule) => rule === null)
    ? FLAT
    : arity === 1
    ? UNARY
    : BINARY;
}
