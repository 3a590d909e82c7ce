// Random functions of several Scalars, with their gradients by another method.
import type { Scalar } from "../../mod.ts";
import { partialDerivative, seededRandom } from "./numeric.ts";
import {
  isSmoothAt,
  type OperationCase,
  operationTable,
} from "./operation_table.ts";

/** A random function, the same in every run for one seed. */
export interface RandomProgram {
  /** Where it is smooth, and its value and gradient are of a moderate size. */
  readonly point: readonly number[];
  /** The function: a DAG of operations with much sharing. */
  readonly run: (xs: readonly Scalar[]) => Scalar;
  /** The same function, of numbers, without the module. */
  readonly reference: (xs: readonly number[]) => number;
  /** The gradient at the point, by dual numbers in forward mode, without the module. */
  readonly gradient: readonly number[];
  /** The names of its operations, in order. */
  readonly names: readonly string[];
}

/** A value and its derivatives by every input. */
interface Dual {
  readonly value: number;
  readonly tangents: readonly number[];
}

/** An operand: a constant, or the number of an earlier value (inputs come first). */
type Operand = { readonly constant: number } | { readonly index: number };

interface Instruction {
  readonly operation: OperationCase;
  readonly operands: readonly Operand[];
}

const MAX_VALUE = 10;
const MAX_TANGENT = 100;

/**
 * Makes a random program.
 *
 * @param seed What it is made from.
 * @param size How many operations it has, but for the final sum.
 */
export function randomProgram(seed: number, size = 40): RandomProgram {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);

  const inputs = 1 + below(4);
  const point = Array.from({ length: inputs }, () => 4 * random() - 2);
  const duals: Dual[] = point.map((value, i) => ({
    value,
    tangents: point.map((_, j) => i === j ? 1 : 0),
  }));
  const instructions: Instruction[] = [];
  const unused = new Set(point.keys());

  function chooseOperand(): Operand {
    if (random() < 0.15) return { constant: 4 * random() - 2 };
    // Half of the time one of the latest, so that programs grow deep.
    const n = duals.length, latest = Math.min(n, 5);
    return { index: random() < 0.5 ? below(n) : n - 1 - below(latest) };
  }

  while (instructions.length < size) {
    const operation = operationTable[below(operationTable.length)]!;
    const operands = operation.domain.map(chooseOperand);
    const used = operands.flatMap((x) => "index" in x ? [x.index] : []);
    if (used.length === 0) continue;
    const dual = applyToDuals(
      operation,
      operands.map((x) =>
        "index" in x
          ? duals[x.index]!
          : { value: x.constant, tangents: point.map(() => 0) }
      ),
    );
    if (dual === null) continue;
    used.forEach((index) => unused.delete(index));
    unused.add(duals.length);
    duals.push(dual);
    instructions.push({ operation, operands });
  }

  /** Runs the instructions, and adds up what no instruction used: nothing is dead. */
  function evaluate<T extends Scalar>(
    xs: readonly T[],
    constant: (x: number) => T,
    call: (operation: OperationCase, operands: T[]) => T,
  ): T {
    const values = [...xs];
    for (const { operation, operands } of instructions) {
      values.push(call(
        operation,
        operands.map((x) =>
          "index" in x ? values[x.index]! : constant(x.constant)
        ),
      ));
    }
    const add = operationTable.find(({ name }) => name === "add")!;
    return [...unused].map((i) => values[i]!).reduce((a, b) =>
      call(add, [a, b])
    );
  }

  return {
    point,
    run: (xs) =>
      evaluate<Scalar>(
        xs,
        (x) => x,
        (operation, operands) => operation.apply(...operands),
      ),
    reference: (xs) =>
      evaluate<number>(
        xs,
        (x) => x,
        (operation, operands) => operation.reference(...operands),
      ),
    gradient: point.map((_, j) =>
      [...unused].reduce((total, i) => total + duals[i]!.tangents[j]!, 0)
    ),
    names: instructions.map(({ operation }) => operation.name),
  };
}

/** The operation on dual numbers; null where it is not smooth, or too large or steep. */
function applyToDuals(
  operation: OperationCase,
  operands: readonly Dual[],
): Dual | null {
  const { reference } = operation;
  const values = operands.map(({ value }) => value);
  if (!isSmoothAt(operation, values)) return null;
  const value = reference(...values);
  const partials = values.map((_, i) =>
    partialDerivative(reference, values, i)
  );
  const tangents = operands[0]!.tangents.map((_, j) =>
    operands.reduce(
      (sum, { tangents }, i) => sum + partials[i]! * tangents[j]!,
      0,
    )
  );
  const isModerate = Math.abs(value) <= MAX_VALUE &&
    tangents.every((tangent) => Math.abs(tangent) <= MAX_TANGENT);
  return isModerate ? { value, tangents } : null;
}
