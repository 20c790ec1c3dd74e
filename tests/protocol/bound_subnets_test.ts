/** Subnets that the config binds to an interface, whatever addresses it has. */
import assert from "node:assert/strict";
import { DISCOVER, INFORM, option, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine } from "../support/engine_fixture.ts";
import { loadedConfig } from "../support/loaded_config.ts";

/** The interface of the engine is eth0. */
function engineOf(addresses: readonly string[], ...subnets: readonly string[]): Engine {
  const config = loadedConfig(
    "interfaces: [eth0, eth1]",
    "conflict-probe: off",
    "subnets:",
    ...subnets.map((line) => `  - ${line}`),
  );
  return new Engine({ config, addresses });
}

const OWN = "{ subnet: 192.0.2.0/24, interface: eth0, pools: 192.0.2.9 }";
const OTHERS = "{ subnet: 192.168.1.0/24, interface: eth1, pools: 192.168.1.9 }";
const FREE = "{ subnet: 192.168.1.0/24, pools: 192.168.1.9 }";
const discover: Ask = { type: DISCOVER };

Deno.test("interface of a subnet: its clients are on it, though the interface has no address there", () => {
  const engine = engineOf(["10.255.0.1/32"], OWN);
  const { told, packet } = engine.ask(discover);
  assert.equal(told, "OFFER 192.0.2.9 (free-address)");
  assert.deepEqual(option(packet!, 54), Uint8Array.of(10, 255, 0, 1), "an address that it has");
  const taken = engine.ask({ type: REQUEST, server: "10.255.0.1", requested: "192.0.2.9" });
  assert.equal(taken.told, "ACK 192.0.2.9 (outstanding-offer)");
  const renewal = { type: REQUEST, ciaddr: "192.0.2.9", to: "10.255.0.1" };
  assert.equal(engine.ask(renewal).told, "ACK 192.0.2.9 (renewed)");
  const inform = { type: INFORM, ciaddr: "192.0.2.77", to: "10.255.0.1" };
  assert.equal(engine.ask(inform).told, "ACK (options-only)");
});

Deno.test("interface of a subnet: a client that has lost its lease is on the link, too", () => {
  const engine = engineOf(["10.255.0.1/32"], OWN);
  const unknown = { type: REQUEST, ciaddr: "192.0.2.9", to: "10.255.0.1" };
  assert.equal(engine.ask(unknown).told, "ACK 192.0.2.9 (healed-unknown-client)");
});

Deno.test("interface of a subnet: it goes before the subnets of the interface's addresses", () => {
  assert.equal(
    engineOf(["192.168.1.1/24"], OWN, FREE).decide(discover).told,
    "OFFER 192.0.2.9 (free-address)",
  );
});

Deno.test("interface of a subnet: no other interface's clients are on it", () => {
  const engine = engineOf(["192.168.1.1/24"], OTHERS);
  assert.equal(engine.decide(discover).told, "silence (no-subnet)");
  const relayed = engine.decide({ ...discover, giaddr: "192.168.1.2" });
  assert.equal(
    relayed.told,
    "silence (relay-not-allowed)",
    "nor are those of a made-up relay agent",
  );
});

Deno.test("interface of a subnet: with a shared network, those beside it", () => {
  const config = loadedConfig(
    "interfaces: eth0",
    "conflict-probe: off",
    "shared-networks: [{ name: wire }]",
    "subnets:",
    "  - { subnet: 192.0.2.0/24, interface: eth0, shared-network: wire }",
    "  - { subnet: 198.51.100.0/24, shared-network: wire, pools: 198.51.100.9 }",
  );
  const engine = new Engine({ config, addresses: ["10.255.0.1/32"] });
  assert.equal(engine.decide(discover).told, "OFFER 198.51.100.9 (free-address)");
});
