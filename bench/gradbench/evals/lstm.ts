// A long short-term memory that predicts the next of a sequence of vectors.
import {
  add,
  compile,
  div,
  exp,
  fold,
  grad,
  log,
  mul,
  neg,
  rows,
  type Scalar,
  sigmoid,
  sub,
  sum,
  tanh,
} from "../../../mod.ts";
import { Fields } from "../fields.ts";
import { type Eval, prepared } from "../protocol.ts";

type Vector = readonly Scalar[];

/** The parameters, each list a row after row. */
export interface Parameters {
  /** Two rows per layer: weights and biases, each for forget, input and output gates and the change. */
  readonly main: readonly Vector[];
  /** Weights of the input and the output, and the output's biases. */
  readonly extra: readonly Vector[];
}

/**
 * The mean of what is lost by predicting each vector from those before it.
 *
 * @param first Two rows per layer: hidden units and cells before the first step.
 * @param steps Row by row in one list: what goes in, and what should come out.
 */
export function loss(
  { main, extra }: Parameters,
  first: readonly Vector[],
  steps: Float64Array | Vector,
): Scalar {
  const units = extra[0]!.length;
  const [inWeights, outWeights, outBiases] = extra as [Vector, Vector, Vector];
  const layers = Array.from({ length: main.length / 2 }, (_, l) => {
    const [weights, biases] = [main[2 * l]!, main[2 * l + 1]!];
    const gate = (g: number, x: Scalar, j: number) =>
      add(mul(x, weights[units * g + j]!), biases[units * g + j]!);
    return { gate };
  });
  const initial = {
    hidden: layers.map((_, l) => first[2 * l]!),
    cells: layers.map((_, l) => first[2 * l + 1]!),
    total: 0 as Scalar,
    count: 0 as Scalar,
  };
  const { total, count } = fold(
    rows(steps, 2 * units),
    initial,
    (state, row) => {
      const target = row.slice(units);
      let signal: Vector = inWeights.map((w, j) => mul(row[j]!, w));
      const hidden: Vector[] = [], cells: Vector[] = [];
      for (const [l, { gate }] of layers.entries()) {
        const before = state.hidden[l]!, arriving = signal;
        const cell = before.map((h, j) => {
          const forget = sigmoid(gate(0, arriving[j]!, j));
          const input = sigmoid(gate(1, h, j));
          const change = tanh(gate(3, h, j));
          return add(mul(state.cells[l]![j]!, forget), mul(input, change));
        });
        signal = cell.map((c, j) =>
          mul(sigmoid(gate(2, arriving[j]!, j)), tanh(c))
        );
        hidden.push(signal);
        cells.push(cell);
      }
      const y = signal.map((x, j) =>
        add(mul(x, outWeights[j]!), outBiases[j]!)
      );
      const norm = log(add(sum(y.map((yj) => exp(yj))), 2));
      const gain = sum(target.map((t, j) => mul(t, sub(y[j]!, norm))));
      return {
        hidden,
        cells,
        total: add(state.total, gain),
        count: add(state.count, units),
      };
    },
  );
  return neg(div(total, count));
}

function read(input: unknown) {
  const fields = new Fields(input);
  const sequence = fields.matrix("sequence");
  const units = sequence[0]?.length ?? 0;
  if (sequence.length < 2) {
    throw new RangeError(
      `Cannot evaluate: the input.sequence has ${sequence.length} elements, ` +
        "expected at least 2",
    );
  }
  const main = fields.matrix("main_params", { columns: 4 * units });
  if (main.length % 2 !== 0) {
    throw new RangeError(
      `Cannot evaluate: the input.main_params has ${main.length} elements, ` +
        "expected two per layer",
    );
  }
  const extra = fields.matrix("extra_params", { rows: 3, columns: units });
  const first = fields.matrix("state", { rows: main.length, columns: units });
  const steps = sequence.slice(1)
    .flatMap((next, t) => [...sequence[t]!, ...next]);
  return {
    parameters: { main, extra },
    first,
    steps: Float64Array.from(steps),
  };
}

export const lstm: Eval = {
  objective: (input) => {
    const { parameters, first, steps } = read(input);
    const compiled = compile(loss);
    return prepared(() => compiled(parameters, first, steps));
  },
  jacobian: (input) => {
    const { parameters, first, steps } = read(input);
    const compiled = compile(grad(loss));
    return prepared(
      () => compiled(parameters, first, steps),
      ({ main, extra }) => [...main, ...extra].flat(),
    );
  },
};
