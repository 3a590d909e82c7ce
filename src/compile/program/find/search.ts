// Finds the loops of the function that was recorded: operations that repeat.
import { CONSTANT, fieldsOf, LIST } from "../../../tape/entries.ts";
import { ELEMENT, FIRST_LOOP_CODE } from "../../../tape/loop.ts";
import type { Ordered } from "../builder.ts";

/** A stretch of a program that does the same operations over and over. */
export interface Repetition {
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
 * What repeats in a program, in order: of stretches that overlap, the one that
 * does more, so that of loops in loops it is the outermost.
 */
export function findRepetitions(program: Ordered): Repetition[] {
  const candidates: { repetition: Repetition; score: number }[] = [];
  // What goes through the inputs in circles repeats with the inputs that it
  // begins again with, which then are the same in every iteration.
  for (const exactInputs of [true, false]) {
    for (const repetition of new Search(program, exactInputs).run()) {
      const { period, times } = repetition;
      const score = period * times * (exactInputs ? PREFERENCE : 1);
      candidates.push({ repetition, score });
    }
  }
  candidates.sort((a, b) => b.score - a.score);
  const chosen: Repetition[] = [];
  for (const { repetition } of candidates) {
    if (chosen.every((other) => areApart(repetition, other))) {
      chosen.push(repetition);
    }
  }
  return chosen.sort((a, b) => a.start - b.start);
}

// A loop over the same inputs is worth so much more than one over any.
const PREFERENCE = 1.1;

function endOf({ start, period, times }: Repetition): number {
  return start + period * times;
}

function areApart(a: Repetition, b: Repetition): boolean {
  return endOf(a) <= b.start || endOf(b) <= a.start;
}

// What an operand is to a signature, beside a distance up to NEAR and an input
// (below 0).
const SOME_CONSTANT = NEAR + 1, SOME_INPUT = NEAR + 2, FAR = NEAR + 3;

class Search {
  readonly #program: Ordered;
  readonly #exactInputs: boolean;
  /** By operation, a number that is likely another where the operation is another. */
  readonly #signatures: Int32Array;
  /** By a window's hash, its latest occurrence. */
  readonly #latest: Int32Array = new Int32Array(TABLE);

  /** @param exactInputs Whether what repeats must do so with the same inputs. */
  constructor(program: Ordered, exactInputs: boolean) {
    this.#program = program;
    this.#exactInputs = exactInputs;
    this.#signatures = new Int32Array(program.length);
  }

  // Follows the operations in order. Where a window has been seen before, a run
  // begins: as long as the operation so far back is the same, it goes on; then it
  // is a loop, or too short for one. There are two runs at a time: within an
  // iteration of a loop, what repeats nearer may be all that is worthwhile. A run
  // within a body ends with it, and where it does, the window was last seen in
  // the iteration before: so the run of the loop around begins.
  run(): Repetition[] {
    const { first, length } = this.#program;
    const found: Repetition[] = [];
    if (length - first < LEAST_SAVED) return found;
    const signatures = this.#signatures, latest = this.#latest;
    const mask = latest.length - 1;
    const leaving = power(MULTIPLIER, WINDOW);
    let hash = 0;
    // So far back is the same, from an entry on; 0 if there is no such run.
    let far = 0, farStart = first, near = 0, nearStart = first;
    const finish = (start: number, end: number, distance: number) => {
      let from = start;
      while (from > first && this.#alike(from - 1, from - 1 + distance)) from--;
      const repetition = worthwhile(from, end, distance);
      if (repetition !== undefined) found.push(repetition);
    };
    for (let i = first; i < length; i++) {
      signatures[i] = this.#signature(i, this.#exactInputs);
      if (near > 0 && !this.#alike(i, i - near)) {
        finish(nearStart, i, near);
        near = 0;
      }
      if (far > 0 && !this.#alike(i, i - far)) {
        finish(farStart, i, far);
        [far, farStart] = [near, nearStart];
        near = 0;
      }
      hash = Math.imul(hash, MULTIPLIER) + signatures[i]! | 0;
      if (i - first >= WINDOW) {
        hash = hash - Math.imul(leaving, signatures[i - WINDOW]!) | 0;
      }
      const slot = (hash ^ hash >>> 15) & mask;
      const before = latest[slot]!, distance = i - before;
      // A run that has not come round yet gives way to one that is nearer.
      const isOpen = far === 0 ||
        distance < far &&
          (near === 0 || distance < near && i - nearStart < 2 * near);
      if (isOpen) {
        const begin = before - WINDOW + 1;
        if (
          begin >= first && distance > 0 && this.#sameWindow(before, i)
        ) {
          if (far === 0) [far, farStart] = [distance, begin];
          else [near, nearStart] = [distance, begin];
        }
      }
      latest[slot] = i;
    }
    if (near > 0) finish(nearStart, length, near);
    if (far > 0) finish(farStart, length, far);
    return found;
  }

  #sameWindow(a: number, b: number): boolean {
    for (let k = 0; k < WINDOW; k++) {
      if (!this.#alike(a - k, b - k)) return false;
    }
    return true;
  }

  /** Whether two operations may be at the same place of a loop's body. */
  #alike(a: number, b: number): boolean {
    const { codes, lefts } = this.#program;
    return this.#signatures[a] === this.#signatures[b] &&
      codes[a] === codes[b] &&
      (codes[a] !== ELEMENT || lefts[a] === lefts[b]) &&
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
    // Numbers of one list may be at one place of a body; what else has to do
    // with lists and loops is like nothing.
    if (signature === ELEMENT) return mix(signature, left) & ~3;
    if (signature >= FIRST_LOOP_CODE) {
      return mix(signature, FIRST_LOOP_CODE + i);
    }
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
    return i - operand <= NEAR ? i - operand : FAR;
  }
}

/** The loop that a run from start to end makes, if it saves enough. */
function worthwhile(
  start: number,
  end: number,
  distance: number,
): Repetition | undefined {
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
