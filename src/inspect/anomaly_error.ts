import type { Operation, Origin } from "../observer.ts";
import { captureStack, placeOf, userFrames, withFrames } from "../stack.ts";

/**
 * What {@linkcode detectAnomaly} throws: the first operation that made
 * something NaN or infinite. The `stack` is that of the place where the
 * operation was called, without this module's own functions.
 *
 * @category Checks and diagrams
 */
export class AnomalyError extends Error {
  /** "AnomalyError". */
  override readonly name = "AnomalyError";
  /**
   * What is not finite: the operation's value, the gradient (adjoint) that it
   * gave an operand, or its tangent.
   */
  readonly kind: "value" | "gradient" | "tangent";
  /** The operation's name; "custom" for a Node with a backward function of its own. */
  readonly operation: string;
  /** What it was applied to. */
  readonly operands: readonly number[];
  /** Its result. */
  readonly value: number;
  /** NaN or the infinity: of a kind "value", the value itself. */
  readonly found: number;
  /**
   * The place that called it, as in `file:///model.ts:12:10`. It is undefined if
   * the operation was called before {@linkcode detectAnomaly}, and in a bundle
   * that has this module and its caller in one file, without a source map that
   * the engine follows: nothing tells the two apart there.
   */
  readonly where: string | undefined;

  /**
   * {@linkcode detectAnomaly} makes these.
   *
   * @param message The message.
   * @param anomaly What was found.
   */
  constructor(message: string, anomaly: Omit<AnomalyError, keyof Error>) {
    super(message);
    this.kind = anomaly.kind;
    this.operation = anomaly.operation;
    this.operands = anomaly.operands;
    this.value = anomaly.value;
    this.found = anomaly.found;
    this.where = anomaly.where;
  }
}

/** The error for an operation whose value is not finite. */
export function valueAnomaly(
  operation: Operation,
  origin: Origin | undefined,
): AnomalyError {
  const { value } = operation;
  return anomalyOf("value", operation, value, describe(operation), origin);
}

/** The error for an operation that gave an operand a gradient that is not finite. */
export function gradientAnomaly(
  operation: Operation,
  adjoint: number,
  operand: number,
  found: number,
  origin: Origin | undefined,
): AnomalyError {
  const what = `${describe(operation)}, whose adjoint is ${digits(adjoint)}, ` +
    `gives operand ${operand + 1} the adjoint ${found}`;
  return anomalyOf("gradient", operation, found, what, origin);
}

/** The error for an operation whose tangent is not finite. */
export function tangentAnomaly(
  operation: Operation,
  tangents: readonly number[],
  found: number,
  origin: Origin | undefined,
): AnomalyError {
  const theirs = tangents.length === 1
    ? "operand has the tangent"
    : "operands have the tangents";
  const what = `${describe(operation)}, whose ${theirs} ${list(tangents)}, ` +
    `gets the tangent ${found}`;
  return anomalyOf("tangent", operation, found, what, origin);
}

function anomalyOf(
  kind: AnomalyError["kind"],
  { name, operands, value }: Operation,
  found: number,
  what: string,
  origin: Origin | undefined,
): AnomalyError {
  let message = `Non-finite ${kind}: ${what}`;
  if (origin?.derivativeOf !== undefined) {
    message += `, in the derivative of ${describe(origin.derivativeOf)}`;
  }
  if (origin?.place === undefined) {
    message += "; it was created before detectAnomaly was called";
  }
  const frames = userFrames(origin?.place ?? captureStack());
  // Of what was created before, the frames are those of the sweep.
  const where = origin?.place && frames[0] && placeOf(frames[0]);
  const anomaly = { kind, operation: name, operands, value, found, where };
  const make = () => new AnomalyError(message, anomaly);
  return frames.length === 0 ? make() : withFrames(make, frames);
}

function describe({ name, operands, value }: Operation): string {
  return `${name}(${list(operands)}) = ${digits(value)}`;
}

const MAX_NUMBERS = 6;

/** Numbers, or the first of them, and what of the others is not finite. */
function list(numbers: readonly number[]): string {
  if (numbers.length <= MAX_NUMBERS) return numbers.map(digits).join(", ");
  const shown = numbers.slice(0, MAX_NUMBERS - 1).map(digits);
  const wild = numbers.findIndex((x, i) =>
    i >= shown.length && !Number.isFinite(x)
  );
  const which = wild < 0 ? "" : `, number ${wild + 1} is ${numbers[wild]}`;
  return `${shown.join(", ")}, … ${numbers.length - shown.length} more${which}`;
}

/** A number in full: 1 / −0 is not 1 / 0. */
function digits(x: number): string {
  return Object.is(x, -0) ? "-0" : String(x);
}
