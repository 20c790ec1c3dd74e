/** What a place inherits of the scopes around it, and where the nearest scope wins. */
import assert from "node:assert/strict";
import type { Config, PlaceSettings, ScopeSettings } from "../../src/config/config.ts";
import { formatRange } from "../../src/config/address_range.ts";
import { loadConfig } from "../../src/config/load.ts";
import { parseIpv4 } from "../../src/wire/ipv4.ts";
import { poolAt } from "../../src/leases/subnets.ts";

function load(text: string): Config {
  const result = loadConfig(text, "config.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  return result.config;
}

/** `15=lan 42=-`: options of text by code, `-` for one that is taken away; then the lease time. */
function tell({ options, leaseTime }: ScopeSettings): string {
  const decoder = new TextDecoder();
  const parts = [...options].map(([code, value]) =>
    `${code}=${value === null ? "-" : decoder.decode(value)}`
  );
  if (leaseTime !== undefined) parts.push(`${leaseTime.defaultSeconds}s`);
  return parts.join(" ");
}

/** The scopes of a config with two subnets on one wire and one beside it, by their names. */
function placesOf(
  { defaults = "", network = "", subnet = "", pool = "", reservation = "" }: Readonly<
    Partial<Record<"defaults" | "network" | "subnet" | "pool" | "reservation", string>>
  >,
): Record<string, ScopeSettings> {
  const config = load(`
interfaces: eth0
${defaults}
shared-networks:
  - { name: campus${network} }
subnets:
  - subnet: 10.0.0.0/24
    shared-network: campus
    pools: [10.0.0.1-10.0.0.9, { range: 10.0.0.20-10.0.0.29${pool} }]
    reservations: [{ mac: b827eb010203, address: 10.0.0.25${reservation} }]
    ${subnet}
  - { subnet: 10.0.1.0/24, shared-network: campus, pools: 10.0.1.1 }
  - { subnet: 10.0.2.0/24, pools: 10.0.2.1 }
`);
  const [first, second, apart] = config.subnets;
  const poolOf = (text: string): PlaceSettings => poolAt(first!, parseIpv4(text)!)!;
  return {
    subnet: first!,
    plain: poolOf("10.0.0.1"),
    pool: poolOf("10.0.0.20"),
    second: second!.pools[0]!,
    apart: apart!.pools[0]!,
    reservation: first!.reservations.all[0]!,
  };
}

Deno.test("identity: the subnet's, else the shared network's, else the file's", () => {
  const config = load(`
interfaces: eth0
identity: mac
shared-networks: [{ name: campus, identity: client-id }, { name: lab }]
subnets:
  - { subnet: 10.0.0.0/24, pools: 10.0.0.1 }
  - { subnet: 10.0.1.0/24, pools: 10.0.1.1, shared-network: campus }
  - { subnet: 10.0.2.0/24, pools: 10.0.2.1, shared-network: campus, identity: mac }
  - { subnet: 10.0.3.0/24, pools: 10.0.3.1, shared-network: lab }
`);
  const identities = config.subnets.map(({ identity }) => identity);
  assert.deepEqual(identities, ["mac", "client-id", "mac", "mac"]);
});

Deno.test("allocation: the pool's, else that of what is around it", () => {
  const config = load(`
interfaces: eth0
allocation: random
shared-networks: [{ name: campus, allocation: sequential }, { name: lab }]
subnets:
  - { subnet: 10.0.0.0/24, pools: [10.0.0.1, { range: 10.0.0.2, allocation: sequential }] }
  - { subnet: 10.0.1.0/24, pools: 10.0.1.1, shared-network: campus }
  - { subnet: 10.0.2.0/24, pools: 10.0.2.1, shared-network: campus, allocation: hash }
  - { subnet: 10.0.3.0/24, pools: 10.0.3.1, shared-network: lab }
`);
  const all = config.subnets.map(({ pools }) => pools.map(({ allocation }) => allocation));
  assert.deepEqual(all, [["random", "sequential"], ["sequential"], ["hash"], ["random"]]);
});

Deno.test("skip-0-and-255: such addresses are in no pool, but may be reserved", () => {
  const config = load(`
interfaces: eth0
skip-0-and-255: true
subnets:
  - subnet: 10.0.0.0/22
    pools: 10.0.0.254-10.0.2.1
    reservations: [{ mac: b827eb010203, address: 10.0.1.255 }]
  - { subnet: 10.1.0.0/23, pools: 10.1.0.255-10.1.1.0, skip-0-and-255: false }
  - { subnet: 10.2.0.0/24, pools: 10.2.0.1-10.2.0.254 }
`);
  const ranges = config.subnets.map(({ pools }) => pools[0]!.ranges.map(formatRange));
  assert.deepEqual(ranges, [
    ["10.0.0.254", "10.0.1.1-10.0.1.254", "10.0.2.1"],
    ["10.1.0.255-10.1.1.0"],
    ["10.2.0.1-10.2.0.254"],
  ]);
  assert.equal(config.subnets[0]!.reservations.byAddress.size, 1);
});

const ROWS: readonly [
  name: string,
  scopes: Parameters<typeof placesOf>[0],
  expected: Readonly<Record<string, string>>,
][] = [
  ["what nobody sets: 12h and no options", {}, {
    subnet: "43200s",
    plain: "43200s",
    pool: "43200s",
    reservation: "",
  }],
  [
    "the defaults hold everywhere",
    { defaults: "lease-time: 1h\noptions: { domain-name: lan }" },
    { subnet: "15=lan 3600s", pool: "15=lan 3600s", apart: "15=lan 3600s", reservation: "" },
  ],
  [
    "a shared network holds on its subnets and no others",
    {
      defaults: "options: { domain-name: lan }",
      network: ", lease-time: 2h, options: { domain-name: campus }",
    },
    {
      plain: "15=campus 7200s",
      pool: "15=campus 7200s",
      second: "15=campus 7200s",
      apart: "15=lan 43200s",
    },
  ],
  [
    "a subnet goes before its shared network",
    {
      network: ", lease-time: 2h, options: { domain-name: campus, root-path: / }",
      subnet: "options: { domain-name: lab }",
    },
    { pool: "15=lab 17=/ 7200s", second: "15=campus 17=/ 7200s" },
  ],
  [
    "a pool goes before its subnet, and only there",
    {
      subnet: "options: { domain-name: lab, root-path: / }",
      pool: ", lease-time: 5m, options: { domain-name: guests }",
    },
    { subnet: "15=lab 17=/ 43200s", plain: "15=lab 17=/ 43200s", pool: "15=guests 17=/ 300s" },
  ],
  [
    "a reservation keeps what it sets itself, for it is found by the packet",
    {
      defaults: "options: { domain-name: lan }",
      reservation: ", hostname: pi, lease-time: 1d, options: { domain-name: pi }",
    },
    { pool: "15=lan 43200s", reservation: "12=pi 15=pi 86400s" },
  ],
  [
    "null takes away what is inherited, and a nearer scope may set it again",
    {
      defaults: "options: { domain-name: lan, root-path: / }",
      subnet: "options: { domain-name: null, root-path: null }",
      pool: ", options: { root-path: /srv }",
    },
    { apart: "15=lan 17=/ 43200s", plain: "15=- 17=- 43200s", pool: "15=- 17=/srv 43200s" },
  ],
  [
    "null takes away an option by its code, too",
    {
      defaults: "options: { other: [{ code: 224, type: text, value: x }] }",
      pool: ", options: { other: [{ code: 224, type: text, value: null }] }",
    },
    { plain: "224=x 43200s", pool: "224=- 43200s" },
  ],
  [
    "null takes away what the server would fill in",
    { defaults: "options: { subnet-mask: null, broadcast-address: null }" },
    { plain: "1=- 28=- 43200s" },
  ],
];

for (const [name, scopes, expected] of ROWS) {
  Deno.test(`inheritance: ${name}`, () => {
    const places = placesOf(scopes);
    for (const [place, text] of Object.entries(expected)) {
      assert.equal(tell(places[place]!), text, place);
    }
  });
}

Deno.test("bare ranges are one pool, and a map is one of its own", () => {
  const [subnet] = load(`
interfaces: eth0
subnets:
  - subnet: 10.0.0.0/24
    pools:
      - 10.0.0.100-10.0.0.109
      - { range: [10.0.0.50, 10.0.0.30-10.0.0.39], lease-time: 1h }
      - 10.0.0.1-10.0.0.9
    exclude: 10.0.0.35
`).subnets;
  assert.deepEqual(subnet!.pools.map(({ name, ranges }) => [name, ranges.length]), [
    ["10.0.0.100-10.0.0.109, 10.0.0.1-10.0.0.9", 2],
    ["10.0.0.50, 10.0.0.30-10.0.0.39", 3],
  ]);
  assert.deepEqual(subnet!.spans.map(({ pool }) => subnet!.pools.indexOf(pool)), [0, 1, 1, 0]);
});

Deno.test("the one pool of a subnet may be written as a map without a list", () => {
  const [subnet] = load(`
interfaces: eth0
subnets: [{ subnet: 10.0.0.0/24, pools: { range: 10.0.0.1-10.0.0.9, lease-time: 1h } }]
`).subnets;
  assert.equal(subnet!.pools[0]!.leaseTime.defaultSeconds, 3600);
});
