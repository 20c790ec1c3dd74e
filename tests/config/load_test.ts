/** What the engine gets of a config that is in order. */
import assert from "node:assert/strict";
import type { Config } from "../../src/config/config.ts";
import { loadConfig, readConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { formatIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";
import { inFile, inSubnet } from "./bad_configs.ts";

function load(text: string): Config {
  const result = loadConfig(text, "config.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  assert.deepEqual(result.warnings, []);
  return result.config;
}

function rangesOf(config: Config, subnet = 0): string[] {
  return config.subnets[subnet]!.pools.flatMap(({ ranges }) => ranges).map(({ first, last }) =>
    `${formatIpv4(first)}-${formatIpv4(last)}`
  );
}

const address = (text: string) => parseIpv4(text)!;

Deno.test("a config of the least there can be gets the defaults", () => {
  const config = load(inFile());
  const settings = {
    leaseTime: { defaultSeconds: 43_200, minSeconds: 43_200, maxSeconds: 43_200 },
    options: new Map(),
  };
  const range = { first: address("192.168.1.100"), last: address("192.168.1.199") };
  const name = "192.168.1.100-192.168.1.199";
  const pool = { name, ranges: [range], allocation: "hash" as const, ...settings };
  assert.deepEqual(config, {
    interfaces: ["eth0"],
    authoritative: true,
    subnets: [{
      name: "192.168.1.0/24",
      cidr: { network: address("192.168.1.0"), prefixLength: 24 },
      netmask: address("255.255.255.0"),
      broadcast: address("192.168.1.255"),
      ...settings,
      pools: [pool],
      spans: [{ ...range, pool }],
      rapidCommit: false,
      bootp: "reservations",
      identity: "client-id",
      conflictProbe: { beyondRouters: true, timeoutMs: 500 },
      reservations: { all: [], byAddress: new Map() },
    }],
    offerSeconds: 30,
    quarantineSeconds: 3_600,
    rateLimits: {
      client: { intervalMs: 100, burst: 100 },
      declines: { intervalMs: 3_600_000, burst: 5 },
      newLeases: { intervalMs: 0.5, burst: 20_000 },
      newLeasesPerRelay: { intervalMs: 2, burst: 5_000 },
      newLeasesPerCircuit: { intervalMs: 10, burst: 1_000 },
      newLeasesFrom: 0.5,
    },
    trustOption82: new Set(),
    subnetSelection: false,
    durability: { kind: "commit" },
    renewWriteThreshold: 0,
    journal: "/var/lib/sublet/leases.jsonl",
    status: { hostname: "127.0.0.1", port: 8067, names: [] },
  });
});

Deno.test("every key at the top is read", () => {
  const config = load(`
interfaces: [eth0, eth1]
authoritative: false
lease-time: { default: 1h, min: 5m, max: infinite }
offer-time: 1m30s
quarantine-time: infinite
rate-limits: off
trust-option-82: eth1
subnet-selection: true
leasequery: { allow: [10.0.0.1, 10.9.0.0/24] }
subnets:
  - { subnet: 10.0.0.0/8, pools: 10.0.0.1-10.255.255.254, relays: [10.0.0.1, 172.16.0.1] }
journal: leases.jsonl
status: { listen: "[::1]:80" }
`);
  const { subnets, ...rest } = config;
  assert.deepEqual(rest, {
    interfaces: ["eth0", "eth1"],
    authoritative: false,
    offerSeconds: 90,
    quarantineSeconds: Infinity,
    trustOption82: new Set(["eth1"]),
    subnetSelection: true,
    durability: { kind: "commit" },
    renewWriteThreshold: 0,
    leasequery: [
      { network: address("10.0.0.1"), prefixLength: 32 },
      { network: address("10.9.0.0"), prefixLength: 24 },
    ],
    journal: "leases.jsonl",
    status: { hostname: "::1", port: 80, names: [] },
  });
  const leaseTime = { defaultSeconds: 3600, minSeconds: 300, maxSeconds: Infinity };
  assert.deepEqual(subnets[0]!.leaseTime, leaseTime);
  assert.deepEqual(subnets[0]!.relays, new Set([address("10.0.0.1"), address("172.16.0.1")]));
});

Deno.test("rapid-commit of a subnet takes the place of the file's", () => {
  const config = load(`
interfaces: eth0
rapid-commit: true
subnets:
  - { subnet: 10.0.0.0/24, pools: 10.0.0.9 }
  - { subnet: 10.0.1.0/24, pools: 10.0.1.9, rapid-commit: false }
`);
  assert.deepEqual(config.subnets.map(({ rapidCommit }) => rapidCommit), [true, false]);
});

Deno.test("status: off and status: false are the same, and nothing listens", () => {
  for (const text of ["status: off", "status: false", 'status: "off"']) {
    assert.ok(!("status" in load(inFile(text))), text);
  }
  const plain = { hostname: "127.0.0.1", port: 8067, names: [] };
  assert.deepEqual(load(inFile("status: {}")).status, plain);
  const { status } = load(inFile("status: { listen: 'localhost:80' }"));
  assert.deepEqual(status, { hostname: "localhost", port: 80, names: [] });
});

Deno.test("a bound of lease-time that is left out is the default, and that is 12h", () => {
  const leaseTime = (text: string) => {
    const { defaultSeconds, minSeconds, maxSeconds } =
      load(inFile(`lease-time: ${text}`)).subnets[0]!.leaseTime;
    return [minSeconds, defaultSeconds, maxSeconds];
  };
  const hour = 3600;
  assert.deepEqual(leaseTime("2h"), [2 * hour, 2 * hour, 2 * hour]);
  assert.deepEqual(leaseTime("infinite"), [Infinity, Infinity, Infinity]);
  assert.deepEqual(leaseTime("{ default: 2h }"), [2 * hour, 2 * hour, 2 * hour]);
  assert.deepEqual(leaseTime("{ default: 2h, max: 3h }"), [2 * hour, 2 * hour, 3 * hour]);
  assert.deepEqual(leaseTime("{ min: 1h, max: 3h }"), [hour, 3 * hour, 3 * hour]);
  assert.deepEqual(leaseTime("{ min: 20h }"), [20 * hour, 20 * hour, 20 * hour]);
  assert.deepEqual(leaseTime("{ max: 20h }"), [12 * hour, 12 * hour, 20 * hour]);
  assert.deepEqual(leaseTime("{}"), [12 * hour, 12 * hour, 12 * hour]);
  assert.deepEqual(leaseTime("4294967294s"), [0xffff_fffe, 0xffff_fffe, 0xffff_fffe]);
});

Deno.test("a subnet's own lease-time and options take the place of the file's, one by one", () => {
  const config = load(`
interfaces: eth0
lease-time: 2h
options: { domain-name: a, domain-name-servers: 10.0.0.2, routers: 10.0.0.1 }
subnets:
  - { subnet: 10.0.0.0/24, pools: 10.0.0.9, options: { domain-name: b, swap-server: 10.0.0.3 } }
  - { subnet: 10.0.1.0/24, pools: 10.0.1.9, lease-time: 1h, options: { routers: 10.0.1.1 } }
`);
  const [first, second] = config.subnets;
  assert.deepEqual([...first!.options], [
    [3, Uint8Array.of(10, 0, 0, 1)],
    [6, Uint8Array.of(10, 0, 0, 2)],
    [15, Uint8Array.of(0x62)],
    [16, Uint8Array.of(10, 0, 0, 3)],
  ]);
  assert.equal(first!.leaseTime.defaultSeconds, 7200);
  assert.deepEqual(second!.options.get(3), Uint8Array.of(10, 0, 1, 1));
  assert.equal(second!.leaseTime.maxSeconds, 3600);
});

Deno.test("boot is inherited key by key, and off takes all of it away", () => {
  const { subnets } = load(`
interfaces: eth0
boot: { bios: a.kpxe, uefi-x64: a.efi, http-x64: "http://a/", next-server: 10.0.0.1 }
subnets:
  - { subnet: 10.0.0.0/24, pools: 10.0.0.9 }
  - { subnet: 10.0.1.0/24, pools: 10.0.1.9, boot: { bios: b.kpxe, server-name: b } }
  - { subnet: 10.0.2.0/24, pools: 10.0.2.9, boot: { boot-file: c.img } }
  - { subnet: 10.0.3.0/24, pools: 10.0.3.9, boot: off }
  - { subnet: 10.0.4.0/24, pools: 10.0.4.9, boot: { next-server: 10.0.0.4 } }
`);
  const told = subnets.map(({ boot }) => {
    const text = (value: Uint8Array | null | undefined) =>
      value ? new TextDecoder().decode(value) : String(value);
    const files = ["bios", "uefi-x64", "http-x64", "ipxe", "other"] as const;
    const { nextServer, serverName, files: byKind } = boot!;
    const names = files.map((kind) => text(byKind.get(kind)));
    return [text(nextServer?.text), text(serverName), ...names].join(" ");
  });
  assert.deepEqual(told, [
    "10.0.0.1 undefined a.kpxe a.efi http://a/ undefined undefined",
    "10.0.0.1 b b.kpxe a.efi http://a/ undefined undefined",
    "10.0.0.1 undefined c.img c.img http://a/ null c.img",
    "undefined null null null null null null",
    "10.0.0.4 undefined a.kpxe a.efi http://a/ undefined undefined",
  ]);
});

Deno.test("bootp of a subnet takes the place of the file's; off and false are the same", () => {
  const { subnets } = load(`
interfaces: eth0
bootp: dynamic
subnets:
  - { subnet: 10.0.0.0/24, pools: 10.0.0.9 }
  - { subnet: 10.0.1.0/24, pools: 10.0.1.9, bootp: off }
  - { subnet: 10.0.2.0/24, pools: 10.0.2.9, bootp: false }
  - { subnet: 10.0.3.0/24, pools: 10.0.3.9, bootp: reservations }
`);
  assert.deepEqual(subnets.map(({ bootp }) => bootp), ["dynamic", "off", "off", "reservations"]);
});

Deno.test("proxy-dhcp of one subnet is known of the whole", () => {
  const config = load(`
interfaces: eth0
boot: { bios: a.kpxe }
subnets:
  - { subnet: 10.0.0.0/24, pools: 10.0.0.9 }
  - { subnet: 10.0.1.0/24, proxy-dhcp: true }
`);
  assert.equal(config.proxyDhcp, true);
  assert.deepEqual(config.subnets.map(({ proxyDhcp }) => proxyDhcp), [undefined, true]);
});

Deno.test("RFC 2132 §3.3: the subnet mask comes before the routers, in any file", () => {
  const { options } = load(
    inSubnet("options: { routers: 192.168.1.1, subnet-mask: 255.255.255.0 }"),
  ).subnets[0]!;
  assert.deepEqual([...options.keys()], [1, 3]);
});

Deno.test("ranges are the pools without exclusions and reserved addresses, sorted", () => {
  const config = load(inSubnet(
    "exclude: [192.168.1.120-192.168.1.129, 192.168.1.128/31, 192.168.1.100]",
    "reservations:",
    "  - { mac: b827eb010203, address: 192.168.1.199 }",
    "  - { mac: b827eb010204, address: 192.168.1.150 }",
    "  - { mac: b827eb010205, address: 192.168.1.9 }",
  ));
  assert.deepEqual(rangesOf(config), [
    "192.168.1.101-192.168.1.119",
    "192.168.1.130-192.168.1.149",
    "192.168.1.151-192.168.1.198",
  ]);
});

Deno.test("subnets and ranges are in the order of their addresses, not of the file", () => {
  const config = load(`
interfaces: eth0
subnets:
  - { subnet: 192.168.1.0/24, pools: [192.168.1.9, 192.168.1.7 - 192.168.1.8, 192.168.1.64/30] }
  - { subnet: 10.0.0.0/24, pools: 10.0.0.9 }
`);
  assert.deepEqual(config.subnets.map(({ name }) => name), ["10.0.0.0/24", "192.168.1.0/24"]);
  assert.deepEqual(rangesOf(config, 1), [
    "192.168.1.7-192.168.1.8",
    "192.168.1.9-192.168.1.9",
    "192.168.1.64-192.168.1.67",
  ]);
});

Deno.test("RFC 3021: both addresses of a /31 are for hosts, and so is the one of a /32", () => {
  const config = load(`
interfaces: eth0
subnets:
  - { subnet: 10.0.0.0/31, pools: 10.0.0.0/31 }
  - { subnet: 10.0.0.9/32, reservations: [{ mac: b827eb010203, address: 10.0.0.9 }] }
`);
  assert.deepEqual(rangesOf(config), ["10.0.0.0-10.0.0.1"]);
  assert.deepEqual(rangesOf(config, 1), []);
});

Deno.test("reservations are in the order of the file, in the engine's spelling", () => {
  const { reservations } = load(inSubnet(
    "reservations:",
    "  - { mac: B8-27-EB-01-02-03, address: 192.168.1.10, hostname: pi.home.arpa }",
    "  - { client-id: 01b827eb010204, address: 192.168.1.11 }",
  )).subnets[0]!;
  const pi = {
    macs: ["b8:27:eb:01:02:03"],
    address: address("192.168.1.10"),
    hostname: "pi.home.arpa",
    options: new Map([[12, new TextEncoder().encode("pi.home.arpa")]]),
  };
  const other = {
    clientId: "01:b8:27:eb:01:02:04",
    address: address("192.168.1.11"),
    options: new Map(),
  };
  assert.deepEqual(reservations.all, [pi, other]);
  assert.deepEqual([...reservations.byAddress], [[pi.address, pi], [other.address, other]]);
});

Deno.test("names of ports and vendors: what looks like octets may be text, if it says so", () => {
  const config = load(inSubnet(
    "reservations:",
    "  - { circuit-id: '10:20', address: 192.168.1.10 }",
    "  - { circuit-id: { text: '10:20' }, remote-id: { hex: '10:20' }, address: 192.168.1.11 }",
    "  - { vendor-id: { enterprise: 1, value: { text: '10:20' } }, address: 192.168.1.12 }",
  ));
  const { all } = config.subnets[0]!.reservations;
  assert.deepEqual(all.map(({ port, vendorId }) => port ?? vendorId), [
    { circuitId: "10:20" },
    { circuitId: "31:30:3a:32:30", remoteId: "10:20" },
    { enterprise: 1, value: "31:30:3a:32:30" },
  ]);
});

Deno.test("the same MAC may have an address in each of two subnets", () => {
  const config = load(`
interfaces: eth0
subnets:
  - { subnet: 10.0.0.0/24, reservations: [{ mac: b827eb010203, address: 10.0.0.9 }] }
  - { subnet: 10.0.1.0/24, reservations: [{ mac: b827eb010203, address: 10.0.1.9 }] }
`);
  assert.equal(config.subnets.length, 2);
});

Deno.test("anchors may be used with measure", () => {
  const config = load(`
interfaces: eth0
subnets:
  - { subnet: 10.0.0.0/24, pools: 10.0.0.9, options: &same { ntp-servers: 10.0.0.2 } }
  - { subnet: 10.0.1.0/24, pools: 10.0.1.9, options: *same }
`);
  assert.deepEqual(config.subnets[1]!.options.get(42), Uint8Array.of(10, 0, 0, 2));
});

Deno.test("a router that is excluded or reserved may lie in a pool", () => {
  const routers = "options: { routers: 192.168.1.101 }";
  load(inSubnet(routers, "exclude: 192.168.1.101"));
  load(inSubnet(routers, "reservations: [{ mac: b827eb010203, address: 192.168.1.101 }]"));
});

Deno.test("the config is frozen, down to its ranges", () => {
  const config = load(inSubnet("reservations: [{ mac: b827eb010203, address: 192.168.1.10 }]"));
  const subnet = config.subnets[0]!;
  const { all } = subnet.reservations;
  const parts = [
    config,
    config.interfaces,
    config.subnets,
    config.status,
    subnet,
    subnet.cidr,
    subnet.pools,
    subnet.pools[0],
    subnet.pools[0]!.ranges,
    subnet.pools[0]!.ranges[0],
    subnet.spans[0],
    subnet.leaseTime,
    subnet.reservations,
    all,
    all[0],
    all[0]!.macs,
  ];
  for (const part of parts) assert.ok(Object.isFrozen(part), JSON.stringify(part));
});

Deno.test("loading takes no longer for a pool of sixteen million addresses", () => {
  const subnets = Array.from(
    { length: 100 },
    (_, i) => `  - { subnet: ${i + 1}.0.0.0/8, pools: ${i + 1}.0.0.1-${i + 1}.255.255.254 }`,
  ).filter((_, i) => i + 1 !== 127);
  const startedMs = performance.now();
  const config = load(["interfaces: eth0", "subnets:", ...subnets].join("\n"));
  assert.equal(config.subnets.length, 100);
  // 1.6e9 addresses: touching each would take a thousand times as long.
  assert.ok(performance.now() - startedMs < 2000);
});

Deno.test("a file is read from disk, and one that cannot be read says why", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/config.yaml`;
    const message = async () => {
      const error = await readConfig(path).then(() => undefined, (error: unknown) => error);
      assert.ok(error instanceof ConfigError);
      assert.equal(error.exitCode, 78);
      return error.message.replaceAll(path, "FILE");
    };
    assert.equal(await message(), "cannot read the config FILE: there is no such file");
    await Deno.writeFile(path, Uint8Array.of(0xff, 0xfe));
    assert.equal(await message(), "FILE is no config: it is not UTF-8 text");
    await Deno.writeTextFile(path, inFile("a: 1", "b: 1"));
    assert.match(
      await message(),
      /^FILE cannot be used:\nFILE:5:1: unknown key "a"\n.*\nFILE:6:1: /,
    );
    await Deno.writeTextFile(path, inFile());
    assert.equal((await readConfig(path)).config.subnets.length, 1);
    await Deno.remove(path);
    await Deno.mkdir(path);
    assert.match(await message(), /^cannot read the config FILE: it is a directory$/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a relative journal starts at the directory of the config, wherever the command runs", () => {
  const text = "interfaces: eth0\nsubnets: [{subnet: 10.0.0.0/24}]\njournal: lib/leases.jsonl\n";
  const result = loadConfig(text, "/etc/sublet/config.yaml");
  assert("config" in result);
  assert.equal(result.config.journal, "/etc/sublet/lib/leases.jsonl");
});
