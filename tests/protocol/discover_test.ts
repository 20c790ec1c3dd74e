import assert from "node:assert/strict";
import { isActive, makeClient } from "../../src/leases/lease.ts";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  Engine,
  type EngineSketch,
  macOf,
  SERVER,
  START_MS,
  testAnswers,
} from "../support/engine_fixture.ts";
import { ip, numberedClient } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const B = "192.168.1.101";
const ONE_ADDRESS = { subnets: [{ pools: [A] }] };
const TWO_ADDRESSES = { subnets: [{ pools: [`${A}-${B}`] }] };
const RESERVED = "192.168.1.10";
const PAST_MS = START_MS - 1;

const ROWS: readonly AnswerRow[] = [
  // RFC 2131 §4.3.1: which address, in this order.
  {
    name: "DISCOVER: the reservation before all else",
    given: {
      subnets: [{ pools: [`${A}-${B}`], reservations: [{ mac: macOf(1), address: RESERVED }] }],
      leases: [{ address: A }],
    },
    when: { type: DISCOVER, requested: B },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
  {
    name: "DISCOVER: the client's current binding (§4.3.1)",
    given: { ...TWO_ADDRESSES, leases: [{ address: A }] },
    when: { type: DISCOVER, requested: B },
    expect: `OFFER ${A} (current-binding)`,
  },
  {
    name: "DISCOVER again: the address that it was offered already (§4.4.1)",
    given: TWO_ADDRESSES,
    after: [{ type: DISCOVER, requested: A }],
    when: { type: DISCOVER, requested: B },
    expect: `OFFER ${A} (outstanding-offer)`,
  },
  {
    name: "DISCOVER: the client's previous binding, expired (§4.3.1)",
    given: { ...TWO_ADDRESSES, leases: [{ address: A, expiresAtMs: PAST_MS }] },
    when: { type: DISCOVER, requested: B },
    expect: `OFFER ${A} (previous-binding)`,
  },
  {
    name: "DISCOVER: the client's previous binding, released (§4.3.4)",
    given: {
      ...TWO_ADDRESSES,
      leases: [{ address: A, state: "released", expiresAtMs: PAST_MS }],
    },
    when: { type: DISCOVER, requested: B },
    expect: `OFFER ${A} (previous-binding)`,
  },
  {
    name: "DISCOVER: the requested address, if valid and free (§4.3.1)",
    given: TWO_ADDRESSES,
    when: { type: DISCOVER, requested: B },
    expect: `OFFER ${B} (requested-address)`,
  },
  {
    name: "DISCOVER: a free one when the requested address lies outside of the pools",
    given: ONE_ADDRESS,
    when: { type: DISCOVER, requested: "192.168.1.50" },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "DISCOVER: a free one when the requested address lies in another network",
    given: ONE_ADDRESS,
    when: { type: DISCOVER, requested: "10.0.0.1" },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "DISCOVER: a free one when the requested address is leased to another",
    given: { ...TWO_ADDRESSES, leases: [{ address: A, client: numberedClient(2) }] },
    when: { type: DISCOVER, requested: A },
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "DISCOVER: a free one when the requested address is offered to another",
    given: TWO_ADDRESSES,
    after: [{ type: DISCOVER, mac: macOf(2), requested: A }],
    when: { type: DISCOVER, requested: A },
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "DISCOVER: a free one when the requested address is quarantined (§4.3.3)",
    given: { ...TWO_ADDRESSES, leases: [{ address: A, state: "declined" }] },
    when: { type: DISCOVER, requested: A },
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "DISCOVER: a free one when the requested address is reserved for another",
    given: {
      subnets: [{ pools: [`${A}-${B}`], reservations: [{ mac: macOf(2), address: A }] }],
    },
    when: { type: DISCOVER, requested: A },
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "DISCOVER: the previous binding is not given when another client has it now",
    given: {
      ...TWO_ADDRESSES,
      leases: [
        { address: A, expiresAtMs: PAST_MS },
        { address: A, client: numberedClient(2), updatedAtMs: PAST_MS },
      ],
    },
    when: { type: DISCOVER },
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "DISCOVER: an address whose lease ended, when no other is left",
    given: {
      ...ONE_ADDRESS,
      leases: [{ address: A, client: numberedClient(2), expiresAtMs: PAST_MS }],
    },
    when: { type: DISCOVER },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "DISCOVER: silence when every address is leased",
    given: { ...ONE_ADDRESS, leases: [{ address: A, client: numberedClient(2) }] },
    when: { type: DISCOVER },
    expect: "silence (pool-exhausted)",
  },
  {
    name: "DISCOVER: silence when every address is offered",
    given: ONE_ADDRESS,
    after: [{ type: DISCOVER, mac: macOf(2) }],
    when: { type: DISCOVER },
    expect: "silence (pool-exhausted)",
  },
  {
    name: "DISCOVER: an address whose offer nobody took is free after the offer's time",
    given: { ...ONE_ADDRESS, offerSeconds: 60 },
    after: [{ type: DISCOVER, mac: macOf(2) }],
    secondsLater: 60,
    when: { type: DISCOVER },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "DISCOVER: an offer holds its address until the offer's time is over",
    given: { ...ONE_ADDRESS, offerSeconds: 60 },
    after: [{ type: DISCOVER, mac: macOf(2) }],
    secondsLater: 59,
    when: { type: DISCOVER },
    expect: "silence (pool-exhausted)",
  },
  {
    name: "DISCOVER: silence when the subnet has no pool and the client no reservation",
    given: {
      subnets: [{ pools: [], reservations: [{ mac: macOf(2), address: RESERVED }] }],
    },
    when: { type: DISCOVER },
    expect: "silence (pool-exhausted)",
  },
  {
    name: "BOOTP: silence",
    when: {},
    expect: "silence (bootp-not-served)",
  },
];

testAnswers(ROWS);

Deno.test("an OFFER promises an address for the offer's time and writes nothing (§4.3.1)", () => {
  const engine = new Engine({ ...ONE_ADDRESS, offerSeconds: 45 });
  const { decision } = engine.ask({ type: DISCOVER });
  assert(decision?.kind === "reply");
  assert.deepEqual(decision.offer, {
    address: ip(A),
    client: makeClient(1, "b8:27:eb:00:00:01", undefined),
    expiresAtMs: START_MS + 45_000,
    mayYield: true,
  });
  assert.equal(decision.address, ip(A));
  assert.equal(engine.leases.size, 0);
});

/** Who is offered an address by which rule, and whether the offer may have to yield in a flood. */
const YIELDING: readonly (readonly [string, EngineSketch, boolean])[] = [
  [`OFFER ${A} (free-address)`, ONE_ADDRESS, true],
  [
    `OFFER ${A} (previous-binding)`,
    { ...ONE_ADDRESS, leases: [{ address: A, expiresAtMs: PAST_MS }] },
    false,
  ],
  [
    `OFFER ${A} (reservation)`,
    { subnets: [{ pools: [A], reservations: [{ mac: macOf(1), address: A }] }] },
    false,
  ],
  [
    `OFFER ${A} (free-address)`,
    { subnets: [{ pools: [A], reservations: [{ mac: macOf(1), hostname: "pi" }] }] },
    false,
  ],
];
for (const [i, [expected, sketch, mayYield]] of YIELDING.entries()) {
  Deno.test(`${expected}, client ${i}: ${mayYield ? "may have to yield" : "never yields"}`, () => {
    const { decision, told } = new Engine(sketch).ask({ type: DISCOVER });
    assert.equal(told, expected);
    assert(decision?.kind === "reply");
    assert.equal(decision.offer?.mayYield, mayYield);
  });
}

Deno.test("an ACK comes with the lease that has to be on disk before it leaves (§3.1.4)", () => {
  const engine = new Engine({ ...ONE_ADDRESS });
  engine.ask({ type: DISCOVER });
  const { decision, told } = engine.ask({
    type: REQUEST,
    server: SERVER,
    requested: A,
    clientId: "",
    options: [[12, new TextEncoder().encode("pi")]],
  });
  assert.equal(told, `ACK ${A} (outstanding-offer)`);
  assert(decision?.kind === "reply-after-commit");
  assert.deepEqual(decision.change, {
    address: ip(A),
    client: makeClient(1, "b8:27:eb:00:00:01", undefined),
    state: "bound",
    hostname: "pi",
    updatedAtMs: START_MS,
    expiresAtMs: START_MS + 43_200_000,
  });
  assert.equal(decision.leaseSeconds, 43_200);
  assert(isActive(engine.leases.get(ip(A))!, START_MS + 43_199_999));
  assert.equal(
    engine.leases.offeredAddress(decision.change.client, engine.subnet(), START_MS),
    undefined,
  );
});

Deno.test("RFC 2131 §2.2: an OFFER asks for a probe, unless the client has the address", () => {
  const conflictProbe = { beyondRouters: true, timeoutMs: 500 };
  const probeOf = (engine: Engine, mac: string) => {
    const { decision } = engine.decide({ type: DISCOVER, mac });
    assert.ok(decision?.kind === "reply");
    return decision.probe;
  };
  const pools = ["192.168.1.100-192.168.1.199"];
  const reservations = [{ mac: macOf(2), address: "192.168.1.10" }];
  const engine = new Engine({ subnets: [{ pools, reservations, conflictProbe }] });
  for (const mac of [macOf(1), macOf(2)]) {
    assert.equal(probeOf(engine, mac), conflictProbe, "one from the pool, and a reserved one");
    const offered = engine.ask({ type: DISCOVER, mac }).packet!.yiaddr;
    assert.equal(probeOf(engine, mac), conflictProbe, "offered is not leased");
    engine.ask({ type: REQUEST, mac, requested: offered, server: SERVER });
    assert.equal(probeOf(engine, mac), undefined, "by now it is the client that would answer");
    engine.advance(86_401);
    assert.equal(probeOf(engine, mac), conflictProbe, "the lease has lapsed");
  }
  assert.equal(probeOf(new Engine({ subnets: [{ pools }] }), macOf(1)), undefined);
});
