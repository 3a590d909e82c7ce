// The rule at any entry, on numbers: its operands and the partial derivatives
// by them, for sweeps that use each partial more than once.
import { type Entries, FIRST_OPERATION } from "./entries.ts";
import { evaluateListPartials, listRoom } from "../rules/list_partials.ts";
import { evaluatePartials } from "../rules/partials.ts";
import * as rule from "../rules/user_rule.ts";
import * as ruleKinds from "../rules/kinds.ts";
import { kindOf } from "../rules/kinds.ts";

// Constants of this module, which the compiler folds; an imported one is a load.
const FIRST_CODE = FIRST_OPERATION;
const UNARY = ruleKinds.UNARY, BINARY = ruleKinds.BINARY;
const TERNARY = ruleKinds.TERNARY, FLAT = ruleKinds.FLAT;
const gates = ruleKinds.gatesByCode;
const partials = rule.partials;

/** The operands of one entry, and the partial derivatives by them. */
export class EntryPartials {
  operands: Int32Array = new Int32Array(8);
  partials: Float64Array = new Float64Array(8);
  /** Whether a partial derivative of 0 lets nothing through, not even an infinity. */
  gate = false;

  /** Evaluates the rule at entry i, and gives how many operands it has; 0 if it is flat. */
  evaluate(entries: Entries, i: number): number {
    const { codes, lefts, rights, values, lists } = entries;
    const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
    if (code < FIRST_CODE) return 0;
    const kind = kindOf(code);
    const mine = this.operands;
    switch (kind) {
      case FLAT:
        return 0;
      case UNARY:
        evaluatePartials(code, values, left, 0, 0, i);
        mine[0] = left;
        return this.#take(partials, 1, code);
      case BINARY:
        evaluatePartials(code, values, left, right, 0, i);
        mine[0] = left;
        mine[1] = right;
        return this.#take(partials, 2, code);
      case TERNARY:
        for (let k = 0; k < 3; k++) mine[k] = lists[left + k]!;
        evaluatePartials(code, values, mine[0]!, mine[1]!, mine[2]!, i);
        return this.#take(partials, 3, code);
    }
    if (right > mine.length) {
      this.operands = new Int32Array(2 * right);
      this.partials = new Float64Array(2 * right);
    }
    const numbers = listRoom(right), operands = this.operands;
    for (let k = 0; k < right; k++) {
      const operand = operands[k] = lists[left + k]!;
      numbers[k] = values[operand]!;
    }
    evaluateListPartials(code, numbers, right, values[i]!);
    return this.#take(numbers, right, code);
  }

  #take(all: Float64Array, count: number, code: number): number {
    const mine = this.partials;
    for (let k = 0; k < count; k++) mine[k] = all[k]!;
    this.gate = gates[code] === 1;
    return count;
  }
}
