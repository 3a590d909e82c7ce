// A function that has rules of its own meets its argument: numbers are computed
// at once, Nodes make a Node for each result, Vars a call on the tape.
import { typeError, wrongKind } from "../errors.ts";
import { makeNamedNode, Node } from "../graph/node.ts";
import { numberOf } from "../graph/propagate.ts";
import { wrongOperand } from "../operations/dispatch.ts";
import { dot } from "../operations/lists.ts";
import type { Operand, Variadic } from "../primitives.ts";
import type { Scalar } from "../scalar.ts";
import type { Call } from "../tape/calls.ts";
import {
  apart,
  entryFor,
  entryOf,
  isFreezing,
  isOpen,
  recordCall,
  valueAt,
  Var,
  withObserver,
} from "../tape/recording.ts";
import { gradientOf } from "../transforms/grad.ts";
import { matchingScalars } from "../transforms/matching.ts";
import {
  hasPart,
  type LeafKind,
  mismatch,
  pathOf,
  rebuild,
  type Shape,
  takeApart,
  type TakenApart,
} from "../transforms/structures.ts";

/** How a function is computed and differentiated. All lists are arrays, and `data` is passed through. */
export interface Rules {
  /** What errors and diagrams call the function. */
  readonly name: string;
  /** What errors call its argument. */
  readonly argument: string;
  /** What errors call its result. */
  readonly result: string;
  /** The function on numbers. */
  readonly value: (x: unknown, data: readonly unknown[]) => unknown;
  /** The cotangent of x, from that of y. */
  readonly pullback: (
    cotangent: unknown,
    x: unknown,
    y: unknown,
    data: readonly unknown[],
  ) => unknown;
  /**
   * The tangent of y, from that of x; undefined where the pullback tells it, null
   * where there is none.
   */
  readonly pushforward:
    | ((
      tangent: unknown,
      x: unknown,
      y: unknown,
      data: readonly unknown[],
    ) => unknown)
    | null
    | undefined;
}

const SCALARS: LeafKind<Scalar> = {
  expected:
    "a number, Node or Var, or an array, plain object or Float64Array " +
    "of them",
  is: isScalar,
};

const NUMBERS: LeafKind<number> = {
  expected: "a number, or an array, plain object or Float64Array of numbers",
  is: (x): x is number => typeof x === "number",
  hint: (x) =>
    isScalar(x)
      ? "what it takes from the function around it must be an argument"
      : x instanceof Promise
      ? "make it synchronous, and await outside of it"
      : undefined,
};

/** Computes a function of x on whatever x consists of. */
export function apply(
  primitive: Variadic,
  rules: Rules,
  x: unknown,
  data: readonly unknown[],
): unknown {
  const { name, argument } = rules;
  const taken = takeApart(x, SCALARS, `Cannot ${name}: ${argument}`);
  const { leaves } = taken, shape = withoutFloats(taken.shape);
  const numbers: number[] = [];
  let hasNode = false, hasVar = false, isOver = false;
  for (const leaf of leaves) {
    if (leaf instanceof Var) {
      hasVar = true;
      isOver ||= !isOpen(leaf);
      numbers.push(valueAt(entryOf(leaf)));
    } else {
      hasNode ||= typeof leaf !== "number";
      numbers.push(numberOf(leaf));
    }
  }
  if (hasNode && hasVar || isOver) {
    const label = (i: number) => `${argument}${separated(pathOf(shape, i))}`;
    throw wrongOperand(name, leaves, label);
  }
  checkData(name, data);
  const result =
    (hasVar ? placeholder(rules, shape, numbers, data) : undefined) ??
      evaluate(rules, shape, numbers, data);
  const made = new FunctionCall(rules, shape, result.shape, data);
  const call = isFreezing() ? kept(rules, made) : made;
  const results = hasVar
    ? recordCall(
      primitive.code,
      call,
      (leaves as (number | Var)[]).map(entryFor),
      result.leaves,
    )
    : hasNode
    ? nodesOf(name, call, leaves as (number | Node)[], result.leaves)
    : result.leaves;
  return rebuild(result.shape, results);
}

/** One call of a function: its rules, for structures of the shapes that it was called with. */
class FunctionCall implements Call {
  readonly #rules: Rules;
  readonly #shape: Shape;
  readonly resultShape: Shape;
  readonly #data: readonly unknown[];

