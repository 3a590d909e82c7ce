/**
 * What checkpoints save, and what they cost: the gradient of a chain of twelve
 * million operations, kept whole, in 100 checkpoints, and in checkpoints within
 * checkpoints within checkpoints.
 *
 * @module
 */
import { add, checkpoint, grad, mul, type Scalar, sin } from "../mod.ts";

type Part = (x: Scalar, a: Scalar) => Scalar;

/** Of three operations each. */
const STEPS = 4e6;
const RUNS = 5;

/** So many steps. */
function chain(steps: number): Part {
  return (x, a) => {
    for (let i = 0; i < steps; i++) x = sin(add(mul(x, a), a));
    return x;
  };
}

/** A part so many times over. */
function repeated(part: Part, times: number): Part {
  return (x, a) => {
    for (let i = 0; i < times; i++) x = part(x, a);
    return x;
  };
}

/** The steps in as many checkpoints as `times`, each of which is likewise divided. */
function inCheckpoints(steps: number, times: number, depth: number): Part {
  if (depth === 0) return chain(steps);
  const part = inCheckpoints(steps / times, times, depth - 1);
  return repeated(checkpoint(part), times);
}

function gradientOf(part: Part): (a: number) => number {
  return grad((a: Scalar) => part(a, a));
}

// From what takes least memory on, as a process keeps what it was given.
const ways: Readonly<Record<string, (steps: number) => Part>> = {
  "in 20 · 20 · 20 checkpoints": (steps) => inCheckpoints(steps, 20, 3),
  "in 100 checkpoints": (steps) => inCheckpoints(steps, 100, 1),
  "kept whole": chain,
};

// The compiler's memory is no part of this, nor garbage of earlier.
for (let run = 0; run < 20; run++) {
  for (const make of Object.values(ways)) gradientOf(make(STEPS / 50))(0.5);
}

for (const [way, make] of Object.entries(ways)) {
  const gradient = gradientOf(make(STEPS)), times: number[] = [];
  const before = Deno.memoryUsage().rss;
  let most = before;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    gradient(0.5);
    times.push(performance.now() - start);
    most = Math.max(most, Deno.memoryUsage().rss);
  }
  const median = times.sort((a, b) => a - b)[RUNS >> 1]!;
  const grown = ((most - before) / 1e6).toFixed(0).padStart(4);
  const time = median.toFixed(0).padStart(6);
  console.log(`${way.padEnd(28)} ${grown} MB ${time} ms`);
}
