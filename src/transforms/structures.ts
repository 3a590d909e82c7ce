// Arguments and results are structures: scalars in arrays, tuples, nested
// objects and Float64Arrays. A structure's leaves have one order: that of its
// elements, and of its own keys.
import { describe, rangeError, typeError } from "../errors.ts";
import type { Scalar } from "../scalar.ts";

/**
 * What a function takes from outside where its parameter is an `X`: a
 * Float64Array also where it expects an array of Scalars.
 *
 * @category Types
 */
export type Argument<X> =
  | X
  | (X extends Scalar | Float64Array | ((...inputs: never) => unknown) ? never
    : X extends readonly Scalar[] ? Float64Array
    : { [K in keyof X]: Argument<X[K]> });

/**
 * {@linkcode Argument} for each parameter of a list: the data of a function,
 * which are passed on as they are. A Float64Array stays one there, whose own
 * `map` gives nothing but numbers; `Array.from(data, f)` works for both.
 *
 * @typeParam D The types of the parameters.
 * @category Types
 */
export type Arguments<D extends readonly unknown[]> = {
  [K in keyof D]: Argument<D[K]>;
};

/**
 * The shape of an argument with a derivative in place of each leaf: a number for
 * a number, else a Scalar.
 *
 * @typeParam X The type of the argument.
 * @category Types
 */
export type Like<X> = X extends number ? number
  : X extends Scalar ? Scalar
  : X extends Float64Array ? Float64Array
  : { -readonly [K in keyof X]: Like<X[K]> };

/**
 * What goes with an argument `A`, a number or Scalar for each of its leaves: a
 * tangent, a vector.
 *
 * @category Types
 */
export type Vector<A> = A extends Scalar ? Scalar
  : A extends Float64Array ? Float64Array | readonly Scalar[]
  : { readonly [K in keyof A]: Vector<A[K]> };

/**
 * The shape of a result `Y` of a function whose argument is an `A`.
 *
 * @category Types
 */
export type ResultLike<Y, A> = Y extends Scalar ? ResultLeaf<A>
  : Y extends Float64Array ? Float64Array
  : { -readonly [K in keyof Y]: ResultLike<Precise<Y[K], A>, A> };

/**
 * A leaf of a result: a number if the argument consists of numbers, else a Scalar.
 *
 * @typeParam A The type of the argument.
 * @category Types
 */
export type ResultLeaf<A> = [A] extends [Numeric<A>] ? number : Scalar;

/**
 * A result `Y` that may hold Float64Arrays or arrays, as a gradient does by the
 * type of its function, where it is known that the argument `A` holds only
 * arrays: then so does the result.
 *
 * @category Types
 */
export type Precise<Y, A> = [A] extends [WithoutFloats<A>]
  ? [Extract<Y, WithoutFloats<Y>>] extends [never] ? Y
  : Extract<Y, WithoutFloats<Y>>
  : Y;

// Whether a structure has some property is asked by comparing it with one that
// has it everywhere: unlike a union of all leaves, that ends for recursive types.

/**
 * A structure with a number in place of each Scalar.
 *
 * @typeParam X The structure.
 * @category Types
 */
export type Numeric<X> = X extends Scalar ? number
  : X extends Float64Array ? Float64Array
  : { [K in keyof X]: Numeric<X[K]> };

/**
 * A structure without its Float64Arrays.
 *
 * @typeParam X The structure.
 * @category Types
 */
export type WithoutFloats<X> = X extends Scalar ? X
  : X extends Float64Array ? never
  : { [K in keyof X]: WithoutFloats<X[K]> };

/** Whether a leaf of a structure is right, and what to say where it is not. */
export interface LeafKind<T> {
  readonly expected: string;
  is(value: unknown): value is T;
  /** What to do instead of giving this value, if that can be said. */
  hint?(value: unknown): string | undefined;
}

/** What a structure of numbers may be, for errors. */
export const NUMBERS_EXPECTED =
  "a number, or an array, plain object or Float64Array of numbers";

/**
 * What is left of a structure without its leaves. A structure is read once, into
 * its shape and its leaves: whatever a user's function does to it afterwards
 * cannot mislabel what is computed from the leaves.
 */
