import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import {
  add,
  compile,
  type CompiledProgram,
  defineOperation,
  erf,
  fold,
  hessian,
  logSumExp,
  mul,
  rows,
  type Scalar,
  sin,
  valueAndGrad,
} from "../../mod.ts";
import { Bytes } from "../../src/compile/wasm/encode.ts";
import { seededRandom } from "../support/numeric.ts";
import { operationTable } from "../support/operation_table.ts";
import { randomProgram } from "../support/random_program.ts";
import { assertSameBits, runOn, SPECIAL } from "../support/same_bits.ts";

/** Runs a program as one who has the module's bytes and nothing of ours. */
function shipped(
  program: CompiledProgram,
  imports: WebAssembly.Imports = {},
): (inputs: readonly number[]) => number[] {
  const { bytes, inputs, outputs } = program.wasm();
  assert(WebAssembly.validate(bytes), "not valid");
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    Math: Math as unknown as WebAssembly.ModuleImports,
    ...imports,
  });
  const memory = exports["memory"] as WebAssembly.Memory;
  const run = exports["run"] as () => void;
  return (numbers) => {
    new Float64Array(memory.buffer, inputs, program.inputs).set(numbers);
    run();
    return [...new Float64Array(memory.buffer, outputs, program.outputs)];
  };
}

/** Operations whose value no function of Math, and no instruction, gives. */
const OURS = new Set([
  "erf",
  "erfc",
  "lgamma",
  "digamma",
  "polygamma",
  "logSumExp",
]);

describe("program.wasm()", () => {
  it("runs on Math alone: random programs, to the bit", () => {
    let shippable = 0;
    for (let seed = 0; seed < 150; seed++) {
      const { point, run, names } = randomProgram(seed, 12);
      if (names.some((name) => OURS.has(name))) continue;
      shippable++;
      const f = (xs: readonly Scalar[]) => run(xs);
      const compiled = compile(valueAndGrad(f));
      const program = compiled.program(point);
      const { imports } = program.wasm();
      assert(imports.every(({ module }) => module === "Math"), `${names}`);
      const ours = shipped(program);
      for (const x of [...SPECIAL, 0.3]) {
        const inputs = point.map((y) => x === 0.3 ? y : x);
        const { value, gradient } = compiled(inputs);
        assertSameBits(ours(inputs), [value, ...gradient], `seed ${seed}`);
        assertSameBits(ours(inputs), runOn(program, inputs), `seed ${seed}`);
      }
      compiled[Symbol.dispose]();
    }
    assert(shippable > 30, `${shippable}`);
  });

  for (const { name, apply, domain } of operationTable) {
    if (OURS.has(name)) continue;
    it(`${name} needs nothing of ours`, () => {
      const f = (xs: readonly Scalar[]) => apply(...xs);
      const program = compile(f).program(domain.map(() => 1));
      assertEquals(
        program.wasm().imports.filter(({ module }) => module !== "Math"),
        [],
      );
      const run = shipped(program);
      for (const x of SPECIAL) {
        const inputs = domain.map((_, i) => i === 0 ? x : 0.5);
        assertSameBits(run(inputs), [f(inputs)], `${name} at ${inputs}`);
      }
    });
  }

  it("lists its imports, each once, as the module has them", () => {
    const twice = defineOperation({
      name: "twice",
      value: (x: number) => 2 * x,
      partials: () => 2,
    });
    const f = ([x, y]: readonly Scalar[]) =>
      add(
        mul(sin(x!), sin(mul(erf(y!), erf(x!)))),
        add(twice(x!), logSumExp([x!, y!])),
      );
    const { bytes, imports } = compile(f).program([1, 2]).wasm();
    const listed = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
    assertEquals(
      imports.map(({ module, name }) => ({ module, name })),
      listed.map(({ module, name }) => ({ module, name })),
    );
    assert(listed.every(({ kind }) => kind === "function"));
    const modules = imports.map(({ module }) => module).sort();
    assertEquals(modules, ["Math", "chainrule", "chainrule", "chainrule"]);
    assertEquals(
      imports.filter(({ module }) => module === "Math").map(({ name }) => name),
      ["sin"],
    );
    for (const name of ["erf", "twice", "logSumExp"]) {
      assert(imports.some((row) => row.name.startsWith(name)), name);
    }
  });

  it("runs with what it asks for", () => {
    const f = ([x, y]: readonly Scalar[]) => mul(erf(x!), add(y!, 1));
    const program = compile(f).program([1, 2]);
    const { imports } = program.wasm();
    const [ours] = imports.filter(({ module }) => module === "chainrule");
    const run = shipped(program, {
      chainrule: { [ours!.name]: (x: number) => erf(x) },
    });
    assertSameBits(run([0.5, 3]), [f([0.5, 3])], "erf");
  });

  it("exports run and memory, and nothing else", () => {
    const { bytes } = compile((x: Scalar) => sin(x)).program(1).wasm();
    const exports = WebAssembly.Module.exports(new WebAssembly.Module(bytes));
    assertEquals(
      exports.map(({ name, kind }) => `${name}: ${kind}`).sort(),
      ["memory: memory", "run: function"],
    );
  });

  it("is the same each time, and independent of the program", () => {
    const compiled = compile((x: Scalar) => mul(sin(x), x));
    const program = compiled.program(1);
    const [first, second] = [program.wasm(), program.wasm()];
    assertEquals(first, second);
    first.bytes.fill(0);
    assertEquals(program.wasm(), second);
    const run = shipped(program);
    assertSameBits(run([2]), [2 * Math.sin(2)], "run");
    assertEquals(compiled(3), 3 * Math.sin(3));
    compiled[Symbol.dispose]();
    assertSameBits(run([2]), [2 * Math.sin(2)], "after dispose");
  });

  it("has the inputs and outputs where it says, apart from one another", () => {
    for (const n of [0, 1, 2, 100, 5000, 20_000]) {
      const f = (xs: readonly Scalar[]) => [...xs].reverse();
      const program = compile(f).program(new Array(n).fill(0));
      const { inputs, outputs } = program.wasm();
      assertEquals([inputs % 8, outputs % 8], [0, 0]);
      assert(inputs + 8 * n <= outputs || outputs + 8 * n <= inputs);
      const numbers = Array.from({ length: n }, (_, i) => i + 0.5);
      assertEquals(shipped(program)(numbers), numbers.toReversed());
    }
  });

  it("results that are constants, inputs and repeated", () => {
    const f = compile(([x, y]: readonly Scalar[]) => {
      const z = mul(x!, y!);
      return [1, -0, x!, z, z, add(z, 1), y!, y!];
    });
    const run = shipped(f.program([1, 2]));
    assertSameBits(run([3, 4]), [1, -0, 3, 12, 12, 13, 4, 4], "results");
    assertEquals(shipped(compile(() => []).program())([]), []);
  });
});

