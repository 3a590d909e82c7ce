import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import {
  backward,
  Node,
  postOrder,
  primal,
  type Scalar,
  zeroGrad,
} from "../mod.ts";
import { assertClose, partialDerivative } from "./support/numeric.ts";
import { operationTable } from "./support/operation_table.ts";
import { randomProgram } from "./support/random_program.ts";

const SEEDS = Array.from({ length: 300 }, (_, seed) => seed);
const programs = SEEDS.map((seed) => randomProgram(seed));

describe("random programs", () => {
  it("are over all operations, with shared values", () => {
    const names = new Set(programs.flatMap(({ names }) => names));
    assertEquals(names.size, operationTable.length);
    let shared = 0;
    for (const { point, run } of programs) {
      const order = postOrder(run(point.map((x) => new Node(x))));
      const users = new Map<Node, number>();
      for (const node of order) {
        for (const parent of new Set(node.parents)) {
          users.set(parent, (users.get(parent) ?? 0) + 1);
        }
      }
      shared += [...users.values()].filter((count) => count > 1).length;
    }
    // Several in each, or the comparison below would be one of trees.
    assertEquals(shared > 5 * programs.length, true, `${shared} shared`);
  });

  it("have the value of their formulas, on numbers and on Nodes", () => {
    for (const [seed, { point, run, reference }] of programs.entries()) {
      const expected = reference(point);
      const value = primal(run(point));
      assertClose(value, expected, 1e-10, `seed ${seed}`);
      const ofNodes = primal(run(point.map((x) => new Node(x))));
      assertEquals(ofNodes, value, `seed ${seed}`);
    }
  });

  it("have the gradient that forward mode finds", () => {
    for (const [seed, { point, run, gradient }] of programs.entries()) {
      const leaves = point.map((x) => new Node(x));
      const root = run(leaves);
      for (const times of [1, 2]) {
        backward(root);
        leaves.forEach(({ grad }, i) => {
          assertClose(grad, times * gradient[i]!, 1e-8, `seed ${seed}, ∂${i}`);
        });
      }
      zeroGrad(root);
      assertEquals(leaves.every(({ grad }) => grad === 0), true);
    }
  });

  it("have the gradient that central differences of the whole find", () => {
    for (const [seed, { point, run, reference }] of programs.entries()) {
      const leaves = point.map((x) => new Node(x));
      backward(run(leaves));
      leaves.forEach(({ grad }, i) => {
        const f = (...xs: number[]) => reference(xs);
        const expected = partialDerivative(f, point, i);
        assertClose(grad, expected, 1e-5, `seed ${seed}, ∂${i}`);
      });
    }
  });

  it("are of the variables alone where some inputs are constants", () => {
    for (const [seed, { point, run, gradient }] of programs.entries()) {
      const xs: Scalar[] = point.map((x, i) => i % 2 === 0 ? new Node(x) : x);
      const root = run(xs);
      backward(root);
      xs.forEach((x, i) => {
        if (typeof x === "number") return;
        assertClose(
          (x as Node).grad,
          gradient[i]!,
          1e-8,
          `seed ${seed}, ∂${i}`,
        );
      });
    }
  });
});
