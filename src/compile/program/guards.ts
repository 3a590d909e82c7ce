// What a row may leave undone. Where a choice was made, as of the least of many
// numbers, the adjoints of all that was not chosen are 0, and so is what they add
// to sums: a block of operations that a zero makes pointless is skipped then. A sum
// stays what it is, to the bit: it is never −0, and a product with 0 is 0 where its
// other factor is finite, which a number tells that is computed of it anyway.
import { ADD, builtIn, DIV, MUL, SUB } from "../../primitives.ts";
import { CONSTANT, forEachOperand, INPUT } from "../../tape/entries.ts";
import {
  CONSTANT_LIST,
  FINAL,
  FIRST_LOOP_CODE,
  type Loop,
  STACKED,
  UPDATED,
} from "../../tape/loop.ts";
import type { Ordered } from "./builder.ts";
import { commonOf, giversOf } from "./keep.ts";
import { inputsOf, outputsOf } from "./layout.ts";
import {
  type Assumed,
  assumedOf,
  hasSign,
  NOTHING_ASSUMED,
  resultHas,
} from "./minus_zero.ts";
import { countUses, neededEntries } from "./uses.ts";

/** A program, or the body of a loop in another. */
export interface Place {
  readonly program: Ordered;
  readonly loop: Loop | null;
  /** Where the loop stands: the program around, and the loop's entry there. */
  readonly parent: Place | null;
  readonly at: number;
}

/** What a body leaves undone in some rows. */
export interface Guards {
  /** Entries and inputs that must all be finite for anything to be left undone. */
  readonly witnesses: readonly number[];
  readonly blocks: readonly Block[];
  /** By entry: 1 if it is computed in a block. */
  readonly isInside: Uint8Array;
  /** The body's outputs that are computed in blocks. */
  readonly outputs: ReadonlySet<number>;
  /** Entries that are read where it is decided. */
  readonly deciding: ReadonlySet<number>;
}

/** What is done in those rows only in which an entry is not 0. */
export interface Block {
  readonly mask: number;
  /** The entries that it computes, in order. */
  readonly entries: readonly number[];
  /** Outputs of the body: sums that it adds to. */
  readonly outputs: readonly number[];
  /** What is done only if another entry is not 0 either. */
  readonly inner: readonly Block[];
}

// A branch that is foretold wrongly takes as long as so many operations. A sum in
// memory counts as three: it is read, added to and stored.
const LEAST_WEIGHT = 24;
const SUM_WEIGHT = 3;
const DEEPEST = 24;
// How far is looked for a number that tells of another.
const STEPS = 64;
const DEPTH = 8;
// 2 to this power is more than any finite number.
const FINITE = 1024;

/** What the body of a loop may leave undone; undefined if nothing that is worth a look. */
export function guardsOf(place: Place): Guards | undefined {
  const { program } = place;
  if (!hasComparison(program)) return undefined;
  return new Search(place).guards();
}

function hasComparison({ codes, first, length }: Ordered): boolean {
  const { comparisons } = named();
  for (let i = first; i < length; i++) {
    if (comparisons.has(codes[i]!)) return true;
  }
  return false;
}

let names: ReturnType<typeof findNames> | undefined;

function named() {
  return names ??= findNames();
}

function findNames() {
  const code = (name: Parameters<typeof builtIn>[0]) => builtIn(name).code;
  return {
    select: code("select"),
    neg: code("neg"),
    abs: code("abs"),
    comparisons: new Set((["lt", "le", "gt", "ge", "eq"] as const).map(code)),
    // No more than 2 in size, whatever they are of.
    small: new Set(
      (["sin", "cos", "tanh", "sigmoid", "erf", "sign"] as const).map(code),
    ),
  };
}

/** A number that a body adds to in each row. */
interface Sum {
  /** Which output of the body it is. */
  readonly output: number;
  /** What is 0 where nothing is added. */
  readonly mask: number;
}

/** A block that is being looked for. */
class Node {
  readonly mask: number;
  parent: Node | null = null;
  depth = 0;
  readonly outputs: number[] = [];
  readonly entries: number[] = [];
  readonly inner: Node[] = [];

  constructor(mask: number) {
    this.mask = mask;
  }

  weight(): number {
    return this.inner.reduce(
      (sum, node) => sum + node.weight(),
      this.entries.length + SUM_WEIGHT * this.outputs.length,
    );
  }

