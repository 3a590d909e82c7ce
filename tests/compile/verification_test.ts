// A compiled function's calls are compared with the function itself.
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  compile,
  defineOperation,
  div,
  grad,
  hessian,
  log,
  mul,
  neg,
  type Scalar,
  square,
  sub,
  sum,
  valueAndGrad,
} from "../../mod.ts";
import { VerificationSchedule } from "../../src/compile/verification_schedule.ts";
import { seededRandom } from "../support/numeric.ts";
import { runOn } from "../support/same_bits.ts";

const CAUSES =
  "look for what a number decides (x === 1, if (x), x ?? 0, switch, " +
  "new Array(n): compute it with eq, select …, or take it from a closure), for " +
  "randomness or a clock, and for state from outside that changes";

const differs = (f: () => unknown, what: string) =>
  assertThrows(f, TypeError, `Cannot compile: the function's result${what}`);

type OfData = (p: Scalar, data: Scalar[]) => Scalar;

/** What reads data as numbers, which they are but where it is compiled. */
const DECISIONS: Record<string, OfData> = {
  "===": (p, y) => sum(y.map((label) => label === 1 ? log(p) : log(sub(1, p)))),
  "truthiness": (p, mask) => sum(mask.map((m) => m ? mul(p, p) : 0)),
  "!": (p, [m]) => !m ? square(p) : p,
  "&&": (p, [m]) => m! && square(p),
  "switch": (p, [n]) => {
    switch (n) {
      case 0:
        return square(p);
      default:
        return p;
    }
  },
  "includes": (p, list) => list.includes(0) ? square(p) : p,
  "the key of a Map": (p, [n]) => new Map([[0, square(p)]]).get(n as 0) ?? p,
  "typeof": (p, [n]) => typeof n === "number" ? square(p) : p,
  "the length of a result": (p, [n]) =>
    sum(new Array((n as number) + 3 | 0).fill(p)),
};

describe("data that decide", () => {
  for (const [name, f] of Object.entries(DECISIONS)) {
    it(`by ${name} throw at the first call, in every transform`, () => {
      const data = [0, 1];
      const calls: Record<string, () => unknown> = {
        value: () => compile(f)(0.25, data),
        grad: () => compile(grad(f))(0.25, data),
        valueAndGrad: () => compile(valueAndGrad(f))(0.25, data),
        hessian: () => compile(hessian(f))(0.25, data),
        program: () => compile(f).program(0.25, data),
      };
      for (const [transform, call] of Object.entries(calls)) {
        for (let times = 0; times < 2; times++) {
          const error = assertThrows(call, TypeError, "Cannot", transform);
          // Turning n into a number throws while it is recorded.
          const advice = error.message.includes("from a closure");
          assert(advice, `${transform}: ${error.message}`);
        }
      }
    });
  }

  it("give both numbers, the place, and what to look for", () => {
    const f = compile((x: Scalar, [a]: [Scalar]) => ({
      same: x,
      other: [neg(x), a === 2 ? add(x, 1) : x],
    }));
    for (let times = 0; times < 2; times++) {
      assertEquals(
        assertThrows(() => f(5, [2]), TypeError).message,
        "Cannot compile: the function's result, .other[1] is 5, expected 6 as " +
          `uncompiled; ${CAUSES}`,
      );
    }
    // With these numbers it decides as it did when it was recorded.
    assertEquals(f(5, [3]), { same: 5, other: [-5, 5] });
    differs(
      () => compile((x: Scalar) => x === 3 ? 1 : x)(3),
      " is 3, expected 1",
    );
  });

  it("decide what shape a result has", () => {
    const shape = (x: Scalar) => x === 3 ? [x] : [x, x];
    differs(
      () => compile(shape)(3),
      " is an array of length 2, expected an array of length 1 as uncompiled",
    );
    const key = (x: Scalar) => ({ a: x === 3 ? { b: x } : { c: x } });
    differs(
      () => compile(key)(3),
      ", .a is an object { c }, expected an object { b } as uncompiled",
    );
    assertThrows(
      () => compile((x: Scalar) => [x, x === 3 ? "three" : x])(3),
      TypeError,
      "Cannot compile: the function's result, uncompiled, [1] is the string " +
        '"three", expected a number, as compiled; look for',
    );
  });
});

