// A function written once runs in every way, and all ways agree.
import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import {
  add,
  backward,
  defineOperation,
  exp,
  grad,
  jacobian,
  jvp,
  mul,
  neg,
  Node,
  primal,
  type Scalar,
  sub,
  sum,
  valueAndGrad,
} from "../mod.ts";
import { assertEdge, edgeName, edges } from "./support/edge_cases.ts";
import { assertClose, seededRandom } from "./support/numeric.ts";
import { operationTable, samplePoint } from "./support/operation_table.ts";
import { randomProgram } from "./support/random_program.ts";

type Program = (xs: readonly Scalar[]) => Scalar;

interface Derivatives {
  readonly value: number;
  readonly gradient: readonly number[];
}

/** The gradient by forward sweeps, which a Jacobian with as many rows as columns takes. */
function byColumns(f: Program, xs: readonly Scalar[]): Scalar[] {
  return jacobian((xs: readonly Scalar[]) => {
    const y = f(xs);
    return xs.map(() => y);
  })(xs)[0]!;
}

const WAYS: Record<string, (f: Program, x: readonly number[]) => Derivatives> =
  {
    "Nodes": (f, x) => {
      const leaves = x.map((value) => new Node(value));
      const root = f(leaves);
      if (root instanceof Node) backward(root);
      return { value: primal(root), gradient: leaves.map(({ grad }) => grad) };
    },
    "recorded, reverse": (f, x) => valueAndGrad(f)(x),
    "recorded, forward": (f, x) => ({
      value: jvp(f)(x, x).value,
      gradient: byColumns(f, x).map(primal),
    }),
    "recorded inside, reverse": (f, x) => {
      let derivatives: Derivatives | undefined;
      grad((xs: readonly Scalar[]) => {
        const { value, gradient } = valueAndGrad(f)(xs);
        derivatives = { value: primal(value), gradient: gradient.map(primal) };
        return value;
      })(x);
      return derivatives!;
    },
    "recorded inside, forward": (f, x) => {
      let derivatives: Derivatives | undefined;
      grad((xs: readonly Scalar[]) => {
        const { value } = jvp(f)(xs, xs);
        const gradient = byColumns(f, xs);
        derivatives = { value: primal(value), gradient: gradient.map(primal) };
        return sum(gradient);
      })(x);
      return derivatives!;
    },
  };

/** Asserts that every way gives the value of numbers, and Nodes' gradient. */
function assertWaysAgree(
  f: Program,
  x: readonly number[],
  tolerance: number,
  what: string,
): void {
  const value = primal(f(x));
  const expected = WAYS["Nodes"]!(f, x).gradient;
  for (const [way, run] of Object.entries(WAYS)) {
    const actual = run(f, x);
    assert(Object.is(actual.value, value), `${what}, value, ${way}`);
    actual.gradient.forEach((d, i) =>
      assertClose(d, expected[i]!, tolerance, `${what}, ∂${i}, ${way}`)
    );
  }
}

/** Every choice of the operands that are variables, at least one. */
function patterns(arity: number): boolean[][] {
  return Array.from(
    { length: 2 ** arity - 1 },
    (_, bits) =>
      Array.from({ length: arity }, (_, i) => ((bits + 1) >> i) % 2 === 1),
  );
}

const gaussian = defineOperation({
  name: "gaussian",
  value: (x: number) => Math.exp(-x * x),
  partials: (x, y) => mul(-2, mul(x, y)),
});
const weighted = defineOperation({
  name: "weighted",
  value: (a: number, b: number, c: number) => a * b * Math.exp(c),
  partials: [
    (_a, b, c) => mul(b, exp(c)),
    (a, _b, c) => mul(a, exp(c)),
    (_a, _b, _c, y) => y,
  ],
});
const range = [-2, 2] as const;
const OPERATIONS: typeof operationTable = [
  ...operationTable,
  ...[gaussian, weighted].map((apply, i) => ({
    name: i === 0 ? "defined, unary" : "defined, of three",
    apply: apply as (...operands: Scalar[]) => Scalar,
    domain: i === 0 ? [range] : [range, range, range],
    kinkDistance: () => Infinity,
    reference: apply as (...operands: number[]) => number,
    tolerance: 0,
  })),
];

