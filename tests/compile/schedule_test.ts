import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { chainLeaves, mixedChain } from "../../bench/workloads/chain.ts";
import { compile, type Scalar, sin, sum, valueAndGrad } from "../../mod.ts";
import type { Ordered as Program } from "../../src/compile/program/builder.ts";
import { scheduled } from "../../src/compile/program/schedule.ts";
import { forEachOperand, INPUT } from "../../src/tape/entries.ts";
import { programFor } from "../support/rolled.ts";

function depthsOf(program: Program): number[] {
  const depths: number[] = [];
  for (let i = 0; i < program.length; i++) {
    let depth = 0;
    forEachOperand(program, i, (operand) => {
      assert(operand < i, "an operand comes first");
      depth = Math.max(depth, depths[operand]!);
    });
    depths.push(program.codes[i]! > INPUT ? depth + 1 : 0);
  }
  return depths;
}

describe("the order of a program", () => {
  const chain = (x: Scalar[]) => mixedChain(x, 200);

  it("is that of depth where it is narrow", () => {
    const gradient = (x: Scalar[]) => valueAndGrad(chain)(x);
    const before = programFor(gradient, chainLeaves());
    const after = scheduled(before);
    const depths = depthsOf(after);
    assertEquals(depths, depths.toSorted((a, b) => a - b));
    // The recorded order has the reverse sweep after all of the function.
    assert(depthsOf(before).some((depth, i, all) => depth < (all[i - 1] ?? 0)));
    assertEquals(after.length, before.length);
  });

  it("stays where it is wide", () => {
    const wide = programFor((x) => sum(x.map((xi) => sin(sin(xi)))), [1, 2]);
    const many = programFor(
      (x) => x.map((xi) => sin(sin(xi))),
      Array.from({ length: 100 }, (_, i) => i),
    );
    assert(scheduled(wide) !== wide);
    assert(scheduled(many) === many);
  });

  it("changes no bit of a result", () => {
    const x = chainLeaves();
    const { value, gradient } = valueAndGrad(chain)(x);
    const compiled = compile(valueAndGrad(chain))(x);
    assertEquals(compiled.value, value);
    assert(compiled.gradient.every((g, i) => Object.is(g, gradient[i])));
  });
});
