/**
 * Writes replies (RFC 2131 §2) into a slab that the caller owns: one slab carries the replies of
 * one group, because receive buffers are reused while the group's commit is under way.
 */
import { type Ipv4, writeIpv4 } from "./ipv4.ts";
import {
  BOOTREPLY,
  Header,
  MAGIC_COOKIE,
  type MessageView,
  OVERLOAD_FILE,
  OVERLOAD_SNAME,
} from "./message_view.ts";
import { Option } from "./option_codes.ts";

/** Many relays and clients refuse less: the BOOTP minimum (RFC 951 §3, RFC 1542 §2.1). */
export const REPLY_OCTETS_MIN = 300;

/** An Ethernet datagram without fragments: 1500 less the IP and UDP headers. */
export const REPLY_OCTETS_MAX = 1472;

/** IP and UDP headers, which option 57 counts in (RFC 2132 §9.10 names the minimum datagram). */
const IP_UDP_OCTETS = 28;

/** What every client accepts (RFC 2131 §2); a smaller option 57 is not legal (RFC 2132 §9.10). */
const MESSAGE_SIZE_MIN = 576;

/** The most octets of a reply to a DHCP client; `messageSizeMax` is its option 57, if it sent it. */
export function dhcpReplyOctetsMax(messageSizeMax: number | undefined): number {
  const clientMax = Math.max(messageSizeMax ?? MESSAGE_SIZE_MIN, MESSAGE_SIZE_MIN);
  return Math.min(clientMax - IP_UDP_OCTETS, REPLY_OCTETS_MAX);
}

/**
 * The most octets of a reply to a BOOTP client: as long as what it sent, since nothing says that it
 * takes more than the 300 octets of RFC 951 §3.
 */
export function bootpReplyOctetsMax(request: MessageView): number {
  return Math.min(Math.max(request.bytes.length, REPLY_OCTETS_MIN), REPLY_OCTETS_MAX);
}

const OPTION_PART_OCTETS_MAX = 255;
const OPTION_HEADER_OCTETS = 2;
const END_OCTETS = 1;
const OVERLOAD_OCTETS = OPTION_HEADER_OCTETS + 1;

/** A batch of replies of usual size; a page multiple. */
const CHUNK_OCTETS = 32 * 1024;

/**
 * Room for replies; grows by a chunk when a group needs more than one. It is used again after the
 * group is through: a batch of replies is no garbage.
 */
export class ReplySlab {
  readonly #chunks = [new Uint8Array(CHUNK_OCTETS)];
  #chunk = 0;
  #used = 0;
  /** For each option code, the last reply that has it, by its number. */
  readonly #lastReplyWith = new Uint32Array(256);
  #replyNumber = 0;

  /** A stretch of `octets` octets that no kept one overlaps; what it holds is not said. */
  reserve(octets: number): Uint8Array {
    if (this.#used + octets > CHUNK_OCTETS) {
      this.#chunk++;
      this.#used = 0;
      if (this.#chunk === this.#chunks.length) this.#chunks.push(new Uint8Array(CHUNK_OCTETS));
    }
    return this.#chunks[this.#chunk]!.subarray(this.#used, this.#used + octets);
  }

  /** Keeps the first `octets` octets of the last stretch; the rest is handed out again. */
  keep(octets: number): void {
    this.#used += octets;
  }

  /** Forgets every reply: its octets are handed out again. */
  clear(): void {
    this.#chunk = 0;
    this.#used = 0;
  }

  /** Begins to note the options of a reply, in place of those of the one before. */
  beginOptions(): void {
    if (this.#replyNumber === 0xffff_ffff) {
      this.#lastReplyWith.fill(0);
      this.#replyNumber = 0;
    }
    this.#replyNumber++;
  }

  noteOption(code: number): void {
    this.#lastReplyWith[code] = this.#replyNumber;
  }

  hasOption(code: number): boolean {
    return this.#lastReplyWith[code] === this.#replyNumber;
  }

  forgetOption(code: number): void {
    this.#lastReplyWith[code] = 0;
  }
}

/** Header fields of a reply that are not copied from the request. */
export interface ReplyHeader {
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly flags: number;
}

/**
 * One reply under way, one at a time on a slab: header first, then options in the order that they
 * are given.
 */
export class MessageWriter {
  readonly #slab: ReplySlab;
  readonly #bytes: Uint8Array;
  #at: number = Header.OPTIONS;
  #limit: number;
  /** Whether options may go into `file` and `sname`, with room kept for option 52. */
  #isOverloadOpen = false;
  /** Where the next option goes in each field, 0 where boot data is there. */
  #fileAt = 0;
  #snameAt = 0;
  /** Where options began that can be taken back, and how many found no room since. */
  #openedAt = 0;
  #omittedCount = 0;

