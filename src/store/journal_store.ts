/**
 * The lease journal as a store: one file, appended to by one writer.
 *
 * Group commit: `commit` encodes its lines into the pending group. The writer takes everything
 * that is pending, writes it at once, syncs once, and resolves all of it; what arrives meanwhile
 * is the next group. A failed write or sync leaves the file in a state that nobody knows (after a
 * failed fsync the kernel may drop the data and call the next fsync a success), so such a file is
 * never written again: the next commit makes a new one from the live table.
 */
import type { Durability } from "../config/config.ts";
import type { Lease } from "../leases/lease.ts";
import type { PackedLease } from "../leases/packed_lease.ts";
import { assert } from "../wire/assert.ts";
import type { Clock } from "./clock.ts";
import { doubtClock } from "./clock_doubt.ts";
import { CommitGroup } from "./commit_group.ts";
import { Compaction } from "./compaction.ts";
import { type Disk, type DiskFile, realDisk } from "./disk.ts";
import { describeError } from "./disk_error.ts";
import { DiskWait } from "./disk_wait.ts";
import {
  appendBytes,
  appendBytesNow,
  type JournalFile,
  LEASES_PER_WRITE,
  putInPlace,
  removeNewJournal,
  type Snapshot,
  writeNewJournal,
} from "./journal_file.ts";
import { encodeClockStep, STEP_LINES } from "./journal_format.ts";
import { openExisting } from "./journal_open.ts";
import { JournalPlace } from "./journal_place.ts";
import { openError } from "./journal_reader.ts";
import { type LeaseStore, type LoadedLeases, StoreError, type StoreHealth } from "./lease_store.ts";
import { CLOCK_STEP_LIMIT_MS } from "./placement.ts";
import { SyncSchedule } from "./sync_schedule.ts";

/** A failing disk is tried again so often at most, lest every packet wait for it. */
export const REPAIR_INTERVAL_MS = 1_000;

/** A compaction that failed is tried again so often at most; the journal works without it. */
export const COMPACTION_RETRY_MS = 60_000;

/** A write that takes this long keeps packets waiting; then writes go to another thread. */
const SLOW_WRITE_MS = 3;
const WRITE_APART_MS = 10_000;

/** Journals of fewer lines are left as they are. */
const COMPACTION_LINES_MIN = 10_000;

/** Lines per live record that make a journal worth compacting. */
const COMPACTION_FACTOR = 2;

export interface JournalOptions {
  readonly path: string;
  readonly clock: Clock;
  /**
   * The live table: the newest record of every address. The journal keeps no copy of its own, so
   * a record must be in here before it is given to `commit`, and stay when its commit fails. It is
   * walked a few records at a time, while the table changes: see `Snapshot`.
   */
  readonly snapshot: () => Iterable<PackedLease>;
  /** When a commit resolves; `commit`, when it is synced, unless told. */
  readonly durability?: Durability;
  /** Told what others do to the journal, and of a disk that hangs, in words for the operator. */
  readonly onTrouble?: (message: string) => void;
  /** Where the file lies; the machine's file system unless told. */
  readonly disk?: Disk;
  /** In place of `COMPACTION_LINES_MIN`. */
  readonly compactionLinesMin?: number;
  /** In place of `LEASES_PER_WRITE`. */
  readonly leasesPerWrite?: number;
}

/**
 * A store on the journal at `options.path`; `load` opens it, and must come first. `commit([])`
 * once in a while (some seconds) lets it note a step of the wall clock, and recover, when there is
 * nothing to write.
 */
export function openJournal(options: JournalOptions): LeaseStore {
  return new JournalStore(options);
}

const NEVER_STOPPED = new AbortController().signal;

class JournalStore implements LeaseStore {
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #place: JournalPlace;
  readonly #syncs: SyncSchedule;
  readonly #diskWait = new DiskWait();
  readonly #onTrouble: (message: string) => void;
  readonly #snapshotSource: () => Iterable<PackedLease>;
  readonly #compactionLinesMin: number;
  readonly #leasesPerWrite: number;

