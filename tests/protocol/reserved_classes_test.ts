/** Classes that follow from reservations: of who has one, and those that one names. */
import assert from "node:assert/strict";
import { DISCOVER, INFORM, option, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, macOf, SERVER } from "../support/engine_fixture.ts";
import { ip } from "../support/leases_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

/** Clients 1 and 2 have reservations; on another subnet client 3 has one. */
function engineOf(classes: readonly string[], pools: string, first = ""): Engine {
  return new Engine({
    config: loadedConfig(
      "interfaces: eth0",
      "conflict-probe: off",
      "classes:",
      ...classes.map((line) => `  - ${line}`),
      "subnets:",
      "  - subnet: 192.168.1.0/24",
      `    pools: ${pools}`,
      "    reservations:",
      `      - { mac: 'b8:27:eb:00:00:01', hostname: one${first} }`,
      "      - { mac: 'b8:27:eb:00:00:02', address: 192.168.1.9 }",
      "  - subnet: 192.168.2.0/24",
      "    pools: 192.168.2.10-192.168.2.19",
      "    reservations: [{ mac: 'b8:27:eb:00:00:03', address: 192.168.2.9 }]",
    ),
  });
}

const POOL = "192.168.1.100-192.168.1.109";

function told(engine: Engine, number: number, ask: Ask = { type: DISCOVER }): string {
  return engine.decide({ ...ask, mac: macOf(number) }).told;
}

Deno.test("reserved: unknown clients are denied, wherever else they have a reservation", () => {
  const engine = engineOf(["{ name: unknown, match: { reserved: false }, deny: true }"], POOL);
  assert.match(told(engine, 1), /^OFFER 192\.168\.1\.10\d \(free-address\)$/);
  assert.equal(told(engine, 2), "OFFER 192.168.1.9 (reservation)");
  assert.equal(told(engine, 3), "silence (denied)");
  assert.equal(told(engine, 4), "silence (denied)");
  const there = { type: DISCOVER, giaddr: "192.168.2.1" };
  assert.equal(told(engine, 3, there), "OFFER 192.168.2.9 (reservation)");
  assert.equal(told(engine, 1, there), "silence (denied)");
});

Deno.test("reserved: `not` says the same", () => {
  const engine = engineOf(
    ["{ name: unknown, match: { not: { reserved: true } }, deny: true }"],
    POOL,
  );
  assert.match(told(engine, 1), /^OFFER/);
  assert.equal(told(engine, 4), "silence (denied)");
});

Deno.test("reserved: a pool for known clients, one for all others, options for each", () => {
  const engine = engineOf([
    "{ name: known, match: { reserved: true }, options: { domain-name: known } }",
    "{ name: unknown, match: { reserved: false }, options: { domain-name: guests } }",
  ], "[{ range: 192.168.1.100, only: known }, { range: 192.168.1.200, only: unknown }]");
  assert.equal(told(engine, 1), "OFFER 192.168.1.100 (free-address)");
  assert.equal(told(engine, 4), "OFFER 192.168.1.200 (free-address)");
  const domain = (number: number) =>
    option(engine.decide({ type: DISCOVER, mac: macOf(number), list: [15] }).packet!, 15);
  assert.deepEqual(domain(2), new TextEncoder().encode("known"));
  assert.deepEqual(domain(4), new TextEncoder().encode("guests"));
});

Deno.test("reserved: a client that renews by unicast, and one that only asks for options", () => {
  const engine = engineOf(["{ name: unknown, match: { reserved: false }, deny: true }"], POOL);
  const renewing = { type: REQUEST, ciaddr: "192.168.1.9", from: "192.168.1.9", to: SERVER };
  assert.match(told(engine, 2, renewing), /^ACK 192\.168\.1\.9/);
  assert.equal(told(engine, 4, { ...renewing, ciaddr: "192.168.1.105" }), "silence (denied)");
  assert.match(told(engine, 2, { type: INFORM, ciaddr: "192.168.1.9" }), /^ACK/);
  assert.equal(told(engine, 4, { type: INFORM, ciaddr: "192.168.1.50" }), "silence (denied)");
});

Deno.test("reserved: on a shared network, a reservation on any of its subnets", () => {
  const engine = new Engine({
    config: loadedConfig(
      "interfaces: eth0",
      "conflict-probe: off",
      "shared-networks: [{ name: wire }]",
      "classes: [{ name: unknown, match: { reserved: false }, deny: true }]",
      "subnets:",
      "  - { subnet: 192.168.1.0/24, shared-network: wire, pools: 192.168.1.100 }",
      "  - subnet: 192.168.2.0/24",
      "    shared-network: wire",
      "    reservations: [{ mac: 'b8:27:eb:00:00:03', hostname: three }]",
    ),
  });
  assert.equal(told(engine, 3), "OFFER 192.168.1.100 (free-address)");
  const renewing = { type: REQUEST, ciaddr: "192.168.1.100", from: "192.168.1.100", to: SERVER };
  assert.match(told(engine, 3, renewing), /^ACK 192\.168\.1\.100/);
  assert.equal(told(engine, 4, renewing), "silence (denied)");
});

Deno.test("classes of a reservation: its client is in them, and in those that it matches", () => {
  const engine = engineOf(
    [
      "{ name: vips, lease-time: 9h, options: { domain-name: vips } }",
      "{ name: everybody, match: { mac: '*' }, options: { domain-name: all, root-path: / } }",
    ],
    "[{ range: 192.168.1.100, only: vips }, 192.168.1.200]",
    ", classes: vips",
  );
  const { told, packet, decision } = engine.decide({
    type: DISCOVER,
    mac: macOf(1),
    list: [15, 17],
  });
  assert.equal(told, "OFFER 192.168.1.100 (free-address)");
  assert.deepEqual(option(packet!, 15), new TextEncoder().encode("vips"));
  assert.deepEqual(option(packet!, 17), new TextEncoder().encode("/"));
  assert.deepEqual(decision!.classes!.map(({ name }) => name), ["vips", "everybody"]);
  const other = engine.decide({ type: DISCOVER, mac: macOf(4) });
  assert.equal(other.told, "OFFER 192.168.1.200 (free-address)");
});

Deno.test("classes of a reservation: a limit counts its lease, and the journal names the class", () => {
  const engine = engineOf(
    [
      "{ name: few, match: { user-class: few }, limit: 1 }",
    ],
    POOL,
    ", classes: [few]",
  );
  engine.ask({ type: DISCOVER, mac: macOf(1) });
  const offered = engine.decide({ type: DISCOVER, mac: macOf(1) }).packet!.yiaddr;
  engine.ask({ type: REQUEST, mac: macOf(1), server: SERVER, requested: offered });
  assert.deepEqual(engine.leases.get(ip(offered))!.classes, ["few"]);
  const another: Ask = { type: DISCOVER, options: [[77, new TextEncoder().encode("few")]] };
  assert.equal(told(engine, 4, another), "silence (limit-reached)");
});
