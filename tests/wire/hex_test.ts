import assert from "node:assert/strict";
import fc from "fast-check";
import { formatHex, parseHex } from "../../src/wire/hex.ts";

Deno.test("parseHex reads octets with colons, with hyphens or with neither", () => {
  const rows: readonly (readonly [string, readonly number[] | undefined])[] = [
    ["b8:27:eb:01:02:03", [0xb8, 0x27, 0xeb, 1, 2, 3]],
    ["b8-27-eb", [0xb8, 0x27, 0xeb]],
    ["b827eb", [0xb8, 0x27, 0xeb]],
    ["B8:27:Eb", [0xb8, 0x27, 0xeb]],
    ["00", [0]],
    ["", []],
    ["b8:27-eb", undefined],
    ["b8:27eb", undefined],
    ["b8:2:eb", undefined],
    ["b8::eb", undefined],
    [":b8", undefined],
    ["b8:", undefined],
    ["b82", undefined],
    ["0xb8", undefined],
    ["zz", undefined],
    ["b8 27", undefined],
    ["b8\n", undefined],
  ];
  for (const [text, octets] of rows) {
    assert.deepEqual(parseHex(text), octets && Uint8Array.from(octets), JSON.stringify(text));
  }
});

Deno.test("formatHex writes two lower-case digits an octet, with colons", () => {
  assert.equal(formatHex(Uint8Array.of(0, 10, 0xb8, 255)), "00:0a:b8:ff");
  assert.equal(formatHex(new Uint8Array(0)), "");
});

Deno.test("octets survive their text in every form (property)", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const text = formatHex(bytes);
    for (
      const form of [text, text.toUpperCase(), text.replaceAll(":", "-"), text.replaceAll(":", "")]
    ) {
      assert.deepEqual(parseHex(form), bytes);
    }
  }));
});
