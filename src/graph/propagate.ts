// The chain rule at one node.
import * as primitives from "../primitives.ts";
import { product } from "../primitives.ts";
import { evaluateListPartials, listRoom } from "../tape/list_partials.ts";
import { evaluatePartials } from "../tape/partials.ts";
import * as rule from "../tape/rule.ts";
import * as ruleKinds from "../tape/rule_kinds.ts";
import { classify } from "../tape/rule_kinds.ts";
import type { Node, NodeOperand } from "./node.ts";

// Constants of this module, which the compiler folds; an imported one is a load.
const ADD = primitives.ADD, MUL = primitives.MUL;
const { UNARY, BINARY, TERNARY, LIST } = ruleKinds;
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
      propagateByRule(node, code, left, right);
  }
}

/** The numbers that a rule is given: up to three operands, and the result. */
const numbers = new Float64Array(4);
const A = 0, B = 1, C = 2, OUT = 3;

function propagateByRule(
  { grad, value }: Node,
  code: number,
  left: NodeOperand | readonly NodeOperand[],
  right: NodeOperand,
): void {
  const kind = kinds[code]! || classify(code), gate = gates[code] === 1;
  switch (kind) {
    case UNARY: {
      const x = left as Node;
      numbers[A] = x.value;
      numbers[OUT] = value;
      evaluatePartials(code, numbers, A, 0, 0, OUT);
      x.grad += product(gate, grad, partials[0]!);
      return;
    }
    case BINARY: {
      const a = left as NodeOperand;
      numbers[A] = numberOf(a);
      numbers[B] = numberOf(right);
      numbers[OUT] = value;
      evaluatePartials(code, numbers, A, B, 0, OUT);
      const byA = partials[0]!, byB = partials[1]!;
      if (typeof a !== "number") a.grad += product(gate, grad, byA);
      if (typeof right !== "number") right.grad += product(gate, grad, byB);
      return;
    }
    case TERNARY: {
      const [a, b, c] = left as readonly NodeOperand[];
      numbers[A] = numberOf(a!);
      numbers[B] = numberOf(b!);
      numbers[C] = numberOf(c!);
      numbers[OUT] = value;
      evaluatePartials(code, numbers, A, B, C, OUT);
      const byA = partials[0]!, byB = partials[1]!, byC = partials[2]!;
      if (typeof a !== "number") a!.grad += product(gate, grad, byA);
      if (typeof b !== "number") b!.grad += product(gate, grad, byB);
      if (typeof c !== "number") c!.grad += product(gate, grad, byC);
      return;
    }
    case LIST: {
      const list = left as readonly NodeOperand[], count = list.length;
      const room = listRoom(count);
      for (let k = 0; k < count; k++) room[k] = numberOf(list[k]!);
      evaluateListPartials(code, room, count, value);
      for (let k = 0; k < count; k++) {
        const x = list[k]!;
        if (typeof x !== "number") x.grad += product(gate, grad, room[k]!);
      }
    }
  }
}

/** The number an operand stands for. */
export function numberOf(operand: NodeOperand): number {
  return typeof operand === "number" ? operand : operand.value;
}