  /**
   * Starts the reply to `request`: xid, giaddr, chaddr and hardware type come back as they were.
   * It will have `octetsMax` octets at most: see `dhcpReplyOctetsMax` and `bootpReplyOctetsMax`.
   */
  constructor(
    slab: ReplySlab,
    request: MessageView,
    header: ReplyHeader,
    octetsMax: number,
  ) {
    this.#slab = slab;
    this.#limit = octetsMax - END_OCTETS;
    this.#bytes = slab.reserve(octetsMax);
    slab.beginOptions();
    const bytes = this.#bytes;
    bytes.fill(0, 0, REPLY_OCTETS_MIN); // every octet after that is written
    bytes[Header.OP] = BOOTREPLY;
    bytes[Header.HTYPE] = request.htype;
    bytes[Header.HLEN] = request.hlen;
    writeIpv4(bytes, Header.XID, request.xid);
    bytes[Header.FLAGS] = header.flags >>> 8;
    bytes[Header.FLAGS + 1] = header.flags & 255;
    writeIpv4(bytes, Header.CIADDR, header.ciaddr);
    writeIpv4(bytes, Header.YIADDR, header.yiaddr);
    writeIpv4(bytes, Header.GIADDR, request.giaddr);
    copyOctets(request.bytes, Header.CHADDR, Header.CHADDR_SIZE, bytes, Header.CHADDR);
    writeIpv4(bytes, Header.COOKIE, MAGIC_COOKIE);
  }

  /** Puts another hardware address into the header than that of the request, 16 octets at most. */
  hardwareAddress(type: number, address: Uint8Array): void {
    this.#bytes[Header.HTYPE] = type;
    this.#bytes[Header.HLEN] = address.length;
    this.#bytes.fill(0, Header.CHADDR, Header.CHADDR + Header.CHADDR_SIZE);
    this.#bytes.set(address, Header.CHADDR);
  }

  /** Fills in `siaddr`: the server to load the boot file from (RFC 2131 §2). */
  nextServer(address: Ipv4): void {
    writeIpv4(this.#bytes, Header.SIADDR, address);
  }

  /** Fills in `sname`, which the text has to fit into with a NUL (RFC 2131 §2). */
  serverName(text: Uint8Array): boolean {
    return this.#field(Header.SNAME, Header.SNAME_SIZE, text);
  }

  /** Fills in `file`, which the text has to fit into with a NUL; false where it does not. */
  bootFile(text: Uint8Array): boolean {
    return this.#field(Header.FILE, Header.FILE_SIZE, text);
  }

  /** Fills in a field that is zero so far, and ends its text with at least one NUL. */
  #field(at: number, size: number, text: Uint8Array): boolean {
    if (text.length >= size) return false;
    copyOctets(text, 0, text.length, this.#bytes, at);
    return true;
  }

  /** Keeps room for options that are written last, whatever comes before them. */
  keepRoom(payloadOctets: number): void {
    this.#limit -= encodedOctets(payloadOctets);
  }

  /** Gives the kept room back. */
  giveRoom(payloadOctets: number): void {
    this.#limit += encodedOctets(payloadOctets);
  }

  /** Whether the reply has the option already: none is written twice. */
  has(code: number): boolean {
    return this.#slab.hasOption(code);
  }

  /**
   * Appends an option, split into parts of 255 octets where it is longer (RFC 3396 §4). Returns
   * false, and writes nothing, when it does not fit into what the client accepts.
   */
  option(code: number, payload: Uint8Array): boolean {
    if (this.#at + encodedOctets(payload.length) > this.#limit) {
      return this.#elsewhere(code, payload);
    }
    this.#at = this.#write(this.#at, code, payload);
    return true;
  }

  /** Appends an option of one octet. */
  option8(code: number, value: number): boolean {
    if (this.#at + OPTION_HEADER_OCTETS + 1 > this.#limit) {
      return this.#elsewhere(code, Uint8Array.of(value));
    }
    this.#begin(code, 1);
    this.#bytes[this.#at++] = value;
    return true;
  }

  /** Appends an option of four octets: an address, or seconds. */
  option32(code: number, value: number): boolean {
    if (this.#at + OPTION_HEADER_OCTETS + 4 > this.#limit) {
      const payload = new Uint8Array(4);
      writeIpv4(payload, 0, value);
      return this.#elsewhere(code, payload);
    }
    this.#begin(code, 4);
    writeIpv4(this.#bytes, this.#at, value);
    this.#at += 4;
    return true;
  }

  #begin(code: number, octets: number): void {
    this.#bytes[this.#at++] = code;
    this.#bytes[this.#at++] = octets;
    this.#slab.noteOption(code);
  }

  /** Writes an option for which there is room at `at`; returns where the next one goes. */
  #write(at: number, code: number, payload: Uint8Array): number {
    const bytes = this.#bytes;
    let from = 0;
    do {
      const octets = Math.min(payload.length - from, OPTION_PART_OCTETS_MAX);
      bytes[at++] = code;
      bytes[at++] = octets;
      copyOctets(payload, from, octets, bytes, at);
      at += octets;
      from += octets;
    } while (from < payload.length);
    this.#slab.noteOption(code);
    return at;
  }

