/** The addresses of a subnet's ranges as one row of indexes, with a mark on those in use. */
import type { AddressRange } from "../config/config.ts";
import { assert } from "../wire/assert.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import { Bitmap } from "./bitmap.ts";
import { lastAtOrBelow, rangeIndexOf } from "./subnets.ts";

export class AddressPool {
  /** Number of addresses in the ranges. */
  readonly size: number;
  readonly #ranges: readonly AddressRange[];
  /** For each range, the index of its first address. */
  readonly #starts: readonly number[];
  readonly #marks: Bitmap;

  /** A pool over sorted, disjoint ranges, none of its addresses marked. */
  constructor(ranges: readonly AddressRange[]) {
    const starts: number[] = [];
    let size = 0;
    let previousLast = -1;
    for (const { first, last } of ranges) {
      assert(previousLast < first && first <= last, "ranges are sorted and disjoint");
      starts.push(size);
      size += last - first + 1;
      previousLast = last;
    }
    this.size = size;
    this.#ranges = ranges;
    this.#starts = starts;
    this.#marks = new Bitmap(size);
  }

  /** Whether `address` lies in the ranges. */
  has(address: Ipv4): boolean {
    return rangeIndexOf(this.#ranges, address) >= 0;
  }

  /** Marks an address of the ranges. */
  mark(address: Ipv4): void {
    this.#marks.set(this.#indexOf(address));
  }

  /** Takes the mark off an address of the ranges. */
  unmark(address: Ipv4): void {
    this.#marks.clear(this.#indexOf(address));
  }

  /**
   * The first address without a mark at the place that `startHash` (u32) points to or after it,
   * around the end; `undefined` when all are marked.
   */
  nextUnmarked(startHash: number): Ipv4 | undefined {
    if (this.size === 0) return undefined;
    let index = this.#marks.nextClear(startHash % this.size);
    if (index < 0) index = this.#marks.nextClear(0);
    return index < 0 ? undefined : this.#addressAt(index);
  }

  #indexOf(address: Ipv4): number {
    const range = rangeIndexOf(this.#ranges, address);
    assert(range >= 0, "the address lies in the ranges");
    return this.#starts[range]! + address - this.#ranges[range]!.first;
  }

  #addressAt(index: number): Ipv4 {
    const range = lastAtOrBelow(this.#starts, (start) => start, index);
    return this.#ranges[range]!.first + index - this.#starts[range]!;
  }
}
