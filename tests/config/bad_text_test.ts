/** Files that are no config: broken YAML, keys that there are not. */
import { inFile, inSubnet, KNOWN_AT_TOP, testBadConfigs } from "./bad_configs.ts";

testBadConfigs("text that is no config", [
  ["an empty file", "", [
    "config.yaml:1:1: there is no config in the file",
    "hint: `sublet init` prints one to begin with",
  ]],
  ["only comments", "# nothing yet\n", [
    "config.yaml:1:1: there is no config in the file",
    "hint: `sublet init` prints one to begin with",
  ]],
  ["null", "~\n", [
    "config.yaml:1:1: there is no config in the file",
    "hint: `sublet init` prints one to begin with",
  ]],
  ["a list", "- interfaces\n", [
    "config.yaml:1:1: expected a map with the keys interfaces and subnets, got a list",
  ]],
  ["one word", "hello\n", [
    'config.yaml:1:1: expected a map with the keys interfaces and subnets, got "hello"',
  ]],
  ["binary junk", "interfaces: eth0\n\x7fELF\x01\x00", [
    "config.yaml:2:1: the control character U+007f has no place in a text file",
  ]],
  ["a tab to indent", "interfaces: eth0\nsubnets:\n\t- subnet: 10.0.0.0/24\n", [
    "config.yaml:3:1: a tab is used to indent",
    "hint: indent with spaces",
  ]],
  [
    "tabs to indent, and what follows from them",
    "subnets:\n  -\tsubnet: 10.0.0.0/24\n  \tpools: 10.0.0.9\n",
    [
      "config.yaml:2:4: a tab is used to indent",
      "hint: indent with spaces",
    ],
  ],
  [
    "a key too deep",
    "interfaces: eth0\nsubnets:\n  - subnet: 10.0.0.0/24\n      pools: 10.0.0.9\n    options:\n      routers: 10.0.0.1\n",
    [
      "config.yaml:4:7: this line is indented deeper than the ones it belongs to",
      "hint: lines that belong together begin in the same column",
    ],
  ],
  [
    "a key too deep below a list",
    "interfaces: eth0\nsubnets:\n  - subnet: 10.0.0.0/24\n    pools: [10.0.0.9]\n      exclude: 10.0.0.9\n",
    [
      "config.yaml:5:7: this line is indented deeper than the ones it belongs to",
      "hint: lines that belong together begin in the same column",
    ],
  ],
  [
    "a key not deep enough for its entry",
    "interfaces: eth0\nsubnets:\n  - subnet: 10.0.0.0/24\n   pools: 10.0.0.9\n",
    [
      "config.yaml:4:4: this line is indented less than the ones it belongs to",
      "hint: lines that belong together begin in the same column",
    ],
  ],
  [
    "an entry that is not where its list is",
    "interfaces: eth0\nsubnets:\n    - subnet: 10.0.0.0/24\n  - subnet: 10.0.1.0/24\n",
    [
      "config.yaml:4:3: the indentation of this line fits none of the lines above it",
      "hint: lines that belong together begin in the same column",
    ],
  ],
  [
    "a key that fits nowhere",
    "interfaces: eth0\noptions:\n    routers: 10.0.0.1\n  # Names.\n  domain-name: a\n",
    [
      "config.yaml:5:3: the indentation of this line fits none of the lines above it",
      "hint: lines that belong together begin in the same column",
    ],
  ],
  [
    "no colon",
    "interfaces: eth0\nsubnets:\n  - subnet: 10.0.0.0/24\n    pools 10.0.0.9\n    options:\n      routers: 10.0.0.1\n",
    [
      'config.yaml:4:5: is a colon missing after "pools"?',
    ],
  ],
  ["no colon, on the last line", inFile("authoritative true"), [
    'config.yaml:5:1: is a colon missing after "authoritative"?',
  ]],
  [
    "no colon before a block",
    "interfaces: eth0\nsubnets\n  - subnet: 10.0.0.0/24\n    pools: 10.0.0.9\n",
    [
      'config.yaml:2:1: is a colon missing after "subnets"?',
    ],
  ],
  ["no key", "interfaces: eth0\n10.0.0.9\nsubnets: []\n", [
    "config.yaml:2:1: a key with a colon after it belongs here",
  ]],
  [
    "no space after a colon",
    "interfaces: eth0\nsubnets:\n  - subnet: 10.0.0.0/24\n    pools:10.0.0.9\n    options:\n      routers: 10.0.0.1\n",
    [
      "config.yaml:4:11: a space is missing after the colon",
    ],
  ],
  [
    "no colon before a comment",
    "interfaces: eth0\nsubnets:\n  - subnet 10.0.0.0/24\n    # Some.\n    pools: 10.0.0.9\n",
    [
      'config.yaml:3:5: is a colon missing after "subnet"?',
    ],
  ],
  [
    "no space after a colon before a comment",
    "interfaces: eth0\nsubnets:\n  - subnet:10.0.0.0/24\n    # Some.\n    pools: 10.0.0.9\n",
    [
      "config.yaml:3:12: a space is missing after the colon",
    ],
  ],
  [
    "no space after a dash before a comment",
    "interfaces: eth0\nsubnets:\n  -subnet: 10.0.0.0/24\n    # Some.\n    pools: 10.0.0.9\n",
    [
      "config.yaml:3:4: a space is missing after the -",
    ],
  ],
  [
    "a plain entry above a line that fits nowhere",
    "interfaces:\n    - lan # one\n  journal: /a\n",
    [
      "config.yaml:3:3: the indentation of this line fits none of the lines above it",
      "hint: lines that belong together begin in the same column",
    ],
  ],
  ["no colon after the first key", "interfaces [eth0]\n# Some.\nsubnets: []\n", [
    'config.yaml:1:1: is a colon missing after "interfaces"?',
  ]],
  ["the first key indented", "  interfaces: eth0\nsubnets: []\n", [
    "config.yaml:1:3: this line is indented deeper than the ones it belongs to",
    "hint: lines that belong together begin in the same column",
  ]],
  ["no comma in a map of one line", inFile("status: { listen: a b: c }"), [
    "config.yaml:5:19: a comma is missing, or a bracket is not closed",
  ]],
  ["no space after a colon, before a path", inFile("journal:/var/lib/leases"), [
    "config.yaml:5:9: a space is missing after the colon",
  ]],
  [
    "no space after a colon, before a quote",
    inSubnet("reservations:", '  - mac:"b8:27:eb:01:02:03"', "    address: 192.168.1.9"),
    [
      "config.yaml:6:13: a space is missing after the colon",
    ],
  ],
  [
    "no space after a dash",
    "interfaces: eth0\nsubnets:\n  -subnet: 10.0.0.0/24\n   pools: 10.0.0.9\n",
    [
      "config.yaml:3:4: a space is missing after the -",
    ],
  ],
  ["a list beside its key", "interfaces: - eth0\nsubnets: []\n", [
    "config.yaml:1:13: a list cannot begin beside its key",
    "hint: begin it on the next line, or use [a, b]",
  ]],
  [
    "a bracket in a map left open",
    inSubnet(
      "reservations:",
      "  - { mac: b827eb010203, address: 192.168.1.9",
      "  - { mac: b827eb010204 }",
    ),
    [
      "config.yaml:6:9: this { is not closed",
    ],
  ],
  ["the wrong bracket", "interfaces: [eth0}\nsubnets: []\n", [
    "config.yaml:1:13: this [ is not closed",
  ]],
  ["a bracket too many", "interfaces: [eth0]]\nsubnets: []\n", [
    'config.yaml:1:19: "]" has no place here',
  ]],
  ["a value too many", 'interfaces: "eth0" eth1\nsubnets: []\n', [
    'config.yaml:1:20: "eth1" has no place here',
  ]],
  ["brackets in a map of one line", inFile("status: { listen: [::1]:80 }"), [
    "config.yaml:5:24: a comma is missing before this, or quotes around the whole value",
  ]],
  ["a sign that begins no value", "interfaces: @eth0\nsubnets: []\n", [
    'config.yaml:1:13: a value cannot begin with "@"',
    "hint: put it in quotes",
  ]],
  ["a backslash", inFile('journal: "C:\\dir"'), [
    "config.yaml:5:13: a backslash in double quotes does not stand for itself",
    "hint: use single quotes",
  ]],
  ["a bracket left open", "interfaces: [eth0\nsubnets: []\n", [
    "config.yaml:1:13: this [ is not closed",
  ]],
  ["a quote left open", 'interfaces: "eth0\n', [
    'config.yaml:1:13: this " is not closed',
  ]],
  ["a map within a line", "interfaces: a: b\n", [
    "config.yaml:1:13: there are two keys on this line",
    "hint: put the second on a line of its own, or the value in quotes",
  ]],
  ["two documents", `${inFile()}---\ninterfaces: eth1\n`, [
    "config.yaml:5:1: a second document (---) begins here",
    "hint: keep just one",
  ]],
  ["a tag", "interfaces: !!set eth0\n", [
    "config.yaml:1:13: tags (!) have no meaning here",
    "hint: remove the tag",
  ]],
  ["an alias of nothing", "interfaces: *lan\n", [
    "config.yaml:1:13: the alias *lan has no anchor &lan before it",
    "hint: put it in quotes to make it text",
  ]],
  [
    "aliases that multiply",
    "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n",
    [
      "config.yaml:2:8: the aliases (*) of this file stand for too much",
      "hint: write it out",
    ],
  ],
  ["nested without end", `interfaces: ${"[".repeat(40)}${"]".repeat(40)}\n`, [
    "config.yaml:1:44: this is nested too deeply",
  ]],
  ["a list as a key", "? [eth0]\n: 1\n", [
    "config.yaml:1:3: a key has to be a word",
  ]],
  ["no key", ": 1\n", [
    "config.yaml:1:1: a key has to be a word",
  ]],
  ["a key twice", inFile("journal: /a", "status: off", "journal: /b"), [
    'config.yaml:7:1: the key "journal" is here already, on line 5',
  ]],
  ["a key twice, with a fault in the value that counts", inFile("status: off", "status: on"), [
    'config.yaml:6:1: the key "status" is here already, on line 5',
    'config.yaml:6:9: expected { listen: "127.0.0.1:8067" } or off, got "on"',
  ]],
  [
    "a key twice in a map of one line",
    inSubnet(
      "reservations:",
      '  - { mac: "b8:27:eb:01:02:03", mac: "b8:27:eb:01:02:04", address: 192.168.1.10 }',
    ),
    [
      'config.yaml:6:37: the key "mac" is here already, on line 6',
    ],
  ],
  ["CRLF and a byte order mark", "\uFEFFinterfaces: 1\r\nlease-tme: 1h\r\nsubnets: []\r\n", [
    "config.yaml:1:13: expected the name of an interface like eth0, or a list of them, got the number 1",
    'config.yaml:2:1: unknown key "lease-tme"',
    'hint: did you mean "lease-time"?',
    "config.yaml:3:10: expected a list of subnets, got an empty list",
  ]],
  ["%YAML 1.1 makes no booleans of words", `%YAML 1.1\n---\n${inFile("authoritative: off")}`, [
    'config.yaml:7:16: expected true or false, got "off"',
    "hint: write false",
  ]],
]);

