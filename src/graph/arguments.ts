// The checks of what users pass to the graph.
import { kindOf, wrongKind } from "../errors.ts";
import type { Node } from "./node.ts";

/** Refuses what `new Node` cannot take. */
export function checkNodeArguments(
  NodeClass: typeof Node,
  value: unknown,
  parents: unknown,
  backwardFn: unknown,
): void {
  const call = "make a Node";
  if (typeof value !== "number") {
    throw wrongKind(call, "value", value, "a number");
  }
  if (!Array.isArray(parents)) {
    throw wrongKind(call, "parents", parents, "an array of Nodes");
  }
  for (let i = 0; i < parents.length; i++) {
    if (parents[i] instanceof NodeClass) continue;
    throw wrongKind(call, `parents[${i}]`, parents[i], "a Node");
  }
  if (backwardFn !== null && typeof backwardFn !== "function") {
    throw wrongKind(call, "backwardFn", backwardFn, "a function or null");
  }
}

/** The TypeError for a root that is not a Node. */
export function notANode(call: string, what: string, root: unknown): TypeError {
  let expected = "a Node";
  if (typeof root === "number") {
    expected += "; an operation gives one if one of its operands is a Node";
  } else if (kindOf(root) === "Var") {
    expected +=
      "; the transforms, such as grad, differentiate what is recorded";
  }
  return wrongKind(call, what, root, expected);
}
