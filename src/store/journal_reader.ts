/**
 * Reads a journal: bytes -> lines -> records, put one after the other, on this process's clock.
 *
 * Wall time in the file may have been stepped between any two lines. The reader keeps the total
 * of the steps so far, and lays every time on the scale on which the first line was written (the
 * base scale). Only the end of the file says where on that scale "now" is.
 */
import { PackedLease } from "../leases/packed_lease.ts";
import type { Clock } from "./clock.ts";
import { type Disk, type DiskFile, realDisk } from "./disk.ts";
import { describeError } from "./disk_error.ts";
import { decodeLine, formatWall, HEADER_BEGINNING } from "./journal_format.ts";
import { LeaseScanner, SCAN_PADDING_OCTETS } from "./journal_scanner.ts";
import { type LoadedLeases, StoreError } from "./lease_store.ts";

/**
 * Wall and monotonic clock may drift apart by so much before it counts as a step that the journal
 * has to tell: NTP slews both clocks alike, and a lease is no more exact than this anyway.
 */
export const CLOCK_STEP_LIMIT_MS = 2_000;

/** Bytes asked of the disk at a time. */
const CHUNK_BYTES = 512 * 1024;

/**
 * A line that does not fit into a chunk is none of ours: those are made of the options of one
 * message and of the names of its classes, and have some 20 KB at most. It is no reason to fill
 * the memory: a power cut or a slip may leave gigabytes without a newline. What is kept aside of it
 * is its beginning.
 */
const LONG_LINE_KEPT_BYTES = 64 * 1024;

/** No room is made at once for more than this: the size of a file with a hole says nothing. */
const EXPECTED_LEASES_MAX = 1024 * 1024;

/**
 * An instant that lies by so much after every other one of the file is a digit that was damaged, and
 * no time that came. Nothing is lost by that where the clock of the machine is right: then it says
 * what time it is.
 */
const ALONE_MS = 5 * 365 * 86_400_000;

/** Bad lines that are reported one by one. */
const REMARKED_LINES_MAX = 10;

const NEWLINE = 0x0a;

/** What some editors put before UTF-8; it says nothing. */
const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);

/** A line that says nothing: kept aside, not lost. */
export interface RejectedLine {
  readonly lineNumber: number;
  readonly reason: string;
  /** Without the newline; of a line that is too long, its beginning. */
  readonly bytes: Uint8Array;
}

export interface JournalContents {
  readonly hasHeader: boolean;
  /** Whether it begins as a header does, be that whole, torn or of another version. */
  readonly beginsAsJournal: boolean;
  /** Whether there is a line of a lease. */
  readonly hasLease: boolean;
  readonly lineCount: number;
  readonly rejected: readonly RejectedLine[];
  /** Length of the file up to the end of its last whole line. */
  readonly wholeBytes: number;
  /** Whether that line lacks its newline. */
  readonly lacksNewline: boolean;
  /** Length of what is after it: a last line that says nothing, without a newline. */
  readonly tornBytes: number;
  /** Sum of all clock steps: wall time at the end of the file less base scale. */
  readonly stepsMs: number;
  /** The latest instant that the file speaks of as past, on the base scale. */
  readonly newestMs: number;
}

/** Where the base scale lies on this process's clock. */
export interface Placement {
  /** Monotonic time less base scale. */
  readonly shiftMs: number;
  /** Wall time of the journal less monotonic time, from now on. */
  readonly offsetMs: number;
  readonly remarks: readonly string[];
}

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
      const contents = await replay(file, entry.sizeBytes, leases);
      refuseForeignFile(path, contents);
      const { shiftMs, remarks } = placeOnClock(contents, clock);
      leases.finishLoading(shiftMs);
      return [...describeRejected(path, contents.rejected), ...remarks];
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
  const { hasLease, hasHeader, beginsAsJournal, wholeBytes, tornBytes } = contents;
  if (hasHeader || hasLease || beginsAsJournal || wholeBytes + tornBytes === 0) return;
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

/**
 * Reads a journal from where `file` stands (its start) to its end, and puts its records into
 * `leases`, line by line, on the base scale. Rejects as the disk does.
 */
export async function replay(
  file: DiskFile,
  sizeBytes: number,
  leases: LoadedLeases,
): Promise<JournalContents> {
  const lines = new Replay(leases, sizeBytes);
  const { takenBytes, rest, restBytes } = await readLines(file, lines);
  const lacksNewline = lines.takeLast(rest, restBytes);
  return {
    ...lines.contents(),
    wholeBytes: takenBytes + (lacksNewline ? restBytes : 0),
    lacksNewline,
    tornBytes: lacksNewline ? 0 : restBytes,
  };
}

