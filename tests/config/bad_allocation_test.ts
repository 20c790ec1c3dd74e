/** How clients are told apart and come by addresses, written wrong. */
import { inFile, inSubnet, testBadConfigs } from "./bad_configs.ts";

testBadConfigs("allocation", [
  ["an identity that is none", inFile("identity: hostname"), [
    'config.yaml:5:11: expected client-id or mac, got "hostname"',
  ]],
  ["an identity of a subnet that is misspelt", inSubnet("identity: clientid"), [
    'config.yaml:5:15: expected client-id or mac, got "clientid"',
    'hint: did you mean "client-id"?',
  ]],
  [
    "an identity of a shared network that is none",
    inFile("shared-networks:", "  - { name: campus, identity: true }"),
    ["config.yaml:6:31: expected client-id or mac, got true"],
  ],
  ["an order of allocation that is none", inFile("allocation: lowest"), [
    'config.yaml:5:13: expected hash, sequential or random, got "lowest"',
  ]],
  ["an order of a subnet that is misspelt", inSubnet("allocation: sequental"), [
    'config.yaml:5:17: expected hash, sequential or random, got "sequental"',
    'hint: did you mean "sequential"?',
  ]],
  [
    "an order of a pool that is none",
    inFile("  - subnet: 10.0.0.0/24", "    pools: [{ range: 10.0.0.1, allocation: first }]"),
    ['config.yaml:6:44: expected hash, sequential or random, got "first"'],
  ],
  ["addresses to skip, as a list", inFile("skip-0-and-255: [0, 255]"), [
    "config.yaml:5:17: expected true or false, got a list",
  ]],
  ["addresses of a subnet to skip", inSubnet("skip-0-and-255: yes"), [
    'config.yaml:5:21: expected true or false, got "yes"',
    "hint: write true",
  ]],
]);
