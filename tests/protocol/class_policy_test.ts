/** What a class gives and withholds: settings, pools that are for some only, and no answer. */
import assert from "node:assert/strict";
import {
  DISCOVER,
  INFORM,
  option,
  optionSeconds,
  RELEASE,
  REQUEST,
} from "../support/dhcp_packets.ts";
import { type Ask, Engine, hexOctets, macOf, SERVER } from "../support/engine_fixture.ts";
import { ip } from "../support/leases_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const text = (value: string) => new TextEncoder().encode(value);
const vendor = (value: string): Pick<Ask, "options"> => ({ options: [[60, text(value)]] });

const PHONE = vendor("Cisco 7960");

/** Reservations for clients 8 and 9; a pool for telephones, one for anybody. */
const CONFIG = loadedConfig(
  "interfaces: eth0",
  "conflict-probe: off",
  "lease-time: 10h",
  "options: { domain-name: lan, root-path: /, merit-dump: x }",
  "classes:",
  "  - name: phones",
  "    match: { vendor-class: 'Cisco*' }",
  "    lease-time: 2h",
  "    options: { domain-name: phones, root-path: null }",
  "  - name: any-vendor",
  "    match: { vendor-class: '*' }",
  "    lease-time: 1h",
  "    options: { domain-name: vendors, nis-domain: nis }",
  "    boot: { next-server: 192.168.1.7, boot-file: vendors.bin }",
  "  - { name: blocked, match: { user-class: blocked }, deny: true }",
  "subnets:",
  "  - subnet: 192.168.1.0/24",
  "    bootp: dynamic",
  "    pools:",
  "      - { range: 192.168.1.10-192.168.1.19, only: phones, lease-time: 5h }",
  "      - { range: 192.168.1.100-192.168.1.101, options: { merit-dump: pool } }",
  "    reservations:",
  "      - { mac: 'b8:27:eb:00:00:08', address: 192.168.1.18 }",
  "      - mac: b8:27:eb:00:00:09",
  "        address: 192.168.1.9",
  "        options: { domain-name: nine }",
  "        lease-time: 9h",
);

const engine = () => new Engine({ config: CONFIG });

/** Seconds of the lease, then options 15, 17, 40 and 14 as they were sent, and the boot file. */
function told(ask: Ask): string {
  const { packet } = engine().decide({ type: DISCOVER, list: [15, 17, 40, 14, 67], ...ask });
  const texts = [15, 17, 40, 14, 67].map((code) => option(packet!, code))
    .map((payload) => payload === undefined ? "-" : new TextDecoder().decode(payload));
  return [optionSeconds(packet!, 51), ...texts].join(" ");
}

Deno.test("class: its settings stand before those of pool and file; the earlier class first", () => {
  assert.equal(told({}), "36000 lan / - pool -");
  assert.equal(told(PHONE), "7200 phones - nis x vendors.bin");
  assert.equal(told(vendor("udhcp")), "3600 vendors / nis pool vendors.bin");
});

Deno.test("class: the settings of a reservation stand before those of a class", () => {
  assert.equal(told({ mac: macOf(9), ...PHONE }), "32400 nine - nis x vendors.bin");
});

Deno.test("class: what it takes away is not sent to a client that asks for nothing, either", () => {
  const { packet } = engine().decide({ type: DISCOVER, ...PHONE });
  assert.equal(option(packet!, 17), undefined);
  assert.equal(new TextDecoder().decode(option(packet!, 15)), "phones");
});

Deno.test("class: INFORM and BOOTP are told what their classes give", () => {
  const inform = engine().decide({ type: INFORM, ciaddr: "192.168.1.50", ...PHONE, list: [15] });
  assert.equal(new TextDecoder().decode(option(inform.packet!, 15)), "phones");
  const bootp = engine().decide({ ...PHONE, list: [15] });
  assert.match(bootp.told, /^BOOTREPLY 192\.168\.1\.1\d \(free-address\)$/);
  assert.equal(new TextDecoder().decode(option(bootp.packet!, 15)), "phones");
});