export interface Shape {
  readonly kind: "leaf" | "array" | "floats" | "record";
  /** The number of leaves. */
  readonly size: number;
  /** The shapes of the elements or fields in order; null where all are leaves. */
  readonly parts: readonly Shape[] | null;
  /** The keys of a record, in order; null for all other kinds. */
  readonly keys: readonly string[] | null;
}

/** A structure taken apart. */
export interface TakenApart<T> {
  readonly shape: Shape;
  /** The leaves in order. */
  readonly leaves: T[];
}

const LEAF: Shape = { kind: "leaf", size: 1, parts: null, keys: null };

// Structures and shapes are visited by recursion; this keeps it far from the end
// of the stack.
const MAX_DEPTH = 1000;

/**
 * Takes a structure apart.
 *
 * @param structure What the user gave.
 * @param kind What the leaves must be; numbers always may.
 * @param where What an error calls the whole: `Cannot grad: argument 1`.
 * @throws {TypeError} If a leaf is of another kind, a Float64Array has lost its
 * memory, or the structure contains itself.
 * @throws {RangeError} If the structure is nested too deeply.
 */
export function takeApart<T>(
  structure: unknown,
  kind: LeafKind<T>,
  where: string,
): TakenApart<T> {
  if (typeof structure === "number") {
    return { shape: LEAF, leaves: [structure as T] };
  }
  // Most structures are one list of numbers.
  if (isListOfNumbers(structure)) {
    const leaves = structure.slice() as T[], size = leaves.length;
    return { shape: { kind: "array", size, parts: null, keys: null }, leaves };
  }
  const reader = new Reader(kind, where);
  const shape = reader.read(structure);
  return { shape, leaves: reader.leaves };
}

/** The leaves of a structure in order; parameters and errors as for {@linkcode takeApart}. */
export function flatten<T>(
  structure: unknown,
  kind: LeafKind<T>,
  where: string,
): T[] {
  return takeApart(structure, kind, where).leaves;
}

/**
 * Whether any part of a structure that is not a number passes a test. The
 * structure may be wrong in any way: what follows a hole is not looked at.
 */
export function hasPart(
  structure: unknown,
  test: (part: unknown) => boolean,
): boolean {
  const seen = new Set([structure]);
  for (const x of seen) {
    if (test(x)) return true;
    const parts: readonly unknown[] = Array.isArray(x)
      ? x
      : isRecord(x)
      ? Object.values(x)
      : [];
    for (let i = 0; i < parts.length && i in parts; i++) {
      if (typeof parts[i] !== "number") seen.add(parts[i]);
    }
  }
  return false;
}

/** Reads one structure. */
class Reader<T> {
  readonly leaves: T[] = [];
  readonly #kind: LeafKind<T>;
  readonly #where: string;
  /** The arrays and records being read, from the outermost inwards. */
  readonly #containers: object[] = [];
  /** The index or key being read in each of them. */
  readonly #path: (number | string)[] = [];

  constructor(kind: LeafKind<T>, where: string) {
    this.#kind = kind;
    this.#where = where;
  }

