/** Options and lease time of a reply, from the nearest scope that says something. */
import assert from "node:assert/strict";
import { ACK, DISCOVER, INFORM, option, optionSeconds, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, macOf, SERVER, testAnswers } from "../support/engine_fixture.ts";

const text = (value: string) => new TextEncoder().encode(value);
const leaseTime = (seconds: number) => ({
  defaultSeconds: seconds,
  minSeconds: seconds,
  maxSeconds: seconds,
});

/** Pools .100 and .200, of which the second has settings of its own; a reservation in each. */
function twoPools(): Engine {
  return new Engine({
    subnets: [{
      options: new Map([[15, text("lan")], [17, text("/")]]),
      leaseTime: leaseTime(600),
      pools: [
        "192.168.1.100-192.168.1.101",
        {
          range: ["192.168.1.200-192.168.1.201"],
          options: new Map([[15, text("guests")], [17, null], [28, null]]),
          leaseTime: leaseTime(300),
        },
      ],
      reservations: [
        { mac: macOf(9), address: "192.168.1.10", options: new Map([[15, text("pi")]]) },
        {
          mac: macOf(8),
          address: "192.168.1.201",
          options: new Map([[1, null], [17, text("/srv")]]),
          leaseTime: leaseTime(900),
        },
      ],
    }],
  });
}

/** Seconds of option 51, then options 15, 17, 1 and 28 where they are there. */
function told(engine: Engine, ask: Ask): string {
  const { packet } = engine.decide({ list: [15, 17, 28], ...ask });
  const codes = packet!.options.map(([code]) => code);
  const texts = [15, 17].map((code) => option(packet!, code))
    .map((payload) => payload === undefined ? "-" : new TextDecoder().decode(payload));
  return [optionSeconds(packet!, 51), ...texts, ...[1, 28].filter((code) => codes.includes(code))]
    .join(" ");
}

Deno.test("a client in a pool without settings has those of the subnet", () => {
  assert.equal(told(twoPools(), { type: DISCOVER }), "600 lan / 1 28");
});

Deno.test("a client in a pool has the pool's settings first, and what it takes away is gone", () => {
  const engine = twoPools();
  const ask = { type: REQUEST, requested: "192.168.1.200", server: SERVER };
  assert.equal(told(engine, ask), "300 guests - 1");
  assert.equal(told(engine, { ...ask, list: [] }), "300 guests - 1");
});

Deno.test("a reservation outside of the pools stands before the subnet", () => {
  assert.equal(told(twoPools(), { type: DISCOVER, mac: macOf(9) }), "600 pi / 1 28");
});

Deno.test("a reservation inside a pool stands before the pool, and may set again or take away", () => {
  assert.equal(told(twoPools(), { type: DISCOVER, mac: macOf(8) }), "900 guests /srv");
});

Deno.test("INFORM is told what a client with its address is told (RFC 2131 §4.3.5)", () => {
  const ask = { type: INFORM, ciaddr: "192.168.1.200" };
  assert.equal(told(twoPools(), ask), " guests - 1");
  assert.equal(twoPools().decide(ask).packet!.options[0]![1][0], ACK);
});

/** Two subnets on one wire, of which the interface has an address on the first only. */
const WIRE = {
  subnets: [
    {
      subnet: "10.0.0.0/24",
      sharedNetwork: "campus",
      pools: ["10.0.0.9"],
      relays: ["10.0.0.2"],
    },
    {
      subnet: "10.0.1.0/24",
      sharedNetwork: "campus",
      pools: ["10.0.1.9"],
      reservations: [{ mac: macOf(3), address: "10.0.1.3" }],
    },
    { subnet: "10.0.2.0/24", pools: ["10.0.2.9"] },
  ],
  addresses: ["10.0.0.1/24"],
};
const FULL = { ...WIRE, leases: [{ address: "10.0.0.9" }] };

testAnswers([
  {
    name: "shared network: a client is first given an address of the interface's own subnet",
    given: WIRE,
    when: { type: DISCOVER },
    expect: "OFFER 10.0.0.9 (free-address)",
  },
  {
    name: "shared network: the next subnet of the wire when the first is full",
    given: FULL,
    when: { type: DISCOVER, mac: macOf(2) },
    expect: "OFFER 10.0.1.9 (free-address)",
  },
  {
    name: "shared network: through a relay, too (RFC 2131 §4.3.1)",
    given: FULL,
    when: { type: DISCOVER, mac: macOf(2), giaddr: "10.0.0.2" },
    expect: "OFFER 10.0.1.9 (free-address)",
  },
  {
    name: "shared network: no other subnet, however free",
    given: { ...FULL, leases: [...FULL.leases, { address: "10.0.1.9" }] },
    when: { type: DISCOVER, mac: macOf(2) },
    expect: "silence (pool-exhausted)",
  },
  {
    name: "shared network: a reservation on any subnet of the wire is the strongest claim",
    given: WIRE,
    when: { type: DISCOVER, mac: macOf(3) },
    expect: "OFFER 10.0.1.3 (reservation)",
  },
  {
    name: "shared network: the requested address on any subnet of the wire",
    given: WIRE,
    when: { type: DISCOVER, requested: "10.0.1.9" },
    expect: "OFFER 10.0.1.9 (requested-address)",
  },
  {
    name: "shared network: an address of a neighbour subnet is on the right network",
    given: WIRE,
    when: { type: REQUEST, requested: "10.0.1.9", giaddr: "10.0.0.2" },
    expect: "ACK 10.0.1.9 (healed-unknown-client)",
  },
  {
    name: "shared network: an address of a subnet on another wire is not",
    given: WIRE,
    when: { type: REQUEST, requested: "10.0.2.9" },
    expect: "NAK (wrong-network)",
  },
]);