describe("what else decides", () => {
  it("randomness throws, at every call", () => {
    const random = seededRandom(3);
    const f = compile((x: Scalar) => mul(x, random()));
    for (let times = 0; times < 5; times++) differs(() => f(2), " is ");
  });

  it("an operation whose value is another one each time throws", () => {
    let calls = 0;
    const counting = defineOperation({
      name: "counting",
      value: (x: number) => x + ++calls,
      partials: () => 1,
    });
    const f = compile((x: Scalar) => counting(x));
    differs(() => f(1), " is ");
  });

  it("state that the function itself changes throws", () => {
    let runs = 0;
    const f = compile((x: Scalar) => mul(x, ++runs));
    differs(() => f(2), " is 2, expected 4");
    differs(() => f(2), " is 2, expected 6");
  });
});

describe("a verification", () => {
  it("takes all NaNs for the same, but not 0 and -0", () => {
    const f = compile((x: Scalar) => [div(x, x), log(x), mul(x, NaN)]);
    assertEquals(f(-0), [NaN, -Infinity, NaN]);
    assertEquals(compile((x: Scalar) => mul(x, -1))(0), -0);
    differs(
      () => compile((x: Scalar) => x === 0 ? 0 : mul(x, -1))(0),
      " is -0, expected 0",
    );
    differs(
      () => compile((x: Scalar) => x === 1 ? NaN : x)(1),
      " is 1, expected NaN",
    );
  });

  it("runs the function on numbers of its own", () => {
    const seen: unknown[] = [];
    const f = compile(function (this: unknown, x: Scalar[], w: Scalar[]) {
      assertEquals(this, undefined);
      seen.push(x.slice(), w.slice());
      x.reverse();
      // An array, as when it is recorded.
      return sum([...x, ...w.concat(x.pop()!)]);
    });
    const x = [1, 2], w = Float64Array.of(3, 4);
    assertEquals(f(x, w as never), 11);
    assertEquals(seen.slice(2), [[1, 2], [3, 4]]);
    assertEquals([x, w], [[1, 2], Float64Array.of(3, 4)]);
  });

  it("that throws is repeated at the next call", () => {
    let fails = true, runs = 0;
    const f = compile((x: Scalar) => {
      if (++runs > 1 && fails) throw new Error("mine");
      return square(x);
    });
    for (let times = 0; times < 3; times++) {
      assertThrows(() => f(3), Error, "mine");
    }
    fails = false;
    assertEquals(f(3), 9);
    assertEquals(runs, 5);
  });

  it("of a program uses the example's numbers", () => {
    const f = compile((x: Scalar, [m]: [Scalar]) => m ? square(x) : x);
    differs(() => f.program(3, [0]), " is 9, expected 3");
    assertEquals(runOn(f.program(3, [1]), [5, 1]), [25]);
  });

  it("is left out on request", () => {
    let runs = 0;
    const f = compile((x: Scalar, [m]: [Scalar]) => {
      runs++;
      return m ? square(x) : x;
    }, { verify: false });
    for (let times = 0; times < 1000; times++) assertEquals(f(3, [0]), 9);
    assertEquals(runs, 1);
  });

  it("options that are wrong throw", () => {
    const f = (x: Scalar) => x;
    const wrong: readonly (readonly [unknown, string])[] = [
      [false, "options is the boolean false, expected an object"],
      [null, "options is null, expected an object"],
      [{ verify: 0 }, "verify is the number 0, expected a boolean"],
      [{ verify: null }, "verify is null, expected a boolean"],
    ];
    for (const [options, message] of wrong) {
      assertThrows(
        () => compile(f, options as { verify: boolean }),
        TypeError,
        `Cannot compile: ${message}`,
      );
    }
    assertEquals([compile(f, {})(3), compile(f, { verify: true })(3)], [3, 3]);
  });
});

