/** One codec per kind of option value: typed value <-> the octets of the option's payload. */
import { type Ipv4, readIpv4, writeIpv4 } from "./ipv4.ts";

/** The typed value of each kind. `duration` is in seconds; `Infinity` is 0xffffffff on the wire. */
export interface OptionValues {
  "ipv4": Ipv4;
  "ipv4-list": readonly Ipv4[];
  "ipv4-pair-list": readonly (readonly [Ipv4, Ipv4])[];
  "u8": number;
  "u8-list": readonly number[];
  "u16": number;
  "u16-list": readonly number[];
  "u32": number;
  "i32": number;
  "bool": boolean;
  "text": string;
  "hex": Uint8Array;
  "duration": number;
}

export type OptionKind = keyof OptionValues;

/** 0xffffffff seconds on the wire stands for "no end" (RFC 2131 §3.3). */
export const INFINITE_SECONDS = 0xffff_ffff;

interface Codec<Value> {
  /** Octets of one value. The value is in range: the config has checked it. */
  encode(value: Value): Uint8Array;
  /** The value, or `undefined` where the length or content is not one of this kind. */
  decode(bytes: Uint8Array): Value | undefined;
}

/** Unsigned or signed big-endian integers of `width` octets. */
function integer(width: 1 | 2 | 4, signed = false): Codec<number> {
  return {
    encode(value) {
      const bytes = new Uint8Array(width);
      const view = new DataView(bytes.buffer);
      if (width === 1) view.setUint8(0, value);
      else if (width === 2) view.setUint16(0, value);
      else view.setUint32(0, value);
      return bytes;
    },
    decode(bytes) {
      if (bytes.length !== width) return undefined;
      const view = new DataView(bytes.buffer, bytes.byteOffset, width);
      if (width === 1) return view.getUint8(0);
      if (width === 2) return view.getUint16(0);
      return signed ? view.getInt32(0) : view.getUint32(0);
    },
  };
}

/** One or more items of a fixed width; a payload of no items, or of part of one, is none. */
function list<Item>(width: number, item: Codec<Item>): Codec<readonly Item[]> {
  return {
    encode(values) {
      const bytes = new Uint8Array(values.length * width);
      values.forEach((value, i) => bytes.set(item.encode(value), i * width));
      return bytes;
    },
    decode(bytes) {
      if (bytes.length === 0 || bytes.length % width !== 0) return undefined;
      const values: Item[] = [];
      for (let i = 0; i < bytes.length; i += width) {
        values.push(item.decode(bytes.subarray(i, i + width))!);
      }
      return values;
    },
  };
}

const ipv4: Codec<Ipv4> = {
  encode(address) {
    const bytes = new Uint8Array(4);
    writeIpv4(bytes, 0, address);
    return bytes;
  },
  decode: (bytes) => bytes.length === 4 ? readIpv4(bytes, 0) : undefined,
};

const ipv4Pair: Codec<readonly [Ipv4, Ipv4]> = {
  encode([first, second]) {
    const bytes = new Uint8Array(8);
    writeIpv4(bytes, 0, first);
    writeIpv4(bytes, 4, second);
    return bytes;
  },
  decode: (bytes) => bytes.length === 8 ? [readIpv4(bytes, 0), readIpv4(bytes, 4)] : undefined,
};

const bool: Codec<boolean> = {
  encode: (value) => new Uint8Array([value ? 1 : 0]),
  decode: (bytes) => bytes.length === 1 && bytes[0]! <= 1 ? bytes[0] === 1 : undefined,
};

const utf8Encoder = new TextEncoder();
/** A byte order mark is a character like any other: what a client sent is not cut. */
const utf8Decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** RFC 2132 §2: text carries no NUL of its own; trailing ones are some clients' habit. */
const text: Codec<string> = {
  encode: (value) => utf8Encoder.encode(value),
  decode(bytes) {
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    return utf8Decoder.decode(bytes.subarray(0, end));
  },
};

const hex: Codec<Uint8Array> = {
  encode: (value) => value.slice(),
  decode: (bytes) => bytes.slice(),
};

const u32 = integer(4);

const duration: Codec<number> = {
  encode: (seconds) => u32.encode(seconds === Infinity ? INFINITE_SECONDS : seconds),
  decode(bytes) {
    const seconds = u32.decode(bytes);
    return seconds === INFINITE_SECONDS ? Infinity : seconds;
  },
};

const u8 = integer(1);
const u16 = integer(2);

const CODECS: { readonly [Kind in OptionKind]: Codec<OptionValues[Kind]> } = {
  "ipv4": ipv4,
  "ipv4-list": list(4, ipv4),
  "ipv4-pair-list": list(8, ipv4Pair),
  "u8": u8,
  "u8-list": list(1, u8),
  "u16": u16,
  "u16-list": list(2, u16),
  "u32": u32,
  "i32": integer(4, true),
  "bool": bool,
  "text": text,
  "hex": hex,
  "duration": duration,
};

/** Every kind, for the schema and the tests. */
export const OPTION_KINDS = Object.keys(CODECS) as readonly OptionKind[];

/** The octets of a value that the config has already found to be in range for its kind. */
export function encodeOptionValue<Kind extends OptionKind>(
  kind: Kind,
  value: OptionValues[Kind],
): Uint8Array {
  return CODECS[kind].encode(value);
}

/** The value in the octets, or `undefined` where they are not a value of this kind. */
export function decodeOptionValue<Kind extends OptionKind>(
  kind: Kind,
  bytes: Uint8Array,
): OptionValues[Kind] | undefined {
  return CODECS[kind].decode(bytes);
}
