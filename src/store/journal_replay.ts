/** Reads a journal's file: bytes -> lines -> records, put one after the other on the base scale. */
import { PackedLease } from "../leases/packed_lease.ts";
import type { DiskFile } from "./disk.ts";
import { decodeLine, HEADER_BEGINNING } from "./journal_format.ts";
import { LeaseScanner, SCAN_PADDING_OCTETS } from "./journal_scanner.ts";
import type { LoadedLeases } from "./lease_store.ts";
import { wholeLinesIn } from "./line_sum.ts";
import { type Era, Timeline } from "./timeline.ts";

/** Bytes asked of the disk at a time. */
const CHUNK_BYTES = 512 * 1024;

/**
 * A line that does not fit into a chunk is none of ours: those are made of the options of one
 * message and of the names of its classes, and have some 20 KB at most. It is no reason to fill
 * the memory: a power cut or a slip may leave gigabytes without a newline. What is kept aside of it
 * is its beginning.
 */
export const LONG_LINE_KEPT_BYTES = 64 * 1024;

/** No room is made at once for more than this: the size of a file with a hole says nothing. */
const EXPECTED_LEASES_MAX = 1024 * 1024;

/** Bad lines that are reported one by one; a file may have millions, which are only counted. */
const REMARKED_LINES_MAX = 10;

const NEWLINE = 0x0a;

/** What some editors put before UTF-8; it says nothing. */
const BOM = Uint8Array.of(0xef, 0xbb, 0xbf);

/** A line that is not as it ought to be: kept aside, not lost. */
export interface RejectedLine {
  readonly lineNumber: number;
  /** What became of it, and why. */
  readonly fate: string;
}

export interface JournalContents {
  readonly hasHeader: boolean;
  /** Whether it begins as a header does, be that whole, torn, damaged or of another version. */
  readonly beginsAsJournal: boolean;
  /** Whether there is a line of a lease. */
  readonly hasLease: boolean;
  /** Whether there is nothing in it but zeros and white space. */
  readonly isBlank: boolean;
  readonly lineCount: number;
  /** The first of the bad lines. */
  readonly rejected: readonly RejectedLine[];
  readonly rejectedCount: number;
  /** Length of the file up to the end of its last whole line. */
  readonly wholeBytes: number;
  /** Whether that line lacks its newline. */
  readonly lacksNewline: boolean;
  /** Length of what is after it: a last line that says nothing, without a newline. */
  readonly tornBytes: number;
  /** Sum of all clock steps: wall time at the end of the file less base scale. */
  readonly stepsMs: number;
  /** The latest instant that two lines speak of as past, on the base scale. */
  readonly reachedMs: number;
  /** The latest that any line speaks of, and which one that is. */
  readonly newestMs: number;
  readonly newestLine: number;
  /** Not empty where the file is to be read again, with the steps that `measureSteps` finds. */
  readonly eras: readonly Era[];
}

export interface ReplayOptions {
  /** See `Timeline`. */
  readonly stepsMs?: readonly number[] | undefined;
  /** Told of each bad line, without its newline; of one that is too long, of its beginning. */
  readonly onRejected?: (bytes: Uint8Array) => void;
  /** Waited for after each chunk. */
  readonly afterChunk?: () => Promise<void>;
}

/**
 * Reads a journal from where `file` stands (its start) to its end, and puts its records into
 * `leases`, line by line, on the base scale. Rejects as the disk does.
 */
export async function replay(
  file: DiskFile,
  sizeBytes: number,
  leases: LoadedLeases,
  options: ReplayOptions = {},
): Promise<JournalContents> {
  const lines = new Replay(leases, sizeBytes, options);
  const { takenBytes, rest, restBytes, isRestBlank } = await readLines(file, lines, options);
  const lacksNewline = lines.takeLast(rest, restBytes, isRestBlank);
  await options.afterChunk?.();
  return {
    ...lines.contents(),
    wholeBytes: takenBytes + (lacksNewline ? restBytes : 0),
    lacksNewline,
    tornBytes: lacksNewline ? 0 : restBytes,
  };
}

/** What the lines so far add up to. */
class Replay {
  readonly #leases: LoadedLeases;
  readonly #sizeBytes: number;
  readonly #onRejected: ((bytes: Uint8Array) => void) | undefined;
  readonly #timeline: Timeline;
  readonly #scanner = new LeaseScanner();
  readonly #decoded = new PackedLease();
  readonly #rejected: RejectedLine[] = [];
  #rejectedCount = 0;
  #hasHeader = false;
  #beginsAsJournal = false;
  #isBlank = true;
  #leaseCount = 0;
  #lineCount = 0;

