import assert from "node:assert/strict";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  Engine,
  macOf,
  OTHER_SERVER,
  SERVER,
  START_MS,
  testAnswers,
} from "../support/engine_fixture.ts";
import { dotted, ip, numberedClient } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const B = "192.168.1.101";
const ONE_ADDRESS = { subnets: [{ pools: [A] }] };
const OURS = { type: REQUEST, server: SERVER } as const;

const ROWS: readonly AnswerRow[] = [
  {
    name: "SELECTING ours: ACK of the address that was offered (§4.3.2)",
    after: [{ type: DISCOVER, requested: A }],
    when: { ...OURS, requested: A },
    expect: `ACK ${A} (outstanding-offer)`,
  },
  {
    name: "SELECTING ours by any address of this machine (§4.1: any of its network addresses)",
    given: { otherAddresses: ["10.0.0.1"] },
    after: [{ type: DISCOVER, requested: A }],
    when: { ...OURS, server: "10.0.0.1", requested: A },
    expect: `ACK ${A} (outstanding-offer)`,
  },
  {
    name: "SELECTING ours, with the address in ciaddr: ACK to it",
    after: [{ type: DISCOVER, requested: A }],
    when: { ...OURS, ciaddr: A },
    expect: `ACK ${A} (outstanding-offer)`,
    destination: `unicast ${A} at ${macOf(1)}`,
  },
  {
    name: "SELECTING ours, said again because the ACK was lost: the same ACK",
    after: [{ type: DISCOVER, requested: A }, { ...OURS, requested: A }],
    when: { ...OURS, requested: A },
    expect: `ACK ${A} (confirmed)`,
  },
  {
    name: "SELECTING ours after the offer ran out, while the address is free: ACK",
    given: { ...ONE_ADDRESS, offerSeconds: 60 },
    after: [{ type: DISCOVER }],
    secondsLater: 61,
    when: { ...OURS, requested: A },
    expect: `ACK ${A} (confirmed)`,
  },
  {
    name: "SELECTING ours: NAK when the address is offered to another (§3.1.4)",
    after: [{ type: DISCOVER, mac: macOf(2), requested: A }],
    when: { ...OURS, requested: A },
    expect: "NAK (address-not-available)",
  },
  {
    name: "SELECTING ours: NAK when the address is leased to another (§3.1.4)",
    given: { leases: [{ address: A, client: numberedClient(2) }] },
    when: { ...OURS, requested: A },
    expect: "NAK (address-not-available)",
  },
  {
    name: "SELECTING ours: NAK when the address is quarantined",
    given: { leases: [{ address: A, state: "declined" }] },
    when: { ...OURS, requested: A },
    expect: "NAK (address-not-available)",
  },
  {
    name: "SELECTING ours: NAK when the address lies outside of the pools",
    when: { ...OURS, requested: "192.168.1.50" },
    expect: "NAK (address-not-available)",
  },
  {
    name: "SELECTING ours: NAK when the address is reserved for another",
    given: {
      subnets: [{ pools: [`${A}-${B}`], reservations: [{ mac: macOf(2), address: A }] }],
    },
    when: { ...OURS, requested: A },
    expect: "NAK (address-not-available)",
  },
  {
    name: "SELECTING ours: NAK when the address is the network's or its broadcast address",
    when: { ...OURS, requested: "192.168.1.255" },
    expect: "NAK (address-not-available)",
  },
  {
    name: "SELECTING ours: NAK when the address lies in another network",
    when: { ...OURS, requested: "10.0.0.1" },
    expect: "NAK (wrong-network)",
  },
  {
    name: "SELECTING ours: the reserved address outside of the pools",
    given: {
      subnets: [{ pools: [A], reservations: [{ mac: macOf(1), address: "192.168.1.10" }] }],
    },
    after: [{ type: DISCOVER }],
    when: { ...OURS, requested: "192.168.1.10" },
    expect: "ACK 192.168.1.10 (outstanding-offer)",
  },
  {
    name: "SELECTING another server: silence",
    when: { ...OURS, server: OTHER_SERVER, requested: A },
    expect: "silence (other-server-chosen)",
  },
  {
    name: "SELECTING another server: silence also for an address of another network",
    when: { ...OURS, server: "10.0.0.1", requested: "10.0.0.2" },
    expect: "silence (other-server-chosen)",
  },
  {
    name: "SELECTING another server takes our offer back (§3.1.4)",
    after: [{ type: DISCOVER }],
    when: { ...OURS, server: OTHER_SERVER, requested: A },
    expect: "silence, offer withdrawn (other-server-chosen)",
  },
  {
    name: "SELECTING another server for an address elsewhere takes our offer back too",
    after: [{ type: DISCOVER }],
    when: { ...OURS, server: "10.0.0.1", requested: "10.0.0.2" },
    expect: "silence, offer withdrawn (other-server-chosen)",
  },
  {
    name: "an offer that was taken back is free for others at once",
    given: ONE_ADDRESS,
    after: [{ type: DISCOVER }, { ...OURS, server: OTHER_SERVER, requested: B }],
    when: { type: DISCOVER, mac: macOf(2) },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "SELECTING another server leaves the offer of another client alone",
    given: ONE_ADDRESS,
    after: [
      { type: DISCOVER, mac: macOf(2) },
      { ...OURS, server: OTHER_SERVER, requested: A },
    ],
    when: { type: DISCOVER },
    expect: "silence (pool-exhausted)",
  },
  {
    name: "SELECTING ours that names no address: the one that was offered",
    after: [{ type: DISCOVER, requested: A }],
    when: OURS,
    expect: `ACK ${A} (outstanding-offer)`,
  },
  {
    name: "SELECTING ours that names no address, and nothing was offered: silence",
    when: OURS,
    expect: "silence (unknown-client)",
  },
  {
    name: "SELECTING ours that names no address, of another client's offer: silence",
    after: [{ type: DISCOVER, requested: A, mac: macOf(2) }],
    when: OURS,
    expect: "silence (unknown-client)",
  },
  {
    name: "SELECTING another server's without an address: our offer is withdrawn (§3.1.4)",
    after: [{ type: DISCOVER }],
    when: { ...OURS, server: OTHER_SERVER },
    expect: "silence, offer withdrawn (other-server-chosen)",
  },
  {
    name: "SELECTING ours from a network that we do not serve: silence",
    given: { addresses: ["10.0.0.1/24"], otherAddresses: [SERVER] },
    when: { ...OURS, requested: A },
    expect: "silence (no-subnet)",
  },
];

