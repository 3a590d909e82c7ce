import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  compile,
  dot,
  map,
  mul,
  rows,
  type Scalar,
  softplus,
  sub,
  sum,
  valueAndGrad,
} from "../../mod.ts";
import { seededNumbers } from "../../bench/workloads/seeded_numbers.ts";
import type { Share } from "../support/part_worker.ts";

/** What a Worker makes of a share. */
function inWorker(share: Share): Promise<readonly number[]> {
  const worker = new Worker(
    new URL("../support/part_worker.ts", import.meta.url),
    { type: "module" },
  );
  return new Promise<readonly number[]>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = reject;
    worker.postMessage(share);
  }).finally(() => worker.terminate());
}

describe("a program over rows, shipped", () => {
  const loss = (w: readonly Scalar[], data: Scalar[]): Scalar =>
    sum(map(rows(data, 4), (row) => {
      const z = add(w[3]!, dot(w.slice(0, 3), row.slice(0, 3)));
      return sub(softplus(z), mul(row[3]!, z));
    }));
  const weights = [0.3, -0.2, 0.5, 0.1];
  const data = seededNumbers(5, 4 * 1000, -1, 1);
  const compiled = compile(valueAndGrad(loss));
  const module = compiled.program(weights, data).wasm();

  it("takes a share of the rows in each of two Workers: the results add up", async () => {
    const share = (from: number, to: number) =>
      inWorker({
        module,
        numbers: weights,
        rows: data.slice(4 * from, 4 * to),
        outputs: 5,
      });
    const [one, other] = await Promise.all([share(0, 300), share(300, 1000)]);
    const { value, gradient } = compiled(weights, data);
    [value, ...gradient].forEach((expected, k) =>
      assertAlmostEquals(one![k]! + other![k]!, expected, 1e-9)
    );
  });

  it("gives all rows the bits that it gives here", async () => {
    const whole = await inWorker({
      module,
      numbers: weights,
      rows: data,
      outputs: 5,
    });
    const { value, gradient } = compiled(weights, data);
    assertEquals(whole, [value, ...gradient]);
  });

  it("says where the list that goes in is", () => {
    assertEquals([module.listInputs.length, module.listOutputs.length], [1, 0]);
  });
});
