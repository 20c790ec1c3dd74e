/** One codec per kind of option value: typed value <-> the octets of the option's payload. */
import { compressDomainNames, decodeDomainNames, encodeDomainNames } from "./domain_names.ts";
import { type Ipv4, readIpv4, writeIpv4 } from "./ipv4.ts";
import type { Codec } from "./octets.ts";
import {
  type CidrRoute,
  cidrRoutes,
  type DnrResolver,
  dnrResolvers,
  pcpServers,
  type PortParams,
  portParams,
  type RdnssSelection,
  rdnssSelection,
  type SipServers,
  sipServers,
  type SixRd,
  sixRd,
  type SlpAgents,
  slpAgents,
  type SlpScope,
  slpScope,
  uriList,
  type VendorClass,
  vendorClasses,
  type VendorOptions,
  vendorOptions,
} from "./structured_values.ts";
import { decodeSubOptions, encodeSubOptions, type SubOption } from "./sub_options.ts";

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
  "u32-list": readonly number[];
  "i32": number;
  "bool": boolean;
  "text": string;
  /** Text that no client is sent a NUL with. */
  "uri": string;
  "uri-list": readonly string[];
  "hex": Uint8Array;
  "duration": number;
  /** Sixteen octets. */
  "ipv6": Uint8Array;
  "cidr-routes": readonly CidrRoute[];
  /** Names without the dot of the root, in the form of DNS (RFC 1035 §3.1). */
  "domain-name": string;
  "domain-list": readonly string[];
  "compressed-domain-list": readonly string[];
  /** The fields are written one by one, each with a type of its own. */
  "record": Uint8Array;
  "sub-options": readonly SubOption[] | Uint8Array;
  "vendor-classes": readonly VendorClass[];
  "vendor-options": readonly VendorOptions[];
  "sip-servers": SipServers;
  "slp-agents": SlpAgents;
  "slp-scope": SlpScope;
  "rdnss-selection": RdnssSelection;
  "pcp-servers": readonly (readonly Ipv4[])[];
  "port-params": PortParams;
  "dnr-resolvers": readonly DnrResolver[];
  "6rd": SixRd;
}

export type OptionKind = keyof OptionValues;

/** 0xffffffff seconds on the wire stands for "no end" (RFC 2131 §3.3). */
export const INFINITE_SECONDS = 0xffff_ffff;

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

const ipv6: Codec<Uint8Array> = {
  encode: (value) => value.slice(),
  decode: (bytes) => bytes.length === 16 ? bytes.slice() : undefined,
};

const domainName: Codec<string> = {
  encode: (name) => encodeDomainNames([name]),
  decode(bytes) {
    const names = decodeDomainNames(bytes);
    return names?.length === 1 ? names[0] : undefined;
  },
};

/** Octets too, for vendors that put something else there (RFC 2132 §8.4: "MAY"). */
const subOptions: Codec<readonly SubOption[] | Uint8Array> = {
  encode: (value) => value instanceof Uint8Array ? value.slice() : encodeSubOptions(value),
  decode: decodeSubOptions,
};

const CODECS: { readonly [Kind in OptionKind]: Codec<OptionValues[Kind]> } = {
  "ipv4": ipv4,
  "ipv4-list": list(4, ipv4),
  "ipv4-pair-list": list(8, ipv4Pair),
  "u8": u8,
  "u8-list": list(1, u8),
  "u16": u16,
  "u16-list": list(2, u16),
  "u32": u32,
  "u32-list": list(4, u32),
  "i32": integer(4, true),
  "bool": bool,
  "text": text,
  "uri": text,
  "uri-list": uriList,
  "hex": hex,
  "duration": duration,
  "ipv6": ipv6,
  "cidr-routes": cidrRoutes,
  "domain-name": domainName,
  "domain-list": { encode: encodeDomainNames, decode: decodeDomainNames },
  "compressed-domain-list": { encode: compressDomainNames, decode: decodeDomainNames },
  "record": hex,
  "sub-options": subOptions,
  "vendor-classes": vendorClasses,
  "vendor-options": vendorOptions,
  "sip-servers": sipServers,
  "slp-agents": slpAgents,
  "slp-scope": slpScope,
  "rdnss-selection": rdnssSelection,
  "pcp-servers": pcpServers,
  "port-params": portParams,
  "dnr-resolvers": dnrResolvers,
  "6rd": sixRd,
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
