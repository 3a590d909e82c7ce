// The grammar of formulas, from what binds loosest to what binds tightest:
//
//     comparison = sum [("<" | "<=" | ">" | ">=" | "==") sum]
//     sum        = product {("+" | "-") product}
//     product    = signed {("*" | "/") signed}
//     signed     = "-" signed | power
//     power      = value [("^" | "**") signed]
//     value      = number | "pi" | "e" | placeholder | "(" comparison ")"
//                | operation "(" comparison {"," comparison} ")"
//
// So powers bind from the right and above a sign: −x² is −(x²), and 2⁻ˣ needs no
// parentheses.
import { fromUser } from "../stack.ts";
import { meaningOf, namesLike, type Operation } from "./names.ts";
import { apply, type Term } from "./terms.ts";

/** How a placeholder is shown. No formula has this otherwise: `$` stands nowhere in one. */
const PLACEHOLDER = "${…}";

/**
 * What a formula computes.
 *
 * @param parts The source between the placeholders, as it is written.
 * @throws {SyntaxError} If it is not a formula: shows it, and where it goes wrong.
 */
export function parse(parts: readonly string[]): Term {
  return new Parser(parts.join(PLACEHOLDER)).formula();
}

type Kind = "number" | "name" | "placeholder" | "symbol" | "end";

interface Token {
  readonly kind: Kind;
  readonly text: string;
  /** Where in the source it begins. */
  readonly at: number;
}

const TOKEN =
  /(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<placeholder>\$\{…\})|\*\*|[<>=]=|[^]/uy;
const SPACE = /\s*/y;

const SUMS = /* @__PURE__ */ operators({ "+": "add", "-": "sub" });
const PRODUCTS = /* @__PURE__ */ operators({ "*": "mul", "/": "div" });
const COMPARISONS = /* @__PURE__ */ operators({
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
  "==": "eq",
});
const NEG = /* @__PURE__ */ operationNamed("neg");
const POW = /* @__PURE__ */ operationNamed("pow");
const SQUARE = /* @__PURE__ */ operationNamed("square");

function operators(
  names: Readonly<Record<string, string>>,
): ReadonlyMap<string, Operation> {
  return new Map(
    Object.entries(names).map(([symbol, name]) => [
      symbol,
      operationNamed(name),
    ]),
  );
}

function operationNamed(name: string): Operation {
  return meaningOf(name) as Operation;
}

const VALUE = `a number, ${PLACEHOLDER}, a name, "-" or "("`;

/** Reads one formula, a token ahead. */
class Parser {
  readonly #source: string;
  #next: Token;
  #placeholders = 0;

  constructor(source: string) {
    this.#source = source;
    this.#next = this.#read(0);
  }

