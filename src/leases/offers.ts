/** The offers under way: which rows are offered to a client, and which of them may have to yield. */
import type { Identity } from "../config/config.ts";
import type { Client, Lease } from "./lease.ts";
import { type LeaseRows, NONE } from "./lease_rows.ts";
import { OfferQueue } from "./offer_queue.ts";
import { RowIndex } from "./row_index.ts";

/** An address held for a client that was sent a DHCPOFFER, until it answers or time runs out. */
export interface Offer extends Pick<Lease, "address" | "client" | "expiresAtMs"> {
  /** Whether it may have to make room for others: its client has no claim but its wish. */
  readonly mayYield?: boolean;
}

export class Offers {
  readonly #rows: LeaseRows;
  readonly #byClient = new RowIndex();
  readonly #yielding: OfferQueue;
  #yieldedCount = 0;

  constructor(rows: LeaseRows) {
    this.#rows = rows;
    this.#yielding = new OfferQueue(rows);
  }

  /** See `LeaseTable.yieldedCount`. */
  get yieldedCount(): number {
    return this.#yieldedCount;
  }

  /** The row that is offered to the client in the subnet of an index, or NONE. */
  rowOf(client: Client, identity: Identity, home: number): number {
    const index = this.#byClient;
    const hash = client.hashBy(identity);
    for (let at = index.first(hash); at >= 0; at = index.next(at)) {
      const row = index.rowAt(at);
      if (this.#rows.home[row] === home && this.#rows.isOfferedTo(row, client)) return row;
    }
    return NONE;
  }

  /**
   * Offers a row to a client that has no other offer in its subnet; an offer of the row to another
   * client yields to it. Where there is no room for one more that may have to yield, the oldest of
   * them does: the row that was offered, which the caller then settles, or NONE.
   */
  add(row: number, client: Client, mayYield: boolean): number {
    const takesOver = this.#rows.hasOffer(row) && !this.#rows.isOfferedTo(row, client);
    if (takesOver) this.#yieldedCount++;
    this.drop(row);
    this.#rows.setOffer(row, client);
    this.#byClient.add(this.#rows.offerHash(row), row);
    if (!mayYield) return NONE;
    const outrun = this.#yielding.isFull ? this.#yielding.oldest : NONE;
    if (outrun !== NONE) {
      this.#yieldedCount++;
      this.drop(outrun);
    }
    this.#yielding.add(row, takesOver);
    return outrun;
  }

  /** Takes the offer, if there is one, off its row, which the caller then settles. */
  drop(row: number): void {
    if (!this.#rows.hasOffer(row)) return;
    this.#yielding.remove(row);
    this.#byClient.remove(this.#rows.offerHash(row), row);
    this.#rows.clearOffer(row);
  }

  /** Whether the row's offer may have to yield. */
  mayYield(row: number): boolean {
    return this.#yielding.has(row);
  }

  /** Whether the row was offered to several, of whom the first to ask has it. */
  isContested(row: number): boolean {
    return this.#yielding.isContested(row);
  }

  /** The row of the oldest offer in a pool that may have to yield, or NONE. */
  oldestOf(pool: number): number {
    return this.#yielding.oldestOf(pool);
  }
}
