/**
 * Where this module stands: `deno task report` times and weighs all its ways to
 * run a function beside other packages, and writes `bench/report.md` with its
 * plots, the run itself as `bench/report.json`, and the README's
 * table of who wins.
 *
 * - `--save run.json` writes the run there instead, and nothing else.
 * - `--compare old.json` says what became slower or faster than in a saved run
 *   instead, and fails if this module became slower.
 * - `--threshold 1.15`: by how much, at least.
 * - `--processes 3`: how many each engine is timed in.
 * - `--from run.json`: takes a saved run instead of a new one.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { collect } from "./report/collect.ts";
import { changesBetween, describeChanges, isWorse } from "./report/compare.ts";
import { pageOf } from "./report/page.ts";
import { plotsOf } from "./report/plots.ts";
import type { Run } from "./report/results.ts";
import { winnersTable } from "./report/winners.ts";

const BENCH = new URL(".", import.meta.url);
const README = new URL("../README.md", import.meta.url);
const WINNERS = /(<!-- winners -->\n)[^]*?(\n<!-- \/winners -->)/;

const { values: options } = parseArgs({
  options: {
    compare: { type: "string" },
    threshold: { type: "string", default: "1.15" },
    processes: { type: "string", default: "3" },
    save: { type: "string" },
    from: { type: "string" },
  },
});

const threshold = numberOf("threshold", options.threshold, 1);
const processes = numberOf("processes", options.processes, 1);
// A file that is not there is better known before ten minutes than after.
const old = options.compare === undefined ? null : read(options.compare);

const command = ["deno task report", ...Deno.args].join(" ");
const run = options.from === undefined
  ? await collect(processes, command, progress)
  : read(options.from);

if (options.save !== undefined) write(options.save, run);
if (old !== null) compare(old, run);
if (options.save === undefined && old === null) await publish(run);

/** Writes the report, and what it is made of. */
async function publish(run: Run): Promise<void> {
  write(new URL("report.json", BENCH), run);
  Deno.writeTextFileSync(new URL("report.md", BENCH), pageOf(run));
  Deno.mkdirSync(new URL("plots", BENCH), { recursive: true });
  for (const [name, svg] of Object.entries(await plotsOf(run))) {
    Deno.writeTextFileSync(new URL(`plots/${name}.svg`, BENCH), svg + "\n");
  }
  const readme = Deno.readTextFileSync(README);
  Deno.writeTextFileSync(
    README,
    readme.replace(
      WINNERS,
      (_, before, after) => `${before}\n${winnersTable(run)}\n${after}`,
    ),
  );
}

function compare(old: Run, run: Run): void {
  const changes = changesBetween(old, run, threshold);
  console.log(describeChanges(changes, threshold));
  if (old.machine !== run.machine) {
    console.log(`The machines differ: ${old.machine}; ${run.machine}.`);
  }
  if (isWorse(changes)) Deno.exitCode = 1;
}

function progress(done: number, of: number, what: string): void {
  const line = `[${done} of ${of}] ${what}`;
  if (Deno.stderr.isTerminal()) {
    Deno.stderr.writeSync(
      new TextEncoder().encode(`\r\x1b[K${line}${done === of ? "\n" : ""}`),
    );
  } else {
    console.error(line);
  }
}

function read(path: string): Run {
  return JSON.parse(Deno.readTextFileSync(path));
}

function write(path: string | URL, run: Run): void {
  Deno.writeTextFileSync(path, JSON.stringify(run, null, 1) + "\n");
}

function numberOf(name: string, text: string, least: number): number {
  const x = Number(text);
  if (x >= least) return x;
  throw new RangeError(
    `Cannot report: --${name} is ${text}, expected a number of at least ${least}`,
  );
}
