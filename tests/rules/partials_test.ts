import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { primitives } from "../../src/operations/table.ts";
import type { Operand, Primitive } from "../../src/primitives.ts";
import {
  evaluateListPartials,
  listRoom,
} from "../../src/rules/list_partials.ts";
import { evaluatePartials } from "../../src/rules/partials.ts";
import { partials } from "../../src/rules/user_rule.ts";
import { generate, PARTIALS } from "../../tools/generate_partials.ts";

const POINTS = [
  NaN,
  -Infinity,
  -1e200,
  -2,
  -0.7,
  -5e-324,
  -0,
  0,
  5e-324,
  0.3,
  1,
  2,
  750,
  1e200,
  Infinity,
];

/** All points of so many coordinates. */
function pointsOf(count: number): number[][] {
  if (count === 0) return [[]];
  return pointsOf(count - 1).flatMap((point) =>
    POINTS.map((x) => [...point, x])
  );
}

type Rule = (...operandsAndOut: Operand[]) => Operand;

/** The partial derivatives of a primitive by its rules, 0 where it is flat. */
function byRule(primitive: Primitive, point: number[], out: number): unknown[] {
  const all = primitive.arity === "list"
    ? primitive.partials(point, out)
    : (primitive.partials as readonly (Rule | null)[])
      .map((rule) => rule?.(...point, out) ?? null);
  return all.map((partial) => partial ?? 0);
}

function valueOf(primitive: Primitive, point: number[]): number {
  return primitive.arity === "list"
    ? primitive.value(point)
    : (primitive.value as (...operands: number[]) => number)(...point);
}

const rows: Primitive[] = Object.values(primitives);

describe("the generated partial derivatives", () => {
  it("are those of the rules as they are: run `deno task generate`", () => {
    assertEquals(Deno.readTextFileSync(PARTIALS), generate());
  });

  for (const row of rows) {
    const { name, arity, code, pattern } = row;
    const count = arity === "list"
      ? pattern!.kind === "fixed" ? pattern!.count : 0
      : arity;
    const isFlat = arity !== "list" && row.partials.every((rule) => !rule);
    if (count === 0 || isFlat) continue;

    it(`are those of the rule to the bit, at every edge: ${name}`, () => {
      for (const point of pointsOf(count)) {
        const out = valueOf(row, point);
        // Not in the order of the operands.
        const values = Float64Array.of(out, ...point.toReversed());
        const at = (k: number) => k < count ? count - k : 0;
        evaluatePartials(code, values, at(0), at(1), at(2), 0);
        assertEquals(
          [...partials.subarray(0, count)],
          byRule(row, point, out),
          `${name}(${point})`,
        );
      }
    });
  }
});

describe("the partial derivatives of a list", () => {
  for (const row of rows) {
    const { name, arity, code } = row;
    if (arity !== "list" || row.pattern!.kind === "fixed") continue;

    it(`are those of the rule to the bit: ${name}`, () => {
      for (
        const point of [
          ...pointsOf(2),
          ...pointsOf(2).map((p) => [...p, ...p.toReversed()]),
        ]
      ) {
        const out = row.value(point), numbers = listRoom(point.length);
        numbers.set(point);
        evaluateListPartials(code, numbers, point.length, out);
        assertEquals(
          [...numbers.subarray(0, point.length)],
          byRule(row, point, out),
          `${name}(${point})`,
        );
      }
    });
  }
});
