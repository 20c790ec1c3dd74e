import assert from "node:assert/strict";
import { DISCOVER, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  type Ask,
  classifyAsk,
  Engine,
  macOf,
  SERVER,
  testAnswers,
} from "../support/engine_fixture.ts";
import { ip, numberedClient } from "../support/leases_fixture.ts";

const A = "192.168.1.100";
const B = "192.168.1.101";
const RESERVED = "192.168.1.10";
const ALSO_RESERVED = "192.168.1.11";
const ID = "01:b8:27:eb:00:00:01";
const OTHER_ID = "ff:00:00:00:01";

interface IdentityRow {
  readonly name: string;
  readonly when: Omit<Ask, "type">;
  readonly expect: string;
}

const IDENTITY_ROWS: readonly IdentityRow[] = [
  { name: "client identifier, if sent", when: { clientId: ID }, expect: `id:${ID}` },
  {
    name: "client identifier of one octet",
    when: { clientId: "00" },
    expect: "id:00",
  },
  {
    name: "client identifier, whatever the hardware address is",
    when: { clientId: ID, mac: macOf(9), htype: 6 },
    expect: `id:${ID}`,
  },
  {
    name: "htype and chaddr where there is no client identifier",
    when: {},
    expect: "hw:1:b8:27:eb:00:00:01",
  },
  {
    name: "htype and chaddr where the client identifier is empty",
    when: { clientId: "" },
    expect: "hw:1:b8:27:eb:00:00:01",
  },
  {
    name: "htype too: the same octets on another kind of hardware are another client",
    when: { htype: 6 },
    expect: "hw:6:b8:27:eb:00:00:01",
  },
  {
    name: "hlen octets of chaddr, not its padding",
    when: { mac: "b8:27:eb:00:00:01:aa:bb", hlen: 6 },
    expect: "hw:1:b8:27:eb:00:00:01",
  },
  {
    name: "all 16 octets of chaddr where hlen says so",
    when: { mac: "b8:27:eb:00:00:01:aa:bb", hlen: 16 },
    expect: "hw:1:b8:27:eb:00:00:01:aa:bb:00:00:00:00:00:00:00:00",
  },
  {
    name: "client identifier where there is no hardware address (RFC 4390 §2.1)",
    when: { clientId: OTHER_ID, htype: 32, hlen: 0 },
    expect: `id:${OTHER_ID}`,
  },
];

for (const { name, when, expect } of IDENTITY_ROWS) {
  Deno.test(`a client is known by its ${name} (RFC 2131 §4.2)`, () => {
    const request = classifyAsk({ type: DISCOVER, ...when }, [`${SERVER}/24`]);
    assert(request.kind === "DISCOVER");
    assert.equal(request.client.key, expect);
  });
}

const RESERVED_BY_MAC = {
  subnets: [{ pools: [`${A}-${B}`], reservations: [{ mac: macOf(1), address: RESERVED }] }],
};
const RESERVED_BY_ID = {
  subnets: [{ pools: [`${A}-${B}`], reservations: [{ clientId: ID, address: RESERVED }] }],
};
const HELD_BY_MAC = { leases: [{ address: A }] };
const HELD_BY_ID = { leases: [{ address: A, client: numberedClient(1, ID) }] };
const TWO_ADDRESSES = { subnets: [{ pools: [`${A}-${B}`] }] };

