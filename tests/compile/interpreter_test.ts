import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  add,
  compile,
  logSumExp,
  mul,
  type Scalar,
  sin,
  square,
  sum,
  valueAndGrad,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";
import {
  assertSameBits,
  MODULE,
  runOn,
  withoutWebAssembly,
} from "../support/same_bits.ts";
import { runDeno } from "../support/child_deno.ts";

// What each program below prints, to compare hosts: bits of many results.
const PRINT_RESULTS = `
  const f = ([x, y]) => m.add(
    m.mul(m.logSumExp([x, y, 1]), m.sigmoid(m.sub(x, y))),
    m.select(m.lt(x, y), m.pow(m.abs(x), y), m.hypot(x, m.erf(y))),
  );
  const compiled = [
    m.compile(f),
    m.compile(m.valueAndGrad(f)),
    m.compile(m.hessian(f)),
  ];
  const hex = (x) => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, x);
    return Number.isNaN(x) ? "NaN" : view.getBigUint64(0).toString(16);
  };
  const list = [];
  for (const x of [0.5, -2, 0, -0, Infinity, NaN, 5e-324]) {
    for (const y of [0.25, -0, 3, -Infinity]) {
      for (const g of compiled) {
        JSON.stringify(g([x, y]), (_, z) => {
          if (typeof z === "number") list.push(hex(z));
          return z;
        });
      }
    }
  }
  console.log(list.join());
  console.log(compiled.map((g) => g.program([1, 2]).kind).join());
  console.log(compiled[0].program([1, 2]).explain());
`;

/** Prints what a host makes of the functions above. */
async function resultsOn(
  host: string,
  flags: string[] = [],
): Promise<[results: string, kinds: string, why: string]> {
  const { stdout, stderr } = await runDeno(
    `
    ${host}
    const m = await import(${JSON.stringify(MODULE)});
    ${PRINT_RESULTS}
    `,
    { flags },
  );
  const [results = "", kinds = "", why = ""] = stdout.trim().split("\n");
  assert(why !== "", stderr);
  return [results, kinds, why];
}

describe("a host", () => {
  const hosts: Record<string, readonly [code: string, why: string]> = {
    "without WebAssembly": [
      "delete globalThis.WebAssembly;",
      "this host has no WebAssembly",
    ],
    "where WebAssembly is undefined": [
      "globalThis.WebAssembly = undefined;",
      "this host has no WebAssembly",
    ],
    // As a browser does under a Content-Security-Policy.
    "that refuses to compile": [
      `
      WebAssembly.Module = function () {
        throw new WebAssembly.CompileError("refused");
      };`,
      "this host refuses the code (refused)",
    ],
    // As Chromium does with large modules on the main thread.
    "that refuses modules of this size": [
      `
      WebAssembly.Module = function () {
        throw new RangeError("larger than 8MB");
      };`,
      "this host refuses the code (larger than 8MB)",
    ],
    "without memory to give": [
      `
      WebAssembly.Memory = function () {
        throw new RangeError("could not allocate memory");
      };`,
      "this host gives no memory",
    ],
  };
  let ofWasm: [string, string, string] | undefined;

  for (const [name, [code, reason]] of Object.entries(hosts)) {
    it(`${name} interprets, with the same bits`, async () => {
      ofWasm ??= await resultsOn("");
      assertEquals(ofWasm[1], "wasm,wasm,wasm");
      assert(ofWasm[0].split(",").length > 200);
      const [results, kinds, why] = await resultsOn(code);
      assertEquals(results, ofWasm[0]);
      assertEquals(
        [ofWasm[2], why],
        ["WebAssembly", `interpreted steps: ${reason}`],
      );
      assertEquals(kinds, "interpreter,interpreter,interpreter");
    });
  }
});

describe("a program too large for the memory that there is", () => {
  it("is interpreted, and smaller ones are not", () => {
    const f = (xs: readonly Scalar[]) => add(xs[1]!, sin(xs[2]!));
    const { prototype } = WebAssembly.Memory;
    const grow = prototype.grow;
    prototype.grow = () => {
      throw new RangeError("could not grow");
    };
    try {
      const compiled = compile(f);
      const large = Array.from({ length: 10_000 }, (_, i) => i / 7);
      assertSameBits(compiled(large), f(large), "large");
      assertEquals(compiled.program(large).kind, "interpreter");
      assertSameBits(compiled([1, 2, 3]), f([1, 2, 3]), "small");
      assertEquals(compiled.program([1, 2, 3]).kind, "wasm");
      assertSameBits(compiled(large), f(large), "large, again");
    } finally {
      prototype.grow = grow;
    }
  });
});

