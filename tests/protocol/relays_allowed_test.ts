/** The relay agents that a subnet lists: `relays` in the config. */
import { DECLINE, DISCOVER, octets, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  type EngineSketch,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";

const RELAY = "10.20.0.1";
const LOCAL = { subnet: "192.168.1.0/24", pools: ["192.168.1.100"] };
const ROUTED = { subnet: "10.20.0.0/16", pools: ["10.20.1.7"] };
const BEHIND = { subnet: "10.30.0.0/24", pools: ["10.30.0.9"] };
const SELECTABLE: EngineSketch = { subnetSelection: true };
const RELAYED: Ask = { type: DISCOVER, giaddr: RELAY, from: RELAY, to: SERVER };

const link = (address: string) => [82, Uint8Array.of(5, 4, ...octets(address))] as const;
const select = (address: string) => [118, octets(address)] as const;

const ALLOWED_ROWS: readonly AnswerRow[] = [
  {
    name: "a relay agent that its subnet lists",
    given: { subnets: [{ ...ROUTED, relays: ["10.20.0.2", RELAY] }, LOCAL] },
    when: RELAYED,
    expect: "OFFER 10.20.1.7 (free-address)",
  },
  {
    name: "a relay agent that its subnet does not list: silence, by a rule of its own",
    given: { subnets: [{ ...ROUTED, relays: ["10.20.0.2"] }, LOCAL] },
    when: RELAYED,
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "a relay agent that its subnet does not list has no REQUEST answered either",
    given: {
      subnets: [{ ...ROUTED, relays: ["10.20.0.2"] }, LOCAL],
      leases: [{ address: "10.20.1.7" }],
    },
    when: { ...RELAYED, type: REQUEST, ciaddr: "10.20.1.7" },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "a relay agent that its subnet does not list cannot decline an address",
    given: {
      subnets: [{ ...ROUTED, relays: ["10.20.0.2"] }, LOCAL],
      leases: [{ address: "10.20.1.7" }],
    },
    when: { ...RELAYED, type: DECLINE, requested: "10.20.1.7" },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "a subnet that lists no relay agent is reached through none",
    given: { subnets: [{ ...ROUTED, relays: [] }, LOCAL] },
    when: RELAYED,
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "link selection is up to the relay agents of the subnet that is selected",
    given: { subnets: [ROUTED, { ...BEHIND, relays: ["10.30.0.1"] }, LOCAL] },
    when: { ...RELAYED, options: [link("10.30.0.0")] },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "link selection by a relay agent of the subnet that is selected",
    given: { subnets: [ROUTED, { ...BEHIND, relays: [RELAY] }, LOCAL] },
    when: { ...RELAYED, options: [link("10.30.0.0")] },
    expect: "OFFER 10.30.0.9 (free-address)",
  },
  {
    name: "option 118 does not get a client past the relay agents of a subnet",
    given: { ...SELECTABLE, subnets: [ROUTED, { ...BEHIND, relays: ["10.30.0.1"] }, LOCAL] },
    when: { type: DISCOVER, options: [select("10.30.0.0")] },
    expect: "silence (relay-not-allowed)",
  },
  {
    name: "option 118 of the subnet that the client is on, which has relay agents, too",
    given: { ...SELECTABLE, subnets: [{ ...LOCAL, relays: ["192.168.1.254"] }] },
    when: { type: DISCOVER, options: [select("192.168.1.0")] },
    expect: "OFFER 192.168.1.100 (free-address)",
  },
  {
    name: "clients on the wire of a subnet with relay agents need none",
    given: { subnets: [{ ...LOCAL, relays: ["192.168.1.254"] }] },
    when: { type: DISCOVER },
    expect: "OFFER 192.168.1.100 (free-address)",
  },
  {
    name: "RENEWING by unicast goes past the relay agents of its subnet",
    given: {
      subnets: [{ ...ROUTED, relays: ["10.20.0.2"] }, LOCAL],
      leases: [{ address: "10.20.1.7" }],
    },
    when: { type: REQUEST, ciaddr: "10.20.1.7", to: SERVER },
    expect: "ACK 10.20.1.7 (renewed)",
  },
];

testAnswers(ALLOWED_ROWS);
