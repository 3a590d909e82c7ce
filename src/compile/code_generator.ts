import { builtIn, type Primitive, primitiveOf } from "../primitives.ts";
import { CONSTANT, INPUT } from "../tape/tape.ts";
import { countUses, forEachOperand, type Program } from "./program.ts";
import {
  Bytes,
  encodeModule,
  type FunctionImport,
  Op,
  Type,
} from "./wasm_encoder.ts";

/** Where a program's numbers are, in numbers from the start of its region. */
export interface Layout {
  readonly inputs: number;
  readonly outputs: number;
  /** Room for the operands of the longest list. */
  readonly scratch: number;
  /** How many numbers the region has. */
  readonly size: number;
}

/** Machine code for a program, at a place in memory. */
export interface GeneratedCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly imports: readonly ImportedPrimitive[];
}

/** An operation that the code calls back for. */
export interface ImportedPrimitive extends FunctionImport {
  readonly primitive: Primitive;
}

// V8's optimising compiler takes more than proportional time over long
// functions, and gives up on very long ones.
const CHUNK = 400;

// Operands of a tree are emitted by recursion; this bounds it.
const MAX_DEPTH = 64;

/** A program cut into functions, with a place for each number that crosses a cut. */
export class Plan {
  readonly layout: Layout;
  /** The entries of each function, in order. */
  readonly chunks: readonly (readonly number[])[];
  /** The slot of each entry that stands in memory, else -1. */
  readonly slots: Int32Array;
  /** Whether an entry is computed where its one use is. */
  readonly inlined: Uint8Array;
  /** Outputs that are a copy of another entry in memory, or a constant. */
  readonly copies: readonly { readonly entry: number; readonly slot: number }[];

  constructor(program: Program) {
    const { codes, length, inputs, outputs } = program;
    const chunkOf = new Int32Array(length).fill(-1);
    const chunks: number[][] = [];
    for (let i = inputs; i < length; i++) {
      if (codes[i] === CONSTANT) continue;
      let chunk = chunks.at(-1);
      if (chunk === undefined || chunk.length === CHUNK) {
        chunks.push(chunk = []);
      }
      chunk.push(i);
      chunkOf[i] = chunks.length - 1;
    }

    const uses = countUses(program);
    const lastChunk = new Int32Array(length).fill(-1);
    const depth = new Uint8Array(length);
    const inlined = new Uint8Array(length);
    for (let i = inputs; i < length; i++) {
      forEachOperand(program, i, (operand) => {
        lastChunk[operand] = Math.max(lastChunk[operand]!, chunkOf[i]!);
      });
    }
    let longestList = 0;
    for (let i = inputs; i < length; i++) {
      let below = 0;
      if (isListCall(codes[i]!)) {
        // Its operands are written to the scratch one by one: none of them may
        // be a list in turn.
        longestList = Math.max(longestList, program.rights[i]!);
        depth[i] = 1;
        continue;
      }
      forEachOperand(program, i, (operand) => {
        if (
          operand >= inputs && uses[operand] === 1 &&
          chunkOf[operand] === chunkOf[i] && depth[operand]! < MAX_DEPTH
        ) {
          inlined[operand] = 1;
          below = Math.max(below, depth[operand]!);
        }
      });
      depth[i] = below + 1;
    }

    const slots = new Int32Array(length).fill(-1);
    for (let i = 0; i < inputs; i++) slots[i] = i;
    const copies: { entry: number; slot: number }[] = [];
    outputs.forEach((entry, k) => {
      const slot = inputs + k;
      if (slots[entry] === -1 && codes[entry]! > INPUT) slots[entry] = slot;
      else copies.push({ entry, slot });
    });
    // Temporaries take over each other's slots from chunk to chunk.
    let size = inputs + outputs.length;
    const free: number[] = [];
    const endingIn: number[][] = chunks.map(() => []);
    chunks.forEach((chunk, c) => {
      for (const i of chunk) {
        if (slots[i] !== -1 || lastChunk[i]! <= c) continue;
        slots[i] = free.pop() ?? size++;
        endingIn[lastChunk[i]!]!.push(slots[i]!);
      }
      for (const slot of endingIn[c]!) free.push(slot);
    });
    this.layout = {
      inputs: 0,
      outputs: inputs,
      scratch: size,
      size: size + longestList,
    };
    this.chunks = chunks;
    this.slots = slots;
    this.inlined = inlined;
    this.copies = copies;
  }
}

