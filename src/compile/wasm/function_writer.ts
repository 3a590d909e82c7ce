import { Bulk, Bytes, type FunctionBody, Op, Type } from "./encode.ts";

// Integers up to here are one byte.
const MOST_SHORT = 63;

/** Writes one function: its instructions, and the locals that they use. */
export class FunctionWriter {
  readonly #code = new Bytes();
  readonly #parameters: number;
  /** The types of the locals after the parameters. */
  readonly #locals: number[] = [];

  /** @param parameters How many i32 it takes. */
  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** A new local of a type. */
  local(type: number): number {
    return this.#parameters + this.#locals.push(type) - 1;
  }

  op(code: number): void {
    this.#code.byte(code);
  }

  get(local: number): void {
    this.#code.byte(Op.localGet);
    this.#code.unsigned(local);
  }

  set(local: number): void {
    this.#code.byte(Op.localSet);
    this.#code.unsigned(local);
  }

  tee(local: number): void {
    this.#code.byte(Op.localTee);
    this.#code.unsigned(local);
  }

  integer(value: number): void {
    this.#code.byte(Op.i32Const);
    this.#code.signed(value);
  }

  /** Puts a number on the stack; small integers take a third of the bytes as what they are converted from. */
  float(value: number): void {
    // −0 is no integer.
    if (Object.is(value, value & MOST_SHORT)) {
      this.integer(value);
      return this.op(Op.f64ConvertI32U);
    }
    this.#code.byte(Op.f64Const);
    this.#code.float(value);
  }

  /** A load or store, so many bytes from an address on the stack. */
  access(op: number, bytes: number): void {
    this.#code.byte(op);
    this.#code.unsigned(op === Op.i32Load || op === Op.i32Store ? 2 : 3);
    this.#code.unsigned(bytes);
  }

  call(index: number): void {
    this.#code.byte(Op.call);
    this.#code.unsigned(index);
  }

  begin(op: number): void {
    this.#code.byte(op);
    this.#code.byte(Type.none);
  }

  end(): void {
    this.#code.byte(Op.end);
  }

  branchIf(depth: number): void {
    this.#code.byte(Op.branchIf);
    this.#code.unsigned(depth);
  }

  /** Copies bytes: target, source and count are on the stack. */
  copy(): void {
    this.#code.byte(Op.bulk);
    this.#code.unsigned(Bulk.memoryCopy);
    this.#code.byte(0);
    this.#code.byte(0);
  }

  /** Fills bytes: target, byte and count are on the stack. */
  fill(): void {
    this.#code.byte(Op.bulk);
    this.#code.unsigned(Bulk.memoryFill);
    this.#code.byte(0);
  }

  /** Grows the memory until it has the byte before that in a local. */
  growTo(local: number): void {
    const pages = this.local(Type.i32);
    this.get(local);
    this.integer(65535);
    this.op(Op.i32Add);
    this.integer(16);
    this.op(Op.i32ShrU);
    this.tee(pages);
    this.#memory(Op.memorySize);
    this.op(Op.i32GtU);
    this.begin(Op.if);
    this.get(pages);
    this.#memory(Op.memorySize);
    this.op(Op.i32Sub);
    this.#memory(Op.memoryGrow);
    this.op(Op.drop);
    this.end();
  }

  #memory(op: number): void {
    this.#code.byte(op);
    this.#code.byte(0);
  }

  /** The function as it is written. */
  body(): FunctionBody {
    const code = new Bytes(), runs: [type: number, count: number][] = [];
    for (const type of this.#locals) {
      const last = runs.at(-1);
      if (last?.[0] === type) last[1]++;
      else runs.push([type, 1]);
    }
    code.unsigned(runs.length);
    for (const [type, count] of runs) {
      code.unsigned(count);
      code.byte(type);
    }
    code.append(this.#code.view());
    code.byte(Op.end);
    return { parameters: this.#parameters, code: code.view() };
  }
}
