// How likely is it to pass after so many hours of study? A logistic regression.
import {
  add,
  backward,
  compile,
  hessian,
  mul,
  Node,
  primal,
  type Scalar,
  sigmoid,
  softplus,
  sub,
  sum,
  valueAndGrad,
} from "../../../mod.ts";

const studies = [
  { hours: 0.5, passed: 0 },
  { hours: 1, passed: 0 },
  { hours: 1.5, passed: 0 },
  { hours: 2, passed: 1 },
  { hours: 2.5, passed: 0 },
  { hours: 3, passed: 1 },
  { hours: 3.5, passed: 1 },
] as const;

interface Model {
  slope: Scalar;
  offset: Scalar;
}

const logit = ({ slope, offset }: Model, hours: Scalar): Scalar =>
  add(mul(slope, hours), offset);

/** The negative logarithm of the likelihood. */
const loss = (model: Model): Scalar =>
  sum(studies.map(({ hours, passed }) => {
    const z = logit(model, hours);
    return sub(softplus(z), mul(passed, z));
  }));

/** The fitted model, and what it says about three hours of study. */
export function fit(): Record<string, number | number[][]> {
  // Compiled to WebAssembly at its first call, replayed at all others.
  const lossAndGradient = compile(valueAndGrad(loss));
  const model = { slope: 0, offset: 0 };
  for (let step = 0; step < 2000; step++) {
    const { slope, offset } = lossAndGradient(model).gradient;
    model.slope -= 0.1 * slope;
    model.offset -= 0.1 * offset;
  }

  // A graph of nodes: how much would another hour help?
  const hours = new Node(3);
  const chance = sigmoid(logit(model, hours));
  backward(chance);

  return {
    ...model,
    loss: lossAndGradient(model).value,
    // Its inverse estimates the variances of the parameters.
    curvature: hessian(loss)(model),
    chance: primal(chance),
    chancePerHour: hours.grad,
  };
}
