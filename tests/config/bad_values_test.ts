/** Values at the top of the file, and durations anywhere, that are not what they should be. */
import { type BadConfig, inFile, inSubnet, testBadConfigs } from "./bad_configs.ts";

/** A row whose `interfaces` has this value. */
function interfaces(what: string, value: string, lines: readonly string[]): BadConfig {
  return [what, inFile().replace("eth0", value), lines];
}

testBadConfigs("interfaces, journal, status, authoritative", [
  ["no interface", "interfaces: []\nsubnets: [{ subnet: 10.0.0.0/24, pools: 10.0.0.9 }]\n", [
    "config.yaml:1:13: expected the name of an interface like eth0, or a list of them, got an empty list",
  ]],
  [
    "interfaces with no value",
    "interfaces:\nsubnets: [{ subnet: 10.0.0.0/24, pools: 10.0.0.9 }]\n",
    [
      "config.yaml:1:12: expected the name of an interface like eth0, or a list of them, got nothing",
    ],
  ],
  [
    "a map of interfaces",
    "interfaces: { eth0: true }\nsubnets: [{ subnet: 10.0.0.0/24, pools: 10.0.0.9 }]\n",
    [
      "config.yaml:1:13: expected the name of an interface like eth0, or a list of them, got a map",
    ],
  ],
  [
    "an interface twice",
    "interfaces: [eth0, eth1, eth0]\nsubnets: [{ subnet: 10.0.0.0/24, pools: 10.0.0.9 }]\n",
    [
      'config.yaml:1:26: the interface "eth0" is listed twice',
    ],
  ],
  [
    "names that no interface has",
    "interfaces: [eth0:1, a/b, 'a b', '', averyverylongname, 1]\nsubnets: [{ subnet: 10.0.0.0/24, pools: 10.0.0.9 }]\n",
    [
      'config.yaml:1:14: expected the name of an interface like eth0, got "eth0:1"',
      'config.yaml:1:22: expected the name of an interface like eth0, got "a/b"',
      'config.yaml:1:27: expected the name of an interface like eth0, got "a b"',
      "hint: a comma is missing: a, b",
      'config.yaml:1:34: expected the name of an interface like eth0, got ""',
      'config.yaml:1:38: "averyverylongname" is longer than a name of an interface can be, 15 octets',
      "config.yaml:1:57: expected the name of an interface like eth0, got the number 1",
      "hint: put it in quotes to make it text",
    ],
  ],
  interfaces("a list without brackets", "eth0, eth1", [
    'config.yaml:1:13: expected the name of an interface like eth0, got "eth0, eth1"',
    "hint: write [eth0, eth1]",
  ]),
  interfaces("a list without brackets and spaces", "eth0,eth1,wlan0,wlan1", [
    'config.yaml:1:13: expected the name of an interface like eth0, got "eth0,eth1,wlan0,wlan1"',
    "hint: write [eth0, eth1, wlan0, wlan1]",
  ]),
  interfaces("a list without its comma", "[eth0 eth1]", [
    'config.yaml:1:14: expected the name of an interface like eth0, got "eth0 eth1"',
    "hint: a comma is missing: eth0, eth1",
  ]),
  interfaces("dashes without a space", "\n  -eth0\n  -eth1", [
    'config.yaml:2:3: expected the name of an interface like eth0, got "-eth0 -eth1"',
    "hint: a space is missing after the -",
  ]),
  interfaces("a bracket that was never opened", "eth0]", [
    'config.yaml:1:13: expected the name of an interface like eth0, got "eth0]"',
  ]),
  interfaces("a dash without a space", "\n  -eth0", [
    'config.yaml:2:3: expected the name of an interface like eth0, got "-eth0"',
    "hint: a space is missing after the -",
  ]),
  interfaces("typographic quotes", "[“eth0”, ‘eth1’]", [
    'config.yaml:1:14: expected the name of an interface like eth0, got "“eth0”"',
    'hint: write "eth0", with plain quotes',
    'config.yaml:1:22: expected the name of an interface like eth0, got "‘eth1’"',
    'hint: write "eth1", with plain quotes',
  ]),
  interfaces("quotes in quotes", `"'eth0'"`, [
    "config.yaml:1:13: expected the name of an interface like eth0, got \"'eth0'\"",
  ]),
  ["authoritative in the words of YAML 1.1", inFile("authoritative: yes"), [
    'config.yaml:5:16: expected true or false, got "yes"',
    "hint: write true",
  ]],
  ["authoritative as a number", inFile("authoritative: 1"), [
    "config.yaml:5:16: expected true or false, got the number 1",
  ]],
  ["an empty path", inFile("journal: ''"), [
    'config.yaml:5:10: expected the path of a file, got ""',
  ]],
  ["a path with control characters", inFile('journal: "/var/\\e[31m"'), [
    'config.yaml:5:10: "/var/\\x1b[31m" has control characters in it',
  ]],
  ["root as the user to become", inFile("user: root"), [
    "config.yaml:5:7: root has nothing to give up",
    "hint: name another user",
  ]],
  ["a user by number", inFile("user: 1000"), [
    "config.yaml:5:7: expected the name of a user like sublet, got the number 1000",
  ]],
  ["a user with a group", inFile("user: sublet:sublet"), [
    'config.yaml:5:7: expected the name of a user like sublet, got "sublet:sublet"',
  ]],
  ["status without a port", inFile("status: { listen: 127.0.0.1 }"), [
    'config.yaml:5:19: expected an address and port like 127.0.0.1:8067 or [::1]:8067, got "127.0.0.1"',
  ]],
  ["status on a port there is not", inFile("status: { listen: '127.0.0.1:65536' }"), [
    'config.yaml:5:19: expected an address and port like 127.0.0.1:8067 or [::1]:8067, got "127.0.0.1:65536"',
  ]],
  ["status with IPv6 lacking brackets", inFile("status: { listen: '::1:8067' }"), [
    'config.yaml:5:19: expected an address and port like 127.0.0.1:8067 or [::1]:8067, got "::1:8067"',
  ]],
  ["status on a name", inFile("status: { listen: 'example.org:80' }"), [
    'config.yaml:5:19: expected an address and port like 127.0.0.1:8067 or [::1]:8067, got "example.org:80"',
  ]],
  ["status open to other machines without a token", inFile("status: { listen: '0.0.0.0:8067' }"), [
    "config.yaml:5:19: other machines can reach this address, so a token has to keep strangers out",
    'hint: add token: "…" beside listen; `openssl rand -hex 16` makes one',
  ]],
  ["a token that can be guessed, which is not shown", inFile("status: { token: hunter2 }"), [
    "config.yaml:5:18: a token is 16 to 256 letters and digits",
    "hint: `openssl rand -hex 16` makes one",
  ]],
  ["a token with a space", inFile("status: { token: correct horse battery staple }"), [
    "config.yaml:5:18: a token is 16 to 256 letters and digits",
    "hint: `openssl rand -hex 16` makes one",
  ]],
  ["a name of the status page with a port", inFile("status: { names: 'router:8067' }"), [
    'config.yaml:5:18: expected a host name of letters, digits and hyphens, got "router:8067"',
  ]],
  ["status on", inFile("status: on"), [
    'config.yaml:5:9: expected { listen: "127.0.0.1:8067" } or off, got "on"',
  ]],
]);

