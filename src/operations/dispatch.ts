// How a primitive meets its operands: numbers are computed at once, Nodes make
// a Node, Vars an entry of the tape. The operands come from users, so this is
// where wrong ones are caught.
import { wrongKind } from "../errors.ts";
import { makeNode, Node, type NodeOperand, numberOf } from "../graph/node.ts";
import type { Binary, Unary, Variadic } from "../primitives.ts";
import type { Scalar } from "../scalar.ts";
import {
  entryFor,
  isOpen,
  outlived,
  record,
  recordList,
  valueAt,
  valueOf,
  Var,
} from "../tape/recording.ts";

const EXPECTED = "a number, Node or Var";

/** Applies a primitive of one operand. */
export function applyUnary(primitive: Unary, x: Scalar): Scalar {
  if (typeof x === "number") return primitive.value(x);
  if (isVarOperand(x)) {
    const entry = entryFor(x);
    const value = primitive.value(valueAt(entry));
    return record(primitive.code, entry, 0, value);
  }
  if (x instanceof Node) {
    return makeNode(primitive, primitive.value(x.value), x, null);
  }
  throw wrongOperand(primitive.name, [x]);
}

/** Applies a primitive of two operands. */
export function applyBinary(primitive: Binary, a: Scalar, b: Scalar): Scalar {
  if (typeof a === "number" && typeof b === "number") {
    return primitive.value(a, b);
  }
  if (isVarOperand(a) && isVarOperand(b)) {
    const left = entryFor(a), right = entryFor(b);
    const value = primitive.value(valueAt(left), valueAt(right));
    return record(primitive.code, left, right, value);
  }
  if (isNodeOperand(a) && isNodeOperand(b)) {
    return makeNode(primitive, primitive.value(numberOf(a), numberOf(b)), a, b);
  }
  throw wrongOperand(primitive.name, [a, b]);
}

/**
 * Applies a primitive to a list of operands, which it may keep.
 *
 * @param label What an error calls operand i; `operand i + 1` by default.
 */
export function applyVariadic(
  primitive: Variadic,
  operands: readonly Scalar[],
  label?: (i: number) => string,
): Scalar {
  if (operands.every(isNumber)) return primitive.value(operands);
  if (operands.every(isVarOperand)) {
    const entries = operands.map(entryFor);
    const value = primitive.value(entries.map(valueAt));
    return recordList(primitive.code, entries, value);
  }
  if (operands.every(isNodeOperand)) {
    const value = primitive.value(operands.map(numberOf));
    return makeNode(primitive, value, operands, null);
  }
  throw wrongOperand(primitive.name, operands, label);
}

/** The number a Scalar stands for; see `primal`. */
export function primalOf(x: Scalar): number {
  if (typeof x === "number") return x;
  if (x instanceof Var) return valueOf(x, "primal");
  if (x instanceof Node) return x.value;
  throw wrongKind("primal", "the argument", x, EXPECTED);
}

function isNumber(x: unknown): x is number {
  return typeof x === "number";
}

function isNodeOperand(x: unknown): x is NodeOperand {
  return x instanceof Node || typeof x === "number";
}

function isVarOperand(x: unknown): x is Var | number {
  return typeof x === "number" || x instanceof Var && isOpen(x);
}

function wrongOperand(
  name: string,
  operands: readonly unknown[],
  label: (i: number) => string = (i) => `operand ${i + 1}`,
): TypeError {
  const wrong = operands.findIndex((x) =>
    !isNodeOperand(x) && !isVarOperand(x)
  );
  if (wrong >= 0) {
    const x = operands[wrong];
    if (x instanceof Var) return outlived(name, label(wrong));
    return wrongKind(name, label(wrong), x, EXPECTED);
  }
  const node = operands.findIndex((x) => x instanceof Node);
  const recorded = operands.findIndex((x) => x instanceof Var);
  return new TypeError(
    `Cannot ${name}: ${label(node)} is a Node and ${label(recorded)} is a ` +
      "Var, expected one kind; pass the Node's value to the recorded function " +
      "as an argument",
  );
}
