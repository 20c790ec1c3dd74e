/** Who has an address, and which one a client has, for those that may ask (RFC 4388). */
import assert from "node:assert/strict";
import { makeClient } from "../../src/leases/lease.ts";
import { octets, option, optionAddress, type Packet } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  Engine,
  type EngineSketch,
  hexOctets,
  macOf,
  OTHER_SERVER,
  SERVER,
  START_MS,
  testAnswers,
} from "../support/engine_fixture.ts";

const LEASEQUERY = 10;
const ASKER = "10.9.0.7";
const A = "192.168.1.100";
const ID = "01:b8:27:eb:00:00:01";
const CIRCUIT_ID = Uint8Array.of(1, 2, 0x67, 0x65);

const SUBNETS = [{ subnet: "10.20.0.0/16", pools: ["10.20.1.7"] }, {
  subnet: "192.168.1.0/24",
  pools: ["192.168.1.100-192.168.1.199"],
  reservations: [{ mac: macOf(9), address: "192.168.1.10" }],
}];
const LEASE = {
  address: A,
  client: makeClient(1, macOf(1), ID),
  updatedAtMs: START_MS - 600_000,
  expiresAtMs: START_MS + 3_000_000,
};
const GIVEN: EngineSketch = {
  subnets: SUBNETS,
  leases: [LEASE],
  leasequery: ["10.9.0.0/24", "10.8.0.1/32"],
};

const ASK: Ask = { type: LEASEQUERY, giaddr: ASKER, from: ASKER, to: SERVER };
/** §6.2: of the three, what is not asked by is absent or zero. */
const byAddress = (ciaddr: string): Ask => ({ ...ASK, ciaddr, htype: 0, hlen: 0 });
const byId = (clientId: string): Ask => ({ ...ASK, clientId, htype: 0, hlen: 0 });
const byMac = (mac: string): Ask => ({ ...ASK, mac });

const ROWS: readonly AnswerRow[] = [
  {
    name: "by address, of an active lease: LEASEACTIVE (RFC 4388 §6.4), to giaddr",
    given: GIVEN,
    when: byAddress(A),
    expect: "LEASEACTIVE (lease-active)",
    destination: `relay ${ASKER}`,
  },
  {
    name: "by address, of one that nobody has: LEASEUNASSIGNED",
    given: GIVEN,
    when: byAddress("192.168.1.101"),
    expect: "LEASEUNASSIGNED (lease-unassigned)",
    destination: `relay ${ASKER}`,
  },
  {
    name: "by address, of one that is reserved and not leased: LEASEUNASSIGNED",
    given: GIVEN,
    when: byAddress("192.168.1.10"),
    expect: "LEASEUNASSIGNED (lease-unassigned)",
  },
  {
    name: "by address, of one in a subnet of ours that no client can get: LEASEUNKNOWN",
    given: GIVEN,
    when: byAddress("192.168.1.1"),
    expect: "LEASEUNKNOWN (lease-unknown)",
  },
  {
    name: "by address, outside of every subnet: LEASEUNKNOWN",
    given: GIVEN,
    when: byAddress("172.16.0.1"),
    expect: "LEASEUNKNOWN (lease-unknown)",
  },
  {
    name: "by address, of a lease that was given back: LEASEUNASSIGNED",
    given: { ...GIVEN, leases: [{ ...LEASE, state: "released" }] },
    when: byAddress(A),
    expect: "LEASEUNASSIGNED (lease-unassigned)",
  },
  {
    name: "by address, of a lease that is over: LEASEUNASSIGNED",
    given: { ...GIVEN, leases: [{ ...LEASE, expiresAtMs: START_MS }] },
    when: byAddress(A),
    expect: "LEASEUNASSIGNED (lease-unassigned)",
  },
  {
    name: "by client identifier (§6.4)",
    given: GIVEN,
    when: byId(ID),
    expect: "LEASEACTIVE (lease-active)",
  },
  {
    name: "by the client identifier of nobody: LEASEUNKNOWN",
    given: GIVEN,
    when: byId("01:02"),
    expect: "LEASEUNKNOWN (lease-unknown)",
  },
  {
    name: "by MAC address, of a client that goes by its identifier",
    given: GIVEN,
    when: byMac(macOf(1)),
    expect: "LEASEACTIVE (lease-active)",
  },
  {
    name: "by MAC address, of a client that goes by it",
    given: { ...GIVEN, leases: [{ ...LEASE, client: makeClient(1, macOf(1), undefined) }] },
    when: byMac(macOf(1)),
    expect: "LEASEACTIVE (lease-active)",
  },
  {
    name: "by the MAC address of nobody: LEASEUNKNOWN",
    given: GIVEN,
    when: byMac(macOf(2)),
    expect: "LEASEUNKNOWN (lease-unknown)",
  },
  {
    name: "by the same octets of another hardware type: LEASEUNKNOWN",
    given: GIVEN,
    when: { ...byMac(macOf(1)), htype: 6 },
    expect: "LEASEUNKNOWN (lease-unknown)",
  },
  {
    name: "by MAC address, of a client that declined its only address: LEASEUNKNOWN",
    given: { ...GIVEN, leases: [{ ...LEASE, state: "declined" }] },
    when: byMac(macOf(1)),
    expect: "LEASEUNKNOWN (lease-unknown)",
  },
  {
    name: "by nothing at all: malformed",
    given: GIVEN,
    when: { ...ASK, htype: 0, hlen: 0 },
    expect: "malformed (no-client-identity)",
  },
  {
    name: "an asker that is not listed: silence",
    given: GIVEN,
    when: { ...byAddress(A), giaddr: "10.7.0.1" },
    expect: "silence (leasequery-not-allowed)",
  },
  {
    name: "an asker that is a listed address",
    given: GIVEN,
    when: { ...byAddress(A), giaddr: "10.8.0.1" },
    expect: "LEASEACTIVE (lease-active)",
  },
  {
    name: "an asker without giaddr: silence, there is nowhere to answer (§6.2: MUST)",
    given: { ...GIVEN, leasequery: ["0.0.0.0/0"] },
    when: { ...byAddress(A), giaddr: "0.0.0.0" },
    expect: "silence (leasequery-not-allowed)",
  },
  {
    name: "nobody may ask unless the config says so",
    given: { subnets: SUBNETS, leases: [LEASE] },
    when: byAddress(A),
    expect: "silence (leasequery-not-allowed)",
  },
  {
    name: "a query for another server: silence",
    given: GIVEN,
    when: { ...byAddress(A), server: OTHER_SERVER },
    expect: "silence (other-server-chosen)",
  },
  {
    name: "the relay agents of a subnet have no say in who asks for its leases",
    given: { ...GIVEN, subnets: [{ ...SUBNETS[1]!, relays: ["192.168.1.2"] }] },
    when: byAddress(A),
    expect: "LEASEACTIVE (lease-active)",
  },
];

