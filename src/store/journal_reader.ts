/**
 * Reads a journal that an earlier life left, or that a server is writing: into records with times
 * on this process's clock, and words for the operator.
 */
import type { Clock } from "./clock.ts";
import { type Disk, type DiskFile, realDisk } from "./disk.ts";
import { describeError } from "./disk_error.ts";
import { type JournalContents, replay } from "./journal_replay.ts";
import { type LoadedLeases, StoreError } from "./lease_store.ts";
import { placeOnClock } from "./placement.ts";
import { measureSteps } from "./timeline.ts";

/**
 * Reads the journal at `path` into `leases` without changing anything, also while a server writes
 * it. Resolves to what is wrong with it; a line that is just being written is passed over. No file
 * is no leases. Rejects with `StoreError` when the file cannot be read.
 */
export async function readJournal(
  path: string,
  leases: LoadedLeases,
  clock: Clock,
  disk: Disk = realDisk,
): Promise<readonly string[]> {
  try {
    const entry = await disk.stat(path);
    if (entry === undefined) return [`there is no journal ${path} yet`];
    if (entry.kind !== "file") throw notAFile(path, entry.kind);
    const file = await disk.openRead(path);
    try {
      const contents = await replayWhole(disk, path, file, entry.sizeBytes, leases, clock);
      refuseForeignFile(path, contents);
      const { shiftMs, nowMs, remarks } = placeOnClock(path, contents, clock);
      leases.finishLoading(shiftMs, nowMs);
      return [...describeBlank(path, contents), ...describeRejected(path, contents), ...remarks];
    } finally {
      file.close();
    }
  } catch (cause) {
    throw openError(path, cause);
  }
}

/** A `StoreError` for a journal that could not be opened or read; one that is one stays. */
export function openError(path: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  return new StoreError(`cannot open the lease journal ${path}: ${describeError(cause, "start")}`, {
    cause,
  });
}

/** The error for a path that leads to something which must not be replaced by a journal. */
export function notAFile(path: string, kind: "directory" | "other"): StoreError {
  return new StoreError(
    kind === "directory"
      ? `the lease journal ${path} is a directory; set \`journal:\` to a file in it`
      : `the lease journal ${path} is not a regular file; set \`journal:\` to another path`,
  );
}

/** Throws when a file has contents, but nothing of a journal: it belongs to somebody else. */
export function refuseForeignFile(path: string, contents: JournalContents): void {
  const { hasLease, hasHeader, beginsAsJournal, isBlank } = contents;
  if (hasHeader || hasLease || beginsAsJournal || isBlank) return;
  throw new StoreError(
    `${path} is not a lease journal: it has neither a header nor a lease. Move it away to start ` +
      "with an empty journal, or set `journal:` to another path",
  );
}

/**
 * Reads the journal at `path`, open as `file`, into `leases`, on the base scale: twice where it has
 * a step of the clock that only what comes after it tells how far it went. Rejects as the disk does.
 */
export async function replayWhole(
  disk: Disk,
  path: string,
  file: DiskFile,
  sizeBytes: number,
  leases: LoadedLeases,
  clock: Clock,
): Promise<JournalContents> {
  const contents = await replay(file, sizeBytes, leases);
  if (contents.eras.length === 0) return contents;
  const stepsMs = measureSteps(contents.eras, clock.wallMs());
  const again = await disk.openRead(path);
  try {
    return { ...await replay(again, sizeBytes, leases, { stepsMs }), eras: contents.eras };
  } finally {
    again.close();
  }
}

/** Says that there is nothing in a file that is not empty, as a power cut may leave it. */
export function describeBlank(path: string, contents: JournalContents): string[] {
  const { isBlank, wholeBytes, tornBytes } = contents;
  if (!isBlank || wholeBytes + tornBytes === 0) return [];
  return [`${path}: ${wholeBytes + tornBytes} octets of zeros or white space, and no lease`];
}

/** Says which lines are not as they ought to be, a few of them one by one. */
export function describeRejected(
  path: string,
  { rejected, rejectedCount }: JournalContents,
): string[] {
  const remarks = rejected.map(({ lineNumber, fate }) => `${path}: line ${lineNumber} ${fate}`);
  const others = rejectedCount - rejected.length;
  return others > 0 ? [...remarks, `${path}: ${others} more lines skipped`] : remarks;
}
