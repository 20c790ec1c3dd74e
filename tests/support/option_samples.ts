/** Values of options, as a config has them and as they are sent. */
import type { OptionKind } from "../../src/wire/option_values.ts";

/** A value in YAML for each kind, and its octets. */
export const SAMPLES: { readonly [Kind in OptionKind]: readonly [yaml: string, octets: string] } = {
  "ipv4": ["10.0.0.1", "0a:00:00:01"],
  "ipv4-list": ["[10.0.0.1, 10.0.0.2]", "0a:00:00:01:0a:00:00:02"],
  "ipv4-pair-list": ['["10.0.0.1 10.0.0.2"]', "0a:00:00:01:0a:00:00:02"],
  "u8": ["255", "ff"],
  "u8-list": ["[1, 2]", "01:02"],
  "u16": ["0xffff", "ff:ff"],
  "u16-list": ["258", "01:02"],
  "u32": ["4294967295", "ff:ff:ff:ff"],
  "u32-list": ["[1, 256]", "00:00:00:01:00:00:01:00"],
  "i32": ["-2147483648", "80:00:00:00"],
  "bool": ["true", "01"],
  "text": ["ü", "c3:bc"],
  "uri": ['"urn:x"', "75:72:6e:3a:78"],
  "uri-list": ['["urn:x", "a:b"]', "00:05:75:72:6e:3a:78:00:03:61:3a:62"],
  "hex": ["ab-cd", "ab:cd"],
  "duration": ["infinite", "ff:ff:ff:ff"],
  "ipv6": ['"2001:db8::1.2.3.4"', "20:01:0d:b8:00:00:00:00:00:00:00:00:01:02:03:04"],
  "cidr-routes": [
    "[{ to: 10.0.0.0/8, via: 192.168.1.2 }, { to: default, via: 192.168.1.1 }]",
    "08:0a:c0:a8:01:02:00:c0:a8:01:01",
  ],
  "domain-name": ["a.bc.", "01:61:02:62:63:00"],
  "domain-list": ["[a.b, c.b]", "01:61:01:62:00:01:63:01:62:00"],
  "compressed-domain-list": ["[a.b, c.b]", "01:61:01:62:00:01:63:c0:02"],
  "record": [
    "[{ type: u8, value: 1 }, { type: ipv4-list, value: [10.0.0.1] }]",
    "01:0a:00:00:01",
  ],
  "sub-options": [
    "[{ code: 1, type: ipv4, value: 10.0.0.1 }, { code: 2, type: text, value: ab }]",
    "01:04:0a:00:00:01:02:02:61:62",
  ],
  "vendor-classes": ["{ enterprise: 9, type: text, value: ab }", "00:00:00:09:02:61:62"],
  "vendor-options": [
    "{ enterprise: 3561, options: [{ code: 1, type: u8, value: 7 }] }",
    "00:00:0d:e9:03:01:01:07",
  ],
  "sip-servers": ["sip.example", "00:03:73:69:70:07:65:78:61:6d:70:6c:65:00"],
  "slp-agents": ["{ mandatory: true, addresses: 10.0.0.1 }", "01:0a:00:00:01"],
  "slp-scope": ['{ scopes: "a,b" }', "00:61:2c:62"],
  "rdnss-selection": [
    "{ preference: high, servers: 10.0.0.1, domains: a.b }",
    "01:0a:00:00:01:00:00:00:00:01:61:01:62:00",
  ],
  "pcp-servers": [
    "[[10.0.0.1, 10.0.0.2], 10.0.0.3]",
    "08:0a:00:00:01:0a:00:00:02:04:0a:00:00:03",
  ],
  "port-params": ["{ offset: 6, psid-length: 8, psid: 0x34 }", "06:08:34:00"],
  "dnr-resolvers": [
    "{ name: a.b, addresses: 10.0.0.1, protocols: [dot, h2], port: 853, path: /q }",
    // Length, priority, name, address, then alpn (1), port (3) and dohpath (7).
    "00:24:00:01:05:01:61:01:62:00:04:0a:00:00:01:" +
    "00:01:00:07:03:64:6f:74:02:68:32:00:03:00:02:03:55:00:07:00:02:2f:71",
  ],
  "6rd": [
    '{ prefix: "2001:db8::/32", ipv4-mask-length: 8, border-relays: 10.0.0.1 }',
    "08:20:20:01:0d:b8:00:00:00:00:00:00:00:00:00:00:00:00:0a:00:00:01",
  ],
};

/** For options that not every value of their kind is one of. */
export const OWN_SAMPLES: ReadonlyMap<string, readonly [yaml: string, octets: string]> = new Map([
  ["subnet-mask", ["255.255.255.0", "ff:ff:ff:00"]],
  ["netbios-node-type", ["8", "08"]],
]);
