/**
 * Who holds an address, more exactly than by the name of a client: under which hardware address, and
 * who was heard to use it. Two machines may have one identifier (clones), or one machine two.
 */
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Client } from "./lease.ts";
import { type LeaseRows, NONE } from "./lease_rows.ts";
import type { RowIndex } from "./row_index.ts";

/** Addresses whose users are remembered; of more, the oldest are forgotten, and asked for again. */
const OCCUPANTS_MAX = 1024;

/** Who answered for an address. In memory only. */
interface Occupant {
  /** Hex with colons; `undefined` where the answer did not tell (ICMP). */
  readonly hardwareAddress: string | undefined;
  readonly untilMs: number;
}

export class Holdings {
  readonly #rows: LeaseRows;
  readonly #byAddress: RowIndex;
  readonly #occupants = new Map<Ipv4, Occupant>();

  constructor(rows: LeaseRows, byAddress: RowIndex) {
    this.#rows = rows;
    this.#byAddress = byAddress;
  }

  /**
   * Whether the client has the address at `nowMs` by an active lease under its very name, and that
   * of its own hardware: what names itself alike on another machine is another one.
   */
  isUnderName(client: Client, address: Ipv4, nowMs: number): boolean {
    const row = this.#byAddress.find(address);
    return row !== NONE && this.#rows.isActive(row, nowMs) &&
      this.#rows.isLeaseUnder(row, client) &&
      this.#rows.isLeaseOfHardware(row, client);
  }

  /** Whether the client has the address by an active lease that names its own hardware address. */
  isHere(client: Client, address: Ipv4, nowMs: number): boolean {
    const row = this.#byAddress.find(address);
    return row !== NONE && this.#rows.isActive(row, nowMs) &&
      this.#rows.isLeaseOfHardware(row, client) && this.#rows.isLeaseOf(row, client);
  }

  /** Whether the client has the address by an active lease that names other hardware than its. */
  isElsewhere(client: Client, address: Ipv4, nowMs: number): boolean {
    const row = this.#byAddress.find(address);
    return row !== NONE && this.#rows.isActive(row, nowMs) &&
      this.#rows.isLeaseOf(row, client) && !this.#rows.isLeaseOfHardware(row, client);
  }

  /** Remembers who uses an address until then. */
  noteOccupant(address: Ipv4, hardwareAddress: string | undefined, untilMs: number): void {
    const occupants = this.#occupants;
    occupants.delete(address);
    occupants.set(address, { hardwareAddress, untilMs });
    if (occupants.size <= OCCUPANTS_MAX) return;
    for (const oldest of occupants.keys()) return void occupants.delete(oldest);
  }

  /** Whether somebody else than the client's machine was heard to use the address. */
  isOccupied(address: Ipv4, client: Client, nowMs: number): boolean {
    if (this.#occupants.size === 0) return false;
    const occupant = this.#occupants.get(address);
    if (occupant === undefined) return false;
    if (nowMs < occupant.untilMs) return occupant.hardwareAddress !== client.hardwareAddress;
    this.#occupants.delete(address);
    return false;
  }
}