const ROWS: readonly AnswerRow[] = [
  {
    name: "same chaddr with another client identifier is another client: no current binding",
    given: { ...TWO_ADDRESSES, ...HELD_BY_ID },
    when: { type: DISCOVER, clientId: OTHER_ID, requested: A },
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "same chaddr with another client identifier is another client: its REQUEST is refused",
    given: HELD_BY_ID,
    when: { type: REQUEST, clientId: OTHER_ID, requested: A },
    expect: "NAK (address-not-available)",
  },
  {
    name: "same chaddr without a client identifier is another client",
    given: HELD_BY_ID,
    when: { type: REQUEST, ciaddr: A },
    expect: "NAK (address-not-available)",
  },
  {
    name: "same chaddr with a client identifier is not the client without",
    given: HELD_BY_MAC,
    when: { type: REQUEST, ciaddr: A, clientId: ID },
    expect: "NAK (address-not-available)",
  },
  {
    name: "same client identifier on another chaddr is the same client",
    given: HELD_BY_ID,
    when: { type: REQUEST, ciaddr: A, mac: macOf(7), clientId: ID },
    expect: `ACK ${A} (renewed)`,
  },
  {
    name: "an empty client identifier is none: the same client as without",
    given: HELD_BY_MAC,
    when: { type: REQUEST, ciaddr: A, clientId: "" },
    expect: `ACK ${A} (renewed)`,
  },
  ...[undefined, "", ID, OTHER_ID].map((clientId): AnswerRow => ({
    name: `a reservation by MAC matches with the client identifier ${clientId}`,
    given: RESERVED_BY_MAC,
    when: { type: DISCOVER, ...(clientId === undefined ? {} : { clientId }) },
    expect: `OFFER ${RESERVED} (reservation)`,
  })),
  {
    name: "a reservation by MAC does not match another MAC",
    given: RESERVED_BY_MAC,
    when: { type: DISCOVER, mac: macOf(2), requested: A },
    expect: `OFFER ${A} (requested-address)`,
  },
  {
    name: "a reservation by MAC does not match the same octets on other hardware",
    given: RESERVED_BY_MAC,
    when: { type: DISCOVER, htype: 6, requested: A },
    expect: `OFFER ${A} (requested-address)`,
  },
  {
    name: "a reservation by MAC does not match a longer hardware address that begins with it",
    given: RESERVED_BY_MAC,
    when: { type: DISCOVER, hlen: 8, requested: A },
    expect: `OFFER ${A} (requested-address)`,
  },
  {
    name: "a reservation by client identifier matches on any chaddr",
    given: RESERVED_BY_ID,
    when: { type: DISCOVER, mac: macOf(7), clientId: ID },
    expect: `OFFER ${RESERVED} (reservation)`,
  },
  {
    name: "a reservation by client identifier does not match another identifier",
    given: RESERVED_BY_ID,
    when: { type: DISCOVER, clientId: OTHER_ID, requested: A },
    expect: `OFFER ${A} (requested-address)`,
  },
  {
    name: "a reservation by client identifier goes before one by MAC",
    given: {
      subnets: [{
        reservations: [{ mac: macOf(1), address: RESERVED }, {
          clientId: ID,
          address: ALSO_RESERVED,
        }],
      }],
    },
    when: { type: DISCOVER, clientId: ID },
    expect: `OFFER ${ALSO_RESERVED} (reservation)`,
  },
  {
    name: "a reserved address inside a pool is for its client only",
    given: {
      subnets: [{ pools: [`${A}-${B}`], reservations: [{ mac: macOf(1), address: A }] }],
    },
    when: { type: DISCOVER, mac: macOf(2), requested: A },
    expect: `OFFER ${B} (free-address)`,
  },
  {
    name: "a reserved address inside a pool is given to its client",
    given: {
      subnets: [{ pools: [`${A}-${B}`], reservations: [{ mac: macOf(1), address: A }] }],
    },
    when: { type: DISCOVER, requested: B },
    expect: `OFFER ${A} (reservation)`,
  },
];

testAnswers(ROWS);

Deno.test("two systems of one machine with a reservation by MAC do not share its address", () => {
  const engine = new Engine(RESERVED_BY_MAC);
  const first: Ask = { type: REQUEST, server: SERVER, requested: RESERVED, clientId: ID };
  assert.equal(engine.ask(first).told, `ACK ${RESERVED} (confirmed)`);
  assert.equal(engine.leases.get(ip(RESERVED))?.client.key, `id:${ID}`);
  const second = engine.ask({ type: DISCOVER, clientId: OTHER_ID, requested: A });
  assert.equal(second.told, `OFFER ${A} (requested-address)`);
});
