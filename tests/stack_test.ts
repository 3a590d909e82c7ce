import { afterEach, describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  add,
  backward,
  checkGradients,
  grad,
  mul,
  Node,
  type Scalar,
  sum,
  toDot,
} from "../mod.ts";
import { placeOf, userFrames, withFrames } from "../src/stack.ts";

/** A captured stack of these frames. */
function captured(frames: readonly string[], title = "Error\n"): Error {
  const error = new Error();
  error.stack = title + frames.join("\n");
  return error;
}

/** The places of the user's frames. */
function usersIn(frames: readonly string[], title?: string): string[] {
  return userFrames(captured(frames, title)).map(placeOf);
}

// Stacks as engines write them; the first frame is that of `captureStack`.
describe("the user's frames", () => {
  it("in Deno", () => {
    assertEquals(
      usersIn([
        "    at captureStack (file:///lib/src/stack.ts:16:16)",
        "    at AnomalyObserver.onNode (file:///lib/src/inspect/anomaly_observer.ts:20:5)",
        "    at log (https://jsr.io/@scope/other/log.ts:3:4)",
        "    at Array.map (<anonymous>)",
        "    at async loss (file:///home/my%20model.ts:12:10)",
        "    at file:///home/my%20model.ts:20:1",
        "    at eventLoopTick (ext:core/01_core.js:178:7)",
      ]),
      [
        "https://jsr.io/@scope/other/log.ts:3:4",
        "file:///home/my%20model.ts:12:10",
        "file:///home/my%20model.ts:20:1",
      ],
    );
  });

  it("in Node, of a bundle in the CommonJS format", () => {
    assertEquals(
      usersIn([
        "    at e (/app (2)/chainrule.cjs:1:100)",
        "    at Object.n [as log] (/app (2)/chainrule.cjs:1:900)",
        "    at new Model (/app (2)/main.cjs:5:7)",
        "    at Module._compile (node:internal/modules/cjs/loader:1554:14)",
      ]),
      ["/app (2)/main.cjs:5:7"],
    );
  });

  it("in Node on Windows", () => {
    assertEquals(
      usersIn([
        "    at captureStack (C:\\app\\chainrule\\src\\stack.js:16:16)",
        "    at log (C:\\app\\chainrule\\src\\operations.js:16:16)",
        "    at C:\\app\\main.js:5:7",
      ]),
      ["C:\\app\\main.js:5:7"],
    );
  });

  it("in Bun", () => {
    assertEquals(
      usersIn([
        "    at captureStack (/app/node_modules/chainrule/src/stack.ts:16:20)",
        "    at log (/app/node_modules/chainrule/src/operations.ts:300:10)",
        "    at loss (/app/model.ts:12:10)",
        "    at /app/model.ts:20:1",
        "    at moduleEvaluation (native:1:11)",
        "    at processTicksAndRejections (unknown:7:39)",
      ]),
      ["/app/model.ts:12:10", "/app/model.ts:20:1"],
    );
  });

  it("in Firefox and Safari", () => {
    assertEquals(
      usersIn([
        "captureStack@https://cdn.test/@chainrule/autograd/src/stack.js?v=1:16:16",
        "log@https://cdn.test/@chainrule/autograd/src/operations.js?v=2:300:10",
        "map@[native code]",
        "loss/inner<@https://user.test/@me/model.js:12:10",
        "async*@https://user.test/@me/model.js:20:1",
        "https://user.test/@me/model.js:30:1",
        "",
      ], ""),
      [
        "https://user.test/@me/model.js:12:10",
        "https://user.test/@me/model.js:20:1",
        "https://user.test/@me/model.js:30:1",
      ],
    );
  });

  it("of a bundler's server, which appends to addresses", () => {
    assertEquals(
      usersIn([
        "    at captureStack (http://localhost:5173/node_modules/.vite/deps/chainrule.js?v=0f:16:16)",
        "    at log (http://localhost:5173/node_modules/.vite/deps/chainrule.js?v=1f:90:16)",
        "    at loss (http://localhost:5173/src/model.ts?t=17:12:10)",
      ]),
      ["http://localhost:5173/src/model.ts?t=17:12:10"],
    );
  });

  it("of code that is evaluated", () => {
    assertEquals(
      usersIn([
        "    at captureStack (file:///lib/src/stack.ts:16:16)",
        "    at eval (eval at run (file:///app/repl.ts:1:2), <anonymous>:3:5)",
      ]),
      ["<anonymous>:3:5"],
    );
  });

  it("are not known in a bundle with the user's code, or without a stack", () => {
    const frames = [
      "    at e (file:///app/bundle.js:1:100)",
      "    at loss (file:///app/bundle.js:1:900)",
      "    at ModuleJob.run (node:internal/modules/esm/module_job:325:25)",
    ];
    assertEquals(usersIn(frames), []);
    assertEquals(usersIn([]), []);
    const error = new Error();
    Object.defineProperty(error, "stack", { value: undefined });
    assertEquals(userFrames(error), []);
  });
});

