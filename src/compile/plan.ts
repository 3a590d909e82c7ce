import type { Arrangement } from "./arrangement.ts";
import { inlinedIn } from "./inlining.ts";
import type { Listing } from "./listing.ts";
import { LoopBody } from "./loop_body.ts";
import type { Program } from "./program.ts";
import { type Step, Steps } from "./steps.ts";

/** Where a program's numbers are, in numbers from the start of its region. */
export interface Layout {
  readonly inputs: number;
  readonly outputs: number;
  /** Room for the operands of the longest list. */
  readonly scratch: number;
  /** How many numbers the region has. */
  readonly size: number;
}

/** A program cut into functions and loops, with a place for each number that crosses a cut. */
export class Plan {
  readonly program: Program;
  readonly layout: Layout;
  readonly steps: readonly Step[];
  /** The program as the functions that are no loops compute it. */
  readonly listing: Listing;
  /** Outputs that are a copy of another entry in memory, or a constant. */
  readonly copies: readonly { readonly entry: number; readonly slot: number }[];

  constructor(arrangement: Arrangement) {
    const { program } = arrangement;
    const { first, length, inputs, outputs } = program;
    const steps = new Steps(arrangement);
    const slots = new Int32Array(length).fill(-1);
    for (let i = 0; i < inputs; i++) slots[i] = i;
    const copies: { entry: number; slot: number }[] = [];
    outputs.forEach((entry, k) => {
      const slot = inputs + k;
      if (slots[entry] === -1 && entry >= first && !steps.isInLoop(entry)) {
        slots[entry] = slot;
      } else copies.push({ entry, slot });
    });
    let size = inputs + outputs.length;
    for (const body of steps.bodies) size = body.allot(slots, size);
    size = allotTemporaries(steps, slots, size);
    for (const body of steps.bodies) size = body.resolve(slots, size);

    this.program = program;
    this.layout = {
      inputs: 0,
      outputs: inputs,
      scratch: size,
      size: size + steps.longestList,
    };
    this.steps = steps.list;
    this.listing = {
      ...program,
      inlined: inlinedIn(program, first, steps.uses, steps.functions),
      slots,
    };
    this.copies = copies;
  }
}

/**
 * Gives slots to what a later step reads: temporaries take over each other's
 * from step to step.
 *
 * @returns The first slot that then is free.
 */
function allotTemporaries(
  { list, lastReaders }: Steps,
  slots: Int32Array,
  at: number,
): number {
  let size = at;
  const free: number[] = [];
  const endingIn: number[][] = list.map(() => []);
  list.forEach((step, k) => {
    for (const i of step instanceof LoopBody ? [] : step) {
      if (slots[i] !== -1 || lastReaders[i]! <= k) continue;
      slots[i] = free.pop() ?? size++;
      endingIn[lastReaders[i]!]!.push(slots[i]!);
    }
    for (const slot of endingIn[k]!) free.push(slot);
  });
  return size;
}
