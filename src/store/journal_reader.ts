/**
 * Reads a journal: bytes -> lines -> the newest record of each address, on this process's clock.
 *
 * Wall time in the file may have been stepped between any two lines. The reader keeps the total
 * of the steps so far, and lays every time on the scale on which the first line was written (the
 * base scale). Only the end of the file says where on that scale "now" is.
 */
import type { Lease } from "../leases/lease.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Clock } from "./clock.ts";
import { type Disk, type DiskFile, realDisk } from "./disk.ts";
import { describeError } from "./disk_error.ts";
import { decodeLine, formatWall } from "./journal_format.ts";
import { type LoadReport, StoreError } from "./lease_store.ts";

/**
 * Wall and monotonic clock may drift apart by so much before it counts as a step that the journal
 * has to tell: NTP slews both clocks alike, and a lease is no more exact than this anyway.
 */
export const CLOCK_STEP_LIMIT_MS = 2_000;

/** Bytes asked of the disk at a time. */
const CHUNK_BYTES = 256 * 1024;

/** Bad lines that are reported one by one. */
const REMARKED_LINES_MAX = 10;

const NEWLINE = 0x0a;

/** A line that says nothing: kept aside, not lost. */
export interface RejectedLine {
  readonly lineNumber: number;
  readonly reason: string;
  /** Without the newline. */
  readonly bytes: Uint8Array;
}

export interface JournalContents {
  /** The newest record of each address, in the order of their lines, on the base scale. */
  readonly leases: Iterable<Lease>;
  readonly hasHeader: boolean;
  readonly lineCount: number;
  readonly rejected: readonly RejectedLine[];
  /** Length of the file up to the last newline. */
  readonly wholeBytes: number;
  /** Length of the last line when it has no newline. */
  readonly tornBytes: number;
  /** Sum of all clock steps: wall time at the end of the file less base scale. */
  readonly stepsMs: number;
  /** The latest instant that the file speaks of as past, on the base scale. */
  readonly newestMs: number;
}

/** The records on this process's clock, and how they were put there. */
export interface PlacedLeases {
  readonly leases: readonly Lease[];
  /** Wall time of the journal less monotonic time, from now on. */
  readonly offsetMs: number;
  readonly remarks: readonly string[];
}

/**
 * Reads the journal at `path` without changing anything, also while a server writes it. What is
 * wrong with it is in the remarks; a line that is just being written is passed over. No file is
 * no leases. Rejects with `StoreError` when the file cannot be read.
 */
