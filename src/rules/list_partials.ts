// The partial derivatives of operations over lists, computed in loops.
import { type Operand, primitiveOf } from "../primitives.ts";
import { evaluateWeights } from "./partials.ts";

/** How much room is kept: half a MiB. */
const KEPT = 1 << 16;
let room = new Float64Array(64);

/** Room for the numbers of a list: the same from call to call, unless it is huge. */
export function listRoom(count: number): Float64Array {
  if (count > KEPT) return new Float64Array(count);
  if (room.length < count) room = new Float64Array(2 * count);
  return room;
}

/** The partial derivative by each of so many operands, where all have the same. */
export function uniformPartial(code: number, count: number): number {
  const { pattern } = primitiveOf(code);
  return pattern?.kind === "uniform" ? pattern.partial(count) : NaN;
}

/**
 * Turns the operands of an operation over a list into its partial derivatives
 * by them.
 *
 * @param numbers The operands, and then the partial derivatives.
 * @param count How many they are.
 * @param out The result.
 */
export function evaluateListPartials(
  code: number,
  numbers: Float64Array,
  count: number,
  out: number,
): void {
  const primitive = primitiveOf(code), { pattern } = primitive;
  switch (pattern?.kind) {
    case "uniform": {
      const partial = pattern.partial(count);
      for (let k = 0; k < count; k++) numbers[k] = partial;
      return;
    }
    case "across": {
      const half = count / 2;
      for (let k = 0; k < half; k++) {
        const a = numbers[k]!;
        numbers[k] = numbers[half + k]!;
        numbers[half + k] = a;
      }
      return;
    }
    case "shares": {
      let largest = -Infinity;
      for (let k = 0; k < count; k++) largest = Math.max(largest, numbers[k]!);
      evaluateWeights(code, numbers, count, largest);
      let total = 0;
      for (let k = 0; k < count; k++) total += numbers[k]!;
      for (let k = 0; k < count; k++) numbers[k] = numbers[k]! / total;
      return;
    }
  }
  const rule = primitive.partials as (
    operands: readonly Operand[],
    out: Operand,
  ) => readonly (Operand | null)[];
  // A rule may sweep, and so use the same room: it is given a copy.
  const partials = rule(Array.from(numbers.subarray(0, count)), out);
  for (let k = 0; k < count; k++) numbers[k] = (partials[k] ?? 0) as number;
}
