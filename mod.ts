export { Node } from "./src/graph/node.ts";
export { postOrder } from "./src/graph/post_order.ts";
export { backward, zeroGrad } from "./src/graph/backward.ts";
export type { Scalar, ScalarOf, ScalarOfAll } from "./src/scalar.ts";
export * from "./src/operations.ts";
export * from "./src/define_operation.ts";
