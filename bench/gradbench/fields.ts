import { describe } from "../../src/errors.ts";

/** How long a list in an input has to be; anything where it is undefined. */
export interface Size {
  readonly rows?: number;
  readonly columns?: number;
}

/**
 * The fields of a JSON object that comes from outside, each read as what it has
 * to be. An error says where the first wrong value stands.
 */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #path: string;

  /**
   * @param value What should be an object.
   * @param path What an error calls it.
   */
  constructor(value: unknown, path = "the input") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw wrong(path, value, "an object");
    }
    this.#fields = value as Record<string, unknown>;
    this.#path = path;
  }

  object(name: string): Fields {
    return new Fields(this.#fields[name], this.#at(name));
  }

  /** Whatever it is. */
  value(name: string): unknown {
    return this.#fields[name];
  }

  string(name: string): string {
    return stringAt(this.#fields[name], this.#at(name));
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value === "boolean") return value;
    throw wrong(this.#at(name), value, "true or false");
  }

  number(name: string): number {
    return numberAt(this.#fields[name], this.#at(name));
  }

  /** A whole number of at least so much. */
  whole(name: string, least: number): number {
    return wholeAt(this.#fields[name], this.#at(name), least, Infinity);
  }

  numbers(name: string, length?: number): number[] {
    return listAt(this.#fields[name], this.#at(name), length, numberAt);
  }

  /** Whole numbers from `least` to less than `end`. */
  wholes(name: string, least: number, end: number, length?: number): number[] {
    return listAt(
      this.#fields[name],
      this.#at(name),
      length,
      (value, path) => wholeAt(value, path, least, end),
    );
  }

  strings(name: string, length?: number): string[] {
    return listAt(this.#fields[name], this.#at(name), length, stringAt);
  }

  /** Lists of numbers, all of one length. */
  matrix(name: string, size: Size = {}): number[][] {
    return matrixAt(this.#fields[name], this.#at(name), size);
  }

  /** The same of whole numbers from `least` to less than `end`. */
  wholeMatrix(
    name: string,
    least: number,
    end: number,
    size: Size = {},
  ): number[][] {
    const element = (value: unknown, path: string) =>
      wholeAt(value, path, least, end);
    return matrixAt(this.#fields[name], this.#at(name), size, element);
  }

  /** So many matrices of one size. */
  matrices(name: string, length: number, size: Size): number[][][] {
    return listAt(
      this.#fields[name],
      this.#at(name),
      length,
      (value, path) => matrixAt(value, path, size),
    );
  }

  #at(name: string): string {
    return `${this.#path}.${name}`;
  }
}

/** A value at a path as a finite number: JSON has no other, but for what overflows. */
export function numberAt(value: unknown, path: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw wrong(path, value, "a finite number");
}

function wholeAt(
  value: unknown,
  path: string,
  least: number,
  end: number,
): number {
  if (Number.isSafeInteger(value)) {
    const whole = value as number;
    if (whole >= least && whole < end) return whole;
  }
  const range = end === Infinity
    ? `of at least ${least}`
    : `from ${least} to less than ${end}`;
  throw wrong(path, value, `a whole number ${range}`);
}

function stringAt(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw wrong(path, value, "a string");
}

function listAt<T>(
  value: unknown,
  path: string,
  length: number | undefined,
  element: (value: unknown, path: string) => T,
): T[] {
  if (!Array.isArray(value)) throw wrong(path, value, "a list");
  if (length !== undefined && value.length !== length) {
    throw new RangeError(
      `Cannot evaluate: ${path} has ${value.length} elements, ` +
        `expected ${length}`,
    );
  }
  return value.map((each, i) => element(each, `${path}[${i}]`));
}

function matrixAt(
  value: unknown,
  path: string,
  { rows, columns }: Size,
  element = numberAt,
): number[][] {
  let width = columns;
  return listAt(value, path, rows, (row, at) => {
    const numbers = listAt(row, at, width, element);
    width = numbers.length;
    return numbers;
  });
}

function wrong(path: string, value: unknown, expected: string): TypeError {
  return new TypeError(
    `Cannot evaluate: ${path} is ${describe(value)}, ` +
      `expected ${expected}`,
  );
}
