// The parts of a formula as functions of what stands in its placeholders.
// Nothing is generated as source: pages may forbid `eval`.
import { add, div, mul, square, sub } from "../operations/arithmetic.ts";
import type { Scalar } from "../scalar.ts";
import type { Operation } from "./names.ts";

/** Computes a part of a formula from what stands in the placeholders. */
export type Computation = (operands: Operands) => Scalar;
type Operands = readonly unknown[];

/** A part of a formula. */
export type Term =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "placeholder"; readonly index: number }
  | { readonly kind: "computed"; readonly compute: Computation };

/** What an operation gives for these operands: a constant for constants. */
export function apply(f: Operation, terms: readonly Term[]): Term {
  if (terms.every((term) => term.kind === "constant")) {
    const value = f(...terms.map(({ value }) => value)) as number;
    return { kind: "constant", value };
  }
  return { kind: "computed", compute: computationOf(f, terms) };
}

/** The computation of a term of any kind. */
export function computed(term: Term): Computation {
  switch (term.kind) {
    case "constant": {
      const { value } = term;
      return () => value;
    }
    case "placeholder": {
      const { index } = term;
      return (operands) => at(operands, index);
    }
    case "computed":
      return term.compute;
  }
}

function at(operands: Operands, index: number): Scalar {
  return operands[index] as Scalar;
}

function computationOf(f: Operation, terms: readonly Term[]): Computation {
  const lines = LINES.get(f) ?? linesOf;
  const [a, b, c] = terms.map(computed) as [
    Computation,
    Computation,
    Computation,
  ];
  // No operation has more than three operands.
  return terms.length === 3
    ? (xs) => f(a(xs), b(xs), c(xs))
    : lines(indexOf(terms[0]), indexOf(terms[1]), a, b, f);
}

/** Where a term stands, if it is a placeholder; else −1. */
function indexOf(term: Term | undefined): number {
  return term?.kind === "placeholder" ? term.index : -1;
}

/**
 * The computation of an operation of one operand or two. Each is computed, or at
 * an index where that is not negative: to call a function for the mere sake of
 * reading a placeholder costs half of what an operation does.
 */
type Lines = (
  i: number,
  j: number,
  a: Computation,
  b: Computation | undefined,
  f: Operation,
) => Computation;

const linesOf: Lines = (i, j, a, b, f) => {
  if (b === undefined) return i >= 0 ? (xs) => f(at(xs, i)) : (xs) => f(a(xs));
  if (i >= 0 && j >= 0) return (xs) => f(at(xs, i), at(xs, j));
  if (i >= 0) return (xs) => f(at(xs, i), b(xs));
  if (j >= 0) return (xs) => f(a(xs), at(xs, j));
  return (xs) => f(a(xs), b(xs));
};

// V8 inlines an operation into a line that calls that one alone. So what formulas
// mostly consist of has lines of its own: they take a tenth off the time.
const LINES: ReadonlyMap<unknown, Lines> = new Map<unknown, Lines>([
  [add, (i, j, a, b) => {
    if (i >= 0 && j >= 0) return (xs) => add(at(xs, i), at(xs, j));
    if (i >= 0) return (xs) => add(at(xs, i), b!(xs));
    if (j >= 0) return (xs) => add(a(xs), at(xs, j));
    return (xs) => add(a(xs), b!(xs));
  }],
  [sub, (i, j, a, b) => {
    if (i >= 0 && j >= 0) return (xs) => sub(at(xs, i), at(xs, j));
    if (i >= 0) return (xs) => sub(at(xs, i), b!(xs));
    if (j >= 0) return (xs) => sub(a(xs), at(xs, j));
    return (xs) => sub(a(xs), b!(xs));
  }],
  [mul, (i, j, a, b) => {
    if (i >= 0 && j >= 0) return (xs) => mul(at(xs, i), at(xs, j));
    if (i >= 0) return (xs) => mul(at(xs, i), b!(xs));
    if (j >= 0) return (xs) => mul(a(xs), at(xs, j));
    return (xs) => mul(a(xs), b!(xs));
  }],
  [div, (i, j, a, b) => {
    if (i >= 0 && j >= 0) return (xs) => div(at(xs, i), at(xs, j));
    if (i >= 0) return (xs) => div(at(xs, i), b!(xs));
    if (j >= 0) return (xs) => div(a(xs), at(xs, j));
    return (xs) => div(a(xs), b!(xs));
  }],
  [
    square,
    (i, _j, a) => i >= 0 ? (xs) => square(at(xs, i)) : (xs) => square(a(xs)),
  ],
]);
