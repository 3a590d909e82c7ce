// Calls of functions that have a rule of their own. Such a rule takes the adjoints
// of all results at once, and need not multiply by anything: there are no partial
// derivatives. So a call is on the tape as its results, an entry each, one right
// after the other. Its rule is run at the first of them, which a reverse sweep
// comes to last, and a forward sweep first.
//
// To all else, a result is an operation over the list of the call's operands. The
// list begins with a constant, the call's token. All results share one list, and
// each takes one element more of it than the one before: copies of the token,
// whose number tells which result it is.
import {
  type Numbers,
  type Operand,
  type Variadic,
  variadic,
} from "../primitives.ts";
import { CALL, kindOf } from "../rules/kinds.ts";
import type { Entries } from "./entries.ts";

/** A function, called once. Structures are flat; the arrays that it is given are its own. */
export interface Call {
  /** The results, from the operands' numbers. */
  value(operands: readonly number[]): readonly number[];
  /** The cotangents of the operands, from those of the results. */
  pullback(
    cotangents: readonly Operand[],
    operands: readonly Operand[],
    results: readonly Operand[],
  ): readonly Operand[];
  /** The tangents of the results, from those of the operands. */
  pushforward(
    tangents: readonly Operand[],
    operands: readonly Operand[],
    results: readonly Operand[],
  ): readonly Operand[];
}

/** A call that is on a tape. */
export interface PlacedCall {
  readonly call: Call;
  /** How many operands it has. */
  readonly operands: number;
  /** How many results it has. */
  readonly results: number;
  /** The number that stands for it. */
  readonly token: number;
  /** Its first entry: when the tape is cut back to there, the call is forgotten. */
  readonly entry: number;
}

/** A call in a program, with the results of its latest run, which its entries share. */
interface PermanentCall extends PlacedCall {
  latest: { readonly operands: number[]; readonly results: readonly number[] };
}

// Tokens of calls that compiled programs make are from here on. Programs outlive
// the tape, and numbers are all they have: such a call is kept for good, once
// however many programs make it.
const FIRST_PERMANENT = 2 ** 40;
const permanent: PermanentCall[] = [];
const placedByCall = new Map<Call, PermanentCall>();

/** Keeps a call for compiled programs. */
export function placePermanently(
  call: Call,
  sizes: { readonly operands: number; readonly results: number },
): PlacedCall {
  const known = placedByCall.get(call);
  if (known !== undefined) return known;
  const token = FIRST_PERMANENT + permanent.length;
  const latest = { operands: [], results: [] };
  const placed = { ...sizes, call, token, entry: 0, latest };
  permanent.push(placed);
  placedByCall.set(call, placed);
  return placed;
}

/** Whether entry i is the result of a call. */
export function isCallAt({ codes }: Entries, i: number): boolean {
  return kindOf(codes[i]!) === CALL;
}

/** Makes the primitive of the results of calls. */
export function callPrimitive(name: string): Variadic {
  const noPartials = () => {
    throw new Error(`Cannot take partial derivatives of ${name}: it is a call`);
  };
  return variadic(name, resultOf, noPartials, false, { kind: "call" });
}

/** One result of a call in a program, whose entries are computed one by one. */
function resultOf(numbers: Numbers, count: number = numbers.length): number {
  const placed = permanent[numbers[0]! - FIRST_PERMANENT]!;
  if (!isLatest(placed, numbers)) {
    const operands: number[] = [];
    for (let k = 1; k <= placed.operands; k++) operands.push(numbers[k]!);
    placed.latest = { operands, results: placed.call.value(operands) };
  }
  return placed.latest.results[count - 1 - placed.operands]!;
}

function isLatest(
  { operands: n, latest }: PermanentCall,
  numbers: Numbers,
): boolean {
  const { operands, results } = latest;
  if (results.length === 0) return false;
  for (let k = 0; k < n; k++) {
    if (!Object.is(operands[k], numbers[k + 1])) return false;
  }
  return true;
}

/**
 * The reverse rule of a call, once entry i is its first result: its adjoints are
 * complete then.
 *
 * @param cotangentOf The adjoint of a result; undefined if no output depends on it.
 * @param scalar What stands for an entry in a rule.
 * @param give Takes each operand's share.
 */
export function pullCall(
  entries: Entries,
  i: number,
  cotangentOf: (result: number) => Operand | undefined,
  scalar: (entry: number) => Operand,
  give: (operand: number, share: Operand) => void,
): void {
  const placed = beginningAt(entries, i);
  if (placed === undefined) return;
  const operands = callOperandsAt(entries, i), results = resultsOf(placed, i);
  const cotangents = results.map(cotangentOf);
  if (cotangents.every((cotangent) => cotangent === undefined)) return;
  const shares = placed.call.pullback(
    cotangents.map((cotangent) => cotangent ?? 0),
    operands.map(scalar),
    results.map(scalar),
  );
  operands.forEach((operand, k) => give(operand, shares[k]!));
}

/**
 * The forward rule of a call, once entry i is its first result.
 *
 * @param tangentOf The tangent of an operand.
 * @param scalar What stands for an entry in a rule.
 * @param take Takes each result's tangent.
 */
export function pushCall(
  entries: Entries,
  i: number,
  tangentOf: (operand: number) => Operand,
  scalar: (entry: number) => Operand,
  take: (result: number, tangent: Operand) => void,
): void {
  const placed = beginningAt(entries, i);
  if (placed === undefined) return;
  const operands = callOperandsAt(entries, i), results = resultsOf(placed, i);
  const tangents = placed.call.pushforward(
    operands.map(tangentOf),
    operands.map(scalar),
    results.map(scalar),
  );
  results.forEach((result, k) => take(result, tangents[k]!));
}

/** The call whose first result is entry i. */
function beginningAt(entries: Entries, i: number): PlacedCall | undefined {
  const placed = callAt(entries, i);
  return entries.rights[i] === 1 + placed.operands ? placed : undefined;
}

/** The call that entry i is a result of. */
function callAt(
  { values, lefts, lists, calls }: Entries,
  i: number,
): PlacedCall {
  const token = values[lists[lefts[i]!]!]!;
  return token < FIRST_PERMANENT
    ? calls[token]!
    : permanent[token - FIRST_PERMANENT]!;
}

// Plain loops: iterators and views of typed arrays take longer than many a call.

function resultsOf({ results: count }: PlacedCall, first: number): number[] {
  const results: number[] = [];
  for (let k = 0; k < count; k++) results.push(first + k);
  return results;
}

/** The operands of the call that entry i is a result of. */
export function callOperandsAt(entries: Entries, i: number): number[] {
  const left = entries.lefts[i]!, end = left + callAt(entries, i).operands;
  const operands: number[] = [];
  for (let k = left + 1; k <= end; k++) operands.push(entries.lists[k]!);
  return operands;
}

/** All results of the call that entry i is a result of. */
export function callResultsAt(entries: Entries, i: number): number[] {
  const placed = callAt(entries, i);
  return resultsOf(placed, i - (entries.rights[i]! - 1 - placed.operands));
}
