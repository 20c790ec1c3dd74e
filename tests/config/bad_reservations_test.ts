/** Reservations that cannot be kept. */
import { inSubnet, testBadConfigs } from "./bad_configs.ts";

testBadConfigs("reservations", [
  ["reservations as a map", inSubnet("reservations: { mac: b827eb010203, address: 192.168.1.9 }"), [
    "config.yaml:5:19: expected a list of reservations, got a map",
    "hint: begin each entry with `- `",
  ]],
  ["reservations without dashes", inSubnet("reservations:", "  mac: b827eb010203"), [
    "config.yaml:6:7: expected a list of reservations, got a map",
    "hint: begin each entry with `- `",
  ]],
  [
    "a MAC address as Cisco writes it",
    inSubnet("reservations:", "  - { mac: b827.eb01.0206, address: 192.168.1.10 }"),
    [
      'config.yaml:6:16: expected a MAC address like b8:27:eb:01:02:03, got "b827.eb01.0206"',
      'hint: write "b8:27:eb:01:02:06"',
    ],
  ],
  [
    "a MAC address in typographic quotes",
    inSubnet("reservations:", "  - { mac: “b8:27:eb:01:02:06”, address: 192.168.1.10 }"),
    [
      'config.yaml:6:16: expected a MAC address like b8:27:eb:01:02:03, got "“b8:27:eb:01:02:06”"',
      'hint: write "b8:27:eb:01:02:06", with plain quotes',
    ],
  ],
  [
    "no space after a colon",
    inSubnet("reservations:", `  - { mac:"b8:27:eb:01:02:03", address:192.168.1.10 }`),
    [
      "config.yaml:6:11: a space is missing after the colon",
      'hint: write "mac: …"',
      "config.yaml:6:36: a space is missing after the colon",
      'hint: write "address: …"',
    ],
  ],
  [
    "misspelt keys are not missing too",
    inSubnet("reservations:", "  - { mca: b827eb010203, adress: 192.168.1.10 }"),
    [
      'config.yaml:6:11: unknown key "mca"',
      'hint: did you mean "mac"?',
      'config.yaml:6:30: unknown key "adress"',
      'hint: did you mean "address"?',
    ],
  ],
  ["no client", inSubnet("reservations:", "  - address: 192.168.1.10"), [
    "config.yaml:6:9: this reservation names no client",
    "hint: add its mac, client-id, circuit-id, remote-id, vendor-id or client-hostname",
  ]],
  [
    "two names for the client",
    inSubnet(
      "reservations:",
      "  - { mac: b827eb010203, client-id: 01b827eb010203, address: 192.168.1.10 }",
    ),
    [
      "config.yaml:6:9: this reservation has a mac and a client-id",
      "hint: keep one of them",
    ],
  ],
  [
    "a MAC address that is none",
    inSubnet("reservations:", "  - { mac: 'b8:27:eb:01:02', address: 192.168.1.10 }"),
    [
      'config.yaml:6:16: expected a MAC address like b8:27:eb:01:02:03, got "b8:27:eb:01:02"',
    ],
  ],
  [
    "a MAC address that YAML reads as a number",
    inSubnet("reservations:", "  - { mac: 001122334455, address: 192.168.1.10 }"),
    [
      "config.yaml:6:16: expected a MAC address like b8:27:eb:01:02:03, or a list of them, got the number 1122334455",
      "hint: put it in quotes to make it text",
    ],
  ],
  [
    "one of several MAC addresses that is none",
    inSubnet("reservations:", "  - { mac: [b827eb010203, b827eb0102], address: 192.168.1.10 }"),
    ['config.yaml:6:31: expected a MAC address like b8:27:eb:01:02:03, got "b827eb0102"'],
  ],
  [
    "no MAC address in a list",
    inSubnet("reservations:", "  - { mac: [], address: 192.168.1.10 }"),
    [
      "config.yaml:6:16: expected a MAC address like b8:27:eb:01:02:03, or a list of them, got an empty list",
    ],
  ],
  [
    "one of several MAC addresses twice",
    inSubnet(
      "reservations:",
      "  - { mac: [b827eb010203, b827eb010204], address: 192.168.1.10 }",
      "  - { mac: b827eb010204, address: 192.168.1.11 }",
    ),
    [
      "config.yaml:7:16: mac b8:27:eb:01:02:04 has a reservation on line 6 already",
      "hint: put what the two say into one of them",
    ],
  ],
  [
    "a port and a MAC address",
    inSubnet("reservations:", "  - { mac: b827eb010203, remote-id: sw1, address: 192.168.1.10 }"),
    ["config.yaml:6:9: this reservation has a mac and a remote-id", "hint: keep one of them"],
  ],
  [
    "a port twice, as text and as octets",
    inSubnet(
      "reservations:",
      "  - { circuit-id: eth1, remote-id: sw1, address: 192.168.1.10 }",
      "  - { circuit-id: eth1, address: 192.168.1.11 }",
      "  - { circuit-id: 65:74:68:31, remote-id: '\"sw1\"', address: 192.168.1.12 }",
      "  - { remote-id: sw1, address: 192.168.1.13 }",
    ),
    [
      "config.yaml:8:23: circuit-id 65:74:68:31 with remote-id 73:77:31 has a reservation on line 6 already",
      "hint: put what the two say into one of them",
    ],
  ],
  [
    "names of ports that are none",
    inSubnet(
      "reservations:",
      "  - { circuit-id: 17, address: 192.168.1.10 }",
      "  - { circuit-id: '', address: 192.168.1.11 }",
      `  - { remote-id: ${"a".repeat(256)}, address: 192.168.1.12 }`,
    ),
    [
      "config.yaml:6:23: expected text, or octets in hex like 00:04:01:2c, got the number 17",
      "hint: put it in quotes to make it text",
      'config.yaml:7:23: expected text, or octets in hex like 00:04:01:2c, got ""',
      "config.yaml:8:22: an identifier has at most 255 octets",
    ],
  ],
  [
    "names of ports that are neither text nor hex, and one in two forms",
    inSubnet(
      "reservations:",
      "  - { circuit-id: { txt: a }, address: 192.168.1.10 }",
      "  - { circuit-id: { text: a, hex: '61' }, address: 192.168.1.11 }",
      "  - { remote-id: { hex: eth }, address: 192.168.1.12 }",
      "  - { remote-id: { text: '10:20' }, address: 192.168.1.13 }",
      "  - { remote-id: { hex: '31:30:3a:32:30' }, address: 192.168.1.14 }",
    ),
    [
      'config.yaml:6:25: unknown key "txt"',
      'hint: did you mean "text"?',
      "config.yaml:7:23: this is to have either text or hex",
      'config.yaml:8:29: expected octets in hex like 00:04:01:2c, got "eth"',
      "config.yaml:10:22: remote-id 31:30:3a:32:30 has a reservation on line 9 already",
      "hint: put what the two say into one of them",
    ],
  ],
  [
    "a pattern for a port (warning)",
    inSubnet(
      "reservations:",
      "  - { circuit-id: 'eth 1/*', address: 192.168.1.10 }",
      "  - { circuit-id: { text: 'eth 2/*' }, address: 192.168.1.11 }",
    ),
    [
      "config.yaml:6:23: warning: a reservation is for one circuit-id: * stands for itself here",
      'hint: write { text: "eth 1/*" } if it is meant',
    ],
  ],
  [
    "names of vendors that are none, and one twice",
    inSubnet(
      "reservations:",
      "  - { vendor-id: { enterprise: 3561, code: 256, value: A2 }, address: 192.168.1.10 }",
      "  - { vendor-id: { code: 2, value: A1 }, address: 192.168.1.11 }",
      "  - { vendor-id: { enterprise: 3561, value: A1 }, address: 192.168.1.12 }",
      "  - { vendor-id: { enterprise: 3561, value: A1 }, address: 192.168.1.13 }",
      "  - { vendor-id: A1, address: 192.168.1.14 }",
    ),
    [
      "config.yaml:6:48: expected a whole number from 0 to 255, got the number 256",
      'config.yaml:7:22: "enterprise" is missing',
      "config.yaml:9:22: vendor-id 3561 41:31 has a reservation on line 8 already",
      "hint: put what the two say into one of them",
      'config.yaml:10:22: expected a map like { enterprise: 3561, code: 2, value: A1B2C3 }, got "A1"',
    ],
  ],
  [
    "nothing kept",
    inSubnet("reservations:", "  - { mac: b827eb010203, comment: the old printer }"),
    [
      "config.yaml:6:9: this reservation keeps nothing for its client",
      "hint: add an address, a hostname, classes, a lease-time, options or boot",
    ],
  ],
  [
    "a comment of two lines",
    inSubnet(
      "reservations:",
      '  - { mac: b827eb010203, hostname: pi, comment: "a\\nb" }',
    ),
    ['config.yaml:6:53: "a\\nb" has control characters in it'],
  ],
  [
    "client identifiers that are none",
    inSubnet(
      "reservations:",
      "  - { client-id: '01', address: 192.168.1.10 }",
      "  - { client-id: '01:52:5z', address: 192.168.1.11 }",
      `  - { client-id: '${"01".repeat(256)}', address: 192.168.1.12 }`,
    ),
    [
      'config.yaml:6:22: expected a client identifier: text, or octets in hex like 01:b8:27:eb:01:02:03, got "01"',
      'config.yaml:7:22: expected a client identifier: text, or octets in hex like 01:b8:27:eb:01:02:03, got "01:52:5z"',
      "config.yaml:8:22: a client identifier has at most 255 octets",
    ],
  ],
  [
    "an address outside the subnet",
    inSubnet("reservations:", "  - { mac: b827eb010203, address: 192.168.2.10 }"),
    [
      "config.yaml:6:39: the reserved address 192.168.2.10 is not inside the subnet 192.168.1.0/24",
      'hint: clients here can have 192.168.1.1-192.168.1.254; another network is another entry of "subnets"',
    ],
  ],
  [
    "network and broadcast address",
    inSubnet(
      "reservations:",
      "  - { mac: b827eb010203, address: 192.168.1.0 }",
      "  - { mac: b827eb010204, address: 192.168.1.255 }",
    ),
    [
      "config.yaml:6:39: the reserved address 192.168.1.0 is the network address of 192.168.1.0/24, which no client can have",
      "hint: clients here can have 192.168.1.1-192.168.1.254",
      "config.yaml:7:39: the reserved address 192.168.1.255 is the broadcast address of 192.168.1.0/24, which no client can have",
      "hint: clients here can have 192.168.1.1-192.168.1.254",
    ],
  ],
  [
    "an address twice",
    inSubnet(
      "reservations:",
      "  - { mac: b827eb010203, address: 192.168.1.10 }",
      "  - { mac: b827eb010204, address: 192.168.1.10 }",
    ),
    [
      "config.yaml:7:39: address 192.168.1.10 has a reservation on line 6 already",
      "hint: take another address for one of the two; cards of one machine are one entry: mac: [a, b]",
    ],
  ],
  [
    "a MAC address twice, in two forms",
    inSubnet(
      "reservations:",
      "  - { mac: b827eb010203, address: 192.168.1.10 }",
      "  - { mac: B8-27-EB-01-02-03, address: 192.168.1.11 }",
    ),
    [
      "config.yaml:7:16: mac b8:27:eb:01:02:03 has a reservation on line 6 already",
      "hint: put what the two say into one of them",
    ],
  ],
  [
    "a client identifier twice",
    inSubnet(
      "reservations:",
      "  - { client-id: 'ff:01', address: 192.168.1.10 }",
      "  - { client-id: FF01, address: 192.168.1.11 }",
    ),
    [
      "config.yaml:7:22: client-id ff:01 has a reservation on line 6 already",
      "hint: put what the two say into one of them",
    ],
  ],
  [
    "host names that are none",
    inSubnet(
      "reservations:",
      "  - { mac: b827eb010203, address: 192.168.1.10, hostname: my_pi }",
      "  - { mac: b827eb010204, address: 192.168.1.11, hostname: -pi }",
      "  - { mac: b827eb010205, address: 192.168.1.12, hostname: 314 }",
      `  - { mac: b827eb010206, address: 192.168.1.13, hostname: ${"a".repeat(64)} }`,
    ),
    [
      'config.yaml:6:63: expected a host name of letters, digits and hyphens, got "my_pi"',
      'config.yaml:7:63: expected a host name of letters, digits and hyphens, got "-pi"',
      "config.yaml:8:63: expected a host name of letters, digits and hyphens, got the number 314",
      "hint: put it in quotes to make it text",
      'config.yaml:9:63: expected a host name of letters, digits and hyphens, got "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…"',
    ],
  ],
]);

testBadConfigs("client-hostname of a reservation", [
  [
    "a name twice, whatever its case",
    inSubnet(
      "reservations:",
      "  - { client-hostname: printer, address: 192.168.1.9 }",
      "  - { client-hostname: Printer, address: 192.168.1.8 }",
    ),
    [
      "config.yaml:7:28: client-hostname printer has a reservation on line 6 already",
      "hint: put what the two say into one of them",
    ],
  ],
  [
    "beside a MAC address",
    inSubnet(
      "reservations:",
      "  - { client-hostname: printer, mac: b827eb010203, address: 192.168.1.9 }",
    ),
    [
      "config.yaml:6:9: this reservation has a mac and a client-hostname",
      "hint: keep one of them",
    ],
  ],
]);