Deno.test("only: members are given addresses of the pool, others those of the next", () => {
  assert.match(engine().decide({ type: DISCOVER, ...PHONE }).told, /^OFFER 192\.168\.1\.1\d /);
  assert.match(engine().decide({ type: DISCOVER }).told, /^OFFER 192\.168\.1\.10[01] /);
});

Deno.test("only: the pool of fewest classes goes first, wherever it stands in the file", () => {
  const config = loadedConfig(
    "interfaces: eth0",
    "conflict-probe: off",
    "classes:",
    "  - { name: phones, match: { vendor-class: 'Cisco*' } }",
    "  - { name: any-vendor, match: { vendor-class: '*' } }",
    "subnets:",
    "  - subnet: 192.168.1.0/24",
    "    pools:",
    "      - 192.168.1.100-192.168.1.101",
    "      - { range: 192.168.1.20, only: [any-vendor, phones] }",
    "      - { range: 192.168.1.10, only: phones }",
  );
  const lan = new Engine({ config });
  const offers = [1, 2, 3].map((number) =>
    lan.ask({ type: DISCOVER, mac: macOf(number), ...PHONE }).told
  );
  assert.deepEqual(offers.slice(0, 2), [
    "OFFER 192.168.1.10 (free-address)",
    "OFFER 192.168.1.20 (free-address)",
  ]);
  assert.match(
    offers[2]!,
    /^OFFER 192\.168\.1\.10[01] /,
    "what is for everybody is for phones, too",
  );
});

Deno.test("only: an address for the asking is for members, too (option 50)", () => {
  const wish = { type: DISCOVER, requested: "192.168.1.15" };
  assert.equal(
    engine().decide({ ...wish, ...PHONE }).told,
    "OFFER 192.168.1.15 (requested-address)",
  );
  assert.match(engine().decide(wish).told, /^OFFER 192\.168\.1\.10[01] \(free-address\)$/);
  const request = { type: REQUEST, requested: "192.168.1.15", server: SERVER };
  assert.equal(engine().decide(request).told, "NAK (not-for-its-classes)");
  assert.equal(engine().decide({ ...request, ...PHONE }).told, "ACK 192.168.1.15 (confirmed)");
});

Deno.test("only: a reservation in such a pool is its client's, whatever that is", () => {
  const { told } = engine().decide({ type: DISCOVER, mac: macOf(8) });
  assert.equal(told, "OFFER 192.168.1.18 (reservation)");
  const request = { type: REQUEST, mac: macOf(8), requested: "192.168.1.18", server: SERVER };
  assert.equal(engine().decide(request).told, "ACK 192.168.1.18 (confirmed)");
});

Deno.test("only: a client that is no member any more is sent away at its renewal", () => {
  const holder = engine();
  holder.ask({ type: REQUEST, requested: "192.168.1.15", server: SERVER, ...PHONE });
  const renewal: Ask = { type: REQUEST, ciaddr: "192.168.1.15", to: SERVER };
  assert.equal(holder.decide({ ...renewal, ...PHONE }).told, "ACK 192.168.1.15 (renewed)");
  assert.equal(holder.decide(renewal).told, "NAK (not-for-its-classes)");
  const reboot = { type: REQUEST, requested: "192.168.1.15" };
  assert.equal(holder.decide(reboot).told, "NAK (not-for-its-classes)");
  // And it is given an address that is for anybody.
  assert.match(holder.decide({ type: DISCOVER }).told, /^OFFER 192\.168\.1\.10[01] /);
});

Deno.test("only: nothing for anybody else is silence, and no exhausted pool", () => {
  const config = loadedConfig(
    "interfaces: eth0",
    "classes: [{ name: phones, match: { vendor-class: 'Cisco*' } }]",
    "subnets: [{ subnet: 192.168.1.0/24, pools: 192.168.1.10-192.168.1.19, only: [phones] }]",
  );
  const all = new Engine({ config });
  assert.equal(all.decide({ type: DISCOVER }).told, "silence (not-for-its-classes)");
  assert.match(all.decide({ type: DISCOVER, ...PHONE }).told, /^OFFER 192\.168\.1\.1\d /);
});

