// One linear memory for all compiled functions, handed out in regions.

import type { WebAssemblyApi, WebAssemblyMemory } from "../host.ts";

const PAGE = 65536;

/** A part of the memory: bytes from `start` on. */
export interface Region {
  readonly start: number;
  readonly bytes: number;
}

/** The shared linear memory: made when the first function is compiled, and grown. */
export class Memory {
  readonly memory: WebAssemblyMemory;
  /** All of it, as numbers; replaced when it grows. */
  floats: Float64Array;
  // Parts that were given back, by address; neighbours are joined.
  #free: Region[] = [];
  #end = 0;

  constructor({ Memory }: Pick<WebAssemblyApi, "Memory">) {
    this.memory = new Memory({ initial: 1 });
    this.floats = new Float64Array(this.memory.buffer);
  }

  /** Takes a region for so many numbers. */
  take(numbers: number): Region {
    const bytes = 8 * numbers;
    const fit = this.#free.findIndex((region) => region.bytes >= bytes);
    if (fit >= 0) {
      const { start, bytes: size } = this.#free[fit]!;
      if (size === bytes) this.#free.splice(fit, 1);
      else this.#free[fit] = { start: start + bytes, bytes: size - bytes };
      return { start, bytes };
    }
    const start = this.#end;
    const missing = start + bytes - this.memory.buffer.byteLength;
    if (missing > 0) {
      // At least doubled, so that many small functions do not copy it each.
      const pages = this.memory.buffer.byteLength / PAGE;
      this.memory.grow(Math.max(Math.ceil(missing / PAGE), pages));
      this.floats = new Float64Array(this.memory.buffer);
    }
    this.#end += bytes;
    return { start, bytes };
  }

  /** Gives a region back. */
  release(region: Region): void {
    if (region.bytes === 0) return;
    const free = [...this.#free, region].sort((a, b) => a.start - b.start);
    const joined: Region[] = [];
    for (const { start, bytes } of free) {
      const last = joined.at(-1);
      if (last !== undefined && last.start + last.bytes === start) {
        joined[joined.length - 1] = {
          start: last.start,
          bytes: last.bytes + bytes,
        };
      } else {
        joined.push({ start, bytes });
      }
    }
    const last = joined.at(-1);
    if (last !== undefined && last.start + last.bytes === this.#end) {
      this.#end = last.start;
      joined.pop();
    }
    this.#free = joined;
  }
}
