import { kindOf } from "./guard.ts";

/**
 * What a wrong value is called in an error message: its kind, and the value
 * itself where it is short.
 */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "number":
      return `the number ${value}`;
    case "bigint":
      return `the bigint ${value}n`;
    case "boolean":
      return `the boolean ${value}`;
    case "string":
      return `the string ${JSON.stringify(shorten(value))}`;
    case "symbol":
      return "a symbol";
    case "function":
      return value.name ? `the function ${value.name}` : "a function";
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return `an array of length ${value.length}`;
  const kind = kindOf(value as object);
  if (kind !== undefined) {
    return kind.ours
      ? `an instance of ${kind.name}`
      : `a ${kind.name} of another copy of this module, which seems to be ` +
        "loaded twice";
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    return "a plain object";
  }
  const name = (value as object).constructor?.name || "an unnamed class";
  return `an instance of ${name}`;
}

/** The TypeError for a wrong kind of argument, in the one form all of them have. */
export function wrongKind(
  call: string,
  what: string,
  value: unknown,
  expected: string,
): TypeError {
  return new TypeError(
    `Cannot ${call}: ${what} is ${describe(value)}, expected ${expected}`,
  );
}

/** Refuses options that are none: a number, say, where `{ step: 1e-6 }` was meant. */
export function requireOptions(call: string, options: unknown): void {
  if (typeof options === "object" && options !== null) return;
  throw wrongKind(call, "options", options, "an object");
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
