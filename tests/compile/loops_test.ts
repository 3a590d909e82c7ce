import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  chain,
  perceptron,
  rosenbrock,
  rungeKutta,
  sharedSubexpressions,
  type Workload,
} from "../../bench/workloads/workloads.ts";
import { lotkaVolterra } from "../../bench/workloads/runge_kutta.ts";
import * as chainrule from "../../mod.ts";
import {
  add,
  atan2,
  compile,
  defineOperation,
  div,
  exp,
  ge,
  hessian,
  jacobian,
  logSumExp,
  lt,
  max,
  mul,
  neg,
  type Scalar,
  select,
  sin,
  sub,
  sum,
  valueAndGrad,
} from "../../mod.ts";
import { findRepetitions } from "../../src/compile/program/find/search.ts";
import { seededRandom } from "../support/numeric.ts";
import { INPUTS, repeatedProgram } from "../support/repeated_program.ts";
import { programFor, rolled } from "../support/rolled.ts";
import { assertSameBits, runOn, SPECIAL } from "../support/same_bits.ts";

type OfList = (xs: readonly Scalar[]) => Scalar[];

/** The numbers of a structure, in order. */
function leavesOf(x: unknown): number[] {
  return typeof x === "object"
    ? Object.values(x as object).flatMap(leavesOf)
    : [x as number];
}

/**
 * Asserts that `f` has so many loops at least, and that as loops and interpreted
 * it gives what it gives itself.
 */
function assertRolls(
  f: (xs: Scalar[]) => unknown,
  x: readonly number[],
  what: string,
  least = 1,
): void {
  const program = programFor(f, x);
  const { loops, run, interpret } = rolled(program);
  assert(loops.length >= least, `${what}: ${loops.length} loops`);
  for (const factor of [1, -0.5]) {
    const point = x.map((xi) => factor * xi);
    const expected = leavesOf(f([...point]));
    assertSameBits(interpret(point), expected, `${what}, interpreted`);
    // Twice: nothing may be left over from a run.
    assertSameBits(run(point), expected, what);
    assertSameBits(run(point), expected, `${what}, again`);
  }
}

/** The same for a function, its gradient, and a few rows of its Jacobian. */
function assertAllRoll(f: OfList, x: readonly number[], what: string): void {
  assertRolls(f, x, what);
  assertRolls(valueAndGrad((xs: Scalar[]) => sum(f(xs))), x, `${what}'`, 2);
  assertRolls(jacobian((xs: Scalar[]) => f(xs).slice(-3)), x, `${what} J`);
}

const x4 = [0.5, 0.8, -0.3, 1.1];
const many = (n: number) => Array.from({ length: n }, (_, i) => Math.sin(i));

/** A list made entry by entry, of those before. */
function grow(
  n: number,
  next: (t: number, list: readonly Scalar[]) => Scalar,
  start: readonly Scalar[] = [],
): Scalar[] {
  const list = [...start];
  for (let t = 0; t < n; t++) list.push(next(t, list));
  return list;
}

/** So many operations on a value, which are another with another number. */
function longWay(y: Scalar, x: Scalar, length: number): Scalar[] {
  return grow(
    length,
    (k, ys) => k % 2 === 0 ? sin(ys.at(-1)!) : mul(ys.at(-1)!, x),
    [y],
  );
}

