/**
 * Addresses in the order of their instants: the earliest on top, the lower address first among
 * equals. The entry keeps its own position, so that any of them can be taken out in O(log n), and
 * none is in twice.
 */
import assert from "node:assert/strict";
import type { Ipv4 } from "../wire/ipv4.ts";

/** What can stand in a heap: in one at a time. */
export interface HeapEntry {
  readonly address: Ipv4;
  /** The instant it is sorted by. Only the heap writes it, as the next. */
  atMs: number;
  /** Index in the heap; -1 outside of one. */
  heapPosition: number;
}

export class DeadlineHeap<Entry extends HeapEntry> {
  readonly #entries: Entry[] = [];

  /** The earliest entry. */
  get first(): Entry | undefined {
    return this.#entries[0];
  }

  /** Puts in an entry that stands in no heap. */
  add(entry: Entry, atMs: number): void {
    assert(entry.heapPosition < 0, "an entry stands in one heap at most");
    entry.atMs = atMs;
    this.#entries.push(entry);
    this.#rise(entry, this.#entries.length - 1);
  }

  /** Takes out an entry that stands in this heap. */
  remove(entry: Entry): void {
    const gap = entry.heapPosition;
    assert(this.#entries[gap] === entry, "the entry stands in this heap");
    entry.heapPosition = -1;
    const last = this.#entries.pop()!;
    if (last === entry) return;
    // The last entry fills the gap, and may belong above it (another branch) or below it.
    this.#rise(last, gap);
    this.#sink(last, last.heapPosition);
  }

  /** Whether `a` comes before `b`: the heap's only comparison, and tests count the calls. */
  isBefore(a: Entry, b: Entry): boolean {
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.address < b.address);
  }

  /** Places the entry at `from` or above it, where its parent does not come after it. */
  #rise(entry: Entry, from: number): void {
    let position = from;
    while (position > 0) {
      const above = (position - 1) >>> 1;
      const parent = this.#entries[above]!;
      if (!this.isBefore(entry, parent)) break;
      this.#place(parent, position);
      position = above;
    }
    this.#place(entry, position);
  }

  /** Places the entry at `from` or below it, where no child comes before it. */
  #sink(entry: Entry, from: number): void {
    let position = from;
    for (;;) {
      const child = this.#firstChild(position);
      if (child === undefined || !this.isBefore(child, entry)) break;
      const below = child.heapPosition;
      this.#place(child, position);
      position = below;
    }
    this.#place(entry, position);
  }

  #firstChild(position: number): Entry | undefined {
    const left = this.#entries[2 * position + 1];
    const right = this.#entries[2 * position + 2];
    if (left === undefined || right === undefined) return left;
    return this.isBefore(right, left) ? right : left;
  }

  #place(entry: Entry, position: number): void {
    this.#entries[position] = entry;
    entry.heapPosition = position;
  }
}