testBadConfigs("keys", [
  ["keys that are missing", "authoritative: true\n", [
    'config.yaml:1:1: "interfaces" is missing',
    'config.yaml:1:1: "subnets" is missing',
  ]],
  ["an unknown key", inFile("lease-tim: 1h"), [
    'config.yaml:5:1: unknown key "lease-tim"',
    'hint: did you mean "lease-time"?',
  ]],
  ["an unknown key far from any", inFile("colour: blue"), [
    'config.yaml:5:1: unknown key "colour"',
    KNOWN_AT_TOP,
  ]],
  ["a number as a key", inFile("7: blue"), [
    'config.yaml:5:1: unknown key "7"',
    KNOWN_AT_TOP,
  ]],
  ["an unknown key in a subnet", inSubnet("pool: 192.168.1.9"), [
    'config.yaml:5:5: unknown key "pool"',
    'hint: did you mean "pools"?',
  ]],
  ["an option beside options", inSubnet("routers: 192.168.1.1"), [
    'config.yaml:5:5: unknown key "routers"',
    'hint: put "routers" under "options"',
  ]],
  ["an option by its folk name beside options", inFile("dns: 192.168.1.1"), [
    'config.yaml:5:1: unknown key "dns"',
    'hint: put "domain-name-servers" under "options"',
  ]],
  [
    "an unknown key in a reservation",
    inSubnet("reservations:", "  - { max: x, mac: b827eb010203, address: 192.168.1.10 }"),
    [
      'config.yaml:6:11: unknown key "max"',
      'hint: did you mean "mac"?',
    ],
  ],
  ["an unknown key in lease-time", inFile("lease-time: { defualt: 1h }"), [
    'config.yaml:5:15: unknown key "defualt"',
    'hint: did you mean "default"?',
  ]],
  ["an unknown key in status", inFile("status: { port: 80 }"), [
    'config.yaml:5:11: unknown key "port"',
    'hint: did you mean "listen"?',
  ]],
  ["prototype names are unknown keys", inFile("__proto__: 1", "constructor: 2"), [
    'config.yaml:5:1: unknown key "__proto__"',
    KNOWN_AT_TOP,
    'config.yaml:6:1: unknown key "constructor"',
    KNOWN_AT_TOP,
  ]],
  ["a missing key that is there, misspelt", inFile().replace("interfaces", "interface"), [
    'config.yaml:1:1: unknown key "interface"',
    'hint: did you mean "interfaces"?',
  ]],
  [
    "a missing key, and an unknown one far from it",
    inFile("colour: blue").replace("interfaces: eth0\n", ""),
    [
      'config.yaml:1:1: "interfaces" is missing',
      'config.yaml:4:1: unknown key "colour"',
      KNOWN_AT_TOP,
    ],
  ],
  ["a subnet without its subnet", "interfaces: eth0\nsubnets:\n  - pools: 10.0.0.1\n", [
    'config.yaml:3:5: "subnet" is missing',
  ]],
  ["a reservation without its address", inSubnet("reservations:", "  - mac: b827eb010203"), [
    "config.yaml:6:9: this reservation keeps nothing for its client",
    "hint: add an address, a hostname, classes, a lease-time, options or boot",
  ]],
]);
