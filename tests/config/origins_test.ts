/** Which settings are in force at each place of a file, and which line says so. */
import assert from "node:assert/strict";
import { explainPlaces, placesAbout } from "../../src/config/origins.ts";
import { scopeShape } from "../../src/config/scope_schema.ts";
import { poolMap } from "../../src/config/subnet_schema.ts";
import { readYaml } from "../../src/config/yaml_source.ts";
import { sourceOf } from "../../src/config/config_source.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const LINES = [
  "interfaces: eth0", // 1
  "port-limit: 9",
  "conflict-probe: { mode: local, timeout: 1s }",
  "names: { domain: home.arpa, hosts-file: /nowhere }",
  "options: { routers: 10.0.0.1, time-servers: 10.0.0.2, other: [{ code: 224, type: u8, value: 1 }] }",
  "boot: { bios: a.kpxe, uefi-x64: a.efi }",
  "classes:",
  "  - name: phones", // 8
  "    match: { vendor-class: 'Cisco*' }",
  "    lease-time: { default: 1d, first: 1h }",
  "    options: { log-servers: [10.0.0.3, 10.0.0.4] }",
  "shared-networks:",
  "  - { name: wire, lease-time: 5h }", // 13
  "subnets:",
  "  - subnet: 10.0.0.0/24", // 15
  "    shared-network: wire",
  "    conflict-probe: off",
  "    only: phones",
  "    pools:",
  "      - 10.0.0.10-10.0.0.19", // 20
  "      - range: [10.0.0.100-10.0.0.109, 10.0.0.120]",
  "        options: { time-servers: null }",
  "        boot: { bios: b.kpxe }",
  "    reservations:",
  "      - mac: [52-54-00-00-00-01, 52:54:00:00:00:02]", // 25
  "        address: 10.0.0.105",
  "        hostname: pi",
  "        lease-time: 7h",
  "  - { subnet: 10.0.1.0/24, pools: 10.0.1.10 }", // 29
];

const source = readYaml(LINES.join("\n"));
assert("locate" in source);
const places = explainPlaces(sourceOf({ name: "config.yaml", source }));

/** `lease-time 12h 3` for each setting of the places that something is about. */
function told(what: string): string[] {
  return placesAbout(places, what).flatMap(({ title, line, settings }) => [
    `${title} ${line}`,
    ...settings.map(({ name, value, line }) => `  ${name} ${value} ${line ?? "-"}`),
  ]);
}

Deno.test("origins: the file is in order, and every subnet, pool with settings, class and reservation is told of", () => {
  loadedConfig(...LINES);
  assert.deepEqual(places.map(({ title }) => title), [
    "class phones",
    "shared network wire",
    "subnet 10.0.0.0/24",
    "pool 10.0.0.100-10.0.0.109, 10.0.0.120 of 10.0.0.0/24",
    "reservation 10.0.0.105 of 10.0.0.0/24 for mac [52-54-00-00-00-01, 52:54:00:00:00:02]",
    "subnet 10.0.1.0/24",
  ]);
});

Deno.test("origins: a subnet, with what it has of its shared network and the file", () => {
  assert.deepEqual(told("10.0.0.0/24"), [
    "subnet 10.0.0.0/24 15",
    "  shared-network wire 16",
    "  conflict-probe off 17",
    "  names domain home.arpa 4",
    "  only phones 18",
    "  lease-time 5h 13",
    "  port-limit 9 2",
    "  option routers 10.0.0.1 5",
    "  option time-servers 10.0.0.2 5",
    "  option 224 1 5",
    "  boot bios a.kpxe 6",
    "  boot uefi-x64 a.efi 6",
  ]);
});

Deno.test("origins: a pool, by an address of it; a removal, and boot data key by key", () => {
  assert.deepEqual(told("10.0.0.120"), [
    "pool 10.0.0.100-10.0.0.109, 10.0.0.120 of 10.0.0.0/24 21",
    "  only phones 18",
    "  lease-time 5h 13",
    "  port-limit 9 2",
    "  option routers 10.0.0.1 5",
    "  option time-servers not sent 22",
    "  option 224 1 5",
    "  boot bios b.kpxe 23",
    "  boot uefi-x64 a.efi 6",
  ]);
});

Deno.test("origins: a reservation, by MAC in any form, address or name, with its pool around it", () => {
  const [title, ...settings] = told("52:54:00:00:00:01");
  assert.equal(title, `${places[4]!.title} 25`);
  assert.deepEqual(settings, [
    "  hostname pi 27",
    "  lease-time 7h 28",
    "  port-limit 9 2",
    "  option routers 10.0.0.1 5",
    "  option time-servers not sent 22",
    "  option 224 1 5",
    "  boot bios b.kpxe 23",
    "  boot uefi-x64 a.efi 6",
  ]);
  for (const name of ["52-54-00-00-00-02", "10.0.0.105", "PI"]) {
    assert.deepEqual(told(name), [title, ...settings]);
  }
});

Deno.test("origins: a class has what it says itself", () => {
  assert.deepEqual(told("phones"), [
    "class phones 8",
    "  match { vendor-class: Cisco* } 9",
    "  lease-time { default: 1d, first: 1h } 10",
    "  option log-servers [10.0.0.3, 10.0.0.4] 11",
  ]);
});

Deno.test("origins: an address outside of all pools is in its subnet, and what nobody sets is default", () => {
  assert.equal(told("10.0.1.77")[0], "subnet 10.0.1.0/24 29");
  assert(told("10.0.1.77").includes("  lease-time 12h -"));
  assert.deepEqual(told("192.0.2.1"), []);
  assert.deepEqual(told("nobody"), []);
});

