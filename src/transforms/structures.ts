// Arguments and results are structures: scalars in arrays, tuples, nested
// objects and Float64Arrays. A structure's leaves have one order: that of its
// elements, and of its own keys.
import { describe } from "../errors.ts";
import type { Scalar } from "../scalar.ts";

/**
 * What a function takes from outside where its parameter is an `X`: a
 * Float64Array also where it expects an array of Scalars.
 */
export type Argument<X> =
  | X
  | (X extends Scalar ? never
    : X extends readonly Scalar[] ? Float64Array
    : { [K in keyof X]: Argument<X[K]> });

/** The shape of an argument with a derivative in place of each leaf: a number for a number, else a Scalar. */
export type Like<X> = X extends number ? number
  : X extends Scalar ? Scalar
  : X extends Float64Array ? Float64Array
  : { -readonly [K in keyof X]: Like<X[K]> };

/** What goes with an argument `A`, a number or Scalar for each of its leaves: a tangent, a vector. */
export type Vector<A> = A extends Scalar ? Scalar
  : A extends Float64Array ? Float64Array | readonly Scalar[]
  : { readonly [K in keyof A]: Vector<A[K]> };

/** The shape of a result `Y` of a function whose argument is an `A`. */
export type ResultLike<Y, A> = Y extends Scalar ? ResultLeaf<A>
  : { -readonly [K in keyof Y]: ResultLike<Y[K], A> };

/** A leaf of a result: a number if the argument consists of numbers, else a Scalar. */
export type ResultLeaf<A> = [Leaf<A>] extends [number] ? number : Scalar;

/** The leaves of a structure: numbers and Scalars. */
export type Leaf<A> = A extends Scalar ? A
  : A extends Float64Array ? number
  : A extends readonly (infer Element)[] ? Leaf<Element>
  : { [K in keyof A]-?: Leaf<A[K]> }[keyof A];

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
 * The leaves of a structure in order.
 *
 * @param where What an error calls the whole: `Cannot grad: argument 1`.
 */
export function flatten<T>(
  structure: unknown,
  kind: LeafKind<T>,
  where: string,
): T[] {
  // Numbers are leaves of every kind, and a list of them most of what there is.
  if (isListOfNumbers(structure)) return structure.slice() as T[];
  const leaves: T[] = [];
  const visit = (x: unknown): void => {
    if (kind.is(x)) {
      leaves.push(x);
    } else if (isList(x)) {
      for (let i = 0; i < x.length; i++) {
        const element: unknown = x[i];
        if (typeof element === "number") leaves.push(element as T);
        else visit(element);
      }
    } else if (isRecord(x)) {
      for (const key of Object.keys(x)) visit(x[key]);
    } else {
      const path = pathOf(structure, leaves.length);
      const place = path === "" ? where : `${where}, ${path}`;
      const hint = kind.hint?.(x);
      throw new TypeError(
        `${place} is ${describe(x)}, expected ${kind.expected}` +
          (hint === undefined ? "" : `; ${hint}`),
      );
    }
  };
  visit(structure);
  return leaves;
}

/**
 * A structure of the same shape with other leaves, taken in order. A
 * Float64Array stays one where its new leaves are numbers, else becomes an array.
 */
export function rebuild(
  structure: unknown,
  leaves: readonly unknown[],
): unknown {
  if (typeof structure === "number") return leaves[0];
  if (isListOfNumbers(structure)) return leaves.slice();
  let next = 0;
  const visit = (x: unknown): unknown => {
    if (typeof x === "number") return leaves[next++];
    if (isListOfNumbers(x)) return leaves.slice(next, next += x.length);
    if (standsForFloats(x)) {
      const part = leaves.slice(next, next += x.length);
      if (part.every((leaf) => typeof leaf === "number")) {
        return Float64Array.from(part);
      }
      floats.add(part);
      return part;
    }
    if (Array.isArray(x)) {
      const array = [];
      for (let i = 0; i < x.length; i++) {
        const element: unknown = x[i];
        array.push(
          typeof element === "number" ? leaves[next++] : visit(element),
        );
      }
      return array;
    }
    if (isRecord(x)) {
      return Object.fromEntries(
        Object.keys(x).map((key) => [key, visit(x[key])]),
      );
    }
    return leaves[next++];
  };
  return visit(structure);
}

