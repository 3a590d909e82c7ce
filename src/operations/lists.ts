// Functions of lists. Each makes one node or entry, however long the list.
import { rangeError, wrongKind } from "../errors.ts";
import type { Scalar, ScalarOf } from "../scalar.ts";
import {
  LIST_DOT,
  LIST_LOG_SUM_EXP,
  LIST_MEAN,
  LIST_SUM,
} from "../tape/loop.ts";
import { entryFor, record, recordOf } from "../tape/recording.ts";
import * as dispatch from "./dispatch.ts";
import { listValueOf, loopList } from "./list_value.ts";
import * as table from "./table.ts";

// Constants of this module, which the compiler folds.
const { applyLists } = dispatch;
const { primitives } = table;

/**
 * What {@linkcode sum}, {@linkcode mean}, {@linkcode dot} and {@linkcode logSumExp} take.
 *
 * @category Types
 */
export type ScalarList = readonly Scalar[] | Float64Array;

/**
 * The sum of a list, added from the first to the last; 0 for an empty list. A
 * list of a million makes one node, not a chain. Every partial derivative is 1.
 *
 * @param xs The list.
 * @returns A Scalar of the elements' kind.
 * @throws {TypeError} If `xs` is not a list of Scalars, or a Node meets a Var.
 * @category Operations: over lists
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { sum } from "@chainrule/autograd";
 *
 * assertEquals(sum([1, 2, 3]), 6);
 * ```
 */
export function sum<L extends ScalarList>(xs: L): ScalarOf<L[number]>;
export function sum(xs: ScalarList): Scalar {
  const list = loopList(xs);
  if (list !== undefined) return recordOf(LIST_SUM, list, 0);
  checkList("sum", xs);
  return applyLists(primitives.sum, xs, [], element);
}

/**
 * The arithmetic mean of a list, one node; NaN for an empty list. Every partial
 * derivative is 1/n.
 *
 * @param xs The list.
 * @returns A Scalar of the elements' kind.
 * @throws {TypeError} If `xs` is not a list of Scalars, or a Node meets a Var.
 * @category Operations: over lists
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { mean } from "@chainrule/autograd";
 *
 * assertEquals(mean([1, 2, 6]), 3);
 * ```
 */
export function mean<L extends ScalarList>(xs: L): ScalarOf<L[number]>;
export function mean(xs: ScalarList): Scalar {
  const list = loopList(xs);
  if (list !== undefined) return recordOf(LIST_MEAN, list, 0);
  checkList("mean", xs);
  return applyLists(primitives.mean, xs, [], element);
}

/**
 * The dot product of two lists of one length, one node. Its partial derivative
 * by an element is the element across.
 *
 * @param a The first list.
 * @param b The second list.
 * @returns A Scalar of the elements' kind.
 * @throws {TypeError} If an argument is not a list of Scalars, or a Node
 * meets a Var.
 * @throws {RangeError} If the lists differ in length.
 * @category Operations: over lists
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dot } from "@chainrule/autograd";
 *
 * assertEquals(dot([1, 2, 3], [4, 5, 6]), 32);
 * ```
 */
export function dot<A extends ScalarList, B extends ScalarList>(
  a: A,
  b: B,
): ScalarOf<A[number], B[number]>;
export function dot(a: ScalarList, b: ScalarList): Scalar {
  const one = listValueOf(a), other = listValueOf(b);
  const isOneLength = one === undefined && other === undefined
    ? a?.length === b?.length
    : one?.numbers() !== undefined && other?.numbers() !== undefined &&
      one.isLike(other, "dot");
  if (isOneLength) {
    const met = new Set<unknown>();
    const first = loopList(a, met);
    const second = first === undefined ? undefined : loopList(b, met);
    if (first !== undefined && second !== undefined) {
      return record(LIST_DOT, entryFor(first), entryFor(second), NaN);
    }
  }
  checkList("dot", a);
  checkList("dot", b, 2);
  const n = a.length;
  if (b.length !== n) {
    throw rangeError(
      `Cannot dot: the lists have ${n} and ${b.length} elements, ` +
        "expected one length",
    );
  }
  return applyLists(
    primitives.dot,
    a,
    b,
    (i) => `element ${i % n} of operand ${i < n ? 1 : 2}`,
  );
}

/**
 * log Σ eˣ over a list, one node, accurate and finite wherever the elements
 * are; −Infinity for an empty list. Its partial derivatives are the softmax;
 * equal infinities share.
 *
 * @param xs The list.
 * @returns A Scalar of the elements' kind.
 * @throws {TypeError} If `xs` is not a list of Scalars, or a Node meets a Var.
 * @category Operations: over lists
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { logSumExp } from "@chainrule/autograd";
 *
 * assertEquals(logSumExp([1000, 1000]), 1000 + Math.LN2);
 * ```
 */
export function logSumExp<L extends ScalarList>(xs: L): ScalarOf<L[number]>;
export function logSumExp(xs: ScalarList): Scalar {
  const list = loopList(xs);
  if (list !== undefined) return recordOf(LIST_LOG_SUM_EXP, list, 0);
  checkList("logSumExp", xs);
  return applyLists(primitives.logSumExp, xs, [], element);
}

function checkList(name: string, list: unknown, position = 1): void {
  if (Array.isArray(list) || list instanceof Float64Array) return;
  throw wrongKind(
    name,
    `operand ${position}`,
    list,
    "an array of numbers, Nodes or Vars, or a Float64Array",
  );
}

function element(i: number): string {
  return `element ${i}`;
}
