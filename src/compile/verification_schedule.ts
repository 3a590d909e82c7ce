/** The share of the calls' time that all verifications together may take. */
const SHARE = 0.05;

// To read the clock takes as long as a short call: so many calls go by between
// two that are timed that this takes less than a hundredth of them.
const MILLISECONDS_UNTIMED = 0.02;
const MAX_CALLS_UNTIMED = 256;

/**
 * When to verify the calls of a compiled function. A verification is paid for by
 * the calls that follow: the next one is due when they took as long as the
 * last one is worth. The first call is verified at once. As it takes long anyway,
 * the second one is too, and the engine has then optimized what both run.
 *
 * Time is that of a sample of the calls, each of which stands for those since
 * the one before. However coarse the clock, on average it is right.
 */
export class VerificationSchedule {
  /** How many calls to go until one is timed. */
  #untimed = 1;
  /** How many calls the one that is timed next stands for. */
  #represented = 1;
  /** The time that calls have to take, in milliseconds, before the next verification is due. */
  #owed: number;

  /** @param milliseconds What recording and compiling took. */
  constructor(milliseconds: number) {
    this.#owed = -milliseconds;
  }

  /** Whether a call that is about to begin is to be timed; to be asked once per call. */
  isTimed(): boolean {
    return --this.#untimed <= 0;
  }

  /** Whether the call that is timed is to be verified as well. */
  get isDue(): boolean {
    return this.#owed <= 0;
  }

  /** A call was timed. */
  timed(milliseconds: number): void {
    this.#owed -= this.#represented * milliseconds;
    this.#represented = Math.min(
      MAX_CALLS_UNTIMED,
      Math.ceil(MILLISECONDS_UNTIMED / milliseconds),
    );
    this.#untimed = this.#represented;
  }

  /** A call was found to be right, and that took so long. */
  verified(milliseconds: number): void {
    this.#owed = Math.max(0, this.#owed + milliseconds / SHARE);
  }
}
