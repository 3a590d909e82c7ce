// Calls made in the middle of another call: by getters among its arguments, and
// by the values of users' operations.
import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  compile,
  type CompiledProgram,
  defineOperation,
  grad,
  mul,
  primal,
  type Scalar,
  sub,
  sum,
} from "../../mod.ts";
import { pagesGrown, runOn, withoutWebAssembly } from "../support/same_bits.ts";

/** What a structure's getters, or an operation's value, are to do. */
type Act = (x: number) => number;

interface Pair<T> {
  a: T;
  b: T;
}

const difference = ({ a, b }: Pair<Scalar>): Scalar => sub(mul(a, 10), b);

/** A pair whose second number comes from a getter. */
const pair = (a: number, b: () => number): Pair<number> => ({
  a,
  get b() {
    return b();
  },
});

describe("a getter among the arguments", () => {
  it("may call the same function", () => {
    const f = compile(difference);
    const nested = () => primal(f({ a: 5, b: 7 }));
    for (let times = 0; times < 3; times++) {
      assertEquals(f(pair(3, nested)), 30 - 43);
      assertEquals(f(pair(4, () => primal(f(pair(3, nested))))), 40 + 13);
    }
  });

  it("may call it with what only begins like its arguments", () => {
    // deno-lint-ignore no-explicit-any
    const f = compile((x: any): any => mul(x.a, 10));
    f({ a: 1, b: 2 });
    f({ a: 1 });
    for (let times = 0; times < 3; times++) {
      assertEquals(f(pair(3, () => f({ a: 5 }))), 30);
      assertEquals(f(pair(3, () => f({ a: 6, c: 5 }))), 30);
    }
  });

  it("may ask for its program, and run it", () => {
    const f = compile(difference);
    f({ a: 1, b: 2 });
    const nested = () => runOn(f.program({ a: 8, b: 9 }), [5, 7])[0]!;
    assertEquals(f(pair(3, nested)), 30 - 43);
  });

  it("may compile others, which moves the memory", () => {
    const f = compile(difference);
    f({ a: 1, b: 2 });
    let length = 1 << 12;
    const grown = pagesGrown(() => {
      for (let times = 0; times < 3; times++) {
        const nested = () => {
          const other = compile((xs: readonly Scalar[]) => add(xs[0]!, xs[1]!));
          return primal(other(new Array(length *= 2).fill(3)));
        };
        assertEquals(f(pair(3, nested)), 30 - 6);
      }
    });
    assert(grown > 0, "the memory never grew");
  });

  it("may dispose of the function: the call throws, and others are as they were", () => {
    const f = compile(difference);
    f({ a: 1, b: 2 });
    let other: CompiledProgram | undefined;
    const nested = () => {
      f[Symbol.dispose]();
      other = compile(({ a, b }: Pair<Scalar>) => add(a, b))
        .program({ a: 1, b: 1 });
      return 5;
    };
    assertThrows(() => f(pair(3, nested)), TypeError, "disposed");
    assertEquals(runOn(other!, [3, 4]), [7]);
    const late = compile(difference);
    const first = () => {
      late[Symbol.dispose]();
      return 5;
    };
    assertThrows(() => late(pair(3, first)), TypeError, "disposed");
  });

  it("that throws leaves the function as it was", () => {
    const f = compile(difference);
    const fails = () => {
      throw new Error("mine");
    };
    for (let times = 0; times < 2; times++) {
      assertThrows(() => f(pair(3, fails)), Error, "mine");
      assertEquals(f({ a: 5, b: 7 }), 43);
    }
  });
});

