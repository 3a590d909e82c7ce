// Programs as text: for who asks what was compiled, and for tests of passes.
//
//   inputs: %0, %1[]
//   %2 = 0
//   %3 = rows %1 / 2
//   %4 = loop up to %3
//     %0 = carry %2
//     %1 = stream %1[0 + 2i]
//     %2 = stream %1[1 + 2i]
//     %3 = capture %0
//     %4 = mul %1 %3
//     %5 = sub %4 %2
//     %6 = square %5
//     %7 = add %0 %6
//     next: %7
//     stack: %5
//   %5 = final %4 carry 0
//   %6 = stacked %4 list 0
//   outputs: %5, %6[]
import { builtIn, primitiveOf } from "../../primitives.ts";
import { CONSTANT, INPUT, operandsAt } from "../../tape/entries.ts";
import {
  type Address,
  CONSTANT_LIST,
  ELEMENT,
  FINAL,
  GATHER,
  isListAt,
  LENGTH,
  LIST_INPUT,
  LOOP,
  type Loop,
  type Program,
  STACKED,
  UPDATED,
  ZEROS,
} from "../../tape/loop.ts";
import { ProgramBuilder } from "../../tape/program_builder.ts";

export type {
  Address,
  Loop,
  Program,
  Stream,
  Update,
} from "../../tape/loop.ts";
export { isListAt } from "../../tape/loop.ts";
export { ProgramBuilder } from "../../tape/program_builder.ts";

/** A program in words, an entry per line and loops indented. */
export function printProgram(program: Program): string {
  const named = (entry: number) => name(program, entry);
  const inputs = Array.from({ length: program.inputs }, (_, k) => named(k));
  return [
    `inputs: ${inputs.join(", ")}`,
    ...linesOf(program),
    `outputs: ${program.outputs.map(named).join(", ")}`,
  ].join("\n");
}

function name(program: Program, entry: number): string {
  return isListAt(program, entry) ? `%${entry}[]` : `%${entry}`;
}

/** What follows the inputs. */
function linesOf(program: Program): string[] {
  const lines: string[] = [];
  for (let i = program.inputs; i < program.length; i++) {
    const [first, ...more] = definition(program, i);
    lines.push(`%${i} = ${first}`, ...more.map((line) => `  ${line}`));
  }
  return lines;
}

function definition(program: Program, i: number): string[] {
  const { codes, lefts, rights, constants, data, loops } = program;
  const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
  switch (code) {
    case INPUT:
    case LIST_INPUT:
      throw new Error("an input that does not come first");
    case CONSTANT:
      return [Object.is(constants[i], -0) ? "-0" : `${constants[i]}`];
    case CONSTANT_LIST:
      return [`data ${listed(data[left]!)}`];
    case ZEROS:
      return [`zeros %${left}`];
    case GATHER:
      return [`gather ${operandsAt(program, i).map((k) => `%${k}`).join(" ")}`];
    case LENGTH:
      return [`rows %${left} / ${right}`];
    case ELEMENT:
      return [`%${left}[${right}]`];
    case FINAL:
      return [`final %${left} carry ${right}`];
    case STACKED:
      return [`stacked %${left} list ${right}`];
    case UPDATED:
      return [`updated %${left} list ${right}`];
    case LOOP:
      return loopLines(loops[left]!);
  }
  const operands = operandsAt(program, i).map((entry) => ` %${entry}`);
  return [`${primitiveOf(code).name}${operands.join("")}`];
}

// Data may be long; a text of it need not be read back in then.
const MAX_NUMBERS = 32;

function listed(numbers: Float64Array): string {
  if (numbers.length > MAX_NUMBERS) return `of ${numbers.length} numbers`;
  return [...numbers].map((x) => Object.is(x, -0) ? "-0" : `${x}`).join(" ");
}

function loopLines(loop: Loop): string[] {
  const { body, count, down, carries, streams, slices, updates, captures } =
    loop;
  const inputs = [
    ...carries.map((entry) => `carry %${entry}`),
    ...streams.map((stream) => `stream %${stream.list}${place(stream)}`),
    ...slices.map((entry) => `slice %${entry}`),
    ...updates.flatMap(({ list, addresses }, u) =>
      addresses.map((address) => `update ${u} %${list}${place(address)}`)
    ),
    ...(loop.index ? ["index"] : []),
    ...captures.map((entry) => `capture %${entry}`),
  ];
  const results: string[] = [];
  let next = 0;
  const take = (label: string, size: number) => {
    const entries = body.outputs.slice(next, next += size);
    if (size > 0) {
      results.push(`${label}: ${entries.map((x) => name(body, x)).join(", ")}`);
    }
  };
  take("next", carries.length);
  updates.forEach(({ addresses }, u) => take(`store ${u}`, addresses.length));
  for (const width of loop.stacked) take("stack", Math.max(1, width));
  return [
    `loop ${down ? "down from" : "up to"} %${count}`,
    ...inputs.map((input, k) => `${name(body, k)} = ${input}`),
    ...linesOf(body),
    ...results,
  ];
}

function place({ offset, stride, table }: Address): string {
  return table === null
    ? `[${offset} + ${stride}i]`
    : `[${listed(Float64Array.from(table))}]`;
}

