// What `deno doc` shows guides its reader.
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";

interface Tag {
  readonly kind: string;
  readonly name?: string;
  readonly doc?: string;
}

interface Export {
  readonly name: string;
  readonly declarations: readonly {
    readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly Tag[] };
    readonly def: {
      readonly typeParams?: readonly { readonly name: string }[];
    };
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

  it("says what every type parameter is, but for operands", () => {
    for (const each of exports) {
      if (categoriesOf(each)[0]?.startsWith(OPERATIONS)) continue;
      const { jsDoc, def } = each.declarations[0]!;
      for (const { name } of def.typeParams ?? []) {
        const described = jsDoc?.doc?.includes(`\`${name}\``) ||
          jsDoc?.tags?.some((tag) =>
            tag.kind === "template" && tag.name === name && tag.doc
          );
        assert(described, `${name} of ${each.name}`);
      }
    }
  });

  it("has examples that fit a page", () => {
    for (const { name, declarations } of exports) {
      for (const { kind, doc } of declarations[0]!.jsDoc?.tags ?? []) {
        if (kind !== "example") continue;
        for (const line of doc!.split("\n")) {
          assert(line.length <= 80, `${name}: ${line}`);
        }
      }
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
