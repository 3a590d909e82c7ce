// A program's code in memory, ready to run on lists of any length.
import type { WebAssemblyApi } from "../../host.ts";
import type { Primitive } from "../../primitives.ts";
import type { ListPlace, Memory, Region as MemoryRegion } from "../memory.ts";
import type { Ordered } from "../program/builder.ts";
import {
  dataOf,
  generate,
  type GeneratedCode,
  type Region,
} from "./generate.ts";
import type { ImportedPrimitive } from "./instructions.ts";
import { type Place, Plan } from "./scopes.ts";

/** A program as code, at a place in memory. */
export class LoadedProgram {
  /** Where its numbers are, in numbers from the start of memory: the inputs that are no lists, in order. */
  readonly inputsAt: number;
  /** Where the outputs that are no lists are, in order. */
  readonly outputsAt: number;
  /** Computes the outputs in memory from the inputs in memory. */
  readonly run: () => void;
  /** What it holds of the memory; to be released. */
  readonly regions: MemoryRegion[];
  readonly #place: (address: number, ...lengths: readonly number[]) => void;
  readonly #plan: Plan;
  readonly #memory: Memory;
  readonly #region: Region;
  /** How long the lists from outside were when the others were given their places. */
  #lengths: readonly number[] | null = null;

  /**
   * @throws {RangeError} If there is no memory for it.
   * @throws {WebAssembly.CompileError} If the host does not allow code.
   */
  constructor(program: Ordered, memory: Memory, api: WebAssemblyApi) {
    this.#memory = memory;
    const { plan, code, held } = generatedIn(memory, program);
    this.#plan = plan;
    this.regions = [held];
    try {
      const region = this.#region = code.region;
      const { exports } = new api.Instance(new api.Module(code.bytes), {
        Math,
        chainrule: {
          memory: memory.memory,
          ...functionsFor(code.imports, memory),
        },
      });
      this.run = exports["run"] as () => void;
      this.#place = exports["place"] as () => void;
      this.inputsAt = region.slots / 8;
      this.outputsAt = this.inputsAt + plan.outputsAt;
      const bytes = new Uint8Array(memory.floats.buffer);
      for (const { at, bytes: data } of dataOf(plan, region)) {
        bytes.set(data, at);
      }
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Makes room for lists from outside of these lengths, and for all that depends on them. */
  setLengths(lengths: readonly number[]): void {
    const known = this.#lengths;
    if (lengths.length === 0) return;
    if (known !== null && lengths.every((length, k) => length === known[k])) {
      return;
    }
    this.#lengths = null;
    const lead = 8 * this.#plan.lead;
    this.#place(lead, ...lengths);
    const bytes = this.#header(0);
    let room = this.regions[1];
    if (room === undefined || bytes > room.bytes) {
      if (room !== undefined) this.#memory.release(this.regions.pop()!);
      room = this.#memory.take(bytes / 8);
      this.regions.push(room);
    }
    this.#place(room.start + lead, ...lengths);
    this.#lengths = lengths.slice();
  }

  /** Where list k from outside is. */
  listInput(k: number): ListPlace {
    const { top, lists } = this.#plan;
    return this.#at(top.lists[lists[k]!]!);
  }

  /** Where output k of all, a list, is. */
  listOutput(k: number): ListPlace {
    const { top, program } = this.#plan;
    return this.#at(top.resolvedPlace(program.outputs[k]!));
  }

  /** Gives its memory back. */
  release(): void {
    for (const region of this.regions.splice(0)) this.#memory.release(region);
  }

  #at(place: Place): ListPlace {
    const { floats } = this.#memory;
    if ("slot" in place) {
      return { floats, at: this.inputsAt + place.slot, length: place.length };
    }
    return {
      floats,
      at: this.#header(place.header) / 8,
      length: place.length ?? this.#header(place.header + 1) / 8,
    };
  }

  #header(header: number): number {
    const { buffer } = this.#memory.floats;
    return new Uint32Array(buffer, this.#region.header + 4 * header, 1)[0]!;
  }
}

/** A program's code, and the region that it is written for. */
function generatedIn(memory: Memory, program: Ordered): {
  readonly plan: Plan;
  readonly code: GeneratedCode;
  readonly held: MemoryRegion;
} {
  let plan = new Plan(program), room = plan.mostNumbers();
  for (;;) {
    const { start, bytes } = memory.take(room);
    const code = generate(plan, start, true);
    // How much it takes is known only once it is written.
    room = Math.ceil(code.region.bytes / 8);
    const fits = 8 * room <= bytes, used = fits ? 8 * room : bytes;
    const held = { start, bytes: used };
    memory.release({ start: start + used, bytes: bytes - used });
    if (fits) return { plan, code, held };
    memory.release(held);
    plan = new Plan(program);
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
    return primitive.value(memory.floats.slice(first, first + length!));
  };
}
