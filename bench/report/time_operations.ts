// Times every operation, each way to run it in a process of its own.
import { jsonLinesOf } from "./json_lines.ts";
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
export function timeOperations(way: OperationWay): Promise<OperationTimes[]> {
  return jsonLinesOf("operations_worker.ts", [way]);
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
