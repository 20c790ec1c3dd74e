/** Places for octets: whatever comes and goes, no two overlap, and the memory comes back. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { OctetArena } from "../../src/leases/octet_arena.ts";

const PAGE_OCTETS = 65_536;
/** Empty pages that the arena keeps. */
const SPARE_OCTETS = 4 * PAGE_OCTETS;
const RECORD_OCTETS_MAX = 20_480;

Deno.test("places do not overlap, and freed ones are used again", () => {
  const arena = new OctetArena();
  const sizes = [5, 20, 21, 300, 20_480];
  let highest = 0;
  for (let round = 0; round < 1_000; round++) {
    const places = sizes.map((size) => arena.allocate(size));
    sizes.forEach((size, i) => {
      const start = arena.offsetOf(places[i]!);
      const page = arena.pageOf(places[i]!);
      assert(start + size <= page.length, "a record lies in one page");
      page.fill(size % 251, start, start + size);
    });
    sizes.forEach((size, i) => {
      const start = arena.offsetOf(places[i]!);
      const octets = arena.pageOf(places[i]!).subarray(start, start + size);
      assert(octets.every((octet) => octet === size % 251), "nobody else wrote there");
      arena.free(places[i]!);
    });
    highest = Math.max(highest, ...places);
  }
  assert(highest < 8 * PAGE_OCTETS, `the places go up to ${highest}`);
  assert.throws(() => arena.allocate(0), assert.AssertionError);
  assert.throws(() => arena.allocate(20_481), assert.AssertionError);
});

Deno.test("the arena grows by pages, and what is in them stays", () => {
  const arena = new OctetArena();
  const places = Array.from({ length: 3_000 }, () => arena.allocate(300));
  for (const [i, place] of places.entries()) {
    assert(arena.offsetOf(place) + 300 <= arena.pageOf(place).length, "a record lies in one page");
    arena.pageOf(place).fill(i & 255, arena.offsetOf(place), arena.offsetOf(place) + 300);
  }
  for (const [i, place] of places.entries()) {
    const start = arena.offsetOf(place);
    assert(arena.pageOf(place).subarray(start, start + 300).every((octet) => octet === (i & 255)));
  }
});

Deno.test("property: no two records overlap, whatever sizes come and go in whatever order", () => {
  const step = fc.record({ size: fc.integer({ min: 1, max: 3_000 }), removed: fc.nat(200) });
  fc.assert(fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), (steps) => {
    const arena = new OctetArena();
    const kept: { place: number; size: number; mark: number }[] = [];
    for (const [mark, { size, removed }] of steps.entries()) {
      const place = arena.allocate(size);
      const start = arena.offsetOf(place);
      assert.notEqual(place, 0);
      assert(start + size <= arena.pageOf(place).length, "a record lies in one page");
      arena.pageOf(place).fill(mark & 255, start, start + size);
      kept.push({ place, size, mark });
      for (const gone of removed < kept.length ? kept.splice(removed, 2) : []) {
        assertKept(arena, gone);
        arena.free(gone.place);
      }
    }
    for (const it of kept) assertKept(arena, it);
    for (const { place } of kept) arena.free(place);
    assert(arena.octets <= SPARE_OCTETS);
  }));
});

function assertKept(
  arena: OctetArena,
  { place, size, mark }: { place: number; size: number; mark: number },
): void {
  const start = arena.offsetOf(place);
  const octets = arena.pageOf(place).subarray(start, start + size);
  assert(octets.every((octet) => octet === (mark & 255)), "nobody else wrote there");
}

Deno.test("records of every length in turn take no more than those of the longest", () => {
  const arena = new OctetArena();
  let most = 0;
  for (let size = 16; size <= 272; size++) {
    const places = Array.from({ length: 5_000 }, () => arena.allocate(size));
    most = Math.max(most, arena.octets);
    for (const place of places) arena.free(place);
    assert(arena.octets <= SPARE_OCTETS, `${arena.octets} octets are left of ${size}`);
  }
  assert(most <= 5_000 * 272 * 1.2 + SPARE_OCTETS, `${most} octets`);
});

Deno.test("as few octets as may be are lost to rounding", () => {
  for (const [size, count] of [[24, 2_730], [40, 1_638], [128, 512], [300, 204], [20_480, 3]]) {
    const arena = new OctetArena();
    for (let i = 0; i < count!; i++) arena.allocate(size!);
    assert.equal(arena.octets, PAGE_OCTETS, `${count} records of ${size} octets have one page`);
  }
});

Deno.test("an arena says when it has no room, and what is given back is given again", () => {
  const arena = new OctetArena(16 * PAGE_OCTETS);
  const places: number[] = [];
  while (arena.hasRoom) places.push(arena.allocate(RECORD_OCTETS_MAX));
  assert.equal(new Set(places).size, 11 * 3 + 1, "the last pages are kept back");
  const last = [10, 300, 5_000].map((size) => arena.allocate(size));
  assert.equal(new Set([...places, ...last].map((place) => place >>> 16)).size, 15);
  assert.throws(() => {
    for (let i = 0; i < 4; i++) arena.allocate(RECORD_OCTETS_MAX);
  }, { name: "AssertionError", message: "a record is made while there is room" });
  for (const place of [...places.splice(0, 12), ...last]) arena.free(place);
  assert(arena.hasRoom);
  assert(arena.allocate(RECORD_OCTETS_MAX) > 0);
  assert.throws(() => new OctetArena(2 ** 32 + 2 ** 18), assert.AssertionError);
});
