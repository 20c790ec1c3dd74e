/** Names in the form of DNS, and what hostile ones look like. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  compressDomainNames,
  decodeDomainNames,
  encodeDomainNames,
  readDomainName,
} from "../../src/wire/domain_names.ts";
import { formatHex, parseHex } from "../../src/wire/hex.ts";

const octets = (hex: string) => parseHex(hex)!;

Deno.test("the search list of RFC 3397 §2, octet by octet", () => {
  // "eng.apple.com." is in full; "marketing.apple.com." points at its octet 4.
  const compressed = compressDomainNames(["eng.apple.com", "marketing.apple.com"]);
  assert.equal(compressed.length, 27);
  assert.equal(formatHex(compressed.subarray(-2)), "c0:04");
  assert.deepEqual(decodeDomainNames(compressed), ["eng.apple.com", "marketing.apple.com"]);
});

Deno.test("a name that was there before is a pointer, and the root is one octet", () => {
  assert.equal(formatHex(compressDomainNames(["a.b", "a.b"])), "01:61:01:62:00:c0:00");
  assert.equal(formatHex(compressDomainNames(["a", ""])), "01:61:00:00");
  assert.equal(formatHex(encodeDomainNames(["a.b", "a.b"])), "01:61:01:62:00:01:61:01:62:00");
});

Deno.test("no pointer leads to where fourteen bits do not reach (RFC 1035 §4.1.4)", () => {
  const filler = Array.from({ length: 300 }, (_, i) => `${"x".repeat(60)}${i}`);
  const names = [...filler, "late.example", "late.example"];
  assert.deepEqual(decodeDomainNames(compressDomainNames(names)), names);
});

/** What is wrong, and the octets. */
const BAD_NAMES: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["a label that is cut off", "03:61:62"],
  ["no end", "01:61"],
  ["a pointer of one octet", "c0"],
  ["a pointer to itself", "c0:00"],
  ["a pointer forward", "c0:02:00"],
  ["two pointers in a circle", "01:61:c0:04:c0:00"],
  ["a circle of one name", "01:61:c0:00"],
  ["a length with one of the two bits", "41:61:00"],
  ["a dot in a label", "01:2e:00"],
  ["a blank in a label", "01:20:00"],
  ["octets beyond ASCII in a label", "01:ff:00"],
];

for (const [what, hex] of BAD_NAMES) {
  Deno.test(`${what} is no name`, () => {
    assert.equal(decodeDomainNames(octets(hex)), undefined);
  });
}

Deno.test("a name of 255 octets is one, of more is none (RFC 1035 §2.3.4)", () => {
  const label = (length: number) => "x".repeat(length);
  const longest = [63, 63, 63, 61].map(label).join(".");
  assert.equal(encodeDomainNames([longest]).length, 255);
  assert.deepEqual(decodeDomainNames(encodeDomainNames([longest])), [longest]);
  assert.equal(decodeDomainNames(encodeDomainNames([`${longest}x`])), undefined);
});

Deno.test("pointers cannot make a name longer than 255 octets (RFC 1035 §2.3.4)", () => {
  // Each name is one label and a pointer to the name before.
  const name = (
    label: string,
    place: number,
  ) => [1, label.charCodeAt(0), 0xc0 | place >> 8, place & 255];
  const bytes = [1, 0x61, 0];
  let place = 0;
  for (let i = 0; i < 127; i++) {
    const at = bytes.length;
    bytes.push(...name("b", place));
    place = at;
  }
  assert.equal(readDomainName(Uint8Array.from(bytes), place), undefined);
});

Deno.test("any octets are read in bounded steps, without a throw (property)", () => {
  const nearPointers = fc.array(fc.oneof(fc.constant(0xc0), fc.nat(70), fc.nat(255)), {
    maxLength: 300,
  });
  fc.assert(fc.property(nearPointers, fc.nat(300), (bytes, at) => {
    const read = readDomainName(Uint8Array.from(bytes), at);
    if (read !== undefined) assert(read.next > at && read.name.length <= 253);
  }));
});
