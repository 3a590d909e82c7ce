// The few parts of the WebAssembly binary format that programs need.
// Source: WebAssembly Core Specification 1.0, chapter 5 (Binary Format).

/** Opcodes. */
export const Op = {
  end: 0x0b,
  call: 0x10,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  f64Load: 0x2b,
  f64Store: 0x39,
  i32Const: 0x41,
  f64Const: 0x44,
  f64Eq: 0x61,
  f64Ne: 0x62,
  f64Lt: 0x63,
  f64Gt: 0x64,
  f64Le: 0x65,
  f64Ge: 0x66,
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
} as const;

/** Types of values. */
export const Type = { i32: 0x7f, f64: 0x7c } as const;

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
    this.sized(new TextEncoder().encode(text));
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

/** What a module is made of. */
export interface ModuleParts {
  /** Functions it imports, all of which give one f64; their indices come first. */
  readonly imports: readonly FunctionImport[];
  /** The bodies of its own functions, which take and give nothing. */
  readonly bodies: readonly Uint8Array[];
  /** Whether its memory, of so many pages, is imported or exported. */
  readonly memory: { readonly pages: number; readonly imported: boolean };
  /** The function it exports as `run`. */
  readonly run: number;
}

/** The bytes of a module. */
export function encodeModule(
  { imports, bodies, memory, run }: ModuleParts,
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
  // Type 0 is that of the module's own functions; an import has one of its own.
  section(1, 1 + imports.length, (bytes) => {
    const type = (
      parameters: readonly number[],
      results: readonly number[],
    ) => {
      bytes.byte(0x60);
      bytes.sized(Uint8Array.from(parameters));
      bytes.sized(Uint8Array.from(results));
    };
    type([], []);
    for (const { parameters } of imports) type(parameters, [Type.f64]);
  });
  section(2, imports.length + (memory.imported ? 1 : 0), (bytes) => {
    imports.forEach(({ module, name }, i) => {
      bytes.name(module);
      bytes.name(name);
      bytes.byte(0);
      bytes.unsigned(1 + i);
    });
    if (!memory.imported) return;
    bytes.name("chainrule");
    bytes.name("memory");
    bytes.byte(2);
    bytes.byte(0);
    bytes.unsigned(memory.pages);
  });
  section(3, bodies.length, (bytes) => {
    for (let i = 0; i < bodies.length; i++) bytes.unsigned(0);
  });
  if (!memory.imported) {
    section(5, 1, (bytes) => {
      bytes.byte(0);
      bytes.unsigned(memory.pages);
    });
  }
  section(7, memory.imported ? 1 : 2, (bytes) => {
    bytes.name("run");
    bytes.byte(0);
    bytes.unsigned(run);
    if (memory.imported) return;
    bytes.name("memory");
    bytes.byte(2);
    bytes.unsigned(0);
  });
  section(10, bodies.length, (bytes) => {
    for (const body of bodies) bytes.sized(body);
  });
  return module.view().slice();
}