/**
 * Finds out what time it is on the base scale. A wall clock that is older than the newest line is
 * wrong or was: the downtime is taken as zero, and leases keep what they had left. So now is never
 * before a record was made, and whatever the clocks say, no lease has more time left than then.
 */
export function placeOnClock(contents: JournalContents, clock: Clock): Placement {
  const { stepsMs, newestMs } = contents;
  const monotonicNow = clock.monotonicMs();
  const wallNow = clock.wallMs();
  const baseNow = Math.max(wallNow - stepsMs, newestMs);
  const offsetMs = baseNow + stepsMs - monotonicNow;
  const isClockBehind = offsetMs + monotonicNow - wallNow > CLOCK_STEP_LIMIT_MS;
  const remarks = isClockBehind
    ? [
      `the clock says ${formatWall(wallNow)}, but the newest line of the journal is of ` +
      `${formatWall(newestMs + stepsMs)}: leases keep the time they had left then`,
    ]
    : [];
  return { shiftMs: monotonicNow - baseNow, offsetMs, remarks };
}

/** What the lines so far add up to. */
class Replay {
  readonly #leases: LoadedLeases;
  readonly #sizeBytes: number;
  readonly #scanner = new LeaseScanner();
  readonly #decoded = new PackedLease();
  readonly #rejected: RejectedLine[] = [];
  #hasHeader = false;
  #beginsAsJournal = false;
  #leaseCount = 0;
  #lineCount = 0;
  #stepsMs = 0;
  #newestMs = -Infinity;
  #secondNewestMs = -Infinity;

  constructor(leases: LoadedLeases, sizeBytes: number) {
    this.#leases = leases;
    this.#sizeBytes = sizeBytes;
  }

  /** Takes in the whole lines that are before `end`, and says where they end. */
  take(bytes: Uint8Array<ArrayBuffer>, end: number): number {
    const isFirst = this.#lineCount === 0;
    const wholeBytes = this.#takeLines(bytes, isFirst && hasBom(bytes) ? BOM.length : 0, end);
    // The rest of the file will be of lines like these.
    if (isFirst && this.#leaseCount > 0) {
      const count = Math.ceil(this.#leaseCount * this.#sizeBytes / wholeBytes);
      this.#leases.expect(Math.min(count, EXPECTED_LEASES_MAX));
    }
    return wholeBytes;
  }

  #takeLines(bytes: Uint8Array<ArrayBuffer>, from: number, end: number): number {
    for (let start = from;; this.#lineCount++) {
      if (this.#scanner.scan(bytes, start, end)) {
        this.#takeLease(this.#scanner.lease);
        start = this.#scanner.next;
        continue;
      }
      const newline = bytes.indexOf(NEWLINE, start);
      if (newline < 0 || newline >= end) return start;
      if (newline > start) this.#takeSlowly(bytes.slice(start, newline));
      start = newline + 1;
    }
  }

  /** Takes note of a line that is too long, of which these are the first bytes. */
  takeLong(beginning: Uint8Array, sizeBytes: number): void {
    const leftOut = sizeBytes - beginning.length;
    this.#reject(beginning, `${sizeBytes} octets are too long for a line; the last ${leftOut} go`);
    this.#lineCount++;
  }

  /**
   * Takes in what is after the last newline if it is a line for all that, and says whether it is:
   * an editor has saved it so, or a write was torn just there. No line is the beginning of another,
   * so one that was torn elsewhere says nothing. `bytes` are its beginning if it is too long.
   */
  takeLast(bytes: Uint8Array, sizeBytes: number): boolean {
    if (bytes.length < sizeBytes) return false;
    const text = decodeUtf8(bytes);
    if (text === undefined) return false;
    this.#noteBeginning(text);
    if (decodeLine(text).kind === "bad") return false;
    this.#takeSlowly(bytes);
    this.#lineCount++;
    return true;
  }

  contents() {
    return {
      hasHeader: this.#hasHeader,
      beginsAsJournal: this.#beginsAsJournal,
      hasLease: this.#leaseCount > 0,
      lineCount: this.#lineCount,
      rejected: this.#rejected,
      stepsMs: this.#stepsMs,
      newestMs: this.#isNewestAlone() ? this.#secondNewestMs : this.#newestMs,
    };
  }

