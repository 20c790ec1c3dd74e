/** Which rows have a lease that names a client. */
import type { Identity } from "../config/config.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Client } from "./lease.ts";
import { type LeaseRows, NONE } from "./lease_rows.ts";
import { RowIndex } from "./row_index.ts";
import type { Standings } from "./standings.ts";

const NO_ADDRESSES: readonly Ipv4[] = [];

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

  /** Takes in a row, which has a lease. */
  add(row: number): void {
    this.#index.add(this.#rows.leaseHash(row), row);
  }

  /** Takes out a row, before its client changes. */
  remove(row: number): void {
    this.#index.remove(this.#rows.leaseHash(row), row);
  }

  /** The row of the lease that the client would rather have in the subnet of an index, or NONE. */
  bindingOf(client: Client, identity: Identity, home: number): number {
    const index = this.#index;
    const hash = client.hashBy(identity);
    let best = NONE;
    for (let at = index.first(hash); at >= 0; at = index.next(at)) {
      const row = index.rowAt(at);
      if (this.#rows.home[row] !== home || !this.#rows.isLeaseOf(row, client)) continue;
      if (best === NONE || this.#isPreferred(row, best)) best = row;
    }
    return best;
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
        rows.isActive(row, nowMs) && rows.isLeaseOf(row, client);
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
