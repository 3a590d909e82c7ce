import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  compile,
  detectAnomaly,
  dot,
  grad,
  logSumExp,
  mul,
  Node,
  type Scalar,
  square,
  sum,
  valueAndGrad,
} from "../../mod.ts";
import { Executable } from "../../src/compile/compiled_program.ts";
import { Memory, type Region } from "../../src/compile/memory.ts";
import { seededRandom } from "../support/numeric.ts";
import { programFor } from "../support/rolled.ts";
import {
  assertSameBits,
  MODULE,
  pagesGrown,
  runOn,
  withoutWebAssembly,
} from "../support/same_bits.ts";
import { runDeno } from "../support/child_deno.ts";

/** A function of n numbers that nothing else is. */
const scaled = (factor: number) => (xs: readonly Scalar[]): Scalar =>
  mul(factor, dot(xs, xs));

/** Much memory, and next to no code. */
const first = (xs: readonly Scalar[]): Scalar => mul(xs[0]!, 2);

const numbers = (n: number, factor = 1) =>
  Array.from({ length: n }, (_, i) => factor * (i + 1));

describe("Memory", () => {
  const overlap = (a: Region, b: Region) =>
    a.start < b.start + b.bytes && b.start < a.start + a.bytes;

  it("regions have their size, lie within, and do not overlap", () => {
    const memory = new Memory(WebAssembly);
    const regions = [1, 5, 1000, 1, 9000, 3, 20000].map((n) => {
      const region = memory.take(n);
      assertEquals(region.bytes >= 8 * n, true);
      assertEquals(region.start % 8, 0);
      return region;
    });
    regions.forEach((a, i) => {
      assert(a.start + a.bytes <= memory.memory.buffer.byteLength);
      regions.slice(i + 1).forEach((b) => assert(!overlap(a, b), `${i}`));
    });
  });

  it("floats is all of the memory, after it grew too", () => {
    const memory = new Memory(WebAssembly);
    memory.take(3);
    memory.floats[2] = 7;
    for (const n of [9000, 100_000]) {
      memory.take(n);
      assertEquals(memory.floats.buffer, memory.memory.buffer);
      assertEquals(
        memory.floats.byteLength,
        memory.memory.buffer.byteLength,
      );
      assertEquals(memory.floats[2], 7);
    }
  });

  it("what is given back is taken again", () => {
    const memory = new Memory(WebAssembly);
    const a = memory.take(10), b = memory.take(20), c = memory.take(30);
    memory.release(b);
    assertEquals(memory.take(20).start, b.start);
    memory.release(a);
    // Part of a free region, and then the rest.
    assertEquals([memory.take(4).start, memory.take(6).start], [
      a.start,
      a.start + 32,
    ]);
    assert(memory.take(1).start >= c.start + c.bytes);
  });

  it("neighbours are joined, in whatever order they come back", () => {
    const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [
      2,
      1,
      0,
    ]];
    for (const order of orders) {
      const memory = new Memory(WebAssembly);
      const regions = [10, 20, 30].map((n) => memory.take(n));
      const last = memory.take(1);
      order.forEach((i) => memory.release(regions[i]!));
      assertEquals(memory.take(60).start, regions[0]!.start, `${order}`);
      memory.release(last);
    }
  });

  it("at the end, the free part ends with what is in use", () => {
    const orders = [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2]];
    for (const order of orders) {
      const memory = new Memory(WebAssembly);
      const regions = [1000, 2000, 3000].map((n) => memory.take(n));
      order.forEach((i) => memory.release(regions[i]!));
      assertEquals(memory.take(8000).start, 0, `${order}`);
      assertEquals(memory.memory.buffer.byteLength, 65536);
    }
  });

  it("empty regions take no memory", () => {
    const memory = new Memory(WebAssembly);
    const before = memory.take(0), some = memory.take(100);
    const after = memory.take(0), last = memory.take(1);
    for (const region of [some, before, after, last]) memory.release(region);
    assertEquals(memory.take(8192).start, 0);
    assertEquals(memory.memory.buffer.byteLength, 65536);
  });

  it("holds no more than was in use at a time, over a random life", () => {
    const random = seededRandom(5);
    const memory = new Memory(WebAssembly);
    const held = new Map<Region, number>();
    let most = 0, now = 0;
    for (let step = 0; step < 5000; step++) {
      if (held.size > 20 || held.size > 0 && random() < 0.5) {
        const [region, mark] = [...held][Math.floor(random() * held.size)]!;
        // No other region overlaps it.
        for (let i = 0; i < region.bytes / 8; i++) {
          assert(memory.floats[region.start / 8 + i] === mark);
        }
        memory.release(region);
        held.delete(region);
        now -= region.bytes;
      } else {
        const n = 1 + Math.floor(1000 * random() ** 3);
        const region = memory.take(n);
        memory.floats.fill(step, region.start / 8, region.start / 8 + n);
        held.set(region, step);
        now += region.bytes;
        most = Math.max(most, now);
      }
    }
    for (const region of held.keys()) memory.release(region);
    assertEquals(memory.take(1).start, 0, "all of it came back");
    const { byteLength } = memory.memory.buffer;
    assert(byteLength <= 8 * Math.max(most, 65536), `${byteLength}, ${most}`);
  });
});

