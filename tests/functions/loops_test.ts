// Functions with rules of their own, in loops that are compiled as loops.
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  checkpoint,
  compile,
  cos,
  defineFunction,
  defineImplicit,
  exp,
  fold,
  grad,
  hessian,
  map,
  mul,
  type Scalar,
  scan,
  sin,
  solve,
  square,
  sub,
  sum,
} from "../../mod.ts";

const ruled = defineFunction({
  name: "ruled",
  value: ([a, b]: readonly [number, number]) => {
    // Where the rows of a loop are not there, NaN stands for them.
    if (Number.isNaN(a)) throw new Error("this would not end");
    return [a * Math.sin(b), Math.exp(a)];
  },
  pullback: ([p, q], [a, b]) => [
    add(mul(p!, sin(b)), mul(q!, exp(a))),
    mul(mul(p!, a), cos(b)),
  ],
});
const root = defineImplicit({
  name: "root",
  residual: (y, x) => sub(square(y), x),
  solve: (x: number) => Math.sqrt(x),
});
const sine = checkpoint((x: Scalar, y: Scalar) => sin(mul(x, y)));

const loops: Record<string, (w: Scalar, rows: readonly Scalar[]) => Scalar> = {
  map: (w, rows) =>
    sum(map(rows, (x) => {
      const [p, q] = ruled([mul(w, x), x]);
      return mul(p!, root(q!));
    })),
  fold: (w, rows) =>
    fold(rows, w, (state, x) => {
      const [p, q] = ruled([mul(0.1, state), x]);
      return add(p!, root(q!));
    }),
  scan: (w, rows) =>
    sum(scan(rows, w, (state, x) => solve([[2, x], [w, 3]], [state, 1])[0]!)),
  "a fold of checkpoints": (w, rows) =>
    fold(rows, w, (state, x) => add(sine(state, w), x)),
};

describe("functions with rules of their own, in compiled loops", () => {
  for (const [name, f] of Object.entries(loops)) {
    for (const count of [2, 30]) {
      it(`give the same bits: ${name}, ${count} rows`, () => {
        const rows = Array.from({ length: count }, (_, i) => 0.1 + i / count);
        const compiled = {
          value: compile(f),
          gradient: compile(grad(f)),
          second: compile(grad(grad(f))),
          hessian: compile(hessian((x: readonly Scalar[]) => f(x[0]!, x))),
        };
        for (const w of [0.7, 0.9]) {
          assertEquals(compiled.value(w, rows), f(w, rows) as number);
          assertEquals(compiled.gradient(w, rows), grad(f)(w, rows));
          assertEquals(compiled.second(w, rows), grad(grad(f))(w, rows));
        }
        const few = rows.slice(0, 3);
        const expected = hessian((x: readonly Scalar[]) => f(x[0]!, x))(few);
        assertEquals(compiled.hessian(few), expected);
      });
    }
  }
});
