/** Pools, shared networks and removals that cannot be meant. */
import { inFile, inSubnet, testBadConfigs } from "./bad_configs.ts";

/** A config whose one subnet, on line 3, has these pools: the value from line 4, column 12 on. */
function withPools(pools: string): string {
  return `interfaces: eth0\nsubnets:\n  - subnet: 192.168.1.0/24\n    pools: ${pools}\n`;
}

testBadConfigs("pools", [
  ["a map without its addresses", withPools("[{ lease-time: 1h }]"), [
    'config.yaml:4:13: "range" is missing',
  ]],
  ["an empty list of addresses", withPools("[{ range: [] }]"), [
    "config.yaml:4:22: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, or a list of them, got an empty list",
  ]],
  ["an unknown key", withPools("[{ range: 192.168.1.9, options: {}, leasetime: 1h }]"), [
    'config.yaml:4:48: unknown key "leasetime"',
    'hint: did you mean "lease-time"?',
  ]],
  [
    "an option that is not under options",
    withPools("{ range: 192.168.1.9, routers: 192.168.1.1 }"),
    [
      'config.yaml:4:34: unknown key "routers"',
      'hint: put "routers" under "options"',
    ],
  ],
  ["addresses of another network", withPools("[192.168.1.9, { range: [192.168.1.8, 10.0.0.9] }]"), [
    "config.yaml:4:49: pool 10.0.0.9 is not inside the subnet 192.168.1.0/24",
    'hint: clients here can have 192.168.1.1-192.168.1.254; another network is another entry of "subnets"',
  ]],
  ["addresses of another network in a map alone", withPools("{ range: 10.0.0.9 }"), [
    "config.yaml:4:21: pool 10.0.0.9 is not inside the subnet 192.168.1.0/24",
    'hint: clients here can have 192.168.1.1-192.168.1.254; another network is another entry of "subnets"',
  ]],
  [
    "the same address in two pools",
    withPools("[192.168.1.9, { range: 192.168.1.1-192.168.1.20 }]"),
    [
      "config.yaml:4:35: pool 192.168.1.1-192.168.1.20 overlaps the pool 192.168.1.9 of line 4",
    ],
  ],
  ["a range in a map that is none", withPools("[{ range: 192.168.1.100-199 }]"), [
    'config.yaml:4:22: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.100-199"',
    "hint: write 192.168.1.100-192.168.1.199",
  ]],
  ["a number", withPools("[7]"), [
    "config.yaml:4:13: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, or a map, got the number 7",
  ]],
  [
    "settings of a pool are checked like those of a subnet (warning)",
    withPools("[{ range: 192.168.1.9, lease-time: 10s, options: { routers: 10.0.0.1 } }]"),
    [
      "config.yaml:4:47: warning: leases of 10s keep clients busy with renewing",
      "hint: 1m or more suits most networks",
      "config.yaml:4:72: warning: the router 10.0.0.1 is outside the subnet 192.168.1.0/24: its clients cannot reach it",
    ],
  ],
]);

testBadConfigs("shared networks", [
  ["a name that is not there", inSubnet("shared-network: campus"), [
    'config.yaml:5:21: there is no shared network "campus"',
    "hint: add shared-networks: [{ name: campus }]",
  ]],
  [
    "a name that is misspelt",
    inSubnet("shared-network: campsu") + "shared-networks: [{ name: campus }]\n",
    [
      'config.yaml:5:21: there is no shared network "campsu"',
      'hint: did you mean "campus"?',
    ],
  ],
  ["a name twice", inFile("shared-networks:", "  - name: campus", "  - name: campus"), [
    'config.yaml:7:11: the shared network "campus" is on line 6 already',
  ]],
  ["no name", inFile("shared-networks: [{ lease-time: 1h }]"), [
    'config.yaml:5:19: "name" is missing',
  ]],
  ["a name that is none", inFile("shared-networks: [{ name: my campus }]"), [
    'config.yaml:5:27: expected the name of a shared network: letters, digits, hyphens, got "my campus"',
  ]],
  ["a name and no list", inFile("shared-networks: campus"), [
    'config.yaml:5:18: expected a list of shared networks like { name: campus }, got "campus"',
  ]],
]);

testBadConfigs("removals", [
  ["a value that was forgotten", inFile("options:", "  routers:"), [
    "config.yaml:6:11: routers (3) has no value, and there is none further out to take away",
  ]],
  ["one that nothing sets", inSubnet("options: { routers: null }"), [
    "config.yaml:5:25: routers (3) has no value, and there is none further out to take away",
  ]],
  ["one by its code", inSubnet("options: { other: [{ code: 224, type: u8, value: null }] }"), [
    "config.yaml:5:24: option 224 has no value, and there is none further out to take away",
  ]],
  [
    "one that is taken away further out",
    [
      "interfaces: eth0",
      "options: { domain-name: lan }",
      "subnets:",
      "  - subnet: 192.168.1.0/24",
      "    options: { domain-name: null }",
      "    pools: { range: 192.168.1.9, options: { domain-name: null } }",
    ].join("\n"),
    [
      "config.yaml:6:58: domain-name (15) has no value, and there is none further out to take away",
    ],
  ],
]);
