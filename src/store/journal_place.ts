/**
 * Where a journal is: the file that its path leads to, links followed, and the lock that is the
 * right to write it. Others may lead the path elsewhere, or change the file, while a server runs.
 */
import { dirname } from "node:path";
import { assert } from "../wire/assert.ts";
import type { Disk, DiskEntry, DiskLock } from "./disk.ts";
import { describeError, type Moment } from "./disk_error.ts";
import { type JournalFile, lockPathOf } from "./journal_file.ts";
import { notAFile } from "./journal_reader.ts";
import { StoreError } from "./lease_store.ts";

/** The lock is looked at so often at most, lest each group pay for it. */
const LOCK_INTERVAL_MS = 1_000;

export class JournalPlace {
  readonly #disk: Disk;
  /** As it is configured. */
  readonly #path: string;
  #file: string;
  #lock: DiskLock | undefined;
  #lockSeenAtMs = -Infinity;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    this.#file = path;
  }

  /**
   * The path of the file itself, as of the last `find`: to rename over a link would put a file in
   * the link's place.
   */
  get file(): string {
    return this.#file;
  }

  /**
   * Finds out which file the path leads to now, and takes its lock. Rejects as the disk does, and
   * with StoreError when the file cannot be a journal, or is another server's.
   */
  async find(): Promise<DiskEntry | undefined> {
    const entry = await this.#disk.stat(this.#path);
    const file = await this.#disk.follow(this.#path);
    if (entry !== undefined && entry.kind !== "file") throw notAFile(file, entry.kind);
    if (this.#lock !== undefined && file === this.#file) {
      await this.keepLock();
    } else {
      const moment = this.#lock === undefined ? "start" : "running";
      const lock = await takeLock(this.#disk, file, moment);
      this.close();
      this.#lock = lock;
      this.#file = file;
    }
    return entry;
  }

  /** As `keepLock`, every now and then. */
  async lookAtLock(nowMs: number): Promise<void> {
    if (nowMs - this.#lockSeenAtMs < LOCK_INTERVAL_MS) return;
    await this.keepLock();
    this.#lockSeenAtMs = nowMs;
  }

  /**
   * Takes the lock again where somebody has removed its file: that keeps nobody away any more.
   * Rejects as the disk does, and with StoreError when the journal is another server's by now.
   */
  async keepLock(): Promise<void> {
    assert(this.#lock !== undefined, "a journal that is open is locked");
    const lockPath = lockPathOf(this.#file);
    if (this.#disk.statNow(lockPath)?.identity === this.#lock.identity) return;
    const describeHolder = (holder: string) =>
      `another sublet (process ${holder}) has taken it over, because somebody removed ${lockPath} ` +
      "while this one runs; stop one of the two: until then this one gives and renews no lease";
    const again = await takeLock(this.#disk, this.#file, "running", describeHolder);
    this.close();
    this.#lock = again;
  }

  /**
   * What somebody else has done to the journal that is open, for the operator; undefined when
   * nothing: what was synced may not be found after a restart.
   */
  describeMeddling(journal: JournalFile): string | undefined {
    const done = whatWasDone(journal, this.#disk.statNow(this.#path));
    if (done === undefined) return undefined;
    return `the lease journal ${this.#path} ${done} while the server runs: it is written anew ` +
      "with the leases that the server knows. To edit the journal, stop the server first";
  }

  /** Throws when a journal that was just read is not what was read any more. */
  refuseOtherWriter(journal: JournalFile): void {
    if (whatWasDone(journal, this.#disk.statNow(this.#path)) === undefined) return;
    throw new StoreError(
      `another process writes to the lease journal ${this.#path} while it is read; stop it first`,
    );
  }

  /** Gives the lock up. */
  close(): void {
    this.#lock?.close();
    this.#lock = undefined;
  }
}

/** Two servers on one journal would each write what the other does not know. */
async function takeLock(
  disk: Disk,
  path: string,
  moment: Moment,
  describeHolder = (holder: string) =>
    `another sublet (process ${holder}) uses the lease journal ${path}; stop it, or ` +
    "set `journal:` to another path",
): Promise<DiskLock> {
  await disk.makeDirectory(dirname(path));
  const lockPath = lockPathOf(path);
  const lock = await disk.lock(lockPath).catch((cause) => {
    const reason = describeError(cause, moment);
    throw new StoreError(`cannot lock the journal by ${lockPath}: ${reason}`, { cause });
  });
  if (!("holder" in lock)) return lock;
  throw new StoreError(describeHolder(lock.holder));
}

function whatWasDone(journal: JournalFile, entry: DiskEntry | undefined): string | undefined {
  if (entry === undefined) return "was removed";
  if (entry.identity !== journal.identity) return "was replaced by another file";
  if (entry.sizeBytes < journal.byteCount) return "was cut short";
  // What was added may end amid a line, of which the next one of ours would be a part.
  if (entry.sizeBytes > journal.byteCount) return "was written to by somebody else";
  return undefined;
}
