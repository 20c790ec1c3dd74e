/** Commits that share one write and one sync. */
import type { Lease } from "../leases/lease.ts";
import { PackedLease } from "../leases/packed_lease.ts";
import { Utf8Text } from "../wire/utf8_text.ts";
import { appendLease } from "./journal_format.ts";
import type { StoreError } from "./lease_store.ts";

/** The change that is being taken in. */
const packed = new PackedLease();

/** Used over and over, a group makes no garbage but its promises. */
export class CommitGroup {
  /** What is to be written. */
  readonly text = new Utf8Text();
  lineCount = 0;
  #waiters: PromiseWithResolvers<void>[] = [];

  /** Whether there is a commit in it. */
  get isWaitedFor(): boolean {
    return this.#waiters.length > 0;
  }

  /** Takes in a commit; resolves or rejects as the whole group does. */
  add(changes: readonly Lease[], offsetMs: number): Promise<void> {
    for (const lease of changes) {
      packed.pack(lease);
      appendLease(this.text, packed, offsetMs);
    }
    this.lineCount += changes.length;
    const waiter = Promise.withResolvers<void>();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  /** Takes in lines that nobody waits for. */
  addLines(lines: string, count: number): void {
    this.text.append(lines);
    this.lineCount += count;
  }

  /** Forgets what is to be written: it is on disk by another way. */
  clearLines(): void {
    this.text.clear();
    this.lineCount = 0;
  }

  /** Tells every commit in it how it went, and is empty then. */
  settle(error?: StoreError): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    this.clearLines();
    for (const { resolve, reject } of waiters) {
      if (error === undefined) resolve();
      else reject(error);
    }
  }
}
