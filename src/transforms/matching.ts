import { typeError } from "../errors.ts";
import type { Var } from "../tape/recording.ts";
import { isRecordable, scalarsOf } from "./recorded.ts";
import { mismatch, type Shape, takeApartNumbers } from "./structures.ts";

/**
 * The leaves of a vector that goes with a structure: a tangent or a cotangent.
 *
 * @param vector What the user gave.
 * @param like The shape it must have.
 * @param call The call, for messages.
 * @param names What `vector` and the structure it goes with are called.
 * @throws {TypeError} If it has another shape, or a leaf that is not a number.
 */
export function matchingScalars(
  vector: unknown,
  like: Shape,
  call: string,
  names: readonly [vector: string, like: string],
): (number | Var)[] {
  const numbers = takeApartNumbers(vector);
  if (numbers !== null && numbers.shape === like) return numbers.leaves;
  const [name, likeName] = names;
  const { leaves, shape } = scalarsOf(vector, call, name, {
    expected: `numbers in the shape of ${likeName}`,
    is: isRecordable,
  });
  const wrong = mismatch(shape, like);
  if (wrong === undefined) return leaves;
  const { path, found, expected } = wrong;
  const place = path === "" ? name : `${name}, ${path}`;
  throw typeError(
    `Cannot ${call}: ${place} is ${found}, expected ${expected}, ` +
      `as in ${likeName}`,
  );
}
