// The targets, and where each stands in a run.
import type { EngineName } from "../engines/engines.ts";
import {
  costOf,
  median,
  modelNamesOf,
  modelTimingOf,
  type OperationTiming,
  type OperationWay,
  ratioOf,
  type Run,
  timingOf,
} from "./results.ts";
import type { Selection } from "./protocol.ts";

/** A target. */
export interface Target {
  readonly what: string;
  readonly against: string;
  readonly target: string;
  /** Where it stands; a number per size. */
  readonly stands: readonly Standing[];
}

/** Where a target stands at one size. */
export interface Standing {
  readonly text: string;
  readonly met: boolean;
}

/** Every target. */
export function targetsOf(run: Run): Target[] {
  const total = (engine: EngineName, selection: Selection) =>
    median(timingOf(run.timings, engine, selection)?.total ?? [NaN]);
  const ratio = (slow: EngineName, fast: EngineName, selection: Selection) =>
    ratioOf(
      timingOf(run.timings, slow, selection),
      timingOf(run.timings, fast, selection),
    );
  const times = (
    slow: EngineName,
    fast: EngineName,
    least: number,
    ...selections: readonly Selection[]
  ) =>
    selections.map((selection) => atLeast(ratio(slow, fast, selection), least));
  const weight = (engine: EngineName, size: number) =>
    run.weights.find((each) => each.engine === engine && each.size === size);
  const chain = (size: number): Selection => ["chain", size];
  const perceptron: Selection = ["perceptron", 100];
  const pair: Selection = ["two numbers", 2];
  const OPERATIONS_OF_PAIR = 3;
  /** The worst of the operations of a kind, and its name. */
  const worst = (
    way: OperationWay,
    kind: OperationTiming["kind"],
    limit: number,
    name = "",
  ): Standing => {
    const [first, ...others] = (run.operations ?? []).filter((timing) =>
      timing.engine === way && timing.kind === kind &&
      timing.workload.includes(name)
    );
    if (first === undefined) return atMost(NaN, limit);
    const most = others.reduce(
      (a, b) => costOf(b) > costOf(a) ? b : a,
      first,
    );
    const { text, met } = atMost(costOf(most), limit);
    const subject = most.workload.replace("operation: ", "");
    return { text: kind === "matrix" ? text : `${text} (${subject})`, met };
  };

  // Older runs did not time every operation.
  const operationTargets: readonly Target[] = run.operations === undefined
    ? []
    : [
      {
        what: "recorded, any operation of one or two operands, less `Math`",
        against: "recorded chain",
        target: "≤ 1.6 ×",
        stands: [worst("recorded", "operation", 1.6)],
      },
      {
        what: "recorded, `select` and `clamp`",
        against: "recorded chain",
        target: "≤ 2 ×",
        stands: [worst("recorded", "choice", 2)],
      },
      {
        what: "recorded, a list, ns per element, less `Math`",
        against: "",
        target: "≤ 6",
        stands: [worst("recorded", "list", 6)],
      },
      {
        what: "graph, any operation, less `Math`",
        against: "the graph's chain",
        target: "≤ 2 ×",
        stands: [worst("graph", "operation", 2), worst("graph", "choice", 2)],
      },
      {
        what: "graph, a list, ns per element, less `Math`",
        against: "",
        target: "≤ 12",
        stands: [worst("graph", "list", 12)],
      },
      {
        what: "recorded, `jacobian` of 250 outputs by 8 inputs",
        against: "a gradient",
        target: "≤ 2.5 ×",
        stands: [worst("recorded", "matrix", 2.5, "jacobian")],
      },
      {
        what: "recorded, `hessian` by 20 inputs",
        against: "a gradient",
        target: "≤ 8 ×",
        stands: [worst("recorded", "matrix", 8, "hessian")],
      },
    ];

  return [
    {
      what: "graph, chain, N = 1e3, 1e4, 1e5, 1e6",
      against: "adnn",
      target: "≥ 2 × faster",
      stands: times("adnn", "graph", 2, ...[1e3, 1e4, 1e5, 1e6].map(chain)),
    },
    {
      what: "graph, bytes per node, built and differentiated",
      against: "",
      target: "≤ 120",
      stands: [
        atMost(weight("graph", 1e6)?.built ?? NaN, 120),
        atMost(weight("graph", 1e6)?.differentiated ?? NaN, 120),
      ],
    },
    {
      what: "recorded, chain, N = 1e3",
      against: "adnn",
      target: "≥ 6 × faster",
      stands: times("adnn", "recorded", 6, chain(1e3)),
    },
    {
      what: "recorded, chain, N = 1e4, 1e5, 1e6",
      against: "adnn",
      target: "≥ 8 × faster",
      stands: times("adnn", "recorded", 8, ...[1e4, 1e5, 1e6].map(chain)),
    },
    {
      what: "recorded, chain, N = 1e6, time per operation",
      against: "its own at N = 1e4",
      target: "≤ 1.5 ×",
      stands: [
        atMost(
          total("recorded", chain(1e6)) / total("recorded", chain(1e4)),
          1.5,
        ),
      ],
    },
    {
      what: "recorded, resident bytes per operation, N = 1e6",
      against: "",
      target: "≤ 32",
      stands: [atMost(weight("recorded", 1e6)?.peak ?? NaN, 32)],
    },
    {
      what: "recorded, gradient of two numbers",
      against: "adnn",
      target: "≤ 0.6 ×",
      stands: [atMost(1 / ratio("adnn", "recorded", pair), 0.6)],
    },
    ...operationTargets,
    {
      what: "recorded, perceptron 2-16-16-1, 100 points",
      against: "adnn",
      target: "≥ 5 × faster",
      stands: times("adnn", "recorded", 5, perceptron),
    },
    {
      what: "compiled, chain, N = 1e3: called, on flat arrays",
      against: "rose 0.4.10",
      target: "≥ 5 × faster",
      stands: [
        ...times("rose", "compiled", 5, chain(1e3)),
        ...times("rose", "compiled, flat", 5, chain(1e3)),
      ],
    },
    {
      what: "the same, ns per operation",
      against: "generated C",
      target: "aim: 1.1",
      stands: [
        atMost(total("compiled", chain(1e3)), 1.1),
        atMost(total("compiled, flat", chain(1e3)), 1.1),
      ],
    },
    {
      what: "compiled, chain, N = 1e5, 1e6, a later call",
      against: "recorded",
      target: "never slower",
      stands: times("recorded", "compiled", 1, chain(1e5), chain(1e6)),
    },
    ...modelTargetsOf(run),
    {
      what: "compiled, gradient of two numbers, ns: a call, on flat arrays",
      against: "",
      target: "≤ 150",
      stands: [
        atMost(total("compiled", pair) * OPERATIONS_OF_PAIR, 150),
        atMost(total("compiled, flat", pair) * OPERATIONS_OF_PAIR, 150),
      ],
    },
  ];
}

