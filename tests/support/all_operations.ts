// The operations of all kinds, for tests that go through every one there is.
export * from "../../src/operations/arithmetic.ts";
export * from "../../src/operations/exponentials.ts";
export * from "../../src/operations/special.ts";
export * from "../../src/operations/trigonometry.ts";
export * from "../../src/operations/kinks.ts";
export * from "../../src/operations/lists.ts";
export * from "../../src/operations/choice.ts";
