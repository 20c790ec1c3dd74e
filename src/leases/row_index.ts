/**
 * From a hash to the rows that have it: open addressing in one typed array, where each slot is a
 * row and its hash, side by side in the cache. It finds a row some times faster than a `Map` of
 * objects, and costs 8 octets a slot.
 *
 * Several rows may have one hash; the caller tells which of them it means:
 *
 *     for (let at = index.first(hash); at >= 0; at = index.next(at)) { … index.rowAt(at) … }
 */
import { mixBits } from "../wire/mix_bits.ts";

const EMPTY = -1;

/** A power of two. */
const INITIAL_SLOTS = 64;

/** Beyond this share of its slots in use, the index grows, lest the runs of full slots get long. */
const LOAD_MAX = 0.6;

export class RowIndex {
  /** Of slot n, the row at 2n and the hash (as i32) at 2n + 1. */
  #slots = emptySlots(INITIAL_SLOTS);
  #slotMask = INITIAL_SLOTS - 1;
  #count = 0;

  /** Makes room for so many rows at once; growing step by step to a million is half of the work. */
  reserve(count: number): void {
    let slots = this.#slotMask + 1;
    while (count >= slots * LOAD_MAX) slots *= 2;
    if (slots > this.#slotMask + 1) this.#resize(slots);
  }

  /** How many rows are in it. */
  get size(): number {
    return this.#count;
  }

  /** The row of an address, which is its own hash, and which no two rows have; -1 for none. */
  find(address: number): number {
    const place = this.first(address);
    return place < 0 ? -1 : this.rowAt(place);
  }

  /** The place of the first row with the hash (u32); -1 when there is none. */
  first(hash: number): number {
    return this.#seek(slotOf(hash) & this.#slotMask, hash | 0);
  }

  /** The place of the next row with the same hash as the one at `place`; -1 when there is none. */
  next(place: number): number {
    return this.#seek((place + 1) & this.#slotMask, this.#slots[2 * place + 1]!);
  }

  /** The row at a place that `first` or `next` gave. */
  rowAt(place: number): number {
    return this.#slots[2 * place]!;
  }

  /** Takes in a row, which is not in under this hash. */
  add(hash: number, row: number): void {
    const slots = this.#slotMask + 1;
    if (this.#count >= slots * LOAD_MAX) this.#resize(2 * slots);
    this.#count++;
    this.#insert(hash | 0, row);
  }

  /** Takes a row out, if it is in under this hash. */
  remove(hash: number, row: number): void {
    for (let place = this.first(hash); place >= 0; place = this.next(place)) {
      if (this.rowAt(place) !== row) continue;
      this.#count--;
      return this.#close(place);
    }
  }

  #seek(from: number, hash: number): number {
    const slots = this.#slots;
    const mask = this.#slotMask;
    for (let place = from; slots[2 * place] !== EMPTY; place = (place + 1) & mask) {
      if (slots[2 * place + 1] === hash) return place;
    }
    return -1;
  }

  #insert(hash: number, row: number): void {
    const slots = this.#slots;
    const mask = this.#slotMask;
    let place = slotOf(hash) & mask;
    while (slots[2 * place] !== EMPTY) place = (place + 1) & mask;
    slots[2 * place] = row;
    slots[2 * place + 1] = hash;
  }

  /** Closes the gap at `place`: whoever was pushed past it moves up, so no search ends early. */
  #close(place: number): void {
    const slots = this.#slots;
    const mask = this.#slotMask;
    let gap = place;
    for (let at = (gap + 1) & mask; slots[2 * at] !== EMPTY; at = (at + 1) & mask) {
      const home = slotOf(slots[2 * at + 1]!) & mask;
      // It may move when its home is not between the gap and where it is, going round.
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      slots[2 * gap] = slots[2 * at]!;
      slots[2 * gap + 1] = slots[2 * at + 1]!;
      gap = at;
    }
    slots[2 * gap] = EMPTY;
  }

  #resize(slotCount: number): void {
    const before = this.#slots;
    this.#slots = emptySlots(slotCount);
    this.#slotMask = slotCount - 1;
    for (let at = 0; at < before.length; at += 2) {
      if (before[at] !== EMPTY) this.#insert(before[at + 1]!, before[at]!);
    }
    // Frees it at once: the garbage collector is in no hurry with large ones.
    before.buffer.transfer(0);
  }
}

/**
 * The slot that a hash would have in an endless index. Addresses, which are hashes here as they are,
 * come in long runs. These must not lie in runs here, where every other one would have to go round
 * them; but of four neighbours side by side, three are in the cache when the first was looked for,
 * and a journal often has them one after the other. It takes twice as many looks for an address
 * (four on average where the index is fullest), most of them in one line of the cache.
 */
function slotOf(hash: number): number {
  return (mixBits(hash >>> 2) << 2) | (hash & 3);
}

function emptySlots(count: number): Int32Array<ArrayBuffer> {
  return new Int32Array(2 * count).fill(EMPTY);
}
