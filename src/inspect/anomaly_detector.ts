import {
  isLeaf,
  Node,
  type NodeOperand,
  operandsOf,
  operationName,
} from "../graph/node.ts";
import { numberOf } from "../graph/propagate.ts";
import type { Observer, Operation, Origin } from "../observer.ts";
import { primitiveOf, product } from "../primitives.ts";
import type { Scalar } from "../scalar.ts";
import { captureStack } from "../stack.ts";
import { Activity } from "../tape/activity.ts";
import { type Entries, operandsAt, type Section } from "../tape/entries.ts";
import { callOperandsAt, isCallAt } from "../tape/calls.ts";
import { entryOf, tapeEntries, valueAt, type Var } from "../tape/recording.ts";
import {
  gradientAnomaly,
  tangentAnomaly,
  valueAnomaly,
} from "./anomaly_error.ts";

/** Where the nodes come from that were made while they were observed. */
const origins = new WeakMap<Node, Origin>();

/** Throws for the first value, gradient or tangent that is NaN or infinite. */
export class AnomalyDetector implements Observer {
  readonly #infinities: boolean;
  /** The gradients of a node's operands before they got its shares. */
  readonly #before = new WeakMap<Node, readonly number[]>();
  /** The origin of what a sweep records; null while none does. */
  #derivative: Origin | null = null;
  /** The same of the sweeps around the innermost one. */
  readonly #around: (Origin | null)[] = [];

  /** @param infinities Whether infinities count, or NaN alone. */
  constructor(infinities: boolean) {
    this.#infinities = infinities;
  }

  #isAnomalous(x: number): boolean {
    return Number.isNaN(x) || this.#infinities && !Number.isFinite(x);
  }

  // The graph.

  onNode(node: Node): void {
    origins.set(node, this.origin());
    this.#checkValue(node);
  }

  onBackward(order: readonly Node[]): void {
    // The values of a graph that was made before were not observed.
    for (const node of order) this.#checkValue(node);
  }

  onPropagate(node: Node): void {
    // A leaf may have been left with anything by an earlier sweep.
    this.#before.set(node, operandsOf(node).map(gradOf));
  }

  onPropagated(node: Node): void {
    const before = this.#before.get(node)!;
    operandsOf(node).forEach((operand, k) => {
      const grad = gradOf(operand);
      if (!this.#isAnomalous(grad) || this.#isAnomalous(before[k]!)) return;
      const operation = operationOf(node), origin = origins.get(node);
      throw gradientAnomaly(operation, node.grad, k, grad, origin);
    });
  }

  #checkValue(node: Node): void {
    if (isLeaf(node) || !this.#isAnomalous(node.value)) return;
    throw valueAnomaly(operationOf(node), origins.get(node));
  }

  // The tape.

  origin(): Origin {
    return this.#derivative ??
      { place: captureStack(), derivativeOf: undefined };
  }

  onRecord(entry: number): void {
    // A rule may well compute with infinities: what counts is what it gives,
    // which was looked at before the sweep.
    if (this.#derivative !== null || !this.#isAnomalous(valueAt(entry))) return;
    const entries = tapeEntries();
    throw valueAnomaly(operationAt(entries, entry), entries.origins[entry]);
  }

  onSweepEnd(): void {
    this.#derivative = this.#around.pop()!;
  }

  onDerivative({ entries }: Section, i: number): void {
    const origin = entries.origins[i];
    this.#derivative = {
      place: origin?.place,
      derivativeOf: origin?.derivativeOf ?? operationAt(entries, i),
    };
  }

  // The sweeps are run beforehand in plain numbers, whether they compute or
  // record, and through nothing but what outputs depend on.

  onReverseSweep(
    section: Section,
    outputs: readonly number[],
    cotangents: readonly Scalar[],
  ): void {
    this.#checkAdjoints(section, outputs, cotangents);
    this.#around.push(this.#derivative);
  }

  #checkAdjoints(
    section: Section,
    outputs: readonly number[],
    cotangents: readonly Scalar[],
  ): void {
    const { entries, start, inputs, end } = section;
    const activity = new Activity(section, true, new Array(inputs).fill(true));
    const adjoints = new Float64Array(end - start);
    const reached = new Uint8Array(end - start);
    outputs.forEach((entry, k) => {
      adjoints[entry - start]! += primalOf(cotangents[k]!);
      reached[entry - start] = 1;
    });
    const give = (i: number, operand: number, share: number) => {
      const before = adjoints[operand - start]!, after = before + share;
      adjoints[operand - start] = after;
      reached[operand - start] = 1;
      if (!this.#isAnomalous(after) || this.#isAnomalous(before)) return;
      throw gradientAnomaly(
        operationAt(entries, i),
        adjoints[i - start]!,
        userOperandsAt(entries, i).indexOf(operand),
        after,
        entries.origins[i],
      );
    };
    for (let i = end - 1; i >= start + inputs; i--) {
      if (activity.isCall(i)) {
        activity.pullCall(
          i,
          (result) =>
            reached[result - start] === 1
              ? adjoints[result - start]!
              : undefined,
          (operand, share) => give(i, operand, share as number),
        );
        continue;
      }
      if (reached[i - start] === 0) continue;
      const adjoint = adjoints[i - start]!;
      activity.forEachPartial(i, (operand, gate, partial) => {
        give(i, operand, product(gate, adjoint, partial as number));
      });
    }
  }

  onForwardSweep(
    section: Section,
    seeds: readonly (Scalar | null)[],
    outputs: readonly number[],
  ): void {
    this.#checkTangents(section, seeds, outputs);
    this.#around.push(this.#derivative);
  }

  #checkTangents(
    section: Section,
    seeds: readonly (Scalar | null)[],
    outputs: readonly number[],
  ): void {
    const { entries, start, inputs, end } = section;
    const activity = new Activity(
      section,
      true,
      seeds.map((seed) => seed !== null),
    );
    const tangents = new Float64Array(end - start);
    seeds.forEach((seed, k) => tangents[k] = primalOf(seed ?? 0));
    for (let i = start + inputs; i < end; i++) {
      if (!activity.isVaried(i)) continue;
      if (activity.isCall(i)) {
        activity.pushCall(
          i,
          (operand) => tangents[operand - start]!,
          (result, tangent) => tangents[result - start] = tangent as number,
        );
        continue;
      }
      let flat = true;
      activity.forEachPartial(i, (operand, gate, partial) => {
        const tangent = tangents[operand - start]!;
        tangents[i - start]! += product(gate, tangent, partial as number);
        flat = false;
      });
      if (flat) activity.setFlat(i);
    }
    const reached = reachedFrom(section, activity, outputs);
    for (let i = start + inputs; i < end; i++) {
      const tangent = tangents[i - start]!;
      if (reached[i - start] === 0 || !this.#isAnomalous(tangent)) continue;
      throw tangentAnomaly(
        operationAt(entries, i),
        userOperandsAt(entries, i).map((entry) => tangents[entry - start] ?? 0),
        tangent,
        entries.origins[i],
      );
    }
  }
}

