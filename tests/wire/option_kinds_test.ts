/** The codecs of all kinds of value, whatever option they are of. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { formatHex, parseHex } from "../../src/wire/hex.ts";
import { networkOf } from "../../src/wire/ipv4.ts";
import {
  decodeOptionValue,
  encodeOptionValue,
  OPTION_KINDS,
  type OptionKind,
  type OptionValues,
} from "../../src/wire/option_values.ts";

type Sample = OptionValues[OptionKind];

const octets = (hex: string) => parseHex(hex)!;

Deno.test("a duration without end is 0xffffffff (RFC 2131 §3.3)", () => {
  assert.equal(formatHex(encodeOptionValue("duration", Infinity)), "ff:ff:ff:ff");
  assert.equal(decodeOptionValue("duration", Uint8Array.of(255, 255, 255, 255)), Infinity);
  assert.equal(decodeOptionValue("duration", Uint8Array.of(255, 255, 255, 254)), 0xffff_fffe);
});

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const someOf = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 60 });

/** Objects like those of a literal. */
const shaped = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) =>
  fc.record<T>(model, { noNullPrototype: true });
const network = fc.tuple(u32, fc.nat(32)).map(([address, length]) => networkOf(address, length));
const part = fc.uint8Array({ maxLength: 40 });
const subOption = shaped({ code: u8, value: part });
const domainName = fc.array(fc.stringMatching(/^[a-z0-9_-]{1,9}$/), { minLength: 1, maxLength: 5 })
  .map((labels) => labels.join("."));

