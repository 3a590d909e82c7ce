import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertInstanceOf } from "@std/assert";
import {
  add,
  type Arguments,
  backward,
  clamp,
  compile,
  defineOperation,
  dot,
  fold,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  type Like,
  lt,
  map,
  mean,
  mul,
  Node,
  pow,
  primal,
  relu,
  rows,
  type Scalar,
  scan,
  select,
  sin,
  square,
  stopGradient,
  sub,
  sum,
  valueAndGrad,
  type ValueAndGradient,
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

const named = (x: Scalar, name: "a", f: () => number, date: Date): Scalar =>
  mul(x, name.length + f() + date.getTime());

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

  it("say Node where a Node is among the operands", () => {
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
      typed<Node>()(add(x, s), true),
      typed<Node>()(mul(s, x), true),
      typed<Node>()(select(s, x, 1), true),
      typed<Node>()(dot([x, x], [s, 1]), true),
      typed<Node>()(product(s, x, 1), true),
    ];
    for (const node of nodes) assertInstanceOf(node, Node);
  });

  it("say Scalar where it may be either", () => {
    typed<Scalar>()(add(s, s), true);
    typed<Scalar>()(add(s, 1), true);
    typed<Scalar>()(sin(s), true);
    typed<Scalar>()(clamp(1, s, 2), true);
    typed<Scalar>()(select(s, 1, 2), true);
    typed<Scalar>()(sum([s, s]), true);
    typed<Scalar>()(dot([s, s], [s, 1]), true);
    typed<Scalar>()(sum([s, x]), true);
    typed<Scalar>()(double(s), true);
    typed<Scalar>()(product(s, 2, 1), true);
    assertEquals(primal(s), 4);
  });

  it("say Node for a layer of Nodes, whatever it is given", () => {
    class Neuron {
      readonly w = [new Node(1), new Node(-2)];
      readonly b = new Node(0.5);
      call(x: readonly Scalar[]): Node {
        return typed<Node>()(relu(add(dot(this.w, x), this.b)), true);
      }
    }
    assertEquals(new Neuron().call([3, 1]).value, 1.5);
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

  it("take a parameter without a type for a Scalar", () => {
    const slope = grad((x) => typed<Scalar>()(mul(x, sin(x)), true));
    typed<number>()(slope(three), true);
    const scaled = valueAndGrad((x, k) => mul(x, typed<Scalar>()(k, true)));
    typed<number>()(scaled(three, 2).gradient, true);
    typed<number[][]>()(hessian((x) => square(x))(three), true);
    typed<number>()(jvp((x) => square(x))(three, 1).tangent, true);
    typed<number>()(vjp((x) => square(x))(three).pullback(1), true);
    typed<number[][]>()(jacobian((x) => [x, square(x)])(three), true);
    typed<number>()(hvp((x) => square(x))(three, 1), true);
    assertEquals(scaled(three, 2), { value: 6, gradient: 2 });
  });

  it("take a Float64Array as data, and wherever a list of Scalars goes", () => {
    interface Rows {
      readonly inputs: readonly (readonly Scalar[])[];
      readonly targets: readonly Scalar[];
    }
    const loss = ([a, b]: readonly [Scalar, Scalar], rows: Rows): Scalar =>
      sum(
        Array.from(
          rows.targets,
          (target, i) =>
            square(sub(add(mul(a, rows.inputs[i]![0]!), b), target)),
        ),
      );
    const rows = {
      inputs: [Float64Array.of(1), [2]],
      targets: Float64Array.of(3, 5),
    };
    const at = Float64Array.of(2, 0), vector = [1, 0];
    typed<Float64Array>()(grad(loss)(at, rows), true);
    typed<number>()(valueAndGrad(loss)(at, rows).value, true);
    typed<number[][]>()(hessian(loss)(at, rows), true);
    typed<number[][]>()(jacobian(loss)(at, rows), true);
    typed<number>()(jvp(loss)(at, vector, rows).tangent, true);
    typed<Float64Array>()(vjp(loss)(at, rows).pullback(1), true);
    typed<Float64Array | number[]>()(hvp(loss)(at, vector, rows), true);
    assertEquals(grad(loss)(at, rows), Float64Array.of(-6, -4));
    // A function takes data of its own types and nothing else.
    assertEquals(grad(named)(1, "a", () => 2, new Date(3)), 6);
  });

  it("say what a transform of a transform gives", () => {
    const f = (xs: readonly Scalar[]) => dot(xs, xs);
    const g = ({ w, b }: { w: readonly Scalar[]; b: Scalar }) => mul(sum(w), b);
    const list = typed<number[]>()(jvp(grad(f))([1, 2], [1, 0]).tangent, true);
    assertEquals(list, [2, 0]);
    const { tangent } = jvp(grad(g))({ w: [1, 2], b: 3 }, { w: [1, 0], b: 1 });
    typed<number[]>()(tangent.w, true);
    typed<number>()(tangent.b, true);
    const both = jvp(valueAndGrad(f))([1, 2], [1, 0]).tangent;
    typed<number>()(both.value, true);
    typed<number[]>()(both.gradient, true);
    typed<number[]>()(vjp(grad(f))([1, 2]).value, true);
    typed<number>()(grad(grad((x: Scalar) => square(x)))(three), true);
    const numbers = jvp(grad(f))(Float64Array.of(1, 2), [1, 0]).tangent;
    const either: Float64Array | number[] = numbers;
    assertEquals(either, Float64Array.of(2, 0));
  });

  it("go through a wrapper that takes any function", () => {
    function fit<X, D extends readonly unknown[]>(
      loss: (x: X, ...data: D) => Scalar,
      x: X,
      ...data: Arguments<D>
    ): ValueAndGradient<X> {
      return valueAndGrad(loss)(x, ...data);
    }
    function slope<X, D extends readonly unknown[]>(
      loss: (x: X, ...data: D) => Scalar,
      x: X,
      ...data: D
    ): Like<X> {
      return grad(loss)(x, ...data);
    }
    const loss = (xs: readonly Scalar[], ys: readonly Scalar[]) => dot(xs, ys);
    const { value, gradient } = fit(loss, [1, three], Float64Array.of(3, 4));
    typed<number>()(value, true);
    typed<number[]>()(gradient, true);
    typed<number[]>()(slope(loss, [1, three], [3, 4]), true);
    assertEquals([value, gradient], [15, [3, 4]]);
  });

  it("say number for numbers where a function is compiled", () => {
    const product = compile((x: Scalar, y: Scalar) => mul(x, y));
    typed<number>()(product(three, 4), true);
    const list = compile((xs: readonly Scalar[]) => xs.map((x) => square(x)));
    typed<number[]>()(list([1, 2]), true);
    typed<number[]>()(list(Float64Array.of(1, 2)), true);
    const record = compile((
      { a, bs }: { a: Scalar; bs: readonly Scalar[] },
      [c]: readonly [Scalar],
    ) => ({ product: mul(a, c), sums: [sum(bs)] }));
    const { product: ac, sums } = record({ a: 2, bs: [3, 4] }, [5]);
    typed<number>()(ac, true);
    typed<number[]>()(sums, true);
    assertEquals([ac, sums], [10, [7]]);
    typed<number>()(compile(compile((x: Scalar) => square(x)))(three), true);
    typed<number>()(compile(() => 5)(), true);
    // It is the function itself for anything else, and in a recording.
    typed<Scalar>()(product(x, 4), true);
    typed<number>()(grad((x: Scalar) => product(x, x))(three), true);
    // What a transform made has its own types.
    const f = (xs: readonly Scalar[], ys: readonly Scalar[]) => dot(xs, ys);
    const both = compile(valueAndGrad(f))([1, 2], Float64Array.of(3, 4));
    typed<number>()(both.value, true);
    typed<number[]>()(both.gradient, true);
    typed<Float64Array>()(compile(grad(f))(Float64Array.of(1), [2]), true);
    typed<number[]>()(compile(hvp(f))([1], [2], [3]), true);
    typed<number>()(compile(jvp(f))([1], [2], [3]).tangent, true);
    typed<number[][]>()(compile(hessian(f))([1], [2]), true);
    typed<number[]>()(jvp(compile(grad(f)))([1], [2], [3]).tangent, true);
    const pair = ([a, b]: [Scalar, Scalar]) => mul(a, b);
    typed<[number, number]>()(compile(grad(pair))([1, 2]), true);
    const several = { f: compile(f), g: compile(grad(f)) };
    typed<number[]>()(several.g([1], [2]), true);
    assertEquals(several.f.program([1], Float64Array.of(2)).kind, "wasm");
  });

  it("end for structures that contain their own kind", () => {
    interface Tree<T> {
      readonly value: T;
      readonly children: readonly Tree<T>[];
    }
    const total = ({ value, children }: Tree<Scalar>): Scalar =>
      sum([value, ...children.map(total)]);
    const tree: Tree<number> = {
      value: 1,
      children: [{ value: 2, children: [] }],
    };
    const { value, gradient } = valueAndGrad(total)(tree);
    typed<number>()(value, true);
    typed<number>()(gradient.children[0]!.value, true);
    typed<number>()(compile(total)(tree), true);
    assertEquals([value, gradient.children[0]!.value], [3, 1]);
  });

  // Never called: each line has to be an error, or the compiler complains.
  function _mistakes(): void {
    // @ts-expect-error Compiled, the data are Scalars.
    compile((x: Scalar, n: number) => mul(x, n));
    // @ts-expect-error The leaves of a structure, too.
    compile((x: Scalar, { n }: { x: Scalar; n: number }) => mul(x, n));
    // @ts-expect-error And all that decides.
    compile((x: Scalar, mask: readonly boolean[]) => mask[0] ? x : 0);
    // @ts-expect-error A name belongs in a closure.
    compile((x: Scalar, kind: "sin" | "exp") => kind === "sin" ? sin(x) : x);
    // @ts-expect-error A Float64Array comes as an array of Scalars.
    compile((x: Scalar, ys: Float64Array) => mul(x, ys[0]!));
    // @ts-expect-error So do the data of a transform.
    compile(valueAndGrad((x: Scalar, n: number) => mul(x, n)));
    // @ts-expect-error And its argument.
    compile(grad(({ x, n }: { x: Scalar; n: number }) => mul(x, n)));
    // @ts-expect-error A parameter needs a type.
    compile((x) => sin(x))(3);
    // @ts-expect-error Without a type, it is one Scalar.
    grad((xs) => sum(xs));
    // @ts-expect-error Data are of the function's own types: another name,
    grad(named)(1, "b", () => 2, new Date(3));
    // @ts-expect-error or another function.
    grad(named)(1, "a", () => "", new Date(3));
    // @ts-expect-error A list of Scalars, not of strings.
    grad((xs: readonly Scalar[]) => sum(xs))(["1"]);
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

describe("the types of loops", () => {
  it("a row has a Scalar wherever it has a number", () => {
    const points = [{ at: [1, 2], weight: 3 }];
    map(points, (row) => {
      typed<{ at: Scalar[]; weight: Scalar }>()(row, true);
      return row.weight;
    });
    map([1, 2], (x) => typed<Scalar>()(x, true));
    map(3, (x) => typed<Scalar>()(x, true));
    map(new Float64Array(2), (x) => typed<Scalar>()(x, true));
    map([new Float64Array(2)], (row) => typed<Scalar[]>()(row, true)[0]!);
    map(
      rows(new Float64Array(2), 2),
      (row) => typed<Scalar[]>()(row, true)[0]!,
    );
    map([new Node(1)], (x) => typed<Node>()(x, true));
  });

  it("map gives an array of what its function gives", () => {
    const squares = map([1, 2], (x): [Scalar, Scalar] => [x, square(x)]);
    typed<[Scalar, Scalar][]>()(squares, true);
    typed<Node[]>()(map([new Node(1)], (x) => square(x)), true);
  });

  it("a state has a Scalar wherever the initial one has a number", () => {
    typed<Scalar>()(fold([1, 2], 0, (total, x) => add(total, x)), true);
    const last = fold(3, [0, 1], ([a, b]) => [b, add(a, b)]);
    typed<[Scalar, Scalar]>()(last, true);
    const states = scan(3, { x: 0 }, ({ x }) => ({ x: add(x, 1) }));
    typed<{ x: Scalar }[]>()(states, true);
    const zeros: number[] = [0, 0];
    typed<Scalar[]>()(fold(3, zeros, (s) => s.map((x) => add(x, 1))), true);
  });

  it("refuses what is neither", () => {
    // Never called: only what the compiler says of these counts.
    function _refused(): void {
      // @ts-expect-error Rows are a list or a count.
      map("abc", (x) => x);
      // @ts-expect-error A state keeps its structure.
      fold([1], [0, 0], ([a]) => [a]);
      // @ts-expect-error A flat list needs a width.
      rows([1, 2]);
    }
  });
});
