import { div } from "../operations/arithmetic.ts";
import { stopGradient } from "../operations/choice.ts";
import { max } from "../operations/kinks.ts";
import { builtIn, type Pattern } from "../primitives.ts";
import type { Scalar } from "../scalar.ts";
import { LIST_SUM } from "../tape/loop.ts";
import { recordOf } from "../tape/recording.ts";
import { foldLists, mapLists } from "./list_loops.ts";
import type { List } from "./loop_builder.ts";

/** The partial derivatives of logSumExp of a list, by the rule of that operation. */
export function softmaxOf(list: List): List {
  const { weight } = builtIn("logSumExp").pattern as Shares;
  const largest = stopGradient(
    foldLists([list], -Infinity, (a, b) => max(a, b!)),
  );
  const weights = mapLists([list], (x) => weight(x!, largest) as Scalar);
  const total = recordOf(LIST_SUM, weights, 0);
  return mapLists([weights], (x) => div(x!, total));
}

type Shares = Extract<Pattern, { kind: "shares" }>;
