import { rangeError, typeError, wrongKind } from "../errors.ts";
import { host } from "../host.ts";
import { INPUT } from "../tape/entries.ts";
import { Interpreter } from "./interpreter.ts";
import { type ListPlace, Memory, type Region } from "./memory.ts";
import type { Ordered as Program } from "./program/builder.ts";
import { isListAt, printProgram } from "./program/program.ts";
import { operationsDone, operationsOf } from "./program/optimise.ts";
import { generate, outputCopies } from "./wasm/generate.ts";
import { LoadedProgram } from "./wasm/load.ts";
import { Plan } from "./wasm/scopes.ts";

/**
 * A program as a WebAssembly module of its own, to be run by any engine: a Worker
 * of a page, a process in Python or Rust, a partition of a cluster.
 *
 * An engine instantiates `bytes` with the functions that it imports, writes the
 * inputs to the exported `memory`, calls `run()`, and reads the outputs.
 *
 * A program over lists of any length takes the number of rows at each run. Before
 * inputs are written, the engine calls `place(listsAt, length, length, …)` with the
 * number of numbers of each list, in order of the arguments; the memory is then
 * large enough, and an address of each list stands at its byte of `listInputs`. A
 * sum over rows is the sum over parts of the rows, and so is its gradient: each
 * engine may take a share, and the results are added up.
 *
 * @category Compilation
 *
 * @example A sum over rows, by parts
 * ```ts
 * import { assertAlmostEquals } from "@std/assert";
 * import {
 *   compile, map, mul, rows, type Scalar, square, sub, sum, valueAndGrad,
 * } from "@chainrule/autograd";
 *
 * const loss = (slope: Scalar, data: Scalar[]) =>
 *   sum(map(rows(data, 2), ([x, y]) => square(sub(mul(slope, x!), y!))));
 * const f = compile(valueAndGrad(loss));
 * const data = Float64Array.of(1, 2, 2, 3, 3, 7);
 * const module = f.program(2, data).wasm();
 *
 * // What an engine does: this, in a Worker or anywhere.
 * const { exports } = new WebAssembly.Instance(
 *   new WebAssembly.Module(module.bytes),
 * );
 * const memory = exports["memory"] as WebAssembly.Memory;
 * const run = exports["run"] as () => void;
 * const place = exports["place"] as (...lengths: number[]) => void;
 * const part = (slope: number, share: Float64Array) => {
 *   place(module.listsAt, share.length);
 *   const { buffer } = memory;
 *   const [address] = new Uint32Array(buffer, module.listInputs[0], 1);
 *   new Float64Array(buffer, address, share.length).set(share);
 *   new Float64Array(buffer, module.inputs, 1)[0] = slope;
 *   run();
 *   return new Float64Array(buffer, module.outputs, 2).slice();
 * };
 * const one = part(2, data.slice(0, 4)), other = part(2, data.slice(4));
 * const { value, gradient } = f(2, data);
 * assertAlmostEquals(one[0]! + other[0]!, value);
 * assertAlmostEquals(one[1]! + other[1]!, gradient);
 * ```
 */
export interface WasmModule {
  /**
   * The module. It exports `memory` and `run()`, and imports the functions of
   * `Math` it uses from the module "Math"; those that are not of `Math`, from
   * the module "chainrule". Over lists of any length, it exports `place`, too.
   */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The byte of its memory where the inputs begin, one float64 each, in order; those in lists of any length stand elsewhere. */
  readonly inputs: number;
  /** The byte of its memory where the outputs begin, less those that are lists of any length. */
  readonly outputs: number;
  /** The byte from which on lists of any length may be. */
  readonly listsAt: number;
  /** Of each list of any length among the arguments: the byte where its address stands, a uint32. */
  readonly listInputs: readonly number[];
  /** Of each list of any length in the result: the bytes where its address and its length in bytes stand. */
  readonly listOutputs: readonly {
    readonly address: number;
    readonly length: number;
  }[];
  /** The functions it imports. */
  readonly imports: readonly {
    readonly module: string;
    readonly name: string;
  }[];
}

/**
 * A function compiled for one structure of arguments, on flat arrays.
 *
 * @category Compilation
 */