  constructor(leases: LoadedLeases, sizeBytes: number, options: ReplayOptions) {
    this.#leases = leases;
    this.#sizeBytes = sizeBytes;
    this.#onRejected = options.onRejected;
    this.#timeline = new Timeline(options.stepsMs);
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
      if (newline > start) this.#takeSlowly(bytes.subarray(start, newline));
      start = newline + 1;
    }
  }

  /** Takes note of a line that is too long, of which these are the first bytes. */
  takeLong(beginning: Uint8Array, sizeBytes: number, isBlank: boolean): void {
    const leftOut = sizeBytes - beginning.length;
    this.#isBlank &&= isBlank;
    this.#reject(
      beginning,
      `skipped: ${sizeBytes} octets are too long for a line; the last ${leftOut} go`,
    );
    this.#lineCount++;
  }

  /**
   * Takes in what is after the last newline if it is a line for all that, good or bad, and says
   * whether it is: an editor has saved it so, or a write was torn just there. No line is the
   * beginning of another, so one that was torn elsewhere says nothing. `bytes` are its beginning if
   * it is too long.
   */
  takeLast(bytes: Uint8Array, sizeBytes: number, isBlank: boolean): boolean {
    this.#noteBeginning(bytes);
    this.#isBlank &&= isBlank;
    const isLine = bytes.length === sizeBytes &&
      (isWholeJson(bytes) || wholeLinesIn(bytes).length > 0);
    if (isLine) {
      this.#takeSlowly(bytes);
      this.#lineCount++;
    }
    this.#timeline.settle();
    return isLine;
  }

  contents() {
    const { span, stepsMs, eras } = this.#timeline;
    return {
      hasHeader: this.#hasHeader,
      beginsAsJournal: this.#beginsAsJournal,
      hasLease: this.#leaseCount > 0,
      isBlank: this.#isBlank && this.#leaseCount === 0,
      lineCount: this.#lineCount,
      rejected: this.#rejected,
      rejectedCount: this.#rejectedCount,
      stepsMs,
      reachedMs: span.secondNewestMs,
      newestMs: span.newestMs,
      newestLine: span.newestLine,
      eras,
    };
  }

  #takeSlowly(bytes: Uint8Array): void {
    this.#noteBeginning(bytes);
    this.#isBlank &&= isBlank(bytes);
    const reason = this.#takeLine(bytes);
    if (reason === undefined) return;
    const lines = wholeLinesIn(bytes);
    for (const line of lines) this.#takeLine(line);
    this.#reject(
      bytes,
      lines.length === 0
        ? `skipped: ${reason}`
        : `is damaged; good lines in it, which count: ${lines.length}`,
    );
  }

  /** Takes in a line, or says what is wrong with it. */
  #takeLine(bytes: Uint8Array): string | undefined {
    const decoded = decode(bytes);
    switch (decoded.kind) {
      case "lease":
        this.#decoded.pack(decoded.lease);
        this.#takeLease(this.#decoded);
        return undefined;
      case "clock":
        this.#timeline.takeStep(decoded.atMs, decoded.wasMs, decoded.isCopy);
        return undefined;
      case "header":
        if (this.#lineCount > 0) return "header amid the file";
        this.#hasHeader = true;
        if (decoded.atMs !== undefined) this.#timeline.takeInstant(decoded.atMs, 1);
        return undefined;
      case "bad":
        return decoded.reason;
    }
  }

  #noteBeginning(bytes: Uint8Array): void {
    this.#beginsAsJournal ||= this.#lineCount === 0 && resemblesHeader(bytes);
  }

  #takeLease(lease: PackedLease): void {
    const timeline = this.#timeline;
    this.#leaseCount++;
    if (timeline.isStepping) timeline.settle();
    // No record is made after its own end: then one of the two is damaged, or was edited. What the
    // end is matters to one client, what time it is to all of them.
    if (lease.updatedAtMs <= lease.expiresAtMs) {
      timeline.takeInstant(lease.updatedAtMs, this.#lineCount + 1);
    }
    lease.updatedAtMs -= timeline.stepsMs;
    lease.expiresAtMs -= timeline.stepsMs;
    this.#leases.load(lease);
  }

  #reject(bytes: Uint8Array, fate: string): void {
    this.#onRejected?.(bytes);
    this.#rejectedCount++;
    if (this.#rejected.length === REMARKED_LINES_MAX) return;
    this.#rejected.push({ lineNumber: this.#lineCount + 1, fate });
  }
}

