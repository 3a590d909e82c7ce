// The report's judgements, on runs that were made up, and what is committed of it.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type EngineName, PACKAGES } from "../../bench/engines/engines.ts";
import { Outcomes } from "../../bench/report/outcomes.ts";
import {
  changesBetween,
  describeChanges,
  isWorse,
} from "../../bench/report/compare.ts";
import { pageOf } from "../../bench/report/page.ts";
import { winnersTable } from "../../bench/report/winners.ts";
import {
  distance,
  errorsOf,
  type Run,
  type Timing,
} from "../../bench/report/results.ts";
import { work } from "../../bench/report/run_worker.ts";
import { targetsOf } from "../../bench/report/targets.ts";
import type { Message, Times } from "../../bench/report/protocol.ts";
import {
  chain,
  perceptron,
  rosenbrock,
  rungeKutta,
  sharedSubexpressions,
  twoNumbers,
} from "../../bench/workloads/workloads.ts";

function timing(
  engine: EngineName,
  total: readonly number[],
  more: Partial<Timing> = {},
): Timing {
  return {
    engine,
    workload: "chain",
    size: 1000,
    operations: 1000,
    first: total.map(() => 1),
    total,
    share: [],
    yardstick: total.map(() => 2),
    checksum: 1,
    error: 0,
    ...more,
  };
}

function run(...timings: readonly Timing[]): Run {
  return {
    date: "2000-01-01",
    command: "deno task report",
    machine: "a machine",
    versions: { Deno: "1.2.3" },
    seconds: 60,
    timings,
    fresh: [],
    weights: [],
  };
}

describe("gradients of engines", () => {
  it("are compared by the size of their largest element", () => {
    assertEquals(distance([100, 2], [100, 1]), 0.01);
    assertEquals(distance([1, 2], [1, 2]), 0);
    assertEquals(distance([0, 0], [0, 0]), 0);
    assertEquals(distance([1], [1, 2]), Infinity);
    assertEquals(distance([NaN], [1]), Infinity);
    assertEquals(distance([1], [NaN]), Infinity);
    assertEquals(distance([1], [0]), Infinity);
  });

  it("are judged by what most of them agree on", () => {
    const right = [1, -2, 4], nearly = [1, -2, 4 + 1e-12], wrong = [1, -2, 3];
    const errors = errorsOf([
      { engine: "jax-js", gradient: wrong },
      { engine: "adnn", gradient: right },
      { engine: "graph", gradient: nearly },
    ]);
    assertEquals(errors.get("adnn"), 0);
    assert(errors.get("graph")! > 0 && errors.get("graph")! < 1e-9);
    assertEquals(errors.get("jax-js"), 0.25);
  });

  it("are marked in the report where they are wrong", () => {
    const page = pageOf(run(
      timing("adnn", [100]),
      timing("rose", [100], { error: 3e-7 }),
    ));
    assertStringIncludes(page, "| **3e-7** ");
    assertStringIncludes(page, "| *rose 0.4.10* ");
    assertStringIncludes(page, "| adnn 2.0.10 ");
  });
});

describe("a workload", () => {
  const workloads = [
    chain(100),
    rosenbrock(10),
    perceptron(3),
    rungeKutta(),
    sharedSubexpressions(10),
    twoNumbers(),
  ];
  for (const { name, operations, in: inLanguage, x } of workloads) {
    it(`has as many operations as it says: ${name}`, () => {
      let count = 0;
      const counted = () => count++;
      inLanguage<number>({
        add: counted,
        sub: counted,
        mul: counted,
        div: counted,
        square: counted,
        sin: counted,
        tanh: counted,
      })(x);
      assertEquals(count, operations);
    });
  }
});

describe("two runs", () => {
  const before = run(
    timing("recorded", [20, 21, 22]),
    timing("adnn", [100, 101, 102]),
  );
  const compare = (...timings: readonly Timing[]) =>
    changesBetween(before, run(...timings), 1.15);

  it("differ where every process is beyond the threshold and the spread", () => {
    const [slower] = compare(timing("recorded", [26, 27, 28]));
    assertEquals(slower!.verdict, "slower");
    assertEquals(slower!.factor, 27 / 21);
    assertEquals(
      compare(timing("recorded", [15, 16, 17]))[0]!.verdict,
      "faster",
    );
    assertEquals(compare(timing("recorded", [21, 27, 28]))[0]!.verdict, "same");
    assertEquals(compare(timing("recorded", [23, 23, 23]))[0]!.verdict, "same");
  });

  it("do not differ by how fast the machine was", () => {
    const [change] = compare(
      timing("recorded", [40, 42, 44], { yardstick: [4, 4, 4] }),
    );
    assertEquals(change, {
      engine: "recorded",
      workload: "chain",
      size: 1000,
      factor: 1,
      verdict: "same",
    });
  });

  it("fail where this module became slower or broke, not another", () => {
    assert(isWorse(compare(timing("recorded", [30, 30, 30]))));
    assert(isWorse(compare(timing("recorded", [], { failed: "no memory" }))));
    assert(!isWorse(compare(timing("recorded", [10, 10, 10]))));
    assert(!isWorse(compare(timing("adnn", [300, 300, 300]))));
  });

  it("are described, with what did not change as a measure", () => {
    const changes = compare(
      timing("recorded", [42, 42, 42]),
      timing("adnn", [102, 101, 100]),
    );
    assertEquals(
      describeChanges(changes, 1.15),
      "slower  recorded, chain 1,000: 2.00 × the time\n" +
        "1 of 2 changed by more than 15 % and beyond their spread.\n" +
        "This module: 2.00 to 2.00 × the time, median 2.00.\n" +
        "What did not change, as a measure of the noise: " +
        "1.00 to 1.00 × the time, median 1.00.",
    );
  });
});

