/** What a worker prints when it is run with some arguments: a JSON value per line. */
export async function jsonLinesOf<T>(
  worker: string,
  args: readonly string[],
): Promise<T[]> {
  const module = new URL(worker, import.meta.url).href;
  const flags = ["--quiet", "--allow-all", "--v8-flags=--expose-gc"];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, module, ...args],
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    const errors = decoder.decode(stderr);
    throw new Error(`Cannot run ${[worker, ...args].join(" ")}: ${errors}`);
  }
  return decoder.decode(stdout).trim().split("\n")
    .map((line) => JSON.parse(line));
}
