/**
 * A lease store in memory. It commits at once, or holds commits until the test lets them go or
 * fails them; what it has committed survives it, for the store of the next life.
 */
import type { Lease } from "../../src/leases/lease.ts";
import {
  type LeaseStore,
  type LoadedLeases,
  StoreError,
  type StoreHealth,
} from "../../src/store/lease_store.ts";
import { packAll } from "./lease_list.ts";

/** What a store has made durable: every record, oldest first. */
export type MemoryRecords = Lease[];

interface HeldCommit {
  readonly changes: readonly Lease[];
  readonly resolve: () => void;
  readonly reject: (error: StoreError) => void;
}

export class MemoryStore implements LeaseStore {
  /** While true, commits wait for `release` or `fail`; otherwise they resolve by themselves. */
  isHolding = false;
  /** While set, commits reject with it. */
  failure: string | undefined;

  readonly records: MemoryRecords;
  #held: HeldCommit[] = [];
  #problem: string | undefined;
  #isClosed = false;

  /** `records` of an earlier life (times on the same monotonic clock) are what `load` reads. */
  constructor(records: MemoryRecords = []) {
    this.records = records;
  }

  /** Number of commits that wait. */
  get heldCount(): number {
    return this.#held.length;
  }

  /** Commits the oldest `count` of those that wait; all unless told. */
  release(count = this.#held.length): void {
    for (const commit of this.#held.splice(0, count)) this.#finish(commit);
  }

  /** Rejects all commits that wait. */
  fail(problem: string): void {
    this.#problem = problem;
    for (const { reject } of this.#held.splice(0)) reject(new StoreError(problem));
  }

  load(leases: LoadedLeases): Promise<readonly string[]> {
    for (const packed of packAll(this.records)) leases.load(packed);
    leases.finishLoading(0);
    return Promise.resolve([]);
  }

  commit(changes: readonly Lease[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(new StoreError("the store is closed"));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const commit = { changes, resolve, reject };
    if (this.isHolding) this.#held.push(commit);
    else this.#finish(commit);
    return promise;
  }

  health(): StoreHealth {
    return this.#problem === undefined ? { ok: true } : { ok: false, problem: this.#problem };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.release();
    return Promise.resolve();
  }

  #finish({ changes, resolve, reject }: HeldCommit): void {
    this.#problem = this.failure;
    if (this.failure !== undefined) return reject(new StoreError(this.failure));
    this.records.push(...changes);
    resolve();
  }
}