export interface CompiledProgram {
  /** How many numbers go in: the arguments' leaves in order. */
  readonly inputs: number;
  /** How many numbers come out: the result's leaves in order. */
  readonly outputs: number;
  /** How many operations it performs. */
  readonly operations: number;
  /** Whether it is compiled to WebAssembly, or to be interpreted. */
  readonly kind: "wasm" | "interpreter";
  /** What it does, an operation per line, loops indented: for who asks what was compiled. */
  toString(): string;
  /**
   * Says how it is run at present, and why: as WebAssembly, by the interpreter,
   * or not at all, where the uncompiled function turned out to be faster.
   */
  explain(): string;
  /**
   * Computes the outputs from the inputs, without an allocation.
   *
   * @param inputs The arguments' leaves in order.
   * @param outputs Receives the result's leaves in order.
   * @throws {RangeError} If an array's length is not the number of inputs or
   * outputs.
   * @throws {TypeError} If one is not a Float64Array, the function was disposed
   * of, or verification finds other numbers than the uncompiled function's.
   */
  run(inputs: Float64Array, outputs: Float64Array): void;
  /** The program as a module that can be shipped. */
  wasm(): WasmModule;
}

// Longer code runs slower than the interpreter: it does not fit the caches.
const MAX_WASM_OPERATIONS = 200_000;

let shared: Memory | undefined;
const collected = new FinalizationRegistry<Held>(release);

/** Regions, and the memory that they are parts of. */
interface Held {
  readonly owner: Memory;
  readonly regions: Region[];
}

function release({ owner, regions }: Held): void {
  for (const region of regions.splice(0)) owner.release(region);
}

/** A compiled program and its place in memory. */
export class Executable implements CompiledProgram {
  readonly inputs: number;
  readonly outputs: number;
  readonly operations: number;
  readonly kind: "wasm" | "interpreter";
  /** Where its first input and output are in {@linkcode memory}. */
  readonly inputsAt: number;
  readonly outputsAt: number;
  /** Changes whenever something is about to overwrite the inputs, or the memory is lost. */
  writes = 0;
  readonly #program: Program;
  readonly #lists: ListMemory;
  readonly #code: () => void;
  readonly #explanation: string;
  /** Whose numbers those in {@linkcode memory} are. */
  readonly #owner: { readonly floats: Float64Array };
  #held: Held | undefined;
  #disposed = false;
  #running = false;
  /** Runs calls made while this one is running. */
  #spare: Executable | undefined;

