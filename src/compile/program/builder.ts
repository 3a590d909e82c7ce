// What a compiled function does: a recording, less what nobody needs.
import {
  ADD,
  builtIn,
  DIV,
  MUL,
  type Primitive,
  primitiveOf,
  SUB,
} from "../../primitives.ts";
import { CONSTANT, fieldsOf, LIST } from "../../tape/entries.ts";

import {
  CONSTANT_LIST,
  ELEMENT,
  GATHER,
  LOOP,
  type Loop,
  type Program,
  STACKED,
  withOperands,
} from "../../tape/loop.ts";
import { isListAt } from "./program.ts";
import {
  type Assumed,
  hasSign,
  type Looked,
  NOTHING_ASSUMED,
  type Sign,
} from "./minus_zero.ts";
import { neededEntries } from "./uses.ts";

/** A program in the order that code is made of: inputs, then constants, then the rest. */
export interface Ordered extends Program {
  /** The first entry that is neither input nor constant. */
  readonly first: number;
}

// Where repeated operations are looked for: a table that fits in the processor's
// cache, in which a new entry may take the place of an old one. All of a small
// program is there; of a huge one, what was lately computed.
const TABLE = 1 << 18;
const PROBES = 4;

// Tables of builders that have finished: one per size is used again, as large
// arrays have the garbage collector run.
const freeTables = new Map<number, Int32Array>();

function takeTable(size: number): Int32Array {
  const table = freeTables.get(size);
  if (table === undefined) return new Int32Array(size);
  freeTables.delete(size);
  return table.fill(0);
}

/** Appends to a program, giving an entry that is there already where it can. */
export class Builder {
  readonly #inputs: number;
  readonly #loops: Loop[] = [];
  readonly #data: Float64Array[] = [];
  #length = 0;
  #codes: Uint16Array;
  #lefts: Int32Array;
  #rights: Int32Array;
  #constants: Float64Array;
  readonly #lists: number[] = [];
  // Pairs of an entry, 0 where there is none (entry 0 is never an operation),
  // and its hash, which tells most others apart without a look at them.
  #table: Int32Array;
  // By entry, or −1 less it: whether it is never −0, or has no minus.
  readonly #signs = new Map<number, boolean>();
  /** By hash: the entries whose operands are lists. */
  readonly #listEntries = new Map<number, number[]>();
  readonly #constantEntries = new Map<number, number>();
  /** By loop and number: the entries of the lists that loops stack. */
  readonly #stacks = new Map<string, number>();
  #minusZero = -1;
  readonly #assumed: Assumed;
  readonly #neg: number = codeNamed("neg");

