// What the benchmarks run computes what it says: every workload against values
// that come from mathematics or from derivatives written by hand in numbers.
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { backward, grad, Node, primal, type Scalar } from "../../mod.ts";
import {
  addChain,
  CHAIN_LEAVES,
  chainLeaves,
  mixedChain,
  mulChain,
} from "../../bench/workloads/chain.ts";
import {
  type Example,
  flattenMlp,
  initialMlp,
  type Mlp,
  MLP_PARAMETERS,
  mlpExamples,
  mlpLoss,
  mlpLossByDot,
  unflattenMlp,
} from "../../bench/workloads/mlp.ts";
import { rosenbrock } from "../../bench/workloads/rosenbrock.ts";
import {
  DURATION,
  finalPrey,
  invariant,
  LOTKA_VOLTERRA,
  lotkaVolterra,
  type Populations,
  type Rates,
  STEPS,
} from "../../bench/workloads/runge_kutta.ts";
import {
  addLadder,
  doublings,
  mulLadder,
  sineLadder,
} from "../../bench/workloads/shared_subexpressions.ts";

type Objective = (x: readonly Scalar[]) => Scalar;
type Gradient = (f: Objective, x: readonly number[]) => number[];

/** The ways to run a function that every workload is checked with. */
const WAYS: Record<string, Gradient> = {
  "on Nodes": (f, x) => {
    const leaves = x.map((value) => new Node(value));
    backward(f(leaves));
    return leaves.map((leaf) => leaf.grad);
  },
  "recorded": (f, x) => grad(f)([...x]),
};

/** Each number within `tolerance` of the expected, relative to the largest of all. */
function assertClose(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: number,
): void {
  assertEquals(actual.length, expected.length);
  const size = Math.max(...expected.map(Math.abs));
  expected.forEach((value, i) => {
    assert(
      Math.abs(actual[i]! - value) <= tolerance * size,
      `[${i}]: ${actual[i]} is not ${value}`,
    );
  });
}

/** A number and its derivative along one direction: forward mode by hand. */
interface Dual {
  readonly value: number;
  readonly tangent: number;
}

describe("chain", () => {
  const leaves = chainLeaves(), n = 10_000;
  const uses = (i: number) => Math.ceil((n - i) / CHAIN_LEAVES) + (i ? 0 : 1);

  it("neither overflows nor vanishes in a million operations", () => {
    for (const chain of [mixedChain, addChain, mulChain]) {
      const y = Math.abs(primal(chain(leaves, 1_000_000)));
      assert(y > 1 && y < 1e6, `${chain.name} is ${y}`);
    }
    // 31,250 rounds, each of which multiplies to 1.
    assertClose([primal(mulChain(leaves, 1_000_000))], [leaves[0]!], 1e-9);
  });

  it("mixed: y·a and y + b in turn, by hand", () => {
    const [c, d, e, f] = [1.5, -2, 0.25, 3];
    const four = [c, d, e, f, ...leaves.slice(4)];
    assertEquals(mixedChain(four, 4), (c * c + d) * e + f);
    assertEquals(addChain(four, 3), c + c + d + e);
    assertEquals(mulChain(four, 3), c * c * d * e);
  });

  for (const [way, gradient] of Object.entries(WAYS)) {
    it(`mixed: gradient ${way} is the forward derivative`, () => {
      const expected = leaves.map((_, leaf) => {
        let y = leaves[0]!, tangent = leaf === 0 ? 1 : 0;
        for (let i = 0; i < n; i++) {
          const j = i % CHAIN_LEAVES, own = j === leaf ? 1 : 0;
          if (i % 2 === 0) {
            tangent = tangent * leaves[j]! + y * own;
            y *= leaves[j]!;
          } else {
            tangent += own;
            y += leaves[j]!;
          }
        }
        return tangent;
      });
      assertClose(gradient((x) => mixedChain(x, n), leaves), expected, 1e-12);
    });

    it(`of additions: gradient ${way} counts the uses`, () => {
      assertEquals(
        gradient((x) => addChain(x, n), leaves),
        leaves.map((_, i) => uses(i)),
      );
    });

    it(`of multiplications: gradient ${way} is y · uses / leaf`, () => {
      const y = primal(mulChain(leaves, n));
      assertClose(
        gradient((x) => mulChain(x, n), leaves),
        leaves.map((leaf, i) => y * uses(i) / leaf),
        1e-12,
      );
    });
  }
});