testAnswers(ROWS);

function ask(question: Ask, given: EngineSketch = GIVEN): Packet {
  const { packet, told } = new Engine(given).decide(question);
  assert(packet !== undefined, told);
  return packet;
}

function seconds(packet: Packet, code: number): number | undefined {
  const octets = option(packet, code);
  return octets === undefined ? undefined : new DataView(octets.slice().buffer).getUint32(0);
}

Deno.test("LEASEACTIVE has the lease: header, times that are left, and its client (§6.4)", () => {
  const given = { ...GIVEN, leases: [{ ...LEASE, relayInformation: CIRCUIT_ID }] };
  for (const question of [byAddress(A), byId(ID), byMac(macOf(1))]) {
    const packet = ask(question, given);
    assert.equal(packet.op, 2);
    assert.equal(packet.ciaddr, A);
    assert.equal(packet.yiaddr, "0.0.0.0");
    assert.equal(packet.giaddr, ASKER);
    assert.equal(packet.mac, macOf(1));
    assert.equal(optionAddress(packet, 54), SERVER);
    assert.equal(seconds(packet, 51), 3_000);
    assert.equal(seconds(packet, 58), 1_800 - 600);
    assert.equal(seconds(packet, 59), 3_150 - 600);
    assert.equal(seconds(packet, 91), 600);
    assert.equal(option(packet, 92), undefined);
    assert.deepEqual(option(packet, 61), hexOctets(ID));
    assert.deepEqual(packet.options.at(-1), [82, CIRCUIT_ID]);
  }
});

Deno.test("times that are over are not there, and a lease without end has only that (§6.4)", () => {
  const old = { ...LEASE, updatedAtMs: START_MS - 3_500_000, expiresAtMs: START_MS + 100_000 };
  const late = ask(byAddress(A), { ...GIVEN, leases: [old] });
  assert.deepEqual([51, 58, 59, 91].map((code) => seconds(late, code)), [
    100,
    undefined,
    undefined,
    3_500,
  ]);
  const endless = ask(byAddress(A), { ...GIVEN, leases: [{ ...LEASE, expiresAtMs: Infinity }] });
  assert.deepEqual([51, 58, 59, 91].map((code) => seconds(endless, code)), [
    0xffff_ffff,
    undefined,
    undefined,
    600,
  ]);
});

