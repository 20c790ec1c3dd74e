import assert from "node:assert/strict";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import { type Ask, Engine, macOf, SERVER } from "../support/engine_fixture.ts";

const A = "192.168.1.100";
const RELAY = "192.168.1.254";
const BROADCAST = 0x8000;

interface Row {
  readonly name: string;
  readonly when: Ask;
  readonly expect: string;
}

/** RFC 2131 §4.1 for an OFFER or ACK of `A`, branch by branch. */
const ROWS: readonly Row[] = [
  {
    name: "to the relay, when giaddr is not zero",
    when: { type: DISCOVER, giaddr: RELAY },
    expect: `relay ${RELAY}`,
  },
  {
    name: "to the relay, whatever the broadcast bit",
    when: { type: REQUEST, requested: A, giaddr: RELAY, flags: BROADCAST },
    expect: `relay ${RELAY}`,
  },
  {
    name: "to the relay, whatever ciaddr",
    when: { type: REQUEST, ciaddr: A, giaddr: RELAY },
    expect: `relay ${RELAY}`,
  },
  {
    name: "to ciaddr, when giaddr is zero and ciaddr is not (RENEWING)",
    when: { type: REQUEST, ciaddr: A, to: SERVER },
    expect: `unicast ${A} at ${macOf(1)}`,
  },
  {
    name: "to ciaddr, when giaddr is zero and ciaddr is not (REBINDING)",
    when: { type: REQUEST, ciaddr: A },
    expect: `unicast ${A} at ${macOf(1)}`,
  },
  {
    name: "to ciaddr, and by ARP, when frames to chaddr do not arrive: the broadcast bit",
    when: { type: REQUEST, ciaddr: A, flags: BROADCAST },
    expect: `unicast ${A}`,
  },
  {
    name: "to everybody, when giaddr and ciaddr are zero and the broadcast bit is set",
    when: { type: DISCOVER, flags: BROADCAST },
    expect: "broadcast",
  },
  {
    name: "to everybody, when the broadcast bit is set among others",
    when: { type: REQUEST, requested: A, flags: 0xffff },
    expect: "broadcast",
  },
  {
    name: "to chaddr and yiaddr, when the broadcast bit is not set",
    when: { type: DISCOVER },
    expect: `hardware ${macOf(1)} ${A}`,
  },
  {
    name: "to chaddr and yiaddr, when other bits of flags are set (they MUST be ignored)",
    when: { type: REQUEST, requested: A, flags: 0x7fff },
    expect: `hardware ${macOf(1)} ${A}`,
  },
  {
    name: "to chaddr and yiaddr, for SELECTING",
    when: { type: REQUEST, server: SERVER, requested: A },
    expect: `hardware ${macOf(1)} ${A}`,
  },
  {
    name: "to chaddr and yiaddr, when ciaddr is not what it has from us: it may be forged",
    when: { type: DISCOVER, ciaddr: "203.0.113.5" },
    expect: `hardware ${macOf(1)} ${A}`,
  },
  {
    name: "to everybody, when chaddr is a group address: it is no client's own",
    when: { type: DISCOVER, mac: "01:00:5e:00:00:01" },
    expect: "broadcast",
  },
  {
    name: "to everybody, when the hardware is not Ethernet: we cannot frame it",
    when: { type: DISCOVER, htype: 6 },
    expect: "broadcast",
  },
  {
    name: "to everybody, when the hardware address is longer than Ethernet's",
    when: { type: DISCOVER, hlen: 8 },
    expect: "broadcast",
  },
  {
    name: "to everybody, for InfiniBand, which has no hardware address (RFC 4390 §2.2)",
    when: { type: DISCOVER, htype: 32, hlen: 0, clientId: "ff:01" },
    expect: "broadcast",
  },
];

for (const { name, when, expect } of ROWS) {
  Deno.test(`an OFFER or ACK goes ${name} (§4.1)`, () => {
    const { destination, told } = new Engine({ subnets: [{ pools: [A], relays: [RELAY] }] }).decide(
      when,
    );
    assert.equal(destination, expect, told);
  });
}

Deno.test("a reply to a hardware address keeps it when the receive buffer is used again", () => {
  const { decision } = new Engine().decide({ type: DISCOVER });
  assert(decision?.kind === "reply" && decision.reply.destination.kind === "hardware");
  const { hardwareAddress } = decision.reply.destination;
  assert.equal(hardwareAddress.buffer.byteLength, 6, "a copy, not a view on the request");
});