describe("Rosenbrock's function", () => {
  const partials = (x: readonly number[]): number[] =>
    x.map((xi, i) => {
      const next = x[i + 1], previous = x[i - 1];
      return (next === undefined
        ? 0
        : -400 * xi * (next - xi ** 2) - 2 * (1 - xi)) +
        (previous === undefined ? 0 : 200 * (xi - previous ** 2));
    });
  const x = [-1.2, 1, 0.7, -0.4, 1.3, 0.1, -0.9, 2.1, 0.05, 1.6];

  it("is 24.2 at the classical start and 0 at the minimum", () => {
    assertClose([primal(rosenbrock([-1.2, 1]))], [24.2], 1e-15);
    assertEquals(rosenbrock(Array(10).fill(1)), 0);
  });

  for (const [way, gradient] of Object.entries(WAYS)) {
    it(`gradient ${way} is the analytic one`, () => {
      assertClose(gradient(rosenbrock, [-1.2, 1]), [-215.6, -88], 1e-14);
      assertClose(gradient(rosenbrock, x), partials(x), 1e-14);
      assertEquals(gradient(rosenbrock, Array(10).fill(1)), Array(10).fill(0));
    });
  }
});

/** The mean squared error and its gradient, by textbook backpropagation. */
function backpropagate(
  { layers }: Mlp<number>,
  examples: readonly Example[],
): { loss: number; gradient: number[] } {
  const gradients = layers.map(({ weights, biases }) => ({
    weights: weights.map((row) => row.map(() => 0)),
    biases: biases.map(() => 0),
  }));
  let loss = 0;
  for (const { inputs, target } of examples) {
    const signals = [[...inputs]];
    layers.forEach(({ weights, biases }, l) => {
      signals.push(weights.map((row, i) => {
        const sum = row.reduce((s, w, j) => s + w * signals[l]![j]!, 0);
        const z = sum + biases[i]!;
        return l < layers.length - 1 ? Math.tanh(z) : z;
      }));
    });
    const error = signals[layers.length]![0]! - target;
    loss += error ** 2 / examples.length;
    let delta = [2 * error / examples.length]; // by the layer's weighted sums
    for (let l = layers.length - 1; l >= 0; l--) {
      delta.forEach((d, i) => {
        gradients[l]!.biases[i]! += d;
        signals[l]!.forEach((s, j) => gradients[l]!.weights[i]![j]! += d * s);
      });
      delta = signals[l]!.map((s, j) => {
        const back = delta.reduce(
          (total, d, i) => total + d * layers[l]!.weights[i]![j]!,
          0,
        );
        return back * (1 - s ** 2);
      });
    }
  }
  return { loss, gradient: flattenMlp({ layers: gradients }) };
}

describe("multilayer perceptron", () => {
  const mlp = initialMlp(), examples = mlpExamples();
  const flat = flattenMlp(mlp);
  const expected = backpropagate(mlp, examples);
  const losses = { mlpLoss, mlpLossByDot };

  it("has 337 parameters and 100 points, the same every time", () => {
    assertEquals([flat.length, MLP_PARAMETERS, examples.length], [
      337,
      337,
      100,
    ]);
    assertEquals(initialMlp(), mlp);
    assertEquals(mlpExamples(), examples);
    assert(flat[0] !== flattenMlp(initialMlp(3))[0], "the seed has no effect");
    assertEquals(new Set(flat).size, 337);
  });

  it("goes to a list and back", () => {
    assertEquals(unflattenMlp(flat), mlp);
    const counted = flat.map((_, i) => i);
    assertEquals(flattenMlp(unflattenMlp(counted)), counted);
  });

  for (const [name, loss] of Object.entries(losses)) {
    it(`${name} is the mean squared error`, () => {
      assertClose([primal(loss(mlp, examples))], [expected.loss], 1e-14);
    });

    for (const [way, gradient] of Object.entries(WAYS)) {
      it(`${name}: gradient ${way} is backpropagation's`, () => {
        assertClose(
          gradient((x) => loss(unflattenMlp(x), examples), flat),
          expected.gradient,
          1e-14,
        );
      });
    }
  }
});

/**
 * The final prey's derivative along a direction, by the variational equations
 * beside the system in the same method: Runge–Kutta's step and differentiation
 * commute, so this is the derivative of what is computed, not near it.
 */
function preySensitivity(along: number): number {
  const [x0, y0, a, b, c, d] = LOTKA_VOLTERRA as [...Six];
  const [dx0, dy0, da, db, dc, dd] = LOTKA_VOLTERRA.map((_, i) =>
    i === along ? 1 : 0
  ) as [...Six];
  const slope = ([x, y, dx, dy]: Four): Four => [
    x * (a - b * y),
    y * (c * x - d),
    dx * (a - b * y) + x * (da - db * y - b * dy),
    dy * (c * x - d) + y * (dc * x + c * dx - dd),
  ];
  const plus = (u: Four, h: number, k: Four) =>
    u.map((value, i) => value + h * k[i]!) as Four;
  const h = DURATION / STEPS;
  let u: Four = [x0, y0, dx0, dy0];
  for (let i = 0; i < STEPS; i++) {
    const k1 = slope(u);
    const k2 = slope(plus(u, h / 2, k1));
    const k3 = slope(plus(u, h / 2, k2));
    const k4 = slope(plus(u, h, k3));
    u = plus(plus(plus(plus(u, h / 6, k1), h / 3, k2), h / 3, k3), h / 6, k4);
  }
  return u[2];
}

