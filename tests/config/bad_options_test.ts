/** Options that cannot be sent. */
import { inFile, inOptions, testBadConfigs } from "./bad_configs.ts";

testBadConfigs("options", [
  [
    "options by code, the server's own, and boot data",
    inOptions("43: a", "bootfile: x", "message-type: 1"),
    [
      'config.yaml:6:3: unknown option "43"',
      'hint: did you mean "vendor-encapsulated-options"?',
      'config.yaml:7:3: unknown option "bootfile"',
      'hint: put "boot-file" under "boot"',
      "config.yaml:8:3: option dhcp-message-type (53) cannot be set: the server makes it",
    ],
  ],
  ["an unknown option", inOptions("router: 192.168.1.1"), [
    'config.yaml:6:3: unknown option "router"',
    'hint: did you mean "routers"?',
  ]],
  ["an option by its folk name", inOptions("gateway: 192.168.1.1"), [
    'config.yaml:6:3: unknown option "gateway"',
    'hint: did you mean "routers"?',
  ]],
  ["an option far from any", inOptions("colour: blue"), [
    'config.yaml:6:3: unknown option "colour"',
    "hint: options without a name here go under other: [{ code, type, value }]",
  ]],
  ["an option that the server makes", inOptions("dhcp-server-identifier: 192.168.1.1"), [
    "config.yaml:6:3: option dhcp-server-identifier (54) cannot be set: the server makes it",
  ]],
  ["an option that lease-time makes", inOptions("dhcp-renewal-time: 1h"), [
    "config.yaml:6:3: option dhcp-renewal-time (58) cannot be set: the server makes it from lease-time",
    'hint: use "renew" of lease-time',
  ]],
  ["an option that clients send", inOptions("dhcp-client-identifier: 01:02"), [
    "config.yaml:6:3: option dhcp-client-identifier (61) cannot be set: clients send it",
  ]],
  ["an option that relay agents send", inOptions("relay-agent-information: 01:02"), [
    "config.yaml:6:3: option relay-agent-information (82) cannot be set: relay agents send it",
  ]],
  ["an address that is none", inOptions("swap-server: 192.168.1.300"), [
    'config.yaml:6:16: expected an IPv4 address like 192.168.1.1, got "192.168.1.300"',
  ]],
  ["one bad address of a list", inOptions("ntp-servers: [192.168.1.1, 192.168.01.2]"), [
    'config.yaml:6:30: expected an IPv4 address like 192.168.1.1, got "192.168.01.2"',
  ]],
  ["a list without brackets", inOptions("domain-name-servers: 1.1.1.1, 9.9.9.9"), [
    'config.yaml:6:24: expected an IPv4 address like 192.168.1.1, got "1.1.1.1, 9.9.9.9"',
    "hint: write [1.1.1.1, 9.9.9.9]",
  ]],
  ["a list without its comma", inOptions("ntp-servers: [192.168.1.1 192.168.1.2]"), [
    'config.yaml:6:17: expected an IPv4 address like 192.168.1.1, got "192.168.1.1 192.168.1.2"',
    "hint: a comma is missing: 192.168.1.1, 192.168.1.2",
  ]],
  [
    "a list of pairs without brackets",
    inOptions("static-routes: 10.0.0.1 10.0.0.2, 10.0.0.3 10.0.0.2"),
    [
      'config.yaml:6:18: expected two IPv4 addresses like "10.1.0.0 192.168.1.9", got "10.0.0.1 10.0.0.2, 10.0.0.3 10.0.0.2"',
      "hint: write [10.0.0.1 10.0.0.2, 10.0.0.3 10.0.0.2]",
    ],
  ],
  ["a list where one address belongs", inOptions("swap-server: 1.1.1.1, 9.9.9.9"), [
    'config.yaml:6:16: expected an IPv4 address like 192.168.1.1, got "1.1.1.1, 9.9.9.9"',
  ]],
  ["an option without the space after its colon", inFile("options: { routers:192.168.1.1 }"), [
    "config.yaml:5:12: a space is missing after the colon",
    'hint: write "routers: …"',
  ]],
  [
    "other: misspelt keys are not missing too",
    inOptions("other: [{ cod: 150, type: u8, valu: 3 }]"),
    [
      'config.yaml:6:13: unknown key "cod"',
      'hint: did you mean "code"?',
      'config.yaml:6:33: unknown key "valu"',
      'hint: did you mean "value"?',
    ],
  ],
  ["an empty list", inOptions("ntp-servers: []"), [
    "config.yaml:6:16: expected an IPv4 address like 192.168.1.1, or a list of them, got an empty list",
  ]],
  ["a map for a list", inOptions("ntp-servers: { a: 1 }"), [
    "config.yaml:6:16: expected an IPv4 address like 192.168.1.1, or a list of them, got a map",
  ]],
  ["half a pair", inOptions("static-routes: [10.1.0.0 192.168.1.9, 10.2.0.0]"), [
    'config.yaml:6:41: expected two IPv4 addresses like "10.1.0.0 192.168.1.9", got "10.2.0.0"',
  ]],
  [
    "a number out of range",
    inOptions("interface-mtu: 65536", "default-ip-ttl: -1", "time-offset: 2147483648"),
    [
      "config.yaml:6:18: expected a whole number from 0 to 65535, got the number 65536",
      "config.yaml:7:19: expected a whole number from 0 to 255, got the number -1",
      "config.yaml:8:16: expected a whole number from -2147483648 to 2147483647, got the number 2147483648",
    ],
  ],
  ["a number with a fraction", inOptions("interface-mtu: 1500.5"), [
    "config.yaml:6:18: expected a whole number from 0 to 65535, got the number 1500.5",
  ]],
  ["a number out of range in a list", inOptions("path-mtu-plateau-table: [68, 70000]"), [
    "config.yaml:6:32: expected a whole number from 0 to 65535, got the number 70000",
  ]],
  ["a number that is text", inOptions("interface-mtu: '1500'"), [
    'config.yaml:6:18: expected a whole number from 0 to 65535, got "1500"',
  ]],
  ["a boolean that is a number", inOptions("ip-forwarding: 1"), [
    "config.yaml:6:18: expected true or false, got the number 1",
  ]],
  ["text that is a number", inOptions("host-name: 007"), [
    "config.yaml:6:14: expected text, got the number 7",
    "hint: put it in quotes to make it text",
  ]],
  ["text with a NUL", inOptions('domain-name: "home\\0arpa"'), [
    'config.yaml:6:16: "home\\x00arpa" has control characters in it',
    'hint: write it under other: { code: …, type: hex, value: "68:6f:6d:65:00:61:72:70:61" }',
  ]],
  ["empty text", inOptions("domain-name: ''"), [
    'config.yaml:6:16: expected text, got ""',
  ]],
  ["text that is too long", inOptions(`root-path: ${"x".repeat(1025)}`), [
    "config.yaml:6:14: the value has 1025 octets, and an option has room for 1024",
  ]],
  ["hex with half an octet", inOptions("vendor-encapsulated-options: '01:2'"), [
    'config.yaml:6:32: expected octets in hex like 01:04:c0:a8, got "01:2"',
  ]],
  ["hex that YAML reads as a number", inOptions("vendor-encapsulated-options: 0104"), [
    "config.yaml:6:32: expected octets in hex, or a list of options like { code: 1, type: ipv4, value: 10.0.0.1 }, got the number 104",
    "hint: put it in quotes to make it text",
  ]],
  ["no options", inFile("options:"), [
    "config.yaml:5:9: expected a map of options like { routers: 192.168.1.1 }, got nothing",
  ]],
  ["other: an unknown type", inOptions("other: [{ code: 150, type: ipv4list, value: 1.2.3.4 }]"), [
    'config.yaml:6:30: unknown type "ipv4list"',
    'hint: did you mean "ipv4-list"?',
  ]],
  ["other: a type as Kea calls it", inOptions("other: [{ code: 222, type: uint32, value: 7 }]"), [
    'config.yaml:6:30: unknown type "uint32"',
    'hint: did you mean "u32"?',
  ]],
  ["other: no type", inOptions("other: [{ code: 150, value: 1.2.3.4 }]"), [
    'config.yaml:6:11: "type" is missing',
    "hint: the types are: ipv4, ipv4-list, ipv4-pair-list, u8, u8-list, u16, u16-list, u32, u32-list, i32, bool, text, uri, uri-list, hex, duration, ipv6, cidr-routes, domain-name, domain-list, compressed-domain-list, record, sub-options, vendor-classes, vendor-options",
  ]],
  ["other: no code and no value", inOptions("other: [{ type: u8 }]"), [
    'config.yaml:6:11: "code" is missing',
    'config.yaml:6:11: "value" is missing',
  ]],
  ["other: a value of another type", inOptions("other: [{ code: 150, type: u8, value: 256 }]"), [
    "config.yaml:6:41: expected a whole number from 0 to 255, got the number 256",
  ]],
  [
    "other: codes out of range",
    inOptions(
      "other:",
      "  - { code: 0, type: u8, value: 1 }",
      "  - { code: 255, type: u8, value: 1 }",
    ),
    [
      "config.yaml:7:15: expected a whole number from 1 to 254, got the number 0",
      "config.yaml:8:15: expected a whole number from 1 to 254, got the number 255",
    ],
  ],
  [
    "other: a code of the protocol",
    inOptions(
      "other:",
      "  - { code: 53, type: u8, value: 1 }",
      "  - { code: 82, type: hex, value: '01' }",
    ),
    [
      "config.yaml:7:15: option dhcp-message-type (53) cannot be set: the server makes it",
      "config.yaml:8:15: option relay-agent-information (82) cannot be set: relay agents send it",
    ],
  ],
  [
    "other: a code twice",
    inOptions(
      "other:",
      "  - { code: 250, type: u8, value: 1 }",
      "  - { code: 250, type: u8, value: 2 }",
    ),
    [
      "config.yaml:8:7: option 250 is set on line 7 already",
    ],
  ],
  [
    "other: a code that is set by name",
    inOptions("ntp-servers: 192.168.1.1", "other: [{ code: 42, type: ipv4, value: 192.168.1.2 }]"),
    [
      "config.yaml:7:11: ntp-servers (42) is set on line 6 already",
    ],
  ],
  ["other: no list", inOptions("other: { code: 150, type: u8, value: 1 }"), [
    "config.yaml:6:10: expected a list of options like { code: 150, type: ipv4-list, value: 192.168.1.2 }, got a map",
    "hint: begin each entry with `- `",
  ]],
  ["other: an item that is no map", inOptions("other: [150]"), [
    "config.yaml:6:11: expected an option like { code: 150, type: ipv4-list, value: 192.168.1.2 }, got the number 150",
  ]],
]);