  read(x: unknown): Shape {
    if (typeof x === "number" || this.#kind.is(x)) {
      this.leaves.push(x as T);
      return LEAF;
    }
    if (Array.isArray(x)) return this.#readArray(x);
    if (x instanceof Float64Array) return this.#readFloats(x);
    if (isRecord(x)) return this.#readRecord(x);
    const hint = this.#kind.hint?.(x);
    throw this.#wrong(
      describe(x),
      this.#kind.expected + (hint === undefined ? "" : `; ${hint}`),
    );
  }

  #readArray(x: readonly unknown[]): Shape {
    const before = this.leaves.length, depth = this.#enter(x);
    let parts: Shape[] | null = null, onlyNumbers = true;
    for (let i = 0; i < x.length; i++) {
      const element = x[i];
      if (typeof element === "number") {
        this.leaves.push(element as T);
        parts?.push(LEAF);
        continue;
      }
      onlyNumbers = false;
      this.#path[depth] = i;
      const part = this.read(element);
      if (part !== LEAF) parts ??= Array.from({ length: i }, () => LEAF);
      parts?.push(part);
    }
    this.#leave();
    const isFloats = !onlyNumbers && parts === null && floats.has(x);
    return {
      kind: isFloats ? "floats" : "array",
      size: this.leaves.length - before,
      parts,
      keys: null,
    };
  }

  #readFloats(x: Float64Array): Shape {
    if (isDetached(x)) {
      const expected = "one whose buffer was not transferred";
      throw this.#wrong("a detached Float64Array", expected);
    }
    for (let i = 0; i < x.length; i++) this.leaves.push(x[i] as T);
    return { kind: "floats", size: x.length, parts: null, keys: null };
  }

  #readRecord(x: Record<string, unknown>): Shape {
    const before = this.leaves.length, depth = this.#enter(x);
    const keys = Object.keys(x), parts: Shape[] = [];
    let onlyLeaves = true;
    for (const key of keys) {
      this.#path[depth] = key;
      const part = this.read(x[key]);
      if (part !== LEAF) onlyLeaves = false;
      parts.push(part);
    }
    this.#leave();
    return {
      kind: "record",
      size: this.leaves.length - before,
      parts: onlyLeaves ? null : parts,
      keys,
    };
  }

  /** Steps into an array or record, and gives its depth. */
  #enter(x: object): number {
    const containers = this.#containers, depth = containers.length;
    if (depth > 0 && containers.includes(x)) {
      const found = `${describe(x)} that contains itself`;
      throw this.#wrong(found, "a structure without cycles");
    }
    if (depth === MAX_DEPTH) {
      throw rangeError(
        `${this.#where} is a structure nested more than ${MAX_DEPTH} deep, ` +
          `expected at most ${MAX_DEPTH} levels`,
      );
    }
    containers.push(x);
    this.#path.push("");
    return depth;
  }

  #leave(): void {
    this.#containers.pop();
    this.#path.pop();
  }

  /** The TypeError for what is being read. */
  #wrong(found: string, expected: string): TypeError {
    const path = this.#path.map((step) =>
      typeof step === "number" ? `[${step}]` : property(step)
    ).join("");
    const place = path === "" ? this.#where : `${this.#where}, ${path}`;
    return typeError(`${place} is ${found}, expected ${expected}`);
  }
}

/**
 * A structure of a shape. Where the shape is that of a Float64Array, it is one
 * if its leaves are numbers, else an array.
 *
 * @param leaves The leaves in order; this array may become part of the structure.
 */
export function rebuild(shape: Shape, leaves: unknown[]): unknown {
  if (shape === LEAF) return leaves[0];
  if (shape.kind === "array" && shape.parts === null) return leaves;
  let next = 0;
  const visit = ({ kind, size, parts, keys }: Shape): unknown => {
    if (kind === "leaf") return leaves[next++];
    if (kind === "record") {
      const record: Record<string, unknown> = {};
      for (let k = 0; k < keys!.length; k++) {
        const value = parts === null ? leaves[next++] : visit(parts[k]!);
        setField(record, keys![k]!, value);
      }
      return record;
    }
    if (parts !== null) {
      const array: unknown[] = [];
      for (const part of parts) array.push(visit(part));
      return array;
    }
    const array = leaves.slice(next, next += size);
    if (kind === "array") return array;
    if (array.every((leaf) => typeof leaf === "number")) {
      return Float64Array.from(array);
    }
    floats.add(array);
    return array;
  };
  return visit(shape);
}

