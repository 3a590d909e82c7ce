// A multilayer perceptron 2-16-16-1, tanh between its layers, fitted to 100
// points by mean squared error.
import * as chainrule from "../../mod.ts";
import { add, dot, type Scalar } from "../../mod.ts";
import type { Language } from "./language.ts";

/** A fully connected layer: row i of the weights makes output i. */
export interface Layer<S = Scalar> {
  weights: S[][];
  biases: S[];
}

/** The parameters of a network, as a user would nest them. */
export interface Mlp<S = Scalar> {
  layers: Layer<S>[];
}

/** A point and what the network should make of it. */
export interface Example {
  readonly inputs: readonly number[];
  readonly target: number;
}

/** The number of inputs and of each layer's outputs. */
export const MLP_SIZES: readonly number[] = [2, 16, 16, 1];

/** How many parameters a network of these sizes has. */
export const MLP_PARAMETERS: number = 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1;

/** A network with weights and biases uniform in ±1/√inputs, the same for a seed. */
export function initialMlp(seed = 1): Mlp<number> {
  const random = mulberry32(seed);
  const layers = MLP_SIZES.slice(1).map((outputs, l): Layer<number> => {
    const inputs = MLP_SIZES[l]!;
    const uniform = () => (2 * random() - 1) / Math.sqrt(inputs);
    return {
      weights: Array.from(
        { length: outputs },
        () => Array.from({ length: inputs }, uniform),
      ),
      biases: Array.from({ length: outputs }, uniform),
    };
  });
  return { layers };
}

/** Points uniform in the square ±1 under the saddle x² − y², the same for a seed. */
export function mlpExamples(count = 100, seed = 2): Example[] {
  const random = mulberry32(seed);
  return Array.from({ length: count }, () => {
    const x = 2 * random() - 1, y = 2 * random() - 1;
    return { inputs: [x, y], target: x * x - y * y };
  });
}

/** All parameters in one list: layer by layer, weights by row, then biases. */
export function flattenMlp<S>(mlp: Mlp<S>): S[] {
  return mlp.layers.flatMap(({ weights, biases }) => [
    ...weights.flat(),
    ...biases,
  ]);
}

/** The network whose parameters {@linkcode flattenMlp} would list so. */
export function unflattenMlp<S>(flat: readonly S[]): Mlp<S> {
  let at = 0;
  const take = (count: number) => flat.slice(at, at += count);
  const layers = MLP_SIZES.slice(1).map((outputs, l): Layer<S> => ({
    weights: Array.from({ length: outputs }, () => take(MLP_SIZES[l]!)),
    biases: take(outputs),
  }));
  return { layers };
}

/** The sum of a neuron's weighted inputs and its bias. */
type Neuron<T> = (
  weights: readonly T[],
  bias: T,
  inputs: readonly (T | number)[],
) => T;

/** The mean squared error, each neuron a `mul` and an `add` for every weight. */
export function mlpLossIn<T>(
  language: Language<T>,
): (mlp: Mlp<T>, examples: readonly Example[]) => T {
  const { add, mul } = language;
  return meanSquaredError(language, (weights, bias, inputs) => {
    let total = bias;
    for (let i = 0; i < weights.length; i++) {
      total = add(total, mul(weights[i]!, inputs[i]!));
    }
    return total;
  });
}

/** {@linkcode mlpLossIn} this module's operations. */
export const mlpLoss: (mlp: Mlp, examples: readonly Example[]) => Scalar =
  mlpLossIn<Scalar>(chainrule);

/** The mean squared error, each neuron one `dot`. */
export const mlpLossByDot: (
  mlp: Mlp,
  examples: readonly Example[],
) => Scalar = meanSquaredError<Scalar>(
  chainrule,
  (weights, bias, inputs) => add(dot(weights, inputs), bias),
);

function meanSquaredError<T>(
  { add, div, square, sub, tanh }: Language<T>,
  neuron: Neuron<T>,
): (mlp: Mlp<T>, examples: readonly Example[]) => T {
  // What the network makes of a point: tanh after every layer but the last.
  const output = ({ layers }: Mlp<T>, inputs: readonly number[]): T => {
    let signals: readonly (T | number)[] = inputs;
    layers.forEach(({ weights, biases }, l) => {
      const sums = weights.map((row, i) => neuron(row, biases[i]!, signals));
      signals = l < layers.length - 1 ? sums.map((x) => tanh(x)) : sums;
    });
    return signals[0] as T;
  };
  return (mlp, examples) => {
    let total: T | number = 0;
    for (const { inputs, target } of examples) {
      total = add(total, square(sub(output(mlp, inputs), target)));
    }
    return div(total, examples.length);
  };
}

/** Tommy Ettinger's generator of 32 bits of state, uniform in [0, 1). */
function mulberry32(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
