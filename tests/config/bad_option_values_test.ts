/** Values of options with parts that are written wrong. */
import { inOptions, inSubnet, testBadConfigs } from "./bad_configs.ts";

testBadConfigs("values of options", [
  [
    "a route with bits beyond its prefix",
    inOptions(
      "classless-static-route: [{ to: 10.0.0.0/8, via: 192.168.1.2 }, { to: 10.1.2.3/16, via: 192.168.1.2 }]",
    ),
    [
      "config.yaml:6:72: 10.1.2.3/16 is not a network: it has bits set beyond the prefix",
      'hint: did you mean "10.1.0.0/16"?',
    ],
  ],
  [
    "a route to an address",
    inOptions("classless-static-route: { to: 10.1.2.3, via: 192.168.1.2 }"),
    ["config.yaml:6:33: 10.1.2.3 has no prefix length", 'hint: did you mean "10.1.2.3/32"?'],
  ],
  [
    "a route by its mask",
    inOptions("classless-static-route: { to: 10.0.0.0/255.0.0.0, via: 192.168.1.2 }"),
    [
      'config.yaml:6:33: expected a network like 10.0.0.0/8, or default, got "10.0.0.0/255.0.0.0"',
      'hint: did you mean "10.0.0.0/8"?',
    ],
  ],
  ["a route without a router", inOptions("ms-classless-static-route: [{ to: 10.0.0.0/8 }]"), [
    'config.yaml:6:31: "via" is missing',
  ]],
  ["a route as text", inOptions('classless-static-route: "10.0.0.0/8 192.168.1.2"'), [
    'config.yaml:6:27: expected a route like { to: 10.0.0.0/8, via: 192.168.1.2 }, or a list of them, got "10.0.0.0/8 192.168.1.2"',
  ]],
  [
    "a route that misspells its keys",
    inOptions("classless-static-route: [{ dest: 10.0.0.0/8, via: 192.168.1.2 }]"),
    [
      'config.yaml:6:30: unknown key "dest"',
      'hint: did you mean "to"?',
    ],
  ],
  ["a domain with two dots", inOptions("domain-search: [home.arpa, eng..home.arpa]"), [
    'config.yaml:6:30: expected a domain name like home.arpa, got "eng..home.arpa"',
  ]],
  ["domains without brackets", inOptions("domain-search: home.arpa, home.example"), [
    'config.yaml:6:18: expected a domain name like home.arpa, got "home.arpa, home.example"',
    "hint: write [home.arpa, home.example]",
  ]],
  [
    "a label of more than 63 characters",
    inOptions(
      `v4-lost: ${"y".repeat(64)}.example`,
    ),
    ['config.yaml:6:12: expected a domain name like home.arpa, got "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…"'],
  ],
  ["a domain that is an address", inOptions("v4-access-domain: 10.0.0.1"), [
    'config.yaml:6:21: expected a domain name like home.arpa, got "10.0.0.1"',
  ]],
  ["a URI without a scheme", inOptions("v4-captive-portal: portal.example.com/"), [
    'config.yaml:6:22: expected a URI like https://portal.example.com/, got "portal.example.com/"',
  ]],
  ["a URI with a blank", inOptions('v4-captive-portal: "https://portal.example.com/a b"'), [
    'config.yaml:6:22: expected a URI like https://portal.example.com/, got "https://portal.example.com/a b"',
  ]],
  [
    "an option by what people call it",
    inOptions("captive-portal: https://portal.example.com/", "routes: []", "timezone: Asia/Tokyo"),
    [
      'config.yaml:6:3: unknown option "captive-portal"',
      'hint: did you mean "v4-captive-portal"?',
      'config.yaml:7:3: unknown option "routes"',
      'hint: did you mean "classless-static-route"?',
      'config.yaml:8:3: unknown option "timezone"',
      'hint: did you mean "tcode"?',
    ],
  ],
  [
    "a sub-option of an unknown type",
    inOptions("vendor-encapsulated-options: [{ code: 1, type: ip, value: 10.0.0.1 }]"),
    [
      'config.yaml:6:50: unknown type "ip"',
      'hint: did you mean "ipv4"?',
    ],
  ],
  [
    "a sub-option within a sub-option",
    inOptions("vendor-encapsulated-options: [{ code: 1, type: sub-options, value: '0101' }]"),
    [
      'config.yaml:6:50: unknown type "sub-options"',
      "hint: the types are: ipv4, ipv4-list, ipv4-pair-list, u8, u8-list, u16, u16-list, u32, u32-list, i32, bool, text, uri, uri-list, hex, duration, ipv6, cidr-routes, domain-name, domain-list, compressed-domain-list",
    ],
  ],
  [
    "a sub-option with a code out of range",
    inOptions("vendor-encapsulated-options: [{ code: 255, type: u8, value: 1 }]"),
    ["config.yaml:6:41: expected a whole number from 1 to 254, got the number 255"],
  ],
  [
    "a sub-option that is too long",
    inOptions(
      `vendor-encapsulated-options: [{ code: 1, type: text, value: ${"y".repeat(256)} }]`,
    ),
    ["config.yaml:6:63: the value has 256 octets, and a part of an option has room for 255"],
  ],
  ["no sub-options", inOptions("vendor-encapsulated-options: []"), [
    "config.yaml:6:32: expected a list of options like { code: 1, type: ipv4, value: 10.0.0.1 }, got an empty list",
  ]],
  [
    "sub-options as a map",
    inOptions("vendor-encapsulated-options: { code: 1, type: u8, value: 1 }"),
    ["config.yaml:6:32: expected octets in hex, or a list of options like { code: 1, type: ipv4, value: 10.0.0.1 }, got a map"],
  ],
  [
    "options of no vendor",
    inOptions("vivso-suboptions: { options: [{ code: 1, type: u8, value: 1 }] }"),
    ['config.yaml:6:21: "enterprise" is missing'],
  ],
  [
    "options of a vendor that are too long together",
    inOptions(
      "vivso-suboptions:",
      "  enterprise: 9",
      `  options: [{ code: 1, type: text, value: ${"y".repeat(254)} }]`,
    ),
    ["config.yaml:7:5: the options of a vendor have 256 octets, and there is room for 255"],
  ],
  [
    "a value of a vendor without its type",
    inOptions("vivco-suboptions: { enterprise: 9, value: x }"),
    [
      'config.yaml:6:21: "type" is missing',
      "hint: the types are: ipv4, ipv4-list, ipv4-pair-list, u8, u8-list, u16, u16-list, u32, u32-list, i32, bool, text, uri, uri-list, hex, duration, ipv6, cidr-routes, domain-name, domain-list, compressed-domain-list",
    ],
  ],
  [
    "a part that does not fit its type",
    inOptions("isns: [{ type: u16, value: 1 }, { type: u16, value: 65536 }]"),
    ["config.yaml:6:55: expected a whole number from 0 to 65535, got the number 65536"],
  ],
  ["SIP servers of both kinds", inOptions("sip-servers: [10.0.0.1, sip.example.com]"), [
    "config.yaml:6:16: addresses and domain names cannot be sent together",
    "hint: keep either of them",
  ]],
  [
    "three servers where two fit",
    inOptions("rdnss-selection: { servers: [10.0.0.1, 10.0.0.2, 10.0.0.3], domains: a.example }"),
    ["config.yaml:6:31: there is room for two servers here"],
  ],
  [
    "a preference that is none",
    inOptions("rdnss-selection: { preference: highest, servers: 10.0.0.1, domains: a.example }"),
    ['config.yaml:6:34: expected low, medium or high, got "highest"'],
  ],
  [
    "a port set id with too many bits",
    inOptions("v4-portparams: { offset: 6, psid-length: 4, psid: 16 }"),
    ["config.yaml:6:53: the port set id 16 has more than 4 bits"],
  ],
  [
    "a resolver without its protocols",
    inOptions("v4-dnr: { name: dns.example, addresses: 10.0.0.1 }"),
    [
      "config.yaml:6:11: a resolver with addresses needs its protocols",
      "hint: add protocols: [dot]",
    ],
  ],
  [
    "a resolver by its name with protocols",
    inOptions("v4-dnr: { name: dns.example, protocols: dot }"),
    [
      "config.yaml:6:11: a resolver without addresses has nothing but its name",
      "hint: add its addresses",
    ],
  ],
  [
    "a 6rd prefix that is none",
    inOptions('option-6rd: { prefix: "2001:db8::", border-relays: 10.0.0.1 }'),
    ['config.yaml:6:25: expected an IPv6 prefix like 2001:db8::/32, got "2001:db8::"'],
  ],
  [
    "an IPv6 address that is none",
    inOptions('other: [{ code: 224, type: ipv6, value: "2001:db8::1::2" }]'),
    ['config.yaml:6:43: expected an IPv6 address like 2001:db8::1, got "2001:db8::1::2"'],
  ],
  ["a URL that clients send", inOptions("mud-url: https://mud.example.com/x"), [
    "config.yaml:6:3: option mud-url (161) cannot be set: clients send it",
  ]],
  [
    "routes without a default route beside routers (warning)",
    inSubnet(
      "options:",
      "  routers: 192.168.1.1",
      "  classless-static-route: { to: 10.0.0.0/8, via: 192.168.1.2 }",
    ),
    [
      "config.yaml:7:31: warning: clients that take these routes ignore routers, and have no default route then",
      "hint: add { to: default, via: 192.168.1.1 }",
    ],
  ],
]);
