// A charged particle's path: which charge beside it has to be moved how far, so
// that it hits the origin. The field is a gradient, and its path is differentiated.
import {
  add,
  div,
  hypot,
  mul,
  neg,
  primal,
  type Scalar,
  square,
  sub,
} from "../../../mod.ts";
import { Fields } from "../fields.ts";
import { argmin, differentiated, type Mode } from "../gradient_descent.ts";
import { type Eval, type Prepared, prepared } from "../protocol.ts";

const STEP = 0.1;

/** The square of where the particle crosses the axis, for charges at (10, 10 − w) and (10, 0). */
export function miss(mode: Mode, w: Scalar): Scalar {
  const charges = [[10, sub(10, w)], [10, 0]] as const;
  const potential = ([x, y]: readonly Scalar[]) => {
    const [a, b] = charges.map(([cx, cy]) =>
      div(1, hypot(sub(x!, cx), sub(y!, cy)))
    );
    return add(a!, b!);
  };
  const { gradient } = differentiated(mode, potential);
  let [x, y, vx, vy]: Scalar[] = [0, 8, 0.75, 0];
  while (true) {
    const nextX: Scalar = add(x!, mul(STEP, vx!));
    const nextY: Scalar = add(y!, mul(STEP, vy!));
    if (primal(nextY) < 0) break;
    const [gx, gy] = gradient([x!, y!]);
    [x, y] = [nextX, nextY];
    vx = sub(vx!, mul(STEP, gx!));
    vy = sub(vy!, mul(STEP, gy!));
  }
  // The rest of the way is straight.
  const crossing = add(x!, mul(div(neg(y!), vy!), vx!));
  return square(crossing);
}

/**
 * The w with which the particle hits the origin.
 *
 * @param outer The mode that differentiates by w.
 * @param inner The mode that differentiates the potential.
 */
export function aim(outer: Mode, inner: Mode, start: number): number {
  const objective = differentiated(outer, ([w]) => miss(inner, w!));
  return primal(argmin(objective, [start])[0]!);
}

function by(outer: Mode, inner: Mode): (input: unknown) => Prepared {
  return (input) => {
    const w = new Fields(input).number("w");
    return prepared(() => aim(outer, inner, w));
  };
}

export const particle: Eval = {
  ff: by("forward", "forward"),
  fr: by("forward", "reverse"),
  rf: by("reverse", "forward"),
  rr: by("reverse", "reverse"),
};
