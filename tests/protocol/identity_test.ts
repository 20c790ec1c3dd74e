/**
 * What tells clients apart on a subnet: RFC 2131 §4.2 has their identifier, `identity: mac` has
 * their hardware address whatever they say, as for machines that boot from the network.
 */
import assert from "node:assert/strict";
import type { Identity } from "../../src/config/config.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { openJournal } from "../../src/store/journal_store.ts";
import { DECLINE, DISCOVER, RELEASE, REQUEST } from "../support/dhcp_packets.ts";
import {
  type AnswerRow,
  Engine,
  hexOctets,
  macOf,
  SERVER,
  START_MS,
  testAnswers,
} from "../support/engine_fixture.ts";
import { FaultyDisk } from "../support/faulty_disk.ts";
import { dotted, ip, makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";
import { createVirtualClock } from "../support/virtual_clock.ts";

const A = "192.168.1.100";
const B = "192.168.1.101";
const FIRMWARE_ID = "00:aa:bb";
const SYSTEM_ID = "ff:00:00:00:01";
const BY_MAC = { subnets: [{ pools: [`${A}-${B}`], identity: "mac" as const }] };
const FIRMWARE = { leases: [{ address: B, client: numberedClient(1, FIRMWARE_ID) }] };

const ROWS: readonly AnswerRow[] = [
  {
    name: "the system of a machine is offered what its firmware was given",
    given: { ...BY_MAC, ...FIRMWARE },
    when: { type: DISCOVER, clientId: SYSTEM_ID },
    expect: `OFFER ${B} (current-binding)`,
  },
  {
    name: "so is an installer that sends no client identifier",
    given: { ...BY_MAC, ...FIRMWARE },
    when: { type: DISCOVER },
    expect: `OFFER ${B} (current-binding)`,
  },
  {
    name: "it may renew under another identifier",
    given: { ...BY_MAC, ...FIRMWARE },
    when: { type: REQUEST, ciaddr: B, clientId: SYSTEM_ID, to: SERVER },
    expect: `ACK ${B} (renewed)`,
  },
  {
    name: "it may give the address back under another identifier (RFC 2131 §4.3.4)",
    given: { ...BY_MAC, ...FIRMWARE },
    when: { type: RELEASE, ciaddr: B, clientId: SYSTEM_ID, server: SERVER, to: SERVER },
    expect: `released ${B}`,
  },
  {
    name: "it may decline under another identifier (RFC 2131 §4.3.3)",
    given: { ...BY_MAC, ...FIRMWARE },
    when: { type: DECLINE, requested: B, clientId: SYSTEM_ID, server: SERVER },
    expect: `quarantined ${B}`,
  },
  {
    name: "another machine under the same identifier is another client",
    given: { ...BY_MAC, ...FIRMWARE },
    when: { type: DISCOVER, mac: macOf(2), clientId: FIRMWARE_ID, requested: B },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "the same octets on other hardware are another client",
    given: { ...BY_MAC, ...FIRMWARE },
    when: { type: DISCOVER, htype: 6, requested: B },
    expect: `OFFER ${A} (free-address)`,
  },
  {
    name: "a link without hardware addresses has identifiers only (RFC 4390 §2.1)",
    given: { ...BY_MAC, ...FIRMWARE },
    when: { type: DISCOVER, htype: 32, hlen: 0, clientId: FIRMWARE_ID, requested: B },
    expect: `OFFER ${A} (free-address)`,
  },
];
testAnswers(ROWS);

Deno.test("RFC 6842 §3: the identifier comes back also where it tells nobody apart", () => {
  const { packet } = new Engine(BY_MAC).decide({ type: DISCOVER, clientId: SYSTEM_ID });
  assert.deepEqual(new Map(packet?.options).get(61), hexOctets(SYSTEM_ID));
});

Deno.test("the same machine lands on the same address under any identifier, without a record", () => {
  const whole = { subnets: [{ pools: ["192.168.1.10-192.168.1.250"], identity: "mac" as const }] };
  const offers = [undefined, FIRMWARE_ID, SYSTEM_ID].map((clientId) =>
    new Engine(whole).ask({ type: DISCOVER, ...(clientId === undefined ? {} : { clientId }) }).told
  );
  assert.equal(new Set(offers).size, 1, offers.join());
});

Deno.test("what a machine holds is kept with the identifier that it was last known by", () => {
  const engine = new Engine({ ...BY_MAC, ...FIRMWARE });
  engine.ask({ type: REQUEST, ciaddr: B, clientId: SYSTEM_ID, to: SERVER });
  assert.equal(engine.leases.get(ip(B))?.client.clientId, SYSTEM_ID);
  engine.ask({ type: REQUEST, ciaddr: B, to: SERVER });
  assert.equal(engine.leases.get(ip(B))?.client.clientId, undefined);
});

function subnetBy(identity: Identity) {
  return makeSubnet({ pools: [`${A}-${B}`], identity });
}

/** A table after a reload, or after a restart that replays the journal. */
type Change = (before: LeaseTable, to: Identity) => LeaseTable | Promise<LeaseTable>;

const CHANGES: readonly (readonly [string, Change])[] = [
  ["a reload", (table, to) => {
    table.reconfigure([subnetBy(to)]);
    return table;
  }],
  ["a restart", async (before, to) => {
    const disk = new FaultyDisk();
    const clock = createVirtualClock();
    clock.setMonotonic(START_MS);
    const options = { path: "/lib/leases.jsonl", clock, snapshot: () => [], disk };
    const store = openJournal(options);
    await store.load(new LeaseTable([]));
    await store.commit([...before.records()]);
    await store.close();
    const after = new LeaseTable([subnetBy(to)]);
    assert.deepEqual(await openJournal(options).load(after), []);
    return after;
  }],
];

for (const [how, change] of CHANGES) {
  Deno.test(`identity: after ${how} with mac, a machine under two identifiers holds one`, async () => {
    const before = new LeaseTable([subnetBy("client-id")]);
    const lasts = { expiresAtMs: START_MS + 3_600_000 };
    before.put(makeLease({ address: A, client: numberedClient(1, FIRMWARE_ID), ...lasts }));
    before.put(
      makeLease({ address: B, client: numberedClient(1, SYSTEM_ID), updatedAtMs: 9, ...lasts }),
    );
    const table = await change(before, "mac");
    table.advance(START_MS);
    const subnet = subnetBy("mac");
    table.reconfigure([subnet]);
    const machine = numberedClient(1, "ff:99");
    assert.equal(dotted(table.bindingOf(machine, subnet)), B, "the newest");
    assert.equal(table.isAvailable(ip(A), machine, START_MS), true);
    assert.equal(table.isAvailable(ip(A), numberedClient(2), START_MS), false, "not yet freed");
  });

  Deno.test(`identity: after ${how} with client-id, a client finds its lease again`, async () => {
    const before = new LeaseTable([subnetBy("mac")]);
    const lasts = { expiresAtMs: START_MS + 3_600_000 };
    before.put(makeLease({ address: A, client: numberedClient(1, SYSTEM_ID), ...lasts }));
    const table = await change(before, "client-id");
    table.advance(START_MS);
    const subnet = subnetBy("client-id");
    table.reconfigure([subnet]);
    assert.equal(dotted(table.bindingOf(numberedClient(7, SYSTEM_ID), subnet)), A);
    assert.equal(table.bindingOf(numberedClient(1), subnet), undefined);
    assert.equal(table.isAvailable(ip(A), numberedClient(1), START_MS), false);
  });
}
