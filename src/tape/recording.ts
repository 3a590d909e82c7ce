// Recording: what a function does to Vars becomes entries of the tape.
//
// There is one tape. A transform inside a recorded function records onto it
// above what is there: a section of its own. The state below is module-level
// and in one module, and `record` touches nothing else: this is the innermost
// loop of everything.
import { typeError } from "../errors.ts";
import { guard } from "../guard.ts";
import {
  type Observer,
  observer,
  type Origin,
  setObserver,
} from "../observer.ts";
import { MUL } from "../primitives.ts";
import { type Call, type PlacedCall, placePermanently } from "./calls.ts";
import { allocate, type Arrays, copyInto, lengthBeyond } from "./capacity.ts";
import { CONSTANT, type Entries, FIRST_OPERATION, INPUT } from "./entries.ts";
import { CONSTANT_LIST, GATHER, LIST_INPUT, LOOP, type Loop } from "./loop.ts";

/** One run of a function on Vars. */
export class Recording {
  /** Whether the function still runs: its Vars are valid only while it does. */
  open = true;
  /** Whether anything in it came from the recording around it. */
  closesOver = false;
  /** The recording that this one is nested in. */
  readonly outer: Recording | null;
  /** Its first entry. */
  readonly start: number;
  /** Where in `lists` its operands begin. */
  readonly listsStart: number;
  /** Whether its outermost recording is to be compiled, so that no value may be read. */
  readonly frozen: boolean;

  constructor(
    outer: Recording | null,
    start: number,
    listsStart: number,
    frozen: boolean,
  ) {
    this.outer = outer;
    this.start = start;
    this.listsStart = listsStart;
    this.frozen = frozen;
  }
}

/**
 * A number in a function that is being recorded: what a transform passes to the
 * function it differentiates. It stands for an entry of the tape and is valid
 * until that function returns. The operations make Vars from Vars.
 *
 * @category Types
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { grad, mul, primal, type Scalar, Var } from "@chainrule/autograd";
 *
 * const gradient = grad((x: Scalar) => {
 *   assert(x instanceof Var);
 *   return primal(x) > 0 ? mul(x, x) : x;
 * });
 * assertEquals(gradient(3), 6);
 * ```
 */
export class Var {
  // Declared and not defined; see `Node`.
  /** The entry of the tape. */
  declare private readonly index: number;
  /** The recording it belongs to. */
  declare private readonly recording: Recording;

  /**
   * Transforms make Vars; there is no use for one of your own.
   *
   * @param index Its entry.
   * @param recording Its recording.
   */
  constructor(index: number, recording: object) {
    this.index = index;
    this.recording = recording as Recording;
  }

  /**
   * The number this Var stands for.
   *
   * @throws {TypeError} If its recording is over, or is made for `compile`.
   */
  get value(): number {
    return valueOf(this, "read .value of a Var");
  }
}

guard(
  Var.prototype,
  "Var",
  (self) =>
    self["recording"].open && !isFrozen(self["recording"]) &&
      deriving === null
      ? `Var(value: ${self.value})`
      : "Var",
  (self, call) => {
    if (isFrozen(self["recording"])) throw frozen(call);
  },
);

// Constants of this module are constants to the compiler; what it exports or
// imports is a load and a check at each use.
const LocalVar = Var;

// Up to this length the tape is in arrays that are never replaced: the compiler
// takes their addresses for constants, which saves a quarter of recording. The
// system gives them memory only as they are filled.
const SMALL = 1 << 20;
const smallCodes = new Uint16Array(SMALL);
const smallLefts = new Int32Array(SMALL);
const smallRights = new Int32Array(SMALL);
const smallValues = new Float64Array(SMALL);
// Larger arrays are given back after a call that used no more than 1/64 of them.
const RELEASE_FACTOR = 64;
// From here on, entries are appended with a look at the room that is left: the fast
// paths go without. One operation may append four entries, three of them constants.
const FAST_LIMIT = SMALL - 8;

const CLOSED = new Recording(null, 0, 0, false);
CLOSED.open = false;