describe("later calls", () => {
  // A clock of which an operation takes a millisecond, and nothing else any.
  const { now } = performance;
  let time = 0;
  const takingTime = defineOperation({
    name: "takingTime",
    value: (x: number) => {
      time++;
      return x;
    },
    partials: () => 1,
  });
  beforeEach(() => {
    time = 0;
    performance.now = () => time;
  });
  afterEach(() => {
    performance.now = now;
  });

  it("are verified so rarely that it takes a twentieth of their time", () => {
    let runs = 0;
    const f = compile((x: Scalar) => {
      runs++;
      return takingTime(x);
    });
    f(0);
    assertEquals(runs, 2, "recorded and verified");
    for (let k = 1; k <= 2000; k++) assertEquals(f(k), k);
    assertEquals(runs, 2 + 100);
  });

  it("find a mask that was all ones at first", () => {
    const f = (x: Scalar, mask: Scalar[]) =>
      sum(mask.map((m, k) => m ? takingTime(mul(x, k + 1)) : 0));
    const ways = [
      { way: compile(f), wrong: " is 9, expected 3" },
      { way: compile(valueAndGrad(f)), wrong: ", .value is 9, expected 3" },
    ];
    for (const { way, wrong } of ways) {
      way(3, [1, 1]);
      let calls = 0;
      differs(() => {
        while (calls++ < 1000) way(3, [1, 0]);
      }, wrong);
      assert(calls <= 41, `${calls} calls`);
      // From then on at every call, until one is right.
      differs(() => way(3, [1, 0]), wrong);
      differs(() => way(3, [0, 1]), "");
      way(3, [1, 1]);
      way(3, [1, 0]);
    }
  });

  it("of a program on flat arrays are verified as well", () => {
    let factor = 2;
    const f = compile((x: Scalar) => mul(takingTime(x), factor));
    const program = f.program(1);
    assertEquals(runOn(program, [4]), [8]);
    factor = 3;
    let calls = 0;
    differs(() => {
      while (calls++ < 1000) runOn(program, [5]);
    }, " is 10, expected 15");
    assert(calls <= 40, `${calls} calls`);
  });

  it("may call and dispose of the function while it is verified", () => {
    let act = (): unknown => 0;
    const f = compile((x: Scalar) => {
      act();
      return [takingTime(x), mul(x, 2)];
    });
    const program = f.program(1);
    act = () => {
      act = () => 0;
      assertEquals(f(100), [100, 200]);
      assertEquals(runOn(program, [50]), [50, 100]);
      f[Symbol.dispose]();
      for (let k = 3; k < 9; k++) compile((x: Scalar) => [mul(x, k), x])(7);
    };
    let calls = 0;
    assertThrows(
      () => {
        while (calls++ < 1000) assertEquals(f(calls), [calls, 2 * calls]);
      },
      TypeError,
      "disposed",
    );
    assert(calls > 1 && calls <= 41, `${calls} calls`);
  });
});

describe("calls that are faster uncompiled", () => {
  // The same operation, taking more time in one way than in the other.
  const { now } = performance;
  let time = 0, ofFunction = 0, ofCompiled = 0;
  let inFunction = false, runs = 0;
  const slow = defineOperation({
    name: "slow",
    value: (x: number) => {
      time += inFunction ? ofFunction : ofCompiled;
      return x * x;
    },
    partials: (x) => mul(2, x),
  });
  const f = ([x, y]: readonly Scalar[]): Scalar => {
    runs++;
    inFunction = true;
    const z = add(slow(x!), y!);
    inFunction = false;
    return z;
  };
  const expected = (k: number) => ({ value: k * k + 1, gradient: [2 * k, 1] });
  beforeEach(() => {
    time = runs = 0;
    performance.now = () => time;
  });
  afterEach(() => {
    performance.now = now;
  });

  it("run the function itself, and are compiled again if that pays", () => {
    [ofFunction, ofCompiled] = [1, 4];
    const compiled = compile(valueAndGrad(f));
    const program = compiled.program([0, 1]);
    assertEquals([program.kind, program.explain()], ["wasm", "WebAssembly"]);
    for (let k = 0; k < 20; k++) compiled([k, 1]);
    assertEquals(
      program.explain(),
      "the function itself, which takes 1 ms; 4 ms as WebAssembly",
    );
    runs = time = 0;
    for (let k = 0; k < 1000; k++) {
      assertEquals(compiled([k, 1]), expected(k));
      assertEquals(compiled(Float64Array.of(k, 1)).value, k * k + 1);
    }
    assert(runs >= 1990, `${runs} runs`);
    // The second structure is compiled first.
    assert(time < 2000 * 1.1, `${time} ms`);
    assertEquals(runOn(program, [3, 1]), [10, 6, 1]);
    assertEquals(program.kind, "wasm");

    ofCompiled = 0.5;
    for (let k = 0; k < 500; k++) assertEquals(compiled([k, 1]), expected(k));
    assertEquals(program.explain(), "WebAssembly");
    runs = 0;
    for (let k = 0; k < 1000; k++) assertEquals(compiled([k, 1]), expected(k));
    assert(runs < 100, `${runs} runs`);
  });

  it("but neither for a gain that may be chance nor for one slow measurement", () => {
    [ofFunction, ofCompiled] = [0.95, 1];
    const compiled = compile(f);
    for (let k = 0; k < 100; k++) compiled([k, 1]);
    assertEquals(compiled.program([0, 0]).explain(), "WebAssembly");
    for (let k = 0; k < 1000; k++) {
      ofCompiled = runs % 2 === 0 ? 20 : 1;
      compiled([k, 1]);
    }
    assertEquals(compiled.program([0, 0]).explain(), "WebAssembly");
  });

  it("unless they are not verified, or too short to measure", () => {
    [ofFunction, ofCompiled] = [1, 4];
    const unverified = compile(f, { verify: false });
    for (let k = 0; k < 100; k++) unverified([k, 1]);
    assertEquals(runs, 1);
    [ofFunction, ofCompiled] = [0.01, 0.04];
    const short = compile(f);
    for (let k = 0; k < 100; k++) short([k, 1]);
    assertEquals(short.program([0, 0]).explain(), "WebAssembly");
  });

  it("are verified, and may call and dispose of the function", () => {
    [ofFunction, ofCompiled] = [1, 4];
    let act = (): unknown => 0, factor = 2;
    const compiled = compile(([x]: readonly Scalar[]) => {
      const z = f([x!, 1]);
      act();
      return [mul(z, factor), x!];
    });
    for (let k = 0; k < 20; k++) compiled([k]);
    const program = compiled.program([0]);
    assert(program.explain().startsWith("the function itself"));
    act = () => {
      act = () => 0;
      assertEquals(compiled([3]), [20, 3]);
      compiled[Symbol.dispose]();
      for (let k = 3; k < 9; k++) compile((x: Scalar) => [mul(x, k), x])(7);
    };
    assertEquals(compiled([2]), [10, 2]);
    assertThrows(() => compiled([2]), TypeError, "disposed");

    const other = compile(([x]: readonly Scalar[]) => mul(f([x!, 1]), factor));
    for (let k = 0; k < 20; k++) other([k]);
    factor = 3;
    let calls = 0;
    differs(() => {
      while (calls++ < 1000) other([2]);
    }, " is 10, expected 15");
  });
});

