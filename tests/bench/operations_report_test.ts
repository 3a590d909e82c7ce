// What the report says of every operation by itself, on runs that were made up.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  changesBetween,
  describeChanges,
  isWorse,
} from "../../bench/report/compare.ts";
import { pageOf } from "../../bench/report/page.ts";
import {
  costOf,
  type OperationTimes,
  type OperationTiming,
  type Run,
} from "../../bench/report/results.ts";
import { targetsOf } from "../../bench/report/targets.ts";
import { operationTimings } from "../../bench/report/time_operations.ts";
import { OPERATIONS } from "../../bench/workloads/operations.ts";
import { primal } from "../../mod.ts";
import * as operations from "../support/all_operations.ts";

function times(total: number, more: Partial<OperationTimes> = {}) {
  return {
    name: "exp",
    kind: "operation",
    total,
    addition: 10,
    math: 8,
    chain: 10,
    yardstick: 2,
    ...more,
  } as const;
}

const recorded = (...totals: number[]) =>
  operationTimings("recorded", totals.map((total) => [times(total)]));

function run(operations: readonly OperationTiming[]): Run {
  const timing = {
    engine: "recorded",
    workload: "chain",
    size: 1000,
    operations: 1000,
    first: [1],
    total: [10],
    share: [],
    yardstick: [2],
    checksum: 1,
    error: 0,
  } as const;
  return {
    date: "2000-01-01",
    command: "deno task report",
    machine: "a machine",
    versions: { Deno: "1.2.3" },
    seconds: 60,
    timings: [timing],
    fresh: [],
    weights: [],
    operations,
  };
}

describe("the operations that the report times", () => {
  const names = new Set(OPERATIONS.map(({ name }) => /^\w+/.exec(name)![0]));

  it("are all there are, but for those that compute nothing", () => {
    const missing = Object.keys(operations).filter((name) => !names.has(name));
    assertEquals(missing.sort(), ["primal", "stopGradient"]);
  });

  for (const { name, run, leaves } of OPERATIONS) {
    it(`have a finite value where they are timed: ${name}`, () => {
      assert(Number.isFinite(primal(run(leaves, 40))));
    });
  }
});

describe("what an operation costs", () => {
  it("is a multiple of the chain's operation, less the addition and Math", () => {
    // (38 − 10 − 8) / 10 = 2, (28 − 18) / 10 = 1, (48 − 18) / 10 = 3.
    const [timing] = recorded(38, 28, 48);
    assertEquals(costOf(timing!), 2);
  });

  it("is nanoseconds per element of a list", () => {
    const [timing] = operationTimings("graph", [
      [times(14, { kind: "list", addition: 1, math: 8 })],
    ]);
    assertEquals(costOf(timing!), 5);
  });

  it("is a row of the report", () => {
    assertStringIncludes(pageOf(run(recorded(38))), "| exp | 2 ×");
  });

  it("has a target, which names the worst", () => {
    const all = [
      ...recorded(38),
      ...operationTimings("recorded", [[times(33, { name: "sin" })]]),
    ];
    const standing = (all: readonly OperationTiming[]) =>
      targetsOf(run(all)).find(({ what }) =>
        what.startsWith("recorded, any operation")
      )!.stands;
    assertEquals(standing(all), [{ text: "2 (exp)", met: false }]);
    // 1.6: as much as it may be.
    assertEquals(standing(recorded(34)), [{ text: "1.6 (exp)", met: true }]);
  });

  it("is compared between runs, like all else", () => {
    const before = run(recorded(38, 39, 40)), after = run(recorded(60, 61, 62));
    const changes = changesBetween(before, after, 1.15);
    assertEquals(changes.map(({ verdict }) => verdict), ["same", "slower"]);
    assert(isWorse(changes));
    assertStringIncludes(
      describeChanges(changes, 1.15),
      "slower  recorded, operation: exp: 1.56 × the time",
    );
  });
});