describe("the stack of an error", () => {
  const errors: Record<string, () => unknown> = {
    "of an operation": () => add(undefined as never, 1),
    "of an operation over a list": () => sum([null as never]),
    "of a Node that meets a Var": () =>
      grad((x: Scalar) => mul(x, new Node(1)))(1),
    "of a Var that outlived its function": () => {
      let outlived: Scalar = 0;
      grad((x: Scalar) => outlived = x)(1);
      mul(outlived, 2);
    },
    "of a graph": () => backward(3),
    "of a Node": () => new Node("3" as never),
    "of a diagram": () => toDot(new Node(1), { maxNodes: 0 }),
    "of JavaScript's operators": () => +(new Node(1) as never),
    "of a cycle": () => {
      const parents: Node[] = [], node = new Node(1, parents);
      parents.push(node);
      backward(node);
    },
    "of gradients that disagree": () =>
      checkGradients((x: Scalar) => x instanceof Node ? 1 : x, 2),
  };
  const { stackTraceLimit } = Error;
  afterEach(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  /** The first frame of the stack of what a function throws. */
  function firstFrame(run: () => unknown): string {
    const { name, message, stack } = assertThrows(run, Error);
    const [title, first] = stack!.split("\n");
    assertEquals(title, `${name}: ${message}`);
    return first!;
  }

  for (const [what, run] of Object.entries(errors)) {
    it(`begins with the user's line: ${what}`, () => {
      assert(placeOf(firstFrame(run)).startsWith(import.meta.url));
      assertEquals(Error.stackTraceLimit, stackTraceLimit);
    });
  }

  it("keeps what lies behind the user's callbacks", () => {
    const f = (x: Scalar) => add(x, undefined as never);
    const { stack } = assertThrows(() => grad(f)(1), TypeError);
    const [, first, second] = stack!.split("\n");
    assert(first!.includes(import.meta.url));
    assert(second!.includes("/src/transforms/"));
  });

  it("has as many frames as the host allows", () => {
    const deep = (depth: number): number =>
      depth === 0 ? add(undefined as never, 1) : 0 + deep(depth - 1);
    for (const limit of [1, 5, 20]) {
      Error.stackTraceLimit = limit;
      const { stack } = assertThrows(() => deep(30), TypeError);
      assertEquals(stack!.split("\n").length, 1 + limit);
      assertEquals(Error.stackTraceLimit, limit);
    }
    Error.stackTraceLimit = 0;
    const { stack, message } = assertThrows(() => deep(3), TypeError);
    assertEquals(stack, `TypeError: ${message}`);
  });

  it("does without the engine's limit, and with one that cannot be changed", () => {
    const limit = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit")!;
    const settings: PropertyDescriptor[] = [
      { value: 10, configurable: true, writable: false },
      { value: undefined, configurable: true, writable: true },
    ];
    try {
      for (const setting of settings) {
        Object.defineProperty(Error, "stackTraceLimit", setting);
        assertThrows(() => add(undefined as never, 1), TypeError, "operand 1");
      }
    } finally {
      Object.defineProperty(Error, "stackTraceLimit", limit);
    }
  });

  it("is in the engine's form", () => {
    const make = () => new RangeError("m");
    const gecko = "f@https://user.test/model.js:1:2";
    assertEquals(withFrames(make, [gecko]).stack, gecko);
    const v8 = "    at f (https://user.test/model.js:1:2)";
    assertEquals(withFrames(make, [v8]).stack, `RangeError: m\n${v8}`);
  });
});
