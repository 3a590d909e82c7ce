/** The share of the calls' time that all verifications together may take. */
const SHARE = 0.05;

// Reading the clock takes as long as a short call. So few calls are timed that it
// takes less than a hundredth of their time.
const MILLISECONDS_UNTIMED = 0.02;
const MAX_CALLS_UNTIMED = 256;

/**
 * Decides which calls of a compiled function are verified: the first one, and
 * then always the next one after calls that together took twenty times as long as
 * the last verification. Recording and compiling counts as calls' time, so that
 * the second call is usually verified as well.
 *
 * The calls' time is estimated from a sample: each timed call stands for those
 * since the previous one. On average, this is right for clocks of any resolution.
 */
export class VerificationSchedule {
  /** The number of calls until the next one that is timed. */
  #untimed = 1;
  /** The number of calls that the next timed one stands for. */
  #represented = 1;
  /** The time in milliseconds that calls are still to take before the next verification. */
  #owed: number;

  /** @param milliseconds How long recording and compiling took. */
  constructor(milliseconds: number) {
    this.#owed = -milliseconds;
  }

  /** Whether the call about to begin is to be timed. Must be called once per call. */
  isTimed(): boolean {
    return --this.#untimed <= 0;
  }

  /** Whether the timed call is also to be verified. */
  get isDue(): boolean {
    return this.#owed <= 0;
  }

  /** Notes the time of a timed call, without that of its verification. */
  timed(milliseconds: number): void {
    this.#owed -= this.#represented * milliseconds;
    this.#represented = Math.min(
      MAX_CALLS_UNTIMED,
      Math.ceil(MILLISECONDS_UNTIMED / milliseconds),
    );
    this.#untimed = this.#represented;
  }

  /** Notes how long a verification took that found no difference. */
  verified(milliseconds: number): void {
    this.#owed = Math.max(0, this.#owed + milliseconds / SHARE);
  }
}
