import { Node } from "../graph/node.ts";
import { observer } from "../observer.ts";
import type { Variadic } from "../primitives.ts";
import { callPrimitive } from "../tape/calls.ts";
import { Var } from "../tape/recording.ts";
import {
  checkFunction,
  type Recordable,
  scalarsOf,
} from "../transforms/recorded.ts";
import { hasPart, rebuild } from "../transforms/structures.ts";
import { apply, type Rules } from "./apply.ts";
import { pullThrough, pushThrough } from "./sweep_through.ts";

/**
 * The same function, which is recorded by its arguments and results alone: the
 * reverse sweep, when it comes there, runs `f` once more to record and sweep what
 * it does. So a long function takes the memory of its longest part, for the time
 * of another run.
 *
 * Checkpoints nest: a part that consists of parts takes the memory of the longest
 * of these. The unit that pays is a part of many operations and few results, such
 * as a block of steps of a loop. What `f` takes from a recorded function around it
 * has to be among its arguments, as it runs on numbers first.
 *
 * | 12,000,000 operations       | memory |      time |
 * | --------------------------- | -----: | --------: |
 * | kept whole                  | 460 MB |         1 |
 * | in 100 checkpoints          |   3 MB | 0.9 – 1.6 |
 * | in 20 · 20 · 20 checkpoints |   2 MB | 1.7 – 2.2 |
 *
 * An extra run is of plain numbers, and what stays in the processor's caches is
 * swept faster. (`deno task bench:checkpoint`)
 *
 * @typeParam F The function's type.
 * @param f A function of structures of Scalars, and of data, that gives a structure
 * of Scalars.
 * @returns A function of the same arguments and result.
 * @throws {TypeError} If `f` is not a function; (the returned function) if `f` uses
 * a Var or Node that is not among its arguments, or gives what is not a structure
 * of Scalars.
 * @category Functions of your own
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { checkpoint, grad, type Scalar, sin } from "@chainrule/autograd";
 *
 * const thousand = (x: Scalar): Scalar => {
 *   for (let i = 0; i < 1000; i++) x = sin(x);
 *   return x;
 * };
 * const block = checkpoint(thousand);
 * const f = (x: Scalar) => block(block(x)); // keeps 2 numbers, not 2,000
 * const g = (x: Scalar) => thousand(thousand(x));
 * assertEquals(grad(f)(1), grad(g)(1));
 * ```
 */
export function checkpoint<F extends Recordable>(f: F): F {
  checkFunction("checkpoint", f);
  const call = f as unknown as (...inputs: readonly unknown[]) => unknown;
  const rules = rulesOf(call);
  return ((...inputs: readonly unknown[]) => {
    const varies = inputs.map(hasDerivative);
    // An observer wants to see each operation.
    if (!varies.includes(true) || observer !== null) return call(...inputs);
    primitive ??= callPrimitive("checkpoint");
    const x = inputs.filter((_, k) => varies[k]);
    const rest = inputs.map((input, k) => varies[k] ? VARIES : input);
    return apply(primitive, rules, x, rest);
  }) as unknown as F;
}

// One for all checkpoints: each may well be made where it is called.
let primitive: Variadic | undefined;

/** Stands among a function's arguments for one that varies. */
const VARIES = Symbol("varies");

/** The rules of a function of the arguments that vary, given the list of all: they run it. */
function rulesOf(call: (...inputs: readonly unknown[]) => unknown): Rules {
  const name = "checkpoint";
  const of = (rest: readonly unknown[]) => (x: readonly unknown[]) => {
    let next = 0;
    return call(...rest.map((input) => input === VARIES ? x[next++] : input));
  };
  return {
    name,
    argument: "the list of arguments",
    result: "the result of the function",
    value: (x, rest) => of(rest)(x as readonly unknown[]),
    pullback: (cotangent, x, _y, rest) => {
      const { leaves } = scalarsOf(cotangent, name, "the cotangent");
      return pullThrough(name, of(rest), x, leaves);
    },
    pushforward: (tangent, x, y, rest) => {
      const { shape } = scalarsOf(y, name, "the result");
      return rebuild(shape, pushThrough(name, of(rest), x, tangent));
    },
  };
}

function hasDerivative(input: unknown): boolean {
  return hasPart(input, (part) => part instanceof Var || part instanceof Node);
}
