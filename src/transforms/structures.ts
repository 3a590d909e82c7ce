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

/** Whether a leaf of a structure is right, and what to call what is. */
export interface LeafKind<T> {
  readonly expected: string;
  is(value: unknown): value is T;
}

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
  const leaves: T[] = [];
  const visit = (x: unknown): void => {
    if (kind.is(x)) {
      leaves.push(x);
    } else if (Array.isArray(x) || x instanceof Float64Array) {
      for (let i = 0; i < x.length; i++) {
        const element: unknown = x[i];
        // Numbers are leaves of every kind, and most of what there is.
        if (typeof element === "number") leaves.push(element as T);
        else visit(element);
      }
    } else if (isRecord(x)) {
      for (const key of Object.keys(x)) visit(x[key]);
    } else {
      const path = pathOf(structure, leaves.length);
      const place = path === "" ? where : `${where}, ${path}`;
      throw new TypeError(
        `${place} is ${describe(x)}, expected ${kind.expected}`,
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
  let next = 0;
  const visit = (x: unknown): unknown => {
    if (typeof x === "number") return leaves[next++];
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
    const keys = Array.isArray(x) || x instanceof Float64Array
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

/**
 * The shape of a structure, as a text that two structures of one shape share.
 * A Float64Array has the shape of an array of numbers.
 */
export function shapeOf(x: unknown): string {
  if (x instanceof Float64Array) return `[${x.length}]`;
  if (Array.isArray(x)) {
    const shapes = x.map(shapeOf);
    return shapes.every((shape) => shape === "")
      ? `[${x.length}]`
      : `[${shapes}]`;
  }
  if (!isRecord(x)) return "";
  const fields = Object.keys(x).map((key) =>
    `${JSON.stringify(key)}:${shapeOf(x[key])}`
  );
  return `{${fields}}`;
}

/** A plain object; an instance of a class is none, a Node or Var least of all. */
export function isRecord(x: unknown): x is Record<string, unknown> {
  if (typeof x !== "object" || x === null) return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

function property(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key)
    ? `.${key}`
    : `[${JSON.stringify(key)}]`;
}
