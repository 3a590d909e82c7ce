import type { Var } from "../tape/tape.ts";
import { scalarsOf } from "./recorded.ts";
import { shapeOf } from "./structures.ts";

/**
 * The leaves of a vector that goes with a structure: a tangent or a cotangent.
 *
 * @param vector What the user gave.
 * @param like The structure it must have the shape of.
 * @param call The call, for messages.
 * @param name What `like` is called.
 * @throws {TypeError} If it has another shape, or a leaf that is no number.
 */
export function matchingScalars(
  vector: unknown,
  like: unknown,
  call: string,
  name: string,
): (number | Var)[] {
  const scalars = scalarsOf(vector, call, "the vector");
  const shape = shapeOf(vector), expected = shapeOf(like);
  if (shape === expected) return scalars;
  throw new TypeError(
    `Cannot ${call}: the vector has the shape ${shape || "of a number"}, ` +
      `expected that of ${name}, ${expected || "a number"}`,
  );
}
