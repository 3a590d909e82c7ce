// A Web Worker that differentiates and compiles for the page.
import { compile, grad, mul, type Scalar, sin } from "../../../mod.ts";

const f = (x: Scalar): Scalar => mul(x, sin(x));
const compiled = compile(grad(f));
const worker = globalThis as unknown as {
  onmessage: (event: { readonly data: number }) => void;
  postMessage(message: readonly number[]): void;
};
worker.onmessage = ({ data: x }) =>
  worker.postMessage([grad(f)(x), compiled(x)]);
