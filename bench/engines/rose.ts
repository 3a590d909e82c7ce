import * as R from "npm:rose@0.4.10";
import type { Language } from "../workloads/language.ts";
import {
  MLP_PARAMETERS,
  mlpExamples,
  mlpLossIn,
  unflattenMlp,
} from "../workloads/mlp.ts";
import type { Workload } from "../workloads/workloads.ts";
import type { Engine } from "./engine.ts";

const sin = R.opaque([R.Real], R.Real, Math.sin);
const cos = R.opaque([R.Real], R.Real, Math.cos);
sin.jvp = R.fn([R.Dual], R.Dual, ({ re, du }) => ({
  re: sin(re),
  du: R.mul(du, cos(re)),
}));
const tanh = R.opaque([R.Real], R.Real, Math.tanh);
tanh.jvp = R.fn([R.Dual], R.Dual, ({ re, du }) => {
  const y = tanh(re);
  return { re: y, du: R.mul(du, R.sub(1, R.mul(y, y))) };
});

const language: Language<R.Real> = {
  add: R.add,
  sub: R.sub,
  mul: R.mul,
  div: R.div,
  square: (x) => R.mul(x, x),
  sin,
  tanh,
};

type List = R.Vec<R.Real>;

/** rose: functions, compiled to WebAssembly. */
export const rose: Engine = {
  async prepare(workload) {
    const { x } = workload;
    const list = R.Vec(x.length, R.Real);
    const both = R.struct({ value: R.Real, gradient: list });
    const loss = R.fn([list], R.Real, functionFor(workload));
    const run = await R.compile(R.fn([list], both, (v) => {
      const { ret, grad } = R.vjp(loss)(v);
      return { value: ret, gradient: grad(1) };
    })) as unknown as (
      x: readonly number[],
    ) => { value: number; gradient: ArrayLike<number> };
    return () => run(x);
  },
};

/** The network is a function of one point, as a user of rose would write it: it keeps functions. */
function functionFor(
  { name, size, in: inLanguage }: Workload,
): (x: List) => R.Real {
  if (name !== "perceptron") {
    const f = inLanguage(language);
    return (x) => f([...x]);
  }
  const squaredError = R.fn(
    [R.Vec(MLP_PARAMETERS, R.Real), R.Real, R.Real, R.Real],
    R.Real,
    (parameters, x, y, target) =>
      lossOfPoint(unflattenMlp([...parameters]), [{
        inputs: [x as number, y as number],
        target: target as number,
      }]),
  );
  return (parameters) => {
    let total: R.Real = 0;
    for (const { inputs: [x, y], target } of mlpExamples(size)) {
      total = R.add(total, squaredError(parameters, x!, y!, target));
    }
    return R.div(total, size);
  };
}

const lossOfPoint = mlpLossIn(language);
