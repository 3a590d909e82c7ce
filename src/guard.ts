// Registered, so that the objects of another copy of this module have it, too.
const KIND = Symbol.for("@chainrule/autograd.kind");

/** What an object is called, and by which copy of this module it was made. */
interface Kind {
  readonly name: string;
  readonly copy: object;
}

const COPY = {};

/** What {@linkcode guard} was told that objects like this one are called; undefined for all others. */
export function kindOf(
  x: object,
): { name: string; ours: boolean } | undefined {
  const kind = (x as Record<symbol, unknown>)[KIND] as Kind | undefined;
  return kind && { name: kind.name, ours: kind.copy === COPY };
}

/**
 * Keeps JavaScript itself from misreading a differentiated number: its own
 * operators throw instead of losing the gradient, and printing gives one line
 * however large the graph behind it.
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
    throw new TypeError(
      `Cannot use a ${kind} with JavaScript's operators or Math: call add, ` +
        "sub, mul, div, pow, lt, gt, eq, sin … instead, or read .value for " +
        "the number",
    );
  }
  const properties: Record<PropertyKey, unknown> = {
    toString: print,
    toJSON: print,
    [Symbol.toPrimitive]: toPrimitive,
    [KIND]: { name: kind, copy: COPY } satisfies Kind,
    [Symbol.for("Deno.customInspect")]: print,
    [Symbol.for("nodejs.util.inspect.custom")]: print,
  };
  for (const key of Reflect.ownKeys(properties)) {
    Object.defineProperty(prototype, key, { value: properties[key] });
  }
}
