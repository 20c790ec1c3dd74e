import assert from "node:assert/strict";
import fc from "fast-check";
import { OPTIONS } from "../../src/wire/option_codes.ts";
import {
  decodeOptionValue,
  encodeOptionValue,
  OPTION_KINDS,
  type OptionKind,
  type OptionValues,
} from "../../src/wire/option_values.ts";
import { formatHex } from "../../src/wire/hex.ts";
import { ip } from "../support/leases_fixture.ts";

type Sample = OptionValues[OptionKind];

/** Code, name, value, and the octets that RFC 2132 (82: RFC 3046) has for it, in hex. */
type Row = readonly [code: number, name: string, value: Sample, octets: string];

const A = ip("10.0.0.1");
const B = ip("192.168.1.254");
const A_OCTETS = "0a:00:00:01";
const B_OCTETS = "c0:a8:01:fe";
const AB_OCTETS = `${A_OCTETS}:${B_OCTETS}`;
const DAY = 86_400;
const DAY_OCTETS = "00:01:51:80";

/** A row for every line of the option table; sections as there. */
const ROWS: readonly Row[] = [
  // RFC 2132 §3: vendor extensions of RFC 1497
  [1, "subnet-mask", ip("255.255.254.0"), "ff:ff:fe:00"],
  // §3.4: "expressed as a two's complement 32-bit integer", positive east of the meridian
  [2, "time-offset", -18_000, "ff:ff:b9:b0"],
  [3, "routers", [A, B], AB_OCTETS],
  [4, "time-servers", [A, B], AB_OCTETS],
  [5, "name-servers", [A, B], AB_OCTETS],
  [6, "domain-name-servers", [A, B], AB_OCTETS],
  [7, "log-servers", [A, B], AB_OCTETS],
  [8, "cookie-servers", [A, B], AB_OCTETS],
  [9, "lpr-servers", [A, B], AB_OCTETS],
  [10, "impress-servers", [A, B], AB_OCTETS],
  [11, "resource-location-servers", [A, B], AB_OCTETS],
  [12, "host-name", "pi", "70:69"],
  // §3.15: "the length in 512-octet blocks [...] as an unsigned 16-bit integer"
  [13, "boot-size", 0x0102, "01:02"],
  [14, "merit-dump", "/d", "2f:64"],
  [15, "domain-name", "a.bc", "61:2e:62:63"],
  [16, "swap-server", A, A_OCTETS],
  [17, "root-path", "/r", "2f:72"],
  [18, "extensions-path", "/e", "2f:65"],
  // §4: IP layer parameters per host
  [19, "ip-forwarding", true, "01"],
  [20, "non-local-source-routing", false, "00"],
  [21, "policy-filter", [[A, B], [B, A]], `${AB_OCTETS}:${B_OCTETS}:${A_OCTETS}`],
  [22, "max-dgram-reassembly", 576, "02:40"],
  [23, "default-ip-ttl", 64, "40"],
  [24, "path-mtu-aging-timeout", 600, "00:00:02:58"],
  [25, "path-mtu-plateau-table", [68, 1500], "00:44:05:dc"],
  // §5: IP layer parameters per interface
  [26, "interface-mtu", 1500, "05:dc"],
  [27, "all-subnets-local", true, "01"],
  [28, "broadcast-address", B, B_OCTETS],
  [29, "perform-mask-discovery", true, "01"],
  [30, "mask-supplier", true, "01"],
  [31, "router-discovery", true, "01"],
  [32, "router-solicitation-address", A, A_OCTETS],
  [33, "static-routes", [[B, A]], `${B_OCTETS}:${A_OCTETS}`],
  // §6: link layer parameters per interface
  [34, "trailer-encapsulation", true, "01"],
  [35, "arp-cache-timeout", 600, "00:00:02:58"],
  [36, "ieee802-3-encapsulation", true, "01"],
  // §7: TCP parameters
  [37, "default-tcp-ttl", 255, "ff"],
  [38, "tcp-keepalive-interval", 600, "00:00:02:58"],
  [39, "tcp-keepalive-garbage", true, "01"],
  // §8: application and service parameters
  [40, "nis-domain", "nis", "6e:69:73"],
  [41, "nis-servers", [A, B], AB_OCTETS],
  [42, "ntp-servers", [A, B], AB_OCTETS],
  [43, "vendor-encapsulated-options", Uint8Array.of(1, 2, 0, 255), "01:02:00:ff"],
  [44, "netbios-name-servers", [A, B], AB_OCTETS],
  [45, "netbios-dd-server", [A, B], AB_OCTETS],
  // §8.7: H-node is 0x8
  [46, "netbios-node-type", 8, "08"],
  [47, "netbios-scope", "sc", "73:63"],
  [48, "font-servers", [A, B], AB_OCTETS],
  [49, "x-display-manager", [A, B], AB_OCTETS],
  [64, "nisplus-domain", "nis", "6e:69:73"],
  [65, "nisplus-servers", [A, B], AB_OCTETS],
  [68, "mobile-ip-home-agent", [A, B], AB_OCTETS],
  [69, "smtp-server", [A, B], AB_OCTETS],
  [70, "pop-server", [A, B], AB_OCTETS],
  [71, "nntp-server", [A, B], AB_OCTETS],
  [72, "www-server", [A, B], AB_OCTETS],
  [73, "finger-server", [A, B], AB_OCTETS],
  [74, "irc-server", [A, B], AB_OCTETS],
  [75, "streettalk-server", [A, B], AB_OCTETS],
  [76, "streettalk-directory-assistance-server", [A, B], AB_OCTETS],
  // §9: DHCP extensions
  [50, "dhcp-requested-address", B, B_OCTETS],
  [51, "dhcp-lease-time", DAY, DAY_OCTETS],
  [52, "dhcp-option-overload", 3, "03"],
  [66, "tftp-server-name", "tftp", "74:66:74:70"],
  [67, "boot-file-name", "pxe", "70:78:65"],
  [53, "dhcp-message-type", 8, "08"],
  [54, "dhcp-server-identifier", B, B_OCTETS],
  [55, "dhcp-parameter-request-list", [1, 3, 6, 15], "01:03:06:0f"],
  [56, "dhcp-message", "no", "6e:6f"],
  [57, "dhcp-max-message-size", 1500, "05:dc"],
  [58, "dhcp-renewal-time", DAY, DAY_OCTETS],
  [59, "dhcp-rebinding-time", DAY, DAY_OCTETS],
  [60, "vendor-class-identifier", "MSFT", "4d:53:46:54"],
  [61, "dhcp-client-identifier", Uint8Array.of(1, 2, 0, 0, 0, 0, 9), "01:02:00:00:00:00:09"],
  // RFC 3046 §2.0: sub-option 1 (circuit id) "abc", sub-option 2 (remote id) one octet
  [
    82,
    "relay-agent-information",
    Uint8Array.of(1, 3, 0x61, 0x62, 0x63, 2, 1, 9),
    "01:03:61:62:63:02:01:09",
  ],
];

