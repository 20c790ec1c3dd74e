/**
 * Offers to clients that nothing is known of, in the order in which they were made: those that may
 * have to yield. Anybody can ask for thousands of addresses under as many names, and each offer
 * keeps an address from others for a while. So there are at most so many of these offers, and
 * where a pool has nothing else left, the oldest of it gives its address to who asks now.
 *
 * Whose offer had to yield may still be quick: an address that was offered to several is for the
 * first of them to ask for it (`isContested`). So a flood of DISCOVERs cannot keep it from a client
 * that means it.
 *
 * Two lists through the same slots: of all offers, and of those of each pool.
 */
import { NONE } from "./lease_rows.ts";

/** A column of slots has 16 bits, and 0 stands for none. */
export const YIELDING_OFFERS_MAX = 65_535;

/** What the queue needs of a row: the place for its slot, 0 for none, and its pool. */
export interface OfferColumns {
  readonly offerSlot: Uint16Array;
  readonly pool: Int32Array;
}

/** The one list of `#byAge`; those of `#byPool` have the numbers of the pools. */
const ALL = 0;

export class OfferQueue {
  readonly #columns: OfferColumns;
  readonly #capacity: number;
  /** Everything below is made with the first offer: a table of the command line has none. */
  #rows = new Int32Array(0);
  #contested = new Uint8Array(0);
  #byAge = new LinkedSlots(0);
  #byPool = new LinkedSlots(0);
  #unused = 0;
  #freed: number[] = [];

  constructor(columns: OfferColumns, capacity = YIELDING_OFFERS_MAX) {
    this.#columns = columns;
    this.#capacity = capacity;
  }

  /** Whether the row's offer may have to yield. */
  has(row: number): boolean {
    return this.#columns.offerSlot[row] !== 0;
  }

  /** Whether the row's address was offered to another client before, which had to yield. */
  isContested(row: number): boolean {
    return this.#contested[this.#columns.offerSlot[row]!] === 1;
  }

  /** The oldest of all offers; NONE when there is none. */
  get oldest(): number {
    return this.#rowOf(this.#byAge.first(ALL));
  }

  /** The oldest offer of a pool; NONE when it has none. */
  oldestOf(pool: number): number {
    return this.#rowOf(this.#byPool.first(pool));
  }

  /** Whether `oldest` has to go before another can be added. */
  get isFull(): boolean {
    return this.#freed.length === 0 && this.#unused === this.#capacity;
  }

  /** Adds the offer of a row that is not in yet, as the newest. */
  add(row: number, isContested: boolean): void {
    if (this.#rows.length === 0) this.#open();
    const slot = this.#freed.pop() ?? ++this.#unused;
    this.#rows[slot] = row;
    this.#contested[slot] = Number(isContested);
    this.#columns.offerSlot[row] = slot;
    this.#byAge.append(ALL, slot);
    this.#byPool.append(this.#columns.pool[row]!, slot);
  }

  /** Takes the offer of a row out, if it is in. */
  remove(row: number): void {
    const slot = this.#columns.offerSlot[row]!;
    if (slot === 0) return;
    this.#byAge.remove(ALL, slot);
    this.#byPool.remove(this.#columns.pool[row]!, slot);
    this.#contested[slot] = 0;
    this.#columns.offerSlot[row] = 0;
    this.#freed.push(slot);
  }

  #rowOf(slot: number): number {
    return slot === 0 ? NONE : this.#rows[slot]!;
  }

  #open(): void {
    const slots = this.#capacity + 1;
    this.#rows = new Int32Array(slots);
    this.#contested = new Uint8Array(slots);
    this.#byAge = new LinkedSlots(slots);
    this.#byPool = new LinkedSlots(slots);
  }
}

/** Doubly linked lists by number, of slots from 1; each slot stands in one of them at most. */
class LinkedSlots {
  readonly #next: Uint16Array;
  readonly #previous: Uint16Array;
  readonly #ends = new Map<number, { first: number; last: number }>();

  constructor(slots: number) {
    this.#next = new Uint16Array(slots);
    this.#previous = new Uint16Array(slots);
  }

  /** The first slot of a list; 0 when it is empty. */
  first(list: number): number {
    return this.#ends.get(list)?.first ?? 0;
  }

  append(list: number, slot: number): void {
    const ends = this.#ends.get(list);
    if (ends === undefined) {
      this.#ends.set(list, { first: slot, last: slot });
      return;
    }
    const { last } = ends;
    if (last === 0) ends.first = slot;
    else this.#next[last] = slot;
    this.#previous[slot] = last;
    ends.last = slot;
  }

  remove(list: number, slot: number): void {
    const ends = this.#ends.get(list)!;
    const [before, after] = [this.#previous[slot]!, this.#next[slot]!];
    if (before === 0) ends.first = after;
    else this.#next[before] = after;
    if (after === 0) ends.last = before;
    else this.#previous[after] = before;
    this.#previous[slot] = 0;
    this.#next[slot] = 0;
  }
}