  /** Undefined before `load` and after `close`. */
  #journal: JournalFile | undefined;
  #isClosed = false;
  /** Wall time of the journal less monotonic time: as the clocks stood at the last step. */
  #offsetMs = 0;
  /** Wall time of the newest line that was there at start. */
  #newestLineMs = -Infinity;
  #pending = new CommitGroup();
  /** The group that is not pending: it is being written, or waits for its turn, empty. */
  #other = new CommitGroup();
  /** The one writer, while there is something to write. */
  #writer: Promise<void> | undefined;
  /** Set while the state of the file is unknown. */
  #fault: { readonly error: StoreError; readonly triedAtMs: number } | undefined;
  #compaction: Compaction | undefined;
  #compactionProblem: string | undefined;
  #compactAtLines = Infinity;
  #compactNotBeforeMs = -Infinity;
  #writeApartUntilMs = -Infinity;

  constructor(options: JournalOptions) {
    this.#clock = options.clock;
    this.#disk = options.disk ?? realDisk;
    this.#place = new JournalPlace(this.#disk, options.path);
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#syncs = new SyncSchedule(options.durability ?? { kind: "commit" }, options.clock);
    this.#snapshotSource = options.snapshot;
    this.#compactionLinesMin = options.compactionLinesMin ?? COMPACTION_LINES_MIN;
    this.#leasesPerWrite = options.leasesPerWrite ?? LEASES_PER_WRITE;
  }