/** The program that a text of {@linkcode printProgram} describes; for tests. */
export function parseProgram(text: string): Program {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const margin = indentOf(lines[0]!);
  const reader = new Reader(lines.map((line) => line.slice(margin)));
  return reader.program();
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

class Reader {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  program(): Program {
    const builder = new ProgramBuilder();
    const inputs = this.#labelled("inputs") ?? "";
    for (const word of inputs.split(",")) {
      if (word.trim() === "") continue;
      if (word.endsWith("[]")) builder.listInput();
      else builder.input();
    }
    this.#entries(builder, 0);
    return builder.finish(entriesOf(this.#labelled("outputs")!));
  }

  /** What follows `label:` on this line; undefined if it has another. */
  #labelled(label: string): string | undefined {
    const line = this.#lines[this.#at]?.trim();
    if (line?.startsWith(`${label}:`) !== true) return undefined;
    this.#at++;
    return line.slice(label.length + 1);
  }

  #entries(builder: ProgramBuilder, indent: number): void {
    for (;;) {
      const line = this.#lines[this.#at];
      if (line === undefined || indentOf(line) !== indent) return;
      const match = /^(%\d+)(?:\[\])? = (.*)$/.exec(line.trim());
      if (match === null) return;
      this.#at++;
      const entry = this.#define(builder, match[2]!, indent);
      if (match[1] !== `%${entry}`) {
        throw new Error(`entry ${entry} is called ${match[1]}: ${line}`);
      }
    }
  }

  #define(builder: ProgramBuilder, text: string, indent: number): number {
    const [word, ...rest] = text.split(" ");
    const first = entryNamed(rest[0] ?? "");
    if (word !== "" && !Number.isNaN(Number(word))) {
      return builder.constant(Number(word));
    }
    if (word === "NaN") return builder.constant(NaN);
    const element = /^%(\d+)\[(\d+)\]$/.exec(text);
    if (element !== null) {
      return builder.element(Number(element[1]), Number(element[2]));
    }
    switch (word) {
      case "data":
        return builder.constantList(
          Float64Array.from(rest.filter((x) => x !== ""), Number),
        );
      case "zeros":
        return builder.zeros(first);
      case "gather":
        return builder.gather(rest.filter((x) => x !== "").map(entryNamed));
      case "rows":
        return builder.rows(first, Number(rest[2]));
      case "final":
        return builder.final(first, Number(rest[2]));
      case "stacked":
        return builder.stacked(first, Number(rest[2]));
      case "updated":
        return builder.updated(first, Number(rest[2]));
      case "loop":
        return builder.loop(
          this.#loop(rest[0] === "down", entryNamed(rest[2]!), indent + 2),
        );
    }
    return builder.operation(
      builtIn(word as Parameters<typeof builtIn>[0]).code,
      rest.map(entryNamed),
    );
  }

  #loop(down: boolean, count: number, indent: number): Loop {
    const body = new ProgramBuilder();
    const carries: number[] = [], captures: number[] = [];
    const streams: {
      list: number;
      offset: number;
      stride: number;
      table: Int32Array | null;
    }[] = [];
    const updates: { list: number; addresses: Address[] }[] = [];
    const slices: number[] = [];
    let index = false;
    for (;;) {
      const match =
        /^%\d+(\[\])? = (carry|stream|slice|update|index|capture) ?(.*)$/
          .exec(this.#lines[this.#at]?.trim() ?? "");
      if (match === null) break;
      this.#at++;
      if (match[1] === undefined) body.input();
      else body.listInput();
      const text = match[3]!;
      if (match[2] === "carry") carries.push(entryNamed(text));
      else if (match[2] === "slice") slices.push(entryNamed(text));
      else if (match[2] === "capture") captures.push(entryNamed(text));
      else if (match[2] === "index") index = true;
      else {
        const [, u, list, inside] = /^(?:(\d+) )?%(\d+)\[(.*)\]$/.exec(text)!;
        const address = addressOf(inside!);
        if (match[2] === "stream") {
          streams.push({ list: Number(list), ...address });
        } else {
          const update = updates[Number(u)] ??= {
            list: Number(list),
            addresses: [],
          };
          update.addresses.push(address);
        }
      }
    }
    this.#entries(body, indent);
    const outputs = entriesOf(this.#labelled("next") ?? "");
    updates.forEach((_, u) => {
      outputs.push(...entriesOf(this.#labelled(`store ${u}`)!));
    });
    const stacked: number[] = [];
    for (
      let row = this.#labelled("stack");
      row !== undefined;
      row = this.#labelled("stack")
    ) {
      const entries = entriesOf(row);
      stacked.push(row.includes("[]") ? 0 : entries.length);
      outputs.push(...entries);
    }
    return {
      body: body.finish(outputs),
      count,
      down,
      carries,
      streams,
      slices,
      updates,
      index,
      captures,
      stacked,
    };
  }
}

function addressOf(text: string): Address {
  const affine = /^(-?\d+) \+ (-?\d+)i$/.exec(text);
  if (affine === null) {
    const table = Int32Array.from(text.split(" "), Number);
    return { offset: 0, stride: 0, table };
  }
  const [, offset, stride] = affine;
  return { offset: Number(offset), stride: Number(stride), table: null };
}

function entriesOf(text: string): number[] {
  return text.split(",").filter((x) => x.trim() !== "").map(entryNamed);
}

function entryNamed(text: string): number {
  return Number(/%(\d+)/.exec(text)?.[1] ?? NaN);
}
