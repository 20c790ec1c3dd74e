import assert from "node:assert/strict";
import { type AddressRule, chooseAddress, mayHold } from "../../src/leases/allocate.ts";
import type { Client } from "../../src/leases/lease.ts";
import { findReservation } from "../../src/leases/reservations.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import {
  dotted,
  ip,
  type LeaseSketch,
  makeLease,
  makeSubnet,
  numberedClient,
  seekerOf,
} from "../support/leases_fixture.ts";

const NOW_MS = 1000;
const alice = numberedClient(1);
const bob = numberedClient(2);
const carol = numberedClient(3);
const carolById = numberedClient(3, "01:02:03");
const lan = makeSubnet({
  pools: ["192.168.1.100-192.168.1.109"],
  exclude: ["192.168.1.109"],
  reservations: [
    { mac: carol.hardwareAddress, address: "192.168.1.10" },
    { clientId: "ff:01", address: "192.168.1.105" },
  ],
});

/** What the table holds: the last octet of the address, and whose. */
interface Given {
  readonly leases?: readonly (Omit<LeaseSketch, "address"> & { readonly octet: number })[];
  readonly offers?: readonly { readonly octet: number; readonly client: Client }[];
}

const active = (octet: number, client: Client, updatedAtMs = 0) => ({ octet, client, updatedAtMs });
const lapsed = (octet: number, client: Client) => ({ octet, client, expiresAtMs: 500 });
const released = (octet: number, client: Client) =>
  ({ octet, client, state: "released", expiresAtMs: 500 }) as const;
const declined = (octet: number, client: Client) => ({ octet, client, state: "declined" }) as const;

function tableWith({ leases = [], offers = [] }: Given): LeaseTable {
  const table = new LeaseTable([lan]);
  for (const { octet, ...rest } of leases) {
    table.put(makeLease({ address: `192.168.1.${octet}`, ...rest }));
  }
  table.advance(NOW_MS);
  for (const { octet, client } of offers) {
    const address = ip(`192.168.1.${octet}`);
    table.offer({ address, client, expiresAtMs: NOW_MS + 60 });
  }
  return table;
}

interface Row extends Given {
  readonly name: string;
  readonly client: Client;
  readonly requested?: number;
  /** Octet and rule; the octet is left open for a free address. */
  readonly expected: readonly [number | undefined, AddressRule];
}

