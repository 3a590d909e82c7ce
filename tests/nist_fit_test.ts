// The engine finds what NIST certifies: least squares by Levenberg and
// Marquardt over exact Jacobians. https://www.itl.nist.gov/div898/strd/
import { describe, it } from "@std/testing/bdd";
import { assert } from "@std/assert";
import { jacobian, type Scalar } from "../mod.ts";
import { NIST_PROBLEMS, residuals } from "../bench/workloads/nist.ts";
import { levenbergMarquardt } from "../bench/workloads/levenberg_marquardt.ts";

/** Half a unit of the 11th digit of x, what NIST's digits leave open. */
function halfDigit(x: number): number {
  return 0.5 * 10 ** (Math.floor(Math.log10(Math.abs(x))) - 10);
}

describe("least squares with jacobian", () => {
  for (const problem of NIST_PROBLEMS) {
    const { name, start2, certified, residualSumOfSquares } = problem;

    it(`finds the certified parameters: ${name}`, () => {
      const f = (b: readonly Scalar[]) => residuals(problem, b);
      const fit = levenbergMarquardt(
        (b) => f(b) as number[],
        jacobian(f),
        [...start2],
      );
      assert(fit.converged, `no end after ${fit.iterations} iterations`);
      fit.b.forEach((b, j) => {
        const error = Math.abs(b - certified[j]!) / halfDigit(certified[j]!);
        // A thousandth for the rounding of b itself.
        assert(
          error <= 1.001,
          `b${j + 1}: ${b} is ${error} half units from ${certified[j]}`,
        );
      });
      const off = Math.abs(fit.sumOfSquares / residualSumOfSquares - 1);
      assert(off < 1e-9, `a sum of squares of ${fit.sumOfSquares}`);
    });
  }
});
