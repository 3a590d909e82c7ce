import { brand, typeError } from "./errors.ts";

/**
 * Keeps JavaScript itself from misreading a differentiated number: its own
 * operators throw instead of losing the gradient, and printing gives one line
 * however large the graph behind it. Error messages know its class by name.
 *
 * @param prototype The prototype to equip.
 * @param kind What its objects are called.
 * @param describe An object in one line.
 */
export function guard<T extends object>(
  prototype: T,
  kind: string,
  describe: (self: T) => string,
): void {
  function print(this: T): string {
    return describe(this);
  }
  function toPrimitive(this: T, hint: string): string {
    if (hint === "string") return describe(this);
    throw typeError(
      `Cannot use a ${kind} with JavaScript's operators or Math: call add, ` +
        "sub, mul, div, pow, lt, gt, eq, sin … instead, or read .value for " +
        "the number",
    );
  }
  brand(prototype, kind);
  const methods: Record<PropertyKey, unknown> = {
    toString: print,
    toJSON: print,
    [Symbol.toPrimitive]: toPrimitive,
    [Symbol.for("Deno.customInspect")]: print,
    [Symbol.for("nodejs.util.inspect.custom")]: print,
  };
  for (const key of Reflect.ownKeys(methods)) {
    Object.defineProperty(prototype, key, { value: methods[key] });
  }
}
