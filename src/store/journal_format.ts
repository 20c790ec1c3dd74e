/**
 * One journal line <-> one value. The file is JSON lines, for `jq` and for people:
 *
 *     {"journal":"sublet","version":1,"at":"2026-11-22T08:00:00.000Z","sum":"…"}
 *     {"at":"2026-11-22T08:00:00.000Z","address":"192.168.1.100","state":"bound",
 *      "expires":"2026-11-22T20:00:00.000Z","mac":"b8:27:eb:01:02:03","hostname":"pi","sum":"…"}
 *     {"at":"2026-11-22T09:00:00.000Z","clock":"stepped","was":"1970-01-01T01:00:00.000Z","sum":"…"}
 *
 * The last field is the line's check of itself (line_sum.ts). A step of the clock moves all that is
 * before it, so it is told three times: `again` is a copy, and two that agree are believed.
 *
 * A lease line has `htype` when it is not 1, `client-id` and `hostname` when there is one, `name`
 * when the address has one in DNS by this server's doing (with `"forward":"client"` when the client
 * itself updates the A record),
 * `"classes":["phones"]` when its client was in such, `"option-82":{"circuit-id":"65:74:68:30",…}` when a relay agent said where the client is, and
 * `"expires":"infinite"` for a lease without end. Times are wall time; the caller gives the offset
 * between its monotonic clock and the wall. The reader trusts nothing: people edit this file.
 */
import { type Lease, type LeaseState, makeClient } from "../leases/lease.ts";
import { stringifyVisibly } from "../wire/escape.ts";
import {
  HOLDER_HEADER_OCTETS,
  HolderAt,
  hostnameAt,
  lengthAt,
  PackedLease,
} from "../leases/packed_lease.ts";
import { formatHex, parseHex } from "../wire/hex.ts";
import { parseIpv4 } from "../wire/ipv4.ts";
import { HTYPE_ETHERNET } from "../wire/message_view.ts";
import { nameRelayInformation, readRelayInformation } from "../wire/relay_agent.ts";
import { Utf8Text } from "../wire/utf8_text.ts";
import { appendSum, checkSum, sealLine } from "./line_sum.ts";

const JOURNAL_VERSION = 1;

/** How the first line of every journal begins, of whatever version. */
export const HEADER_BEGINNING = '{"journal":"sublet"';

const HARDWARE_TYPE_MAX = 255;

/** The years 0000 to 9999: what ISO 8601 writes with four digits. */
const WALL_MS_MIN = Date.parse("0000-01-01T00:00:00.000Z");
const WALL_MS_MAX = Date.parse("9999-12-31T23:59:59.999Z");

export type JournalLine =
  /** The first line. `atMs`: wall milliseconds when the file was written. */
  | { readonly kind: "header"; readonly atMs: number | undefined }
  /** The times of `lease` are wall milliseconds, not yet on this process's monotonic clock. */
  | { readonly kind: "lease"; readonly lease: Lease }
  /** The wall clock read `wasMs` and was set to `atMs`; `isCopy`: as the line before says. */
  | {
    readonly kind: "clock";
    readonly atMs: number;
    readonly wasMs: number;
    readonly isCopy: boolean;
  }
  | { readonly kind: "bad"; readonly reason: string };

/** The first line of a file written at `atMs` (wall), with its newline. */
export function encodeHeader(atMs: number): string {
  return sealLine({ journal: "sublet", version: JOURNAL_VERSION, at: formatWall(atMs) });
}

/** Lines that tell of one step of the clock. */
export const STEP_LINES = 3;

/** The lines of a wall clock that read `wasMs` when it was set to `atMs`, with their newlines. */
export function encodeClockStep(atMs: number, wasMs: number): string {
  const [at, was] = [formatWall(atMs), formatWall(wasMs)];
  return sealLine({ at, clock: "stepped", was }) +
    sealLine({ at, clock: "again", was }).repeat(STEP_LINES - 1);
}

