/** Boot data, BOOTP and proxyDHCP that cannot be as they are written. */
import { inFile, inSubnet, testBadConfigs } from "./bad_configs.ts";

/** A subnet on line 3 whose addresses another server gives. */
const inProxy = (...lines: string[]) =>
  ["interfaces: eth0", "subnets:", "  - subnet: 192.168.1.0/24", "    proxy-dhcp: true"]
    .concat(lines.map((line) => `    ${line}`), "").join("\n");

testBadConfigs("boot", [
  ["an unknown kind", inFile("boot: { uefi-x86: a.efi }"), [
    'config.yaml:5:9: unknown key "uefi-x86"',
    'hint: did you mean "uefi-x64"?',
  ]],
  ["a kind by its folk name", inFile("boot: { uefi: a.efi, filename: b }"), [
    'config.yaml:5:9: unknown key "uefi"',
    'hint: did you mean "uefi-x64"?',
    'config.yaml:5:22: unknown key "filename"',
    'hint: did you mean "boot-file"?',
  ]],
  ["a server that is no address", inSubnet("boot: { next-server: boot.home.arpa }"), [
    'config.yaml:5:26: expected an IPv4 address like 192.168.1.1, got "boot.home.arpa"',
  ]],
  ["a file where a URL belongs", inFile("boot: { http-x64: ipxe.efi }"), [
    'config.yaml:5:19: expected a URL like http://192.168.1.2/boot.efi, got "ipxe.efi"',
  ]],
  ["a file name with a NUL", inFile('boot: { bios: "a\\0b" }'), [
    'config.yaml:5:15: "a\\x00b" has control characters in it',
  ]],
  ["a file name that fits no option", inFile(`boot: { bios: ${"é".repeat(127)}x }`), [
    `config.yaml:5:15: "${"é".repeat(60)}…" has 255 octets, ` +
    "and the name of a boot file at most 254",
  ]],
  [
    "a server name that does not fit the header",
    inFile(`boot: { server-name: ${"s".repeat(64)} }`),
    [
      `config.yaml:5:22: "${"s".repeat(60)}…" has 64 octets, and the name of a server at most 63`,
    ],
  ],
  ["a file name that is a number", inFile("boot: { boot-file: 1 }"), [
    "config.yaml:5:20: expected the name of a boot file, got the number 1",
    "hint: put it in quotes to make it text",
  ]],
  ["the file alone", inFile("boot: undionly.kpxe"), [
    "config.yaml:5:7: expected a map like { bios: undionly.kpxe, next-server: 192.168.1.2 }, " +
    'or off, got "undionly.kpxe"',
  ]],
  ["nothing", inFile("boot:"), [
    "config.yaml:5:6: expected a map like { bios: undionly.kpxe, next-server: 192.168.1.2 }, " +
    "or off, got nothing",
  ]],
  [
    "an unknown kind in a reservation",
    inSubnet(
      "reservations:",
      '  - { mac: "b8:27:eb:01:02:03", address: 192.168.1.9, boot: { bois: a } }',
    ),
    [
      'config.yaml:6:67: unknown key "bois"',
      'hint: did you mean "bios"?',
    ],
  ],
  ["BOOTP for whom?", inFile("bootp: true"), [
    "config.yaml:5:8: expected reservations, dynamic, off, got true",
  ]],
  ["BOOTP of a subnet for whom?", inSubnet("bootp: all"), [
    'config.yaml:5:12: expected reservations, dynamic, off, got "all"',
  ]],
]);

testBadConfigs("proxy-dhcp", [
  [
    "pools and reservations",
    inProxy(
      "boot: { bios: a }",
      "pools: [192.168.1.9, 192.168.1.10]",
      'reservations: [{ mac: "b8:27:eb:01:02:03", address: 192.168.1.9 }]',
    ),
    [
      "config.yaml:6:13: with proxy-dhcp, another server gives the addresses of 192.168.1.0/24",
      "hint: leave out its pools, or proxy-dhcp",
      "config.yaml:7:20: with proxy-dhcp, another server gives the addresses of 192.168.1.0/24",
      "hint: leave out its reservations, or proxy-dhcp",
    ],
  ],
  ["nothing to say", inProxy(), [
    "config.yaml:4:17: with proxy-dhcp but no boot, there is nothing to tell anybody",
    'hint: add "boot: { bios: …, uefi-x64: … }"',
  ]],
  ["boot is off", inProxy("boot: off"), [
    "config.yaml:4:17: with proxy-dhcp but no boot, there is nothing to tell anybody",
    'hint: add "boot: { bios: …, uefi-x64: … }"',
  ]],
  ["yes", inProxy("boot: { bios: a }").replace("true", "yes"), [
    'config.yaml:4:17: expected true or false, got "yes"',
    "hint: write true",
  ]],
]);
