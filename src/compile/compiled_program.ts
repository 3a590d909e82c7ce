import { wrongKind } from "../errors.ts";
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
  /** Whether it runs as WebAssembly, or is interpreted. */
  readonly kind: "wasm" | "interpreter";
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
const collected = new FinalizationRegistry<Region>((region) =>
  shared!.release(region)
);

/** A compiled program and its place in memory. */
export class Executable implements CompiledProgram {
  readonly inputs: number;
  readonly outputs: number;
  readonly operations: number;
  readonly kind: "wasm" | "interpreter";
  /** Where its first input and output are in {@linkcode memory}. */
  readonly inputsAt: number;
  readonly outputsAt: number;
  /** Computes the outputs in memory from the inputs in memory. */
  readonly compute: () => void;
  readonly #program: Program;
  readonly #values: Float64Array | undefined;
  #region: Region | undefined;
  #disposed = false;

  constructor(program: Program) {
    this.#program = program;
    this.inputs = program.inputs;
    this.outputs = program.outputs.length;
    this.operations = program.length - program.first;
    const code = load(program);
    if (code !== undefined) {
      this.kind = "wasm";
      this.#region = code.region;
      collected.register(this, code.region, this);
      this.inputsAt = code.inputsAt;
      this.outputsAt = code.outputsAt;
      this.compute = code.run;
    } else {
      const interpreter = new Interpreter(program);
      this.kind = "interpreter";
      this.#values = interpreter.values;
      this.inputsAt = 0;
      this.outputsAt = interpreter.outputsAt;
      this.compute = () => interpreter.run();
    }
  }

  /** The memory that inputs and outputs are in, until another program is compiled. */
  get memory(): Float64Array {
    return this.#values ?? shared!.floats;
  }

  run(inputs: Float64Array, outputs: Float64Array): void {
    // Its memory may be another program's by now.
    if (this.#disposed) {
      throw new TypeError(
        "Cannot run a compiled program: its function was disposed of, " +
          "expected no further run",
      );
    }
    checkLength("inputs", inputs, this.inputs);
    checkLength("outputs", outputs, this.outputs);
    copy(inputs, 0, this.memory, this.inputsAt, inputs.length);
    this.compute();
    copy(this.memory, this.outputsAt, outputs, 0, outputs.length);
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
    if (this.#region === undefined) return;
    collected.unregister(this);
    shared!.release(this.#region);
    this.#region = undefined;
  }
}

interface Code {
  readonly region: Region;
  readonly inputsAt: number;
  readonly outputsAt: number;
  readonly run: () => void;
}

/** Generates and loads code; undefined where the host does not allow it. */
function load(program: Program): Code | undefined {
  const { WebAssembly } = host;
  if (WebAssembly === undefined) return undefined;
  let region: Region | undefined;
  try {
    const arrangement = arranged(program);
    // An output may be a copy of an input or a constant: code, too.
    const size = arrangement.emitted + program.outputs.length;
    if (size > MAX_WASM_OPERATIONS) return undefined;
    const memory = shared ??= new Memory(WebAssembly);
    const plan = new Plan(arrangement), { layout } = plan;
    region = memory.take(layout.size);
    const { bytes, imports } = generate(plan, region.start, true);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      Math,
      chainrule: { memory: memory.memory, ...functionsFor(imports, memory) },
    });
    return {
      region,
      inputsAt: region.start / 8 + layout.inputs,
      outputsAt: region.start / 8 + layout.outputs,
      run: instance.exports["run"] as () => void,
    };
  } catch (error) {
    if (region !== undefined) shared!.release(region);
    // A Content-Security-Policy without 'wasm-unsafe-eval' is a CompileError.
    if (
      error instanceof WebAssembly.CompileError || error instanceof RangeError
    ) {
      return undefined;
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
    const first = address! / 8;
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
  throw new RangeError(
    `Cannot ${call}: ${name} has length ${array.length}, expected ${expected}`,
  );
}