/** The line of a lease, with its newline. `offsetMs` is wall time less monotonic time. */
export function encodeLease(lease: Lease, offsetMs: number): string {
  const text = new Utf8Text();
  packed.pack(lease);
  appendLease(text, packed, offsetMs);
  return decoder.decode(text.octets());
}

const packed = new PackedLease();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * As `encodeLease`, of a packed lease, at the end of a text. It is put together octet by octet, in
 * the order that people read: a journal of thousands of leases is written anew while packets wait.
 */
export function appendLease(text: Utf8Text, lease: PackedLease, offsetMs: number): void {
  const start = text.length;
  text.append(`{"at":"`);
  appendWall(text, lease.updatedAtMs + offsetMs);
  text.append(`","address":"`);
  text.appendIpv4(lease.address);
  text.append(`","state":"`);
  text.append(lease.state);
  text.append(`","expires":"`);
  if (lease.expiresAtMs === Infinity) text.append("infinite");
  else appendWall(text, lease.expiresAtMs + offsetMs);
  appendHolder(text, lease.holder.octets);
  appendSum(text, start);
}

/** From its hardware address on, what a line says of the holder. */
function appendHolder(text: Utf8Text, octets: Uint8Array): void {
  const hardwareType = octets[HolderAt.HARDWARE_TYPE]!;
  const id = HOLDER_HEADER_OCTETS + octets[HolderAt.HARDWARE_OCTETS]!;
  const hostname = hostnameAt(octets, 0);
  const name = hostname + lengthAt(octets, HolderAt.HOSTNAME_OCTETS);
  const classes = name + octets[HolderAt.NAME_OCTETS]!;
  const relay = classes + lengthAt(octets, HolderAt.CLASSES_OCTETS);
  const end = relay + octets[HolderAt.RELAY_OCTETS]!;
  text.append(`","mac":"`);
  text.appendHex(octets, HOLDER_HEADER_OCTETS, id);
  text.append(`"`);
  if (hardwareType !== HTYPE_ETHERNET) text.append(`,"htype":${hardwareType}`);
  if (id < hostname) {
    text.append(`,"client-id":"`);
    text.appendHex(octets, id, hostname);
    text.append(`"`);
  }
  if (hostname < name) appendHostname(text, octets, hostname, name);
  if (name < classes) {
    text.append(`,"name":"`);
    text.appendOctets(octets, name, classes);
    text.append(`"`);
  }
  if (octets[HolderAt.IS_REVERSE_ONLY] === 1) text.append(`,"forward":"client"`);
  if (classes < relay) {
    text.append(`,"classes":["`);
    text.append(decoder.decode(octets.subarray(classes, relay)).replaceAll(",", '","'));
    text.append(`"]`);
  }
  if (relay < end) {
    text.append(`,"option-82":`);
    text.append(JSON.stringify(nameRelayInformation(octets.subarray(relay, end))));
  }
}

/** The host name from `start` to `end`: a stranger's text, of which JSON has to escape some. */
function appendHostname(text: Utf8Text, octets: Uint8Array, start: number, end: number): void {
  text.append(`,"hostname":`);
  let at = start;
  while (at < end && isPlain(octets[at]!)) at++;
  if (at < end) {
    // `cat` shows the file as it is.
    text.append(stringifyVisibly(decoder.decode(octets.subarray(start, end))));
    return;
  }
  text.append(`"`);
  text.appendOctets(octets, start, end);
  text.append(`"`);
}

const [FIRST_PRINTABLE, LAST_PRINTABLE, QUOTE, BACKSLASH] = [0x20, 0x7e, 0x22, 0x5c];

/** Whether the octet is ASCII that stands for itself in a text of JSON. */
export function isPlain(octet: number): boolean {
  return octet >= FIRST_PRINTABLE && octet <= LAST_PRINTABLE && octet !== QUOTE &&
    octet !== BACKSLASH;
}

