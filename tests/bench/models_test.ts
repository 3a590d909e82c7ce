// The models that the report times beside C find what C finds, every way.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  changesBetween,
  describeChanges,
  isWorse,
} from "../../bench/report/compare.ts";
import { numbersOf } from "../../bench/report/models_worker.ts";
import { pageOf } from "../../bench/report/page.ts";
import {
  distance,
  type ModelTimes,
  type ModelTiming,
  type ModelWay,
  type Run,
} from "../../bench/report/results.ts";
import { targetsOf } from "../../bench/report/targets.ts";
import { modelTimings, slowModels } from "../../bench/report/time_models.ts";
import { winnersTable } from "../../bench/report/winners.ts";
import {
  type Model,
  type ModelGroup,
  modelsOf,
} from "../../bench/workloads/models.ts";
import { compile, type Scalar } from "../../mod.ts";
import { runDeno } from "../support/child_deno.ts";

const SCALE = 0.02;

/** A model's derivatives, which are called as its inputs say. */
function derivativesOf({ derivative, inputs }: Model): number[] {
  const f = derivative as (...inputs: unknown[]) => unknown;
  return numbersOf(f(...inputs));
}

function compiledDerivativesOf({ derivative, inputs }: Model): number[] {
  const f = compile(derivative as () => Scalar);
  return numbersOf((f as (...inputs: unknown[]) => unknown)(...inputs));
}

// In a process that may run a compiler; this one may not. Null where there is none.
const { stdout, stderr } = await runDeno(`
  import { ByHand } from "${new URL(
  "../../bench/c/by_hand.ts",
  import.meta.url,
)}";
  import { modelsOf } from "${new URL(
  "../../bench/workloads/models.ts",
  import.meta.url,
)}";
  import { numbersOf } from "${new URL(
  "../../bench/report/models_worker.ts",
  import.meta.url,
)}";
  const found = {};
  using byHand = ByHand.compile();
  for (const group of ["loops", "evals"]) {
    for (const { name, inputs, c } of modelsOf(group, ${SCALE})) {
      if (byHand === null || c === undefined || !c.same) continue;
      const numbers = c.numbers ?? Float64Array.from(numbersOf(inputs));
      const { value, derivatives } = await byHand.run(c.name, c.size, numbers, 1);
      found[name] = [value, ...derivatives];
    }
  }
  console.log(JSON.stringify(byHand === null ? null : found));
`);
const inC: Record<string, number[]> | null = JSON.parse(stdout || stderr);

for (const group of ["loops", "evals", "sparse"] as const) {
  describe(`a model of the report: ${group}`, () => {
    for (const model of modelsOf(group, SCALE)) {
      const { name, compiled } = model;
      if (compiled) {
        it(`gives the same compiled and recorded: ${name}`, () => {
          assertEquals(compiledDerivativesOf(model), derivativesOf(model));
        });
      }
      const expected = inC?.[name];
      if (expected !== undefined) {
        it(`gives what C does: ${name}`, () => {
          const found = derivativesOf(model);
          // C gives the value, too.
          const same = expected.slice(expected.length - found.length);
          assert(distance(found, same) < 1e-11);
        });
      }
    }
  });
}

describe("models in a report", () => {
  const times = (
    name: string,
    way: ModelWay,
    total: number,
    first = total,
  ): ModelTimes => ({ name, way, first, total, yardstick: 2 });
  const timings = (
    group: ModelGroup,
    ...processes: readonly (readonly ModelTimes[])[]
  ) => modelTimings(group, processes);
  const run = (...models: readonly ModelTiming[]): Run => ({
    date: "2000-01-01",
    command: "deno task report",
    machine: "a machine",
    versions: { Deno: "1.2.3" },
    seconds: 60,
    timings: [{
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
    }],
    fresh: [],
    weights: [],
    models,
  });
  const perceptron = "perceptron, `map` over 1,000 rows";
  const three = (compiled: number, recorded = 4000) => [
    times(perceptron, "recorded", recorded),
    times(perceptron, "compiled", compiled, 50_000),
    times(perceptron, "C", 100),
  ];
  const stands = (run: Run, start: string) =>
    targetsOf(run).find(({ what }) => what.startsWith(start))!.stands;

  it("stand beside C, as ratios of each process", () => {
    // 2, 3 and 4 times: 3 in the middle.
    const models = timings("loops", three(300), three(200), three(400));
    const row = "| perceptron, `map` over 1,000 rows | 4        | " +
      "50                   | 0.3          | 0.1 | 13.3 ×              | 3 × ";
    assertStringIncludes(pageOf(run(...models)), row);
  });

  it("are told who wins", () => {
    const table = winnersTable(run(...timings("loops", three(150))));
    assertStringIncludes(table, "µs per call |       | 4,000    | 150");
    assertStringIncludes(table, "**100**");
    assertStringIncludes(table, "1.5 × slower");
    assertStringIncludes(
      winnersTable(run(...timings("loops", three(50)))),
      "2 × faster",
    );
  });

  it("have targets", () => {
    const standing = (compiled: number) =>
      stands(
        run(...timings("loops", three(compiled))),
        "compiled `map`: perceptron",
      )[0];
    assertEquals(standing(160), { text: "1.6", met: true });
    assertEquals(standing(170), { text: "1.7", met: false });
  });

  it("are slower compiled than recorded if only one is", () => {
    const slow = timings("evals", [
      times("det", "recorded", 10),
      times("det", "compiled", 11),
    ]);
    const all = run(...timings("loops", three(200)), ...slow);
    assertEquals(stands(all, "compiled, a later call"), [
      { text: "1.1 (det)", met: false },
    ]);
  });

  it("measure a sparse Hessian in gradients", () => {
    const of = (n: string, gradient: number, hessian: number) => [
      times(`gradient of Rosenbrock, n = ${n}`, "recorded", gradient),
      times(`sparse Hessian of Rosenbrock, n = ${n}`, "recorded", hessian),
    ];
    const found = [
      ...of("1,000", 1, 14),
      ...of("10,000", 10, 150),
      ...of("100,000", 100, 1600),
    ];
    const all = run(...timings("sparse", found));
    assertEquals(
      stands(all, "sparse Hessian").map(({ text, met }) => [text, met]),
      [["14", true], ["15", true], ["16", false]],
    );
    assertStringIncludes(pageOf(all), "0.014");
  });

  it("that failed say why, and are not tried again", () => {
    const found: ModelTimes[] = [
      ...three(200),
      { name: "ode", way: "compiled", failed: "too large" },
    ];
    assertEquals(slowModels([found], 60), ["ode"]);
    assertEquals(slowModels([found], 40), [perceptron, "ode"]);
    const all = run(...timings("loops", found));
    assertStringIncludes(pageOf(all), "| compiled | ode  | too large |");
  });

  it("are compared between runs, but not C", () => {
    const before = run(...timings("loops", three(100), three(101)));
    const after = run(
      ...timings("loops", three(150), three(151))
        .map((timing) =>
          timing.engine === "C" ? { ...timing, total: [900, 901] } : timing
        ),
    );
    const changes = changesBetween(before, after, 1.15);
    const slower = changes.filter(({ verdict }) => verdict === "slower");
    assertEquals(slower.map(({ engine }) => engine), ["compiled", "C"]);
    assert(isWorse(changes));
    assert(!isWorse(changes.filter(({ engine }) => engine === "C")));
    assertStringIncludes(
      describeChanges(changes, 1.15),
      "slower  compiled, perceptron, `map` over 1,000 rows: 1.50 × the time",
    );
  });
});
