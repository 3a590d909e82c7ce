import { rangeError, typeError, wrongKind } from "../errors.ts";
import { host } from "../host.ts";
import type { Primitive } from "../primitives.ts";
import { arranged } from "./arrangement.ts";
import { generate, type ImportedPrimitive } from "./code_generator.ts";
import { Interpreter } from "./interpreter.ts";
import { Memory, type Region } from "./memory.ts";
import type { Program } from "./program.ts";
import { Plan } from "./plan.ts";
import { valueOf } from "./program.ts";

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
  /** How many operations it does. */
  readonly operations: number;
  /** Whether it is compiled to WebAssembly, or to be interpreted. */
  readonly kind: "wasm" | "interpreter";
  /**
   * Says how it is run at the moment, and why. Where the function itself turned
   * out to be faster than what it is compiled to, that is run.
   */
  explain(): string;
  /**
   * Computes the outputs from the inputs, without an allocation.
   *
   * @throws {RangeError} If an array has not as many numbers as go in or out.
   * @throws {TypeError} If one is no Float64Array.
   * @throws {TypeError} If the function was disposed of.
   */
  run(inputs: Float64Array, outputs: Float64Array): void;
  /** The program as a module that can be shipped. */
  wasm(): WasmModule;
}

/** From so many operations of code on, it runs slower than the interpreter: it does not fit the caches. */
const MAX_WASM_OPERATIONS = 200_000;

let shared: Memory | undefined;
const collected = new FinalizationRegistry<Held>(release);

/** A region, and the memory that it is of. */
interface Held {
  readonly owner: Memory;
  readonly region: Region;
}