const VALUES: { readonly [Kind in OptionKind]: fc.Arbitrary<OptionValues[Kind]> } = {
  "ipv4": u32,
  "ipv4-list": someOf(u32),
  "ipv4-pair-list": someOf(fc.tuple(u32, u32)),
  "u8": u8,
  "u8-list": someOf(u8),
  "u16": u16,
  "u16-list": someOf(u16),
  "u32": u32,
  "u32-list": someOf(u32),
  "i32": fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  "bool": fc.boolean(),
  // NUL at the end is taken for padding (see below); unpaired surrogates are not text.
  "text": fc.string({ unit: "binary" }).filter((text) => !text.endsWith("\0")),
  "uri": fc.webUrl(),
  "uri-list": someOf(fc.webUrl()),
  "hex": fc.uint8Array({ maxLength: 300 }),
  // 0xffffffff itself is the duration without end.
  "duration": fc.oneof(fc.integer({ min: 0, max: 0xffff_fffe }), fc.constant(Infinity)),
  "ipv6": fc.uint8Array({ minLength: 16, maxLength: 16 }),
  "cidr-routes": someOf(shaped({ to: network, via: u32 })),
  "domain-name": domainName,
  "domain-list": someOf(domainName),
  "compressed-domain-list": someOf(domainName),
  "record": fc.uint8Array({ maxLength: 300 }),
  "sub-options": someOf(subOption),
  "vendor-classes": someOf(shaped({ enterprise: u32, value: part })),
  "vendor-options": someOf(shaped({ enterprise: u32, options: fc.tuple(subOption) })),
  "sip-servers": fc.oneof(someOf(u32), someOf(domainName)),
  "slp-agents": shaped({ mandatory: fc.boolean(), addresses: someOf(u32) }),
  "slp-scope": shaped({ mandatory: fc.boolean(), scopes: fc.string() }),
  "rdnss-selection": shaped({
    preference: fc.nat(3),
    primary: u32,
    secondary: u32,
    domains: someOf(domainName),
  }),
  "pcp-servers": someOf(fc.array(u32, { minLength: 1, maxLength: 63 })),
  "port-params": fc.integer({ min: 0, max: 16 }).chain((psidLength) =>
    shaped({
      offset: u8,
      psidLength: fc.constant(psidLength),
      psid: fc.nat(2 ** psidLength - 1),
    })
  ),
  "dnr-resolvers": someOf(shaped({
    priority: u16,
    name: domainName,
    addresses: fc.array(u32, { minLength: 1, maxLength: 8 }),
    protocols: fc.array(fc.string({ minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 4 }),
    port: u16,
    path: fc.string({ minLength: 1, maxLength: 30 }),
  })),
  "6rd": shaped({
    ipv4MaskLength: u8,
    prefixLength: u8,
    prefix: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    borderRelays: someOf(u32),
  }),
};

for (const kind of OPTION_KINDS) {
  Deno.test(`decode(encode(value)) is the value for every ${kind} (property)`, () => {
    fc.assert(fc.property(VALUES[kind] as fc.Arbitrary<Sample>, (value) => {
      // At an odd place in a bigger buffer, as option payloads are.
      const encoded = encodeOptionValue(kind, value as never);
      const buffer = new Uint8Array(encoded.length + 9).fill(0xee);
      buffer.set(encoded, 3);
      const decoded = decodeOptionValue(kind, buffer.subarray(3, 3 + encoded.length));
      assert.deepEqual(decoded, value);
    }));
  });
}

/** Lengths that a payload of zeros may have to be a value of the kind, out of 0 to 16 octets. */
const LEGAL_LENGTHS: { readonly [Kind in OptionKind]: (octets: number) => boolean } = {
  "ipv4": (octets) => octets === 4,
  "ipv4-list": (octets) => octets >= 4 && octets % 4 === 0,
  "ipv4-pair-list": (octets) => octets >= 8 && octets % 8 === 0,
  "u8": (octets) => octets === 1,
  "u8-list": (octets) => octets >= 1,
  "u16": (octets) => octets === 2,
  "u16-list": (octets) => octets >= 2 && octets % 2 === 0,
  "u32": (octets) => octets === 4,
  "u32-list": (octets) => octets >= 4 && octets % 4 === 0,
  "i32": (octets) => octets === 4,
  "bool": (octets) => octets === 1,
  "text": () => true,
  "uri": () => true,
  "uri-list": (octets) => octets >= 2 && octets % 2 === 0,
  "hex": () => true,
  "duration": (octets) => octets === 4,
  "ipv6": (octets) => octets === 16,
  "cidr-routes": (octets) => octets >= 5 && octets % 5 === 0,
  "domain-name": (octets) => octets === 1,
  "domain-list": (octets) => octets >= 1,
  "compressed-domain-list": (octets) => octets >= 1,
  "record": () => true,
  "sub-options": (octets) => octets >= 2 && octets % 2 === 0,
  "vendor-classes": (octets) => octets >= 5 && octets % 5 === 0,
  // A vendor without options, a server without addresses and a resolver without a name are none.
  "vendor-options": () => false,
  "pcp-servers": () => false,
  "dnr-resolvers": () => false,
  "sip-servers": (octets) => octets >= 2,
  "slp-agents": (octets) => octets >= 5 && octets % 4 === 1,
  "slp-scope": (octets) => octets >= 1,
  "rdnss-selection": (octets) => octets >= 10,
  "port-params": (octets) => octets === 4,
  "6rd": () => false,
};

for (const kind of OPTION_KINDS) {
  Deno.test(`a payload of the wrong length is no ${kind}`, () => {
    for (let octets = 0; octets <= 16; octets++) {
      const isValue = decodeOptionValue(kind, new Uint8Array(octets)) !== undefined;
      assert.equal(isValue, LEGAL_LENGTHS[kind](octets), `${octets} octets`);
    }
  });
}

Deno.test("an octet other than 0 and 1 is no bool (RFC 2132 §4.1)", () => {
  assert.equal(decodeOptionValue("bool", Uint8Array.of(2)), undefined);
  assert.equal(decodeOptionValue("bool", Uint8Array.of(255)), undefined);
});

Deno.test("NULs at the end of a text are not part of it (RFC 2132 §2)", () => {
  assert.equal(decodeOptionValue("text", Uint8Array.of(0x70, 0x69, 0, 0)), "pi");
  assert.equal(decodeOptionValue("text", Uint8Array.of(0x70, 0, 0x69)), "p\0i");
  assert.equal(decodeOptionValue("text", Uint8Array.of(0, 0)), "");
});

Deno.test("a text keeps a byte order mark that it begins with", () => {
  const text = "\ufeffpi";
  assert.equal(decodeOptionValue("text", encodeOptionValue("text", text)), text);
});

Deno.test("octets that are no UTF-8 decode into a text without an error", () => {
  assert.equal(decodeOptionValue("text", Uint8Array.of(0xff, 0x61)), "\ufffda");
});

Deno.test("a decoded hex value does not change with the packet it came in", () => {
  const packet = Uint8Array.of(1, 2, 3);
  const value = decodeOptionValue("hex", packet)!;
  packet.fill(0);
  assert.deepEqual(value, Uint8Array.of(1, 2, 3));
});

Deno.test("names of SIP servers are sent as names (RFC 3361 §3)", () => {
  const bytes = encodeOptionValue("sip-servers", ["home.arpa", "a"]);
  assert.equal(formatHex(bytes), "00:04:68:6f:6d:65:04:61:72:70:61:00:01:61:00");
  assert.deepEqual(decodeOptionValue("sip-servers", bytes), ["home.arpa", "a"]);
});

Deno.test("octets of a vendor that are no sub-options are sent as they are (RFC 2132 §8.4)", () => {
  assert.equal(formatHex(encodeOptionValue("sub-options", octets("31:30:2e"))), "31:30:2e");
});

for (const kind of OPTION_KINDS) {
  Deno.test(`any octets as ${kind}: a value or none, without a throw (property)`, () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (payload) => {
      decodeOptionValue(kind, payload);
    }));
  });

  Deno.test(`a value of ${kind} that is cut off is no value, or another one (property)`, () => {
    fc.assert(fc.property(VALUES[kind] as fc.Arbitrary<Sample>, fc.nat(), (value, place) => {
      const encoded = encodeOptionValue(kind, value as never);
      fc.pre(encoded.length > 0);
      const cut = decodeOptionValue(kind, encoded.subarray(0, place % encoded.length));
      assert.notDeepEqual(cut, value);
    }));
  });
}

Deno.test("a route to more than 32 bits is none (RFC 3442)", () => {
  assert.equal(
    decodeOptionValue("cidr-routes", octets("21:0a:00:00:01:01:0a:00:00:01")),
    undefined,
  );
});
