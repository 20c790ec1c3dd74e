import assert from "node:assert/strict";
import { DISCOVER, optionAddress, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  Engine,
  type EngineSketch,
  macOf,
  SERVER,
  START_MS,
  testAnswers,
} from "../support/engine_fixture.ts";

const RELAY = "10.20.0.1";
const ROUTED = { subnet: "10.20.0.0/16", pools: ["10.20.1.7"] };
const LOCAL = { subnet: "192.168.1.0/24", pools: ["192.168.1.100"] };
const SECOND = { subnet: "192.168.2.0/24", pools: ["192.168.2.100"] };
const THIRD = { subnet: "192.168.3.0/24", pools: ["192.168.3.100"] };
const RELAYED: Ask = { type: DISCOVER, giaddr: RELAY, from: RELAY, to: SERVER };
const TWO_ON_ONE_WIRE = ["192.168.1.1/24", "192.168.2.1/24"];

const ROWS: readonly AnswerRow[] = [
  {
    name: "giaddr chooses the subnet (§4.3.1); it needs no interface here",
    given: { subnets: [ROUTED, LOCAL] },
    when: RELAYED,
    expect: "OFFER 10.20.1.7 (free-address)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "giaddr chooses the subnet also on a machine without any subnet of its own",
    given: { subnets: [ROUTED], addresses: ["172.16.0.1/30"] },
    when: { ...RELAYED, to: "172.16.0.1" },
    expect: "OFFER 10.20.1.7 (free-address)",
  },
  {
    name: "giaddr that is a subnet's broadcast address: silence, it is no relay agent's",
    given: { subnets: [ROUTED, LOCAL] },
    when: { ...RELAYED, giaddr: "10.20.255.255" },
    expect: "silence (no-subnet)",
  },
  {
    name: "giaddr that is a subnet's own address: silence",
    given: { subnets: [ROUTED, LOCAL] },
    when: { ...RELAYED, giaddr: "10.20.0.0" },
    expect: "silence (no-subnet)",
  },
  {
    name: "giaddr outside of every subnet: silence, though the interface has one",
    given: { subnets: [LOCAL] },
    when: RELAYED,
    expect: "silence (no-subnet)",
  },
  {
    name: "giaddr goes before the address that the client asks for",
    given: { subnets: [ROUTED, LOCAL] },
    when: { ...RELAYED, requested: "192.168.1.100" },
    expect: "OFFER 10.20.1.7 (free-address)",
  },
  {
    name: "giaddr goes before ciaddr: REBINDING on another network than before",
    given: { subnets: [ROUTED, LOCAL] },
    when: { ...RELAYED, type: REQUEST, ciaddr: "192.168.1.100" },
    expect: "NAK (wrong-network)",
  },
  {
    name: "INIT-REBOOT through a relay with an address of the relay's network",
    given: { subnets: [ROUTED, LOCAL] },
    when: { ...RELAYED, type: REQUEST, requested: "10.20.1.7" },
    expect: "ACK 10.20.1.7 (healed-unknown-client)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "REBINDING through a relay",
    given: { subnets: [ROUTED, LOCAL], leases: [{ address: "10.20.1.7" }] },
    when: { ...RELAYED, type: REQUEST, ciaddr: "10.20.1.7" },
    expect: "ACK 10.20.1.7 (renewed)",
    destination: `relay ${RELAY}`,
  },
  {
    name: "RENEWING by unicast reaches us through a router, past the relay (§4.3.2)",
    given: { subnets: [ROUTED, LOCAL], leases: [{ address: "10.20.1.7" }] },
    when: { type: REQUEST, ciaddr: "10.20.1.7", to: SERVER },
    expect: "ACK 10.20.1.7 (renewed)",
    destination: `unicast 10.20.1.7 at ${macOf(1)}`,
  },
  {
    name: "RENEWING with an address outside of every subnet: wrong network",
    given: { subnets: [ROUTED, LOCAL] },
    when: { type: REQUEST, ciaddr: "172.16.0.9", from: "0.0.0.0", to: SERVER },
    expect: "NAK (wrong-network)",
    destination: "broadcast",
  },
  {
    name: "RENEWING with an address outside of every subnet, where we serve none: silence",
    given: { subnets: [ROUTED] },
    when: { type: REQUEST, ciaddr: "172.16.0.9", from: "0.0.0.0", to: SERVER },
    expect: "silence (no-subnet)",
  },
  {
    name: "RELEASE by unicast through a router",
    given: { subnets: [ROUTED, LOCAL], leases: [{ address: "10.20.1.7" }] },
    when: { type: RELEASE, ciaddr: "10.20.1.7", server: SERVER, to: SERVER },
    expect: "released 10.20.1.7",
  },
  {
    name: "without a relay, the subnet of the receiving interface (§4.3.1)",
    given: { subnets: [ROUTED, LOCAL, SECOND], addresses: ["192.168.2.1/24"] },
    when: { type: DISCOVER },
    expect: "OFFER 192.168.2.100 (free-address)",
  },
  {
    name: "the subnet that has the interface's address, whatever the interface's netmask",
    given: { subnets: [LOCAL, SECOND], addresses: ["192.168.2.1/16"] },
    when: { type: DISCOVER },
    expect: "OFFER 192.168.2.100 (free-address)",
  },
  {
    name: "an interface without a subnet of ours: silence",
    given: { subnets: [LOCAL], addresses: ["192.168.2.1/24"] },
    when: { type: DISCOVER },
    expect: "silence (no-subnet)",
  },
  {
    name: "an interface with several subnets: the first, for a client that says nothing",
    given: { subnets: [LOCAL, SECOND], addresses: TWO_ON_ONE_WIRE },
    when: { type: DISCOVER },
    expect: "OFFER 192.168.1.100 (free-address)",
  },
  {
    name: "an interface with several subnets: the one of the address that the client asks for",
    given: { subnets: [LOCAL, SECOND], addresses: TWO_ON_ONE_WIRE },
    when: { type: DISCOVER, requested: "192.168.2.100" },
    expect: "OFFER 192.168.2.100 (requested-address)",
  },
  {
    name: "an interface with several subnets: the one where the client has a reservation",
    given: {
      subnets: [LOCAL, { ...SECOND, reservations: [{ mac: macOf(1), address: "192.168.2.9" }] }],
      addresses: TWO_ON_ONE_WIRE,
    },
    when: { type: DISCOVER },
    expect: "OFFER 192.168.2.9 (reservation)",
  },
  {
    name: "an interface with several subnets: the one where the client is bound (§4.3.1)",
    given: {
      subnets: [LOCAL, SECOND],
      addresses: TWO_ON_ONE_WIRE,
      leases: [{ address: "192.168.2.100" }],
    },
    when: { type: DISCOVER },
    expect: "OFFER 192.168.2.100 (current-binding)",
  },
  {
    name: "an interface with several subnets: the reservation in one before a wish in the other",
    given: {
      subnets: [LOCAL, { ...SECOND, reservations: [{ mac: macOf(1), address: "192.168.2.9" }] }],
      addresses: TWO_ON_ONE_WIRE,
    },
    when: { type: DISCOVER, requested: "192.168.1.100" },
    expect: "OFFER 192.168.2.9 (reservation)",
  },
  {
    name: "an interface with several subnets: the second when the first is full",
    given: { subnets: [LOCAL, SECOND], addresses: TWO_ON_ONE_WIRE },
    after: [{ type: DISCOVER, mac: macOf(2) }],
    when: { type: DISCOVER },
    expect: "OFFER 192.168.2.100 (free-address)",
  },
  {
    name: "an interface with several subnets: another server chosen, our offer of the second",
    given: { subnets: [LOCAL, SECOND], addresses: TWO_ON_ONE_WIRE },
    after: [{ type: DISCOVER, requested: "192.168.2.100" }],
    when: { type: REQUEST, server: "10.0.0.1", requested: "10.0.0.2" },
    expect: "silence, offer withdrawn (other-server-chosen)",
  },
  {
    name: "an interface with several subnets: no other of ours, whatever the client asks for",
    given: { subnets: [LOCAL, SECOND, THIRD], addresses: TWO_ON_ONE_WIRE },
    when: { type: DISCOVER, requested: "192.168.3.100" },
    expect: "OFFER 192.168.1.100 (free-address)",
  },
  {
    name: "an interface with several subnets: INIT-REBOOT with an address of the second",
    given: { subnets: [LOCAL, SECOND], addresses: TWO_ON_ONE_WIRE },
    when: { type: REQUEST, requested: "192.168.2.100" },
    expect: "ACK 192.168.2.100 (healed-unknown-client)",
  },
  {
    name: "an interface whose first address is in no subnet of ours: the second is",
    given: { subnets: [SECOND], addresses: TWO_ON_ONE_WIRE },
    when: { type: DISCOVER },
    expect: "OFFER 192.168.2.100 (free-address)",
  },
  {
    name: "a binding in another subnet is none in this one (§4.3.1)",
    given: {
      subnets: [LOCAL, SECOND],
      addresses: ["192.168.2.1/24"],
      leases: [{ address: "192.168.1.100", updatedAtMs: START_MS - 1 }],
    },
    when: { type: DISCOVER },
    expect: "OFFER 192.168.2.100 (free-address)",
  },
];