/** Makes an own property, whatever objects inherit under that name. */
export function setField(
  record: Record<string, unknown>,
  key: string,
  value: unknown,
): void {
  if (!(key in record)) record[key] = value;
  else {
    Object.defineProperty(record, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  }
}

function isListOfNumbers(x: unknown): x is number[] {
  if (!Array.isArray(x)) return false;
  for (let i = 0; i < x.length; i++) {
    if (typeof x[i] !== "number") return false;
  }
  return true;
}

/** Whether a Float64Array has lost its memory, as by a transfer of its buffer. */
export function isDetached({ length, buffer }: Float64Array): boolean {
  if (length > 0) return false;
  // Not every host has `buffer.detached`.
  try {
    return new Uint8Array(buffer).length > buffer.byteLength;
  } catch {
    return true;
  }
}

// Arrays of Vars that stand for a Float64Array, which cannot hold them: once
// their leaves are numbers again, they are rebuilt as one.
const floats = new WeakSet<object>();

/** Whether x is a Float64Array, or stands for one. */
export function standsForFloats(x: unknown): x is ArrayLike<unknown> {
  return x instanceof Float64Array || Array.isArray(x) && floats.has(x);
}

/** Names leaf i of a structure as source code would: `.layers[0].bias`; "" for a bare scalar. */
export function pathOf({ kind, parts, keys }: Shape, i: number): string {
  if (kind === "leaf") return "";
  let part = 0, rest = i;
  if (parts === null) part = i;
  else while (rest >= parts[part]!.size) rest -= parts[part++]!.size;
  const step = keys === null ? `[${part}]` : property(keys[part]!);
  return parts === null ? step : step + pathOf(parts[part]!, rest);
}

/** Where two structures first differ in shape, and what each of them is there. */
export interface Mismatch {
  /** As of {@linkcode pathOf}. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/**
 * Where a shape differs from another; undefined if nowhere. A Float64Array has
 * the shape of an array of numbers.
 */
export function mismatch(shape: Shape, like: Shape): Mismatch | undefined {
  const { keys } = shape, n = widthOf(shape);
  if (isList(shape) && isList(like) && n === widthOf(like)) {
    return mismatchWithin(shape, like, (i) => `[${i}]`);
  }
  if (keys !== null && like.keys !== null) {
    const longer = keys.length > like.keys.length ? keys : like.keys;
    const wrong = longer.findIndex((_, k) => keys[k] !== like.keys![k]);
    if (wrong < 0) {
      return mismatchWithin(shape, like, (k) => property(keys[k]!));
    }
    const found = nameOf(shape, wrong);
    return { path: "", found, expected: nameOf(like, wrong) };
  }
  if (shape === LEAF && like === LEAF) return undefined;
  return { path: "", found: nameOf(shape), expected: nameOf(like) };
}

/** The same for two lists of one length, or records of the same keys. */
function mismatchWithin(
  shape: Shape,
  like: Shape,
  step: (i: number) => string,
): Mismatch | undefined {
  if (shape.parts === null && like.parts === null) return undefined;
  const n = widthOf(shape);
  for (let i = 0; i < n; i++) {
    const within = mismatch(shape.parts?.[i] ?? LEAF, like.parts?.[i] ?? LEAF);
    if (within !== undefined) return { ...within, path: step(i) + within.path };
  }
  return undefined;
}

/** The shapes of the elements or fields. */
export function shapesIn({ size, parts }: Shape): readonly Shape[] {
  return parts ?? Array.from({ length: size }, () => LEAF);
}

/** The number of elements or fields. */
function widthOf({ size, parts }: Shape): number {
  return parts === null ? size : parts.length;
}

function isList({ kind }: Shape): boolean {
  return kind === "array" || kind === "floats";
}

/**
 * The outermost level of a shape, for errors.
 *
 * @param from The first key to name if there are too many for all of them.
 */
function nameOf(shape: Shape, from = 0): string {
  if (shape === LEAF) return "a number";
  if (shape.keys === null) return `an array of length ${widthOf(shape)}`;
  const keys = shape.keys.map(readableKey);
  if (keys.length === 0) return "an object without keys";
  if (keys.length <= MAX_KEYS) return `an object { ${keys.join(", ")} }`;
  const some = keys.slice(from, from + MAX_KEYS);
  return `an object { … ${some.join(", ")} … } of ${keys.length} keys`;
}

const MAX_KEYS = 8;

/** Whether x is a plain object; instances of classes, as Nodes and Vars, are not. */
export function isRecord(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

function property(key: string): string {
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function readableKey(key: string): string {
  return IDENTIFIER.test(key) ? key : JSON.stringify(key);
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