type Four = [number, number, number, number];
type Six = [...Four, number, number];

describe("Lotka and Volterra by Runge–Kutta", () => {
  const split = (x: readonly Scalar[]): [Populations, Rates] => [
    x.slice(0, 2) as unknown as Populations,
    x.slice(2) as unknown as Rates,
  ];
  const conserved: Objective = (x) => {
    const [start, rates] = split(x);
    return invariant(lotkaVolterra(start, rates), rates);
  };

  it("conserves the invariant", () => {
    const before = primal(invariant(...split(LOTKA_VOLTERRA)));
    assertClose([primal(conserved(LOTKA_VOLTERRA))], [before], 1e-9);
  });

  it("converges with the fourth power of the step", () => {
    const [start, rates] = split(LOTKA_VOLTERRA);
    const at = (steps: number) => primal(lotkaVolterra(start, rates, steps)[0]);
    const ratio = (at(800) - at(1600)) / (at(1600) - at(3200));
    assert(ratio > 14 && ratio < 18, `the error falls by ${ratio}, not 16`);
  });

  for (const [way, gradient] of Object.entries(WAYS)) {
    it(`gradient ${way} is that of the variational equations`, () => {
      assertClose(
        gradient(finalPrey, LOTKA_VOLTERRA),
        LOTKA_VOLTERRA.map((_, i) => preySensitivity(i)),
        1e-13,
      );
    });

    it(`gradient ${way} of the invariant is that at the start`, () => {
      const [x, y, growth, predation, feeding, death] = LOTKA_VOLTERRA as Six;
      assertClose(gradient(conserved, LOTKA_VOLTERRA), [
        feeding - death / x,
        predation - growth / y,
        -Math.log(y),
        y,
        x,
        -Math.log(x),
      ], 2e-9);
    });
  }
});

describe("shared subexpressions", () => {
  /** F(n) with F(0) = 0, F(1) = 1 and F(−1) = 1; exact up to n = 78. */
  const fibonacci = (n: number): number => {
    let [a, b] = [1, 0];
    for (let i = 0; i < n; i++) [a, b] = [b, a + b];
    return b;
  };
  const on =
    (f: (x: Scalar, y: Scalar, n: number) => Scalar, n: number): Objective =>
    ([x, y]) => f(x!, y!, n);

  it("ladders of one rung, by hand", () => {
    assertEquals(addLadder(2, 3, 2), 5);
    assertEquals(mulLadder(2, 3, 3), 18);
    assertEquals(
      sineLadder(0.5, 0.8, 2),
      Math.sin(0.4 + (0.5 + Math.sin(0.4))),
    );
  });

  for (const [way, gradient] of Object.entries(WAYS)) {
    it(`ladder of sums: gradient ${way} is Fibonacci's numbers`, () => {
      assertEquals(fibonacci(10), 55);
      for (const n of [0, 1, 2, 10, 78]) {
        assertEquals(gradient(on(addLadder, n), [2, 3]), [
          n === 0 ? 1 : fibonacci(n - 1),
          fibonacci(n),
        ]);
      }
    });

    it(`ladder of products: gradient ${way} is the power rule's`, () => {
      // Near 1 to the power of 10⁶: large exponents without overflow.
      const x = 1 + 2e-6, y = 1 - 1e-6, n = 30;
      const p = fibonacci(n - 1), q = fibonacci(n);
      const z = Math.exp(p * Math.log1p(2e-6) + q * Math.log1p(-1e-6));
      assertClose(
        gradient(on(mulLadder, n), [x, y]),
        [p * z / x, q * z / y],
        1e-9,
      );
      assertEquals(gradient(on(mulLadder, 5), [2, 3]), [
        3 * 2 ** 2 * 3 ** 5,
        2 ** 3 * 5 * 3 ** 4,
      ]);
    });

    it(`ladder of sines: gradient ${way} is the forward derivative`, () => {
      const along = (dx: number, dy: number, rungs: number): number => {
        let x: Dual = { value: 0.5, tangent: dx };
        let y: Dual = { value: 0.8, tangent: dy };
        for (let i = 0; i < rungs; i++) {
          const product = x.value * y.value;
          const dProduct = x.tangent * y.value + x.value * y.tangent;
          const angle = product + (x.value + Math.sin(product));
          const dAngle = dProduct + x.tangent + Math.cos(product) * dProduct;
          [x, y] = [y, {
            value: Math.sin(angle),
            tangent: Math.cos(angle) * dAngle,
          }];
        }
        return x.tangent;
      };
      for (const rungs of [1, 2, 3, 10, 200]) {
        assertClose(
          gradient(on(sineLadder, rungs), [0.5, 0.8]),
          [along(1, 0, rungs), along(0, 1, rungs)],
          1e-12,
        );
      }
    });

    it(`doublings: gradient ${way} is a power of two`, () => {
      assertEquals(gradient(([x]) => doublings(x!, 1000), [1]), [2 ** 1000]);
    });
  }
});
