import assert from "node:assert/strict";
import { LeaseRows } from "../../src/leases/lease_rows.ts";
import { makeLease, numberedClient } from "../support/leases_fixture.ts";

Deno.test("rows that were closed are used again, and have nothing of what they were", () => {
  const rows = new LeaseRows();
  const opened = Array.from({ length: 200 }, (_, i) => rows.open(1_000 + i));
  for (const row of opened) rows.setOffer(row, numberedClient(row));
  for (const row of opened) {
    rows.clearOffer(row);
    rows.close(row);
    assert(!rows.isOpen(row));
  }
  const again = Array.from({ length: 200 }, (_, i) => rows.open(5_000 + i));
  assert.equal(new Set(again).size, 200);
  assert.equal(rows.end, 200);
  for (const [i, row] of again.entries()) {
    assert.equal(rows.address[row], 5_000 + i);
    assert(rows.isOpen(row) && !rows.hasLease(row) && !rows.hasOffer(row));
    assert.equal(rows.lease(row), undefined);
    assert(!rows.isOfferedTo(row, numberedClient(row)));
  }
  assert.equal(rows.open(9_000), 200);
});

Deno.test("a row has one lease and one offer, of any two clients", () => {
  const rows = new LeaseRows();
  const [holder, other] = [numberedClient(1), numberedClient(2, "ff:01")];
  const row = rows.open(7);
  rows.setLease(row, makeLease({ address: 7, client: holder, hostname: "pi" }));
  rows.setOffer(row, other);
  assert.deepEqual(rows.lease(row), makeLease({ address: 7, client: holder, hostname: "pi" }));
  assert.deepEqual(rows.offeredClient(row), other);
  assert.equal(rows.leaseHash(row), holder.hash);
  assert.equal(rows.offerHash(row), other.hash);
  rows.setLease(row, makeLease({ address: 7, client: other, state: "declined" }));
  assert(rows.isLeaseOf(row, other) && !rows.isLeaseOf(row, holder));
  assert(rows.hasLease(row) && !rows.hasHolder(row));
  rows.clearOffer(row);
  assert(!rows.hasOffer(row) && rows.isLeaseOf(row, other));
});

/** The columns that are not private, but `address`: that one says how much room there is. */
const COLUMNS = ["updatedAtMs", "offerSlot", "home", "heapAtMs", "heapPosition"] as const;

for (const name of COLUMNS) {
  Deno.test(`where memory for ${name} is refused, the rows are as before, and grow later`, () => {
    const rows = new LeaseRows();
    const fill = (row: number) => {
      rows.setLease(row, makeLease({ address: row, client: numberedClient(row) }));
      rows.home[row] = row;
    };
    const initial = rows.address.length;
    for (let i = 0; i < initial; i++) fill(rows.open(i));
    const refuse = function () {
      throw new RangeError("Array buffer allocation failed");
    };
    const column = rows[name];
    Object.defineProperty(column, "constructor", { value: refuse, configurable: true });
    assert.throws(() => rows.open(initial), RangeError);
    assert.deepEqual([rows.end, rows.address.length], [initial, initial]);

    Reflect.deleteProperty(column, "constructor");
    for (let i = initial; i < 3 * initial; i++) fill(rows.open(i));
    for (let i = 0; i < 3 * initial; i++) {
      assert.equal(rows.address[i], i);
      assert.equal(rows.home[i], i);
      assert.deepEqual(rows.lease(i), makeLease({ address: i, client: numberedClient(i) }));
    }
  });
}
