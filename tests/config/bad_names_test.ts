/** Names of clients, and what is wrong with them in a config. */
import assert from "node:assert/strict";
import { loadConfig } from "../../src/config/load.ts";
import { inFile, inSubnet, testBadConfigs } from "./bad_configs.ts";

const KEY = "key: { name: k, secret-file: tsig }";
const inUpdate = (...lines: string[]) =>
  inFile(
    "names:",
    "  domain: home.arpa",
    "  dns-update:",
    ...lines.map((line) => `    ${line}`),
  );
const SERVER = "server: 10.0.0.53";
const ZONES = "zones: home.arpa";
const SECRET = "expected the secret of the key in Base64, as `tsig-keygen` prints it";

testBadConfigs("names", [
  ["no domain", inFile("names: {}"), ['config.yaml:5:8: "domain" is missing']],
  ["a domain with a blank", inFile('names: { domain: "home arpa" }'), [
    'config.yaml:5:18: expected a domain like home.arpa, got "home arpa"',
  ]],
  ["a key that is misspelt", inFile("names: { domain: home.arpa, hostsfile: h }"), [
    'config.yaml:5:29: unknown key "hostsfile"',
    'hint: did you mean "hosts-file"?',
  ]],
  ["a reserved name of two labels", inFile("names: { domain: a.test, reserved: [b.c] }"), [
    'config.yaml:5:37: expected a host name of one label like router, got "b.c"',
  ]],
  ["names of a subnet only", inSubnet("names: { domain: a.test }"), [
    "config.yaml:5:12: the whole file has no `names` that this could be an exception to",
    'hint: add "names: { domain: home.arpa }"',
  ]],
  [
    "clients that are told another domain",
    inFile("options: { domain-name: lan }", "names: { domain: home.arpa }"),
    [
      'config.yaml:5:25: the domain-name "lan" is not the domain of the clients\' names, "home.arpa"',
      "hint: leave it out: the server makes it from names",
    ],
  ],
  [
    "a hostname of two machines, but not of one that is on two subnets, nor in two domains",
    inSubnet(
      "reservations:",
      "  - { mac: b827eb010203, hostname: pi }",
      "  - { mac: b827eb010204, hostname: PI }",
    ) + [
      "  - subnet: 10.0.0.0/24",
      "    reservations:",
      "      - { mac: b827eb010203, hostname: pi, address: 10.0.0.3 }",
      "      - { mac: b827eb010205, hostname: pi.a.test }",
      "  - subnet: 10.0.1.0/24",
      "    names: { domain: b.test }",
      "    reservations: [{ mac: b827eb010206, hostname: pi, address: 10.0.1.6 }]",
      "names: { domain: a.test }",
    ].join("\n"),
    [
      "config.yaml:7:40: hostname PI has a reservation on line 6 already",
      "hint: both would be pi.a.test in DNS",
      "config.yaml:11:40: hostname pi.a.test has a reservation on line 6 already",
      "hint: both would be pi.a.test in DNS",
    ],
  ],
  [
    "a hostname that programs look up (warning)",
    inSubnet("reservations:", "  - { mac: b827eb010203, hostname: wpad }") +
    "names: { domain: a.test }",
    [
      'config.yaml:6:40: warning: programs look "wpad" up by themselves: this machine gets what ' +
      "they send",
    ],
  ],
  ["a name server by name", inUpdate("server: ns1", ZONES, KEY), [
    "config.yaml:8:13: expected an address like 192.168.1.53, 192.168.1.53:5353 or " +
    '[fd00::53]:53, got "ns1"',
  ]],
  ["no zones", inUpdate(SERVER, "zones: []", KEY), [
    "config.yaml:9:12: expected a zone like home.arpa or 1.168.192.in-addr.arpa, or a list of " +
    "them, got an empty list",
  ]],
  ["a domain outside of the zones (warning)", inUpdate(SERVER, "zones: b.test", KEY), [
    'config.yaml:6:11: warning: "home.arpa" is in none of the zones of dns-update, so its names ' +
    "are not sent to the name server",
  ]],
  ["a key without a secret", inUpdate(SERVER, ZONES, "key: { name: k }"), [
    "config.yaml:10:10: this key has no secret",
    "hint: add its secret-file, or its secret",
  ]],
  [
    "another algorithm",
    inUpdate(SERVER, ZONES, "key: { name: k, algorithm: hmac-md5, secret-file: t }"),
    [
      'config.yaml:10:32: expected hmac-sha256, got "hmac-md5"',
    ],
  ],
  [
    "a secret that is no Base64 is not shown",
    inUpdate(SERVER, ZONES, "key: { name: k, secret: 'hunter2!' }"),
    [
      `config.yaml:10:29: ${SECRET}`,
    ],
  ],
  [
    "a secret that YAML takes for a number is not shown",
    inUpdate(SERVER, ZONES, "key: { name: k, secret: 12345678 }"),
    [
      `config.yaml:10:29: ${SECRET}`,
    ],
  ],
  ["a secret of few octets", inUpdate(SERVER, ZONES, "key: { name: k, secret: aHVudGVyMg== }"), [
    "config.yaml:10:29: the secret has 7 octets, where 16 to 512 are in order",
  ]],
]);

Deno.test("config, names: policies, paths and option 15 as the engine reads them", () => {
  const text = inSubnet(
    "reservations: [{ mac: '02:00:00:00:00:01', address: 192.168.1.9, hostname: Printer }]",
  ) + [
    "  - { subnet: 10.0.0.0/24, pools: 10.0.0.9, names: { domain: Guest.Home.Arpa. } }",
    "  - { subnet: 10.0.1.0/24, pools: 10.0.1.9, names: off }",
    "names: { domain: home.arpa, hosts-file: hosts/sublet, reserved: nas }",
  ].join("\n");
  const result = loadConfig(text, "/etc/sublet/config.yaml");
  assert("config" in result, JSON.stringify(result));
  const { subnets, nameServices } = result.config;
  assert.deepEqual(subnets.map((it) => it.names?.domain), [
    "guest.home.arpa",
    undefined,
    "home.arpa",
  ]);
  const domains = subnets.map((it) => it.options.get(15)).map((it) =>
    new TextDecoder().decode(it ?? undefined)
  );
  assert.deepEqual(domains, ["guest.home.arpa", "", "home.arpa"]);
  assert.deepEqual(nameServices!.hostsFile, {
    path: "/etc/sublet/hosts/sublet",
    intervalSeconds: 2,
    names: "full",
    domain: "home.arpa",
  });
  const { withheldLabels, reservedNames, isRegistered } = subnets[0]!.names!;
  assert.deepEqual([...withheldLabels], ["isatap", "localhost", "wpad", "nas"]);
  assert.deepEqual([...reservedNames], ["printer.home.arpa"]);
  assert(isRegistered);
});