const ROWS: readonly Row[] = [
  {
    name: "reservation: given before all else",
    client: carol,
    requested: 101,
    leases: [lapsed(102, carol)],
    expected: [10, "reservation"],
  },
  {
    name: "reservation: by MAC whatever the client identifier is",
    client: carolById,
    expected: [10, "reservation"],
  },
  {
    name: "reservation: before another address that the client holds",
    client: carol,
    leases: [active(102, carol)],
    expected: [10, "reservation"],
  },
  {
    name: "reservation: the client that holds it keeps it",
    client: carol,
    leases: [active(10, carol)],
    expected: [10, "reservation"],
  },
  {
    name: "reservation: leased to another, so the ordinary choosers have their turn",
    client: carol,
    leases: [active(10, alice), active(102, carol)],
    expected: [102, "current-binding"],
  },
  {
    name: "reservation: quarantined, so the client gets a free address",
    client: carol,
    leases: [declined(10, carol)],
    expected: [undefined, "free-address"],
  },
  {
    name: "current binding: the lease that the client has (RFC 2131 §4.3.1)",
    client: alice,
    requested: 104,
    leases: [active(101, alice)],
    offers: [{ octet: 103, client: alice }],
    expected: [101, "current-binding"],
  },
  {
    name: "current binding: the newest of two",
    client: alice,
    leases: [active(101, alice, 5), active(102, alice, 3)],
    expected: [101, "current-binding"],
  },
  {
    name: "current binding: not outside of the pools",
    client: alice,
    leases: [active(50, alice)],
    expected: [undefined, "free-address"],
  },
  {
    name: "current binding: not an excluded address",
    client: alice,
    leases: [active(109, alice)],
    expected: [undefined, "free-address"],
  },
  {
    name: "current binding: not an address that is reserved for another",
    client: alice,
    leases: [active(105, alice)],
    expected: [undefined, "free-address"],
  },
  {
    name: "outstanding offer: a repeated DISCOVER is offered the same (RFC 2131 §4.4.1)",
    client: alice,
    requested: 104,
    leases: [lapsed(101, alice)],
    offers: [{ octet: 103, client: alice }],
    expected: [103, "outstanding-offer"],
  },
  {
    name: "previous binding: the lapsed lease, before the requested address (RFC 2131 §4.3.1)",
    client: alice,
    requested: 104,
    leases: [lapsed(101, alice)],
    expected: [101, "previous-binding"],
  },
  {
    name: "previous binding: the released lease (RFC 2131 §4.3.4)",
    client: alice,
    leases: [released(101, alice)],
    expected: [101, "previous-binding"],
  },
  {
    name: "previous binding: not while it is offered to another",
    client: alice,
    requested: 104,
    leases: [lapsed(101, alice)],
    offers: [{ octet: 101, client: bob }],
    expected: [104, "requested-address"],
  },
  {
    name: "previous binding: not when it is reserved for another by now",
    client: alice,
    requested: 104,
    leases: [lapsed(105, alice)],
    expected: [104, "requested-address"],
  },
  {
    name: "previous binding: not an address that the client declined (RFC 2131 §4.3.3)",
    client: alice,
    requested: 104,
    leases: [{ ...declined(101, alice), expiresAtMs: 500 }],
    expected: [104, "requested-address"],
  },
  {
    name: "requested address: valid and free (RFC 2131 §4.3.1)",
    client: alice,
    requested: 104,
    expected: [104, "requested-address"],
  },
  {
    name: "requested address: one that another's lease lapsed from",
    client: alice,
    requested: 104,
    leases: [lapsed(104, bob)],
    expected: [104, "requested-address"],
  },
  ...[
    { name: "leased to another", requested: 101, leases: [active(101, bob)] },
    { name: "offered to another", requested: 101, offers: [{ octet: 101, client: bob }] },
    { name: "in quarantine", requested: 101, leases: [declined(101, bob)] },
    {
      name: "in quarantine because this client declined it",
      requested: 101,
      leases: [
        declined(101, alice),
      ],
    },
    { name: "outside of the pools", requested: 50 },
    { name: "excluded", requested: 109 },
    { name: "reserved for another", requested: 105 },
  ].map((row): Row => ({
    ...row,
    name: `requested address: not one that is ${row.name}`,
    client: alice,
    expected: [undefined, "free-address"],
  })),
];

for (const { name, client, requested, expected, ...given } of ROWS) {
  Deno.test(`chooseAddress: ${name}`, () => {
    const wish = {
      client,
      subnet: lan,
      reservation: findReservation(lan, seekerOf(client)),
      requestedAddress: requested === undefined ? undefined : ip(`192.168.1.${requested}`),
    };
    const candidate = chooseAddress(wish, tableWith(given), NOW_MS);
    const [octet, rule] = expected;
    assert.equal(candidate?.rule, rule);
    if (octet !== undefined) assert.equal(dotted(candidate?.address), `192.168.1.${octet}`);
  });
}

Deno.test("chooseAddress: a client gets the same free address after the journal is lost", () => {
  const addresses = [0, 1].map(() => {
    const wish = {
      client: alice,
      subnet: lan,
      reservation: undefined,
      requestedAddress: undefined,
    };
    return chooseAddress(wish, tableWith({}), NOW_MS)?.address;
  });
  assert.equal(addresses[0], addresses[1]);
});

