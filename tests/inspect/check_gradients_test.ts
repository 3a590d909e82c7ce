import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  abs,
  acos,
  add,
  cbrt,
  checkGradients,
  cos,
  div,
  exp,
  floor,
  grad,
  log,
  mul,
  Node,
  primal,
  relu,
  type Scalar,
  sin,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  Var,
} from "../../mod.ts";
import { seededRandom } from "../support/numeric.ts";

/** factor · x, whose derivative says `wrong` instead. */
function scale(x: Scalar, factor: number, wrong: number): Scalar {
  if (!(x instanceof Node)) return factor * primal(x);
  const out: Node = new Node(factor * x.value, [x], () => {
    x.grad += out.grad * wrong;
  });
  return out;
}

function messageOf(run: () => void): string {
  return assertThrows(run, Error).message;
}

describe("checkGradients", () => {
  describe("accepts a right gradient", () => {
    it("of a number", () => {
      checkGradients((x: Scalar) => mul(x, sin(x)), 2);
    });

    it("of arrays, tuples, nested objects and Float64Arrays", () => {
      checkGradients((x: Scalar[]) => sum(x.map(square)), [1, 2, 3]);
      checkGradients(
        ([x, { y }]: [Scalar, { y: Scalar }]) => div(x, y),
        [1, { y: 3 }],
      );
      checkGradients(
        (p: { w: readonly Scalar[]; b: Scalar }) => mul(sum(p.w), exp(p.b)),
        { w: Float64Array.of(1, 2), b: 0.5 },
      );
      checkGradients((x: readonly Scalar[]) => sum(x), []);
    });

    it("at points of every size", () => {
      for (const x of [1e-100, 1e-8, 1e-3, 1, 1e3, 1e8, 1e100]) {
        for (const sign of [1, -1]) checkGradients(square, sign * x);
        checkGradients(log, x);
        checkGradients(sqrt, x);
        checkGradients((x: Scalar) => div(1, x), x);
      }
      checkGradients(square, 0);
      checkGradients((x: Scalar) => mul(square(square(x)), x), 0);
    });

    it("of a function that changes fast", () => {
      checkGradients((x: Scalar) => sin(mul(1e6, x)), 1);
    });

    it("of a function whose value is much larger than its gradient", () => {
      checkGradients((x: Scalar) => add(1e6, mul(1e-3, sin(x))), 1);
      // Zero at 1, where rounding leaves something.
      checkGradients(
        (x: Scalar) => mul(1e6, sub(exp(x), mul(Math.E, x))),
        1,
      );
    });

    it("next to a kink, a pole and the end of the domain", () => {
      checkGradients(abs, 1e-7);
      checkGradients(relu, -1e-9);
      checkGradients(acos, 1 - 1e-4);
      checkGradients((x: Scalar) => div(1, sub(x, 1)), 1 + 1e-5);
    });

    it("of a function that is constant, or of no argument", () => {
      checkGradients(() => 3, 1);
      checkGradients(floor, 1.5);
      checkGradients((x: Scalar[]) => x[0]!, [1, 2]);
    });

    it("of a recorded function, and of a gradient", () => {
      const way = "recorded";
      const f = ({ a, b }: { a: Scalar; b: readonly Scalar[] }) =>
        mul(sin(a), b[1]!);
      checkGradients(f, { a: 2, b: [3, 4] }, { way });
      checkGradients((x: Scalar) => mul(x, grad(cube)(x)), 2, { way });
      function cube(x: Scalar): Scalar {
        return mul(x, mul(x, x));
      }
    });

    it("at random points of a long computation", () => {
      const random = seededRandom(1);
      for (let trial = 0; trial < 50; trial++) {
        const x = Array.from({ length: 4 }, () => 4 * random() - 2);
        checkGradients((x: Scalar[]) => {
          let y: Scalar = 0;
          for (let i = 0; i < 100; i++) {
            y = add(cos(mul(y, x[i % 4]!)), div(x[(i + 1) % 4]!, 2 + i));
          }
          return y;
        }, x);
      }
    });
  });

  describe("on a wrong gradient", () => {
    it("throws an Error with the argument, both numbers and the step", () => {
      const message = messageOf(() =>
        checkGradients(
          (p: { weights: Scalar[] }) =>
            add(sum(p.weights.slice(0, 2)), scale(p.weights[2]!, 2, 3)),
          { weights: [1, 1, 1] },
        )
      );
      // One third of the larger number.
      assertMatch(
        message,
        /^Gradients disagree at argument 1, \.weights\[2\]: the gradient is 3, central differences give (2|2\.0000\d+|1\.9999\d+) \(step 0\.0000061, relative error 0\.33\)$/,
      );
    });

    it("throws where the recorded gradient is wrong, and only that", () => {
      // Recorded, its derivative is 1.
      const lossy = (x: Scalar) =>
        x instanceof Var ? add(x, primal(x) ** 2 - primal(x)) : square(x);
      checkGradients(lossy, 3);
      assertThrows(
        () => checkGradients(lossy, 3, { way: "recorded" }),
        Error,
        "Gradients disagree at argument 1: the gradient is 1, " +
          "central differences give 6 ",
      );
    });

    it("throws no TypeError or RangeError: no argument is to blame", () => {
      const error = assertThrows(() =>
        checkGradients((x: Scalar) => scale(x, 2, 3), 1)
      );
      assertEquals((error as Error).constructor, Error);
    });

    it("names a bare argument without a path, and the first of several", () => {
      assertMatch(
        messageOf(() => checkGradients((x: Scalar) => scale(x, 2, 3), 1)),
        /^Gradients disagree at argument 1: /,
      );
      assertMatch(
        messageOf(() =>
          checkGradients(
            (x: Scalar[]) => add(scale(x[1]!, 2, 3), scale(x[2]!, 2, 3)),
            Float64Array.of(1, 1, 1),
          )
        ),
        /at argument 1, \[1\]: /,
      );
    });

    it("finds a small mistake, and one in a small part", () => {
      assertThrows(() => checkGradients((x: Scalar) => scale(x, 2, 2.0001), 1));
      assertThrows(() =>
        checkGradients((x: Scalar) => add(scale(x, 1e-3, 0), 100), 1)
      );
      assertThrows(() => checkGradients((x: Scalar) => scale(x, 2, -2), 1e-9));
    });

    it("finds a gradient that is lost", () => {
      const lost = "the gradient is 0, central differences give";
      assertThrows(
        () => checkGradients((x: Scalar) => mul(2, primal(x)), 1),
        Error,
        lost,
      );
      assertThrows(
        () => checkGradients((x: Scalar) => stopGradient(square(x)), 1),
        Error,
        lost,
      );
    });

    it("counts NaN and infinities as wrong, on either side", () => {
      assertThrows(
        () => checkGradients((x: Scalar) => scale(x, 2, NaN), 1),
        Error,
        "the gradient is NaN, central differences give 2",
      );
      assertThrows(
        () => checkGradients(cbrt, 0),
        Error,
        "the gradient is Infinity, central differences give",
      );
      assertThrows(
        () => checkGradients(sqrt, 0),
        Error,
        "the gradient is Infinity, central differences give NaN",
      );
    });

    it("does not take a kink for smooth", () => {
      assertThrows(
        () => checkGradients(relu, 0),
        Error,
        "the gradient is 0, central differences give 0.5",
      );
    });
  });

  describe("on a wrong backward function", () => {
    /** x³ by hand. */
    function cube(x: Scalar, backwardFn: (x: Node, share: number) => void) {
      const value = primal(x) ** 3;
      if (!(x instanceof Node)) return value;
      const out: Node = new Node(value, [x], () => {
        backwardFn(x, out.grad * 3 * x.value ** 2);
      });
      return out;
    }

    const set = (x: Scalar) => cube(x, (x, share) => x.grad = share);

    it("finds = for +=, where no gradient shows it", () => {
      for (const x of [2, 1e-9, 1e9, -0.5]) {
        assertMatch(
          messageOf(() => checkGradients(set, x)),
          /^Wrong backward function: that of the custom node with value \S+ sets the grad of parents\[0\], expected it to add \(\+=\)$/,
        );
      }
      // Also in the middle of a graph.
      assertMatch(
        messageOf(() => checkGradients((x: Scalar) => sin(set(square(x))), 2)),
        /that of the custom node with value 64 sets the grad of parents\[0\]/,
      );
    });

    it("finds a closure over a node that is not one of the parents", () => {
      // x · y, of which only x is declared.
      const product = ([x, y]: [Scalar, Scalar]): Scalar => {
        if (!(x instanceof Node && y instanceof Node)) return mul(x, y);
        const out: Node = new Node(x.value * y.value, [x], () => {
          x.grad += out.grad * y.value;
          y.grad += out.grad * x.value;
        });
        return out;
      };
      assertEquals(
        messageOf(() => checkGradients(product, [2, 3])),
        "Wrong backward function: that of the custom node with value 6 " +
          "changes the grad of the leaf node with value 3, which is not one " +
          "of its parents",
      );
      const inner = ([x, y]: [Scalar, Scalar]) => {
        const h = square(y);
        return add(product([x, h]), h);
      };
      assertMatch(
        messageOf(() => checkGradients(inner, [2, 3])),
        /changes the grad of the square node with value 9, which is not/,
      );
    });

    it("accepts functions that add, whatever they add", () => {
      const right = (x: Scalar) => cube(x, (x, share) => x.grad += share);
      for (const x of [2, 0, 1e-9, 1e9, -0.5, 1e90]) {
        checkGradients(right, x);
        checkGradients((x: Scalar) => mul(right(x), x), x / 1e20);
      }
      // A parent twice, and none.
      checkGradients((x: Scalar) => {
        if (!(x instanceof Node)) return primal(x) ** 2;
        const out: Node = new Node(x.value ** 2, [x, x], () => {
          x.grad += out.grad * x.value;
          x.grad += out.grad * x.value;
        });
        return out;
      }, 3);
      checkGradients(
        (x: Scalar) =>
          mul(x, x instanceof Node ? new Node(5, [], () => {}) : 5),
        3,
      );
    });

    it("takes a few nodes for all that come from one place", () => {
      let calls = 0;
      const counted = (x: Scalar) =>
        cube(x, (x, share) => {
          calls++;
          x.grad += share;
        });
      const xs = new Array<number>(50).fill(2);
      checkGradients((xs: Scalar[]) => sum(xs.map(counted)), xs);
      // Once each by `backward`, and twice more for each of the few.
      assert(calls > 50 && calls <= 60, `${calls}`);
    });
  });

  describe("options", () => {
    it("uses the step it is given, and no other", () => {
      const seen = new Set<number>();
      checkGradients(
        (x: Scalar) => {
          seen.add(primal(x));
          return square(x);
        },
        1,
        { step: 0.5 },
      );
      assertEquals(seen, new Set([1, 1.5, 0.5, 1.25, 0.75]));
      assertMatch(
        messageOf(() =>
          checkGradients((x: Scalar) => scale(x, 2, 3), 1, { step: 0.25 })
        ),
        /differences give 2 \(step 0\.25, relative error 0\.33\)$/,
      );
    });

    it("accepts what is within either tolerance", () => {
      const off = (x: Scalar) => scale(x, 2, 2.1);
      checkGradients(off, 1, { relativeTolerance: 0.05 });
      checkGradients(off, 1, { absoluteTolerance: 0.11 });
      assertThrows(() => checkGradients(off, 1, { relativeTolerance: 0.04 }));
      assertThrows(() => checkGradients(off, 1, { absoluteTolerance: 0.09 }));
    });

    it("throws a RangeError on one out of range, a TypeError on a wrong kind", () => {
      for (const step of [0, -1, NaN, Infinity]) {
        assertThrows(
          () => checkGradients(square, 1, { step }),
          RangeError,
          `Cannot checkGradients: step is the number ${step}, ` +
            "expected a positive finite number",
        );
      }
      for (const option of ["relativeTolerance", "absoluteTolerance"]) {
        for (const wrong of [-1, NaN, Infinity]) {
          assertThrows(
            () => checkGradients(square, 1, { [option]: wrong }),
            RangeError,
            `${option} is the number ${wrong}, expected a finite number`,
          );
        }
        assertThrows(
          () => checkGradients(square, 1, { [option]: "1" }),
          TypeError,
          `Cannot checkGradients: ${option} is the string "1"`,
        );
      }
      assertThrows(
        () => checkGradients(square, 1, 1e-6 as never),
        TypeError,
        "Cannot checkGradients: options is the number 0.000001, expected an object",
      );
      assertThrows(
        () => checkGradients(square, 1, { way: "tape" as "graph" }),
        RangeError,
        'Cannot checkGradients: way is the string "tape", ' +
          'expected "graph" or "recorded"',
      );
      assertThrows(
        () => checkGradients(square, 1, { way: 1 as unknown as "graph" }),
        TypeError,
        "Cannot checkGradients: way is the number 1",
      );
    });
  });

  describe("on wrong arguments", () => {
    it("throws a TypeError if f is not a function or x has no numbers", () => {
      assertThrows(
        () => checkGradients(3 as never, 1),
        TypeError,
        "Cannot checkGradients: f is the number 3, expected a function",
      );
      assertThrows(
        () => checkGradients((p: { a: Scalar }) => p.a, { a: "1" } as never),
        TypeError,
        'Cannot checkGradients: argument 1, .a is the string "1", expected a number',
      );
      assertThrows(
        () => checkGradients((x: Scalar) => x, new Node(1)),
        TypeError,
        "Cannot checkGradients: argument 1 is an instance of Node, expected a number",
      );
    });

    it("throws a TypeError if f gives something other than a Scalar", () => {
      assertThrows(
        () => checkGradients((x: Scalar) => [x] as never, 1),
        TypeError,
        "Cannot checkGradients: the function's result is an array of length 1, expected",
      );
      assertThrows(
        () => checkGradients((() => undefined) as never, 1),
        TypeError,
        "Cannot checkGradients: the function's result is undefined, expected",
      );
      // On numbers it is right.
      assertThrows(
        () =>
          checkGradients(
            (x: Scalar) => x instanceof Node ? "lost" as never : x,
            1,
          ),
        TypeError,
        'Cannot checkGradients: the function\'s result is the string "lost", expected',
      );
    });

    it("throws a RangeError if the argument or the value is not finite", () => {
      assertThrows(
        () => checkGradients((x: Scalar[]) => sum(x), [1, NaN]),
        RangeError,
        "Cannot checkGradients: argument 1, [1] is the number NaN, expected a finite number",
      );
      assertThrows(
        () => checkGradients(log, -1),
        RangeError,
        "Cannot checkGradients: the function's result is the number NaN, expected a finite number",
      );
    });

    it("passes on what f throws", () => {
      const boom = () => {
        throw new Error("boom");
      };
      assertThrows(() => checkGradients(boom, 1), Error, "boom");
    });
  });

  it("leaves no trace in Nodes that f closes over, nor in the argument", () => {
    const weight = new Node(3);
    weight.grad = 7;
    const x = Float64Array.of(1, 2);
    checkGradients((x: readonly Scalar[]) => mul(weight, sum(x)), x);
    assertEquals([weight.grad, x[0], x[1]], [7, 1, 2]);
  });

  it("calls f with numbers of its kind, and once with Nodes", () => {
    const kinds: string[] = [];
    checkGradients((x: readonly Scalar[]) => {
      kinds.push(
        x instanceof Float64Array ? "numbers" : x[0]!.constructor.name,
      );
      return sum(x);
    }, Float64Array.of(1));
    assertEquals(kinds.filter((kind) => kind === "Node").length, 1);
    assert(kinds.every((kind) => kind === "Node" || kind === "numbers"));
  });
});
