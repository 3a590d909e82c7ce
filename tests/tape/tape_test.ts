import { beforeEach, describe, it } from "@std/testing/bdd";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import {
  add,
  clamp,
  cos,
  defineOperation,
  dot,
  grad,
  jvp,
  mul,
  neg,
  Node,
  primal,
  type Scalar,
  select,
  sin,
  sub,
  sum,
  valueAndGrad,
  Var,
  vjp,
} from "../../mod.ts";
import {
  isRecording,
  scratch,
  tapeEntries,
  tapeLength,
} from "../../src/tape/recording.ts";
import {
  addChain,
  CHAIN_LEAVES,
  chainLeaves,
  mixedChain,
} from "../../bench/workloads/chain.ts";
import { operationTable } from "../support/operation_table.ts";

/** What the small arrays hold. */
const SMALL = 2 ** 20;

/** How many entries a tape has grown by while `run` ran on Vars of these numbers. */
function entriesOf(
  numbers: readonly number[],
  run: (...vars: Scalar[]) => Scalar,
): number {
  let entries = NaN;
  grad((xs: readonly Scalar[]) => {
    const before = tapeLength();
    const y = run(...xs);
    entries = tapeLength() - before;
    return y;
  })(numbers);
  return entries;
}

describe("a tape", () => {
  it("has one entry an operation, and one a constant among its operands", () => {
    for (const { name, apply, domain } of operationTable) {
      const point = domain.map(([low, high]) => (low + 2 * high) / 3);
      // The order of polygamma is a constant, too.
      const entries = name === "polygamma" ? 2 : 1;
      assertEquals(entriesOf(point, (...xs) => apply(...xs)), entries, name);
      const same = entriesOf([0.5], (x) => apply(...domain.map(() => x!)));
      assertEquals(same, entries, name);
      if (domain.length === 1) continue;
      const mixed = (first: Scalar) => apply(first, ...point.slice(1));
      const constants = domain.length - 1;
      assertEquals(
        entriesOf([0.5], (x) => mixed(x!)),
        1 + constants,
        name,
      );
    }
  });

  it("has none for what is computed with numbers alone", () => {
    assertEquals(
      entriesOf([2], (x) => {
        for (const { apply, domain } of operationTable) {
          apply(...domain.map(() => 0.5));
        }
        primal(x!);
        return x!;
      }),
      0,
    );
  });

  it("has one entry for a defined operation of any number of operands", () => {
    for (const arity of [1, 2, 3, 5]) {
      const first = defineOperation({
        name: "first",
        value: (x: number) => x,
        partials: Array.from(
          { length: arity },
          (_, i) => () => i === 0 ? 1 : 0,
        ) as unknown as [() => number],
      }) as unknown as (...xs: Scalar[]) => Scalar;
      const xs = Array.from({ length: arity }, () => 1);
      assertEquals(entriesOf(xs, (...vars) => first(...vars)), 1);
    }
  });

  it("takes no more than 32 bytes an operation, its adjoint included", () => {
    const { codes, lefts, rights, values } = tapeEntries();
    const arrays = [codes, lefts, rights, values, scratch()];
    const bytes = arrays.reduce(
      (n, { BYTES_PER_ELEMENT }) => n + BYTES_PER_ELEMENT,
      0,
    );
    assert(bytes <= 32, `${bytes} bytes`);
  });

  it("takes four bytes an element of a list", () => {
    let used = NaN;
    grad((x: Scalar) => {
      const y = sum(Array.from({ length: 1000 }, () => x));
      const { lists, lefts, rights } = tapeEntries();
      const last = tapeLength() - 1;
      used = (lefts[last]! + rights[last]!) * lists.BYTES_PER_ELEMENT;
      return y;
    })(1);
    assertEquals(used, 4000);
  });

  it("is empty after every call, whatever it was", () => {
    const f = (x: Scalar) => mul(sin(x), grad((y: Scalar) => mul(x, y))(2));
    const calls = [
      () => grad(f)(1),
      () => grad(grad(f))(1),
      () => jvp(f)(1, 1),
      () => vjp(f)(1).pullback(1),
      () => assertThrows(() => grad(() => sin("1" as never))(1)),
    ];
    for (const call of calls) {
      call();
      assertEquals(tapeLength(), 0);
    }
  });

  it("is the same memory in the next call", () => {
    const run = () => {
      let entries;
      const f = (x: Scalar) => {
        const y = sum([sin(x), cos(x), x]);
        entries = tapeEntries();
        return y;
      };
      grad(f)(1);
      return { ...entries!, adjoints: scratch() };
    };
    const first = run(), second = run();
    for (const name of ["codes", "lefts", "values", "lists"] as const) {
      assert(first[name] === second[name], name);
    }
    assert(first.adjoints === second.adjoints);
  });

  it("does not grow by what recordings inside it did, where they close over nothing", () => {
    const norm = (xs: readonly Scalar[]) => dot(xs, xs);
    const xs = Array.from({ length: 100 }, (_, i) => i);
    grad((x: Scalar) => {
      const before = tapeLength();
      let entry = -1;
      for (let i = 0; i < 1000; i++) {
        assertEquals(grad(norm)(xs)[7], 14);
        assertEquals(tapeLength(), before);
        grad((x: Scalar) => {
          const y = sum([x, x]);
          const at = tapeEntries().lefts[tapeLength() - 1]!;
          // Its place among the lists, too, is the same every time.
          if (i > 0) assertEquals(at, entry);
          entry = at;
          return y;
        })(1);
      }
      return x;
    })(1);
  });
});