describe("generated code", () => {
  it("has constants to the bit, however they are written", () => {
    const integers = [
      0,
      -0,
      1,
      63,
      64,
      127,
      128,
      -1,
      -63,
      2 ** 32,
      2 ** 32 + 1,
    ];
    const all = [...integers, 0.5, NaN, Infinity, -Infinity, 5e-324];
    const f = compile((x: Scalar) => [...all, ...all.map((c) => mul(x, c))]);
    assertSameBits(f(1), [...all, ...all], "constants");
  });

  it("begins anew at each call with more carries than stay in locals", () => {
    // Zeros of both signs, the last one, too, and what is not 0, at first and between.
    const starts = Array.from(
      { length: 41 },
      (_, k) => k % 13 === 0 ? 1 + k : k % 11 === 0 ? -0 : 0,
    );
    const step = (state: Scalar[], [x]: Scalar[]) =>
      state.map((s, k) => k % 2 === 0 ? add(s, mul(x!, k)) : mul(s, x!));
    const f = (data: Scalar[]) => fold(rows(data, 1), starts as Scalar[], step);
    const compiled = compile(f, { verify: false });
    for (const data of [[1, 2, 3], [1, 2, 3], [-4], [5, -6]]) {
      assertSameBits(
        compiled(data) as number[],
        f(data) as number[],
        `${data}`,
      );
    }
  });
});