  /**
   * @param inputs The codes of the inputs: of a number, or of a list.
   * @param expected How many operations to expect.
   * @param assumed What is known of the inputs.
   */
  constructor(
    inputs: ArrayLike<number>,
    expected: number,
    assumed: Assumed = NOTHING_ASSUMED,
  ) {
    this.#inputs = inputs.length;
    this.#assumed = assumed;
    // Lowered operations may take more; `#grow` sees to that.
    const capacity = inputs.length + expected + 64;
    this.#codes = new Uint16Array(capacity);
    this.#lefts = new Int32Array(capacity);
    this.#rights = new Int32Array(capacity);
    this.#constants = new Float64Array(capacity);
    this.#table = takeTable(
      Math.min(TABLE, 2 ** Math.ceil(Math.log2(8 * expected + 64))),
    );
    for (let i = 0; i < inputs.length; i++) this.#append(inputs[i]!, 0, 0, 0);
    // Entry 0 is never an operation.
    if (inputs.length === 0) this.#append(CONSTANT, 0, 0, NaN);
  }

  constant(value: number): number {
    if (Object.is(value, -0)) {
      if (this.#minusZero < 0) {
        this.#minusZero = this.#append(CONSTANT, 0, 0, -0);
      }
      return this.#minusZero;
    }
    let entry = this.#constantEntries.get(value);
    if (entry === undefined) {
      entry = this.#append(CONSTANT, 0, 0, value);
      this.#constantEntries.set(value, entry);
    }
    return entry;
  }

  /** As {@linkcode lower}, for an operation of one or two operands. */
  lower2(primitive: Primitive, left: number, right: number): number {
    const { code } = primitive, neg = this.#neg;
    // What most of a gradient is, without the detour over lists of operands.
    const leftCode = this.#codes[left]!, rightCode = this.#codes[right]!;
    if (
      (code === ADD || code === MUL || code === SUB) &&
      leftCode !== CONSTANT && rightCode !== CONSTANT &&
      leftCode !== neg && rightCode !== neg
    ) {
      return code !== SUB && left > right
        ? this.#shared(code, right, left)
        : this.#shared(code, left, right);
    }
    return this.lower(
      primitive,
      primitive.arity === 1 ? [left] : [left, right],
    );
  }

  /** An operation, as simpler ones with the same value to the bit where there are. */
  lower(primitive: Primitive, operands: readonly number[]): number {
    const constants = operands.map((entry) => this.constantAt(entry));
    if (constants.every((constant) => constant !== undefined)) {
      return this.constant(valueOf(primitive, constants));
    }
    const lowering = loweringOf(primitive);
    return lowering === undefined
      ? this.emit(primitive, operands)
      : lowering(this, operands, constants);
  }

  /** A built-in operation by its name. */
  op(name: BuiltIn, ...operands: number[]): number {
    return this.lower(builtIn(name), operands);
  }

  /** An operation as it is. */
  emit(primitive: Primitive, operands: readonly number[]): number {
    const { code, arity } = primitive;
    if (arity === "list") return this.#emitList(code, operands);
    const left = operands[0]!, right = operands[1] ?? 0;
    // A constant comes last, whenever it was first seen: what repeats with
    // other constants is then still the same operation.
    const swapped = isCommutative(code) &&
      (this.#codes[left] === CONSTANT ||
        left > right && this.#codes[right] !== CONSTANT);
    return swapped
      ? this.#shared(code, right, left)
      : this.#shared(code, left, right);
  }

  /** The code of an entry. */
  codeOf(entry: number): number {
    return this.#codes[entry]!;
  }

  /** Operand k of an entry that is no loop. */
  operandOf(entry: number, k: number): number {
    return k === 0 ? this.#lefts[entry]! : this.#rights[entry]!;
  }

  /** Operand k of a list of entries. */
  listOperand(entry: number, k: number): number {
    return this.#lists[this.#lefts[entry]! + k]!;
  }

  /** How many entries a list of entries has. */
  listLength(entry: number): number {
    return this.#rights[entry]!;
  }

  /** The numbers of a list of constants. */
  dataOf(entry: number): Float64Array {
    return this.#data[this.#lefts[entry]!]!;
  }

  /** Whether an entry is a list. */
  isListAt(entry: number): boolean {
    return isListAt({
      codes: this.#codes,
      lefts: this.#lefts,
      rights: this.#rights,
      loops: this.#loops,
    }, entry);
  }

  /** Whether an entry is −0 for no inputs, so that adding 0 to it changes nothing. */
  isNeverMinusZero(entry: number): boolean {
    return this.hasSign(entry, "not minus zero");
  }

  /** Whether an entry has such a sign for all inputs. */
  hasSign(entry: number, sign: Sign): boolean {
    // Of a list, all numbers are asked for one by one.
    const asked = this.#codes[entry] === ELEMENT ? this.#lefts[entry]! : entry;
    const key = sign === "no minus" ? -1 - asked : asked;
    let known = this.#signs.get(key);
    if (known === undefined) {
      known = this.#findSign(asked, sign);
      this.#signs.set(key, known);
    }
    return known;
  }

  #findSign(entry: number, sign: Sign): boolean {
    const program: Looked = {
      codes: this.#codes,
      lefts: this.#lefts,
      rights: this.#rights,
      lists: this.#lists,
      constants: this.#constants,
      loops: this.#loops,
      data: this.#data,
    };
    return hasSign(program, entry, sign, this.#assumed);
  }

  /** The loop at an entry. */
  loopOf(entry: number): Loop {
    return this.#loops[this.#lefts[entry]!]!;
  }

  /** A list of constants. */
  constantList(numbers: Float64Array): number {
    this.#data.push(numbers);
    return this.#append(CONSTANT_LIST, this.#data.length - 1, 0, 0);
  }

  /** The list of its operands. */
  gather(operands: readonly number[]): number {
    return operands.every((entry) => this.#codes[entry] === CONSTANT)
      ? this.constantList(
        Float64Array.from(operands, (entry) => this.#constants[entry]!),
      )
      : this.#emitList(GATHER, operands);
  }

  /** An entry that says something of a list or a loop. */
  project(code: number, operand: number, k: number): number {
    if (code !== STACKED) return this.#shared(code, operand, k);
    // A list has one place in memory, and so one entry for sure.
    const key = `${operand} ${k}`;
    let entry = this.#stacks.get(key);
    if (entry === undefined) {
      entry = this.#append(STACKED, operand, k, 0);
      this.#stacks.set(key, entry);
    }
    return entry;
  }

  /** A loop over entries of this program. */
  loop(loop: Loop): number {
    return this.#append(LOOP, this.#loops.push(loop) - 1, 0, 0);
  }

  /** The program with these outputs; nothing is appended afterwards. */
  finish(outputs: readonly number[]): Ordered {
    const codes = this.#codes, lefts = this.#lefts, rights = this.#rights;
    const constants = this.#constants;
    const lists = Int32Array.from(this.#lists);
    const inputs = this.#inputs;
    // Folding and lowering leave entries that nobody needs.
    const needed = neededEntries(
      { codes, lefts, rights, lists, loops: this.#loops, data: this.#data },
      outputs,
      this.#length,
    );
    freeTables.set(this.#table.length, this.#table);
    this.#table = new Int32Array(2);
    needed.fill(1, 0, inputs);
    let length = 0;
    for (const mark of needed) length += mark;
    const program = {
      length,
      codes: new Uint16Array(length),
      lefts: new Int32Array(length),
      rights: new Int32Array(length),
      constants: new Float64Array(length),
    };
    program.codes.set(codes.subarray(0, inputs));
    const renamed = new Int32Array(this.#length);
    for (let i = 0; i < inputs; i++) renamed[i] = i;
    let first = inputs;
    for (const entry of [...this.#constantEntries.values(), this.#minusZero]) {
      if (entry < inputs || needed[entry] === 0) continue;
      renamed[entry] = first;
      program.codes[first] = CONSTANT;
      program.constants[first++] = constants[entry]!;
    }
    let next = first;
    const loops: Loop[] = [], data: Float64Array[] = [];
    const rename = (entry: number) => renamed[entry]!;
    for (let i = inputs; i < this.#length; i++) {
      const code = codes[i]!;
      if (needed[i] === 0 || code === CONSTANT) continue;
      const left = lefts[i]!, right = rights[i]!, fields = fieldsOf(code);
      renamed[i] = next;
      program.codes[next] = code;
      if (code === LOOP) {
        const loop = withOperands(this.#loops[left]!, rename);
        program.lefts[next++] = loops.push(loop) - 1;
      } else if (code === CONSTANT_LIST) {
        program.lefts[next++] = data.push(this.#data[left]!) - 1;
      } else {
        program.lefts[next] = fields === LIST ? left : renamed[left]!;
        program.rights[next++] = fields === 2 ? renamed[right]! : right;
        for (let k = left; fields === LIST && k < left + right; k++) {
          lists[k] = renamed[lists[k]!]!;
        }
      }
    }
    return {
      ...program,
      inputs,
      first,
      lists,
      loops,
      data,
      outputs: outputs.map(rename),
    };
  }

  /** The value of an entry, if that is a constant. */
  constantAt(entry: number): number | undefined {
    return this.#codes[entry] === CONSTANT ? this.#constants[entry] : undefined;
  }

  #append(code: number, left: number, right: number, constant: number): number {
    const i = this.#length;
    if (i === this.#codes.length) this.#grow();
    this.#codes[i] = code;
    this.#lefts[i] = left;
    this.#rights[i] = right;
    this.#constants[i] = constant;
    this.#length = i + 1;
    return i;
  }

  #grow(): void {
    const to = 2 * this.#length;
    const [codes, lefts, rights, constants] = [
      this.#codes,
      this.#lefts,
      this.#rights,
      this.#constants,
    ];
    (this.#codes = new Uint16Array(to)).set(codes);
    (this.#lefts = new Int32Array(to)).set(lefts);
    (this.#rights = new Int32Array(to)).set(rights);
    (this.#constants = new Float64Array(to)).set(constants);
  }

  #shared(code: number, left: number, right: number): number {
    const table = this.#table, mask = table.length - 2;
    const key = hash(code, left, right);
    let slot = 0;
    for (let probe = 0; probe < PROBES; probe++) {
      slot = 2 * (key + probe) & mask;
      const entry = table[slot]!;
      if (entry === 0) break;
      if (
        table[slot + 1] === key && this.#lefts[entry] === left &&
        this.#rights[entry] === right && this.#codes[entry] === code
      ) return entry;
    }
    table[slot + 1] = key;
    return table[slot] = this.#append(code, left, right, 0);
  }

  #emitList(code: number, operands: readonly number[]): number {
    let key = code;
    for (const operand of operands) key = hash(key, operand, operands.length);
    const known = this.#listEntries.get(key);
    if (known === undefined) this.#listEntries.set(key, []);
    for (const entry of known ?? []) {
      if (this.#codes[entry] === code && this.#hasOperands(entry, operands)) {
        return entry;
      }
    }
    const entry = this.#append(code, this.#lists.length, operands.length, 0);
    for (const operand of operands) this.#lists.push(operand);
    this.#listEntries.get(key)!.push(entry);
    return entry;
  }

  #hasOperands(entry: number, operands: readonly number[]): boolean {
    const at = this.#lefts[entry]!;
    return this.#rights[entry] === operands.length &&
      operands.every((operand, k) => this.#lists[at + k] === operand);
  }
}

function hash(code: number, left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b) ^
    Math.imul(code, 0xc2b2ae35);
  return mixed ^ mixed >>> 15;
}

/** The value of an operation on numbers, however many it takes. */
export function valueOf(
  primitive: Primitive,
  operands: readonly number[],
): number {
  switch (primitive.arity) {
    case 1:
      return primitive.value(operands[0]!);
    case 2:
      return primitive.value(operands[0]!, operands[1]!);
    case "list":
      return primitive.value(operands);
  }
}

type BuiltIn = Parameters<typeof builtIn>[0];

// a ∘ b = b ∘ a to the bit, so that either finds the other.
function isCommutative(code: number): boolean {
  return code === ADD || code === MUL || code === codeNamed("eq");
}

const codesByName = new Map<BuiltIn, number>();

/** The code of a built-in operation. */
function codeNamed(name: BuiltIn): number {
  let code = codesByName.get(name);
  if (code === undefined) codesByName.set(name, code = builtIn(name).code);
  return code;
}

type Lowering = (
  builder: Builder,
  operands: readonly number[],
  /** The values of those operands that are constants. */
  constants: readonly (number | undefined)[],
) => number;

const loweringsByCode = new Map<number, Lowering>();

function loweringOf({ code }: Primitive): Lowering | undefined {
  if (loweringsByCode.size === 0) {
    for (const [name, lowering] of Object.entries(lowerings)) {
      loweringsByCode.set(builtIn(name as BuiltIn).code, lowering);
    }
  }
  return loweringsByCode.get(code);
}

/**
 * Operations in terms of others. Each gives the same bits as the value function
 * of its row: identities hold for every double (x + 0 is not x at −0), and the
 * formulas are those of the value functions, operation by operation.
 */
const lowerings: Readonly<Partial<Record<BuiltIn, Lowering>>> = {
  add: (b, [x, y], [cx, cy]) => {
    if (Object.is(cx, -0) || cx === 0 && b.isNeverMinusZero(y!)) return y!;
    if (Object.is(cy, -0) || cy === 0 && b.isNeverMinusZero(x!)) return x!;
    const neg = codeNamed("neg");
    if (b.codeOf(y!) === neg) return b.op("sub", x!, b.operandOf(y!, 0));
    if (b.codeOf(x!) === neg) return b.op("sub", y!, b.operandOf(x!, 0));
    return b.emit(primitiveOf(ADD), [x!, y!]);
  },
  neg: (b, [x]) =>
    b.codeOf(x!) === codeNamed("neg")
      ? b.operandOf(x!, 0)
      : b.emit(builtIn("neg"), [x!]),
  abs: (b, [x]) =>
    b.codeOf(x!) === codeNamed("neg")
      ? b.op("abs", b.operandOf(x!, 0))
      : b.emit(builtIn("abs"), [x!]),
  sub: (b, [x, y], [, cy]) => {
    if (Object.is(cy, 0)) return x!;
    return b.codeOf(y!) === codeNamed("neg")
      ? b.op("add", x!, b.operandOf(y!, 0))
      : b.emit(primitiveOf(SUB), [x!, y!]);
  },
  mul: (b, [x, y], [cx, cy]) => {
    if (cx === 1) return y!;
    if (cy === 1) return x!;
    if (cx === -1) return b.op("neg", y!);
    if (cy === -1) return b.op("neg", x!);
    if (cx === 2) return b.op("add", y!, y!);
    if (cy === 2) return b.op("add", x!, x!);
    return b.emit(primitiveOf(MUL), [x!, y!]);
  },
  div: (b, [x, y], [, cy]) =>
    cy === 1 ? x! : b.emit(primitiveOf(DIV), [x!, y!]),
  square: (b, [x]) => b.op("mul", x!, x!),
  stopGradient: (_b, [x]) => x!,
  relu: (b, [x]) => b.op("max", x!, b.constant(0)),
  // x itself at ±0 and NaN.
  sign: (b, [x]) => {
    const zero = b.constant(0);
    const notAbove = b.op("select", b.op("lt", x!, zero), b.constant(-1), x!);
    return b.op("select", b.op("gt", x!, zero), b.constant(1), notAbove);
  },
  select: (b, [condition, x, y], [c, , constantY]) =>
    c !== undefined ? c !== 0 ? x! : y! : x === y
      ? x!
      // 0 where the condition is 0: it is one itself, unless that is −0.
      : condition === x && Object.is(constantY, 0) && b.isNeverMinusZero(x!)
      ? x!
      : b.emit(builtIn("select"), [condition!, x!, y!]),
  clamp: (b, [x, low, high]) => b.op("min", b.op("max", x!, low!), high!),
  sum: (b, xs) => xs.reduce((total, x) => b.op("add", total, x), b.constant(0)),
  mean: (b, xs) =>
    b.op("div", b.lower(builtIn("sum"), xs), b.constant(xs.length)),
  dot: (b, xs) => {
    const half = xs.length / 2;
    let total = b.constant(0);
    for (let k = 0; k < half; k++) {
      total = b.op("add", total, b.op("mul", xs[k]!, xs[half + k]!));
    }
    return total;
  },
  // Of both branches the exponential is that of −|x|, which softplus and the
  // derivatives of either have, too.
  sigmoid: (b, [x]) => {
    const one = b.constant(1), e = b.op("exp", b.op("neg", b.op("abs", x!)));
    const above = b.op("ge", x!, b.constant(0));
    return b.op("div", b.op("select", above, one, e), b.op("add", one, e));
  },
  softplus: (b, [x]) =>
    b.op(
      "add",
      b.op("max", x!, b.constant(0)),
      b.op("log1p", b.op("exp", b.op("neg", b.op("abs", x!)))),
    ),
  logAddExp: (b, [x, y]) => {
    const distance = b.op("abs", b.op("sub", x!, y!));
    return b.op(
      "select",
      b.op("eq", x!, y!),
      b.op("add", x!, b.constant(Math.LN2)),
      b.op(
        "add",
        b.op("max", x!, y!),
        b.op("log1p", b.op("exp", b.op("neg", distance))),
      ),
    );
  },
};
