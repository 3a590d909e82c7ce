import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  compile,
  fold,
  map,
  min,
  mul,
  relu,
  rows,
  type Scalar,
  square,
  sub,
  sum,
  valueAndGrad,
} from "../../../mod.ts";
import { type Block, guardsOf } from "../../../src/compile/program/guards.ts";
import { withLoopsOptimised } from "../../../src/compile/program/optimise.ts";
import { parseProgram } from "../../../src/compile/program/program.ts";
import { Plan } from "../../../src/compile/wasm/scopes.ts";
import { assertSameBits } from "../../support/same_bits.ts";
import { seededRandom } from "../../support/numeric.ts";

/** What the first loop of a program may leave undone. */
function guardsIn(text: string) {
  const { top } = new Plan(withLoopsOptimised(parseProgram(text)));
  const [body] = top.bodies.values();
  return { guards: guardsOf(body!), body: body!.program };
}

/** Adds the products of a mask and `count` numbers of a row to sums that begin with a number. */
function sums(count: number, first: string, mask: string, told = true): string {
  const k = Array.from({ length: count }, (_, k) => k);
  const at = 2 * count;
  return [
    "inputs: %0[], %1",
    `%2 = ${first}`,
    `%3 = rows %0 / ${count}`,
    "%4 = loop up to %3",
    ...k.map((k) => `  %${k} = carry %2`),
    ...k.map((k) => `  %${count + k} = stream %0[${k} + ${count}i]`),
    `  %${at} = capture %1`,
    `  %${at + 1} = 0`,
    // A sum of all numbers, of which the mask is made.
    ...k.slice(1).map((k) =>
      `  %${at + 1 + k} = ${told ? "add" : "max"} %${count + k} %${
        k === 1 ? count : at + k
      }`
    ),
    `  %${at + count + 1} = gt %${at + count} %${at}`,
    `  %${at + count + 2} = ${
      mask.replaceAll("gt", `%${at + count + 1}`).replaceAll(
        "zero",
        `%${at + 1}`,
      )
        .replaceAll("sum", `%${at + count}`)
    }`,
    ...k.flatMap((k) => [
      `  %${at + count + 3 + 2 * k} = mul %${at + count + 2} %${count + k}`,
      `  %${at + count + 4 + 2 * k} = add %${k} %${at + count + 3 + 2 * k}`,
    ]),
    `  next: ${k.map((k) => `%${at + count + 4 + 2 * k}`).join(", ")}`,
    ...k.map((k) => `%${5 + k} = final %4 carry ${k}`),
    `outputs: ${k.map((k) => `%${5 + k}`).join(", ")}`,
  ].join("\n");
}

describe("guardsOf", () => {
  const mask = "select gt sum zero";

  it("finds what a zero makes pointless, and the number that tells of infinities", () => {
    const { guards, body } = guardsIn(sums(8, "0", mask));
    assertEquals(guards!.outputs.size, 8);
    assertEquals(guards!.blocks.length, 1);
    const [{ entries, outputs, inner }] = guards!.blocks as [Block];
    assertEquals([entries.length, outputs.length, inner], [8, 8, []]);
    const { lists, lefts } = body,
      [{ mask: found }] = guards!.blocks as [Block];
    assertEquals(guards!.witnesses, [lists[lefts[found]! + 1]]);
  });

  it("finds nothing where a sum may be −0, a mask is no mask, or a factor may be infinite", () => {
    assertEquals(guardsIn(sums(8, "-0", mask)).guards, undefined);
    assertEquals(guardsIn(sums(8, "0", "mul gt sum")).guards, undefined);
    assertEquals(guardsIn(sums(8, "0", mask, false)).guards, undefined);
  });

  it("leaves what is too little for a branch", () => {
    assertEquals(guardsIn(sums(4, "0", mask)).guards, undefined);
  });
});

type List = Float64Array | readonly Scalar[];

describe("what rows leave undone", () => {
  // What is odd, and what is usual, by turns.
  const odd = [0, -0, 1, -1, 1e200, -1e200, 1e308, Infinity, -Infinity, NaN];

  const numbers = (seed: number, count: number, share: number) => {
    const random = seededRandom(seed);
    return Float64Array.from(
      { length: count },
      () =>
        random() < share
          ? odd[Math.floor(random() * odd.length)]!
          : Math.round(4 * random() - 2),
    );
  };

  const cases: Record<string, (p: Scalar[], data: List) => Scalar> = {
    "the nearest of some": (p, data) =>
      sum(
        map(rows(data, 8), (row) =>
          [0, 8, 16, 24].map((at) =>
            sum(row.map((x, j) =>
              square(sub(x, p[at + j]!))
            ))
          ).reduce((a, b) => min(a, b))),
      ),
    "a layer of relu": (p, data) =>
      sum(
        map(rows(data, 8), (row) =>
          sum([0, 8, 16, 24].map((at) =>
            relu(sum(row.map((x, j) =>
              mul(x, p[at + j]!)
            )))
          ))),
      ),
    "the nearest of a list": (p, data) => {
      const centres = [0, 8, 16, 24].map((at) => p.slice(at, at + 8));
      return sum(
        map(
          rows(data, 8),
          (row) =>
            fold(centres, Infinity as Scalar, (least, centre) =>
              min(
                least,
                sum(row.map((x, j) => square(sub(x, centre[j]!)))),
              )),
        ),
      );
    },
  };

  for (const [name, f] of Object.entries(cases)) {
    it(`${name}: the bits are those of all rows done`, () => {
      const derivative = (p: readonly Scalar[], data: List) =>
        valueAndGrad((p: Scalar[]) => f(p, data))([...p]);
      const compiled = compile(derivative, { verify: false });
      for (let seed = 0; seed < 60; seed++) {
        const p = [...numbers(seed, 32, seed % 3 === 0 ? 0.1 : 0)];
        const data = numbers(100 + seed, 8 * 6, seed % 2 === 0 ? 0.05 : 0);
        const got = compiled(p, data), expected = derivative(p, data);
        assertSameBits(
          [got.value, ...got.gradient],
          [expected.value, ...expected.gradient],
          `seed ${seed}`,
        );
      }
    });
  }
});
