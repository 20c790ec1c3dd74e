/**
 * IPv4 addresses as unsigned 32-bit numbers in host order: `192.168.1.1` is `0xc0a80101`.
 *
 * A number compares, hashes and sorts at the speed of the machine, and the text form is needed
 * only at the edges (config, journal, log).
 */

/** An IPv4 address as an unsigned 32-bit number, most significant octet first. */
export type Ipv4 = number;

/** A network: its first address and the length of its prefix in bits (0 to 32). */
export interface Cidr {
  readonly network: Ipv4;
  readonly prefixLength: number;
}

export const ANY_ADDRESS: Ipv4 = 0;
export const LIMITED_BROADCAST: Ipv4 = 0xffff_ffff;

const DOTTED_QUAD = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;

/** Reads a dotted quad; `undefined` for anything else (leading zeros are refused as ambiguous). */
export function parseIpv4(text: string): Ipv4 | undefined {
  const match = DOTTED_QUAD.exec(text);
  if (match === null) return undefined;
  let address = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = Number(match[i]);
    if (octet > 255) return undefined;
    address = address * 256 + octet;
  }
  return address;
}

/** The dotted quad of an address. */
export function formatIpv4(address: Ipv4): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** The netmask of a prefix length (0 to 32), e.g. 24 -> 0xffffff00. */
export function netmask(prefixLength: number): Ipv4 {
  return prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0;
}

/** Whether an address is a netmask: ones, and nothing but zeros after them. */
export function isNetmask(address: Ipv4): boolean {
  const zeros = ~address >>> 0;
  return (zeros & (zeros + 1)) === 0;
}

/** The last address of a network: its directed broadcast address. */
export function lastAddress(cidr: Cidr): Ipv4 {
  return (cidr.network | ~netmask(cidr.prefixLength)) >>> 0;
}

/** Whether `address` lies in the network. */
export function contains(cidr: Cidr, address: Ipv4): boolean {
  return ((address & netmask(cidr.prefixLength)) >>> 0) === cidr.network;
}

/** Whether the first and last address are not for hosts; they are from /31 on (RFC 3021). */
export function hasBroadcast(cidr: Cidr): boolean {
  return cidr.prefixLength < 31;
}

/** Whether `address` can be a host's in the network: not its own, and not its broadcast address. */
export function isHostAddress(cidr: Cidr, address: Ipv4): boolean {
  if (!contains(cidr, address)) return false;
  return !hasBroadcast(cidr) || (address !== cidr.network && address !== lastAddress(cidr));
}

/** RFC 1122 §3.2.1.3: neither "this network" (0/8), loopback (127/8), multicast nor reserved. */
export function isUnicast(address: Ipv4): boolean {
  const firstOctet = address >>> 24;
  return firstOctet > 0 && firstOctet < 224 && firstOctet !== 127;
}

/**
 * Reads `a.b.c.d/n`; `undefined` when it is not of that form. Host bits are kept in `network`:
 * compare with `networkOf` to refuse them.
 */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const network = parseIpv4(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (network === undefined || !/^(\d|[12]\d|3[0-2])$/.test(lengthText)) return undefined;
  return { network, prefixLength: Number(lengthText) };
}

/** The network that `address` lies in, for a given prefix length. */
export function networkOf(address: Ipv4, prefixLength: number): Cidr {
  return { network: (address & netmask(prefixLength)) >>> 0, prefixLength };
}

/** `192.168.1.0/24`. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIpv4(cidr.network)}/${cidr.prefixLength}`;
}

/** Writes an address into four octets at `offset`, in network order. */
export function writeIpv4(bytes: Uint8Array, offset: number, address: Ipv4): void {
  bytes[offset] = address >>> 24;
  bytes[offset + 1] = (address >>> 16) & 255;
  bytes[offset + 2] = (address >>> 8) & 255;
  bytes[offset + 3] = address & 255;
}

/** Reads four octets in network order; the caller has checked that they are there. */
export function readIpv4(bytes: Uint8Array, offset: number): Ipv4 {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) |
    bytes[offset + 3]!) >>> 0;
}
