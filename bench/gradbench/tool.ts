/**
 * A tool for GradBench: `deno task gradbench` takes its messages from standard
 * input, a line each, and writes a response per line.
 *
 * @module
 */
import { linesOf } from "../lines.ts";
import { EVALS } from "./evals.ts";
import { respond } from "./protocol.ts";

const lines = linesOf(Deno.stdin.readable.pipeThrough(new TextDecoderStream()));
for await (const line of lines) console.log(respond(line, EVALS));
