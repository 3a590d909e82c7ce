import { fromUser } from "./stack.ts";

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
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) {
    return "a plain object";
  }
  const brand = (value as Branded)[BRAND];
  if (brand !== undefined && brand.copy !== THIS_COPY) {
    return `a ${brand.kind} of another copy of this module, which seems to be ` +
      "loaded twice";
  }
  const name = brand !== undefined && Object.hasOwn(prototype as object, BRAND)
    ? brand.kind
    : (value as object).constructor?.name;
  return `an instance of ${name || "an unnamed class"}`;
}

// The name of a class is lost where code is minified, and a class of another
// copy of this module is not this one's, but for its name. All copies have the
// same symbol.
const BRAND = Symbol.for("@chainrule/autograd: brand");
const THIS_COPY = {};

interface Branded {
  readonly [BRAND]?: { readonly kind: string; readonly copy: object };
}

/** Has error messages know the instances of a class by this name. */
export function brand(prototype: object, kind: string): void {
  const value = { kind, copy: THIS_COPY };
  Object.defineProperty(prototype, BRAND, { value });
}

/** The kind of an instance of a branded class, whichever copy of this module it is from. */
export function kindOf(value: unknown): string | undefined {
  return (value as Branded | null | undefined)?.[BRAND]?.kind;
}

/** A TypeError whose stack begins with the user's line. */
export function typeError(message: string): TypeError {
  return fromUser(() => new TypeError(message));
}

/** A RangeError whose stack begins with the user's line. */
export function rangeError(message: string): RangeError {
  return fromUser(() => new RangeError(message));
}

/** The TypeError for a wrong kind of argument, in the one form all of them have. */
export function wrongKind(
  call: string,
  what: string,
  value: unknown,
  expected: string,
): TypeError {
  return typeError(wrong(call, what, value, expected));
}

/** The RangeError for an argument of the right kind that is outside the allowed range. */
export function outOfRange(
  call: string,
  what: string,
  value: unknown,
  expected: string,
): RangeError {
  return rangeError(wrong(call, what, value, expected));
}

function wrong(
  call: string,
  what: string,
  value: unknown,
  expected: string,
): string {
  return `Cannot ${call}: ${what} is ${describe(value)}, expected ${expected}`;
}

/** Refuses options that are not an object: a number, say, where `{ step: 1e-6 }` was meant. */
export function requireOptions(call: string, options: unknown): void {
  if (typeof options === "object" && options !== null) return;
  throw wrongKind(call, "options", options, "an object");
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
