/** Values of options that have parts: their shapes, and a codec for each. */
import { decodeDomainNames, encodeDomainNames } from "./domain_names.ts";
import { type Cidr, type Ipv4, networkOf } from "./ipv4.ts";
import { type Codec, OctetReader, OctetWriter, readItems } from "./octets.ts";
import { decodeSubOptions, encodeSubOptions, type SubOption } from "./sub_options.ts";

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder();

/** A route to a network; `via` is 0.0.0.0 for one on the client's own link. */
export interface CidrRoute {
  readonly to: Cidr;
  readonly via: Ipv4;
}

/** RFC 3442: the length of the prefix, those of its octets that have a bit in it, the router. */
export const cidrRoutes: Codec<readonly CidrRoute[]> = {
  encode(routes) {
    const out = new OctetWriter();
    for (const { to: { network, prefixLength }, via } of routes) {
      const destination = new OctetWriter().number(network, 4).finish();
      out.number(prefixLength, 1).octets(destination.subarray(0, significantOctets(prefixLength)));
      out.number(via, 4);
    }
    return out.finish();
  },
  decode: (octets) =>
    readItems(octets, (reader) => {
      const prefixLength = reader.number(1);
      if (prefixLength > 32) return undefined;
      const destination = new Uint8Array(4);
      destination.set(reader.octets(significantOctets(prefixLength)));
      const to = networkOf(new OctetReader(destination).number(4), prefixLength);
      return { to, via: reader.number(4) };
    }),
};

function significantOctets(prefixLength: number): number {
  return Math.ceil(prefixLength / 8);
}

/** Addresses or domain names, not both (RFC 3361 §3). */
export type SipServers = readonly Ipv4[] | readonly string[];

const SIP_NAMES = 0;
const SIP_ADDRESSES = 1;

/** RFC 3361 §3: an octet that tells which of the two follows. */
export const sipServers: Codec<SipServers> = {
  encode(servers) {
    const names = servers.filter((server) => typeof server === "string");
    const addresses = servers.filter((server) => typeof server === "number");
    return names.length > 0
      ? new OctetWriter().number(SIP_NAMES, 1).octets(encodeDomainNames(names)).finish()
      : new OctetWriter().number(SIP_ADDRESSES, 1).addresses(addresses).finish();
  },
  decode(octets) {
    const [encoding] = octets;
    if (encoding === SIP_NAMES) return decodeDomainNames(octets.subarray(1));
    if (encoding !== SIP_ADDRESSES || octets.length === 1) return undefined;
    const reader = new OctetReader(octets.subarray(1));
    const addresses = reader.addresses();
    return reader.isSound ? addresses : undefined;
  },
};

/** Whom a vendor class is of, by the vendor's number at IANA, and what it says. */
export interface VendorClass {
  readonly enterprise: number;
  readonly value: Uint8Array;
}

/** RFC 3925 §3. */
export const vendorClasses: Codec<readonly VendorClass[]> = {
  encode(classes) {
    const out = new OctetWriter();
    for (const { enterprise, value } of classes) out.number(enterprise, 4).counted(value, 1);
    return out.finish();
  },
  decode: (octets) =>
    readItems(octets, (reader) => ({
      enterprise: reader.number(4),
      value: reader.counted(1).slice(),
    })),
};

/** Options of one vendor, by its number at IANA. */
export interface VendorOptions {
  readonly enterprise: number;
  readonly options: readonly SubOption[];
}

/** RFC 3925 §4. */
export const vendorOptions: Codec<readonly VendorOptions[]> = {
  encode(vendors) {
    const out = new OctetWriter();
    for (const { enterprise, options } of vendors) {
      out.number(enterprise, 4).counted(encodeSubOptions(options), 1);
    }
    return out.finish();
  },
  decode: (octets) =>
    readItems(octets, (reader) => {
      const enterprise = reader.number(4);
      const options = decodeSubOptions(reader.counted(1));
      return options && { enterprise, options };
    }),
};

