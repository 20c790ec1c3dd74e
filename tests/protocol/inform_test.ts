import assert from "node:assert/strict";
import { INFORM } from "../support/dhcp_packets.ts";
import { Engine, macOf, SERVER, testAnswers } from "../support/engine_fixture.ts";
import { ip } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const OWN = "192.168.1.50";
const ROUTERS: readonly [number, Uint8Array] = [3, Uint8Array.of(192, 168, 1, 1)];
const DOMAIN: readonly [number, Uint8Array] = [15, new TextEncoder().encode("home.arpa")];
const OPTIONS = { subnets: [{ pools: [A], options: new Map([ROUTERS, DOMAIN]) }] };

testAnswers([
  {
    name: "INFORM: ACK to ciaddr, by unicast (§4.3.5)",
    when: { type: INFORM, ciaddr: OWN, to: SERVER },
    expect: "ACK (options-only)",
    destination: `unicast ${OWN}`,
  },
  {
    name: "INFORM, broadcast and with the broadcast bit: ACK to ciaddr (§4.3.5)",
    when: { type: INFORM, ciaddr: OWN, flags: 0x8000 },
    expect: "ACK (options-only)",
    destination: `unicast ${OWN}`,
  },
  {
    name: "INFORM that forgot ciaddr: ACK to where it came from",
    when: { type: INFORM, from: OWN },
    expect: "ACK (options-only)",
    destination: `unicast ${OWN}`,
  },
  {
    name: "INFORM through a relay: ACK to ciaddr (§4.3.5)",
    given: { subnets: [{ subnet: "10.20.0.0/16", pools: [] }] },
    when: {
      type: INFORM,
      ciaddr: "10.20.0.9",
      giaddr: "10.20.0.1",
      from: "10.20.0.1",
      to: SERVER,
    },
    expect: "ACK (options-only)",
    destination: "unicast 10.20.0.9",
  },
  {
    name: "INFORM through a relay that forgot ciaddr: ACK to the relay agent",
    given: { subnets: [{ subnet: "10.20.0.0/16", pools: [] }] },
    when: { type: INFORM, giaddr: "10.20.0.1", from: "10.20.0.1", to: SERVER },
    expect: "ACK (options-only)",
    destination: "relay 10.20.0.1",
  },
  {
    name: "INFORM through a relay that forgot ciaddr, with the broadcast bit: to the relay agent",
    given: { subnets: [{ subnet: "10.20.0.0/16", pools: [] }] },
    when: { type: INFORM, giaddr: "10.20.0.1", from: "10.20.0.1", flags: 0x8000, to: SERVER },
    expect: "ACK (options-only)",
    destination: "relay 10.20.0.1",
  },
  {
    name: "INFORM: the server MUST NOT check for a lease: any address will do (§4.3.5)",
    given: { authoritative: false, leases: [{ address: A }] },
    when: { type: INFORM, mac: macOf(2), ciaddr: A },
    expect: "ACK (options-only)",
  },
  {
    name: "INFORM through a router from our other network: that network's options",
    given: { subnets: [{ subnet: "10.20.0.0/16", pools: [] }, {}] },
    when: { type: INFORM, ciaddr: "10.20.0.9", to: SERVER },
    expect: "ACK (options-only)",
    destination: "unicast 10.20.0.9",
  },
  {
    name: "INFORM through a relay with an address of another network of ours: silence (§4.3.5)",
    given: { subnets: [{ subnet: "10.20.0.0/16", pools: [] }, {}] },
    when: { type: INFORM, ciaddr: OWN, giaddr: "10.20.0.1", to: SERVER },
    expect: "silence (wrong-network)",
  },
  {
    name: "INFORM with an address of no network of ours: silence (§4.3.5), it may be forged",
    when: { type: INFORM, ciaddr: "203.0.113.5" },
    expect: "silence (wrong-network)",
  },
  {
    name: "INFORM with the broadcast address: silence, or one packet would reach everybody",
    when: { type: INFORM, ciaddr: "192.168.1.255" },
    expect: "silence (wrong-network)",
  },
  {
    name: "INFORM from a network that we do not serve: silence",
    given: { addresses: ["10.0.0.1/24"] },
    when: { type: INFORM, ciaddr: "10.0.0.9" },
    expect: "silence (no-subnet)",
  },
]);

Deno.test("INFORM: no yiaddr, no lease times, but the options of the network (§4.3.5)", () => {
  const answer = new Engine(OPTIONS).decide({ type: INFORM, ciaddr: OWN, to: SERVER });
  assert.equal(answer.packet!.yiaddr, "0.0.0.0");
  assert.equal(answer.packet!.ciaddr, OWN);
  assert.deepEqual(answer.packet!.options, [
    [53, Uint8Array.of(5)],
    [54, Uint8Array.of(192, 168, 1, 1)],
    [1, Uint8Array.of(255, 255, 255, 0)],
    ROUTERS,
    DOMAIN,
  ]);
});

Deno.test("INFORM that asks for lease times does not get them (§4.3.5: MUST NOT)", () => {
  const engine = new Engine(OPTIONS);
  const { packet } = engine.decide({ type: INFORM, ciaddr: OWN, list: [51, 58, 59, 15] });
  assert.deepEqual(packet!.options.map(([code]) => code), [53, 54, 1, 15]);
});

Deno.test("INFORM records nothing and promises nothing", () => {
  const engine = new Engine(OPTIONS);
  const { decision } = engine.ask({ type: INFORM, ciaddr: OWN });
  assert(decision?.kind === "reply");
  assert.equal(decision.offer, undefined);
  assert.equal(decision.leaseSeconds, undefined);
  assert.equal(engine.leases.size, 0);
  assert.equal(engine.leases.get(ip(OWN)), undefined);
});

Deno.test("INFORM of a machine with a reservation: its host name (§4.3.5)", () => {
  const reservations = [{ mac: macOf(1), address: "192.168.1.10", hostname: "pi" }];
  const engine = new Engine({ subnets: [{ reservations }] });
  const { packet } = engine.decide({ type: INFORM, ciaddr: OWN, list: [12] });
  assert.deepEqual(packet!.options.at(-1), [12, new TextEncoder().encode("pi")]);
});
