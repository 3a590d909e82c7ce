import { ADD, builtIn, DIV, MUL } from "../../primitives.ts";
import { fieldsOf, INPUT, LIST } from "../../tape/entries.ts";
import {
  CONSTANT_LIST,
  LIST_DOT,
  LIST_INPUT,
  LIST_LOG_SUM_EXP,
  LIST_MEAN,
  LIST_SUM,
  LOOP,
  type Loop,
  type Program,
  STACKED,
  withOperands,
} from "../../tape/loop.ts";
import { ProgramBuilder } from "../../tape/program_builder.ts";

type BodyStep = (
  body: ProgramBuilder,
  carries: readonly number[],
  numbers: readonly number[],
  captures: readonly number[],
) => readonly number[];

/**
 * Operations over whole lists as loops, number by number as the functions of
 * numbers do: with the same bits.
 */
export function lowerLists(program: Program): Program {
  const { codes, lefts, rights, lists, constants, data, outputs } = program;
  const builder = new ProgramBuilder(program.length);
  const renamed: number[] = [];
  const rename = (entry: number): number => renamed[entry]!;
  for (let i = 0; i < program.length; i++) {
    const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
    renamed.push(define(code, left, right, constants[i]!));
  }
  return builder.finish(outputs.map(rename));

  /** The number of rows of a list of numbers: of one that a loop made, that of the loop's. */
  function countOf(list: number): number {
    if (codes[list] === STACKED) {
      const { count, stacked } = program.loops[lefts[lefts[list]!]!]!;
      if (stacked[rights[list]!] === 1) return rename(count);
    }
    return builder.rows(rename(list), 1);
  }

  function define(
    code: number,
    left: number,
    right: number,
    constant: number,
  ): number {
    switch (code) {
      case INPUT:
        return builder.input();
      case LIST_INPUT:
        return builder.listInput();
      case CONSTANT_LIST:
        return builder.constantList(data[left]!);
      case LOOP: {
        const loop = withOperands(program.loops[left]!, rename);
        return builder.loop({ ...loop, body: lowerLists(loop.body) });
      }
      case LIST_SUM:
        return sumOf(builder, rename(left), countOf(left));
      case LIST_MEAN: {
        const count = countOf(left);
        const sum = sumOf(builder, rename(left), count);
        return builder.operation(DIV, [sum, count]);
      }
      case LIST_DOT:
        return fold(
          builder,
          countOf(left),
          [rename(left), rename(right)],
          [builder.constant(0)],
          [],
          (body, [so], numbers) => [
            body.operation(ADD, [so!, body.operation(MUL, numbers)]),
          ],
        )[0]!;
      case LIST_LOG_SUM_EXP:
        return logSumExpOf(builder, rename(left), countOf(left));
    }
    const fields = fieldsOf(code);
    if (fields === LIST) {
      const operands = lists.subarray(left, left + right);
      return builder.list(code, Array.from(operands, rename));
    }
    return builder.append(
      code,
      fields > 0 ? rename(left) : left,
      fields === 2 ? rename(right) : right,
      constant,
    );
  }
}

function sumOf(builder: ProgramBuilder, list: number, count: number): number {
  return fold(
    builder,
    count,
    [list],
    [builder.constant(0)],
    [],
    (body, [so], [x]) => [body.operation(ADD, [so!, x!])],
  )[0]!;
}

/**
 * See `logSumExp` of the special functions. Its terms are those of its partial
 * derivatives, which are computed in the same loops then: that an infinity stands
 * for 1 there does not matter to what is infinite itself.
 */
function logSumExpOf(
  builder: ProgramBuilder,
  list: number,
  count: number,
): number {
  const op = (to: ProgramBuilder, name: Name, ...operands: number[]) =>
    to.operation(builtIn(name).code, operands);
  // The largest, NaN if there is one, and the number of the first row that has it.
  const [largest, at] = fold(
    builder,
    count,
    [list],
    [builder.constant(-Infinity), builder.constant(-1)],
    [],
    (body, [largest, at], [x, row]) => [
      op(body, "max", largest!, x!),
      op(body, "select", op(body, "gt", x!, largest!), row!, at!),
    ],
  );
  const [rest] = fold(
    builder,
    count,
    [list],
    [builder.constant(0)],
    [largest!, at!],
    (body, [rest], [x, row], [largest, at]) => {
      const infinity = body.constant(Infinity);
      const areInfinite = op(
        body,
        "mul",
        op(body, "eq", x!, largest!),
        op(body, "eq", op(body, "abs", x!), infinity),
      );
      const below = op(body, "sub", x!, largest!);
      const zero = body.constant(0);
      const term = op(
        body,
        "exp",
        op(body, "select", areInfinite, zero, below),
      );
      const sum = op(body, "add", rest!, term);
      return [op(body, "select", op(body, "eq", row!, at!), rest!, sum)];
    },
  );
  const isInfinite = op(
    builder,
    "eq",
    op(builder, "abs", largest!),
    builder.constant(Infinity),
  );
  const finite = op(builder, "add", largest!, op(builder, "log1p", rest!));
  return op(builder, "select", isInfinite, largest!, finite);
}

type Name = Parameters<typeof builtIn>[0];

/** The last states of a fold over lists of one length; a row has their numbers, and then its own. */
function fold(
  builder: ProgramBuilder,
  count: number,
  lists: readonly number[],
  initial: readonly number[],
  captures: readonly number[],
  step: BodyStep,
): number[] {
  const body = new ProgramBuilder();
  const carried = initial.map(() => body.input());
  const numbers = [...lists.map(() => body.input()), body.input()];
  const captured = captures.map(() => body.input());
  const loop: Loop = {
    body: body.finish(step(body, carried, numbers, captured)),
    count,
    down: false,
    carries: initial,
    streams: lists.map((list) => ({ list, offset: 0, stride: 1, table: null })),
    slices: [],
    updates: [],
    index: true,
    captures,
    stacked: [],
  };
  const entry = builder.loop(loop);
  return initial.map((_, k) => builder.final(entry, k));
}
