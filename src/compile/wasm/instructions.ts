// Which operations are instructions of WebAssembly, and which it calls back for.
import { builtIn, type Primitive, primitiveOf } from "../../primitives.ts";
import { FIRST_OPERATION } from "../../tape/entries.ts";
import { FIRST_LOOP_CODE } from "../../tape/loop.ts";
import type { Ordered } from "../program/builder.ts";
import { type FunctionImport, Op, Type } from "./encode.ts";

/** An operation that the code calls back for. */
export interface ImportedPrimitive extends FunctionImport {
  readonly primitive: Primitive;
}

type Name = Parameters<typeof builtIn>[0];

/** Operations that are one instruction. */
const PLAIN: readonly (readonly [Name, number])[] = [
  ["add", Op.f64Add],
  ["sub", Op.f64Sub],
  ["mul", Op.f64Mul],
  ["div", Op.f64Div],
  ["min", Op.f64Min],
  ["max", Op.f64Max],
  ["neg", Op.f64Neg],
  ["abs", Op.f64Abs],
  ["sqrt", Op.f64Sqrt],
  ["ceil", Op.f64Ceil],
  ["floor", Op.f64Floor],
];
/** Operations that are one instruction, whose result is an i32. */
const COMPARISONS: typeof PLAIN = [
  ["lt", Op.f64Lt],
  ["le", Op.f64Le],
  ["gt", Op.f64Gt],
  ["ge", Op.f64Ge],
  ["eq", Op.f64Eq],
];

/** Instructions by the code of their operation. */
export interface Instructions {
  readonly plain: ReadonlyMap<number, number>;
  readonly comparisons: ReadonlyMap<number, number>;
  readonly select: number;
}

let table: Instructions | undefined;

/** The instructions of operations. */
export function instructions(): Instructions {
  const byCode = (rows: typeof PLAIN) =>
    new Map(rows.map(([name, op]) => [builtIn(name).code, op]));
  return table ??= {
    plain: byCode(PLAIN),
    comparisons: byCode(COMPARISONS),
    select: builtIn("select").code,
  };
}

/** Whether an operation is a call with a list of operands. */
export function isListCall(code: number): boolean {
  return code >= FIRST_OPERATION && code < FIRST_LOOP_CODE &&
    primitiveOf(code).arity === "list" && code !== instructions().select;
}

/** The operations of a program, its loops' bodies included, that are no instructions; each once. */
export function importsOf(program: Ordered): ImportedPrimitive[] {
  const { plain, comparisons, select } = instructions();
  const imports = new Map<number, ImportedPrimitive>();
  const seen = new Set<number>();
  const visit = ({ codes, first, length, loops }: Ordered): void => {
    for (let i = first; i < length; i++) {
      const code = codes[i]!;
      if (code >= FIRST_LOOP_CODE || seen.has(code)) continue;
      seen.add(code);
      if (code === select || plain.has(code) || comparisons.has(code)) continue;
      const primitive = primitiveOf(code);
      const { name, arity, value } = primitive;
      const isMath =
        (Math as unknown as Record<string, unknown>)[name] === value;
      imports.set(code, {
        primitive,
        module: isMath ? "Math" : "chainrule",
        // An engine gets it as UTF-8, which knows no lone surrogate.
        name: isMath ? name : `${name.replace(/\p{Cs}/gu, "\ufffd")}:${code}`,
        // An operation over a list gets its address and its length.
        parameters: arity === "list"
          ? [Type.i32, Type.i32]
          : new Array(arity).fill(Type.f64),
      });
    }
    for (const { body } of loops) visit(body as Ordered);
  };
  visit(program);
  return [...imports.values()];
}

/** The longest list that an operation is called with. */
export function longestCall(
  { codes, first, length, rights, loops }: Ordered,
): number {
  let longest = 0;
  for (let i = first; i < length; i++) {
    if (isListCall(codes[i]!)) longest = Math.max(longest, rights[i]!);
  }
  for (const { body } of loops) {
    longest = Math.max(longest, longestCall(body as Ordered));
  }
  return longest;
}
