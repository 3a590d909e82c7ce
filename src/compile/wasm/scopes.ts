// A program laid out before code is written: which function computes what, which
// numbers cross from one to another, where lists are.
import { CONSTANT, INPUT, operandsAt } from "../../tape/entries.ts";
import {
  CONSTANT_LIST,
  ELEMENT,
  FINAL,
  FIRST_LOOP_CODE,
  GATHER,
  LENGTH,
  LIST_INPUT,
  LOOP,
  type Loop,
  STACKED,
  UPDATED,
  ZEROS,
} from "../../tape/loop.ts";
import type { Ordered } from "../program/builder.ts";
import { inputsOf, outputsOf } from "../program/layout.ts";
import { countUses } from "../program/uses.ts";
import { longestCall } from "./instructions.ts";

// V8 compiles functions of a few hundred operations best where each runs once,
// and bodies of loops up to a few thousand.
const CHUNK = 400;
const BODY = 4000;

/** Where a list is: at a slot known now, with its length in numbers; or where the header says. */
export type Place =
  | { readonly slot: number; readonly length: number }
  /** The header of its address; the next one has its length in bytes, if that is not known now. */
  | { readonly header: number; readonly length: number | undefined };

/** A list whose length depends on those of the lists from outside. */
export interface Buffer {
  readonly header: number;
  readonly scope: Scope;
  readonly entry: number;
}

/** What all scopes of a program have in common. */
export class Plan {
  readonly program: Ordered;
  readonly top: Scope;
  /** By number of the function: which scope's entries it computes, or which loop. */
  functions = 0;
  /** Numbers of the region: inputs, outputs, then what crosses functions, and lists of known lengths. */
  slots: number;
  /** Integers of the header: where the last list ends, addresses and lengths of lists, counts. */
  headers = 1;
  /** Lists of constants. */
  readonly data: { readonly numbers: Float64Array; readonly slot: number }[] =
    [];
  readonly buffers: Buffer[] = [];
  /** Lists that are parts of others, at another place for each row. */
  readonly slices: Buffer[] = [];
  /** Tables of addresses, and where their bytes begin in the area of tables. */
  readonly tables: { readonly table: Int32Array; readonly at: number }[] = [];
  tableBytes = 0;
  /** How many numbers before a list may be read. */
  lead = 0;
  /** Numbers of rows that are not known now: of loops, and of lists asked for theirs. */
  readonly counts: { header: number; scope: Scope; entry: number }[] = [];
  /** The inputs that are numbers, and those that are lists. */
  readonly numbers: number[] = [];
  readonly lists: number[] = [];

  constructor(program: Ordered) {
    this.program = program;
    const { inputs, codes, outputs } = program;
    for (let k = 0; k < inputs; k++) {
      (codes[k] === LIST_INPUT ? this.lists : this.numbers).push(k);
    }
    this.slots = this.numbers.length;
    this.top = new Scope(this, program, null, null);
    this.outputsAt = this.slots;
    this.slots += outputs.filter((entry) => !this.top.isList(entry)).length;
    this.top.assign();
    this.top.placeLists();
    this.top.findCrossings();
    this.#findTables(this.top);
  }

  #findTables({ loop, bodies }: Scope): void {
    const addresses = loop === null ? [] : [
      ...loop.streams,
      ...loop.updates.flatMap((update) => update.addresses),
    ];
    for (const { table, offset } of addresses) {
      if (table !== null) this.tableAt(table);
      this.lead = Math.max(this.lead, -offset);
    }
    for (const body of bodies.values()) this.#findTables(body);
  }

  /** Where the first output that is a number is. */
  readonly outputsAt: number;

  takeSlots(count: number): number {
    this.slots += count;
    return this.slots - count;
  }

  /** How many numbers its region has at most, once code is written: in memory are also what crosses functions, and carries. */
  mostNumbers(): number {
    const integers = this.headers + this.tableBytes / 4;
    return this.lead + Math.ceil(integers / 2) + longestCall(this.program) +
      this.slots + this.top.mostInMemory();
  }

  /** The headers of the addresses of lists from outside. */
  listInputHeaders(): number[] {
    return this.lists.flatMap((entry) => headerOf(this.top.lists[entry]!));
  }

  /** Those of the addresses of outputs that are lists of any length. */
  listOutputHeaders(): number[] {
    return this.program.outputs.flatMap((entry) =>
      this.top.isList(entry) ? headerOf(this.top.resolvedPlace(entry)) : []
    );
  }

  takeHeader(): number {
    return this.headers++;
  }

  /** The function that computes the entry after these; code writes it by this number. */
  takeFunction(): number {
    return this.functions++;
  }

  /** The place of a table in the area of tables, in bytes. */
  tableAt(table: Int32Array): number {
    const known = this.tables.find((one) => one.table === table);
    if (known !== undefined) return known.at;
    const at = this.tableBytes;
    this.tables.push({ table, at });
    this.tableBytes += 4 * table.length;
    return at;
  }
}

