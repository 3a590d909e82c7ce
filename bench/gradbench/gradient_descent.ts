// The gradient descent that the evals particle and saddle prescribe, itself
// differentiable.
import { grad, jvp, mul, neg, primal, type Scalar, sub } from "../../mod.ts";

type Vector = readonly Scalar[];

/** A function to minimise, with its gradient. */
export interface Objective {
  readonly value: (x: Vector) => Scalar;
  readonly gradient: (x: Vector) => Vector;
}

/** The two modes of differentiation. */
export type Mode = "forward" | "reverse";

/** A function with its gradient, by a mode. */
export function differentiated(
  mode: Mode,
  value: (x: Vector) => Scalar,
): Objective {
  if (mode === "reverse") return { value, gradient: grad(value) };
  const along = jvp(value);
  const gradient = (x: Vector) =>
    x.map((_, i) => along(x, x.map((_, j) => j === i ? 1 : 0)).tangent);
  return { value, gradient };
}

/** Where a step, or a gradient, is short enough to stop. */
const TOLERANCE = 1e-5;

/**
 * Where a function is least, from a start: by steps along the gradient that grow
 * after ten successes and shrink after a failure.
 */
export function argmin({ value, gradient }: Objective, start: Vector): Vector {
  let x = start, least = primal(value(x)), slope = gradient(x);
  let rate = TOLERANCE, successes = 0;
  while (norm(slope) > TOLERANCE) {
    if (successes === 10) {
      rate *= 2;
      successes = 0;
    }
    const next = x.map((xi, i) => sub(xi, mul(rate, slope[i]!)));
    if (norm(next.map((xi, i) => sub(xi, x[i]!))) <= TOLERANCE) break;
    const there = primal(value(next));
    if (there < least) {
      x = next;
      least = there;
      slope = gradient(x);
      successes++;
    } else {
      rate /= 2;
      successes = 0;
    }
  }
  return x;
}

/** Where a function is greatest. */
export function argmax({ value, gradient }: Objective, start: Vector): Vector {
  return argmin({
    value: (x) => neg(value(x)),
    gradient: (x) => gradient(x).map((g) => neg(g)),
  }, start);
}

function norm(x: Vector): number {
  return Math.hypot(...x.map((xi) => primal(xi)));
}