describe("a sweep that is recorded", () => {
  /** What a derivative inside records, its function included. */
  function recorded(f: (x: Scalar, y: Scalar) => Scalar): number {
    return entriesOf([2], (x) => grad((y: Scalar) => f(x!, y))(x!));
  }
  const n = 100;
  // A copy of the argument and a sum with 0 at the end, with their constants.
  const FRAME = 5;

  it("has nothing for what does not depend on the argument", () => {
    const entries = recorded((x, y) => {
      let c = x;
      for (let i = 0; i < n; i++) c = sin(mul(c, x));
      return mul(y, c);
    });
    assert(entries <= 2 * n + 1 + FRAME, `${entries}`);
  });

  it("has nothing for operands that do not depend on it", () => {
    const products = recorded((x, y) => {
      let z = y;
      for (let i = 0; i < n; i++) z = i % 2 === 0 ? mul(x, z) : mul(z, x);
      return z;
    });
    assert(products <= 2 * n + FRAME, `${products}`);
  });

  it("has nothing for sums", () => {
    const sums = recorded((x, y) => {
      let z = y;
      for (let i = 0; i < n; i++) z = add(x, add(z, x));
      return z;
    });
    assert(sums <= 2 * n + FRAME, `${sums}`);
  });
});

describe("a tape that outgrows the small arrays", () => {
  /** The gradient of `mixedChain`, in its order, by a reverse loop over plain numbers. */
  function chainGradient(leaves: readonly number[], n: number): number[] {
    const values = [leaves[0]!];
    for (let i = 0; i < n; i += 2) {
      const y = values[i]! * leaves[i % CHAIN_LEAVES]!;
      values.push(y, y + leaves[(i + 1) % CHAIN_LEAVES]!);
    }
    const gradient = leaves.map(() => 0);
    let adjoint = 1;
    for (let i = n - 2; i >= 0; i -= 2) {
      gradient[(i + 1) % CHAIN_LEAVES]! += adjoint;
      gradient[i % CHAIN_LEAVES]! += adjoint * values[i]!;
      adjoint *= leaves[i % CHAIN_LEAVES]!;
    }
    gradient[0]! += adjoint;
    return gradient;
  }

  const leaves = chainLeaves();

  for (const n of [1000, SMALL - 100, SMALL + 100, 1_500_000]) {
    it(`gives the gradient of a chain of ${n}, to the bit`, () => {
      assertEquals(
        grad((x: readonly Scalar[]) => mixedChain(x, n))(leaves),
        chainGradient(leaves, n),
      );
    });
  }

  it("takes every kind of operand in their last entries", () => {
    // In f, y is n·x, and the parts add up to 7y + 55.
    for (let left = 0; left <= 16; left++) {
      const f = (x: Scalar) => {
        let y: Scalar = x;
        for (let i = 0; i < SMALL - left - 2; i++) y = add(y, x);
        const n = SMALL - left - 1;
        const parts = [
          mul(y, 2),
          sub(3, y),
          clamp(y, 0, 1), // 1: it is far beyond
          select(1, y, 2),
          sum([4, y, 5, y]),
          dot([y, 6], Float64Array.of(3, 7)),
        ];
        assertEquals(primal(y), n);
        return sum(parts);
      };
      const n = SMALL - left - 1;
      const { value, gradient } = valueAndGrad(f)(1);
      assertEquals(gradient, 7 * n, `${left} entries left`);
      assertEquals(value, 7 * n + 55, `${left} entries left`);
    }
  });

  it("gives it in forward mode, too", () => {
    const n = 1_200_000;
    const [expected] = chainGradient(leaves, n);
    const { tangent } = jvp((x: readonly Scalar[]) => mixedChain(x, n))(
      leaves,
      leaves.map((_, i) => i === 0 ? 1 : 0),
    );
    assert(Math.abs(tangent - expected!) < 1e-9 * Math.abs(expected!));
  });

  it("keeps operations over lists, constants and functions of one operand", () => {
    const n = 400_000;
    const xs = Float64Array.from({ length: n }, (_, i) => i / n);
    const gradient = grad((xs: readonly Scalar[]) =>
      sum(xs.map((x) => sin(mul(2, x))))
    )(xs);
    assert(gradient instanceof Float64Array);
    for (let i = 0; i < n; i++) {
      if (gradient[i] !== 2 * Math.cos(2 * xs[i]!)) {
        assertEquals(gradient[i], 2 * Math.cos(2 * xs[i]!), `element ${i}`);
      }
    }
  });

  it("grows inside a recording that is nested, and in the sweep of one", () => {
    // The chain of additions is linear: with x for all leaves, (n + 1)·x.
    const n = 300_000;
    const chain = (x: Scalar) => addChain(Array(CHAIN_LEAVES).fill(x), n);
    const before = (x: Scalar) =>
      mul(chain(x), grad((y: Scalar) => mul(mul(y, y), x))(3));
    assertEquals(grad(before)(2), 2 * (n + 1) * 6 * 2);
    let length = 0;
    const inside = (x: Scalar) => {
      const slope = grad((y: Scalar) => {
        return mul(y, chain(mul(x, y))); // (n + 1)·x·y²
      })(3);
      length = tapeLength();
      return mul(slope, x);
    };
    assertEquals(grad(inside)(2), 2 * (n + 1) * 6 * 2);
    assert(length > n);
    const deep = (x: Scalar) => {
      addChain(Array(CHAIN_LEAVES).fill(x), SMALL - 10);
      return inside(x);
    };
    assertEquals(grad(deep)(2), 2 * (n + 1) * 6 * 2);
    assert(length > SMALL);
  });

  it("is given back after a call that is far smaller, not before", () => {
    const large = (x: Scalar) => {
      for (let i = 0; i < SMALL + 1; i++) add(x, x);
      return x;
    };
    // The adjoints are kept as long as the arrays that they go with.
    const kept = () => scratch().length > SMALL;
    grad(large)(1);
    assert(kept());
    // Comparable calls in turn would otherwise allocate again and again.
    grad((x: Scalar) => {
      for (let i = 0; i < SMALL / 16; i++) add(x, x);
      return x;
    })(1);
    assert(kept());
    // The call is small, but not what it runs.
    grad((x: Scalar) => mul(x, grad(large)(1)))(1);
    assert(kept());
    assertEquals(grad(sin)(1), Math.cos(1));
    assert(!kept());
  });

  it("is the same memory in the next large call", () => {
    const seen = new Set<unknown>();
    const large = (x: Scalar) => {
      const y = addChain(Array(CHAIN_LEAVES).fill(x), SMALL + 1);
      const { codes, lefts, rights, values } = tapeEntries();
      for (const array of [codes, lefts, rights, values]) seen.add(array);
      return y;
    };
    for (let i = 0; i < 3; i++) assertEquals(grad(large)(i), SMALL + 2);
    assertEquals(seen.size, 4);
  });

  it("grows on from the memory of the large call before", () => {
    const chain = (x: Scalar, n: number) =>
      addChain(Array(CHAIN_LEAVES).fill(x), n);
    for (const n of [SMALL, 2 * SMALL, SMALL, 4 * SMALL, 100, 2 * SMALL]) {
      assertEquals(grad(chain)(1, n), n + 1);
    }
  });

  it("leaves a pullback that it made good", () => {
    const { pullback } = vjp((x: readonly Scalar[]) =>
      mixedChain(x, SMALL + 100)
    )(leaves);
    const first = pullback(1);
    grad(sin)(1);
    assertEquals(pullback(1), first);
    assertEquals(first, chainGradient(leaves, SMALL + 100));
  });
});

