// In a file, and so in a process, of its own: afterwards nothing can be defined.
import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertThrows } from "@std/assert";
import { compile, defineOperation, grad, mul, type Scalar } from "../../mod.ts";

describe("as many operations as there is room for", () => {
  it("work, and one more is a RangeError that says what to do", () => {
    const scale = (factor: number) =>
      defineOperation({
        name: `scale by ${factor}`,
        value: (x: number) => factor * x,
        partials: () => factor,
      });
    const first = scale(1);
    let latest = first, count = 1;
    const fill = () => {
      // Some room is the module's own operations'.
      for (; count < 2 ** 16; count++) latest = scale(count + 1);
    };
    const error = assertThrows(fill, RangeError);
    assertEquals(
      error.message,
      `Cannot define scale by ${count + 1}: the number of operations ` +
        "is 65280, expected fewer; define an operation once, outside of the " +
        "functions that use it",
    );
    assertEquals(count > 65_000, true);
    // The latest has a code of its own, in every way to run it.
    const f = (x: Scalar) => mul(latest(x), first(x));
    assertEquals(grad(f)(3), 6 * count);
    assertEquals(compile(grad(f))(3), 6 * count);
    assertEquals(grad((x: Scalar) => grad(f)(x))(3), 2 * count);
  });
});