  /** @param memory The memory to take a region of; or the reason to interpret. */
  constructor(program: Program, memory: Memory | string = sharedMemory()) {
    this.#program = program;
    const areNumbers = (entry: number) => !isListAt(program, entry);
    this.inputs = program.codes.subarray(0, program.inputs)
      .filter((code) => code === INPUT).length;
    this.outputs = program.outputs.filter(areNumbers).length;
    this.operations = operationsDone(program);
    const code = typeof memory === "string" ? memory : load(program, memory);
    if (typeof code !== "string") {
      this.#explanation = "WebAssembly";
      this.#owner = memory as Memory;
      this.kind = "wasm";
      this.#held = { owner: memory as Memory, regions: code.regions };
      collected.register(this, this.#held, this);
      this.inputsAt = code.inputsAt;
      this.outputsAt = code.outputsAt;
      this.#lists = code;
      this.#code = code.run;
    } else {
      const interpreter = new Interpreter(program);
      this.kind = "interpreter";
      this.#explanation = `interpreted steps: ${code}`;
      this.#owner = { floats: interpreter.values };
      this.inputsAt = 0;
      this.outputsAt = interpreter.outputsAt;
      this.#lists = interpreter;
      this.#code = () => interpreter.run();
    }
  }

  /** Makes room for lists from outside, in the order of the inputs that are lists, and for all that depends on their lengths. */
  setLengths(lengths: readonly number[]): void {
    this.#lists.setLengths(lengths);
  }

  /** Where list k from outside is to be written; valid until memory is taken for something else. */
  listInput(k: number): ListPlace {
    return this.#lists.listInput(k);
  }

  /** Where output k of all, a list, is. */
  listOutput(k: number): ListPlace {
    return this.#lists.listOutput(k);
  }

  /** The memory that holds inputs and outputs; replaced when another program is compiled. */
  get memory(): Float64Array {
    return this.#owner.floats;
  }

  /** This executable; while it is running, another one of the same program. An operation's `value` may make such calls. */
  get idle(): Executable {
    if (!this.#running) return this;
    return (this.#spare ??= interpreted(this.#program)).idle;
  }

  /** Computes the outputs in memory from the inputs in memory. */
  compute(): void {
    this.#running = true;
    try {
      this.#code();
    } finally {
      this.#finish();
    }
  }

  /** Runs `body` while no other call writes to the inputs and outputs in memory. */
  hold(body: (compute: () => void) => void): void {
    this.#running = true;
    try {
      body(this.#code);
    } finally {
      this.#finish();
    }
  }

  #finish(): void {
    this.#running = false;
    // A running program keeps its memory to the end.
    if (this.#disposed) this.#release();
  }

  /** @param version Computes and verifies; by default, the executable just computes. */
  run(
    inputs: Float64Array,
    outputs: Float64Array,
    version?: { compute(executable: Executable): void },
  ): void {
    this.checkRunnable();
    checkLength("inputs", inputs, this.inputs);
    checkLength("outputs", outputs, this.outputs);
    const { idle } = this;
    idle.writes++;
    copy(inputs, 0, idle.memory, idle.inputsAt, inputs.length);
    if (version === undefined) idle.compute();
    else version.compute(idle);
    copy(idle.memory, idle.outputsAt, outputs, 0, outputs.length);
  }

  /** Refuses to run after the function was disposed of: the memory may belong to another program by now. */
  checkRunnable(): void {
    if (!this.#disposed) return;
    throw typeError(
      "Cannot run a compiled program: its function was disposed of, " +
        "expected no further run",
    );
  }

  toString(): string {
    return printProgram(this.#program);
  }

  explain(): string {
    return this.#explanation;
  }

  wasm(): WasmModule {
    const plan = new Plan(this.#program);
    const { bytes, imports, region } = generate(plan, 0, false);
    return {
      bytes,
      inputs: region.slots,
      outputs: region.slots + 8 * plan.outputsAt,
      listsAt: region.bytes + 8 * plan.lead,
      listInputs: plan.listInputHeaders().map((header) =>
        region.header + 4 * header
      ),
      listOutputs: plan.listOutputHeaders().map((header) => ({
        address: region.header + 4 * header,
        length: region.header + 4 * (header + 1),
      })),
      imports: imports.map(({ module, name }) => ({ module, name })),
    };
  }

  /** Gives its memory back. */
  dispose(): void {
    this.#disposed = true;
    this.writes++;
    if (!this.#running) this.#release();
  }

  #release(): void {
    if (this.#held === undefined) return;
    collected.unregister(this);
    release(this.#held);
    this.#held = undefined;
  }
}

/** What has a program's lists. */
interface ListMemory {
  setLengths(lengths: readonly number[]): void;
  listInput(k: number): ListPlace;
  listOutput(k: number): ListPlace;
}

function interpreted(program: Program): Executable {
  return new Executable(program, "it stands in for one that is running");
}

const NO_WEBASSEMBLY = "this host has no WebAssembly";

/** The memory of all compiled functions, or the reason why there is none. */
function sharedMemory(): Memory | string {
  const { WebAssembly } = host;
  if (WebAssembly === undefined) return NO_WEBASSEMBLY;
  try {
    return shared ??= new Memory(WebAssembly);
  } catch (error) {
    if (error instanceof RangeError) return "this host gives no memory";
    throw error;
  }
}

/** Generates and loads code, or gives the reason why there is none. */
function load(program: Program, memory: Memory): LoadedProgram | string {
  const { WebAssembly } = host;
  if (WebAssembly === undefined) return NO_WEBASSEMBLY;
  // Copying an input or a constant to an output takes code, too.
  const size = operationsOf(program) + outputCopies(program);
  if (size > MAX_WASM_OPERATIONS) {
    return `${size} operations of code, more than ${MAX_WASM_OPERATIONS}, ` +
      "would not fit the caches";
  }
  try {
    return new LoadedProgram(program, memory, WebAssembly);
  } catch (error) {
    // A Content-Security-Policy without 'wasm-unsafe-eval' is a CompileError.
    if (
      error instanceof WebAssembly.CompileError || error instanceof RangeError
    ) {
      return `this host refuses the code (${error.message})`;
    }
    throw error;
  }
}

/** For a few numbers, faster than `set`, which would need a view. */
function copy(
  from: Float64Array,
  fromAt: number,
  to: Float64Array,
  toAt: number,
  count: number,
): void {
  for (let k = 0; k < count; k++) to[toAt + k] = from[fromAt + k]!;
}

/** Refuses a flat array of another length. */
export function checkLength(
  name: string,
  array: unknown,
  expected: number,
): void {
  const call = "run a compiled program";
  if (!(array instanceof Float64Array)) {
    throw wrongKind(call, name, array, `a Float64Array of length ${expected}`);
  }
  if (array.length === expected) return;
  throw rangeError(
    `Cannot ${call}: ${name} has length ${array.length}, expected ${expected}`,
  );
}