  /**
   * From here to `closeOverload`, what does not fit goes into `file` and then `sname` (RFC 2132
   * §9.3), in as far as no boot data is in them: that must have been written before.
   */
  openOverload(): void {
    const bytes = this.#bytes;
    this.#fileAt = bytes[Header.FILE] === 0 ? Header.FILE : 0;
    this.#snameAt = bytes[Header.SNAME] === 0 ? Header.SNAME : 0;
    this.#openedAt = this.#at;
    this.#omittedCount = 0;
    if (this.#fileAt + this.#snameAt === 0) return;
    this.#isOverloadOpen = true;
    this.#limit -= OVERLOAD_OCTETS;
  }

  /** How many options found no room since `openOverload`. */
  get omittedCount(): number {
    return this.#omittedCount;
  }

  /** Takes back all that was written since `openOverload`, so as to write it in another order. */
  reopenOverload(): void {
    const bytes = this.#bytes;
    this.#forget(this.#openedAt, this.#at);
    this.#at = this.#openedAt;
    if (this.#isOverloadOpen) this.#limit += OVERLOAD_OCTETS;
    this.#isOverloadOpen = false;
    if (this.#fileAt > 0) {
      this.#forget(Header.FILE, this.#fileAt);
      bytes.fill(0, Header.FILE, this.#fileAt);
    }
    if (this.#snameAt > 0) {
      this.#forget(Header.SNAME, this.#snameAt);
      bytes.fill(0, Header.SNAME, this.#snameAt);
    }
    this.openOverload();
  }

  /** Ends what `openOverload` began: option 52 says which fields have options, if any has. */
  closeOverload(): void {
    if (!this.#isOverloadOpen) return;
    this.#isOverloadOpen = false;
    this.#limit += OVERLOAD_OCTETS;
    let fields = 0;
    if (this.#fileAt > Header.FILE) {
      this.#bytes[this.#fileAt] = Option.END;
      fields |= OVERLOAD_FILE;
    }
    if (this.#snameAt > Header.SNAME) {
      this.#bytes[this.#snameAt] = Option.END;
      fields |= OVERLOAD_SNAME;
    }
    if (fields !== 0) this.option8(Option.OVERLOAD, fields);
  }

  /** Writes an option that does not fit among the others into `file`, else into `sname`. */
  #elsewhere(code: number, payload: Uint8Array): boolean {
    if (this.#isOverloadOpen) {
      const octets = encodedOctets(payload.length) + END_OCTETS;
      if (this.#fileAt > 0 && this.#fileAt + octets <= Header.FILE + Header.FILE_SIZE) {
        this.#fileAt = this.#write(this.#fileAt, code, payload);
        return true;
      }
      if (this.#snameAt > 0 && this.#snameAt + octets <= Header.SNAME + Header.SNAME_SIZE) {
        this.#snameAt = this.#write(this.#snameAt, code, payload);
        return true;
      }
    }
    this.#omittedCount++;
    return false;
  }

  /** Forgets that the reply has the options between two places. */
  #forget(start: number, end: number): void {
    const bytes = this.#bytes;
    for (let at = start; at < end; at += OPTION_HEADER_OCTETS + bytes[at + 1]!) {
      this.#slab.forgetOption(bytes[at]!);
    }
  }

  /**
   * Ends a reply without any options, not even the cookie that announces them: a BOOTP client that
   * sent none has its own use for the field, or none (RFC 951 §3, `vend`).
   */
  finishWithoutOptions(): Uint8Array {
    this.#bytes.fill(0, Header.COOKIE, REPLY_OCTETS_MIN);
    this.#slab.keep(REPLY_OCTETS_MIN);
    return this.#bytes.subarray(0, REPLY_OCTETS_MIN);
  }

  /** Ends the reply and returns it, padded to the least length: a view on the slab. */
  finish(): Uint8Array {
    this.#bytes[this.#at++] = Option.END;
    const octets = Math.max(this.#at, REPLY_OCTETS_MIN);
    this.#slab.keep(octets);
    return this.#bytes.subarray(0, octets);
  }
}

/** Below this, a loop copies faster than a call of `set` on a view made for it. */
const LOOP_OCTETS_MAX = 48;

function copyOctets(
  from: Uint8Array,
  start: number,
  octets: number,
  to: Uint8Array,
  at: number,
): void {
  if (octets > LOOP_OCTETS_MAX) return to.set(from.subarray(start, start + octets), at);
  for (let i = 0; i < octets; i++) to[at + i] = from[start + i]!;
}

/** Octets of an option with its code and length octets, one pair for each part. */
function encodedOctets(payloadOctets: number): number {
  const parts = Math.max(1, Math.ceil(payloadOctets / OPTION_PART_OCTETS_MAX));
  return payloadOctets + parts * OPTION_HEADER_OCTETS;
}
