import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { runDeno } from "../support/child_deno.ts";
import { fromNpm } from "../support/npm.ts";

// Anomalies and errors of programs that are bundled, in the hosts that run them.
// Each program prints the place of an anomaly, the first frame of its stack, and
// that of an error of this module.
const program = (imports: string) =>
  `${imports}
function loss(x) {
  const y = log(x);
  return mul(y, 2);
}
function wrong() {
  const y = add(undefined, 1);
  return [y];
}
function caught(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
}
const anomaly = caught(() => detectAnomaly(() => loss(new Node(0))));
const line = (error) => error.stack.split("\\n")[1].match(/:(\\d+):\\d+\\)?$/)[1];
console.log(JSON.stringify({
  where: anomaly.where?.replace(/^.*[\\\\/]/, "").replace(/:\\d+$/, "") ?? null,
  first: line(anomaly),
  error: line(caught(wrong)),
  message: caught(() => new Node(new Node(1))).message,
}));
`;
const NAMES = "add, detectAnomaly, log, mul, Node";
const LIBRARY = new URL("../../mod.ts", import.meta.url).pathname;

interface Seen {
  /** The file and line of the anomaly. */
  readonly where: string | null;
  /** The line of the first frame of its stack. */
  readonly first: string;
  /** The line of the first frame of another error's stack. */
  readonly error: string;
  /** What an error calls a Node. */
  readonly message: string;
}

/** What runs in a directory with these files; each command's output is to be empty but the last one's. */
async function seenBy(
  files: Readonly<Record<string, string>>,
  commands: readonly (readonly string[])[],
): Promise<Seen> {
  const { stdout, stderr } = await runDeno(`
    const cwd = Deno.makeTempDirSync();
    try {
      for (const [name, text] of Object.entries(${JSON.stringify(files)})) {
        Deno.writeTextFileSync(cwd + "/" + name, text);
      }
      for (const [command, ...args] of ${JSON.stringify(commands)}) {
        const { stdout, stderr } = new Deno.Command(command, {
          args, cwd, env: { NO_COLOR: "1" },
        }).outputSync();
        Deno.stdout.writeSync(stdout);
        Deno.stderr.writeSync(stderr);
      }
    } finally {
      Deno.removeSync(cwd, { recursive: true });
    }
  `);
  assertEquals(stderr, "");
  return JSON.parse(stdout);
}

const MESSAGE =
  "Cannot make a Node: value is an instance of Node, expected a number";
const USERS: Seen = {
  where: "model.mjs:3",
  first: "3",
  error: "7",
  message: MESSAGE,
};

describe("a program with a bundle of this module", () => {
  const model = program(`import { ${NAMES} } from "./chainrule.mjs";`);
  const BUNDLE = ["--bundle", "--log-level=warning"];

  for (const minify of [[], ["--minify"]]) {
    it(`knows the user's lines in Node ${minify.join(" ")}`, async () => {
      const [esbuild, node] = await fromNpm(["esbuild@0.25", "node@22"], [
        "esbuild",
        "node",
      ]) ?? [];
      if (esbuild === undefined || node === undefined) return;
      const output = ["--format=esm", "--outfile=chainrule.mjs"];
      const seen = await seenBy({ "model.mjs": model }, [
        [esbuild, LIBRARY, ...BUNDLE, ...minify, ...output],
        [node, "model.mjs"],
      ]);
      assertEquals(seen, USERS);
    });
  }

  it("knows them as CommonJS, and is bundled without a warning", async () => {
    const [esbuild, node] = await fromNpm(["esbuild@0.25", "node@22"], [
      "esbuild",
      "node",
    ]) ?? [];
    if (esbuild === undefined || node === undefined) return;
    const required = program(
      `const { ${NAMES} } = require("./chainrule.cjs");`,
    );
    const output = ["--format=cjs", "--outfile=chainrule.cjs"];
    const seen = await seenBy({ "model.cjs": required }, [
      [esbuild, LIBRARY, ...BUNDLE, ...output],
      [node, "model.cjs"],
    ]);
    assertEquals(seen, { ...USERS, where: "model.cjs:3" });
  });

  it("knows them in Bun, from a bundle and from the sources", async () => {
    const [esbuild, bun] = await fromNpm(["esbuild@0.25", "bun@1"], [
      "esbuild",
      "bun",
    ]) ?? [];
    if (esbuild === undefined || bun === undefined) return;
    const output = ["--format=esm", "--outfile=chainrule.mjs"];
    const bundled = await seenBy({ "model.mjs": model }, [
      [esbuild, LIBRARY, ...BUNDLE, ...output],
      [bun, "model.mjs"],
    ]);
    assertEquals(bundled, USERS);
    const direct = program(`import { ${NAMES} } from "${LIBRARY}";`);
    const seen = await seenBy({ "model.mjs": direct }, [[bun, "model.mjs"]]);
    assertEquals(seen, USERS);
  });

  it("in one file with the user's code, does not guess", async () => {
    const [esbuild, node] = await fromNpm(["esbuild@0.25", "node@22"], [
      "esbuild",
      "node",
    ]) ?? [];
    if (esbuild === undefined || node === undefined) return;
    const whole = program(`import { ${NAMES} } from "${LIBRARY}";`);
    const output = ["--format=esm", "--outfile=all.mjs"];
    const { where } = await seenBy({ "model.mjs": whole }, [
      [esbuild, "model.mjs", ...BUNDLE, ...output],
      [node, "all.mjs"],
    ]);
    assertEquals(where, null);
    // Unless a source map tells.
    const mapped = await seenBy({ "model.mjs": whole }, [
      [esbuild, "model.mjs", ...BUNDLE, ...output, "--sourcemap"],
      [node, "--enable-source-maps", "all.mjs"],
    ]);
    assertEquals(mapped, USERS);
  });
});
