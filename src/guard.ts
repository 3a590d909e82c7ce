import { brand, typeError } from "./errors.ts";

/**
 * Keeps JavaScript itself from misreading a differentiated number: its own
 * operators throw instead of losing the gradient, and printing gives one line
 * however large the graph behind it. Error messages know its class by name.
 *
 * @param prototype The prototype to equip.
 * @param kind What its objects are called.
 * @param describe An object in one line.
 * @param check Throws where an object may not be turned into a number or a
 * string at all. Printing to a console is allowed all the same.
 */
export function guard<T extends object>(
  prototype: T,
  kind: string,
  describe: (self: T) => string,
  check?: (self: T, call: string) => void,
): void {
  function print(this: T): string {
    return describe(this);
  }
  function toText(this: T): string {
    check?.(this, `convert a ${kind} to a string`);
    return describe(this);
  }
  function toPrimitive(this: T, hint: string): string {
    if (hint === "string") return toText.call(this);
    check?.(this, `convert a ${kind} to a number`);
    throw typeError(
      `Cannot use a ${kind} with JavaScript's operators or Math: call add, ` +
        "sub, mul, div, pow, lt, gt, eq, sin … instead, or read .value for " +
        "the number",
    );
  }
  brand(prototype, kind);
  const methods: Record<PropertyKey, unknown> = {
    toString: toText,
    toJSON: toText,
    [Symbol.toPrimitive]: toPrimitive,
    [Symbol.for("Deno.customInspect")]: print,
    [Symbol.for("nodejs.util.inspect.custom")]: print,
  };
  for (const key of Reflect.ownKeys(methods)) {
    Object.defineProperty(prototype, key, { value: methods[key] });
  }
}
