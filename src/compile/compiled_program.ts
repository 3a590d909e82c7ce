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
 * A program as a WebAssembly module of its own, to be run by any engine.
 *
 * @category Compilation
 */
export interface WasmModule {
  /**
   * The module. It exports `memory` and `run()`, and imports the functions of
   * `Math` it uses from the module "Math"; those that are not of `Math`, from
   * the module "chainrule".
   */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The byte of its memory where the inputs begin, one float64 each, in order. */
  readonly inputs: number;
  /** The byte of its memory where the outputs begin. */
  readonly outputs: number;
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
