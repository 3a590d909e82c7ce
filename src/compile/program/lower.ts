// Programs with loops through the builder: operations lowered, folded and shared,
// in bodies too, and what stays the same from row to row taken out of its loop.
import { CONSTANT, fieldsOf, INPUT, operandsAt } from "../../tape/entries.ts";
import {
  CONSTANT_LIST,
  ELEMENT,
  FINAL,
  FIRST_LOOP_CODE,
  GATHER,
  LENGTH,
  LIST_INPUT,
  LOOP,
  type Loop,
  type Program,
  STACKED,
  UPDATED,
  withOperands,
  ZEROS,
} from "../../tape/loop.ts";
import { builtIn, primitiveOf } from "../../primitives.ts";
import { Builder, type Ordered } from "./builder.ts";
import { inputsOf, isInvariantCarry, outputsOf } from "./layout.ts";
import { type Assumed, assumedOf } from "./minus_zero.ts";
import { neededEntries } from "./uses.ts";

/**
 * A program in the builder's order: lowered, folded, shared, and its loops'
 * invariants hoisted.
 *
 * @param assumed What is known of its inputs.
 */
export function lowered(program: Program, assumed?: Assumed): Ordered {
  const { inputs, codes, length, outputs } = program;
  const builder = new Builder(
    codes.subarray(0, inputs),
    length - inputs,
    assumed,
  );
  const renamed = replay(
    program,
    builder,
    Array.from({ length: inputs }, (_, k) => k),
    outputs,
  );
  return builder.finish(outputs.map((entry) => renamed[entry]!));
}

/**
 * Appends what some entries of a program need.
 *
 * @param inputs What stands for the program's inputs.
 * @returns By entry of the program, that of the builder.
 */
export function replay(
  program: Program,
  builder: Builder,
  inputs: readonly number[],
  wanted: readonly number[],
): Int32Array {
  const needed = neededEntries(program, wanted, program.length);
  const renamed = new Int32Array(program.length).fill(-1);
  renamed.set(inputs);
  const rename = (entry: number) => renamed[entry]!;
  for (let i = inputs.length; i < program.length; i++) {
    if (needed[i] === 1) renamed[i] = append(program, i, builder, rename);
  }
  return renamed;
}

/** Appends entry i of a program, whose operands are there. */
export function append(
  program: Program,
  i: number,
  builder: Builder,
  rename: (entry: number) => number,
): number {
  const { codes, lefts, rights, constants, data, loops } = program;
  const code = codes[i]!, left = lefts[i]!, right = rights[i]!;
  if (code === CONSTANT) return builder.constant(constants[i]!);
  if (code >= FIRST_LOOP_CODE) {
    switch (code) {
      case CONSTANT_LIST:
        return builder.constantList(data[left]!);
      case GATHER:
        return builder.gather(operandsAt(program, i).map(rename));
      case LOOP:
        return appendLoop(withOperands(loops[left]!, rename), builder);
      default:
        return project(builder, code, rename(left), right);
    }
  }
  const primitive = primitiveOf(code);
  return primitive.arity === "list"
    ? builder.lower(primitive, operandsAt(program, i).map(rename))
    : builder.lower2(
      primitive,
      rename(left),
      primitive.arity === 2 ? rename(right) : 0,
    );
}

/** What an entry says of a list or a loop, where that is known: the constant, the operand, the count; of equal results, the first. */
export function project(
  builder: Builder,
  code: number,
  operand: number,
  k: number,
): number {
  const from = builder.codeOf(operand);
  if (code === ELEMENT) {
    if (from === GATHER) return builder.listOperand(operand, k);
    if (from === ZEROS) return builder.constant(0);
    if (from === CONSTANT_LIST) {
      return builder.constant(builder.dataOf(operand)[k]!);
    }
    if (from === STACKED) {
      const element = elementOfStacked(builder, operand, k);
      if (element >= 0) return element;
    }
  } else if (code === LENGTH) {
    return lengthOf(builder, operand, k);
  } else if (code === FINAL && builder.codeOf(operand) === LOOP) {
    const loop = builder.loopOf(operand);
    if (isInvariantCarry(loop, k)) return loop.carries[k]!;
    return builder.project(code, operand, firstOfEqualCarries(loop)[k]!);
  }
  return builder.project(code, operand, k);
}