function release({ owner, region }: Held): void {
  owner.release(region);
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
  /** How often its inputs were written, or begun to be, or lost. */
  writes = 0;
  readonly #program: Program;
  readonly #code: () => void;
  readonly #explanation: string;
  /** Whose numbers those in {@linkcode memory} are. */
  readonly #owner: { readonly floats: Float64Array };
  #held: Held | undefined;
  #disposed = false;
  #running = false;
  /** Runs while this one is in the middle of it. */
  #spare: Executable | undefined;

  /** @param memory Where to be; or why to be interpreted. */
  constructor(program: Program, memory: Memory | string = sharedMemory()) {
    this.#program = program;
    this.inputs = program.inputs;
    this.outputs = program.outputs.length;
    this.operations = program.length - program.first;
    const code = typeof memory === "string" ? memory : load(program, memory);
    if (typeof code !== "string") {
      this.#explanation = "WebAssembly";
      this.#owner = code.held.owner;
      this.kind = "wasm";
      this.#held = code.held;
      collected.register(this, code.held, this);
      this.inputsAt = code.inputsAt;
      this.outputsAt = code.outputsAt;
      this.#code = code.run;
    } else {
      const interpreter = new Interpreter(program);
      this.kind = "interpreter";
      this.#explanation = `interpreted steps: ${code}`;
      this.#owner = { floats: interpreter.values };
      this.inputsAt = 0;
      this.outputsAt = interpreter.outputsAt;
      this.#code = () => interpreter.run();
    }
  }

  /** The memory that inputs and outputs are in, until another program is compiled. */
  get memory(): Float64Array {
    return this.#owner.floats;
  }

  /** It, or where it is running, as an operation's `value` may run it, the same program with memory of its own. */
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

  /**
   * Runs what needs the inputs and outputs in memory: no other call writes to
   * them meanwhile.
   */
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
    // Its memory was its own to the end.
    if (this.#disposed) this.#release();
  }

  /** @param version What is to compute in place of the executable alone. */
  run(
    inputs: Float64Array,
    outputs: Float64Array,
    version?: { compute(executable: Executable): void },
  ): void {
    // Its memory may be another program's by now.
    if (this.#disposed) {
      throw typeError(
        "Cannot run a compiled program: its function was disposed of, " +
          "expected no further run",
      );
    }
    checkLength("inputs", inputs, this.inputs);
    checkLength("outputs", outputs, this.outputs);
    const { idle } = this;
    idle.writes++;
    copy(inputs, 0, idle.memory, idle.inputsAt, inputs.length);
    if (version === undefined) idle.compute();
    else version.compute(idle);
    copy(idle.memory, idle.outputsAt, outputs, 0, outputs.length);
  }

  explain(): string {
    return this.#explanation;
  }

  wasm(): WasmModule {
    const plan = new Plan(arranged(this.#program));
    const { bytes, imports } = generate(plan, 0, false);
    return {
      bytes,
      inputs: 8 * plan.layout.inputs,
      outputs: 8 * plan.layout.outputs,
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

function interpreted(program: Program): Executable {
  return new Executable(program, "it stands in for one that is running");
}

const NO_WEBASSEMBLY = "this host has no WebAssembly";

/** The memory of all compiled functions; or why there is none. */
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

interface Code {
  readonly held: Held;
  readonly inputsAt: number;
  readonly outputsAt: number;
  readonly run: () => void;
}

/** Generates and loads code, or says why there is none. */
function load(program: Program, memory: Memory): Code | string {
  const { WebAssembly } = host;
  if (WebAssembly === undefined) return NO_WEBASSEMBLY;
  let region: Region | undefined;
  try {
    const arrangement = arranged(program);
    // An output may be a copy of an input or a constant: code, too.
    const size = arrangement.emitted + program.outputs.length;
    if (size > MAX_WASM_OPERATIONS) {
      return `${size} operations of code, more than ${MAX_WASM_OPERATIONS}, ` +
        "would not fit the caches";
    }
    const plan = new Plan(arrangement), { layout } = plan;
    region = memory.take(layout.size);
    const { bytes, imports } = generate(plan, region.start, true);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      Math,
      chainrule: { memory: memory.memory, ...functionsFor(imports, memory) },
    });
    return {
      held: { owner: memory, region },
      inputsAt: region.start / 8 + layout.inputs,
      outputsAt: region.start / 8 + layout.outputs,
      run: instance.exports["run"] as () => void,
    };
  } catch (error) {
    if (region !== undefined) memory.release(region);
    // A Content-Security-Policy without 'wasm-unsafe-eval' is a CompileError.
    if (
      error instanceof WebAssembly.CompileError || error instanceof RangeError
    ) {
      return `this host refuses the code (${error.message})`;
    }
    throw error;
  }
}

function functionsFor(
  imports: readonly ImportedPrimitive[],
  memory: Memory,
): Record<string, (...operands: number[]) => number> {
  return Object.fromEntries(
    imports.map((
      { name, primitive },
    ) => [name, functionFor(primitive, memory)]),
  );
}

function functionFor(
  primitive: Primitive,
  memory: Memory,
): (...operands: number[]) => number {
  if (primitive.arity !== "list") return primitive.value as () => number;
  return (address, length) => {
    // WebAssembly's integers come out signed.
    const first = (address! >>> 0) / 8;
    const operands = memory.floats.slice(first, first + length!);
    return valueOf(primitive, Array.from(operands));
  };
}

/** For a few numbers, faster than `set` finds out what to do; and it makes no view. */
function copy(
  from: Float64Array,
  fromAt: number,
  to: Float64Array,
  toAt: number,
  count: number,
): void {
  for (let k = 0; k < count; k++) to[toAt + k] = from[fromAt + k]!;
}

function checkLength(name: string, array: unknown, expected: number): void {
  const call = "run a compiled program";
  if (!(array instanceof Float64Array)) {
    throw wrongKind(call, name, array, `a Float64Array of length ${expected}`);
  }
  if (array.length === expected) return;
  throw rangeError(
    `Cannot ${call}: ${name} has length ${array.length}, expected ${expected}`,
  );
}
