import { builtIn, type Primitive, primitiveOf } from "../primitives.ts";
import { CONSTANT, forEachOperand } from "../tape/entries.ts";
import { isListCall } from "./inlining.ts";
import type { Listing } from "./listing.ts";
import { LoopBody } from "./loop_body.ts";
import type { Plan } from "./plan.ts";
import type { Program } from "./program.ts";
import { CHUNK } from "./steps.ts";
import {
  Bytes,
  type Data,
  encodeModule,
  type FunctionBody,
  type FunctionImport,
  Op,
  Type,
} from "./wasm_encoder.ts";

/** Machine code for a program, at a place in memory. */
export interface GeneratedCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly imports: readonly ImportedPrimitive[];
}

/** An operation that the code calls back for. */
export interface ImportedPrimitive extends FunctionImport {
  readonly primitive: Primitive;
}

/**
 * Writes a program as a WebAssembly module whose `run` computes the outputs
 * from the inputs.
 *
 * @param base The byte that its region of the memory begins at.
 * @param imported Whether the memory is imported, or the module's own.
 */
export function generate(
  plan: Plan,
  base: number,
  imported: boolean,
): GeneratedCode {
  const { layout, listing, program } = plan;
  const imports = importsOf(program);
  const context = { base, scratch: layout.scratch, imports };
  const functions: FunctionBody[] = [];
  const main = new Bytes();
  main.unsigned(0);
  const addStep = (added: readonly FunctionBody[]) => {
    functions.push(...added);
    main.byte(Op.call);
    main.unsigned(imports.length + functions.length - 1);
  };
  for (const step of plan.steps) {
    if (step instanceof LoopBody) {
      addStep(loopFunctions(step, context, imports.length + functions.length));
    } else {
      const writer = new FunctionWriter(listing, context, 0);
      writer.operations(step);
      addStep([writer.function(0)]);
    }
  }
  for (let k = 0; k < plan.copies.length; k += CHUNK) {
    const writer = new FunctionWriter(listing, context, 0);
    writer.copies(plan.copies.slice(k, k + CHUNK));
    addStep([writer.function(0)]);
  }
  main.byte(Op.end);
  functions.push({ parameters: 0, code: main.view() });
  return {
    imports,
    bytes: encodeModule({
      imports,
      functions,
      data: plan.steps.flatMap((step) =>
        step instanceof LoopBody && step.columns.length > 0
          ? [columnsOf(step, program, base)]
          : []
      ),
      memory: {
        pages: imported ? 1 : Math.max(1, Math.ceil(layout.size / 8192)),
        imported,
      },
      run: imports.length + functions.length - 1,
    }),
  };
}

/**
 * The functions of a loop, of which the last is to be called.
 *
 * @param index The index that the first will have.
 */
function loopFunctions(
  body: LoopBody,
  context: Context,
  index: number,
): FunctionBody[] {
  const { first, codes, pointers, times } = body;
  const counter = pointers.length;
  const entries = Array.from(
    { length: codes.length - first },
    (_, k) => first + k,
  );
  // Its locals are the pointers and how many iterations are left. A body that is
  // short stands in the loop itself.
  const loop = new FunctionWriter(body, context, counter + 1);
  pointers.forEach(({ start }, k) => loop.setInteger(k, 8 * start));
  loop.setInteger(counter, times);
  loop.begin();
  const parts: FunctionBody[] = [];
  if (entries.length <= CHUNK) loop.operations(entries);
  else {
    for (let k = 0; k < entries.length; k += CHUNK) {
      const part = new FunctionWriter(body, context, counter);
      part.operations(entries.slice(k, k + CHUNK));
      parts.push(part.function(counter));
      loop.call(index + parts.length - 1, counter);
    }
  }
  pointers.forEach(({ stride }, k) => loop.step(k, 8 * stride));
  loop.repeat(counter);
  return [...parts, loop.function(0)];
}

