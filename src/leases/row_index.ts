/**
 * From a hash to the rows that have it: open addressing in two typed arrays. It finds a row some
 * times faster than a `Map` of objects, and costs 8 octets an entry, twice that when it has just
 * grown.
 *
 * Several rows may have one hash; the caller tells which of them it means:
 *
 *     for (let at = index.first(hash); at >= 0; at = index.next(at)) { … index.rowAt(at) … }
 */
const EMPTY = -1;

/** A power of two. */
const INITIAL_SLOTS = 64;

/** Beyond this share of its slots in use, the index grows: runs of full slots stay short. */
const LOAD_MAX = 0.6;

export class RowIndex {
  #rows = emptyRows(INITIAL_SLOTS);
  #hashes = new Uint32Array(INITIAL_SLOTS);
  #count = 0;

  /** The place of the first row with the hash (u32); -1 when there is none. */
  first(hash: number): number {
    return this.#seek(spread(hash) & (this.#rows.length - 1), hash);
  }

  /** The place of the next row with the same hash as the one at `place`; -1 when there is none. */
  next(place: number): number {
    return this.#seek((place + 1) & (this.#rows.length - 1), this.#hashes[place]!);
  }

  /** The row at a place that `first` or `next` gave. */
  rowAt(place: number): number {
    return this.#rows[place]!;
  }

  /** Takes in a row, which is not in under this hash. */
  add(hash: number, row: number): void {
    if (this.#count >= this.#rows.length * LOAD_MAX) this.#grow();
    this.#count++;
    this.#insert(hash, row);
  }

  /** Takes a row out, if it is in under this hash. */
  remove(hash: number, row: number): void {
    for (let place = this.first(hash); place >= 0; place = this.next(place)) {
      if (this.#rows[place] !== row) continue;
      this.#count--;
      return this.#close(place);
    }
  }

  #seek(from: number, hash: number): number {
    const mask = this.#rows.length - 1;
    for (let place = from; this.#rows[place] !== EMPTY; place = (place + 1) & mask) {
      if (this.#hashes[place] === hash) return place;
    }
    return -1;
  }

  #insert(hash: number, row: number): void {
    const mask = this.#rows.length - 1;
    let place = spread(hash) & mask;
    while (this.#rows[place] !== EMPTY) place = (place + 1) & mask;
    this.#rows[place] = row;
    this.#hashes[place] = hash;
  }

  /** Closes the gap at `place`: whoever was pushed past it moves up, so no search ends early. */
  #close(place: number): void {
    const mask = this.#rows.length - 1;
    let gap = place;
    for (let at = (gap + 1) & mask; this.#rows[at] !== EMPTY; at = (at + 1) & mask) {
      const home = spread(this.#hashes[at]!) & mask;
      // It may move when its home is not between the gap and where it is, going round.
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      this.#rows[gap] = this.#rows[at]!;
      this.#hashes[gap] = this.#hashes[at]!;
      gap = at;
    }
    this.#rows[gap] = EMPTY;
  }

  #grow(): void {
    const [rows, hashes] = [this.#rows, this.#hashes];
    this.#rows = emptyRows(2 * rows.length);
    this.#hashes = new Uint32Array(2 * rows.length);
    for (let place = 0; place < rows.length; place++) {
      if (rows[place] !== EMPTY) this.#insert(hashes[place]!, rows[place]!);
    }
    // Frees them at once: the garbage collector is in no hurry with large ones.
    rows.buffer.transfer(0);
    hashes.buffer.transfer(0);
  }
}

function emptyRows(count: number): Int32Array<ArrayBuffer> {
  return new Int32Array(count).fill(EMPTY);
}

/** The finish of MurmurHash3: addresses, which are hashes here as they are, come in long runs. */
function spread(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