/** A pool for clients behind one relay agent, another for a port. */
const RELAYED = loadedConfig(
  "interfaces: eth0",
  "conflict-probe: off",
  "classes:",
  "  - { name: branch, match: { relay: 10.0.0.1 } }",
  "  - { name: port, match: { circuit-id: port } }",
  "subnets:",
  "  - subnet: 10.0.0.0/24",
  "    pools:",
  "      - { range: 10.0.0.10, only: branch }",
  "      - { range: 10.0.0.20, only: port, lease-time: 3h }",
);

Deno.test("only: what a unicast renewal cannot show is taken for granted (RFC 2131 §4.3.2)", () => {
  const branch = new Engine({ config: RELAYED });
  const relay = { giaddr: "10.0.0.1" };
  branch.ask({ type: REQUEST, requested: "10.0.0.10", server: SERVER, ...relay });
  const renewal = { type: REQUEST, ciaddr: "10.0.0.10", to: SERVER };
  assert.equal(branch.decide(renewal).told, "ACK 10.0.0.10 (renewed)");
  // Rebinding shows it, by way of another relay agent here.
  const rebind = { type: REQUEST, ciaddr: "10.0.0.10", giaddr: "10.0.0.2" };
  assert.equal(branch.decide(rebind).told, "NAK (not-for-its-classes)");
});

Deno.test("class: a renewal past the relay agent has the option 82 of before (RFC 3046 §2.1)", () => {
  const port = new Engine({ config: RELAYED });
  const way: Ask = { giaddr: "10.0.0.1", options: [[82, hexOctets("0104706f7274")]] };
  port.ask({ type: REQUEST, requested: "10.0.0.20", server: SERVER, ...way });
  const renewal = port.decide({ type: REQUEST, ciaddr: "10.0.0.20", to: SERVER });
  assert.equal(renewal.told, "ACK 10.0.0.20 (renewed)");
  // And the relay agent is that of before, too: the lease has the class.
  assert.deepEqual(renewal.decision?.classes?.map(({ name }) => name), ["branch", "port"]);
});

const BLOCKED: Ask = { options: [[77, hexOctets("07626c6f636b6564")]] };

Deno.test("deny: silence to every request, and the rule and the class are named", () => {
  const asks: readonly Ask[] = [
    { type: DISCOVER },
    { type: REQUEST, requested: "192.168.1.100", server: SERVER },
    { type: REQUEST, requested: "192.168.1.100" },
    { type: REQUEST, ciaddr: "192.168.1.100", to: SERVER },
    { type: INFORM, ciaddr: "192.168.1.100" },
    {},
  ];
  for (const ask of asks) {
    const { told, decision } = engine().decide({ ...ask, ...BLOCKED });
    assert.equal(told, "silence (denied)");
    assert.deepEqual(decision?.classes?.map(({ name }) => name), ["blocked"]);
  }
});

Deno.test("deny: a client with a reservation is answered all the same", () => {
  const { told } = engine().decide({ type: DISCOVER, mac: macOf(9), ...BLOCKED });
  assert.equal(told, "OFFER 192.168.1.9 (reservation)");
});

Deno.test("deny: an address that such a client gives back is taken", () => {
  const holder = engine();
  holder.ask({ type: REQUEST, requested: "192.168.1.100", server: SERVER });
  const release = { type: RELEASE, ciaddr: "192.168.1.100", server: SERVER, ...BLOCKED };
  assert.equal(holder.decide(release).told, "released 192.168.1.100");
});

Deno.test("deny: a lease from before runs out, for it is not renewed", () => {
  const holder = engine();
  holder.ask({ type: REQUEST, requested: "192.168.1.100", server: SERVER });
  const until = holder.leases.get(ip("192.168.1.100"))!.expiresAtMs;
  holder.ask({ type: REQUEST, ciaddr: "192.168.1.100", to: SERVER, ...BLOCKED });
  assert.equal(holder.leases.get(ip("192.168.1.100"))!.expiresAtMs, until);
});
