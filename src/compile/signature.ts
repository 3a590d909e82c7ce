// The shape of a compiled function's arguments or result, with the shortest way
// to move numbers between it and memory.
import {
  instanceParts,
  isDetached,
  isRecord,
  setField,
  type Shape,
  standsForFloats,
} from "../transforms/structures.ts";

/** A structure's shape. */
export interface Signature {
  /** How many numbers it has. */
  readonly size: number;
  /**
   * Writes the numbers of a structure; false if it has another shape, which may
   * be seen only after some were written. A getter in it may do anything.
   */
  write(x: unknown, memory: Float64Array, at: number): boolean;
  /** Makes a structure of numbers. */
  read(memory: Float64Array, at: number): unknown;
}

/** The signature of structures of a shape. */
export function signatureOf(
  { kind, size, parts, keys, rebuild }: Shape,
): Signature {
  if (rebuild !== undefined) {
    return new Instance(signatureOf(parts![0]!), rebuild);
  }
  if (kind === "leaf") return SCALAR;
  if (kind === "floats") return new Floats(size);
  if (kind === "array") {
    return parts === null
      ? new Scalars(size)
      : new List(parts.map((part) => signatureOf(part)));
  }
  const fields = parts?.map((part) => signatureOf(part)) ??
    keys!.map(() => SCALAR);
  return keys!.length === 2 && keys![0] === "value" && keys![1] === "gradient"
    ? new ValueAndGradient(keys!, fields)
    : new Fields(keys!, fields);
}

const SCALAR: Signature = {
  size: 1,
  write(x, memory, at) {
    if (typeof x !== "number") return false;
    memory[at] = x;
    return true;
  },
  read: (memory, at) => memory[at]!,
};

/** An instance of a class, with the numbers that it has. */
class Instance implements Signature {
  readonly size: number;
  readonly #values: Signature;
  readonly #rebuild: (values: unknown) => unknown;

  constructor(values: Signature, rebuild: (values: unknown) => unknown) {
    this.size = values.size;
    this.#values = values;
    this.#rebuild = rebuild;
  }

  write(x: unknown, memory: Float64Array, at: number): boolean {
    const parts = instanceParts(x);
    return parts !== undefined && this.#values.write(parts.values, memory, at);
  }

  read(memory: Float64Array, at: number): unknown {
    return this.#rebuild(this.#values.read(memory, at));
  }
}

class Scalars implements Signature {
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  write(x: unknown, memory: Float64Array, at: number): boolean {
    if (!Array.isArray(x) || x.length !== this.size) return false;
    for (let i = 0; i < x.length; i++) {
      const element: unknown = x[i];
      if (typeof element !== "number") return false;
      memory[at + i] = element;
    }
    return true;
  }

  read(memory: Float64Array, at: number): number[] | Float64Array {
    const array: number[] = [];
    for (let i = 0; i < this.size; i++) array.push(memory[at + i]!);
    return array;
  }
}

/** Takes an array that stands for a Float64Array, too. */
class Floats extends Scalars {
  override write(x: unknown, memory: Float64Array, at: number): boolean {
    if (!(x instanceof Float64Array)) {
      return standsForFloats(x) && super.write(x, memory, at);
    }
    if (x.length !== this.size || isDetached(x)) return false;
    memory.set(x, at);
    return true;
  }

  override read(memory: Float64Array, at: number): Float64Array {
    return memory.slice(at, at + this.size);
  }
}

class List implements Signature {
  readonly size: number;
  readonly elements: readonly Signature[];

  constructor(elements: readonly Signature[]) {
    this.elements = elements;
    this.size = sizeOf(elements);
  }

  write(x: unknown, memory: Float64Array, at: number): boolean {
    const { elements } = this;
    if (!Array.isArray(x) || x.length !== elements.length) return false;
    let next = at;
    for (let i = 0; i < elements.length; i++) {
      const element = elements[i]!;
      if (!element.write(x[i], memory, next)) return false;
      next += element.size;
    }
    return true;
  }

  read(memory: Float64Array, at: number): unknown[] {
    let next = at;
    return this.elements.map((element) => {
      const value = element.read(memory, next);
      next += element.size;
      return value;
    });
  }
}

// In a loop over an object's keys, V8 optimizes calls of this away.
const { hasOwnProperty } = Object.prototype;

class Fields implements Signature {
  readonly size: number;
  readonly keys: readonly string[];
  readonly fields: readonly Signature[];
  // Its copies have all keys as their own: setting them is fast, and ignores what
  // objects inherit under these names.
  readonly #template: Record<string, unknown> = {};

  constructor(keys: readonly string[], fields: readonly Signature[]) {
    this.keys = keys;
    this.fields = fields;
    this.size = sizeOf(fields);
    for (const key of keys) setField(this.#template, key, null);
  }

  write(x: unknown, memory: Float64Array, at: number): boolean {
    if (!isRecord(x)) return false;
    const { keys, fields } = this;
    let next = at, k = 0;
    for (const key in x) {
      // Keys of `Object.prototype` may be enumerable, too.
      if (!hasOwnProperty.call(x, key)) continue;
      if (key !== keys[k]) return false;
      const field = fields[k++]!;
      if (!field.write(x[key], memory, next)) return false;
      next += field.size;
    }
    return k === keys.length;
  }

  read(memory: Float64Array, at: number): Record<string, unknown> {
    const record = { ...this.#template };
    let next = at;
    for (let k = 0; k < this.keys.length; k++) {
      const field = this.fields[k]!;
      record[this.keys[k]!] = field.read(memory, next);
      next += field.size;
    }
    return record;
  }
}

/** What `valueAndGrad` gives, made by a literal, which takes a third of the time. */
class ValueAndGradient extends Fields {
  override read(memory: Float64Array, at: number): Record<string, unknown> {
    const [value, gradient] = this.fields;
    return {
      value: value!.read(memory, at),
      gradient: gradient!.read(memory, at + value!.size),
    };
  }
}

function sizeOf(parts: readonly Signature[]): number {
  return parts.reduce((size, part) => size + part.size, 0);
}