describe("a target", () => {
  const standing = (of: string, ...timings: readonly Timing[]) =>
    targetsOf(run(...timings)).find(({ what }) => what === of)!.stands;

  it("is a ratio of times of the same process", () => {
    // 6, 8 and 4 times: 6 in the middle.
    const stands = standing(
      "recorded, chain, N = 1e3",
      timing("adnn", [60, 80, 100]),
      timing("recorded", [10, 10, 25]),
    );
    assertEquals(stands, [{ text: "6", met: true }]);
  });

  it("is not met by a little less", () => {
    const stands = standing(
      "recorded, chain, N = 1e3",
      timing("adnn", [59.9]),
      timing("recorded", [10]),
    );
    assertEquals(stands.map(({ met }) => met), [false]);
  });

  it("is not met by what was not measured", () => {
    const stands = standing("recorded, chain, N = 1e3", timing("adnn", [60]));
    assertEquals(stands, [{ text: "–", met: false }]);
  });
});

describe("what workers say", () => {
  const times: Times = {
    operations: 1000,
    first: 5,
    total: 20,
    share: null,
    yardstick: 2,
    value: 1,
    gradient: [1, 2],
  };

  it("is entered by engine and workload", () => {
    const outcomes = new Outcomes();
    outcomes.add("adnn", { timed: ["chain", 1000], times });
    outcomes.add("adnn", { timed: ["chain", 1000], times });
    outcomes.add("rose", { failed: ["chain", 1000], message: "too large" });
    const [adnn, rose] = outcomes.timings();
    assertEquals(adnn!.total, [20, 20]);
    assertEquals([adnn!.checksum, adnn!.error], [3, 0]);
    assertEquals([rose!.failed, rose!.total, rose!.error], [
      "too large",
      [],
      null,
    ]);
    assertEquals(outcomes.firstCall("adnn", ["chain", 1000]), 5);
    assertEquals(outcomes.firstCall("rose", ["chain", 1000]), Infinity);
  });

  const order = { engine: "recorded", task: "memory", fresh: true } as const;

  it("comes from a process, and so does that it died", async () => {
    const said: Message[] = [];
    await work({
      ...order,
      limit: 1,
      workloads: [["chain", 1e6], ["chain", 1e7], ["two numbers", 2]],
    }, (message) => said.push(message));
    // What is larger than what failed is not tried; the rest is.
    assertEquals(said.slice(0, 2), [
      { begin: ["chain", 1e6] },
      { failed: ["chain", 1e6], message: "did not finish within 0.001 s" },
    ]);
    assertEquals(said[2], { begin: ["two numbers", 2] });
  });

  it("has what an engine cannot do", async () => {
    const said: Message[] = [];
    await work({
      ...order,
      engine: "notebook",
      limit: 60_000,
      workloads: [["two numbers", 2]],
    }, (message) => said.push(message));
    assertEquals(said[1], {
      failed: ["two numbers", 2],
      message: "has no sin",
    });
  });
});

describe("the committed report", () => {
  const read = (path: string) =>
    Deno.readTextFileSync(new URL(path, import.meta.url));
  const saved: Run = JSON.parse(read("../../bench/report.json"));

  it("is what the saved run says", () => {
    assertEquals(read("../../bench/report.md"), pageOf(saved));
  });

  it("has who wins in the README", () => {
    assertStringIncludes(read("../../README.md"), winnersTable(saved));
  });

  it("names the versions that the engines import", () => {
    for (const specifier of new Set(Object.values(PACKAGES))) {
      const name = specifier.replace(/^@[^/]+\/|@[^@]+$/g, "");
      const source = read(`../../bench/engines/${name}.ts`);
      assertStringIncludes(source, `"npm:${specifier}`);
    }
  });
});
