// A saddle point by gradient descent within gradient descent: the outer one
// differentiates the inner one.
import { add, primal, type Scalar, square, sub } from "../../../mod.ts";
import { Fields } from "../fields.ts";
import {
  argmax,
  argmin,
  differentiated,
  type Mode,
} from "../gradient_descent.ts";
import { type Eval, type Prepared, prepared } from "../protocol.ts";

type Vector = readonly Scalar[];

function height([x1, x2]: Vector, [y1, y2]: Vector): Scalar {
  return sub(
    add(square(x1!), square(x2!)),
    add(square(y1!), square(y2!)),
  );
}

/**
 * The x of min over x of max over y, and that y: one after the other.
 *
 * @param outer The mode that differentiates by x.
 * @param inner The mode that differentiates by y.
 */
export function saddlePoint(
  outer: Mode,
  inner: Mode,
  start: readonly number[],
): number[] {
  const highest = (x: Vector, mode: Mode) =>
    argmax(differentiated(mode, (y) => height(x, y)), start);
  const ridge = (x: Vector) => height(x, highest(x, inner));
  const x = argmin(differentiated(outer, ridge), start);
  return [...x, ...highest(x, outer)].map((each) => primal(each));
}

function by(outer: Mode, inner: Mode): (input: unknown) => Prepared {
  return (input) => {
    const start = new Fields(input).numbers("start", 2);
    return prepared(() => saddlePoint(outer, inner, start));
  };
}

export const saddle: Eval = {
  ff: by("forward", "forward"),
  fr: by("forward", "reverse"),
  rf: by("reverse", "forward"),
  rr: by("reverse", "reverse"),
};
