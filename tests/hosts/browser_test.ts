// The module in a web page, bundled by Deno.
import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import * as chainrule from "../../mod.ts";
import { fit } from "./browser/model.ts";
import { file, hasChromium, openPage } from "../support/chromium.ts";
import { assertClose } from "../support/numeric.ts";

const MESSAGES = `<!doctype html>
<meta charset="utf-8">
<pre></pre>
<script type="module">
  import * as chainrule from "./chainrule.js";

  const { add, backward, mul, Node } = chainrule;
  const x = new Node(5), y = mul(x, x);
  backward(y);
  function messageOf(attempt) {
    try {
      return attempt();
    } catch (error) {
      return String(error);
    }
  }
  document.querySelector("pre").textContent = JSON.stringify({
    names: Object.keys(chainrule),
    printed: [String(x), \`\${y}\`],
    operators: [() => x + y, () => x * 2, () => x > y].map(messageOf),
    operand: messageOf(() => add(x, "1")),
  });
</script>`;

/** The script that `deno bundle` makes; undefined, saying so, where it cannot. */
async function bundle(
  path: string,
  ...flags: readonly string[]
): Promise<string | undefined> {
  const entry = new URL(path, import.meta.url).href;
  const shared = ["--quiet", "--no-config", "--platform=browser"];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...shared, ...flags, entry],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  // Deno downloads what it bundles with at first use.
  const message = decoder.decode(stderr);
  assert(/^error: .*@esbuild\//m.test(message), message);
  console.warn("skipped: deno bundle cannot download its bundler");
  return undefined;
}

/** All numbers of a structure, by their places in it. */
function numbersOf(value: unknown, place = "fit"): [string, number][] {
  if (typeof value === "number") return [[place, value]];
  return Object.entries(Object(value)).flatMap(([key, part]) =>
    numbersOf(part, `${place}.${key}`)
  );
}

/** How many kB a script has, minified, and minified and gzipped. */
async function sizesOf(script: string): Promise<number[]> {
  const bytes = new TextEncoder().encode(script);
  const gzipped = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  const { byteLength } = await new Response(gzipped).arrayBuffer();
  return [bytes.length / 1000, byteLength / 1000];
}

const model = await bundle("browser/model.ts");
const minified = await bundle("../../mod.ts", "--minify");
const gradient = await bundle("browser/gradient.ts", "--minify");
const itOpens =
  model !== undefined && minified !== undefined && await hasChromium()
    ? it
    : it.skip;

describe("in a browser", () => {
  itOpens("a page fits a model as Deno does", async () => {
    const page = await Deno.readTextFile(
      new URL("browser/index.html", import.meta.url),
    );
    const site: Record<string, Response> = {
      "/": file(page, "html"),
      "/model.js": file(model!, "javascript"),
    };
    const text = await openPage((path) => site[path]);
    const found = numbersOf(JSON.parse(text));
    const expected = numbersOf(fit());
    assertEquals(
      found.map(([place]) => place),
      expected.map(([place]) => place),
    );
    // Another engine's exponential function: the last bits may differ.
    expected.forEach(([place, x], i) =>
      assertClose(found[i]![1], x, 1e-12, place)
    );
  });

  itOpens("the minified module keeps its names and messages", async () => {
    const site: Record<string, Response> = {
      "/": file(MESSAGES, "html"),
      "/chainrule.js": file(minified!, "javascript"),
    };
    const text = await openPage((path) => site[path]);
    const { names, printed, operators, operand } = JSON.parse(text);
    assertEquals(names, Object.keys(chainrule));
    assertEquals(printed, [
      "Node(value: 5, grad: 10, leaf)",
      "Node(value: 25, grad: 1, mul)",
    ]);
    const message = "TypeError: Cannot use a Node with JavaScript's " +
      "operators or Math: call add, sub, mul, div, pow, lt, gt, eq, sin … " +
      "instead, or read .value for the number";
    assertEquals(operators, [message, message, message]);
    assertEquals(
      operand,
      'TypeError: Cannot add: operand 2 is the string "1", ' +
        "expected a number, Node or Var",
    );
  });
});

describe("a bundle", () => {
  const itWeighs = minified === undefined ? it.skip : it;

  itWeighs("is as large as the README says", async () => {
    const readme = await Deno.readTextFile(
      new URL("../../README.md", import.meta.url),
    );
    const said = Array.from(
      readme.matchAll(/([\d.]+)\s+kB/g),
      ([, size]) => Number(size),
    );
    const found = [...await sizesOf(gradient!), ...await sizesOf(minified!)];
    assertEquals(said.length, found.length);
    // Near enough for a reader; who adds a room to the house changes the page.
    found.forEach((size, i) => assertClose(said[i]!, size, 0.1, "kB"));
  });
});
