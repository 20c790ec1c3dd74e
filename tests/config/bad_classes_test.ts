/** Classes that cannot be meant, and who names them. */
import { inFile, inSubnet, testBadConfigs } from "./bad_configs.ts";

/** A config with one class, on line 6, whose `match`, from column 25 on, is this. */
function withMatch(match: string): string {
  return inFile("classes:", `  - { name: some, match: ${match}, deny: true }`);
}

/** A config with one class on line 5 and these lines from line 6 on, in the subnet. */
function inClassedSubnet(...lines: string[]): string {
  return [
    "interfaces: eth0",
    "classes: [{ name: phones, match: { vendor-class: 'Cisco*' }, lease-time: 1h }]",
    "subnets:",
    "  - subnet: 192.168.1.0/24",
    ...lines.map((line) => `    ${line}`),
    "",
  ].join("\n");
}

testBadConfigs("classes", [
  ["no list", inFile("classes: { phones: { match: {} } }"), [
    'config.yaml:5:10: expected a list of classes like { name: phones, match: { vendor-class: "Cisco*" } }, got a map',
    "hint: begin each entry with `- `",
  ]],
  ["no name", inFile("classes: [{ match: { mac: 'b8:27' }, deny: true }]"), [
    'config.yaml:5:11: "name" is missing',
  ]],
  ["no match", inFile("classes: [{ name: some, deny: true }]"), [
    'config.yaml:5:19: nobody is in the class "some": it has no match, and no reservation names it',
    "hint: add match: … here, or classes: some there",
  ]],
  [
    "a class that a reservation names, and that is none",
    inClassedSubnet(
      "pools: 192.168.1.100",
      "reservations:",
      "  - { mac: 'b8:27:eb:00:00:01', classes: [phones, phone] }",
    ),
    [
      'config.yaml:7:55: there is no class "phone"',
      'hint: did you mean "phones"?',
    ],
  ],
  ["a denial of those who are never denied (warning)", withMatch("{ reserved: true }"), [
    "config.yaml:6:52: warning: who has a reservation is answered, though its class is denied",
    "hint: write reserved: false to deny all others",
  ]],
  ["a word of other servers", withMatch("{ known: true }"), [
    'config.yaml:6:28: unknown key "known"',
    'hint: did you mean "reserved"?',
  ]],
  [
    "a name twice",
    inFile(
      "classes:",
      "  - { name: some, match: { mac: 'b8:27' }, deny: true }",
      "  - { name: some, match: { mac: 'b8:28' }, deny: true }",
    ),
    ['config.yaml:7:13: the class "some" is on line 6 already'],
  ],
  [
    "a name that is none",
    inFile("classes: [{ name: my class, match: { mac: 'b8:27' }, deny: true }]"),
    ['config.yaml:5:19: expected the name of a class: letters, digits, hyphens, got "my class"'],
  ],
  [
    "an option that is not under options",
    inFile("classes: [{ name: some, match: { mac: 'b8:27' }, routers: 10.0.0.1 }]"),
    ['config.yaml:5:50: unknown key "routers"', 'hint: put "routers" under "options"'],
  ],
  ["a match of nothing", withMatch("{}"), [
    "config.yaml:6:26: this says nothing, and every client would match",
    'hint: write a map like { vendor-class: "Cisco*" }',
  ]],
  ["a match that is text", withMatch("Cisco*"), [
    'config.yaml:6:26: expected a map like { vendor-class: "Cisco*" }, got "Cisco*"',
  ]],
  ["text with control characters", withMatch('{ vendor-class: "a\\tb" }'), [
    'config.yaml:6:42: "a\\tb" has control characters in it',
    'hint: write { hex: "61:09:62" }',
  ]],
  ["nothing but how to compare", withMatch("{ ignore-case: true }"), [
    "config.yaml:6:26: this says nothing, and every client would match",
    'hint: write a map like { vendor-class: "Cisco*" }',
  ]],
  ["an unknown key", withMatch("{ vendor-clas: x }"), [
    'config.yaml:6:28: unknown key "vendor-clas"',
    'hint: did you mean "vendor-class"?',
  ]],
  ["a key of another server", withMatch("{ giaddr: 10.0.0.1 }"), [
    'config.yaml:6:28: unknown key "giaddr"',
    'hint: did you mean "relay"?',
  ]],
  ["a number for text", withMatch("{ vendor-class: 7 }"), [
    'config.yaml:6:42: expected text like "Cisco*", or a list of them, got the number 7',
    "hint: put it in quotes to make it text",
  ]],
  ["no text", withMatch("{ vendor-class: '' }"), [
    'config.yaml:6:42: expected text like "Cisco*", got ""',
  ]],
  ["no texts", withMatch("{ vendor-class: [] }"), [
    'config.yaml:6:42: expected text like "Cisco*", or a list of them, got an empty list',
  ]],
  ["a backslash at the end", withMatch("{ circuit-id: 'a\\' }"), [
    'config.yaml:6:40: expected text like "eth 1/*", or octets in hex like "00:04:*", got "a\\\\"',
  ]],
  ["hex that is none", withMatch("{ user-class: { hex: 0x01 } }"), [
    'config.yaml:6:47: expected octets in hex like "00:04:*", got the number 1',
    "hint: put it in quotes to make it text",
  ]],
  ["another map than hex", withMatch("{ vendor-class: { txt: x } }"), [
    'config.yaml:6:44: unknown key "txt"',
    'hint: did you mean "text"?',
  ]],
  ["text and hex at once", withMatch("{ remote-id: { text: x, hex: '61' } }"), [
    "config.yaml:6:39: this is to have either text or hex",
  ]],
  ["neither text nor hex", withMatch("{ options: { dhcp-client-identifier: [{}] } }"), [
    "config.yaml:6:64: this is to have either text or hex",
  ]],
  ["hex that is text", withMatch("{ circuit-id: { hex: eth1 } }"), [
    'config.yaml:6:47: expected octets in hex like "00:04:*", got "eth1"',
  ]],
  ["a number for a port", withMatch("{ circuit-id: 7 }"), [
    'config.yaml:6:40: expected text like "eth 1/*", or octets in hex like "00:04:*", or a list of them, got the number 7',
    "hint: put it in quotes to make it text",
  ]],
  ["a MAC that is none", withMatch("{ mac: b8:27:zz }"), [
    'config.yaml:6:33: expected a MAC address or its beginning like b8:27:eb or "b8:27:eb:*", got "b8:27:zz"',
  ]],
  ["a MAC without colons", withMatch("{ mac: 'b827eb*' }"), [
    'config.yaml:6:33: expected a MAC address or its beginning like b8:27:eb or "b8:27:eb:*", got "b827eb*"',
    "hint: write b8:27:eb",
  ]],
  ["a MAC that is too long", withMatch("{ mac: 'b8:27:eb:00:00:00:01' }"), [
    'config.yaml:6:33: expected a MAC address or its beginning like b8:27:eb or "b8:27:eb:*", got "b8:27:eb:00:00:00:01"',
  ]],
  ["an unknown architecture", withMatch("{ architecture: [uefi-x46] }"), [
    'config.yaml:6:43: expected an architecture like uefi-x64 or 7, got "uefi-x46"',
    'hint: did you mean "uefi-x64"?',
  ]],
  ["iPXE is no architecture", withMatch("{ architecture: ipxe }"), [
    'config.yaml:6:42: expected an architecture like uefi-x64 or 7, or a list of them, got "ipxe"',
  ]],
  ["a relay that is none", withMatch("{ relay: 10.0.0.1/8 }"), [
    "config.yaml:6:35: 10.0.0.1/8 is not a network: it has bits set beyond the prefix",
    'hint: did you mean "10.0.0.0/8"?',
  ]],
  ["a word for true", withMatch("{ random-mac: yes }"), [
    'config.yaml:6:40: expected true or false, got "yes"',
    "hint: write true",
  ]],
  ["an interface that is not served", withMatch("{ interface: [eth0, 'wlan*'] }"), [
    'config.yaml:6:46: none of the interfaces is called "wlan*"',
  ]],
  [
    "an interface that is not served, further in",
    withMatch("{ any: [{ not: { interface: eth1 } }] }"),
    ['config.yaml:6:54: none of the interfaces is called "eth1"'],
  ],
  ["the client identifier", withMatch("{ client-id: '01:02:*' }"), [
    'config.yaml:6:28: unknown key "client-id"',
    "hint: write options: { dhcp-client-identifier: … }",
  ]],
  ["an option that is not under options", withMatch("{ host-name: 'p*' }"), [
    'config.yaml:6:28: unknown key "host-name"',
    "hint: write options: { host-name: … }",
  ]],
  ["a star at the beginning, without quotes", withMatch("{ mac: *:00 }"), [
    "config.yaml:6:33: the alias *:00 has no anchor &:00 before it",
    "hint: put it in quotes to make it text",
  ]],
  ["a star alone, without quotes", withMatch("{ mac: * }"), [
    'config.yaml:6:33: a value cannot begin with "*"',
    "hint: put it in quotes",
  ]],
  [
    "regular expressions (warning)",
    withMatch(
      String
        .raw`{ vendor-class: ['^Cisco', 'x$', '[Cc]isco*', 'a.+b', 'a(b|c)', '\[a\]'], any: [{ options: { other: [{ code: 224, value: '^a' }] } }], not: { mac: '*:00' } }`,
    ),
    [
      'config.yaml:6:43: warning: "^Cisco" is compared as it stands: ^ has no meaning here',
      String.raw`hint: "*" is for any text, "?" for one character; write \^ if it is meant`,
      'config.yaml:6:53: warning: "x$" is compared as it stands: $ has no meaning here',
      String.raw`hint: "*" is for any text, "?" for one character; write \$ if it is meant`,
      'config.yaml:6:59: warning: "[Cc]isco*" is compared as it stands: [ has no meaning here',
      String.raw`hint: "*" is for any text, "?" for one character; write \[ if it is meant`,
      'config.yaml:6:72: warning: "a.+b" is compared as it stands: + has no meaning here',
      String.raw`hint: "*" is for any text, "?" for one character; write \+ if it is meant`,
      'config.yaml:6:80: warning: "a(b|c)" is compared as it stands: | has no meaning here',
      String.raw`hint: "*" is for any text, "?" for one character; write \| if it is meant`,
      'config.yaml:6:147: warning: "^a" is compared as it stands: ^ has no meaning here',
      String.raw`hint: "*" is for any text, "?" for one character; write \^ if it is meant`,
    ],
  ],
  ["an unknown option", withMatch("{ options: { hostname: x } }"), [
    'config.yaml:6:39: unknown option "hostname"',
    'hint: did you mean "host-name"?',
  ]],
  ["a value of another type", withMatch("{ options: { interface-mtu: big } }"), [
    'config.yaml:6:54: expected a whole number from 0 to 65535, got "big"',
  ]],
  ["an option by code without a value", withMatch("{ options: { other: [{ code: 224 }] } }"), [
    'config.yaml:6:47: "value" is missing',
  ]],
  ["something wrong in any", withMatch("{ any: [{ mac: x }, { vendor: y }] }"), [
    'config.yaml:6:41: expected a MAC address or its beginning like b8:27:eb or "b8:27:eb:*", got "x"',
    'config.yaml:6:48: unknown key "vendor"',
    'hint: did you mean "vendor-class"?',
  ]],
  ["any that is no list", withMatch("{ any: { mac: 'b8:27' } }"), [
    'config.yaml:6:33: expected a list of maps, each a map like { vendor-class: "Cisco*" }, got a map',
    "hint: begin each entry with `- `",
  ]],
  ["something wrong in not", withMatch("{ not: {} }"), [
    "config.yaml:6:33: this says nothing, and every client would match",
    'hint: write a map like { vendor-class: "Cisco*" }',
  ]],
  [
    "deny that is no boolean",
    inFile("classes: [{ name: some, match: { mac: 'b8:27' }, deny: always }]"),
    ['config.yaml:5:56: expected true or false, got "always"'],
  ],
  [
    "an option that nobody sets is taken away",
    inFile("classes: [{ name: some, match: { mac: 'b8:27' }, options: { root-path: null } }]"),
    ["config.yaml:5:72: root-path (17) has no value, and there is none further out to take away"],
  ],
  [
    "it makes no difference (warning)",
    inFile("classes: [{ name: some, match: { mac: 'b8:27' } }]"),
    ['config.yaml:5:19: warning: the class "some" makes no difference: it gives nothing, and no pool is for it only'],
  ],
  [
    "settings for whom nothing is told (warning)",
    inFile("classes: [{ name: some, match: { mac: 'b8:27' }, lease-time: 1h, deny: true }]"),
    [
      'config.yaml:5:62: warning: clients of the class "some" get no answer, so nobody is told this',
      "hint: leave it out, or deny",
    ],
  ],
  [
    "routes without the default one (warning)",
    inFile(
      "classes:",
      "  - name: some",
      "    match: { mac: 'b8:27' }",
      "    options: { routers: 192.168.1.1, classless-static-route: { to: 10.0.0.0/8, via: 192.168.1.2 } }",
    ),
    [
      "config.yaml:8:62: warning: clients that take these routes ignore routers, and have no default route then",
      "hint: add { to: default, via: 192.168.1.1 }",
    ],
  ],
]);

