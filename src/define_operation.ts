import { rangeError, wrongKind } from "./errors.ts";
import {
  applyBinary,
  applyUnary,
  applyVariadic,
} from "./operations/dispatch.ts";
import { binary, type Operand, unary, variadic } from "./primitives.ts";
import type { Scalar, ScalarOfAll } from "./scalar.ts";
import {
  apart,
  derive,
  isFreezing,
  isOpen,
  outlived,
  Var,
} from "./tape/recording.ts";

/**
 * One operand per parameter of the value: `[number, number]` gives `[Scalar, Scalar]`.
 *
 * @typeParam P The parameters of the value.
 * @category Operations of your own
 */
export type OperandsOf<P extends readonly number[]> = {
  [I in keyof P]: Scalar;
};

/**
 * ∂out/∂operand, from the operands in order and then the operation's own result.
 *
 * @typeParam P The parameters of the operation's value.
 * @category Operations of your own
 */
export type PartialRule<P extends readonly number[]> = (
  ...operandsAndOut: [...operands: OperandsOf<P>, out: Scalar]
) => Scalar;

/**
 * What {@linkcode defineOperation} needs to know.
 *
 * @typeParam P The parameters of `value`.
 * @category Operations of your own
 */
export interface OperationDefinition<P extends readonly number[]> {
  /** What errors and diagrams call the operation. */
  readonly name: string;
  /** The operation on numbers: a pure function. */
  readonly value: (...operands: P) => number;
  /**
   * Its partial derivatives: one rule per operand, in the order of the operands;
   * an operation of one operand may give the rule alone. A rule is given all
   * operands, and then the operation's result. Write rules in this module's
   * operations (`add`, not `+`), so that they can be differentiated and compiled
   * in turn. Where a rule runs on Vars for that purpose, `primal` and `.value`
   * throw: what is computed from a number would count as constant.
   */
  readonly partials:
    | { readonly [I in keyof P]: PartialRule<P> }
    | (P extends readonly [number] ? PartialRule<P> : never);
}

/**
 * An operation made by {@linkcode defineOperation}.
 *
 * @typeParam P The parameters of the operation's value.
 * @category Operations of your own
 */
export type DefinedOperation<P extends readonly number[]> = <
  A extends { readonly [I in keyof P]: Scalar },
>(...operands: A) => ScalarOfAll<A>;

/**
 * Makes an operation of your own, which works in every way to run a function,
 * as this module's do.
 *
 * @typeParam P The parameters of `value`, all of them numbers.
 * @param definition Its name, its value on numbers, and a rule for the partial
 * derivative by each operand.
 * @returns A function of Scalars: numbers give a number, Nodes a Node, Vars a Var.
 * @throws {TypeError} If a part of the definition is missing or of a wrong
 * kind; the operation itself throws one on a wrong operand, when a rule gives
 * something other than a Scalar, and when one reads a Var's number.
 * @throws {RangeError} If there are fewer rules than the value has parameters,
 * or some 65,000 operations were made already: make one outside of the functions
 * that use it.
 * @category Operations of your own
 *
 * @example The softsign, x / (1 + |x|)
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backward, defineOperation, Node } from "@chainrule/autograd";
 * import { abs, add, div, square } from "@chainrule/autograd";
 *
 * const softsign = defineOperation({
 *   name: "softsign",
 *   value: (x: number) => x / (1 + Math.abs(x)),
 *   partials: (x) => div(1, square(add(1, abs(x)))),
 * });
 * const x = new Node(-1);
 * backward(softsign(x));
 * assertEquals([softsign(-1), x.grad], [-0.5, 0.25]);
 * ```
 *
 * @example Two operands, and rules that use the result
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { defineOperation, div, grad, type Scalar } from "@chainrule/autograd";
 *
 * const distance = defineOperation({
 *   name: "distance",
 *   value: (a: number, b: number) => Math.hypot(a, b),
 *   partials: [(a, _b, out) => div(a, out), (_a, b, out) => div(b, out)],
 * });
 * const f = ([x, y]: [Scalar, Scalar]) => distance(x, y);
 * assertEquals(grad(f)([3, 4]), [0.6, 0.8]);
 * ```
 */
