// The shape of a compiled function's arguments or result, with the shortest way
// to move numbers between it and memory.
import { isRecord, standsForFloats } from "../transforms/structures.ts";

/** A structure's shape. */
export interface Signature {
  /** How many numbers it has. */
  readonly size: number;
  /** Writes the numbers of a structure; false if it has another shape. */
  write(x: unknown, memory: Float64Array, at: number): boolean;
  /** Makes a structure of numbers. */
  read(memory: Float64Array, at: number): unknown;
}

/** The signature of a structure. */
export function signatureOf(x: unknown): Signature {
  if (standsForFloats(x)) return new Floats(x.length);
  if (Array.isArray(x)) {
    return x.every((element) =>
        !Array.isArray(element) && !isRecord(element) &&
        !standsForFloats(element)
      )
      ? new Scalars(x.length)
      : new List(x.map(signatureOf));
  }
  if (isRecord(x)) {
    const keys = Object.keys(x);
    const fields = keys.map((key) => signatureOf(x[key]));
    return keys.length === 2 && keys[0] === "value" && keys[1] === "gradient"
      ? new ValueAndGradient(keys, fields)
      : new Fields(keys, fields);
  }
  return SCALAR;
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

class Floats implements Signature {
  readonly size: number;

  constructor(size: number) {
    this.size = size;
  }

  write(x: unknown, memory: Float64Array, at: number): boolean {
    if (!(x instanceof Float64Array) || x.length !== this.size) return false;
    memory.set(x, at);
    return true;
  }

  read(memory: Float64Array, at: number): Float64Array {
    return memory.slice(at, at + this.size);
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

  read(memory: Float64Array, at: number): number[] {
    const array: number[] = [];
    for (let i = 0; i < this.size; i++) array.push(memory[at + i]!);
    return array;
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

class Fields implements Signature {
  readonly size: number;
  readonly keys: readonly string[];
  readonly fields: readonly Signature[];

  constructor(keys: readonly string[], fields: readonly Signature[]) {
    this.keys = keys;
    this.fields = fields;
    this.size = sizeOf(fields);
  }

  write(x: unknown, memory: Float64Array, at: number): boolean {
    if (!isRecord(x)) return false;
    const { keys, fields } = this;
    let next = at, k = 0;
    for (const key in x) {
      if (key !== keys[k]) return false;
      const field = fields[k++]!;
      if (!field.write(x[key], memory, next)) return false;
      next += field.size;
    }
    return k === keys.length;
  }

  read(memory: Float64Array, at: number): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    let next = at;
    for (let k = 0; k < this.keys.length; k++) {
      const key = this.keys[k]!, field = this.fields[k]!;
      const value = field.read(memory, next);
      // Some hosts take an assignment to this one for a change of prototype.
      if (key === "__proto__") {
        Object.defineProperty(record, key, { value, enumerable: true });
      } else {
        record[key] = value;
      }
      next += field.size;
    }
    return record;
  }
}

/** What `valueAndGrad` gives, as a literal: that takes a third of the time. */
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
