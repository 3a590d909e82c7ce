// Which outputs of a recording depend on which of its inputs.
import { rangeError } from "../errors.ts";
import { primitiveOf } from "../primitives.ts";
import { FIRST_OPERATION, type Section } from "../tape/entries.ts";
import type { Pattern } from "./sparse_matrix.ts";

// 400 MB of indices and values.
const MOST_ENTRIES = 2 ** 25;

/**
 * The pattern of a Jacobian: by structure alone, whatever the numbers, so that
 * all branches of `select`, `min` and `max` count.
 *
 * @param outputs The entries of the outputs; undefined for one that is constant.
 * @param call The call that an error names.
 * @throws {RangeError} If there are more entries than fit in memory.
 */
export function patternOf(
  section: Section,
  outputs: readonly (number | undefined)[],
  call: string,
): Pattern {
  const { start, inputs } = section;
  const sets = new InputSets(inputs);
  const setOf = setsOf(section, outputs, sets);
  const rowStarts = new Int32Array(outputs.length + 1);
  let columnIndices = new Int32Array(Math.max(16, 4 * outputs.length));
  let count = 0;
  outputs.forEach((entry, row) => {
    rowStarts[row] = count;
    if (entry === undefined) return;
    const set = setOf[entry - start]!, size = sets.list(set);
    if (count + size > MOST_ENTRIES) {
      throw rangeError(
        `Cannot ${call}: the first ${row + 1} of ${outputs.length} rows have ` +
          `${count + size} entries, expected a pattern of at most ` +
          `${MOST_ENTRIES}; this matrix is not sparse`,
      );
    }
    if (count + size > columnIndices.length) {
      const to = Math.max(count + size, 2 * columnIndices.length);
      const larger = new Int32Array(to);
      larger.set(columnIndices);
      columnIndices = larger;
    }
    sets.copyListed(set, size, columnIndices, count);
    count += size;
  });
  rowStarts[outputs.length] = count;
  return {
    rows: outputs.length,
    columns: inputs,
    rowStarts,
    columnIndices: columnIndices.slice(0, count),
  };
}

// What an operation's result depends on, by its code: bits of the operands that
// it has a derivative by; or all of a list, but for the condition of `select`.
const LEFT = 1, RIGHT = 2, LISTED = 4, CHOSEN = 8;
/** Set in addition, so that a code that was asked for is not 0. */
const KNOWN = 16;
const kinds = new Uint8Array(1 << 16);

function kindOf(code: number): number {
  const known = kinds[code]!;
  return known > 0 ? known : kinds[code] = KNOWN | findKind(code);
}

function findKind(code: number): number {
  const primitive = primitiveOf(code);
  if (primitive.arity === "list") {
    return primitive.name === "select" ? CHOSEN : LISTED;
  }
  return (primitive.partials[0] === null ? 0 : LEFT) |
    (primitive.arity === 2 && primitive.partials[1] !== null ? RIGHT : 0);
}

/** By entry of a section that an output needs: the set of inputs it depends on. */
function setsOf(
  section: Section,
  outputs: readonly (number | undefined)[],
  sets: InputSets,
): Int32Array {
  const { entries: { codes, lefts, rights, lists }, start, inputs, end } =
    section;
  const first = start + inputs;
  const needed = new Uint8Array(end - start);
  for (const entry of outputs) {
    if (entry !== undefined) needed[entry - start] = 1;
  }
  const setOf = new Int32Array(end - start);
  for (let k = 0; k < inputs; k++) setOf[k] = sets.only(k);
  // What comes from the function around the section does not vary with it.
  for (let i = end - 1; i >= first; i--) {
    if (needed[i - start] === 0 || codes[i]! < FIRST_OPERATION) continue;
    const kind = kindOf(codes[i]!), left = lefts[i]!, right = rights[i]!;
    if ((kind & (LISTED | CHOSEN)) !== 0) {
      for (let k = left; k < left + right; k++) {
        if (lists[k]! >= start) needed[lists[k]! - start] = 1;
      }
    } else {
      if ((kind & LEFT) !== 0 && left >= start) needed[left - start] = 1;
      if ((kind & RIGHT) !== 0 && right >= start) needed[right - start] = 1;
    }
  }
  const of = (entry: number) => entry >= start ? setOf[entry - start]! : EMPTY;
  for (let i = first; i < end; i++) {
    if (needed[i - start] === 0 || codes[i]! < FIRST_OPERATION) continue;
    const kind = kindOf(codes[i]!), left = lefts[i]!, right = rights[i]!;
    let set = EMPTY;
    if ((kind & (LISTED | CHOSEN)) !== 0) {
      for (
        let k = (kind & CHOSEN) !== 0 ? left + 1 : left;
        k < left + right;
        k++
      ) set = sets.union(set, of(lists[k]!));
    } else {
      if ((kind & LEFT) !== 0) set = of(left);
      if ((kind & RIGHT) !== 0) set = sets.union(set, of(right));
    }
    setOf[i - start] = set;
  }
  return setOf;
}

