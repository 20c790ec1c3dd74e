/**
 * Octets of many small records in one growing buffer: what a `Map` of objects would spend most of
 * its memory and all of its garbage collection on. Records are of some tens of octets and come and
 * go, so a freed place is kept for the next record of its size.
 */
import assert from "node:assert/strict";

/** Sizes are rounded up to this, so that a freed place fits many later records. */
const GRAIN_OCTETS = 8;

/** The longest record. */
const RECORD_OCTETS_MAX = 4096;

/** What the buffer starts with; it doubles. */
const INITIAL_OCTETS = 4096;

export class OctetArena {
  #bytes = new Uint8Array(INITIAL_OCTETS);
  #view = new DataView(this.#bytes.buffer);
  /** Place 0 is never given out: it stands for "no record". */
  #end = GRAIN_OCTETS;
  /** The first free place of each size, in grains; a free place begins with the next one's. */
  readonly #free = new Uint32Array(RECORD_OCTETS_MAX / GRAIN_OCTETS + 1);

  /** The buffer. Another one after an `allocate` that made it grow. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** A place for `octets` octets, as its offset in `bytes`; never 0. */
  allocate(octets: number): number {
    const size = grains(octets);
    const free = this.#free[size]!;
    if (free !== 0) {
      this.#free[size] = this.#view.getUint32(free);
      return free;
    }
    const offset = this.#end;
    this.#end += size * GRAIN_OCTETS;
    if (this.#end > this.#bytes.length) this.#grow();
    return offset;
  }

  /** Gives a place back that was allocated with the same number of octets. */
  free(offset: number, octets: number): void {
    const size = grains(octets);
    this.#view.setUint32(offset, this.#free[size]!);
    this.#free[size] = offset;
  }

  #grow(): void {
    const bytes = new Uint8Array(2 * this.#bytes.length);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

function grains(octets: number): number {
  assert(0 < octets && octets <= RECORD_OCTETS_MAX, "a record has some octets, and not too many");
  return Math.ceil(octets / GRAIN_OCTETS);
}
