/**
 * Text put together as UTF-8 octets: for lines that are made by the thousand each second. A string
 * for each part, and one for all of them, would be work for the garbage collector.
 */
import { HIGH, LOW } from "./hex.ts";
import type { Ipv4 } from "./ipv4.ts";
import { xxhash32 } from "./xxhash32.ts";

const OCTETS_AT_FIRST = 4096;

/** A buffer that grew beyond this is not kept for the next text. */
const OCTETS_KEPT_MAX = 2 ** 20;

/** A UTF-16 code unit is three octets of UTF-8 at most. */
const OCTETS_PER_UNIT_MAX = 3;

const ASCII_LIMIT = 0x80;
const ZERO = "0".charCodeAt(0);
const DOT = ".".charCodeAt(0);
const COLON = ":".charCodeAt(0);
/** Two digits and a colon. */
const HEX_OCTETS = 3;
const DOTTED_QUAD_OCTETS_MAX = 15;

const encoder = new TextEncoder();

/** A text that grows; used over and over, it makes no garbage. */
export class Utf8Text {
  #octets = new Uint8Array(OCTETS_AT_FIRST);
  /** The same octets. */
  #view = new DataView(this.#octets.buffer);
  #length = 0;

  /** How many octets there are. */
  get length(): number {
    return this.#length;
  }

  /** A view of what was appended, valid until more is appended or all is cleared. */
  octets(): Uint8Array {
    return this.#octets.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#octets.length > OCTETS_KEPT_MAX) this.#keepIn(new Uint8Array(OCTETS_AT_FIRST));
  }

  append(text: string): void {
    const units = text.length;
    this.#makeRoom(units);
    const octets = this.#octets;
    const start = this.#length;
    for (let i = 0; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= ASCII_LIMIT) return this.#encode(text);
      octets[start + i] = unit;
    }
    this.#length = start + units;
  }

  /** As a dotted quad. */
  appendIpv4(address: Ipv4): void {
    this.#makeRoom(DOTTED_QUAD_OCTETS_MAX);
    this.#appendOctet(address >>> 24);
    this.#octets[this.#length++] = DOT;
    this.#appendOctet((address >>> 16) & 255);
    this.#octets[this.#length++] = DOT;
    this.#appendOctet((address >>> 8) & 255);
    this.#octets[this.#length++] = DOT;
    this.#appendOctet(address & 255);
  }

  /** Octets that are UTF-8 already, from `start` to `end`. */
  appendOctets(bytes: Uint8Array, start: number, end: number): void {
    this.#makeRoom(end - start);
    const octets = this.#octets;
    let at = this.#length;
    for (let i = start; i < end; i++) octets[at++] = bytes[i]!;
    this.#length = at;
  }

  /** Octets in hex with colons, as `formatHex` has it, from `start` to `end`. */
  appendHex(bytes: Uint8Array, start: number, end: number): void {
    this.#makeRoom(HEX_OCTETS * (end - start));
    const octets = this.#octets;
    let at = this.#length;
    for (let i = start; i < end; i++) {
      if (i > start) octets[at++] = COLON;
      octets[at++] = HIGH[bytes[i]!]!;
      octets[at++] = LOW[bytes[i]!]!;
    }
    this.#length = at;
  }

  /** The xxHash32 of what was appended from the octet at `start` on. */
  hashFrom(start: number): number {
    return xxhash32(this.#view, start, this.#length);
  }

  /** 32 bits as eight hexadecimal digits. */
  appendHex32(value: number): void {
    this.#makeRoom(8);
    const octets = this.#octets;
    let at = this.#length;
    for (let shift = 24; shift >= 0; shift -= 8) {
      const octet = (value >>> shift) & 255;
      octets[at++] = HIGH[octet]!;
      octets[at++] = LOW[octet]!;
    }
    this.#length = at;
  }

  /** A whole number from 0 to 10^digits - 1, with zeros in front. */
  appendDigits(value: number, digits: number): void {
    this.#makeRoom(digits);
    let rest = value;
    for (let i = digits - 1; i >= 0; i--) {
      this.#octets[this.#length + i] = ZERO + rest % 10;
      rest = rest / 10 | 0;
    }
    this.#length += digits;
  }

  #appendOctet(value: number): void {
    const octets = this.#octets;
    if (value >= 100) octets[this.#length++] = ZERO + (value / 100 | 0);
    if (value >= 10) octets[this.#length++] = ZERO + (value / 10 | 0) % 10;
    octets[this.#length++] = ZERO + value % 10;
  }

  /** What is not all ASCII. */
  #encode(text: string): void {
    this.#makeRoom(text.length * OCTETS_PER_UNIT_MAX);
    this.#length += encoder.encodeInto(text, this.#octets.subarray(this.#length)).written;
  }

  #makeRoom(octets: number): void {
    const needed = this.#length + octets;
    if (needed <= this.#octets.length) return;
    const grown = new Uint8Array(Math.max(needed, 2 * this.#octets.length));
    grown.set(this.#octets);
    this.#keepIn(grown);
  }

  #keepIn(octets: Uint8Array<ArrayBuffer>): void {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer);
  }
}