describe("a great many regions", () => {
  // Where each release looked at all free ones, this took minutes.
  const count = 100_000;

  for (const [name, step] of Object.entries({ "in order": 1, "mixed": 7919 })) {
    it(`that come back ${name} are joined to one`, () => {
      const memory = new Memory(WebAssembly);
      const regions = Array.from(
        { length: count },
        (_, k) => memory.take(1 + k % 3),
      );
      const last = memory.take(1);
      // Every second one, so that there are as many free ones as can be.
      const order = Array.from({ length: count }, (_, k) => k * step % count);
      for (const k of order) if (k % 2 === 0) memory.release(regions[k]!);
      for (const k of order) if (k % 2 === 1) memory.release(regions[k]!);
      assertEquals(memory.take(last.start / 8).start, 0);
    });
  }

  it("of one size are taken again, whatever else is free", () => {
    const memory = new Memory(WebAssembly);
    const sizes = [17, 23, 1000, 1001, 1024];
    const regions = Array.from(
      { length: count },
      (_, k) => memory.take(k % 2 === 0 ? 1 : sizes[k % sizes.length]!),
    );
    const { byteLength } = memory.memory.buffer;
    regions.forEach((region, k) => k % 2 === 1 && memory.release(region));
    for (let k = 1; k < count; k += 2) memory.take(sizes[k % sizes.length]!);
    assertEquals(memory.memory.buffer.byteLength, byteLength);
  });
});

describe("above 2 GiB", () => {
  // Virtual memory: no page of it is touched but the last ones.
  const memory = new Memory(WebAssembly);
  memory.take(2 ** 28);

  it("operations over lists read their operands", () => {
    const program = new Executable(programFor(logSumExp, [1, 2, 3]), memory);
    assertEquals(program.kind, "wasm");
    assert(program.inputsAt >= 2 ** 28);
    assertEquals(runOn(program, [1, 2, 3]), [logSumExp([1, 2, 3])]);
    assertEquals(runOn(program, [-5, 0, 700]), [logSumExp([-5, 0, 700])]);
  });

  it("loops, whatever they read and write, are right", () => {
    const f = (xs: readonly Scalar[]): Scalar[] =>
      xs.map((x, k) => logSumExp([x, xs[(k * 7 + 3) % xs.length]!, mul(x, x)]));
    const x = numbers(300, 0.01);
    const program = new Executable(programFor(f, x), memory);
    assertEquals(program.kind, "wasm");
    assertSameBits(runOn(program, x), f(x), "a loop");
  });

  it("the memory grows to its end, and what does not fit is interpreted", () => {
    const rest = 2 ** 29 - 2 ** 28 - 2 ** 20;
    const before = memory.take(rest);
    const fits = new Executable(programFor(logSumExp, [1, 2]), memory);
    assertEquals(fits.kind, "wasm");
    memory.take(2 ** 19);
    const large = programFor(first, numbers(2 ** 19));
    const interpreted = new Executable(large, memory);
    assertEquals(interpreted.kind, "interpreter");
    assertEquals(runOn(fits, [1, 2]), [logSumExp([1, 2])]);
    memory.release(before);
    assertEquals(new Executable(large, memory).kind, "wasm");
  });
});

