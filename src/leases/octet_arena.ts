/**
 * Octets of many small records in a few pages: what a `Map` of objects would spend most of its
 * memory and all of its garbage collection on. Records are of some tens of octets and come and go,
 * so a freed place is kept for the next record of its size. It grows by a page, and nothing moves.
 */
import { assert } from "../wire/assert.ts";

/** Sizes are rounded up to this, so that a freed place fits many later records. */
const GRAIN_OCTETS = 8;

/** The longest record. */
const RECORD_OCTETS_MAX = 20_480;

/** Who keeps places has them in columns of u32. */
const ARENA_OCTETS_MAX = 2 ** 32;

/** No record lies across the end of a page. */
const PAGE_BITS = 18;
const PAGE_OCTETS = 2 ** PAGE_BITS;

export class OctetArena {
  readonly #pages = [new Uint8Array(PAGE_OCTETS)];
  /** Place 0 is never given out: it stands for "no record". */
  #end = GRAIN_OCTETS;
  /** The first free place of each size, in grains; a free place begins with the next one's. */
  readonly #free = new Uint32Array(RECORD_OCTETS_MAX / GRAIN_OCTETS + 1);
  readonly #octetsMax: number;

  /** An empty arena, which grows up to so many octets. */
  constructor(octetsMax = ARENA_OCTETS_MAX) {
    assert(octetsMax <= ARENA_OCTETS_MAX, "a place is a u32");
    this.#octetsMax = octetsMax;
  }

  /** The page that a place is in. */
  pageOf(place: number): Uint8Array {
    return this.#pages[place >>> PAGE_BITS]!;
  }

  /** Where in its page a place begins. */
  offsetOf(place: number): number {
    return place & (PAGE_OCTETS - 1);
  }

  /** A place (u32) for `octets` octets; never 0. */
  allocate(octets: number): number {
    const size = grains(octets);
    const free = this.#free[size]!;
    if (free !== 0) {
      this.#free[size] = readU32(this.pageOf(free), this.offsetOf(free));
      return free;
    }
    const left = this.#pages.length * PAGE_OCTETS - this.#end;
    if (left < size * GRAIN_OCTETS) {
      // Beyond, places would begin at 0 again, and name the records of other clients.
      assert((this.#pages.length + 1) * PAGE_OCTETS <= this.#octetsMax, "the records have room");
      this.#end = this.#pages.length * PAGE_OCTETS;
      this.#pages.push(new Uint8Array(PAGE_OCTETS));
    }
    const place = this.#end;
    this.#end += size * GRAIN_OCTETS;
    return place;
  }

  /** Gives a place back that was allocated with the same number of octets. */
  free(place: number, octets: number): void {
    const size = grains(octets);
    writeU32(this.pageOf(place), this.offsetOf(place), this.#free[size]!);
    this.#free[size] = place;
  }
}

function grains(octets: number): number {
  assert(0 < octets && octets <= RECORD_OCTETS_MAX, "a record has some octets, and not too many");
  return Math.ceil(octets / GRAIN_OCTETS);
}

function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>>
    0;
}

function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = (value >>> 16) & 255;
  bytes[at + 2] = (value >>> 8) & 255;
  bytes[at + 3] = value & 255;
}
