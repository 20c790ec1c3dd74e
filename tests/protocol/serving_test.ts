/** What a shared network and a subnet say in place of the file of how they are served. */
import assert from "node:assert/strict";
import { DECLINE, DISCOVER, option, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, START_MS } from "../support/engine_fixture.ts";
import { ip } from "../support/leases_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

const CONFIG = loadedConfig(
  "interfaces: eth0",
  "conflict-probe: off",
  "offer-time: 10s",
  "quarantine-time: 5m",
  "server-identifier: 10.9.9.9",
  "shared-networks:",
  "  - { name: wire, authoritative: false, offer-time: 20s, server-identifier: 10.8.8.8 }",
  "subnets:",
  "  - { subnet: 192.168.1.0/24, pools: 192.168.1.100, relays: 192.168.1.254 }",
  "  - subnet: 192.168.2.0/24",
  "    shared-network: wire",
  "    pools: 192.168.2.100",
  "    quarantine-time: 7m",
  "  - subnet: 192.168.3.0/24",
  "    authoritative: false",
  "    offer-time: 30s",
  "    server-identifier: 192.168.3.3",
  "    pools: 192.168.3.100",
);
const engineAt = (net: number) =>
  new Engine({ config: CONFIG, addresses: [`192.168.${net}.1/24`] });
const NETS = [1, 2, 3];
const identifierOf = (engine: Engine, ask: Ask) =>
  option(engine.decide(ask).packet!, 54)!.join(".");

Deno.test("offer-time and quarantine-time: the subnet's, the shared network's, the file's", () => {
  const seconds = NETS.map((net) => {
    const engine = engineAt(net);
    const { decision } = engine.ask({ type: DISCOVER });
    assert(decision?.kind === "reply");
    const requested = `192.168.${net}.100`;
    const server = identifierOf(engine, { type: DISCOVER });
    engine.ask({ type: REQUEST, requested, server });
    engine.ask({ type: DECLINE, requested, server });
    const untilMs = engine.leases.get(ip(requested))!.expiresAtMs;
    return [decision.offer!.expiresAtMs - START_MS, untilMs - START_MS].map((ms) => ms / 1000);
  });
  assert.deepEqual(seconds, [[10, 300], [20, 420], [30, 300]]);
});

Deno.test("authoritative: of a subnet and of a shared network", () => {
  const told = NETS.map((net) =>
    engineAt(net).decide({ type: REQUEST, requested: `192.168.${net}.100` }).told
  );
  assert.deepEqual(told, [
    "ACK 192.168.1.100 (healed-unknown-client)",
    "silence (unknown-client)",
    "silence (unknown-client)",
  ]);
});

Deno.test("server-identifier: it is told, taken for ours, and renewed at", () => {
  const identifiers = ["10.9.9.9", "10.8.8.8", "192.168.3.3"];
  for (const [i, net] of NETS.entries()) {
    const engine = engineAt(net);
    const server = identifiers[i]!;
    const address = `192.168.${net}.100`;
    assert.equal(identifierOf(engine, { type: DISCOVER }), server);
    engine.ask({ type: DISCOVER });
    const request = engine.ask({ type: REQUEST, requested: address, server });
    assert.equal(request.told, `ACK ${address} (outstanding-offer)`);
    const renewal: Ask = { type: REQUEST, ciaddr: address, to: `192.168.${net}.1` };
    assert.equal(identifierOf(engine, renewal), server);
    // A refusal, too.
    const elsewhere: Ask = { type: REQUEST, requested: "172.16.0.1" };
    assert.equal(identifierOf(engine, elsewhere), server);
  }
});

Deno.test("server-identifier: a relay agent that stands in for the server goes before it (RFC 5107)", () => {
  const options: Ask["options"] = [[82, Uint8Array.of(11, 4, 192, 168, 1, 254)]];
  const ask: Ask = { type: DISCOVER, giaddr: "192.168.1.254", options };
  assert.equal(identifierOf(engineAt(1), ask), "192.168.1.254");
});
