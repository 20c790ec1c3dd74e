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
]);
