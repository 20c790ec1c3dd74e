/** What is loaded at the start is what would have been put, one lease after the other. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Lease, LeaseState } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import type { Ipv4 } from "../../src/wire/ipv4.ts";
import { packAll, unpack } from "../support/lease_list.ts";
import { ip, makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";

const CLIENTS = [
  numberedClient(1),
  numberedClient(2),
  numberedClient(1, "01:aa"), // the machine of client 1 under an identifier
  numberedClient(3, "01:aa"), // another machine under the same
];
const SUBNETS = [
  makeSubnet({
    subnet: "192.168.1.0/29",
    pools: ["192.168.1.1-192.168.1.2", { range: ["192.168.1.5"] }],
    reservations: [{ mac: CLIENTS[1]!.hardwareAddress, address: "192.168.1.2" }],
  }),
  makeSubnet({ subnet: "192.168.1.8/29", identity: "mac" }),
];
/** Some of each, and one outside of both. */
const ADDRESSES: readonly Ipv4[] = [1, 2, 3, 5, 9, 10, 11, 30].map((n) => ip("192.168.1.0") + n);
const NAMES = ["a.home.arpa", "b.home.arpa"];
const CLASSES = ["phones", "guests"];
const PORT = Uint8Array.of(1, 2, 0x65, 0x31);

const lease: fc.Arbitrary<Lease> = fc.record({
  address: fc.constantFrom(...ADDRESSES),
  client: fc.constantFrom(...CLIENTS),
  state: fc.constantFrom<LeaseState[]>("bound", "bound", "released", "declined"),
  updatedAtMs: fc.nat(5),
  expiresAtMs: fc.oneof(fc.integer({ min: -5, max: 40 }), fc.constant(Infinity)),
  hostname: fc.constantFrom("pi", "büro"),
  name: fc.constantFrom(...NAMES),
  classes: fc.subarray(CLASSES, { minLength: 1 }),
  relayInformation: fc.constant(PORT),
}, { requiredKeys: ["address", "client", "state", "updatedAtMs", "expiresAtMs"] }).map(makeLease);

/** Everything that a table is asked on the way of a packet. */
function told(table: LeaseTable, nowMs: number) {
  return {
    size: table.size,
    records: [...table.records()].sort((a, b) => a.address - b.address),
    packed: Array.from(table.packed(), unpack).sort((a, b) => a.address - b.address),
    subnets: SUBNETS.map((subnet) => [
      table.counts(subnet),
      ...subnet.pools.map((pool) => [0, 1, 5].map((hash) => table.findFree(pool, hash))),
      ...CLIENTS.map((client) => [
        table.bindingOf(client, subnet),
        new Set(table.heldBeside(ADDRESSES[0]!, client, subnet, nowMs)),
      ]),
    ]),
    clients: CLIENTS.map((client) => [
      new Set(table.addressesOf(client, nowMs, 9)),
      new Set(table.addressesOfHardware(client, nowMs, 9)),
      NAMES.map((name) => table.names.isTaken(name, client)),
      ADDRESSES.map((address) => [
        table.isAvailable(address, client, nowMs),
        table.isBindingOf(client, address),
        table.heldUntilMs(client, address, nowMs),
      ]),
    ]),
    classes: CLASSES.map((name) => table.limits.ofClass(name)),
  };
}

Deno.test("a table that is loaded tells what one tells that every record was put into", () => {
  const byMs = fc.integer({ min: -50, max: 50 });
  const counted = fc.constantFrom("before", "after");
  fc.assert(fc.property(fc.array(lease, { maxLength: 30 }), byMs, counted, (leases, byMs, when) => {
    const count = (table: LeaseTable) => {
      table.limits.begin();
      table.indexHardware();
    };
    const put = new LeaseTable(SUBNETS);
    for (const { updatedAtMs, expiresAtMs, ...rest } of leases) {
      put.put({ ...rest, updatedAtMs: updatedAtMs + byMs, expiresAtMs: expiresAtMs + byMs });
    }
    const loaded = new LeaseTable(SUBNETS);
    if (when === "before") count(loaded);
    for (const packed of packAll(leases)) loaded.load(packed);
    loaded.finishLoading(byMs);
    for (const table of [put, loaded]) count(table);
    for (const nowMs of [0, 5, 10, 45]) {
      for (const table of [put, loaded]) table.advance(nowMs + byMs);
      assert.deepEqual(told(loaded, nowMs + byMs), told(put, nowMs + byMs));
    }
    assert.throws(() => loaded.finishLoading(1), assert.AssertionError, "the clock runs");
  }));
});

Deno.test("only an empty table is loaded", () => {
  const table = new LeaseTable(SUBNETS);
  table.put(makeLease({ address: ADDRESSES[0]! }));
  assert.throws(() => table.finishLoading(0), assert.AssertionError, "nothing was put in before");
});
