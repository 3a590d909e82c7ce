// How a primitive meets its operands: numbers are computed at once, Nodes make
// a Node, Vars an entry of the tape. The operands come from users, so this is
// where wrong ones are caught.
import { typeError, wrongKind } from "../errors.ts";
import { makeNode, Node, type NodeOperand } from "../graph/node.ts";
import { numberOf } from "../graph/propagate.ts";
import type { Binary, Primitive, Unary, Variadic } from "../primitives.ts";
import type { Scalar } from "../scalar.ts";
import { listRoom } from "../rules/list_partials.ts";
import * as tape from "../tape/recording.ts";
import {
  entryFor,
  entryOf,
  forgetConstants,
  isOpen,
  mayBeFast,
  outlived,
  record,
  recordLarge,
  recordList,
  reserveOperands,
  setOperand,
  takeLarge,
  takeOperands,
  tapeLength,
  valueAt,
  valueOf,
  Var,
} from "../tape/recording.ts";

// Constants of this module, which the compiler folds; what is imported is a load
// and a check at each use.
const { fastValues, isFast, isLarge } = tape;
const { recordFast, recordFastConstant } = tape;
const { NUMBERS, OTHERS, takeThree, threeNumbers } = tape;

const EXPECTED = "a number, Node or Var";

/** Applies a primitive of one operand. */
export function applyUnary(primitive: Unary, x: Scalar): Scalar {
  if (typeof x === "number") return primitive.value(x);
  if (!isFast(x)) return applyElsewhere(primitive, x);
  const entry = (x as Var)["index"];
  return recordFast(
    primitive.code,
    entry,
    0,
    primitive.value(fastValues[entry]!),
  );
}

/** Applies a primitive of two operands. */
export function applyBinary(primitive: Binary, a: Scalar, b: Scalar): Scalar {
  if (typeof a === "number" && typeof b === "number") {
    return primitive.value(a, b);
  }
  let left = -1, right = -1;
  if (isFast(a)) {
    left = (a as Var)["index"];
    right = isFast(b) ? (b as Var)["index"] : recordFastConstant(b);
  } else if (isFast(b)) {
    left = recordFastConstant(a);
    right = (b as Var)["index"];
  }
  if ((left | right) >= 0) {
    const value = primitive.value(fastValues[left]!, fastValues[right]!);
    return recordFast(primitive.code, left, right, value);
  }
  return a instanceof Node && b instanceof Node
    ? makeNode(primitive, primitive.value(a.value, b.value), a, b)
    : applyElsewhere(primitive, a, b);
}

/** Applies a primitive of three operands. */
export function applyTernary(
  primitive: Variadic,
  a: Scalar,
  b: Scalar,
  c: Scalar,
): Scalar {
  const at = takeThree(a, b, c);
  if (at === OTHERS) {
    if (!isNodeOperand(a) || !isNodeOperand(b) || !isNodeOperand(c)) {
      return applyElsewhere(primitive, [a, b, c]);
    }
    threeNumbers[0] = numberOf(a);
    threeNumbers[1] = numberOf(b);
    threeNumbers[2] = numberOf(c);
    const value = primitive.value(threeNumbers, 3);
    return makeNode(primitive, value, [a, b, c], null);
  }
  const value = primitive.value(threeNumbers, 3);
  return at === NUMBERS ? value : recordFast(primitive.code, at, 3, value);
}

/**
 * Applies a built-in primitive to a list of operands, or to two of one length.
 *
 * @param label What an error calls operand i of all.
 */
export function applyLists(
  primitive: Variadic,
  xs: readonly Scalar[] | Float64Array,
  ys: readonly Scalar[] | Float64Array,
  label: (i: number) => string,
): Scalar {
  const n = xs.length, count = n + ys.length, numbers = listRoom(count);
  if (!mayBeFast()) {
    return takeNumbers(xs, numbers, 0) && takeNumbers(ys, numbers, n)
      ? primitive.value(numbers, count)
      : applyElsewhere(primitive, joined(xs, ys), undefined, label);
  }
  const at = reserveOperands(count);
  const before = tapeLength();
  const varsX = takeOperands(xs, numbers, 0, at);
  const varsY = varsX < 0 ? -1 : takeOperands(ys, numbers, n, at + n);
  if (varsX + varsY > 0 && varsY >= 0) {
    return recordList(primitive.code, count, primitive.value(numbers, count));
  }
  forgetConstants(before);
  return varsY === 0
    ? primitive.value(numbers, count)
    : applyElsewhere(primitive, joined(xs, ys), undefined, label);
}