export async function readJournal(
  path: string,
  clock: Clock,
  disk: Disk = realDisk,
): Promise<LoadReport> {
  try {
    const entry = await disk.stat(path);
    if (entry === undefined) return { leases: [], remarks: [`there is no journal ${path} yet`] };
    if (entry.kind !== "file") throw notAFile(path, entry.kind);
    const file = await disk.openRead(path);
    try {
      const contents = await readContents(file);
      refuseForeignFile(path, contents);
      const placed = placeOnClock(contents, clock);
      return {
        leases: placed.leases,
        remarks: [...describeRejected(path, contents.rejected), ...placed.remarks],
      };
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
  return new StoreError(`cannot open the lease journal ${path}: ${describeError(cause)}`, {
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
  const { leases, hasHeader, wholeBytes, tornBytes } = contents;
  if (hasHeader || wholeBytes + tornBytes === 0) return;
  for (const _ of leases) return;
  throw new StoreError(
    `${path} is not a lease journal: it has neither a header nor a lease. Move it away to start ` +
      "with an empty journal, or set `journal:` to another path",
  );
}

/** Says which lines were passed over, a few of them one by one. */
export function describeRejected(path: string, rejected: readonly RejectedLine[]): string[] {
  const remarks = rejected.slice(0, REMARKED_LINES_MAX).map(({ lineNumber, reason }) =>
    `${path}: line ${lineNumber} skipped: ${reason}`
  );
  const others = rejected.length - remarks.length;
  return others > 0 ? [...remarks, `${path}: ${others} more lines skipped`] : remarks;
}

/** Reads a journal from where `file` stands (its start) to its end. Rejects as the disk does. */
export async function readContents(file: DiskFile): Promise<JournalContents> {
  const replay = new Replay();
  const size = await readLines(file, (line) => replay.take(line));
  return { ...replay.contents(), ...size };
}

/**
 * Lays the records on the clock as it reads now. A wall clock that is older than the newest line
 * is wrong or was: the downtime is taken as zero, and leases keep what they had left. Whatever
 * the clocks say, no lease has more time left than when its line was written.
 */
export function placeOnClock(contents: JournalContents, clock: Clock): PlacedLeases {
  const { stepsMs, newestMs } = contents;
  const monotonicNow = clock.monotonicMs();
  const wallNow = clock.wallMs();
  const baseNow = Math.max(wallNow - stepsMs, newestMs);
  const leases: Lease[] = [];
  for (const lease of contents.leases) {
    const leftWhenWritten = lease.expiresAtMs - lease.updatedAtMs;
    const left = Math.min(lease.expiresAtMs - baseNow, leftWhenWritten);
    leases.push({
      ...lease,
      updatedAtMs: monotonicNow + (lease.updatedAtMs - baseNow),
      expiresAtMs: monotonicNow + left,
    });
  }
  const offsetMs = baseNow + stepsMs - monotonicNow;
  const isClockBehind = offsetMs + monotonicNow - wallNow > CLOCK_STEP_LIMIT_MS;
  const remarks = isClockBehind
    ? [
      `the clock says ${formatWall(wallNow)}, but the newest line of the journal is of ` +
      `${formatWall(newestMs + stepsMs)}: leases keep the time they had left then`,
    ]
    : [];
  return { leases, offsetMs, remarks };
}

/** What the lines so far add up to. */
class Replay {
  readonly #leases = new Map<Ipv4, Lease>();
  readonly #rejected: RejectedLine[] = [];
  #hasHeader = false;
  #lineCount = 0;
  #stepsMs = 0;
  #newestMs = -Infinity;

  /** Takes in the next line: text, or bytes when it is not UTF-8. */
  take(line: string | Uint8Array): void {
    this.#lineCount++;
    if (line === "") return;
    if (typeof line !== "string") return this.#reject(line, "not UTF-8");
    const decoded = decodeLine(line);
    switch (decoded.kind) {
      case "lease":
        return this.#takeLease(decoded.lease);
      case "clock":
        this.#stepsMs += decoded.atMs - decoded.wasMs;
        return this.#takeInstant(decoded.atMs);
      case "header":
        if (this.#lineCount > 1) return this.#reject(encoder.encode(line), "header amid the file");
        this.#hasHeader = true;
        return decoded.atMs === undefined ? undefined : this.#takeInstant(decoded.atMs);
      case "bad":
        return this.#reject(encoder.encode(line), decoded.reason);
    }
  }

  contents() {
    return {
      leases: { [Symbol.iterator]: () => this.#leases.values() },
      hasHeader: this.#hasHeader,
      lineCount: this.#lineCount,
      rejected: this.#rejected,
      stepsMs: this.#stepsMs,
      newestMs: this.#newestMs,
    };
  }

  #takeLease(lease: Lease): void {
    this.#takeInstant(lease.updatedAtMs);
    // Deleted first, so that the map is in the order of the newest lines.
    this.#leases.delete(lease.address);
    this.#leases.set(lease.address, shifted(lease, -this.#stepsMs));
  }

  #takeInstant(wallMs: number): void {
    this.#newestMs = Math.max(this.#newestMs, wallMs - this.#stepsMs);
  }

  #reject(bytes: Uint8Array, reason: string): void {
    this.#rejected.push({ lineNumber: this.#lineCount, reason, bytes });
  }
}

/** The record with its times moved; itself when there is nothing to move, as nearly always. */
function shifted(lease: Lease, byMs: number): Lease {
  if (byMs === 0) return lease;
  const { updatedAtMs, expiresAtMs } = lease;
  return { ...lease, updatedAtMs: updatedAtMs + byMs, expiresAtMs: expiresAtMs + byMs };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Hands each whole line to `take`, without its newline; as bytes when it is not UTF-8. */
async function readLines(
  file: DiskFile,
  take: (line: string | Uint8Array) => void,
): Promise<{ wholeBytes: number; tornBytes: number }> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  let parts: Uint8Array[] = []; // of a line that began in an earlier chunk
  let totalBytes = 0;
  for (let n = await file.read(buffer); n !== null; n = await file.read(buffer)) {
    totalBytes += n;
    const end = buffer.subarray(0, n).lastIndexOf(NEWLINE);
    if (end >= 0) {
      takeLines(concatenate([...parts, buffer.subarray(0, end)]), take);
      parts = [];
    }
    if (end + 1 < n) parts.push(buffer.slice(end + 1, n));
  }
  const tornBytes = lengthOf(parts);
  return { wholeBytes: totalBytes - tornBytes, tornBytes };
}

/** Splits lines at the newlines between them. */
function takeLines(bytes: Uint8Array, take: (line: string | Uint8Array) => void): void {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return text.split("\n").forEach(take);
  for (let start = 0; start <= bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.slice(start, end);
    take(decodeUtf8(line) ?? line);
    start = end + 1;
  }
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lengthOf(parts));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
