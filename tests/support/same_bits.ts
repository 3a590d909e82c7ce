// What tests of compiled functions compare with: the same function, uncompiled.
import { assertEquals, AssertionError } from "@std/assert";
import type { CompiledProgram } from "../../mod.ts";

/** Doubles at which identities of real numbers, or careless code, fail. */
export const SPECIAL: readonly number[] = [
  NaN,
  0,
  -0,
  Infinity,
  -Infinity,
  1,
  -1,
  2,
  0.5,
  -0.5,
  Number.MIN_VALUE,
  -Number.MIN_VALUE,
  2 ** -1022,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  1e-9,
  -2.5,
  709.8,
];

/** Asserts that two structures have one shape, and in it the same doubles. */
export function assertSameBits(
  actual: unknown,
  expected: unknown,
  what: string,
): void {
  if (Object.is(actual, expected)) return;
  if (typeof expected !== "object" || typeof actual !== "object") {
    throw new AssertionError(`${what}: ${actual}, expected ${expected}`);
  }
  const one = actual as Record<string, unknown>;
  const other = expected as Record<string, unknown>;
  assertEquals(Object.getPrototypeOf(one), Object.getPrototypeOf(other), what);
  const keys = Object.keys(other);
  assertEquals(Object.keys(one), keys, what);
  for (const key of keys) {
    assertSameBits(one[key], other[key], `${what}.${key}`);
  }
}

/** Calls `make` where there is no WebAssembly: what it compiles is interpreted. */
export function withoutWebAssembly<T>(make: () => T): T {
  const real = globalThis.WebAssembly;
  try {
    (globalThis as { WebAssembly: unknown }).WebAssembly = undefined;
    return make();
  } finally {
    globalThis.WebAssembly = real;
  }
}

/** A program on plain arrays. */
export function runOn(
  program: CompiledProgram,
  inputs: readonly number[],
): number[] {
  const outputs = new Float64Array(program.outputs);
  program.run(Float64Array.from(inputs), outputs);
  return [...outputs];
}

/** By how many pages memories grow while `body` runs. */
export function pagesGrown(body: () => void): number {
  const { prototype } = WebAssembly.Memory;
  const grow = prototype.grow;
  let pages = 0;
  prototype.grow = function (delta: number): number {
    pages += delta;
    return grow.call(this, delta);
  };
  try {
    body();
  } finally {
    prototype.grow = grow;
  }
  return pages;
}

/** The module's address, for programs that `runDeno` runs. */
export const MODULE: string = new URL("../../mod.ts", import.meta.url).href;
