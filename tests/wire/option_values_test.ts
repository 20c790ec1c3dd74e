import assert from "node:assert/strict";
import { OPTIONS } from "../../src/wire/option_codes.ts";
import {
  decodeOptionValue,
  encodeOptionValue,
  type OptionKind,
  type OptionValues,
} from "../../src/wire/option_values.ts";
import { formatHex, parseHex } from "../../src/wire/hex.ts";
import { ip } from "../support/leases_fixture.ts";

type Sample = OptionValues[OptionKind];

/** Code, name, value, and the octets that its RFC has for it, in hex. */
type Row = readonly [code: number, name: string, value: Sample, octets: string];

const A = ip("10.0.0.1");
const B = ip("192.168.1.254");
const A_OCTETS = "0a:00:00:01";
const B_OCTETS = "c0:a8:01:fe";
const AB_OCTETS = `${A_OCTETS}:${B_OCTETS}`;
const DAY = 86_400;
const DAY_OCTETS = "00:01:51:80";

const octets = (hex: string) => parseHex(hex)!;
const text = (value: string) => new TextEncoder().encode(value);

/** `home.arpa`, as RFC 1035 §3.1 has it. */
const HOME_ARPA = "04:68:6f:6d:65:04:61:72:70:61:00";
const URI = "https://a.bc/";
const URI_OCTETS = "68:74:74:70:73:3a:2f:2f:61:2e:62:63:2f";
/** A sub-option of two octets, and what it looks like on the wire. */
const SUB_OPTION = { code: 1, value: Uint8Array.of(7, 8) };
const SUB_OPTION_OCTETS = "01:02:07:08";

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
  // §8.4: "Encapsulated vendor-specific options"
  [43, "vendor-encapsulated-options", [SUB_OPTION], SUB_OPTION_OCTETS],
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
  // NetWare (RFC 2241, RFC 2242)
  [62, "nwip-domain", "nw", "6e:77"],
  [63, "nwip-suboptions", [SUB_OPTION], SUB_OPTION_OCTETS],
  [85, "nds-servers", [A, B], AB_OCTETS],
  [86, "nds-tree-name", "tree", "74:72:65:65"],
  [87, "nds-context", "o", "6f"],
  // RFC 3004 §4: length, "iPXE"
  [77, "user-class", octets("04:69:50:58:45"), "04:69:50:58:45"],
  // RFC 2610 §3 and §4: the first octet tells whether it is mandatory
  [78, "slp-directory-agent", { mandatory: true, addresses: [A, B] }, `01:${AB_OCTETS}`],
  [79, "slp-service-scope", { mandatory: false, scopes: "a,b" }, "00:61:2c:62"],
  [80, "rapid-commit", octets(""), ""],
  // RFC 4702 §2: flags, two deprecated octets, name
  [81, "fqdn", octets("05:00:00:02:70:69:00"), "05:00:00:02:70:69:00"],
  // RFC 4174 §2: functions, DD access, administrative flags, security bitmap, servers
  [
    83,
    "isns",
    octets(`00:01:00:02:00:03:00:00:00:04:${A_OCTETS}`),
    `00:01:00:02:00:03:00:00:00:04:${A_OCTETS}`,
  ],
  [88, "bcms-controller-names", ["home.arpa", "a"], `${HOME_ARPA}:01:61:00`],
  [89, "bcms-controller-address", [A, B], AB_OCTETS],
  [90, "authenticate", octets("00:00:00"), "00:00:00"],
  [91, "client-last-transaction-time", 600, "00:00:02:58"],
  [92, "associated-ip", [A, B], AB_OCTETS],
  // RFC 4578: architecture 7 (UEFI, x64), UNDI 3.16, UUID of type 0
  [93, "client-system", [7], "00:07"],
  [94, "client-ndi", [1, 3, 16], "01:03:10"],
  [97, "uuid-guid", octets("00:01:02"), "00:01:02"],
  [95, "ldap-url", URI, URI_OCTETS],
  [98, "uap-servers", "http://a", "68:74:74:70:3a:2f:2f:61"],
  // RFC 4776 §3.1: what, country "DE", no elements
  [99, "geoconf-civic", octets("02:44:45"), "02:44:45"],
  // RFC 4833 §2: a POSIX string, a name of the database
  [100, "pcode", "EST5EDT", "45:53:54:35:45:44:54"],
  [101, "tcode", "Asia/Tokyo", "41:73:69:61:2f:54:6f:6b:79:6f"],
  // RFC 8925 §3.1: V6ONLY_WAIT, "32-bit unsigned integer" of seconds
  [108, "v6-only-preferred", 1800, "00:00:07:08"],
  [109, "dhcp4o6-s46-saddr", new Uint8Array(16).fill(9), Array(16).fill("09").join(":")],
  [112, "netinfo-server-address", [A, B], AB_OCTETS],
  [113, "netinfo-server-tag", "t", "74"],
  [114, "v4-captive-portal", URI, URI_OCTETS],
  // RFC 2563 §2: 0 is DoNotAutoConfigure
  [116, "auto-config", false, "00"],
  // RFC 2937: codes of options, here DNS and NIS
  [117, "name-service-search", [6, 41], "00:06:00:29"],
  [118, "subnet-selection", A, A_OCTETS],
  // RFC 3397 §2: the second name ends as the first does, from its octet 4 on
  [
    119,
    "domain-search",
    ["eng.apple.com", "marketing.apple.com"],
    "03:65:6e:67:05:61:70:70:6c:65:03:63:6f:6d:00:" +
    "09:6d:61:72:6b:65:74:69:6e:67:c0:04",
  ],
  // RFC 3361 §3: 1 for addresses, 0 for names
  [120, "sip-servers", [A, B], `01:${AB_OCTETS}`],
  // RFC 3442: 10.0.0.0/8, 10.17.0.0/16, 10.229.0.128/25, and the default route
  [
    121,
    "classless-static-route",
    [
      { to: { network: ip("10.0.0.0"), prefixLength: 8 }, via: A },
      { to: { network: ip("10.17.0.0"), prefixLength: 16 }, via: A },
      { to: { network: ip("10.229.0.128"), prefixLength: 25 }, via: A },
      { to: { network: 0, prefixLength: 0 }, via: A },
    ],
    `08:0a:${A_OCTETS}:10:0a:11:${A_OCTETS}:19:0a:e5:00:80:${A_OCTETS}:00:${A_OCTETS}`,
  ],
  [122, "ccc", [{ code: 1, value: octets(A_OCTETS) }], `01:04:${A_OCTETS}`],
  [123, "geoconf", new Uint8Array(16), Array(16).fill("00").join(":")],
  // RFC 3925 §3 and §4: 3561 is the Broadband Forum
  [
    124,
    "vivco-suboptions",
    [{ enterprise: 3561, value: text("ab") }, { enterprise: 9, value: octets("00") }],
    "00:00:0d:e9:02:61:62:00:00:00:09:01:00",
  ],
  [
    125,
    "vivso-suboptions",
    [{ enterprise: 3561, options: [SUB_OPTION, { code: 11, value: text("x") }] }],
    `00:00:0d:e9:07:${SUB_OPTION_OCTETS}:0b:01:78`,
  ],
  [136, "pana-agent", [A, B], AB_OCTETS],
  [137, "v4-lost", "home.arpa", HOME_ARPA],
  [138, "capwap-ac-v4", [A, B], AB_OCTETS],
  [139, "mos-address", [{ code: 1, value: octets(AB_OCTETS) }], `01:08:${AB_OCTETS}`],
  [140, "mos-domain", [{ code: 2, value: octets(HOME_ARPA) }], `02:0b:${HOME_ARPA}`],
  [141, "sip-ua-cs-domains", ["home.arpa"], HOME_ARPA],
  [142, "ipv4-address-andsf", [A, B], AB_OCTETS],
  // RFC 8572 §8.1: each URI with its length in two octets
  [143, "v4-sztp-redirect", [URI, URI], `00:0d:${URI_OCTETS}:00:0d:${URI_OCTETS}`],
  [144, "geoloc", octets("01"), "01"],
  // RFC 6704: 1 is HMAC-MD5
  [145, "forcerenew-nonce-capable", [1], "01"],
  // RFC 6731 §4.3: preference, primary, secondary, domains
  [
    146,
    "rdnss-selection",
    { preference: 1, primary: A, secondary: B, domains: ["home.arpa"] },
    `01:${AB_OCTETS}:${HOME_ARPA}`,
  ],
  [147, "dots-ri", "home.arpa", HOME_ARPA],
  [148, "dots-address", [A, B], AB_OCTETS],
  [150, "tftp-server-address", [A, B], AB_OCTETS],
  // RFC 6926 §6.2
  [151, "status-code", octets("00:6f:6b"), "00:6f:6b"],
  [152, "base-time", 0x0102_0304, "01:02:03:04"],
  [153, "start-time-of-state", 600, "00:00:02:58"],
  [154, "query-start-time", 1, "00:00:00:01"],
  [155, "query-end-time", 0xffff_ffff, "ff:ff:ff:ff"],
  [156, "dhcp-state", 2, "02"],
  [157, "data-source", 1, "01"],
  // RFC 7291 §4: octets of addresses, addresses, for each server
  [158, "v4-pcp-server", [[A, B], [A]], `08:${AB_OCTETS}:04:${A_OCTETS}`],
  // RFC 7618 §9: offset, bits of the port set id, the id in the first of sixteen bits
  [159, "v4-portparams", { offset: 6, psidLength: 8, psid: 0x34 }, "06:08:34:00"],
  [161, "mud-url", URI, URI_OCTETS],
  // RFC 9463 §5.1: length, priority, name, addresses, alpn
  [
    162,
    "v4-dnr",
    [
      { priority: 1, name: "home.arpa", addresses: [A, B], protocols: ["dot"] },
      { priority: 2, name: "a", addresses: [], protocols: [] },
    ],
    `00:1f:00:01:0b:${HOME_ARPA}:08:${AB_OCTETS}:00:01:00:04:03:64:6f:74:` +
    "00:06:00:02:03:01:61:00",
  ],
  // Private codes that everybody knows
  [175, "etherboot", [{ code: 176, value: Uint8Array.of(1) }], "b0:01:01"],
  [176, "ip-telephone", "MCPORT=1719", "4d:43:50:4f:52:54:3d:31:37:31:39"],
  // RFC 5071: the magic number, and what goes with it
  [208, "pxelinux-magic", octets("f1:00:74:7e"), "f1:00:74:7e"],
  [209, "loader-configfile", "c", "63"],
  [210, "loader-pathprefix", "/p/", "2f:70:2f"],
  [211, "loader-reboottime", 600, "00:00:02:58"],
  // RFC 5969 §7.1.1: bits in common, bits of the prefix, the prefix in sixteen octets, relays
  [
    212,
    "option-6rd",
    {
      ipv4MaskLength: 8,
      prefixLength: 32,
      prefix: octets(`20:01:0d:b8${":00".repeat(12)}`),
      borderRelays: [A, B],
    },
    `08:20:20:01:0d:b8${":00".repeat(12)}:${AB_OCTETS}`,
  ],
  [213, "v4-access-domain", "home.arpa", HOME_ARPA],
  [220, "subnet-allocation", octets("00"), "00"],
  [221, "vss-info", octets("00:61"), "00:61"],
  [
    249,
    "ms-classless-static-route",
    [{ to: { network: ip("10.0.0.0"), prefixLength: 8 }, via: A }],
    `08:0a:${A_OCTETS}`,
  ],
  [252, "wpad-url", "http://a", "68:74:74:70:3a:2f:2f:61"],
];