/** As the names of their models begin. */
const EVALS_BESIDE_C = [
  "gmm",
  "kmeans",
  "llsq",
  "lse",
  "lstm",
  "ba",
  "det",
  "ht, at vertices",
  "ht, in triangles",
];

/** Of older runs, which had no models, none. */
function modelTargetsOf(run: Run): Target[] {
  if (run.models === undefined) return [];
  const names = (["loops", "evals", "sparse"] as const)
    .flatMap((group) => modelNamesOf(run, group));
  const named = (start: string) =>
    names.find((name) => name.startsWith(start)) ?? start;
  /** How many times as long as C's the compiled gradient takes. */
  const againstC = (limit: number, ...starts: readonly string[]): Standing[] =>
    starts.map((start) => {
      const name = named(start);
      const ratio = ratioOf(
        modelTimingOf(run, "compiled", name),
        modelTimingOf(run, "C", name),
      );
      return atMost(ratio, limit);
    });
  const inGradients = (way: "recorded" | "compiled", limit: number) =>
    ["1,000", "10,000", "100,000"].map((n) => {
      const of = `Rosenbrock, n = ${n}`;
      const ratio = ratioOf(
        modelTimingOf(run, way, `sparse Hessian of ${of}`),
        modelTimingOf(run, way, `gradient of ${of}`),
      );
      return atMost(ratio, limit);
    });
  const compiledRatio = (one: string, other: string) =>
    ratioOf(
      modelTimingOf(run, "compiled", named(one)),
      modelTimingOf(run, "compiled", named(other)),
    );
  const firstOf = (start: string) =>
    median(modelTimingOf(run, "compiled", named(start))?.first ?? [NaN]);
  const regression = "logistic regression, `map`";
  // What is plainly written is recorded row by row, and a Hessian has its own target.
  const withLoops = modelNamesOf(run, "loops").filter((name) =>
    !name.endsWith("plainly written") && !name.startsWith("Hessian")
  );
  const slowest = worstOf(withLoops.flatMap((name) => {
    const first = modelTimingOf(run, "compiled", name)?.first;
    return first === undefined ? [] : [[name, median(first) / 1e3] as const];
  }));
  const againstRecorded = run.models.flatMap(({ engine, workload }) =>
    engine !== "compiled" ? [] : [
      [
        workload,
        ratioOf(
          modelTimingOf(run, "compiled", workload),
          modelTimingOf(run, "recorded", workload),
        ),
      ] as const,
    ]
  );
  const worst = worstOf(againstRecorded);
  return [
    {
      what: "compiled `map`: perceptron, logistic regression",
      against: "C by hand",
      target: "≤ 1.6 × (aim: 1)",
      stands: againstC(1.6, "perceptron", "logistic regression"),
    },
    {
      what: "compiled Rosenbrock by `map`",
      against: "C by hand",
      target: "≤ 3 ×",
      stands: againstC(3, "Rosenbrock"),
    },
    {
      what: "compiled LSTM, mixture of Gaussians, k-means",
      against: "C by hand",
      target: "≤ 2 ×",
      stands: againstC(2, "LSTM, `fold`", "mixture of Gaussians", "k-means"),
    },
    {
      what: "compiled `logSumExp` of 5,000",
      against: "C by hand",
      target: "≤ 3 ×",
      stands: againstC(3, "`logSumExp`"),
    },
    {
      what: "compiled logistic regression, plainly written",
      against: "by `map`",
      target: "≤ 2 ×",
      stands: [
        atMost(
          compiledRatio("logistic regression, plainly", regression),
          2,
        ),
      ],
    },
    {
      what: "compiled Hessian of the logistic regression, a later call",
      against: "its gradient",
      target: "≤ 10 ×",
      stands: [atMost(compiledRatio("Hessian of", regression), 10)],
    },
    {
      what: "its first call, ms",
      against: "",
      target: "≤ 200",
      stands: [atMost(firstOf("Hessian of") / 1e3, 200)],
    },
    {
      what: "compiled evals: " + EVALS_BESIDE_C.join(", "),
      against: "C by hand",
      target: "≤ 2 ×",
      stands: againstC(2, ...EVALS_BESIDE_C),
    },
    {
      what: "first call of a compiled loop, ms: the longest",
      against: "",
      target: "≤ 60",
      stands: [{ ...atMost(slowest.value, 60), text: slowest.text }],
    },
    {
      what: "compiled, a later call: the model that gains least",
      against: "recorded",
      target: "never slower",
      stands: [{ ...atMost(worst.value, 1), text: worst.text }],
    },
    {
      what: "sparse Hessian of Rosenbrock, n = 1e3, 1e4, 1e5: recorded",
      against: "a recorded gradient",
      target: "≤ 15 ×",
      stands: inGradients("recorded", 15),
    },
    {
      what: "the same, compiled",
      against: "a compiled gradient",
      target: "≤ 8 ×",
      stands: inGradients("compiled", 8),
    },
    {
      what: "sparse Jacobian of Bratu's equation, 200 × 200: first, s",
      against: "",
      target: "≤ 3",
      stands: [atMost(firstOf("sparse Jacobian of Bratu") / 1e6, 3)],
    },
  ];
}

/** The largest of some values, with its name. */
function worstOf(
  values: readonly (readonly [name: string, value: number])[],
): { value: number; text: string } {
  const [name, value] = values.reduce(
    (a, b) => b[1] > a[1] ? b : a,
    ["", -Infinity] as const,
  );
  return { value, text: name === "" ? "–" : `${short(value)} (${name})` };
}

function atLeast(value: number, limit: number): Standing {
  return { text: short(value), met: value >= limit };
}

function atMost(value: number, limit: number): Standing {
  return { text: short(value), met: value <= limit };
}

/** A number in three digits or so. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return "–";
  const digits = Math.abs(x) >= 100 ? 0 : Math.abs(x) >= 10 ? 1 : 2;
  // + 0: not −0.
  return (Number(x.toFixed(digits)) + 0).toLocaleString("en", {
    maximumFractionDigits: digits,
  });
}