describe("VerificationSchedule", () => {
  /** Runs calls by it, and gives the share of their time that verifications took. */
  const share = (
    calls: number,
    ofCall: () => number,
    ofVerification: () => number,
    tick = 0,
  ): { share: number; verified: number; timed: number } => {
    const random = seededRandom(7);
    const schedule = new VerificationSchedule(0);
    // As a clock that ticks sees it.
    const seen = (ms: number) =>
      tick === 0 ? ms : tick * Math.floor(ms / tick + random());
    let time = 0, spent = 0, verified = 0, timed = 0;
    for (let k = 0; k < calls; k++) {
      const ms = ofCall();
      time += ms;
      if (!schedule.isTimed()) continue;
      timed++;
      if (schedule.isDue) {
        const extra = ofVerification();
        spent += extra;
        verified++;
        schedule.verified(seen(extra));
      }
      schedule.timed(seen(ms));
    }
    return { share: spent / time, verified, timed };
  };

  it("spends a twentieth of the time, however long calls take", () => {
    for (const ms of [1e-4, 1e-3, 0.1, 1, 30]) {
      for (const factor of [0.5, 1, 5, 50]) {
        const found = share(200_000, () => ms, () => factor * ms);
        assert(found.share <= 0.051, `${ms}, ${factor}: ${found.share}`);
        // Not much less either, but where every timed call is verified.
        const rarely = found.verified < 0.9 * found.timed;
        assert(
          !rarely || found.share > 0.03,
          `${ms}, ${factor}: ${found.share}`,
        );
      }
    }
  });

  it("does so with a coarse clock, and times that vary", () => {
    const random = seededRandom(1);
    const found = share(
      2e6,
      () => 1e-3 * random() ** 2,
      () => 0.02 * (random() + 0.5),
      0.1,
    );
    assert(found.share < 0.06, `${found.share}`);
    assert(found.verified > 100, `${found.verified}`);
  });

  it("verifies the second call if the first took long, and then no other", () => {
    for (
      const [milliseconds, expected] of [[19, false], [1e6, true]] as const
    ) {
      const schedule = new VerificationSchedule(milliseconds);
      const due = [1, 2, 3].map(() => {
        assert(schedule.isTimed());
        const { isDue } = schedule;
        if (isDue) schedule.verified(1);
        schedule.timed(0.1);
        return isDue;
      });
      assertEquals(due, [true, expected, false]);
    }
  });

  it("does not look at the clock at each of many short calls", () => {
    const { timed } = share(100_000, () => 1e-4, () => 1e-3);
    assert(timed < 600, `${timed}`);
    assertEquals(share(100_000, () => 0.1, () => 1e-3).timed, 100_000);
  });
});