  formula(): Term {
    const term = this.#comparison();
    if (this.#next.kind !== "end") throw this.#wrong("an operator or the end");
    return term;
  }

  #comparison(): Term {
    const left = this.#sum(), compare = this.#operator(COMPARISONS);
    if (compare === undefined) return left;
    const term = apply(compare, [left, this.#sum()]);
    if (COMPARISONS.has(this.#next.text)) {
      throw this.#wrong("one comparison; for two, write (a < b) * (b < c)");
    }
    return term;
  }

  #sum(): Term {
    let term = this.#product(), operation;
    while ((operation = this.#operator(SUMS)) !== undefined) {
      term = apply(operation, [term, this.#product()]);
    }
    return term;
  }

  #product(): Term {
    let term = this.#signed(), operation;
    while ((operation = this.#operator(PRODUCTS)) !== undefined) {
      term = apply(operation, [term, this.#signed()]);
    }
    return term;
  }

  #signed(): Term {
    return this.#skip("-") ? apply(NEG, [this.#signed()]) : this.#power();
  }

  #power(): Term {
    const base = this.#value();
    if (!this.#skip("^") && !this.#skip("**")) return base;
    const exponent = this.#signed();
    return exponent.kind === "constant" && exponent.value === 2
      ? apply(SQUARE, [base])
      : apply(POW, [base, exponent]);
  }

  #value(): Term {
    const { kind, text } = this.#next;
    switch (kind) {
      case "number":
        this.#advance();
        return { kind: "constant", value: Number(text) };
      case "placeholder":
        this.#advance();
        return { kind: "placeholder", index: this.#placeholders++ };
      case "name":
        return this.#named(text);
    }
    if (!this.#skip("(")) throw this.#wrong(VALUE);
    const term = this.#comparison();
    this.#close();
    return term;
  }

  #named(name: string): Term {
    const meaning = meaningOf(name);
    if (meaning === undefined) {
      const like = namesLike(name).join(" or ");
      throw this.#wrong(
        "an operation, pi or e" + (like && `; did you mean ${like}?`),
      );
    }
    this.#advance();
    if (typeof meaning === "number") {
      return { kind: "constant", value: meaning };
    }
    if (!this.#skip("(")) throw this.#wrong(`"(" after ${name}`);
    const operands: Term[] = [], count = meaning.length;
    do operands.push(this.#comparison()); while (
      operands.length < count && this.#skip(",")
    );
    if (operands.length < count && this.#next.text === ")") {
      throw this.#wrong(`operand ${operands.length + 1} of ${name}`);
    }
    if (this.#next.text === ",") {
      const taken = count === 1 ? "1 operand" : `${count} operands`;
      throw this.#wrong(`")", as ${name} takes ${taken}`);
    }
    this.#close();
    return apply(meaning, operands);
  }

  #close(): void {
    if (!this.#skip(")")) throw this.#wrong('an operator or ")"');
  }

  /** The operation of the next token, if that is one of these operators: then it is read. */
  #operator(table: ReadonlyMap<string, Operation>): Operation | undefined {
    const operation = table.get(this.#next.text);
    if (operation !== undefined) this.#advance();
    return operation;
  }

  /** Reads a symbol if it is the next token. */
  #skip(symbol: string): boolean {
    if (this.#next.text !== symbol) return false;
    this.#advance();
    return true;
  }

  #advance(): void {
    const { at, text } = this.#next;
    this.#next = this.#read(at + text.length);
  }

  /** The token from a place on. */
  #read(from: number): Token {
    SPACE.lastIndex = from;
    SPACE.exec(this.#source);
    const at = TOKEN.lastIndex = SPACE.lastIndex;
    const match = TOKEN.exec(this.#source);
    if (match === null) return { kind: "end", text: "", at: from };
    const kind = Object.entries(match.groups!).find(([, text]) => text)?.[0];
    return { kind: (kind ?? "symbol") as Kind, text: match[0], at };
  }

  /** The SyntaxError for the next token. */
  #wrong(expected: string): SyntaxError {
    const { kind, text, at } = this.#next;
    const found = kind === "end"
      ? "the end"
      : kind === "name"
      ? `the name ${text}`
      : kind === "number" || kind === "placeholder"
      ? text
      : JSON.stringify(text);
    return fromUser(() =>
      new SyntaxError(
        `Cannot read formula: here is ${found}, expected ${expected}\n\n` +
          pointedAt(this.#source, at),
      )
    );
  }
}

/** The source with a caret under a place. */
function pointedAt(source: string, at: number): string {
  const start = source.lastIndexOf("\n", at - 1) + 1;
  const found = source.indexOf("\n", at),
    end = found < 0 ? source.length : found;
  // Tabs stay, so that the caret comes to stand where the place does.
  const caret = source.slice(start, at).replace(/[^\t]/gu, " ") + "^";
  return [source.slice(0, end), caret, source.slice(end + 1)]
    .filter((text, k) => k < 2 || text !== "")
    .flatMap((text) => text.split("\n"))
    .map((line) => `  ${line}`)
    .join("\n");
}
