// Code for a program: a function for every few hundred operations, one for each
// loop, and one that calls them in order.
import { primitiveOf } from "../../primitives.ts";
import { CONSTANT, INPUT, operandsAt } from "../../tape/entries.ts";
import {
  type Address,
  ELEMENT,
  FINAL,
  GATHER,
  LENGTH,
  LIST_INPUT,
  LOOP,
  type Loop,
  STACKED,
  ZEROS,
} from "../../tape/loop.ts";
import type { Ordered } from "../program/builder.ts";
import { type Block, type Guards, guardsOf } from "../program/guards.ts";
import { inputsOf, outputsOf } from "../program/layout.ts";
import {
  type Data,
  encodeModule,
  type FunctionBody,
  Op,
  Type,
} from "./encode.ts";
import { FunctionWriter } from "./function_writer.ts";
import {
  type ImportedPrimitive,
  importsOf,
  instructions,
  isListCall,
  longestCall,
} from "./instructions.ts";
import type { Place, Plan, Scope } from "./scopes.ts";

/** Machine code for a program, at a place in memory. */
export interface GeneratedCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly imports: readonly ImportedPrimitive[];
  /** Where in memory things are, in bytes. */
  readonly region: Region;
}

/** Where in memory a program's numbers are, in bytes. */
export interface Region {
  /** Addresses and counts: 32-bit integers. */
  readonly header: number;
  /** Tables of addresses: 32-bit integers. */
  readonly tables: number;
  /** Operands of a call with a list. */
  readonly scratch: number;
  /** Numbers: inputs, outputs, and what crosses functions. */
  readonly slots: number;
  /** How many bytes it has in all. */
  readonly bytes: number;
}

// So many carries and captures of a loop are kept in registers, or where the
// engine likes; more of them stay in memory.
const MOST_LOCALS = 16;

/**
 * Writes the code of a program.
 *
 * @param base The byte that its region begins at.
 * @param imported Whether the memory is imported, or the module's own.
 */
export function generate(
  plan: Plan,
  base: number,
  imported: boolean,
): GeneratedCode {
  const generator = new Generator(plan, base);
  const { functions, main } = generator.run();
  const place = generator.place(!imported);
  const { imports, region } = generator;
  return {
    imports,
    region: { ...region, bytes: region.slots - base + 8 * plan.slots },
    bytes: encodeModule({
      imports,
      functions: plan.lists.length > 0
        ? [...functions, main, place]
        : [...functions, main],
      data: imported ? [] : dataOf(plan, region),
      memory: {
        pages: imported
          ? 1
          : Math.max(1, Math.ceil((region.slots + 8 * plan.slots) / 65536)),
        imported,
      },
      exports: {
        run: imports.length + functions.length,
        ...(plan.lists.length > 0
          ? { place: imports.length + functions.length + 1 }
          : {}),
      },
    }),
  };
}

/** What is in memory from the start. */
export function dataOf(plan: Plan, region: Omit<Region, "bytes">): Data[] {
  const { tables, tableBytes, data } = plan;
  const table = new Uint8Array(tableBytes), view = new DataView(table.buffer);
  for (const { table: places, at } of tables) {
    places.forEach((place, k) => view.setUint32(at + 4 * k, 8 * place, true));
  }
  return [
    ...(tableBytes > 0 ? [{ at: region.tables, bytes: table }] : []),
    ...data.map(({ numbers, slot }) => {
      const bytes = new Uint8Array(8 * numbers.length);
      const view = new DataView(bytes.buffer);
      numbers.forEach((x, k) => view.setFloat64(8 * k, x, true));
      return { at: region.slots + 8 * slot, bytes };
    }),
  ];
}

// Outputs that take turns are looked for up to so many, as those of a sparse
// matrix with so many colours; shorter runs are copied one by one.
const MOST_TURNS = 64;
const SHORT_RUN = 8;

/** Outputs that are numbers of lists, by turns: each so many after the one a turn before. */
interface Run {
  readonly length: number;
  /** How many outputs take turns. */
  readonly turns: number;
}

/** The run of outputs from k on; of length 1 where there is none. */
function runOf(program: Ordered, outputs: readonly number[], k: number): Run {
  const { codes } = program;
  for (
    let turns = 1;
    turns <= MOST_TURNS && codes[outputs[k + turns - 1]!] === ELEMENT;
    turns++
  ) {
    let length = 2 * turns;
    for (let r = 0; r < turns; r++) {
      if (!isSameList(program, outputs[k + r], outputs[k + r + turns])) {
        length = 0;
      }
    }
    if (length === 0) continue;
    while (
      isSameList(program, outputs[k + length - turns], outputs[k + length]) &&
      stepOf(program, outputs, k + length, turns) ===
        stepOf(program, outputs, k + length - turns, turns)
    ) length++;
    if (length > SHORT_RUN * turns) return { length, turns };
  }
  return { length: 1, turns: 1 };
}

function isSameList(
  { codes, lefts }: Ordered,
  one: number | undefined,
  other: number | undefined,
): boolean {
  return one !== undefined && other !== undefined && codes[one] === ELEMENT &&
    codes[other] === ELEMENT && lefts[one] === lefts[other];
}

function stepOf(
  { rights }: Ordered,
  outputs: readonly number[],
  k: number,
  turns: number,
): number {
  return rights[outputs[k]!]! - rights[outputs[k - turns]!]!;
}

/** How many pieces of code the outputs of a program are copied by. */
export function outputCopies(program: Ordered): number {
  const { outputs } = program;
  let copies = 0;
  for (let k = 0; k < outputs.length;) {
    const { length, turns } = runOf(program, outputs, k);
    copies += turns;
    k += length;
  }
  return copies;
}

