import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { grad, mul, type Scalar } from "../../mod.ts";

describe("a Web Worker", () => {
  it("records and compiles on its own while the page records", async () => {
    const worker = new Worker(
      new URL("browser/worker.ts", import.meta.url),
      { type: "module" },
    );
    try {
      const { promise, resolve } = Promise.withResolvers<number[]>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage(2);
      assertEquals(grad((x: Scalar) => mul(x, x))(3), 6);
      const slope = Math.sin(2) + 2 * Math.cos(2);
      assertEquals(await promise, [slope, slope]);
    } finally {
      worker.terminate();
    }
  });
});
