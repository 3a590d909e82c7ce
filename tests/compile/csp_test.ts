// A page whose Content-Security-Policy forbids to generate code.
import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { stripTypeScriptTypes } from "node:module";
import { file, hasChromium, openPage } from "../support/chromium.ts";
import { assertClose } from "../support/numeric.ts";

const CHECKOUT = new URL("../..", import.meta.url);

const PAGE = `<!doctype html>
<meta charset="utf-8">
<pre></pre>
<script type="module" src="/page.js"></script>`;

const SCRIPT = `
  import { add, compile, mul, sin, valueAndGrad } from "/mod.ts";
  const f = compile(valueAndGrad(([x, y]) => mul(add(x, y), sin(x))));
  const { value, gradient } = f([2, 3]);
  const { kind } = f.program([2, 3]);
  document.querySelector("pre").textContent =
    JSON.stringify({ kind, numbers: [value, ...gradient] });
`;

/** The page, its script and the module's files, stripped of their types. */
async function find(
  path: string,
  policy: string,
): Promise<Response | undefined> {
  if (path === "/") {
    return file(PAGE, "html", { "content-security-policy": policy });
  }
  if (path === "/page.js") return file(SCRIPT, "javascript");
  if (!/^\/(mod\.ts|src\/[\w/]+\.ts)$/.test(path)) return undefined;
  const text = await Deno.readTextFile(new URL(`.${path}`, CHECKOUT));
  // Parameter properties are more than types.
  return file(stripTypeScriptTypes(text, { mode: "transform" }), "javascript");
}

const itOpens = await hasChromium() ? it : it.skip;

describe("a page with a Content-Security-Policy", () => {
  const policies = [
    ["script-src 'self'", "interpreter"],
    ["script-src 'self' 'wasm-unsafe-eval'", "wasm"],
  ] as const;
  for (const [policy, kind] of policies) {
    itOpens(`${policy}: ${kind}`, async () => {
      const text = await openPage((path) => find(path, policy));
      const found = JSON.parse(text);
      assertEquals(found.kind, kind);
      // (x + y)·sin x at (2, 3), and its derivatives. Another engine's sine:
      // the last bit may differ.
      const expected = [
        5 * Math.sin(2),
        5 * Math.cos(2) + Math.sin(2),
        Math.sin(2),
      ];
      assertEquals(found.numbers.length, expected.length);
      expected.forEach((x, i) => assertClose(found.numbers[i], x, 1e-14, text));
    });
  }
});
