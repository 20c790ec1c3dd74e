/**
 * Rows in the order of their instants: the earliest on top, the lower address first among equals.
 * Each row's place is written beside it, so that any of them can be taken out in O(log n). The
 * columns belong to the table: several heaps share them, and a row stands in one heap at most.
 */
import { assert } from "../wire/assert.ts";
import { enlarge } from "./enlarge.ts";

/** What the heaps read and write of the rows. The arrays are others after the table has grown. */
export interface HeapColumns {
  readonly address: Uint32Array;
  /** The instant that a row is sorted by, while it stands in a heap. */
  readonly heapAtMs: Float64Array;
  /** Where in its heap a row stands; -1 outside of one. */
  readonly heapPosition: Int32Array;
}

const INITIAL_ROWS = 16;

export class DeadlineHeap {
  readonly #columns: HeapColumns;
  #rows = new Int32Array(INITIAL_ROWS);
  #count = 0;

  constructor(columns: HeapColumns) {
    this.#columns = columns;
  }

  /** The earliest row; -1 when there is none. */
  get first(): number {
    return this.#count === 0 ? -1 : this.#rows[0]!;
  }

  /** Puts in a row that stands in no heap. */
  add(row: number, atMs: number): void {
    assert(this.#columns.heapPosition[row] === -1, "a row stands in one heap at most");
    if (this.#count === this.#rows.length) this.#rows = enlarge(this.#rows, 2 * this.#count);
    this.#columns.heapAtMs[row] = atMs;
    this.#rise(row, this.#count++);
  }

  /** Takes out a row that stands in this heap. */
  remove(row: number): void {
    const { heapPosition } = this.#columns;
    const gap = heapPosition[row]!;
    assert(this.#rows[gap] === row, "the row stands in this heap");
    heapPosition[row] = -1;
    const last = this.#rows[--this.#count]!;
    if (last === row) return;
    // The last row fills the gap, and may belong above it (another branch) or below it.
    this.#rise(last, gap);
    this.#sink(last, heapPosition[last]!);
  }

  /** Whether `a` comes before `b`: the heap's only comparison, and tests count the calls. */
  isBefore(a: number, b: number): boolean {
    const { heapAtMs, address } = this.#columns;
    const [aMs, bMs] = [heapAtMs[a]!, heapAtMs[b]!];
    return aMs < bMs || (aMs === bMs && address[a]! < address[b]!);
  }

  /** Places the row at `from` or above it, where its parent does not come after it. */
  #rise(row: number, from: number): void {
    let position = from;
    while (position > 0) {
      const above = (position - 1) >>> 1;
      const parent = this.#rows[above]!;
      if (!this.isBefore(row, parent)) break;
      this.#place(parent, position);
      position = above;
    }
    this.#place(row, position);
  }

  /** Places the row at `from` or below it, where no child comes before it. */
  #sink(row: number, from: number): void {
    let position = from;
    for (let child = this.#firstChild(position); child >= 0; child = this.#firstChild(position)) {
      const below = this.#rows[child]!;
      if (!this.isBefore(below, row)) break;
      this.#place(below, position);
      position = child;
    }
    this.#place(row, position);
  }

  /** The position of the child that comes first; -1 when there is none. */
  #firstChild(position: number): number {
    const left = 2 * position + 1;
    if (left >= this.#count) return -1;
    const right = left + 1;
    if (right >= this.#count) return left;
    return this.isBefore(this.#rows[right]!, this.#rows[left]!) ? right : left;
  }

  #place(row: number, position: number): void {
    this.#rows[position] = row;
    this.#columns.heapPosition[row] = position;
  }
}
