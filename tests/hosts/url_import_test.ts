import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { assertEquals, assertMatch } from "@std/assert";
import { type Output, runDeno } from "../support/child_deno.ts";

const CHECKOUT = new URL("../..", import.meta.url);

/** Serves the module as any web server would: single files, no import map. */
async function serveFile(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!/^\/(mod\.ts|src\/[\w/]+\.ts)$/.test(pathname)) {
    return new Response("not part of the module", { status: 404 });
  }
  const text = await Deno.readTextFile(new URL(`.${pathname}`, CHECKOUT));
  const headers = { "content-type": "application/typescript" };
  return new Response(text, { headers });
}

// A proxy would not reach this machine's own server.
const DIRECT = { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" };

describe("import of mod.ts by URL", () => {
  let server: Deno.HttpServer<Deno.NetAddr>;
  let cache: string;

  // The cache is the child's to make and remove: tests may not write.
  beforeEach(async () => {
    server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      serveFile,
    );
    const { stdout } = await runDeno("console.log(Deno.makeTempDirSync())");
    cache = stdout.trim();
  });

  afterEach(async () => {
    await server.shutdown();
    const directory = JSON.stringify(cache);
    await runDeno(`Deno.removeSync(${directory}, { recursive: true })`);
  });

  /** Runs a program that knows the module's address, with an empty cache. */
  function importing(program: (origin: string) => string): Promise<Output> {
    const host = `127.0.0.1:${server.addr.port}`;
    return runDeno(program(`http://${host}`), {
      permission: `--allow-import=${host}`,
      env: { ...DIRECT, DENO_DIR: cache },
    });
  }

  it("is all that a program needs to compute a gradient", async () => {
    const { stdout, stderr } = await importing((origin) => `
      import { add, backward, mul, Node } from "${origin}/mod.ts";
      const x: Node = new Node(5), y: Node = new Node(4);
      const sum = add(x, y), z = mul(sum, sum);
      backward(z);
      console.log(z.value, z.grad, x.grad, y.grad);
    `);
    // (x + y)² is 81, its derivatives 2(x + y).
    assertEquals(stdout, "81 1 18 18\n", stderr);
  });

  it("would fail on a file that is not part of the module", async () => {
    const { stdout, stderr } = await importing((origin) => `
      import "${origin}/tests/support/numeric.ts";
      console.log("imported");
    `);
    assertEquals(stdout, "");
    assertMatch(stderr, /404|not found/i);
  });
});
