// What a compiled function does: a recording, less what nobody needs.
import {
  ADD,
  builtIn,
  DIV,
  MUL,
  type Primitive,
  primitiveOf,
  SUB,
} from "../primitives.ts";
import { CONSTANT, INPUT, type Section } from "../tape/tape.ts";

/**
 * Operations in an order in which operands come first. The first entries are
 * the inputs; every other is an operation or a constant that an output needs.
 */
export interface Program {
  readonly inputs: number;
  /** The number of entries. */
  readonly length: number;
  /** {@linkcode CONSTANT}, {@linkcode INPUT} or the code of a primitive. */
  readonly codes: Uint16Array;
  /** The first operand's entry; of an operation over a list, where in `lists` it begins. */
  readonly lefts: Int32Array;
  /** The second operand's entry; of an operation over a list, its length. */
  readonly rights: Int32Array;
  /** The values of constants. */
  readonly constants: Float64Array;
  /** Operands of operations over lists. */
  readonly lists: Int32Array;
  /** The entries of the outputs. */
  readonly outputs: readonly number[];
}

/** An output of a recording: its entry there, or a constant. */
export interface RecordedOutput {
  readonly entry: number | undefined;
  readonly value: number;
}

/** Calls `visit` with each operand of entry i, in order. */
export function forEachOperand(
  { codes, lefts, rights, lists }: Pick<
    Program,
    "codes" | "lefts" | "rights" | "lists"
  >,
  i: number,
  visit: (operand: number) => void,
): void {
  const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
  if (code <= INPUT) return;
  const { arity } = primitiveOf(code);
  if (arity === "list") {
    for (let k = left; k < left + right; k++) visit(lists[k]!);
  } else {
    visit(left);
    if (arity === 2) visit(right);
  }
}

/**
 * Makes a program of a recording: dead code removed, constants folded, repeated
 * subexpressions shared, operations lowered to simpler ones. Every step keeps
 * every value to the bit.
 */
export function programOf(
  { entries, start, inputs, end }: Section,
  outputs: readonly RecordedOutput[],
): Program {
  const builder = new Builder(inputs);
  const roots = outputs.flatMap(({ entry }) => entry ?? []);
  const needed = neededEntries(entries, roots, end);
  // Entries of the recording to entries of the program.
  const renamed = new Int32Array(end - start);
  for (let i = 0; i < inputs; i++) renamed[i] = i;
  for (let i = start + inputs; i < end; i++) {
    if (needed[i] === 0) continue;
    const code = entries.codes[i]!;
    if (code === CONSTANT) {
      renamed[i - start] = builder.constant(entries.values[i]!);
      continue;
    }
    const operands: number[] = [];
    forEachOperand(
      entries,
      i,
      (entry) => operands.push(renamed[entry - start]!),
    );
    renamed[i - start] = builder.lower(primitiveOf(code), operands);
  }
  return builder.finish(
    outputs.map(({ entry, value }) =>
      entry === undefined ? builder.constant(value) : renamed[entry - start]!
    ),
  );
}

function neededEntries(
  entries: Pick<Program, "codes" | "lefts" | "rights" | "lists">,
  roots: readonly number[],
  end: number,
): Uint8Array {
  const needed = new Uint8Array(end);
  const need = (entry: number) => {
    needed[entry] = 1;
  };
  roots.forEach(need);
  for (let i = end - 1; i >= 0; i--) {
    if (needed[i] === 1) forEachOperand(entries, i, need);
  }
  return needed;
}

/** Appends to a program, giving an entry that is there already where it can. */
class Builder {
  readonly #inputs: number;
  readonly #codes: number[] = [];
  readonly #lefts: number[] = [];
  readonly #rights: number[] = [];
  readonly #constants: number[] = [];
  readonly #lists: number[] = [];
  // Open addressing over (code, left, right): -1, or the entry that has these.
  #table = new Int32Array(1 << 10).fill(-1);
  readonly #listEntries = new Map<string, number>();
  readonly #constantEntries = new Map<number, number>();
  #minusZero = -1;

