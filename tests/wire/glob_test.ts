/** Patterns, held against a slow matcher that tries every way, and against hostile text. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { matchesGlob, parseHexGlob, parseTextGlob } from "../../src/wire/glob.ts";

const octets = (text: string) => new TextEncoder().encode(text);

/** Tries every way, which takes time without bound. */
function fits(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  if (pattern[0] === "*") {
    return fits(pattern.slice(1), text) || (text !== "" && fits(pattern, text.slice(1)));
  }
  return text !== "" && (pattern[0] === "?" || pattern[0] === text[0]) &&
    fits(pattern.slice(1), text.slice(1));
}

Deno.test("glob: the same as trying every way", () => {
  const pattern = fc.string({
    unit: fc.constantFrom("a", "b", "*", "?"),
    minLength: 1,
    maxLength: 8,
  });
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 });
  fc.assert(
    fc.property(pattern, text, (pattern, text) => {
      assert.equal(matchesGlob(parseTextGlob(pattern)!, octets(text)), fits(pattern, text));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("glob: text that would keep a backtracking matcher busy for ever", () => {
  const glob = parseTextGlob("*a".repeat(100) + "*b")!;
  assert(!matchesGlob(glob, octets("a".repeat(1_500))));
  assert(matchesGlob(glob, octets("a".repeat(1_499) + "b")));
});

Deno.test("glob: a backslash makes a star ordinary, and has to stand before something", () => {
  const glob = parseTextGlob(String.raw`a\*\?\\`)!;
  assert(matchesGlob(glob, octets(String.raw`a*?\ `.trim())));
  assert(!matchesGlob(glob, octets(String.raw`ab?\ `.trim())));
  assert.equal(parseTextGlob("a\\"), undefined);
  assert.equal(parseTextGlob(""), undefined);
});

Deno.test("glob: octets in hex, with digits and octets left open", () => {
  const cases: readonly (readonly [string, number[], boolean])[] = [
    ["01:02", [1, 2], true],
    ["01-02", [1, 2, 3], false],
    ["01:*", [1], true],
    ["01:*:03", [1, 2, 2, 3], true],
    ["0?:?F", [9, 0xaf], true],
    ["0?:?f", [0x19, 0xaf], false],
    ["?", [7], true],
    ["*", [], true],
  ];
  for (const [pattern, value, isFit] of cases) {
    assert.equal(matchesGlob(parseHexGlob(pattern)!, Uint8Array.from(value)), isFit, pattern);
  }
  for (const bad of ["", "1", "b827eb*", "0g", "01:"]) assert.equal(parseHexGlob(bad), undefined);
});
