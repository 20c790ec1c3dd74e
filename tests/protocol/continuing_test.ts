import assert from "node:assert/strict";
import type { Ask, EngineSketch } from "../support/engine_fixture.ts";
import { DISCOVER, optionSeconds, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  Engine,
  macOf,
  SERVER,
  START_MS,
  testAnswers,
} from "../support/engine_fixture.ts";
import { ip, numberedClient, type SubnetSketch } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const B = "192.168.1.101";
const OUTSIDE = "192.168.1.50";
const ELSEWHERE = "10.0.0.9";
const RESERVED = "192.168.1.10";
const RESERVATION = {
  subnets: [{ pools: [`${A}-${B}`], reservations: [{ mac: macOf(1), address: RESERVED }] }],
};
const LENIENT = { authoritative: false };
const KNOWN = { leases: [{ address: A }] };
const EXPIRED = { leases: [{ address: A, expiresAtMs: START_MS - 1 }] };
const RELEASED = {
  leases: [{ address: A, state: "released" as const, expiresAtMs: START_MS - 1 }],
};
const OF_ANOTHER = { leases: [{ address: A, client: numberedClient(2) }] };
const QUARANTINED = { leases: [{ address: A, state: "declined" as const }] };

/** How each of the three states asks for an address (§4.3.2). */
const STATES: Readonly<Record<string, (address: string) => Ask>> = {
  "INIT-REBOOT": (requested) => ({ type: REQUEST, requested }),
  "RENEWING": (ciaddr) => ({ type: REQUEST, ciaddr, from: "0.0.0.0", to: SERVER }),
  "REBINDING": (ciaddr) => ({ type: REQUEST, ciaddr }),
};

