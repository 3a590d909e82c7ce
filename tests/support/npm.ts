// Programs from npm, run in children of ours: tests may neither write nor
// start what they like.
import { assert } from "@std/assert";
import { type Output, runDeno } from "./child_deno.ts";

// What npm says when it cannot reach or will not serve the registry, not when
// what was asked of it is wrong.
const OUT_OF_REACH =
  /code (ENO(TFOUND|TCACHED|ENT)|EAI_AGAIN|ECONN\w+|ETIMEDOUT|E(HOST|NET)UNREACH|E(403|407|429|5\d\d)|ERR_SOCKET_TIMEOUT|\w*CERT\w*)\b/;

/**
 * Where npm keeps the commands of packages, which it downloads at first use;
 * undefined, saying so, where it cannot or there is no npm.
 *
 * @param packages The packages, as in `typescript@5.7`.
 * @param commands The commands wanted of them.
 */
export async function fromNpm<const C extends readonly string[]>(
  packages: readonly string[],
  commands: C,
): Promise<{ readonly [K in keyof C]: string } | undefined> {
  const args = [
    "--yes",
    ...packages.map((name) => `--package=${name}`),
    "--call",
    commands.map((command) => `command -v ${command}`).join(" && "),
  ];
  const { stdout, stderr } = await runDeno(`
    try {
      const { stdout, stderr } = await new Deno.Command("npx", {
        args: ${JSON.stringify(args)},
        stdout: "piped",
        stderr: "piped",
      }).output();
      await Deno.stdout.write(stdout);
      await Deno.stderr.write(stderr);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      console.error("npm error code ENOENT: there is no npx");
    }
  `);
  const paths = stdout.split("\n").filter((line) => line !== "");
  if (paths.length === commands.length) {
    return paths as unknown as { readonly [K in keyof C]: string };
  }
  assert(OUT_OF_REACH.test(stderr), `${stdout}\n${stderr}`);
  console.warn(`skipped: npm cannot give ${packages.join(", ")}`);
  return undefined;
}

/**
 * Runs a program in a new directory with these files in it.
 *
 * @param command Where the program is.
 * @param args Its arguments.
 * @param files What is in the files, by name.
 */
export function runBeside(
  command: string,
  args: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<Output> {
  return runDeno(`
    const cwd = Deno.makeTempDirSync();
    try {
      for (const [name, text] of Object.entries(${JSON.stringify(files)})) {
        Deno.writeTextFileSync(cwd + "/" + name, text);
      }
      const { stdout, stderr } = await new Deno.Command(
        ${JSON.stringify(command)},
        {
          args: ${JSON.stringify(args)},
          cwd,
          env: { NO_COLOR: "1" },
          stdout: "piped",
          stderr: "piped",
        },
      ).output();
      await Deno.stdout.write(stdout);
      await Deno.stderr.write(stderr);
    } finally {
      Deno.removeSync(cwd, { recursive: true });
    }
  `);
}