Deno.test("every line of the option table has a row here, with its code and name", () => {
  const byCode = (a: readonly unknown[], b: readonly unknown[]) => Number(a[0]) - Number(b[0]);
  assert.deepEqual(
    OPTIONS.map(({ code, name }) => [code, name]).toSorted(byCode),
    ROWS.map(([code, name]) => [code, name]).toSorted(byCode),
  );
});

Deno.test("the table has every code of the registry that has a meaning", () => {
  const codes = new Set(OPTIONS.map(({ code }) => code));
  const missing = Array.from({ length: 254 }, (_, i) => i + 1).filter((code) => !codes.has(code));
  const range = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i);
  assert.deepEqual(missing, [
    // RFC 3679 took their meaning from these.
    ...[84, 96, ...range(102, 107), 110, 111, 115, 126, 127],
    // What vendors of boot code and telephones made of these, each for itself.
    ...range(128, 135),
    ...[149, 160, ...range(163, 174), ...range(177, 207), ...range(214, 219), 222, 223],
    // For private use (RFC 3942).
    ...range(224, 248),
    ...[250, 251, 253, 254],
  ]);
});

for (const [code, name, value, expected] of ROWS) {
  const definition = OPTIONS.find((it) => it.code === code);
  Deno.test(`option ${code} ${name} is encoded as in ${definition?.source}`, () => {
    assert(definition !== undefined);
    const bytes = encodeOptionValue(definition.kind, value as never);
    assert.equal(formatHex(bytes), expected);
    assert.deepEqual(decodeOptionValue(definition.kind, bytes), value);
  });
}
