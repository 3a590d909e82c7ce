// Finds the loops of the function that was recorded: operations that repeat.
import { CONSTANT, fieldsOf, LIST } from "../tape/entries.ts";
import type { Program } from "./program.ts";

/** A stretch of a program that does the same operations over and over. */
export interface Loop {
  /** The entry that its first iteration begins with. */
  readonly start: number;
  /** How many entries an iteration has. */
  readonly period: number;
  /** How many iterations there are, at least 4. */
  readonly times: number;
}

// So many operations in a row have to be seen again for a loop to be suspected.
const WINDOW = 16;
// The hash of a window is a polynomial of its signatures at this, modulo 2³².
const MULTIPLIER = 0x2c1b3c6d;
// Up to here an operand is told by its distance; beyond, it may as well be one
// that stands still, whose distance grows, or is read from another loop.
const NEAR = 64;
// Shorter bodies are repeated to this length: they pass on in registers what
// would go through memory from one iteration to the next.
const SHORTEST_BODY = 64;
// A loop has to save so many operations of code to be worth its pointers.
const LEAST_SAVED = 256;

// Where windows are looked for: a table that fits in the processor's cache. Of an
// iteration that has more operations, a few windows are left, and one will do.
const TABLE = 1 << 14;

/**
 * The loops of a program, in order, none within another. The operations at one
 * place of a loop's iterations have the same code and as many operands, of which
 * the same are constants; which operands these are may differ in any way.
 */
export function findLoops(program: Program): readonly Loop[] {
  const search = new Search(program);
  // What goes through the inputs in circles repeats with the inputs that it
  // begins again with; only what does not, repeats with any.
  search.pass(true);
  search.pass(false);
  return search.loops;
}

// What an operand is to a signature, beside a distance up to NEAR, an input (below
// 0) and a place in a loop that is known.
const SOME_CONSTANT = NEAR + 1, SOME_INPUT = NEAR + 2, FAR = NEAR + 3;
const FIRST_PLACE = NEAR + 4;

class Search {
  loops: readonly Loop[] = [];
  readonly #program: Program;
  /** By operation, a number that is likely another where the operation is another. */
  readonly #signatures: Int32Array;
  /** By entry of a known loop, a number for its place in the loop's body; else 0. */
  readonly #places: Int32Array;
  #nextPlace = FIRST_PLACE;
  /** By a window's hash, its latest occurrence. */
  readonly #latest = new Int32Array(TABLE);

  constructor(program: Program) {
    const { length } = program;
    this.#program = program;
    this.#signatures = new Int32Array(length);
    this.#places = new Int32Array(length);
  }

  /**
   * Adds what repeats between the loops that are known.
   *
   * @param exactInputs Whether what repeats must do so with the same inputs.
   */
  pass(exactInputs: boolean): void {
    const found: Loop[] = [];
    let from = this.#program.first;
    for (const loop of this.loops) {
      this.#between(from, loop.start, exactInputs, found);
      found.push(loop);
      from = loop.start + loop.period * loop.times;
    }
    this.#between(from, this.#program.length, exactInputs, found);
    this.loops = found;
  }