Deno.test("chooseAddress: clients with consecutive MACs are spread over the pool", () => {
  const subnet = makeSubnet({ subnet: "10.0.0.0/16" });
  const table = new LeaseTable([subnet]);
  const starts = Array.from({ length: 256 }, (_, i) => {
    const wish = { client: numberedClient(i), subnet, reservation: undefined };
    return chooseAddress({ ...wish, requestedAddress: undefined }, table, NOW_MS)?.address;
  });
  // 256 balls in 65,534 bins: about half a pair is expected to meet.
  assert(new Set(starts).size > 250);
});

Deno.test("chooseAddress: nothing when the pool is exhausted, but a reservation is still given", () => {
  const octets = [100, 101, 102, 103, 104, 106, 107, 108];
  const table = tableWith({
    leases: octets.map((octet, i) => active(octet, numberedClient(50 + i))),
  });
  const wish = { subnet: lan, requestedAddress: undefined };
  assert.equal(
    chooseAddress({ ...wish, client: alice, reservation: undefined }, table, NOW_MS),
    undefined,
  );
  const reservation = findReservation(lan, seekerOf(carol));
  assert.deepEqual(chooseAddress({ ...wish, client: carol, reservation }, table, NOW_MS), {
    address: ip("192.168.1.10"),
    rule: "reservation",
  });
});

const HOLD_ROWS:
  readonly (Given & { name: string; client: Client; octet: number; may: boolean })[] = [
    { name: "an address of the pools that is free", client: alice, octet: 101, may: true },
    {
      name: "the address it was offered",
      client: alice,
      octet: 101,
      may: true,
      offers: [{ octet: 101, client: alice }],
    },
    {
      name: "an address offered to another",
      client: alice,
      octet: 101,
      may: false,
      offers: [{ octet: 101, client: bob }],
    },
    {
      name: "an address leased to another",
      client: alice,
      octet: 101,
      may: false,
      leases: [active(101, bob)],
    },
    {
      name: "an address that another's lease lapsed from",
      client: alice,
      octet: 101,
      may: true,
      leases: [lapsed(101, bob)],
    },
    {
      name: "an address in quarantine",
      client: alice,
      octet: 101,
      may: false,
      leases: [declined(101, alice)],
    },
    { name: "an address outside of the pools", client: alice, octet: 50, may: false },
    { name: "an excluded address", client: alice, octet: 109, may: false },
    {
      name: "its active address outside of the pools, which were moved by a reload",
      client: alice,
      octet: 50,
      may: false,
      leases: [active(50, alice)],
    },
    {
      name: "its lapsed address outside of the pools",
      client: alice,
      octet: 50,
      may: false,
      leases: [lapsed(50, alice)],
    },
    { name: "its reservation", client: carol, octet: 10, may: true },
    { name: "an address reserved for another", client: alice, octet: 10, may: false },
    {
      name: "its active address that is reserved for another by now",
      client: alice,
      octet: 105,
      may: false,
      leases: [active(105, alice)],
    },
    {
      name: "its active address though it has a reservation by now",
      client: carol,
      octet: 101,
      may: true,
      leases: [active(101, carol)],
    },
  ];

for (const { name, client, octet, may, ...given } of HOLD_ROWS) {
  Deno.test(`mayHold: a client may ${may ? "" : "not "}hold ${name} (RFC 2131 §4.3.2)`, () => {
    const claim = { client, subnet: lan, reservation: findReservation(lan, seekerOf(client)) };
    const address = ip(`192.168.1.${octet}`);
    assert.equal(mayHold(claim, address, tableWith(given), NOW_MS), may);
  });
}

Deno.test("mayHold: not an active address of another subnet (RFC 2131 §4.3.2)", () => {
  const table = tableWith({});
  const address = ip("192.168.2.7");
  table.put(makeLease({ address, client: alice }));
  assert(!mayHold({ client: alice, subnet: lan, reservation: undefined }, address, table, NOW_MS));
});
