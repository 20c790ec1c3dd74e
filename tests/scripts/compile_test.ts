/** What is done to a program before it is compiled. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { toAscii } from "../../scripts/compile.ts";

Deno.test("compile: a program in ASCII says what it said before", () => {
  const run = (program: string): unknown => new Function(toAscii(program))();
  assert.equal(run('/* § */ return "Zürich “1” 😀 \\\\ü"; // —'), "Zürich “1” 😀 \\ü");
  assert.equal(run('return "\\ü\\\\ü"'), "ü\\ü");
  assert.equal(run("return `${1}–${2}`"), "1–2");
  assert.deepEqual(run("return '„a“ 😀'.match(/^[„“](.)[„“] ([😀-😎])$/u)?.slice(1)"), ["a", "😀"]);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const program = `return ${JSON.stringify(text)}`;
      assert.match(toAscii(program), /^[\0-\x7f]*$/);
      assert.equal(run(program), text);
    }),
  );
});

Deno.test("compile: a program in ASCII stays as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii" }), (text) => assert.equal(toAscii(text), text)),
  );
});
