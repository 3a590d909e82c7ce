import { defineOperation, Node, type Scalar } from "../../mod.ts";

/** A node of an operation of that name. */
export function named(name: string): Scalar {
  const operation = defineOperation({
    name,
    value: (x: number) => x,
    partials: () => 1,
  });
  return operation(new Node(1));
}
