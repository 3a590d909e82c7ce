// The rows, states and results of a loop are structures of one shape each.
import { typeError, wrongKind } from "../errors.ts";
import { Node } from "../graph/node.ts";
import type { Scalar } from "../scalar.ts";
import { Var } from "../tape/recording.ts";
import {
  isRecord,
  type LeafKind,
  mismatch,
  type Shape,
  takeApart,
} from "../transforms/structures.ts";

/**
 * A structure with any Scalar in place of each of its leaves, as the callback of
 * a loop sees it: a number there may be a Var once the function is compiled.
 *
 * @category Types
 * @template S The structure.
 */
export type Scalars<S> = S extends number ? Scalar
  : S extends Scalar ? S
  : S extends Float64Array ? Scalar[]
  : { [K in keyof S]: Scalars<S[K]> };

/** What a leaf in a loop may be, for errors. */
export const SCALARS: LeafKind<Scalar> = {
  expected: "a number, Node or Var, or an array or plain object of them",
  is: isScalar,
  hint: (x) =>
    x instanceof Promise
      ? "make the function synchronous, and await outside of it"
      : undefined,
};

/** Whether x is a leaf of a structure in a loop. */
export function isScalar(x: unknown): x is Scalar {
  return typeof x === "number" || x instanceof Var || x instanceof Node;
}

/** The shape that structures have to have: that of the first. */
export class Likeness {
  readonly #call: string;
  /** What the first of them is called in errors. */
  readonly #first: string;
  #shape: Shape | null = null;

  constructor(call: string, first: string) {
    this.#call = call;
    this.#first = first;
  }

  /** The shape of the first structure that was checked. */
  get shape(): Shape {
    return this.#shape!;
  }

  /**
   * Refuses a structure that is not like the first, and gives it with arrays in
   * place of its Float64Arrays.
   *
   * @param what What an error calls it.
   */
  check(x: unknown, what: () => string): unknown {
    if (this.#shape === null) {
      this.#shape = this.#shapeOf(x, what());
    } else if (!fits(x, this.#shape)) throw this.#unlike(x, what());
    return asArrays(x, this.#shape);
  }

  #shapeOf(x: unknown, what: string): Shape {
    return takeApart(x, SCALARS, `Cannot ${this.#call}: ${what}`).shape;
  }

  #unlike(x: unknown, what: string): TypeError {
    const wrong = mismatch(this.#shapeOf(x, what), this.#shape!)!;
    const place = wrong.path === "" ? what : `${what}, ${wrong.path}`;
    return typeError(
      `Cannot ${this.#call}: ${place} is ${wrong.found}, expected ` +
        `${wrong.expected}, as in ${this.#first}`,
    );
  }
}

/** Whether a structure has a shape; a Float64Array has that of an array of numbers. */
function fits(x: unknown, shape: Shape): boolean {
  const { kind, size, parts, keys } = shape;
  if (kind === "leaf") return isScalar(x);
  if (kind === "record") {
    if (!isRecord(x)) return false;
    let k = 0;
    for (const key of Object.keys(x)) {
      if (key !== keys![k]) return false;
      const part = x[key];
      if (parts === null ? !isScalar(part) : !fits(part, parts[k]!)) {
        return false;
      }
      k++;
    }
    return k === keys!.length;
  }
  if (x instanceof Float64Array) return parts === null && x.length === size;
  if (!Array.isArray(x) || x.length !== (parts?.length ?? size)) return false;
  for (let i = 0; i < x.length; i++) {
    if (parts === null ? !isScalar(x[i]) : !fits(x[i], parts[i]!)) return false;
  }
  return true;
}

function asArrays(x: unknown, shape: Shape): unknown {
  if (shape.kind === "leaf") return x;
  if (x instanceof Float64Array) return Array.from(x);
  const { parts } = shape;
  // Scalars alone, as they are.
  if (parts === null) return x;
  if (Array.isArray(x)) return x.map((part, i) => asArrays(part, parts[i]!));
  const entries = Object.entries(x as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([key, part], k) => [key, asArrays(part, parts[k]!)]),
  );
}

/** Refuses a callback that is none. */
export function checkCallback(
  call: string,
  what: string,
  f: unknown,
  expected: string,
): void {
  if (typeof f === "function") return;
  throw wrongKind(call, what, f, expected);
}
