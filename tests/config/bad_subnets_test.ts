/** Subnets, pools and options that do not fit each other. */
import { inFile, inOptions, inSubnet, testBadConfigs } from "./bad_configs.ts";

testBadConfigs("subnets", [
  ["words of other servers", inSubnet("range: 192.168.1.9", "default-lease-time: 600"), [
    'config.yaml:5:5: unknown key "range"',
    'hint: did you mean "pools"?',
    'config.yaml:6:5: unknown key "default-lease-time"',
    'hint: did you mean "lease-time"?',
  ]],
  ["no subnets", "interfaces: eth0\nsubnets: []\n", [
    "config.yaml:2:10: expected a list of subnets, got an empty list",
  ]],
  ["subnets as a map", "interfaces: eth0\nsubnets: { subnet: 10.0.0.0/24 }\n", [
    "config.yaml:2:10: expected a list of subnets, got a map",
    "hint: begin each entry with `- `",
  ]],
  ["a subnet as text", "interfaces: eth0\nsubnets: [10.0.0.0/24]\n", [
    'config.yaml:2:11: expected a map that begins with subnet, got "10.0.0.0/24"',
  ]],
  ["host bits", "interfaces: eth0\nsubnets: [{ subnet: 192.168.1.1/24, pools: 192.168.1.9 }]\n", [
    "config.yaml:2:21: 192.168.1.1/24 is not a network: it has bits set beyond the prefix",
    'hint: did you mean "192.168.1.0/24"?',
  ]],
  [
    "no prefix length",
    "interfaces: eth0\nsubnets: [{ subnet: 192.168.1.0, pools: 192.168.1.9 }]\n",
    [
      "config.yaml:2:21: 192.168.1.0 has no prefix length",
      'hint: did you mean "192.168.1.0/24"?',
    ],
  ],
  [
    "a mask for a prefix length",
    "interfaces: eth0\nsubnets: [{ subnet: 192.168.1.0/255.255.255.0, pools: 192.168.1.9 }]\n",
    [
      'config.yaml:2:21: expected a subnet like 192.168.1.0/24, got "192.168.1.0/255.255.255.0"',
      'hint: did you mean "192.168.1.0/24"?',
    ],
  ],
  [
    "a mask that is none",
    "interfaces: eth0\nsubnets: [{ subnet: 192.168.1.0/255.0.255.0, pools: 192.168.1.9 }]\n",
    [
      'config.yaml:2:21: expected a subnet like 192.168.1.0/24, got "192.168.1.0/255.0.255.0"',
    ],
  ],
  [
    "a prefix length there is not",
    "interfaces: eth0\nsubnets: [{ subnet: 192.168.1.0/33, pools: 192.168.1.9 }]\n",
    [
      'config.yaml:2:21: expected a subnet like 192.168.1.0/24, got "192.168.1.0/33"',
    ],
  ],
  [
    "half of the internet",
    "interfaces: eth0\nsubnets: [{ subnet: 0.0.0.0/1, pools: 10.0.0.1 }]\n",
    [
      "config.yaml:2:21: 0.0.0.0/1 is larger than the largest subnet, a /8",
    ],
  ],
  [
    "loopback and multicast",
    "interfaces: eth0\nsubnets:\n  - { subnet: 127.0.0.0/8, pools: 127.0.0.2 }\n  - { subnet: 224.0.0.0/24, pools: 224.0.0.1 }\n",
    [
      "config.yaml:3:15: 127.0.0.0/8 is no network for hosts",
      "config.yaml:4:15: 224.0.0.0/24 is no network for hosts",
    ],
  ],
  [
    "nobody to give an address to (warning)",
    "interfaces: eth0\nsubnets:\n  - subnet: 10.0.0.0/24\n",
    [
      "config.yaml:3:13: warning: subnet 10.0.0.0/24 has neither pools nor reserved addresses: nobody gets an address on it",
    ],
  ],
  ["subnets that overlap", inFile("  - subnet: 192.168.0.0/16", "    pools: 192.168.2.1"), [
    "config.yaml:5:13: subnet 192.168.0.0/16 overlaps the subnet 192.168.1.0/24 of line 3",
  ]],
  ["a subnet twice", inFile("  - subnet: 192.168.1.0/24", "    pools: 192.168.1.9"), [
    "config.yaml:5:13: subnet 192.168.1.0/24 overlaps the subnet 192.168.1.0/24 of line 3",
  ]],
  [
    "a smaller subnet after the one it is in",
    "interfaces: eth0\nsubnets:\n  - { subnet: 10.0.0.0/8, pools: 10.0.0.1 }\n  - { subnet: 10.1.0.0/16, pools: 10.1.0.1 }\n  - { subnet: 10.2.0.0/16, pools: 10.2.0.1 }\n",
    [
      "config.yaml:4:15: subnet 10.1.0.0/16 overlaps the subnet 10.0.0.0/8 of line 3",
      "config.yaml:5:15: subnet 10.2.0.0/16 overlaps the subnet 10.0.0.0/8 of line 3",
    ],
  ],
]);

