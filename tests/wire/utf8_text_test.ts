import assert from "node:assert/strict";
import fc from "fast-check";
import { formatIpv4 } from "../../src/wire/ipv4.ts";
import { Utf8Text } from "../../src/wire/utf8_text.ts";

Deno.test("what is appended stands there in order, in UTF-8", () => {
  const part = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.nat(0xffff_ffff));
  const text = new Utf8Text();
  fc.assert(fc.property(fc.array(part), (parts) => {
    text.clear();
    for (const it of parts) {
      if (typeof it === "number") text.appendIpv4(it);
      else text.append(it);
    }
    const expected = parts.map((it) => typeof it === "number" ? formatIpv4(it) : it).join("");
    assert.equal(new TextDecoder().decode(text.octets()), expected.toWellFormed());
  }));
});

Deno.test("it grows, and keeps what it has", () => {
  const text = new Utf8Text();
  for (let i = 0; i < 1_000; i++) text.append(i % 100 === 0 ? "ä€🥧 long\n" : "a line\n");
  text.append("ü".repeat(10_000));
  const expected = ("ä€🥧 long\n" + "a line\n".repeat(99)).repeat(10) + "ü".repeat(10_000);
  assert.equal(new TextDecoder().decode(text.octets()), expected);
});

Deno.test("of a text that was very long, the memory is not kept", () => {
  const text = new Utf8Text();
  for (let i = 0; i < 5_000; i++) text.append("x".repeat(1_000));
  assert.equal(text.octets().length, 5_000_000);
  text.clear();
  text.append("pi");
  assert.deepEqual([...text.octets()], [112, 105]);
  assert.ok(text.octets().buffer.byteLength < 65_536);
});

Deno.test("what is hashed after a text that was very long is what is there now", () => {
  const text = new Utf8Text();
  text.append("x".repeat(3 * 2 ** 20));
  text.clear();
  const fresh = new Utf8Text();
  for (const it of [text, fresh]) it.append("the line that counts");
  assert.equal(text.hashFrom(0), fresh.hashFrom(0));
});
