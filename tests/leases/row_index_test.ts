import assert from "node:assert/strict";
import fc from "fast-check";
import { RowIndex } from "../../src/leases/row_index.ts";

/** Every row with the hash, as the index tells them. */
function rowsOf(index: RowIndex, hash: number): number[] {
  const rows: number[] = [];
  for (let at = index.first(hash); at >= 0; at = index.next(at)) rows.push(index.rowAt(at));
  return rows.sort((a, b) => a - b);
}

function compare(index: RowIndex, model: ReadonlyMap<number, ReadonlySet<number>>): void {
  for (const [hash, rows] of model) {
    assert.deepEqual(rowsOf(index, hash), [...rows].sort((a, b) => a - b), `hash ${hash}`);
  }
}

Deno.test("a row index tells the rows of a hash, whatever came and went", () => {
  // Few hashes, so that many rows share one, and some at the ends of the range.
  const hash = fc.oneof(fc.nat(7), fc.constantFrom(2 ** 31, 2 ** 32 - 1, 0xc0a8_0101));
  const step = fc.record({ hash, row: fc.nat(60), removes: fc.boolean() });
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const index = new RowIndex();
    const model = new Map<number, Set<number>>();
    for (const { hash, row, removes } of steps) {
      const rows = model.get(hash) ?? new Set();
      model.set(hash, rows);
      if (removes || rows.has(row)) {
        index.remove(hash, row); // nothing, when it is not in
        rows.delete(row);
      } else {
        index.add(hash, row);
        rows.add(row);
      }
      compare(index, model);
    }
  }));
});

Deno.test("a row index of a hundred thousand rows loses none while others leave", () => {
  const index = new RowIndex();
  const hashOf = (row: number) => Math.imul(row % 70_000, 0x9e37_79b1) >>> 0;
  for (let row = 0; row < 100_000; row++) index.add(hashOf(row), row);
  for (let row = 0; row < 100_000; row += 3) index.remove(hashOf(row), row);
  for (let row = 0; row < 100_000; row++) {
    assert.equal(rowsOf(index, hashOf(row)).includes(row), row % 3 !== 0, `row ${row}`);
  }
});

Deno.test("a row index that has reserved room finds what it had, and has room", () => {
  const index = new RowIndex();
  for (let row = 0; row < 50; row++) index.add(row % 7, row);
  index.reserve(100_000);
  for (let row = 50; row < 100_000; row++) index.add(0x8000_0000 + row, row);
  assert.deepEqual(rowsOf(index, 3), [3, 10, 17, 24, 31, 38, 45]);
  assert.deepEqual(rowsOf(index, 0x8000_0000 + 99_999), [99_999]);
});
