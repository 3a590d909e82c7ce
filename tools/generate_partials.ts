/**
 * Writes `src/rules/partials.ts`: the rules of `src/primitives.ts` as code that
 * computes with numbers alone.
 *
 * A rule is a function of whatever stands for a number. Run on numbers, it has
 * to tell them from Vars at every step, and to box each one that it hands on.
 * Here it is run once, on source text in place of numbers; so every rule, which
 * is defined in one place, becomes a case of a `switch` as one would write it by
 * hand. (What makes functions of text at run time is forbidden where a content
 * security policy forbids it.) `deno task generate` writes the file, and a test
 * compares it with what the rules say.
 *
 * @module
 */
import {
  BINARY_NAMES,
  builtIn,
  definePrimitives,
  type Language,
  type Operand,
  type Pattern,
  type Primitive,
  type Primitives,
  UNARY_NAMES,
} from "../src/primitives.ts";
import * as errorFunction from "../src/special/error_function.ts";
import * as gamma from "../src/special/gamma.ts";
import * as logistic from "../src/special/logistic.ts";

/** The generated module. */
export const PARTIALS: URL = new URL(
  "../src/rules/partials.ts",
  import.meta.url,
);

/** An expression, in place of the number that it computes. */
interface Expression {
  /** No rule reads it; it makes an expression an operand of one. */
  readonly value: number;
  /** Its source text, from that of its parts. */
  readonly write: (...parts: string[]) => string;
  readonly parts: readonly Expression[];
  /** The same as a condition, of an expression that is 1 or 0. */
  readonly writeCondition: ((...parts: string[]) => string) | undefined;
  /** Which of the parts are written as conditions. */
  readonly isCondition: (k: number) => boolean;
}

// What is computed twice is one object, so that it can be computed once.
const known = new Map<string, Expression>();
const identities = new Map<Expression, number>();

function expression(
  kind: string,
  parts: readonly Expression[],
  write: (...parts: string[]) => string,
  writeCondition?: (...parts: string[]) => string,
  isCondition: (k: number) => boolean = () => false,
): Expression {
  const key = [kind, ...parts.map((part) => identities.get(part))].join(" ");
  let made = known.get(key);
  if (made === undefined) {
    made = { value: NaN, write, parts, writeCondition, isCondition };
    known.set(key, made);
    identities.set(made, identities.size);
  }
  return made;
}

function variable(name: string): Expression {
  return expression(name, [], () => name);
}

function expressionOf(x: Operand): Expression {
  if (typeof x !== "number") return x as Expression;
  const text = Object.is(x, -0) ? "-0" : String(x);
  return expression(
    text,
    [],
    () => text.startsWith("-") ? `(${text})` : text,
  );
}

const INFIX = { add: "+", sub: "-", mul: "*", div: "/" } as const;
const COMPARISONS = {
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  eq: "===",
} as const;

