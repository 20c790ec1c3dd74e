/**
 * Messages without a relay agent that come by unicast from another network: from a client behind a
 * router (RFC 2131 §4.4.5), or from anybody who can reach us.
 */
import { DECLINE, DISCOVER, INFORM, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  type EngineSketch,
  macOf,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";

const A = "192.168.1.100";
const REMOTE = "10.20.1.7";
const OFF_LINK = { from: "203.0.113.5", to: SERVER };
const LOCAL = { subnet: "192.168.1.0/24", pools: ["192.168.1.100-192.168.1.199"] };
const ROUTED = { subnet: "10.20.0.0/16", pools: ["10.20.1.0-10.20.1.255"] };
const HELD: EngineSketch = { leases: [{ address: A }] };
const RAPID: EngineSketch = { subnets: [{ ...LOCAL, rapidCommit: true }] };
const OLD: EngineSketch = { subnets: [{ ...LOCAL, bootp: "dynamic" }] };
const SILENCE = "silence (off-link)";

/** What gets nothing, so that nobody fills a pool, or makes a wire hear a NAK, from afar. */
const REFUSED: readonly (Pick<AnswerRow, "name" | "given"> & { readonly ask: Ask })[] = [
  { name: "DISCOVER", ask: { type: DISCOVER } },
  {
    name: "DISCOVER with rapid commit",
    given: RAPID,
    ask: { type: DISCOVER, options: [[80, new Uint8Array(0)]] },
  },
  { name: "BOOTP", given: OLD, ask: {} },
  { name: "SELECTING", ask: { type: REQUEST, server: SERVER, requested: A } },
  {
    name: "SELECTING of what would be refused",
    ask: { type: REQUEST, server: SERVER, requested: "10.9.9.9" },
  },
  { name: "INIT-REBOOT", ask: { type: REQUEST, requested: A } },
  { name: "INIT-REBOOT of its own lease", given: HELD, ask: { type: REQUEST, requested: A } },
  { name: "RENEWING of an address that is free", ask: { type: REQUEST, ciaddr: A } },
  { name: "RENEWING of an alien address", ask: { type: REQUEST, ciaddr: "10.9.9.9" } },
  {
    name: "RENEWING of an address that another holds",
    given: HELD,
    ask: { type: REQUEST, mac: macOf(2), ciaddr: A },
  },
  { name: "DECLINE", given: HELD, ask: { type: DECLINE, requested: A } },
];

testAnswers(REFUSED.map(({ name, given, ask }): AnswerRow => ({
  name: `off-link: ${name}: silence, also to everybody on our wire`,
  ...(given === undefined ? {} : { given }),
  when: { ...ask, ...OFF_LINK },
  expect: SILENCE,
})));

testAnswers([
  {
    name: "off-link: a client behind a router renews the lease that it holds (§4.4.5)",
    given: { subnets: [ROUTED, LOCAL], leases: [{ address: REMOTE }] },
    when: { type: REQUEST, ciaddr: REMOTE, from: REMOTE, to: SERVER },
    expect: `ACK ${REMOTE} (renewed)`,
    destination: `unicast ${REMOTE} at ${macOf(1)}`,
  },
  {
    name: "off-link: a client behind a router whose address is reserved for another: no NAK here",
    given: {
      subnets: [{ ...ROUTED, reservations: [{ mac: macOf(2), address: REMOTE }] }, LOCAL],
      leases: [{ address: REMOTE }],
    },
    when: { type: REQUEST, ciaddr: REMOTE, from: REMOTE, to: SERVER },
    expect: SILENCE,
  },
  {
    name: "off-link: a client behind a router gives its address back (§4.4.6)",
    given: { subnets: [ROUTED, LOCAL], leases: [{ address: REMOTE }] },
    when: { type: RELEASE, ciaddr: REMOTE, from: REMOTE, server: SERVER, to: SERVER },
    expect: `released ${REMOTE}`,
  },
  {
    name: "off-link: a client behind a router asks for options (§4.4.3)",
    given: { subnets: [ROUTED, LOCAL] },
    when: { type: INFORM, ciaddr: REMOTE, from: REMOTE, to: SERVER },
    expect: "ACK (options-only)",
  },
  {
    name: "not off-link: by unicast from 0.0.0.0, as a client that knows us may ask (§4.4.4)",
    when: { type: REQUEST, requested: A, to: SERVER },
    expect: `ACK ${A} (healed-unknown-client)`,
  },
  {
    name: "not off-link: from a subnet that shares the wire, though no address of ours is in it",
    given: {
      subnets: [
        { ...LOCAL, sharedNetwork: "campus" },
        { subnet: "192.168.2.0/24", sharedNetwork: "campus", pools: ["192.168.2.100"] },
      ],
    },
    when: { type: REQUEST, ciaddr: "192.168.2.100", from: "192.168.2.100", to: SERVER },
    expect: "ACK 192.168.2.100 (healed-unknown-client)",
  },
  {
    name: "not off-link: from the network of the interface, which is wider than the subnet",
    given: { addresses: ["192.168.1.1/16"] },
    when: { type: REQUEST, ciaddr: "192.168.9.9", from: "192.168.9.9", to: SERVER },
    expect: "NAK (wrong-network)",
    destination: "broadcast",
  },
  {
    name: "off-link: what a router made of a broadcast for our network (RFC 2644)",
    when: { type: DISCOVER, from: "203.0.113.5", to: "192.168.1.255" },
    expect: SILENCE,
  },
]);