Deno.test("every line of the option table has a row here, with its code and name", () => {
  const byCode = (a: readonly unknown[], b: readonly unknown[]) => Number(a[0]) - Number(b[0]);
  assert.deepEqual(
    OPTIONS.map(({ code, name }) => [code, name]).toSorted(byCode),
    ROWS.map(([code, name]) => [code, name]).toSorted(byCode),
  );
});

Deno.test("the table has every option of RFC 2132 (codes 1 to 76 without 62 and 63)", () => {
  const codes = new Set(OPTIONS.map(({ code }) => code));
  // 62 and 63 are NetWare/IP (RFC 2242), not in RFC 2132; nor does it define the others below.
  const missing = Array.from({ length: 76 }, (_, i) => i + 1).filter((code) => !codes.has(code));
  assert.deepEqual(missing, [62, 63]);
});

for (const [code, name, value, octets] of ROWS) {
  const definition = OPTIONS.find((it) => it.code === code);
  Deno.test(`option ${code} ${name} is encoded as in ${definition?.source}`, () => {
    assert(definition !== undefined);
    const bytes = encodeOptionValue(definition.kind, value as never);
    assert.equal(formatHex(bytes), octets);
    assert.deepEqual(decodeOptionValue(definition.kind, bytes), value);
  });
}

Deno.test("a duration without end is 0xffffffff (RFC 2131 §3.3)", () => {
  assert.equal(formatHex(encodeOptionValue("duration", Infinity)), "ff:ff:ff:ff");
  assert.equal(decodeOptionValue("duration", Uint8Array.of(255, 255, 255, 255)), Infinity);
  assert.equal(decodeOptionValue("duration", Uint8Array.of(255, 255, 255, 254)), 0xffff_fffe);
});

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const someOf = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 60 });

const VALUES: { readonly [Kind in OptionKind]: fc.Arbitrary<OptionValues[Kind]> } = {
  "ipv4": u32,
  "ipv4-list": someOf(u32),
  "ipv4-pair-list": someOf(fc.tuple(u32, u32)),
  "u8": u8,
  "u8-list": someOf(u8),
  "u16": u16,
  "u16-list": someOf(u16),
  "u32": u32,
  "i32": fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
  "bool": fc.boolean(),
  // NUL at the end is taken for padding (see below); unpaired surrogates are not text.
  "text": fc.string({ unit: "binary" }).filter((text) => !text.endsWith("\0")),
  "hex": fc.uint8Array({ maxLength: 300 }),
  // 0xffffffff itself is the duration without end.
  "duration": fc.oneof(fc.integer({ min: 0, max: 0xffff_fffe }), fc.constant(Infinity)),
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

/** Lengths in octets that a payload of each kind may have, out of 0 to 16. */
const LEGAL_LENGTHS: { readonly [Kind in OptionKind]: (octets: number) => boolean } = {
  "ipv4": (octets) => octets === 4,
  "ipv4-list": (octets) => octets >= 4 && octets % 4 === 0,
  "ipv4-pair-list": (octets) => octets >= 8 && octets % 8 === 0,
  "u8": (octets) => octets === 1,
  "u8-list": (octets) => octets >= 1,
  "u16": (octets) => octets === 2,
  "u16-list": (octets) => octets >= 2 && octets % 2 === 0,
  "u32": (octets) => octets === 4,
  "i32": (octets) => octets === 4,
  "bool": (octets) => octets === 1,
  "text": () => true,
  "hex": () => true,
  "duration": (octets) => octets === 4,
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
