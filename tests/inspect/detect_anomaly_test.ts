import { describe, it } from "@std/testing/bdd";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  add,
  AnomalyError,
  backward,
  clamp,
  compile,
  defineOperation,
  detectAnomaly,
  type DetectAnomalyOptions,
  div,
  dot,
  exp,
  floor,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  log,
  logSumExp,
  lt,
  mul,
  Node,
  pow,
  type Scalar,
  select,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  toMermaid,
  valueAndGrad,
  vjp,
} from "../../mod.ts";
import {
  isRecording,
  tapeEntries,
  tapeLength,
} from "../../src/tape/recording.ts";
import { observer } from "../../src/observer.ts";

const CREATED_BEFORE = "; it was created before detectAnomaly was called";

function anomalyOf(
  run: () => unknown,
  options?: DetectAnomalyOptions,
): AnomalyError {
  const error = assertThrows(() => detectAnomaly(run, options), AnomalyError);
  assertStrictEquals(observer, null);
  return error;
}

function messageOf(
  run: () => unknown,
  options?: DetectAnomalyOptions,
): string {
  return anomalyOf(run, options).message;
}

/** The line after the one that calls this. */
function nextLine(): string {
  const [, , caller] = new Error().stack!.split("\n");
  const [, file, line] = caller!.match(/\(?(\S+):(\d+):\d+\)?$/)!;
  return `${file!.replace(/^\(/, "")}:${Number(line) + 1}`;
}