testBadConfigs("only", [
  [
    "a class that is not there",
    inClassedSubnet("pools: [{ range: 192.168.1.9, only: [phones, guests] }]"),
    [
      'config.yaml:5:50: there is no class "guests"',
      "hint: add classes: [{ name: guests, match: … }]",
    ],
  ],
  ["a class that is misspelt, in a subnet", inClassedSubnet("pools: 192.168.1.9", "only: phone"), [
    'config.yaml:6:11: there is no class "phone"',
    'hint: did you mean "phones"?',
  ]],
  [
    "a class that is denied (warning)",
    inFile(
      "    only: some",
      "classes: [{ name: some, match: { mac: 'b8:27' }, deny: true }]",
    ),
    [
      'config.yaml:5:11: warning: clients of the class "some" get no answer, and so no address',
      "hint: leave it out, or deny",
    ],
  ],
  ["no class", inClassedSubnet("pools: [{ range: 192.168.1.9, only: [] }]"), [
    "config.yaml:5:41: expected the name of a class, or a list of them, got an empty list",
  ]],
]);

testBadConfigs("limits", [
  ["none at all", inFile("classes: [{ name: some, match: { mac: 'b8:27' }, limit: 0 }]"), [
    "config.yaml:5:57: expected a whole number from 1 to 4294967295, got the number 0",
  ]],
  ["a word", inFile("classes: [{ name: some, match: { mac: 'b8:27' }, limit: few }]"), [
    'config.yaml:5:57: expected a whole number from 1 to 4294967295, got "few"',
  ]],
  ["no leases at a port", inFile("port-limit: 0"), [
    "config.yaml:5:13: expected a whole number from 1 to 4294967295, got the number 0",
  ]],
  ["a word for a port", inSubnet("port-limit: none"), [
    'config.yaml:5:17: expected a whole number from 1 to 4294967295, or off, got "none"',
  ]],
  ["under another name", inSubnet("limit: 7"), [
    'config.yaml:5:5: unknown key "limit"',
    'hint: put "limit" in an entry of "classes"',
  ]],
]);
