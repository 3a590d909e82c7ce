// A call that takes less is faster compiled, whatever it does; and not every
// host's clock can tell how long it takes.
const LEAST_MILLISECONDS = 0.1;

// What the other way has to be faster by, so that chance does not decide.
const GAIN = 0.9;

interface Times {
  readonly compiled: number;
  readonly uncompiled: number;
}

/**
 * Which way to run a function takes less time: compiled, or as it is. Both are
 * measured in one call; the lesser of the last two measurements counts, so that
 * no pause and no first call, which an engine has yet to optimize, decides.
 */
export class FasterWay {
  /** Whether the function as it is takes less time. */
  isUncompiled = false;
  /** What the decision rests on, in milliseconds. */
  times: Times = { compiled: NaN, uncompiled: NaN };
  #latest: Times | null = null;

  /** Chooses anew, after another measurement. */
  choose(compiled: number, uncompiled: number): void {
    const before = this.#latest;
    this.#latest = { compiled, uncompiled };
    if (before === null) return;
    this.times = {
      compiled: Math.min(compiled, before.compiled),
      uncompiled: Math.min(uncompiled, before.uncompiled),
    };
    const ratio = this.times.uncompiled / this.times.compiled;
    this.isUncompiled = this.times.compiled >= LEAST_MILLISECONDS &&
      ratio < (this.isUncompiled ? 1 : GAIN);
  }
}
