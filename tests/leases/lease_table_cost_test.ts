/** What the lease table costs, counted in steps of its structures and not in time. */
import assert from "node:assert/strict";
import { Bitmap } from "../../src/leases/bitmap.ts";
import { DeadlineHeap } from "../../src/leases/deadline_heap.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { countCalls } from "../support/count_calls.ts";
import { ip, makeLease, makeSubnet, numberedClient } from "../support/leases_fixture.ts";

const FIND_WORDS_MAX = 12;
const HEAP_COMPARISONS_MAX = 2 * 17; // both children on each of the levels of 100,000 entries

const wordsRead = (work: () => void) => countCalls(Bitmap.prototype, "readWord", work);
const comparisons = (work: () => void) => countCalls(DeadlineHeap.prototype, "isBefore", work);

Deno.test("findFree costs the same in a pool that is 1% and 99.9% full, and in one exhausted", () => {
  const subnet = makeSubnet({
    subnet: "10.0.0.0/16",
    pools: ["10.0.0.0-10.0.255.255"],
  });
  const table = new LeaseTable([subnet]);
  const size = 65_536;
  let filled = 0;
  for (const percent of [1, 50, 99, 99.9, 100]) {
    for (; filled < Math.floor(size * percent / 100); filled++) {
      table.put(makeLease({
        address: subnet.cidr.network + filled,
        client: numberedClient(filled),
      }));
    }
    const read = wordsRead(() => {
      assert.equal(table.findFree(subnet.pools[0]!, 3) === undefined, percent === 100);
    });
    assert(read <= FIND_WORDS_MAX, `${read} words at ${percent}%`);
  }
});

Deno.test("a /8 is set up and allocated from without work in proportion to its size", () => {
  const subnet = makeSubnet({ subnet: "10.0.0.0/8" });
  const read = wordsRead(() => {
    const table = new LeaseTable([subnet]);
    assert.equal(table.findFree(subnet.pools[0]!, 0), ip("10.0.0.1"));
    table.put(makeLease({ address: "10.0.0.1" }));
    assert.equal(table.findFree(subnet.pools[0]!, 0), ip("10.0.0.2"));
    assert.equal(table.counts(subnet).free, 2 ** 24 - 3);
  });
  assert(read <= 2 * FIND_WORDS_MAX, `${read} words`);
});

Deno.test("advance costs in proportion to what ended, and a renewal costs no heap step", () => {
  const subnet = makeSubnet({ subnet: "10.0.0.0/8" });
  const table = new LeaseTable([subnet]);
  const put = (i: number, expiresAtMs: number) =>
    table.put(makeLease({
      address: subnet.cidr.network + 1 + i,
      client: numberedClient(i),
      expiresAtMs,
    }));
  for (let i = 0; i < 100_000; i++) put(i, 1000 + i);
  assert.equal(comparisons(() => table.advance(999)), 0, "nothing ended");
  const three = comparisons(() => table.advance(1002));
  assert(three > 0 && three <= 3 * 2 * HEAP_COMPARISONS_MAX, `${three} comparisons`);
  assert.equal(table.counts(subnet).used, 100_000 - 3);
  assert.equal(comparisons(() => put(50_000, 900_000)), 0, "a renewal");
  assert.equal(comparisons(() => put(60_000, Infinity)), 0, "a renewal without end");
  table.advance(800_000);
  assert.equal(table.counts(subnet).used, 2);
  assert.equal(comparisons(() => table.advance(899_999)), 0, "one finite lease is left");
});
