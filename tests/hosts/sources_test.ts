// The sources as other tools take them: Node runs them, tsc checks them.
import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { fromNpm, runBeside } from "../support/npm.ts";

const MODULE = new URL("../../mod.ts", import.meta.url);

const PROGRAM = `
import {
  add, AnomalyError, compile, detectAnomaly, grad, log, mul, Node, type Scalar,
  valueAndGrad,
} from ${JSON.stringify(MODULE.pathname)};

const f = (x: Scalar, y: Scalar): Scalar => mul(add(x, y), x);
const compiled = compile(valueAndGrad(f));
let where: string | undefined;
try {
  detectAnomaly(() => log(new Node(-1)));
} catch (error) {
  if (error instanceof AnomalyError) where = error.where;
}
export const found = {
  gradient: grad(f)(2, 3),
  compiled: compiled(2, 3),
  kind: compiled.program(2, 3).kind,
  printed: String(new Node(3)),
  where,
};
`;

/** What a new project of Vite has, and what is stricter still. */
const STRICT = {
  allowImportingTsExtensions: true,
  exactOptionalPropertyTypes: true,
  isolatedModules: true,
  module: "esnext",
  moduleResolution: "bundler",
  noEmit: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUncheckedIndexedAccess: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  skipDefaultLibCheck: true,
  strict: true,
  target: "es2022",
  types: [],
  verbatimModuleSyntax: true,
};

// Deno's own TypeScript stands for those between them.
const OLDEST = "5.7";
const newest = await fromNpm(["node@22", "typescript@latest"], ["node", "tsc"]);
const oldest = await fromNpm([`typescript@${OLDEST}`], ["tsc"]);

describe("Node 22", () => {
  (newest ? it : it.skip)("runs the sources as they are", async () => {
    const files = {
      "program.mts": PROGRAM,
      "main.mts": `
        import { found } from "./program.mts";
        console.log(JSON.stringify(found));
      `,
    };
    const { stdout, stderr } = await runBeside(newest![0], ["main.mts"], files);
    assertMatch(stdout, /^\{/, stderr);
    const { where, ...found } = JSON.parse(stdout);
    // (x + y) · x, and 2x + y, at 2 and 3.
    assertEquals(found, {
      gradient: 7,
      compiled: { value: 10, gradient: 7 },
      kind: "wasm",
      printed: "Node(value: 3, grad: 0, leaf)",
    });
    assertMatch(where, /\/program\.mts:11:23$/);
  });
});

/** A program in which one call is wrong, as TypeScript has to see. */
const CHECKED = `${PROGRAM}
// @ts-expect-error A string is not a structure of numbers.
grad(f)("2", 3);
`;

/** What a TypeScript says of a program. */
async function check(
  tsc: string,
  program: string,
  options: Readonly<Record<string, unknown>>,
): Promise<string> {
  const compilerOptions = { ...STRICT, ...options };
  const { stdout, stderr } = await runBeside(tsc, ["--project", "."], {
    "main.ts": program,
    "tsconfig.json": JSON.stringify({ compilerOptions }),
  });
  return stdout + stderr;
}

describe("a strict project", () => {
  (oldest ? it : it.skip)(
    `takes the sources in TypeScript ${OLDEST}`,
    async () => {
      const options = { lib: ["es2022"] };
      assertEquals(await check(oldest![0], CHECKED, options), "");
    },
  );

  (newest ? it : it.skip)("takes them in the newest TypeScript", async () => {
    const options = { lib: ["es2022"], erasableSyntaxOnly: true };
    assertEquals(await check(newest![1], CHECKED, options), "");
  });

  (newest ? it : it.skip)(
    "takes them beside a browser's types, and `using`",
    async () => {
      const program = `${CHECKED} { using g = compile(f); g(1, 2); }`;
      const options = { lib: ["esnext", "dom"], erasableSyntaxOnly: true };
      assertEquals(await check(newest![1], program, options), "");
    },
  );
});