/** The operations, each of which writes itself. */
const language = {
  ...Object.fromEntries(
    [...UNARY_NAMES, ...BINARY_NAMES].map((name) => [
      name,
      (...operands: Operand[]) => {
        const parts = operands.map(expressionOf), called = nameOf(name);
        return expression(
          name,
          parts,
          (...texts) => `${called()}(${texts.join(", ")})`,
        );
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(INFIX).map(([name, operator]) => [
      name,
      (a: Operand, b: Operand) => {
        const parts = [a, b].map(expressionOf);
        // The product of two conditions is their conjunction.
        const areConditions = parts.every(({ writeCondition }) =>
          writeCondition !== undefined
        );
        return name === "mul" && areConditions
          ? condition("and", parts, (a, b) => `${a} && ${b}`, () => true)
          : expression(name, parts, (a, b) => `(${a} ${operator} ${b})`);
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(COMPARISONS).map(([name, operator]) => [
      name,
      (a: Operand, b: Operand) =>
        name === "eq" && b === 0 && expressionOf(a).writeCondition !== undefined
          ? condition("not", [a as Expression], (a) => `!(${a})`, () => true)
          : condition(
            name,
            [a, b].map(expressionOf),
            (a, b) => `${a} ${operator} ${b}`,
          ),
    ]),
  ),
  neg: (x: Operand) => expression("neg", [expressionOf(x)], (x) => `(-${x})`),
  square: (x: Operand) => language.mul(x, x),
  relu: (x: Operand) => language.max(x, 0),
  stopGradient: (x: Operand) => x,
  select: (choice: Operand, a: Operand, b: Operand) =>
    a === b ? a : expression(
      "select",
      [choice, a, b].map(expressionOf),
      (choice, a, b) => `(${choice} ? ${a} : ${b})`,
      undefined,
      (k) => k === 0,
    ),
  sum: () => {
    throw new TypeError("Cannot generate sum: expected rules without lists");
  },
} as unknown as Language;

function condition(
  kind: string,
  parts: readonly Expression[],
  write: (...parts: string[]) => string,
  isCondition?: (k: number) => boolean,
): Expression {
  return expression(
    kind,
    parts,
    (...texts) => `(${write(...texts)} ? 1 : 0)`,
    write,
    isCondition,
  );
}

/** Where value functions are that `Math` lacks. */
const MODULES: Readonly<Record<string, object>> = {
  "special/error_function.ts": errorFunction,
  "special/gamma.ts": gamma,
  "special/logistic.ts": logistic,
};

/** By module, the names of those that are called. */
const imported = new Map<string, Set<string>>();

/** What source text calls the value function of an operation. */
function nameOf(name: keyof Primitives): () => string {
  return () => {
    const { value } = builtIn(name);
    if (value === (Math as unknown as Record<string, unknown>)[name]) {
      return `Math.${name}`;
    }
    for (const [module, functions] of Object.entries(MODULES)) {
      for (const [called, exported] of Object.entries(functions)) {
        if (value !== exported) continue;
        const names = imported.get(module) ?? new Set();
        imported.set(module, names.add(called));
        return called;
      }
    }
    throw new TypeError(
      `Cannot generate ${name}: its value is a function without a name, ` +
        `expected one of Math, ${Object.keys(MODULES).join(" or ")}`,
    );
  };
}

/** Statements that compute expressions, each of which a function then places. */
function statements(
  roots: readonly Expression[],
  place: (text: string, k: number) => string,
): string[] {
  const uses = new Map<Expression, number>();
  const order: Expression[] = [];
  const count = (x: Expression) => {
    const before = uses.get(x) ?? 0;
    uses.set(x, before + 1);
    if (before > 0) return;
    x.parts.forEach(count);
    order.push(x);
  };
  roots.forEach(count);
  const names = new Map<Expression, string>();
  const parts = (x: Expression) =>
    x.parts.map((each, k) =>
      x.isCondition(k) ? asCondition(each) : asNumber(each)
    );
  const asNumber = (x: Expression): string => {
    const name = names.get(x);
    if (name === undefined) return x.write(...parts(x));
    return x.writeCondition === undefined ? name : `(${name} ? 1 : 0)`;
  };
  const asCondition = (x: Expression): string =>
    x.writeCondition === undefined
      ? `${asNumber(x)} !== 0`
      : names.get(x) ?? x.writeCondition(...parts(x));
  const lines: string[] = [];
  for (const x of order) {
    if (uses.get(x) === 1 || x.parts.length === 0) continue;
    const text = x.writeCondition === undefined ? asNumber(x) : asCondition(x);
    const name = `t${names.size}`;
    lines.push(`const ${name} = ${bare(text)};`);
    names.set(x, name);
  }
  return [...lines, ...roots.map((root, k) => place(bare(asNumber(root)), k))];
}

/** Text without the parentheses around all of it. */
function bare(text: string): string {
  if (!text.startsWith("(")) return text;
  let depth = 0;
  for (let i = 0; i < text.length - 1; i++) {
    if (text[i] === "(") depth++;
    if (text[i] === ")") depth--;
    if (depth === 0) return text;
  }
  return text.endsWith(")") ? text.slice(1, -1) : text;
}

const OPERANDS = ["a", "b", "c"];

/** The partial derivatives of an operation with a fixed number of operands; undefined if it is flat, or has none. */
function partialsOf(row: Primitive): readonly Expression[] | undefined {
  const count = row.arity === "list"
    ? row.pattern?.kind === "fixed" ? row.pattern.count : 0
    : row.arity;
  const operands = OPERANDS.slice(0, count).map(variable), out = variable("y");
  const partials = row.arity === "list"
    ? count === 0 ? [] : row.partials(operands, out)
    : (row.partials as readonly (Rule | null)[]).map((rule) =>
      rule === null ? null : rule(...operands, out)
    );
  if (partials.every((partial) => partial === null)) return undefined;
  // That of a flat one among others is 0: a gate stops it, or the operand is one
  // that can only be a number, as polygamma's order is.
  return partials.map((partial) => expressionOf(partial ?? 0));
}

type Rule = (...operandsAndOut: Operand[]) => Operand;

/** A case of the switch over operations. */
function caseOf(row: Primitive): string[] {
  const partials = partialsOf(row);
  if (partials === undefined) return [];
  const body = statements(partials, (text, k) => `partials[${k}] = ${text};`);
  const loads = [...OPERANDS, "y"]
    .filter((name) =>
      body.some((line) => new RegExp(`\\b${name}\\b`).test(line))
    )
    .map((name) => `const ${name} = values[${name}At]!;`);
  return [
    `    case ${codeOf(row)}: { // ${row.name}`,
    ...[...loads, ...body, "return;"].map((line) => `      ${line}`),
    "    }",
  ];
}

/** A case of the switch over operations whose partial derivatives are shares. */
function sharesOf(row: Primitive): string[] {
  const pattern: Pattern | null = row.pattern;
  if (pattern?.kind !== "shares") return [];
  const weight = pattern.weight(variable("x"), variable("largest"));
  return [
    `    case ${codeOf(row)}: { // ${row.name}`,
    "      for (let k = 0; k < count; k++) {",
    "        const x = numbers[k]!;",
    ...statements([expressionOf(weight)], (text) => `numbers[k] = ${text};`)
      .map((line) => `        ${line}`),
    "      }",
    "      return;",
    "    }",
  ];
}

// The codes are those of the first instance of the table: this one, or the
// module's own where that is in use.
function codeOf({ name }: Primitive): number {
  return builtIn(name as keyof Primitives).code;
}

/** The generated module's source text. */
export function generate(): string {
  const rows: Primitive[] = Object.values(definePrimitives(language));
  const cases = rows.flatMap(caseOf), shares = rows.flatMap(sharesOf);
  return [
    "// Generated by tools/generate_partials.ts from the rules of primitives.ts:",
    "// `deno task generate` after a change there. Not to be edited.",
    "// deno-fmt-ignore-file",
    ...[...imported].sort().map(([module, names]) =>
      `import { ${[...names].sort().join(", ")} } from "../${module}";`
    ),
    'import { evaluateRule, partials as shared } from "./user_rule.ts";',
    "",
    "// A constant of this module, whose address the compiler knows.",
    "const partials = shared;",
    "",
    "/**",
    " * Computes the partial derivatives of an operation of up to three operands, into",
    " * `partials`. An operand stands, like the result y, at an index of `values`.",
    " */",
    "export function evaluatePartials(",
    "  code: number,",
    "  values: Float64Array,",
    "  aAt: number,",
    "  bAt: number,",
    "  cAt: number,",
    "  yAt: number,",
    "): void {",
    "  switch (code) {",
    ...cases,
    "    default:",
    "      evaluateRule(code, values, aAt, bAt, yAt);",
    "  }",
    "}",
    "",
    "/** Turns the operands of an operation over a list into their weights. */",
    "export function evaluateWeights(",
    "  code: number,",
    "  numbers: Float64Array,",
    "  count: number,",
    "  largest: number,",
    "): void {",
    "  switch (code) {",
    ...shares,
    "  }",
    "}",
    "",
  ].join("\n");
}

if (import.meta.main) Deno.writeTextFileSync(PARTIALS, generate());