describe("a loop", () => {
  it("of values that are carried on", () => {
    assertAllRoll(
      ([a, b]) =>
        grow(1000, (_, ys) => add(sin(ys.at(-1)!), b!), [a!]).slice(-1),
      x4,
      "carried",
    );
  });

  for (const length of [3, 70, 900]) {
    it(`of ${length} operations, with values from iterations before`, () => {
      for (const back of [1, 2, 3, 5]) {
        assertAllRoll(
          ([a, b]) =>
            grow(
              Math.ceil(2000 / length) + 12,
              (_, ys) =>
                add(
                  longWay(ys.at(-1)!, b!, length).at(-1)!,
                  mul(ys.at(-back)!, 0.25),
                ),
              new Array(back).fill(a),
            ).slice(-2),
          x4,
          `${back} back`,
        );
      }
    });
  }

  it("that reads the value before when it has its own already", () => {
    for (const length of [70, 900]) {
      assertAllRoll(
        ([a, b, c]) => {
          let before = a!, total = c!;
          for (let t = 0; t < 12; t++) {
            const ys = longWay(add(before, b!), b!, length);
            // Late, and in the middle of another operation.
            total = add(total, mul(sub(before, 0.5), ys.at(-1)!));
            before = ys[3]!;
            total = add(total, mul(before, ys.at(-2)!));
          }
          return [total, before];
        },
        x4,
        `${length}`,
      );
    }
  });

  it("that reads now its own value, now another's", () => {
    const random = seededRandom(3);
    for (const length of [200, 900]) {
      for (let k = 0; k < 10; k++) {
        const picks = Array.from({ length: 40 }, () => random());
        const step = Math.floor(3 * random()) - 1;
        assertRolls(
          ([a, b]) => {
            let before = longWay(a!, b!, length), total: Scalar = a!;
            for (let t = 0; t < 14; t++) {
              const ys = longWay(mul(before.at(-1)!, 0.9), b!, length);
              for (let j = 0; j < 10; j++) {
                // By turns, by chance, and stepping through.
                total = sub(total, (t % 2 === j % 2 ? ys : before)[j + 3]!);
                total = atan2(total, (picks[t]! < 0.5 ? ys : before)[j + 9]!);
                total = sub(total, ys[20 + j + step * t]!);
                total = sin(sub(total, before[20 + j + step * t]!));
              }
              before = ys;
            }
            return [total];
          },
          x4,
          `${length}, ${k}`,
          0,
        );
      }
    }
  });

  it("that reads the same slot twice, with another's value and its own", () => {
    assertRolls(
      ([a, b]) => {
        // A pattern that has no loops in it: the one found begins with `early`.
        const steps = (from: Scalar, random: () => number) =>
          grow(
            120,
            (_, ys) => random() < 0.5 ? sin(ys.at(-1)!) : mul(ys.at(-1)!, b!),
            [from],
          );
        let y = a!, before = steps(y, seededRandom(1));
        for (let t = 0; t < 20; t++) {
          const early = sub(y, before[30 + t]!);
          const own = steps(early, seededRandom(2));
          y = atan2(sub(own.at(-1)!, own[30 + t]!), early);
          if (t === 0) y = exp(y);
          before = own;
        }
        return [y];
      },
      x4,
      "twice",
      0,
    );
  });

  it("is the same whatever the data are", () => {
    const random = seededRandom(21);
    const numbers = Array.from({ length: 1200 }, () => 2 * random() - 1);
    const loopsOver = (data: readonly number[]) => {
      const loss = (w: Scalar[]) => {
        let total: Scalar = 0;
        for (let i = 0; i + 3 < data.length; i += 4) {
          const z = add(mul(w[0]!, data[i]!), mul(w[1]!, data[i + 1]!));
          const wrong = div(sub(sin(z), data[i + 2]!), add(2, data[i + 3]!));
          total = add(total, mul(wrong, max(wrong, data[i]!)));
        }
        return total;
      };
      const program = programFor(valueAndGrad(loss), x4);
      const { loops, run, interpret } = rolled(program);
      assertSameBits(run(x4), interpret(x4), `${data.slice(0, 4)}`);
      return loops.map(({ body }) => body.length);
    };
    const expected = loopsOver(numbers);
    assertEquals(expected.length, 2);
    assertEquals(loopsOver(numbers.map((x) => Math.round(x))), expected);
    assertEquals(loopsOver(numbers.map((x) => x > 0 ? 1 : 0)), expected);
  });

  it("with constants that differ, to their signs", () => {
    // But 1, by which nothing is divided.
    const constants = [...SPECIAL, 3, 0.1].filter((c) => c !== 1);
    const random = seededRandom(11);
    const picks = many(1000).map(() => Math.floor(random() * constants.length));
    const angles: OfList = (xs) =>
      xs.map((x, t) => atan2(x, constants[picks[t]!]!));
    const quotients: OfList = (xs) =>
      xs.map((x, t) => div(x, constants[picks[t]!]!));
    for (const n of [512, 1000]) {
      assertRolls(quotients, many(n), `${n}`);
      assertRolls(angles, many(n), `${n}`);
      assertRolls(
        valueAndGrad((xs: Scalar[]) => sum(angles(xs))),
        many(n),
        `${n}'`,
      );
    }
    const f: OfList = ([a, b]) =>
      grow(
        600,
        (t, ys) =>
          select(
            lt(ys.at(-1)!, 0.3),
            atan2(ys.at(-1)!, t % 7 === 3 ? -0 : t % 7 === 5 ? 0 : t),
            max(b!, atan2(sin(ys.at(-1)!), t % 5 === 2 ? NaN : -t)),
          ),
        [a!],
      );
    assertAllRoll(f, x4, "signed");
  });

  it("that is interrupted", () => {
    for (const at of [0, 1, 7, 500, 998, 999]) {
      assertAllRoll(
        ([a, b, c]) =>
          grow(
            1000,
            (t, ys) =>
              t === at
                ? exp(neg(mul(ys.at(-1)!, ys.at(-1)!)))
                : sin(add(mul(ys.at(-1)!, b!), c!)),
            [a!],
          ).slice(-1),
        x4,
        `at ${at}`,
      );
    }
  });

  it("within another", () => {
    for (const [inner, outer] of [[3, 300], [20, 50], [200, 6], [500, 2]]) {
      assertAllRoll(
        ([a, b, c]) => {
          let y = a!;
          const all: Scalar[] = [];
          for (let i = 0; i < outer!; i++) {
            let z = mul(y, c!);
            for (let j = 0; j < inner!; j++) z = sin(add(mul(z, b!), y));
            all.push(y = exp(neg(z)));
          }
          return all;
        },
        x4,
        `${inner} in ${outer}`,
      );
    }
  });

  it("over inputs: in steps, backwards and in no order", () => {
    const n = 800, random = seededRandom(8);
    const anywhere = Array.from({ length: n }, () => Math.floor(random() * n));
    const orders: Record<string, (t: number) => number> = {
      forwards: (t) => t,
      backwards: (t) => n - 1 - t,
      "by seven": (t) => 7 * t % n,
      anywhere: (t) => anywhere[t]!,
    };
    for (const [name, order] of Object.entries(orders)) {
      assertRolls(
        (xs) => grow(n, (t) => sin(mul(xs[order(t)]!, xs[t]!))),
        many(n),
        name,
      );
      assertRolls(
        valueAndGrad((xs: Scalar[]) =>
          sum(grow(n, (t) => sin(mul(xs[t]!, xs[0]!))))
        ),
        many(n),
        `${name}'`,
      );
    }
  });

  it("over the results of another, forwards, backwards and in no order", () => {
    const n = 700, random = seededRandom(9);
    const anywhere = Array.from({ length: n }, () => Math.floor(random() * n));
    assertAllRoll(
      ([a, b]) => {
        const first = grow(n, (t, ys) => sin(add(ys.at(-1)!, t)), [a!]);
        let y = b!;
        for (let t = 0; t < n; t++) {
          y = sin(add(mul(first[n - t]!, y), mul(first[t]!, b!)));
          y = add(mul(y, first[anywhere[t]!]!), first[n >> 1]!);
        }
        return [y, first[3]!, first.at(-1)!];
      },
      x4,
      "results",
    );
  });

  it("that goes through more at a time than there are pointers", () => {
    assertRolls(
      (xs) => {
        let y = xs[0]!;
        for (let t = 0; t < 16; t++) {
          for (let stride = 1; stride < 40; stride++) {
            y = sin(add(mul(y, 0.5), xs[stride * t]!));
          }
        }
        return [y];
      },
      many(640),
      "strides",
    );
  });

  it("with lists, comparisons and calls", () => {
    const twice = defineOperation({
      name: "twice",
      value: (x: number) => 2 * x,
      partials: () => 2,
    });
    assertAllRoll(
      ([a, b, c, d]) =>
        grow(
          300,
          (t, ys) =>
            sin(select(
              ge(ys.at(-1)!, 0),
              logSumExp([ys.at(-1)!, b!, t, logSumExp([c!, ys.at(-1)!])]),
              add(lt(ys.at(-1)!, -0.5), mul(twice(ys.at(-1)!), d!)),
            )),
          [a!],
        ),
      x4,
      "lists",
    );
  });

  it("whose results are results, beside inputs and constants", () => {
    assertAllRoll(
      ([a, b]) => {
        const ys = grow(500, (_, ys) => sin(add(ys.at(-1)!, b!)), [a!]);
        return [b!, ...ys, ys[70]!, -0, a!, ys.at(-1)!, ys.at(-1)!];
      },
      x4,
      "results",
    );
  });

  it("is none where nothing repeats, or not enough", () => {
    const random = seededRandom(4);
    const irregular = programFor(
      ([a]) =>
        grow(
          3000,
          (_, ys) =>
            random() < 0.4
              ? sin(ys.at(-1)!)
              : random() < 0.5
              ? add(ys.at(-1)!, ys[Math.floor(ys.length * random())]!)
              : neg(mul(ys.at(-1)!, ys.at(-2) ?? a!)),
          [a!],
        ),
      x4,
    );
    assertEquals(findRepetitions(irregular), []);
    const short = programFor(
      ([a]) => grow(100, (_, ys) => sin(mul(ys.at(-1)!, a!)), [a!]),
      x4,
    );
    assertEquals(findRepetitions(short), []);
  });

  it("is found again after what is between", () => {
    const repetitions = findRepetitions(programFor(([a, b]) => {
      let y = a!;
      for (let k = 0; k < 5; k++) {
        for (let t = 0; t < 400; t++) y = sin(add(y, b!));
        for (let j = 0; j < 20 + k; j++) y = j % 3 === 0 ? exp(y) : neg(y);
      }
      return y;
    }, x4));
    assertEquals(repetitions.length, 5);
    for (const { period, times } of repetitions) {
      assert(period % 2 === 0 && period * times > 600 && times >= 4);
    }
  });
});

