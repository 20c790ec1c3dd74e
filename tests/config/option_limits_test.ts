/** Values of options that no client can use: numbers out of bounds, addresses of no host. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { inFile, inOptions, inSubnet, testBadConfigs } from "./bad_configs.ts";

const CLIENT_ITSELF = "hint: write the address that the server has on the clients' network";
const FILL_IN = "hint: leave it out: the server fills it in";

testBadConfigs("numbers that no client can use", [
  ["a TTL of 0 (RFC 2132 §4.5, §7.1)", inOptions("default-ip-ttl: 0", "default-tcp-ttl: 0"), [
    "config.yaml:6:19: expected a whole number from 1 to 255, got the number 0",
    "config.yaml:7:20: expected a whole number from 1 to 255, got the number 0",
  ]],
  [
    "datagrams of less than 576, a link of less than 68 (RFC 2132 §4.4, §5.1)",
    inOptions("max-dgram-reassembly: 575", "interface-mtu: 67"),
    [
      "config.yaml:6:25: expected a whole number from 576 to 65535, got the number 575",
      "config.yaml:7:18: expected a whole number from 68 to 65535, got the number 67",
    ],
  ],
  [
    "sizes of paths that are too small, or fall (RFC 2132 §4.7)",
    inSubnet(
      "options: { path-mtu-plateau-table: [60, 576] }",
      'reservations: [{ mac: "b8:27:eb:01:02:03", options: { path-mtu-plateau-table: [1500, 576] } }]',
    ),
    [
      "config.yaml:5:41: expected a whole number from 68 to 65535, got the number 60",
      "config.yaml:6:90: 576 stands after 1500: each number has to be greater than the last",
    ],
  ],
  ["a NetBIOS node of no type (RFC 2132 §8.7)", inOptions("netbios-node-type: 3"), [
    "config.yaml:6:22: expected 1, 2, 4 or 8, got the number 3",
  ]],
  ["a boot file of no size", inOptions("boot-size: 0"), [
    "config.yaml:6:14: expected a whole number from 1 to 65535, got the number 0",
  ]],
  ["times of nothing", inOptions("arp-cache-timeout: 0s", "path-mtu-aging-timeout: 0s"), [
    "config.yaml:6:22: 0s is below the least, 1s",
    "config.yaml:7:27: 0s is below the least, 1s",
  ]],
  [
    "the same by code",
    inOptions("other: [{ code: 23, type: u8, value: 0 }, { code: 37, type: hex, value: '00' }]"),
    [
      "config.yaml:6:11: expected a whole number from 1 to 255, got the number 0",
      "config.yaml:6:45: expected a whole number from 1 to 255, got the number 0",
    ],
  ],
  [
    "a mask with a hole",
    "interfaces: eth0\nsubnets: [{ subnet: 10.0.0.0/24 }]\n" +
    "classes: [{ name: x, match: { vendor-class: x }, options: { subnet-mask: 255.0.255.0 } }]\n",
    [
      "config.yaml:2:21: warning: subnet 10.0.0.0/24 has neither pools nor reserved addresses: nobody gets an address on it",
      "config.yaml:3:74: 255.0.255.0 is no netmask",
    ],
  ],
  [
    "a static route to everywhere (RFC 2132 §5.8)",
    inOptions('static-routes: ["172.16.0.9 192.168.1.1", "0.0.0.0 192.168.1.1"]'),
    [
      "config.yaml:6:45: 0.0.0.0 cannot be the destination here",
      "hint: write routers: 192.168.1.1",
    ],
  ],
]);

testBadConfigs("addresses that no client can use", [
  [
    "a name server that is the client itself (warning)",
    inOptions("domain-name-servers: [9.9.9.9, 127.0.0.1]"),
    [
      "config.yaml:6:34: warning: domain-name-servers (6): 127.0.0.1 is for each client the client itself",
      CLIENT_ITSELF,
    ],
  ],
  [
    "0.0.0.0, with which dnsmasq means itself (warning)",
    inOptions("ntp-servers: 0.0.0.0"),
    [
      "config.yaml:6:16: warning: ntp-servers (42): 0.0.0.0 is no host's",
      "hint: write the server's own address: here, it does not stand for that",
    ],
  ],
  [
    "everybody, many, nobody (warning)",
    inOptions("log-servers: [255.255.255.255, 224.0.0.1, 240.0.0.1]"),
    [
      "config.yaml:6:17: warning: log-servers (7): 255.255.255.255 is everybody's, and no host's",
      "hint: write the address of the machine that is meant",
      "config.yaml:6:34: warning: log-servers (7): 224.0.0.1 is a multicast address, and no host's",
      "hint: write the address of the machine that is meant",
      "config.yaml:6:45: warning: log-servers (7): 240.0.0.1 is a reserved address, and no host's",
      "hint: write the address of the machine that is meant",
    ],
  ],
  [
    "a router or server that is the network, or its broadcast address (warning)",
    inSubnet(
      "options: { routers: 192.168.1.255, domain-name-servers: 192.168.1.0 }",
      "boot: { next-server: 192.168.1.255, bios: x }",
    ),
    [
      "config.yaml:5:25: warning: routers (3): 192.168.1.255 is the broadcast address of 192.168.1.0/24, and no host's",
      "hint: write the address of the machine that is meant",
      "config.yaml:5:61: warning: domain-name-servers (6): 192.168.1.0 is the network address of 192.168.1.0/24, and no host's",
      "hint: write the address of the machine that is meant",
      "config.yaml:6:26: warning: next-server: 192.168.1.255 is the broadcast address of 192.168.1.0/24, and no host's",
      "hint: write the address of the machine that is meant",
    ],
  ],
  [
    "a broadcast address that is another network's (warning)",
    inSubnet("options: { broadcast-address: 192.168.1.0 }"),
    [
      "config.yaml:5:35: warning: broadcast-address 192.168.1.0 is not that of 192.168.1.0/24, 192.168.1.255",
      FILL_IN,
    ],
  ],
  [
    "a router that is no host, told once (warning)",
    inSubnet("options: { routers: 127.0.0.1 }"),
    [
      "config.yaml:5:25: warning: routers (3): 127.0.0.1 is for each client the client itself",
      CLIENT_ITSELF,
    ],
  ],
  [
    "routers of routes (warning)",
    inOptions(
      'static-routes: "172.16.0.9 255.255.255.255"',
      "classless-static-route: [{ to: 10.0.0.0/8, via: 127.0.0.1 }]",
    ),
    [
      "config.yaml:7:51: warning: classless-static-route (121): 127.0.0.1 is for each client the client itself",
      CLIENT_ITSELF,
    ],
  ],
  [
    "servers within values that have parts (warning)",
    inOptions(
      "slp-directory-agent: { addresses: [192.168.1.9, 0.0.0.0] }",
      "sip-servers: 224.0.1.75",
      "v4-dnr: [{ name: dns.example.net, addresses: 127.0.0.1, protocols: dot }]",
      "v4-pcp-server: [[127.0.0.1]]",
      "rdnss-selection: { servers: 127.0.0.1, domains: home.arpa }",
      "option-6rd: { prefix: 2001:db8::/32, border-relays: 127.0.0.1 }",
    ),
    [
      "config.yaml:6:51: warning: slp-directory-agent (78): 0.0.0.0 is no host's",
      "hint: write the server's own address: here, it does not stand for that",
      "config.yaml:7:16: warning: sip-servers (120): 224.0.1.75 is a multicast address, and no host's",
      "hint: write the address of the machine that is meant",
      "config.yaml:8:48: warning: v4-dnr (162): 127.0.0.1 is for each client the client itself",
      CLIENT_ITSELF,
      "config.yaml:9:20: warning: v4-pcp-server (158): 127.0.0.1 is for each client the client itself",
      CLIENT_ITSELF,
      "config.yaml:10:31: warning: rdnss-selection (146): 127.0.0.1 is for each client the client itself",
      CLIENT_ITSELF,
      "config.yaml:11:55: warning: option-6rd (212): 127.0.0.1 is for each client the client itself",
      CLIENT_ITSELF,
    ],
  ],
]);

Deno.test("config: what clients can use is taken without a word, up to its bounds", () => {
  const text = inFile(
    "options:",
    "  default-ip-ttl: 1",
    "  default-tcp-ttl: 255",
    "  max-dgram-reassembly: 576",
    "  interface-mtu: 68",
    "  path-mtu-plateau-table: [68, 296, 1492]",
    "  netbios-node-type: 8",
    "  boot-size: 1",
    "  arp-cache-timeout: 1s",
    "  tcp-keepalive-interval: 0s",
    "  subnet-mask: 255.255.255.0",
    "  broadcast-address: 255.255.255.255",
    "  router-solicitation-address: 224.0.0.2",
    "  policy-filter: 10.0.0.0 255.0.0.0",
    "  static-routes: 172.16.0.9 192.168.1.1",
    "  classless-static-route: [{ to: default, via: 192.168.1.1 }, { to: 10.9.0.0/16, via: 0.0.0.0 }]",
    "  domain-name-servers: [192.168.1.1, 9.9.9.9]",
    "  sip-servers: sip.example.net",
    "  other: [{ code: 23, type: u8, value: 64 }]",
  ).replace("  default-ip-ttl: 1\n", "");
  const result = loadConfig(text, "config.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  assert.deepEqual(result.warnings, []);
});

const ONE_ADDRESS = (options: string) =>
  `interfaces: eth0\nsubnets:\n  - subnet: 10.9.9.9/32\n    pools: 10.9.9.9\n    options: ${options}\n`;

testBadConfigs("a network of one address", [
  ["a router, and the routes that lead to it (warning)", ONE_ADDRESS("{ routers: 10.0.0.1 }"), [
    "config.yaml:5:25: warning: the router 10.0.0.1 is outside the subnet 10.9.9.9/32: its clients cannot reach it",
    "hint: add classless-static-route: [{ to: 10.0.0.1/32, via: 0.0.0.0 }, { to: default, via: 10.0.0.1 }]",
  ]],
  [
    "with those routes, nothing (warning)",
    ONE_ADDRESS(
      "{ routers: 10.0.0.1, classless-static-route: [{ to: 10.0.0.1/32, via: 0.0.0.0 }, { to: default, via: 10.0.0.1 }] }",
    ),
    [],
  ],
]);
