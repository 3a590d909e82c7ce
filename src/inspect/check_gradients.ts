import { outOfRange, requireOptions, wrongKind } from "../errors.ts";
import { backward } from "../graph/backward.ts";
import { Node } from "../graph/node.ts";
import { orderFrom } from "../graph/post_order.ts";
import type { Scalar } from "../scalar.ts";
import { fromUser } from "../stack.ts";
import { gradientOf } from "../transforms/grad.ts";
import {
  type Argument,
  flatten,
  type LeafKind,
  NUMBERS_EXPECTED,
  pathOf,
  rebuild,
  type Shape,
  takeApart,
} from "../transforms/structures.ts";
import { checkBackwardFunctions } from "./check_backward_functions.ts";

/**
 * Options of {@linkcode checkGradients}.
 *
 * @category Checks and diagrams
 */
export interface CheckGradientsOptions {
  /**
   * The way to compute the gradient: by `backward` on a graph of Nodes, or
   * recorded, as by `grad`.
   *
   * @default {"graph"}
   */
  readonly way?: "graph" | "recorded";
  /**
   * How far to move an argument x to each side. If none is given and the
   * gradient disagrees, smaller and larger steps are tried as well.
   *
   * @default {Math.cbrt(Number.EPSILON) * Math.max(1, Math.abs(x))}
   */
  readonly step?: number;
  /**
   * How far gradient and differences may be apart, as a part of the larger.
   *
   * @default {1e-6}
   */
  readonly relativeTolerance?: number;
  /**
   * How far gradient and differences may be apart whatever their size. What
   * rounding leaves of a derivative that is 0 depends on the function's value y.
   *
   * @default {1e-9 * Math.max(1, Math.abs(y))}
   */
  readonly absoluteTolerance?: number;
}

/**
 * Checks a function's gradient, computed on a graph of Nodes or recorded, against
 * central differences, computed on plain numbers: for the tests of operations and
 * backward functions of your own. It returns if they agree and throws if not.
 *
 * On a graph it also calls backward functions of your own by themselves, and
 * throws if one sets a gradient to which it should add (`=` for `+=`), or changes
 * that of a node that is not one of its parents: mistakes that no gradient shows
 * as long as each node is used once.
 *
 * Differences need a function that is smooth around `x`: they disagree at a
 * kink (`relu` at 0), at the edge of the domain (`sqrt` at 0), and of course
 * where `stopGradient` is used. What is NaN or infinite never agrees.
 *
 * A transform takes no Nodes: a function that hands its argument to one, as
 * `grad(g)` does, can be checked where it is recorded.
 *
 * @typeParam X What `f` takes.
 * @param f A function of one argument, called with Nodes or Vars once and with
 * numbers often.
 * @param x Where to check: a number, or numbers in arrays, tuples, nested
 * objects and Float64Arrays.
 * @param options The way to compute the gradient, step and tolerances.
 * @throws {Error} If they disagree; the message names the first argument where
 * they do, both numbers and the step. If a backward function sets a gradient or
 * changes one that is not a parent's; the message names the node.
 * @throws {TypeError} If `f` is not a function, `x` has anything but numbers in
 * it, `f` gives something other than a Scalar, or an option is of a wrong kind.
 * @throws {RangeError} If a number in `x`, or the function's value there, is not
 * finite, or an option is out of range.
 * @category Checks and diagrams
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { checkGradients, grad, mul, sin } from "@chainrule/autograd";
 * import { Node, primal, type Scalar } from "@chainrule/autograd";
 *
 * checkGradients(([a, b]: [Scalar, Scalar]) => mul(a, sin(b)), [2, 3]);
 * checkGradients(grad((x: Scalar) => sin(x)), 2, { way: "recorded" });
 *
 * // Its derivative should be 3 · x · x.
 * function cube(x: Scalar): Scalar {
 *   const value = primal(x) ** 3;
 *   if (!(x instanceof Node)) return value;
 *   const out: Node = new Node(value, [x], () => {
 *     x.grad += out.grad * 2 * x.value;
 *   });
 *   return out;
 * }
 * assertThrows(
 *   () => checkGradients(cube, 2),
 *   Error,
 *   "the gradient is 4, central differences give 12",
 * );
 * ```
 */
