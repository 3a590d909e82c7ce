import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tapeLength } from "../../src/tape/recording.ts";
import {
  add,
  backward,
  checkpoint,
  compile,
  detectAnomaly,
  exp,
  fold,
  grad,
  hessian,
  jacobian,
  jvp,
  log,
  mul,
  neg,
  Node,
  primal,
  type Scalar,
  sin,
  square,
  valueAndGrad,
  vjp,
} from "../../mod.ts";
import { assertClose } from "../support/numeric.ts";

interface State {
  readonly position: Scalar;
  readonly velocity: Scalar;
}

/** Steps of a pendulum. */
function swing({ position, velocity }: State, { g }: { g: Scalar }): State {
  for (let k = 0; k < 10; k++) {
    velocity = add(velocity, mul(-0.1, mul(g, sin(position))));
    position = add(position, mul(0.1, velocity));
  }
  return { position, velocity };
}

/** Where a pendulum is after some blocks of steps. */
function after(
  block: typeof swing,
): (x: readonly [Scalar, Scalar]) => Scalar {
  return ([start, g]) => {
    let state: State = { position: start, velocity: 0.2 };
    for (let k = 0; k < 4; k++) state = block(state, { g });
    return mul(state.position, exp(neg(square(state.velocity))));
  };
}

const KEPT = after(swing), AGAIN = after(checkpoint(swing));
const NESTED = after(
  checkpoint((state, by) =>
    checkpoint(swing)(checkpoint(swing)(state, by), by)
  ),
);
const NESTED_KEPT = after((state, by) => swing(swing(state, by), by));
const POINT = [0.4, 1.1] as const;

function assertAllClose(found: unknown, expected: unknown): void {
  const wanted = [expected].flat(Infinity) as number[];
  const numbers = [found].flat(Infinity) as number[];
  assertEquals(numbers.length, wanted.length);
  numbers.forEach((x, i) => assertClose(x, wanted[i]!, 1e-12, `${i}`));
}

