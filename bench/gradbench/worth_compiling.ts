/** What compiles in about a second. */
const FEW = 20_000;

/**
 * Whether a function is worth compiling for an eval that calls it for a second.
 * Compiling takes as long as some hundred calls for each number that is handled by
 * itself: those that a gradient is by, or that come out. Where a loop goes over
 * them, as over data, it takes the same time for any number of them.
 *
 * @param count How many numbers are handled by themselves.
 */
export function worthCompiling(count: number): boolean {
  return count <= FEW;
}
