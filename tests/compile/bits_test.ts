import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import {
  add,
  compile,
  eq,
  ge,
  gt,
  hessian,
  hvp,
  jacobian,
  jvp,
  le,
  logSumExp,
  lt,
  mul,
  type Scalar,
  select,
  sin,
  square,
  valueAndGrad,
} from "../../mod.ts";
import { MLP_SIZES } from "../../bench/workloads/mlp.ts";
import * as mlp from "../../bench/workloads/mlp.ts";
import { rosenbrock } from "../../bench/workloads/rosenbrock.ts";
import {
  finalPrey,
  LOTKA_VOLTERRA,
} from "../../bench/workloads/runge_kutta.ts";
import { NIST_PROBLEMS, sumOfSquares } from "../../bench/workloads/nist.ts";
import { seededRandom } from "../support/numeric.ts";
import { operationTable } from "../support/operation_table.ts";
import { randomProgram } from "../support/random_program.ts";
import {
  assertSameBits,
  SPECIAL,
  withoutWebAssembly,
} from "../support/same_bits.ts";

type OfList = (xs: readonly Scalar[]) => Scalar;
// deno-lint-ignore no-explicit-any
type AnyFunction = (...inputs: any[]) => unknown;

/** Asserts that `f` compiled, in both kinds, gives what `f` gives. */
function assertCompiles(
  f: AnyFunction,
  calls: readonly (readonly unknown[])[],
  what: string,
): void {
  const compiled = compile(f, { verify: false });
  const interpreted = compile(f, { verify: false });
  assertEquals(compiled.program(...calls[0]!).kind, "wasm", what);
  const { kind } = withoutWebAssembly(() => interpreted.program(...calls[0]!));
  assertEquals(kind, "interpreter", what);
  for (const inputs of calls) {
    const at = `${what} at ${JSON.stringify(inputs.map(String))}`;
    const expected = f(...inputs);
    assertSameBits(compiled(...inputs), expected, at);
    assertSameBits(interpreted(...inputs), expected, `${at}, interpreted`);
  }
  compiled[Symbol.dispose]();
}

/** All points of special numbers, or as many random ones. */
function specialPoints(
  dimensions: number,
  random: () => number,
  most = 200,
): number[][] {
  const pick = () => SPECIAL[Math.floor(random() * SPECIAL.length)]!;
  if (SPECIAL.length ** dimensions > 2 * most) {
    return Array.from(
      { length: most },
      () => Array.from({ length: dimensions }, pick),
    );
  }
  let points: number[][] = [[]];
  for (let d = 0; d < dimensions; d++) {
    points = points.flatMap((point) => SPECIAL.map((x) => [...point, x]));
  }
  return points;
}

const asCalls = (points: readonly unknown[]) => points.map((x) => [x]);

describe("every operation, compiled", () => {
  for (const { name, apply, domain } of operationTable) {
    const random = seededRandom(name.length);
    const points = [
      ...specialPoints(domain.length, random),
      ...Array.from(
        { length: 20 },
        () => domain.map(([low, high]) => low + (high - low) * random()),
      ),
    ];

    it(`${name}: value, gradient and Hessian at all doubles`, () => {
      const f: OfList = (xs) => apply(...xs);
      assertCompiles(f, asCalls(points), name);
      // Scaled: the adjoint of the operation is then no constant.
      const scaled: OfList = (xs) => mul(apply(...xs), xs[0]!);
      assertCompiles(valueAndGrad(scaled), asCalls(points), `${name}'`);
      const some = points.filter((_, i) => i % 3 === 0);
      assertCompiles(hessian(scaled), asCalls(some), `${name}''`);
    });

    it(`${name}: one operand twice`, () => {
      const f = (x: Scalar) => apply(...domain.map(() => x));
      const numbers = asCalls(SPECIAL);
      assertCompiles(f, numbers, name);
      assertCompiles(valueAndGrad(f), numbers, `${name}'`);
    });

    it(`${name}: constants for all operands but one`, () => {
      if (domain.length === 1) return;
      for (let varied = 0; varied < Math.min(domain.length, 3); varied++) {
        for (const constant of SPECIAL.slice(0, 12)) {
          const f = (x: Scalar) =>
            apply(...domain.map((_, i) => i === varied ? x : constant));
          const what = `${name} of ${constant} but for operand ${varied}`;
          const compiled = compile(valueAndGrad(f), { verify: false });
          for (const x of SPECIAL) {
            assertSameBits(compiled(x), valueAndGrad(f)(x), `${what} at ${x}`);
            assertSameBits(compiled(x).value, f(x), `${what} at ${x}, number`);
          }
          compiled[Symbol.dispose]();
        }
      }
    });
  }
});

