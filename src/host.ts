// What this module takes from its host that is not part of the language. It is
// typed here, so that checking the module needs no host's types (neither "dom"
// nor @types/node), and every use has to say what happens where it is missing.

/** A host's globals, some of which it may not have. */
export const host: Host = globalThis as unknown as Host;

interface Host {
  readonly WebAssembly?: WebAssemblyApi;
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly performance?: { now(): number };
  readonly Symbol: { readonly dispose?: symbol };
}

/** The time in milliseconds, as exact as the host gives it. */
export function now(): number {
  return host.performance?.now() ?? Date.now();
}

/** The part of the WebAssembly API that compiled functions use. */
export interface WebAssemblyApi {
  readonly Memory: new (size: { initial: number }) => WebAssemblyMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, object>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly CompileError: new () => Error;
}

/** A linear memory. */
export interface WebAssemblyMemory {
  readonly buffer: ArrayBufferLike;
  /** Adds pages of 64 KiB, and gives how many there were. */
  grow(pages: number): number;
}

/**
 * `Disposable`, where TypeScript's `lib` has it ("esnext.disposable", with which
 * `using` comes), and nothing where it does not.
 *
 * @category Compilation
 */
export type DisposableIfKnown = SymbolConstructor extends
  { readonly dispose: infer Key extends symbol } ? { [K in Key]: () => void }
  : Record<never, never>;

/** `Symbol.dispose`; where there is none, what bundlers and polyfills take for it. */
export const DISPOSE: symbol = host.Symbol.dispose ??
  Symbol.for("Symbol.dispose");
