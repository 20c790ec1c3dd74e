/** Files of other servers in place of ours, and characters that nobody sees. */
import { inFile, inOptions, inSubnet, testBadConfigs } from "./bad_configs.ts";

const HINT =
  "hint: `sublet init` prints a config to begin with, and docs/COMING_FROM.md tells how " +
  "we write what stands here";

const writtenFor = (place: string, program: string) => [
  `config.yaml:${place}: this is written for ${program}, not for Sublet`,
  HINT,
];

testBadConfigs("files of other servers", [
  [
    "dnsmasq",
    "# DHCP\ninterface=eth0\ndhcp-range=192.168.1.50,192.168.1.150,12h\n",
    writtenFor("2:1", "dnsmasq"),
  ],
  [
    "dnsmasq, one line",
    "dhcp-host=aa:bb:cc:dd:ee:ff,192.168.1.60,pi\n",
    writtenFor("1:1", "dnsmasq"),
  ],
  ["dnsmasq, a word of its own", "domain-needed\nbogus-priv\n", writtenFor("1:1", "dnsmasq")],
  [
    "ISC dhcpd",
    'option domain-name "example.org";\ndefault-lease-time 600;\n' +
    "subnet 10.5.5.0 netmask 255.255.255.224 {\n  range 10.5.5.26 10.5.5.30;\n}\n",
    writtenFor("1:1", "ISC dhcpd"),
  ],
  [
    "ISC dhcpd, a host",
    "# hosts\nhost pi {\n  hardware ethernet b8:27:eb:01:02:03;\n  fixed-address 10.5.5.7;\n}\n",
    writtenFor("2:1", "ISC dhcpd"),
  ],
  [
    "Kea",
    '{\n  "Dhcp4": {\n    "subnet4": [ { "id": 1, "subnet": "192.0.2.0/24" } ]\n  }\n}\n',
    writtenFor("2:3", "Kea"),
  ],
  [
    "Kea, in one line and with comments",
    '// Kea\n{ "Dhcp4": { "valid-lifetime": 4000 } }\n',
    writtenFor("2:1", "Kea"),
  ],
  ["Kea, a part of it", '"subnet4": [ { "subnet": "192.0.2.0/24" } ]\n', writtenFor("1:1", "Kea")],
  ["OpenWrt", "config dhcp 'lan'\n\toption interface 'lan'\n", writtenFor("1:1", "OpenWrt")],
  [
    "udhcpd",
    "start 192.168.0.20\nend 192.168.0.254\ninterface eth0\n",
    writtenFor("1:1", "udhcpd"),
  ],
  [
    "systemd-networkd",
    "[Match]\nName=eth0\n\n[DHCPServer]\nPoolOffset=100\n",
    writtenFor("1:1", "systemd-networkd"),
  ],
  [
    "a line of another server in ours, beside what is wrong before it",
    inSubnet("options:", "   routers: 192.168.1.1", "  dns: 9.9.9.9") +
    "dhcp-range=192.168.1.50,192.168.1.150\n",
    [
      "config.yaml:7:7: the indentation of this line fits none of the lines above it",
      "hint: lines that belong together begin in the same column",
      ...writtenFor("8:1", "dnsmasq"),
    ],
  ],
]);

const NO_BREAK = "a no-break space (U+00A0) stands here";
const PLAIN = "hint: write a plain space in its place";

testBadConfigs("characters that nobody sees", [
  ["in the indentation", inSubnet().trimEnd() + "\n\u00a0   exclude: 192.168.1.100\n", [
    `config.yaml:5:1: ${NO_BREAK}`,
    PLAIN,
  ]],
  ["every one, at once", inSubnet("\u00a0exclude: 192.168.1.100", "lease-time:\u00a012h"), [
    `config.yaml:5:5: ${NO_BREAK}`,
    PLAIN,
    `config.yaml:6:16: ${NO_BREAK}`,
    PLAIN,
  ]],
  ["in a key in quotes", inOptions('"rou\u200bters": 192.168.1.1'), [
    "config.yaml:6:3: a zero-width space (U+200B) stands here",
    "hint: delete it",
  ]],
  ["in a value", inOptions('routers: "192.168.1.1\u00a0"', "domain-name-servers: 9.9.9.9\u2009"), [
    'config.yaml:6:12: expected an IPv4 address like 192.168.1.1, got "192.168.1.1\\xa0"',
    `hint: ${NO_BREAK}: write a plain space in its place`,
    'config.yaml:7:24: expected an IPv4 address like 192.168.1.1, got "9.9.9.9\\u2009"',
    "hint: a space of another width (U+2009) stands here: write a plain space in its place",
  ]],
]);

testBadConfigs("characters that nobody minds", [
  [
    "in a comment, and in text (warning)",
    inFile(
      "# Büro\u00a03",
      'options: { domain-name: "a\u00a0b", subnet-mask: 255.255.0.0 } # \u00a0',
    ),
    [
      "config.yaml:6:45: warning: subnet-mask 255.255.0.0 is not that of 192.168.1.0/24, 255.255.255.0",
      "hint: leave it out: the server fills it in",
    ],
  ],
]);