/** The operands of one or two lists, in an array that a node may keep. */
function joined(
  xs: readonly Scalar[] | Float64Array,
  ys: readonly Scalar[] | Float64Array,
): readonly Scalar[] {
  const operands: Scalar[] = Array.isArray(xs) ? [...xs] : [];
  if (operands.length < xs.length) append(operands, xs);
  append(operands, ys);
  return operands;
}

function append(
  operands: Scalar[],
  xs: readonly Scalar[] | Float64Array,
): void {
  for (let k = 0; k < xs.length; k++) operands.push(xs[k]!);
}

/** Takes the operands of a list, if all of them are numbers. */
function takeNumbers(
  xs: readonly Scalar[] | Float64Array,
  numbers: Float64Array,
  first: number,
): boolean {
  if (xs instanceof Float64Array) {
    numbers.set(xs, first);
    return true;
  }
  for (let k = 0; k < xs.length; k++) {
    const x = xs[k];
    if (typeof x !== "number") return false;
    numbers[first + k] = x;
  }
  return true;
}

/** Applies a primitive to a list of operands, which it may keep. */
export function applyVariadic(
  primitive: Variadic,
  operands: readonly Scalar[],
): Scalar {
  return operands.every(isNumber)
    ? primitive.value(operands, operands.length)
    : applyElsewhere(primitive, operands);
}

/**
 * Applies a primitive where not all operands are numbers and Vars of the
 * innermost recording. This is one function for all primitives, and so too long
 * to be inlined: V8 limits how much it inlines into a user's function, and the
 * few lines above need that more.
 */
function applyElsewhere(
  primitive: Primitive,
  a: Scalar | readonly Scalar[],
  b?: Scalar,
  label?: (i: number) => string,
): Scalar {
  switch (primitive.arity) {
    case 1:
      if (isLarge(a)) {
        const entry = entryOf(a as Var);
        const value = primitive.value(valueAt(entry));
        return recordLarge(primitive.code, entry, 0, value);
      }
      if (a instanceof Node) {
        return makeNode(primitive, primitive.value(a.value), a, null);
      }
      if (isVarOperand(a)) {
        const entry = entryFor(a), value = primitive.value(valueAt(entry));
        return record(primitive.code, entry, 0, value);
      }
      throw wrongOperand(primitive.name, [a], label);
    case 2:
      if (isLarge(a) || isLarge(b)) {
        const left = takeLarge(a), right = takeLarge(b);
        if ((left | right) >= 0) {
          const value = primitive.value(valueAt(left), valueAt(right));
          return recordLarge(primitive.code, left, right, value);
        }
      }
      if (isNodeOperand(a) && isNodeOperand(b)) {
        const left = typeof a === "number" ? a : a.value;
        const right = typeof b === "number" ? b : b.value;
        return makeNode(primitive, primitive.value(left, right), a, b);
      }
      if (isVarOperand(a) && isVarOperand(b)) {
        const left = entryFor(a), right = entryFor(b);
        const value = primitive.value(valueAt(left), valueAt(right));
        return record(primitive.code, left, right, value);
      }
      throw wrongOperand(primitive.name, [a, b], label);
    case "list": {
      const operands = a as readonly Scalar[], count = operands.length;
      const numbers = listRoom(count);
      if (readNodes(operands, numbers)) {
        const value = primitive.value(numbers, count);
        return makeNode(primitive, value, operands, null);
      }
      if (operands.every(isVarOperand)) {
        const entries = operands.map(entryFor);
        const value = primitive.value(entries.map(valueAt), count);
        const at = reserveOperands(count);
        entries.forEach((entry, i) => setOperand(at + i, entry));
        return recordList(primitive.code, count, value);
      }
      throw wrongOperand(primitive.name, operands, label);
    }
  }
}

/** Reads the numbers of operands that are Nodes or numbers; false if one is neither. */
function readNodes(
  operands: readonly Scalar[],
  numbers: Float64Array,
): operands is readonly NodeOperand[] {
  for (let i = 0; i < operands.length; i++) {
    const x = operands[i]!;
    if (typeof x === "number") numbers[i] = x;
    else if (x instanceof Node) numbers[i] = x.value;
    else return false;
  }
  return true;
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

/** The TypeError for operands that do not go together, or one that is not a Scalar. */
export function wrongOperand(
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
  return typeError(
    `Cannot ${name}: ${label(node)} is a Node and ${label(recorded)} is a ` +
      "Var, expected one kind; pass the Node's value to the recorded function " +
      "as an argument",
  );
}