describe("structures that are almost plain", () => {
  it("enumerable keys of Object.prototype are ignored", () => {
    const prototype = Object.prototype as { b?: number };
    // deno-lint-ignore no-explicit-any
    const f = compile((x: any): any =>
      Object.keys(x).length === 2 ? difference(x) : mul(x.a, 100)
    );
    Object.defineProperty(prototype, "inherited", {
      value: 3,
      enumerable: true,
      configurable: true,
    });
    try {
      assertEquals([1, 2, 3].map((a) => f({ a, b: 4 })), [6, 16, 26]);
      prototype.b = 7;
      // The own keys count, whatever is inherited by the others' names.
      assertEquals([1, 2].map((a) => f({ a })), [100, 200]);
      assertEquals([1, 2].map((a) => f({ a, b: 4 })), [6, 16]);
    } finally {
      delete prototype.b;
      delete (prototype as { inherited?: number }).inherited;
    }
    assertEquals([f({ a: 1, b: 4 }), f({ a: 1 })], [6, 100]);
  });

  it("a result has its own fields, whatever objects inherit", () => {
    const f = compile(({ a, b }: Pair<Scalar>) => ({ b, a }));
    const inherited: Record<string, PropertyDescriptor> = {
      a: { value: 3, writable: false },
      b: {
        set: () => {
          throw new Error("set");
        },
      },
    };
    for (const [key, descriptor] of Object.entries(inherited)) {
      Object.defineProperty(Object.prototype, key, {
        ...descriptor,
        configurable: true,
      });
      try {
        for (const a of [1, 2]) {
          const entries = Object.entries(f({ a, b: 5 }));
          assertEquals(entries, [["b", 5], ["a", a]]);
        }
      } finally {
        delete (Object.prototype as Record<string, unknown>)[key];
      }
    }
  });

  it("a Float64Array whose memory was transferred", () => {
    const f = compile((xs: readonly Scalar[]) => sum(xs));
    assertEquals(f(new Float64Array(0)), 0);
    const gone = Float64Array.of(1, 2);
    structuredClone(gone, { transfer: [gone.buffer] });
    assertThrows(
      () => f(gone),
      TypeError,
      "Cannot compile: argument 1 is a detached Float64Array, expected",
    );
  });

  it("a list that stood for a Float64Array, with other numbers in it", () => {
    let kept: number[] = [];
    grad((xs: readonly Scalar[]) => {
      kept = xs as number[];
      return sum(xs);
    })(Float64Array.of(1, 2));
    const f = compile((xs: readonly Scalar[]) => sum(xs));
    for (const x of [[1, 2], [5, 6], [7, 8]]) {
      [kept[0], kept[1]] = x as [number, number];
      assertEquals(f(kept), x[0]! + x[1]!);
    }
  });
});

describe("an operation's value", () => {
  let act: Act = (x) => x;
  const acting = defineOperation({
    name: "acting",
    value: (x: number) => act(x),
    partials: () => 1,
  });
  const f = (xs: readonly Scalar[]): Scalar[] => {
    const y = mul(xs[0]!, 3);
    return [acting(xs[0]!), add(mul(2, xs[1]!), y)];
  };
  /** An operation's value that acts once, and whether it has. */
  const during = (once: Act): { act: Act; done: () => boolean } => {
    let done = false;
    return {
      act: (x) => {
        if (done) return x;
        done = true;
        return once(x);
      },
      done: () => done,
    };
  };

  const kinds = {
    wasm: <T>(make: () => T) => make(),
    interpreter: withoutWebAssembly,
  };
  for (const [kind, host] of Object.entries(kinds)) {
    const make = () => {
      act = (x) => x;
      const compiled = compile(f, { verify: false });
      const program = host(() => compiled.program([1, 2]));
      assertEquals(program.kind, kind);
      return { compiled, program };
    };
    const others: Record<string, (of: ReturnType<typeof make>) => Act> = {
      "runs the same program": ({ program }) => (x) =>
        x + runOn(program, [100, 200])[1]!,
      "calls the same function": ({ compiled }) => (x) =>
        x + (compiled([100, 200])[1] as number),
      "asks for its program": ({ compiled }) => (x) =>
        x + 690 + compiled.program([100, 200]).outputs * 5,
    };
    for (const [name, other] of Object.entries(others)) {
      it(`${kind}: ${name}`, () => {
        const made = make();
        for (let times = 0; times < 2; times++) {
          for (const way of ["call", "run"]) {
            const { act: now, done } = during(other(made));
            act = now;
            const result = way === "call"
              ? made.compiled([1, 2])
              : runOn(made.program, [1, 2]);
            assertEquals(result, [701, 7], way);
            assert(done());
          }
        }
      });
    }

    it(`${kind}: runs the same program to any depth`, () => {
      const { program } = make();
      act = (x) => x === 0 ? 0 : 1 + runOn(program, [x - 1, x])[0]!;
      assertEquals(runOn(program, [20, 1]), [20, 62]);
      act = (x) => x;
      assertEquals(runOn(program, [20, 1]), [20, 62]);
    });

    it(`${kind}: disposes of the function, which computes to the end`, () => {
      for (const way of ["call", "run"]) {
        const { compiled, program } = make();
        const others: CompiledProgram[] = [];
        const { act: now, done } = during((x) => {
          compiled[Symbol.dispose]();
          // These would take its memory.
          for (let k = 0; k < 5; k++) {
            const other = compile((xs: readonly Scalar[]) => [
              ...xs.map((x) => mul(x, k + 9)),
              ...xs,
            ]).program([1, 2]);
            others.push(other);
            assertEquals(runOn(other, [3, 4])[1], 4 * (k + 9));
          }
          return x;
        });
        act = now;
        const result = way === "call"
          ? compiled([1, 2])
          : runOn(program, [1, 2]);
        assertEquals(result, [1, 7], way);
        assert(done());
        assertThrows(() => compiled([1, 2]), TypeError, "disposed");
        assertThrows(() => runOn(program, [1, 2]), TypeError, "disposed");
        others.forEach((other, k) =>
          assertEquals(runOn(other, [3, 4])[0], 3 * (k + 9))
        );
      }
    });
  }
});
