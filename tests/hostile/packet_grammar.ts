/**
 * Requests that are nearly right: made by the grammar of RFC 2131 and RFC 2132 with a mistake here
 * and there, or by changing a request that made the server do something new.
 */
import type { Random } from "../support/random.ts";

const OCTETS_MAX = 1_600;
const COOKIE = [99, 130, 83, 99];
const CLIENTS = 4_000;
const CORPUS_MAX = 1_024;

/** Codes that the server reads, or that other servers were broken with. */
const CODES = [
  ...[1, 12, 50, 51, 52, 53, 54, 55, 57, 60, 61, 66, 67, 77, 80, 81, 82, 93, 97, 108, 116, 118],
  ...[119, 120, 121, 124, 125, 150, 151, 212, 249, 252],
];

/** Addresses in and at the edges of the networks that are served, and far from them. */
const ADDRESSES = [
  ...[0, 0xffff_ffff, 0x7f00_0001, 0xe000_0001, 0xc0a8_0101, 0xc0a8_0140, 0xc0a8_0164],
  ...[0xc0a8_01ff, 0xc0a8_0100, 0xc0a8_320a, 0x0a14_0001, 0x0a14_0100, 0x0a14_09ff, 0x0a14_ffff],
];

/** Octets that mean something to some parser: lengths, compression pointers, quotes, ANSI. */
const SPECIAL = [0, 1, 4, 63, 64, 127, 128, 191, 192, 193, 0xc0, 254, 255, 0x1b, 0x22, 0x5c, 0x0a];

/** Makes requests from a source of random numbers, and learns which were worth something. */
export class PacketGrammar {
  readonly #random: Random;
  readonly #buffer = new Uint8Array(OCTETS_MAX);
  readonly #corpus: Uint8Array[] = [];
  #length = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The next request; valid until the one after it. */
  next(): Uint8Array {
    const random = this.#random;
    if (this.#corpus.length > 0 && random.chance(0.5)) this.#copy(random.pick(this.#corpus));
    else this.#make();
    if (random.chance(0.4)) this.#spoil();
    return this.#buffer.subarray(0, this.#length);
  }

  /** Keeps a request that something new came of, to make others from. */
  keep(request: Uint8Array): void {
    const copy = request.slice();
    if (this.#corpus.length < CORPUS_MAX) this.#corpus.push(copy);
    else this.#corpus[this.#random.integer(0, CORPUS_MAX - 1)] = copy;
  }

  #copy(request: Uint8Array): void {
    this.#buffer.set(request);
    this.#length = request.length;
  }

  #make(): void {
    const random = this.#random;
    const bytes = this.#buffer;
    bytes.fill(0, 0, 240);
    bytes[0] = random.chance(0.98) ? 1 : 2;
    bytes[1] = random.chance(0.9) ? 1 : this.#octet();
    bytes[2] = random.chance(0.9) ? 6 : random.pick([0, 1, 8, 16, 17, 255]);
    bytes[3] = random.chance(0.9) ? 0 : this.#octet();
    this.#number(4, random.integer(0, 0xffff_ffff));
    bytes[10] = random.chance(0.5) ? 0x80 : 0;
    if (random.chance(0.4)) this.#number(12, this.#address());
    if (random.chance(0.3)) this.#number(24, this.#address());
    bytes[28] = 2;
    this.#number(30, random.integer(1, CLIENTS));
    bytes.set(COOKIE, 236);
    this.#length = this.#options(240, 240 + random.integer(0, 1_200));
    if (!random.chance(0.1)) return;
    // RFC 2132 §9.3: the fields of the header carry options, too.
    this.#options(108, 236);
    this.#options(44, 108);
  }

  /** Options from `start` on that end before `end`, where there is room for them. */
  #options(start: number, end: number): number {
    const random = this.#random;
    let at = start;
    if (random.chance(0.95)) at = this.#option(53, at, end);
    for (let count = random.integer(0, 10); count > 0; count--) {
      at = this.#option(random.chance(0.9) ? random.pick(CODES) : this.#octet(), at, end);
    }
    if (random.chance(0.95) && at < end) this.#buffer[at++] = 255;
    return at;
  }

  #option(code: number, at: number, end: number): number {
    const length = this.#lengthOf(code);
    if (at + 2 + length > end) return at;
    const bytes = this.#buffer;
    bytes[at] = code;
    bytes[at + 1] = length;
    for (let i = at + 2; i < at + 2 + length; i++) {
      bytes[i] = this.#random.chance(0.3) ? this.#random.pick(SPECIAL) : this.#octet();
    }
    if (code === 77 && length > 0 && this.#random.chance(0.3)) this.#repeat(at + 2, length);
    if (code === 53) bytes[at + 2] = this.#random.pick([1, 1, 3, 3, 3, 4, 7, 8, 2, 10, 13]);
    if (code === 52) bytes[at + 2] = this.#random.integer(0, 4);
    if ((code === 50 || code === 54 || code === 118) && length === 4) {
      this.#number(at + 2, this.#address());
    }
    return at + 2 + length;
  }

  /** Many entries that are alike, each with its length before it. */
  #repeat(start: number, length: number): void {
    const period = this.#random.integer(2, 6);
    const bytes = this.#buffer;
    bytes[start] = period - 1;
    for (let i = period; i < length; i++) bytes[start + i] = bytes[start + i - period]!;
  }

  #lengthOf(code: number): number {
    const random = this.#random;
    if (random.chance(0.05)) return random.pick([0, 1, 2, 3, 5, 32, 254, 255]);
    switch (code) {
      case 52:
      case 53:
        return 1;
      case 57:
        return 2;
      case 80:
        return 0;
      case 1:
      case 50:
      case 51:
      case 54:
      case 118:
        return 4;
      default:
        return random.integer(0, random.chance(0.1) ? 255 : 24);
    }
  }

  /** A few mistakes: octets overwritten, cut off, drawn out, a piece put in twice. */
  #spoil(): void {
    const random = this.#random;
    const bytes = this.#buffer;
    for (let count = random.integer(1, 4); count > 0; count--) {
      const at = random.integer(0, Math.max(0, this.#length - 1));
      switch (random.integer(0, 9)) {
        case 0:
          this.#length = at;
          break;
        case 1:
          this.#length = Math.min(OCTETS_MAX, this.#length + random.integer(1, 300));
          break;
        case 2: {
          const octets = Math.min(random.integer(1, 64), this.#length - at);
          const to = random.integer(0, OCTETS_MAX - Math.max(octets, 0));
          bytes.copyWithin(to, at, at + octets);
          break;
        }
        case 3:
          bytes[at] = random.pick(SPECIAL);
          break;
        case 4:
          bytes[at] = bytes[at]! ^ (1 << random.integer(0, 7));
          break;
        default:
          if (this.#length > 240) bytes[random.integer(240, this.#length - 1)] = this.#octet();
      }
    }
  }

  #octet(): number {
    return this.#random.integer(0, 255);
  }

  #address(): number {
    const random = this.#random;
    const address = random.pick(ADDRESSES);
    return random.chance(0.5) ? address : (address & 0xffff_ff00) + this.#octet();
  }

  #number(at: number, value: number): void {
    for (let i = 0; i < 4; i++) this.#buffer[at + i] = value >>> (24 - 8 * i);
  }
}
