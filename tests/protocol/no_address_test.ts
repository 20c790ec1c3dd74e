/** Clients that are told something in the place of an address. */
import assert from "node:assert/strict";
import type { OptionSet } from "../../src/config/config.ts";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import {
  type Ask,
  Engine,
  hexOctets,
  macOf,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";

const A = "192.168.1.100";
const HALF_AN_HOUR = hexOctets("00:00:07:08");
const DO_NOT = Uint8Array.of(0);

const V6_MOSTLY: OptionSet = new Map([[15, hexOctets("61")], [108, HALF_AN_HOUR]]);
const AUTO: OptionSet = new Map([[116, DO_NOT]]);
const ASKS: Ask["options"] = [[116, Uint8Array.of(1)]];

const RELAY = "192.168.1.254";
const v6Mostly = { subnets: [{ pools: [A], options: V6_MOSTLY, relays: [RELAY] }] };
const full = { subnets: [{ pools: [], options: AUTO }] };

testAnswers([
  {
    name: "a client that asks for 108 is offered no address (RFC 8925 §3.3: SHOULD return 0.0.0.0)",
    given: v6Mostly,
    when: { type: DISCOVER, list: [1, 3, 108] },
    expect: "OFFER (ipv6-only-preferred)",
    destination: "broadcast",
  },
  {
    name: "nor is one that asks for an address that it had (RFC 8925 §3.3)",
    given: v6Mostly,
    when: { type: DISCOVER, list: [108], requested: A },
    expect: "OFFER (ipv6-only-preferred)",
  },
  {
    name: "a client that does not ask for 108 is offered an address (RFC 8925 §3.3)",
    given: v6Mostly,
    when: { type: DISCOVER, list: [1, 3] },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "a client without a list has not asked for 108 either",
    given: v6Mostly,
    when: { type: DISCOVER },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "a client that asks for 108 where it is not configured is offered an address",
    given: { subnets: [{ pools: [A] }] },
    when: { type: DISCOVER, list: [108] },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "a client that requests an address all the same is given it (RFC 8925 §3.3: MUST)",
    given: v6Mostly,
    when: { type: REQUEST, list: [108], server: SERVER, requested: A },
    expect: `ACK ${A} (confirmed)`,
  },
  {
    name: "through a relay agent, the offer of no address goes there",
    given: v6Mostly,
    when: { type: DISCOVER, list: [108], giaddr: RELAY },
    expect: "OFFER (ipv6-only-preferred)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "Rapid Commit is not honoured for a client that asks for 108 (RFC 8925 §3.3)",
    given: { subnets: [{ pools: [A], options: V6_MOSTLY, rapidCommit: true }] },
    when: { type: DISCOVER, list: [108], options: [[80, new Uint8Array(0)]] },
    expect: "OFFER (ipv6-only-preferred)",
  },
  {
    name: "no address left: a client that sends 116 is told what is configured (RFC 2563 §2.3)",
    given: full,
    when: { type: DISCOVER, options: ASKS },
    expect: "OFFER (no-address-left)",
    destination: "broadcast",
  },
  {
    name: "no address left: silence to a client that does not send 116 (RFC 2563 §2.3)",
    given: full,
    when: { type: DISCOVER },
    expect: "silence (pool-exhausted)",
  },
  {
    name: "no address left: silence where 116 is not configured",
    given: { subnets: [{ pools: [] }] },
    when: { type: DISCOVER, options: ASKS },
    expect: "silence (pool-exhausted)",
  },
  {
    name: "116 is no matter where there is an address",
    given: { subnets: [{ pools: [A], options: AUTO }] },
    when: { type: DISCOVER, options: ASKS },
    expect: `OFFER ${A} (free-address)`,
  },
]);

Deno.test("the offer of no address has 108 as configured, and no lease time (RFC 8925 §3.3)", () => {
  const ask: Ask = { type: DISCOVER, list: [15, 108, 51], clientId: "01:02" };
  const { packet } = new Engine(v6Mostly).decide(ask);
  assert.deepEqual(packet!.options, [
    [53, Uint8Array.of(2)],
    [54, Uint8Array.of(192, 168, 1, 1)],
    [108, HALF_AN_HOUR],
    [61, hexOctets("01:02")],
  ]);
});

Deno.test("it has 116 only for a client that sent 116 (RFC 8925 §3.3.1)", () => {
  const options = new Map([[108, HALF_AN_HOUR], [116, DO_NOT]]);
  const engine = new Engine({ subnets: [{ pools: [A], options }] });
  const codesOf = (ask: Ask) => engine.decide(ask).packet!.options.map(([code]) => code);
  assert.deepEqual(codesOf({ type: DISCOVER, list: [108], options: ASKS }), [53, 54, 108, 116]);
  assert.deepEqual(codesOf({ type: DISCOVER, list: [108, 116] }), [53, 54, 108]);
});

Deno.test("the offer of no address ties none up: the next client gets the only one", () => {
  const engine = new Engine(v6Mostly);
  assert.equal(engine.ask({ type: DISCOVER, list: [108] }).told, "OFFER (ipv6-only-preferred)");
  const other = engine.ask({ type: DISCOVER, mac: macOf(2) });
  assert.equal(other.told, `OFFER ${A} (free-address)`);
});

Deno.test("a client that goes on with an address is told 108 with it, where it asks (§3.3)", () => {
  const ask: Ask = { type: REQUEST, list: [15, 108], server: SERVER, requested: A };
  const { packet } = new Engine(v6Mostly).decide(ask);
  assert.deepEqual(packet!.options.slice(6), [[15, hexOctets("61")], [108, HALF_AN_HOUR]]);
});
