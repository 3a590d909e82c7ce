// The few parts of the WebAssembly binary format that programs need.
// Source: WebAssembly Core Specification 1.0, chapter 5 (Binary Format).

import { host } from "../../host.ts";

/** Opcodes. */
export const Op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  branchIf: 0x0d,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  f64Load: 0x2b,
  i32Store: 0x36,
  f64Store: 0x39,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  f64Const: 0x44,
  i32Eqz: 0x45,
  i32Ne: 0x47,
  i32GtU: 0x4b,
  f64Eq: 0x61,
  f64Ne: 0x62,
  f64Lt: 0x63,
  f64Gt: 0x64,
  f64Le: 0x65,
  f64Ge: 0x66,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivU: 0x6e,
  i32Or: 0x72,
  i32ShrU: 0x76,
  f64Abs: 0x99,
  f64Neg: 0x9a,
  f64Ceil: 0x9b,
  f64Floor: 0x9c,
  f64Sqrt: 0x9f,
  f64Add: 0xa0,
  f64Sub: 0xa1,
  f64Mul: 0xa2,
  f64Div: 0xa3,
  f64Min: 0xa4,
  f64Max: 0xa5,
  f64ConvertI32U: 0xb8,
  bulk: 0xfc,
} as const;

/** Second bytes of bulk operations. */
export const Bulk = { memoryCopy: 0x0a, memoryFill: 0x0b } as const;

/** Types of values, and of a block that gives none. */
export const Type = { i32: 0x7f, f64: 0x7c, none: 0x40 } as const;

/** A growing run of bytes. */
export class Bytes {
  #bytes = new Uint8Array(1 << 12);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The bytes so far. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** An unsigned integer, LEB128. */
  unsigned(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = rest & 0x7f | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A signed 32-bit integer, LEB128. */
  signed(value: number): void {
    this.#reserve(5);
    let rest = value | 0;
    while (rest < -0x40 || rest > 0x3f) {
      this.#bytes[this.#length++] = rest & 0x7f | 0x80;
      rest >>= 7;
    }
    this.#bytes[this.#length++] = rest & 0x7f;
  }

  float(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Bytes with their length before them. */
  sized(bytes: Uint8Array): void {
    this.unsigned(bytes.length);
    this.append(bytes);
  }

  name(text: string): void {
    this.sized(new host.TextEncoder().encode(text));
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(
      Math.max(2 * this.#bytes.length, this.#length + more),
    );
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** A function that the module imports. */
export interface FunctionImport {
  readonly module: string;
  readonly name: string;
  readonly parameters: readonly number[];
}

/** A function of the module's own, which gives nothing. */
export interface FunctionBody {
  /** How many i32 it takes. */
  readonly parameters: number;
  /** Its locals and its code. */
  readonly code: Uint8Array;
}

/** Bytes that are in memory from the start. */
export interface Data {
  readonly at: number;
  readonly bytes: Uint8Array;
}

/** What a module is made of. */
export interface ModuleParts {
  /** Functions it imports, all of which give one f64; their indices come first. */
  readonly imports: readonly FunctionImport[];
  readonly functions: readonly FunctionBody[];
  readonly data: readonly Data[];
  /** Whether its memory, of so many pages, is imported or exported. */
  readonly memory: { readonly pages: number; readonly imported: boolean };
  /** The functions it exports, by name. */
  readonly exports: Readonly<Record<string, number>>;
}

/** The bytes of a module. */
export function encodeModule(
  { imports, functions, data, memory, exports }: ModuleParts,
): Uint8Array<ArrayBuffer> {
  const module = new Bytes();
  for (const byte of [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) module.byte(byte);
  const section = (id: number, count: number, fill: (bytes: Bytes) => void) => {
    const content = new Bytes();
    content.unsigned(count);
    fill(content);
    module.byte(id);
    module.sized(content.view());
  };
  // An import has a type of its own; then come those of the module's functions,
  // by how many parameters they take.
  const most = functions.reduce((n, f) => Math.max(n, f.parameters), 0);
  section(1, imports.length + most + 1, (bytes) => {
    const type = (
      parameters: readonly number[],
      results: readonly number[],
    ) => {
      bytes.byte(0x60);
      bytes.sized(Uint8Array.from(parameters));
      bytes.sized(Uint8Array.from(results));
    };
    for (const { parameters } of imports) type(parameters, [Type.f64]);
    for (let n = 0; n <= most; n++) type(new Array(n).fill(Type.i32), []);
  });
  section(2, imports.length + (memory.imported ? 1 : 0), (bytes) => {
    imports.forEach(({ module, name }, i) => {
      bytes.name(module);
      bytes.name(name);
      bytes.byte(0);
      bytes.unsigned(i);
    });
    if (!memory.imported) return;
    bytes.name("chainrule");
    bytes.name("memory");
    bytes.byte(2);
    bytes.byte(0);
    bytes.unsigned(memory.pages);
  });
  section(3, functions.length, (bytes) => {
    for (const { parameters } of functions) {
      bytes.unsigned(imports.length + parameters);
    }
  });
  if (!memory.imported) {
    section(5, 1, (bytes) => {
      bytes.byte(0);
      bytes.unsigned(memory.pages);
    });
  }
  const exported = Object.entries(exports);
  section(7, exported.length + (memory.imported ? 0 : 1), (bytes) => {
    for (const [name, index] of exported) {
      bytes.name(name);
      bytes.byte(0);
      bytes.unsigned(index);
    }
    if (memory.imported) return;
    bytes.name("memory");
    bytes.byte(2);
    bytes.unsigned(0);
  });
  section(10, functions.length, (bytes) => {
    for (const { code } of functions) bytes.sized(code);
  });
  section(11, data.length, (bytes) => {
    for (const { at, bytes: content } of data) {
      bytes.byte(0);
      bytes.byte(Op.i32Const);
      bytes.signed(at);
      bytes.byte(Op.end);
      bytes.sized(content);
    }
  });
  return module.view().slice();
}
