// Exact Hessians show in the order of convergence: Newton's method with any
// error in them converges linearly.
import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { grad, hessian, hvp, type Scalar } from "../mod.ts";
import { rosenbrock } from "../bench/workloads/rosenbrock.ts";

const N = 10;
const MINIMUM: readonly number[] = Array(N).fill(1);

/** The x of A·x = b, by Gauß with the largest pivots. */
function solve(
  A: readonly (readonly number[])[],
  b: readonly number[],
): number[] {
  const rows = A.map((row, i) => [...row, b[i]!]);
  for (let k = 0; k < rows.length; k++) {
    const rest = rows.slice(k);
    const pivot = rest.reduce((a, b) =>
      Math.abs(b[k]!) > Math.abs(a[k]!) ? b : a
    );
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(k, 0, pivot);
    for (const row of rows.slice(k + 1)) {
      const factor = row[k]! / pivot[k]!;
      row.forEach((_, j) => row[j]! -= factor * pivot[j]!);
    }
  }
  const x: number[] = Array(b.length).fill(0);
  for (let k = b.length - 1; k >= 0; k--) {
    const known = x.reduce((sum, x, j) => sum + x * rows[k]![j]!, 0);
    x[k] = (rows[k]![b.length]! - known) / rows[k]![k]!;
  }
  return x;
}

function distance(x: readonly number[], y: readonly number[]): number {
  return Math.hypot(...x.map((xi, i) => xi - y[i]!));
}

/** The points of Newton's method, until they stop changing. */
function newton(
  f: (x: readonly Scalar[]) => Scalar,
  start: readonly number[],
): number[][] {
  const points = [[...start]];
  for (let i = 0; i < 50; i++) {
    const x = points.at(-1)!;
    const step = solve(hessian(f)(x), grad(f)(x));
    const next = x.map((xi, j) => xi - step[j]!);
    if (distance(next, x) === 0) break;
    points.push(next);
  }
  return points;
}

describe("Newton's method on Rosenbrock's function", () => {
  const start = MINIMUM.map((x, i) => x + (i % 2 === 0 ? 0.02 : -0.02));
  const points = newton(rosenbrock, start);
  const errors = points.map((x) => distance(x, MINIMUM));

  it("comes to the minimum, to the bit", () => {
    assertEquals(points.at(-1), [...MINIMUM]);
    assertEquals(grad(rosenbrock)(points.at(-1)!), Array(N).fill(0));
    assert(points.length <= 9, `${points.length} points`);
  });

  it("converges quadratically", () => {
    // log(eₖ₊₁/eₖ) / log(eₖ/eₖ₋₁) tends to the order; where it has begun to,
    // and above the rounding errors of x.
    const orders: number[] = [];
    for (let k = 1; k + 1 < errors.length; k++) {
      const [before, now, after] = errors.slice(k - 1, k + 2) as [
        number,
        number,
        number,
      ];
      if (before > 0.1 || after < 1e-13) continue;
      orders.push(Math.log(after / now) / Math.log(now / before));
    }
    assert(orders.length >= 2, `errors ${errors}`);
    const order = orders.at(-1)!;
    assert(Math.abs(order - 2) < 0.25, `orders ${orders} of errors ${errors}`);
    // eₖ₊₁ ≤ C·eₖ², with one C for all.
    const constants = errors.slice(1).map((e, k) => e / errors[k]! ** 2)
      .filter((_, k) => errors[k]! < 0.1 && errors[k + 1]! > 1e-13);
    const [least, most] = [Math.min(...constants), Math.max(...constants)];
    assert(most < 10 * least, `e₊/e² from ${least} to ${most}`);
  });

  it("converges linearly, if that, with a Hessian that is 1% off", () => {
    // That the test above can fail.
    let x = [...start];
    const errors = [distance(x, MINIMUM)];
    for (let i = 0; i < 6; i++) {
      const H = hessian(rosenbrock)(x).map((row) => row.map((h) => 1.01 * h));
      const step = solve(H, grad(rosenbrock)(x));
      x = x.map((xi, j) => xi - step[j]!);
      errors.push(distance(x, MINIMUM));
    }
    const ratio = errors[6]! / errors[5]!;
    assert(Math.abs(ratio - 0.01 / 1.01) < 1e-4, `a ratio of ${ratio}`);
  });

  it("comes to the same by conjugate gradients and hvp, without a matrix", () => {
    let x = [...start];
    for (let i = 0; i < 8; i++) {
      const dot = (a: number[], b: number[]) =>
        a.reduce((sum, a, i) => sum + a * b[i]!, 0);
      let step: number[] = x.map(() => 0);
      let r = grad(rosenbrock)(x), p = r;
      for (let k = 0; k < 2 * N && dot(r, r) > 0; k++) {
        const Hp = hvp(rosenbrock)(x, p), curvature = dot(p, Hp);
        if (curvature === 0) break;
        const along = dot(r, r) / curvature;
        step = step.map((s, i) => s + along * p[i]!);
        const next = r.map((r, i) => r - along * Hp[i]!);
        const beta = dot(next, next) / dot(r, r);
        p = next.map((n, i) => n + beta * p[i]!);
        r = next;
      }
      x = x.map((xi, i) => xi - step[i]!);
    }
    assert(distance(x, MINIMUM) < 1e-13, `${x}`);
  });
});
