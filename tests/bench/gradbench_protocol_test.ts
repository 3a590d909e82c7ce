// GradBench's protocol: what is answered to which line.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { EVALS } from "../../bench/gradbench/evals.ts";
import {
  type Eval,
  prepared,
  respond,
  type Response,
} from "../../bench/gradbench/protocol.ts";
import { linesOf } from "../../bench/lines.ts";

const answer = (
  message: unknown,
  evals: Readonly<Record<string, Eval>> = EVALS,
): Response => JSON.parse(respond(JSON.stringify(message), evals));

const evaluate = (module: string, name: string, input: unknown) =>
  answer({ id: 7, kind: "evaluate", module, function: name, input });

describe("a GradBench tool", () => {
  it("says who it is", () => {
    assertEquals(answer({ id: 0, kind: "start", eval: "gmm" }), {
      id: 0,
      tool: "chainrule",
    });
  });

  it("knows all evals", () => {
    const names =
      "hello gmm kmeans llsq lse det ode lstm ba ht particle saddle";
    for (const module of names.split(" ")) {
      assertEquals(answer({ id: 1, kind: "define", module }), {
        id: 1,
        success: true,
      });
    }
  });

  it("acknowledges what asks for nothing", () => {
    assertEquals(answer({ id: 3, kind: "analysis", of: 2, valid: true }), {
      id: 3,
    });
  });

  it("evaluates once where the input does not say how often", () => {
    const { id, success, output, timings } = evaluate("hello", "double", 3);
    assertEquals([id, success, output], [7, true, 6]);
    assertEquals(timings!.map(({ name }) => name), ["evaluate"]);
    assert(Number.isSafeInteger(timings![0]!.nanoseconds));
  });

  it("evaluates as often, and for as long, as it is told", () => {
    const runs = (min_runs: number, min_seconds: number) =>
      evaluate("lse", "primal", { x: [1, 2], min_runs, min_seconds }).timings!;
    assertEquals(runs(5, 0).length, 5);
    assertEquals(runs(0, 0).length, 1);
    const took = runs(1, 0.02).reduce((sum, each) => sum + each.nanoseconds, 0);
    assert(took >= 0.02e9);
  });

  it("gives typed arrays as lists", () => {
    const lists: Eval = {
      floats: () => prepared(() => Float64Array.of(1, 2)),
      starts: () => prepared(() => ({ rows: Int32Array.of(0, 3) })),
    };
    const output = (name: string) =>
      answer(
        { id: 1, kind: "evaluate", module: "lists", function: name, input: {} },
        { lists },
      ).output;
    assertEquals(output("floats"), [1, 2]);
    assertEquals(output("starts"), { rows: [0, 3] });
  });
});

describe("what a GradBench tool cannot do is told", () => {
  const refused = (response: Response, error: string) => {
    assertEquals(response.success, false);
    assertEquals(response.output, undefined);
    assertStringIncludes(response.error!, error);
  };
  const runs = { min_runs: 1, min_seconds: 0 };

  it("an unknown module, with those there are", () => {
    for (const module of ["linreg", "constructor", "__proto__"]) {
      refused(
        answer({ id: 1, kind: "define", module }),
        `RangeError: Cannot evaluate: the module is "${module}", ` +
          "expected one of hello, gmm, ",
      );
    }
  });

  it("an unknown function", () => {
    refused(
      evaluate("hello", "triple", 1),
      'the function is "triple", expected one of square, double',
    );
  });

  it("a line that is not JSON, or not a message", () => {
    const response = JSON.parse(respond("{", EVALS));
    assertEquals([response.id, response.success], [null, false]);
    refused(answer(3), "the message is the number 3, expected an object");
    refused(
      answer({ id: 4 }),
      "the message.kind is undefined, expected a string",
    );
    assertEquals(answer({ id: 4 }).id, 4);
  });

  it("a result that JSON does not have", () => {
    const overflow: Eval = { run: () => prepared(() => [1, Infinity]) };
    refused(
      answer(
        { id: 1, kind: "evaluate", module: "m", function: "run", input: {} },
        { m: overflow },
      ),
      "Cannot respond: a number of the output is Infinity",
    );
  });

  const inputs: readonly (readonly [string, string, unknown, string])[] = [
    [
      "hello",
      "square",
      "3",
      'the input is the string "3", expected a finite number',
    ],
    [
      "lse",
      "primal",
      [1],
      "the input is an array of length 1, expected an object",
    ],
    [
      "lse",
      "primal",
      { x: [1, null], ...runs },
      "TypeError: Cannot evaluate: the input.x[1] is null, " +
      "expected a finite number",
    ],
    [
      "lse",
      "primal",
      { x: [1], min_runs: "1", min_seconds: 0 },
      'the input.min_runs is the string "1", expected a finite number',
    ],
    [
      "llsq",
      "gradient",
      { x: [1], n: 1.5, ...runs },
      "the input.n is the number 1.5, expected a whole number of at least 2",
    ],
    [
      "det",
      "gradient",
      { A: [1, 2, 3], ell: 2, ...runs },
      "RangeError: Cannot evaluate: the input.A has 3 elements, expected 4",
    ],
    [
      "kmeans",
      "dir",
      { points: [[1, 2]], centroids: [[1, 2], [3]], ...runs },
      "the input.centroids[1] has 1 elements, expected 2",
    ],
    [
      "lstm",
      "jacobian",
      {
        main_params: [[1, 2, 3, 4]],
        extra_params: [[1], [2], [3]],
        state: [[0]],
        sequence: [[1], [2]],
        ...runs,
      },
      "the input.main_params has 1 elements, expected two per layer",
    ],
    [
      "lstm",
      "jacobian",
      { sequence: [[1]], ...runs },
      "the input.sequence has 1 elements, expected at least 2",
    ],
    [
      "ht",
      "jacobian",
      {
        theta: [],
        us: [],
        data: {
          model: { bone_names: ["wrist", "arm"], parents: [-1, 1] },
          correspondences: [],
          points: [],
        },
        ...runs,
      },
      "the input.data.model.parents[1] is 1, expected less than 1",
    ],
  ];
  for (const [module, name, input, error] of inputs) {
    it(`${module}: ${error}`, () => {
      refused(evaluate(module, name, input), error);
    });
  }
});

describe("deno task gradbench", () => {
  it("answers line by line, whatever went wrong before", async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        new URL("../../bench/gradbench/tool.ts", import.meta.url).href,
      ],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode([
      '{"id": 0, "kind": "start"}',
      '{"id": 1, "kind": "define", "module": "none"}',
      "nonsense",
      '{"id": 2, "kind": "evaluate", "module": "hello", ' +
      '"function": "square", "input": 3}',
    ].join("\n")));
    await writer.close();
    const { success, stdout } = await child.output();
    const responses: Response[] = new TextDecoder().decode(stdout).trim()
      .split("\n").map((line) => JSON.parse(line));
    assertEquals(responses.map(({ id, success }) => [id, success]), [
      [0, undefined],
      [1, false],
      [null, false],
      [2, true],
    ]);
    assertEquals([success, responses[3]!.output], [true, 9]);
  });
});

describe("lines", () => {
  it("are told apart wherever chunks end", async () => {
    const chunks = ["a", "b\ncd", "\n", "\ne\nf", "g", "h"];
    const found: string[] = [];
    for await (const line of linesOf(ReadableStream.from(chunks))) {
      found.push(line);
    }
    assertEquals(found, ["ab", "cd", "", "e", "fgh"]);
  });
});
