/**
 * A DHCP message read in place (RFC 2131 §2, RFC 2132 §2). Nothing is copied: header fields are
 * read from the bytes when asked for, options are scanned on demand and handed out as views on
 * the same bytes. A view is valid as long as the bytes are: for the batch it was received in.
 */
import { type Ipv4, readIpv4 } from "./ipv4.ts";
import { Option } from "./option_codes.ts";

/** Offsets and sizes of the fixed header (RFC 2131 figure 1), in octets. */
export const Header = {
  OP: 0,
  HTYPE: 1,
  HLEN: 2,
  HOPS: 3,
  XID: 4,
  SECS: 8,
  FLAGS: 10,
  CIADDR: 12,
  YIADDR: 16,
  SIADDR: 20,
  GIADDR: 24,
  CHADDR: 28,
  CHADDR_SIZE: 16,
  SNAME: 44,
  SNAME_SIZE: 64,
  FILE: 108,
  FILE_SIZE: 128,
  COOKIE: 236,
  OPTIONS: 240,
} as const;

/** 99.130.83.99: what follows is options (RFC 2131 §3). */
export const MAGIC_COOKIE = 0x6382_5363;

export const BOOTREQUEST = 1;
export const BOOTREPLY = 2;

/** IANA hardware type of Ethernet, in `htype`. */
export const HTYPE_ETHERNET = 1;

/** The BROADCAST bit of `flags` (RFC 2131 figure 2). */
export const BROADCAST_FLAG = 0x8000;

/** Option 52 (RFC 2132 §9.3): which header fields carry options too. */
const OVERLOAD_FILE = 1;
const OVERLOAD_SNAME = 2;

/** Why a datagram is not a request. A value, counted by reason; never an exception. */
export type MalformedReason =
  | "too-short"
  | "not-a-request"
  | "bad-hardware-length"
  | "no-magic-cookie"
  | "truncated-option"
  | "bad-overload"
  | "bad-message-type"
  | "bad-option-length"
  | "no-address"
  | "no-client-identity";

export interface Malformed {
  readonly kind: "malformed";
  readonly reason: MalformedReason;
}

export class MessageView {
  readonly kind = "message";

  /** The whole datagram, as received. */
  readonly bytes: Uint8Array;
  readonly #overload: number;

  /** Use `viewMessage`, which checks the bytes. `overload` is option 52, 0 without it. */
  constructor(bytes: Uint8Array, overload: number) {
    this.bytes = bytes;
    this.#overload = overload;
  }

  get htype(): number {
    return this.bytes[Header.HTYPE]!;
  }
  /** Length of the hardware address in octets, 0 to 16. */
  get hlen(): number {
    return this.bytes[Header.HLEN]!;
  }
  get xid(): number {
    return readIpv4(this.bytes, Header.XID);
  }
  get secs(): number {
    return (this.bytes[Header.SECS]! << 8) | this.bytes[Header.SECS + 1]!;
  }
  get flags(): number {
    return (this.bytes[Header.FLAGS]! << 8) | this.bytes[Header.FLAGS + 1]!;
  }
  get ciaddr(): Ipv4 {
    return readIpv4(this.bytes, Header.CIADDR);
  }
  get giaddr(): Ipv4 {
    return readIpv4(this.bytes, Header.GIADDR);
  }
  /** All 16 octets, padding included: replies return them as they came. */
  get chaddr(): Uint8Array {
    return this.bytes.subarray(Header.CHADDR, Header.CHADDR + Header.CHADDR_SIZE);
  }