/** Number k of a list that a loop stacks, if it is a number of a list that the loop reads, or known; −1 if not. */
function elementOfStacked(
  builder: Builder,
  stacked: number,
  k: number,
): number {
  const loop = builder.loopOf(builder.operandOf(stacked, 0));
  const list = builder.operandOf(stacked, 1), width = loop.stacked[list]!;
  if (width === 0) return -1;
  const { body, streams } = loop, { codes, constants } = body;
  const output = body.outputs[outputsOf(loop).stacked[list]! + k % width]!;
  const { streams: from, slices: to } = inputsOf(loop);
  const isRead = (entry: number) =>
    entry >= from && entry < to || codes[entry] === CONSTANT;
  // Most are asked for in vain, and many at a time.
  if (!isRead(output) && !isOperationOn(body, output, isRead)) return -1;
  const row = Math.floor(k / width);
  const read = (entry: number): number => {
    if (codes[entry] === CONSTANT) return builder.constant(constants[entry]!);
    const { list, offset, stride, table } = streams[entry - from]!;
    const place = table?.[row] ?? offset + stride * row;
    return place < 0 ? -1 : project(builder, ELEMENT, list, place);
  };
  if (isRead(output)) return read(output);
  const operands = operandsAt(body, output).map(read);
  const areKnown = operands.every((operand) =>
    operand >= 0 && builder.constantAt(operand) !== undefined
  );
  return areKnown ? builder.lower(primitiveOf(codes[output]!), operands) : -1;
}

/** Whether an entry of a body is an operation of one or two operands, all of which are such. */
function isOperationOn(
  { codes, lefts, rights }: Program,
  i: number,
  isSuch: (entry: number) => boolean,
): boolean {
  const fields = codes[i]! < FIRST_LOOP_CODE ? fieldsOf(codes[i]!) : 0;
  return (fields === 1 || fields === 2 && isSuch(rights[i]!)) &&
    isSuch(lefts[i]!);
}

/** The number of rows of a list: an entry that all lists of as many rows have in common. */
function lengthOf(builder: Builder, list: number, width: number): number {
  switch (builder.codeOf(list)) {
    case CONSTANT_LIST:
      return builder.constant(builder.dataOf(list).length / width);
    case GATHER:
      return builder.constant(builder.listLength(list) / width);
    case ZEROS:
      return lengthOf(builder, builder.operandOf(list, 0), width);
    case UPDATED: {
      const loop = builder.loopOf(builder.operandOf(list, 0));
      const { list: before } = loop.updates[builder.operandOf(list, 1)]!;
      return lengthOf(builder, before, width);
    }
    case FINAL: {
      const loop = builder.loopOf(builder.operandOf(list, 0));
      const before = loop.carries[builder.operandOf(list, 1)]!;
      return lengthOf(builder, before, width);
    }
    case STACKED: {
      const loop = builder.loopOf(builder.operandOf(list, 0));
      const own = loop.stacked[builder.operandOf(list, 1)]!;
      if (own > 0 && own % width === 0) {
        return builder.op("mul", loop.count, builder.constant(own / width));
      }
    }
  }
  return builder.project(LENGTH, list, width);
}

const firstCarries = new WeakMap<Loop, readonly number[]>();

/** By carry: the first of those that begin and go on as it does. */
function firstOfEqualCarries(loop: Loop): readonly number[] {
  let firsts = firstCarries.get(loop);
  if (firsts === undefined) {
    const byEntries = new Map<string, number>();
    firsts = loop.carries.map((entry, k) => {
      const key = `${entry} ${loop.body.outputs[k]}`;
      const first = byEntries.get(key) ?? k;
      byEntries.set(key, first);
      return first;
    });
    firstCarries.set(loop, firsts);
  }
  return firsts;
}

// Bodies that are as appending a loop leaves them: to append it again changes
// them only if something that they capture is constant now, or captured twice.
const settled = new WeakSet<Program>();

/** Whether a loop's body is as it would be after appending it. */
function isSettled({ body, captures }: Loop, builder: Builder): boolean {
  return settled.has(body) &&
    captures.every((entry) => builder.constantAt(entry) === undefined) &&
    new Set(captures).size === captures.length;
}

