// One linear memory for all compiled functions, handed out in regions. Taking
// and releasing a region takes the same time however many there are: free regions
// are found in bins by size, and their neighbours in maps by address.

import type { WebAssemblyApi, WebAssemblyMemory } from "../host.ts";

const PAGE = 65536;
const MAX_PAGES = 65536;

/** A part of the memory: bytes from `start` on. */
export interface Region {
  readonly start: number;
  readonly bytes: number;
}

/** A list: a part of an array. */
export interface ListPlace {
  readonly floats: Float64Array;
  readonly at: number;
  readonly length: number;
}

/** A region that is not in use. */
class FreeRegion implements Region {
  readonly start: number;
  readonly bytes: number;
  /** Its place in its bin. */
  position = 0;

  constructor(start: number, bytes: number) {
    this.start = start;
    this.bytes = bytes;
  }
}

// How many regions are tried in a bin where some are too small. In the bins above
// it, all are large enough.
const TRIES = 8;

/** The shared linear memory: made when the first function is compiled, and grown. */
export class Memory {
  readonly memory: WebAssemblyMemory;
  /** All of it, as numbers; replaced when it grows. */
  floats: Float64Array;
  // Every free region is in its bin and in both maps. No two of them are adjacent,
  // and none ends at `#end`.
  readonly #bins: FreeRegion[][] = [];
  readonly #freeByStart = new Map<number, FreeRegion>();
  readonly #freeByEnd = new Map<number, FreeRegion>();
  /** From this address on, nothing is in use. */
  #end = 0;

  constructor({ Memory }: Pick<WebAssemblyApi, "Memory">) {
    this.memory = new Memory({ initial: 1 });
    this.floats = new Float64Array(this.memory.buffer);
  }

  /**
   * Takes a region.
   *
   * @param numbers How many numbers it is to hold.
   * @throws {RangeError} If the memory cannot grow that far.
   */
  take(numbers: number): Region {
    const bytes = 8 * numbers;
    const fit = bytes === 0 ? undefined : this.#fit(bytes);
    if (fit !== undefined) {
      this.#remove(fit);
      if (fit.bytes > bytes) {
        this.#add(fit.start + bytes, fit.bytes - bytes);
      }
      return { start: fit.start, bytes };
    }
    const start = this.#end;
    const missing = start + bytes - this.memory.buffer.byteLength;
    if (missing > 0) {
      // At least doubled, so that many small functions do not copy it each.
      const pages = this.memory.buffer.byteLength / PAGE;
      const doubled = Math.min(pages, MAX_PAGES - pages);
      this.memory.grow(Math.max(Math.ceil(missing / PAGE), doubled));
      this.floats = new Float64Array(this.memory.buffer);
    }
    this.#end += bytes;
    return { start, bytes };
  }

  /** Gives a region back and joins it with its neighbours, if they are free. */
  release(region: Region): void {
    if (region.bytes === 0) return;
    let { start } = region, end = start + region.bytes;
    const before = this.#freeByEnd.get(start);
    const after = this.#freeByStart.get(end);
    if (before !== undefined) {
      this.#remove(before);
      start = before.start;
    }
    if (after !== undefined) {
      this.#remove(after);
      end += after.bytes;
    }
    if (end === this.#end) this.#end = start;
    else this.#add(start, end - start);
  }

  #fit(bytes: number): FreeRegion | undefined {
    const first = binOf(bytes);
    const bin = this.#bins[first];
    for (let k = 0; bin !== undefined && k < bin.length && k < TRIES; k++) {
      if (bin[k]!.bytes >= bytes) return bin[k];
    }
    for (let k = first + 1; k < this.#bins.length; k++) {
      const fit = this.#bins[k]?.at(-1);
      if (fit !== undefined) return fit;
    }
    return undefined;
  }

  #add(start: number, bytes: number): void {
    const region = new FreeRegion(start, bytes);
    const bin = this.#bins[binOf(bytes)] ??= [];
    region.position = bin.push(region) - 1;
    this.#freeByStart.set(start, region);
    this.#freeByEnd.set(start + bytes, region);
  }

  #remove(region: FreeRegion): void {
    const bin = this.#bins[binOf(region.bytes)]!, last = bin.pop()!;
    if (last !== region) {
      bin[region.position] = last;
      last.position = region.position;
    }
    this.#freeByStart.delete(region.start);
    this.#freeByEnd.delete(region.start + region.bytes);
  }
}

/** The bin for a size. There are eight per power of two: sizes in one differ by at most an eighth. */
function binOf(bytes: number): number {
  const numbers = bytes / 8;
  if (numbers < 8) return numbers;
  const exponent = 31 - Math.clz32(numbers);
  return 8 * (exponent - 2) + Math.floor(numbers / 2 ** (exponent - 3)) - 8;
}