// Before other tests grow the memory, which never shrinks.
describe("disposal", () => {
  it("gives memory back: compiling and disposing do not grow it", () => {
    const kept = compile(scaled(1));
    const life = (k: number) => {
      using f = compile(first);
      assertEquals(f(numbers(16384 + k % 5, k)), 2 * k);
      assertEquals(f([k, 1]), 2 * k); // a second program
      assertEquals(kept(numbers(10)), 385);
    };
    // 200 times 128 kB would be 400 pages, of which one is there.
    const grown = pagesGrown(() => {
      for (let k = 0; k < 200; k++) life(k);
    });
    assert(grown < 20, `${grown} pages`);
  });

  it("using disposes of all programs, and calls throw from then on", () => {
    let outlived;
    {
      using f = compile((xs: readonly Scalar[]) => sum(xs));
      assertEquals([f([1, 2]), f([1, 2, 3])], [3, 6]);
      outlived = f;
    }
    for (const x of [[1, 2], [1, 2, 3], [1]]) {
      assertThrows(() => outlived(x), TypeError, "disposed");
      assertThrows(() => outlived.program(x), TypeError, "disposed");
    }
    outlived[Symbol.dispose](); // once more: nothing happens
  });

  it("disposing twice does not give away another's memory", () => {
    const first = compile((x: Scalar) => add(x, 1));
    first(1);
    first[Symbol.dispose]();
    const second = compile((x: Scalar) => mul(x, 2));
    assertEquals(second(3), 6);
    first[Symbol.dispose]();
    const third = compile((x: Scalar) => mul(x, 3));
    const programs = [second.program(1), third.program(1)];
    const outputs = new Float64Array(1);
    assertEquals(third(3), 9);
    for (const [i, factor] of [2, 3].entries()) {
      programs[i]!.run(Float64Array.of(5), outputs);
      assertEquals(outputs[0], 5 * factor);
    }
  });

  it("a program throws once its function was disposed of", () => {
    const gone = compile((xs: readonly Scalar[]) => xs.map((x) => mul(x, 7)));
    const programs = [gone.program([1, 2, 3])];
    const { bytes } = programs[0]!.wasm();
    programs.push(withoutWebAssembly(() => gone.program([1, 2])));
    gone[Symbol.dispose]();
    for (const program of programs) {
      // It would write to a region that is another's by now.
      assertThrows(
        () => runOn(program, new Array(program.inputs).fill(5)),
        TypeError,
        "disposed",
      );
    }
    assertEquals(programs[0]!.wasm().bytes, bytes);
  });

  it("calls on Nodes, and within other functions, throw from then on", () => {
    const f = compile((x: Scalar) => square(x));
    assertEquals([f(3), grad((x: Scalar) => f(x))(3)], [9, 6]);
    f[Symbol.dispose]();
    const calls = [
      () => f(new Node(3)),
      () => grad((x: Scalar) => f(x))(3),
      () => compile((x: Scalar) => f(x))(3),
      () => detectAnomaly(() => f(3)),
    ];
    for (const call of calls) {
      assertThrows(call, TypeError, "Cannot call a compiled function: it was");
    }
  });

  it("a function that was never called can be disposed of", () => {
    const f = compile((x: Scalar) => x);
    f[Symbol.dispose]();
    assertThrows(() => f(1), TypeError, "disposed");
  });

  it("a function that throws at its first call holds nothing", () => {
    const f = compile((xs: readonly Scalar[]) => [xs[0], "a"]);
    const x = numbers(16384);
    assertThrows(() => f(x), TypeError);
    assertEquals(
      pagesGrown(() => {
        for (let k = 0; k < 100; k++) assertThrows(() => f(x), TypeError);
      }),
      0,
    );
  });

  it("code that a host refuses holds nothing", () => {
    const { Module, CompileError } = WebAssembly;
    const x = numbers(16384);
    const grown = pagesGrown(() => {
      try {
        (WebAssembly as { Module: unknown }).Module = function () {
          throw new CompileError("refused");
        };
        for (let k = 0; k < 100; k++) assertEquals(compile(first)(x), 2);
      } finally {
        WebAssembly.Module = Module;
      }
    });
    assert(grown < 20, `${grown} pages`);
  });

  it("what was disposed of and then collected came back once", async () => {
    const { stdout, stderr } = await runDeno(
      `
      import { compile, mul } from ${JSON.stringify(MODULE)};
      function life() {
        const all = [2, 3, 4].map((k) => compile((x) => mul(x, k)));
        for (const f of all) f(1);
        for (const f of all) f[Symbol.dispose]();
      }
      life();
      // These take the regions that the collector might give back once more.
      const kept = [5, 6, 7].map((k) => compile((x) => mul(x, k)).program(1));
      for (let k = 0; k < 3; k++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const others = [8, 9, 10].map((k) => compile((x) => mul(x, k)).program(1));
      const places = [...kept, ...others].map((program) => program.executable.inputsAt);
      console.log(new Set(places).size);
      `,
      { flags: ["--v8-flags=--expose-gc"] },
    );
    assertEquals(stdout, "6\n", stderr);
  });

  it("memory comes back from functions that were collected", async () => {
    const { stdout, stderr } = await runDeno(
      `
      import { compile, mul } from ${JSON.stringify(MODULE)};
      let pages = 0;
      const { prototype } = WebAssembly.Memory;
      const grow = prototype.grow;
      prototype.grow = function (delta) {
        pages += delta;
        return grow.call(this, delta);
      };
      const kept = compile((x) => mul(x, 5));
      kept(1);
      const program = compile((x) => mul(x, 6)).program(1);
      const x = new Float64Array(16384).fill(2);
      function life() {
        for (let k = 0; k < 20; k++) {
          if (compile((xs) => mul(xs[17], k))(x) !== 2 * k) {
            throw new Error("wrong");
          }
        }
      }
      async function collect() {
        for (let k = 0; k < 3; k++) {
          gc();
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      life();
      await collect();
      const before = pages;
      for (let k = 0; k < 10; k++) {
        life();
        await collect();
      }
      const outputs = new Float64Array(1);
      program.run(Float64Array.of(7), outputs);
      console.log(before > 0, pages - before <= before, kept(3), outputs[0]);
      `,
      { flags: ["--v8-flags=--expose-gc"] },
    );
    // A program keeps its memory without its function.
    assertEquals(stdout, "true true 15 42\n", stderr);
  });
});

