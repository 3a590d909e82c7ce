// What `deno doc` shows guides its reader.
import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";

interface Tag {
  readonly kind: string;
  readonly doc?: string;
}

interface Export {
  readonly name: string;
  readonly declarations: readonly {
    readonly jsDoc?: { readonly tags?: readonly Tag[] };
  }[];
}

const { stdout } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--json", new URL("../mod.ts", import.meta.url).href],
}).output();
const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
const exports =
  Object.values<{ readonly symbols: readonly Export[] }>(nodes)[0]!.symbols;
const README = Deno.readTextFileSync(new URL("../README.md", import.meta.url));

function categoriesOf({ declarations }: Export): string[] {
  return declarations.flatMap(({ jsDoc }) =>
    (jsDoc?.tags ?? []).flatMap(({ kind, doc }) =>
      kind === "category" ? [doc!.trim()] : []
    )
  );
}

const OPERATIONS = "Operations: ";

/** The README's table of operations: the names in each row. */
function operationsInReadme(): Map<string, string[]> {
  const section = README.split("## The operations")[1]!.split("\n## ")[0]!;
  return new Map(Array.from(
    section.matchAll(/^\| +([a-z][\w ,]*?) +\| (.*) \|$/gm),
    ([, row, names]) => [
      OPERATIONS + row,
      Array.from(names!.matchAll(/`(\w+)/g), ([, name]) => name!),
    ],
  ));
}

describe("the reference", () => {
  it("has every export in one category", () => {
    for (const each of exports) {
      assertEquals(categoriesOf(each).length, 1, each.name);
    }
  });

  it("groups the operations as the README does", () => {
    const groups = new Map<string, string[]>();
    for (const each of exports) {
      const [category] = categoriesOf(each);
      if (!category?.startsWith(OPERATIONS)) continue;
      groups.set(category, [...groups.get(category) ?? [], each.name]);
    }
    const sorted = (rows: Map<string, string[]>) =>
      [...rows].map(([row, names]) => [row, names.toSorted()]);
    assertEquals(sorted(groups), sorted(operationsInReadme()));
  });
});
