// Random programs with loops in loops, for tests that compare ways to run them.
import {
  abs,
  add,
  atan,
  dot,
  exp,
  fold,
  logSumExp,
  map,
  max,
  mean,
  mul,
  neg,
  relu,
  rows,
  type Scalar,
  scan,
  select,
  sigmoid,
  sin,
  softplus,
  sqrt,
  square,
  sub,
  sum,
  tanh,
} from "../../mod.ts";
import { seededRandom } from "./numeric.ts";

/** A function of parameters and of three lists of data, each of any length. */
export interface LoopProgram {
  readonly parameters: number;
  run(p: Scalar[], data: LoopData): Scalar;
}

/** Rows of two numbers; numbers, as many; numbers two by two, as many. */
export interface LoopData {
  readonly pairs: readonly { readonly x: Scalar; readonly y: Scalar }[];
  readonly xs: readonly Scalar[];
  readonly flat: readonly Scalar[] | Float64Array;
}

/** Data of so many rows. */
export function loopData(rows: number, seed: number): LoopData {
  const random = seededRandom(seed);
  const number = () => Math.round(64 * (2 * random() - 1)) / 32 + random() / 8;
  return {
    pairs: Array.from({ length: rows }, () => ({ x: number(), y: number() })),
    xs: Array.from({ length: rows }, number),
    flat: Float64Array.from({ length: 2 * rows }, number),
  };
}

type Scope = readonly Scalar[];
/** Part of a program: from the Scalars in scope to another. */
type Part = (scope: Scope, data: LoopData) => Scalar;

const UNARY = [
  sin,
  tanh,
  sigmoid,
  softplus,
  atan,
  neg,
  square,
  relu,
  abs,
  sqrt,
] as const;

/** The random program of a seed. */
export function randomLoops(seed: number): LoopProgram {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const parameters = 1 + below(3);
  const constants = [0.5, -1.25, 2, 0, 1];
  const closure = Array.from({ length: 6 }, () => [random(), random() - 0.5]);

  const operand = (size: number): Part => {
    if (random() < 0.15) {
      const constant = pick(constants);
      return () => constant;
    }
    const at = below(size);
    return (scope) => scope[at]!;
  };

  /** A few operations, each on what came before. */
  const chain = (size: number, depth: number, steps: number): Part => {
    const parts: Part[] = [];
    for (let k = 0; k < steps; k++) {
      parts.push(step(size + k, k === steps - 1 || random() < 0.3 ? depth : 0));
    }
    return (scope, data) => {
      const inner = [...scope];
      for (const part of parts) inner.push(part(inner, data));
      return inner.at(-1)!;
    };
  };

  const step = (size: number, depth: number): Part => {
    if (depth > 0) return loop(size, depth - 1);
    const a = operand(size), b = operand(size), c = operand(size);
    const f = pick(UNARY);
    switch (below(8)) {
      case 0:
      case 1:
        return (s, d) => add(a(s, d), b(s, d));
      case 2:
        return (s, d) => mul(a(s, d), tanh(b(s, d)));
      case 3:
        return (s, d) => sub(a(s, d), b(s, d));
      case 4:
        return (s, d) => max(a(s, d), b(s, d));
      case 5:
        return (s, d) => select(tanh(c(s, d)), a(s, d), b(s, d));
      case 6:
        return (s, d) => exp(neg(square(a(s, d))));
      default:
        return (s, d) => f(tanh(a(s, d)));
    }
  };

  /** Numbers of rows to go over, and what a row adds to the scope. */
  const source = (size: number): {
    width: number;
    each: <R>(
      s: Scope,
      d: LoopData,
      over: <Row>(rows: never, row: (row: Row) => Scope) => R,
    ) => R;
  } => {
    const at = below(size);
    switch (below(7)) {
      case 0:
        return {
          width: 2,
          each: (_, d, over) =>
            over(d.pairs as never, (r: { x: Scalar; y: Scalar }) => [r.x, r.y]),
        };
      case 1:
        return {
          width: 1,
          each: (_, d, over) => over(d.xs as never, (x: Scalar) => [x]),
        };
      case 2:
        return {
          width: 2,
          each: (_, d, over) =>
            over(rows(d.flat, 2) as never, (r: Scalar[]) => r),
        };
      case 3: {
        const n = pick([0, 1, 2, 3, 5, 9]);
        return {
          width: 1,
          each: (_, __, over) =>
            over(n as never, (i: Scalar) => [mul(0.25, i)]),
        };
      }
      case 4:
        return {
          width: 2,
          each: (_, __, over) => over(closure as never, (r: Scalar[]) => r),
        };
      case 5:
        // Vars in known rows, some of them in several.
        return {
          width: 2,
          each: (s, _, over) =>
            over(
              Array.from(
                { length: 7 },
                (_, i) => [s[(at + i) % size]!, closure[i % 6]![0]!],
              ) as never,
              (r: Scalar[]) => r,
            ),
        };
      default:
        // The numbers that another loop gives.
        return {
          width: 1,
          each: (s, d, over) =>
            over(
              map(d.xs, (x) => sin(mul(x, s[at]!))) as never,
              (x: Scalar) => [x],
            ),
        };
    }
  };

  const loop = (size: number, depth: number): Part => {
    const { width, each } = source(size);
    const steps = 1 + below(4);
    switch (below(6)) {
      case 0:
      case 1: {
        const body = chain(size + width, depth, steps);
        const reduce = pick([sum, mean, logSumExp]);
        return (s, d) =>
          each(s, d, (rows, row) => {
            const list = map(rows as never[], (r) =>
              body([...s, ...row(r as never)], d));
            return tanh(reduce(list));
          });
      }
      case 2: {
        const body = chain(size + width, depth, steps);
        return (s, d) =>
          each(s, d, (rows, row) => {
            const list = map(rows as never[], (r) =>
              body([...s, ...row(r as never)], d));
            return dot(
              list,
              map(list, (x) =>
                tanh(x)),
            );
          });
      }
      case 3: {
        const next = chain(size + width + 2, depth, steps),
          initial = operand(size);
        const other = chain(size + width + 2, 0, 2);
        return (s, d) =>
          each(s, d, (rows, row) => {
            const { a, b } = fold(
              rows as never[],
              { a: initial(s, d), b: 0.5 as Scalar } as {
                a: Scalar;
                b: Scalar;
              },
              ({ a, b }, r) => {
                const scope = [...s, ...row(r as never), a, b];
                return { a: tanh(next(scope, d)), b: tanh(other(scope, d)) };
              },
            );
            return add(a, mul(0.5, b));
          });
      }
      case 4: {
        const next = chain(size + width + 1, depth, steps),
          initial = operand(size);
        return (s, d) =>
          each(s, d, (rows, row) => {
            const states = scan(
              rows as never[],
              initial(s, d) as Scalar,
              (a, r) => tanh(next([...s, ...row(r as never), a], d)),
            );
            return sum(map(states, (x) => square(x)));
          });
      }
      default: {
        const next = chain(size + width + 1, depth, steps),
          initial = operand(size);
        return (s, d) =>
          each(
            s,
            d,
            (rows, row) =>
              fold(rows as never[], initial(s, d) as Scalar, (a, r) =>
                tanh(add(a, next([...s, ...row(r as never), a], d)))),
          );
      }
    }
  };

  const body = chain(parameters, 1 + below(3), 2 + below(4));
  return { parameters, run: (p, data) => body(p, data) };
}
