/** What configs for reloads grow from, and a sample of every key. */
import type { Growth, Samples } from "./random_configs.ts";

/** Interfaces and networks of the scene that they are for, and files below `directory`. */
export function growthIn(directory: string): Growth {
  return { seed: seedIn(directory), samples: samplesIn(directory), kept: KEPT };
}

const SECRET = "AAECAwQFBgcICQoLDA0ODw==";

/** Without them nobody is served, or nobody sees it. */
const KEPT = ["interfaces", "subnets", "status", "rate-limits"];

const seedIn = (directory: string) => `
interfaces: [lan0]
journal: ${directory}/leases.jsonl
rate-limits: off
classes:
  - { name: phones, match: { vendor-class: "Cisco*" } }
  - { name: guests, match: { any: [{ mac: "02:00" }], not: { mac: "03:00" } } }
  - name: codes
    match:
      options:
        host-name: "x*"
        other: [{ code: 224, value: "lobby*" }]
        slp-service-scope: { scopes: "a,b", mandatory: true }
        v4-dnr: { name: a.b, addresses: 10.0.0.1, protocols: [dot, h2], port: 853, path: /q, priority: 1 }
      circuit-id: { text: "a*" }
      option-82: { circuit-id: "a*", other: [{ code: 200, value: "x*" }] }
      remote-id: { hex: "00:*" }
      user-class: { text: "b*" }
shared-networks: [{ name: campus }]
options:
  slp-service-scope: { scopes: "a,b", mandatory: true }
  v4-dnr: { name: a.b, addresses: 10.0.0.1, protocols: [dot, h2], port: 853, path: /q, priority: 1 }
  other:
    - { code: 230, type: cidr-routes, value: [{ to: 10.0.0.0/8, via: 10.77.0.2 }] }
    - { code: 231, type: record, value: [{ type: u8, value: 1 }, { type: cidr-routes, value: [{ to: default, via: 10.77.0.2 }] }] }
    - { code: 232, type: sub-options, value: [{ code: 1, type: cidr-routes, value: [{ to: default, via: 10.77.0.2 }] }] }
    - { code: 233, type: vendor-classes, value: { enterprise: 9, type: text, value: ab } }
    - { code: 234, type: vendor-options, value: { enterprise: 9, options: [{ code: 1, type: u8, value: 7 }] } }
names: { domain: home.arpa }
subnets:
  - subnet: 10.77.0.0/24
    relays: 10.77.0.2
    pools: [{ range: 10.77.0.100-10.77.0.199 }]
    reservations:
      - { mac: "06:00:00:00:00:01", address: 10.77.0.20 }
      - { client-id: "01:06:00:00:00:00:02", address: 10.77.0.21 }
      - { client-id: { text: some-client }, address: 10.77.0.24 }
      - { client-id: { hex: "01:06:00:00:00:00:03" }, address: 10.77.0.25 }
      - { client-hostname: hpprinter, address: 10.77.0.26 }
      - { circuit-id: { text: eth9 }, remote-id: { hex: "00:01" }, address: 10.77.0.22 }
      - { vendor-id: { enterprise: 9, code: 2, value: { text: abc } }, address: 10.77.0.23 }
  - { subnet: 10.88.0.0/24, shared-network: campus, pools: 10.88.0.100-10.88.0.199 }
  - { subnet: 10.99.0.0/24 }
`;

const samplesIn = (directory: string): Samples => ({
  ...FLAGS,
  ...TIMES,
  ...TEXTS,
  ...VALUES,
  "interfaces": [["lan0"], ["lan0", "lan1"]],
  ".journal": [`${directory}/leases.jsonl`, `${directory}/other.jsonl`],
  "dns-update": [
    { server: "10.77.0.2:5353", zones: "home.arpa", key: { name: "k", secret: SECRET }, ttl: "5m" },
    {
      server: "[fd00::53]:53",
      zones: ["home.arpa", "77.10.in-addr.arpa"],
      key: { name: "k", algorithm: "hmac-sha256", "secret-file": `${directory}/secret` },
    },
    { server: "10.77.0.2:5353", zones: "home.arpa" },
  ],
  "hosts-file": [`${directory}/hosts`, `${directory}/made/hosts`, "/etc/hosts"],
  "secret-file": [`${directory}/secret`, `${directory}/elsewhere/secret`],
  "include": [`${directory}/conf.d`],
  "reservations-from": [`${directory}/reservations.yaml`],
  ".status.listen": ["127.0.0.1:8067", "127.0.0.1:8068"],
});

const FLAGS: Samples = Object.fromEntries(
  [
    ...["authoritative", "rapid-commit", "subnet-selection", "skip-0-and-255", "proxy-dhcp"],
    ...["from-client", "override-client-update", "override-no-update", "deny", "random-mac"],
    ...["reserved", "always-broadcast"],
  ].map((key) => [key, [true, false]]),
);