/** The innermost recording that is running; a closed one if none is. */
let active: Recording = CLOSED;
/**
 * The innermost recording, while the small arrays are in use and have room, and
 * there is no observer; else a closed one, so that no Var is of it. The fast paths
 * look at this alone.
 */
let fast: Recording = CLOSED;
/** The same while larger arrays are in use, or the small ones have no room. */
let large: Recording = CLOSED;
/** The number of entries in use. */
let length = 0;
/** The most that were in use since the tape was empty, recordings within included. */
let peak = 0;
// The arrays in use: the small ones, or larger ones.
let capacity = SMALL;
let codes = smallCodes;
let lefts = smallLefts;
let rights = smallRights;
let values = smallValues;
/** The larger arrays, while the small ones are in use. */
let reserve: Arrays | null = null;
let lists = new Int32Array(0);
let listsLength = 0;
/** Loops and constant lists of the recording that is frozen. */
let loops: Loop[] = [];
let data: Float64Array[] = [];
/** Where `recordOf` appended what: still there if the entry says so. */
const projections = new Map<string, number>();
let origins: (Origin | undefined)[] = [];
/** The calls whose results are entries, by their tokens; those that are to be compiled are elsewhere. */
const calls: PlacedCall[] = [];
let adjoints = new Float64Array(0);

/** Whether x is a Var of the innermost recording, which the fast paths may append to. */
export function isFast(x: unknown): boolean {
  // Nothing but a Var has a recording, and to ask for that takes less than
  // `instanceof`.
  return (x as Var | undefined)?.["recording"] === fast;
}

/** Whether there may be a Var that {@linkcode isFast}. */
export function mayBeFast(): boolean {
  return fast !== CLOSED;
}

/** The entry of a Var. */
export function entryOf(x: Var): number {
  return x["index"];
}

/** The result at an entry. */
export function valueAt(entry: number): number {
  return values[entry]!;
}

/** The results at entries whose Vars are fast, as {@linkcode isFast} says. */
export const fastValues: Float64Array = smallValues;

/** Appends an entry where one of its operands {@linkcode isFast}, and gives its Var. */
export function recordFast(
  code: number,
  left: number,
  right: number,
  value: number,
): Var {
  const i = length;
  smallCodes[i] = code;
  smallLefts[i] = left;
  smallRights[i] = right;
  smallValues[i] = value;
  length = i + 1;
  if (i > FAST_LIMIT) chooseFast();
  return new LocalVar(i, active);
}

/** Whether x is a Var of the innermost recording, if that is a long one without an observer. */
export function isLarge(x: unknown): boolean {
  return (x as Var | undefined)?.["recording"] === large;
}

/** The entry of a Var that {@linkcode isLarge}, or of a number, which becomes a constant; −1 for all else. */
export function takeLarge(x: unknown): number {
  if (isLarge(x)) return (x as Var)["index"];
  return typeof x === "number" ? appendEntry(CONSTANT, 0, 0, x) : -1;
}

/** Appends an entry where one of its operands {@linkcode isLarge}, and gives its Var. */
export function recordLarge(
  code: number,
  left: number,
  right: number,
  value: number,
): Var {
  return new LocalVar(appendEntry(code, left, right, value), active);
}

function appendEntry(
  code: number,
  left: number,
  right: number,
  value: number,
): number {
  const i = length;
  if (i === capacity) grow();
  codes[i] = code;
  lefts[i] = left;
  rights[i] = right;
  values[i] = value;
  length = i + 1;
  return i;
}

/**
 * Appends a number as a constant, which no Var stands for, where another operand
 * {@linkcode isFast}, and gives its entry; −1 for what is not a number.
 */
export function recordFastConstant(value: unknown): number {
  if (typeof value !== "number") return -1;
  const i = length;
  smallCodes[i] = CONSTANT;
  smallLefts[i] = 0;
  smallValues[i] = value;
  length = i + 1;
  return i;
}

/** Appends a constant, and gives its entry. */
function recordConstant(value: number): number {
  const i = length;
  append(CONSTANT, 0, 0, value);
  return i;
}

