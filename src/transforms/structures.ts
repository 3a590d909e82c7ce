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
  : Y extends Matrix ? Y
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
  : X extends Matrix ? X
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

/**
 * An instance that stands for numbers, to the types: a {@linkcode SparseMatrix}.
 *
 * @category Types
 */
export interface Matrix {
  /** The numbers that are not 0. */
  readonly values: Float64Array;
  /** All its numbers, row by row. */
  toDense(): number[][];
}

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
  readonly kind: "leaf" | "array" | "floats" | "record" | "instance";
  /** The number of leaves. */
  readonly size: number;
  /** The shapes of the elements or fields in order; null where all are leaves. */
  readonly parts: readonly Shape[] | null;
  /** The keys of a record, in order; null for all other kinds. */
  readonly keys: readonly string[] | null;
  /** Makes the instance of its one part; only of an instance. */
  readonly rebuild?: (part: unknown) => unknown;
}

/** A method of objects that are taken apart though they are instances of a class. */
export const AS_STRUCTURE: unique symbol = Symbol("as structure");

/** The numbers of an instance, and how to make another one of others. */
export interface InstanceParts {
  readonly values: unknown;
  rebuild(values: unknown): unknown;
}

/** What has the numbers of an instance, if it has {@linkcode AS_STRUCTURE}. */
export function instanceParts(x: unknown): InstanceParts | undefined {
  return (x as { [AS_STRUCTURE]?(): InstanceParts } | null | undefined)
    ?.[AS_STRUCTURE]?.();
}

/** A structure taken apart. */
export interface TakenApart<T> {
  readonly shape: Shape;
  /** The leaves in order. */
  readonly leaves: T[];
}

/** The shape of a single leaf. */
export const LEAF: Shape = { kind: "leaf", size: 1, parts: null, keys: null };

/** The shapes of short arrays of leaves. */
const LISTS: readonly Shape[] = Array.from(
  { length: 64 },
  (_, size) => ({ kind: "array", size, parts: null, keys: null }),
);

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
  const numbers = takeApartNumbers(structure);
  if (numbers !== null) return numbers as TakenApart<T>;
  const leaves: T[] = [];
  return { shape: read(structure, null, { leaves, kind, where }), leaves };
}

/** {@linkcode takeApart} for a number or a list of numbers, what most structures are; null for all others. */
export function takeApartNumbers(
  structure: unknown,
): TakenApart<number> | null {
  if (typeof structure === "number") {
    return { shape: LEAF, leaves: [structure] };
  }
  if (!isListOfNumbers(structure)) return null;
  const leaves = structure.slice();
  return { shape: listOf(leaves.length), leaves };
}

/** The shape of an array of so many leaves. */
function listOf(size: number): Shape {
  return LISTS[size] ?? { kind: "array", size, parts: null, keys: null };
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
      const part = parts[i];
      if (typeof part === "number") continue;
      if (!isFlat(part)) seen.add(part);
      else if (test(part)) return true;
    }
  }
  return false;
}

/** Whether a part is an array of numbers, in which nothing is to be looked for. */
function isFlat(part: unknown): boolean {
  return Array.isArray(part) && part.every((x) => typeof x === "number");
}

/** An array or record that is being read. */
interface Container {
  readonly value: object;
  /** The index or key that is being read in it. */
  key: number | string;
  /** What it is in; null for the outermost. */
  readonly around: Container | null;
  readonly depth: number;
}

/** What is the same wherever in a structure one reads. */
interface Reading<T> {
  readonly leaves: T[];
  readonly kind: LeafKind<T>;
  readonly where: string;
}

function read<T>(
  x: unknown,
  around: Container | null,
  reading: Reading<T>,
): Shape {
  if (typeof x === "number" || reading.kind.is(x)) {
    reading.leaves.push(x as T);
    return LEAF;
  }
  if (Array.isArray(x)) return readArray(x, around, reading);
  if (x instanceof Float64Array) return readFloats(x, around, reading);
  if (isRecord(x)) return readRecord(x, around, reading);
  const instance = instanceParts(x);
  if (instance !== undefined) {
    const part = read(instance.values, around, reading);
    const { rebuild } = instance, { size } = part;
    return { kind: "instance", size, parts: [part], keys: null, rebuild };
  }
  const { expected, hint } = reading.kind, advice = hint?.(x);
  throw wrongPart(
    describe(x),
    advice === undefined ? expected : `${expected}; ${advice}`,
    around,
    reading,
  );
}

function readArray<T>(
  x: readonly unknown[],
  around: Container | null,
  reading: Reading<T>,
): Shape {
  const { leaves } = reading, before = leaves.length;
  const container = enter(x, around, reading);
  let parts: Shape[] | null = null, onlyNumbers = true;
  for (let i = 0; i < x.length; i++) {
    const element = x[i];
    if (typeof element === "number") {
      leaves.push(element as T);
      parts?.push(LEAF);
      continue;
    }
    onlyNumbers = false;
    container.key = i;
    const part = read(element, container, reading);
    if (part !== LEAF) parts ??= leafShapes(i);
    parts?.push(part);
  }
  const isFloats = !onlyNumbers && parts === null && floats.has(x);
  return {
    kind: isFloats ? "floats" : "array",
    size: leaves.length - before,
    parts,
    keys: null,
  };
}

function readFloats<T>(
  x: Float64Array,
  around: Container | null,
  reading: Reading<T>,
): Shape {
  if (isDetached(x)) {
    const expected = "one whose buffer was not transferred";
    throw wrongPart("a detached Float64Array", expected, around, reading);
  }
  for (let i = 0; i < x.length; i++) reading.leaves.push(x[i] as T);
  return { kind: "floats", size: x.length, parts: null, keys: null };
}