/** Appends what `formatWall` makes of an instant: `Date` takes ten times as long. */
function appendWall(text: Utf8Text, wallMs: number): void {
  const held = holdWall(wallMs);
  const day = Math.floor(held / DAY_MS);
  if (day !== lastDay) {
    lastDay = day;
    lastDayText = new Date(day * DAY_MS).toISOString().slice(0, DAY_LENGTH);
  }
  const ms = held - day * DAY_MS;
  text.append(lastDayText);
  text.appendDigits(ms / 3_600_000 | 0, 2);
  text.append(":");
  text.appendDigits((ms / 60_000 | 0) % 60, 2);
  text.append(":");
  text.appendDigits((ms / 1_000 | 0) % 60, 2);
  text.append(".");
  text.appendDigits(ms % 1_000, 3);
  text.append("Z");
}

const DAY_MS = 86_400_000;
const DAY_LENGTH = "2026-11-22T".length;

/** Leases that are written one after the other are mostly of the same days. */
let lastDay = NaN;
let lastDayText = "";

/** Reads one line, given without its newline. Never throws; what is wrong comes back as `bad`. */
export function decodeLine(text: string): JournalLine {
  const sum = checkSum(encoder.encode(text));
  if (sum === "wrong") return bad(WRONG_SUM);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad(text.startsWith(HEADER_BEGINNING) ? "a damaged header" : "not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return bad("not a JSON object");
  }
  const fields = value as Readonly<Record<string, unknown>>;
  if (sum === "none") {
    if (fields["sum"] !== undefined) return bad(WRONG_SUM);
    const name = repeatedName(text);
    if (name !== undefined) return bad(`it has ${stringifyVisibly(name)} twice`);
  }
  if (fields["journal"] !== undefined) return decodeHeader(fields);
  if (fields["clock"] !== undefined) return decodeClockStep(fields);
  return decodeLease(fields);
}

const encoder = new TextEncoder();

const WRONG_SUM = "it is not what its `sum` says: damaged, or edited (take `sum` out of a line " +
  "that you edit)";

/** What can tell where in a text of JSON one is: a text, maybe as a name, or a bracket. */
const JSON_MARK = /"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g;