  constructor(
    rules: Rules,
    shape: Shape,
    resultShape: Shape,
    data: readonly unknown[],
  ) {
    this.#rules = rules;
    this.#shape = shape;
    this.resultShape = resultShape;
    this.#data = data;
  }

  /** Whether it is a call with this data, for an argument of this shape. */
  takes(shape: Shape, data: readonly unknown[]): boolean {
    return mismatch(shape, this.#shape) === undefined &&
      data.length === this.#data.length &&
      data.every((each, k) => Object.is(each, this.#data[k]));
  }

  /** Whether it computes the same, by the same rules. */
  isLike(other: FunctionCall): boolean {
    return this.takes(other.#shape, other.#data) &&
      mismatch(other.resultShape, this.resultShape) === undefined;
  }

  value(operands: readonly number[]): number[] {
    const { leaves, shape } = evaluate(
      this.#rules,
      this.#shape,
      operands,
      this.#data,
    );
    const wrong = mismatch(shape, this.resultShape);
    if (wrong === undefined) return leaves;
    throw typeError(
      `Cannot ${this.#rules.name}: ${this.#rules.result}${
        separated(wrong.path)
      } is ${wrong.found}, expected ${wrong.expected}, as when it was compiled`,
    );
  }

  pullback(
    cotangents: readonly Operand[],
    operands: readonly Operand[],
    results: readonly Operand[],
  ): readonly Operand[] {
    const { name, argument, pullback } = this.#rules;
    const shares = pullback(
      rebuild(this.resultShape, cotangents as unknown[]),
      rebuild(this.#shape, operands as unknown[]),
      rebuild(this.resultShape, results as unknown[]),
      this.#data,
    );
    const names = ["the result of pullback", argument] as const;
    const given = [...cotangents, ...results];
    return matching(shares, this.#shape, name, names, given);
  }

  pushforward(
    tangents: readonly Operand[],
    operands: readonly Operand[],
    results: readonly Operand[],
  ): readonly Operand[] {
    const { name, result, pushforward } = this.#rules;
    if (tangents.every((tangent) => tangent === 0)) return results.map(() => 0);
    if (pushforward === undefined) {
      return this.#transposed(tangents, operands, results);
    }
    if (pushforward === null) {
      throw typeError(
        `Cannot differentiate ${name} forward: its pushforward is null, ` +
          "expected a function; jvp, hvp, hessian, linearize, and jacobian by " +
          "few inputs go forward, grad and vjp do not",
      );
    }
    const moved = pushforward(
      rebuild(this.#shape, tangents as unknown[]),
      rebuild(this.#shape, operands as unknown[]),
      rebuild(this.resultShape, results as unknown[]),
      this.#data,
    );
    const names = ["the result of pushforward", result] as const;
    const given = [...tangents, ...results];
    return matching(moved, this.resultShape, name, names, given);
  }

  /**
   * The pushforward that a linear pullback tells: tangent · pullback(c) is
   * linear in c, and J · tangent is its gradient.
   */
  #transposed(
    tangents: readonly Operand[],
    operands: readonly Operand[],
    results: readonly Operand[],
  ): readonly Operand[] {
    const paired = (cotangents: readonly Scalar[]) =>
      dot(
        tangents as readonly Scalar[],
        this.pullback(cotangents, operands, results) as readonly Scalar[],
      );
    const transpose = gradientOf(this.#rules.name, paired);
    const zeros = results.map(() => 0);
    // An observer wants to know of what the user does, and what comes of it.
    return withObserver(null, () => transpose(zeros, []).gradient as Scalar[]);
  }
}

const keptCalls = new WeakMap<Rules, FunctionCall[]>();

/** A call that a program makes, which is kept for good; one like it, if there was one. */
function kept(rules: Rules, call: FunctionCall): FunctionCall {
  const calls = keptCalls.get(rules) ?? [];
  const known = calls.find((other) => other.isLike(call));
  if (known !== undefined) return known;
  calls.push(call);
  keptCalls.set(rules, calls);
  return call;
}

/**
 * What stands for a result while a loop is recorded whose rows are not there, but
 * NaN: with that, many an iteration would not end. Undefined if all numbers are
 * there, or it is not known what the function gives.
 */
function placeholder(
  rules: Rules,
  shape: Shape,
  numbers: readonly number[],
  data: readonly unknown[],
): TakenApart<number> | undefined {
  if (!isFreezing() || !numbers.some(Number.isNaN)) return undefined;
  const known = keptCalls.get(rules)?.find((call) => call.takes(shape, data));
  if (known === undefined) return undefined;
  const { resultShape } = known;
  const leaves = new Array<number>(resultShape.size).fill(NaN);
  return { shape: resultShape, leaves };
}

/** The numbers a function gives, and their shape. */
function evaluate(
  { name, result: what, value }: Rules,
  shape: Shape,
  numbers: readonly number[],
  data: readonly unknown[],
): TakenApart<number> {
  const x = rebuild(shape, [...numbers]);
  const result = apart(() => value(x, data));
  const taken = takeApart(
    result,
    NUMBERS,
    `Cannot ${name}: ${what}`,
  );
  return { leaves: taken.leaves, shape: withoutFloats(taken.shape) };
}

/** The leaves of what a rule gave, which must be numbers if all it was given are. */
function matching(
  structure: unknown,
  like: Shape,
  name: string,
  names: readonly [string, string],
  given: readonly Operand[],
): readonly Operand[] {
  const leaves = matchingScalars(structure, like, name, names);
  const wrong = leaves.find((leaf) => typeof leaf !== "number");
  if (wrong !== undefined && given.every((x) => typeof x === "number")) {
    throw wrongKind(name, names[0], wrong, "numbers, as its arguments are");
  }
  return leaves;
}

function nodesOf(
  name: string,
  call: Call,
  operands: readonly (number | Node)[],
  results: readonly number[],
): Node[] {
  const parents = operands.filter((operand) => operand instanceof Node);
  const pull = (cotangents: readonly number[]) => {
    const shares = call.pullback(
      cotangents,
      operands.map(numberOf),
      nodes.map(({ value }) => value),
    );
    operands.forEach((operand, k) => {
      if (operand instanceof Node) operand.grad += shares[k] as number;
    });
  };
  const single = (value: number) => {
    const node: Node = makeNamedNode(
      name,
      value,
      parents,
      () => pull([node.grad]),
    );
    return node;
  };
  const nodes = results.length === 1
    ? [single(results[0]!)]
    : joined(name, parents, results, pull);
  return nodes;
}

/**
 * The nodes of several results. They have one node below them, for the call
 * itself, at which a sweep arrives when the gradients of all of them are known.
 * It counts results: its value is how many there are, its gradient how many of
 * them the root depends on.
 */
function joined(
  name: string,
  parents: readonly Node[],
  results: readonly number[],
  pull: (cotangents: readonly number[]) => void,
): Node[] {
  const cotangents = results.map(() => 0);
  const whole = makeNamedNode(
    name,
    results.length,
    parents,
    () => pull([...cotangents]),
  );
  return results.map((value, k) => {
    const node: Node = makeNamedNode(`${name}[${k}]`, value, [whole], () => {
      // The first in this sweep: the others may have gradients of an earlier one.
      if (whole.grad === 0) cotangents.fill(0);
      whole.grad++;
      cotangents[k] = node.grad;
    });
    return node;
  });
}

/** Refuses data with Vars or Nodes, of which no pullback gives a cotangent. */
function checkData(name: string, data: readonly unknown[]): void {
  const wrong = data.findIndex((each) =>
    hasPart(each, (part) => part instanceof Var || part instanceof Node)
  );
  if (wrong < 0) return;
  throw typeError(
    `Cannot ${name}: argument ${wrong + 2} has a Node or Var, expected data ` +
      "without derivatives; what varies, and all there is where a function is " +
      "compiled, belongs in argument 1",
  );
}

function isScalar(x: unknown): x is Scalar {
  return typeof x === "number" || x instanceof Node || x instanceof Var;
}

/** The same shape with an array in place of each Float64Array, which cannot hold Vars. */
function withoutFloats(shape: Shape): Shape {
  if (shape.kind === "floats") return { ...shape, kind: "array" };
  const { parts } = shape;
  return parts === null ? shape : { ...shape, parts: parts.map(withoutFloats) };
}

function separated(path: string): string {
  return path === "" ? "" : `, ${path}`;
}
