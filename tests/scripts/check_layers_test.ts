import assert from "node:assert/strict";
import { checkLayers, readSourceFiles } from "../../scripts/check_layers.ts";
import { PROJECT_DIRECTORY } from "../support/program.ts";

function problemsOf(path: string, text: string): string[] {
  return checkLayers([{ path, text }]);
}

Deno.test("imports of the own layer, of lower layers and of packages are right", () => {
  const text = `import { a } from "./a.ts";
import type { Config } from "../config/config.ts";
import { b, type C } from "../wire/b.ts";
import { Hono } from "hono";
import project from "../../deno.json" with { type: "json" };
export { d } from "../leases/d.ts";
// import { x } from "../cli/x.ts" would be wrong
const text = 'import { x } from "../cli/x.ts"';
`;
  assert.deepEqual(problemsOf("src/protocol/respond.ts", text), []);
  assert.deepEqual(problemsOf("main.ts", `import { run } from "./src/cli/run.ts";`), []);
});

const WRONG: readonly [path: string, statement: string, problem: RegExp][] = [
  ["src/wire/ipv4.ts", `import { a } from "../config/a.ts";`, /wire must not import config/],
  ["src/wire/ipv4.ts", `import type { A } from "../link/a.ts";`, /wire must not import link/],
  ["src/config/load.ts", `import { a } from "../leases/a.ts";`, /config must not import leases/],
  ["src/leases/a.ts", `import { a } from "../config/a.ts";`, /leases takes config as/],
  ["src/protocol/a.ts", `import { type A } from "../config/a.ts";`, /protocol takes config as/],
  ["src/protocol/a.ts", `const a = await import("../config/a.ts");`, /protocol takes config as/],
  ["src/store/a.ts", `import { a } from "../link/a.ts";`, /store must not import link/],
  ["src/link/a.ts", `import type { A } from "../store/a.ts";`, /link must not import store/],
  ["src/link/a.ts", `export { a } from "../server/a.ts";`, /link must not import server/],
  ["src/server/a.ts", `import "../http/a.ts";`, /server must not import http/],
  ["src/http/a.ts", `export * from "../cli/a.ts";`, /http must not import cli/],
  ["src/http/a.ts", `import * as a from "../cli/a.ts";`, /http must not import cli/],
  ["src/cli/run.ts", `import { a } from "../../main.ts";`, /cli must not import main/],
  ["src/cli/run.ts", `import { a } from "../../tests/support/a.ts";`, /is in no layer/],
  ["src/util/a.ts", ``, /no layer is called util/],
];

for (const [path, statement, problem] of WRONG) {
  Deno.test(`refused in ${path}: ${statement}`, () => {
    const problems = problemsOf(path, `// A comment.\n${statement}\n`);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, problem);
    if (statement !== "") assert.ok(problems[0]!.startsWith(`${path}:2: `), "it names the line");
  });
}

Deno.test("an import over several lines is read whole", () => {
  const text = `import {\n  a,\n  b,\n} from "../cli/a.ts";\n`;
  assert.deepEqual(problemsOf("src/http/app.ts", text), [
    "src/http/app.ts:1: http must not import cli",
  ]);
});

Deno.test("the files of the product are found, and each has its layer", async () => {
  const files = await readSourceFiles(PROJECT_DIRECTORY);
  assert.ok(files.some(({ path }) => path === "main.ts"));
  assert.ok(files.some(({ path }) => path === "src/wire/ipv4.ts"));
  assert.deepEqual(checkLayers(files), []);
});
