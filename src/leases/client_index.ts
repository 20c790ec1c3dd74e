/** Which rows have a lease that names a client: the ones that it would rather have. */
import type { Identity } from "../config/config.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Client } from "./lease.ts";
import { type LeaseRows, NONE } from "./lease_rows.ts";
import { RowIndex } from "./row_index.ts";
import type { Standings } from "./standings.ts";

const NO_ADDRESSES: readonly Ipv4[] = [];

/** Rows of one client in one subnet that are found by it. */
const CLIENT_ROWS_MAX = 8;

export class ClientIndex {
  readonly #rows: LeaseRows;
  readonly #standings: Standings;
  readonly #index = new RowIndex();

  constructor(rows: LeaseRows, standings: Standings) {
    this.#rows = rows;
    this.#standings = standings;
  }

  /** See `RowIndex.reserve`. */
  reserve(count: number): void {
    this.#index.reserve(count);
  }

  get size(): number {
    return this.#index.size;
  }

  /**
   * Takes in a row that has a lease, unless it is in; where it lies and how it stands is settled.
   *
   * Whoever takes one address after the other and gives each back is named by all of them, and each
   * of its packets would look at each. So of one client in one subnet, the rows are in that it would
   * rather have. A client that means well has one or two. The others are its own as before where it
   * names their addresses, and come in again when it has them anew.
   *
   * Clients of one hash count as one here. It is under a key, so nobody has another's at will.
   */
  add(row: number): void {
    const { home, isIndexed } = this.#rows;
    if (isIndexed[row] === 1) return;
    const index = this.#index;
    const hash = this.#rows.leaseHash(row);
    let count = 0;
    let last = row;
    for (let at = index.first(hash); at >= 0; at = index.next(at)) {
      const other = index.rowAt(at);
      if (home[other] !== home[row]) continue;
      count++;
      if (this.#isPreferred(last, other)) last = other;
    }
    if (count >= CLIENT_ROWS_MAX) {
      if (last === row) return;
      this.remove(last);
    }
    index.add(hash, row);
    isIndexed[row] = 1;
  }

  /** Takes out a row, before its client changes. */
  remove(row: number): void {
    const { isIndexed } = this.#rows;
    if (isIndexed[row] === 0) return;
    this.#index.remove(this.#rows.leaseHash(row), row);
    isIndexed[row] = 0;
  }

  /** The row of the lease that the client would rather have in the subnet of an index, or NONE. */
  bindingOf(client: Client, identity: Identity, home: number): number {
    const index = this.#index;
    const hash = client.hashBy(identity);
    let best = NONE;
    for (let at = index.first(hash); at >= 0; at = index.next(at)) {
      const row = index.rowAt(at);
      if (this.#rows.home[row] !== home || !this.#rows.isLeaseOf(row, client)) continue;
      if (best === NONE || this.#isPreferredBy(client, row, best)) best = row;
    }
    return best;
  }

  /** The same for a client that asks: of two machines with one identifier, each has its own rows. */
  #isPreferredBy(client: Client, a: number, b: number): boolean {
    const rows = this.#rows;
    if (this.#standings.isUsed(a) === this.#standings.isUsed(b)) {
      const isOwn = rows.isLeaseOfHardware(a, client);
      if (isOwn !== rows.isLeaseOfHardware(b, client)) return isOwn;
    }
    return this.#isPreferred(a, b);
  }

  /** See `LeaseTable.heldBeside`. */
  heldBeside(
    address: Ipv4,
    client: Client,
    identity: Identity,
    home: number,
    nowMs: number,
  ): readonly Ipv4[] {
    const rows = this.#rows;
    const index = this.#index;
    const hash = client.hashBy(identity);
    let held = NO_ADDRESSES;
    for (let at = index.first(hash); at >= 0; at = index.next(at)) {
      const row = index.rowAt(at);
      const isHeld = rows.home[row] === home && rows.address[row] !== address &&
        rows.isActive(row, nowMs) && rows.isLeaseOf(row, client) &&
        rows.isLeaseOfHardware(row, client);
      if (isHeld) held = [...held, rows.address[row]!];
    }
    return held;
  }

  /** See `LeaseTable.addressesOf`. */
  activeAddresses(client: Client, nowMs: number, looksMax: number): readonly Ipv4[] {
    const isOf = (row: number) => this.#rows.isLeaseOf(row, client);
    return this.#rows.activeAddresses(this.#index, client.hash, isOf, nowMs, looksMax);
  }

  /** Whether the client rather has row `a` than `b`. */
  #isPreferred(a: number, b: number): boolean {
    const { updatedAtMs, address } = this.#rows;
    const isUsed = this.#standings.isUsed(a);
    if (isUsed !== this.#standings.isUsed(b)) return isUsed;
    const [aMs, bMs] = [updatedAtMs[a]!, updatedAtMs[b]!];
    return aMs > bMs || (aMs === bMs && address[a]! > address[b]!);
  }
}
