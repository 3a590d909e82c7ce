/**
 * Automatic differentiation of scalar functions: exact gradients of programs,
 * with loops, branches and all, in TypeScript without dependencies.
 *
 * Begin with {@linkcode grad} and the operations, such as {@linkcode add},
 * {@linkcode mul} and {@linkcode sin}: they take the place of `+`, `*` and `Math`
 * in a function whose gradient is wanted. Or with {@linkcode Node} and
 * {@linkcode backward}, to see how it works. All the rest can wait.
 *
 * What a function is given decides how it runs:
 *
 * - on **numbers** it gives a number;
 * - on **{@linkcode Node}s** it builds a graph of objects, to hold, inspect, draw
 *   ({@linkcode toMermaid}, {@linkcode toDot}), extend and differentiate with
 *   {@linkcode backward}, which adds to the `grad` of every leaf;
 * - {@linkcode grad}, {@linkcode valueAndGrad}, {@linkcode jvp}, {@linkcode vjp},
 *   {@linkcode linearize}, {@linkcode jacobian}, {@linkcode hessian} and
 *   {@linkcode hvp} run it on **{@linkcode Var}s**, which record it on a flat
 *   tape, control flow as it is written. They take and give numbers, in arrays,
 *   nested objects and Float64Arrays too, and nest to any order;
 * - {@linkcode compile} freezes a function, or a transform of one, into
 *   WebAssembly, for when it is called many times. {@linkcode map},
 *   {@linkcode fold} and {@linkcode scan} stay loops there.
 *
 * {@linkcode formula} is infix notation, {@linkcode defineOperation} adds an
 * operation to all of these, {@linkcode checkGradients} compares gradients with
 * finite differences, and {@linkcode detectAnomaly} finds the operation that a
 * NaN comes from.
 *
 * @example One function, four ways to run it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import {
 *   add,
 *   backward,
 *   compile,
 *   grad,
 *   mul,
 *   Node,
 *   type Scalar,
 *   square,
 * } from "@chainrule/autograd";
 *
 * const f = (x: Scalar, y: Scalar): Scalar => add(square(x), mul(x, y));
 *
 * assertEquals(f(3, 4), 21);
 *
 * const x = new Node(3), y = new Node(4);
 * backward(f(x, y));
 * assertEquals([x.grad, y.grad], [10, 3]);
 *
 * assertEquals(grad(f)(3, 4), 10); // by the first argument
 * assertEquals(grad(grad(f))(3, 4), 2);
 *
 * const compiled = compile(grad(f)); // recorded at its first call, then replayed
 * assertEquals([compiled(3, 4), compiled(5, 6)], [10, 16]);
 * ```
 *
 * @module
 */
export { Node } from "./src/graph/node.ts";
export { postOrder } from "./src/graph/post_order.ts";
export { backward, zeroGrad } from "./src/graph/backward.ts";
export type { Scalar, ScalarOf, ScalarOfAll } from "./src/scalar.ts";
export * from "./src/operations/arithmetic.ts";
export * from "./src/operations/exponentials.ts";
export * from "./src/operations/special.ts";
export * from "./src/operations/trigonometry.ts";
export * from "./src/operations/kinks.ts";
export * from "./src/operations/lists.ts";
export * from "./src/operations/choice.ts";
export * from "./src/define_operation.ts";
export {
  type ElementOf,
  formula,
  type FormulaResult,
} from "./src/formula/formula.ts";
export {
  type DefinedFunction,
  defineFunction,
  type FunctionDefinition,
  type LeafFor,
  type OfNodes,
  type ResultFor,
  type ScalarsOf,
  type WithLeaves,
} from "./src/functions/define_function.ts";
export {
  defineImplicit,
  type ImplicitDefinition,
} from "./src/functions/define_implicit.ts";
export { checkpoint } from "./src/functions/checkpoint.ts";
export { solve } from "./src/functions/solve.ts";
export { Var } from "./src/tape/recording.ts";
export type { HasAux } from "./src/transforms/has_aux.ts";
export {
  grad,
  valueAndGrad,
  type ValueAndGradient,
} from "./src/transforms/grad.ts";
export { hessian, hvp } from "./src/transforms/hessian.ts";
export { jacobian } from "./src/transforms/jacobian.ts";
export { jvp, type ValueAndTangent } from "./src/transforms/jvp.ts";
export {
  linearize,
  type ValueAndPushforward,
} from "./src/transforms/linearize.ts";
export { type ValueAndPullback, vjp } from "./src/transforms/vjp.ts";
export type {
  Argument,
  Arguments,
  Like,
  Matrix,
  Numeric,
  Precise,
  ResultLeaf,
  ResultLike,
  Vector,
  WithoutFloats,
} from "./src/transforms/structures.ts";
export { map } from "./src/loops/map.ts";
export { fold, scan } from "./src/loops/fold.ts";
export { type RowList, type RowOf, type Rows, rows } from "./src/loops/rows.ts";
export type { Scalars } from "./src/loops/likeness.ts";
export {
  checkGradients,
  type CheckGradientsOptions,
} from "./src/inspect/check_gradients.ts";
export {
  detectAnomaly,
  type DetectAnomalyOptions,
} from "./src/inspect/detect_anomaly.ts";
export { AnomalyError } from "./src/inspect/anomaly_error.ts";
export { type DiagramOptions } from "./src/inspect/diagram.ts";
export { toDot } from "./src/inspect/dot.ts";
export { toMermaid } from "./src/inspect/mermaid.ts";
export {
  compile,
  type Compiled,
  type CompileOptions,
} from "./src/compile/compile.ts";
export type {
  CompiledFunction,
  NumericArgument,
  NumericArguments,
  NumericStructure,
  ScalarArgument,
  ScalarArguments,
  TakesScalars,
} from "./src/compile/compiled_function.ts";
export type { DisposableIfKnown } from "./src/host.ts";
export type {
  CompiledProgram,
  WasmModule,
} from "./src/compile/compiled_program.ts";
export type { Recordable } from "./src/transforms/recorded.ts";
export { sparseHessian } from "./src/sparse/sparse_hessian.ts";
export { sparseJacobian } from "./src/sparse/sparse_jacobian.ts";
export { type Pattern, SparseMatrix } from "./src/sparse/sparse_matrix.ts";
