/**
 * Octets put together and taken apart one value after the other, in network order: for values of
 * options, which are encoded once when the config is read. Replies have their own writer.
 */
import type { Ipv4 } from "./ipv4.ts";

/** How values of one kind stand in an option. */
export interface Codec<Value> {
  /** Octets of one value. The value is in range: the config has checked it. */
  encode(value: Value): Uint8Array;
  /** The value, or `undefined` where the length or content is not one of this kind. */
  decode(octets: Uint8Array): Value | undefined;
}

/** Collects octets. Values are in range: the caller has checked them. */
export class OctetWriter {
  readonly #octets: number[] = [];

  get length(): number {
    return this.#octets.length;
  }

  /** The low `width` octets of a number, the most significant first. */
  number(value: number, width: 1 | 2 | 4): this {
    for (let shift = 8 * (width - 1); shift >= 0; shift -= 8) {
      this.#octets.push((value >>> shift) & 255);
    }
    return this;
  }

  octets(octets: Uint8Array): this {
    for (const octet of octets) this.#octets.push(octet);
    return this;
  }

  /** Octets with their count before them, of `width` octets. */
  counted(octets: Uint8Array, width: 1 | 2): this {
    return this.number(octets.length, width).octets(octets);
  }

  addresses(addresses: readonly Ipv4[]): this {
    for (const address of addresses) this.number(address, 4);
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#octets);
  }
}

/**
 * Takes octets apart. What reaches beyond the end reads as nothing, and `isSound` is false from
 * then on: one look at it, after the last value, tells whether all of them were there.
 */
export class OctetReader {
  readonly #octets: Uint8Array;
  #at = 0;
  #isSound = true;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get isSound(): boolean {
    return this.#isSound;
  }

  /** How many octets are left. */
  get left(): number {
    return this.#octets.length - this.#at;
  }

  number(width: 1 | 2 | 4): number {
    return this.octets(width).reduce((value, octet) => value * 256 + octet, 0);
  }

  /** A view on the next `count` octets. */
  octets(count: number): Uint8Array {
    if (count > this.left) {
      this.#isSound = false;
      this.#at = this.#octets.length;
      return NO_OCTETS;
    }
    this.#at += count;
    return this.#octets.subarray(this.#at - count, this.#at);
  }

  /** Octets that have their count before them, of `width` octets. */
  counted(width: 1 | 2): Uint8Array {
    return this.octets(this.number(width));
  }

  /** Addresses of `octets` octets; of all that are left, unless told. */
  addresses(octets = this.left): Ipv4[] {
    if (octets % 4 !== 0) this.#isSound = false;
    const addresses: Ipv4[] = [];
    for (let i = 0; i < octets && this.#isSound; i += 4) addresses.push(this.number(4));
    return addresses;
  }
}

const NO_OCTETS = new Uint8Array(0);

/**
 * The items that fill the octets to the end, at least one. `undefined` where one of them is cut
 * off, or is none.
 */
export function readItems<Item>(
  octets: Uint8Array,
  readItem: (reader: OctetReader) => Item | undefined,
): Item[] | undefined {
  const reader = new OctetReader(octets);
  const items: Item[] = [];
  while (reader.left > 0) {
    const item = readItem(reader);
    if (item === undefined || !reader.isSound) return undefined;
    items.push(item);
  }
  return items.length === 0 ? undefined : items;
}