  /** What becomes of it: those that do too little are a part of what is around them. */
  block(): Block {
    const { mask } = this;
    const entries = [...this.entries], outputs = [...this.outputs];
    const inner: Block[] = [];
    for (const node of this.inner) {
      const block = node.block();
      const weight = node.weight();
      if (weight >= LEAST_WEIGHT && node.depth < DEEPEST) inner.push(block);
      else {
        entries.push(...block.entries);
        outputs.push(...block.outputs);
        inner.push(...block.inner);
      }
    }
    entries.sort((a, b) => a - b);
    return { mask, entries, outputs, inner };
  }
}

class Search {
  readonly #place: Place;
  readonly #body: Ordered;
  readonly #loop: Loop;
  readonly #uses: Int32Array;
  /** By entry: 1 if it is 0 in many rows, or so one may think. */
  readonly #isMask: Uint8Array;
  /** By entry: 1 if it is between a mask and a sum, which tells nothing new. */
  readonly #isOnWay: Uint8Array;
  readonly #witnesses = new Set<number>();
  #users: number[][] | undefined;
  #exponents: Float64Array | undefined;

  constructor(place: Place) {
    this.#place = place;
    this.#body = place.program;
    this.#loop = place.loop!;
    this.#uses = countUses(place.program);
    this.#isMask = masksOf(place.program);
    this.#isOnWay = new Uint8Array(place.program.length);
  }

  guards(): Guards | undefined {
    let sums = this.#sums();
    for (;;) {
      if (sums.length === 0) return undefined;
      const { nodes, rejected } = this.#nodes(sums);
      if (rejected.size === 0) return this.#guards(nodes);
      // What is not worth a block is computed in every row, and all that it needs.
      sums = sums.filter(({ output }) => !rejected.has(output));
    }
  }

