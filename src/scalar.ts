import type { Node } from "./graph/node.ts";
import type { Var } from "./tape/recording.ts";

/**
 * What every operation takes: a plain number, or one that is differentiated.
 *
 * @category Types
 */
export type Scalar = number | Node | Var;

/**
 * What an operation gives for operands of the types `A` and `B`: numbers give a
 * number, a Node with anything a Node (a Var beside it would throw), everything
 * else a Scalar.
 *
 * @typeParam A The type of one operand.
 * @typeParam B The type of the other.
 * @category Types
 */
export type ScalarOf<A, B = A> = [A, B] extends [number, number] ? number
  : [A] extends [Node] ? Node
  : [B] extends [Node] ? Node
  : Scalar;

/**
 * {@linkcode ScalarOf} for operands of the types `T`, however many.
 *
 * @typeParam T The types of the operands.
 * @category Types
 */
export type ScalarOfAll<T extends readonly unknown[]> = T extends
  readonly [infer First, ...infer Rest]
  ? Rest extends readonly [] ? ScalarOf<First>
  : ScalarOf<First, ScalarOfAll<Rest>>
  : Scalar;
