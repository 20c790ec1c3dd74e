/** Host names of strangers, cleaned to RFC 1123 §2.1. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { hostLabel } from "../../src/wire/host_label.ts";

const CLEANED: readonly [what: string, sent: string, label: string | undefined][] = [
  ["a clean one", "pi", "pi"],
  ["capitals", "LivingRoom-TV", "livingroom-tv"],
  ["digits first (RFC 1123 lets them)", "3dprinter", "3dprinter"],
  ["NULs", "pi\0\0", "pi"],
  ["NULs within", "p\0i", "pi"],
  ["spaces", "Anna Maria PC", "anna-maria-pc"],
  ["spaces around", "  pi  ", "pi"],
  ["an apostrophe", "Anna's iPhone", "annas-iphone"],
  ["a typographic apostrophe", "Anna’s iPhone", "annas-iphone"],
  ["accents", "Café-Zürich", "cafe-zurich"],
  ["emoji", "🚀 rocket 🚀", "rocket"],
  ["emoji only", "🚀🚀", undefined],
  ["nothing", "", undefined],
  ["the kernel's, that nobody gave a name", "(none)", undefined],
  ["C's", "(null)", undefined],
  ["the loopback's", "localhost", undefined],
  ["the loopback's, in full", "LocalHost.localdomain", undefined],
  ["one that only begins so", "localhost-2", "localhost-2"],
  ["dots only", "...", undefined],
  ["hyphens only", "---", undefined],
  ["an underscore", "my_pc", "my-pc"],
  ["a qualified name", "pi.example.org", "pi"],
  ["a leading dot", ".pi", "pi"],
  ["an address", "192.168.1.10", undefined],
  ["hyphens at its ends", "-pi-", "pi"],
  ["a line feed, which would begin a line of a hosts file", "pi\n10.0.0.1 bank", "pi-10"],
  ["a comment of a hosts file", "pi#evil", "pi-evil"],
  ["another script", "машина", undefined],
  ["letters of full width", "ｐｉ", "pi"],
  ["too long a label", "a".repeat(70), "a".repeat(63)],
  ["a hyphen where it is cut", `${"a".repeat(62)}-bc`, "a".repeat(62)],
];

for (const [what, sent, label] of CLEANED) {
  Deno.test(`host name: ${what}`, () => assert.equal(hostLabel(sent), label));
}

Deno.test("host name: whatever is sent, a label of RFC 1123 or nothing comes of it", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 255 }), (sent) => {
    const label = hostLabel(sent);
    if (label === undefined) return;
    assert.match(label, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    assert.equal(hostLabel(label), label, "what is clean stays as it is");
  }));
});