testBadConfigs("pools and exclusions", [
  ["a range that is none", inSubnet("exclude: 192.168.1.199-100"), [
    'config.yaml:5:14: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.199-100"',
  ]],
  ["a range in short", inSubnet("exclude: 192.168.1.100-199"), [
    'config.yaml:5:14: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.100-199"',
    "hint: write 192.168.1.100-192.168.1.199",
  ]],
  ["a range in short, with spaces", inSubnet("exclude: 192.168.1.100 - 199"), [
    'config.yaml:5:14: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.100 - 199"',
    "hint: write 192.168.1.100-192.168.1.199",
  ]],
  ["a range in short, without its hyphen", inSubnet("exclude: 192.168.1.100 199"), [
    'config.yaml:5:14: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.100 199"',
    "hint: write 192.168.1.100-192.168.1.199",
  ]],
  ["a range with a dash", inSubnet("exclude: 192.168.1.100 – 192.168.1.199"), [
    'config.yaml:5:14: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.100 – 192.168.1.199"',
    "hint: write 192.168.1.100-192.168.1.199",
  ]],
  ["a range in words", inSubnet("exclude: 192.168.1.100 to 192.168.1.199"), [
    'config.yaml:5:14: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.100 to 192.168.1.199"',
    "hint: write 192.168.1.100-192.168.1.199",
  ]],
  ["a range or a list", inSubnet("exclude: 192.168.1.100 192.168.1.199"), [
    'config.yaml:5:14: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.100 192.168.1.199"',
    "hint: write 192.168.1.100-192.168.1.199, or a comma between the two",
  ]],
  ["ranges without brackets", inSubnet("exclude: 192.168.1.100-192.168.1.109, 192.168.1.120"), [
    'config.yaml:5:14: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.100-192.168.1.109, 192.168.1.120"',
    "hint: write [192.168.1.100-192.168.1.109, 192.168.1.120]",
  ]],
  ["ranges without a comma", inSubnet("exclude: [192.168.1.100-192.168.1.109 192.168.1.120]"), [
    'config.yaml:5:15: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.100-192.168.1.109 192.168.1.120"',
    "hint: a comma is missing: 192.168.1.100-192.168.1.109, 192.168.1.120",
  ]],
  ["a reversed range", inSubnet("exclude: 192.168.1.120-192.168.1.110"), [
    "config.yaml:5:14: the range 192.168.1.120-192.168.1.110 is reversed: 192.168.1.110 comes before 192.168.1.120",
    'hint: did you mean "192.168.1.110-192.168.1.120"?',
  ]],
  ["a network with host bits", inSubnet("exclude: 192.168.1.101/30"), [
    "config.yaml:5:14: 192.168.1.101/30 is not a network: it has bits set beyond the prefix",
    'hint: did you mean "192.168.1.100/30"?',
  ]],
  [
    "a pool outside its subnet",
    "interfaces: eth0\nsubnets:\n  - { subnet: 192.168.1.0/24, pools: [192.168.1.9, 192.168.2.10-192.168.2.20] }\n",
    [
      "config.yaml:3:52: pool 192.168.2.10-192.168.2.20 is not inside the subnet 192.168.1.0/24",
      'hint: clients here can have 192.168.1.1-192.168.1.254; another network is another entry of "subnets"',
    ],
  ],
  [
    "a pool that reaches beyond its subnet",
    "interfaces: eth0\nsubnets:\n  - { subnet: 192.168.1.0/25, pools: 192.168.1.100-192.168.1.199 }\n",
    [
      "config.yaml:3:38: pool 192.168.1.100-192.168.1.199 is not inside the subnet 192.168.1.0/25",
      "hint: write 192.168.1.100-192.168.1.126",
    ],
  ],
  [
    "pools that overlap",
    "interfaces: eth0\nsubnets:\n  - subnet: 192.168.1.0/24\n    pools:\n      - 192.168.1.100-192.168.1.120\n      - 192.168.1.50\n      - 192.168.1.90-192.168.1.100\n",
    [
      "config.yaml:7:9: pool 192.168.1.90-192.168.1.100 overlaps the pool 192.168.1.100-192.168.1.120 of line 5",
    ],
  ],
  [
    "pools of two subnets that overlap",
    inFile("  - subnet: 192.168.2.0/24", "    pools: 192.168.1.199-192.168.2.20"),
    [
      "config.yaml:6:12: pool 192.168.1.199-192.168.2.20 overlaps the pool 192.168.1.100-192.168.1.199 of line 4",
      "config.yaml:6:12: pool 192.168.1.199-192.168.2.20 is not inside the subnet 192.168.2.0/24",
      "hint: write 192.168.2.1-192.168.2.20",
    ],
  ],
  [
    "a pool with the network address",
    "interfaces: eth0\nsubnets:\n  - { subnet: 10.0.0.0/24, pools: 10.0.0.0-10.0.0.9 }\n",
    [
      "config.yaml:3:35: pool 10.0.0.0-10.0.0.9 holds the network address 10.0.0.0, which no client can have",
      "hint: write 10.0.0.1-10.0.0.9",
    ],
  ],
  [
    "a pool with the broadcast address",
    "interfaces: eth0\nsubnets:\n  - { subnet: 10.0.0.0/24, pools: 10.0.0.255 }\n",
    [
      "config.yaml:3:35: pool 10.0.0.255 holds the broadcast address 10.0.0.255, which no client can have",
    ],
  ],
  [
    "a pool that is the subnet",
    "interfaces: eth0\nsubnets:\n  - { subnet: 10.0.0.0/8, pools: 10.0.0.0/8 }\n",
    [
      "config.yaml:3:34: pool 10.0.0.0-10.255.255.255 holds the network address 10.0.0.0 and the broadcast address 10.255.255.255, which no client can have",
      "hint: write 10.0.0.1-10.255.255.254",
    ],
  ],
  ["an exclusion outside the subnet", inSubnet("exclude: [192.168.1.150, 192.168.2.1]"), [
    "config.yaml:5:30: exclude 192.168.2.1 is not inside the subnet 192.168.1.0/24",
    "hint: leave it out: no client gets it here",
  ]],
  ["an exclusion outside the pools (warning)", inSubnet("exclude: [192.168.1.9]"), [
    "config.yaml:5:15: warning: exclude 192.168.1.9 takes nothing out of any pool",
  ]],
]);

