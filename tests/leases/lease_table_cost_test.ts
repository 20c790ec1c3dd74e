/** What the lease table costs, counted in steps of its structures and not in time. */
import assert from "node:assert/strict";
import { chooseAddress } from "../../src/leases/allocate.ts";
import { Bitmap } from "../../src/leases/bitmap.ts";
import { DeadlineHeap } from "../../src/leases/deadline_heap.ts";
import type { Lease, LeaseState } from "../../src/leases/lease.ts";
import { LeaseTable } from "../../src/leases/lease_table.ts";
import { RowIndex } from "../../src/leases/row_index.ts";
import { countCalls } from "../support/count_calls.ts";
import { packAll } from "../support/lease_list.ts";
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

const CROWDED = makeSubnet({ subnet: "10.0.0.0/16" });
const GREEDY = numberedClient(1, "01:aa");
const FIRST = CROWDED.cidr.network + 1;
const AFTER_MS = 100_000;

/** So many records that name one client, each newer than the one before. */
function crowd(count: number, state: LeaseState): Lease[] {
  return Array.from({ length: count }, (_, i) =>
    makeLease({
      address: FIRST + i,
      client: numberedClient(i, "01:aa"),
      state,
      updatedAtMs: i,
      ...(state === "released" ? { expiresAtMs: i } : {}),
    }));
}

function putAll(leases: readonly Lease[]): LeaseTable {
  const table = new LeaseTable([CROWDED]);
  for (const lease of leases) table.put(lease);
  table.advance(AFTER_MS);
  return table;
}

function loadAll(leases: readonly Lease[]): LeaseTable {
  const table = new LeaseTable([CROWDED]);
  for (const packed of packAll(leases)) table.load(packed);
  table.finishLoading(0);
  table.advance(AFTER_MS);
  return table;
}

const rowsSeen = (work: () => void) => countCalls(RowIndex.prototype, "rowAt", work);

/** What a packet of the client asks the table, and has it take in. */
function askAsPacketsDo(table: LeaseTable): void {
  const wish = {
    client: GREEDY,
    subnet: CROWDED,
    reservation: undefined,
    requestedAddress: undefined,
  };
  assert(chooseAddress(wish, table, AFTER_MS) !== undefined);
  table.bindingOf(GREEDY, CROWDED);
  table.heldBeside(FIRST, GREEDY, CROWDED, AFTER_MS);
  table.addressesOf(GREEDY, AFTER_MS, 64);
  const address = FIRST + 60_000;
  for (const state of ["bound", "released", "declined"] as const) {
    table.put(makeLease({ address, client: GREEDY, state, updatedAtMs: AFTER_MS }));
  }
}

for (const state of ["released", "bound"] as const) {
  for (const [how, fill] of Object.entries({ "put in": putAll, loaded: loadAll })) {
    Deno.test(`a client costs the same that 5 records name and 5,000 (${state}, ${how})`, () => {
      const few = fill(crowd(5, state));
      const many = fill(crowd(5_000, state));
      const [fewSeen, manySeen] = [few, many].map((it) => rowsSeen(() => askAsPacketsDo(it)));
      assert(manySeen! <= 3 * fewSeen!, `${manySeen} rows, and ${fewSeen} of few records`);
    });
  }
}

Deno.test("a journal in which one client is named by every record is loaded in one go", () => {
  const leases = crowd(5_000, "released");
  for (const order of [leases, leases.toReversed()]) {
    const seen = rowsSeen(() => assert.equal(loadAll(order).size, 5_000));
    assert(seen <= 30 * leases.length, `${seen} rows`);
  }
});

Deno.test("whoever is named by many records has the newest, an active one before all", () => {
  const leases = crowd(5_000, "released");
  for (const table of [putAll(leases), loadAll(leases), loadAll(leases.toReversed())]) {
    assert.equal(table.bindingOf(GREEDY, CROWDED), FIRST + 4_999);
    assert.equal(table.isBindingOf(GREEDY, FIRST), true, "each is its own where it names it");

    // Each of those that it would have had goes to somebody else.
    const bob = numberedClient(7);
    const takeBy = (i: number) =>
      table.put(makeLease({ address: FIRST + i, client: bob, updatedAtMs: AFTER_MS }));
    takeBy(4_999);
    assert.equal(table.bindingOf(GREEDY, CROWDED), FIRST + 4_998);

    // One that it is not found by is found again from when it has that anew.
    const again = makeLease({ address: FIRST, client: GREEDY, updatedAtMs: AFTER_MS });
    table.put(again);
    assert.equal(table.bindingOf(GREEDY, CROWDED), FIRST);
    table.put(makeLease({ address: FIRST + 6_000, client: GREEDY, updatedAtMs: AFTER_MS + 1 }));
    for (const { address } of crowd(20, "released")) {
      if (address === FIRST) continue;
      const updatedAtMs = AFTER_MS + 2;
      table.put(makeLease({ address, client: GREEDY, state: "released", updatedAtMs }));
    }
    assert.deepEqual(
      table.heldBeside(0, GREEDY, CROWDED, AFTER_MS).toSorted(),
      [FIRST, FIRST + 6_000],
      "no lapsed one takes the place of an active one",
    );
  }
});

Deno.test("of each subnet, a client that roams is found by what it has there", () => {
  const subnets = Array.from({ length: 40 }, (_, i) => makeSubnet({ subnet: `10.0.${i}.0/24` }));
  const leases = subnets.map(({ cidr }, i) =>
    makeLease({ address: cidr.network + 9, client: GREEDY, state: "released", updatedAtMs: i })
  );
  // As in a journal that is read while the config has none of them, or all as one.
  for (const before of [subnets, [], [CROWDED]]) {
    const table = new LeaseTable(before);
    for (const packed of packAll(leases)) table.load(packed);
    table.finishLoading(0);
    table.advance(AFTER_MS);
    table.reconfigure(subnets);
    for (const subnet of subnets) {
      assert.equal(table.bindingOf(GREEDY, subnet), subnet.cidr.network + 9, subnet.name);
    }
  }
});
