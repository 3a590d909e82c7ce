// GradBench's protocol (https://github.com/gradbench/gradbench): a JSON message
// per line comes in, and a response per line goes out.
import { Fields } from "./fields.ts";

/** A function of an eval, for one input. */
export interface Prepared {
  /** What is timed: run as often as the eval asks for. */
  readonly run: () => unknown;
  /** A result as the eval expects it. */
  readonly output: (result: unknown) => unknown;
}

/** A function to be timed, and how the eval expects its result, where that differs. */
export function prepared<R>(
  run: () => R,
  output: (result: R) => unknown = (result) => result,
): Prepared {
  return { run, output: output as Prepared["output"] };
}

/**
 * An eval: its functions by name. Each reads an input, which comes from outside,
 * and throws if that is wrong.
 */
export type Eval = Readonly<Record<string, (input: unknown) => Prepared>>;

/** What a tool says to a message. */
export interface Response {
  /** The message's; null where that cannot be read. */
  readonly id: unknown;
  readonly tool?: string;
  readonly success?: boolean;
  readonly output?: unknown;
  readonly timings?: readonly Timing[];
  readonly error?: string;
}

/** How long a run took. */
export interface Timing {
  readonly name: "evaluate";
  readonly nanoseconds: number;
}

/** The line that answers a line. Whatever is wrong with that is said in the response. */
export function respond(
  line: string,
  evals: Readonly<Record<string, Eval>>,
): string {
  let id: unknown = null;
  try {
    const message: unknown = JSON.parse(line);
    if (typeof message === "object" && message !== null && "id" in message) {
      id = message.id;
    }
    return textOf({ id, ...answer(new Fields(message, "the message"), evals) });
  } catch (error) {
    return textOf({ id, success: false, error: String(error) });
  }
}

function answer(
  message: Fields,
  evals: Readonly<Record<string, Eval>>,
): Omit<Response, "id"> {
  switch (message.string("kind")) {
    case "start":
      return { tool: "chainrule" };
    case "define":
      evalOf(message, evals);
      return { success: true };
    case "evaluate": {
      const functions = evalOf(message, evals);
      const name = message.string("function");
      const prepare = ownValue(functions, name);
      if (prepare === undefined) {
        throw unknown("function", name, functions);
      }
      const input = message.value("input");
      return { success: true, ...timed(prepare(input), input) };
    }
    // An analysis, or a kind of message to come: nothing but its id is asked for.
    default:
      return {};
  }
}

function evalOf(
  message: Fields,
  evals: Readonly<Record<string, Eval>>,
): Eval {
  const name = message.string("module");
  const functions = ownValue(evals, name);
  if (functions === undefined) throw unknown("module", name, evals);
  return functions;
}

/** Not what every object inherits: a module may be called `constructor`. */
function ownValue<T>(
  record: Readonly<Record<string, T>>,
  name: string,
): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function unknown(what: string, name: string, known: object): RangeError {
  return new RangeError(
    `Cannot evaluate: the ${what} is ${
      JSON.stringify(name)
    }, expected one of ` +
      Object.keys(known).join(", "),
  );
}

/** Runs a function until it has run often and long enough; once, if the input does not say. */
function timed(
  { run, output }: Prepared,
  input: unknown,
): { output: unknown; timings: Timing[] } {
  const { minRuns, minSeconds } = runsOf(input);
  const timings: Timing[] = [];
  let result: unknown, nanoseconds = 0;
  do {
    const start = performance.now();
    result = run();
    const took = Math.round((performance.now() - start) * 1e6);
    timings.push({ name: "evaluate", nanoseconds: took });
    nanoseconds += took;
  } while (timings.length < minRuns || nanoseconds < minSeconds * 1e9);
  return { output: output(result), timings };
}

function runsOf(input: unknown): { minRuns: number; minSeconds: number } {
  if (typeof input !== "object" || input === null || !("min_runs" in input)) {
    return { minRuns: 1, minSeconds: 0 };
  }
  const fields = new Fields(input);
  return {
    minRuns: fields.number("min_runs"),
    minSeconds: fields.number("min_seconds"),
  };
}

function textOf(response: Response): string {
  return JSON.stringify(response, (_key, value) => {
    if (value instanceof Float64Array || value instanceof Int32Array) {
      return Array.from(value);
    }
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new RangeError(
        `Cannot respond: a number of the output is ${value}, ` +
          "expected one that JSON has",
      );
    }
    return value;
  });
}
