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

/** What a machine calls itself from its firmware to its system; GRUB calls itself nothing. */
const NAMES_OF_ONE_MACHINE = [`01:${macOf(1)}`, undefined, ID, OTHER_ID, "00:aa:bb", undefined];

/** From DISCOVER to ACK; what the client has then. */
function boot(engine: Engine, who: Pick<Ask, "mac" | "clientId">): string | undefined {
  const offer = engine.ask({ type: DISCOVER, ...who });
  const requested = offer.packet?.yiaddr;
  if (requested === undefined) return undefined;
  const ack = engine.ask({ type: REQUEST, server: SERVER, requested, ...who });
  return ack.told.startsWith("ACK") ? requested : ack.told;
}

function namedAs(clientId: string | undefined): Pick<Ask, "clientId"> {
  return clientId === undefined ? {} : { clientId };
}

Deno.test("a reservation by MAC is for the machine, whatever it calls itself", () => {
  const engine = new Engine(RESERVED_BY_MAC);
  for (const clientId of NAMES_OF_ONE_MACHINE) {
    assert.equal(boot(engine, namedAs(clientId)), RESERVED, clientId);
    const held = engine.leases.get(ip(RESERVED));
    assert.equal(held?.client.clientId, clientId, "the lease is under the name of the last");
    assert.equal(engine.leases.size, 1, "no second lease is left");
  }
});

for (
  const [state, when] of [
    ["INIT-REBOOT", { requested: RESERVED }],
    ["RENEWING", { ciaddr: RESERVED, to: SERVER }],
    ["REBINDING", { ciaddr: RESERVED }],
  ] as const
) {
  Deno.test(`${state}: a machine goes on under another name with what is reserved for its MAC`, () => {
    const engine = new Engine(RESERVED_BY_MAC);
    boot(engine, { clientId: ID });
    const { told } = engine.ask({ type: REQUEST, clientId: OTHER_ID, ...when });
    assert.equal(told, `ACK ${RESERVED} (renewed)`);
    assert.equal(engine.leases.get(ip(RESERVED))?.client.clientId, OTHER_ID);
  });
}

Deno.test("a machine is offered its reserved address under each name, while an offer is out", () => {
  const engine = new Engine(RESERVED_BY_MAC);
  for (const clientId of NAMES_OF_ONE_MACHINE) {
    const { told } = engine.ask({ type: DISCOVER, ...namedAs(clientId) });
    assert.equal(told, `OFFER ${RESERVED} (reservation)`);
  }
  assert.equal(engine.leases.yieldedCount, 0);
});

testAnswers([
  {
    name: "RENEWING through a router, under another name than the lease has: silence",
    given: {
      ...RESERVED_BY_MAC,
      leases: [{ address: RESERVED, client: numberedClient(1, ID) }],
    },
    when: { type: REQUEST, ciaddr: RESERVED, clientId: OTHER_ID, from: "10.9.9.9", to: SERVER },
    expect: "silence (off-link)",
  },
  {
    name: "a terminal that speaks BOOTP gets what its installer was given",
    given: {
      ...RESERVED_BY_MAC,
      leases: [{ address: RESERVED, client: numberedClient(1, ID) }],
    },
    when: {},
    expect: `BOOTREPLY ${RESERVED} (reservation)`,
  },
]);

const BY_TWO_MACS = {
  subnets: [{
    pools: [`${A}-${B}`],
    reservations: [{ macs: [macOf(1), macOf(2)], address: RESERVED }],
  }],
};

Deno.test("a reservation by several MACs: one machine at a time, each under any name", () => {
  const engine = new Engine(BY_TWO_MACS);
  assert.equal(boot(engine, { mac: macOf(1), clientId: ID }), RESERVED);
  assert.equal(boot(engine, { mac: macOf(1), clientId: OTHER_ID }), RESERVED, "the same machine");
  assert.notEqual(boot(engine, { mac: macOf(2) }), RESERVED, "another one, meanwhile");
  assert.equal(boot(engine, { mac: macOf(1) }), RESERVED);
});

Deno.test("a reservation by several MACs: a laptop with one name has it by each of its cards", () => {
  const engine = new Engine(BY_TWO_MACS);
  for (const number of [1, 2, 1]) {
    assert.equal(boot(engine, { mac: macOf(number), clientId: ID }), RESERVED);
  }
});

Deno.test("a reservation by client identifier is for it, and not for its machine", () => {
  const engine = new Engine(RESERVED_BY_ID);
  assert.equal(boot(engine, { clientId: ID }), RESERVED);
  assert.notEqual(boot(engine, { clientId: OTHER_ID }), RESERVED);
});

Deno.test("a MAC on another wire has what is reserved for it there, and nothing of this one", () => {
  const there = { subnet: "10.0.0.0/24", pools: ["10.0.0.100"], reservations: [] };
  const reservations = [{ mac: macOf(1), address: "10.0.0.9" }];
  const engine = new Engine({
    subnets: [{ ...there, reservations }, ...RESERVED_BY_MAC.subnets],
  });
  assert.equal(boot(engine, { clientId: ID }), RESERVED);
  const relayed = { giaddr: "10.0.0.1", clientId: OTHER_ID };
  assert.equal(
    engine.ask({ type: DISCOVER, ...relayed }).told,
    "OFFER 10.0.0.9 (reservation)",
  );
  assert.equal(engine.leases.get(ip(RESERVED))?.client.clientId, ID);
});