/** RFC 8572 §8.1: URIs, each with its length in two octets before it. */
export const uriList: Codec<readonly string[]> = {
  encode(uris) {
    const out = new OctetWriter();
    for (const uri of uris) out.counted(utf8Encoder.encode(uri), 2);
    return out.finish();
  },
  decode: (octets) => readItems(octets, (reader) => utf8Decoder.decode(reader.counted(2))),
};

/** Directory agents of the Service Location Protocol; `mandatory`: clients use no others. */
export interface SlpAgents {
  readonly mandatory: boolean;
  readonly addresses: readonly Ipv4[];
}

/** RFC 2610 §3. */
export const slpAgents: Codec<SlpAgents> = {
  encode: ({ mandatory, addresses }) =>
    new OctetWriter().number(Number(mandatory), 1).addresses(addresses).finish(),
  decode(octets) {
    const reader = new OctetReader(octets);
    const [mandatory, addresses] = [reader.number(1), reader.addresses()];
    if (!reader.isSound || mandatory > 1 || addresses.length === 0) return undefined;
    return { mandatory: mandatory === 1, addresses };
  },
};

/** Scopes of the Service Location Protocol, with commas between them. */
export interface SlpScope {
  readonly mandatory: boolean;
  readonly scopes: string;
}

/** RFC 2610 §4. */
export const slpScope: Codec<SlpScope> = {
  encode: ({ mandatory, scopes }) =>
    new OctetWriter().number(Number(mandatory), 1).octets(utf8Encoder.encode(scopes)).finish(),
  decode(octets) {
    const reader = new OctetReader(octets);
    const mandatory = reader.number(1);
    if (!reader.isSound || mandatory > 1) return undefined;
    return { mandatory: mandatory === 1, scopes: utf8Decoder.decode(octets.subarray(1)) };
  },
};

/** DNS servers that know more of some domains than others do. */
export interface RdnssSelection {
  /** Two bits: 0 medium, 1 high, 3 low (RFC 4191 §2.1). */
  readonly preference: number;
  readonly primary: Ipv4;
  /** 0.0.0.0 for none. */
  readonly secondary: Ipv4;
  readonly domains: readonly string[];
}

/** RFC 6731 §4.3. */
export const rdnssSelection: Codec<RdnssSelection> = {
  encode: ({ preference, primary, secondary, domains }) =>
    new OctetWriter().number(preference, 1).addresses([primary, secondary])
      .octets(encodeDomainNames(domains)).finish(),
  decode(octets) {
    const reader = new OctetReader(octets);
    const [preference, primary, secondary] = [reader.number(1), reader.number(4), reader.number(4)];
    const domains = decodeDomainNames(reader.octets(reader.left));
    if (!reader.isSound || domains === undefined) return undefined;
    return { preference: preference & 3, primary, secondary, domains };
  },
};

/** RFC 7291 §4: the addresses of each server, with their length in octets before them. */
export const pcpServers: Codec<readonly (readonly Ipv4[])[]> = {
  encode(servers) {
    const out = new OctetWriter();
    for (const addresses of servers) out.number(4 * addresses.length, 1).addresses(addresses);
    return out.finish();
  },
  decode: (octets) =>
    readItems(octets, (reader) => {
      const addresses = reader.addresses(reader.number(1));
      return addresses.length === 0 ? undefined : addresses;
    }),
};

/** The ports of a client that shares its address (RFC 7618 §9). */
export interface PortParams {
  readonly offset: number;
  /** Bits of `psid`, up to 16. */
  readonly psidLength: number;
  readonly psid: number;
}

/** RFC 7618 §9: the port set id is in the first of its sixteen bits. */
export const portParams: Codec<PortParams> = {
  encode: ({ offset, psidLength, psid }) =>
    new OctetWriter().number(offset, 1).number(psidLength, 1)
      .number(psid << (16 - psidLength), 2).finish(),
  decode(octets) {
    const reader = new OctetReader(octets);
    const [offset, psidLength, psid] = [reader.number(1), reader.number(1), reader.number(2)];
    if (!reader.isSound || reader.left > 0 || psidLength > 16) return undefined;
    return { offset, psidLength, psid: psid >>> (16 - psidLength) };
  },
};