testBadConfigs("durations", [
  ["a number without a unit", inFile("lease-time: 3600"), [
    "config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, or a map of default, min and max, got the number 3600",
    "hint: write 3600s or 1h",
  ]],
  ["a number of odd seconds", inFile("lease-time: 59"), [
    "config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, or a map of default, min and max, got the number 59",
    "hint: write 59s",
  ]],
  ["a number in quotes", inFile("lease-time: '90'"), [
    "config.yaml:5:13: 90 has no unit",
    "hint: write 90s or 1m30s",
  ]],
  ["an unknown unit", inFile("lease-time: 3 years"), [
    'config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, got "3 years"',
  ]],
  ["a unit in capitals", inFile("lease-time: 12H"), [
    'config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, got "12H"',
    "hint: write 12h",
  ]],
  ["seconds in words", inFile("lease-time: 30 seconds"), [
    'config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, got "30 seconds"',
    "hint: write 30s",
  ]],
  ["a day in words", inFile("lease-time: 1 day"), [
    'config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, got "1 day"',
    "hint: write 1d",
  ]],
  ["hours in words", inFile("lease-time: 2 hours"), [
    'config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, got "2 hours"',
    "hint: write 2h",
  ]],
  ["hours and minutes in words", inFile("lease-time: 1 hour, 30 mins"), [
    'config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, got "1 hour, 30 mins"',
    "hint: write 1h30m",
  ]],
  ["a unit that only begins like one", inFile("lease-time: 1 month"), [
    'config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, got "1 month"',
  ]],
  ["units out of order", inFile("lease-time: 30m1h"), [
    'config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, got "30m1h"',
  ]],
  ["a lease below the least", inFile("lease-time: 3s"), [
    "config.yaml:5:13: 3s is below the least, 4s",
  ]],
  ["a lease above the most", inFile("lease-time: 4294967295s"), [
    "config.yaml:5:13: 4294967295s is above the most, 4294967294s",
    "hint: write infinite for no end",
  ]],
  ["a short lease (warning)", inFile("lease-time: 59s"), [
    "config.yaml:5:13: warning: leases of 59s keep clients busy with renewing",
    "hint: 1m or more suits most networks",
  ]],
  ["a short least lease (warning)", inSubnet("lease-time: { default: 1h, min: 10s }"), [
    "config.yaml:5:37: warning: leases of 10s keep clients busy with renewing",
    "hint: 1m or more suits most networks",
  ]],
  ["bounds in the wrong order", inFile("lease-time: { min: 2h, max: 1h }"), [
    "config.yaml:5:20: min, 2h, is above max, 1h",
  ]],
  ["a default below min", inFile("lease-time: { default: 1h, min: 2h }"), [
    "config.yaml:5:33: min, 2h, is above default, 1h",
  ]],
  ["a default above max", inFile("lease-time: { default: 2h, max: 1h }"), [
    "config.yaml:5:33: max, 1h, is below default, 2h",
  ]],
  ["an offer for too long", inFile("offer-time: 2h"), [
    "config.yaml:5:13: 2h is above the most, 1h",
  ]],
  ["an offer without end", inFile("offer-time: infinite"), [
    "config.yaml:5:13: infinite is above the most, 1h",
  ]],
  ["no quarantine", inFile("quarantine-time: 0s"), [
    "config.yaml:5:18: 0s is below the least, 1s",
  ]],
  ["a list as lease-time", inFile("lease-time: [1h]"), [
    "config.yaml:5:13: expected a duration like 12h, 30m, 1h30m or infinite, or a map of default, min and max, got a list",
  ]],
]);