describe("a tape without memory to grow into", () => {
  /** Runs `call` where no array of this type finds memory, as a large one may not. */
  function withoutMemory(
    type: "Uint16Array" | "Int32Array" | "Float64Array",
    call: () => void,
  ): void {
    const global = globalThis as Record<string, unknown>;
    const constructor = global[type];
    global[type] = function (): never {
      throw new RangeError("Array buffer allocation failed");
    };
    try {
      call();
    } finally {
      global[type] = constructor;
    }
  }

  const fill = (x: Scalar, size: number) => {
    while (tapeLength() < size) sin(x);
  };
  const message = (size: number) =>
    `Cannot record: ${size} operations fit in the memory of this process, ` +
    "expected no more; split the function, or differentiate it in parts";

  // A small call gives back what a large one may have left.
  beforeEach(() => assertEquals(grad(sin)(0), 1));

  for (const type of ["Uint16Array", "Int32Array", "Float64Array"] as const) {
    for (const size of [SMALL, 2 * SMALL]) {
      it(`says how many operations fit: ${size}, no ${type}`, () => {
        const gradient = grad((x: Scalar) => {
          fill(x, size);
          withoutMemory(type, () => {
            assertEquals(
              assertThrows(() => sin(x), RangeError).message,
              message(size),
            );
          });
          // With memory again, it goes on.
          return mul(sin(x), 3);
        });
        assertEquals(gradient(2), 3 * Math.cos(2));
      });

      it(`lets the error through, and is in order after it: ${size}, no ${type}`, () => {
        assertThrows(
          () =>
            grad((x: Scalar) => {
              fill(x, size);
              withoutMemory(type, () => sin(x));
              return x;
            })(1),
          RangeError,
          message(size),
        );
        assertEquals(tapeLength(), 0);
        // First a large one, for what may be left of the arrays.
        const n = 2 * size,
          chain = (x: Scalar) => addChain(Array(CHAIN_LEAVES).fill(x), n);
        assertEquals(grad(chain)(1), n + 1);
        for (let i = 0; i < 2; i++) {
          assertEquals(grad((x: Scalar) => mul(mul(x, x), sin(x)))(0), 0);
          assertEquals(grad((x: Scalar) => mul(mul(x, x), x))(2), 12);
        }
      });
    }

    it(`is closed again if the inputs are too many: no ${type}`, () => {
      const x = new Array<number>(2 * SMALL).fill(1);
      for (
        const call of [
          () => grad(sum)(x),
          () => grad((y: Scalar) => mul(y, sum(grad(sum)(x))))(1),
          () => jvp((y: readonly Scalar[]) => y)(x, x),
        ]
      ) {
        withoutMemory(type, () => assertThrows(call, RangeError));
        assert(!isRecording());
        assertEquals(tapeLength(), 0);
        assertEquals(grad((x: Scalar) => mul(mul(x, x), x))(2), 12);
      }
    });
  }
});