/** An integer of a loop that its code needs: a pointer, a counter. */
class Integer {
  /** How much it grows from row to row. */
  readonly step: number;

  constructor(step: number) {
    this.step = step;
  }
}

/** A function that is being written, and what is in its locals. */
class Context {
  readonly writer: FunctionWriter;
  readonly integers: Map<Integer, number> = new Map();
  readonly #locals = new Map<Scope, Map<number, number>>();

  /** @param integers What it is given, of the function that calls it. */
  constructor(integers: Iterable<Integer> = []) {
    for (const integer of integers) {
      this.integers.set(integer, this.integers.size);
    }
    this.writer = new FunctionWriter(this.integers.size);
  }

  /** The locals that numbers of a scope are in. */
  localsOf(scope: Scope): Map<number, number> {
    let locals = this.#locals.get(scope);
    if (locals === undefined) this.#locals.set(scope, locals = new Map());
    return locals;
  }

  forget(scope: Scope): void {
    this.#locals.delete(scope);
  }

  /** The scope whose block is being written: code that some rows skip. */
  block: Scope | null = null;

  /** Writes code that some rows skip: what it puts into locals is not there afterwards. */
  inBlock(scope: Scope, write: () => void): void {
    const { block } = this, locals = this.localsOf(scope);
    this.#locals.set(scope, new Map(locals));
    this.block = scope;
    write();
    this.block = block;
    this.#locals.set(scope, locals);
  }
}

/** A loop as its code sees it. */
interface LoopState {
  readonly loop: Loop;
  /** By carry that is a number: the slot it is kept in, if in memory. */
  readonly carrySlots: Map<number, number>;
  /** By input that is read through a pointer: how. */
  readonly reads: Map<number, Read>;
  /** By stacked list: its pointer; undefined if nobody reads it. */
  readonly stacks: readonly (Integer | undefined)[];
  /** What it leaves undone in some rows. */
  readonly guards: Guards | undefined;
  /** The number of the row, if the body or its lists ask for it. */
  readonly index: Integer | undefined;
  /** By input or output that is a row of a list: the list. */
  readonly rows: readonly { readonly row: Place; readonly list: Place }[];
  /** Lists that are copied to rows of others. */
  readonly copies: readonly { readonly row: Place; readonly list: Place }[];
}

/** Where an input of a body is read. */
interface Read {
  readonly pointer: Integer;
  /** Bytes from there. */
  readonly offset: number;
  /** The start of the list, if the pointer is one into a table. */
  readonly list: Integer | undefined;
}

class Generator {
  readonly imports: ImportedPrimitive[];
  readonly region: Omit<Region, "bytes">;
  readonly #plan: Plan;
  readonly #calls: ReadonlyMap<number, number>;
  readonly #functions: FunctionWriter[] = [];
  readonly #loops = new Map<Scope, LoopState>();
  readonly #slots = new Map<Scope, Map<number, number>>();
  readonly #freeSlots: number[] = [];