/** Appends an entry and gives its Var. */
export function record(
  code: number,
  left: number,
  right: number,
  value: number,
): Var {
  const x = append(code, left, right, value);
  if (code >= FIRST_OPERATION) observer?.onRecord(length - 1);
  return x;
}

function append(
  code: number,
  left: number,
  right: number,
  value: number,
): Var {
  const origin = observer !== null && code >= FIRST_OPERATION
    ? observer.origin()
    : undefined;
  const i = appendEntry(code, left, right, value);
  if (origin !== undefined) origins[i] = origin;
  // As after a fast path: the next one would write beyond the small arrays.
  if (i > FAST_LIMIT && fast !== CLOSED) chooseFast();
  return new LocalVar(i, active);
}

/** Makes room for the operands of an operation over a list, and gives where it begins. */
export function reserveOperands(count: number): number {
  const end = listsLength + count;
  if (end > lists.length) growLists(end);
  return listsLength;
}

function growLists(end: number): void {
  const to = Math.max(end, 2 * lists.length);
  lists = copyInto(
    allocate(() => new Int32Array(to), capacity),
    lists,
  );
}

/** Puts the entry of an operand into reserved room. */
export function setOperand(at: number, entry: number): void {
  lists[at] = entry;
}

/**
 * Takes operands of an operation over a list: their numbers, and their entries
 * into reserved room. Numbers among them are appended as constants, which
 * {@linkcode forgetConstants} takes back if it turns out that there are no Vars.
 *
 * @param xs The operands.
 * @param numbers Where the numbers go.
 * @param first The first operand's place in `numbers`.
 * @param at Its place in the reserved room.
 * @returns How many are Vars; −1 if one is neither a number nor a Var that
 * {@linkcode isFast}, or there is no room for constants.
 */
export function takeOperands(
  xs: readonly unknown[] | Float64Array,
  numbers: Float64Array,
  first: number,
  at: number,
): number {
  if (length + xs.length > FAST_LIMIT) return -1;
  const operands = lists;
  if (xs instanceof Float64Array) {
    numbers.set(xs, first);
    smallValues.set(xs, length);
    smallCodes.fill(CONSTANT, length, length + xs.length);
    for (let k = 0; k < xs.length; k++) operands[at + k] = length + k;
    endConstants(length, length + xs.length);
    return 0;
  }
  let k = 0, vars = 0;
  // In runs of one kind, for each of which V8 then knows what it reads.
  while (k < xs.length) {
    const begin = k;
    if (typeof xs[k] === "number") {
      let i = length;
      for (; k < xs.length; k++) {
        const x = xs[k];
        if (typeof x !== "number") break;
        operands[at + k] = i;
        numbers[first + k] = x;
        smallCodes[i] = CONSTANT;
        smallValues[i++] = x;
      }
      endConstants(length, i);
    } else {
      for (; k < xs.length; k++) {
        const x = xs[k] as Var | undefined;
        if (x?.["recording"] !== fast) break;
        const entry = x["index"];
        operands[at + k] = entry;
        numbers[first + k] = smallValues[entry]!;
      }
      if (k === begin) return -1;
      vars += k - begin;
    }
  }
  return vars;
}

/** Ends a run of constants; a sweep goes over it in one step. */
function endConstants(start: number, end: number): void {
  if (start === end) return;
  smallLefts[end - 1] = end - start - 1;
  length = end;
}

/** Takes back the constants from an entry on. */
export function forgetConstants(start: number): void {
  length = start;
}

/** The numbers of three operands; see {@linkcode takeThree}. */
export const threeNumbers: Float64Array = new Float64Array(3);
const three = threeNumbers;

/** All three operands are numbers. */
export const NUMBERS = -1;
/** An operand is neither a number nor a Var that {@linkcode isFast}. */
export const OTHERS = -2;

/**
 * Takes three operands: their numbers into {@linkcode threeNumbers}, and their
 * entries into the room for lists.
 *
 * @returns Where they begin there, or {@linkcode NUMBERS} or {@linkcode OTHERS}.
 */
