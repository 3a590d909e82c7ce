import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { assertEquals, assertMatch } from "@std/assert";

const CHECKOUT = new URL("..", import.meta.url);

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

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a Deno of its own, without the checkout's configuration. */
async function run(
  program: string,
  options: { flags?: string[]; env?: Record<string, string> } = {},
): Promise<Output> {
  const { flags = [], env = {} } = options;
  const shared = ["--quiet", "--no-config", "--no-lock", "--no-prompt"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...shared, ...flags, "-"],
    // A proxy would not reach this machine's own server.
    env: {
      NO_COLOR: "1",
      NO_PROXY: "127.0.0.1",
      no_proxy: "127.0.0.1",
      ...env,
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(program));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

describe("import of mod.ts by URL", () => {
  let server: Deno.HttpServer<Deno.NetAddr>;
  let cache: string;

  // The cache is the child's to make and remove: tests may not write.
  beforeEach(async () => {
    server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      serveFile,
    );
    const { stdout } = await run("console.log(Deno.makeTempDirSync())", {
      flags: ["--allow-all"],
    });
    cache = stdout.trim();
  });

  afterEach(async () => {
    await server.shutdown();
    const directory = JSON.stringify(cache);
    await run(`Deno.removeSync(${directory}, { recursive: true })`, {
      flags: ["--allow-all"],
    });
  });

  /** Runs a program that knows the module's address, with an empty cache. */
  function importing(program: (origin: string) => string): Promise<Output> {
    const host = `127.0.0.1:${server.addr.port}`;
    return run(program(`http://${host}`), {
      flags: [`--allow-import=${host}`],
      env: { DENO_DIR: cache },
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
      import "${origin}/tests/numeric.ts";
      console.log("imported");
    `);
    assertEquals(stdout, "");
    assertMatch(stderr, /404|not found/i);
  });
});
