import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  add,
  backward,
  clamp,
  defineOperation,
  dot,
  hessian,
  lt,
  mean,
  mul,
  Node,
  pow,
  primal,
  type Scalar,
  select,
  sin,
  stopGradient,
  sum,
  valueAndGrad,
  vjp,
  zeroGrad,
} from "../mod.ts";

// What is tested here is tested by the compiler: `deno test` checks types
// before it runs anything.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only where `actual` has exactly the type it should. */
function typed<Expected>(): <Actual>(
  actual: Actual,
  same: Same<Actual, Expected>,
) => Actual {
  return (actual) => actual;
}

const double = defineOperation({
  name: "double",
  value: (x: number) => 2 * x,
  partials: () => 2,
});
const product = defineOperation({
  name: "product",
  value: (a: number, b: number, c: number) => a * b * c,
  partials: [
    (_a, b, c) => mul(b, c),
    (a, _b, c) => mul(a, c),
    (a, b) => mul(a, b),
  ],
});

describe("types", () => {
  const x = new Node(3);
  const three: number = 3;
  // Scalars, by type.
  const s: Scalar = ((): Scalar => new Node(4))();

  it("say number for numbers", () => {
    const numbers = [
      typed<number>()(add(1, 2), true),
      typed<number>()(sin(three), true),
      typed<number>()(pow(three, 2), true),
      typed<number>()(lt(1, three), true),
      typed<number>()(clamp(three, 0, 1), true),
      typed<number>()(select(1, three, 2), true),
      typed<number>()(sum([1, three]), true),
      typed<number>()(mean(new Float64Array(1)), true),
      typed<number>()(dot([1], new Float64Array(1)), true),
      typed<number>()(stopGradient(three), true),
      typed<number>()(double(three), true),
      typed<number>()(product(1, 2, three), true),
      typed<number>()(primal(s), true),
    ];
    for (const value of numbers) assertEquals(typeof value, "number");
  });

  it("say Node where a Node is among Nodes and numbers", () => {
    const nodes = [
      typed<Node>()(add(x, x), true),
      typed<Node>()(add(x, 1), true),
      typed<Node>()(add(three, x), true),
      typed<Node>()(sin(x), true),
      typed<Node>()(lt(x, three), true),
      typed<Node>()(clamp(x, 0, 1), true),
      typed<Node>()(clamp(0, 0, x), true),
      typed<Node>()(select(lt(x, 1), 2, three), true),
      typed<Node>()(sum([x, x]), true),
      typed<Node>()(dot([x], [three]), true),
      typed<Node>()(dot(new Float64Array(1), [x]), true),
      typed<Node>()(stopGradient(x), true),
      typed<Node>()(double(x), true),
      typed<Node>()(product(1, x, 2), true),
    ];
    for (const node of nodes) assertInstanceOf(node, Node);
  });

  it("say Scalar where it may be either", () => {
    typed<Scalar>()(add(s, s), true);
    typed<Scalar>()(add(s, 1), true);
    typed<Scalar>()(add(x, s), true);
    typed<Scalar>()(sin(s), true);
    typed<Scalar>()(clamp(1, s, 2), true);
    typed<Scalar>()(select(s, 1, 2), true);
    typed<Scalar>()(sum([s, s]), true);
    typed<Scalar>()(dot([x, x], [s, 1]), true);
    typed<Scalar>()(double(s), true);
    typed<Scalar>()(product(s, x, 1), true);
    assertEquals(primal(s), 4);
  });

  it("let a function that is written once take all kinds", () => {
    const f = (a: Scalar, b: Scalar): Scalar => mul(add(a, b), sin(a));
    typed<Scalar>()(f(2, x), true);
    // What needs a Node takes a Scalar, so that this compiles.
    const root = f(x, 2);
    zeroGrad(root);
    backward(root);
    assertEquals(primal(f(3, 2)), primal(root));
  });

  it("keep inferring in arrays and callbacks", () => {
    const doubled = typed<Node[]>()([x, x].map((x) => add(x, 1)), true);
    typed<Node>()(sum(doubled), true);
    typed<number>()(
      [1, 2].map((x) => sin(x)).reduce((a, b) => add(a, b)),
      true,
    );
    assertEquals(doubled.length, 2);
  });

  it("say number for what comes of a structure of numbers", () => {
    // An interface has no index signature, whatever its fields.
    interface Line<T> {
      readonly slope: T;
      readonly points: readonly [T, T];
      readonly offset?: T;
    }
    const f = ({ slope, points: [a, b] }: Line<Scalar>) =>
      mul(slope, mul(a, b));
    const line: Line<number> = { slope: 2, points: [3, 4] };
    const { value, gradient } = valueAndGrad(f)(line);
    typed<number>()(value, true);
    typed<number>()(gradient.slope, true);
    typed<number[][]>()(hessian(f)(line), true);
    typed<number>()(vjp(f)(line).pullback(1).points[1], true);
    typed<number>()(valueAndGrad(sum)(Float64Array.of(1, 2)).value, true);
    const open: Line<Scalar> = line;
    typed<Scalar>()(valueAndGrad(f)(open).value, true);
    assertEquals([value, gradient.slope], [24, 12]);
  });

  // Never called: each line has to be an error, or the compiler complains.
  function _mistakes(): void {
    // @ts-expect-error A string is no Scalar.
    add("1", 2);
    // @ts-expect-error Nor is undefined.
    add(1, undefined);
    // @ts-expect-error Nor is null.
    sin(null);
    // @ts-expect-error Nor is a bigint.
    mul(1n, 2);
    // @ts-expect-error Nor is an object that looks like a Node.
    sin({ value: 1, grad: 0 });
    // @ts-expect-error An operand is missing.
    add(1);
    // @ts-expect-error There is one too many.
    sin(1, 2);
    // @ts-expect-error A list is expected.
    sum(1);
    // @ts-expect-error A list of Scalars.
    sum(["1"]);
    // @ts-expect-error Two lists.
    dot([1]);
    // @ts-expect-error JavaScript's operators are not for Nodes.
    x + 1;
    // @ts-expect-error Nor for Scalars.
    s * 2;
    // @ts-expect-error A Node is not a number.
    typed<number>()(add(x, 1), true);
    // @ts-expect-error A Scalar may be a number.
    s.value;
    // @ts-expect-error The value of a Node is a number.
    new Node("1");
    // @ts-expect-error Its parents are Nodes.
    new Node(1, [2]);
    // @ts-expect-error Its parents do not change.
    x.parents = [];
    // @ts-expect-error Nor does their list.
    x.parents.push(x);
    // @ts-expect-error Nor the backward function.
    x.backwardFn = null;
    // @ts-expect-error A backward function takes nothing.
    new Node(1, [], (grad: number) => grad);
    // @ts-expect-error A graph is wanted.
    backward("x");
    // @ts-expect-error A defined operation knows how many operands it has.
    double(1, 2);
    // @ts-expect-error And their kinds.
    double("1");
    // @ts-expect-error A rule is missing.
    defineOperation({ name: "f", value: (x: number) => x });
    defineOperation({
      name: "f",
      value: (a: number, b: number) => a + b,
      // @ts-expect-error There are two parameters.
      partials: [() => 1],
    });
    defineOperation({
      name: "f",
      value: (x: number) => x,
      // @ts-expect-error A rule gives a Scalar.
      partials: () => "1",
    });
    defineOperation({
      name: "f",
      // @ts-expect-error A value gives a number.
      value: (x: number) => `${x}`,
      partials: () => 1,
    });
  }
});