  #guards(nodes: readonly Node[]): Guards {
    const isInside = new Uint8Array(this.#body.length);
    const outputs = new Set<number>(), deciding = new Set(this.#witnesses);
    const visit = (block: Block) => {
      deciding.add(block.mask);
      for (const entry of block.entries) isInside[entry] = 1;
      for (const k of block.outputs) {
        outputs.add(k);
        isInside[this.#body.outputs[k]!] = 1;
      }
      block.inner.forEach(visit);
    };
    const blocks = nodes.map((node) => node.block());
    blocks.forEach(visit);
    return {
      witnesses: [...this.#witnesses],
      blocks,
      isInside,
      outputs,
      deciding,
    };
  }

  /** The sums to which nothing is added where some mask is 0. */
  #sums(): Sum[] {
    const { codes, lefts, rights, outputs } = this.#body;
    const { carries, updates } = this.#loop;
    const ins = inputsOf(this.#loop), outs = outputsOf(this.#loop);
    const before: [output: number, input: number][] = [];
    carries.forEach((_, k) => {
      if (codes[k] === INPUT) before.push([k, k]);
    });
    updates.forEach(({ addresses }, u) =>
      addresses.forEach((_, k) =>
        before.push([outs.updates[u]! + k, ins.updates[u]! + k])
      )
    );
    const found: { output: number; way: Way }[] = [];
    for (const [output, input] of before) {
      const next = outputs[output]!;
      const left = lefts[next]!, right = rights[next]!;
      if (this.#uses[next] !== 1 || this.#uses[input] !== 1) continue;
      const added = codes[next] === ADD
        ? left === input ? right : right === input ? left : -1
        : codes[next] === SUB && left === input
        ? right
        : -1;
      if (added < 0) continue;
      const way = this.#wayTo(added);
      if (way === undefined || !this.#isNeverMinusZero(input)) continue;
      this.#isOnWay[next] = 1;
      for (const entry of way.entries) this.#isOnWay[entry] = 1;
      found.push({ output, way });
    }
    return found
      .filter(({ way }) => way.factors.every((entry) => this.#isFinite(entry)))
      .map(({ output, way: { mask } }) => ({ output, mask }));
  }

  /** Whether a carry or a number of an update is never −0. */
  #isNeverMinusZero(input: number): boolean {
    return assumedIn(this.#place)(input, "not minus zero");
  }

  /** How an entry comes to be 0 where a mask is. */
  #wayTo(from: number): Way | undefined {
    const { codes, lefts, rights, constants } = this.#body;
    const { neg, abs } = named();
    const entries: number[] = [], factors: number[] = [];
    for (let i = from;;) {
      if (this.#isMask[i] === 1) return { mask: i, entries, factors };
      entries.push(i);
      const left = lefts[i]!, right = rights[i]!;
      switch (codes[i]) {
        case MUL:
          // Of two that may be 0, it is the one that leads to a mask.
          if (this.#isMask[left] === 1 || !this.#leads(right)) {
            factors.push(right);
            i = left;
          } else {
            factors.push(left);
            i = right;
          }
          break;
        case DIV:
          if (
            codes[right] !== CONSTANT || !Math.abs(constants[right]!)
          ) return undefined;
          i = left;
          break;
        case neg:
        case abs:
          i = left;
          break;
        default:
          return undefined;
      }
    }
  }

  /** Whether an entry is a mask, or a product with one. */
  #leads(entry: number): boolean {
    const { codes, lefts, rights } = this.#body;
    if (this.#isMask[entry] === 1) return true;
    return codes[entry] === MUL && (this.#isMask[lefts[entry]!] === 1 ||
      this.#isMask[rights[entry]!] === 1);
  }

  /** The masks where which are 0 another one is. */
  #before(mask: number): number[] {
    const { codes, lefts, rights, lists } = this.#body;
    if (codes[mask] !== named().select) return [];
    const [, yes, no] = lists.subarray(lefts[mask]!, lefts[mask]! + 3);
    const other = isZero(this.#body, no!)
      ? yes!
      : isZero(this.#body, yes!)
      ? no!
      : -1;
    if (other < 0) return [];
    if (this.#isMask[other] === 1) return [other];
    if (codes[other] !== MUL) return [];
    const pair = [lefts[other]!, rights[other]!];
    return pair.filter((entry, k) =>
      this.#isMask[entry] === 1 && this.#isFinite(pair[1 - k]!)
    );
  }

  /** The blocks for some sums, and the sums for which there is none that is worth it. */
  #nodes(
    sums: readonly Sum[],
  ): { nodes: Node[]; rejected: ReadonlySet<number> } {
    // How many sums each mask decides about, if it is asked for all.
    const counts = new Map<number, number>();
    for (const { mask } of sums) counts.set(mask, (counts.get(mask) ?? 0) + 1);
    const befores = new Map<number, number[]>();
    const waiting = [...counts.keys()];
    for (let mask; (mask = waiting.pop()) !== undefined;) {
      if (befores.has(mask)) continue;
      const before = this.#before(mask);
      befores.set(mask, before);
      waiting.push(...before);
    }
    const masks = [...befores.keys()].sort((a, b) => b - a);
    for (const mask of masks) {
      for (const before of befores.get(mask)!) {
        counts.set(before, (counts.get(before) ?? 0) + counts.get(mask)!);
      }
    }
    const nodes = new Map<number, Node>();
    for (const mask of masks) nodes.set(mask, new Node(mask));
    for (const { output, mask } of sums) nodes.get(mask)!.outputs.push(output);
    for (const mask of masks) {
      const best = befores.get(mask)!.reduce(
        (best, before) =>
          best < 0 || counts.get(before)! > counts.get(best)! ? before : best,
        -1,
      );
      if (best < 0) continue;
      const node = nodes.get(mask)!;
      node.parent = nodes.get(best)!;
      node.parent.inner.push(node);
    }
    // One that decides about nothing but another is asked for nothing.
    for (const mask of masks) {
      const node = nodes.get(mask)!;
      if (node.outputs.length > 0 || node.inner.length > 1) continue;
      const [only] = node.inner;
      if (node.parent !== null) {
        node.parent.inner.splice(node.parent.inner.indexOf(node), 1);
        if (only !== undefined) node.parent.inner.push(only);
      }
      if (only !== undefined) only.parent = node.parent;
      nodes.delete(mask);
    }
    const roots = [...nodes.values()].filter(({ parent }) => parent === null);
    const level = (node: Node, depth: number): void => {
      node.depth = depth;
      for (const inner of node.inner) level(inner, depth + 1);
    };
    for (const root of roots) level(root, 0);
    this.#fill(sums, nodes, roots);
    const rejected = new Set<number>();
    const reject = (node: Node) => {
      for (const k of node.outputs) rejected.add(k);
      node.inner.forEach(reject);
    };
    for (const root of roots) if (root.weight() < LEAST_WEIGHT) reject(root);
    return { nodes: roots, rejected };
  }

  /** Finds for each entry the innermost block that all that reads it is in. */
  #fill(
    sums: readonly Sum[],
    nodes: ReadonlyMap<number, Node>,
    roots: readonly Node[],
  ): void {
    const { codes, length, first, outputs } = this.#body;
    const inside = new Set(sums.map(({ output }) => output));
    const always = [
      ...outputs.filter((_, k) => !inside.has(k)),
      ...roots.map(({ mask }) => mask),
      ...this.#witnesses,
    ];
    for (let i = first; i < length; i++) {
      if (codes[i]! >= FIRST_LOOP_CODE) always.push(i);
    }
    const needed = neededEntries(this.#body, always, length);
    const homes = new Map<number, Node | null>();
    const read = (entry: number, node: Node | null) => {
      const home = homes.get(entry);
      homes.set(entry, home === undefined ? node : common(home, node));
    };
    for (const { output, mask } of sums) {
      read(outputs[output]!, nodes.get(mask)!);
    }
    for (const node of nodes.values()) read(node.mask, node.parent);
    const isSum = new Set([...inside].map((k) => outputs[k]!));
    for (let i = length - 1; i >= first; i--) {
      const home = homes.get(i);
      if (needed[i] === 1 || home === undefined) continue;
      if (home !== null && !isSum.has(i)) home.entries.push(i);
      forEachOperand(this.#body, i, (operand) => read(operand, home));
    }
  }

  /** Whether an entry is finite wherever all witnesses are. */
  #isFinite(entry: number): boolean {
    return this.#exponent(entry, DEPTH) <= FINITE;
  }

  /** To which power of 2 the size of an entry is limited, at most, wherever all witnesses are finite. */
  #exponent(entry: number, steps: number): number {
    const always = (this.#exponents ??= this.#findExponents())[entry]!;
    if (always < FINITE) return always;
    const told = this.#toldOf(entry) ?? this.#toldByGiver(entry);
    if (told !== undefined) {
      this.#witnesses.add(told.witness);
      return told.exponent;
    }
    return steps === 0
      ? Infinity
      : this.#combined(entry, (other) => this.#exponent(other, steps - 1));
  }

  /** By entry: the same, whatever the inputs. */
  #findExponents(): Float64Array {
    const { codes, constants, length } = this.#body;
    const { comparisons, small } = named();
    const exponents = new Float64Array(length);
    for (let i = 0; i < length; i++) {
      const code = codes[i]!;
      exponents[i] = code === CONSTANT
        ? exponentOf(constants[i]!)
        : comparisons.has(code) || small.has(code)
        ? 1
        : code === INPUT
        ? this.#exponentOfInput(i)
        : this.#combined(i, (other) => exponents[other]!);
    }
    return exponents;
  }

  /** The same of a result, from that of its operands; what is more than finite overflows. */
  #combined(entry: number, of: (other: number) => number): number {
    const { codes, lefts, rights, lists } = this.#body;
    const { select, neg, abs } = named();
    const left = lefts[entry]!, right = rights[entry]!;
    let exponent = Infinity;
    switch (codes[entry]) {
      case ADD:
      case SUB:
        exponent = 1 + Math.max(of(left), of(right));
        break;
      case MUL:
        exponent = of(left) + of(right);
        break;
      case neg:
      case abs:
        return of(left);
      case select:
        return Math.max(of(lists[left + 1]!), of(lists[left + 2]!));
    }
    return exponent < FINITE ? exponent : Infinity;
  }

  #exponentOfInput(input: number): number {
    const { streams } = this.#loop, { program } = this.#place.parent!;
    const ins = inputsOf(this.#loop);
    const stream = streams[input - ins.streams];
    if (stream === undefined) return Infinity;
    // What lies before a list may be anything.
    if (stream.table === null && stream.offset < 0) return Infinity;
    return exponentOfList(program, stream.list);
  }

  #toldOf(entry: number): Told | undefined {
    const users = this.#users ??= usersOf(this.#body);
    return told(
      this.#body,
      users,
      entry,
      (i) => this.#isOnWay[i] === 0 && this.#isMask[i] === 0,
      (i) => i,
    );
  }

  /** The same of what a loop before computed, which hands over both. */
  #toldByGiver(entry: number): Told | undefined {
    const { program } = this.#place.parent!, { at } = this.#place;
    for (const giver of giversOf(program, at)) {
      const loop = program.loops[program.lefts[giver]!]!;
      const { same } = commonOf(program, giver, loop, this.#loop);
      if (same[entry]! < 0) continue;
      const taken = new Map<number, number>();
      const { streams, slices } = inputsOf(this.#loop);
      for (let k = streams; k < slices; k++) {
        if (same[k]! >= 0) taken.set(same[k]!, k);
      }
      const found = told(
        loop.body as Ordered,
        usersOf(loop.body as Ordered),
        same[entry]!,
        () => true,
        (i) => taken.get(i),
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** How an entry comes to be 0 where a mask is: the entries up to it, and their other factors. */
interface Way {
  readonly mask: number;
  readonly entries: readonly number[];
  readonly factors: readonly number[];
}

/** A number that tells, when it is finite, how large another is at most. */
interface Told {
  readonly witness: number;
  readonly exponent: number;
}

/** Follows a number to what is made of it, as long as that is finite only if the number is. */
function told(
  body: Ordered,
  users: readonly number[][],
  entry: number,
  mayTell: (i: number) => boolean,
  witnessFor: (i: number) => number | undefined,
): Told | undefined {
  const { codes, lefts, rights } = body, { neg, abs } = named();
  const tells = (i: number) => {
    const code = codes[i]!;
    return (code === ADD || code === SUB || code === MUL || code === neg ||
      code === abs) && mayTell(i);
  };
  const square = users[entry]!.find((i) =>
    codes[i] === MUL && lefts[i] === rights[i] && mayTell(i)
  );
  const seen = new Set<number>();
  const waiting = square === undefined ? users[entry]!.filter(tells) : [square];
  let last: number | undefined, witness: number | undefined;
  for (let i; (i = waiting.pop()) !== undefined && seen.size < STEPS;) {
    if (seen.has(i)) continue;
    seen.add(i);
    const own = witnessFor(i);
    if (own !== undefined && (last === undefined || i > last)) {
      [last, witness] = [i, own];
    }
    waiting.push(...users[i]!.filter(tells));
  }
  // Where a square is finite, its root is less than 2 to half that power.
  return witness === undefined ? undefined : {
    witness,
    exponent: square === undefined ? FINITE : FINITE / 2,
  };
}

function usersOf(program: Ordered): number[][] {
  const users: number[][] = Array.from({ length: program.length }, () => []);
  for (let i = program.first; i < program.length; i++) {
    forEachOperand(program, i, (operand) => users[operand]!.push(i));
  }
  return users;
}

/** The entries that are 0 in many rows: comparisons, and what is chosen by one in place of 0. */
function masksOf(body: Ordered): Uint8Array {
  const { codes, lefts, lists, first, length } = body;
  const { select, comparisons } = named();
  const isMask = new Uint8Array(length);
  for (let i = first; i < length; i++) {
    if (comparisons.has(codes[i]!)) isMask[i] = 1;
    if (codes[i] !== select) continue;
    const [, yes, no] = lists.subarray(lefts[i]!, lefts[i]! + 3);
    if (isMask[no!] === 1 || isZero(body, yes!) || isZero(body, no!)) {
      isMask[i] = 1;
    }
  }
  return isMask;
}

function isZero({ codes, constants }: Ordered, entry: number): boolean {
  return codes[entry] === CONSTANT && constants[entry] === 0;
}

function exponentOf(number: number): number {
  return Number.isFinite(number)
    ? Math.ceil(Math.log2(Math.max(Math.abs(number), 1))) + 1
    : Infinity;
}

/** The same of all numbers of a list, if they are known or made of such. */
function exponentOfList(program: Ordered, list: number): number {
  const { codes, lefts, rights, data, loops } = program;
  if (codes[list] === CONSTANT_LIST) {
    return data[lefts[list]!]!.reduce(
      (most, number) => Math.max(most, exponentOf(number)),
      0,
    );
  }
  if (codes[list] !== STACKED) return Infinity;
  // A list that is a known one, or that with another sign.
  const loop = loops[lefts[lefts[list]!]!]!, { body, stacked } = loop;
  const k = rights[list]!, { streams } = inputsOf(loop);
  const from = outputsOf(loop).stacked[k]!;
  let most = 0;
  for (const output of body.outputs.slice(from, from + stacked[k]!)) {
    const input = body.codes[output] === named().neg
      ? body.lefts[output]!
      : output;
    const stream = loop.streams[input - streams];
    most = stream === undefined
      ? Infinity
      : Math.max(most, exponentOfList(program, stream.list));
  }
  return stacked[k] === 0 ? Infinity : most;
}

/** What is known of a body's inputs, carries and updates included. */
function assumedIn({ loop, parent }: Place): Assumed {
  if (loop === null || parent === null) return NOTHING_ASSUMED;
  const outside: Assumed = (entry, sign) =>
    hasSign(parent.program, entry, sign, assumedIn(parent));
  const ins = inputsOf(loop), others = assumedOf(loop, outside);
  return (input, sign) => {
    if (input < loop.carries.length) {
      return resultHas(loop, FINAL, input, sign, outside);
    }
    const updates = ins.updates[0] ?? ins.index;
    if (input >= updates && input < ins.index) {
      const u = ins.updates.filter((from) => from <= input).length - 1;
      return resultHas(loop, UPDATED, u, sign, outside);
    }
    return others(input, sign);
  };
}

/** The innermost block that two are in, or are. */
function common(one: Node | null, other: Node | null): Node | null {
  let a = one, b = other;
  while (a !== b) {
    if (a === null || b === null) return null;
    if (a.depth >= b.depth) a = a.parent;
    else b = b.parent;
  }
  return a;
}
