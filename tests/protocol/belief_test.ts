/**
 * Who is believed, by where the message comes from: each kind of message by each way that it can
 * take. A lease changes only from where it lives (src/protocol/belief.ts).
 */
import assert from "node:assert/strict";
import { makeClient } from "../../src/leases/lease.ts";
import {
  DECLINE,
  DISCOVER,
  INFORM,
  octets,
  type PacketOption,
  RELEASE,
  REQUEST,
} from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  Engine,
  type EngineSketch,
  macOf,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";

/** On the wire of the LAN, where the lease lives; on a guest's wire; and beyond a relay agent. */
const A = "192.168.1.100";
const GUEST_SERVER = "192.168.50.1";
const REMOTE = "10.20.1.7";
const LAN = { subnet: "192.168.1.0/24", pools: [`${A}-192.168.1.199`] };
const GUEST = { subnet: "192.168.50.0/24", pools: ["192.168.50.100-192.168.50.199"] };
const ROUTED = { subnet: "10.20.0.0/16", pools: ["10.20.1.0-10.20.1.255"] };
const LISTED = "192.168.1.2";
const FORGED = "192.168.1.77";
const ROUTED_AGENT = "10.20.0.1";

/** The machine is on two wires, and the message comes by the first of `addresses`. */
function on(wire: "lan" | "guest"): EngineSketch {
  const [here, there] = wire === "lan" ? [SERVER, GUEST_SERVER] : [GUEST_SERVER, SERVER];
  return {
    subnets: [ROUTED, { ...LAN, relays: [LISTED] }, GUEST],
    addresses: [`${here}/24`],
    otherAddresses: [there],
    leases: [{ address: A }, { address: REMOTE }],
  };
}

const link = (address: string): PacketOption => [82, Uint8Array.of(5, 4, ...octets(address))];

/** The ways that a message can take, and what it has of them. */
const WAYS: Readonly<Record<string, { readonly given: EngineSketch; readonly ask: Partial<Ask> }>> =
  {
    "by broadcast on the wire": { given: on("lan"), ask: { from: "0.0.0.0" } },
    "by unicast on the wire, from ciaddr": { given: on("lan"), ask: { from: A, to: SERVER } },
    "by unicast on the wire, from another address": {
      given: on("lan"),
      ask: { from: "192.168.1.201", to: SERVER },
    },
    "by broadcast on another wire": { given: on("guest"), ask: { from: "0.0.0.0" } },
    "by unicast on another wire": { given: on("guest"), ask: { from: "192.168.50.9", to: SERVER } },
    "by unicast on another wire, from ciaddr": { given: on("guest"), ask: { from: A, to: SERVER } },
    "by a router, from ciaddr": {
      given: { ...on("guest"), addresses: ["198.51.100.1/24"] },
      ask: { from: A, to: SERVER },
    },
    "by a router, from elsewhere": { given: on("lan"), ask: { from: "203.0.113.5", to: SERVER } },
    "by the relay agent that the subnet lists": {
      given: on("lan"),
      ask: { giaddr: LISTED, from: LISTED, to: SERVER },
    },
    "by a relay agent that is made up in the subnet": {
      given: on("lan"),
      ask: { giaddr: FORGED, from: "203.0.113.5", to: SERVER },
    },
    "by a relay agent of another subnet": {
      given: on("lan"),
      ask: { giaddr: ROUTED_AGENT, from: ROUTED_AGENT, to: SERVER },
    },
    "by a relay agent of another subnet that selects this one": {
      given: on("lan"),
      ask: { giaddr: ROUTED_AGENT, from: ROUTED_AGENT, to: SERVER, options: [link(A)] },
    },
  };

const WIRE = [
  "by broadcast on the wire",
  "by unicast on the wire, from ciaddr",
  "by unicast on the wire, from another address",
];
const AGENT = "by the relay agent that the subnet lists";

/** What the holder of A sends, and by which ways it changes the lease. */
const MESSAGES: readonly {
  readonly kind: string;
  readonly ask: Ask;
  readonly believed: readonly string[];
}[] = [
  { kind: "DISCOVER", ask: { type: DISCOVER, requested: A }, believed: [...WIRE, AGENT] },
  { kind: "INIT-REBOOT", ask: { type: REQUEST, requested: A }, believed: [...WIRE, AGENT] },
  {
    kind: "SELECTING",
    ask: { type: REQUEST, requested: A, server: SERVER },
    believed: [...WIRE, AGENT],
  },
  {
    kind: "RENEWING or REBINDING",
    ask: { type: REQUEST, ciaddr: A },
    believed: [
      "by broadcast on the wire",
      "by unicast on the wire, from ciaddr",
      AGENT,
    ],
  },
  {
    kind: "DECLINE",
    ask: { type: DECLINE, requested: A, server: SERVER },
    believed: [...WIRE, AGENT],
  },
  {
    kind: "RELEASE",
    ask: { type: RELEASE, ciaddr: A, server: SERVER },
    believed: [
      "by unicast on the wire, from ciaddr",
      AGENT,
    ],
  },
];

for (const { kind, ask, believed } of MESSAGES) {
  for (const [way, { given, ask: how }] of Object.entries(WAYS)) {
    const isBelieved = believed.includes(way);
    Deno.test(`${kind} ${way}: ${isBelieved ? "believed" : "nothing happens to the lease"}`, () => {
      const engine = new Engine(given);
      const { told } = engine.decide({ ...ask, ...how });
      assert.equal(told.includes(A), isBelieved, told);
      if (isBelieved || !told.startsWith("silence")) return;
      assert.match(told, /off-link|relay-not-allowed|not-the-holder|no-subnet|other-server/);
    });
  }
}