/** A program within a program: the whole, or the body of a loop. */
export class Scope {
  readonly plan: Plan;
  readonly program: Ordered;
  readonly loop: Loop | null;
  readonly parent: Scope | null;
  /** The entry of the loop, in the scope around. */
  readonly at: number;
  /** By entry that is a loop: the scope of its body. */
  readonly bodies: Map<number, Scope> = new Map();
  readonly uses: Int32Array;
  /** By entry: the function that computes it; -1 for what every function reads itself. */
  readonly functionOf: Int32Array;
  /** By entry: 1 if another function reads it. */
  readonly crosses: Uint8Array;
  /** By entry: the last function that reads it; of the whole program, functions run in order. */
  readonly lastReader: Int32Array;
  /** By entry: 1 if the function that computes it reads it, too. */
  readonly staysIn: Uint8Array;
  /** By entry: the last operation of this scope that reads it; -1 if none does. */
  readonly readers: Int32Array;
  /** By entry: 1 if it is an output. */
  readonly isOutput: Uint8Array;
  #outputsAt: Map<number, number[]> | undefined;
  /** By entry that is a list: where it is. */
  readonly lists: (Place | undefined)[] = [];
  /** Functions that a body too large for one is cut into: the entries where each begins. */
  parts: {
    readonly function: number;
    readonly from: number;
    readonly to: number;
  }[] = [];
  /** By entry of a loop or a number of rows: the header of it, if it is not known now. */
  readonly countAt: Map<number, number> = new Map();
  /** Where the captures begin. */
  readonly capturesAt: number;

  constructor(
    plan: Plan,
    program: Ordered,
    parent: Scope | null,
    loop: Loop | null,
    at = -1,
  ) {
    this.plan = plan;
    this.program = program;
    this.parent = parent;
    this.loop = loop;
    this.at = at;
    this.uses = countUses(program);
    this.functionOf = new Int32Array(program.length).fill(-1);
    this.crosses = new Uint8Array(program.length);
    this.staysIn = new Uint8Array(program.length);
    this.lastReader = new Int32Array(program.length).fill(-1);
    this.readers = new Int32Array(program.length).fill(-1);
    this.isOutput = new Uint8Array(program.length);
    for (const entry of program.outputs) this.isOutput[entry] = 1;
    for (let i = program.first; i < program.length; i++) {
      for (const entry of operandsAt(program, i)) this.readers[entry] = i;
    }
    this.capturesAt = loop === null ? program.inputs : inputsOf(loop).captures;
    const { codes, lefts, loops, first, length } = program;
    for (let i = first; i < length; i++) {
      if (codes[i] !== LOOP) continue;
      const inner = loops[lefts[i]!]!;
      const body = inner.body as Ordered;
      this.bodies.set(i, new Scope(plan, body, this, inner, i));
    }
  }

  /** Which outputs an entry is. */
  outputsAt(entry: number): readonly number[] {
    if (this.#outputsAt === undefined) {
      this.#outputsAt = new Map();
      for (const [k, output] of this.program.outputs.entries()) {
        const known = this.#outputsAt.get(output);
        if (known === undefined) this.#outputsAt.set(output, [k]);
        else known.push(k);
      }
    }
    return this.#outputsAt.get(entry) ?? [];
  }

  isList(entry: number): boolean {
    const { codes, lefts, rights, loops } = this.program;
    const code = codes[entry]!;
    if (code === FINAL) {
      const { body } = loops[lefts[lefts[entry]!]!]!;
      return body.codes[rights[entry]!] === LIST_INPUT;
    }
    return code === LIST_INPUT || code === CONSTANT_LIST || code === ZEROS ||
      code === GATHER || code === STACKED || code === UPDATED;
  }

  /** How much code it is. */
  weight(): number {
    let weight = this.program.length - this.program.first;
    for (const body of this.bodies.values()) weight += body.weight() + 20;
    return weight;
  }

  /** How many numbers of it and of the bodies in it may be in memory. */
  mostInMemory(): number {
    let most = this.loop?.carries.length ?? 0;
    for (const crosses of this.crosses) most += crosses;
    for (const body of this.bodies.values()) most += body.mostInMemory();
    return most;
  }

