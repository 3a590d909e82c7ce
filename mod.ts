export { Node } from "./src/graph/node.ts";
export { postOrder } from "./src/graph/post_order.ts";
export { backward, zeroGrad } from "./src/graph/backward.ts";
export type { Scalar, ScalarOf, ScalarOfAll } from "./src/scalar.ts";
export * from "./src/operations.ts";
export * from "./src/define_operation.ts";
export { Var } from "./src/tape/tape.ts";
export {
  grad,
  valueAndGrad,
  type ValueAndGradient,
} from "./src/transforms/grad.ts";
export { hessian, hvp } from "./src/transforms/hessian.ts";
export { jacobian } from "./src/transforms/jacobian.ts";
export { jvp, type ValueAndTangent } from "./src/transforms/jvp.ts";
export { type ValueAndPullback, vjp } from "./src/transforms/vjp.ts";
export type {
  Argument,
  Like,
  Numbers,
  ResultLeaf,
  ResultLike,
} from "./src/transforms/structures.ts";
export {
  checkGradients,
  type CheckGradientsOptions,
} from "./src/inspect/check_gradients.ts";
export { type DiagramOptions } from "./src/inspect/excerpt.ts";
export { toDot } from "./src/inspect/dot.ts";
export { toMermaid } from "./src/inspect/mermaid.ts";
