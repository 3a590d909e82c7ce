// A function compiled for lists of any length, or one whose result has a long list.
import { now } from "../host.ts";
import { greatestDivisor } from "../loops/rows.ts";
import {
  isRecord,
  type LeafKind,
  rebuild,
  type Shape,
  takeApart,
} from "../transforms/structures.ts";
import {
  checkLength,
  type CompiledProgram,
  type Executable,
  type WasmModule,
} from "./compiled_program.ts";
import { FasterWay } from "./faster_way.ts";
import type { ArgumentKind, Frozen } from "./frozen.ts";
import type { ListPlace } from "./memory.ts";
import { type Signature, signatureOf } from "./signature.ts";
import type { VerificationSchedule } from "./verification_schedule.ts";
import { type AnyFunction, callUncompiled, requireSame } from "./version.ts";

/** How numbers of an argument get to a program. */
interface Slot {
  /** The number of its numbers, less those in lists. */
  readonly size: number;
  /** Appends the lengths, in numbers, of lists; false if `x` does not have the structure. */
  lengths(x: unknown, lengths: number[]): boolean;
  /** Writes the numbers of an argument; false if it does not have the structure. */
  write(x: unknown, to: Target): boolean;
  /** The argument with the beginnings of its lists, of the next of these lengths. */
  cut(x: unknown, lengths: Iterator<number>): unknown;
  /** Writes the next numbers of a flat array. */
  take(from: Source, to: Target): void;
}

/** Where inputs are written to. */
class Target {
  executable: Executable;
  /** The memory that the places are in. */
  memory: Float64Array;
  /** Where the lists are. */
  places: readonly ListPlace[] = [];
  /** The next number, and the next list. */
  at = 0;
  list = 0;

  constructor(executable: Executable) {
    this.executable = executable;
    this.memory = executable.memory;
  }

  /** Begins with the first of so many lists. */
  begin(lists: number): void {
    const { memory } = this.executable;
    if (memory !== this.memory || this.places.length !== lists) {
      this.memory = memory;
      this.places = Array.from(
        { length: lists },
        (_, k) => this.executable.listInput(k),
      );
    }
    this.at = 0;
    this.list = 0;
  }
}

/** A flat array of the arguments' numbers in order. */
interface Source {
  readonly numbers: Float64Array;
  at: number;
}

class NumbersSlot implements Slot {
  readonly signature: Signature;

  constructor(signature: Signature) {
    this.signature = signature;
  }

  get size(): number {
    return this.signature.size;
  }

  lengths(): boolean {
    return true;
  }

  write(x: unknown, to: Target): boolean {
    const { signature: { size } } = this, { executable } = to;
    const at = executable.inputsAt + to.at;
    to.at += size;
    return this.signature.write(x, executable.memory, at);
  }

  cut(x: unknown): unknown {
    return x;
  }

  take(from: Source, to: Target): void {
    const { size } = this.signature, { memory, inputsAt } = to.executable;
    memory.set(
      from.numbers.subarray(from.at, from.at + size),
      inputsAt + to.at,
    );
    from.at += size;
    to.at += size;
  }
}

class ListSlot implements Slot {
  readonly size = 0;
  readonly #row: Signature;
  readonly #areNumbers: boolean;
  readonly #floats: boolean;

  constructor(row: Shape, floats: boolean) {
    this.#row = signatureOf(row);
    this.#areNumbers = row.kind === "leaf";
    this.#floats = floats;
  }