export function takeThree(a: unknown, b: unknown, c: unknown): number {
  if (!isFast(a) && !isFast(b) && !isFast(c)) {
    if (
      typeof a !== "number" || typeof b !== "number" || typeof c !== "number"
    ) return OTHERS;
    three[0] = a;
    three[1] = b;
    three[2] = c;
    return NUMBERS;
  }
  const i = fastEntry(a), j = fastEntry(b), k = fastEntry(c);
  if ((i | j | k) < 0) return OTHERS;
  three[0] = smallValues[i]!;
  three[1] = smallValues[j]!;
  three[2] = smallValues[k]!;
  const at = listsLength;
  if (at + 3 > lists.length) growLists(at + 3);
  lists[at] = i;
  lists[at + 1] = j;
  lists[at + 2] = k;
  listsLength = at + 3;
  return at;
}

/** The entry of an operand beside one that is fast; −1 if it is neither that nor a number. */
function fastEntry(x: unknown): number {
  if (isFast(x)) return (x as Var)["index"];
  return recordFastConstant(x);
}

/** Appends an operation over the list of operands that was put into reserved room. */
export function recordList(code: number, count: number, value: number): Var {
  const at = listsLength;
  listsLength = at + count;
  return record(code, at, count, value);
}

/**
 * Appends the results of a call, one after the other, and gives their Vars.
 *
 * @param operands The entries of its operands.
 */
export function recordCall(
  code: number,
  call: Call,
  operands: readonly number[],
  results: readonly number[],
): Var[] {
  const n = operands.length, entry = length;
  const sizes = { operands: n, results: results.length };
  const placed = active.frozen
    ? placePermanently(call, sizes)
    : { ...sizes, call, token: calls.length, entry };
  if (!active.frozen) calls.push(placed);
  const token = recordConstant(placed.token);
  const at = reserveOperands(n + results.length);
  setOperand(at, token);
  for (let k = 0; k < n; k++) setOperand(at + 1 + k, operands[k]!);
  for (let k = 1; k < results.length; k++) setOperand(at + n + k, token);
  listsLength = at + n + results.length;
  return results.map((result, k) => record(code, at, 1 + n + k, result));
}

/**
 * Appends a loop. From here on nothing around it is all numbers: what a loop
 * gives is not known before the program runs.
 */
export function recordLoop(loop: Loop): Var {
  for (
    let recording: Recording | null = active;
    recording !== null;
    recording = recording.outer
  ) recording.closesOver = true;
  return record(LOOP, loops.push(loop) - 1, 0, NaN);
}

/** Appends a list of entries. */
export function recordGather(operands: readonly number[]): Var {
  const at = reserveOperands(operands.length);
  lists.set(operands, at);
  return recordList(GATHER, operands.length, NaN);
}

/** Appends a list that is an argument. */
export function recordListInput(): Var {
  return record(LIST_INPUT, 0, 0, NaN);
}

/** The innermost recording that is running. */
export function activeRecording(): Recording {
  return active;
}

/** Appends a list of numbers. */
export function recordData(numbers: Float64Array): Var {
  return record(CONSTANT_LIST, data.push(numbers) - 1, 0, NaN);
}

/** Appends what another entry gives beside a value, unless it is there: see `loop.ts`. */
export function recordOf(code: number, operand: Var, right: number): Var {
  const left = use(operand);
  const key = `${code} ${left} ${right}`;
  const known = projections.get(key) ?? length;
  if (
    known < length && codes[known] === code && lefts[known] === left &&
    rights[known] === right
  ) return scalarAt(known) as Var;
  projections.set(key, length);
  return record(code, left, right, NaN);
}

/**
 * Appends an input that comes from the function around: 1 · x, as the chain rule
 * has to see it when that function is differentiated in turn. No user called this
 * operation, and no observer is told of it.
 *
 * @param one The entry of a 1.
 */
export function recordCopy(x: Var, one: number): Var {
  const entry = use(x);
  return append(MUL, entry, one, values[entry]!);
}

/** The entry of an operand of an operation: a constant gets one. */
export function entryFor(x: Var | number): number {
  return typeof x === "number" ? recordConstant(x) : use(x);
}

