import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as chainrule from "../mod.ts";
import { runDeno } from "./support/child_deno.ts";

const MODULE = new URL("../mod.ts", import.meta.url).href;

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
  const snippets = Array.from(
    readme.matchAll(/^```ts\n([^]*?)^```$/gm),
    ([, snippet]) => snippet!,
  );

  it("names all that the module exports", () => {
    for (const name of Object.keys(chainrule)) {
      assert(new RegExp(`\\b${name}\\b`).test(readme), name);
    }
  });

  it("is read in ten minutes", () => {
    assert(readme.split("\n").length <= 500);
  });

  it("begins with two snippets that assert nothing", () => {
    for (const snippet of snippets.slice(0, 2)) {
      assert(!/assert/.test(snippet), snippet);
    }
  });

  snippets.forEach((snippet, k) => {
    const comments = Array.from(
      snippet.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm),
      ([, comment]) => comment!,
    );
    if (comments.length === 0) return;
    it(`prints what it says: snippet ${k + 1}`, async () => {
      // Nothing but the address of the module is changed.
      const program = snippet.replaceAll("@chainrule/autograd", MODULE);
      const { stdout, stderr } = await runDeno(program);
      assertEquals(stdout.trim().split("\n"), comments, stderr);
    });
  });
});

const PAGES = [
  "README.md",
  ".github/CONTRIBUTING.md",
  "bench/README.md",
  "src/README.md",
];
for (const page of PAGES) {
  describe(`the links of ${page}`, () => {
    const folder = new URL(`../${page}`, import.meta.url);
    for (const [, link] of read(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(link!)) continue;
      it(`lead somewhere: ${link}`, () => {
        const target = new URL(link!, folder), { hash } = target;
        target.hash = "";
        const { isFile } = Deno.statSync(target);
        if (hash === "") return;
        assert(isFile);
        const anchors = anchorsOf(Deno.readTextFileSync(target));
        assert(anchors.includes(hash.slice(1)));
      });
    }
  });
}
