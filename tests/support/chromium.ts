import { AssertionError } from "@std/assert";
import { runDeno } from "./child_deno.ts";

// Distributions differ; a path, because PATH may not lead there.
const NAMES = [
  "chromium",
  "/usr/bin/chromium",
  "chromium-browser",
  "google-chrome",
];

/**
 * Runs the first Chromium found in a child of ours, which may start programs
 * and make directories, as tests may not. Prints nothing where there is none.
 */
function runChromium(...args: readonly string[]): ReturnType<typeof runDeno> {
  return runDeno(`
    const directory = Deno.makeTempDirSync();
    try {
      for (const name of ${JSON.stringify(NAMES)}) {
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
              "--enable-logging=stderr",
              "--user-data-dir=" + directory,
              ...${JSON.stringify(args)},
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
}

/** Whether this machine has a Chromium; if not, says that its tests are skipped. */
export async function hasChromium(): Promise<boolean> {
  const { stdout, stderr } = await runChromium("--version");
  const found = stdout !== "" || stderr !== "";
  if (!found) console.warn("skipped: there is no Chromium on this machine");
  return found;
}

/**
 * What the page at "/" writes into its `<pre>` while it loads, in headless
 * Chromium. It must not need escaping in HTML.
 *
 * @param find The file at a path, if there is one.
 */
export async function openPage(
  find: (path: string) => Response | undefined | Promise<Response | undefined>,
): Promise<string> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) =>
      await find(new URL(request.url).pathname) ??
        new Response("not found", { status: 404 }),
  );
  const { stdout, stderr } = await runChromium(
    "--dump-dom",
    `http://127.0.0.1:${server.addr.port}/`,
  );
  const text = /<pre>([^<]+)<\/pre>/.exec(stdout)?.[1];
  // What the page threw is in Chromium's log.
  if (text === undefined) throw new AssertionError(`${stdout}\n${stderr}`);
  return text;
}

/** A file of a page. */
export function file(
  text: string,
  type: "html" | "javascript",
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(text, {
    headers: { "content-type": `text/${type}; charset=utf-8`, ...headers },
  });
}