  lengths(x: unknown, lengths: number[]): boolean {
    const isList = this.#floats ? x instanceof Float64Array : Array.isArray(x);
    if (!isList) return false;
    const { length } = x as ArrayLike<unknown>;
    // A list of no rows is of another kind, whose loops are none.
    if (length === 0) return false;
    lengths.push(length * this.#row.size);
    return true;
  }

  write(x: unknown, to: Target): boolean {
    const { floats, at, length } = to.places[to.list++]!;
    const rows = x as ArrayLike<unknown>, { size } = this.#row;
    if (rows.length * size !== length) return false;
    if (x instanceof Float64Array) {
      floats.set(x, at);
      return true;
    }
    if (this.#areNumbers) {
      for (let i = 0; i < length; i++) {
        const number = rows[i];
        if (typeof number !== "number") return false;
        floats[at + i] = number;
      }
      return true;
    }
    for (let i = 0; i < rows.length; i++) {
      if (!this.#row.write(rows[i], floats, at + i * size)) return false;
    }
    return true;
  }

  cut(x: unknown, lengths: Iterator<number>): unknown {
    const rows = lengths.next().value! / this.#row.size;
    return (x as Float64Array | unknown[]).slice(0, rows);
  }

  take(from: Source, to: Target): void {
    const { floats, at, length } = to.places[to.list++]!;
    floats.set(from.numbers.subarray(from.at, from.at + length), at);
    from.at += length;
  }
}

class RecordSlot implements Slot {
  readonly size: number;
  readonly #keys: readonly string[];
  readonly #fields: readonly Slot[];

  constructor(keys: readonly string[], fields: readonly Slot[]) {
    this.#keys = keys;
    this.#fields = fields;
    this.size = fields.reduce((size, field) => size + field.size, 0);
  }

  lengths(x: unknown, lengths: number[]): boolean {
    if (!isRecord(x)) return false;
    const keys = this.#keys;
    if (Object.keys(x).some((key, k) => key !== keys[k])) return false;
    for (let k = 0; k < keys.length; k++) {
      if (!this.#fields[k]!.lengths(x[keys[k]!], lengths)) return false;
    }
    return true;
  }

  write(x: unknown, to: Target): boolean {
    const record = x as Record<string, unknown>;
    return this.#fields.every((field, k) =>
      field.write(record[this.#keys[k]!], to)
    );
  }

  cut(x: unknown, lengths: Iterator<number>): unknown {
    const record = x as Record<string, unknown>;
    return Object.fromEntries(
      this.#keys.map((key, k) => [
        key,
        this.#fields[k]!.cut(record[key], lengths),
      ]),
    );
  }

  take(from: Source, to: Target): void {
    for (const field of this.#fields) field.take(from, to);
  }
}

function slotOf(kind: ArgumentKind): Slot {
  switch (kind.kind) {
    case "numbers":
      return new NumbersSlot(signatureOf(kind.shape));
    case "list":
      return new ListSlot(kind.row, kind.floats);
    case "record":
      return new RecordSlot(kind.keys, kind.fields.map(slotOf));
  }
}

// A first call is slow either way: it takes a few to tell which is faster.
const MEASUREMENTS = 3;
// A verification cuts lists to so many rows of the shortest.
const VERIFIED_ROWS = 2;
// Lists that cannot be cut are verified as they are up to so many numbers.
const MAX_VERIFIED = 10_000;

/** In place of a result, where arguments do not have the structure. */
export const UNLIKE: unique symbol = Symbol("unlike");

/** A function with lists among its arguments, of any length but 0, or in its result. */
export class ListVersion {
  readonly executable: Executable;
  readonly #f: AnyFunction;
  readonly #frozen: Frozen;
  readonly #slots: readonly Slot[];
  /** By output, how rows of a list are read. */
  readonly #rows: readonly (Signature | null)[];
  readonly #schedule: VerificationSchedule | null;
  /** How the result is read if there is no list in it. */
  readonly #result: Signature | null;
  readonly #faster = new FasterWay();
  /** How often both ways were measured. */
  #measured = 0;
  /** The lengths that were set last, and of what. */
  #lengths: readonly number[] = [];
  #target: Target | null = null;

  constructor(
    f: AnyFunction,
    frozen: Frozen,
    executable: Executable,
    schedule: VerificationSchedule | null,
  ) {
    this.executable = executable;
    this.#f = f;
    this.#frozen = frozen;
    this.#slots = frozen.inputs.map(slotOf);
    this.#rows = frozen.outputs.map(({ row }) => row && signatureOf(row));
    this.#result = frozen.outputs.every(({ row }) => row === null)
      ? signatureOf(frozen.shape)
      : null;
    this.#schedule = schedule;
  }

  /** The lengths, in numbers, of the lists among arguments; null if these do not have the structure. */
  lengthsOf(inputs: readonly unknown[]): number[] | null {
    const lengths: number[] = [], slots = this.#slots;
    if (inputs.length !== slots.length) return null;
    for (let k = 0; k < slots.length; k++) {
      if (!slots[k]!.lengths(inputs[k], lengths)) return null;
    }
    return lengths;
  }

  /** The result for arguments of these lengths; {@linkcode UNLIKE} if they do not have the structure. */
  call(inputs: readonly unknown[], lengths: readonly number[]): unknown {
    const executable = this.executable.idle, schedule = this.#schedule;
    if (this.#faster.isUncompiled) {
      // Interpreted or not, what does not have the structure is refused.
      if (!this.#write(inputs, lengths, executable)) return UNLIKE;
      return this.#callUncompiled(inputs);
    }
    const isTimed = schedule !== null && schedule.isTimed();
    if (isTimed && schedule.isDue) {
      const start = now();
      if (!this.#verify(inputs, lengths, executable)) return UNLIKE;
      schedule.verified(now() - start);
    }
    if (!this.#write(inputs, lengths, executable)) return UNLIKE;
    const start = isTimed ? now() : 0;
    executable.compute();
    if (!isTimed) return this.#read(executable);
    const compiled = now() - start;
    schedule.timed(compiled);
    const result = this.#read(executable);
    // Code is faster by far; steps that are interpreted may not be.
    if (executable.kind === "interpreter" && this.#measured < MEASUREMENTS) {
      this.#measured++;
      const start = now();
      this.#callUncompiled(inputs);
      this.#faster.choose(compiled, now() - start);
    }
    return result;
  }

  #callUncompiled(inputs: readonly unknown[]): unknown {
    const list = inputs.map(asArrays);
    const { shape, leaves } = callUncompiled(this.#f, list, null);
    return rebuild(shape, leaves);
  }

  /** Whether arguments with lists of these lengths have the structure. */
  accepts(inputs: readonly unknown[], lengths: readonly number[]): boolean {
    return this.#write(inputs, lengths, this.executable.idle);
  }

  /** This version on flat arrays, for lists of these lengths. */
  program(lengths: readonly number[]): CompiledProgram {
    return new ListProgram(this, lengths);
  }

  /** Computes the outputs for the next numbers of a flat array; gives the number of outputs. */
  run(
    inputs: Float64Array,
    lengths: readonly number[],
    outputs: Float64Array | null,
  ): number {
    const executable = this.executable.idle;
    executable.writes++;
    const to = this.#targetFor(lengths, executable);
    const from: Source = { numbers: inputs, at: 0 };
    for (const slot of this.#slots) slot.take(from, to);
    executable.compute();
    let at = executable.outputsAt, next = 0;
    this.#frozen.outputs.forEach(({ row }, k) => {
      if (row === null) {
        if (outputs !== null) outputs[next] = executable.memory[at]!;
        at++;
        next++;
        return;
      }
      const { floats, at: first, length } = executable.listOutput(k);
      outputs?.set(floats.subarray(first, first + length), next);
      next += length;
    });
    return next;
  }

  /** The number of outputs for lists of these lengths. */
  outputsFor(lengths: readonly number[]): number {
    if (this.#result !== null) return this.#frozen.outputs.length;
    // Where lists are made by an interpreter, their lengths are known after a run.
    const inputs = lengths.reduce((sum, length) => sum + length, this.size);
    return this.run(new Float64Array(inputs), lengths, null);
  }

  /** The number of inputs that are not in lists. */
  get size(): number {
    return this.#slots.reduce((size, slot) => size + slot.size, 0);
  }

  /** Where inputs go, once the lengths are set, if they may be. */
  #targetFor(lengths: readonly number[], executable: Executable): Target {
    let target = this.#target;
    if (
      target === null || target.executable !== executable ||
      !isSame(lengths, this.#lengths)
    ) {
      for (const check of this.#frozen.checks) check(lengths);
      this.#target = null;
      executable.setLengths(lengths);
      target = this.#target = new Target(executable);
      this.#lengths = lengths;
    }
    target.begin(lengths.length);
    return target;
  }

  #write(
    inputs: readonly unknown[],
    lengths: readonly number[],
    executable: Executable,
  ): boolean {
    const writes = ++executable.writes;
    const to = this.#targetFor(lengths, executable);
    const { memory } = executable, slots = this.#slots;
    let isWritten = true;
    for (let k = 0; isWritten && k < slots.length; k++) {
      isWritten = slots[k]!.write(inputs[k], to);
    }
    if (executable.writes === writes && executable.memory === memory) {
      return isWritten;
    }
    // A getter called the function, or compiled another one: all arguments are
    // read before any is written.
    const read = snapshotOf(inputs), again = read && this.lengthsOf(read);
    return read !== null && again !== null &&
      this.#write(read, again, executable);
  }

  /** Compares with the function itself, on the first rows of lists; false if the arguments do not have the structure. */
  #verify(
    inputs: readonly unknown[],
    lengths: readonly number[],
    executable: Executable,
  ): boolean {
    const { units } = this.#frozen;
    const rows = lengths.map((length, k) => length / units[k]!)
      .reduce(greatestDivisor, 0);
    const few = lengths.map((length) =>
      length / rows * Math.min(rows, VERIFIED_ROWS)
    );
    if (few.reduce((sum, length) => sum + length, 0) > MAX_VERIFIED) {
      return true;
    }
    const next = few.values();
    const cut = this.#slots.map((slot, k) => slot.cut(inputs[k], next));
    if (!this.#write(cut, few, executable)) return false;
    executable.compute();
    const found = takeApart(this.#read(executable), NUMBER, "");
    const { leaves, shape } = callUncompiled(
      this.#f,
      cut.map(asArrays),
      found.shape,
    );
    requireSame(found.leaves, leaves, shape, false);
    return true;
  }

  #read(executable: Executable): unknown {
    if (this.#result !== null) {
      return this.#result.read(executable.memory, executable.outputsAt);
    }
    const { shape, outputs } = this.#frozen;
    let at = executable.outputsAt;
    const leaves = outputs.map((output, k) => {
      if (output.row === null) return executable.memory[at++]!;
      const { floats, at: first, length } = executable.listOutput(k);
      if (output.floats) return floats.slice(first, first + length);
      const signature = this.#rows[k]!, { size } = signature;
      return Array.from(
        { length: length / size },
        (_, i) => signature.read(floats, first + i * size),
      );
    });
    return rebuild(shape, leaves);
  }
}

const NUMBER: LeafKind<number> = {
  expected: "a number",
  is: (x) => typeof x === "number",
};

/** The arguments without getters; null if they are not structures of numbers. */
function snapshotOf(inputs: readonly unknown[]): unknown[] | null {
  try {
    return inputs.map((input) => {
      const { shape, leaves } = takeApart(input, NUMBER, "");
      return rebuild(shape, leaves);
    });
  } catch {
    return null;
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/** A structure as a function sees it where it is recorded: with arrays in place of Float64Arrays. */
function asArrays(x: unknown): unknown {
  if (x instanceof Float64Array) return Array.from(x);
  if (Array.isArray(x)) return x.map(asArrays);
  if (!isRecord(x)) return x;
  return Object.fromEntries(
    Object.entries(x).map(([key, part]) => [key, asArrays(part)]),
  );
}

/** A version on flat arrays, for lists of the lengths of an example. */
class ListProgram implements CompiledProgram {
  readonly inputs: number;
  readonly outputs: number;
  readonly operations: number;
  readonly kind: CompiledProgram["kind"];
  readonly #version: ListVersion;
  readonly #lengths: readonly number[];

  constructor(version: ListVersion, lengths: readonly number[]) {
    const { executable } = version;
    this.#version = version;
    this.#lengths = lengths;
    this.inputs = lengths.reduce((sum, length) => sum + length, version.size);
    this.outputs = version.outputsFor(lengths);
    this.operations = executable.operations;
    this.kind = executable.kind;
  }

  run(inputs: Float64Array, outputs: Float64Array): void {
    this.#version.executable.checkRunnable();
    checkLength("inputs", inputs, this.inputs);
    checkLength("outputs", outputs, this.outputs);
    this.#version.run(inputs, this.#lengths, outputs);
  }

  toString(): string {
    return this.#version.executable.toString();
  }

  explain(): string {
    return this.#version.executable.explain();
  }

  wasm(): WasmModule {
    return this.#version.executable.wasm();
  }
}