/** The entry of a Var from this recording or from one around it. */
function use(x: Var): number {
  const index = x["index"];
  closeOver(index);
  return index;
}

/** Marks every recording that an entry lies outside of: it closes over that entry. */
function closeOver(entry: number): void {
  let recording: Recording | null = active;
  while (recording !== null && entry < recording.start) {
    recording.closesOver = true;
    recording = recording.outer;
  }
}

/** Appends an argument of the function that is about to be recorded. */
export function recordInput(value: number): Var {
  return fast === active
    ? recordFast(INPUT, 0, 0, value)
    : record(INPUT, 0, 0, value);
}

/** Whether a Var may be used: its function still runs. */
export function isOpen(x: Var): boolean {
  return x["recording"].open;
}

/** A user's derivative rule that is being recorded. */
interface Derivation {
  readonly rule: string;
  readonly recording: Recording;
}

let deriving: Derivation | null = null;

/**
 * Runs a user's derivative rule on Vars, whose numbers it may not read: what it
 * made of them would be constants to the derivatives of the rule itself.
 *
 * @param rule What an error calls it.
 */
export function derive<R>(rule: string, run: () => R): R {
  const around = deriving;
  deriving = { rule, recording: active };
  try {
    return run();
  } finally {
    deriving = around;
  }
}

/** Whether the numbers in a recording, which the rule itself began, depend on nothing outside of it. */
function isOwn(recording: Recording, derivation: Derivation): boolean {
  let around: Recording | null = recording, depends = true;
  while (around !== null && around !== derivation.recording) {
    depends &&= around.closesOver;
    around = around.outer;
  }
  return around !== null && !depends;
}

/** The number a Var stands for. `call` is what an error says was tried. */
export function valueOf(x: Var, call: string): number {
  const recording = x["recording"];
  if (!recording.open) throw outlived(call, "it");
  if (deriving !== null && !isOwn(recording, deriving)) {
    throw typeError(
      `Cannot ${call} in ${deriving.rule}: its number would be a constant to ` +
        "higher derivatives; compute with the Var, and branch with select, " +
        "min, max, clamp, lt, le, gt, ge or eq",
    );
  }
  if (isFrozen(recording)) throw frozen(call);
  return values[x["index"]]!;
}

/** Whether the numbers in a recording depend on the arguments of a function that is being compiled. */
function isFrozen({ open, frozen, outer, closesOver }: Recording): boolean {
  if (!open || !frozen) return false;
  let around = outer, depends = closesOver;
  while (depends && around !== null) {
    ({ outer: around, closesOver: depends } = around);
  }
  return around === null;
}

/** The TypeError for a number that is not to decide anything. */
function frozen(call: string): TypeError {
  return typeError(
    `Cannot ${call} in a function that is being compiled: its number would ` +
      "be frozen, and data are Vars, too; compute with add, mul, sin …, " +
      "branch with select, min, max, clamp, lt, le, gt, ge or eq, and take " +
      "an index or the length of a loop from a closure",
  );
}

/** The TypeError for a Var whose recording is over. */
export function outlived(call: string, what: string): TypeError {
  return typeError(
    `Cannot ${call}: ${what} is a Var that outlived the function it was ` +
      "recorded in, expected one of a function that still runs; return its " +
      "value from there, or pass it on as an argument",
  );
}

/** What stands for an entry in later operations: constants stay numbers. */
export function scalarAt(entry: number): Var | number {
  if (codes[entry] === CONSTANT) return values[entry]!;
  closeOver(entry);
  return new Var(entry, active);
}

/** Whether any recording is running. */
export function isRecording(): boolean {
  return active !== CLOSED;
}

/** Whether what is recorded is to be compiled. */
export function isFreezing(): boolean {
  return active.frozen;
}

let areUnrolled = false;

/** Whether `map`, `fold` and `scan` are to be recorded as loops. */
export function areLoopsRecorded(): boolean {
  return active.frozen && !areUnrolled;
}

/** Records a function with its loops as they run, even where it is compiled: for what looks at each number of a list. */
export function unrolled<R>(run: () => R): R {
  const around = areUnrolled;
  areUnrolled = true;
  try {
    return run();
  } finally {
    areUnrolled = around;
  }
}