  #takeSlowly(bytes: Uint8Array): void {
    const text = decodeUtf8(bytes);
    if (text === undefined) return this.#reject(bytes, "not UTF-8");
    this.#noteBeginning(text);
    const decoded = decodeLine(text);
    switch (decoded.kind) {
      case "lease":
        this.#decoded.pack(decoded.lease);
        return this.#takeLease(this.#decoded);
      case "clock":
        this.#stepsMs += decoded.atMs - decoded.wasMs;
        return this.#takeInstant(decoded.atMs);
      case "header":
        if (this.#lineCount > 0) return this.#reject(bytes, "header amid the file");
        this.#hasHeader = true;
        return decoded.atMs === undefined ? undefined : this.#takeInstant(decoded.atMs);
      case "bad":
        return this.#reject(bytes, decoded.reason);
    }
  }

  #noteBeginning(text: string): void {
    this.#beginsAsJournal ||= this.#lineCount === 0 && text.startsWith(HEADER_BEGINNING);
  }

  #takeLease(lease: PackedLease): void {
    this.#leaseCount++;
    // No record is made after its own end: then one of the two is damaged, or was edited. What the
    // end is matters to one client, what time it is to all of them.
    if (lease.updatedAtMs <= lease.expiresAtMs) this.#takeInstant(lease.updatedAtMs);
    lease.updatedAtMs -= this.#stepsMs;
    lease.expiresAtMs -= this.#stepsMs;
    this.#leases.load(lease);
  }

  #takeInstant(wallMs: number): void {
    const atMs = wallMs - this.#stepsMs;
    if (atMs > this.#newestMs) {
      this.#secondNewestMs = this.#newestMs;
      this.#newestMs = atMs;
    } else if (atMs > this.#secondNewestMs) this.#secondNewestMs = atMs;
  }

  #isNewestAlone(): boolean {
    return this.#secondNewestMs !== -Infinity && this.#newestMs - this.#secondNewestMs > ALONE_MS;
  }

  #reject(bytes: Uint8Array, reason: string): void {
    this.#rejected.push({ lineNumber: this.#lineCount + 1, reason, bytes });
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is after the last newline: all of it, or its beginning where it is too long for a line. */
interface Lines {
  readonly takenBytes: number;
  readonly rest: Uint8Array;
  readonly restBytes: number;
}

/** Hands all lines to `lines`. Resolves to how much that was, and to what is after them. */
async function readLines(file: DiskFile, lines: Replay): Promise<Lines> {
  const buffer = new Uint8Array(CHUNK_BYTES + SCAN_PADDING_OCTETS);
  let filled = 0; // the beginning of a line whose end is in a later chunk
  let takenBytes = 0;
  for (;;) {
    const n = await file.read(buffer.subarray(filled, CHUNK_BYTES));
    if (n === null) return { takenBytes, rest: buffer.subarray(0, filled), restBytes: filled };
    filled += n;
    const taken = lines.take(buffer, filled);
    buffer.copyWithin(0, taken, filled);
    takenBytes += taken;
    filled -= taken;
    if (filled < CHUNK_BYTES) continue;

    const beginning = buffer.slice(0, LONG_LINE_KEPT_BYTES);
    const { sizeBytes, isWhole, readBytes } = await passOverLine(file, buffer, filled);
    if (!isWhole) return { takenBytes, rest: beginning, restBytes: sizeBytes };
    lines.takeLong(beginning, sizeBytes);
    takenBytes += sizeBytes + 1;
    filled = readBytes;
  }
}

/**
 * Reads on to the end of a line of which `sizeBytes` were read. Says how long it is, whether it has
 * a newline, and how many bytes of what follows are now at the beginning of `buffer`.
 */
async function passOverLine(file: DiskFile, buffer: Uint8Array, sizeBytes: number) {
  for (;;) {
    const n = await file.read(buffer.subarray(0, CHUNK_BYTES));
    if (n === null) return { sizeBytes, isWhole: false, readBytes: 0 };
    const newline = buffer.subarray(0, n).indexOf(NEWLINE);
    if (newline < 0) {
      sizeBytes += n;
      continue;
    }
    buffer.copyWithin(0, newline + 1, n);
    return { sizeBytes: sizeBytes + newline, isWhole: true, readBytes: n - newline - 1 };
  }
}

function hasBom(bytes: Uint8Array): boolean {
  return BOM.every((octet, i) => bytes[i] === octet);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