/** What is after the last newline: all of it, or its beginning where it is too long for a line. */
interface Lines {
  readonly takenBytes: number;
  readonly rest: Uint8Array;
  readonly restBytes: number;
  readonly isRestBlank: boolean;
}

/** Hands all lines to `lines`. Resolves to how much that was, and to what is after them. */
async function readLines(
  file: DiskFile,
  lines: Replay,
  { afterChunk }: ReplayOptions,
): Promise<Lines> {
  const buffer = new Uint8Array(CHUNK_BYTES + SCAN_PADDING_OCTETS);
  let filled = 0; // the beginning of a line whose end is in a later chunk
  let takenBytes = 0;
  const takeFilled = async () => {
    const taken = lines.take(buffer, filled);
    await afterChunk?.();
    buffer.copyWithin(0, taken, filled);
    takenBytes += taken;
    filled -= taken;
  };
  for (;;) {
    const n = await file.read(buffer.subarray(filled, CHUNK_BYTES));
    if (n === null) {
      const rest = buffer.subarray(0, filled);
      return { takenBytes, rest, restBytes: filled, isRestBlank: isBlank(rest) };
    }
    filled += n;
    await takeFilled();
    while (filled === CHUNK_BYTES) {
      const beginning = buffer.slice(0, LONG_LINE_KEPT_BYTES);
      const { sizeBytes, ...long } = await passOverLine(file, buffer, filled);
      if (!long.isWhole) {
        return { takenBytes, rest: beginning, restBytes: sizeBytes, isRestBlank: long.isBlank };
      }
      lines.takeLong(beginning, sizeBytes, long.isBlank);
      takenBytes += sizeBytes + 1;
      filled = long.readBytes;
      await takeFilled();
    }
  }
}

/**
 * Reads on to the end of a line of which `sizeBytes` were read. Says how long it is, whether it has
 * a newline, and how many bytes of what follows are now at the beginning of `buffer`.
 */
async function passOverLine(file: DiskFile, buffer: Uint8Array, sizeBytes: number) {
  let isAllBlank = isBlank(buffer.subarray(0, sizeBytes));
  for (;;) {
    const n = await file.read(buffer.subarray(0, CHUNK_BYTES));
    if (n === null) return { sizeBytes, isWhole: false, isBlank: isAllBlank, readBytes: 0 };
    const newline = buffer.subarray(0, n).indexOf(NEWLINE);
    const end = newline < 0 ? n : newline;
    isAllBlank &&= isBlank(buffer.subarray(0, end));
    sizeBytes += end;
    if (newline < 0) continue;
    buffer.copyWithin(0, newline + 1, n);
    return { sizeBytes, isWhole: true, isBlank: isAllBlank, readBytes: n - newline - 1 };
  }
}

function hasBom(bytes: Uint8Array): boolean {
  return BOM.every((octet, i) => bytes[i] === octet);
}

/** Zeros, white space. */
const BLANK_OCTETS: ReadonlySet<number> = new Set([0, 0x09, 0x0a, 0x0d, 0x20]);

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((octet) => BLANK_OCTETS.has(octet));
}

const HEADER_OCTETS = new TextEncoder().encode(HEADER_BEGINNING);
/** So much of a header is known for one though an octet of it is damaged. */
const TELLING_OCTETS = 8;

/** Whether it is a header, or was one before it was torn, or damaged in one octet. */
function resemblesHeader(bytes: Uint8Array): boolean {
  const end = bytes.findLastIndex((octet) => !BLANK_OCTETS.has(octet)) + 1;
  const length = Math.min(end, HEADER_OCTETS.length);
  let damaged = 0;
  for (let i = 0; i < length; i++) if (bytes[i] !== HEADER_OCTETS[i]) damaged++;
  return length > 0 && damaged <= (length < TELLING_OCTETS ? 0 : 1);
}

/** Whether it is an object in JSON. */
function isWholeJson(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): ReturnType<typeof decodeLine> {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { kind: "bad", reason: "not UTF-8" };
  }
  return decodeLine(text);
}
