import assert from "node:assert/strict";
import fc from "fast-check";
import { Bitmap } from "../../src/leases/bitmap.ts";
import { countCalls } from "../support/count_calls.ts";

const WORDS_READ_MAX = 12;

Deno.test("bitmap finds the next clear bit as a walk over a set would", () => {
  const operation = fc.record({ set: fc.boolean(), at: fc.nat(), run: fc.integer({ max: 200 }) });
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 3000 }),
    fc.array(operation, { maxLength: 60 }),
    (size, operations) => {
      const bitmap = new Bitmap(size);
      const model = new Set<number>();
      for (const { set, at, run } of operations) {
        // Runs, so that whole words and whole words of words fill up and open again.
        for (let i = at % size; i < Math.min(size, (at % size) + Math.max(1, run)); i++) {
          if (set) bitmap.set(i);
          else bitmap.clear(i);
          if (set) model.add(i);
          else model.delete(i);
        }
        let expected = at % size;
        while (expected < size && model.has(expected)) expected++;
        assert.equal(bitmap.nextClear(at % size), expected < size ? expected : -1);
      }
    },
  ));
});

Deno.test("bitmap of no bits, one bit and full words has no clear bit past its end", () => {
  assert.equal(new Bitmap(0).nextClear(0), -1);
  for (const size of [1, 31, 32, 33, 1024, 1025, 32768, 32769]) {
    const bitmap = new Bitmap(size);
    assert.equal(bitmap.nextClear(size - 1), size - 1);
    for (let i = 0; i < size; i++) bitmap.set(i);
    assert.equal(bitmap.nextClear(0), -1, `${size} bits`);
    bitmap.clear(0);
    assert.equal(bitmap.nextClear(0), 0);
    assert.equal(bitmap.nextClear(1), -1, `${size} bits`);
  }
});

Deno.test("bitmap search reads a bounded number of words in a /8, however full it is", () => {
  const size = 2 ** 24;
  const bitmap = new Bitmap(size);
  const read = (work: () => void) => countCalls(Bitmap.prototype, "readWord", work);
  assert(read(() => assert.equal(bitmap.nextClear(5), 5)) <= WORDS_READ_MAX);
  for (let i = 0; i < size - 1; i++) bitmap.set(i);
  assert(read(() => assert.equal(bitmap.nextClear(5), size - 1)) <= WORDS_READ_MAX);
  assert(read(() => bitmap.set(size - 1)) <= WORDS_READ_MAX);
  assert(read(() => assert.equal(bitmap.nextClear(5), -1)) <= WORDS_READ_MAX);
  assert(read(() => bitmap.clear(77)) <= WORDS_READ_MAX);
  assert(read(() => assert.equal(bitmap.nextClear(5), 77)) <= WORDS_READ_MAX);
});
