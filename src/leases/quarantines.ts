/**
 * Addresses in quarantine: how many there may be, and which of them is looked at again.
 *
 * A quarantine is a guess that somebody uses the address. A stranger can have it made of any
 * address: by a DECLINE, or by an answer to a probe. So it keeps a part of a pool at most out of
 * use, and it is looked at again when a client has no other address to go to. Who has found the
 * address in use again waits twice as long for the next look.
 */
import type { Pool } from "../config/config.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Client } from "./lease.ts";
import { type LeaseRows, NONE } from "./lease_rows.ts";
import type { RowIndex } from "./row_index.ts";
import type { Standings } from "./standings.ts";

/** The part of a pool that may be in quarantine; of a small pool so many addresses. */
const QUARANTINED_SHARE = 1 / 4;
const QUARANTINED_MIN = 4;

/** How many addresses of a pool of this size may be in quarantine. */
export function quarantinedMax(size: number): number {
  return Math.max(Math.floor(size * QUARANTINED_SHARE), Math.min(size, QUARANTINED_MIN));
}

/**
 * How long an address stays out of use before it is given without a probe, or looked at for the
 * second time: as long as a client waits after its DECLINE (RFC 2131 §3.1.5). It doubles with each
 * time that the address is found in use, and ends with the quarantine.
 */
const LOOK_AGAIN_MS = 10_000;
const DOUBLINGS_MAX = 20;

/** How many of the oldest quarantines are gone through for one that may be looked at again. */
const LOOKS_MAX = 64;

/**
 * The rows that stand as quarantined, by their pools, in the order in which they were quarantined
 * or last offered.
 */
export class QuarantineQueues {
  readonly #rows: LeaseRows;
  /** By the numbers of the pools: when each row was quarantined, or until when it is offered. */
  readonly #byPool: readonly Map<number, number>[];
  /** The same of rows outside of all pools, such as reserved ones. */
  readonly #elsewhere = new Map<number, number>();
  /** Pools whose rows came in as the table has them, and were not put in order yet. */
  readonly #unsorted: Set<number>;

  constructor(rows: LeaseRows, poolCount: number) {
    this.#rows = rows;
    this.#unsorted = new Set(Array.from({ length: poolCount }, (_, pool) => pool));
    this.#byPool = Array.from({ length: poolCount }, () => new Map());
  }

  /** Takes in a row that stands as quarantined; a new quarantine or offer goes behind the others. */
  note(row: number): void {
    const { offerExpiresAtMs, updatedAtMs } = this.#rows;
    const queue = this.#queueOf(row);
    const sinceMs = (this.#rows.hasOffer(row) ? offerExpiresAtMs : updatedAtMs)[row]!;
    if (queue.get(row) === sinceMs) return;
    queue.delete(row);
    queue.set(row, sinceMs);
  }

  /** Takes out a row that does not stand as quarantined any more. */
  drop(row: number): void {
    this.#queueOf(row).delete(row);
  }

  /** The rows of a pool, the oldest first. */
  of(pool: number): IterableIterator<number> {
    const queue = this.#byPool[pool]!;
    if (this.#unsorted.delete(pool)) {
      const inOrder = [...queue].sort(([, a], [, b]) => a - b);
      queue.clear();
      for (const [row, sinceMs] of inOrder) queue.set(row, sinceMs);
    }
    return queue.keys();
  }

  /** All rows. */
  *all(): IterableIterator<number> {
    yield* this.#elsewhere.keys();
    for (const queue of this.#byPool) yield* queue.keys();
  }

  #queueOf(row: number): Map<number, number> {
    return this.#byPool[this.#rows.pool[row]!] ?? this.#elsewhere;
  }
}

/** What the table says of quarantines. */
export class Quarantines {
  readonly #rows: LeaseRows;
  readonly #standings: Standings;
  readonly #byAddress: RowIndex;

  constructor(rows: LeaseRows, standings: Standings, byAddress: RowIndex) {
    this.#rows = rows;
    this.#standings = standings;
    this.#byAddress = byAddress;
  }

  /** Whether the address is in quarantine. */
  has(address: Ipv4, nowMs: number): boolean {
    const row = this.#byAddress.find(address);
    return row !== NONE && this.#rows.isQuarantined(row, nowMs);
  }

  /**
   * Whether the address is in quarantine, but may be given to a client that has no other. A first
   * DECLINE is held against a probe at once, where it `canBeProbed`; else time has to pass. Not
   * while the address is offered to somebody.
   */
  mayLookAgain(address: Ipv4, canBeProbed: boolean, nowMs: number): boolean {
    const row = this.#byAddress.find(address);
    return row !== NONE && this.#isDue(row, canBeProbed, nowMs);
  }

  /**
   * Whether the address is in quarantine because the client's own machine was found to use it, by
   * whoever else was to get it: after a lost journal that is its holder. One that declined the
   * address looks the same, so the address has to be probed all the same.
   */
  isOccupant(address: Ipv4, client: Client, nowMs: number): boolean {
    const row = this.#byAddress.find(address);
    return row !== NONE && this.#rows.isQuarantined(row, nowMs) &&
      this.#rows.isLeaseOfHardware(row, client);
  }

  /** The address of a pool that was quarantined the longest ago and may be looked at again. */
  findDue(pool: Pool, canBeProbed: boolean, nowMs: number): Ipv4 | undefined {
    let looks = 0;
    for (const row of this.#standings.quarantinesOf(pool)) {
      if (this.#isDue(row, canBeProbed, nowMs)) return this.#rows.address[row]!;
      if (++looks === LOOKS_MAX) break;
    }
    return undefined;
  }

  /** The oldest quarantined address of a pool that has too many; as of the last `advance`. */
  findSurplus(pool: Pool): Ipv4 | undefined {
    const { size, quarantined } = this.#standings.poolCounts(pool);
    if (quarantined <= quarantinedMax(size)) return undefined;
    const [oldest] = this.#standings.quarantinesOf(pool);
    return oldest === undefined ? undefined : this.#rows.address[oldest];
  }

  /** Has each quarantine that there is end so long after it was made, by its address. */
  endAfter(msOf: (address: Ipv4) => number, nowMs: number): void {
    const rows = this.#rows;
    for (const row of [...this.#standings.quarantines()]) {
      rows.expiresAtMs[row] = rows.updatedAtMs[row]! + msOf(rows.address[row]!);
      this.#standings.settle(row, nowMs);
    }
  }

  #isDue(row: number, canBeProbed: boolean, nowMs: number): boolean {
    const rows = this.#rows;
    if (!rows.isQuarantined(row, nowMs)) return false;
    if (rows.hasOffer(row) && nowMs < rows.offerExpiresAtMs[row]!) return false;
    const times = rows.quarantineTimes[row]!;
    const ageMs = nowMs - rows.updatedAtMs[row]!;
    if (canBeProbed && times <= 1) return true;
    const doublings = Math.min(Math.max(times - 1 - Number(canBeProbed), 0), DOUBLINGS_MAX);
    return ageMs >= LOOK_AGAIN_MS * 2 ** doublings;
  }
}
