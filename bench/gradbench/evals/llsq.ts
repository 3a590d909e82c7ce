// Linear least squares: a polynomial beside the sign function.
import {
  compile,
  div,
  grad,
  map,
  mul,
  type Scalar,
  sign,
  square,
  sub,
  sum,
} from "../../../mod.ts";
import { Fields } from "../fields.ts";
import { type Eval, prepared } from "../protocol.ts";

/** Half the squared residuals of a polynomial at n points from −1 to 1. */
export function cost(coefficients: readonly Scalar[], n: number): Scalar {
  const residuals = map(n, (i) => {
    const t = sub(div(mul(i, 2), n - 1), 1);
    let residual: Scalar = sign(t), power: Scalar = 1;
    for (const x of coefficients) {
      residual = sub(residual, mul(x, power));
      power = mul(power, t);
    }
    return square(residual);
  });
  return mul(0.5, sum(residuals));
}

function read(input: unknown) {
  const fields = new Fields(input), n = fields.whole("n", 2);
  const f = (x: readonly Scalar[]) => cost(x, n);
  return { f, x: Float64Array.from(fields.numbers("x")) };
}

export const llsq: Eval = {
  primal: (input) => {
    const { f, x } = read(input), compiled = compile(f);
    return prepared(() => compiled(x));
  },
  gradient: (input) => {
    const { f, x } = read(input), compiled = compile(grad(f));
    return prepared(() => compiled(x));
  },
};
