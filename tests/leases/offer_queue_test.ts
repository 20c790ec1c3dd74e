/** Which offers yield, and to whom: a flood of DISCOVERs must not keep a pool from its clients. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseAddress } from "../../src/leases/allocate.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import {
  type OfferColumns,
  OfferQueue,
  YIELDING_OFFERS_MAX,
} from "../../src/leases/offer_queue.ts";
import { dotted, ip, makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";

const ROWS = 12;
const POOLS = 3;
const CAPACITY = 5;

Deno.test("property: the queue tells the oldest offer of all and of each pool", () => {
  const step = fc.record({ row: fc.nat(ROWS - 1), isRemoval: fc.boolean() });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const columns: OfferColumns = {
      offerSlot: new Uint16Array(ROWS),
      pool: Int32Array.from({ length: ROWS }, (_, row) => row % POOLS),
    };
    const queue = new OfferQueue(columns, CAPACITY);
    let model: number[] = [];
    for (const { row, isRemoval } of steps) {
      if (isRemoval) {
        queue.remove(row);
        model = model.filter((it) => it !== row);
      } else if (!model.includes(row)) {
        assert.equal(queue.isFull, model.length === CAPACITY);
        if (queue.isFull) queue.remove(model.shift()!);
        queue.add(row, row % 2 === 0);
        model.push(row);
      }
      assert.equal(queue.oldest, model[0] ?? -1);
      for (let pool = 0; pool < POOLS; pool++) {
        assert.equal(queue.oldestOf(pool), model.find((it) => it % POOLS === pool) ?? -1);
      }
      for (let it = 0; it < ROWS; it++) {
        assert.equal(queue.has(it), model.includes(it));
        assert.equal(queue.isContested(it), model.includes(it) && it % 2 === 0);
      }
    }
  }));
});

const NOW_MS = 1_000;
const LATER_MS = 31_000;

/** A table over a pool of three, .100 to .102. */
function makeTable() {
  const subnet = makeSubnet({ pools: ["192.168.1.100-192.168.1.102"] });
  const table = new LeaseTable([subnet]);
  table.advance(NOW_MS);
  const choose = (number: number, offersYield: boolean) => {
    const wish = {
      client: numberedClient(number),
      reservation: undefined,
      requestedAddress: undefined,
      subnet,
    };
    const chosen = chooseAddress(wish, table, NOW_MS, offersYield);
    return chosen && `${dotted(chosen.address)} (${chosen.rule})`;
  };
  const offer = (number: number, address: string, mayYield = true) =>
    table.offer({
      address: ip(address),
      client: numberedClient(number),
      expiresAtMs: LATER_MS,
      mayYield,
    });
  return { table, subnet, choose, offer };
}

Deno.test("an offer yields only when offers do, and the oldest first (RFC 2131 §4.3.1)", () => {
  const { choose, offer, table } = makeTable();
  offer(1, "192.168.1.101");
  offer(2, "192.168.1.100");
  offer(3, "192.168.1.102");
  assert.equal(choose(9, false), undefined);
  assert.equal(choose(9, true), "192.168.1.101 (oldest-offer)");
  offer(9, "192.168.1.101");
  assert.equal(choose(10, true), "192.168.1.100 (oldest-offer)");
  assert.equal(table.yieldedCount, 1);
});

Deno.test("no offer yields to a client whose claim is more than a wish, and no lease ever", () => {
  const { choose, offer, table } = makeTable();
  offer(1, "192.168.1.100", false);
  offer(2, "192.168.1.101");
  table.put(makeLease({ address: "192.168.1.102", client: numberedClient(3) }));
  assert.equal(choose(9, true), "192.168.1.101 (oldest-offer)");
  table.put(makeLease({ address: "192.168.1.101", client: numberedClient(2) }));
  assert.equal(choose(9, true), undefined);
});

Deno.test("an address whose offer had to yield is for the first who asks for it", () => {
  const { table, offer, subnet } = makeTable();
  const address = ip("192.168.1.100");
  offer(1, "192.168.1.100");
  assert.equal(table.isAvailable(address, numberedClient(2), NOW_MS), false);
  offer(2, "192.168.1.100");
  assert.equal(table.isAvailable(address, numberedClient(1), NOW_MS), true);
  // The first takes it: the other's offer is worth nothing any more, and does not come back.
  table.put(makeLease({ address: "192.168.1.100", client: numberedClient(1) }));
  assert.equal(table.isAvailable(address, numberedClient(2), NOW_MS), false);
  assert.equal(table.offeredAddress(numberedClient(2), subnet, NOW_MS), undefined);
});

Deno.test(`of more than ${YIELDING_OFFERS_MAX} offers to strangers the oldest are forgotten`, () => {
  const subnet = makeSubnet({ subnet: "10.0.0.0/14" });
  const table = new LeaseTable([subnet]);
  const first = ip("10.0.0.1");
  for (let n = 0; n <= YIELDING_OFFERS_MAX; n++) {
    const client = numberedClient(n);
    table.offer({ address: first + n, client, expiresAtMs: LATER_MS, mayYield: true });
  }
  assert.equal(table.counts(subnet).offered, YIELDING_OFFERS_MAX);
  assert.equal(table.offeredAddress(numberedClient(0), subnet, NOW_MS), undefined);
  assert.equal(table.offeredAddress(numberedClient(1), subnet, NOW_MS), first + 1);
  // After a reload they are what they were.
  table.reconfigure([makeSubnet({ subnet: "10.0.0.0/14" })]);
  table.offer({
    address: first - 1 + 2 ** 17,
    client: numberedClient(0),
    expiresAtMs: LATER_MS,
    mayYield: true,
  });
  assert.equal(table.yieldedCount, 2);
  table.advance(LATER_MS);
  assert.equal(table.yieldedCount, 2);
});
