// A page whose Content-Security-Policy forbids to generate code.
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { stripTypeScriptTypes } from "node:module";
import { runDeno } from "../child_deno.ts";

const CHECKOUT = new URL("../..", import.meta.url);

const PAGE = `<!doctype html>
<meta charset="utf-8">
<body>
<script type="module" src="/page.js"></script>`;

const SCRIPT = `
  import { add, compile, mul, sin, valueAndGrad } from "/mod.ts";
  let text;
  try {
    const f = compile(valueAndGrad(([x, y]) => mul(add(x, y), sin(x))));
    const { value, gradient } = f([2, 3]);
    text = JSON.stringify({ kind: f.program([2, 3]).kind, value, gradient });
  } catch (error) {
    text = String(error);
  }
  document.body.textContent = "result: " + text + ";";
`;

/** The page, its script and the module's files, stripped of their types. */
async function respond(
  request: Request,
  policy: string,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  const javascript = { headers: { "content-type": "text/javascript" } };
  if (pathname === "/") {
    return new Response(PAGE, {
      headers: {
        "content-type": "text/html",
        "content-security-policy": policy,
      },
    });
  }
  if (pathname === "/page.js") return new Response(SCRIPT, javascript);
  if (!/^\/(mod\.ts|src\/[\w/]+\.ts)$/.test(pathname)) {
    return new Response("not part of the module", { status: 404 });
  }
  const text = await Deno.readTextFile(new URL(`.${pathname}`, CHECKOUT));
  // Parameter properties are more than types.
  const stripped = stripTypeScriptTypes(text, { mode: "transform" });
  return new Response(stripped, javascript);
}

/**
 * The page in headless Chromium, or nothing where there is none. A child of
 * ours runs it: that may start programs and make directories, tests may not.
 */
async function pageText(address: string): Promise<string | undefined> {
  const { stdout, stderr } = await runDeno(`
    const directory = Deno.makeTempDirSync();
    try {
      for (const name of ["chromium", "/usr/bin/chromium"]) {
        try {
          const { stdout, stderr } = new Deno.Command(name, {
            args: [
              "--headless",
              "--no-sandbox",
              "--disable-gpu",
              "--disable-quic",
              "--no-first-run",
              "--disable-background-networking",
              "--disable-component-update",
              "--disable-sync",
              "--no-proxy-server",
              "--user-data-dir=" + directory,
              "--dump-dom",
              ${JSON.stringify(address)},
            ],
            stdout: "piped",
            stderr: "piped",
          }).outputSync();
          const decoder = new TextDecoder();
          console.log(decoder.decode(stdout));
          console.error(decoder.decode(stderr));
          break;
        } catch (error) {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        }
      }
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  `);
  if (stdout === "" && stderr === "") return undefined;
  const text = /result: (.*?);</.exec(stdout)?.[1];
  assert(text !== undefined, `${stdout}\n${stderr}`);
  return text;
}

describe("a page with a Content-Security-Policy", () => {
  let server: Deno.HttpServer<Deno.NetAddr>;
  let policy: string;

  beforeEach(() => {
    server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => respond(request, policy),
    );
  });

  afterEach(() => server.shutdown());

  const policies = [
    ["script-src 'self'", "interpreter"],
    ["script-src 'self' 'wasm-unsafe-eval'", "wasm"],
  ] as const;
  for (const [header, kind] of policies) {
    it(`${header}: ${kind}`, async () => {
      policy = header;
      const text = await pageText(`http://127.0.0.1:${server.addr.port}/`);
      if (text === undefined) {
        console.warn("skipped: there is no Chromium on this machine");
        return;
      }
      // (x + y)·sin x at (2, 3), and its derivatives.
      const value = 5 * Math.sin(2);
      const gradient = [5 * Math.cos(2) + Math.sin(2), Math.sin(2)];
      const found = JSON.parse(text);
      assertEquals(found.kind, kind);
      const numbers = [found.value, ...found.gradient];
      // Another engine's sine: the last bit may differ.
      numbers.forEach((x: number, i) =>
        assert(Math.abs(x - [value, ...gradient][i]!) < 1e-14, text)
      );
    });
  }
});
