/**
 * A DHCP message read in place (RFC 2131 §2, RFC 2132 §2). Nothing is copied: header fields are
 * read from the bytes when asked for; where the options are is noted in one pass, and they are
 * handed out as views on the same bytes, which are valid for the batch they were received in.
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

/** Code and length. */
const OPTION_HEADER_OCTETS = 2;

const NO_OCTETS = new Uint8Array(0);

/** Option 52 (RFC 2132 §9.3): which header fields carry options too. */
export const OVERLOAD_FILE = 1;
export const OVERLOAD_SNAME = 2;

/** Why a datagram is not a request. A value, counted by reason; never an exception. */
export type MalformedReason =
  | "too-short"
  | "not-a-request"
  | "bad-hardware-length"
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

/**
 * A message that `viewMessage` has found well-formed. One view serves any number of messages, one
 * after the other: it then shows the last of them.
 */
export class MessageView {
  readonly kind = "message";
  #bytes: Uint8Array = NO_OCTETS;
  /** For each code, the offset of the option's first part; 0 for one that is not there. */
  readonly #offsets = new Uint16Array(256);
  /** The codes that are there, each once. */
  readonly #codes = new Uint8Array(256);
  #codeCount = 0;
  /** Offsets of the parts after the first, of the options that came in several. */
  #laterParts: Map<number, number[]> | undefined;
  /** Those options, each joined once. */
  #joined: Map<number, Uint8Array> | undefined;

  /**
   * Whether what follows the header is options: a BOOTP client may leave the field out, or put
   * there what it likes (RFC 951 §3, `vend`).
   */
  get hasOptions(): boolean {
    const bytes = this.#bytes;
    return bytes.length >= Header.OPTIONS && readIpv4(bytes, Header.COOKIE) === MAGIC_COOKIE;
  }

