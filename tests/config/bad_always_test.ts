/** Options that cannot be sent to everybody. */
import { inFile, testBadConfigs } from "./bad_configs.ts";

testBadConfigs("always", [
  ["a word that is no option", inFile("always: [captive-portal]"), [
    'config.yaml:5:10: unknown option "captive-portal"',
    'hint: did you mean "v4-captive-portal"?',
  ]],
  ["an option of the server", inFile("always: 51"), [
    "config.yaml:5:9: option dhcp-lease-time (51) cannot be set: the server makes it from lease-time",
    'hint: use "lease-time"',
  ]],
  ["no code of an option", inFile("always: 255"), [
    "config.yaml:5:9: expected the name of an option like v4-captive-portal, or its code, got the number 255",
  ]],
  [
    "one that clients have to ask for",
    inFile("options: { v6-only-preferred: 30m }", "always: 108"),
    [
      "config.yaml:6:9: option v6-only-preferred is for clients that ask for it only (RFC 8925 §3.3)",
    ],
  ],
  ["one that nothing sets (warning)", inFile("always: [routers, 224]"), [
    "config.yaml:5:10: warning: routers (3) is never sent: nothing in the file sets it",
    "hint: set it under options",
    "config.yaml:5:19: warning: option 224 is never sent: nothing in the file sets it",
    "hint: set it under options",
  ]],
]);
