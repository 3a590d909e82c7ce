// The map in src/README.md is true: which rooms there are, and that imports
// point one way.
import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";

const SOURCE = new URL("../src/", import.meta.url);
const MAP = Deno.readTextFileSync(new URL("README.md", SOURCE));

/** The rooms, rows of the map's table: each a list of folders (`tape/`) and files. */
function roomsOnMap(): string[][] {
  return Array.from(
    MAP.matchAll(/^\| (`[^|]*`) +\|/gm),
    ([, names]) =>
      Array.from(names!.matchAll(/`([^`]+)`/g), ([, name]) => name!),
  );
}

/** The paths of all source files, from `src/` on. */
function sourcesIn(folder = ""): string[] {
  return Array.from(Deno.readDirSync(new URL(folder, SOURCE))).flatMap((
    { name, isDirectory },
  ) =>
    isDirectory
      ? sourcesIn(`${folder}${name}/`)
      : name.endsWith(".ts")
      ? [folder + name]
      : []
  );
}

/** What a file imports or passes on, but for types, which are erased. */
function importsOf(path: string): string[] {
  const url = new URL(path, SOURCE);
  return Array.from(
    Deno.readTextFileSync(url)
      .matchAll(/^(?:import|export) (?!type )[^;]*?from "(\.[^"]+)";/gm),
    ([, specifier]) => new URL(specifier!, url).href.slice(SOURCE.href.length),
  );
}

describe("the map of the source", () => {
  const rooms = roomsOnMap();
  const roomOf = (path: string): number =>
    rooms.findIndex((names) =>
      names.some((name) =>
        name.endsWith("/") ? path.startsWith(name) : path === name
      )
    );

  it("has every file and folder in one room", () => {
    for (const path of sourcesIn()) {
      assert(roomOf(path) >= 0, `${path} is not on the map of src/README.md`);
    }
    const names = rooms.flat();
    assertEquals(names, [...new Set(names)]);
    for (const name of names) Deno.statSync(new URL(name, SOURCE));
  });

  it("names files that exist", () => {
    for (const [, path] of MAP.matchAll(/`([^`\s]+\/[^`\s]*\.ts)`/g)) {
      const folder = path!.startsWith("tests/")
        ? new URL("..", SOURCE)
        : SOURCE;
      Deno.statSync(new URL(path!, folder));
    }
  });

  it("has imports point up", () => {
    for (const path of sourcesIn()) {
      for (const imported of importsOf(path)) {
        assert(
          roomOf(imported) <= roomOf(path),
          `${path} imports ${imported}, which is in a room below its own`,
        );
      }
    }
  });
});