describe("programs with loops", () => {
  const workloads: readonly Workload[] = [
    chain(1000),
    chain(30_000),
    rosenbrock(300),
    perceptron(12),
    rungeKutta(),
    sharedSubexpressions(1000),
  ];
  for (const { name, size, x, in: inLanguage } of workloads) {
    it(`${name} ${size}: value, gradient`, () => {
      const f = inLanguage<Scalar>(chainrule);
      assertRolls((xs) => f(xs), x, name);
      assertRolls(valueAndGrad((xs: Scalar[]) => f(xs)), x, `${name}'`, 2);
    });
  }

  it("a differential equation: Hessian", () => {
    const f = ([prey, predators]: Scalar[]) =>
      lotkaVolterra([prey!, predators!], [1.1, 0.4, 0.3, 0.7], 60)[0];
    assertRolls(hessian(f), [2, 1], "Lotka–Volterra");
  });

  it("random ones, perturbed: values, gradients, Jacobians", () => {
    let loops = 0;
    const x = many(INPUTS);
    for (let seed = 0; seed < 80; seed++) {
      const { run } = repeatedProgram(seed, 600);
      const functions: ((xs: Scalar[]) => unknown)[] = [
        run,
        valueAndGrad((xs: Scalar[]) => sum(run(xs))),
      ];
      if (seed % 8 === 0) {
        functions.push(jacobian((xs: Scalar[]) => run(xs).slice(-5)));
      }
      functions.forEach((f, k) => {
        const program = programFor(f, x);
        const { loops: found, run, interpret } = rolled(program);
        loops += found.length;
        for (const factor of [1, 0.4]) {
          const point = x.map((xi) => factor * xi);
          assertSameBits(run(point), interpret(point), `seed ${seed}, ${k}`);
        }
      });
    }
    assert(loops > 80, `${loops}`);
  });

  it("random ones: Hessians", () => {
    let loops = 0;
    for (let seed = 0; seed < 8; seed++) {
      const { run } = repeatedProgram(seed, 10);
      const f = ([a, b]: Scalar[]) =>
        sum(run(Array.from({ length: INPUTS }, (_, i) => i % 2 ? a! : b!)));
      const program = programFor(hessian(f), [0.4, -0.7]);
      const { loops: found, run: runLoops, interpret } = rolled(program);
      loops += found.length;
      assertSameBits(
        runLoops([0.4, -0.7]),
        interpret([0.4, -0.7]),
        `seed ${seed}`,
      );
    }
    assert(loops > 8, `${loops}`);
  });
});

