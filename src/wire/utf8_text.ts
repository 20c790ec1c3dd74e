/**
 * Text put together as UTF-8 octets: for lines that are made by the thousand each second. A string
 * for each part, and one for all of them, would be work for the garbage collector.
 */
import type { Ipv4 } from "./ipv4.ts";

const OCTETS_AT_FIRST = 4096;

/** A UTF-16 code unit is three octets of UTF-8 at most. */
const OCTETS_PER_UNIT_MAX = 3;

const ASCII_LIMIT = 0x80;
const ZERO = "0".charCodeAt(0);
const DOT = ".".charCodeAt(0);
const DOTTED_QUAD_OCTETS_MAX = 15;

const encoder = new TextEncoder();

/** A text that grows; used over and over, it makes no garbage. */
export class Utf8Text {
  #octets = new Uint8Array(OCTETS_AT_FIRST);
  #length = 0;

  /** A view of what was appended, valid until more is appended or all is cleared. */
  octets(): Uint8Array {
    return this.#octets.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
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
    this.#octets = grown;
  }
}
