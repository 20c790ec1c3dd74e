/** Option 81 (RFC 4702). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeClientFqdn, encodeClientFqdn } from "../../src/wire/client_fqdn.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const NOTHING_ASKED = { serverUpdatesA: false, isOverridden: false, noUpdates: false };

const READABLE: readonly [what: string, payload: Uint8Array, name: string][] = [
  ["§2.3.1: the encoding of DNS, qualified", Uint8Array.of(4, 0, 0, 2, 112, 105, 1, 97, 0), "pi.a"],
  ["§2.3.1: the encoding of DNS, not qualified", Uint8Array.of(4, 0, 0, 2, 112, 105), "pi"],
  ["§2.3.1: the encoding of DNS, the root alone", Uint8Array.of(4, 0, 0, 0), ""],
  ["§2.3: an empty name, for the server to make one", Uint8Array.of(4, 0, 0), ""],
  [
    "§2.3.1: the deprecated ASCII",
    Uint8Array.of(0, 0, 0, ...ascii("pi.home.arpa")),
    "pi.home.arpa",
  ],
  ["ASCII with a NUL at its end", Uint8Array.of(0, 0, 0, 112, 105, 0), "pi"],
  ["§2.2: RCODEs of a client are of no account", Uint8Array.of(4, 7, 9, 2, 112, 105), "pi"],
];

for (const [what, payload, name] of READABLE) {
  Deno.test(`option 81: ${what}`, () => {
    const isCanonical = payload[0] === 4;
    assert.deepEqual(decodeClientFqdn(payload), { ...NOTHING_ASKED, isCanonical, name });
  });
}

Deno.test("option 81, §2.1: each flag has its bit, and those that MUST be zero are ignored", () => {
  const flags = (octet: number) => {
    const read = decodeClientFqdn(Uint8Array.of(octet, 0, 0))!;
    return [read.serverUpdatesA, read.isOverridden, read.isCanonical, read.noUpdates].map(Number);
  };
  assert.deepEqual(flags(0b0001), [1, 0, 0, 0], "S");
  assert.deepEqual(flags(0b0010), [0, 1, 0, 0], "O");
  assert.deepEqual(flags(0b0100), [0, 0, 1, 0], "E");
  assert.deepEqual(flags(0b1000), [0, 0, 0, 1], "N");
  assert.deepEqual(flags(0b1111_0000), [0, 0, 0, 0], "MBZ");
});

Deno.test("option 81: what is cut off, compressed or goes on after its end is none", () => {
  for (
    const payload of [[], [4], [4, 0], [4, 0, 0, 3, 112, 105], [4, 0, 0, 0xc0, 0], [
      4,
      0,
      0,
      1,
      112,
      0,
      1,
      97,
    ], [4, 0, 0, 64, ...new Array(64).fill(97), 0]]
  ) {
    assert.equal(decodeClientFqdn(Uint8Array.from(payload)), undefined, String(payload));
  }
});

Deno.test("option 81: any octets are read without an exception", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (payload) => {
    decodeClientFqdn(payload);
  }));
});

Deno.test("option 81: a reply comes back as it was written, and has RCODEs of 255 (§2.2)", () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
  const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
  const flag = fc.boolean();
  const reply = fc.record({
    serverUpdatesA: flag,
    isOverridden: flag,
    isCanonical: flag,
    noUpdates: flag,
    name,
  });
  fc.assert(fc.property(reply, (reply) => {
    const payload = encodeClientFqdn(reply);
    assert.deepEqual([...payload.subarray(1, 3)], [255, 255]);
    assert.deepEqual(decodeClientFqdn(payload), { ...reply });
    if (reply.isCanonical) assert.equal(payload.at(-1), 0, "a qualified name ends with the root");
  }));
});
