/** Names in DNS: which rows have them by an active lease. */
import { hashOctets } from "../wire/keyed_hash.ts";
import type { Client, Lease } from "./lease.ts";
import type { LeaseRows } from "./lease_rows.ts";
import { RowIndex } from "./row_index.ts";
import type { Standings } from "./standings.ts";

export class NameIndex {
  readonly #rows: LeaseRows;
  readonly #standings: Standings;
  readonly #byName = new RowIndex();
  #onLapse: ((lease: Lease) => void) | undefined;

  constructor(rows: LeaseRows, standings: Standings) {
    this.#rows = rows;
    this.#standings = standings;
  }

  /** Whether somebody other than the client has the name. */
  isTaken(name: string, client: Client): boolean {
    const index = this.#byName;
    for (let at = index.first(hashName(name)); at >= 0; at = index.next(at)) {
      const row = index.rowAt(at);
      if (this.#rows.name(row) === name && !this.#rows.isLeaseOf(row, client)) return true;
    }
    return false;
  }

  /** Whether an active lease has the name. */
  isUsed(name: string): boolean {
    const index = this.#byName;
    for (let at = index.first(hashName(name)); at >= 0; at = index.next(at)) {
      if (this.#rows.name(index.rowAt(at)) === name) return true;
    }
    return false;
  }

  /** Every active lease that has a name; see `LeaseTable.records`. */
  *leases(): IterableIterator<Lease> {
    for (let row = 0; row < this.#rows.end; row++) {
      if (this.nameOf(row) !== undefined) yield this.#rows.lease(row)!;
    }
  }

  /** Has every lease with a name told that runs out from now on; `undefined` for no more. */
  watch(onLapse: ((lease: Lease) => void) | undefined): void {
    this.#onLapse = onLapse;
  }

  /** The name of a row that is actively leased, as it was when it was settled. */
  nameOf(row: number): string | undefined {
    return this.#standings.isUsed(row) ? this.#rows.name(row) : undefined;
  }

  /** Moves a row from the name that it had to the one that it has; `undefined` is none. */
  move(row: number, from: string | undefined, to: string | undefined): void {
    if (from === to) return;
    if (from !== undefined) this.#byName.remove(hashName(from), row);
    if (to !== undefined) this.#byName.add(hashName(to), row);
  }

  /** Takes note of a row that time has made another of; `name` is the one that it had before. */
  advanced(row: number, name: string | undefined): void {
    if (name === undefined || this.#standings.isUsed(row)) return;
    this.move(row, name, undefined);
    this.#onLapse?.(this.#rows.lease(row)!);
  }
}

const NO_SALT = 0;

/** RFC 1035 §2.3.4 allows no longer ones. */
const octets = new Uint8Array(255);

/** A u32, in this process. Names are ASCII, and clients choose them: see wire/keyed_hash.ts. */
function hashName(name: string): number {
  const length = Math.min(name.length, octets.length);
  for (let i = 0; i < length; i++) octets[i] = name.charCodeAt(i);
  return hashOctets(octets, 0, length, NO_SALT);
}