testBadConfigs("options that do not fit the subnet", [
  ["a router outside (warning)", inSubnet("options: { routers: [192.168.1.1, 192.168.2.1] }"), [
    "config.yaml:5:39: warning: the router 192.168.2.1 is outside the subnet 192.168.1.0/24: its clients cannot reach it",
  ]],
  ["a router of the whole file outside (warning)", inOptions("routers: 10.0.0.1"), [
    "config.yaml:6:12: warning: the router 10.0.0.1 is outside the subnet 192.168.1.0/24: its clients cannot reach it",
  ]],
  ["a router in a pool (warning)", inSubnet("options: { routers: 192.168.1.101 }"), [
    "config.yaml:5:25: warning: the router 192.168.1.101 lies in a pool, and a client could be given its address",
    "hint: add exclude: [192.168.1.101]",
  ]],
  [
    "a router set by its code (warning)",
    inSubnet("options: { other: [{ code: 3, type: ipv4, value: 10.0.0.1 }] }"),
    [
      "config.yaml:5:24: warning: the router 10.0.0.1 is outside the subnet 192.168.1.0/24: its clients cannot reach it",
    ],
  ],
  ["another mask (warning)", inSubnet("options: { subnet-mask: 255.255.0.0 }"), [
    "config.yaml:5:29: warning: subnet-mask 255.255.0.0 is not that of 192.168.1.0/24, 255.255.255.0",
    "hint: leave it out: the server fills it in",
  ]],
]);

