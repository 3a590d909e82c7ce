// Times every operation, each way to run it in a process of its own.
import type {
  OperationTimes,
  OperationTiming,
  OperationWay,
} from "./results.ts";

/** The ways that are timed. */
export const OPERATION_WAYS: readonly OperationWay[] = [
  "graph",
  "recorded",
  "compiled",
];

/** Every operation in one way, timed in one more process. */
export async function timeOperations(
  way: OperationWay,
): Promise<OperationTimes[]> {
  const worker = new URL("./operations_worker.ts", import.meta.url).href;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-all",
      "--v8-flags=--expose-gc",
      worker,
      way,
    ],
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    const errors = decoder.decode(stderr);
    throw new Error(`Cannot time the operations, ${way}: ${errors}`);
  }
  return decoder.decode(stdout).trim().split("\n")
    .map((line) => JSON.parse(line));
}

/** What the processes found, an element per process in each list. */
export function operationTimings(
  way: OperationWay,
  processes: readonly (readonly OperationTimes[])[],
): OperationTiming[] {
  const [first] = processes;
  return (first ?? []).map(({ name, kind }) => {
    const times = processes.flatMap((found) =>
      found.find((each) => each.name === name) ?? []
    );
    const list = (value: (times: OperationTimes) => number) =>
      times.map((each) => Number(value(each).toPrecision(4)));
    return {
      engine: way,
      workload: `operation: ${name}`,
      size: 1,
      kind,
      total: list(({ total }) => total),
      net: list(({ total, addition, math }) => total - addition - math),
      chain: list(({ chain }) => chain),
      yardstick: list(({ yardstick }) => yardstick),
    };
  });
}
