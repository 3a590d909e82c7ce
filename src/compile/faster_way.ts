// Shorter calls are faster compiled, whatever they compute, and take too short a
// time for the clocks of some hosts.
const LEAST_MILLISECONDS = 0.1;

// The function itself must be this much faster, so that chance does not decide.
const GAIN = 0.9;

interface Times {
  readonly compiled: number;
  readonly uncompiled: number;
}

/**
 * Decides whether a function runs faster compiled or as it is. Both ways are
 * measured in one call. The shorter of the last two measurements counts, so that
 * neither a pause decides nor a first run, which the engine has not optimized.
 */
export class FasterWay {
  /** Whether the function itself is faster. */
  isUncompiled = false;
  /** The times compared, in milliseconds. */
  times: Times = { compiled: NaN, uncompiled: NaN };
  #latest: Times | null = null;

  /** Decides anew, after another measurement of both. */
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
