// A mixture of Gaussians: the logarithm of its posterior density, with a Wishart
// prior on the precision matrices, by its parameters.
import {
  add,
  compile,
  exp,
  grad,
  lgamma,
  logSumExp,
  map,
  mul,
  rows,
  type Scalar,
  square,
  sub,
  sum,
} from "../../../mod.ts";
import { Fields } from "../fields.ts";
import { type Eval, prepared } from "../protocol.ts";

/** Of each component: its weight's logarithm up to a constant, its mean, and a factor of its precision matrix. */
export interface Mixture {
  readonly alpha: readonly Scalar[];
  readonly mu: readonly (readonly Scalar[])[];
  /** Logarithms of the factor's diagonal. */
  readonly q: readonly (readonly Scalar[])[];
  /** What stands below the factor's diagonal, column by column. */
  readonly l: readonly (readonly Scalar[])[];
}

/** What is not differentiated, nor data. */
export interface Settings {
  readonly dimensions: number;
  /** Degrees of freedom of the prior beyond the least. */
  readonly m: number;
  /** Scale of the prior. */
  readonly gamma: number;
}

/** The logarithm of the posterior density, given points row by row in one list. */
export function logPosterior(
  { alpha, mu, q, l }: Mixture,
  points: Float64Array | readonly Scalar[],
  { dimensions: D, m, gamma }: Settings,
): Scalar {
  const components = alpha.map((alpha, k) => ({
    alpha,
    mean: mu[k]!,
    diagonal: q[k]!.map((x) => exp(x)),
    below: l[k]!,
    logDeterminant: sum(q[k]!),
  }));

  // What the weights and densities of all components have in common.
  const normalisation = add(logSumExp(alpha), D / 2 * Math.log(2 * Math.PI));
  const likelihoods = map(rows(points, D), (x) => {
    const terms = map(components, (component) => {
      const { alpha, mean, diagonal, below, logDeterminant } = component;
      const centred = x.map((xj, j) => sub(xj, mean[j]!));
      const scaled = centred.map((c, j) => mul(diagonal[j]!, c));
      let next = 0;
      for (let j = 0; j < D; j++) {
        for (let i = j + 1; i < D; i++) {
          scaled[i] = add(scaled[i]!, mul(below[next++]!, centred[j]!));
        }
      }
      const distance = sum(scaled.map((y) => square(y)));
      return sub(add(alpha, logDeterminant), mul(0.5, distance));
    });
    return sub(logSumExp(terms), normalisation);
  });

  const priors = map(components, ({ diagonal, below, logDeterminant }) => {
    const norm = add(
      sum(diagonal.map((x) => square(x))),
      sum(below.map((x) => square(x))),
    );
    return sub(mul(m, logDeterminant), mul(gamma * gamma / 2, norm));
  });
  const constant = alpha.length * logWishartConstant(D, m, gamma);
  return add(sum(likelihoods), add(sum(priors), constant));
}

/** The logarithm of what does not depend on the matrix in a Wishart density. */
function logWishartConstant(D: number, m: number, gamma: number): number {
  const n = D + m + 1;
  // Of the multivariate gamma function.
  let logGamma = D * (D - 1) / 4 * Math.log(Math.PI);
  for (let j = 0; j < D; j++) logGamma += lgamma((n - j) / 2);
  return n * D * Math.log(gamma / Math.SQRT2) - logGamma;
}

function read(input: unknown) {
  const fields = new Fields(input);
  const D = fields.whole("d", 1), K = fields.whole("k", 1);
  const n = fields.whole("n", 1);
  const size = { rows: K, columns: D };
  const settings: Settings = {
    dimensions: D,
    m: fields.number("m"),
    gamma: fields.number("gamma"),
  };
  return {
    f: (mixture: Mixture, points: Float64Array | readonly Scalar[]) =>
      logPosterior(mixture, points, settings),
    mixture: {
      alpha: fields.numbers("alpha", K),
      mu: fields.matrix("mu", size),
      q: fields.matrix("q", size),
      l: fields.matrix("l", { rows: K, columns: D * (D - 1) / 2 }),
    },
    points: Float64Array.from(
      fields.matrix("x", { rows: n, columns: D }).flat(),
    ),
  };
}

export const gmm: Eval = {
  objective: (input) => {
    const { f, mixture, points } = read(input), compiled = compile(f);
    return prepared(() => compiled(mixture, points));
  },
  jacobian: (input) => {
    const { f, mixture, points } = read(input), compiled = compile(grad(f));
    return prepared(() => compiled(mixture, points));
  },
};
