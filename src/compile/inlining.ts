// Which operations are computed in the middle of another: on the operand stack.
import { builtIn, primitiveOf } from "../primitives.ts";
import { forEachOperand, INPUT, type Operations } from "../tape/entries.ts";

// Operands of a tree are emitted by recursion; this bounds it.
const MAX_DEPTH = 64;

/** Whether an operation is a call with a list of operands. */
export function isListCall(code: number): boolean {
  return code > INPUT && primitiveOf(code).arity === "list" &&
    code !== builtIn("select").code;
}

/**
 * Marks the entries that are computed where their one use is.
 *
 * @param first The first entry that is an operation.
 * @param uses How often each entry is used.
 * @param functions The function that each entry is computed in; -1 if in none.
 */
export function inlinedIn(
  program: Operations,
  first: number,
  uses: Int32Array,
  functions: Int32Array,
): Uint8Array {
  const { length } = functions;
  const depth = new Uint8Array(length), inlined = new Uint8Array(length);
  for (let i = first; i < length; i++) {
    if (functions[i] === -1) continue;
    let below = 0;
    // Its operands are written to the scratch one by one: none of them may be a
    // list in turn.
    if (!isListCall(program.codes[i]!)) {
      forEachOperand(program, i, (operand) => {
        if (
          operand >= first && uses[operand] === 1 &&
          functions[operand] === functions[i] && depth[operand]! < MAX_DEPTH
        ) {
          inlined[operand] = 1;
          below = Math.max(below, depth[operand]!);
        }
      });
    }
    depth[i] = below + 1;
  }
  return inlined;
}
