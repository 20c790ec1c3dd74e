/** The beginning of a journal's life, with the file that an earlier life left. */
import { dirname } from "node:path";
import type { Clock } from "./clock.ts";
import type { Disk, DiskFile } from "./disk.ts";
import { describeError, errorCode } from "./disk_error.ts";
import {
  appendBytes,
  type JournalFile,
  keepAside,
  keepForUs,
  rejectedPathOf,
} from "./journal_file.ts";
import {
  describeRejected,
  type JournalContents,
  placeOnClock,
  refuseForeignFile,
  replay,
} from "./journal_reader.ts";
import { type LoadedLeases, StoreError } from "./lease_store.ts";

/** A journal that was there. */
export interface OpenedJournal {
  readonly journal: JournalFile;
  /** Wall time of the journal less monotonic time, from now on. */
  readonly offsetMs: number;
  /** False when it is to be written anew: it has bad lines, or no header. */
  readonly isSound: boolean;
  /** Wall time of the newest line. */
  readonly newestLineMs: number;
  readonly remarks: readonly string[];
}

/**
 * Reads the journal at `path` into `leases`, on this process's clock. What was left half done is
 * put right, and what cannot be read is kept aside. Rejects as the disk does, and with StoreError.
 */
export async function openExisting(
  disk: Disk,
  path: string,
  clock: Clock,
  leases: LoadedLeases,
): Promise<OpenedJournal> {
  const file = await disk.openAppend(path);
  try {
    await keepForUs(file, path);
    const entry = await disk.stat(path);
    const contents = await replay(file, entry?.sizeBytes ?? 0, leases);
    refuseForeignFile(path, contents);
    const remarks = await mend(disk, path, file, contents);
    const placement = placeOnClock(contents, clock);
    leases.finishLoading(placement.shiftMs);
    remarks.push(...placement.remarks, ...await setAside(disk, path, contents));
    const { lineCount, wholeBytes, lacksNewline, rejected, hasHeader } = contents;
    const byteCount = wholeBytes + (lacksNewline ? NEWLINE.length : 0);
    return {
      journal: { file, identity: entry?.identity, leaseCount: leases.size, lineCount, byteCount },
      offsetMs: placement.offsetMs,
      isSound: hasHeader && rejected.length === 0,
      newestLineMs: contents.newestMs + contents.stepsMs,
      remarks,
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

const NEWLINE = new TextEncoder().encode("\n");

/** Makes what was read durable, less an incomplete last line. */
async function mend(
  disk: Disk,
  path: string,
  file: DiskFile,
  { tornBytes, wholeBytes, lacksNewline }: JournalContents,
): Promise<string[]> {
  // The commit of a torn line never resolved: the newline is the last byte that a sync covers.
  if (tornBytes > 0) await file.truncate(wholeBytes);
  // Durable before the next line is written: a hole that a power cut leaves of that is not to
  // become a part of this one.
  if (lacksNewline) await appendBytes(file, NEWLINE);
  // An earlier life may have died between a write and its sync, or a rename and its sync.
  // What was read here counts as durable from now on, so it has to be.
  await file.sync();
  await disk.syncDirectory(dirname(path));
  if (tornBytes === 0) return [];
  return [`${path}: cut off ${tornBytes} octets of an incomplete last line (never acknowledged)`];
}

/** Keeps bad lines, which are about to be left out of the journal, and says so. */
async function setAside(
  disk: Disk,
  path: string,
  { rejected }: JournalContents,
): Promise<string[]> {
  if (rejected.length === 0) return [];
  await keepAside(disk, path, rejected).catch((cause: unknown) => {
    const rejectedPath = rejectedPathOf(path);
    const reason = errorCode(cause) === "EISDIR"
      ? "it is a directory; move it away"
      : describeError(cause, "start");
    const what = `cannot keep the bad lines of ${path} in ${rejectedPath}`;
    throw new StoreError(`${what}: ${reason}`, { cause });
  });
  return [
    ...describeRejected(path, rejected),
    `${path}: the skipped lines are kept in ${rejectedPathOf(path)}`,
  ];
}