testAnswers(ROWS);

Deno.test("SELECTING ours after the offer ran out and went to another: NAK (§3.1.4)", () => {
  const engine = new Engine({ ...ONE_ADDRESS, offerSeconds: 60 });
  engine.ask({ type: DISCOVER });
  engine.advance(60);
  assert.equal(engine.ask({ type: DISCOVER, mac: macOf(2) }).told, `OFFER ${A} (free-address)`);
  assert.equal(engine.ask({ ...OURS, requested: A }).told, "NAK (address-not-available)");
});

for (const identity of ["client-id", "mac"] as const) {
  Deno.test(`a client that claims offers which it never had gets one address, by ${identity}`, () => {
    const engine = new Engine({ subnets: [{ pools: [`${A}-192.168.1.109`], identity }] });
    const told = [A, B, "192.168.1.102"].map((requested) =>
      engine.ask({
        ...OURS,
        requested,
        clientId: identity === "mac" ? `00${requested.slice(-2)}` : "01",
      }).told
    );
    const refused = "NAK (not-the-clients-address)";
    assert.deepEqual(told, [`ACK ${A} (confirmed)`, refused, refused]);
    assert.equal(engine.leases.counts(engine.subnet()).used, 1);
    assert.equal(engine.leases.get(ip(A))?.state, "bound", "the first stays its own");
  });
}

Deno.test("a client that has an address, and claims one of another subnet of its wire: NAK", () => {
  const campus = { sharedNetwork: "campus" };
  const engine = new Engine({
    subnets: [
      { ...campus, subnet: "192.168.1.0/24", pools: [A] },
      { ...campus, subnet: "192.168.2.0/24", pools: ["192.168.2.100"] },
    ],
    leases: [{ address: A }],
  });
  const { told } = engine.ask({ ...OURS, requested: "192.168.2.100" });
  assert.equal(told, "NAK (not-the-clients-address)");
});

Deno.test("SELECTING another server keeps the lease that the client has here (§3.1.4)", () => {
  const engine = new Engine({ leases: [{ address: A }] });
  engine.ask({ type: DISCOVER });
  const { told } = engine.ask({ ...OURS, server: OTHER_SERVER, requested: A });
  assert.equal(told, "silence, offer withdrawn (other-server-chosen)");
  assert.equal(engine.leases.get(ip(A))?.state, "bound");
});

Deno.test("an ACK has the server identifier that the client selected (§4.3.1)", () => {
  const engine = new Engine({ otherAddresses: ["10.0.0.1"] });
  for (const server of [SERVER, "10.0.0.1"]) {
    const { packet } = engine.decide({ ...OURS, server, requested: A });
    assert.deepEqual(packet?.options[1], [54, Uint8Array.from(server.split("."), Number)]);
  }
});

Deno.test("the host name of an ACK's lease is the reservation's, else the client's own", () => {
  const reservations = [{ mac: macOf(1), address: "192.168.1.10", hostname: "printer" }];
  const engine = new Engine({ subnets: [{ reservations }] });
  const hostname: [number, Uint8Array] = [12, new TextEncoder().encode("npi1234")];
  for (const [number, address, expected] of [[1, "192.168.1.10", "printer"], [2, A, "npi1234"]]) {
    const ask = { ...OURS, mac: macOf(Number(number)), requested: String(address) };
    const { decision } = engine.decide({ ...ask, options: [hostname] });
    assert(decision?.kind === "reply-after-commit");
    assert.equal(decision.change.hostname, expected);
    assert.equal(dotted(decision.change.address), address);
    assert.equal(decision.change.updatedAtMs, START_MS);
  }
});