  constructor(plan: Plan, base: number) {
    this.#plan = plan;
    this.imports = importsOf(plan.program);
    this.#calls = new Map(
      this.imports.map(({ primitive }, k) => [primitive.code, k]),
    );
    const header = base + 8 * plan.lead;
    const tables = header + 4 * plan.headers;
    const scratch = Math.ceil((tables + plan.tableBytes) / 8) * 8;
    const slots = scratch + 8 * longestCall(plan.program);
    this.region = { header, tables, scratch, slots };
  }

  run() {
    const { top } = this.#plan;
    const slots = this.#slotsOf(top);
    const outputs = top.program.outputs.filter((entry) => !top.isList(entry));
    outputs.forEach((entry, k) => {
      // An operation that is an output is stored where the output is.
      if (!slots.has(entry) && top.functionOf[entry]! >= 0) {
        if (top.program.codes[entry] === FINAL) return;
        slots.set(entry, this.#plan.outputsAt + k);
      }
    });
    const { lastReader, isOutput } = top;
    const endingIn: number[][] = [];
    for (const { function: f, from, to } of top.parts) {
      const context = new Context();
      this.#functions[f] = context.writer;
      this.#range(context, top, from, to);
      // Slots are used again when the last function that reads them is written.
      for (let i = from; i < to; i++) {
        const slot = slots.get(i);
        if (slot === undefined || isOutput[i] === 1) continue;
        (endingIn[lastReader[i]!] ??= []).push(slot);
      }
      this.#freeSlots.push(...endingIn[f] ?? []);
    }
    this.#functions.length = this.#plan.functions;
    const main = new FunctionWriter(0);
    for (const { function: f } of top.parts) main.call(this.imports.length + f);
    for (let k = 0; k < outputs.length;) {
      const context = new Context();
      k = this.#copyOutputs(context, outputs, k);
      const f = this.#functions.push(context.writer) - 1;
      main.call(this.imports.length + f);
    }
    return {
      functions: this.#functions.map((writer) => writer.body()),
      main: main.body(),
    };
  }

  /** Copies outputs from k on that are not in their place; says up to where. */
  #copyOutputs(
    context: Context,
    outputs: readonly number[],
    from: number,
  ): number {
    const { top, outputsAt } = this.#plan;
    const { lefts, rights } = top.program;
    const { writer } = context;
    let k = from;
    for (let written = 0; k < outputs.length && written < 400; written++) {
      const entry = outputs[k]!, slot = outputsAt + k;
      if (this.#slotsOf(top).get(entry) === slot) {
        k++;
        continue;
      }
      const { length, turns } = runOf(top.program, outputs, k);
      if (length > 1) {
        for (let r = 0; r < turns; r++) {
          const entry = outputs[k + r]!;
          this.#copyRun(
            writer,
            top.lists[lefts[entry]!]!,
            rights[entry]!,
            stepOf(top.program, outputs, k + r + turns, turns),
            slot + r,
            turns,
            Math.ceil((length - r) / turns),
          );
        }
        k += length;
        continue;
      }
      writer.integer(0);
      this.#value(context, top, entry);
      writer.access(Op.f64Store, this.#slotAddress(slot));
      k++;
    }
    return k;
  }

  /** Copies numbers of a list, so many apart, to slots that are so many apart. */
  #copyRun(
    writer: FunctionWriter,
    list: Place,
    first: number,
    step: number,
    slot: number,
    turns: number,
    length: number,
  ): void {
    const to = this.#slotAddress(slot);
    if (step === 1 && turns === 1) {
      writer.integer(to);
      this.#listAddress(writer, list);
      writer.integer(8 * first);
      writer.op(Op.i32Add);
      writer.integer(8 * length);
      return writer.copy();
    }
    const source = writer.local(Type.i32), target = writer.local(Type.i32);
    this.#listAddress(writer, list);
    writer.integer(8 * first);
    writer.op(Op.i32Add);
    writer.set(source);
    writer.integer(to);
    writer.set(target);
    writer.begin(Op.loop);
    writer.get(target);
    writer.get(source);
    writer.access(Op.f64Load, 0);
    writer.access(Op.f64Store, 0);
    writer.get(source);
    writer.integer(8 * step);
    writer.op(Op.i32Add);
    writer.set(source);
    writer.get(target);
    writer.integer(8 * turns);
    writer.op(Op.i32Add);
    writer.tee(target);
    writer.integer(to + 8 * turns * length);
    writer.op(Op.i32Ne);
    writer.branchIf(0);
    writer.end();
  }

  #slotsOf(scope: Scope): Map<number, number> {
    let slots = this.#slots.get(scope);
    if (slots === undefined) this.#slots.set(scope, slots = new Map());
    return slots;
  }

  /** The slot of what one function computes and others read. */
  #slotOf(scope: Scope, entry: number): number {
    const slots = this.#slotsOf(scope);
    let slot = slots.get(entry);
    if (slot === undefined) {
      // A body runs again and again, whatever comes after it in the code.
      slot = (scope.loop === null ? this.#freeSlots.pop() : undefined) ??
        this.#plan.takeSlots(1);
      slots.set(entry, slot);
    }
    return slot;
  }

  /**
   * The function that gives lists their places: from an address on, given the
   * lengths of those from outside; header 0 says where the last of them ends.
   *
   * @param grows Whether it grows the memory to hold them.
   */
  place(grows: boolean): FunctionBody {
    const { lists, buffers, slices, counts } = this.#plan;
    const writer = new FunctionWriter(1 + lists.length);
    for (const { header, scope, entry } of buffers) {
      writer.integer(0);
      writer.get(0);
      writer.access(Op.i32Store, this.#headerAddress(header));
      writer.integer(0);
      this.#length(writer, scope, entry);
      writer.integer(8);
      writer.op(Op.i32Mul);
      writer.access(Op.i32Store, this.#headerAddress(header + 1));
      writer.get(0);
      writer.integer(0);
      writer.access(Op.i32Load, this.#headerAddress(header + 1));
      writer.op(Op.i32Add);
      writer.set(0);
    }
    for (const { header, scope, entry } of slices) {
      writer.integer(0);
      this.#length(writer, scope, entry);
      writer.integer(8);
      writer.op(Op.i32Mul);
      writer.access(Op.i32Store, this.#headerAddress(header + 1));
    }
    for (const { header, scope, entry } of counts) {
      writer.integer(0);
      this.#number(writer, scope, entry);
      writer.access(Op.i32Store, this.#headerAddress(header));
    }
    writer.integer(0);
    writer.get(0);
    writer.access(Op.i32Store, this.#headerAddress(0));
    if (grows) writer.growTo(0);
    return writer.body();
  }

  /** Puts the number of rows that an entry stands for on the stack. */
  #number(writer: FunctionWriter, around: Scope, row: number): void {
    const { scope, entry } = around.resolve(row);
    const { codes, lefts, rights, constants } = scope.program;
    if (codes[entry] === CONSTANT) return writer.integer(constants[entry]!);
    if (codes[entry] === LENGTH) {
      this.#length(writer, scope, lefts[entry]!);
      writer.integer(rights[entry]!);
      return writer.op(Op.i32DivU);
    }
    this.#number(writer, scope, lefts[entry]!);
    this.#number(writer, scope, rights[entry]!);
    writer.op(Op.i32Mul);
  }

  /** Puts the length of a list on the stack. */
  #length(writer: FunctionWriter, around: Scope, list: number): void {
    const { scope, entry } = around.resolve(list);
    const known = scope.knownLength(entry);
    if (known !== undefined) return writer.integer(known);
    if (scope.program.codes[entry] === STACKED) {
      const { loop } = scope.giver(entry), row = scope.rowOf(entry);
      this.#number(writer, scope, loop.count);
      if (row.list === undefined) writer.integer(row.known()!);
      else this.#length(writer, row.list.scope, row.list.entry);
      return writer.op(Op.i32Mul);
    }
    const whole = scope.slicedFrom(entry);
    if (whole !== undefined) return this.#slice(writer, scope, whole);
    const like = scope.lengthLike(entry);
    if (like === undefined) {
      return writer.get(1 + this.#plan.lists.indexOf(entry));
    }
    this.#length(writer, like.scope, like.entry);
  }

  /** Puts the length of a row of a list on the stack; 0 where there are no rows. */
  #slice(writer: FunctionWriter, { parent, loop }: Scope, whole: number): void {
    const count = writer.local(Type.i32);
    this.#number(writer, parent!, loop!.count);
    writer.set(count);
    this.#length(writer, parent!, whole);
    // There is no row to ask for where there is none: 1 in place of 0.
    writer.get(count);
    writer.get(count);
    writer.op(Op.i32Eqz);
    writer.op(Op.i32Add);
    writer.op(Op.i32DivU);
  }

  #slotAddress(slot: number): number {
    return this.region.slots + 8 * slot;
  }

  #headerAddress(header: number): number {
    return this.region.header + 4 * header;
  }

  /** Puts the address of a list on the stack. */
  #listAddress(writer: FunctionWriter, place: Place): void {
    if ("slot" in place) return writer.integer(this.#slotAddress(place.slot));
    writer.integer(0);
    writer.access(Op.i32Load, this.#headerAddress(place.header));
  }

  /** Puts the length of a list, in bytes, on the stack. */
  #listBytes(writer: FunctionWriter, place: Place): void {
    if ("slot" in place || place.length !== undefined) {
      return writer.integer(8 * place.length!);
    }
    writer.integer(0);
    writer.access(Op.i32Load, this.#headerAddress(place.header + 1));
  }

  /** Writes entries of a scope, in order. */
  #range(context: Context, scope: Scope, from: number, to: number): void {
    const { codes } = scope.program;
    const inside = this.#loops.get(scope)?.guards?.isInside;
    for (let i = from; i < to; i++) {
      const code = codes[i]!;
      if (!scope.isComputed(i) || inside?.[i] === 1) continue;
      if (code === LOOP) this.#loop(context, scope, i);
      else if (code === GATHER) this.#gather(context, scope, i);
      else if (code === ZEROS) this.#zeros(context, scope, i);
      else if (!this.#isInlined(scope, i)) this.#define(context, scope, i);
    }
  }

  /** Whether an operation is computed where its only reader takes it from the stack. */
  #isInlined(scope: Scope, i: number): boolean {
    const { codes } = scope.program;
    if (!scope.isComputed(i) || codes[i] === LOOP) return false;
    const guards = this.#loops.get(scope)?.guards;
    if (guards?.deciding.has(i) === true) return false;
    const reader = scope.readers[i]!;
    return scope.uses[i] === 1 && scope.isOutput[i] === 0 && reader >= 0 &&
      codes[reader] !== LOOP && codes[reader] !== GATHER &&
      scope.functionOf[reader] === scope.functionOf[i];
  }

  /** Computes an operation, into a local and wherever it is to be stored. */
  #define(context: Context, scope: Scope, i: number): void {
    const { writer } = context;
    const stores = this.#storesOf(scope, i);
    if (scope.crosses[i] === 1 || this.#isTopOutput(scope, i)) {
      const address = this.#slotAddress(this.#slotOf(scope, i));
      stores.push({ address: () => writer.integer(0), offset: address });
    }
    const readHere = scope.staysIn[i] === 1;
    const isLast = stores.length === 1 && scope.uses[i] === 1 &&
      scope.isOutput[i] === 1;
    const isOnlyStored = stores.length === 1 && !readHere || isLast;
    if (isOnlyStored) {
      stores[0]!.address(context);
      this.#operation(context, scope, i);
      writer.access(Op.f64Store, stores[0]!.offset);
      return;
    }
    const local = writer.local(Type.f64);
    this.#operation(context, scope, i);
    writer.set(local);
    context.localsOf(scope).set(i, local);
    for (const { address, offset } of stores) {
      address(context);
      writer.get(local);
      writer.access(Op.f64Store, offset);
    }
  }

  #isTopOutput(scope: Scope, i: number): boolean {
    return scope.loop === null && this.#slotsOf(scope).has(i);
  }

  /** Where a body's output is stored as soon as it is known. */
  #storesOf(
    scope: Scope,
    i: number,
  ): { address: (context: Context) => void; offset: number }[] {
    const state = this.#loops.get(scope);
    if (state === undefined || scope.isOutput[i] === 0) return [];
    const { loop, carrySlots } = state;
    const stores: { address: (context: Context) => void; offset: number }[] =
      [];
    for (const k of scope.outputsAt(i)) {
      if (!this.#isStoredAtOnce(scope, state, k)) continue;
      const carry = carrySlots.get(k);
      if (k < loop.carries.length) {
        const offset = this.#slotAddress(carry!);
        stores.push({ address: ({ writer }) => writer.integer(0), offset });
      } else {
        const place = this.#outputPlace(state, k);
        if (place !== undefined) stores.push(place);
      }
    }
    return stores;
  }

  /** Whether output k of a body goes to memory where it is computed; what its row still reads must not change. */
  #isStoredAtOnce(scope: Scope, state: LoopState, k: number): boolean {
    const { loop, carrySlots } = state, { outputs } = scope.program;
    const { stacked } = outputsOf(loop);
    if (!scope.isComputed(outputs[k]!)) return false;
    if (k >= (stacked[0] ?? outputs.length)) return true;
    if (k < loop.carries.length && !carrySlots.has(k)) return false;
    // The number before has one reader, and what is stored is made of it.
    const before = k < loop.carries.length
      ? k
      : inputsOf(loop).updates[0]! + k - loop.carries.length;
    let i = before;
    while (i !== outputs[k]) {
      if (scope.uses[i] !== 1) return false;
      i = scope.readers[i]!;
      if (i < 0 || scope.program.codes[i] === LOOP) return false;
    }
    return true;
  }

  /** The address of an update's or stacked list's number; undefined if nobody reads it. */
  #outputPlace(
    { loop, reads, stacks }: LoopState,
    k: number,
  ): { address: (context: Context) => void; offset: number } | undefined {
    const { updates, stacked } = outputsOf(loop);
    if (k >= (stacked[0] ?? Infinity)) {
      const at = stacked.filter((begin) => begin <= k).length - 1;
      const pointer = stacks[at];
      return pointer && {
        address: ({ writer, integers }) => writer.get(integers.get(pointer)!),
        offset: 8 * (k - stacked[at]!),
      };
    }
    const input = inputsOf(loop).updates[0]! + k - updates[0]!;
    const read = reads.get(input)!;
    return {
      address: (context) => this.#readAddress(context, read),
      offset: read.list === undefined ? read.offset : 0,
    };
  }

  /** Puts on the stack what an input's address is counted from. */
  #readAddress(
    { writer, integers }: Context,
    { pointer, offset, list }: Read,
  ): void {
    if (list === undefined) return writer.get(integers.get(pointer)!);
    writer.get(integers.get(list)!);
    writer.get(integers.get(pointer)!);
    writer.access(Op.i32Load, offset);
    writer.op(Op.i32Add);
  }

  #gather(context: Context, scope: Scope, i: number): void {
    if (scope.isOfInputs(i)) return;
    const place = scope.lists[i]!;
    const { writer } = context;
    const pointer = writer.local(Type.i32);
    this.#listAddress(writer, place);
    writer.set(pointer);
    operandsAt(scope.program, i).forEach((entry, k) => {
      writer.get(pointer);
      this.#value(context, scope, entry);
      writer.access(Op.f64Store, 8 * k);
    });
  }

  #zeros({ writer }: Context, scope: Scope, i: number): void {
    const place = scope.lists[i]!;
    this.#listAddress(writer, place);
    writer.integer(0);
    this.#listBytes(writer, place);
    writer.fill();
  }

  /** Copies a list to where a loop has it, if that is elsewhere. */
  #copyList({ writer }: Context, from: Place, to: Place): void {
    const isSame = "slot" in from
      ? "slot" in to && from.slot === to.slot
      : "header" in to && from.header === to.header;
    if (isSame) return;
    this.#listAddress(writer, to);
    this.#listAddress(writer, from);
    this.#listBytes(writer, to);
    writer.copy();
  }

  /** Puts a number on the stack. */
  #value(context: Context, scope: Scope, entry: number): void {
    const { writer } = context;
    const { scope: home, entry: origin } = scope.resolve(entry);
    const { codes, constants } = home.program;
    if (codes[origin] === CONSTANT) return writer.float(constants[origin]!);
    if (context.block === scope && this.#isAtHand(context, scope, entry)) {
      return this.#operation(context, scope, entry);
    }
    const local = context.localsOf(home).get(origin) ??
      context.localsOf(scope).get(entry);
    if (local !== undefined) return writer.get(local);
    if (home === scope && this.#isInlined(home, origin)) {
      return this.#operation(context, home, origin);
    }
    this.#load(context, home, origin);
    if (scope.uses[entry]! > 1) {
      const kept = writer.local(Type.f64);
      writer.tee(kept);
      context.localsOf(scope).set(entry, kept);
    }
  }

  /**
   * Whether an operation is computed again in a block that is often skipped: it is
   * one instruction on what is in memory, and need not be kept for the block.
   */
  #isAtHand(context: Context, scope: Scope, i: number): boolean {
    const { program: { codes, lefts, rights, inputs } } = scope;
    const { guards } = this.#loops.get(scope)!;
    if (!scope.isComputed(i) || guards!.isInside[i] === 1) return false;
    if (!instructions().plain.has(codes[i]!)) return false;
    const operands = primitiveOf(codes[i]!).arity === 2
      ? [lefts[i]!, rights[i]!]
      : [lefts[i]!];
    const isInLocal = (entry: number) => {
      const { scope: home, entry: origin } = scope.resolve(entry);
      return context.localsOf(home).has(origin) ||
        context.localsOf(scope).has(entry);
    };
    return operands.every((entry) => entry < inputs) &&
      !operands.every(isInLocal);
  }

  /** Puts a number on the stack that is in memory. */
  #load(context: Context, scope: Scope, entry: number): void {
    const { writer, integers } = context;
    const { codes, lefts, rights } = scope.program;
    switch (codes[entry]) {
      case ELEMENT:
        this.#listAddress(writer, scope.lists[lefts[entry]!]!);
        return writer.access(Op.f64Load, 8 * rights[entry]!);
      case LENGTH: {
        const known = scope.knownNumber(entry);
        if (known !== undefined) return writer.float(known);
        writer.integer(0);
        writer.access(
          Op.i32Load,
          this.#headerAddress(scope.countAt.get(entry)!),
        );
        return writer.op(Op.f64ConvertI32U);
      }
      case FINAL: {
        const state = this.#loops.get(scope.bodies.get(lefts[entry]!)!)!;
        const slot = state.carrySlots.get(rights[entry]!) ??
          this.#slotOf(scope, entry);
        return this.#loadSlot(writer, slot);
      }
      case INPUT: {
        const state = this.#loops.get(scope);
        if (state === undefined) {
          return this.#loadSlot(writer, this.#plan.numbers.indexOf(entry));
        }
        const carry = state.carrySlots.get(entry);
        if (carry !== undefined) return this.#loadSlot(writer, carry);
        const read = state.reads.get(entry);
        if (read === undefined) {
          writer.get(integers.get(state.index!)!);
          return writer.op(Op.f64ConvertI32U);
        }
        this.#readAddress(context, read);
        return writer.access(
          Op.f64Load,
          read.list === undefined ? read.offset : 0,
        );
      }
    }
    this.#loadSlot(writer, this.#slotOf(scope, entry));
  }

  #loadSlot(writer: FunctionWriter, slot: number): void {
    writer.integer(0);
    writer.access(Op.f64Load, this.#slotAddress(slot));
  }

  /** Puts the result of an operation on the stack. */
  #operation(context: Context, scope: Scope, i: number): void {
    const { writer } = context;
    const { codes, lefts, rights, lists } = scope.program;
    const { plain, comparisons, select } = instructions();
    const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
    const value = (entry: number) => this.#value(context, scope, entry);
    if (code === select) {
      value(lists[left + 1]!);
      value(lists[left + 2]!);
      this.#condition(context, scope, lists[left]!);
      writer.op(Op.select);
    } else if (comparisons.has(code)) {
      this.#comparison(context, scope, i);
      writer.op(Op.f64ConvertI32U);
    } else if (isListCall(code)) {
      // A call among the operands has the scratch for itself before this one.
      const operands = Array.from({ length: right }, (_, k) => {
        const local = writer.local(Type.f64);
        value(lists[left + k]!);
        writer.set(local);
        return local;
      });
      operands.forEach((local, k) => {
        writer.integer(0);
        writer.get(local);
        writer.access(Op.f64Store, this.region.scratch + 8 * k);
      });
      writer.integer(this.region.scratch);
      writer.integer(right);
      writer.call(this.#calls.get(code)!);
    } else {
      value(left);
      if (primitiveOf(code).arity === 2) value(right);
      const instruction = plain.get(code);
      if (instruction === undefined) writer.call(this.#calls.get(code)!);
      else writer.op(instruction);
    }
  }

  /** Whether an entry is not 0, as an i32. */
  #condition(context: Context, scope: Scope, entry: number): void {
    const { writer } = context;
    if (
      this.#isInlined(scope, entry) &&
      instructions().comparisons.has(scope.program.codes[entry]!)
    ) return this.#comparison(context, scope, entry);
    this.#value(context, scope, entry);
    writer.float(0);
    writer.op(Op.f64Ne);
  }

  #comparison(context: Context, scope: Scope, i: number): void {
    const { codes, lefts, rights } = scope.program;
    this.#value(context, scope, lefts[i]!);
    this.#value(context, scope, rights[i]!);
    context.writer.op(instructions().comparisons.get(codes[i]!)!);
  }

  /** Writes a loop. */
  #loop(context: Context, scope: Scope, i: number): void {
    const { writer, integers } = context;
    const { codes, lefts, loops } = scope.program;
    const loop = loops[lefts[i]!]!, body = scope.bodies.get(i)!;
    const { carries, updates } = loop;
    const isCut = body.parts.length > 0;
    const numberCarries = [...carries.keys()].filter((k) =>
      body.program.codes[k] === INPUT
    );
    const inLocals = !isCut && numberCarries.length <= MOST_LOCALS;
    const carrySlots = new Map<number, number>(
      inLocals ? [] : numberCarries.map((k) => [k, this.#plan.takeSlots(1)]),
    );

    // Lists that it changes.
    carries.forEach((entry, k) => {
      if (body.program.codes[k] === INPUT) return;
      this.#copyList(
        context,
        scope.resolvedPlace(entry),
        scope.carryPlace(i, k),
      );
    });
    updates.forEach(({ list }, u) => {
      this.#copyList(
        context,
        scope.resolvedPlace(list),
        scope.updatePlace(i, u),
      );
    });

    // The first values of carries; those in memory that are 0, at once, if most are.
    const carryLocals = new Map<number, number>();
    const zeros = new Set(
      [...carrySlots.keys()].filter((k) => this.#isZero(scope, carries[k]!)),
    );
    if (2 * zeros.size < carrySlots.size) zeros.clear();
    if (zeros.size > 0) {
      const [first] = carrySlots.values();
      writer.integer(this.#slotAddress(first!));
      writer.integer(0);
      writer.integer(8 * carrySlots.size);
      writer.fill();
    }
    for (const k of numberCarries) {
      const slot = carrySlots.get(k);
      if (slot !== undefined) {
        if (zeros.has(k)) continue;
        writer.integer(0);
        this.#value(context, scope, carries[k]!);
        writer.access(Op.f64Store, this.#slotAddress(slot));
      } else {
        const local = writer.local(Type.f64);
        this.#value(context, scope, carries[k]!);
        writer.set(local);
        carryLocals.set(k, local);
      }
    }
    // Captures that are in memory, where they are few.
    if (!isCut && loop.captures.length <= MOST_LOCALS) {
      loop.captures.forEach((entry, k) => {
        const input = body.capturesAt + k;
        if (body.program.codes[input] !== INPUT) return;
        const { scope: home, entry: origin } = scope.resolve(entry);
        if (home.program.codes[origin] === CONSTANT) return;
        if (context.localsOf(home).has(origin)) return;
        const local = writer.local(Type.f64);
        this.#value(context, scope, entry);
        writer.set(local);
        context.localsOf(body).set(input, local);
      });
    }

    const count = writer.local(Type.i32);
    const known = scope.knownNumber(loop.count);
    if (known !== undefined) writer.integer(known);
    else {
      writer.integer(0);
      writer.access(Op.i32Load, this.#headerAddress(scope.countAt.get(i)!));
    }
    writer.set(count);
    const mayBeNone = known === undefined || known === 0;
    if (mayBeNone) {
      writer.begin(Op.block);
      writer.get(count);
      writer.op(Op.i32Eqz);
      writer.branchIf(0);
    }
    const guards = isCut ? undefined : guardsOf(body);
    const state = {
      ...this.#pointers(context, scope, i, count, carrySlots),
      guards,
    };
    this.#loops.set(body, state);
    const counter = new Integer(-1);
    integers.set(counter, count);

    writer.begin(Op.loop);
    for (const { row, list } of state.rows) {
      writer.integer(0);
      this.#rowAddress(context, state, row, list);
      writer.access(
        Op.i32Store,
        this.#headerAddress((row as { header: number }).header),
      );
    }
    for (const [k, local] of carryLocals) {
      context.localsOf(body).set(k, local);
    }
    if (isCut) {
      for (const { function: f, from, to } of body.parts) {
        const part = new Context(integers.keys());
        this.#functions[f] = part.writer;
        this.#range(part, body, from, to);
        if (to === body.program.length) {
          this.#endOfRow(part, body, state, carryLocals, i, scope);
        }
        for (const local of integers.values()) writer.get(local);
        writer.call(this.imports.length + f);
      }
    } else {
      this.#range(context, body, body.program.first, body.program.length);
      this.#endOfRow(context, body, state, carryLocals, i, scope);
    }
    for (const [integer, local] of integers) {
      if (integer === counter || !this.#isOf(state, integer)) continue;
      if (integer.step === 0) continue;
      writer.get(local);
      writer.integer(integer.step);
      writer.op(Op.i32Add);
      writer.set(local);
    }
    writer.get(count);
    writer.integer(-1);
    writer.op(Op.i32Add);
    writer.tee(count);
    writer.branchIf(0);
    writer.end();
    if (mayBeNone) writer.end();
    integers.delete(counter);
    for (const integer of [...integers.keys()]) {
      if (this.#isOf(state, integer)) integers.delete(integer);
    }
    context.forget(body);

    // What it leaves behind.
    const { length, rights } = scope.program;
    for (let k = i + 1; k < length; k++) {
      if (codes[k] !== FINAL || lefts[k] !== i) continue;
      const local = carryLocals.get(rights[k]!);
      if (local === undefined) continue;
      context.localsOf(scope).set(k, local);
      if (scope.crosses[k] === 0) continue;
      writer.integer(0);
      writer.get(local);
      writer.access(Op.f64Store, this.#slotAddress(this.#slotOf(scope, k)));
    }
  }

  /** Whether an entry is the constant 0, all of whose bits are 0. */
  #isZero(scope: Scope, entry: number): boolean {
    const { scope: home, entry: origin } = scope.resolve(entry);
    const { codes, constants } = home.program;
    return codes[origin] === CONSTANT && Object.is(constants[origin], 0);
  }

  /** Puts on the stack where the row of a list begins. */
  #rowAddress(
    { writer, integers }: Context,
    { index }: LoopState,
    row: Place,
    list: Place,
  ): void {
    this.#listAddress(writer, list);
    writer.get(integers.get(index!)!);
    this.#listBytes(writer, row);
    writer.op(Op.i32Mul);
    writer.op(Op.i32Add);
  }

  #isOf({ reads, stacks, index }: LoopState, integer: Integer): boolean {
    if (integer === index || stacks.includes(integer)) return true;
    for (const { pointer, list } of reads.values()) {
      if (pointer === integer || list === integer) return true;
    }
    return false;
  }

  /** Sets the pointers of a loop to its first row. */
  #pointers(
    context: Context,
    scope: Scope,
    i: number,
    count: number,
    carrySlots: Map<number, number>,
  ): Omit<LoopState, "guards"> {
    const { writer, integers } = context;
    const loop = scope.program.loops[scope.program.lefts[i]!]!;
    const { streams, slices, updates, stacked, down } = loop;
    const at = inputsOf(loop), out = outputsOf(loop);
    const body = scope.bodies.get(i)!;
    // Only in loops of so many rows does anything go backwards.
    const rows = scope.knownNumber(loop.count) ?? 1;
    const firsts = new Map<string, Integer>();
    const pointer = (
      place: Place | undefined,
      stride: number,
      lead = 0,
    ): Integer => {
      const where = place === undefined
        ? "rows"
        : "slot" in place
        ? `slot ${place.slot}`
        : `header ${place.header}`;
      const key = `${where} ${stride} ${lead}`;
      let integer = firsts.get(key);
      if (integer !== undefined) return integer;
      integer = new Integer(down ? -stride : stride);
      firsts.set(key, integer);
      const local = writer.local(Type.i32);
      if (place === undefined) writer.integer(0);
      else this.#listAddress(writer, place);
      // Rows that go backwards through a list begin at its end: no pointer is
      // ever below the list.
      const start = lead + (stride < 0 ? -stride * (rows - 1) : 0);
      if (start !== 0) {
        writer.integer(start);
        writer.op(Op.i32Add);
      }
      if (down && stride !== 0) {
        writer.get(count);
        writer.integer(-1);
        writer.op(Op.i32Add);
        writer.integer(stride);
        writer.op(Op.i32Mul);
        writer.op(Op.i32Add);
      }
      writer.set(local);
      integers.set(integer, local);
      return integer;
    };
    const reads = new Map<number, Read>();
    const read = (
      input: number,
      place: Place,
      { offset, stride, table }: Address,
    ) => {
      reads.set(
        input,
        table === null
          ? {
            // What lies before the list is read for nothing, but it is there:
            // the region begins with room for it.
            pointer: pointer(place, 8 * stride, 8 * Math.min(0, offset)),
            offset: 8 *
              (Math.max(0, offset) + Math.min(0, stride) * (rows - 1)),
            list: undefined,
          }
          : {
            pointer: pointer(undefined, 4),
            offset: this.region.tables + this.#plan.tableAt(table),
            list: pointer(place, 0),
          },
      );
    };
    streams.forEach((stream, k) =>
      read(at.streams + k, scope.resolvedPlace(stream.list), stream)
    );
    updates.forEach(({ addresses }, u) =>
      addresses.forEach((address, k) =>
        read(at.updates[u]! + k, scope.updatePlace(i, u), address)
      )
    );
    const stacks = stacked.map((width, k) => {
      const place = this.#stackPlace(scope, i, k);
      return width > 0 && place ? pointer(place, 8 * width) : undefined;
    });
    const rowLists = slices.map((entry, k) => ({
      row: body.lists[at.slices + k]!,
      list: scope.resolvedPlace(entry),
    }));
    const copies: { row: Place; list: Place }[] = [];
    stacked.forEach((width, k) => {
      const list = this.#stackPlace(scope, i, k);
      if (width > 0 || list === undefined) return;
      const entry = body.program.outputs[out.stacked[k]!]!;
      const row = body.resolvedPlace(entry);
      (body.isRowOfAround(entry) ? rowLists : copies).push({ row, list });
    });
    const index = loop.index || rowLists.length + copies.length > 0
      ? pointer(undefined, 1)
      : undefined;
    return { loop, carrySlots, reads, stacks, index, rows: rowLists, copies };
  }

  /** Where a stacked list is. */
  #stackPlace(scope: Scope, i: number, k: number): Place | undefined {
    const entry = scope.stackedEntry(i, k);
    return entry === undefined ? undefined : scope.lists[entry];
  }

  /** Writes what some rows leave undone. */
  #blocks(
    context: Context,
    body: Scope,
    state: LoopState,
    { witnesses, blocks }: Guards,
    carryLocals: ReadonlyMap<number, number>,
  ): void {
    const { writer } = context;
    let isAll: number | undefined;
    if (witnesses.length > 0) {
      // The sum is finite only if all of them are; a finite number less itself is 0.
      const sum = writer.local(Type.f64);
      isAll = writer.local(Type.i32);
      witnesses.forEach((entry, k) => {
        this.#value(context, body, entry);
        if (k > 0) writer.op(Op.f64Add);
      });
      writer.tee(sum);
      writer.get(sum);
      writer.op(Op.f64Sub);
      writer.float(0);
      writer.op(Op.f64Ne);
      writer.set(isAll);
    }
    const write = ({ mask, entries, outputs, inner }: Block): void => {
      this.#value(context, body, mask);
      writer.float(0);
      writer.op(Op.f64Ne);
      if (isAll !== undefined) {
        writer.get(isAll);
        writer.op(Op.i32Or);
      }
      writer.begin(Op.if);
      context.inBlock(body, () => {
        for (const i of entries) {
          if (!this.#isInlined(body, i)) this.#define(context, body, i);
        }
        for (const k of outputs) {
          this.#add(context, body, state, k, carryLocals);
        }
        inner.forEach(write);
      });
      writer.end();
    };
    blocks.forEach(write);
  }

  /** Computes a sum that is an output, and puts it in its place. */
  #add(
    context: Context,
    body: Scope,
    state: LoopState,
    k: number,
    carryLocals: ReadonlyMap<number, number>,
  ): void {
    const { writer } = context, { loop, carrySlots } = state;
    const local = carryLocals.get(k), slot = carrySlots.get(k);
    const place = slot !== undefined
      ? { address: () => writer.integer(0), offset: this.#slotAddress(slot) }
      : k < loop.carries.length
      ? undefined
      : this.#outputPlace(state, k);
    place?.address(context);
    this.#operation(context, body, body.program.outputs[k]!);
    if (place === undefined) writer.set(local!);
    else writer.access(Op.f64Store, place.offset);
  }

  /** Stores what a row leaves to the next, and what was not stored at once. */
  #endOfRow(
    context: Context,
    body: Scope,
    state: LoopState,
    carryLocals: ReadonlyMap<number, number>,
    at: number,
    around: Scope,
  ): void {
    const { writer } = context;
    const { outputs, codes } = body.program;
    const { loop, carrySlots, guards } = state;
    if (guards !== undefined) {
      this.#blocks(context, body, state, guards, carryLocals);
    }
    const rest: { k: number; local: number }[] = [];
    for (const { row, list } of state.copies) {
      this.#rowAddress(context, state, row, list);
      this.#listAddress(writer, row);
      this.#listBytes(writer, row);
      writer.copy();
    }
    outputs.forEach((entry, k) => {
      if (k < loop.carries.length && codes[k] === LIST_INPUT) {
        const to = around.carryPlace(at, k);
        this.#copyList(context, body.resolvedPlace(entry), to);
        return;
      }
      if (k >= loop.carries.length && body.isList(entry)) {
        return;
      }
      if (guards?.outputs.has(k) === true) return;
      if (this.#isStoredAtOnce(body, state, k)) return;
      if (k >= loop.carries.length && !this.#outputPlace(state, k)) return;
      if (k < loop.carries.length && entry === k) return;
      const local = writer.local(Type.f64);
      this.#value(context, body, entry);
      writer.set(local);
      rest.push({ k, local });
    });
    for (const { k, local } of rest) {
      const carry = carryLocals.get(k);
      if (carry !== undefined) {
        writer.get(local);
        writer.set(carry);
        continue;
      }
      const slot = carrySlots.get(k);
      const { address, offset } = k < loop.carries.length
        ? { address: () => writer.integer(0), offset: this.#slotAddress(slot!) }
        : this.#outputPlace(state, k)!;
      address(context);
      writer.get(local);
      writer.access(Op.f64Store, offset);
    }
  }
}
