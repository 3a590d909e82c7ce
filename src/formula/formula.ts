import { wrongKind } from "../errors.ts";
import { Node } from "../graph/node.ts";
import type { ScalarList } from "../operations/lists.ts";
import type { Scalar, ScalarOfAll } from "../scalar.ts";
import { Var } from "../tape/recording.ts";
import { parse } from "./parse.ts";
import { type Computation, computed } from "./terms.ts";

/**
 * What a formula gives for what stands in its placeholders: numbers give a
 * number, Nodes a Node, everything else a Scalar.
 *
 * @typeParam T The contents of the placeholders.
 * @category Formulas
 */
export type FormulaResult<T extends readonly unknown[]> = T extends readonly []
  ? number
  : ScalarOfAll<{ [K in keyof T]: ElementOf<T[K]> }>;

/**
 * What is computed with of a placeholder's content: of a list, its elements.
 *
 * @typeParam X The content.
 * @category Formulas
 */
export type ElementOf<X> = X extends ScalarList ? X[number] : X;

// By the strings of a template, of which each place in the source has its own.
const computations = new WeakMap<TemplateStringsArray, Computation>();
// The one that was asked for last: in a loop, it is the next, too.
let latest: readonly string[] = [];
let latestComputation: Computation;

/**
 * Infix notation for this module's operations, as a template:
 * `` formula`(${x} + ${y}) * sin(${x})^2` `` is
 * `mul(add(x, y), square(sin(x)))`.
 *
 * A formula consists of numbers, `pi`, `e`, placeholders, parentheses, `+`, `-`,
 * `*`, `/`, the powers `^` and `**`, one of the comparisons `<`, `<=`, `>`, `>=`,
 * `==`, which give 1 or 0, and of every operation by its name. A placeholder
 * holds a Scalar or, for an operation over lists, a list: `sum(${xs})`. Powers
 * bind from the right and above a sign, as in mathematics: `-${x}^2` is −(x²).
 * The power 2 is `square`, any other is `pow`.
 *
 * A formula is read once for each place in the source, and from then on computed
 * as the calls it stands for. Write it where the values are: the text around the
 * placeholders does not change, and each value goes into one.
 *
 * @typeParam T The contents of the placeholders.
 * @param template The text of the formula.
 * @param operands What stands in its placeholders.
 * @returns A Scalar of the operands' kind.
 * @throws {SyntaxError} If it is not a formula; the message shows it, with a
 * caret under the place.
 * @throws {TypeError} If an operand is not what its operation takes, or it is not
 * called as a template.
 * @throws {RangeError} As the operations it is made of.
 * @category Formulas
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formula, grad, type Scalar } from "@chainrule/autograd";
 *
 * const f = (x: Scalar, y: Scalar) => formula`(${x} + ${y}) * cos(pi * ${x})^2`;
 * assertEquals(f(1, 2), 3);
 * assertEquals(grad(f)(0, 2), 1);
 * ```
 *
 * @example Conditions and lists
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formula } from "@chainrule/autograd";
 *
 * const xs = [1, 2, 6];
 * assertEquals(formula`select(mean(${xs}) > 2, -max(${xs[0]!}, 0.5), e)`, -1);
 * ```
 */
export function formula<const T extends readonly (Scalar | ScalarList)[]>(
  template: TemplateStringsArray,
  ...operands: T
): FormulaResult<T>;
export function formula(
  template: TemplateStringsArray,
  ...operands: readonly unknown[]
): Scalar {
  if (template !== latest) {
    latestComputation = computations.get(template) ?? read(template);
    latest = template;
  }
  return latestComputation(operands);
}

function read(template: TemplateStringsArray): Computation {
  if (!Array.isArray(template?.raw)) {
    const expected = "a template, as in formula`${x} + 1`";
    throw wrongKind("formula", "the argument", template, expected);
  }
  const term = parse(template.raw);
  const compute = computed(term);
  // No operation looks at a placeholder that is all of the formula.
  const checked: Computation = term.kind === "placeholder"
    ? (operands) => scalar(compute(operands))
    : compute;
  computations.set(template, checked);
  return checked;
}

function scalar(x: unknown): Scalar {
  if (typeof x === "number" || x instanceof Node || x instanceof Var) return x;
  throw wrongKind("formula", "operand 1", x, "a number, Node or Var");
}
