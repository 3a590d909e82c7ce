import type { Engine } from "./engine.ts";

/** What an engine is called in reports. */
export type EngineName =
  | "by hand"
  | "numbers"
  | "graph"
  | "recorded"
  | "compiled"
  | "compiled, flat"
  | "notebook"
  | "adnn"
  | "simplegrad"
  | "rose"
  | "jax-js"
  | "jax-js, jit";

/** Engines, each loaded when it is asked for: a process runs one. */
export const ENGINES: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  "by hand": async () => (await import("./by_hand.ts")).byHand,
  "numbers": async () => (await import("./chainrule.ts")).numbers,
  "graph": async () => (await import("./chainrule.ts")).graph,
  "recorded": async () => (await import("./chainrule.ts")).recorded,
  "compiled": async () => (await import("./chainrule.ts")).compiled,
  "compiled, flat": async () => (await import("./chainrule.ts")).flat,
  "notebook": async () => (await import("./notebook.ts")).notebook,
  "adnn": async () => (await import("./adnn.ts")).adnn,
  "simplegrad": async () => (await import("./simplegrad.ts")).simplegrad,
  "rose": async () => (await import("./rose.ts")).rose,
  "jax-js": async () => (await import("./jax.ts")).jax,
  "jax-js, jit": async () => (await import("./jax.ts")).jaxJit,
};

/** This module's ways to run a function; what is not among them is a package, or the baseline. */
export const OURS: readonly EngineName[] = [
  "numbers",
  "graph",
  "recorded",
  "compiled",
  "compiled, flat",
];

/** The packages that engines come from, in the versions that they import. */
export const PACKAGES: Readonly<Partial<Record<EngineName, string>>> = {
  "adnn": "adnn@2.0.10",
  "simplegrad": "simplegrad@1.0.0",
  "rose": "rose@0.4.10",
  "jax-js": "@jax-js/jax@0.1.25",
  "jax-js, jit": "@jax-js/jax@0.1.25",
};

/** An engine's name with the version of its package, if it has one: `jax-js 0.1.25, jit`. */
export function labelOf(engine: EngineName): string {
  const version = PACKAGES[engine]?.split("@").at(-1);
  const [name, ...rest] = engine.split(", ");
  return version === undefined
    ? engine
    : [`${name} ${version}`, ...rest].join(", ");
}
