// What the report has every engine differentiate.
import { chainLeaves, mixedChainIn } from "./chain.ts";
import type { Language } from "./language.ts";
import {
  flattenMlp,
  initialMlp,
  mlpExamples,
  mlpLossIn,
  unflattenMlp,
} from "./mlp.ts";
import { rosenbrockIn, rosenbrockStart } from "./rosenbrock.ts";
import { finalPreyIn, LOTKA_VOLTERRA } from "./runge_kutta.ts";
import { sineLadderIn } from "./shared_subexpressions.ts";

/** What a workload is called, without its size. */
export type WorkloadName =
  | "chain"
  | "Rosenbrock"
  | "perceptron"
  | "Runge–Kutta"
  | "shared subexpressions"
  | "two numbers";

/** A function of numbers in one list, for any engine, and where to differentiate it. */
export interface Workload {
  readonly name: WorkloadName;
  /** Its size, in what is natural for it. */
  readonly size: number;
  /** How many operations it does. */
  readonly operations: number;
  readonly x: readonly number[];
  /** The function, in an engine's operations. */
  readonly in: <T>(language: Language<T>) => (x: readonly T[]) => T;
}

/** The chain y = y·a; y = y + b of so many operations. */
export function chain(operations: number): Workload {
  return {
    name: "chain",
    size: operations,
    operations,
    x: chainLeaves(),
    in: (language) => {
      const f = mixedChainIn(language);
      return (x) => f(x, operations);
    },
  };
}

/** Rosenbrock's function in so many dimensions. */
export function rosenbrock(dimensions: number): Workload {
  return {
    name: "Rosenbrock",
    size: dimensions,
    operations: 8 * (dimensions - 1),
    x: rosenbrockStart(dimensions),
    in: rosenbrockIn,
  };
}

/** The mean squared error of a network 2-16-16-1 with tanh over so many points. */
export function perceptron(points: number): Workload {
  const examples = mlpExamples(points);
  return {
    name: "perceptron",
    size: points,
    operations: 643 * points + 1,
    x: flattenMlp(initialMlp()),
    in: (language) => {
      const f = mlpLossIn(language);
      return (x) => f(unflattenMlp(x), examples);
    },
  };
}

/** A differential equation, solved in a thousand steps. */
export function rungeKutta(): Workload {
  return {
    name: "Runge–Kutta",
    size: 1000,
    operations: 48_000,
    x: LOTKA_VOLTERRA,
    in: finalPreyIn,
  };
}

/** A ladder of so many rungs, each made of the two before. */
export function sharedSubexpressions(rungs: number): Workload {
  return {
    name: "shared subexpressions",
    size: rungs,
    operations: 5 * rungs,
    x: [0.5, 0.8],
    in: (language) => {
      const f = sineLadderIn(language);
      return ([x, y]) => f(x!, y!, rungs);
    },
  };
}

/** (x + y)·sin x: where the call itself is what costs. */
export function twoNumbers(): Workload {
  return {
    name: "two numbers",
    size: 2,
    operations: 3,
    x: [2, 3],
    in: ({ add, mul, sin }) => ([x, y]) => mul(add(x!, y!), sin(x!)),
  };
}

/** Every workload, by its name, of a size. */
export const WORKLOADS: Readonly<
  Record<WorkloadName, (size: number) => Workload>
> = {
  "chain": chain,
  "Rosenbrock": rosenbrock,
  "perceptron": perceptron,
  "Runge–Kutta": rungeKutta,
  "shared subexpressions": sharedSubexpressions,
  "two numbers": twoNumbers,
};