Deno.test("LEASEACTIVE has the T1 and T2 that the client was told, not half of the lease (§6.4)", () => {
  const timers = { renewal: 0.25, rebinding: 0.5, spread: 0 };
  const times = { defaultSeconds: 3_600, minSeconds: 120, maxSeconds: 86_400 };
  const subnets = SUBNETS.map((it) => ({ ...it, leaseTime: { ...times, timers } }));
  const packet = ask(byAddress(A), { ...GIVEN, subnets });
  assert.equal(seconds(packet, 51), 3_000);
  assert.equal(seconds(packet, 58), 900 - 600);
  assert.equal(seconds(packet, 59), 1_800 - 600);

  // That of its reservation goes before.
  const own = { ...times, timers: { renewal: 0.75, rebinding: 0.8, spread: 0 } };
  const reservations = [{ mac: macOf(1), address: A, leaseTime: own }];
  const reserved = ask(byAddress(A), {
    ...GIVEN,
    subnets: subnets.map((it) => it.subnet === "192.168.1.0/24" ? { ...it, reservations } : it),
  });
  assert.equal(seconds(reserved, 58), 2_700 - 600);
});

Deno.test("a client with several addresses: the newest, and the others in option 92 (§6.4)", () => {
  const leases = [
    { ...LEASE, address: "10.20.1.7" },
    { ...LEASE, updatedAtMs: START_MS - 10_000 },
    { ...LEASE, address: "192.168.1.120", state: "released" as const },
  ];
  for (const question of [byId(ID), byMac(macOf(1))]) {
    const packet = ask(question, { ...GIVEN, leases });
    assert.equal(packet.ciaddr, A);
    assert.equal(seconds(packet, 91), 10);
    assert.deepEqual(option(packet, 92), octets("10.20.1.7"));
  }
  assert.equal(option(ask(byAddress(A), { ...GIVEN, leases }), 92), undefined);
});

Deno.test("LEASEUNKNOWN and LEASEUNASSIGNED say again what was asked, and nothing of leases", () => {
  const codes = (packet: Packet) => packet.options.map(([code]) => code);
  const unassigned = ask(byAddress("192.168.1.101"));
  assert.equal(unassigned.ciaddr, "192.168.1.101");
  assert.deepEqual(codes(unassigned), [53, 54]);
  const unknown = ask(byMac(macOf(2)));
  assert.deepEqual([unknown.ciaddr, unknown.mac], ["0.0.0.0", macOf(2)]);
  assert.deepEqual(codes(unknown), [53, 54]);
  assert.deepEqual(ask(byId("01:02")).options.at(-1), [61, hexOctets("01:02")]);
});

Deno.test("what is known of leases is known of them as they change", () => {
  const engine = new Engine({ ...GIVEN, leases: [] });
  const told = (question: Ask) => engine.decide(question).told;
  const mine: Ask = { type: 3, requested: A, clientId: ID };
  engine.ask(mine);
  assert.equal(told(byMac(macOf(1))), "LEASEACTIVE (lease-active)");
  // The same client on another card.
  engine.ask({ ...mine, mac: macOf(7) });
  assert.equal(told(byMac(macOf(1))), "LEASEUNKNOWN (lease-unknown)");
  assert.equal(told(byMac(macOf(7))), "LEASEACTIVE (lease-active)");
  engine.ask({ type: 7, ciaddr: A, clientId: ID, mac: macOf(7) });
  assert.equal(told(byMac(macOf(7))), "LEASEUNKNOWN (lease-unknown)");
  assert.equal(told(byAddress(A)), "LEASEUNASSIGNED (lease-unassigned)");
});

Deno.test("one card that poses as thousands of clients slows nobody down", () => {
  const engine = new Engine({
    ...GIVEN,
    subnets: [{ subnet: "10.20.0.0/16", pools: ["10.20.0.1-10.20.255.254"] }],
    leases: [],
  });
  const lease = (i: number, state: "bound" | "released" = "bound") => ({
    address: 0x0a14_0001 + i,
    client: makeClient(
      1,
      macOf(1),
      `ff:${(i >>> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`,
    ),
    state,
    updatedAtMs: START_MS + i,
    expiresAtMs: START_MS + 3_600_000,
  });
  const startedMs = performance.now();
  for (let i = 0; i < 40_000; i++) engine.leases.put(lease(i));
  // Were all of them looked at for each, that would be 800 million looks.
  assert(performance.now() - startedMs < 4_000);
  assert.equal(option(engine.decide(byMac(macOf(1))).packet!, 92)!.length, 4 * 63);
  // Those that are given back make room for others.
  for (let i = 0; i < 64; i++) engine.leases.put(lease(i, "released"));
  assert.equal(engine.decide(byMac(macOf(1))).told, "LEASEUNKNOWN (lease-unknown)");
  engine.leases.put(lease(39_999 + 1));
  assert.equal(engine.decide(byMac(macOf(1))).told, "LEASEACTIVE (lease-active)");
});
