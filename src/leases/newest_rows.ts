/**
 * The rows whose records were made last. Whoever asks for the status page sees them, as often as he
 * likes: so they are kept as records come, and no question looks at every row.
 */

/** How many of them are known. */
export const NEWEST_MAX = 10;

/** In place of a row: there is none. */
const NONE = -1;

/** When the record of each row was made. */
interface Rows {
  readonly updatedAtMs: Float64Array;
}

export class NewestRows {
  readonly #rows: Rows;
  /** The newest first; NONE behind the last. */
  readonly #newest = new Int32Array(NEWEST_MAX).fill(NONE);

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /** Takes note of a row whose record has just been made. */
  note(row: number): void {
    const newest = this.#newest;
    const { updatedAtMs } = this.#rows;
    const madeAtMs = updatedAtMs[row]!;
    const last = NEWEST_MAX - 1;
    // Where the row stands, and else the last place, which it takes if it is newer than that.
    let at = 0;
    while (at < last && newest[at] !== row) at++;
    const oldest = newest[at]!;
    if (oldest !== row && oldest !== NONE && updatedAtMs[oldest]! > madeAtMs) return;
    for (; at > 0; at--) {
      const before = newest[at - 1]!;
      if (before !== NONE && updatedAtMs[before]! > madeAtMs) break;
      newest[at] = before;
    }
    newest[at] = row;
  }

  /** Takes note of a row that is not known yet, if it belongs among the newest. */
  noteNext(row: number): void {
    const { updatedAtMs } = this.#rows;
    const oldest = this.#newest[NEWEST_MAX - 1]!;
    if (oldest === NONE || updatedAtMs[row]! > updatedAtMs[oldest]!) this.note(row);
  }

  /** The rows, the newest first. */
  list(): readonly number[] {
    return [...this.#newest].filter((row) => row !== NONE);
  }
}
