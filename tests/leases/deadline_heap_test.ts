import assert from "node:assert/strict";
import fc from "fast-check";
import { DeadlineHeap, type HeapColumns } from "../../src/leases/deadline_heap.ts";
import { createRandom } from "../support/random.ts";

const ROWS = 41;

/** Rows whose addresses are in another order than the rows themselves. */
function makeColumns(): HeapColumns {
  return {
    address: Uint32Array.from({ length: ROWS }, (_, row) => (row * 17) % ROWS),
    heapAtMs: new Float64Array(ROWS),
    heapPosition: new Int32Array(ROWS).fill(-1),
  };
}

Deno.test("heap has the earliest row on top, the lower address first among equals", () => {
  const operation = fc.record({ row: fc.nat(ROWS - 1), atMs: fc.nat(12), heap: fc.nat(1) });
  fc.assert(fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
    // Two heaps over the same columns: a row stands in one of them, or in none.
    const columns = makeColumns();
    const heaps = [new DeadlineHeap(columns), new DeadlineHeap(columns)];
    const rows = [new Set<number>(), new Set<number>()];
    const inOrder = (which: number) =>
      [...rows[which]!].sort((a, b) =>
        columns.heapAtMs[a]! - columns.heapAtMs[b]! || columns.address[a]! - columns.address[b]!
      );
    for (const { row, atMs, heap } of operations) {
      // The second mention of a row takes it out, wherever in its heap it stands.
      const at = rows.findIndex((set) => set.has(row));
      if (at < 0) {
        heaps[heap]!.add(row, atMs);
        rows[heap]!.add(row);
      } else {
        heaps[at]!.remove(row);
        rows[at]!.delete(row);
      }
      for (const which of [0, 1]) assert.equal(heaps[which]!.first, inOrder(which)[0] ?? -1);
    }
    for (const which of [0, 1]) {
      for (const expected of inOrder(which)) {
        assert.equal(heaps[which]!.first, expected);
        heaps[which]!.remove(expected);
      }
      assert.equal(heaps[which]!.first, -1);
    }
  }));
});

Deno.test("a heap of a thousand rows stays in order while any of them leave", () => {
  const random = createRandom(1);
  const count = 1_000;
  const columns = {
    address: Uint32Array.from({ length: count }, (_, row) => row),
    heapAtMs: new Float64Array(count),
    heapPosition: new Int32Array(count).fill(-1),
  };
  const heap = new DeadlineHeap(columns);
  for (let round = 0; round < 20; round++) {
    for (let row = 0; row < count; row++) {
      if (columns.heapPosition[row] === -1) heap.add(row, random.integer(0, 500));
    }
    for (let i = 0; i < 300; i++) {
      const row = random.integer(0, count - 1);
      if (columns.heapPosition[row] !== -1) heap.remove(row);
    }
    let last = -1;
    for (let i = 0; i < 400; i++) {
      const { first } = heap;
      const rank = columns.heapAtMs[first]! * count + first;
      assert(rank > last, `${rank} after ${last} in round ${round}`);
      last = rank;
      heap.remove(first);
    }
  }
});

Deno.test("heap refuses a row that is in already, and to take out one that is not", () => {
  const heap = new DeadlineHeap(makeColumns());
  assert.throws(() => heap.remove(3), assert.AssertionError);
  heap.add(3, 1);
  assert.throws(() => heap.add(3, 2), assert.AssertionError);
});
