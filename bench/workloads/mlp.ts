// A multilayer perceptron 2-16-16-1, tanh between its layers, fitted to 100
// points by mean squared error.
import {
  add,
  div,
  dot,
  mul,
  type Scalar,
  square,
  sub,
  tanh,
} from "../../mod.ts";

/** A fully connected layer: row i of the weights makes output i. */
export interface Layer<S extends Scalar = Scalar> {
  weights: S[][];
  biases: S[];
}

/** The parameters of a network, as a user would nest them. */
export interface Mlp<S extends Scalar = Scalar> {
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
export function flattenMlp<S extends Scalar>(mlp: Mlp<S>): S[] {
  return mlp.layers.flatMap(({ weights, biases }) => [
    ...weights.flat(),
    ...biases,
  ]);
}

/** The network whose parameters {@linkcode flattenMlp} would list so. */
export function unflattenMlp<S extends Scalar>(flat: readonly S[]): Mlp<S> {
  let at = 0;
  const take = (count: number) => flat.slice(at, at += count);
  const layers = MLP_SIZES.slice(1).map((outputs, l): Layer<S> => ({
    weights: Array.from({ length: outputs }, () => take(MLP_SIZES[l]!)),
    biases: take(outputs),
  }));
  return { layers };
}

/** The mean squared error, each neuron a `mul` and an `add` for every weight. */
export function mlpLoss(mlp: Mlp, examples: readonly Example[]): Scalar {
  return meanSquaredError(mlp, examples, weightByWeight);
}

/** The mean squared error, each neuron one `dot`. */
export function mlpLossByDot(mlp: Mlp, examples: readonly Example[]): Scalar {
  return meanSquaredError(mlp, examples, byDot);
}

type Neuron = (
  weights: readonly Scalar[],
  bias: Scalar,
  inputs: readonly Scalar[],
) => Scalar;

function weightByWeight(
  weights: readonly Scalar[],
  bias: Scalar,
  inputs: readonly Scalar[],
): Scalar {
  let total = bias;
  for (let i = 0; i < weights.length; i++) {
    total = add(total, mul(weights[i]!, inputs[i]!));
  }
  return total;
}

function byDot(
  weights: readonly Scalar[],
  bias: Scalar,
  inputs: readonly Scalar[],
): Scalar {
  return add(dot(weights, inputs), bias);
}

function meanSquaredError(
  mlp: Mlp,
  examples: readonly Example[],
  neuron: Neuron,
): Scalar {
  let total: Scalar = 0;
  for (const { inputs, target } of examples) {
    total = add(total, square(sub(output(mlp, inputs, neuron), target)));
  }
  return div(total, examples.length);
}

/** What the network makes of a point: tanh after every layer but the last. */
function output(
  { layers }: Mlp,
  inputs: readonly number[],
  neuron: Neuron,
): Scalar {
  let signals: readonly Scalar[] = inputs;
  layers.forEach(({ weights, biases }, l) => {
    const sums = weights.map((row, i) => neuron(row, biases[i]!, signals));
    signals = l < layers.length - 1 ? sums.map((x) => tanh(x)) : sums;
  });
  return signals[0]!;
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