describe("a checkpoint", () => {
  for (
    const [name, f, g] of [["", AGAIN, KEPT], [
      ", nested",
      NESTED,
      NESTED_KEPT,
    ]] as const
  ) {
    it(`is the same function${name}`, () => {
      assertEquals(f(POINT), g(POINT));
      assertAllClose(
        valueAndGrad(f)(POINT).gradient,
        valueAndGrad(g)(POINT).gradient,
      );
      assertAllClose(hessian(f)(POINT), hessian(g)(POINT));
      assertAllClose(
        jvp(f)(POINT, [1, 2]).tangent,
        jvp(g)(POINT, [1, 2]).tangent,
      );
      const third = (h: typeof f) =>
        jacobian((x: readonly [Scalar, Scalar]) => hessian(h)(x).flat())(POINT);
      assertAllClose(third(f), third(g));
      const twice = (h: typeof f) =>
        grad((x: readonly [Scalar, Scalar]) => grad(h)(x)[0]! as Scalar)(POINT);
      assertAllClose(twice(f), twice(g));
    });

    it(`is the same on the graph, and compiled to the bit${name}`, () => {
      const x = POINT.map((value) => new Node(value)) as [Node, Node];
      backward(f(x));
      assertAllClose(x.map(({ grad }) => grad), grad(g)(POINT));
      assertEquals(compile(f)(POINT), f(POINT) as number);
      assertEquals(compile(grad(f))(POINT), grad(f)(POINT));
      assertEquals(compile(hessian(f))(POINT), hessian(f)(POINT));
    });
  }

  it("records its results, and one part at a time", () => {
    const lengths: number[] = [];
    const part = checkpoint((x: Scalar) => {
      for (let k = 0; k < 1000; k++) x = sin(x);
      lengths.push(tapeLength());
      return x;
    });
    const f = (x: Scalar) => part(part(part(part(x))));
    const { pullback } = vjp(f)(1);
    pullback(1);
    // Run on numbers, with next to nothing on the tape, and then once more.
    assertEquals(lengths.slice(0, 4).every((length) => length < 30), true);
    assertEquals(lengths.length, 8);
    assertEquals(
      lengths.slice(4).every((length) => length > 1000 && length < 1030),
      true,
    );
    assertEquals(tapeLength(), 0);
  });

  it("lets numbers decide the way, in both runs", () => {
    const f = checkpoint((x: Scalar): Scalar => {
      while (primal(x) < 10) x = mul(x, 3);
      return x;
    });
    assertEquals([grad(f)(1), grad(f)(4), grad(f)(20)], [27, 3, 1]);
    assertEquals(grad(grad((x: Scalar) => square(f(x))))(1), 2 * 27 * 27);
  });

  it("passes arguments on, and varies those that vary", () => {
    const options = { power: 2, name: "power" };
    const f = checkpoint((
      by: { power: number; name: string },
      x: Scalar,
      y: Scalar,
    ) => {
      assertEquals(by === options, true);
      return mul(x, add(y, by.power));
    });
    assertEquals(grad((x: Scalar) => f(options, x, 3))(2), 5);
    assertEquals(grad((x: Scalar) => f(options, x, x))(2), 6);
    assertEquals(f(options, 2, 3), 10);
    assertEquals(compile((x: Scalar, y: Scalar) => f(options, x, y))(2, 3), 10);
  });

  it("may be made where it is called, any number of times", () => {
    const f = (x: Scalar): Scalar => {
      for (let k = 1; k <= 3; k++) x = checkpoint((x: Scalar) => mul(x, k))(x);
      return x;
    };
    for (let k = 0; k < 30_000; k++) assertEquals(grad(f)(k), 6);
  });

  it("takes blocks of steps of a loop", () => {
    const steps = (from: State, g: Scalar): State =>
      fold(5, from, (state) => swing(state, { g }));
    const block = checkpoint(steps);
    const f = (of: typeof steps) => (x: readonly [Scalar, Scalar]) =>
      fold(
        4,
        { position: x[0], velocity: 0.2 as Scalar },
        (state) => of(state, x[1]),
      ).position;
    assertEquals(f(block)(POINT), f(steps)(POINT));
    assertAllClose(grad(f(block))(POINT), grad(f(steps))(POINT));
    assertEquals(compile(grad(f(block)))(POINT), grad(f(block))(POINT));
  });

  it("without anything that varies is the function itself", () => {
    const f = (x: Scalar) => checkpoint(() => square(x))();
    assertEquals(grad(f)(3), 6);
  });

  it("shows anomalies inside it", () => {
    const f = checkpoint((x: Scalar) => log(mul(x, -1)));
    const { message } = assertThrows(() => detectAnomaly(() => grad(f)(1)));
    assertEquals(message.includes("log(-1)"), true, message);
  });

  it("refuses what is not a function", () => {
    assertEquals(
      assertThrows(() => checkpoint(3 as never), TypeError).message,
      "Cannot checkpoint: the argument is the number 3, expected a function",
    );
  });

  it("refuses a function that takes a Var from around it", () => {
    const f = (x: Scalar) => checkpoint((y: Scalar) => mul(x, y))(x);
    assertEquals(
      assertThrows(() => grad(f)(1), TypeError).message,
      "Cannot checkpoint: the result of the function is an instance of Var, " +
        "expected a number, or an array, plain object or Float64Array of " +
        "numbers; what it takes from the function around it must be an argument",
    );
  });

  it("refuses an argument that is not of Scalars beside a Scalar", () => {
    const f = checkpoint((x: { a: Scalar; b: string }) => x.a);
    assertEquals(
      assertThrows(() => grad((a: Scalar) => f({ a, b: "1" }))(1), TypeError)
        .message,
      'Cannot checkpoint: the list of arguments, [0].b is the string "1", ' +
        "expected a number, Node or Var, or an array, plain object or " +
        "Float64Array of them",
    );
  });
});
