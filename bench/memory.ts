/**
 * What a node of the graph takes, in bytes, when the garbage collector is done.
 *
 * @module
 */
import { backward, Node } from "../mod.ts";
import { chainLeaves, mixedChain } from "./workloads/chain.ts";

const N = 1e6;
const LIMIT = 120;

const { gc } = globalThis as { gc?: () => void };
if (gc === undefined) {
  throw new Error("Cannot measure: run with --v8-flags=--expose-gc");
}

function bytesInUse(): number {
  gc!();
  return Deno.memoryUsage().heapUsed;
}

// Compiles everything, so that no code is counted with the nodes.
for (let i = 0; i < 10; i++) {
  backward(mixedChain(chainLeaves().map((value) => new Node(value)), 1e5));
}

const leaves = chainLeaves().map((value) => new Node(value));
const before = bytesInUse();
const root = mixedChain(leaves, N);
const built = (bytesInUse() - before) / N;
backward(root);
const differentiated = (bytesInUse() - before) / N;

console.log(`a chain of ${N.toLocaleString("en")} nodes, bytes a node:`);
console.log(`  built           ${built.toFixed(1)}`);
console.log(`  differentiated  ${differentiated.toFixed(1)}`);
// Also what keeps the graph alive until here.
if ((root as Node).grad !== 1 || !(differentiated <= LIMIT)) {
  console.error(`expected no more than ${LIMIT}`);
  Deno.exit(1);
}