/** A name that the object of a text of JSON has twice: `JSON.parse` passes over the first. */
function repeatedName(text: string): string | undefined {
  const names = new Set<string>();
  let depth = 0;
  for (const [mark] of text.matchAll(JSON_MARK)) {
    if (mark === "{" || mark === "[") depth++;
    else if (mark === "}" || mark === "]") depth--;
    else if (depth === 1 && mark.endsWith(":")) {
      const name = JSON.parse(mark.slice(0, -1));
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

function bad(reason: string): JournalLine {
  return { kind: "bad", reason };
}

function decodeHeader(fields: Readonly<Record<string, unknown>>): JournalLine {
  if (fields["journal"] !== "sublet") return bad("header of another program");
  const { version } = fields;
  if (typeof version !== "number") return bad("header without a version");
  if (version !== JOURNAL_VERSION) {
    return bad(
      `header of version ${version}, where this sublet knows version ${JOURNAL_VERSION}; what it ` +
        "does not understand is left out, so better run the sublet that wrote it",
    );
  }
  if (fields["at"] === undefined) return { kind: "header", atMs: undefined };
  const atMs = parseWall(fields["at"]);
  return atMs === undefined ? bad("`at` is not a UTC time") : { kind: "header", atMs };
}

function decodeClockStep(fields: Readonly<Record<string, unknown>>): JournalLine {
  const atMs = parseWall(fields["at"]);
  const wasMs = parseWall(fields["was"]);
  const { clock } = fields;
  if (clock !== "stepped" && clock !== "again") return bad("unknown `clock` event");
  if (atMs === undefined || wasMs === undefined) return bad("`at` or `was` is not a UTC time");
  return { kind: "clock", atMs, wasMs, isCopy: clock === "again" };
}

function decodeLease(fields: Readonly<Record<string, unknown>>): JournalLine {
  const updatedAtMs = parseWall(fields["at"]);
  if (updatedAtMs === undefined) return bad("`at` is not a UTC time");
  const addressText = fields["address"];
  const address = typeof addressText === "string" ? parseIpv4(addressText) : undefined;
  if (address === undefined) return bad("`address` is not an IPv4 address");
  const state = fields["state"];
  if (!isLeaseState(state)) return bad("`state` is not bound, released or declined");
  const expires = fields["expires"];
  const expiresAtMs = expires === "infinite" ? Infinity : parseWall(expires);
  if (expiresAtMs === undefined) return bad("`expires` is neither a UTC time nor infinite");
  const hardwareAddress = canonicalHex(fields["mac"]);
  if (hardwareAddress === undefined) return bad("`mac` is not octets in hex");
  const hardwareType = fields["htype"] ?? HTYPE_ETHERNET;
  if (!isHardwareType(hardwareType)) return bad("`htype` is not a number from 0 to 255");
  const clientIdField = fields["client-id"];
  const clientId = clientIdField === undefined ? undefined : canonicalHex(clientIdField);
  if (clientIdField !== undefined && clientId === undefined) {
    return bad("`client-id` is not octets in hex");
  }
  const client = makeClient(hardwareType, hardwareAddress, clientId);
  const { hostname, name, forward } = fields;
  if (hostname !== undefined && typeof hostname !== "string") return bad("`hostname` is not text");
  if (name !== undefined && !isDnsName(name)) return bad("`name` is not a domain name");
  if (forward !== undefined && forward !== "client") return bad("`forward` is not client");
  const { classes } = fields;
  if (classes !== undefined && !areClassNames(classes)) return bad("`classes` are not names");
  const relayField = fields["option-82"];
  const relayInformation = relayField === undefined ? undefined : readRelayInformation(relayField);
  if (relayField !== undefined && relayInformation === undefined) {
    return bad("`option-82` is not sub-options by name, in hex");
  }
  return {
    kind: "lease",
    lease: {
      address,
      client,
      state,
      ...(hostname === undefined ? {} : { hostname }),
      ...(name === undefined ? {} : { name }),
      ...(name === undefined || forward === undefined ? {} : { isReverseOnly: true }),
      ...(classes === undefined ? {} : { classes }),
      ...(relayInformation === undefined ? {} : { relayInformation }),
      updatedAtMs,
      expiresAtMs,
    },
  };
}

const NAME_LENGTH_MAX = 253;
const DNS_NAME = /^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/;

/** Whether it is a name in DNS as this server makes them: it goes into messages and files. */
export function isDnsName(value: unknown): value is string {
  return typeof value === "string" && value.length <= NAME_LENGTH_MAX && DNS_NAME.test(value);
}

const CLASS_NAME = /^[A-Za-z0-9_.-]{1,63}$/;

/** Whether it is a list of names as the config has them for classes. */
export function areClassNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 &&
    value.every((name) => typeof name === "string" && CLASS_NAME.test(name));
}

function isLeaseState(value: unknown): value is LeaseState {
  return value === "bound" || value === "released" || value === "declined";
}

function isHardwareType(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 &&
    value <= HARDWARE_TYPE_MAX;
}

const CANONICAL_HEX = /^([0-9a-f]{2}(:[0-9a-f]{2})*)?$/;

/** Octets in the one form that client keys are made of, whichever form a person wrote. */
function canonicalHex(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (CANONICAL_HEX.test(value)) return value;
  const octets = parseHex(value);
  return octets === undefined ? undefined : formatHex(octets);
}

/** Wall milliseconds as `2026-11-22T08:00:00.000Z`, held within the years 0000 to 9999. */
export function formatWall(wallMs: number): string {
  return new Date(holdWall(wallMs)).toISOString();
}

function holdWall(wallMs: number): number {
  return Math.min(Math.max(Math.round(wallMs), WALL_MS_MIN), WALL_MS_MAX);
}

const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/;

function parseWall(value: unknown): number | undefined {
  if (typeof value !== "string" || !UTC_TIME.test(value)) return undefined;
  const wallMs = Date.parse(value);
  return Number.isNaN(wallMs) ? undefined : wallMs;
}
