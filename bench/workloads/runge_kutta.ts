// A differential equation solved step by step: tens of thousands of operations,
// every one of which depends on every parameter.
import { add, log, mul, type Scalar, sub } from "../../mod.ts";

/** The state: how many prey and how many predators there are. */
export type Populations = readonly [prey: Scalar, predators: Scalar];

/** Rates of growth of the prey, predation, feeding, and death of the predators. */
export type Rates = readonly [
  growth: Scalar,
  predation: Scalar,
  feeding: Scalar,
  death: Scalar,
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
export function lotkaVolterra(
  start: Populations,
  rates: Rates,
  steps: number = STEPS,
): Populations {
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
}

/** The final prey as a function of initial populations and rates, in one list. */
export function finalPrey(x: readonly Scalar[]): Scalar {
  const [prey, predators, ...rates] = x as readonly [...Populations, ...Rates];
  return lotkaVolterra([prey, predators], rates)[0];
}

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

function slope(
  [prey, predators]: Populations,
  [growth, predation, feeding, death]: Rates,
): Populations {
  return [
    mul(prey, sub(growth, mul(predation, predators))),
    mul(predators, sub(mul(feeding, prey), death)),
  ];
}

function advance(y: Populations, h: number, k: Populations): Populations {
  return [add(y[0], mul(h, k[0])), add(y[1], mul(h, k[1]))];
}

/** k1 + 2·(k2 + k3) + k4 */
function weighted(k1: Scalar, k2: Scalar, k3: Scalar, k4: Scalar): Scalar {
  return add(add(k1, k4), mul(2, add(k2, k3)));
}