export function defineOperation<P extends [number, ...number[]]>(
  definition: OperationDefinition<P>,
): DefinedOperation<P> {
  const { name, value, rules } = checkDefinition(definition);
  return operationOf(name, value, rules) as unknown as DefinedOperation<P>;
}

function operationOf(
  name: string,
  value: (...operands: number[]) => number,
  rules: readonly AnyRule[],
): (...operands: Scalar[]) => Scalar {
  if (rules.length === 1) {
    const primitive = unary(name, value, rules[0]!);
    return (x) => applyUnary(primitive, x!);
  }
  if (rules.length === 2) {
    const primitive = binary(name, value, rules[0]!, rules[1]!);
    return (a, b) => applyBinary(primitive, a!, b!);
  }
  const primitive = variadic(
    name,
    (operands, count = operands.length) =>
      value(...Array.from(operands).slice(0, count)),
    (operands, out) => rules.map((rule) => rule(...operands, out)),
  );
  // A list of its own length: a missing operand is named like a wrong one.
  return (...operands) =>
    applyVariadic(primitive, rules.map((_, i) => operands[i]!));
}

type AnyRule = (...operandsAndOut: Operand[]) => Operand;

function checkDefinition(definition: unknown): {
  name: string;
  value: (...operands: number[]) => number;
  rules: readonly AnyRule[];
} {
  const call = "defineOperation";
  if (typeof definition !== "object" || definition === null) {
    const expected = "an object with name, value and partials";
    throw wrongKind(call, "the definition", definition, expected);
  }
  const { name, value, partials } = definition as Record<string, unknown>;
  if (typeof name !== "string" || name === "") {
    throw wrongKind(call, "name", name, "a string that is not empty");
  }
  if (typeof value !== "function") {
    throw wrongKind(`${call} ${name}`, "value", value, "a function of numbers");
  }
  const rules: unknown[] = Array.isArray(partials) ? partials : [partials];
  for (const [i, rule] of rules.entries()) {
    if (typeof rule === "function") continue;
    const what = Array.isArray(partials) ? `partials[${i}]` : "partials";
    throw wrongKind(`${call} ${name}`, what, rule, "a function of Scalars");
  }
  if (rules.length === 0 || value.length > rules.length) {
    throw rangeError(
      `Cannot ${call} ${name}: the number of rules in partials is ` +
        `${rules.length}, expected ${
          Math.max(1, value.length)
        }, one for each ` +
        "parameter of value",
    );
  }
  return {
    name,
    value: (...operands) => {
      const result: unknown = isFreezing()
        ? apart(() => value(...operands))
        : value(...operands);
      if (typeof result === "number") return result;
      throw wrongKind(name, "the result of value", result, "a number");
    },
    rules: rules.map((rule, i) =>
      checkedRule(name, `partials[${i}]`, rule as AnyRule)
    ),
  };
}

/** A user's rule that gives a number for numbers, and for Vars what can be recorded. */
function checkedRule(name: string, what: string, rule: AnyRule): AnyRule {
  const result = `the result of ${what}`;
  return (...operandsAndOut) => {
    // Among Vars there may be constants, but an operation's result is a Var then.
    if (typeof operandsAndOut.at(-1) === "number") {
      const partial = rule(...operandsAndOut);
      if (typeof partial === "number") return partial;
      throw wrongKind(name, result, partial, "a number, as its operands are");
    }
    const partial = derive(`${what} of ${name}`, () => rule(...operandsAndOut));
    if (typeof partial === "number") return partial;
    if (!(partial instanceof Var)) {
      throw wrongKind(name, result, partial, "a number or Var");
    }
    if (!isOpen(partial)) throw outlived(name, result);
    return partial;
  };
}
