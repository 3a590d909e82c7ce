/** So many numbers uniform in [low, high), the same for a seed: Tommy Ettinger's mulberry32. */
export function seededNumbers(
  seed: number,
  count: number,
  low: number,
  high: number,
): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return low + (high - low) * (((t ^ (t >>> 14)) >>> 0) / 2 ** 32);
  });
}