describe("random programs, compiled", () => {
  const SEEDS = 200;

  it("have the same value and gradient", () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const { point, run } = randomProgram(seed);
      const random = seededRandom(seed);
      const points = [point, ...specialPoints(point.length, random, 10)];
      const f: OfList = (xs) => run(xs);
      const calls = asCalls(points.slice(0, 15));
      const both = (xs: readonly Scalar[]) => [
        f(xs),
        valueAndGrad(f)(xs),
      ];
      assertCompiles(both, calls, `seed ${seed}`);
    }
  });

  it("have the same Hessian, Hessian product and tangent", () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const { point, run } = randomProgram(seed, 20);
      const random = seededRandom(seed);
      const points = [point, ...specialPoints(point.length, random, 4)];
      const calls = points.slice(0, 5).map((x) => [x]);
      assertCompiles(hessian(run), calls, `seed ${seed}, hessian`);
      const withVector = points.slice(0, 5).map((
        x,
      ) => [x, x.map(() => 2 * random() - 1)]);
      assertCompiles(hvp(run), withVector, `seed ${seed}, hvp`);
      assertCompiles(jvp(run), withVector, `seed ${seed}, jvp`);
    }
  });
});

describe("conditions, compiled", () => {
  const comparisons = { lt, le, gt, ge, eq };
  const random = seededRandom(1);
  const pairs = specialPoints(2, random, 162);

  for (const [name, compare] of Object.entries(comparisons)) {
    it(`${name}: a condition that is also a number`, () => {
      const f = ([a, b]: readonly Scalar[]): Scalar => {
        const condition = compare(a!, b!);
        return add(
          select(condition, mul(a!, b!), sin(a!)),
          select(condition, condition, square(b!)),
        );
      };
      assertCompiles(f, asCalls(pairs), name);
      assertCompiles(valueAndGrad(f), asCalls(pairs), `${name}'`);
    });
  }

  it("any number but 0 is a condition, NaN too", () => {
    const f = (c: Scalar) => select(c, 3, 4);
    const g = ([c, x]: readonly Scalar[]) => select(c!, x!, square(x!));
    assertCompiles(f, asCalls(SPECIAL), "select");
    assertCompiles(valueAndGrad(g), asCalls(pairs), "select'");
    assertEquals(
      SPECIAL.map((c) => compile(f)(c)),
      SPECIAL.map((c) => c === 0 ? 4 : 3),
    );
  });

  it("nested choices", () => {
    const f = ([a, b]: readonly Scalar[]) =>
      select(
        select(lt(a!, b!), gt(a!, 0), le(b!, 0)),
        select(eq(a!, b!), a!, select(ge(a!, -1), b!, 2)),
        select(b!, mul(a!, b!), a!),
      );
    assertCompiles(valueAndGrad(f), asCalls(pairs), "nested");
  });
});

describe("lists, compiled", () => {
  const random = seededRandom(7);

  it("logSumExp of long lists", () => {
    for (const n of [1, 2, 100, 1000, 3000]) {
      const points = Array.from(
        { length: 3 },
        () => Array.from({ length: n }, () => 1500 * random() - 750),
      );
      points.push(points[0]!.map((x, i) => i === n >> 1 ? Infinity : x));
      points.push(points[0]!.map((x, i) => i === n - 1 ? NaN : x));
      points.push(points[0]!.map(() => -Infinity));
      const calls = asCalls(points);
      assertCompiles((xs: Scalar[]) => logSumExp(xs), calls, `${n}`);
      assertCompiles(
        valueAndGrad((xs: Scalar[]) => logSumExp(xs)),
        calls,
        `${n}'`,
      );
    }
  });

  it("lists of lists, and of one operand over and over", () => {
    const f: OfList = (xs) =>
      logSumExp([
        logSumExp(xs),
        logSumExp([...xs].reverse()),
        logSumExp([xs[0]!, xs[0]!, 1, 1, logSumExp([xs[1]!, -0])]),
      ]);
    const points = specialPoints(3, random, 100);
    assertCompiles(f, asCalls(points), "lists");
    assertCompiles(valueAndGrad(f), asCalls(points), "lists'");
  });
});

describe("workloads, compiled", () => {
  it("have the same results to the bit", () => {
    const random = seededRandom(3);
    const near = (point: readonly number[]) =>
      Array.from(
        { length: 3 },
        () => point.map((x) => x * (1 + 0.1 * random())),
      );
    assert(MLP_SIZES.length > 2);
    const examples = mlp.mlpExamples(3);
    const parameters = mlp.initialMlp();
    const loss = (net: mlp.Mlp) => mlp.mlpLoss(net, examples);
    const byDot = (net: mlp.Mlp) => mlp.mlpLossByDot(net, examples);
    assertCompiles(valueAndGrad(loss), [[parameters]], "mlp");
    assertCompiles(valueAndGrad(byDot), [[parameters]], "mlp by dot");
    const start = [-1.2, 1, -1.2, 1, 0.5];
    assertCompiles(
      valueAndGrad(rosenbrock),
      asCalls(near(start)),
      "rosenbrock",
    );
    assertCompiles(hessian(rosenbrock), asCalls(near(start)), "rosenbrock''");
    const prey = asCalls(near(LOTKA_VOLTERRA).slice(0, 1));
    assertCompiles(finalPrey, prey, "Lotka–Volterra");
    for (const problem of NIST_PROBLEMS) {
      const f: OfList = (xs) => sumOfSquares(problem, xs);
      const certified = [...problem.certified];
      assertCompiles(valueAndGrad(f), asCalls(near(certified)), "nist");
      assertCompiles(
        jacobian((xs: Scalar[]) => [f(xs), xs[0]!]),
        [[certified]],
        "nist J",
      );
    }
  });
});