describe("compiled, with loops", () => {
  const leaves = many(32).map((x) => 0.9 + x / 10);
  const long = (n: number) => {
    const f = chain(n).in<Scalar>(chainrule);
    return valueAndGrad((xs: readonly Scalar[]) => f(xs));
  };

  it("three million operations are WebAssembly, of a few kilobytes", () => {
    const f = long(1_000_000);
    using compiled = compile(f, { verify: false });
    const program = compiled.program(leaves);
    assertEquals([program.kind, program.operations > 2.9e6], ["wasm", true]);
    assertSameBits(compiled(leaves), f(leaves), "chain");
    assert(program.wasm().bytes.length < 20_000);
  });

  it("a module that is shipped brings its tables", () => {
    const { x, in: inLanguage } = perceptron(20);
    const loss = inLanguage<Scalar>(chainrule);
    const f = valueAndGrad((xs: readonly Scalar[]) => loss(xs));
    using compiled = compile(f, { verify: false });
    const program = compiled.program(x);
    const { bytes, inputs, outputs } = program.wasm();
    assert(bytes.length < 150_000, `${bytes.length}`);
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(bytes),
      { Math: Math as unknown as WebAssembly.ModuleImports },
    );
    const { buffer } = exports["memory"] as WebAssembly.Memory;
    new Float64Array(buffer, inputs, x.length).set(x);
    (exports["run"] as () => void)();
    const shipped = [...new Float64Array(buffer, outputs, program.outputs)];
    assertSameBits(shipped, runOn(program, x), "shipped");
    assertSameBits(shipped, leavesOf(f(x)), "itself");
  });

  it("each has its own memory, and gives it to the next", () => {
    const random = seededRandom(5);
    const picks = Array.from({ length: 3000 }, () => Math.floor(4 * random()));
    // Tables of constants and of addresses.
    const tables = (c: number) => (xs: Scalar[]): Scalar[] =>
      picks.map((k, t) => atan2(mul(add(xs[k]!, t), c), t + c));
    const kept = [3, 4, 5].map((c) => compile(tables(c)));
    for (const f of kept) {
      const { bytes } = f.program(x4).wasm();
      assert(bytes.length < 105_000, `${bytes.length}`);
    }
    for (let c = 6; c < 20; c++) {
      using other = compile(tables(c));
      assertSameBits(other(x4), tables(c)(x4), `${c}`);
      kept.forEach((f, k) => {
        assertSameBits(f(x4), tables(k + 3)(x4), `${c}, ${k}`);
      });
    }
    for (const f of kept) f[Symbol.dispose]();
  });
});
