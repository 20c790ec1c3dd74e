import assert from "node:assert/strict";
import fc from "fast-check";
import { DeadlineHeap, type HeapEntry } from "../../src/leases/deadline_heap.ts";

Deno.test("heap has the earliest entry on top, the lower address first among equals", () => {
  const operation = fc.record({ address: fc.nat(40), atMs: fc.nat(12) });
  fc.assert(fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
    const heap = new DeadlineHeap<HeapEntry>();
    const entries = new Map<number, HeapEntry>();
    for (const { address, atMs } of operations) {
      // The second mention of an address takes it out, wherever in the heap it stands.
      const entry = entries.get(address);
      if (entry === undefined) {
        const added = { address, atMs: 0, heapPosition: -1 };
        heap.add(added, atMs);
        entries.set(address, added);
      } else {
        heap.remove(entry);
        entries.delete(address);
      }
      assert.equal(heap.first, inOrder(entries)[0]);
    }
    for (const expected of inOrder(entries)) {
      assert.equal(heap.first, expected);
      heap.remove(expected);
    }
    assert.equal(heap.first, undefined);
  }));
});

Deno.test("heap refuses an entry that is in already, and to take out one that is not", () => {
  const heap = new DeadlineHeap<HeapEntry>();
  const entry = { address: 1, atMs: 0, heapPosition: -1 };
  assert.throws(() => heap.remove(entry), assert.AssertionError);
  heap.add(entry, 1);
  assert.throws(() => heap.add(entry, 2), assert.AssertionError);
});

function inOrder(entries: ReadonlyMap<number, HeapEntry>): HeapEntry[] {
  return [...entries.values()].sort((a, b) => a.atMs - b.atMs || a.address - b.address);
}