/** The numbers that a loop's body reads in place of constants and addresses. */
function columnsOf(
  { columns, columnsAt, times }: LoopBody,
  { constants }: Program,
  base: number,
): Data {
  const bytes = new Uint8Array(8 * columns.length * times);
  const view = new DataView(bytes.buffer);
  columns.forEach(({ kind, numbers }, k) => {
    numbers.forEach((number, t) => {
      const at = 8 * (t * columns.length + k);
      if (kind === "constants") view.setFloat64(at, constants[number]!, true);
      else view.setUint32(at, base + 8 * number, true);
    });
  });
  return { at: base + 8 * columnsAt, bytes };
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

function instructions(): Instructions {
  const byCode = (rows: typeof INSTRUCTIONS) =>
    new Map(rows.map(([name, op]) => [builtIn(name).code, op]));
  return table ??= {
    plain: byCode(INSTRUCTIONS),
    comparisons: byCode(COMPARISONS),
    select: builtIn("select").code,
  };
}

function importsOf({ codes, first, length }: Program): ImportedPrimitive[] {
  const { plain, comparisons, select } = instructions();
  const imports = new Map<number, ImportedPrimitive>();
  const seen = new Uint8Array(1 << 16);
  for (let i = first; i < length; i++) {
    const code = codes[i]!;
    if (seen[code] === 1) continue;
    seen[code] = 1;
    if (code === select || plain.has(code) || comparisons.has(code)) continue;
    const primitive = primitiveOf(code);
    const { name, arity, value } = primitive;
    const isMath = (Math as unknown as Record<string, unknown>)[name] === value;
    imports.set(code, {
      primitive,
      module: isMath ? "Math" : "chainrule",
      // An engine gets it as UTF-8, which knows no lone surrogate.
      name: isMath ? name : `${name.replace(/\p{Cs}/gu, "\ufffd")}:${code}`,
      // An operation over a list gets its address and its length.
      parameters: arity === "list"
        ? [Type.i32, Type.i32]
        : new Array(arity).fill(Type.f64),
    });
  }
  return [...imports.values()];
}

/** What all functions of a module have in common. */
interface Context {
  /** The byte that the region of memory begins at. */
  readonly base: number;
  readonly scratch: number;
  readonly imports: readonly ImportedPrimitive[];
}

/** Writes one function of the module. */
class FunctionWriter {
  readonly #listing: Listing;
  readonly #context: Context;
  /** How many i32 come before the other locals, parameters among them. */
  readonly #integers: number;
  readonly #calls: ReadonlyMap<number, number>;
  readonly #code = new Bytes();
  /** How often the function uses an entry that is not inlined. */
  readonly #uses = new Map<number, number>();
  readonly #locals = new Map<number, number>();

  constructor(listing: Listing, context: Context, integers: number) {
    this.#listing = listing;
    this.#context = context;
    this.#integers = integers;
    this.#calls = new Map(
      context.imports.map(({ primitive }, k) => [primitive.code, k]),
    );
  }

  operations(entries: readonly number[]): void {
    const { inlined, slots } = this.#listing;
    for (const i of entries) {
      forEachOperand(this.#listing, i, (operand) => {
        this.#uses.set(operand, (this.#uses.get(operand) ?? 0) + 1);
      });
    }
    for (const i of entries) {
      if (inlined[i] === 1) continue;
      const slot = slots[i]!, used = this.#uses.has(i);
      if (slot >= 0) {
        this.#pointer(i);
        this.#operation(i);
        if (used) this.#toLocal(Op.localTee, i);
        this.#access(Op.f64Store, slot);
      } else {
        this.#operation(i);
        this.#toLocal(Op.localSet, i);
      }
    }
  }

  copies(copies: Plan["copies"]): void {
    for (const { entry, slot } of copies) {
      this.#constantAddress();
      this.#value(entry);
      this.#access(Op.f64Store, slot);
    }
  }

  setInteger(local: number, value: number): void {
    this.#code.byte(Op.i32Const);
    this.#code.signed(value);
    this.#code.byte(Op.localSet);
    this.#code.unsigned(local);
  }

  /** Begins what is repeated. */
  begin(): void {
    this.#code.byte(Op.loop);
    this.#code.byte(Type.none);
  }

  /** Calls a function with the first of the integers. */
  call(index: number, parameters: number): void {
    for (let k = 0; k < parameters; k++) {
      this.#code.byte(Op.localGet);
      this.#code.unsigned(k);
    }
    this.#code.byte(Op.call);
    this.#code.unsigned(index);
  }

  /** Adds to an integer. */
  step(local: number, by: number): void {
    this.#sum(local, by);
    this.#code.byte(Op.localSet);
    this.#code.unsigned(local);
  }

  /** Ends what is repeated, as often as an integer says. */
  repeat(local: number): void {
    this.#sum(local, -1);
    this.#code.byte(Op.localTee);
    this.#code.unsigned(local);
    this.#code.byte(Op.branchIf);
    this.#code.unsigned(0);
    this.#code.byte(Op.end);
  }

  #sum(local: number, term: number): void {
    this.#code.byte(Op.localGet);
    this.#code.unsigned(local);
    this.#code.byte(Op.i32Const);
    this.#code.signed(term);
    this.#code.byte(Op.i32Add);
  }

  /** The function; so many of its integers are parameters. */
  function(parameters: number): FunctionBody {
    const code = new Bytes();
    code.unsigned(2);
    code.unsigned(this.#integers - parameters);
    code.byte(Type.i32);
    code.unsigned(this.#locals.size);
    code.byte(Type.f64);
    code.append(this.#code.view());
    code.byte(Op.end);
    return { parameters, code: code.view() };
  }

  #value(i: number): void {
    const { codes, constants, inlined, slots } = this.#listing;
    const local = this.#locals.get(i);
    if (local !== undefined) {
      this.#code.byte(Op.localGet);
      this.#code.unsigned(local);
    } else if (codes[i] === CONSTANT) {
      this.#code.byte(Op.f64Const);
      this.#code.float(constants[i]!);
    } else if (inlined[i] === 1) {
      this.#operation(i);
    } else {
      this.#pointer(i);
      if (this.#listing.indirect?.[i] === 1) {
        this.#access(Op.i32Load, slots[i]!);
        this.#code.byte(Op.f64Load);
        this.#code.unsigned(3);
        this.#code.unsigned(0);
      } else {
        this.#access(Op.f64Load, slots[i]!);
      }
      if ((this.#uses.get(i) ?? 0) > 1) this.#toLocal(Op.localTee, i);
    }
  }

  #operation(i: number): void {
    const { codes, lefts, rights, lists } = this.#listing;
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
      const { base, scratch } = this.#context;
      for (let k = 0; k < right; k++) {
        this.#constantAddress();
        this.#value(lists[left + k]!);
        this.#access(Op.f64Store, scratch + k);
      }
      this.#code.byte(Op.i32Const);
      this.#code.signed(base + 8 * scratch);
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
    const { codes } = this.#listing;
    if (
      this.#listing.inlined[i] === 1 &&
      instructions().comparisons.has(codes[i]!)
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
    const { codes, lefts, rights } = this.#listing;
    this.#value(lefts[i]!);
    this.#value(rights[i]!);
    this.#code.byte(instructions().comparisons.get(codes[i]!)!);
  }

  #call(code: number): void {
    this.#code.byte(Op.call);
    this.#code.unsigned(this.#calls.get(code)!);
  }

  /** What the address of an entry is counted from. */
  #pointer(i: number): void {
    const pointer = this.#listing.pointerOf?.[i] ?? 0;
    if (pointer === 0) {
      this.#constantAddress();
    } else {
      this.#code.byte(Op.localGet);
      this.#code.unsigned(pointer - 1);
    }
  }

  // Its constant is 0, and the rest is in the instruction.
  #constantAddress(): void {
    this.#code.byte(Op.i32Const);
    this.#code.signed(0);
  }

  #access(op: number, slot: number): void {
    this.#code.byte(op);
    this.#code.unsigned(op === Op.i32Load ? 2 : 3);
    this.#code.unsigned(this.#context.base + 8 * slot);
  }

  #toLocal(op: number, i: number): void {
    const local = this.#integers + this.#locals.size;
    this.#locals.set(i, local);
    this.#code.byte(op);
    this.#code.unsigned(local);
  }
}
