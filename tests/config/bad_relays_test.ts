/** Relay agents, and whom to believe, written wrong. */
import { inFile, inSubnet, testBadConfigs } from "./bad_configs.ts";

testBadConfigs("relay agents", [
  ["a relay agent that is no address", inSubnet("relays: [10.20.0.1, 10.20.0]"), [
    "config.yaml:5:25: expected the address of a relay agent like 10.20.0.1, " +
    'got "10.20.0"',
  ]],
  ["a relay agent that is a group", inSubnet("relays: 224.0.0.1"), [
    "config.yaml:5:13: 224.0.0.1 is no address of a relay agent",
  ]],
  ["a relay agent as a network", inSubnet("relays: 10.20.0.0/24"), [
    "config.yaml:5:13: expected the address of a relay agent like 10.20.0.1, " +
    'got "10.20.0.0/24"',
  ]],
  ["relay agents without brackets", inSubnet("relays: 10.20.0.1, 10.20.0.2"), [
    "config.yaml:5:13: expected the address of a relay agent like 10.20.0.1, " +
    'got "10.20.0.1, 10.20.0.2"',
    "hint: write [10.20.0.1, 10.20.0.2]",
  ]],
  [
    "a relay agent that selects two subnets",
    inFile(
      "  - { subnet: 10.1.0.0/24, pools: 10.1.0.9, relays: 10.9.9.9 }",
      "  - { subnet: 10.2.0.0/24, pools: 10.2.0.9, relays: [10.8.8.8, 10.9.9.9] }",
    ),
    [
      "config.yaml:6:64: the relay agent 10.9.9.9 is listed on line 5 already, by a subnet of " +
      "another wire",
      "hint: put both subnets into one of shared-networks",
    ],
  ],
  ["trust in an interface that is not served", inFile("trust-option-82: [eth0, eth7]"), [
    'config.yaml:5:25: "eth7" is not one of the interfaces',
    'hint: did you mean "eth0"?',
  ]],
  ["trust in everything", inFile("trust-option-82: true"), [
    "config.yaml:5:18: expected the name of an interface like eth0, or a list of them, got true",
  ]],
  ["leasequery without anybody", inFile("leasequery: { allow: [] }"), [
    "config.yaml:5:22: expected an address like 10.0.0.1 or 10.9.0.0/24, or a list of them, " +
    "got an empty list",
  ]],
  ["leasequery as a list", inFile("leasequery: [10.0.0.1]"), [
    "config.yaml:5:13: expected { allow: [10.0.0.1, 10.9.0.0/24] }, got a list",
  ]],
  ["leasequery of a network with host bits", inFile("leasequery: { allow: 10.9.0.7/24 }"), [
    "config.yaml:5:22: 10.9.0.7/24 is not a network: it has bits set beyond the prefix",
    'hint: did you mean "10.9.0.0/24"?',
  ]],
  ["leasequery of a name", inFile("leasequery:", "  allow: [10.0.0.1, cmts]"), [
    'config.yaml:6:21: expected an address like 10.0.0.1 or 10.9.0.0/24, got "cmts"',
  ]],
  ["rapid commit by a number", inSubnet("rapid-commit: 1"), [
    "config.yaml:5:19: expected true or false, got the number 1",
  ]],
  ["subnet selection by the old word for true", inFile("subnet-selection: yes"), [
    'config.yaml:5:19: expected true or false, got "yes"',
    "hint: write true",
  ]],
]);

testBadConfigs("interface of a subnet", [
  ["one that is not served", inSubnet("interface: [eth0, eth00]"), [
    'config.yaml:5:23: "eth00" is not one of the interfaces',
    'hint: did you mean "eth0"?',
  ]],
]);
