// The table of primitives, its rules written in the operations it defines.
import {
  BINARY_NAMES,
  definePrimitives,
  type Language,
  type Operand,
  type Primitives,
  UNARY_NAMES,
} from "../primitives.ts";
import type { Scalar } from "../scalar.ts";
import {
  applyBinary,
  applyTernary,
  applyUnary,
  applyVariadic,
} from "./dispatch.ts";

// Each looks its primitive up when it is called: that is after the table is made.
const unary = UNARY_NAMES.map((name) =>
  [name, (x: Scalar) => applyUnary(primitives[name], x)] as const
);
const binary = BINARY_NAMES.map((name) =>
  [name, (a: Scalar, b: Scalar) => applyBinary(primitives[name], a, b)] as const
);

/** What users' operations are made of. */
export const primitives: Primitives = definePrimitives({
  ...Object.fromEntries([...unary, ...binary]),
  select: (condition: Operand, a: Operand, b: Operand) =>
    applyTernary(
      primitives.select,
      condition as Scalar,
      a as Scalar,
      b as Scalar,
    ),
  sum: (xs: readonly Operand[]) =>
    applyVariadic(primitives.sum, xs as readonly Scalar[]),
} as Language);