  async load(leases: LoadedLeases): Promise<readonly string[]> {
    assert(this.#journal === undefined && !this.#isClosed, "a journal is loaded once");
    try {
      const entry = await this.#place.find();
      await removeNewJournal(this.#disk, this.#place.file);
      return entry === undefined ? await this.#create() : await this.#open(leases);
    } catch (cause) {
      await this.close();
      throw openError(this.#place.file, cause);
    }
  }

  commit(changes: readonly Lease[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(new StoreError("the lease journal is closed"));
    assert(this.#journal !== undefined, "a journal is loaded before it is written");
    this.#noteClockStep();
    const committed = this.#pending.add(changes, this.#offsetMs);
    this.#wake();
    if (changes.length === 0) this.#tellOfDisk(this.#diskWait.tell(this.#clock.monotonicMs()));
    return committed;
  }

  health(): StoreHealth {
    const problem = this.#fault?.error.message ??
      this.#diskWait.problem(this.#clock.monotonicMs()) ?? this.#compactionProblem;
    const clockProblem = doubtClock(this.#clock.wallMs(), this.#newestLineMs);
    return {
      ...(problem === undefined ? { ok: true } : { ok: false, problem }),
      ...(clockProblem === undefined ? {} : { "clock-problem": clockProblem }),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#writer !== undefined) await this.#writer;
    await this.#giveUpCompaction();
    await this.#syncTheRest();
    this.#journal?.file.close();
    this.#journal = undefined;
    this.#place.close();
  }

  /** What `durability` has left for later, before the end. What fails now has promised nothing. */
  async #syncTheRest(): Promise<void> {
    if (this.#journal === undefined || !this.#syncs.isUnsynced || this.#fault !== undefined) return;
    await this.#sync(this.#journal).catch(() => {});
  }

  async #create(): Promise<readonly string[]> {
    this.#offsetMs = this.#clock.wallMs() - this.#clock.monotonicMs();
    await this.#rewrite([]);
    return [];
  }

  async #open(leases: LoadedLeases): Promise<readonly string[]> {
    const opened = await openExisting(this.#disk, this.#place.file, this.#clock, leases);
    this.#journal = opened.journal;
    this.#place.refuseOtherWriter(opened.journal);
    this.#offsetMs = opened.offsetMs;
    this.#newestLineMs = opened.newestLineMs;
    this.#compactAtLines = this.#compactionThreshold(opened.journal);
    if (opened.isSound) return [...opened.remarks, ...await this.#beginApart()];
    await this.#rewrite(leases.packed());
    return opened.remarks;
  }

  /**
   * A life that was killed after a failed sync leaves lines that can be read now, but are a hole
   * after the next power cut. A newline keeps what we append from being a part of such a hole. And
   * it shows at once, not with the first client, whether the disk takes anything.
   */
  async #beginApart(): Promise<readonly string[]> {
    this.#pending.addLines("\n", 1);
    await this.#writeGroup();
    return this.#fault === undefined ? [] : [this.#fault.error.message];
  }

  /**
   * Makes the lines to come true when the wall clock was stepped since the last one. Until then
   * they are written as if it had not moved, so that what is replayed is what was in memory.
   */
  #noteClockStep(): void {
    const monotonicMs = this.#clock.monotonicMs();
    const offsetMs = this.#clock.wallMs() - monotonicMs;
    if (Math.abs(offsetMs - this.#offsetMs) <= CLOCK_STEP_LIMIT_MS) return;
    const wasMs = monotonicMs + this.#offsetMs;
    this.#pending.addLines(encodeClockStep(monotonicMs + offsetMs, wasMs), STEP_LINES);
    this.#offsetMs = offsetMs;
  }

  #wake(): void {
    this.#writer ??= this.#writeWhatIsPending();
  }

  async #writeWhatIsPending(): Promise<void> {
    await null; // commits of the same turn make one group
    while (this.#pending.isWaitedFor || this.#compaction?.isReady) {
      this.#diskWait.begin(this.#clock.monotonicMs());
      if (this.#compaction?.isReady) await this.#finishCompaction(this.#compaction);
      if (this.#pending.isWaitedFor) await this.#writeGroup();
      const seconds = this.#diskWait.end(this.#clock.monotonicMs());
      if (seconds !== undefined) this.#tellOfDisk(`the disk answers again, after ${seconds} s`);
    }
    this.#writer = undefined;
  }

  #tellOfDisk(message: string | undefined): void {
    if (message !== undefined) this.#onTrouble(`lease journal ${this.#place.file}: ${message}`);
  }

  async #writeGroup(): Promise<void> {
    const group = this.#pending;
    this.#pending = this.#other;
    this.#other = group;
    const fault = this.#fault;
    try {
      if (fault === undefined) {
        await this.#append(group);
      } else if (this.#clock.monotonicMs() - fault.triedAtMs < REPAIR_INTERVAL_MS) {
        return group.settle(fault.error);
      } else {
        await this.#rewriteFromTable(); // holds the records of this group, too
      }
    } catch (cause) {
      return group.settle(this.#fail(cause));
    }
    group.settle();
  }

  /** Writes and syncs a group, and looks whether the file is as it was left. Nothing is pending. */
  async #append(group: CommitGroup): Promise<void> {
    const journal = this.#openJournal();
    const bytes = group.text.octets();
    if (bytes.length > 0) {
      if (this.#compaction === undefined) this.#startCompactionIfDue(journal);
      else this.#compaction.addToTail(bytes.slice(), group.lineCount);
      if (this.#clock.monotonicMs() < this.#writeApartUntilMs) {
        await appendBytes(journal.file, bytes);
      } else {
        this.#appendNow(journal.file, bytes);
      }
      journal.lineCount += group.lineCount;
      journal.byteCount += bytes.length;
      this.#syncs.noteWrite();
    }
    if (this.#syncs.isDue()) await this.#sync(journal);
    const meddling = this.#place.describeMeddling(journal);
    if (meddling === undefined) return this.#place.lookAtLock(this.#clock.monotonicMs());
    this.#onTrouble(meddling);
    await this.#rewriteFromTable();
  }

  async #sync(journal: JournalFile): Promise<void> {
    this.#syncs.noteSync();
    await journal.file.syncData();
  }

  /**
   * Writes on this thread, which is quickest: nothing of the file is on its way to disk, so the
   * kernel only copies. But when others fill the disk faster than it takes, the kernel makes
   * everybody who writes wait; for some time after that, another thread does the waiting.
   */
  #appendNow(file: DiskFile, bytes: Uint8Array): void {
    const beginMs = this.#clock.monotonicMs();
    appendBytesNow(file, bytes);
    const endMs = this.#clock.monotonicMs();
    if (endMs - beginMs >= SLOW_WRITE_MS) this.#writeApartUntilMs = endMs + WRITE_APART_MS;
  }

  #openJournal(): JournalFile {
    assert(this.#journal !== undefined, "the journal stays open while there is something to write");
    return this.#journal;
  }

  #fail(cause: unknown): StoreError {
    const error = new StoreError(
      `cannot write the lease journal ${this.#place.file}: ${describeError(cause)}`,
      { cause },
    );
    this.#fault = { error, triedAtMs: this.#clock.monotonicMs() };
    return error;
  }

  async #rewriteFromTable(): Promise<void> {
    await this.#giveUpCompaction();
    await this.#place.find();
    // The snapshot holds what is pending. Its lines may have been written before a clock step,
    // and would be misread after the snapshot, whose times are all of after it.
    this.#pending.clearLines();
    await this.#rewrite(this.#snapshotSource());
  }

  /** Replaces the file by one of just these records. */
  async #rewrite(leases: Iterable<PackedLease>): Promise<void> {
    const snapshot = this.#snapshotOf(leases);
    await this.#replaceBy(
      await writeNewJournal(this.#disk, this.#place.file, snapshot, NEVER_STOPPED),
    );
  }

  #snapshotOf(leases: Iterable<PackedLease>): Snapshot {
    return {
      leases,
      monotonicMs: this.#clock.monotonicMs(),
      offsetMs: this.#offsetMs,
      leasesPerWrite: this.#leasesPerWrite,
    };
  }

  /** Puts a file that was written and synced in place of the one that is open. */
  async #replaceBy(journal: JournalFile): Promise<void> {
    try {
      await this.#place.keepLock();
      await putInPlace(this.#disk, this.#place.file);
    } catch (error) {
      journal.file.close();
      throw error;
    }
    this.#journal?.file.close();
    this.#journal = journal;
    this.#syncs.noteSync();
    this.#compactAtLines = this.#compactionThreshold(journal);
    this.#fault = undefined;
    this.#compactionProblem = undefined;
  }

  #compactionThreshold({ leaseCount }: JournalFile): number {
    return Math.max(this.#compactionLinesMin, COMPACTION_FACTOR * leaseCount);
  }

  /** The group that is about to be written is in the snapshot already; later ones are the tail. */
  #startCompactionIfDue(journal: JournalFile): void {
    if (journal.lineCount < this.#compactAtLines) return;
    if (this.#clock.monotonicMs() < this.#compactNotBeforeMs) return;
    const snapshot = this.#snapshotOf(this.#snapshotSource());
    this.#compaction = new Compaction(this.#disk, this.#place.file, snapshot, () => this.#wake());
  }

  /** Runs between two groups: the tail is whole, and nothing is under way on the old file. */
  async #finishCompaction(compaction: Compaction): Promise<void> {
    // While commits fail, not even the tail has everything that the table has.
    if (this.#fault !== undefined) return this.#giveUpCompaction();
    this.#compaction = undefined;
    let journal: JournalFile;
    try {
      journal = await compaction.finish();
    } catch (cause) {
      // The old file is as good as before.
      this.#compactionProblem = `cannot compact the lease journal ${this.#place.file}: ${
        describeError(cause)
      }`;
      this.#compactNotBeforeMs = this.#clock.monotonicMs() + COMPACTION_RETRY_MS;
      return;
    }
    try {
      await this.#replaceBy(journal);
    } catch (cause) {
      // Nobody knows which of the two files the path leads to after a crash.
      this.#fail(cause);
    }
  }

  async #giveUpCompaction(): Promise<void> {
    const compaction = this.#compaction;
    this.#compaction = undefined;
    await compaction?.giveUp();
  }
}
