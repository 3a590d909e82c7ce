import { describe, it } from "@std/testing/bdd";
import {
  compile,
  dot,
  grad,
  hessian,
  hvp,
  jvp,
  type Scalar,
  valueAndGrad,
} from "../../mod.ts";
import { assertClose, seededRandom } from "../support/numeric.ts";
import {
  type LoopData,
  loopData,
  randomLoops,
} from "../support/random_loops.ts";
import { assertSameBits, withoutWebAssembly } from "../support/same_bits.ts";
import { leavesOf } from "../support/structures.ts";

type Loss = (p: Scalar[], data: LoopData) => Scalar;
type Transformed = (p: number[], data: LoopData) => unknown;

// As many as are asked for: `deno task test tests/compile/random_loops_test.ts -- 2000`.
const PROGRAMS = Number(Deno.args[0] ?? 40);
// These found mistakes: the adjoint of a state that a loop in a row captures beside
// what it began as; and of a root of what no row reads.
const FOUND = [396, 1134];
const ROWS = [5, 0, 1, 2, 3, 11];

/** Transforms of a function, with a vector to go with its parameters. */
function transformsOf(f: Loss, v: number[]) {
  const along = (g: (p: Scalar[], data: LoopData) => unknown): Loss => (p, d) =>
    dot(g(p, d) as Scalar[], v);
  const first = along(grad(f)), second = along(grad(first));
  return {
    toTheBit: {
      value: f,
      gradient: valueAndGrad(f),
      jvp: (p, data) => jvp(f)(p, v, data),
      hessian: hessian(f),
    } as Record<string, Transformed>,
    // Sums of reverse over reverse are added up in another order where a state
    // is what something else is, too.
    closely: {
      "reverse over reverse": grad(first),
      "reverse over forward over reverse": grad(
        along((p, data) => hvp(f)(p, v, data)),
      ),
      "three times reverse": grad(second),
      "forward over reverse over reverse": hessian(first),
    } as unknown as Record<string, Transformed>,
  };
}

describe("random programs with loops in loops", () => {
  const seeds = new Set([...Array(PROGRAMS).keys(), ...FOUND]);
  for (const seed of seeds) {
    const program = randomLoops(seed), random = seededRandom(~seed);
    const p = Array.from(
      { length: program.parameters },
      () => 2 * random() - 1,
    );
    const v = p.map(() => random() - 0.5);
    const { toTheBit, closely } = transformsOf(
      (p, data) => program.run(p, data),
      v,
    );
    const check = (
      transforms: Record<string, Transformed>,
      same: (actual: unknown, expected: unknown, what: string) => void,
    ) => {
      for (const [name, f] of Object.entries(transforms)) {
        // What is compiled is compared here.
        const compiled = compile(f as never, { verify: false }) as unknown as
          & Transformed
          & Disposable;
        for (const count of ROWS) {
          const data = loopData(count, seed + count);
          same(compiled(p, data), f(p, data), `${name}, ${count} rows`);
        }
        compiled[Symbol.dispose]();
      }
    };
    it(`number ${seed} is compiled as recorded`, () => {
      check(toTheBit, assertSameBits);
      if (seed % 4 === 0) {
        withoutWebAssembly(() => check(toTheBit, assertSameBits));
      }
      if (seed % 4 !== 1) return;
      check(closely, (actual, expected, what) => {
        const found = leavesOf(actual) as number[];
        (leavesOf(expected) as number[]).forEach((x, k) =>
          assertClose(found[k]!, x, 1e-9, what)
        );
      });
    });
  }
});