  // Follows the operations in order. Where a window has been seen before, a run
  // begins: as long as the operation so far back is the same, it goes on; then it
  // is a loop, or too short for one.
  #between(
    from: number,
    end: number,
    exactInputs: boolean,
    found: Loop[],
  ): void {
    if (end - from < LEAST_SAVED) return;
    const signatures = this.#signatures, latest = this.#latest;
    const mask = latest.length - 1;
    const leaving = power(MULTIPLIER, WINDOW);
    let hash = 0;
    // The run that goes on: so far back is the same; 0 if there is none.
    let distance = 0, start = from, barrier = from;
    for (let i = from; i < end; i++) {
      signatures[i] = this.#signature(i, exactInputs);
      if (distance > 0 && !this.#alike(i, i - distance)) {
        const loop = worthwhile(start, i, distance);
        if (loop !== undefined) {
          this.#accept(loop, found);
          barrier = loop.start + loop.period * loop.times;
          // Its operands may be that loop's.
          signatures[i] = this.#signature(i, exactInputs);
        }
        distance = 0;
      }
      hash = Math.imul(hash, MULTIPLIER) + signatures[i]! | 0;
      if (i - from >= WINDOW) {
        hash = hash - Math.imul(leaving, signatures[i - WINDOW]!) | 0;
      }
      const slot = (hash ^ hash >>> 15) & mask;
      if (distance === 0) {
        const before = latest[slot]!;
        const begin = before - WINDOW + 1;
        // What is there of a stretch before this, or of another pass, is not for it.
        if (begin >= barrier && before < i && this.#sameWindow(before, i)) {
          distance = i - before;
          start = begin;
        }
      }
      latest[slot] = i;
    }
    const loop = distance > 0 ? worthwhile(start, end, distance) : undefined;
    if (loop !== undefined) this.#accept(loop, found);
  }

  #accept(loop: Loop, found: Loop[]): void {
    const { start, period, times } = loop;
    found.push(loop);
    for (let i = 0; i < period * times; i++) {
      this.#places[start + i] = this.#nextPlace + i % period;
    }
    this.#nextPlace += period;
  }

  #sameWindow(a: number, b: number): boolean {
    for (let k = 0; k < WINDOW; k++) {
      if (!this.#alike(a - k, b - k)) return false;
    }
    return true;
  }

  /** Whether two operations may be at the same place of a loop's body. */
  #alike(a: number, b: number): boolean {
    const { codes } = this.#program;
    return this.#signatures[a] === this.#signatures[b] &&
      codes[a] === codes[b] &&
      (fieldsOf(codes[a]!) !== LIST || this.#listsAlike(a, b));
  }

  /** Whether two lists have constants at the same places; signatures are no proof. */
  #listsAlike(a: number, b: number): boolean {
    const { codes, lefts, rights, lists } = this.#program;
    if (rights[a] !== rights[b]) return false;
    for (let k = 0; k < rights[a]!; k++) {
      const isConstant = codes[lists[lefts[a]! + k]!] === CONSTANT;
      if (isConstant !== (codes[lists[lefts[b]! + k]!] === CONSTANT)) {
        return false;
      }
    }
    return true;
  }

  #signature(i: number, exactInputs: boolean): number {
    const { codes, lefts, rights, lists } = this.#program;
    const left = lefts[i]!, right = rights[i]!, fields = fieldsOf(codes[i]!);
    let signature = codes[i]!;
    if (fields === LIST) {
      for (let k = left; k < left + right; k++) {
        signature = mix(signature, this.#classOf(lists[k]!, i, exactInputs));
      }
      return signature;
    }
    // Its lowest bits are exact: which of the two fields is a constant.
    const one = this.#classOf(left, i, exactInputs);
    const isFirst = one === SOME_CONSTANT ? 1 : 0;
    if (fields === 1) return mix(signature, one) & ~3 | isFirst;
    const two = this.#classOf(right, i, exactInputs);
    const isSecond = two === SOME_CONSTANT ? 2 : 0;
    return mix(mix(signature, one), two) & ~3 | isFirst | isSecond;
  }

  #classOf(operand: number, i: number, exactInputs: boolean): number {
    const { inputs, first } = this.#program;
    if (operand < inputs) return exactInputs ? -1 - operand : SOME_INPUT;
    if (operand < first) return SOME_CONSTANT;
    const place = this.#places[operand]!;
    if (place > 0) return place;
    return i - operand <= NEAR ? i - operand : FAR;
  }
}

/** The loop that a run from start to end makes, if it saves enough. */
function worthwhile(
  start: number,
  end: number,
  distance: number,
): Loop | undefined {
  const period = distance * Math.ceil(SHORTEST_BODY / distance);
  const times = Math.floor((end - start) / period);
  return times >= 4 && (times - 2) * period >= LEAST_SAVED
    ? { start, period, times }
    : undefined;
}

function power(base: number, exponent: number): number {
  let result = 1;
  for (let k = 0; k < exponent; k++) result = Math.imul(result, base);
  return result;
}

function mix(hash: number, value: number): number {
  const mixed = Math.imul(hash ^ Math.imul(value, 0x85ebca6b), 0x9e3779b1);
  return mixed ^ mixed >>> 15;
}
