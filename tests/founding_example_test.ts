import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { add, backward, mul, Node, zeroGrad } from "../mod.ts";

// The Python notebook that the engine comes from printed (1, 22, 18) for the
// second line: its visited set and its order were globals, so the second call
// replayed the first graph, z = x + x, and gave x another 2. Ours belong to the
// call. By hand: dz/dx = 2 for x + x, and 2(x + y) = 18 for (x + y)², by x and
// by y, which is added to what the leaves have.
describe("the founding example", () => {
  function run(reset: boolean): number[][] {
    const x = new Node(5), y = new Node(4);
    const twice = add(x, x);
    backward(twice);
    const first = [twice.grad, x.grad, y.grad];
    if (reset) zeroGrad(twice);
    const sum = add(x, y), z = mul(add(x, y), sum);
    backward(z);
    return [first, [z.grad, x.grad, y.grad], [twice.value, z.value]];
  }

  it("adds the gradients of the second graph to those of the first", () => {
    assertEquals(run(false), [[1, 2, 0], [1, 20, 18], [10, 81]]);
  });

  it("forgets the first graph after zeroGrad", () => {
    assertEquals(run(true), [[1, 2, 0], [1, 18, 18], [10, 81]]);
  });

  it("leaves the first graph as it was", () => {
    const x = new Node(5), y = new Node(4);
    const twice = add(x, x);
    backward(twice);
    const sum = add(x, y);
    backward(mul(sum, sum));
    assertEquals(twice.grad, 1);
  });

  // micrograd and its ports give 32: they leave the inner x·x its old gradient.
  it("gives x·x·x at 2 the gradient 12, and 24 after a second backward", () => {
    const x = new Node(2);
    const y = mul(mul(x, x), x);
    backward(y);
    assertEquals([y.value, x.grad], [8, 12]);
    backward(y);
    assertEquals([y.grad, x.grad], [1, 24]);
  });
});