describe("generated code of many functions", () => {
  /** A DAG in which operations use results from near and from far. */
  const web =
    (n: number, seed: number) => (xs: readonly Scalar[]): Scalar[] => {
      const random = seededRandom(seed);
      const all: Scalar[] = [...xs];
      for (let i = 0; i < n; i++) {
        const any = () => all[Math.floor(random() * all.length)]!;
        const near = () =>
          all[all.length - 1 - Math.floor(random() * Math.min(9, all.length))]!;
        const kind = random();
        all.push(
          kind < 0.4
            ? add(mul(near(), 0.5), mul(any(), 0.25))
            : kind < 0.6
            ? sin(add(any(), any()))
            : kind < 0.8
            ? mul(near(), sin(any()))
            : kind < 0.82
            ? logSumExp([any(), near(), any()])
            : add(near(), near()),
        );
      }
      return [all.at(-1)!, all[all.length >> 1]!, all.at(-1)!];
    };
  const points = [[0.5, -1, 2], [NaN, 1, 0], [-0, 0.1, 3]];

  // The sizes at which functions may be cut, and sizes of many.
  for (const n of [1, 50, 199, 200, 201, 399, 400, 401, 801, 2500, 10_000]) {
    it(`${n} operations`, () => {
      const f = web(n, n);
      const last = (xs: readonly Scalar[]) => f(xs)[0]!;
      const compiled = compile(f), gradient = compile(valueAndGrad(last));
      assertEquals(compiled.program(points[0]!).kind, "wasm");
      for (const x of points) {
        assertSameBits(compiled(x), f(x), `${n} at ${x}`);
        assertSameBits(gradient(x), valueAndGrad(last)(x), `${n}' at ${x}`);
      }
      for (const program of [compiled, gradient]) program[Symbol.dispose]();
    });
  }

  it("a chain, exactly at every length around a cut", () => {
    for (let n = 380; n < 420; n++) {
      const f = (x: Scalar) => {
        let y: Scalar = x;
        for (let i = 0; i < n; i++) y = sin(add(y, x));
        return y;
      };
      using compiled = compile(f);
      assertEquals(compiled.program(1).operations, 2 * n);
      assertSameBits(compiled(0.5), f(0.5), `${n}`);
    }
  });

  it("a tree deeper than any stack of operands", () => {
    const f = (x: Scalar) => {
      let y: Scalar = 1;
      for (let i = 0; i < 20_000; i++) y = sin(mul(y, x));
      return y;
    };
    using compiled = compile(f);
    assertSameBits(compiled(0.9), f(0.9), "left");
    const g = (x: Scalar) => {
      let y: Scalar = 1;
      for (let i = 0; i < 20_000; i++) y = add(x, mul(x, y));
      return y;
    };
    using other = compile(g);
    assertSameBits(other(0.4), g(0.4), "right");
  });

  it("a Hessian", () => {
    const f = (xs: readonly Scalar[]) => web(60, 3)(xs)[0]!;
    using compiled = compile(hessian(f));
    assert(compiled.program(points[0]!).operations > 400);
    for (const x of points) {
      assertSameBits(compiled(x), hessian(f)(x), `${x}`);
    }
  });
});

describe("the encoder", () => {
  // Reads LEB128 as the specification defines it, with BigInt.
  const decode = (bytes: Uint8Array, signed: boolean): [bigint, number] => {
    let value = 0n, shift = 0n, i = 0;
    for (;;) {
      const byte = bytes[i++]!;
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte & 0x80) continue;
      if (signed && byte & 0x40) value -= 1n << shift;
      return [value, i];
    }
  };
  const lengthOf = (value: number, signed: boolean): number => {
    // n bytes hold 7n bits, one of them the sign.
    for (let n = 1;; n++) {
      const [low, high] = signed
        ? [-(2 ** (7 * n - 1)), 2 ** (7 * n - 1)]
        : [0, 2 ** (7 * n)];
      if (low <= value && value < high) return n;
    }
  };
  const UNSIGNED = [0, 1, 63, 64, 127, 128, 129, 8191, 8192, 16383, 16384];
  const large = [2 ** 21 - 1, 2 ** 21, 2 ** 28 - 1, 2 ** 28, 2 ** 31 - 1];

  it("unsigned integers", () => {
    for (const value of [...UNSIGNED, ...large, 2 ** 31, 2 ** 32 - 1]) {
      const bytes = new Bytes();
      bytes.unsigned(value);
      assertEquals(bytes.length, lengthOf(value, false), `${value}`);
      const [decoded, read] = decode(bytes.view(), false);
      assertEquals([Number(decoded), read], [value, bytes.length]);
    }
  });

  it("signed integers", () => {
    const values = [...UNSIGNED, ...large];
    for (const value of [...values, ...values.map((x) => -x - 1), -64, -65]) {
      const bytes = new Bytes();
      bytes.signed(value);
      assertEquals(bytes.length, lengthOf(value, true), `${value}`);
      const [decoded, read] = decode(bytes.view(), true);
      assertEquals([Number(decoded), read], [value, bytes.length]);
    }
  });

  it("doubles, little end first", () => {
    for (const value of SPECIAL) {
      const bytes = new Bytes();
      bytes.byte(7);
      bytes.float(value);
      const view = bytes.view();
      assertEquals([view.length, view[0]], [9, 7]);
      const back = new DataView(view.slice(1).buffer).getFloat64(0, true);
      assertSameBits(back, value, `${value}`);
    }
  });

  it("text, and bytes with their length", () => {
    const bytes = new Bytes();
    bytes.name("eˣ");
    bytes.sized(Uint8Array.of(1, 2));
    assertEquals([...bytes.view()], [3, 0x65, 0xcb, 0xa3, 2, 1, 2]);
  });

  it("grows by as much as it has to", () => {
    const bytes = new Bytes();
    const random = seededRandom(1);
    const expected: number[] = [];
    for (let times = 0; times < 40; times++) {
      const part = Uint8Array.from(
        { length: Math.floor(20_000 * random() ** 4) },
        () => 256 * random(),
      );
      bytes.append(part);
      expected.push(...part);
      bytes.byte(times);
      expected.push(times);
    }
    assertEquals(bytes.length, expected.length);
    assert(bytes.view().every((byte, i) => byte === expected[i]));
  });
});
