/** Clients that hear broadcasts only, and do not say so. */
import assert from "node:assert/strict";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, macOf, SERVER } from "../support/engine_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const CONFIG = loadedConfig(
  "interfaces: eth0",
  "conflict-probe: off",
  "classes: [{ name: deaf, match: { user-class: deaf }, always-broadcast: true }]",
  "subnets:",
  "  - subnet: 192.168.1.0/24",
  "    bootp: dynamic",
  "    relays: 192.168.1.254",
  "    pools: [192.168.1.100, { range: 192.168.1.102-192.168.1.103, always-broadcast: true }]",
  "    reservations:",
  "      - { mac: 'b8:27:eb:00:00:08', address: 192.168.1.8, always-broadcast: true }",
  "      - { mac: 'b8:27:eb:00:00:09', address: 192.168.1.102, always-broadcast: false }",
);
const DEAF: Pick<Ask, "options"> = { options: [[77, new TextEncoder().encode("deaf")]] };

Deno.test("always-broadcast: OFFER, ACK and BOOTREPLY go to everybody, of a class, a pool, a reservation", () => {
  const engine = () => new Engine({ config: CONFIG });
  const to = (ask: Ask) => engine().decide(ask).destination;
  assert.match(to({ type: DISCOVER, requested: "192.168.1.100" })!, /^hardware/);
  assert.equal(to({ type: DISCOVER, ...DEAF }), "broadcast");
  assert.equal(to({ type: DISCOVER, requested: "192.168.1.103" }), "broadcast");
  assert.equal(to({ type: DISCOVER, mac: macOf(8) }), "broadcast");
  assert.match(to({ type: DISCOVER, mac: macOf(9) })!, /^hardware/, "the nearest scope wins");
  assert.equal(to({ mac: macOf(8) }), "broadcast");
  const request = { type: REQUEST, server: SERVER, requested: "192.168.1.8", mac: macOf(8) };
  assert.equal(to(request), "broadcast");
});

Deno.test("always-broadcast: a relay agent is told by the flag (RFC 1542 §4.1.2)", () => {
  const { packet, destination } = new Engine({ config: CONFIG })
    .decide({ type: DISCOVER, giaddr: "192.168.1.254", ...DEAF });
  assert.equal(destination, "relay 192.168.1.254");
  assert.equal(packet!.flags & 0x8000, 0x8000);
});

Deno.test("always-broadcast: a client that has its address is written to there", () => {
  const engine = new Engine({ config: CONFIG });
  engine.ask({ type: DISCOVER, mac: macOf(8) });
  engine.ask({ type: REQUEST, server: SERVER, requested: "192.168.1.8", mac: macOf(8) });
  const renewal = { type: REQUEST, ciaddr: "192.168.1.8", to: SERVER, mac: macOf(8) };
  assert.match(engine.decide(renewal).destination!, /^unicast 192\.168\.1\.8/);
});