/** Begins a recording inside the one that runs, if any. */
export function open(frozen: boolean): Recording {
  const outer = active === CLOSED ? null : active;
  active = new Recording(
    outer,
    length,
    listsLength,
    frozen || outer?.frozen === true,
  );
  chooseFast();
  return active;
}

/** Ends the innermost recording. Its entries stay until {@linkcode truncate}. */
export function close(recording: Recording): void {
  recording.open = false;
  active = recording.outer ?? CLOSED;
  chooseFast();
}

/**
 * Runs what has no part in the function that is being recorded, as if none were:
 * it computes with numbers, in any way.
 */
export function apart<R>(run: () => R): R {
  const around = active, rule = deriving;
  active = CLOSED;
  deriving = null;
  chooseFast();
  try {
    return run();
  } finally {
    active = around;
    deriving = rule;
    chooseFast();
  }
}

/** Makes arguments constants: what they are to the function around, once theirs is over. */
export function freeze(start: number, end: number): void {
  for (let i = start; i < end; i++) {
    if (codes[i] === INPUT) codes[i] = CONSTANT;
  }
}

/** Forgets the entries from `start` on, and a tape that was far too long. */
export function truncate(start: number, listsStart: number): void {
  if (length > peak) peak = length;
  length = start;
  listsLength = listsStart;
  chooseFast();
  while (calls.length > 0 && calls.at(-1)!.entry >= start) calls.pop();
  if (start > 0) return;
  if (loops.length > 0) {
    loops = [];
    projections.clear();
  }
  if (data.length > 0) data = [];
  const used = peak;
  peak = 0;
  if (codes !== smallCodes) returnToSmall();
  if (reserve !== null && used < reserve.codes.length / RELEASE_FACTOR) {
    reserve = null;
    lists = new Int32Array(0);
    adjoints = new Float64Array(0);
  }
}

/** Puts the large arrays aside for the next function that needs them. */
function returnToSmall(): void {
  // Growth that ran out of memory leaves them of different lengths: of no use.
  reserve = values.length === codes.length
    ? { codes, lefts, rights, values }
    : null;
  codes = smallCodes;
  lefts = smallLefts;
  rights = smallRights;
  values = smallValues;
  capacity = SMALL;
  chooseFast();
}

function chooseFast(): void {
  const isFast = codes === smallCodes && length < FAST_LIMIT &&
    observer === null;
  fast = isFast ? active : CLOSED;
  large = isFast || observer !== null ? CLOSED : active;
}

/** Runs a function with an observer, to which the fast paths would tell nothing; or, with null, without. */
export function withObserver<R>(next: Observer | null, run: () => R): R {
  const around = setObserver(next);
  chooseFast();
  try {
    return run();
  } finally {
    setObserver(around);
    chooseFast();
    if (around === null) origins = [];
  }
}

/** The number of entries in use. */
export function tapeLength(): number {
  return length;
}

/** The tape's arrays, good until the next entry is recorded. */
export function tapeEntries(): Entries {
  return { codes, lefts, rights, values, lists, loops, data, origins, calls };
}

/** Room for an adjoint (or tangent) an entry, kept from call to call. */
export function scratch(): Float64Array {
  if (adjoints.length < length) {
    adjoints = allocate(() => new Float64Array(capacity), capacity);
  }
  return adjoints;
}

function grow(): void {
  const larger = reserve;
  const to = larger?.codes.length ?? lengthBeyond(capacity);
  // First of all: without memory for all arrays, only some may be large.
  fast = CLOSED;
  reserve = null;
  const make = <T>(array: () => T) => allocate(array, capacity);
  // One array at a time: old and new exist together as briefly as possible.
  codes = copyInto(larger?.codes ?? make(() => new Uint16Array(to)), codes);
  lefts = copyInto(larger?.lefts ?? make(() => new Int32Array(to)), lefts);
  rights = copyInto(larger?.rights ?? make(() => new Int32Array(to)), rights);
  values = copyInto(larger?.values ?? make(() => new Float64Array(to)), values);
  capacity = to;
}
