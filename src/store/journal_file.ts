/**
 * Making and replacing the journal's file, so that at every instant the path leads to a whole
 * journal: write `<path>.new`, sync it, rename it over `<path>`, sync the directory.
 */
import { dirname } from "node:path";
import type { PackedLease } from "../leases/packed_lease.ts";
import { Utf8Text } from "../wire/utf8_text.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { diskIsFull, errorCode } from "./disk_error.ts";
import { appendLease, encodeHeader } from "./journal_format.ts";
import { StoreError } from "./lease_store.ts";

/** Leases encoded between two writes: packets wait for no more than a fraction of a millisecond. */
export const LEASES_PER_WRITE = 256;

/**
 * A new journal is synced as often as so much of it is written: the sync of a commit, which an ACK
 * waits for, stands behind a little of it at most, and not behind all of it.
 */
const BYTES_PER_SYNC = 1024 * 1024;

/** The journal's file as it is open. */
export interface JournalFile {
  readonly file: DiskFile;
  /** Comparable with that of `Disk.stat`; undefined when the file was gone as soon as made. */
  readonly identity: string | undefined;
  /** How many records were live when it was opened or made. */
  readonly leaseCount: number;
  lineCount: number;
  /** What has been written and not cut off: a file that is shorter was cut by somebody else. */
  byteCount: number;
}

/**
 * Which records to write, and the clocks at the instant when that began. The records are asked for
 * a few at a time, and the table changes meanwhile. That does no harm: what is put later is either
 * here as well or not, and in any case it is in a group that goes into the file after these
 * records. The times of all of them are written as the clocks stood at the beginning; a clock step
 * since then has its line before the groups that follow it.
 */
export interface Snapshot {
  readonly leases: Iterable<PackedLease>;
  readonly monotonicMs: number;
  /** Wall time of the journal less monotonic time. */
  readonly offsetMs: number;
  /** How many are asked for at a time. */
  readonly leasesPerWrite: number;
}

/**
 * Writes `<path>.new` with a line per lease, and syncs it; one that an earlier attempt left is
 * removed first. Makes the directory if need be. Rejects as the disk does, or when `stop` is
 * aborted, and then leaves nothing behind.
 */
export async function writeNewJournal(
  disk: Disk,
  path: string,
  snapshot: Snapshot,
  stop: AbortSignal,
): Promise<JournalFile> {
  await disk.makeDirectory(dirname(path));
  await removeNewJournal(disk, path);
  const file = await disk.createNew(newPathOf(path));
  try {
    await keepForUs(file, path);
    const { leases, monotonicMs, offsetMs, leasesPerWrite } = snapshot;
    const text = new Utf8Text();
    text.append(encodeHeader(monotonicMs + offsetMs));
    let leaseCount = 0;
    let byteCount = 0;
    let syncedBytes = 0;
    for (const lease of leases) {
      appendLease(text, lease, offsetMs);
      if (++leaseCount % leasesPerWrite !== 0) continue;
      byteCount += await append(file, text);
      text.clear();
      stop.throwIfAborted();
      if (byteCount - syncedBytes < BYTES_PER_SYNC) continue;
      await file.syncData();
      syncedBytes = byteCount;
    }
    byteCount += await append(file, text);
    await file.sync();
    const entry = await disk.stat(newPathOf(path));
    return { file, identity: entry?.identity, leaseCount, lineCount: 1 + leaseCount, byteCount };
  } catch (error) {
    await discardNewJournal(disk, path, file);
    throw error;
  }
}

/**
 * Locks the journal's own file. The lock beside it is told by a path, and by hard links a file has
 * several. Throws StoreError where another server has it.
 */
export async function keepForUs(file: DiskFile, path: string): Promise<void> {
  if (await file.lock()) return;
  throw new StoreError(
    `another sublet uses the file of the lease journal ${path}, maybe under another name (a hard ` +
      "link); stop it, or set `journal:` to another path",
  );
}

/** Puts the synced `<path>.new` in the journal's place, durably. */
export async function putInPlace(disk: Disk, path: string): Promise<void> {
  await disk.rename(newPathOf(path), path);
  await disk.syncDirectory(dirname(path));
}

/** Removes the `<path>.new` of an earlier attempt, if there is one. */
export function removeNewJournal(disk: Disk, path: string): Promise<void> {
  return disk.remove(newPathOf(path)).catch((error: unknown) => {
    if (errorCode(error) !== "ENOENT") throw error;
  });
}

/** Closes and removes a `<path>.new` that is not wanted, lest it fill the disk. Never rejects. */
export async function discardNewJournal(disk: Disk, path: string, file: DiskFile): Promise<void> {
  file.close();
  // What cannot be removed now is removed before the next one is written.
  await removeNewJournal(disk, path).catch(() => {});
}

/** Where bad lines of the journal at `path` are kept. */
export function rejectedPathOf(path: string): string {
  return `${path}.rejected`;
}

/** The file whose lock is the right to write the journal at `path`, which itself gets replaced. */
export function lockPathOf(path: string): string {
  return `${path}.lock`;
}

/** Appends to `<path>.rejected` what `write` hands over, a part at a time, durably. */
export async function keepAside(
  disk: Disk,
  path: string,
  write: (keep: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const rejectedPath = rejectedPathOf(path);
  const file = await disk.openAside(rejectedPath);
  try {
    await write((bytes) => appendBytes(file, bytes));
    await file.sync();
  } finally {
    file.close();
  }
  await disk.syncDirectory(dirname(path));
}

/**
 * Appends all of `bytes`. A short write is an error: it means that the disk is full, and the torn
 * line it leaves must not be written on from.
 */
export async function appendBytes(file: DiskFile, bytes: Uint8Array): Promise<void> {
  refuseShortWrite(bytes, await file.write(bytes));
}

/** As `appendBytes`, on the calling thread. */
export function appendBytesNow(file: DiskFile, bytes: Uint8Array): void {
  refuseShortWrite(bytes, file.writeNow(bytes));
}

function refuseShortWrite(bytes: Uint8Array, taken: number): void {
  if (taken < bytes.length) throw diskIsFull();
}

/** Appends a text, and says how many bytes that took. */
async function append(file: DiskFile, text: Utf8Text): Promise<number> {
  const bytes = text.octets();
  if (bytes.length > 0) await appendBytes(file, bytes);
  return bytes.length;
}

function newPathOf(path: string): string {
  return `${path}.new`;
}
