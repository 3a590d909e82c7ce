// Hello, world: the square of a number, and its derivative.
import { grad, type Scalar, square } from "../../../mod.ts";
import { numberAt } from "../fields.ts";
import { type Eval, prepared } from "../protocol.ts";

const slope = grad((x: Scalar) => square(x));

export const hello: Eval = {
  square: (input) => {
    const x = numberAt(input, "the input");
    return prepared(() => square(x));
  },
  double: (input) => {
    const x = numberAt(input, "the input");
    return prepared(() => slope(x));
  },
};
