// The parts of a formula as functions of what stands in its placeholders.
// Nothing is generated as source: pages may forbid `eval`.
import type { Scalar } from "../scalar.ts";
import type { Operation } from "./names.ts";

/** Computes a part of a formula from what stands in the placeholders. */
export type Computation = (operands: readonly unknown[]) => Scalar;

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
      return (operands) => operands[index] as Scalar;
    }
    case "computed":
      return term.compute;
  }
}

// A function of its own for each kind of operand: to call one for the mere sake
// of reading a placeholder costs half of what an operation does.

function computationOf(f: Operation, terms: readonly Term[]): Computation {
  if (terms.length === 1) return unary(f, terms[0]!);
  if (terms.length === 2) return binary(f, terms[0]!, terms[1]!);
  // No operation has more than three operands.
  const [a, b, c] = terms.map(computed) as [
    Computation,
    Computation,
    Computation,
  ];
  return (operands) => f(a(operands), b(operands), c(operands));
}

function unary(f: Operation, term: Term): Computation {
  if (term.kind === "placeholder") {
    const { index } = term;
    return (operands) => f(operands[index]);
  }
  const x = computed(term);
  return (operands) => f(x(operands));
}

function binary(f: Operation, left: Term, right: Term): Computation {
  if (left.kind === "placeholder") {
    const { index } = left;
    if (right.kind === "placeholder") {
      const { index: other } = right;
      return (operands) => f(operands[index], operands[other]);
    }
    if (right.kind === "constant") {
      const { value } = right;
      return (operands) => f(operands[index], value);
    }
    const b = right.compute;
    return (operands) => f(operands[index], b(operands));
  }
  if (left.kind === "constant") {
    const { value } = left;
    if (right.kind === "placeholder") {
      const { index } = right;
      return (operands) => f(value, operands[index]);
    }
    const b = computed(right);
    return (operands) => f(value, b(operands));
  }
  const a = left.compute;
  if (right.kind === "placeholder") {
    const { index } = right;
    return (operands) => f(a(operands), operands[index]);
  }
  if (right.kind === "constant") {
    const { value } = right;
    return (operands) => f(a(operands), value);
  }
  const b = right.compute;
  return (operands) => f(a(operands), b(operands));
}
