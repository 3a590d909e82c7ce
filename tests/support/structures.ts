// What functions take and give, for the tests of all that passes it on.
import { type Scalar, Var } from "../../mod.ts";

/** All Scalars in a structure, in order, by another way than the module's. */
export function leavesOf(structure: unknown): Scalar[] {
  const isLeaf = typeof structure === "number" || structure instanceof Var;
  return isLeaf
    ? [structure as Scalar]
    : Object.values(structure as object).flatMap(leavesOf);
}

/** A structure of numbers with others in their places. */
export function mapLeaves(x: unknown, f: (x: number) => number): unknown {
  if (typeof x === "number") return f(x);
  if (x instanceof Float64Array) return x.map(f);
  if (Array.isArray(x)) return x.map((element) => mapLeaves(element, f));
  return Object.fromEntries(
    Object.entries(x as object).map(([key, y]) => [key, mapLeaves(y, f)]),
  );
}

/** Structures of every kind but Float64Arrays. */
export const STRUCTURES: Readonly<Record<string, unknown>> = {
  "a number": 3,
  "an array": [1, -2, 3],
  "an empty array": [],
  "an array of one": [4],
  "a matrix": [[1, 2], [3, 4], [5, 6]],
  "a ragged array": [[1], [], [2, [3, [4]]]],
  "an object": { x: 1, y: -2 },
  "an empty object": {},
  "a nested object": { layers: [{ w: [[1, 2]], b: [3] }, { w: [], b: [] }] },
  "keys in another order": { z: 1, a: 2, m: { b: 3, a: 4 } },
  "keys that are numbers": { 10: 1, 2: 2, b: 3, 1: 4 },
  "keys that are no names": { "a b": 1, "": 2, "é": 3, "0x": 4, "a.b": 5 },
  "a key that objects have": JSON.parse(
    '{"__proto__": 1, "constructor": 2, "toString": 3, "length": 4}',
  ),
  "a mixture": [1, { x: [2, { y: 3 }], z: 4 }, [[], {}, 5]],
};