export function checkGradients<X>(
  f: (x: X) => Scalar,
  x: Argument<X>,
  options: CheckGradientsOptions = {},
): void {
  if (typeof f !== "function") {
    throw wrongKind(CALL, "f", f, "a function");
  }
  requireOptions(CALL, options);
  checkOptions(options);
  const where = `Cannot ${CALL}: argument 1`;
  const { leaves: numbers, shape } = takeApart(x, NUMBERS, where);
  const wild = numbers.findIndex((number) => !Number.isFinite(number));
  if (wild >= 0) {
    checkFinite(numbers[wild]!, `argument 1${suffix(shape, wild)}`);
  }
  const along = (i: number) => (moved: number): number =>
    valueOf(resultOf(f, rebuild(shape, replaced(numbers, i, moved))));
  const y = valueOf(resultOf(f, rebuild(shape, [...numbers])));
  checkFinite(y, "the function's result");

  const gradient = options.way === "recorded"
    ? gradientByTape(f, x)
    : gradientByGraph(f, shape, numbers);
  const tolerances = tolerancesFor(y, options);
  gradient.forEach((derivative, i) => {
    const steps = stepsFor(numbers[i]!, options.step);
    const slope = disagreeing(
      derivative,
      along(i),
      numbers[i]!,
      steps,
      tolerances,
    );
    if (slope !== null) throw disagreement(suffix(shape, i), derivative, slope);
  });
}

const CALL = "checkGradients";

const NUMBERS: LeafKind<number> = {
  expected: NUMBERS_EXPECTED,
  is: (value): value is number => typeof value === "number",
};

/** The derivative by every leaf of the argument, in order. */
function gradientByGraph<X>(
  f: (x: X) => Scalar,
  shape: Shape,
  numbers: readonly number[],
): number[] {
  const leaves = numbers.map((number) => new Node(number));
  const result = resultOf(f, rebuild(shape, [...leaves]));
  // A plain number, from which no gradient flows.
  if (!(result instanceof Node)) return leaves.map(() => 0);
  // The function may use Nodes of its caller's, whose gradients are not ours.
  const order = orderFrom(result, CALL);
  const before = order.map((node) => node.grad);
  try {
    backward(result);
    const gradient = leaves.map((leaf) => leaf.grad);
    checkBackwardFunctions([...new Set([...leaves, ...order])]);
    return gradient;
  } finally {
    order.forEach((node, i) => node.grad = before[i]!);
  }
}

/** The same, by a recording. */
function gradientByTape<X>(f: (x: X) => Scalar, x: unknown): number[] {
  const { gradient } = gradientOf(CALL, f)(x, []);
  return flatten(gradient, NUMBERS, CALL);
}

function replaced(numbers: readonly number[], i: number, x: number): number[] {
  return numbers.map((number, j) => j === i ? x : number);
}

function resultOf<X>(f: (x: X) => Scalar, x: unknown): number | Node {
  const result = f(x as X);
  if (typeof result === "number" || result instanceof Node) return result;
  throw wrongKind(CALL, "the function's result", result, "a number or Node");
}

function valueOf(result: number | Node): number {
  return typeof result === "number" ? result : result.value;
}

/** A derivative by central differences. */
interface Slope {
  readonly step: number;
  /** The differences of the whole step, and of half of it. */
  readonly whole: number;
  readonly half: number;
  /** How far they are apart, as a part of the larger. */
  readonly spread: number;
  /** What follows from the two. */
  readonly value: number;
}

/**
 * Null if the derivative agrees with the differences of any of the steps, else
 * the most trustworthy of those. A right derivative is within the tolerance of
 * one of them unless f is very rough; a wrong one hardly ever is by chance.
 */
function disagreeing(
  derivative: number,
  f: (x: number) => number,
  x: number,
  steps: readonly number[],
  tolerances: Tolerances,
): Slope | null {
  let best: Slope | undefined;
  for (const step of steps) {
    const slope = slopeOf(f, x, step);
    if (agree(derivative, slope.value, tolerances)) return null;
    if (best === undefined || isBetter(slope, best, tolerances)) best = slope;
  }
  return best!;
}

/** Whether a slope is to be preferred to that of a step nearer the usual one. */
function isBetter(slope: Slope, best: Slope, tolerances: Tolerances): boolean {
  const settled = agree(best.whole, best.half, tolerances);
  return !settled && (slope.spread < best.spread || Number.isNaN(best.spread));
}

