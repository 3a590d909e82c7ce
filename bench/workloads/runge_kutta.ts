// A differential equation solved step by step: tens of thousands of operations,
// every one of which depends on every parameter.
import * as chainrule from "../../mod.ts";
import { add, log, mul, type Scalar, sub } from "../../mod.ts";
import type { Language } from "./language.ts";

/** The state: how many prey and how many predators there are. */
export type Populations<T = Scalar> = readonly [prey: T, predators: T];

/** Rates of growth of the prey, predation, feeding, and death of the predators. */
export type Rates<T = Scalar> = readonly [
  growth: T,
  predation: T,
  feeding: T,
  death: T,
];

/** Initial populations and rates to try: one oscillation takes about 7.2 units of time. */
export const LOTKA_VOLTERRA: readonly number[] = [2, 1, 1.1, 0.4, 0.3, 0.7];

/** How many steps {@linkcode lotkaVolterra} takes, unless told otherwise. */
export const STEPS = 1000;

/** The time that they span, a little more than one oscillation. */
export const DURATION = 10;

/**
 * Lotka's and Volterra's predators and prey, by the classical fourth-order
 * Runge–Kutta method: how many of each there are at the end.
 */
export function lotkaVolterraIn<T>(
  { add, mul, sub }: Language<T>,
): (
  start: Populations<T>,
  rates: Rates<T>,
  steps?: number,
) => Populations<T> {
  const slope = (
    [prey, predators]: Populations<T>,
    [growth, predation, feeding, death]: Rates<T>,
  ): Populations<T> => [
    mul(prey, sub(growth, mul(predation, predators))),
    mul(predators, sub(mul(feeding, prey), death)),
  ];
  const advance = (
    y: Populations<T>,
    h: number,
    k: Populations<T>,
  ): Populations<T> => [add(y[0], mul(h, k[0])), add(y[1], mul(h, k[1]))];
  // k1 + 2·(k2 + k3) + k4
  const weighted = (k1: T, k2: T, k3: T, k4: T): T =>
    add(add(k1, k4), mul(2, add(k2, k3)));

  return (start, rates, steps = STEPS) => {
    const h = DURATION / steps;
    let y = start;
    for (let i = 0; i < steps; i++) {
      const k1 = slope(y, rates);
      const k2 = slope(advance(y, h / 2, k1), rates);
      const k3 = slope(advance(y, h / 2, k2), rates);
      const k4 = slope(advance(y, h, k3), rates);
      y = [
        add(y[0], mul(h / 6, weighted(k1[0], k2[0], k3[0], k4[0]))),
        add(y[1], mul(h / 6, weighted(k1[1], k2[1], k3[1], k4[1]))),
      ];
    }
    return y;
  };
}

/** {@linkcode lotkaVolterraIn} this module's operations. */
export const lotkaVolterra: (
  start: Populations,
  rates: Rates,
  steps?: number,
) => Populations = lotkaVolterraIn<Scalar>(chainrule);

/** The final prey as a function of initial populations and rates, in one list. */
export function finalPreyIn<T>(
  language: Language<T>,
): (x: readonly T[]) => T {
  const solve = lotkaVolterraIn(language);
  return (x) => {
    const [prey, predators, ...rates] = x as readonly [
      ...Populations<T>,
      ...Rates<T>,
    ];
    return solve([prey, predators], rates)[0];
  };
}

/** {@linkcode finalPreyIn} this module's operations. */
export const finalPrey: (x: readonly Scalar[]) => Scalar = finalPreyIn<Scalar>(
  chainrule,
);

/**
 * What the equation conserves along a solution:
 * feeding·prey − death·log prey + predation·predators − growth·log predators.
 */
export function invariant(
  [prey, predators]: Populations,
  [growth, predation, feeding, death]: Rates,
): Scalar {
  return add(
    sub(mul(feeding, prey), mul(death, log(prey))),
    sub(mul(predation, predators), mul(growth, log(predators))),
  );
}
