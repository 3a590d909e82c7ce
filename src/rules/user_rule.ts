import { primitiveOf } from "../primitives.ts";

/** Where the partial derivatives of an operation of up to three operands are put. */
export const partials: Float64Array = new Float64Array(3);

/** Evaluates the rules of a user's operation of one operand or two. */
export function evaluateRule(
  code: number,
  values: Float64Array,
  aAt: number,
  bAt: number,
  yAt: number,
): void {
  const primitive = primitiveOf(code);
  const a = values[aAt]!, y = values[yAt]!;
  // A rule may sweep, and so use the same room.
  if (primitive.arity === 1) {
    partials[0] = primitive.partials[0]!(a, y) as number;
  } else if (primitive.arity === 2) {
    const b = values[bAt]!;
    const byA = primitive.partials[0]!(a, b, y) as number;
    const byB = primitive.partials[1]!(a, b, y) as number;
    partials[0] = byA;
    partials[1] = byB;
  }
}
