import assert from "node:assert/strict";
import fc from "fast-check";
import { formatHex, hashHex, octetCountOfHex, octetOfHex, parseHex } from "../../src/wire/hex.ts";

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

Deno.test("a stretch of octets, and the octets of a text, are those of the whole (property)", () => {
  const stretch = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(40), fc.nat(40));
  fc.assert(fc.property(stretch, ([bytes, start, length]) => {
    const end = Math.min(bytes.length, start + length);
    const text = formatHex(bytes, start, end);
    assert.equal(text, formatHex(bytes.slice(start, end)));
    assert.equal(octetCountOfHex(text), Math.max(0, end - start));
    const octets = Array.from({ length: octetCountOfHex(text) }, (_, i) => octetOfHex(text, i));
    assert.deepEqual(octets, [...bytes.slice(start, end)]);
  }));
});

Deno.test("the hash of a text follows from its octets and the salt, and spreads", () => {
  const macs = Array.from(
    { length: 4_096 },
    (_, i) => formatHex(Uint8Array.of(2, 0, 0, 0, i >> 8, i)),
  );
  const buckets = new Set(macs.map((mac) => hashHex(mac, 2) % 4_096));
  // 4096 balls in 4096 urns leave 1/e of them empty.
  assert(buckets.size > 2_450, `${buckets.size} of 4096 buckets`);
  assert.equal(hashHex("02:00", 1), hashHex("02:00", 1));
  assert.notEqual(hashHex("02:00", 1), hashHex("02:00", 2));
  assert.notEqual(hashHex("02:00", 1), hashHex("02:00:00", 1));
});