const RESERVED = "192.168.1.150";
const RESERVING: EngineSketch = {
  subnets: [{ ...LAN, reservations: [{ mac: macOf(1), address: RESERVED }] }, GUEST],
};
/** A holder that has an identifier. */
const NAMED = makeClient(1, macOf(1), "ff:01");
/** The machine of the reservation, by another name: it has no lease. */
const RENEWAL: Ask = { type: REQUEST, ciaddr: RESERVED, clientId: "00:65:76:69:6c" };

testAnswers([
  {
    name: "RENEWING of a reserved address by who does not hold it, on its wire: it may",
    given: RESERVING,
    when: { ...RENEWAL, from: RESERVED, to: SERVER },
    expect: `ACK ${RESERVED} (confirmed)`,
  },
  {
    name: "RENEWING of a reserved address by who does not hold it, on another wire: silence",
    given: { ...RESERVING, addresses: [`${GUEST_SERVER}/24`], otherAddresses: [SERVER] },
    when: { ...RENEWAL, from: RESERVED, to: SERVER },
    expect: "silence (off-link)",
  },
  {
    name: "RENEWING of a reserved address by who does not hold it, through a router: silence",
    given: { ...RESERVING, addresses: ["198.51.100.1/24"], otherAddresses: [SERVER] },
    when: { ...RENEWAL, from: RESERVED, to: SERVER },
    expect: "silence (off-link)",
  },
  {
    name: "RENEWING under the holder's identifier from other hardware, on another wire: silence",
    given: { ...on("guest"), leases: [{ address: A, client: NAMED }] },
    when: { type: REQUEST, ciaddr: A, clientId: "ff:01", mac: macOf(9), from: A, to: SERVER },
    expect: "silence (off-link)",
  },
  {
    name: "RENEWING under the holder's identifier from other hardware, by a router: silence",
    given: { ...on("lan"), leases: [{ address: REMOTE, client: NAMED }] },
    when: {
      type: REQUEST,
      ciaddr: REMOTE,
      clientId: "ff:01",
      mac: macOf(9),
      from: REMOTE,
      to: SERVER,
    },
    expect: "silence (off-link)",
  },
  {
    name: "RENEWING of a holder with an identifier, by a router: it may",
    given: { ...on("lan"), leases: [{ address: REMOTE, client: NAMED }] },
    when: { type: REQUEST, ciaddr: REMOTE, clientId: "ff:01", from: REMOTE, to: SERVER },
    expect: `ACK ${REMOTE} (renewed)`,
  },
  {
    name: "BOOTP with a made-up relay agent in our own subnet: silence",
    given: { subnets: [{ ...LAN, bootp: "dynamic" }] },
    when: { giaddr: FORGED, from: "203.0.113.5", to: SERVER },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "INFORM by a router: options, since nothing changes",
    given: { subnets: [ROUTED, LAN] },
    when: { type: INFORM, ciaddr: REMOTE, from: REMOTE, to: SERVER },
    expect: "ACK (options-only)",
  },
]);

/** `relays` of a subnet selects it, wherever the relay agent is at home. */
const CHOSEN = { subnet: "192.168.52.0/24", pools: ["192.168.52.10"] };
const SELECTING: EngineSketch = {
  subnets: [ROUTED, LAN, { ...CHOSEN, relays: [FORGED, "172.16.0.1"] }],
};
const AT_HOME: readonly AnswerRow[] = [
  {
    name: "a relay agent that a subnet lists selects it, though it is at home in another",
    given: SELECTING,
    when: { type: DISCOVER, giaddr: FORGED, from: FORGED, to: SERVER },
    expect: "OFFER 192.168.52.10 (free-address)",
    destination: `relay ${FORGED}`,
  },
  {
    name: "a relay agent that a subnet lists selects it, though it is at home in none",
    given: SELECTING,
    when: { type: DISCOVER, giaddr: "172.16.0.1", from: "172.16.0.1", to: SERVER },
    expect: "OFFER 192.168.52.10 (free-address)",
    destination: "relay 172.16.0.1",
  },
  {
    name: "a relay agent that a subnet lists does not speak for the one that it is at home in",
    given: { ...SELECTING, leases: [{ address: A }] },
    when: { type: DECLINE, requested: A, giaddr: FORGED, from: FORGED, to: SERVER },
    expect: "silence (off-link)",
  },
  {
    name: "a relay agent beside one that is listed: silence",
    given: SELECTING,
    when: { type: DISCOVER, giaddr: "192.168.1.78", from: "192.168.1.78", to: SERVER },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "what a relay agent says of the link goes before the subnet that lists it (RFC 3527 §3)",
    given: SELECTING,
    when: {
      type: DISCOVER,
      giaddr: FORGED,
      from: FORGED,
      to: SERVER,
      options: [link("10.20.0.0")],
    },
    expect: "OFFER 10.20.1.150 (free-address)",
  },
  {
    name: "a relay agent that is listed elsewhere selects no subnet of our own wire",
    given: SELECTING,
    when: { type: DISCOVER, giaddr: FORGED, from: FORGED, to: SERVER, options: [link(A)] },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "a relay agent of a subnet that shares our wire has to be listed there, too",
    given: {
      subnets: [
        { ...LAN, sharedNetwork: "wire" },
        { ...CHOSEN, sharedNetwork: "wire" },
      ],
    },
    when: { type: DISCOVER, giaddr: "192.168.52.2", from: "192.168.52.2", to: SERVER },
    expect: "silence (relay-not-allowed)",
  },
];
testAnswers(AT_HOME);