/** Appends a loop whose operands are there already: its body lowered, and less what stays the same. */
export function appendLoop(loop: Loop, builder: Builder): number {
  if (isSettled(loop, builder)) return builder.loop(loop);
  const at = inputsOf(loop);
  const body = lowered(
    withCarriesAsTheyAre(
      { ...loop, body: withConstants(loop, builder) },
      builder,
    ),
    assumedOf(loop, (entry, sign) => builder.hasSign(entry, sign)),
  );
  // By entry of the body, what stands for it outside, if it stays the same.
  const outside = new Int32Array(body.length).fill(-1);
  loop.captures.forEach((entry, k) => outside[at.captures + k] = entry);
  loop.carries.forEach((entry, k) => {
    if (isInvariantCarry({ ...loop, body }, k)) outside[k] = entry;
  });
  for (let i = body.inputs; i < body.length; i++) {
    if (body.codes[i] === CONSTANT) {
      outside[i] = builder.constant(body.constants[i]!);
      continue;
    }
    let stays = true;
    for (const operand of operandsAt(body, i)) {
      if (outside[operand]! < 0) stays = false;
    }
    if (stays) {
      outside[i] = append(body, i, builder, (entry) => outside[entry]!);
    }
  }
  // What the body still does: with these captures, each once.
  const inside = neededInside(body, outside);
  const captures: number[] = [];
  const capturedBy = new Map<number, number>();
  for (const i of inside.taken) {
    if (builder.constantAt(outside[i]!) !== undefined) continue;
    if (capturedBy.has(outside[i]!)) continue;
    capturedBy.set(outside[i]!, captures.length);
    captures.push(outside[i]!);
  }
  const kinds = [
    ...body.codes.subarray(0, at.captures),
    ...captures.map((entry) => builder.isListAt(entry) ? LIST_INPUT : INPUT),
  ];
  const rest = new Builder(kinds, body.length - body.inputs);
  const renamed = new Int32Array(body.length).fill(-1);
  for (let k = 0; k < at.captures; k++) renamed[k] = k;
  const rename = (entry: number): number => {
    if (outside[entry]! < 0) return renamed[entry]!;
    const constant = builder.constantAt(outside[entry]!);
    return constant === undefined
      ? at.captures + capturedBy.get(outside[entry]!)!
      : rest.constant(constant);
  };
  for (let i = body.inputs; i < body.length; i++) {
    if (inside.needed[i] === 1) renamed[i] = append(body, i, rest, rename);
  }
  const changed = rest.finish(body.outputs.map(rename));
  settled.add(changed);
  return builder.loop({ ...loop, captures, body: changed });
}

/** What has to be done for each row, and which of the rest it takes. */
function neededInside(
  body: Ordered,
  outside: Int32Array,
): { needed: Uint8Array; taken: number[] } {
  const needed = new Uint8Array(body.length), taken = new Set<number>();
  const want = (entry: number) => {
    if (outside[entry]! >= 0) taken.add(entry);
    else needed[entry] = 1;
  };
  for (const entry of body.outputs) want(entry);
  for (let i = body.length - 1; i >= body.inputs; i--) {
    if (needed[i] === 1) operandsAt(body, i).forEach(want);
  }
  return { needed, taken: [...taken].sort((a, b) => a - b) };
}

/** The body, with what it captures that is constant as its own constants. */
function withConstants(loop: Loop, builder: Builder): Program {
  const { body, captures } = loop, at = inputsOf(loop).captures;
  const constants = captures.map((entry) => builder.constantAt(entry));
  if (constants.every((constant) => constant === undefined)) return body;
  const inner = new Builder(body.codes.subarray(0, body.inputs), body.length);
  const inputs = Array.from({ length: body.inputs }, (_, k) => {
    const constant = constants[k - at];
    return constant === undefined ? k : inner.constant(constant);
  });
  const renamed = replay(body, inner, inputs, body.outputs);
  return inner.finish(body.outputs.map((entry) => renamed[entry]!));
}

/**
 * The body, with a carry itself in place of a choice between it and what it is
 * before the first row, by a carry that says whether there was a row: derivatives
 * choose so where nothing may come of what was never added to.
 */
function withCarriesAsTheyAre(loop: Loop, builder: Builder): Program {
  const { body, carries } = loop;
  const { codes, lefts, lists, constants, outputs } = body;
  const first = carries.map((entry) => builder.constantAt(entry));
  const isConstant = (entry: number) => codes[entry] === CONSTANT;
  const tellsOfRows = carries.map((_, k) =>
    first[k] === 0 && isConstant(outputs[k]!) && constants[outputs[k]!] !== 0
  );
  if (!tellsOfRows.includes(true)) return body;
  const { code: select } = builtIn("select");
  const inner = new Builder(codes.subarray(0, body.inputs), body.length);
  const renamed = Int32Array.from({ length: body.length }, (_, k) => k);
  const rename = (entry: number) => renamed[entry]!;
  for (let i = body.inputs; i < body.length; i++) {
    const [told, chosen, other] = codes[i] === select
      ? lists.subarray(lefts[i]!, lefts[i]! + 3)
      : [];
    renamed[i] = tellsOfRows[told!] === true && isConstant(other!) &&
        Object.is(first[chosen!], constants[other!])
      ? rename(chosen!)
      : append(body, i, inner, rename);
  }
  return inner.finish(outputs.map(rename));
}
