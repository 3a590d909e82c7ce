// The chain rule at one node.
import * as primitives from "../primitives.ts";
import { product } from "../primitives.ts";
import {
  evaluateListPartials,
  listRoom,
  uniformPartial,
} from "../rules/list_partials.ts";
import { evaluatePartials } from "../rules/partials.ts";
import * as rule from "../rules/user_rule.ts";
import * as ruleKinds from "../rules/kinds.ts";
import { classify } from "../rules/kinds.ts";
import type { Node, NodeOperand } from "./node.ts";

// Constants of this module, which the compiler folds; an imported one is a load.
const ADD = primitives.ADD, MUL = primitives.MUL;
const { UNARY, BINARY, TERNARY, UNIFORM, ACROSS, LIST } = ruleKinds;
const kinds = ruleKinds.kindsByCode, gates = ruleKinds.gatesByCode;
const partials = rule.partials;

/** Code of an operation that users write themselves, with a backward function. */
export const CUSTOM = 0;

/** Adds grad · ∂value/∂operand to the `grad` of each operand. */
export function propagate(node: Node): void {
  const operation = node["operation"];
  if (operation === null) return;
  const left = node["left"] as NodeOperand;
  const right = node["right"] as NodeOperand;
  const { code } = operation, { grad } = node;
  switch (code) {
    // By hand beside their rules: what long chains are made of.
    case ADD:
      if (typeof left !== "number") left.grad += grad;
      if (typeof right !== "number") right.grad += grad;
      return;
    case MUL: {
      const a = numberOf(left), b = numberOf(right);
      if (typeof left !== "number") left.grad += grad * b;
      if (typeof right !== "number") right.grad += grad * a;
      return;
    }
    case CUSTOM:
      node.backwardFn?.();
      return;
    default:
      propagateByRule(node, code);
  }
}

/** The numbers that a rule is given: up to three operands, and the result. */
const numbers = new Float64Array(4);
const A = 0, B = 1, C = 2, OUT = 3;

// A function for each number of operands: V8 inlines only so much into one, and
// a number that is passed to a call costs an object.

function propagateByRule(node: Node, code: number): void {
  switch (kinds[code]! || classify(code)) {
    case UNARY:
      return propagateUnary(node, code);
    case BINARY:
      return propagateBinary(node, code);
    case TERNARY:
      return propagateTernary(node, code);
    case UNIFORM:
      return propagateUniform(node, code);
    case ACROSS:
      return propagateAcross(node);
    case LIST:
      return propagateList(node, code);
  }
}

function propagateUnary(node: Node, code: number): void {
  const x = node["left"] as Node;
  numbers[A] = x.value;
  numbers[OUT] = node.value;
  evaluatePartials(code, numbers, A, 0, 0, OUT);
  receive(x, code, node.grad, partials[A]!);
}

function propagateBinary(node: Node, code: number): void {
  const a = node["left"] as NodeOperand, b = node["right"] as NodeOperand;
  numbers[A] = numberOf(a);
  numbers[B] = numberOf(b);
  numbers[OUT] = node.value;
  evaluatePartials(code, numbers, A, B, 0, OUT);
  const { grad } = node;
  receive(a, code, grad, partials[A]!);
  receive(b, code, grad, partials[B]!);
}

function propagateTernary(node: Node, code: number): void {
  const list = node["left"] as readonly NodeOperand[];
  const a = list[0]!, b = list[1]!, c = list[2]!;
  numbers[A] = numberOf(a);
  numbers[B] = numberOf(b);
  numbers[C] = numberOf(c);
  numbers[OUT] = node.value;
  evaluatePartials(code, numbers, A, B, C, OUT);
  const { grad } = node;
  receive(a, code, grad, partials[A]!);
  receive(b, code, grad, partials[B]!);
  receive(c, code, grad, partials[C]!);
}

function propagateUniform(node: Node, code: number): void {
  const list = node["left"] as readonly NodeOperand[];
  const share = node.grad * uniformPartial(code, list.length);
  for (let k = 0; k < list.length; k++) {
    const operand = list[k]!;
    if (typeof operand !== "number") operand.grad += share;
  }
}

function propagateAcross(node: Node): void {
  const list = node["left"] as readonly NodeOperand[], { grad } = node;
  const half = list.length / 2;
  for (let k = 0; k < list.length; k++) {
    const operand = list[k]!;
    if (typeof operand === "number") continue;
    operand.grad += grad * numberOf(list[k < half ? half + k : k - half]!);
  }
}

function propagateList(node: Node, code: number): void {
  const list = node["left"] as readonly NodeOperand[], count = list.length;
  const room = listRoom(count);
  for (let k = 0; k < count; k++) room[k] = numberOf(list[k]!);
  evaluateListPartials(code, room, count, node.value);
  const { grad } = node;
  for (let k = 0; k < count; k++) receive(list[k]!, code, grad, room[k]!);
}

/** Adds grad · partial to the `grad` of an operand, unless that is a constant. */
function receive(
  operand: NodeOperand,
  code: number,
  grad: number,
  partial: number,
): void {
  if (typeof operand === "number") return;
  operand.grad += product(gates[code] === 1, grad, partial);
}

/** The number an operand stands for. */
export function numberOf(operand: NodeOperand): number {
  return typeof operand === "number" ? operand : operand.value;
}
