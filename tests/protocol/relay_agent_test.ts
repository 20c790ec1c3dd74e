/** What relay agents ask for, beyond giaddr: the sub-options of option 82 and their RFCs. */
import assert from "node:assert/strict";
import { DISCOVER, octets, optionAddress, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  Engine,
  type EngineSketch,
  macOf,
  OTHER_SERVER,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";

const RELAY = "10.20.0.1";
const LOCAL = { subnet: "192.168.1.0/24", pools: ["192.168.1.100"] };
const ROUTED = { subnet: "10.20.0.0/16", pools: ["10.20.1.7"] };
const BEHIND = { subnet: "10.30.0.0/24", pools: ["10.30.0.9"] };
const SUBNETS = [ROUTED, BEHIND, LOCAL];
const GIVEN: EngineSketch = { subnets: SUBNETS };
const SELECTABLE: EngineSketch = { subnets: SUBNETS, subnetSelection: true };
const RELAYED: Ask = { type: DISCOVER, giaddr: RELAY, from: RELAY, to: SERVER };

const CIRCUIT_ID = [1, 2, 0x67, 0x65];

/** Option 82 of a circuit id and more. */
function option82(...more: number[]): readonly [number, Uint8Array] {
  return [82, Uint8Array.of(...CIRCUIT_ID, ...more)];
}

const link = (address: string) => option82(5, 4, ...octets(address));
const override = (address: string, ...more: number[]) =>
  option82(11, 4, ...octets(address), ...more);
const select = (address: string) => [118, octets(address)] as const;

const SELECTION_ROWS: readonly AnswerRow[] = [
  {
    name: "link selection chooses the subnet, and giaddr stays the way back (RFC 3527 §3)",
    given: GIVEN,
    when: { ...RELAYED, options: [link("10.30.0.0")] },
    expect: "OFFER 10.30.0.9 (free-address)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "link selection by any address on the link (RFC 3527 §3)",
    given: GIVEN,
    when: { ...RELAYED, options: [link("10.30.0.77")] },
    expect: "OFFER 10.30.0.9 (free-address)",
  },
  {
    name: "link selection from a giaddr outside of every subnet of ours, where it is listed",
    given: { subnets: [ROUTED, { ...BEHIND, relays: ["172.16.0.9"] }, LOCAL] },
    when: { ...RELAYED, giaddr: "172.16.0.9", options: [link("10.30.0.0")] },
    expect: "OFFER 10.30.0.9 (free-address)",
    destination: "relay 172.16.0.9",
  },
  {
    name: "link selection from such a giaddr, where nothing lists it: anybody could be hit so",
    given: GIVEN,
    when: { ...RELAYED, giaddr: "8.8.8.8", options: [link("10.30.0.0")] },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "option 118 from such a giaddr, where nothing lists it",
    given: SELECTABLE,
    when: { ...RELAYED, giaddr: "8.8.8.8", options: [select("10.30.0.0")] },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "link selection of no subnet of ours: silence, though giaddr is on one",
    given: GIVEN,
    when: { ...RELAYED, options: [link("10.99.0.0")] },
    expect: "silence (no-subnet)",
  },
  {
    name: "link selection of another length than an address is none",
    given: GIVEN,
    when: { ...RELAYED, options: [option82(5, 3, 10, 30, 0)] },
    expect: "OFFER 10.20.1.7 (free-address)",
  },
  {
    name: "link selection with a giaddr that is a broadcast address: silence, we would shout",
    given: GIVEN,
    when: { ...RELAYED, giaddr: "10.20.255.255", options: [link("10.30.0.0")] },
    expect: "silence (no-subnet)",
  },
  {
    name: "link selection with a giaddr that is no host's: silence",
    given: GIVEN,
    when: { ...RELAYED, giaddr: "255.255.255.255", options: [link("10.30.0.0")] },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "link selection makes an address of giaddr's network a wrong one",
    given: GIVEN,
    when: { ...RELAYED, type: REQUEST, requested: "10.20.1.7", options: [link("10.30.0.0")] },
    expect: "NAK (wrong-network)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "REBINDING with link selection",
    given: { ...GIVEN, leases: [{ address: "10.30.0.9" }] },
    when: { ...RELAYED, type: REQUEST, ciaddr: "10.30.0.9", options: [link("10.30.0.0")] },
    expect: "ACK 10.30.0.9 (renewed)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "option 118 chooses the subnet for a relayed client (RFC 3011 §2)",
    given: SELECTABLE,
    when: { ...RELAYED, options: [select("10.30.0.0")] },
    expect: "OFFER 10.30.0.9 (free-address)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "option 118 chooses the subnet for a client on the wire (RFC 3011 §2)",
    given: SELECTABLE,
    when: { type: DISCOVER, options: [select("10.30.0.0")] },
    expect: "OFFER 10.30.0.9 (free-address)",
    destination: `hardware ${macOf(1)} 10.30.0.9`,
  },
  {
    name: "option 118 in SELECTING",
    given: SELECTABLE,
    after: [{ type: DISCOVER, options: [select("10.30.0.0")] }],
    when: {
      type: REQUEST,
      server: SERVER,
      requested: "10.30.0.9",
      options: [select("10.30.0.0")],
    },
    expect: "ACK 10.30.0.9 (outstanding-offer)",
  },
  {
    name: "option 118 of no subnet of ours: silence",
    given: SELECTABLE,
    when: { type: DISCOVER, options: [select("10.99.0.0")] },
    expect: "silence (no-subnet)",
  },
  {
    name: "option 118 makes an address of the wire a wrong one",
    given: SELECTABLE,
    when: { type: REQUEST, requested: "192.168.1.100", options: [select("10.30.0.0")] },
    expect: "NAK (wrong-network)",
  },
  {
    name: "option 118 means nothing unless the config says so",
    given: GIVEN,
    when: { type: DISCOVER, options: [select("10.30.0.0")] },
    expect: "OFFER 192.168.1.100 (free-address)",
  },
  {
    name: "link selection MUST go before option 118 (RFC 3527 §3)",
    given: SELECTABLE,
    when: { ...RELAYED, options: [select("192.168.1.0"), link("10.30.0.0")] },
    expect: "OFFER 10.30.0.9 (free-address)",
  },
];

const TRUST_ROWS: readonly AnswerRow[] = [
  {
    name: "option 82 with giaddr 0 means nothing: the client may have made it up (RFC 3046 §2.1)",
    given: GIVEN,
    when: { type: DISCOVER, options: [link("10.30.0.0")] },
    expect: "OFFER 192.168.1.100 (free-address)",
  },
  {
    name: "option 82 with giaddr 0 counts where the switches are trusted",
    given: { ...GIVEN, trustsOption82: true },
    when: { type: DISCOVER, options: [link("10.30.0.0")] },
    expect: "OFFER 10.30.0.9 (free-address)",
    destination: `hardware ${macOf(1)} 10.30.0.9`,
  },
  {
    name: "a server identifier of the client's own making does not make us the chosen server",
    given: GIVEN,
    when: {
      type: REQUEST,
      server: OTHER_SERVER,
      requested: "192.168.1.100",
      options: [override(OTHER_SERVER)],
    },
    expect: "silence (other-server-chosen)",
  },
];

const OVERRIDE_ROWS: readonly AnswerRow[] = [
  {
    name: "SELECTING with the overridden server identifier means us (RFC 5107 §4)",
    given: GIVEN,
    after: [{ ...RELAYED, options: [override(RELAY)] }],
    when: {
      ...RELAYED,
      type: REQUEST,
      server: RELAY,
      requested: "10.20.1.7",
      options: [override(RELAY)],
    },
    expect: "ACK 10.20.1.7 (outstanding-offer)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "SELECTING with that identifier, where no relay agent says so, means another server",
    given: GIVEN,
    when: { ...RELAYED, type: REQUEST, server: RELAY, requested: "10.20.1.7" },
    expect: "silence (other-server-chosen)",
  },
  {
    name: "RELEASE to the overridden server identifier (RFC 5107 §4)",
    given: { ...GIVEN, leases: [{ address: "10.20.1.7" }] },
    when: {
      ...RELAYED,
      type: RELEASE,
      ciaddr: "10.20.1.7",
      server: RELAY,
      options: [override(RELAY)],
    },
    expect: "released 10.20.1.7",
  },
  {
    name: "RENEWING through the relay agent in our place: it got a unicast (RFC 5010 §3)",
    given: { ...GIVEN, leases: [{ address: "10.20.1.7" }] },
    when: {
      ...RELAYED,
      type: REQUEST,
      ciaddr: "10.20.1.7",
      options: [override(RELAY, 10, 1, 0x80)],
    },
    expect: "ACK 10.20.1.7 (renewed)",
    destination: `relay ${RELAY}`,
  },
];

const PORT_ROWS: readonly AnswerRow[] = [
  {
    name: "sub-option 19: the reply goes to the UDP source port (RFC 8357)",
    given: GIVEN,
    when: { ...RELAYED, fromPort: 4067, options: [option82(19, 0)] },
    expect: "OFFER 10.20.1.7 (free-address)",
    destination: `relay ${RELAY}:4067`,
  },
  {
    name: "sub-option 19: a NAK goes there, too",
    given: GIVEN,
    when: {
      ...RELAYED,
      fromPort: 4067,
      type: REQUEST,
      requested: "192.168.9.9",
      options: [option82(19, 0)],
    },
    expect: "NAK (wrong-network)",
    destination: `relay ${RELAY}:4067`,
  },
  {
    name: "sub-option 19 from another address than giaddr chooses no port: it may be forged",
    given: GIVEN,
    when: { ...RELAYED, from: "203.0.113.5", fromPort: 53, options: [option82(19, 0)] },
    expect: "OFFER 10.20.1.7 (free-address)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "sub-option 19 from another address of a relay agent that is listed",
    given: { subnets: [{ ...ROUTED, relays: [RELAY] }, LOCAL] },
    when: { ...RELAYED, from: "10.77.0.2", fromPort: 4067, options: [option82(19, 0)] },
    expect: "OFFER 10.20.1.7 (free-address)",
    destination: `relay ${RELAY}:4067`,
  },
  {
    name: "without sub-option 19, to port 67, whatever the source port (RFC 2131 §4.1)",
    given: GIVEN,
    when: { ...RELAYED, fromPort: 4067, options: [option82()] },
    expect: "OFFER 10.20.1.7 (free-address)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "a sub-option 19 that is not empty is none",
    given: GIVEN,
    when: { ...RELAYED, fromPort: 4067, options: [option82(19, 1, 7)] },
    expect: "OFFER 10.20.1.7 (free-address)",
    destination: `relay ${RELAY}`,
  },
];

testAnswers([
  ...SELECTION_ROWS,
  ...TRUST_ROWS,
  ...OVERRIDE_ROWS,
  ...PORT_ROWS,
]);

Deno.test("option 54 is what the relay agent wants, in OFFER, ACK and NAK (RFC 5107 §4)", () => {
  const engine = new Engine(GIVEN);
  const options = [override("10.20.0.7")];
  const asks: readonly Ask[] = [
    { ...RELAYED, options },
    { ...RELAYED, type: REQUEST, requested: "10.20.1.7", options },
    { ...RELAYED, type: REQUEST, requested: "10.99.0.1", options },
  ];
  const told = asks.map((ask) => {
    const { told, packet } = engine.ask(ask);
    return `${told}: ${optionAddress(packet!, 54)}`;
  });
  assert.deepEqual(told, [
    "OFFER 10.20.1.7 (free-address): 10.20.0.7",
    "ACK 10.20.1.7 (healed-unknown-client): 10.20.0.7",
    "NAK (wrong-network): 10.20.0.7",
  ]);
});

Deno.test("an overriding server identifier of 0.0.0.0 is none", () => {
  const { packet } = new Engine(GIVEN).ask({ ...RELAYED, options: [override("0.0.0.0")] });
  assert.equal(optionAddress(packet!, 54), SERVER);
});

Deno.test("option 118 comes back as it went, asked for or not (RFC 3011 §2: MUST)", () => {
  const engine = new Engine(SELECTABLE);
  const options = [select("10.30.0.0")];
  for (
    const ask of [
      { type: DISCOVER, list: [3], options },
      { type: REQUEST, requested: "10.30.0.9", list: [3], options },
      { type: REQUEST, requested: "10.99.0.1", options },
      { ...RELAYED, options: [...options, link("10.30.0.0")] },
    ]
  ) {
    const { packet, told } = engine.decide(ask);
    const sent = packet!.options.filter(([code]) => code === 118);
    assert.deepEqual(sent, [[118, octets("10.30.0.0")]], told);
  }
  const { packet } = new Engine(GIVEN).decide({ type: DISCOVER, options });
  assert.equal(packet!.options.some(([code]) => code === 118), false);
});

Deno.test("option 82 comes back octet by octet whatever is in it (RFC 3046 §2.2, RFC 6607)", () => {
  for (
    const payload of [
      Uint8Array.of(152, 0, 151, 2, 0, 0x61, 19, 0, 11, 4, 10, 20, 0, 1, 200, 1, 7),
      Uint8Array.of(1, 9, 7),
      new Uint8Array(0),
    ]
  ) {
    const { packet } = new Engine(GIVEN).decide({ ...RELAYED, options: [[82, payload]] });
    assert.deepEqual(packet!.options.at(-1), [82, payload]);
  }
});

Deno.test("a lease keeps option 82, also when its client renews past the relay agent", () => {
  const engine = new Engine(GIVEN);
  const kept = () => engine.leases.get(0x0a140107)?.relayInformation;
  const offered = { ...RELAYED, options: [option82()] };
  engine.ask(offered);
  engine.ask({ ...offered, type: REQUEST, server: SERVER, requested: "10.20.1.7" });
  assert.deepEqual(kept(), Uint8Array.of(...CIRCUIT_ID));

  engine.advance(10);
  const renewal: Ask = { type: REQUEST, ciaddr: "10.20.1.7", to: SERVER };
  assert.equal(engine.ask(renewal).told, "ACK 10.20.1.7 (renewed)");
  assert.deepEqual(kept(), Uint8Array.of(...CIRCUIT_ID), "RENEWING says nothing of it");

  const moved = { ...RELAYED, type: REQUEST, ciaddr: "10.20.1.7", options: [option82(2, 1, 9)] };
  engine.ask(moved);
  assert.deepEqual(kept(), Uint8Array.of(...CIRCUIT_ID, 2, 1, 9), "REBINDING at another port");

  engine.ask({ ...RELAYED, type: REQUEST, requested: "10.20.1.7" });
  assert.equal(kept(), undefined, "a relay agent that says nothing any more");
});

Deno.test("a lease does not keep an option 82 that the client may have made up", () => {
  for (const trustsOption82 of [false, true]) {
    const engine = new Engine({ ...GIVEN, trustsOption82 });
    engine.ask({ type: REQUEST, requested: "192.168.1.100", options: [option82()] });
    const { relayInformation } = engine.leases.get(0xc0a80164)!;
    assert.deepEqual(relayInformation, trustsOption82 ? Uint8Array.of(...CIRCUIT_ID) : undefined);
  }
});
