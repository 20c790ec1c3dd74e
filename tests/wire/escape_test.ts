import assert from "node:assert/strict";
import fc from "fast-check";
import {
  escapeInvisible,
  quote,
  quoteUnlessPlain,
  stringifyVisibly,
} from "../../src/wire/escape.ts";

/** A surrogate without its other half; the parser refuses to read one in source. */
const LONE_SURROGATE = String.fromCharCode(0xd800);

const QUOTE_TABLE: readonly [name: string, text: string, quoted: string][] = [
  ["a host name", "pi", '"pi"'],
  ["letters of other languages", "Küche-кухня-キッチン", '"Küche-кухня-キッチン"'],
  ["an emoji", "📠", '"📠"'],
  ["a line feed", "a\nb", String.raw`"a\nb"`],
  ["carriage return and tab", "\r\t", String.raw`"\r\t"`],
  ["NUL", "\0", String.raw`"\x00"`],
  ["an ANSI sequence", "\x1b[31m", String.raw`"\x1b[31m"`],
  ["the C1 form of one", "\x9b31m", String.raw`"\x9b31m"`],
  ["DEL", "\x7f", String.raw`"\x7f"`],
  ["the end of the quotes", '" ACK', String.raw`"\" ACK"`],
  ["a backslash", "\\n", String.raw`"\\n"`],
  ["a bidi override", "\u202egnp", String.raw`"\u202egnp"`],
  ["a bidi isolate", "\u2066", String.raw`"\u2066"`],
  ["a zero-width space", "a\u200bb", String.raw`"a\u200bb"`],
  ["a byte order mark", "\ufeff", String.raw`"\ufeff"`],
  ["line and paragraph separators", "\u2028\u2029", String.raw`"\u2028\u2029"`],
  ["invalid UTF-8, as decoded", "\ufffd", String.raw`"\ufffd"`],
  ["half a surrogate pair", LONE_SURROGATE, String.raw`"\ud800"`],
  ["an invisible tag", "\u{e0041}", String.raw`"\u{e0041}"`],
];
for (const [name, text, quoted] of QUOTE_TABLE) {
  Deno.test(`quote: ${name}`, () => assert.equal(quote(text), quoted));
}

Deno.test("only a plain word goes without quotes", () => {
  assert.equal(quoteUnlessPlain("pi-4.lan_2"), "pi-4.lan_2");
  for (const text of ["", "a b", "-\n", "é", '"']) {
    assert.equal(quoteUnlessPlain(text), quote(text));
  }
});

Deno.test("JSON written visibly has \\u for what JSON alone leaves as it is", () => {
  assert.equal(
    stringifyVisibly(["pi\n", "\x7f\x9b", "\u202e\ufeff", "\u2028\u2029", "\u{e0041}"]),
    String.raw`["pi\n","\u007f\u009b","\u202e\ufeff","\u2028\u2029","\udb40\udc41"]`,
  );
});

/** What must never come out: anything that moves the cursor, reorders or hides text. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;

const anyText = fc.string({ unit: "binary" });

Deno.test("nothing invisible ever comes out", () => {
  fc.assert(fc.property(anyText, (text) => {
    for (const shown of [quote(text), quoteUnlessPlain(text), escapeInvisible(text)]) {
      assert.doesNotMatch(shown, INVISIBLE);
    }
    assert.doesNotMatch(stringifyVisibly({ [text]: text }), INVISIBLE);
    assert.doesNotMatch(stringifyVisibly([text], 2).replaceAll("\n", ""), INVISIBLE);
  }));
});

Deno.test("a quoted text ends at its last quote and nowhere else", () => {
  fc.assert(fc.property(anyText, (text) => {
    assert.match(quote(text), /^"([^"\\]|\\.)*"$/u);
  }));
});

Deno.test("JSON written visibly is the same JSON", () => {
  fc.assert(fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
    assert.deepEqual(JSON.parse(stringifyVisibly(value)), JSON.parse(JSON.stringify(value)));
    assert.deepEqual(JSON.parse(stringifyVisibly(value, 2)), JSON.parse(JSON.stringify(value)));
  }));
});