testBadConfigs("everything at once", [
  [
    "mistakes of every sort, in the order of the file",
    `interfaces: [eth0, eth0]
lease-tme: 1h
options:
  gateway: 192.168.1.1
subnets:
  - subnet: 192.168.1.0/24
    pools: [192.168.1.300, 192.168.1.100-192.168.1.199, 192.168.1.199]
    reservations:
      - { mac: "zz:27:eb:01:02:03", address: 192.168.1.10 }
      - { mac: "b8:27:eb:01:02:03", address: 192.168.2.10, host-name: pi }
      - { mac: "b8:27:eb:01:02:03", address: 192.168.1.11 }
  - subnet: 192.168.1.128/25
    pool: 192.168.1.130
`,
    [
      'config.yaml:1:20: the interface "eth0" is listed twice',
      'config.yaml:2:1: unknown key "lease-tme"',
      'hint: did you mean "lease-time"?',
      'config.yaml:4:3: unknown option "gateway"',
      'hint: did you mean "routers"?',
      'config.yaml:7:13: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.300"',
      "config.yaml:7:57: pool 192.168.1.199 overlaps the pool 192.168.1.100-192.168.1.199 of line 7",
      'config.yaml:9:16: expected a MAC address like b8:27:eb:01:02:03, got "zz:27:eb:01:02:03"',
      "config.yaml:10:46: the reserved address 192.168.2.10 is not inside the subnet 192.168.1.0/24",
      'hint: clients here can have 192.168.1.1-192.168.1.254; another network is another entry of "subnets"',
      'config.yaml:10:60: unknown key "host-name"',
      'hint: did you mean "hostname"?',
      "config.yaml:11:16: mac b8:27:eb:01:02:03 has a reservation on line 10 already",
      "hint: put what the two say into one of them",
      "config.yaml:12:13: subnet 192.168.1.128/25 overlaps the subnet 192.168.1.0/24 of line 6",
      'config.yaml:13:5: unknown key "pool"',
      'hint: did you mean "pools"?',
    ],
  ],
  [
    "nothing is called missing that was only wrong",
    `interfaces: eth0
subnets:
  - subnet: 192.168.1.0/24
    pools: [192.168.1.300]
    exclude: [192.168.1.1, 192.168.1]
    options: { routers: 192.168.1.1 }
  - subnet: 192.168.2.0/24
    pools: [192.168.2.9]
    exclude: [192.168.2]
    options: { routers: 192.168.2.9 }
`,
    [
      'config.yaml:4:13: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1.300"',
      'config.yaml:5:28: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.1"',
      'config.yaml:9:15: expected addresses like 192.168.1.100-192.168.1.199, 192.168.1.64/26 or 192.168.1.7, got "192.168.2"',
    ],
  ],
]);