const TIMES: Samples = {
  "lease-time": ["1h", { default: "2h", min: "10m", max: "1d" }, {
    ...{ default: "1h", min: "10m", max: "1d", renew: "50%", rebind: "80%", spread: "5%" },
    ...{ first: "30m", "when-full": { above: "80%", max: "30m" } },
  }],
  ...Object.fromEntries(["default", "min", "max", "first"].map((key) => [key, ["1h"]])),
  ...Object.fromEntries(["renew", "rebind", "spread", "above"].map((key) => [key, []])),
  "offer-time": ["30s"],
  "quarantine-time": ["1h", "1d"],
  "interval": ["1m"],
  "timeout": ["100ms"],
  "ttl": ["5m"],
  "hosts-file-interval": ["1s"],
  "hosts-file-names": ["both", "short", "full"],
};

const TEXTS: Samples = {
  ".user": ["nobody"],
  "name": ["some-name"],
  ".names.reserved": ["router"],
  ".subnets.names.domain": ["sub.home.arpa"],
  ".names.domain": ["home.arpa", "other.home.arpa"],
  "hostname": ["pi"],
  "client-hostname": ["hpprinter"],
  "comment": ["a printer"],
  "server-name": ["boot.home.arpa"],
  "algorithm": ["hmac-sha256"],
  "secret": [SECRET],
  ".status.token": ["0123456789abcdef0123"],
  ".status.names": ["router.home.arpa"],
  "text": ["abc"],
  "hex": ["00:01"],
};

const VALUES: Samples = {
  "trust-option-82": ["lan0", []],
  "leasequery": [{ allow: ["10.77.0.2"] }],
  "allow": ["10.77.0.0/24"],
  "conflict-probe": ["on", "off", { mode: "local", timeout: "100ms" }],
  "mode": ["on", "local"],
  "rate-limits": ["off"],
  "client": ["10/s burst 100"],
  "declines": ["1/h burst 5"],
  "new-leases": ["2000/s burst 20000"],
  "new-leases-per-relay": ["500/s burst 5000"],
  "new-leases-per-circuit": ["off"],
  "new-leases-from": ["50%"],
  "rogue-detection": ["on", "off", { interval: "1m", known: "10.77.0.3" }],
  "options": [{ "routers": "10.77.0.2" }, { "domain-name": "x.home.arpa", "ntp-servers": null }],
  "#match.options": [{ "host-name": "x*" }],
  "#options.other": [[{ code: 235, type: "u8", value: 1 }]],
  "#compared-options.other": [[{ code: 224, value: "x*" }]],
  "match": [{ mac: "02:00" }, { reserved: true }],
  "any": [[{ mac: "02:00" }]],
  "all": [[{ mac: "02:00" }]],
  "not": [{ mac: "02:00" }],
  "vendor-class": ["PXE*", { hex: "00:*" }],
  "user-class": ["lab*"],
  "architecture": [["uefi-x64", 16]],
  "relay": ["10.77.0.0/24"],
  "shared-networks": [[{ name: "campus" }, { name: "lab" }]],
  ".classes": [[{ name: "phones", match: { mac: "02:00" } }]],
  "subnets": [],
  "subnet": [],
  "reservations": [[{ mac: "06:00:00:00:00:08", address: "10.77.0.40" }]],
  "type": [],
  "value": [],
  "to": [],
  "via": [],
  "#options.domain-name": ["home.arpa"],
  "known": ["10.77.0.3"],
  "port-limit": [16, "off"],
  "limit": [100],
  "always": [["routers"], [3, 224]],
  "next-server": ["10.77.0.2"],
  "boot": ["off"],
  "bootp": ["reservations", "dynamic", "off"],
  "identity": ["client-id", "mac"],
  "allocation": ["hash", "sequential", "random"],
  "shared-network": ["campus"],
  "interface": ["lan0"],
  "pools": ["10.77.0.100-10.77.0.150"],
  "range": ["10.77.0.100-10.77.0.180"],
  "only": ["phones"],
  "exclude": ["10.77.0.140"],
  "relays": [["10.77.0.2"]],
  "names": ["off"],
  "mac": ["06:00:00:00:00:07"],
  "client-id": ["01:06:00:00:00:00:07"],
  "circuit-id": ["eth0/7"],
  "remote-id": ["switch"],
  "vendor-id": [{ enterprise: 9, code: 2, value: "xyz" }],
  "enterprise": [9],
  "code": [2],
  "address": ["10.77.0.30"],
  "server": ["10.77.0.2:5353"],
  "zones": [["home.arpa"]],
  "classes": ["phones"],
  "durability": ["commit", "interval 5s", "none"],
  "renew-write-threshold": ["25%", "off"],
};
