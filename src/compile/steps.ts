import { forEachOperand } from "../tape/entries.ts";
import type { Arrangement } from "./arrangement.ts";
import { isListCall } from "./inlining.ts";
import { LoopBody } from "./loop_body.ts";

// V8's optimising compiler takes more than proportional time over long
// functions, and gives up on very long ones.
/** How many operations a function has at most. */
export const CHUNK = 400;

/** What is done, one after another: the entries of a function, or a loop. */
export type Step = readonly number[] | LoopBody;

/** A program cut into functions and loops, and which of them read what. */
export class Steps {
  readonly list: readonly Step[];
  readonly bodies: readonly LoopBody[];
  /** By entry, the step that computes it; -1 if that is a loop, or none. */
  readonly functions: Int32Array;
  /** How often each entry is used, but by the iterations of its own loop. */
  readonly uses: Int32Array;
  /** The last step that reads an entry, but its own loop; -1 if none does. */
  readonly lastReaders: Int32Array;
  /** How many operands the longest call with a list has. */
  readonly longestList: number;
  // By entry, 1 more than the loop that it is in; 0 if in none.
  readonly #loops: Int32Array;

  constructor({ program, loops }: Arrangement) {
    const { first, length } = program;
    const list: (number[] | LoopBody)[] = [];
    const uses = new Int32Array(length);
    const lastReaders = new Int32Array(length).fill(-1);
    this.list = list;
    this.bodies = loops.map((loop) => new LoopBody(program, loop, CHUNK));
    this.functions = new Int32Array(length).fill(-1);
    this.uses = uses;
    this.lastReaders = lastReaders;
    this.#loops = new Int32Array(length);
    let longestList = 0, nextLoop = 0;
    const read = (entry: number) => {
      uses[entry]!++;
      lastReaders[entry] = list.length - 1;
      // A loop sees to it itself that its iterations find one another's results.
      if (this.#loops[entry]! <= nextLoop) this.#keep(entry);
    };
    for (let i = first; i < length;) {
      const loop = loops[nextLoop];
      // A loop's first iteration is code as any other.
      if (loop !== undefined && i === loop.start + loop.period) {
        const body = this.bodies[nextLoop]!;
        const end = loop.start + loop.period * loop.times;
        this.#loops.fill(nextLoop + 1, loop.start, end);
        list.push(body);
        body.forEachRead(read);
        nextLoop++;
        i = end;
        continue;
      }
      let step = list.at(-1);
      if (!Array.isArray(step) || step.length === CHUNK) list.push(step = []);
      step.push(i);
      this.functions[i] = list.length - 1;
      forEachOperand(program, i, read);
      // Every call in a loop is in its first iteration, too.
      if (isListCall(program.codes[i]!)) {
        longestList = Math.max(longestList, program.rights[i]!);
      }
      i++;
    }
    this.longestList = longestList;
    for (const entry of program.outputs) {
      uses[entry]!++;
      this.#keep(entry);
    }
  }

  /** Whether an entry is computed in a loop, its first iteration included. */
  isInLoop(entry: number): boolean {
    return this.#loops[entry]! > 0;
  }

  #keep(entry: number): void {
    const loop = this.#loops[entry]!;
    if (loop > 0) this.bodies[loop - 1]!.keepForOthers(entry);
  }
}
