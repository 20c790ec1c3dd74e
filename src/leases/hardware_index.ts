/** Which rows have a hardware address: for those who ask for leases by it (RFC 4388). */
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Client } from "./lease.ts";
import { type LeaseRows, NONE } from "./lease_rows.ts";
import { RowIndex } from "./row_index.ts";
import type { Standings } from "./standings.ts";

/** Rows that are found by one hardware address. */
const HARDWARE_ROWS_MAX = 64;

export class HardwareIndex {
  readonly #rows: LeaseRows;
  readonly #standings: Standings;
  readonly #index = new RowIndex();

  /** An index of all the rows that have a holder. */
  constructor(rows: LeaseRows, standings: Standings) {
    this.#rows = rows;
    this.#standings = standings;
    for (let row = 0; row < rows.end; row++) {
      if (rows.hasHolder(row)) this.add(row);
    }
  }

  /** See `LeaseTable.addressesOfHardware`. */
  activeAddresses(client: Client, nowMs: number, looksMax: number): readonly Ipv4[] {
    const isOf = (row: number) => this.#rows.isLeaseOfHardware(row, client);
    return this.#rows.activeAddresses(this.#index, client.hardwareHash, isOf, nowMs, looksMax);
  }

  /**
   * Takes in a row that has a holder. One machine that poses as thousands of clients, each with an
   * identifier of its own, would make that slow for all: of one address, so many rows are in, and
   * one that is not in use makes room.
   */
  add(row: number): void {
    const index = this.#index;
    const hash = this.#rows.hardwareHash(row);
    let count = 0;
    let unused = NONE;
    for (let at = index.first(hash); at >= 0; at = index.next(at)) {
      count++;
      if (!this.#standings.isUsed(index.rowAt(at))) unused = index.rowAt(at);
    }
    if (count >= HARDWARE_ROWS_MAX) {
      if (unused === NONE) return;
      index.remove(hash, unused);
    }
    index.add(hash, row);
  }

  /** Takes out a row, before its holder changes. */
  remove(row: number): void {
    this.#index.remove(this.#rows.hardwareHash(row), row);
  }
}
