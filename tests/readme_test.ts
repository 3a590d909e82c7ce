import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as chainrule from "../mod.ts";

function read(path: string): string {
  return Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  return Array.from(
    markdown.matchAll(/^#+ (.+)$/gm),
    ([, heading]) =>
      heading!.toLowerCase().replace(/[^\p{L}\p{N} -]/gu, "")
        .replaceAll(" ", "-"),
  );
}

describe("the README", () => {
  const readme = read("README.md");

  it("names all that the module exports", () => {
    for (const name of Object.keys(chainrule)) {
      assert(new RegExp(`\\b${name}\\b`).test(readme), name);
    }
  });
});

for (const page of ["README.md", "bench/README.md"]) {
  describe(`the links of ${page}`, () => {
    const folder = page.slice(0, page.lastIndexOf("/") + 1);
    for (const [, link] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      it(`lead somewhere: ${link}`, () => {
        const [path, anchor] = link!.split("#") as [string, string?];
        const target = path === "" ? page : folder + path;
        const text = Deno.statSync(new URL(`../${target}`, import.meta.url))
            .isFile
          ? read(target)
          : "";
        if (anchor !== undefined) assert(anchorsOf(text).includes(anchor));
      });
    }
  });
}