/**
 * Writes a program as a WebAssembly module whose `run` computes the outputs
 * from the inputs.
 *
 * @param base The byte that its region of the memory begins at.
 * @param imported Whether the memory is imported, or the module's own.
 */
export function generate(
  program: Program,
  plan: Plan,
  base: number,
  imported: boolean,
): GeneratedCode {
  const imports = importsOf(program);
  const bodies = plan.chunks.map((chunk) =>
    new FunctionWriter(program, plan, base, imports).chunk(chunk)
  );
  if (plan.copies.length > 0) {
    bodies.push(new FunctionWriter(program, plan, base, imports).copies());
  }
  const main = new Bytes();
  main.unsigned(0);
  bodies.forEach((_, k) => {
    main.byte(Op.call);
    main.unsigned(imports.length + k);
  });
  main.byte(Op.end);
  bodies.push(main.view());
  return {
    imports,
    bytes: encodeModule({
      imports,
      bodies,
      memory: {
        pages: imported ? 1 : Math.max(1, Math.ceil(plan.layout.size / 8192)),
        imported,
      },
      run: imports.length + bodies.length - 1,
    }),
  };
}

/** Operations that are one instruction. */
const INSTRUCTIONS:
  readonly (readonly [Parameters<typeof builtIn>[0], number])[] = [
    ["add", Op.f64Add],
    ["sub", Op.f64Sub],
    ["mul", Op.f64Mul],
    ["div", Op.f64Div],
    ["min", Op.f64Min],
    ["max", Op.f64Max],
    ["neg", Op.f64Neg],
    ["abs", Op.f64Abs],
    ["sqrt", Op.f64Sqrt],
    ["ceil", Op.f64Ceil],
    ["floor", Op.f64Floor],
  ];
/** Operations that are one instruction, whose result is an i32. */
const COMPARISONS: typeof INSTRUCTIONS = [
  ["lt", Op.f64Lt],
  ["le", Op.f64Le],
  ["gt", Op.f64Gt],
  ["ge", Op.f64Ge],
  ["eq", Op.f64Eq],
];

interface Instructions {
  readonly plain: ReadonlyMap<number, number>;
  readonly comparisons: ReadonlyMap<number, number>;
  readonly select: number;
}

let table: Instructions | undefined;

/** Whether an operation is a call with a list of operands. */
function isListCall(code: number): boolean {
  return code > INPUT && primitiveOf(code).arity === "list" &&
    code !== instructions().select;
}

function instructions(): Instructions {
  const byCode = (rows: typeof INSTRUCTIONS) =>
    new Map(rows.map(([name, op]) => [builtIn(name).code, op]));
  return table ??= {
    plain: byCode(INSTRUCTIONS),
    comparisons: byCode(COMPARISONS),
    select: builtIn("select").code,
  };
}

function importsOf({ codes, inputs, length }: Program): ImportedPrimitive[] {
  const { plain, comparisons, select } = instructions();
  const imports = new Map<number, ImportedPrimitive>();
  for (let i = inputs; i < length; i++) {
    const code = codes[i]!;
    if (
      code === CONSTANT || code === select || plain.has(code) ||
      comparisons.has(code) || imports.has(code)
    ) continue;
    const primitive = primitiveOf(code);
    const { name, arity, value } = primitive;
    const isMath = (Math as unknown as Record<string, unknown>)[name] === value;
    imports.set(code, {
      primitive,
      module: isMath ? "Math" : "chainrule",
      name: isMath ? name : `${name}:${code}`,
      // An operation over a list gets its address and its length.
      parameters: arity === "list"
        ? [Type.i32, Type.i32]
        : new Array(arity).fill(Type.f64),
    });
  }
  return [...imports.values()];
}

/** Writes one function of the module. */
class FunctionWriter {
  readonly #program: Program;
  readonly #plan: Plan;
  readonly #base: number;
  readonly #calls: ReadonlyMap<number, number>;
  readonly #code = new Bytes();
  /** How often the function uses an entry that is not inlined. */
  readonly #uses = new Map<number, number>();
  readonly #locals = new Map<number, number>();

