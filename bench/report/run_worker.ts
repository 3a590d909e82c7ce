import { linesOf } from "../lines.ts";
import type { Message, Order, Selection } from "./protocol.ts";

/** Runs a worker, and another for the rest where one dies. */
export async function work(
  order: Order,
  onMessage: (message: Message) => void,
): Promise<void> {
  let workloads = order.workloads;
  while (workloads.length > 0) {
    const dead = await runWorker({ ...order, workloads }, onMessage);
    if (dead === undefined) return;
    const { at: [name, size], message } = dead;
    onMessage({ failed: dead.at, message });
    const index = workloads.findIndex((each) =>
      each[0] === name && each[1] === size
    );
    workloads = workloads.slice(index + 1).filter((each) => each[0] !== name);
  }
}

/** Where a worker died, and of what; nothing if it did all it was told. */
interface Death {
  readonly at: Selection;
  readonly message: string;
}

async function runWorker(
  order: Order,
  onMessage: (message: Message) => void,
): Promise<Death | undefined> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      // What a process weighs is told to those who may do anything.
      "--allow-all",
      "--v8-flags=--expose-gc",
      new URL("./worker.ts", import.meta.url).href,
      JSON.stringify(order),
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  let at: Selection | undefined, late = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  for await (const line of linesOf(lines)) {
    const message: Message = JSON.parse(line);
    clearTimeout(timer);
    at = undefined;
    if ("begin" in message) {
      at = message.begin;
      timer = setTimeout(() => {
        late = true;
        child.kill("SIGKILL");
      }, order.limit);
    }
    onMessage(message);
  }
  clearTimeout(timer);
  const { success } = await child.status, text = await errors;
  if (at === undefined) {
    if (success) return undefined;
    throw new Error(`Cannot measure ${order.engine}: ${text}`);
  }
  const message = late
    ? `did not finish within ${order.limit / 1000} s`
    : /out of memory|heap limit/i.test(text)
    ? "out of memory"
    : text.trim().split("\n").at(-1) ?? "died";
  return { at, message };
}