  /** Whether an entry is computed where it stands, and not read or known. */
  isComputed(entry: number): boolean {
    const code = this.program.codes[entry]!;
    return code > INPUT && code !== ELEMENT && code !== LENGTH &&
      code !== FINAL && (code < FIRST_LOOP_CODE || code === LOOP ||
        code === GATHER || code === ZEROS);
  }

  /** Gives each entry its function: a few hundred operations in one, and a loop each. */
  assign(): void {
    const { first, length, codes } = this.program;
    let from = first, count = 0;
    const cut = (to: number) => {
      if (to > from) this.#part(from, to);
      from = to;
      count = 0;
    };
    for (let i = first; i < length; i++) {
      if (codes[i] === LOOP) {
        cut(i);
        cut(i + 1);
      } else if (++count === CHUNK) cut(i + 1);
    }
    cut(length);
    for (const { function: f, from, to } of this.parts) {
      this.#assignTo(f, from, to);
    }
  }

  #part(from: number, to: number): void {
    this.parts.push({ function: this.plan.takeFunction(), from, to });
  }

  #assignTo(f: number, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      if (this.isComputed(i)) this.functionOf[i] = f;
      this.bodies.get(i)?.assignBody(f);
    }
    // What a loop leaves behind is where the loop was.
    const { codes, lefts } = this.program;
    for (let i = from; i < this.program.length; i++) {
      if (codes[i] !== FINAL) continue;
      if (lefts[i]! >= from && lefts[i]! < to) this.functionOf[i] = f;
    }
  }

  /** Gives a body to the function of its loop, or cuts it into functions of its own. */
  assignBody(f: number): void {
    const { first, length } = this.program;
    if (this.weight() <= BODY) return this.#assignTo(f, first, length);
    let from = first, weight = 0;
    for (let i = first; i < length; i++) {
      weight += 1 + (this.bodies.get(i)?.weight() ?? 0);
      if (weight < BODY / 2 && i < length - 1) continue;
      this.#part(from, i + 1);
      from = i + 1;
      weight = 0;
    }
    for (const { function: f, from, to } of this.parts) {
      this.#assignTo(f, from, to);
    }
  }

  /** The function at the end of which the body's outputs are all known. */
  lastFunction(): number {
    return this.parts.at(-1)?.function ?? -1;
  }

  /** What an entry is: itself, or what a capture stands for in a scope around. */
  resolve(entry: number): { readonly scope: Scope; readonly entry: number } {
    if (
      this.loop === null || entry >= this.program.inputs ||
      entry < this.capturesAt
    ) {
      return { scope: this, entry };
    }
    return this.parent!.resolve(this.loop.captures[entry - this.capturesAt]!);
  }

  /** Where a list is. */
  resolvedPlace(list: number): Place {
    const { scope, entry } = this.resolve(list);
    return scope.lists[entry]!;
  }

  /** Marks what one function computes and another reads. */
  findCrossings(): void {
    const { first, length, codes, outputs, lefts, loops } = this.program;
    for (let i = first; i < length; i++) {
      const f = this.functionOf[i]!;
      if (f < 0 || codes[i] === FINAL) continue;
      if (codes[i] === LOOP) {
        for (const entry of loops[lefts[i]!]!.carries) this.#readBy(f, entry);
      } else {
        for (const entry of operandsAt(this.program, i)) this.#readBy(f, entry);
      }
    }
    for (const body of this.bodies.values()) body.findCrossings();
    const last = this.loop === null
      ? OUTSIDE
      : this.lastFunction() >= 0
      ? this.lastFunction()
      : undefined;
    for (const entry of outputs) {
      // A body that is one with its loop's function ends in that function.
      this.#readBy(last ?? this.#loopFunction(), entry);
    }
  }

  /** The function that the loop stands in. */
  #loopFunction(): number {
    return this.parent!.functionOf[this.at]!;
  }

  #readBy(f: number, entry: number): void {
    const { scope, entry: origin } = this.resolve(entry);
    const own = scope.functionOf[origin]!;
    if (own === f) scope.staysIn[origin] = 1;
    else if (own >= 0) scope.crosses[origin] = 1;
    scope.lastReader[origin] = Math.max(scope.lastReader[origin]!, f);
  }

  /** Finds a place for each list, in this scope and those within. */
  placeLists(): void {
    const { plan, program, loop, lists } = this;
    const { codes, lefts, rights, loops, length } = program;
    const own = (i: number): Place => {
      const length = this.knownLength(i);
      if (length !== undefined) return { slot: plan.takeSlots(length), length };
      const header = plan.takeHeader();
      plan.takeHeader();
      plan.buffers.push({ header, scope: this, entry: i });
      return { header, length };
    };
    for (let i = 0; i < length; i++) {
      switch (codes[i]) {
        case LIST_INPUT:
          if (loop === null) lists[i] = own(i);
          else if (i >= this.capturesAt) {
            const { scope, entry } = this.resolve(i);
            lists[i] = scope.lists[entry];
          } else if (i >= this.#slicesAt) lists[i] = this.#slicePlace(i);
          else lists[i] = this.parent!.carryPlace(this.at, i);
          break;
        case CONSTANT_LIST: {
          const numbers = program.data[lefts[i]!]!, { length } = numbers;
          const slot = plan.takeSlots(length);
          plan.data.push({ numbers, slot });
          lists[i] = { slot, length };
          break;
        }
        case ZEROS:
          lists[i] = own(i);
          break;
        case STACKED:
          lists[i] = this.isRowOfAround(i) ? this.#slicePlace(i) : own(i);
          break;
        case GATHER: {
          const slot = loop === null ? this.#consecutive(i) : -1;
          lists[i] = slot >= 0 ? { slot, length: rights[i]! } : own(i);
          break;
        }
        case LENGTH:
          this.#count(i, i);
          break;
        case LOOP: {
          this.#count(i, loops[lefts[i]!]!.count);
          const inner = loops[lefts[i]!]!;
          const body = this.bodies.get(i)!;
          this.#placeOwned(i, inner, own);
          body.placeLists();
          break;
        }
        case UPDATED:
          lists[i] = this.updatePlace(lefts[i]!, rights[i]!);
          break;
        case FINAL:
          if (this.isList(i)) lists[i] = this.carryPlace(lefts[i]!, rights[i]!);
      }
    }
  }

  /** Where the slices begin among the inputs. */
  get #slicesAt(): number {
    return inputsOf(this.loop!).slices;
  }

  /** A place that is another for each row: the header of its address is set when the row begins. */
  #slicePlace(i: number): Place {
    const header = this.plan.takeHeader();
    this.plan.takeHeader();
    const length = this.knownLength(i);
    if (length === undefined) {
      this.plan.slices.push({ header, scope: this, entry: i });
    }
    return { header, length };
  }

  /** Whether a list is one row of a list that the loop around stacks, and so can be made where that row is. */
  isRowOfAround(i: number): boolean {
    const { loop, program: { codes, outputs } } = this;
    if (codes[i] !== STACKED) return false;
    if (loop === null || outputs.filter((entry) => entry === i).length !== 1) {
      return false;
    }
    const { stacked } = outputsOf(loop),
      k = stacked.indexOf(outputs.indexOf(i));
    return k >= 0 && loop.stacked[k] === 0 &&
      this.parent!.stackedEntry(this.at, k) !== undefined;
  }

  /** The entry of list k that a loop stacks; undefined if nobody reads it. */
  stackedEntry(at: number, k: number): number | undefined {
    const { codes, lefts, rights, length } = this.program;
    for (let i = at + 1; i < length; i++) {
      if (lefts[i] === at && rights[i] === k && codes[i] === STACKED) return i;
    }
    return undefined;
  }

  readonly #carryPlaces = new Map<string, Place>();

  /** Where a loop keeps a carry that is a list. */
  carryPlace(at: number, k: number): Place {
    return this.#carryPlaces.get(`${at} carry ${k}`)!;
  }

  /** Where a loop keeps a list that it updates. */
  updatePlace(at: number, k: number): Place {
    return this.#carryPlaces.get(`${at} update ${k}`)!;
  }

  /** Lists that a loop changes: in place, if nobody else reads what they were. */
  #placeOwned(at: number, loop: Loop, own: (i: number) => Place): void {
    const inPlace = (list: number): Place =>
      this.uses[list] === 1 && this.#isPrivate(list)
        ? this.lists[list]!
        : own(list);
    loop.carries.forEach((list, k) => {
      if (loop.body.codes[k] !== LIST_INPUT) return;
      this.#carryPlaces.set(`${at} carry ${k}`, inPlace(list));
    });
    loop.updates.forEach(({ list }, k) =>
      this.#carryPlaces.set(`${at} update ${k}`, inPlace(list))
    );
  }

  /** Whether a list is written anew each time this scope runs, in memory that nobody else has. */
  #isPrivate(list: number): boolean {
    const code = this.program.codes[list];
    // What is a row of the loop around is written there.
    if (this.isOutput[list] === 1) return false;
    return code === GATHER && !this.isOfInputs(list) || (code === ZEROS ||
      code === STACKED || code === UPDATED || code === FINAL ||
      code === LIST_INPUT && this.loop !== null && list < this.#slicesAt);
  }

  /** Whether a list of entries is a part of the inputs, where they are. */
  isOfInputs(i: number): boolean {
    return this.loop === null && this.#consecutive(i) >= 0;
  }

  /** The slot of the first of inputs that follow one another; -1 if a list is of something else. */
  #consecutive(i: number): number {
    const { codes } = this.program;
    const operands = operandsAt(this.program, i);
    const numbers = this.plan.numbers;
    const start = numbers.indexOf(operands[0]!);
    return start >= 0 &&
        operands.every((entry, k) =>
          codes[entry] === INPUT && numbers[start + k] === entry
        )
      ? start
      : -1;
  }

  /** Gives the number of rows at an entry a header, if it is not known now. */
  #count(i: number, entry: number): void {
    if (this.knownNumber(entry) !== undefined) return;
    const header = this.plan.takeHeader();
    this.plan.counts.push({ header, scope: this, entry });
    this.countAt.set(i, header);
  }

  /** The number of rows that an entry stands for; undefined if that depends on lists from outside. */
  knownNumber(entry: number): number | undefined {
    const { scope, entry: i } = this.resolve(entry);
    const { codes, lefts, rights, constants } = scope.program;
    if (codes[i] === CONSTANT) return constants[i]!;
    if (codes[i] === LENGTH) {
      const length = scope.knownLength(lefts[i]!);
      return length && Math.floor(length / rights[i]!);
    }
    // The builder multiplies counts by constants, and nothing else.
    const a = scope.knownNumber(lefts[i]!), b = scope.knownNumber(rights[i]!);
    return a === undefined || b === undefined ? undefined : a * b;
  }

  /** The length of a list; undefined if that depends on lists from outside. */
  knownLength(list: number): number | undefined {
    const { scope, entry: i } = this.resolve(list);
    const { codes, lefts, rights, data } = scope.program;
    switch (codes[i]) {
      case CONSTANT_LIST:
        return data[lefts[i]!]!.length;
      case GATHER:
        return rights[i]!;
      case STACKED: {
        const { loop } = scope.giver(i);
        const count = scope.knownNumber(loop.count);
        const width = scope.rowOf(i).known();
        return count === 0 ? 0 : count && width && count * width;
      }
    }
    const whole = scope.slicedFrom(i);
    if (whole !== undefined) {
      const length = scope.parent!.knownLength(whole);
      const count = scope.parent!.knownNumber(scope.loop!.count);
      return length && count && length / count;
    }
    const like = scope.lengthLike(i);
    return like && like.scope.knownLength(like.entry);
  }

  /** The list that an entry is a slice of, in the scope around; undefined if it is none. */
  slicedFrom(i: number): number | undefined {
    if (this.loop === null || i >= this.capturesAt) return undefined;
    const k = i - this.#slicesAt;
    return this.loop.slices[k];
  }

  /** The length of a row of a stacked list: known, or that of a list in the body. */
  rowOf(i: number): {
    readonly list?: { readonly scope: Scope; readonly entry: number };
    known(): number | undefined;
  } {
    const { loop, at } = this.giver(i), k = this.program.rights[i]!;
    const width = loop.stacked[k]!;
    if (width > 0) return { known: () => width };
    const scope = this.bodies.get(at)!;
    const entry = loop.body.outputs[outputsOf(loop).stacked[k]!]!;
    return { list: { scope, entry }, known: () => scope.knownLength(entry) };
  }

  /** The loop that gives an entry, in this scope. */
  giver(entry: number): { readonly loop: Loop; readonly at: number } {
    const { lefts, loops } = this.program, at = lefts[entry]!;
    return { loop: loops[lefts[at]!]!, at };
  }

  /** A list that is as long as another; undefined if it comes from outside of the program. */
  lengthLike(
    i: number,
  ): { readonly scope: Scope; readonly entry: number } | undefined {
    const { codes, lefts, rights } = this.program;
    switch (codes[i]) {
      case ZEROS:
        return { scope: this, entry: lefts[i]! };
      case UPDATED:
        return {
          scope: this,
          entry: this.giver(i).loop.updates[rights[i]!]!.list,
        };
      case FINAL:
        return { scope: this, entry: this.giver(i).loop.carries[rights[i]!]! };
    }
    return this.loop === null
      ? undefined
      : { scope: this.parent!, entry: this.loop.carries[i]! };
  }
}

function headerOf(place: Place): number[] {
  return "header" in place ? [place.header] : [];
}

/** In place of a function: who reads the outputs. */
const OUTSIDE = -2;
