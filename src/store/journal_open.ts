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
  describeBlank,
  describeRejected,
  refuseForeignFile,
  replayWhole,
} from "./journal_reader.ts";
import { type JournalContents, LONG_LINE_KEPT_BYTES, replay } from "./journal_replay.ts";
import { type LoadedLeases, StoreError } from "./lease_store.ts";
import { placeOnClock } from "./placement.ts";
import { Utf8Text } from "../wire/utf8_text.ts";

/** A journal that was there. */
export interface OpenedJournal {
  readonly journal: JournalFile;
  /** Wall time of the journal less monotonic time, from now on. */
  readonly offsetMs: number;
  /**
   * False when it is to be written anew: it has bad lines, or no header, or the table has other
   * times than those that stand there.
   */
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
    const contents = await replayWhole(disk, path, file, entry?.sizeBytes ?? 0, leases, clock);
    refuseForeignFile(path, contents);
    const { lineCount, wholeBytes, lacksNewline, rejectedCount, hasHeader, eras } = contents;
    const aside = hasNothing(contents) ? await setAllAside(disk, path, contents) : [];
    const remarks = await mend(disk, path, file, contents);
    const placement = placeOnClock(path, contents, clock);
    leases.finishLoading(placement.shiftMs, placement.nowMs);
    remarks.push(...aside, ...placement.remarks, ...await setAside(disk, path, contents));
    const byteCount = wholeBytes + (lacksNewline ? NEWLINE.length : 0);
    return {
      journal: { file, identity: entry?.identity, leaseCount: leases.size, lineCount, byteCount },
      offsetMs: placement.offsetMs,
      isSound: hasHeader && rejectedCount === 0 && !placement.isAhead && eras.length === 0,
      newestLineMs: contents.reachedMs + contents.stepsMs,
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
async function setAside(disk: Disk, path: string, contents: JournalContents): Promise<string[]> {
  if (contents.rejectedCount === 0) return [];
  await keepOrSayWhy(disk, path, (keep) => keepBadLines(disk, path, keep));
  return [
    ...describeBlank(path, contents),
    ...describeRejected(path, contents),
    `${path}: the skipped lines are kept in ${rejectedPathOf(path)}`,
  ];
}

/**
 * Hands over the bad lines of a journal, each with a newline. There may be millions, so none of
 * them was kept: they are found once more.
 */
async function keepBadLines(
  disk: Disk,
  path: string,
  keep: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const text = new Utf8Text();
  const file = await disk.openRead(path);
  try {
    await replay(file, 0, NOBODY, {
      onRejected: (bytes) => {
        text.appendOctets(bytes, 0, bytes.length);
        text.append("\n");
      },
      afterChunk: async () => {
        if (text.length > 0) await keep(text.octets());
        text.clear();
      },
    });
  } finally {
    file.close();
  }
}

/** Takes records and forgets them. */
const NOBODY: LoadedLeases = {
  size: 0,
  packed: () => [],
  expect: () => {},
  load: () => {},
  finishLoading: () => {},
};

/** Keeps the beginning of a file that has nothing of a journal and nothing to lose. */
async function setAllAside(disk: Disk, path: string, contents: JournalContents): Promise<string[]> {
  const file = await disk.openRead(path);
  try {
    const bytes = new Uint8Array(LONG_LINE_KEPT_BYTES);
    const length = await file.read(bytes) ?? 0;
    await keepOrSayWhy(disk, path, (keep) => keep(bytes.subarray(0, length)));
  } finally {
    file.close();
  }
  return [
    ...describeBlank(path, contents),
    `${path}: begun anew; what it held is kept in ${rejectedPathOf(path)}`,
  ];
}

/** Whether a file that is not empty has no line, be it good or bad. */
function hasNothing(contents: JournalContents): boolean {
  const { hasHeader, hasLease, rejectedCount, wholeBytes, tornBytes } = contents;
  return !hasHeader && !hasLease && rejectedCount === 0 && wholeBytes + tornBytes > 0;
}

async function keepOrSayWhy(
  disk: Disk,
  path: string,
  write: Parameters<typeof keepAside>[2],
): Promise<void> {
  await keepAside(disk, path, write).catch((cause: unknown) => {
    const rejectedPath = rejectedPathOf(path);
    const reason = errorCode(cause) === "EISDIR"
      ? "it is a directory; move it away"
      : describeError(cause, "start");
    const what = `cannot keep the bad lines of ${path} in ${rejectedPath}`;
    throw new StoreError(`${what}: ${reason}`, { cause });
  });
}
