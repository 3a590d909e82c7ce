/** What a child process printed. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs TypeScript in a Deno of its own, without the checkout's configuration.
 * It may do what tests may not, unless `permission` says less.
 */
export async function runDeno(
  program: string,
  { flags = [], env = {}, permission = "--allow-all" }: {
    readonly flags?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly permission?: string;
  } = {},
): Promise<Output> {
  const shared = ["--quiet", "--no-config", "--no-lock", "--no-prompt"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", ...shared, permission, ...flags, "-"],
    env: { NO_COLOR: "1", ...env },
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
