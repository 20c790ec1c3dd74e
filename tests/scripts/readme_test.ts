/** What the README says of files that have to be there. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const README = Deno.readTextFileSync(new URL("README.md", ROOT));

/** The rows of the table of capabilities that are ours to show. */
function capabilities(): readonly (readonly string[])[] {
  const section = README.slice(README.indexOf("## What it can be asked for"));
  return section.slice(0, section.indexOf("\n## ", 1)).split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

Deno.test("every file that the README links to is there", () => {
  const links = [...README.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, path]) => path!);
  assert.ok(links.length > 40, `${links.length} links`);
  assert.deepEqual(links.filter((path) => !existsSync(new URL(path, ROOT))), []);
});

Deno.test("each capability that is claimed links to its test, and each server has its word", () => {
  for (const [what, ours, ...others] of capabilities()) {
    assert.match(ours!, /^(no|\[[\w ]+\]\(tests\/[\w/]+_test\.ts\))$/, what);
    assert.equal(others.length, 4, what);
    assert.ok(others.every((word) => word !== ""), what);
  }
  assert.ok(capabilities().length > 30);
});