const EMPTY = 0;
// Up to so many inputs a set is written out; a larger one says what it is the
// union of, and is put together only for the outputs.
const SMALL = 12;
// Recent unions, in a table that fits in the processor's cache.
const TABLE = 1 << 14;

/** Sets of inputs, by number: 0 is empty, k + 1 that of input k alone. */
class InputSets {
  readonly #inputs: number;
  // By set, less the first: where it is in `#elements`, and how many it has; of
  // a union, the two sets, the second as a number below 0.
  #from = new Int32Array(1024);
  #size = new Int32Array(1024);
  #count = 0;
  #elements = new Int32Array(4096);
  #end = 0;
  readonly #known = new Int32Array(3 * TABLE);
  readonly #merged = new Int32Array(2 * SMALL);
  // By input and by set: the latest list that had it.
  #met = new Int32Array(0);
  #latest = 0;
  #listed = new Int32Array(0);

  constructor(inputs: number) {
    this.#inputs = inputs;
  }

  only(input: number): number {
    return input + 1;
  }

  union(a: number, b: number): number {
    if (a === b || b === EMPTY) return a;
    if (a === EMPTY) return b;
    if (a > b) return this.union(b, a);
    const slot = 3 *
      ((Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b)) >>> 18);
    const known = this.#known;
    if (known[slot] === a && known[slot + 1] === b) return known[slot + 2]!;
    known[slot] = a;
    known[slot + 1] = b;
    return known[slot + 2] = this.#join(a, b);
  }

  #join(a: number, b: number): number {
    const sizeA = this.#sizeOf(a), sizeB = this.#sizeOf(b);
    if (sizeA === 0 || sizeB === 0 || sizeA + sizeB > 2 * SMALL) {
      return this.#add(a, -b);
    }
    const merged = this.#merged;
    let size = 0, i = 0, j = 0;
    while (i < sizeA || j < sizeB) {
      const x = i < sizeA ? this.#elementAt(a, i) : Infinity;
      const y = j < sizeB ? this.#elementAt(b, j) : Infinity;
      if (x <= y) i++;
      if (y <= x) j++;
      merged[size++] = Math.min(x, y);
    }
    if (size === sizeA) return a;
    if (size === sizeB) return b;
    if (size > SMALL) return this.#add(a, -b);
    if (this.#end + size > this.#elements.length) {
      this.#elements = doubled(this.#elements);
    }
    this.#elements.set(merged.subarray(0, size), this.#end);
    this.#end += size;
    return this.#add(this.#end - size, size);
  }

  /** How many elements a set has; 0 if it is not written out. */
  #sizeOf(set: number): number {
    if (set <= this.#inputs) return 1;
    return Math.max(0, this.#size[set - this.#inputs - 1]!);
  }

  #elementAt(set: number, k: number): number {
    return set <= this.#inputs
      ? set - 1
      : this.#elements[this.#from[set - this.#inputs - 1]! + k]!;
  }

  #add(from: number, size: number): number {
    if (this.#count === this.#from.length) {
      this.#from = doubled(this.#from);
      this.#size = doubled(this.#size);
    }
    this.#from[this.#count] = from;
    this.#size[this.#count] = size;
    return this.#inputs + ++this.#count;
  }

  /** Lists a set, unless it is written out, and gives its number of elements. */
  list(set: number): number {
    const size = this.#sizeOf(set);
    if (set === EMPTY) return 0;
    if (size > 0) return size;
    const all = this.#inputs + 1 + this.#count;
    if (this.#met.length < all) this.#met = new Int32Array(all);
    const met = this.#met, latest = ++this.#latest;
    const elements: number[] = [], stack = [set];
    while (stack.length > 0) {
      const one = stack.pop()!;
      if (met[one] === latest) continue;
      met[one] = latest;
      const size = this.#sizeOf(one);
      for (let k = 0; k < size; k++) {
        const element = this.#elementAt(one, k);
        // A set of one input is met where its input is.
        if (one > this.#inputs) {
          if (met[element + 1] === latest) continue;
          met[element + 1] = latest;
        }
        elements.push(element);
      }
      if (size > 0) continue;
      const union = one - this.#inputs - 1;
      stack.push(this.#from[union]!, -this.#size[union]!);
    }
    this.#listed = Int32Array.from(elements).sort();
    return elements.length;
  }

  /** Copies the elements of the set that was listed last, of so many elements, ascending. */
  copyListed(set: number, size: number, to: Int32Array, at: number): void {
    if (this.#sizeOf(set) === 0) {
      to.set(this.#listed, at);
      return;
    }
    for (let k = 0; k < size; k++) to[at + k] = this.#elementAt(set, k);
  }
}

function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}