/** The line of the first frame of an error's stack, which `where` agrees with. */
function firstLine(error: AnomalyError): string {
  const lines = error.stack!.split("\n");
  assertEquals(lines[0], `AnomalyError: ${error.message}`);
  const place = lines[1]!.match(/[^\s(]+:\d+:\d+/)![0];
  assertEquals(error.where, place);
  return place.replace(/:\d+$/, "");
}

/** √x, by hand. */
function customSqrt(x: Node): Node {
  const out: Node = new Node(Math.sqrt(x.value), [x], () => {
    x.grad += out.grad * 0.5 / out.value;
  });
  return out;
}

describe("detectAnomaly", () => {
  describe("finds a value", () => {
    it("of a Node", () => {
      const error = anomalyOf(() => exp(log(new Node(0))));
      assertEquals(error.message, "Non-finite value: log(0) = -Infinity");
      assertEquals(
        { ...error, stack: undefined },
        {
          name: "AnomalyError",
          kind: "value",
          operation: "log",
          operands: [0],
          value: -Infinity,
          found: -Infinity,
          where: error.where,
          stack: undefined,
        },
      );
      assert(error instanceof Error);
    });

    it("of a Var", () => {
      assertEquals(
        messageOf(() => grad((x: Scalar) => div(sub(x, 3), sub(x, 3)))(3)),
        "Non-finite value: div(0, 0) = NaN",
      );
    });

    it("of arithmetic on two Nodes and on a Node and a number", () => {
      const x = () => new Node(1e308);
      for (
        const [run, message] of [
          [() => add(x(), x()), "add(1e+308, 1e+308) = Infinity"],
          [() => sub(-1e308, x()), "sub(-1e+308, 1e+308) = -Infinity"],
          [() => mul(x(), 10), "mul(1e+308, 10) = Infinity"],
          [() => div(x(), new Node(-0)), "div(1e+308, -0) = -Infinity"],
        ] as const
      ) assertEquals(messageOf(run), `Non-finite value: ${message}`);
    });

    it("of an operation over a list", () => {
      const wild = () => [1, 2, Infinity].map((x) => new Node(x));
      assertEquals(
        messageOf(() => sum(wild())),
        "Non-finite value: sum(1, 2, Infinity) = Infinity",
      );
      const squared = grad((xs: Scalar[]) => dot(xs, xs));
      assertEquals(
        messageOf(() => squared([1e200, 1])),
        "Non-finite value: dot(1e+200, 1, 1e+200, 1) = Infinity",
      );
      assertEquals(
        messageOf(() => grad((xs: Scalar[]) => logSumExp(xs))([NaN, 1])),
        "Non-finite value: logSumExp(NaN, 1) = NaN",
      );
      assertEquals(
        messageOf(() => clamp(new Node(NaN), 0, 1)),
        "Non-finite value: clamp(NaN, 0, 1) = NaN",
      );
    });

    it("and shortens a long list, but for what is wrong in it", () => {
      const xs = Array.from({ length: 100 }, (_, i) => new Node(i));
      assertEquals(
        messageOf(() => sum([...xs, new Node(NaN)])),
        "Non-finite value: sum(0, 1, 2, 3, 4, … 96 more, number 101 is NaN) = NaN",
      );
      assertEquals(
        messageOf(() => sum([new Node(NaN), ...xs])),
        "Non-finite value: sum(NaN, 0, 1, 2, 3, … 96 more) = NaN",
      );
      const big = Array.from({ length: 7 }, () => new Node(1e308));
      const number = "1e+308";
      assertEquals(
        messageOf(() => sum(big)),
        `Non-finite value: sum(${
          new Array(5).fill(number).join(", ")
        }, … 2 more) = Infinity`,
      );
    });

    it("that select would not have chosen", () => {
      const f = (x: Scalar) => select(lt(x, 1), x, log(x));
      assertEquals(f(0), 0);
      assertEquals(
        messageOf(() => grad(f)(0)),
        "Non-finite value: log(0) = -Infinity",
      );
    });

    it("of a defined operation, by its name", () => {
      const inverse = defineOperation({
        name: "inverse",
        value: (x: number) => 1 / x,
        partials: (x) => div(-1, square(x)),
      });
      const message = "Non-finite value: inverse(0) = Infinity";
      assertEquals(messageOf(() => inverse(new Node(0))), message);
      assertEquals(messageOf(() => grad(inverse)(0)), message);
    });

    it("of a Node made by hand", () => {
      const error = anomalyOf(() => customSqrt(new Node(-1)));
      assertEquals(error.message, "Non-finite value: custom(-1) = NaN");
    });

    it("of a graph that was built before", () => {
      const x = new Node(0), y = tanh(mul(log(x), 2));
      const error = anomalyOf(() => backward(y));
      assertEquals(
        error.message,
        `Non-finite value: log(0) = -Infinity${CREATED_BEFORE}`,
      );
      assertEquals(error.where, undefined);
      assertEquals(x.grad, 0);
    });

    it("after a leaf of the graph changed", () => {
      const error = anomalyOf(() => {
        const x = new Node(1), y = square(x);
        y.value = NaN;
        backward(y);
      });
      assertEquals(error.message, "Non-finite value: square(1) = NaN");
      assert(error.where !== undefined);
    });

    it("of a function that takes plain numbers", () => {
      assertEquals(detectAnomaly(() => log(0)), -Infinity);
    });

    it("but not of a leaf or an argument", () => {
      detectAnomaly(() => backward(new Node(NaN)));
      detectAnomaly(() => backward(new Node(NaN, [])));
      detectAnomaly(() => backward(tanh(new Node(Infinity))));
      assertEquals(detectAnomaly(() => grad((x: Scalar) => x)(NaN)), 1);
      assertEquals(detectAnomaly(() => grad(tanh)(-Infinity)), 0);
      // Nor of the copy of it that a transform inside another works on.
      assertEquals(detectAnomaly(() => grad(grad(tanh))(-Infinity)), 0);
    });
  });

  describe("finds a gradient", () => {
    const SQRT = "Non-finite gradient: sqrt(0) = 0, whose adjoint is 1, " +
      "gives operand 1 the adjoint Infinity";

    it("of a graph", () => {
      const x = new Node(0);
      const error = anomalyOf(() => backward(sqrt(mul(x, x))));
      assertEquals(error.message, SQRT);
      assertEquals(
        [error.kind, error.operation, error.operands, error.value, error.found],
        ["gradient", "sqrt", [0], 0, Infinity],
      );
      assertEquals(x.grad, 0);
    });

    it("of a recorded function", () => {
      const f = (x: Scalar) => sqrt(mul(x, x));
      for (const run of [() => grad(f)(0), () => valueAndGrad(f)(0)]) {
        const error = anomalyOf(run);
        assertEquals(error.message, SQRT);
        assertEquals(error.found, Infinity);
      }
      assertEquals(
        messageOf(() => jacobian(f)(0)).slice(0, 21),
        "Non-finite tangent: s",
      );
      const rows = ([x]: [Scalar]): Scalar[] => [sqrt(x), square(x)];
      assertEquals(messageOf(() => vjp(rows)([0]).pullback([1, 0])), SQRT);
      assertEquals(
        messageOf(() =>
          jacobian(([x, y]: Scalar[]) => [sqrt(mul(x!, y!))])([0, 1])
        ),
        SQRT,
      );
    });

    it("of the operand that gets it", () => {
      const message = "Non-finite gradient: pow(-1, 2) = 1, whose adjoint is " +
        "1, gives operand 2 the adjoint NaN";
      const x = new Node(-1), y = new Node(2);
      assertEquals(messageOf(() => backward(pow(x, y))), message);
      assertEquals(
        messageOf(() => grad(([x, y]: [Scalar, Scalar]) => pow(x, y))([-1, 2])),
        message,
      );
    });

    it("and not of a constant, to which no gradient goes", () => {
      assertEquals(
        detectAnomaly(() => grad((x: Scalar) => pow(x, 2))(-1)),
        -2,
      );
      const x = new Node(-1);
      detectAnomaly(() => backward(pow(x, 2)));
      assertEquals(x.grad, -2);
    });

    it("of an operation over a list", () => {
      // The adjoint of the product, 1e308 · 10.
      const f = (xs: Scalar[]) => mul(1e308, dot(xs, [1, 10]));
      const message = "Non-finite gradient: dot(0, 0, 1, 10) = 0, whose " +
        "adjoint is 1e+308, gives operand 2 the adjoint Infinity";
      assertEquals(messageOf(() => grad(f)([0, 0])), message);
      assertEquals(
        messageOf(() => backward(f([new Node(0), new Node(0)]))),
        message,
      );
    });

    it("of a defined operation, by its name", () => {
      const root = defineOperation({
        name: "root",
        value: (x: number) => Math.sqrt(x),
        partials: (_x, y) => div(0.5, y),
      });
      const message = SQRT.replace("sqrt", "root");
      assertEquals(messageOf(() => backward(root(new Node(0)))), message);
      assertEquals(messageOf(() => grad(root)(0)), message);
    });

    it("of a Node made by hand", () => {
      assertEquals(
        messageOf(() => backward(customSqrt(new Node(0)))),
        SQRT.replace("sqrt", "custom"),
      );
    });

    it("of a graph that was built before", () => {
      const x = new Node(4), y = add(sqrt(mul(x, 0)), x);
      x.grad = 5;
      const error = anomalyOf(() => backward(y));
      assertEquals(error.message, SQRT + CREATED_BEFORE);
      assertEquals(error.where, undefined);
      assertEquals(x.grad, 5);
    });

    it("of a graph whose parents were read", () => {
      const y = sqrt(new Node(0));
      assertEquals(y.parents.length, 1);
      assertEquals(messageOf(() => backward(y)), SQRT + CREATED_BEFORE);
    });

    it("and not what an earlier sweep left in a leaf", () => {
      const x = new Node(3);
      x.grad = NaN;
      detectAnomaly(() => backward(square(x)));
      assertEquals(x.grad, NaN);
    });

    it("of a pullback that is called later", () => {
      const twice = (x: Scalar) => add(x, x);
      let called = "";
      const error = anomalyOf(() => {
        called = nextLine();
        const { pullback } = vjp((x: Scalar) => add(tanh(x), sqrt(x)))(0);
        assertEquals(grad(twice)(1), 2);
        pullback(1);
      });
      assertEquals(error.message, SQRT);
      assertEquals(firstLine(error), called);
    });

    it("of a pullback that was made before", () => {
      const { pullback } = vjp(sqrt)(0);
      detectAnomaly(() => grad(square)(1));
      assertEquals(messageOf(() => pullback(1)), SQRT + CREATED_BEFORE);
    });

    it("of what several cotangents make", () => {
      const f = ([x]: [Scalar]) => {
        const y = sqrt(x);
        return [y, y];
      };
      assertEquals(
        messageOf(() => vjp(f)([0]).pullback([3, 4])),
        SQRT.replace("adjoint is 1", "adjoint is 7"),
      );
    });

    it("and not a cotangent", () => {
      const f = ([x]: [Scalar]) => {
        const y = square(x);
        return [y, tanh(y)];
      };
      assertEquals(
        messageOf(() => vjp(f)([2]).pullback([NaN, 1])),
        "Non-finite gradient: square(2) = 4, whose adjoint is NaN, gives " +
          "operand 1 the adjoint NaN",
      );
    });

    it("of a function that closes over another's argument", () => {
      const f = (x: Scalar) => grad((y: Scalar) => mul(x, sqrt(y)))(0);
      assertEquals(
        messageOf(() => grad(f)(1)),
        SQRT,
      );
    });
  });

  describe("finds a tangent", () => {
    it("of a recorded function", () => {
      const error = anomalyOf(() => jvp(sqrt)(0, 2));
      assertEquals(
        error.message,
        "Non-finite tangent: sqrt(0) = 0, whose operand has the tangent 2, " +
          "gets the tangent Infinity",
      );
      assertEquals(
        [error.kind, error.operation, error.operands, error.value, error.found],
        ["tangent", "sqrt", [0], 0, Infinity],
      );
    });

    it("of several operands", () => {
      assertEquals(
        messageOf(() =>
          jvp(([x, y]: [Scalar, Scalar]) => div(x, y))([1, 1e-200], [0, 1])
        ),
        "Non-finite tangent: div(1, 1e-200) = 1e+200, whose operands have " +
          "the tangents 0, 1, gets the tangent -Infinity",
      );
    });

    it("of nothing but the input that moves", () => {
      const f = ([x, y]: [Scalar, Scalar]) => [x, sqrt(y)];
      assertEquals(
        detectAnomaly(() => jacobian(f)([1, 0]), { infinities: false }),
        [[1, 0], [0, Infinity]],
      );
    });

    it("inside another function", () => {
      const f = (x: Scalar) => jvp(sqrt)(mul(x, 0), 1).tangent;
      assertMatch(
        messageOf(() => grad(f)(1)),
        /^Non-finite tangent: sqrt\(0\)/,
      );
    });
  });

  describe("leaves alone what nothing depends on", () => {
    const unused = (x: Scalar) => {
      sqrt(x);
      return add(x, x);
    };

    it("in a gradient", () => {
      assertEquals(detectAnomaly(() => grad(unused)(0)), 2);
      const x = new Node(0);
      detectAnomaly(() => backward(unused(x)));
      assertEquals(x.grad, 2);
    });

    it("in a tangent", () => {
      assertEquals(detectAnomaly(() => jvp(unused)(0, 1)).tangent, 2);
    });

    it("in a second derivative", () => {
      assertEquals(detectAnomaly(() => hessian(unused)(0)), [[0]]);
      assertEquals(detectAnomaly(() => grad(grad(unused))(0)), 0);
    });

    it("behind what has no derivative", () => {
      const steps = (x: Scalar) => add(floor(sqrt(x)), sqrt(floor(add(x, 0))));
      assertEquals(detectAnomaly(() => grad(steps)(0)), 0);
      assertEquals(detectAnomaly(() => jvp(steps)(0, 1)).tangent, 0);
      const chosen = (x: Scalar) => sqrt(select(x, 1, 0));
      assertEquals(detectAnomaly(() => jvp(chosen)(0, 1)).tangent, 0);
    });

    it("but its values are values", () => {
      assertEquals(
        messageOf(() =>
          grad((x: Scalar) => {
            log(x);
            return x;
          })(0)
        ),
        "Non-finite value: log(0) = -Infinity",
      );
    });
  });

  describe("in higher derivatives", () => {
    it("finds a first derivative as grad does", () => {
      const message = messageOf(() => grad(sqrt)(0));
      assertEquals(messageOf(() => hessian(sqrt)(0)), message);
      assertEquals(messageOf(() => grad(grad(sqrt))(0)), message);
      assertEquals(messageOf(() => hvp(sqrt)(0, 1)), message);
    });

    it("names the operation whose derivative it is", () => {
      const line = nextLine();
      const f = (x: Scalar) => log(x);
      const error = anomalyOf(() => grad(grad(f))(1e-200));
      assertEquals(
        error.message,
        "Non-finite gradient: div(1, 1e-200) = 1e+200, whose adjoint is 1, " +
          "gives operand 2 the adjoint -Infinity, in the derivative of " +
          `log(1e-200) = ${Math.log(1e-200)}`,
      );
      assertEquals(firstLine(error), line);
    });

    it("also where the first is forward", () => {
      const line = nextLine();
      const f = (x: Scalar) => log(x);
      const error = anomalyOf(() =>
        grad((x: Scalar) => jvp(f)(x, 1).tangent)(1e-200)
      );
      assertMatch(error.message, /, in the derivative of log\(1e-200\) = /);
      assertEquals(firstLine(error), line);
      const after = anomalyOf(() =>
        grad((x: Scalar) => log(mul(0, jvp(square)(x, x).tangent)))(1)
      );
      assertEquals(after.message, "Non-finite value: log(0) = -Infinity");
    });

    it("names the operation of the user in a third derivative", () => {
      const f = (x: Scalar) => log(x);
      assertMatch(
        messageOf(() => hessian(grad(f))(1e-150)),
        /, in the derivative of log\(1e-150\) = -345\.\d+$/,
      );
    });

    it("tells its own operations from the user's afterwards", () => {
      const line = nextLine();
      const f = (x: Scalar) => add(grad(square)(x), log(mul(x, 0)));
      const error = anomalyOf(() => grad(f)(1));
      assertEquals(error.message, "Non-finite value: log(0) = -Infinity");
      assertEquals(firstLine(error), line);
      const after = anomalyOf(() => {
        assertThrows(() => hessian(sqrt)(1e-320));
        return grad(log)(0);
      });
      assertEquals(after.message, "Non-finite value: log(0) = -Infinity");
    });

    it("passes over infinities that a rule computes with", () => {
      const masked = ([x, y]: Scalar[]) => logSumExp([x!, y!, -Infinity]);
      assertEquals(
        detectAnomaly(() => hessian(masked)([1, 2])),
        hessian(masked)([1, 2]),
      );
    });
  });

  describe("observes a compiled function", () => {
    it("that is compiled already", () => {
      const f = compile(valueAndGrad(([x]: Scalar[]) => sqrt(x!)));
      assertEquals(f([4]), { value: 2, gradient: [0.25] });
      assertEquals(
        messageOf(() => f([0])),
        "Non-finite gradient: sqrt(0) = 0, whose adjoint is 1, gives operand " +
          "1 the adjoint Infinity",
      );
      assertEquals(f([0]), { value: 0, gradient: [Infinity] });
    });

    it("that is not compiled yet, and is not a transform", () => {
      const f = compile((x: Scalar) => log(x));
      const message = "Non-finite value: log(0) = -Infinity";
      assertEquals(messageOf(() => f(0)), message);
      assertEquals(f(0), -Infinity);
      assertEquals(messageOf(() => f(0)), message);
    });

    it("and it gives the same", () => {
      const f = compile(
        valueAndGrad((p: { w: readonly Scalar[]; b: Scalar }, x: Scalar) =>
          mul(add(dot(p.w, p.w), p.b), x)
        ),
      );
      const p = { w: Float64Array.of(1, 2), b: 3 };
      assertEquals(detectAnomaly(() => f(p, 4)), f(p, 4));
      assert(detectAnomaly(() => f(p, 4)).gradient.w instanceof Float64Array);
      const y = detectAnomaly(() => compile(square)(new Node(3)));
      assert(y instanceof Node);
      assertEquals(detectAnomaly(() => compile(square)(3)), 9);
    });

    it("but not the numbers that a program is made with", () => {
      const program = detectAnomaly(() => compile(log).program(0));
      assertEquals([program.inputs, program.operations], [1, 1]);
      // What comes after is observed again.
      assertEquals(
        messageOf(() => {
          compile(log).program(1);
          return grad(log)(0);
        }),
        "Non-finite value: log(0) = -Infinity",
      );
    });

    it("and refuses what it refuses", () => {
      const f = compile(square);
      assertThrows(
        // deno-lint-ignore no-explicit-any
        () => detectAnomaly(() => f("3" as any)),
        TypeError,
        'Cannot compile: argument 1 is the string "3", expected a number',
      );
      f[Symbol.dispose]();
      assertThrows(
        () => detectAnomaly(() => f(1)),
        TypeError,
        "it was disposed of",
      );
    });
  });

  describe("tells the place", () => {
    it("of a value", () => {
      const line = nextLine();
      const f = (x: Scalar) => log(x);
      assertEquals(firstLine(anomalyOf(() => f(new Node(0)))), line);
      assertEquals(firstLine(anomalyOf(() => grad(f)(0))), line);
      assertEquals(firstLine(anomalyOf(() => hessian(f)(0))), line);
    });

    it("of a gradient or tangent: where the operation was called", () => {
      const line = nextLine();
      const f = (x: Scalar) => sqrt(x);
      assertEquals(firstLine(anomalyOf(() => backward(f(new Node(0))))), line);
      assertEquals(firstLine(anomalyOf(() => grad(f)(0))), line);
      assertEquals(firstLine(anomalyOf(() => jvp(f)(0, 1))), line);
      assertEquals(firstLine(anomalyOf(() => compile(grad(f))(0))), line);
    });

    it("of an operation over a list, a defined one, and one by hand", () => {
      const line = nextLine();
      const all = (x: Node) => sum([x, x, log(x)]);
      assertEquals(firstLine(anomalyOf(() => all(new Node(0)))), line);
      const nan = defineOperation({
        name: "nan",
        value: (x: number, _y: number, _z: number) => x * NaN,
        partials: [() => 1, () => 1, () => 1],
      });
      const line2 = nextLine();
      const defined = (x: Scalar) => nan(x, x, x);
      assertEquals(firstLine(anomalyOf(() => grad(defined)(0))), line2);
      const line3 = nextLine();
      const custom = (x: Node) => new Node(NaN, [x]);
      assertEquals(firstLine(anomalyOf(() => custom(new Node(0)))), line3);
    });

    it("through deep calls of the user, without those of this module", () => {
      const deep = (x: Scalar, depth: number): Scalar =>
        depth === 0 ? log(x) : deep(x, depth - 1);
      const { stack } = anomalyOf(() => grad((x: Scalar) => deep(x, 6))(0));
      assertEquals(stack!.match(/ at deep /g)?.length, 7);
      assertEquals(stack!.includes("/src/tape/"), false);
    });

    it("of the sweep, for what was created before", () => {
      const y = sqrt(new Node(0));
      const line = nextLine();
      const sweep = () => backward(y);
      const { stack, where } = anomalyOf(sweep);
      assert(stack!.split("\n")[1]!.includes(line));
      assertEquals(where, undefined);
    });
  });

  describe("counts infinities or not", () => {
    it("as the option says", () => {
      const infinity = () => log(new Node(0));
      const none = { infinities: false };
      assertEquals(detectAnomaly(infinity, none).value, -Infinity);
      assertEquals(
        messageOf(infinity, { infinities: true }),
        messageOf(infinity),
      );
      assertEquals(
        messageOf(() => mul(log(new Node(0)), 0), none),
        "Non-finite value: mul(-Infinity, 0) = NaN",
      );
    });

    it("in gradients and tangents", () => {
      const none = { infinities: false };
      assertEquals(detectAnomaly(() => grad(sqrt)(0), none), Infinity);
      assertEquals(
        detectAnomaly(() => jvp(sqrt)(0, 1), none).tangent,
        Infinity,
      );
      // 0 · ∞
      const f = (x: Scalar) => sqrt(mul(x, x));
      const message = "Non-finite gradient: mul(0, 0) = 0, whose adjoint is " +
        "Infinity, gives operand 1 the adjoint NaN";
      assertEquals(messageOf(() => grad(f)(0), none), message);
      assertEquals(messageOf(() => backward(f(new Node(0))), none), message);
      assertMatch(
        messageOf(() => jvp(f)(0, 1), none),
        /^Non-finite tangent: sqrt\(0\) = 0, whose operand has the tangent 0, gets the tangent NaN$/,
      );
    });
  });

  describe("leaves all in order", () => {
    // Long enough that sums in another order would give other bits.
    const f = (xs: Scalar[]) =>
      xs.reduce((y: Scalar, x) => add(mul(y, x), tanh(add(x, y))), 0.1);
    const xs = Array.from({ length: 50 }, (_, i) => Math.sin(i));

    it("and returns what run returns, to the bit", () => {
      const gradient = grad(f)(xs), curvature = hessian(f)(xs);
      const { tangent } = jvp(f)(xs, xs);
      assertEquals(detectAnomaly(() => grad(f)(xs)), gradient);
      assertEquals(detectAnomaly(() => hessian(f)(xs)), curvature);
      assertEquals(detectAnomaly(() => jvp(f)(xs, xs).tangent), tangent);
      const nodes = xs.map((x) => new Node(x));
      detectAnomaly(() => backward(f(nodes)));
      const others = xs.map((x) => new Node(x));
      backward(f(others));
      assertEquals(nodes.map((x) => x.grad), others.map((x) => x.grad));
      assertEquals(grad(f)(xs), gradient);
      assertStrictEquals(observer, null);
    });

    it("after an anomaly anywhere", () => {
      const gradient = grad(f)(xs);
      for (
        const run of [
          () => grad(log)(0),
          () => grad(sqrt)(0),
          () => jvp(sqrt)(0, 1),
          () => hessian(sqrt)(1e-320),
          () => grad((x: Scalar) => grad((y: Scalar) => log(mul(x, y)))(0))(1),
          () => backward(sqrt(new Node(0))),
          () => compile(grad(sqrt))(0),
        ]
      ) {
        anomalyOf(run);
        assertEquals([tapeLength(), isRecording()], [0, false]);
        assertEquals(tapeEntries().origins.length, 0);
        assertEquals(grad(f)(xs), gradient);
      }
    });

    it("after an error that run throws", () => {
      assertThrows(
        () =>
          detectAnomaly(() => {
            throw new RangeError("mine");
          }),
        RangeError,
        "mine",
      );
      assertStrictEquals(observer, null);
      assertEquals(grad(log)(0), Infinity);
    });

    it("when run swallows an anomaly, and goes on", () => {
      const x = new Node(0);
      const error = anomalyOf(() => {
        const y = sqrt(x);
        assertThrows(() => backward(y), AnomalyError);
        assertEquals(x.grad, 0);
        backward(square(x));
        const g = grad((x: Scalar) => {
          assertThrows(() => log(mul(x, 0)), AnomalyError);
          return square(x);
        });
        assertEquals(g(3), 6);
        log(x);
      });
      assertEquals(error.message, "Non-finite value: log(0) = -Infinity");
    });

    it("when it begins inside a recorded function", () => {
      const outer = (x: Scalar) => {
        const y = sqrt(x);
        assertThrows(() => detectAnomaly(() => log(x)), AnomalyError);
        const z = detectAnomaly(() => mul(y, y));
        return add(y, z);
      };
      assertEquals(grad(outer)(0), Infinity);
      const inner = (x: Scalar) => {
        const y = sqrt(x);
        return detectAnomaly(() => grad((w: Scalar) => mul(w, y))(1));
      };
      assertEquals(grad(inner)(4), 0.25);
    });

    it("when calls nest", () => {
      const message = messageOf(() => {
        const y = detectAnomaly(() => log(new Node(0)), { infinities: false });
        assertEquals(y.value, -Infinity);
        // The outer one observes again, and knows the origins of the inner one.
        const place = nextLine();
        const z = detectAnomaly(() => sqrt(new Node(0)));
        const error = assertThrows(() => backward(z), AnomalyError);
        assertEquals(firstLine(error), place);
        const inside = nextLine();
        const f = (x: Scalar) => add(detectAnomaly(() => sqrt(x)), 1);
        const late = assertThrows(() => grad(f)(0), AnomalyError);
        assertEquals(firstLine(late), inside);
        exp(mul(1e6, new Node(1)));
      });
      assertEquals(message, "Non-finite value: exp(1000000) = Infinity");
      assertEquals(
        messageOf(() => grad((x: Scalar) => detectAnomaly(() => log(x)))(0)),
        "Non-finite value: log(0) = -Infinity",
      );
    });

    it("on a tape of more than a million entries", () => {
      const n = 1_100_000;
      const long = (x: Scalar) => {
        let y = x;
        for (let i = 0; i < n; i++) y = add(y, x);
        return y;
      };
      // One call inside, at the end of the fast paths and beyond them.
      const g = valueAndGrad((x: Scalar) => {
        const y = long(x);
        assertThrows(() => detectAnomaly(() => log(sub(x, 1))), AnomalyError);
        return add(square(y), x);
      });
      const m = n + 1;
      const expected = { value: m * m + 1, gradient: 2 * m * m + 1 };
      assertEquals(g(1), expected);
      assertEquals(grad(f)(xs), detectAnomaly(() => grad(f)(xs)));
      assertEquals(g(1), expected);
    });
  });

  it("does not stand in the way of diagrams", () => {
    const y = detectAnomaly(() => square(new Node(3)));
    assertMatch(toMermaid(y), /square/);
  });

  describe("refuses", () => {
    it("what is not a function", () => {
      assertThrows(
        () => detectAnomaly(3 as unknown as () => void),
        TypeError,
        "Cannot detectAnomaly: run is the number 3, expected a function",
      );
    });

    it("an option that is not a boolean", () => {
      assertThrows(
        () =>
          detectAnomaly(() => 1, { infinities: "no" as unknown as boolean }),
        TypeError,
        'Cannot detectAnomaly: infinities is the string "no", expected a boolean',
      );
    });

    it("options that are not an object", () => {
      assertThrows(
        () => detectAnomaly(() => 1, false as never),
        TypeError,
        "Cannot detectAnomaly: options is the boolean false, expected an object",
      );
    });

    it("a promise", () => {
      assertThrows(
        () => detectAnomaly(() => Promise.resolve(1)),
        TypeError,
        "Cannot detectAnomaly: the result of run is an instance of Promise, " +
          "expected a value: observing ends when run returns, " +
          "so await before detectAnomaly",
      );
      assertStrictEquals(observer, null);
      assertEquals(detectAnomaly(() => ({ then: 3 })), { then: 3 });
      assertEquals(detectAnomaly(() => null), null);
    });
  });
});