describe("the ways to run a function", () => {
  for (const operation of OPERATIONS) {
    const { name, apply, domain } = operation;

    it(`agree in every operand pattern: ${name}`, () => {
      const random = seededRandom(5);
      for (let i = 0; i < 20; i++) {
        const point = samplePoint(operation, random);
        for (const pattern of patterns(domain.length)) {
          const variables = point.filter((_, i) => pattern[i]);
          const f: Program = (xs) => {
            let next = 0;
            const operands = point.map((x, i) => pattern[i] ? xs[next++]! : x);
            return mul(apply(...operands), -2.5);
          };
          assertWaysAgree(f, variables, 1e-15, `${name}(${point}), ${pattern}`);
        }
      }
    });

    it(`agree where one variable stands in several places: ${name}`, () => {
      const random = seededRandom(6);
      for (let i = 0; i < 20; i++) {
        // Inside the domain of every operand, where there is one common to all.
        const [x] = samplePoint(operation, random);
        const size = Math.abs(x!);
        const f: Program = ([x]) => apply(...domain.map(() => x!));
        assertWaysAgree(f, [size], 1e-14, `${name} of ${size}`);
        const g: Program = ([x]) => {
          const y = neg(neg(x!));
          return apply(...domain.map((_, i) => i % 2 === 0 ? y : x!));
        };
        assertWaysAgree(g, [size], 1e-14, `${name} of ${size}, copied`);
      }
    });
  }

  it("agree on random programs", () => {
    for (let seed = 0; seed < 300; seed++) {
      const { run, point, gradient } = randomProgram(seed);
      assertWaysAgree(run, point, 1e-12, `seed ${seed}`);
      const recorded = grad(run)(point);
      recorded.forEach((d, i) =>
        assertClose(d, gradient[i]!, 1e-8, `seed ${seed}, ∂${i}, dual numbers`)
      );
    }
  });

  it("agree on large random programs", () => {
    for (let seed = 1000; seed < 1010; seed++) {
      const { run, point } = randomProgram(seed, 1500);
      assertWaysAgree(run, point, 1e-10, `seed ${seed}`);
    }
  });

  it("agree on random programs of which some inputs are constants", () => {
    for (let seed = 0; seed < 100; seed++) {
      const { run, point, gradient } = randomProgram(seed);
      const variables = point.filter((_, i) => i % 2 === 0);
      const f: Program = (xs) =>
        run(point.map((x, i) => i % 2 === 0 ? xs[i / 2]! : x));
      assertWaysAgree(f, variables, 1e-12, `seed ${seed}`);
      grad(f)(variables).forEach((d, i) =>
        assertClose(d, gradient[2 * i]!, 1e-8, `seed ${seed}, ∂${2 * i}`)
      );
    }
  });

  it("agree on random programs inside one another", () => {
    for (let seed = 0; seed < 100; seed++) {
      const inner = randomProgram(seed, 15), outer = randomProgram(seed + 500);
      // The outer one, too, runs where it is smooth.
      const [at, ...rest] = outer.point, value = primal(inner.run(inner.point));
      const f: Program = (xs) =>
        outer.run([add(at!, sub(inner.run(xs), value)), ...rest]);
      assertWaysAgree(f, inner.point, 1e-9, `seed ${seed}`);
    }
  });
});

describe("at an edge, on Vars", () => {
  for (const edge of edges) {
    const [name, operands, value, gradients] = edge;
    const operation = operationTable.find((row) => row.name === name)!;
    const f: Program = (xs) => operation.apply(...xs);

    it(`${edgeName(edge)} is ${value}, its derivatives ${gradients}`, () => {
      for (const [way, run] of Object.entries(WAYS)) {
        const actual = run(f, operands);
        assertEdge(actual.value, value, `value, ${way}`);
        gradients.forEach((gradient, i) => {
          if (gradient === undefined) return;
          const what = `derivative by operand ${i + 1}, ${way}`;
          assertEdge(actual.gradient[i]!, gradient, what);
        });
      }
    });

    it(`${edgeName(edge)} is so in every operand pattern`, () => {
      for (const pattern of patterns(operands.length)) {
        const variables = operands.filter((_, i) => pattern[i]);
        const expected = gradients.filter((_, i) => pattern[i]);
        const g: Program = (xs) => {
          let next = 0;
          return f(operands.map((x, i) => pattern[i] ? xs[next++]! : x));
        };
        for (const [way, run] of Object.entries(WAYS)) {
          const actual = run(g, variables);
          assertEdge(actual.value, value, `value, ${way}`);
          expected.forEach((gradient, i) => {
            if (gradient === undefined) return;
            assertEdge(actual.gradient[i]!, gradient, `${pattern}, ${way}`);
          });
        }
      }
    });
  }

  it("is the same to the bit in every recorded way, where not promised too", () => {
    for (const edge of edges) {
      const [name, operands] = edge;
      const operation = operationTable.find((row) => row.name === name)!;
      const f: Program = (xs) => operation.apply(...xs);
      const expected = WAYS["recorded, reverse"]!(f, operands);
      for (const [way, run] of Object.entries(WAYS)) {
        const actual = run(f, operands);
        assertEquals(actual, expected, `${edgeName(edge)}, ${way}`);
      }
    }
  });
});