  constructor(
    program: Program,
    plan: Plan,
    base: number,
    imports: readonly ImportedPrimitive[],
  ) {
    this.#program = program;
    this.#plan = plan;
    this.#base = base;
    this.#calls = new Map(
      imports.map(({ primitive }, k) => [primitive.code, k]),
    );
  }

  chunk(entries: readonly number[]): Uint8Array {
    const { inlined, slots } = this.#plan;
    for (const i of entries) {
      forEachOperand(this.#program, i, (operand) => {
        this.#uses.set(operand, (this.#uses.get(operand) ?? 0) + 1);
      });
    }
    for (const i of entries) {
      if (inlined[i] === 1) continue;
      const slot = slots[i]!, used = this.#uses.has(i);
      if (slot >= 0) {
        this.#address();
        this.#operation(i);
        if (used) this.#toLocal(Op.localTee, i);
        this.#access(Op.f64Store, slot);
      } else {
        this.#operation(i);
        this.#toLocal(Op.localSet, i);
      }
    }
    return this.#body();
  }

  copies(): Uint8Array {
    for (const { entry, slot } of this.#plan.copies) {
      this.#address();
      this.#value(entry);
      this.#access(Op.f64Store, slot);
    }
    return this.#body();
  }

  #body(): Uint8Array {
    const body = new Bytes();
    body.unsigned(1);
    body.unsigned(this.#locals.size);
    body.byte(Type.f64);
    body.append(this.#code.view());
    body.byte(Op.end);
    return body.view();
  }

  #value(i: number): void {
    const { codes, constants } = this.#program;
    const local = this.#locals.get(i);
    if (local !== undefined) {
      this.#code.byte(Op.localGet);
      this.#code.unsigned(local);
    } else if (codes[i] === CONSTANT) {
      this.#code.byte(Op.f64Const);
      this.#code.float(constants[i]!);
    } else if (this.#plan.inlined[i] === 1) {
      this.#operation(i);
    } else {
      this.#address();
      this.#access(Op.f64Load, this.#plan.slots[i]!);
      if ((this.#uses.get(i) ?? 0) > 1) this.#toLocal(Op.localTee, i);
    }
  }

  #operation(i: number): void {
    const { codes, lefts, rights, lists } = this.#program;
    const { plain, comparisons, select } = instructions();
    const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
    if (code === select) {
      this.#value(lists[left + 1]!);
      this.#value(lists[left + 2]!);
      this.#condition(lists[left]!);
      this.#code.byte(Op.select);
    } else if (comparisons.has(code)) {
      this.#comparison(i);
      this.#code.byte(Op.f64ConvertI32U);
    } else if (isListCall(code)) {
      const { scratch } = this.#plan.layout;
      for (let k = 0; k < right; k++) {
        this.#address();
        this.#value(lists[left + k]!);
        this.#access(Op.f64Store, scratch + k);
      }
      this.#code.byte(Op.i32Const);
      this.#code.signed(this.#base + 8 * scratch);
      this.#code.byte(Op.i32Const);
      this.#code.signed(right);
      this.#call(code);
    } else {
      this.#value(left);
      if (primitiveOf(code).arity === 2) this.#value(right);
      const instruction = plain.get(code);
      if (instruction === undefined) this.#call(code);
      else this.#code.byte(instruction);
    }
  }

  /** Whether an entry is not 0, as an i32. */
  #condition(i: number): void {
    const { codes } = this.#program;
    if (
      this.#plan.inlined[i] === 1 && instructions().comparisons.has(codes[i]!)
    ) {
      this.#comparison(i);
    } else {
      this.#value(i);
      this.#code.byte(Op.f64Const);
      this.#code.float(0);
      this.#code.byte(Op.f64Ne);
    }
  }

  #comparison(i: number): void {
    const { codes, lefts, rights } = this.#program;
    this.#value(lefts[i]!);
    this.#value(rights[i]!);
    this.#code.byte(instructions().comparisons.get(codes[i]!)!);
  }

  #call(code: number): void {
    this.#code.byte(Op.call);
    this.#code.unsigned(this.#calls.get(code)!);
  }

  // Every address is a constant: 0, and the rest in the instruction.
  #address(): void {
    this.#code.byte(Op.i32Const);
    this.#code.signed(0);
  }

  #access(op: number, slot: number): void {
    this.#code.byte(op);
    this.#code.unsigned(3);
    this.#code.unsigned(this.#base + 8 * slot);
  }

  #toLocal(op: number, i: number): void {
    const local = this.#locals.size;
    this.#locals.set(i, local);
    this.#code.byte(op);
    this.#code.unsigned(local);
  }
}