  /** The whole datagram, as received. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }
  get htype(): number {
    return this.#bytes[Header.HTYPE]!;
  }
  /** Length of the hardware address in octets, 0 to 16. */
  get hlen(): number {
    return this.#bytes[Header.HLEN]!;
  }
  get xid(): number {
    return readIpv4(this.#bytes, Header.XID);
  }
  get secs(): number {
    return (this.#bytes[Header.SECS]! << 8) | this.#bytes[Header.SECS + 1]!;
  }
  get flags(): number {
    return (this.#bytes[Header.FLAGS]! << 8) | this.#bytes[Header.FLAGS + 1]!;
  }
  get ciaddr(): Ipv4 {
    return readIpv4(this.#bytes, Header.CIADDR);
  }
  get yiaddr(): Ipv4 {
    return readIpv4(this.#bytes, Header.YIADDR);
  }
  get giaddr(): Ipv4 {
    return readIpv4(this.#bytes, Header.GIADDR);
  }
  /** All 16 octets, padding included: replies return them as they came. */
  get chaddr(): Uint8Array {
    return this.#bytes.subarray(Header.CHADDR, Header.CHADDR + Header.CHADDR_SIZE);
  }

  /** Length of an option's payload in octets; -1 when it was not sent. */
  octets(code: number): number {
    const at = this.#offsets[code]!;
    if (at === 0) return -1;
    return this.#joined?.get(code)?.length ?? this.#bytes[at + 1]!;
  }

  /**
   * The payload of an option, or `undefined` when it was not sent. One part is a view on the
   * message; several parts are joined in the order options, file, sname (RFC 3396 §5, §7).
   */
  option(code: number): Uint8Array | undefined {
    const at = this.#offsets[code]!;
    if (at === 0) return undefined;
    return this.#joined?.get(code) ?? this.#payload(at);
  }

  /** Whether an option was sent with a NUL at its end, as some clients send texts. */
  endsWithNul(code: number): boolean {
    const octets = this.octets(code);
    if (octets <= 0) return false;
    const joined = this.#joined?.get(code);
    if (joined !== undefined) return joined[octets - 1] === 0;
    return this.#bytes[this.#offsets[code]! + OPTION_HEADER_OCTETS + octets - 1] === 0;
  }

  /**
   * The payload of an option as an unsigned number; `undefined` when it was not sent, or is not
   * `octets` octets long (at most four).
   */
  number(code: number, octets: number): number | undefined {
    if (this.octets(code) !== octets) return undefined;
    const joined = this.#joined?.get(code);
    const bytes = joined ?? this.#bytes;
    const start = joined === undefined ? this.#offsets[code]! + OPTION_HEADER_OCTETS : 0;
    let value = 0;
    for (let i = start; i < start + octets; i++) value = value * 256 + bytes[i]!;
    return value;
  }

  /** Shows another message; says what is wrong with one that is not well-formed, or not an `op`. */
  read(bytes: Uint8Array, op = BOOTREQUEST): MalformedReason | undefined {
    this.#forget(bytes);
    if (bytes.length < Header.COOKIE) return "too-short";
    if (bytes[Header.OP] !== op) return "not-a-request";
    if (bytes[Header.HLEN]! > Header.CHADDR_SIZE) return "bad-hardware-length";
    if (!this.hasOptions) return undefined;

    let isWhole = this.#index(Header.OPTIONS, bytes.length);
    // Read before more fields are: in those that it opens it means nothing (RFC 2131 §4.1).
    const overload = this.#overload();
    if (overload < 0) return "bad-overload";
    if ((overload & OVERLOAD_FILE) !== 0) {
      isWhole = this.#index(Header.FILE, Header.FILE + Header.FILE_SIZE) && isWhole;
    }
    if ((overload & OVERLOAD_SNAME) !== 0) {
      isWhole = this.#index(Header.SNAME, Header.SNAME + Header.SNAME_SIZE) && isWhole;
    }
    if (!isWhole) return "truncated-option";
    this.#join();
    return undefined;
  }

  #forget(bytes: Uint8Array): void {
    this.#bytes = bytes;
    for (let i = 0; i < this.#codeCount; i++) this.#offsets[this.#codes[i]!] = 0;
    this.#codeCount = 0;
    this.#laterParts = undefined;
    this.#joined = undefined;
  }

  /**
   * Notes where the options of a field are. False when one is cut off by the end of the field;
   * the END option is missing in the messages of some clients, which is no damage.
   */
  #index(start: number, end: number): boolean {
    const bytes = this.#bytes;
    let at = start;
    while (at < end) {
      const code = bytes[at]!;
      if (code === Option.END) return true;
      if (code === Option.PAD) {
        at++;
        continue;
      }
      const next = at + OPTION_HEADER_OCTETS + (at + 1 < end ? bytes[at + 1]! : 0);
      if (next > end) return false;
      if (this.#offsets[code] === 0) {
        this.#offsets[code] = at;
        this.#codes[this.#codeCount++] = code;
      } else {
        this.#noteLaterPart(code, at);
      }
      at = next;
    }
    return true;
  }

  #noteLaterPart(code: number, at: number): void {
    this.#laterParts ??= new Map();
    const parts = this.#laterParts.get(code);
    if (parts === undefined) this.#laterParts.set(code, [at]);
    else parts.push(at);
  }

  /** Option 52 (RFC 2132 §9.3): 0 when it is not there, -1 when it is not legal. */
  #overload(): number {
    const at = this.#offsets[Option.OVERLOAD]!;
    if (at === 0) return 0;
    const value = this.#bytes[at + 1] === 1 ? this.#bytes[at + 2]! : 0;
    return value < OVERLOAD_FILE || value > (OVERLOAD_FILE | OVERLOAD_SNAME) ? -1 : value;
  }

  #join(): void {
    if (this.#laterParts === undefined) return;
    this.#joined = new Map();
    for (const [code, later] of this.#laterParts) {
      const parts = [this.#offsets[code]!, ...later].map((at) => this.#payload(at));
      this.#joined.set(code, concatenate(parts));
    }
  }

  /** The payload of the option part at `at`. */
  #payload(at: number): Uint8Array {
    const start = at + OPTION_HEADER_OCTETS;
    return this.#bytes.subarray(start, start + this.#bytes[at + 1]!);
  }
}

/**
 * Checks a datagram and shows it by `view`, a new one unless given. Never throws and never copies
 * but what came in parts; every loop is bounded by the length of the datagram, and each option is
 * looked at once.
 */
export function viewMessage(bytes: Uint8Array, view = new MessageView()): MessageView | Malformed {
  const reason = view.read(bytes);
  return reason === undefined ? view : { kind: "malformed", reason };
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