testBadConfigs("durability, renew-write-threshold", [
  ["another word", inFile("durability: always"), [
    'config.yaml:5:13: expected commit, none, or an interval like "interval 5s", got "always"',
  ]],
  ["an interval without a time", inFile("durability: interval"), [
    'config.yaml:5:13: expected commit, none, or an interval like "interval 5s", got "interval"',
    'hint: say how long, like "interval 5s"',
  ]],
  ["an interval without a unit", inFile("durability: interval 5"), [
    'config.yaml:5:13: expected commit, none, or an interval like "interval 5s", got "interval 5"',
  ]],
  ["an interval of hours", inFile("durability: interval 2h"), [
    "config.yaml:5:13: the interval 2h is not within 1s and 1h",
  ]],
  ["a threshold without a unit", inFile("renew-write-threshold: 25"), [
    "config.yaml:5:24: expected a share like 25%, or off, got the number 25",
  ]],
  ["a threshold above the most", inFile("renew-write-threshold: 95%"), [
    "config.yaml:5:24: 95% is above the most, 90%",
  ]],
]);

testBadConfigs("server-identifier", [
  ["an address that nobody can write to", inFile("server-identifier: 0.0.0.0"), [
    "config.yaml:5:20: 0.0.0.0 is no address that a client could write to",
  ]],
  ["a name", inSubnet("server-identifier: eth0"), [
    'config.yaml:5:24: expected an IPv4 address of this server like 192.168.1.1, got "eth0"',
  ]],
]);

testBadConfigs("offer-delay and min-secs", [
  ["a number", inFile("offer-delay: 2"), [
    "config.yaml:5:14: expected a time like 500ms or 1s, got the number 2",
    "hint: write 2ms or 2s, whichever is meant",
  ]],
  ["too long a time", inSubnet("offer-delay: 1000s"), [
    "config.yaml:5:18: 1000s is above the most, 10s",
  ]],
  ["a number of seconds", inSubnet("min-secs: 3"), [
    "config.yaml:5:15: expected a duration like 12h, 30m or 1h30m, got the number 3",
    "hint: write 3s",
  ]],
]);