/**
 * Central differences with steps h and h/2, whose errors are c·h² and c·h²/4
 * but for terms in h⁴: (4·D(h/2) − D(h)) / 3 is free of both (L. F. Richardson,
 * 1911).
 */
function slopeOf(f: (x: number) => number, x: number, step: number): Slope {
  const whole = centralDifference(f, x, step);
  const half = centralDifference(f, x, step / 2);
  const spread = relativeError(half, whole);
  return { step, whole, half, spread, value: (4 * half - whole) / 3 };
}

function centralDifference(
  f: (x: number) => number,
  x: number,
  step: number,
): number {
  // x ± step are rounded; what they are apart is then not quite twice the step.
  const right = x + step, left = x - step;
  return (f(right) - f(left)) / (right - left);
}

/**
 * The steps to try. Rounding costs ε/h and the curve h², so that h = ∛ε balances
 * them where f changes over a scale of 1 or |x|. The others are for functions
 * that change faster, that lose digits, or that end near x.
 */
function stepsFor(x: number, step: number | undefined): number[] {
  if (step !== undefined) return [step];
  const h = Math.cbrt(Number.EPSILON);
  const usual = h * Math.max(1, Math.abs(x));
  const steps = [1, 64, 1 / 64, 4096, 1 / 4096].map((factor) => usual * factor);
  if (x !== 0 && Math.abs(x) < 1) steps.push(h * Math.abs(x));
  return steps;
}

interface Tolerances {
  readonly relative: number;
  readonly absolute: number;
}

function tolerancesFor(
  y: number,
  { relativeTolerance, absoluteTolerance }: CheckGradientsOptions,
): Tolerances {
  return {
    relative: relativeTolerance ?? 1e-6,
    absolute: absoluteTolerance ?? 1e-9 * Math.max(1, Math.abs(y)),
  };
}

/** False if either is NaN or infinite: two infinities have no difference. */
function agree(
  a: number,
  b: number,
  { relative, absolute }: Tolerances,
): boolean {
  const larger = Math.max(Math.abs(a), Math.abs(b));
  return larger < Infinity &&
    Math.abs(a - b) <= absolute + relative * larger;
}

function relativeError(a: number, b: number): number {
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

function disagreement(path: string, derivative: number, slope: Slope): Error {
  const relative = relativeError(derivative, slope.value);
  const message = `Gradients disagree at argument 1${path}: ` +
    `the gradient is ${short(derivative, 10)}, ` +
    `central differences give ${short(slope.value, 10)} ` +
    `(step ${short(slope.step, 2)}, relative error ${short(relative, 2)})`;
  return fromUser(() => new Error(message));
}

/** What an error appends to the name of an argument for its leaf i. */
function suffix(shape: Shape, i: number): string {
  const path = pathOf(shape, i);
  return path === "" ? "" : `, ${path}`;
}

function short(x: number, digits: number): string {
  return String(Number(x.toPrecision(digits)));
}

function checkFinite(x: number, what: string): void {
  if (Number.isFinite(x)) return;
  throw outOfRange(CALL, what, x, "a finite number");
}

function checkOptions(
  { way, step, relativeTolerance, absoluteTolerance }: CheckGradientsOptions,
): void {
  checkWay(way);
  checkOption("step", step, "a positive finite number", (x) => x > 0);
  const expected = "a finite number of at least 0";
  checkOption("relativeTolerance", relativeTolerance, expected, (x) => x >= 0);
  checkOption("absoluteTolerance", absoluteTolerance, expected, (x) => x >= 0);
}

function checkWay(way: unknown): void {
  const expected = '"graph" or "recorded"';
  if (way === undefined || way === "graph" || way === "recorded") return;
  if (typeof way !== "string") throw wrongKind(CALL, "way", way, expected);
  throw outOfRange(CALL, "way", way, expected);
}

function checkOption(
  name: string,
  value: unknown,
  expected: string,
  isRight: (x: number) => boolean,
): void {
  if (value === undefined) return;
  if (typeof value !== "number") throw wrongKind(CALL, name, value, expected);
  if (Number.isFinite(value) && isRight(value)) return;
  throw outOfRange(CALL, name, value, expected);
}
