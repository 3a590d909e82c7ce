// Values on the side: what a function computes besides what is differentiated.
import { requireOptions, wrongKind } from "../errors.ts";
import type { Recorded } from "./recorded.ts";
import { rebuild, type Shape, shapesIn } from "./structures.ts";

/**
 * The option of {@linkcode grad}, {@linkcode valueAndGrad}, {@linkcode jacobian}
 * and {@linkcode hessian} for a function that gives `[result, aux]`.
 *
 * @category Transforms
 */
export interface HasAux {
  /**
   * Whether the function gives an array of two: what is differentiated, and a
   * structure of values on the side, which come back as numbers, as `aux`.
   */
  readonly hasAux: true;
}

/** Whether the option is set. */
export function readHasAux(call: string, options: unknown): boolean {
  if (options === undefined) return false;
  requireOptions(call, options);
  const { hasAux = false } = options as { hasAux?: unknown };
  if (typeof hasAux === "boolean") return hasAux;
  throw wrongKind(call, "hasAux", hasAux, "a boolean");
}

/** A recording of what is differentiated, and what was computed on the side. */
export interface Split {
  readonly recorded: Recorded;
  readonly aux: unknown;
}

/** Takes apart what a function with values on the side gave. */
export function splitAux(recorded: Recorded, call: string): Split {
  const { result, resultShape, outputs } = recorded;
  const parts = resultShape.kind === "array" ? shapesIn(resultShape) : [];
  if (parts.length !== 2) {
    const expected = "an array [result, aux], as hasAux is true";
    throw wrongKind(call, "the function's result", result, expected);
  }
  const [main, side] = parts as [Shape, Shape];
  return {
    recorded: {
      ...recorded,
      result: (result as readonly unknown[])[0],
      resultShape: main,
      outputs: outputs.slice(0, main.size),
    },
    aux: rebuild(side, outputs.slice(main.size).map(({ value }) => value)),
  };
}
