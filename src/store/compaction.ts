/**
 * A compaction under way: `<path>.new` is written in the background from a snapshot of the live
 * table, while the store goes on appending to the old file. Whatever it appends since the snapshot
 * is the tail, and goes into the new file, too, before that takes the old one's place.
 */
import type { Disk, DiskFile } from "./disk.ts";
import {
  appendBytes,
  discardNewJournal,
  type JournalFile,
  type Snapshot,
  writeNewJournal,
} from "./journal_file.ts";

/** A tail of this size may wait for the last step, in which commits wait, too. */
const TAIL_BYTES_MAX = 256 * 1024;

/** Rounds of catching up; when commits come as fast as the disk takes them, more do not help. */
const CATCH_UP_ROUNDS_MAX = 8;

export class Compaction {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #stop = new AbortController();
  readonly #written: Promise<JournalFile>;
  #isReady = false;
  #tail: Uint8Array<ArrayBuffer>[] = [];
  #tailBytes = 0;
  #tailLines = 0;
  #tailBytesInAll = 0;

  /** Starts writing at once. Calls `onReady` when it is time for `finish`, also after a failure. */
  constructor(disk: Disk, path: string, snapshot: Snapshot, onReady: () => void) {
    this.#disk = disk;
    this.#path = path;
    this.#written = this.#write(snapshot);
    const ready = () => {
      this.#isReady = true;
      if (!this.#stop.signal.aborted) onReady();
    };
    this.#written.then(ready, ready);
  }

  /** Whether `finish` has little left to do. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Takes lines that are appended to the old file, and the memory that they are in. */
  addToTail(bytes: Uint8Array<ArrayBuffer>, lineCount: number): void {
    this.#tail.push(bytes);
    this.#tailBytes += bytes.length;
    this.#tailBytesInAll += bytes.length;
    this.#tailLines += lineCount;
  }

  /**
   * The new file with the whole tail, synced, to be renamed by the caller, who sees to it that
   * nothing is appended to the old file meanwhile. Rejects as the disk does; nothing is left then.
   */
  async finish(): Promise<JournalFile> {
    const journal = await this.#written;
    try {
      await this.#appendTail(journal.file);
    } catch (error) {
      await discardNewJournal(this.#disk, this.#path, journal.file);
      throw error;
    }
    return {
      ...journal,
      lineCount: journal.lineCount + this.#tailLines,
      byteCount: journal.byteCount + this.#tailBytesInAll,
    };
  }

  /** Stops, and removes the new file. Never rejects. */
  async giveUp(): Promise<void> {
    this.#stop.abort();
    const journal = await this.#written.catch(() => undefined);
    if (journal !== undefined) await discardNewJournal(this.#disk, this.#path, journal.file);
  }

  async #write(snapshot: Snapshot): Promise<JournalFile> {
    const journal = await writeNewJournal(this.#disk, this.#path, snapshot, this.#stop.signal);
    try {
      for (let i = 0; i < CATCH_UP_ROUNDS_MAX && this.#tailBytes > TAIL_BYTES_MAX; i++) {
        await this.#appendTail(journal.file);
        this.#stop.signal.throwIfAborted();
      }
    } catch (error) {
      await discardNewJournal(this.#disk, this.#path, journal.file);
      throw error;
    }
    return journal;
  }

  async #appendTail(file: DiskFile): Promise<void> {
    const tail = this.#tail;
    this.#tail = [];
    this.#tailBytes = 0;
    for (const bytes of tail) {
      await appendBytes(file, bytes);
      // Freed now: to the collector it is old, and what is old it leaves lying about for long.
      bytes.buffer.transfer(0);
    }
    if (tail.length > 0) await file.syncData();
  }
}
