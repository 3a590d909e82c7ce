// An ordinary differential equation by the classical Runge–Kutta method.
import {
  add,
  compile,
  fold,
  grad,
  map,
  mul,
  type Scalar,
} from "../../../mod.ts";
import { Fields } from "../fields.ts";
import { worthCompiling } from "../worth_compiling.ts";
import { type Eval, prepared } from "../protocol.ts";

/** y₀′ = x₀ and yᵢ′ = xᵢ·yᵢ₋₁ from y = 0 at time 0 to time 2, in so many steps. */
export function finalState(
  x: readonly Scalar[],
  steps: number,
): readonly Scalar[] {
  const h = 2 / steps;
  const slope = (y: readonly Scalar[]) =>
    map(
      x.map((xi, i) => [xi, i === 0 ? 1 : y[i - 1]!] as const),
      ([xi, before]) => mul(xi, before),
    );
  const along = (y: readonly Scalar[], by: number, k: readonly Scalar[]) =>
    map(
      y.map((yi, i) => [yi, k[i]!] as const),
      ([yi, ki]) => add(yi, mul(by, ki)),
    );
  const step = (y: readonly Scalar[]): readonly Scalar[] => {
    const a = slope(y);
    const b = slope(along(y, h / 2, a));
    const c = slope(along(y, h / 2, b));
    const d = slope(along(y, h, c));
    return map(
      y.map((yi, i) => [yi, a[i]!, b[i]!, c[i]!, d[i]!] as const),
      ([yi, ai, bi, ci, di]) =>
        add(yi, mul(h / 6, add(add(ai, di), mul(2, add(bi, ci))))),
    );
  };
  return fold(steps, x.map(() => 0) as readonly Scalar[], step);
}

/** The operations of a step are compiled for each variable by itself. */
const CODE = 22;

function read(input: unknown) {
  const fields = new Fields(input), steps = fields.whole("s", 1);
  const f = (x: readonly Scalar[]) => finalState(x, steps);
  return { f, x: fields.numbers("x") };
}

export const ode: Eval = {
  primal: (input) => {
    const { f, x } = read(input);
    const state = worthCompiling(CODE * x.length) ? compile(f) : f;
    return prepared(() => state(x));
  },
  gradient: (input) => {
    const { f, x } = read(input);
    const last = grad((x: readonly Scalar[]) => f(x).at(-1)!);
    const gradient = worthCompiling(CODE * x.length) ? compile(last) : last;
    return prepared(() => gradient(x));
  },
};
