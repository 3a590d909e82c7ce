import {
  defaultDevice,
  init,
  jit,
  numpy,
  valueAndGrad,
} from "npm:@jax-js/jax@0.1.25";
import type { Language } from "../workloads/language.ts";
import { mlpExamples, unflattenMlp } from "../workloads/mlp.ts";
import type { Workload } from "../workloads/workloads.ts";
import type { Differentiate, Engine } from "./engine.ts";

type Value = numpy.Array;
const FLOAT64 = { dtype: numpy.float64 };

await init("wasm");
defaultDevice("wasm");

/** jax-js, one operation at a time. */
export const jax: Engine = {
  prepare: (workload) => prepare(workload, (f) => f),
};

/** jax-js, its operations fused by `jit`. */
export const jaxJit: Engine = {
  prepare: (workload) => prepare(workload, jit),
};

type Both = (x: Value[]) => [Value, Value[]];

function prepare(
  workload: Workload,
  transform: (f: Both) => Both,
): Differentiate {
  const { x, f } = inArrays(workload) ?? inScalars(workload);
  const both = transform(valueAndGrad(f) as Both);
  return () => {
    const [value, gradient] = both(
      x.map((part) => numpy.array(part, FLOAT64)),
    );
    return {
      value: value.js() as number,
      gradient: gradient.flatMap((part) => Array.from(part.dataSync())),
    };
  };
}

/** A function of arrays. It takes them over, as all functions of jax-js do. */
interface Loss {
  readonly x: readonly (number | number[] | number[][])[];
  readonly f: (x: Value[]) => Value;
}

/** A workload as it is written, of one-number arrays. */
function inScalars({ in: inLanguage, x }: Workload): Loss {
  const f = (leaves: Value[]): Value => {
    // Each use takes a reference over; what is left of them has to be given back.
    const owned = [...leaves];
    const own = (value: Value): Value => {
      owned.push(value);
      return value;
    };
    const use = (x: Value | number) => typeof x === "number" ? x : x.ref;
    const language: Language<Value> = {
      add: (a, b) => own(numpy.add(use(a), use(b))),
      sub: (a, b) => own(numpy.subtract(use(a), use(b))),
      mul: (a, b) => own(numpy.multiply(use(a), use(b))),
      div: (a, b) => own(numpy.divide(use(a), use(b))),
      square: (x) => own(numpy.square(x.ref)),
      sin: (x) => own(numpy.sin(x.ref)),
      tanh: (x) => own(numpy.tanh(x.ref)),
    };
    const result = inLanguage(language)(leaves).ref;
    for (const value of owned) value.dispose();
    return result;
  };
  return { x, f };
}

/** A workload as a user of jax-js would write it, where that is with arrays. */
function inArrays({ name, size, x }: Workload): Loss | undefined {
  if (name === "Rosenbrock") return { x: [[...x]], f: rosenbrock };
  if (name === "perceptron") {
    const { layers } = unflattenMlp(x);
    return {
      x: layers.flatMap(({ weights, biases }) => [weights, biases]),
      f: perceptron(size),
    };
  }
  return undefined;
}

function rosenbrock([x]: Value[]): Value {
  const n = x!.shape[0]!;
  const before = x!.ref.slice([0, n - 1]), after = x!.slice([1, n]);
  const valley = numpy.square(after.sub(numpy.square(before.ref)));
  const slope = numpy.square(numpy.subtract(1, before));
  return valley.mul(100).add(slope).sum();
}

function perceptron(points: number): (parameters: Value[]) => Value {
  const examples = mlpExamples(points);
  return (parameters) => {
    let signals: Value = numpy.array(
      examples.map(({ inputs }) => [...inputs]),
      FLOAT64,
    );
    for (let l = 0; l < parameters.length; l += 2) {
      const weights = parameters[l]!, biases = parameters[l + 1]!;
      const sums = numpy.matmul(signals, weights.transpose()).add(biases);
      signals = l + 2 < parameters.length ? numpy.tanh(sums) : sums;
    }
    const targets = numpy.array(
      examples.map(({ target }) => [target]),
      FLOAT64,
    );
    return numpy.square(signals.sub(targets)).mean();
  };
}
