/**
 * A chain of ten million nodes, y ← y·a + b five million times over, on Deno's
 * default heap, its gradient checked against the closed form.
 *
 * @module
 */
import { add, backward, mul, Node } from "../mod.ts";

const ROUNDS = 5e6;

const y0 = new Node(0.5), a = new Node(1 - 2 ** -22), b = new Node(2 ** -22);

const start = performance.now();
let y = y0;
for (let i = 0; i < ROUNDS; i++) y = add(mul(y, a), b);
const built = performance.now();
backward(y);
const end = performance.now();

// y = aⁿ·y₀ + b·(aⁿ − 1)/(a − 1), with a − 1 = −2⁻²² exactly.
const e = a.value - 1;
const power = Math.exp(ROUNDS * Math.log1p(e)); // aⁿ
const geometric = Math.expm1(ROUNDS * Math.log1p(e)) / e; // (aⁿ − 1)/(a − 1)
const powerByA = ROUNDS * power / a.value; // n·aⁿ⁻¹

const results: readonly (readonly [string, number, number])[] = [
  ["y", y.value, power * y0.value + b.value * geometric],
  ["dy/dy0", y0.grad, power],
  ["dy/db", b.grad, geometric],
  [
    "dy/da",
    a.grad,
    powerByA * y0.value + b.value * (powerByA - geometric) / e,
  ],
];

const nodes = (2 * ROUNDS).toLocaleString("en");
console.log(`${nodes} nodes in one chain, on the default heap:`);
console.log(`  built in            ${(built - start).toFixed(0)} ms`);
console.log(`  differentiated in   ${(end - built).toFixed(0)} ms`);
for (const [name, computed, expected] of results) {
  const error = Math.abs(computed / expected - 1);
  console.log(
    `  ${name.padEnd(6)} = ${computed} (relative error ${
      error.toExponential(0)
    })`,
  );
  if (!(error <= 1e-9)) {
    console.error(`expected ${name} = ${expected}`);
    Deno.exit(1);
  }
}