function readRecord<T>(
  x: Record<string, unknown>,
  around: Container | null,
  reading: Reading<T>,
): Shape {
  const { leaves } = reading, before = leaves.length;
  const container = enter(x, around, reading);
  const keys = Object.keys(x);
  let parts: Shape[] | null = null;
  for (let k = 0; k < keys.length; k++) {
    const key = keys[k]!;
    container.key = key;
    const part = read(x[key], container, reading);
    if (part !== LEAF) parts ??= leafShapes(k);
    parts?.push(part);
  }
  return { kind: "record", size: leaves.length - before, parts, keys };
}

function leafShapes(count: number): Shape[] {
  const shapes: Shape[] = [];
  for (let k = 0; k < count; k++) shapes.push(LEAF);
  return shapes;
}

/** Steps into an array or record. */
function enter<T>(
  value: object,
  around: Container | null,
  reading: Reading<T>,
): Container {
  for (let each = around; each !== null; each = each.around) {
    if (each.value === value) {
      const found = `${describe(value)} that contains itself`;
      throw wrongPart(found, "a structure without cycles", around, reading);
    }
  }
  const depth = around === null ? 1 : around.depth + 1;
  if (depth > MAX_DEPTH) {
    throw rangeError(
      `${reading.where} is a structure nested more than ${MAX_DEPTH} deep, ` +
        `expected at most ${MAX_DEPTH} levels`,
    );
  }
  return { value, key: "", around, depth };
}

/** The TypeError for what is being read. */
function wrongPart<T>(
  found: string,
  expected: string,
  around: Container | null,
  { where }: Reading<T>,
): TypeError {
  let path = "";
  for (let each = around; each !== null; each = each.around) {
    const { key } = each;
    path = (typeof key === "number" ? `[${key}]` : property(key)) + path;
  }
  const place = path === "" ? where : `${where}, ${path}`;
  return typeError(`${place} is ${found}, expected ${expected}`);
}

/**
 * A structure of a shape. Where the shape is that of a Float64Array, it is one
 * if its leaves are numbers, else an array.
 *
 * @param leaves The leaves in order; this array may become part of the structure.
 */
export function rebuild(shape: Shape, leaves: unknown[]): unknown {
  if (shape.parts === null) return rebuildFlat(shape, leaves);
  let next = 0;
  const visit = (shape: Shape): unknown => {
    const { size, parts, keys, rebuild } = shape;
    if (shape === LEAF) return leaves[next++];
    if (parts === null) {
      return rebuildFlat(shape, leaves.slice(next, next += size));
    }
    const values: unknown[] = [];
    for (let k = 0; k < parts.length; k++) values.push(visit(parts[k]!));
    if (rebuild !== undefined) return rebuild(values[0]);
    return keys === null ? values : recordOf(keys, values);
  };
  return visit(shape);
}

/** A structure all of whose parts are leaves. */
function rebuildFlat({ kind, keys }: Shape, leaves: unknown[]): unknown {
  switch (kind) {
    case "leaf":
      return leaves[0];
    case "array":
      return leaves;
    case "floats":
      return floatsOf(leaves);
    case "record":
      return recordOf(keys!, leaves);
    case "instance":
      throw new TypeError("an instance has a part");
  }
}

/** A Float64Array of numbers, or an array that stands for one. */
function floatsOf(leaves: readonly unknown[]): unknown {
  for (let i = 0; i < leaves.length; i++) {
    if (typeof leaves[i] === "number") continue;
    floats.add(leaves);
    return leaves;
  }
  const numbers = new Float64Array(leaves.length);
  for (let i = 0; i < leaves.length; i++) numbers[i] = leaves[i] as number;
  return numbers;
}

function recordOf(
  keys: readonly string[],
  values: readonly unknown[],
): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (let k = 0; k < keys.length; k++) setField(record, keys[k]!, values[k]);
  return record;
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

/**
 * Writes the numbers of a structure, if it has a shape and consists of numbers;
 * some may be written if not.
 *
 * @returns Whether it does.
 */
export function writeNumbers(
  x: unknown,
  shape: Shape,
  to: Float64Array,
  at: number,
): boolean {
  const { kind, size, parts, keys } = shape;
  if (kind === "leaf") {
    if (typeof x !== "number") return false;
    to[at] = x;
    return true;
  }
  if (kind === "record") {
    if (!isRecord(x)) return false;
    let k = 0, next = at;
    for (const key of Object.keys(x)) {
      if (key !== keys![k]) return false;
      const part = parts?.[k] ?? LEAF;
      k++;
      if (!writeNumbers(x[key], part, to, next)) return false;
      next += part.size;
    }
    return k === keys!.length;
  }
  if (kind === "floats") {
    if (!(x instanceof Float64Array) || x.length !== size) return false;
    to.set(x, at);
    return true;
  }
  if (!Array.isArray(x) || x.length !== (parts?.length ?? size)) return false;
  for (let k = 0, next = at; k < x.length; k++) {
    const part = parts?.[k] ?? LEAF;
    if (!writeNumbers(x[k], part, to, next)) return false;
    next += part.size;
  }
  return true;
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
  if (shape === like) return undefined;
  if (shape.kind === "instance" && like.kind === "instance") {
    return mismatch(shape.parts![0]!, like.parts![0]!);
  }
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
  return parts ?? leafShapes(size);
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

/** How source code reads a property: `.bias`, or `["the bias"]`. */
export function property(key: string): string {
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function readableKey(key: string): string {
  return IDENTIFIER.test(key) ? key : JSON.stringify(key);
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