describe("many compiled functions", () => {
  it("a thousand live side by side", () => {
    const random = seededRandom(9);
    const functions = Array.from({ length: 1000 }, (_, k) => ({
      k,
      compiled: compile(valueAndGrad(scaled(k))),
      x: numbers(1 + k % 37, 0.25 * k),
    }));
    for (let times = 0; times < 3; times++) {
      for (const { k, compiled, x } of functions) {
        assertSameBits(compiled(x), valueAndGrad(scaled(k))(x), `${k}`);
      }
      functions.sort(() => random() - 0.5);
    }
    for (const { compiled } of functions) compiled[Symbol.dispose]();
  });

  it("keep right while others come, grow the memory, and go", () => {
    const kept = compile(valueAndGrad(scaled(3)));
    const program = kept.program(numbers(100));
    const keptOutputs = new Float64Array(101);
    const x = numbers(100);
    const expected = valueAndGrad(scaled(3))(x);
    let largest = 1 << 13;
    const grown = pagesGrown(() => {
      for (let times = 0; times < 6; times++) {
        const other = compile(first);
        const y = numbers(largest *= 2, 0.5);
        assertEquals(other(y), 1);
        assertSameBits(kept(x), expected, `${times}`);
        program.run(Float64Array.from(x), keptOutputs);
        assertSameBits(
          keptOutputs,
          Float64Array.of(expected.value, ...expected.gradient),
          `${times}`,
        );
        if (times % 2 === 0) other[Symbol.dispose]();
      }
    });
    assert(grown > 0, "the memory never grew");
  });

  it("an operation over a list sees its operands after the memory grew", () => {
    const f = compile((xs: readonly Scalar[]) => logSumExp(xs));
    const x = numbers(500, 0.01);
    const before = f(x);
    const grown = pagesGrown(() => {
      compile(first)(numbers(1 << 20));
    });
    assert(grown > 0, "the memory never grew");
    assertSameBits(f(x), before, "logSumExp");
    assertSameBits(f(x), logSumExp(x), "logSumExp");
  });
});

describe("program.run", () => {
  const f = compile(([x, y]: readonly Scalar[]) => [
    mul(x!, y!),
    square(x!),
    add(x!, y!),
  ]);
  const program = f.program([1, 2]);

  it("of other arrays throws, and says which", () => {
    const two = new Float64Array(2), three = new Float64Array(3);
    const wrong: readonly (readonly [
      unknown,
      unknown,
      typeof RangeError | typeof TypeError,
      string,
    ])[] = [
      [three, three, RangeError, "inputs has length 3, expected 2"],
      [new Float64Array(0), three, RangeError, "inputs has length 0"],
      [two, two, RangeError, "outputs has length 2, expected 3"],
      [two, new Float64Array(4), RangeError, "outputs has length 4"],
      [
        [1, 2],
        three,
        TypeError,
        "inputs is an array of length 2, expected a Float64Array of length 2",
      ],
      [
        new Float32Array(2),
        three,
        TypeError,
        "inputs is an instance of Float32Array",
      ],
      [two, undefined, TypeError, "outputs is undefined"],
    ];
    for (const [inputs, outputs, kind, message] of wrong) {
      assertThrows(
        () => program.run(inputs as Float64Array, outputs as Float64Array),
        kind,
        message,
      );
    }
    assertEquals(runOn(program, [3, 4]), [12, 9, 7]);
  });

  it("takes parts of larger arrays", () => {
    const numbers = Float64Array.of(9, 3, 4, 9, 9, 9, 9);
    program.run(numbers.subarray(1, 3), numbers.subarray(3, 6));
    assertEquals(numbers, Float64Array.of(9, 3, 4, 12, 9, 7, 9));
  });

  it("gives the same numbers as the function, in turn with it", () => {
    const random = seededRandom(2);
    for (let times = 0; times < 100; times++) {
      const x = [random(), random() - 0.5];
      assertSameBits(runOn(program, x), f(x), `${x}`);
    }
  });
});
