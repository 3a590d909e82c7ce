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
import {
  CONSTANT,
  countOperands,
  fieldsOf,
  INPUT,
  LIST,
  markOperands,
  type Operations,
  type Section,
} from "../tape/entries.ts";

/**
 * Operations in an order in which operands come first. The first entries are
 * the inputs; then come the constants and the operations that an output needs.
 */
export interface Program extends Operations {
  readonly inputs: number;
  /** The first entry that is an operation; all from there on are. */
  readonly first: number;
  /** The number of entries. */
  readonly length: number;
  /** The values of constants. */
  readonly constants: Float64Array;
  /** The entries of the outputs. */
  readonly outputs: readonly number[];
}

/** An output of a recording: its entry there, or a constant. */
export interface RecordedOutput {
  readonly entry: number | undefined;
  readonly value: number;
}

/** How often each entry is an operand or an output. */
export function countUses(
  program: Operations & Pick<Program, "length" | "outputs">,
): Int32Array {
  const { length, outputs } = program;
  const uses = new Int32Array(length);
  for (let i = 0; i < length; i++) countOperands(program, i, uses);
  for (const entry of outputs) uses[entry]!++;
  return uses;
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
  const { codes, lefts, rights, values, lists } = entries;
  const builder = new Builder(inputs, end - start);
  const roots = outputs.flatMap(({ entry }) => entry ?? []);
  const needed = neededEntries(entries, roots, end);
  // Entries of the recording to entries of the program.
  const renamed = new Int32Array(end - start);
  for (let i = 0; i < inputs; i++) renamed[i] = i;
  for (let i = start + inputs; i < end; i++) {
    if (needed[i] === 0) continue;
    const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
    const fields = fieldsOf(code);
    renamed[i - start] = code === CONSTANT
      ? builder.constant(values[i]!)
      : fields === LIST
      ? builder.lower(
        primitiveOf(code),
        Array.from(
          lists.subarray(left, left + right),
          (entry) => renamed[entry - start]!,
        ),
      )
      : builder.lower2(
        primitiveOf(code),
        renamed[left - start]!,
        fields === 2 ? renamed[right - start]! : NONE,
      );
  }
  return builder.finish(
    outputs.map(({ entry, value }) =>
      entry === undefined ? builder.constant(value) : renamed[entry - start]!
    ),
  );
}

function neededEntries(
  operations: Operations,
  roots: readonly number[],
  end: number,
): Uint8Array {
  const needed = new Uint8Array(end);
  for (const entry of roots) needed[entry] = 1;
  for (let i = end - 1; i >= 0; i--) {
    if (needed[i] === 1) markOperands(operations, i, needed);
  }
  return needed;
}

/** In place of the second operand of an operation of one. */
const NONE = 0;

// Where repeated operations are looked for: a table that fits in the processor's
// cache, in which a new entry may take the place of an old one. All of a small
// program is there; of a huge one, what was lately computed.
const TABLE = 1 << 18;
const PROBES = 4;

/** Appends to a program, giving an entry that is there already where it can. */
class Builder {
  readonly #inputs: number;
  #length = 0;
  #codes: Uint16Array;
  #lefts: Int32Array;
  #rights: Int32Array;
  #constants: Float64Array;
  readonly #lists: number[] = [];
  // Pairs of an entry, 0 where there is none (entry 0 is never an operation),
  // and its hash, which tells most others apart without a look at them.
  readonly #table: Int32Array;
  readonly #listEntries = new Map<string, number>();
  readonly #constantEntries = new Map<number, number>();
  #minusZero = -1;

  /** @param expected How many operations to expect. */
  constructor(inputs: number, expected: number) {
    this.#inputs = inputs;
    // Lowered operations may take more; `#grow` sees to that.
    const capacity = expected + 64;
    this.#codes = new Uint16Array(capacity);
    this.#lefts = new Int32Array(capacity);
    this.#rights = new Int32Array(capacity);
    this.#constants = new Float64Array(capacity);
    this.#table = new Int32Array(
      Math.min(TABLE, 2 ** Math.ceil(Math.log2(8 * expected + 64))),
    );
    for (let i = 0; i < inputs; i++) this.#append(INPUT, 0, 0, 0);
    if (inputs === 0) this.#append(CONSTANT, 0, 0, NaN);
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
    const { code } = primitive;
    // What most of a gradient is, without the detour over lists of operands.
    if (
      (code === ADD || code === MUL || code === SUB) &&
      this.#codes[left] !== CONSTANT && this.#codes[right] !== CONSTANT
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
    // A constant comes last, whenever it was first seen: what repeats with
    // other constants is then still the same operation.
    const swapped = COMMUTATIVE.has(code) &&
      (this.#codes[left] === CONSTANT ||
        left > right && this.#codes[right] !== CONSTANT);
    return swapped
      ? this.#shared(code, right, left)
      : this.#shared(code, left, right);
  }

  finish(outputs: readonly number[]): Program {
    const codes = this.#codes, lefts = this.#lefts, rights = this.#rights;
    const constants = this.#constants;
    const lists = Int32Array.from(this.#lists);
    // Folding and lowering leave entries that nobody needs.
    const needed = neededEntries(
      { codes, lefts, rights, lists, loops: [], data: [] },
      outputs,
      this.#length,
    );
    needed.fill(1, 0, this.#inputs);
    let length = 0;
    for (const mark of needed) length += mark;
    const program = {
      length,
      codes: new Uint16Array(length).fill(INPUT, 0, this.#inputs),
      lefts: new Int32Array(length),
      rights: new Int32Array(length),
      constants: new Float64Array(length),
    };
    const renamed = new Int32Array(this.#length);
    for (let i = 0; i < this.#inputs; i++) renamed[i] = i;
    let first = this.#inputs;
    for (const entry of [...this.#constantEntries.values(), this.#minusZero]) {
      if (entry < this.#inputs || needed[entry] === 0) continue;
      renamed[entry] = first;
      program.codes[first] = CONSTANT;
      program.constants[first++] = constants[entry]!;
    }
    let next = first;
    for (let i = this.#inputs; i < this.#length; i++) {
      const code = codes[i]!;
      if (needed[i] === 0 || code === CONSTANT) continue;
      const left = lefts[i]!, right = rights[i]!;
      const isList = fieldsOf(code) === LIST;
      renamed[i] = next;
      program.codes[next] = code;
      program.lefts[next] = isList ? left : renamed[left]!;
      program.rights[next++] = isList ? right : renamed[right]!;
      for (let k = left; isList && k < left + right; k++) {
        lists[k] = renamed[lists[k]!]!;
      }
    }
    return {
      ...program,
      inputs: this.#inputs,
      first,
      lists,
      loops: [],
      data: [],
      outputs: outputs.map((entry) => renamed[entry]!),
    };
  }

  #constantAt(entry: number): number | undefined {
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
