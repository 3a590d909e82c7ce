// What a loop's result does not depend on in some row has no adjoint or tangent
// there; an infinite partial derivative in that row means nothing.
import { assertAlmostEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  compile,
  div,
  dot,
  fold,
  grad,
  hessian,
  jvp,
  map,
  mul,
  type Scalar,
  scan,
  sqrt,
  sum,
} from "../../mod.ts";
import { assertSameBits, withoutWebAssembly } from "../support/same_bits.ts";

type OfRows = (w: Scalar, xs: Scalar[]) => Scalar;
/** A function of w that is c·√w, though roots of zeros are on its way. */
interface Case {
  readonly f: OfRows;
  readonly xs: readonly number[];
  readonly c: number;
}

const root = (w: Scalar, x: Scalar) => sqrt(mul(w, x));

const CASES: Record<string, Case> = {
  "a state that only the next row reads, in the last row": {
    f: (w, xs) =>
      fold(
        xs,
        { sum: 0, root: 0 } as Record<"sum" | "root", Scalar>,
        (s, x) => ({
          sum: add(s.sum, s.root),
          root: root(w, x),
        }),
      ).sum,
    xs: [1, 4, 0],
    c: 3,
  },
  "a state that the next row forgets": {
    f: (w, xs) => fold(xs, 0 as Scalar, (_, x) => root(w, x)),
    xs: [0, 1, 0, 4],
    c: 2,
  },
  "states that change places": {
    f: (w, xs) =>
      fold(xs, { a: 0, b: 0 } as Record<"a" | "b", Scalar>, ({ b }, x) => ({
        a: b,
        b: root(w, x),
      })).a,
    xs: [0, 0, 9, 0],
    c: 3,
  },
  "a state that has no tangent yet": {
    f: (w, xs) =>
      fold(xs, { s: 0, t: 0 } as Record<"s" | "t", Scalar>, ({ s, t }, x) => ({
        s: mul(w, x),
        t: add(t, sqrt(s)),
      })).t,
    xs: [1, 4, 9],
    c: 3,
  },
  "a loop in a row whose result is forgotten": {
    f: (w, xs) =>
      fold(
        xs,
        { sum: 0, last: 0 } as Record<"sum" | "last", Scalar>,
        (s, x) => ({
          sum: add(s.sum, s.last),
          last: sum(map([1, 4, 9, 16, 25], (y) => root(w, mul(x, y)))),
        }),
      ).sum,
    xs: [1, 4, 0],
    c: 45,
  },
  "a state that begins as a root of 0 and is forgotten": {
    f: (w, xs) => fold(xs, root(w, 0), (_, x) => root(w, add(x, 1))),
    xs: [0, 0, 3],
    c: 2,
  },
  "a list of which a row asks for one number": {
    f: (w, xs) => scan(xs, 0 as Scalar, (_, x) => root(w, x))[1]!,
    xs: [0, 4, 0],
    c: 2,
  },
  "lists in a state": {
    f: (w, xs) =>
      fold(
        xs,
        { sum: 0, list: [0, 0] } as { sum: Scalar; list: Scalar[] },
        ({ sum, list }, x) => ({
          sum: add(sum, dot(list, [1, 2])),
          list: [root(w, x), div(root(w, x), 2)],
        }),
      ).sum,
    xs: [1, 4, 0],
    c: 6,
  },
};

describe("an adjoint or tangent that a row does not have brings no NaN:", () => {
  const w = 2;
  for (const [name, { f, xs, c }] of Object.entries(CASES)) {
    const check = (): void => {
      const data = [...xs];
      const gradient = compile(grad(f));
      assertAlmostEquals(gradient(w, data), c / (2 * Math.sqrt(w)), 1e-14);
      assertSameBits(gradient(w, data), grad(f)(w, data), "gradient");
      const pushed = compile((w: Scalar, xs: Scalar[]) => jvp(f)(w, 1, xs));
      assertSameBits(pushed(w, data), jvp(f)(w, 1, data), "jvp");
      const [[second]] = compile(hessian(f))(w, data) as [[number]];
      assertAlmostEquals(second, -c / (4 * w ** 1.5), 1e-14);
    };
    it(name, check);
    it(`${name}, interpreted`, () => withoutWebAssembly(check));
  }
});
