import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  compile,
  defineOperation,
  dot,
  fold,
  grad,
  hessian,
  logSumExp,
  map,
  mean,
  mul,
  pow,
  rows,
  type Scalar,
  scan,
  sin,
  square,
  sub,
  sum,
  tanh,
  valueAndGrad,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";
import {
  assertSameBits,
  runOn,
  withoutWebAssembly,
} from "../support/same_bits.ts";

interface Point {
  readonly x: readonly Scalar[];
  readonly y: Scalar;
}

const loss = (w: Scalar[], points: readonly Point[]): Scalar =>
  mean(map(points, ({ x, y }) => square(sub(tanh(dot(w, x)), y))));

function pointsOf(count: number): { x: number[]; y: number }[] {
  const random = seededRandom(count);
  return Array.from(
    { length: count },
    () => ({ x: [random(), random() - 1], y: random() }),
  );
}

/** A compiled function that counts how often it is recorded. */
function counted<A extends unknown[], R>(f: (...args: A) => R) {
  let recorded = 0;
  const compiled = compile(
    ((...args: A) => {
      recorded++;
      return f(...args);
    }) as never,
    { verify: false },
  ) as unknown as (...args: unknown[]) => unknown;
  return { compiled, recorded: () => recorded };
}

describe("a compiled function of lists", () => {
  it("is recorded once for any number of rows but 0", () => {
    const { compiled, recorded } = counted(valueAndGrad(loss));
    const w = [0.3, -0.7];
    for (const count of [5, 1, 2, 300, 3]) {
      const points = pointsOf(count);
      assertSameBits(
        compiled(w, points),
        valueAndGrad(loss)(w, points),
        `${count} rows`,
      );
    }
    const once = recorded();
    // What is asked for elements (here `w`) is found out by recording.
    assert(once <= 2);
    const empty = valueAndGrad(loss)(w, []);
    assertSameBits(compiled(w, []), empty, "no rows");
    assertSameBits(compiled(w, []), empty, "no rows again");
    compiled(w, pointsOf(7));
    assert(recorded() <= 2 * once);
  });

  it("takes lists in records, flat lists and lists of numbers", () => {
    const f = compile((data: { xs: Scalar[]; flat: Scalar[] }) =>
      add(
        logSumExp(data.xs),
        sum(map(rows(data.flat, 3), ([a, b, c]) => mul(a!, sub(b!, c!)))),
      )
    );
    const plain = (xs: number[], flat: Float64Array) =>
      add(
        logSumExp(xs),
        sum(map(rows(flat, 3), ([a, b, c]) => mul(a!, sub(b!, c!)))),
      );
    for (const [n, m] of [[2, 1], [1, 4], [50, 3]]) {
      const xs = Array.from({ length: n! }, (_, i) => i / 3);
      const flat = Float64Array.from({ length: 3 * m! }, (_, i) => i * i);
      assertEquals(f({ xs, flat }), plain(xs, flat));
    }
  });

  it("gives lists as long as those it is given", () => {
    const f = compile((xs: readonly Scalar[]) => ({
      twice: map(xs, (x) => ({ value: mul(2, x), row: [x, square(x)] })),
      sums: scan(xs, 0, (total, x) => add(total, x)),
      last: fold(xs, 1, (product, x) => mul(product, x)),
    }));
    for (const xs of [[1, 2, 3, 4], [5], [2, 3]]) {
      assertEquals(f(xs), {
        twice: xs.map((x) => ({ value: 2 * x, row: [x, x * x] })),
        sums: xs.map((_, i) => xs.slice(0, i + 1).reduce((a, b) => a + b)),
        last: xs.reduce((a, b) => a * b),
      });
    }
    assertEquals(f([]), { twice: [], sums: [], last: 1 });
  });

  it("compiles each length anew where the function asks for length or elements", () => {
    const { compiled, recorded } = counted((xs: Scalar[]) =>
      mul(xs.length, add(xs[0]!, sum(xs)))
    );
    assertEquals(compiled([1, 2]), 8);
    const once = recorded();
    assertEquals(compiled([1, 3]), 10);
    assertEquals(recorded(), once);
    assertEquals(compiled([1, 2, 3]), 21);
    assertEquals(recorded(), 2 * once);
  });

  it("is right where the function catches what it throws", () => {
    const f = compile((xs: Scalar[]) => {
      try {
        return xs[0]!;
      } catch {
        return sum(xs);
      }
    });
    assertEquals([f([4, 2]), f([5, 2, 1])], [4, 5]);
  });

  it("knows the elements of lists in every way to ask for them", () => {
    const ways: ((xs: Scalar[]) => Scalar)[] = [
      (xs) => sum([...xs]),
      (xs) => xs.reduce((a, b) => add(a, b)),
      (xs) => sum(xs.slice(0)),
      (xs) => {
        let total: Scalar = 0;
        for (const k in xs) total = add(total, xs[k]!);
        return total;
      },
      (xs) => sum(Object.values(xs)),
      (xs) => 0 in xs ? sum(xs) : 0,
      (xs) => sum(JSON.stringify(Object.keys(xs)) === "[]" ? [] : xs),
      (xs) => add(xs.at(-1)!, sum(xs.slice(0, -1))),
    ];
    for (const way of ways) assertEquals(compile(way)([1, 2, 4]), 7, `${way}`);
  });

  it("passes elements of what a loop gives on to the rest", () => {
    const f = (xs: Scalar[]) => {
      const states = scan(9, xs[0]!, (s, i) => sin(add(s, mul(0.1, i))));
      return add(states[3]!, mul(states.at(-1)!, xs[1]!));
    };
    assertSameBits(
      compile(hessian(f))([0.3, 2]),
      hessian(f)([0.3, 2]),
      "hessian",
    );
  });

  it("refuses lists of unlike lengths at every call, in the language's words", () => {
    const f = compile((a: Scalar[], b: Scalar[]) => dot(a, b));
    assertEquals([f([1, 2], [3, 4]), f([1], [5])], [11, 5]);
    assertThrows(
      () => f([1, 2], [3]),
      RangeError,
      "Cannot dot: the lists have 2 and 1 elements, expected one length",
    );
    assertEquals(f([1, 2, 3], [1, 1, 1]), 6);
    const g = compile((flat: Scalar[]) =>
      sum(map(rows(flat, 2), ([a, b]) => mul(a!, b!)))
    );
    assertEquals(g([1, 2, 3, 4]), 14);
    assertThrows(
      () => g([1, 2, 3]),
      RangeError,
      "Cannot rows: the length of data is 3, expected a multiple of the width 2",
    );
  });

  it("refuses rows that are not alike, or not numbers", () => {
    const f = compile((points: { x: Scalar }[]) =>
      sum(map(points, ({ x }) => x))
    );
    assertEquals(f([{ x: 1 }, { x: 2 }]), 3);
    assertThrows(
      () => f([{ x: 1 }, { y: 2 }] as never),
      TypeError,
      "Cannot map: row 1 is an object { y }, expected an object { x }",
    );
    assertThrows(
      () => f([{ x: 1 }, { x: "2" }] as never),
      TypeError,
      'Cannot compile: argument 1, [1].x is the string "2"',
    );
    assertEquals(f([{ x: 1 }, { x: 2 }, { x: 3 }]), 6);
  });

  it("notices randomness and state from outside in a callback", () => {
    let calls = 0;
    const f = compile((xs: Scalar[]) =>
      sum(map(xs, (x) => mul(calls++ > 0 ? 2 : 1, x)))
    );
    assertThrows(() => f([1, 2, 3, 4]), TypeError, "Cannot compile: the func");
    let steps = 0;
    const g = compile((x: Scalar) =>
      fold(100_000, x, (s) => sin(mul(steps++ > 0 ? 2 : 1, s)))
    );
    assertThrows(
      () => g(1),
      TypeError,
      "Cannot compile: the function's result",
    );
  });

  it("is a program on flat arrays for one structure", () => {
    const f = compile(valueAndGrad(loss));
    const w = [0.3, -0.7], points = pointsOf(6);
    const program = f.program(w, points);
    const flat = [...w, ...points.flatMap(({ x, y }) => [...x, y])];
    const { value, gradient } = valueAndGrad(loss)(w, points);
    assertEquals(runOn(program, flat), [value, ...gradient]);
    f(w, pointsOf(9));
    assertEquals(runOn(program, flat), [value, ...gradient]);
    assertEquals([program.inputs, program.outputs], [20, 3]);
    f[Symbol.dispose]();
    assertThrows(() => runOn(program, flat), TypeError, "disposed of");
  });

  it("has code that does not grow with the rows", () => {
    const data = (count: number) =>
      compile(valueAndGrad(loss)).program([1, 2], pointsOf(count));
    const size = data(10).wasm().bytes.length;
    assertEquals(data(1000).wasm().bytes.length, size);
    const steps = (count: number) =>
      compile(grad((x: Scalar) => fold(count, x, (s) => sin(mul(s, x)))))
        .program(0.3);
    assert(
      steps(100_000).wasm().bytes.length < steps(100).wasm().bytes.length + 50,
    );
  });

  it("computes numbers where an operation of one's own does so by loops", () => {
    const sumOfPowers = defineOperation({
      name: "sumOfPowers",
      value: (x: number) =>
        fold(6, 0, (sum, k) => add(sum, Math.pow(x, k as number))) as number,
      partials: (x) =>
        sum(map([1, 2, 3, 4, 5], (k) => mul(k, pow(x, sub(k, 1))))),
    });
    const f = (xs: Scalar[]) => sum(map(xs, (x) => sumOfPowers(x)));
    for (const xs of [[2, 0.5, 1], [3]]) {
      assertSameBits(compile(valueAndGrad(f))(xs), valueAndGrad(f)(xs), "f");
    }
    const g = (w: Scalar, xs: readonly Scalar[]) =>
      fold(xs, w, (s, x) => sin(mul(s, sumOfPowers(x))));
    assertSameBits(
      compile(valueAndGrad(g))(0.3, [0.1, 0.2, 0.3]),
      valueAndGrad(g)(0.3, [0.1, 0.2, 0.3]),
      "g",
    );
  });

  it("is the same where it is interpreted", () => {
    const f = compile(hessian(loss)), points = pointsOf(5);
    const w = [0.3, -0.7];
    assertSameBits(
      withoutWebAssembly(() => f(w, points)),
      hessian(loss)(w, points),
      "hessian",
    );
  });

  it("has a getter among its arguments call it", () => {
    const f = compile((a: Scalar[], b: { xs: Scalar[] }) =>
      dot(a, map(b.xs, (x) => square(x)))
    );
    assertEquals(f([1, 2], { xs: [3, 4] }), 41);
    let inner: unknown;
    const tricky = {
      get xs() {
        inner = f([1], { xs: [2] });
        return [3, 4];
      },
    };
    assertEquals(f([1, 2], tricky), 41);
    assertEquals(inner, 4);
  });
});