/** Answers that are the same in each of the three states: §4.3.2 and the NAK policy. */
const SHARED: readonly {
  readonly name: string;
  readonly given?: EngineSketch;
  readonly after?: readonly Ask[];
  readonly address: string;
  readonly expect: string;
}[] = [
  { name: "a known client: ACK", given: KNOWN, address: A, expect: `ACK ${A} (renewed)` },
  {
    name: "a known client, not authoritative: ACK",
    given: { ...KNOWN, ...LENIENT },
    address: A,
    expect: `ACK ${A} (renewed)`,
  },
  {
    name: "a known client after its lease ended, while the address is free: ACK",
    given: EXPIRED,
    address: A,
    expect: `ACK ${A} (renewed)`,
  },
  {
    name: "a known client after its RELEASE, while the address is free: ACK",
    given: { ...RELEASED, ...LENIENT },
    address: A,
    expect: `ACK ${A} (renewed)`,
  },
  {
    name: "a known client with the wrong address of the right network: NAK",
    given: KNOWN,
    address: B,
    expect: "NAK (not-the-clients-address)",
  },
  {
    name: "a known client with the wrong address, not authoritative: NAK",
    given: { ...KNOWN, ...LENIENT },
    address: B,
    expect: "NAK (not-the-clients-address)",
  },
  {
    name: "a known client on the wrong network: NAK",
    given: KNOWN,
    address: ELSEWHERE,
    expect: "NAK (wrong-network)",
  },
  {
    name: "an unknown client on the wrong network: NAK",
    address: ELSEWHERE,
    expect: "NAK (wrong-network)",
  },
  {
    name: "an unknown client on the wrong network, not authoritative: NAK",
    given: LENIENT,
    address: ELSEWHERE,
    expect: "NAK (wrong-network)",
  },
  {
    name: "an unknown client, authoritative, address in a pool and free: ACK (a lost journal)",
    address: A,
    expect: `ACK ${A} (healed-unknown-client)`,
  },
  {
    name: "an unknown client, authoritative, address whose lease to another ended: ACK",
    given: {
      leases: [{ address: A, client: numberedClient(2), expiresAtMs: START_MS - 1 }],
    },
    address: A,
    expect: `ACK ${A} (healed-unknown-client)`,
  },
  {
    name: "an unknown client, authoritative, address outside of the pools: NAK",
    address: OUTSIDE,
    given: { subnets: [{ pools: [A] }] },
    expect: "NAK (address-not-available)",
  },
  {
    name: "an unknown client, authoritative, address leased to another: NAK",
    given: OF_ANOTHER,
    address: A,
    expect: "NAK (address-not-available)",
  },
  {
    name: "an unknown client, authoritative, address offered to another: NAK",
    after: [{ type: DISCOVER, mac: macOf(2), requested: A }],
    address: A,
    expect: "NAK (address-not-available)",
  },
  {
    name: "an unknown client, authoritative, address quarantined: NAK",
    given: QUARANTINED,
    address: A,
    expect: "NAK (address-not-available)",
  },
  {
    name: "an unknown client, authoritative, address reserved for another: NAK",
    given: { subnets: [{ pools: [A], reservations: [{ mac: macOf(2), address: RESERVED }] }] },
    address: RESERVED,
    expect: "NAK (address-not-available)",
  },
  {
    name: "an unknown client, not authoritative: silence (MUST remain silent)",
    given: LENIENT,
    address: A,
    expect: "silence (unknown-client)",
  },
  {
    name: "an unknown client, not authoritative, address leased to another: silence",
    given: { ...OF_ANOTHER, ...LENIENT },
    address: A,
    expect: "silence (unknown-client)",
  },
  {
    name: "a client that declined the address, not authoritative: silence",
    given: { ...QUARANTINED, ...LENIENT },
    address: A,
    expect: "silence (unknown-client)",
  },
  {
    name: "a client with a reservation and no lease yet is known: ACK",
    given: { ...RESERVATION, ...LENIENT },
    address: RESERVED,
    expect: `ACK ${RESERVED} (confirmed)`,
  },
  {
    name: "a client with a lease, and a reservation made since whose address is free: NAK",
    given: { ...RESERVATION, leases: [{ address: A }] },
    address: A,
    expect: "NAK (not-the-clients-address)",
  },
  {
    name: "a client with a lease, and a reservation whose address another holds: it stays",
    given: {
      ...RESERVATION,
      leases: [{ address: A }, { address: RESERVED, client: numberedClient(2) }],
    },
    address: A,
    expect: `ACK ${A} (renewed)`,
  },
  ...[
    ["the pools were moved away from it", { pools: [B] }],
    ["it was excluded", { pools: [`${A}-${B}`], exclude: [A] }],
    ["there are no pools any more", { pools: [] }],
    ["it was reserved for another", {
      pools: [`${A}-${B}`],
      reservations: [{ mac: macOf(2), address: A }],
    }],
  ].map(([what, subnet]) => ({
    name: `a client whose address the config does not give any more, since ${what}: NAK`,
    given: { subnets: [subnet as SubnetSketch], leases: [{ address: A }] },
    address: A,
    expect: "NAK (address-not-available)",
  })),
  {
    name: "a client whose reservation was deleted: NAK",
    given: { subnets: [{ pools: [A] }], leases: [{ address: RESERVED }] },
    address: RESERVED,
    expect: "NAK (address-not-available)",
  },
  {
    name: "a client whose reservation was moved to an address that another holds: NAK",
    given: {
      subnets: [{ pools: [B], reservations: [{ mac: macOf(1), address: RESERVED }] }],
      leases: [{ address: A }, { address: RESERVED, client: numberedClient(2) }],
    },
    address: A,
    expect: "NAK (address-not-available)",
  },
  {
    name: "a client whose reserved address another holds, while there is no other: it stays",
    given: {
      subnets: [{ pools: [], reservations: [{ mac: macOf(1), address: RESERVED }] }],
      leases: [{ address: A }, { address: RESERVED, client: numberedClient(2) }],
    },
    address: A,
    expect: `ACK ${A} (renewed)`,
  },
  {
    name: "a client with a lease without end, whose address was excluded: NAK",
    given: {
      subnets: [{ pools: [`${A}-${B}`], exclude: [A] }],
      leases: [{ address: A, expiresAtMs: Infinity }],
    },
    address: A,
    expect: "NAK (address-not-available)",
  },
  {
    name: "a client that has its address by what its vendor calls it, and leaves that out: ACK",
    given: {
      subnets: [{
        pools: [A],
        reservations: [{
          vendorId: { enterprise: 9, code: 1, value: "aa" },
          address: RESERVED,
        }],
      }],
      leases: [{ address: RESERVED }],
    },
    address: RESERVED,
    expect: `ACK ${RESERVED} (renewed)`,
  },
  {
    name: "two clients whose reservations were swapped stay where they are, and stay served",
    given: {
      subnets: [{
        pools: [],
        reservations: [{ mac: macOf(1), address: A }, { mac: macOf(2), address: B }],
      }],
      leases: [{ address: B }, { address: A, client: numberedClient(2) }],
    },
    address: B,
    expect: `ACK ${B} (renewed)`,
  },
  {
    name: "a client with a lease, and a reservation whose address is in quarantine: it stays",
    given: {
      ...RESERVATION,
      leases: [{ address: A }, { address: RESERVED, state: "declined" }],
    },
    address: A,
    expect: `ACK ${A} (renewed)`,
  },
  {
    name: "a client with a reservation and no lease, with another address: NAK",
    given: { ...RESERVATION, ...LENIENT },
    address: A,
    expect: "NAK (not-the-clients-address)",
  },
];

testAnswers(
  Object.entries(STATES).flatMap(([state, ask]) =>
    SHARED.map(({ name, given, after, address, expect }): AnswerRow => ({
      name: `${state} of ${name} (§4.3.2)`,
      ...(given === undefined ? {} : { given }),
      ...(after === undefined ? {} : { after }),
      when: ask(address),
      expect,
    }))
  ),
);