  constructor(inputs: number) {
    this.#inputs = inputs;
    for (let i = 0; i < inputs; i++) this.#append(INPUT, 0, 0, 0);
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

  /** An operation, as simpler ones with the same value to the bit where there are. */
  lower(primitive: Primitive, operands: readonly number[]): number {
    const constants = operands.map((entry) => this.#constantAt(entry));
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
    return COMMUTATIVE.has(code) && left > right
      ? this.#shared(code, right, left)
      : this.#shared(code, left, right);
  }

  finish(outputs: readonly number[]): Program {
    const codes = Uint16Array.from(this.#codes);
    const lefts = Int32Array.from(this.#lefts);
    const rights = Int32Array.from(this.#rights);
    const lists = Int32Array.from(this.#lists);
    const constants = Float64Array.from(this.#constants);
    const whole = { codes, lefts, rights, lists };
    // Folding and lowering leave entries that nobody needs.
    const needed = neededEntries(whole, outputs, codes.length);
    needed.fill(1, 0, this.#inputs);
    const renamed = new Int32Array(codes.length);
    let length = 0;
    for (let i = 0; i < codes.length; i++) {
      if (needed[i] === 0) continue;
      renamed[i] = length;
      codes[length] = codes[i]!;
      lefts[length] = lefts[i]!;
      rights[length] = rights[i]!;
      constants[length] = constants[i]!;
      forEachOperandSlot(whole, length, (array, slot) => {
        array[slot] = renamed[array[slot]!]!;
      });
      length++;
    }
    return {
      inputs: this.#inputs,
      length,
      codes: codes.slice(0, length),
      lefts: lefts.slice(0, length),
      rights: rights.slice(0, length),
      constants: constants.slice(0, length),
      lists,
      outputs: outputs.map((entry) => renamed[entry]!),
    };
  }

  #constantAt(entry: number): number | undefined {
    return this.#codes[entry] === CONSTANT ? this.#constants[entry] : undefined;
  }

  #append(code: number, left: number, right: number, constant: number): number {
    this.#codes.push(code);
    this.#lefts.push(left);
    this.#rights.push(right);
    this.#constants.push(constant);
    return this.#codes.length - 1;
  }

  #shared(code: number, left: number, right: number): number {
    const mask = this.#table.length - 1;
    let slot = hash(code, left, right) & mask;
    for (let entry; (entry = this.#table[slot]!) >= 0; slot = slot + 1 & mask) {
      if (
        this.#lefts[entry] === left && this.#rights[entry] === right &&
        this.#codes[entry] === code
      ) return entry;
    }
    const entry = this.#append(code, left, right, 0);
    this.#table[slot] = entry;
    if (2 * entry > mask) this.#rehash();
    return entry;
  }

  #rehash(): void {
    const table = new Int32Array(2 * this.#table.length).fill(-1);
    const mask = table.length - 1;
    for (const entry of this.#table) {
      if (entry < 0) continue;
      let slot = hash(
        this.#codes[entry]!,
        this.#lefts[entry]!,
        this.#rights[entry]!,
      ) & mask;
      while (table[slot]! >= 0) slot = slot + 1 & mask;
      table[slot] = entry;
    }
    this.#table = table;
  }

  #emitList(code: number, operands: readonly number[]): number {
    const key = `${code}:${operands}`;
    let entry = this.#listEntries.get(key);
    if (entry === undefined) {
      entry = this.#append(code, this.#lists.length, operands.length, 0);
      for (const operand of operands) this.#lists.push(operand);
      this.#listEntries.set(key, entry);
    }
    return entry;
  }
}

/** As `forEachOperand`, with the place an operand is written at. */
function forEachOperandSlot(
  { codes, lefts, rights, lists }: Pick<
    Program,
    "codes" | "lefts" | "rights" | "lists"
  >,
  i: number,
  visit: (array: Int32Array, slot: number) => void,
): void {
  if (codes[i]! <= INPUT) return;
  const { arity } = primitiveOf(codes[i]!);
  if (arity === "list") {
    for (let k = 0; k < rights[i]!; k++) visit(lists, lefts[i]! + k);
  } else {
    visit(lefts, i);
    if (arity === 2) visit(rights, i);
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
const COMMUTATIVE: ReadonlySet<number> = new Set([ADD, MUL]);

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
  add: (b, [x, y], [cx, cy]) =>
    Object.is(cx, -0)
      ? y!
      : Object.is(cy, -0)
      ? x!
      : b.emit(primitiveOf(ADD), [x!, y!]),
  sub: (b, [x, y], [, cy]) =>
    Object.is(cy, 0) ? x! : b.emit(primitiveOf(SUB), [x!, y!]),
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
  select: (b, [condition, x, y], [c]) =>
    c !== undefined
      ? c !== 0 ? x! : y!
      : x === y
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
  sigmoid: (b, [x]) => {
    const one = b.constant(1), e = b.op("exp", x!);
    return b.op(
      "select",
      b.op("ge", x!, b.constant(0)),
      b.op("div", one, b.op("add", one, b.op("exp", b.op("neg", x!)))),
      b.op("div", e, b.op("add", one, e)),
    );
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
