// The logarithm of a sum of exponentials, from its parts: not this module's
// `logSumExp`, whose derivative is written by hand.
import {
  add,
  compile,
  exp,
  fold,
  grad,
  log,
  map,
  max,
  type Scalar,
  stopGradient,
  sub,
  sum,
} from "../../../mod.ts";
import { Fields } from "../fields.ts";
import { worthCompiling } from "../worth_compiling.ts";
import { type Eval, prepared } from "../protocol.ts";

export function logSumExp(xs: readonly Scalar[]): Scalar {
  // What is taken off is added again: it has no part in the derivative.
  const most = stopGradient(fold(xs, -Infinity as Scalar, (a, x) => max(a, x)));
  return add(most, log(sum(map(xs, (x) => exp(sub(x, most))))));
}

function read(input: unknown): Float64Array {
  return Float64Array.from(new Fields(input).numbers("x"));
}

export const lse: Eval = {
  primal: (input) => {
    const x = read(input), compiled = compile(logSumExp);
    return prepared(() => compiled(x));
  },
  gradient: (input) => {
    const x = read(input), recorded = grad(logSumExp);
    const gradient = worthCompiling(x.length) ? compile(recorded) : recorded;
    return prepared(() => gradient(x));
  },
};