/** A resolver that encrypts (RFC 9463); one without addresses is found by its name. */
export interface DnrResolver {
  /** Lower ones are tried first. */
  readonly priority: number;
  /** The name that its certificate has. */
  readonly name: string;
  readonly addresses: readonly Ipv4[];
  /** `dot`, `doq`, `h2`, `h3`. */
  readonly protocols: readonly string[];
  readonly port?: number;
  /** Path of a URI template, for DNS over HTTPS: `/dns-query{?dns}`. */
  readonly path?: string;
}

/** Keys of service parameters (RFC 9460 §14.3.2, RFC 9461 §5). */
const SvcParam = { ALPN: 1, PORT: 3, DOHPATH: 7 } as const;

/** RFC 9463 §5.1. */
export const dnrResolvers: Codec<readonly DnrResolver[]> = {
  encode(resolvers) {
    const out = new OctetWriter();
    for (const resolver of resolvers) out.counted(encodeResolver(resolver), 2);
    return out.finish();
  },
  decode: (octets) => readItems(octets, (reader) => decodeResolver(reader.counted(2))),
};

function encodeResolver({ priority, name, addresses, protocols, port, path }: DnrResolver) {
  const out = new OctetWriter().number(priority, 2).counted(encodeDomainNames([name]), 1);
  if (addresses.length === 0) return out.finish();
  out.number(4 * addresses.length, 1).addresses(addresses);
  const alpn = new OctetWriter();
  for (const protocol of protocols) alpn.counted(utf8Encoder.encode(protocol), 1);
  // RFC 9460 §2.2: in the order of the keys.
  if (protocols.length > 0) out.number(SvcParam.ALPN, 2).counted(alpn.finish(), 2);
  if (port !== undefined) out.number(SvcParam.PORT, 2).number(2, 2).number(port, 2);
  if (path !== undefined) out.number(SvcParam.DOHPATH, 2).counted(utf8Encoder.encode(path), 2);
  return out.finish();
}

function decodeResolver(octets: Uint8Array): DnrResolver | undefined {
  const reader = new OctetReader(octets);
  const priority = reader.number(2);
  const names = decodeDomainNames(reader.counted(1));
  const addresses = reader.left > 0 ? reader.addresses(reader.number(1)) : [];
  const params = new Map(
    readItems(reader.octets(reader.left), (item) => [item.number(2), item.counted(2)] as const),
  );
  if (!reader.isSound || names?.length !== 1) return undefined;
  const [alpn, port, path] = [SvcParam.ALPN, SvcParam.PORT, SvcParam.DOHPATH]
    .map((key) => params.get(key));
  return {
    priority,
    name: names[0]!,
    addresses,
    protocols: alpn && readItems(alpn, (item) => utf8Decoder.decode(item.counted(1))) || [],
    ...(port && { port: new OctetReader(port).number(2) }),
    ...(path && { path: utf8Decoder.decode(path) }),
  };
}

/** How a client makes its IPv6 prefix of its IPv4 address (RFC 5969). */
export interface SixRd {
  /** How many of the first bits all addresses of the domain have in common. */
  readonly ipv4MaskLength: number;
  readonly prefixLength: number;
  /** Sixteen octets. */
  readonly prefix: Uint8Array;
  readonly borderRelays: readonly Ipv4[];
}

/** RFC 5969 §7.1.1. */
export const sixRd: Codec<SixRd> = {
  encode: ({ ipv4MaskLength, prefixLength, prefix, borderRelays }) =>
    new OctetWriter().number(ipv4MaskLength, 1).number(prefixLength, 1).octets(prefix)
      .addresses(borderRelays).finish(),
  decode(octets) {
    const reader = new OctetReader(octets);
    const [ipv4MaskLength, prefixLength] = [reader.number(1), reader.number(1)];
    const prefix = reader.octets(16).slice();
    const borderRelays = reader.addresses();
    if (!reader.isSound || borderRelays.length === 0) return undefined;
    return { ipv4MaskLength, prefixLength, prefix, borderRelays };
  },
};
