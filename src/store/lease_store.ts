/**
 * The seam between the loop and whatever keeps leases: the journal (journal_store.ts) today.
 * One contract suite (tests/contract/lease_store.ts) runs on every implementation.
 */
import type { Lease } from "../leases/lease.ts";
import type { PackedLease } from "../leases/packed_lease.ts";

export interface LeaseStore {
  /**
   * Puts every record the store holds into `leases`, oldest first, with times on this process's
   * clock. Resolves to what was wrong and what was done about it, for the log.
   */
  load(leases: LoadedLeases): Promise<readonly string[]>;
  /**
   * Makes a group of changes durable, in order. Resolves when all of them would survive a power
   * cut; changes of one call share one sync, and calls made while a sync is under way share the
   * next. Rejects with `StoreError` when they could not be written: then no reply that depends
   * on them may leave, and the store repairs itself on a later commit.
   */
  commit(changes: readonly Lease[]): Promise<void>;
  /** Whether the last attempt to write succeeded; for `/healthz`. */
  health(): StoreHealth;
  /** Waits for what is under way, then closes. Later commits reject. */
  close(): Promise<void>;
}

/** Where records go that are loaded: the lease table. */
export interface LoadedLeases {
  /** How many addresses have a record. */
  readonly size: number;
  /** The newest record of every address, each in place of the one before. */
  packed(): Iterable<PackedLease>;
  /** Told early of about how many addresses there will be records. */
  expect(count: number): void;
  /** Takes the newest record so far of an address; the object is the next one's afterwards. */
  load(lease: PackedLease): void;
  /**
   * Moves all times, once and after the last `load`: only the end of a file says what time it is.
   * From then on the records count. No record was made after `nowMs`: one that says so lasts from
   * then on for as long as it says.
   */
  finishLoading(byMs: number, nowMs?: number): void;
}

export interface StoreHealth {
  readonly ok: boolean;
  /** The last error, in words for the operator, while `ok` is false. */
  readonly problem?: string;
  /** Why the time cannot be what the machine takes it for, in words for the operator. */
  readonly "clock-problem"?: string;
}

/** Exit code of a process that cannot work with its store (EX_IOERR of sysexits.h). */
const EXIT_IO = 74;

/** The store cannot be read or written; the message says to the operator what to do. */
export class StoreError extends Error {
  readonly exitCode = EXIT_IO;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
  }
}
