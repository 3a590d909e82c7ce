// A Worker that has the bytes of a program over rows, and nothing of ours: it runs
// the program on the share of the rows that it is sent.
import type { WasmModule } from "../../mod.ts";

/** What it is sent. */
export interface Share {
  readonly module: WasmModule;
  readonly numbers: readonly number[];
  readonly rows: Float64Array;
  readonly outputs: number;
}

const worker = globalThis as unknown as {
  onmessage: (event: { readonly data: Share }) => void;
  postMessage(message: readonly number[]): void;
};

worker.onmessage = ({ data: { module, numbers, rows, outputs } }) => {
  const { exports } = new WebAssembly.Instance(
    new WebAssembly.Module(module.bytes),
    { Math: Math as unknown as WebAssembly.ModuleImports },
  );
  const memory = exports["memory"] as WebAssembly.Memory;
  (exports["place"] as (...lengths: number[]) => void)(
    module.listsAt,
    rows.length,
  );
  const { buffer } = memory;
  const [address] = new Uint32Array(buffer, module.listInputs[0], 1);
  new Float64Array(buffer, address, rows.length).set(rows);
  new Float64Array(buffer, module.inputs, numbers.length).set(numbers);
  (exports["run"] as () => void)();
  worker.postMessage([...new Float64Array(buffer, module.outputs, outputs)]);
};