/** 1 for the entries that tangents of the outputs come through. */
function reachedFrom(
  { entries, start, inputs, end }: Section,
  activity: Activity,
  outputs: readonly number[],
): Uint8Array {
  const reached = new Uint8Array(end - start);
  for (const entry of outputs) reached[entry - start] = 1;
  for (let i = end - 1; i >= start + inputs; i--) {
    if (reached[i - start] === 0) continue;
    const mark = (operand: number) => {
      if (activity.isVaried(operand)) reached[operand - start] = 1;
    };
    if (activity.isCall(i)) userOperandsAt(entries, i).forEach(mark);
    else activity.forEachPartial(i, mark);
  }
  return reached;
}

function operationOf(node: Node): Operation {
  const operands = operandsOf(node).map(numberOf);
  return { name: operationName(node), operands, value: node.value };
}

function operationAt(entries: Entries, i: number): Operation {
  const { codes, values } = entries;
  const { name } = primitiveOf(codes[i]!);
  const operands = userOperandsAt(entries, i).map((entry) => values[entry]!);
  return { name, operands, value: values[i]! };
}

/** The operands of entry i that a user gave: without the token of a call. */
function userOperandsAt(entries: Entries, i: number): number[] {
  return isCallAt(entries, i)
    ? callOperandsAt(entries, i)
    : operandsAt(entries, i);
}

function gradOf(operand: NodeOperand): number {
  return operand instanceof Node ? operand.grad : 0;
}

function primalOf(x: Scalar): number {
  return typeof x === "number" ? x : valueAt(entryOf(x as Var));
}
