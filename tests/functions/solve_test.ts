import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  backward,
  compile,
  div,
  dot,
  exp,
  grad,
  hessian,
  jacobian,
  jvp,
  mul,
  neg,
  Node,
  type Scalar,
  sin,
  solve,
  sub,
  sum,
} from "../../mod.ts";
import { assertClose, seededRandom } from "../support/numeric.ts";

type Rows = readonly (readonly Scalar[])[];

/** Cramer's rule, by operations alone. */
function cramer(matrix: Rows, vector: readonly Scalar[]): Scalar[] {
  const whole = determinant(matrix);
  return vector.map((_, k) =>
    div(
      determinant(
        matrix.map((row, i) => row.map((x, j) => j === k ? vector[i]! : x)),
      ),
      whole,
    )
  );
}

/** By the first row (Laplace). */
function determinant([first, ...rest]: Rows): Scalar {
  if (rest.length === 0) return first![0]!;
  const terms = first!.map((x, k) => {
    const minor = determinant(rest.map((row) => row.toSpliced(k, 1)));
    return k % 2 === 0 ? mul(x, minor) : neg(mul(x, minor));
  });
  return sum(terms);
}

/** Makes a system of three equations from two numbers, and one number of its solution. */
function through(
  f: (matrix: Rows, vector: readonly Scalar[]) => Scalar[],
): (x: readonly [Scalar, Scalar]) => Scalar {
  return ([a, b]) => {
    const matrix = [[a, sin(b), 1], [2, mul(a, b), exp(a)], [b, 0.5, -3]];
    const once = f(matrix, [a, 1, exp(b)]);
    const [p, q, r] = f(matrix, once);
    return add(mul(p!, q!), r!);
  };
}

const F = through(solve), G = through(cramer), POINT = [0.7, 1.3] as const;

function assertAllClose(
  found: readonly unknown[],
  expected: readonly unknown[],
  tolerance = 1e-12,
): void {
  const wanted = expected.flat(Infinity) as number[];
  const numbers = found.flat(Infinity) as number[];
  assertEquals(numbers.length, wanted.length);
  numbers.forEach((x, i) => assertClose(x, wanted[i]!, tolerance, `${i}`));
}

describe("solve", () => {
  it("solves systems of any size, whatever the pivots", () => {
    const random = seededRandom(5);
    for (const n of [0, 1, 2, 3, 10, 40]) {
      const y = Array.from({ length: n }, () => random() - 0.5);
      const matrix = y.map((_, i) =>
        // Zeros on the diagonal, so that rows have to change places.
        y.map((_, j) => i === j ? 0 : random() - 0.5)
      );
      if (n === 1) matrix[0]![0] = 3;
      const vector = matrix.map((row) => dot(row, y));
      assertAllClose(solve(matrix, vector), y, 1e-12);
    }
  });

  it("takes Float64Arrays, and changes nothing that it is given", () => {
    const matrix = [new Float64Array([0, 2]), new Float64Array([4, 0])];
    const vector = new Float64Array([2, 8]);
    assertEquals(solve(matrix, vector), [2, 1]);
    assertEquals(matrix.map((row) => [...row]), [[0, 2], [4, 0]]);
    assertEquals([...vector], [2, 8]);
  });

  it("is accurate where the first pivot is tiny", () => {
    // Without pivoting, x would be 0.
    assertAllClose(solve([[1e-20, 1], [1, 1]], [1, 2]), [1, 1], 1e-15);
  });

  it("has derivatives to third order", () => {
    assertClose(F(POINT) as number, G(POINT) as number, 1e-12, "value");
    assertAllClose([grad(F)(POINT)], [grad(G)(POINT)]);
    assertAllClose(hessian(F)(POINT), hessian(G)(POINT));
    const third = (f: typeof F) =>
      jacobian((x: readonly [Scalar, Scalar]) => hessian(f)(x).flat())(POINT);
    assertAllClose(third(F), third(G), 1e-11);
    const reverse = (f: typeof F) =>
      grad((x: readonly [Scalar, Scalar]) =>
        dot(grad(f)(x) as Scalar[], [1, 2])
      )(POINT);
    assertAllClose([reverse(F)], [reverse(G)]);
    const forward = (f: typeof F) => jvp(f)(POINT, [1, 2]).tangent;
    assertAllClose([forward(F)], [forward(G)]);
  });

  it("is the same on the graph and compiled", () => {
    const x = POINT.map((value) => new Node(value)) as [Node, Node];
    backward(F(x));
    assertAllClose(x.map(({ grad }) => grad), [grad(F)(POINT)]);
    assertEquals(compile(grad(F))(POINT), grad(F)(POINT));
    assertEquals(compile(hessian(F))(POINT), hessian(F)(POINT));
  });

  it("is typed as the operations are", () => {
    const numbers: number[] = solve([[2]], [4]);
    const nodes: Node[] = solve([[new Node(2)]], [4]);
    assertEquals([numbers[0], nodes[0]!.value], [2, 2]);
  });

  it("lets NaN flow", () => {
    assertEquals(solve([[NaN, 1], [1, 1]], [1, 2]), [NaN, NaN]);
  });

  it("refuses a matrix that is singular, however it is run", () => {
    const message = "Cannot solve: the matrix is singular, expected one with " +
      "an inverse";
    const f = (x: Scalar) => solve([[x, 2], [2, 4]], [1, 1])[0]!;
    const compiled = compile(f);
    assertEquals(compiled(2), f(2) as number);
    for (
      const run of [
        () => solve([[1, 2], [2, 4]], [1, 1]),
        () => grad(f)(1),
        () => compiled(1),
        () => f(new Node(1)),
      ]
    ) assertEquals(assertThrows(run, RangeError).message, message);
    assertEquals(compiled(2), f(2) as number);
  });

  const wrong: readonly [unknown, unknown, string][] = [
    [1, [1], "the matrix is the number 1, expected an array of rows"],
    [
      [[1, 2], 3],
      [1, 2],
      "row 1 of the matrix is the number 3, expected an array of numbers, Nodes or Vars, or a Float64Array",
    ],
    [
      [[1, 2], [3]],
      [1, 2],
      "row 1 of the matrix is an array of length 1, expected one of length 2, an element for each row",
    ],
    [
      [[1]],
      1,
      "the vector is the number 1, expected an array of numbers, Nodes or Vars, or a Float64Array",
    ],
    [
      [[1]],
      [1, 2],
      "the vector is an array of length 2, expected one of length 1, an element for each row",
    ],
    [
      [["1"]],
      [1],
      'the system, .matrix[0][0] is the string "1", expected a number, Node or Var, or an array, plain object or Float64Array of them',
    ],
  ];
  for (const [matrix, vector, message] of wrong) {
    it(`refuses a wrong system: ${message}`, () => {
      const run = () => solve(matrix as number[][], vector as number[]);
      assertEquals(assertThrows(run).message, `Cannot solve: ${message}`);
    });
  }

  it("gives a Jacobian that is its inverse", () => {
    const matrix = [[2, 1], [7, 4]];
    const byVector = jacobian((b: Scalar[]) => solve(matrix, b))([1, 1]);
    assertAllClose(byVector, [[4, -1], [-7, 2]]);
    assertAllClose(
      jacobian(([a]: Scalar[]) => solve([[a!, 1], [7, 4]], [1, sub(a!, 1)]))([
        2,
      ]),
      // y = (5 − a, a² − a − 7) / (4a − 7)
      [[-(4 * 2 - 7) - 4 * 3, (2 * 2 - 1) * (4 * 2 - 7) - 4 * (4 - 2 - 7)]],
    );
  });
});