describe("a Var", () => {
  const OUTLIVED = "is a Var that outlived the function it was recorded in, " +
    "expected one of a function that still runs; return its value from there, " +
    "or pass it on as an argument";

  function leak(): Var {
    let leaked: Scalar = 0;
    grad((x: Scalar) => leaked = mul(x, x))(3);
    return leaked as unknown as Var;
  }

  function leakByThrowing(): Var {
    let leaked: Scalar = 0;
    assertThrows(() =>
      jvp((x: Scalar): Scalar => {
        leaked = mul(x, x);
        throw new Error("on purpose");
      })(3, 1)
    );
    return leaked as unknown as Var;
  }

  const uses: Record<string, [(x: Var) => unknown, call: string]> = {
    "an operand of sin": [(x) => sin(x), "sin: operand 1"],
    "an operand of add": [(x) => add(1, x), "add: operand 2"],
    "both operands of mul": [(x) => mul(x, x), "mul: operand 1"],
    "an element of a list": [(x) => sum([1, x]), "sum: element 1"],
    "a condition": [(x) => select(x, 1, 2), "select: operand 1"],
    ".value": [(x) => x.value, "read .value of a Var: it"],
    "an argument of primal": [(x) => primal(x), "primal: it"],
    "an argument": [(x) => grad(sin)(x), "grad: argument 1"],
    "a result": [
      (x) => grad((_: number) => x)(1),
      "grad: the function's result",
    ],
    "a tangent": [(x) => jvp(sin)(1, x as never), "jvp: the tangent"],
    "a cotangent": [
      (x) => vjp(sin)(1).pullback(x as never),
      "pullback: the cotangent",
    ],
    "an operand beside a Node": [
      (x) => mul(new Node(1), x),
      "mul: operand 2",
    ],
  };

  for (const [what, [use, where]] of Object.entries(uses)) {
    it(`that outlived its recording throws: ${what}`, () => {
      for (const leaked of [leak(), leakByThrowing()]) {
        const message = `Cannot ${where} ${OUTLIVED}`;
        assertEquals(
          assertThrows(() => use(leaked), TypeError).message,
          message,
        );
        // Another recording with an entry in its place does not make it good.
        grad((x: Scalar) => {
          neg(neg(x));
          assertEquals(
            assertThrows(() => use(leaked), TypeError).message,
            message,
          );
          return x;
        })(1);
        assertEquals(grad(sin)(0), 1);
      }
    });
  }

  it("of a recording inside throws in the one around", () => {
    grad((x: Scalar) => {
      let inner: Scalar = 0;
      grad((y: Scalar) => inner = mul(x, y))(2);
      assertThrows(() => add(x, inner), TypeError, `operand 2 ${OUTLIVED}`);
      return x;
    })(1);
  });

  it("of the recording around is good inside, as argument, operand and data", () => {
    const f = (x: Scalar) =>
      add(
        grad((y: Scalar) => mul(y, x))(x),
        grad((y: Scalar, z: Scalar) => mul(y, z))(1, x),
      );
    assertEquals(grad(f)(3), 2);
  });

  it("prints as one line, however much is behind it", () => {
    let kept: Scalar = 0;
    grad((x: Scalar) => {
      const y = addChain([...Array(CHAIN_LEAVES).fill(x)], 1000);
      assertEquals(Deno.inspect(y), "Var(value: 2002)");
      assertEquals(`${y}`, "Var(value: 2002)");
      assertEquals(Deno.inspect([x]), "[ Var(value: 2) ]");
      return kept = y;
    })(2);
    assertEquals(Deno.inspect(kept), "Var");
  });

  it("refuses JavaScript's operators", () => {
    const operators: Record<string, (x: number) => unknown> = {
      "+": (x) => x + 1,
      "−": (x) => 1 - x,
      "·": (x) => x * x,
      "unary −": (x) => -x,
      "unary +": (x) => +x,
      "<": (x) => x < 1,
      ">=": (x) => x >= 1,
      "==": (x) => x == 1,
      "Math.sin": (x) => Math.sin(x),
      "string +": (x) => x + "",
    };
    for (const [name, operator] of Object.entries(operators)) {
      const message = assertThrows(
        () => grad((x: Scalar) => operator(x as number) as Scalar)(1),
        TypeError,
        undefined,
        name,
      ).message;
      assertEquals(
        message,
        "Cannot use a Var with JavaScript's operators or Math: call add, " +
          "sub, mul, div, pow, lt, gt, eq, sin … instead, or read .value " +
          "for the number",
      );
    }
  });

  it("never mixes with a Node", () => {
    const node = new Node(1);
    const mixes: [(x: Scalar) => Scalar, string][] = [
      [(x) => add(node, x), "add: operand 1 is a Node and operand 2"],
      [(x) => mul(x, node), "mul: operand 2 is a Node and operand 1"],
      [(x) => sum([1, x, node]), "sum: element 2 is a Node and element 1"],
    ];
    for (const [mix, where] of mixes) {
      assertEquals(
        assertThrows(() => grad(mix)(1), TypeError).message,
        `Cannot ${where} is a Var, expected one kind; pass the Node's value ` +
          "to the recorded function as an argument",
      );
    }
  });

  it("is of its class", () => {
    grad((x: Scalar) => {
      assertInstanceOf(x, Var);
      assertInstanceOf(sin(x), Var);
      assertEquals([(x as Var).value, primal(x)], [5, 5]);
      return x;
    })(5);
  });
});