testAnswers(ROWS);

interface ServerIdRow {
  readonly name: string;
  readonly given: EngineSketch;
  readonly when: Ask;
  readonly expect: string;
}

/** Option 54: "a server MUST choose an address [...] that [...] is reachable from the client". */
const SERVER_ID_ROWS: readonly ServerIdRow[] = [
  {
    name: "the address on the client's own subnet",
    given: { subnets: [LOCAL, SECOND], addresses: TWO_ON_ONE_WIRE },
    when: { type: DISCOVER, requested: "192.168.2.100" },
    expect: "192.168.2.1",
  },
  {
    name: "the primary address of the interface where none is on the client's subnet",
    given: { subnets: [ROUTED], addresses: ["172.16.0.1/30", "172.16.0.5/30"] },
    when: RELAYED,
    expect: "172.16.0.1",
  },
  {
    name: "the address that the relay reached us by",
    given: { subnets: [ROUTED, LOCAL], addresses: TWO_ON_ONE_WIRE },
    when: { ...RELAYED, to: "192.168.2.1" },
    expect: "192.168.2.1",
  },
  {
    name: "the address that a renewing client reached us by, of another interface even",
    given: {
      subnets: [ROUTED, LOCAL],
      otherAddresses: ["172.16.0.1"],
      leases: [{ address: "10.20.1.7" }],
    },
    when: { type: REQUEST, ciaddr: "10.20.1.7", to: "172.16.0.1" },
    expect: "172.16.0.1",
  },
  {
    name: "the address that the client selected",
    given: { subnets: [LOCAL], otherAddresses: ["172.16.0.1"] },
    when: { type: REQUEST, server: "172.16.0.1", requested: "192.168.1.100" },
    expect: "172.16.0.1",
  },
  {
    name: "never the broadcast address that the request was sent to",
    given: { subnets: [LOCAL] },
    when: { type: DISCOVER, to: "192.168.1.255" },
    expect: "192.168.1.1",
  },
];

for (const { name, given, when, expect } of SERVER_ID_ROWS) {
  Deno.test(`the server identifier is ${name} (§4.1)`, () => {
    const { packet, told } = new Engine(given).decide(when);
    assert(packet !== undefined, told);
    assert.equal(optionAddress(packet, 54), expect);
  });
}