const BEHIND_ROUTER: EngineSketch = {
  subnets: [
    { subnet: "10.20.0.0/16", pools: ["10.20.1.0-10.20.1.255"] },
    { pools: [`${A}-${B}`] },
  ],
};

testAnswers([
  {
    name: "RENEWING through a router, a client that nobody here knows: silence, it may be forged",
    given: BEHIND_ROUTER,
    when: { type: REQUEST, ciaddr: "10.20.1.7", to: SERVER },
    expect: "silence (off-link)",
  },
  {
    name: "RENEWING from our own wire with an address of another subnet: it heals nothing there",
    given: BEHIND_ROUTER,
    when: { type: REQUEST, ciaddr: "10.20.1.7", from: A, to: SERVER },
    expect: "silence (off-link)",
  },
  {
    name: "REBINDING through its relay agent heals that client",
    given: BEHIND_ROUTER,
    when: { type: REQUEST, ciaddr: "10.20.1.7", giaddr: "10.20.0.1", from: "10.20.0.1" },
    expect: "ACK 10.20.1.7 (healed-unknown-client)",
  },
  {
    name: "RENEWING by unicast through a router: the server trusts ciaddr (§4.3.2)",
    given: { ...BEHIND_ROUTER, leases: [{ address: "10.20.1.7" }] },
    when: { type: REQUEST, ciaddr: "10.20.1.7", to: SERVER },
    expect: "ACK 10.20.1.7 (renewed)",
    destination: `unicast 10.20.1.7 at ${macOf(1)}`,
  },
  {
    name: "INIT-REBOOT with an address of our other network: wrong network here",
    given: { ...BEHIND_ROUTER, leases: [{ address: "10.20.1.7" }] },
    when: { type: REQUEST, requested: "10.20.1.7" },
    expect: "NAK (wrong-network)",
  },
  {
    name: "REBINDING with an address of our other network: wrong network here",
    given: { ...BEHIND_ROUTER, leases: [{ address: "10.20.1.7" }] },
    when: { type: REQUEST, ciaddr: "10.20.1.7" },
    expect: "NAK (wrong-network)",
  },
  {
    name: "a client does not hold its address once that is reserved for another",
    given: {
      subnets: [{ pools: [B], reservations: [{ mac: macOf(2), address: A }] }],
      leases: [{ address: A }],
    },
    when: { type: REQUEST, ciaddr: A, to: SERVER },
    expect: "NAK (address-not-available)",
  },
  {
    name: "a client with two addresses renews each (§4.3.2: the one that it names)",
    given: { leases: [{ address: A }, { address: B }] },
    when: { type: REQUEST, ciaddr: A, to: SERVER },
    expect: `ACK ${A} (renewed)`,
  },
]);

Deno.test("a renewal is a new lease from now on, with the time of the config (§4.4.5)", () => {
  const engine = new Engine(KNOWN);
  engine.advance(500);
  const { decision } = engine.ask({ type: REQUEST, ciaddr: A, to: SERVER });
  assert(decision?.kind === "reply-after-commit");
  assert.equal(decision.change.updatedAtMs, START_MS + 500_000);
  assert.equal(decision.change.expiresAtMs, START_MS + 500_000 + 43_200_000);
  assert.deepEqual(engine.leases.get(ip(A)), decision.change);
});

Deno.test("a renewal for less time does not free the address before what was promised", () => {
  const leaseTime = { defaultSeconds: 600, minSeconds: 600, maxSeconds: 600 };
  const inAnHour = START_MS + 3_600_000;
  const inTenMinutes = START_MS + 600_000;
  const rows = [
    { name: "promised longer", expiresAtMs: inAnHour, expect: inAnHour },
    { name: "promised shorter", expiresAtMs: START_MS + 1, expect: inTenMinutes },
    { name: "lease without end", expiresAtMs: Infinity, expect: inTenMinutes },
    { name: "lease that ended", expiresAtMs: START_MS - 1, expect: inTenMinutes },
  ];
  for (const { name, expiresAtMs, expect } of rows) {
    const engine = new Engine({ subnets: [{ leaseTime }], leases: [{ address: A, expiresAtMs }] });
    const { decision, packet } = engine.decide({ type: REQUEST, ciaddr: A, to: SERVER });
    assert(decision?.kind === "reply-after-commit");
    assert.equal(decision.change.expiresAtMs, expect, name);
    assert.equal(optionSeconds(packet!, 51), 600, "the client is told the time of the config");
  }
});

Deno.test("an ACK to a renewing client has its ciaddr, one to a rebooting client has none", () => {
  const engine = new Engine(KNOWN);
  const renewing = engine.decide({ type: REQUEST, ciaddr: A, to: SERVER }).packet!;
  assert.deepEqual([renewing.ciaddr, renewing.yiaddr], [A, A]);
  const rebooting = engine.decide({ type: REQUEST, requested: A }).packet!;
  assert.deepEqual([rebooting.ciaddr, rebooting.yiaddr], ["0.0.0.0", A]);
});
