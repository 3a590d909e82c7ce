// Times whole models, table by table.
import type { ModelGroup } from "../workloads/models.ts";
import { jsonLinesOf } from "./json_lines.ts";
import type { ModelTimes, ModelTiming } from "./results.ts";

/** The tables, in their order. */
export const MODEL_GROUPS: readonly ModelGroup[] = ["loops", "evals", "sparse"];

/** A table's models but for some, timed in one more process. */
export function timeModels(
  group: ModelGroup,
  except: readonly string[],
): Promise<ModelTimes[]> {
  return jsonLinesOf("models_worker.ts", [group, JSON.stringify(except)]);
}

/** Models of which a first call took longer than so many milliseconds: once is enough. */
export function slowModels(
  processes: readonly (readonly ModelTimes[])[],
  limit: number,
): string[] {
  const slow = processes.flat().filter((times) =>
    "failed" in times || times.first > limit * 1e3
  );
  return [...new Set(slow.map(({ name }) => name))];
}

/** What the processes found, an element per process in each list. */
export function modelTimings(
  group: ModelGroup,
  processes: readonly (readonly ModelTimes[])[],
): ModelTiming[] {
  const [first] = processes;
  return (first ?? []).map(({ name, way }) => {
    const all = processes.flat().filter((each) =>
      each.name === name && each.way === way
    );
    const times = all.flatMap((each) => "failed" in each ? [] : [each]);
    const list = (key: "first" | "total" | "yardstick") =>
      times.map((each) => Number(each[key].toPrecision(4)));
    const failed = all.flatMap((each) => "failed" in each ? [each.failed] : []);
    return {
      engine: way,
      group,
      workload: name,
      size: 1,
      first: list("first"),
      total: list("total"),
      yardstick: list("yardstick"),
      ...(failed.length === 0 ? {} : { failed: failed[0]! }),
    };
  });
}
