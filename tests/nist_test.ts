// The engine against the (US) National Institute of Standards and Technology:
// regressions whose solutions NIST certifies to 11 digits.
// https://www.itl.nist.gov/div898/strd/
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { backward, Node, primal, type Scalar, zeroGrad } from "../mod.ts";
import {
  NIST_PROBLEMS,
  type NistProblem,
  residuals,
  sumOfSquares,
} from "../bench/workloads/nist.ts";

/** What each problem should show at its certified parameters. */
interface Expected {
  observations: number;
  /**
   * The most that may be left of the gradient g, as a part of the sum of its
   * terms' magnitudes. The true minimum lies within half a unit of the 11th
   * digit, h[j], of each parameter, so |g[k]| ≤ Σ_j |∂g[k]/∂b[j]|·h[j]. That
   * bound, computed with 60 digits and rounded up, stands here for the parameter
   * where it is largest. It is large where residuals are small: Lanczos3 is data
   * of five digits. Rounding in the evaluation adds some 10⁻¹³, Lanczos3 10⁻¹¹.
   */
  gradient: number;
  /**
   * The largest relative error of a standard deviation: by the same
   * half digits of the parameters through its derivatives, by its own half
   * digit, and by half of that of the residual sum of squares.
   */
  deviation: number;
}

const EXPECTED: Record<string, Expected> = {
  Misra1a: { observations: 14, gradient: 1.7e-8, deviation: 6.7e-11 },
  Chwirut2: { observations: 54, gradient: 6.9e-10, deviation: 1.2e-10 },
  Lanczos3: { observations: 24, gradient: 2.6e-6, deviation: 3e-10 },
  DanWood: { observations: 6, gradient: 5.5e-9, deviation: 6e-11 },
  Kirby2: { observations: 151, gradient: 4.8e-8, deviation: 1.2e-10 },
  Hahn1: { observations: 236, gradient: 2.5e-8, deviation: 3.9e-10 },
  MGH17: { observations: 33, gradient: 6.6e-8, deviation: 3.6e-10 },
  Thurber: { observations: 37, gradient: 1.8e-7, deviation: 1.1e-9 },
  Rat42: { observations: 9, gradient: 1.7e-9, deviation: 8e-11 },
};

/** Half a unit of the 11th digit of x. */
function halfDigit(x: number): number {
  return 0.5 * 10 ** (Math.floor(Math.log10(Math.abs(x))) - 10);
}

/** The gradient of f at x, on Nodes. */
function gradient(
  f: (b: readonly Scalar[]) => Scalar,
  x: readonly number[],
): number[] {
  const leaves = x.map((value) => new Node(value));
  backward(f(leaves));
  return leaves.map((leaf) => leaf.grad);
}

/** The Jacobian of the residuals at x, a row each, on Nodes that share leaves. */
function jacobian(problem: NistProblem, x: readonly number[]): number[][] {
  const leaves = x.map((value) => new Node(value));
  return residuals(problem, leaves).map((r) => {
    zeroGrad(r);
    backward(r);
    return leaves.map((leaf) => leaf.grad);
  });
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, value, i) => total + value * b[i]!, 0);
}

/** How far the last vector is from the span of the others, by Gram and Schmidt. */
function distanceOfLast(vectors: readonly number[][]): number {
  const rest = vectors.map((v) => v.map((x) => x / Math.sqrt(dot(v, v))));
  const last = vectors[vectors.length - 1]!;
  for (let i = 0; i + 1 < rest.length; i++) {
    const norm = Math.sqrt(dot(rest[i]!, rest[i]!));
    const q = rest[i]!.map((x) => x / norm);
    for (let j = i + 1; j < rest.length; j++) {
      const along = dot(q, rest[j]!);
      rest[j] = rest[j]!.map((x, k) => x - along * q[k]!);
    }
  }
  const left = rest[rest.length - 1]!;
  return Math.sqrt(dot(left, left)) * Math.sqrt(dot(last, last));
}

describe("NIST's nonlinear regressions", () => {
  it("are nine, complete", () => {
    assertEquals(
      NIST_PROBLEMS.map(({ name, x, y }) => [name, x.length, y.length]),
      Object.entries(EXPECTED).map((
        [name, { observations }],
      ) => [name, observations, observations]),
    );
  });

  for (const problem of NIST_PROBLEMS) {
    const { name, certified, standardDeviations, y } = problem;

    describe(name, () => {
      it("has the certified sum of squares", () => {
        const expected = problem.residualSumOfSquares;
        const leaves = certified.map((value) => new Node(value));
        const actual = primal(sumOfSquares(problem, leaves));
        // The published digits allow half a unit of the last. Rounding of the
        // model, taken as 8 half-units in the last place of y, moves r² by 2·r
        // times that; it shows for Lanczos3 alone.
        const rounding = 8 * 2 ** -53 * 2 *
          residuals(problem, certified).reduce<number>(
            (total, r, i) => total + Math.abs(primal(r) * y[i]!),
            0,
          );
        const error = Math.abs(actual - expected);
        assert(
          error <= halfDigit(expected) + rounding,
          `${actual} is not ${expected}`,
        );
        assertEquals(actual, sumOfSquares(problem, certified));
      });

      it("has no gradient at the certified parameters", () => {
        const g = gradient((b) => sumOfSquares(problem, b), certified);
        const r = residuals(problem, certified).map(primal);
        const J = jacobian(problem, certified);
        g.forEach((value, j) => {
          const terms = r.map((ri, i) => Math.abs(2 * ri * J[i]![j]!));
          const size = terms.reduce((a, b) => a + b);
          assert(
            Math.abs(value) <= EXPECTED[name]!.gradient * size,
            `b${j + 1}: ${value} of ${size} is ${Math.abs(value) / size}`,
          );
        });
      });

      it("has the certified standard deviations", () => {
        // s·√((JᵀJ)⁻¹[j][j]): unlike the vanishing gradient, it depends on the
        // magnitude of every derivative.
        const J = jacobian(problem, certified);
        const columns = certified.map((_, j) => J.map((row) => row[j]!));
        const freedom = y.length - certified.length;
        const s = Math.sqrt(problem.residualSumOfSquares / freedom);
        standardDeviations.forEach((expected, j) => {
          const others = columns.filter((_, k) => k !== j);
          const actual = s / distanceOfLast([...others, columns[j]!]);
          const error = Math.abs(actual - expected) / expected;
          assert(
            error <= EXPECTED[name]!.deviation,
            `b${j + 1}: ${actual} is not ${expected}`,
          );
        });
      });
    });
  }
});
