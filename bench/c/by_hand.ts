// The workloads written by hand in C, compiled where there is a compiler.

/** What a program in C found, and how long a call took it. */
export interface ByHandResult {
  readonly value: number;
  readonly derivatives: Float64Array;
  /** The least of five rounds. */
  readonly seconds: number;
}

/** `workloads.c`, compiled by `cc -O2`. */
export class ByHand {
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  /** Compiles it; null where there is no `cc`, or it fails. */
  static compile(): ByHand | null {
    const directory = Deno.makeTempDirSync();
    const program = `${directory}/workloads`;
    const source = new URL("workloads.c", import.meta.url);
    try {
      const { success } = new Deno.Command("cc", {
        args: [
          "-O2",
          decodeURIComponent(source.pathname),
          "-o",
          program,
          "-lm",
        ],
      }).outputSync();
      return success ? new ByHand(program) : null;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }

  /**
   * Calls a workload.
   *
   * @param name What `workloads.c` calls it.
   * @param size How many rows or steps it has.
   * @param numbers Its arguments, flat.
   * @param calls How many calls make a round.
   */
  async run(
    name: string,
    size: number,
    numbers: Float64Array,
    calls: number,
  ): Promise<ByHandResult> {
    const child = new Deno.Command(this.#program, {
      args: [name, String(calls), String(size)],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array(numbers.slice().buffer));
    await writer.close();
    const { success, code, stdout } = await child.output();
    if (!success) {
      throw new Error(`Cannot run ${name} in C: it ended with ${code}`);
    }
    const results = new Float64Array(stdout.slice().buffer);
    return {
      value: results[0]!,
      derivatives: results.slice(1, -1),
      seconds: results.at(-1)!,
    };
  }

  /** Removes the program. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.#program.replace(/\/workloads$/, ""), {
      recursive: true,
    });
  }
}