Deno.test("origins: every setting that scopes have is told of", () => {
  const keys = Object.keys(scopeShape).filter((key) => key !== "options");
  const lines = keys.map((key) => `${key}: off`);
  const file = readYaml([...lines, "subnets: [{ subnet: 10.0.0.0/24 }]"].join("\n"));
  assert("locate" in file);
  const names = explainPlaces(sourceOf({ name: "config.yaml", source: file }))[0]!.settings.map((
    { name },
  ) => name);
  assert(keys.every((key) => names.includes(key)), names.join(" "));
});

Deno.test("origins: every setting that a pool has is told of, with what is further out where it is silent", () => {
  const keys = Object.keys(poolMap.shape).filter((key) => !["range", "options"].includes(key));
  const settings = keys.map((key) => `${key}: own`).join(", ");
  const file = readYaml([
    "allocation: random",
    "subnets:",
    "  - subnet: 10.0.0.0/24",
    "    pools:",
    `      - { range: 10.0.0.1-10.0.0.9, ${settings} }`,
    "      - { range: 10.0.0.11-10.0.0.19, port-limit: 1 }",
  ].join("\n"));
  assert("locate" in file);
  const [, own, other] = explainPlaces(sourceOf({ name: "config.yaml", source: file }));
  const written = own!.settings.filter(({ line }) => line === 5).map(({ name }) => name);
  assert.deepEqual(written.sort(), keys.sort());
  const allocation = other!.settings.find(({ name }) => name === "allocation");
  assert.deepEqual(allocation, {
    name: "allocation",
    value: "random",
    line: 1,
    file: "config.yaml",
  });
});

Deno.test("origins: an excluded address is not of its pool; a shared network, a comment", () => {
  const file = readYaml([
    "shared-networks: [{ name: campus, identity: mac }]",
    "subnets:",
    "  - subnet: 10.0.0.0/24",
    "    shared-network: campus",
    "    pools: [{ range: 10.0.0.1-10.0.0.9, lease-time: 1h }]",
    "    exclude: [10.0.0.3-10.0.0.4]",
    "    reservations: [{ mac: 52:54:00:00:00:01, comment: Anna's, lease-time: 2h }]",
  ].join("\n"));
  assert("locate" in file);
  const about = (what: string) =>
    placesAbout(explainPlaces(sourceOf({ name: "config.yaml", source: file })), what)[0]!;
  assert.equal(about("10.0.0.2").title, "pool 10.0.0.1-10.0.0.9 of 10.0.0.0/24");
  const { title, settings } = about("10.0.0.4");
  assert.equal(title, "10.0.0.4, which no client gets: excluded from subnet 10.0.0.0/24");
  assert(settings.some(({ name, line }) => name === "exclude" && line === 6));
  assert.equal(about("campus").title, "shared network campus");
  assert.deepEqual(about("campus").settings[0], {
    name: "identity",
    value: "mac",
    line: 1,
    file: "config.yaml",
  });
  const told = about("52:54:00:00:00:01").settings.map(({ name, value }) => `${name} ${value}`);
  assert(told.includes("comment Anna's"), told.join());
});

Deno.test("origins: a reservation has the settings of classes that it names, and of those for all who have one", () => {
  const classed = readYaml([
    "interfaces: eth0",
    "classes:",
    "  - { name: vips, lease-time: 9h, always: routers }", // 3
    "  - { name: known, match: { reserved: true }, port-limit: 3 }",
    "  - { name: phones, match: { user-class: x }, port-limit: 2 }",
    "options: { routers: 10.0.0.1 }",
    "always: [log-servers]", // 7
    "subnets:",
    "  - subnet: 10.0.0.0/24",
    "    reservations: [{ mac: 52:54:00:00:00:01, address: 10.0.0.9, classes: vips }]", // 10
  ].join("\n"));
  assert("locate" in classed);
  const [place] = placesAbout(
    explainPlaces(sourceOf({ name: "config.yaml", source: classed })),
    "10.0.0.9",
  );
  assert.deepEqual(place!.settings.map(({ name, value, line }) => `${name} ${value} ${line}`), [
    "classes vips 10",
    "lease-time 9h 3",
    "port-limit 3 4",
    "option routers 10.0.0.1 6",
    "always routers 3",
    "always [log-servers] 7",
  ]);
});

Deno.test("origins: a reservation has what the classes say that its MAC is in", () => {
  const text = [
    "interfaces: eth0",
    "classes:",
    '  - { name: pis, match: { mac: "b8:27:eb" }, lease-time: 2h }',
    "  - { name: random, match: { random-mac: true }, lease-time: 3h }",
    '  - { name: maybe, match: { mac: "b8:27:eb", vendor-class: x }, options: { interface-mtu: 1400 } }',
    '  - { name: not-pis, match: { not: { mac: "b8:27:eb" } }, options: { domain-name: other } }',
    "subnets:",
    "  - subnet: 192.168.1.0/24",
    "    reservations:",
    '      - { mac: "b8:27:eb:01:02:03", address: 192.168.1.10 }',
    '      - { mac: "02:00:00:01:02:03", address: 192.168.1.11 }',
  ].join("\n");
  const source = readYaml(text);
  assert.ok("locate" in source);
  const settingsOf = (what: string) =>
    placesAbout(explainPlaces(sourceOf({ name: "a.yaml", source })), what)[0]!.settings
      .map(({ name, value, line }) => `${name} ${value} ${line}`);
  assert.deepEqual(settingsOf("192.168.1.10"), ["lease-time 2h 3"]);
  assert.deepEqual(settingsOf("192.168.1.11"), ["lease-time 3h 4", "option domain-name other 6"]);
});