function isListOfNumbers(x: unknown): x is number[] {
  if (!Array.isArray(x)) return false;
  for (let i = 0; i < x.length; i++) {
    if (typeof x[i] !== "number") return false;
  }
  return true;
}

// Arrays of Vars that stand for a Float64Array, which cannot hold them: once
// their leaves are numbers again, they are rebuilt as one.
const floats = new WeakSet<object>();

/** Whether x is a Float64Array, or stands for one. */
export function standsForFloats(x: unknown): x is ArrayLike<unknown> {
  return x instanceof Float64Array || Array.isArray(x) && floats.has(x);
}

/** Names leaf i of a structure as source code would: `.layers[0].bias`; "" for a bare scalar. */
export function pathOf(structure: unknown, i: number): string {
  let rest = i;
  const visit = (x: unknown, path: string): string | undefined => {
    const keys = isList(x)
      ? Array.from(x, (_, k): [unknown, string] => [x[k], `[${k}]`])
      : isRecord(x)
      ? Object.keys(x).map((key): [unknown, string] => [x[key], property(key)])
      : undefined;
    if (keys === undefined) return rest-- === 0 ? path : undefined;
    for (const [value, step] of keys) {
      const found = visit(value, path + step);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return visit(structure, "") ?? "";
}

/** Where two structures first differ in shape, and what each of them is there. */
export interface Mismatch {
  /** As of {@linkcode pathOf}. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

/**
 * Where a structure differs in shape from another; undefined if nowhere. A
 * Float64Array has the shape of an array of numbers.
 */
export function mismatch(
  x: unknown,
  like: unknown,
): Mismatch | undefined {
  if (isList(x) && isList(like) && x.length === like.length) {
    for (let i = 0; i < x.length; i++) {
      const within = mismatch(x[i], like[i]);
      if (within === undefined) continue;
      return { ...within, path: `[${i}]${within.path}` };
    }
    return undefined;
  }
  if (isRecord(x) && isRecord(like)) {
    const keys = Object.keys(x), expected = Object.keys(like);
    const longer = keys.length > expected.length ? keys : expected;
    const wrong = longer.findIndex((_, k) => keys[k] !== expected[k]);
    if (wrong >= 0) {
      const found = kindOf(x, wrong);
      return { path: "", found, expected: kindOf(like, wrong) };
    }
    for (const key of keys) {
      const within = mismatch(x[key], like[key]);
      if (within === undefined) continue;
      return { ...within, path: property(key) + within.path };
    }
    return undefined;
  }
  if (isLeaf(x) && isLeaf(like)) return undefined;
  return { path: "", found: kindOf(x), expected: kindOf(like) };
}

/**
 * The outermost of a structure's shape, for errors.
 *
 * @param from The first key to name if there are too many for all of them.
 */
function kindOf(x: unknown, from = 0): string {
  if (isList(x)) return `an array of length ${x.length}`;
  if (!isRecord(x)) return "a number";
  const keys = Object.keys(x).map(readableKey);
  if (keys.length === 0) return "an object without keys";
  if (keys.length <= MAX_KEYS) return `an object { ${keys.join(", ")} }`;
  const some = keys.slice(from, from + MAX_KEYS);
  return `an object { … ${some.join(", ")} … } of ${keys.length} keys`;
}

const MAX_KEYS = 8;

/** A plain object; an instance of a class is none, a Node or Var least of all. */
export function isRecord(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

function isList(x: unknown): x is ArrayLike<unknown> {
  return Array.isArray(x) || x instanceof Float64Array;
}

function isLeaf(x: unknown): boolean {
  return !isList(x) && !isRecord(x);
}

function property(key: string): string {
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function readableKey(key: string): string {
  return IDENTIFIER.test(key) ? key : JSON.stringify(key);
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