describe("a program too large for WebAssembly, with nothing that repeats", () => {
  const N = 150_000;
  const leaves = Array.from({ length: 32 }, (_, i) => 1 - i / 1000);

  it("is interpreted, with the same bits", () => {
    const f = (xs: readonly Scalar[]) => {
      const random = seededRandom(1);
      let y = xs[0]!;
      for (let i = 0; i < N; i++) {
        const x = xs[Math.floor(32 * random())]!;
        y = random() < 0.5 ? mul(y, x) : random() < 0.5 ? add(y, x) : sin(y);
      }
      return y;
    };
    const compiled = compile(valueAndGrad(f), { verify: false });
    const program = compiled.program(leaves), { kind, operations } = program;
    assertEquals(kind, "interpreter");
    assertMatch(
      program.explain(),
      /^interpreted steps: \d+ operations of code, more than 200000, would not/,
    );
    assert(operations > N);
    for (const factor of [1, 0.5]) {
      const x = leaves.map((leaf) => factor * leaf);
      assertSameBits(compiled(x), valueAndGrad(f)(x), `${factor}`);
    }
    compiled[Symbol.dispose]();
  });

  it("of many values that end in one operation", () => {
    const f = (xs: readonly Scalar[]) => logSumExp(xs.map((x) => sin(x)));
    const compiled = compile(f);
    const x = Array.from({ length: 200_000 }, (_, i) => i / 1000);
    assertSameBits(compiled(x), logSumExp(x.map(Math.sin)), "logSumExp");
    assertEquals(compiled.program(x).kind, "interpreter");
  });

  it("of many inputs and outputs", () => {
    const f = (xs: readonly Scalar[]) => [...xs.map((x) => square(x)), sum(xs)];
    const compiled = compile(f);
    const x = Array.from({ length: 200_000 }, (_, i) => i - 1000.5);
    const result = compiled(x);
    assertEquals(result.length, x.length + 1);
    assert(result.slice(0, -1).every((y, i) => y === x[i]! * x[i]!));
    assertEquals(result.at(-1), x.reduce((a, b) => a + b, 0));
  });
});

describe("an interpreted program", () => {
  const f = (x: Scalar, ys: readonly Scalar[]) => ({
    constants: [1, -0],
    inputs: [ys[0]!, x, x],
    sum: add(x, logSumExp(ys)),
    twice: [mul(x, ys[1]!), mul(ys[1]!, x)],
  });
  const compiled = compile(f);
  const program = withoutWebAssembly(() => compiled.program(1, [2, 3]));

  it("has results that are inputs, constants and repeated", () => {
    for (const x of [0.5, -0, NaN]) {
      assertSameBits(compiled(x, [2, 3]), f(x, [2, 3]), `${x}`);
    }
    assertEquals(program.kind, "interpreter");
  });

  it("runs on flat arrays, in place too", () => {
    const inputs = [0.5, 2, 3];
    const { constants, inputs: copies, sum, twice } = f(0.5, [2, 3]);
    const expected = [...constants, ...copies, sum, ...twice];
    assertSameBits(runOn(program, inputs), expected, "run");
    assertSameBits(runOn(program, inputs), expected, "run again");
    const square = withoutWebAssembly(() =>
      compile(([x, y]: readonly Scalar[]) => [mul(x!, y!), x!]).program([1, 2])
    );
    const both = Float64Array.of(3, 4);
    square.run(both, both);
    assertEquals(both, Float64Array.of(12, 3));
  });

  it("is one module as any other to ship", () => {
    const { bytes } = withoutWebAssembly(() => program.wasm());
    assert(WebAssembly.validate(bytes));
  });

  it("can be disposed of", () => {
    const square = compile((x: Scalar) => mul(x, x));
    withoutWebAssembly(() => square(3));
    assertEquals(square(4), 16);
    square[Symbol.dispose]();
  });
});