  /**
   * The payload of an option, or `undefined` when it was not sent. One part is a view on the
   * message; several parts are joined in the order options, file, sname (RFC 3396 §5, §7).
   */
  option(code: number): Uint8Array | undefined {
    let first: Uint8Array | undefined;
    let parts: Uint8Array[] | undefined;
    for (const field of optionFields(this.#overload)) {
      for (
        let at = nextOption(this.bytes, field.start, field.end(this.bytes));
        at >= 0;
        at = nextOption(this.bytes, at + 2 + this.bytes[at + 1]!, field.end(this.bytes))
      ) {
        if (this.bytes[at] !== code) continue;
        const part = this.bytes.subarray(at + 2, at + 2 + this.bytes[at + 1]!);
        if (first === undefined) first = part;
        else (parts ??= [first]).push(part);
      }
    }
    return parts === undefined ? first : concatenate(parts);
  }
}

/**
 * Checks a datagram and makes a view of it. Never throws and never copies; every loop is bounded
 * by the length of the datagram, and each option is looked at once.
 */
export function viewMessage(bytes: Uint8Array): MessageView | Malformed {
  if (bytes.length < Header.OPTIONS) return malformed("too-short");
  if (bytes[Header.OP] !== BOOTREQUEST) return malformed("not-a-request");
  if (bytes[Header.HLEN]! > Header.CHADDR_SIZE) return malformed("bad-hardware-length");
  if (readIpv4(bytes, Header.COOKIE) !== MAGIC_COOKIE) return malformed("no-magic-cookie");

  const overload = readOverload(bytes);
  if (typeof overload !== "number") return overload;
  for (const field of optionFields(overload)) {
    if (!isWellFormed(bytes, field.start, field.end(bytes))) return malformed("truncated-option");
  }
  return new MessageView(bytes, overload);
}

interface OptionField {
  readonly start: number;
  end(bytes: Uint8Array): number;
}

const OPTIONS_FIELD: OptionField = { start: Header.OPTIONS, end: (bytes) => bytes.length };
const FILE_FIELD: OptionField = { start: Header.FILE, end: () => Header.FILE + Header.FILE_SIZE };
const SNAME_FIELD: OptionField = {
  start: Header.SNAME,
  end: () => Header.SNAME + Header.SNAME_SIZE,
};

/** Fields that carry options for each value of option 52, in the order to read them. */
const FIELDS_BY_OVERLOAD: readonly (readonly OptionField[])[] = [
  [OPTIONS_FIELD],
  [OPTIONS_FIELD, FILE_FIELD],
  [OPTIONS_FIELD, SNAME_FIELD],
  [OPTIONS_FIELD, FILE_FIELD, SNAME_FIELD],
];

function optionFields(overload: number): readonly OptionField[] {
  return FIELDS_BY_OVERLOAD[overload]!;
}

/** Option 52 of the options field: in the fields that it opens it means nothing (RFC 2131 §4.1). */
function readOverload(bytes: Uint8Array): number | Malformed {
  for (
    let at = nextOption(bytes, Header.OPTIONS, bytes.length);
    at >= 0;
    at = nextOption(bytes, at + 2 + bytes[at + 1]!, bytes.length)
  ) {
    if (bytes[at] !== Option.OVERLOAD) continue;
    const value = bytes[at + 1] === 1 ? bytes[at + 2]! : 0;
    if (value < OVERLOAD_FILE || value > (OVERLOAD_FILE | OVERLOAD_SNAME)) {
      return malformed("bad-overload");
    }
    return value;
  }
  return 0;
}

/**
 * Offset of the next whole option at or after `at`, or -1 at the END option, at the end of the
 * field or at an option that the field cuts off.
 */
function nextOption(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] === Option.PAD) at++;
  if (at + 1 >= end || bytes[at] === Option.END) return -1;
  return at + 2 + bytes[at + 1]! <= end ? at : -1;
}

/**
 * Whether the options of a field end at an END option or exactly at the end of the field. The END
 * is missing in the messages of some clients; an option cut off by the end is damage.
 */
function isWellFormed(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    const code = bytes[at]!;
    if (code === Option.END) return true;
    if (code === Option.PAD) at += 1;
    else if (at + 1 >= end) return false;
    else at += 2 + bytes[at + 1]!;
  }
  return at === end;
}

/** Joined once: a datagram may hold an option in as many parts as it has room for. */
function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((octets, part) => octets + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function malformed(reason: MalformedReason): Malformed {
  return { kind: "malformed", reason };
}
