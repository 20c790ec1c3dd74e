/**
 * A UDP datagram inside IPv4 inside Ethernet, built by hand: the only way to reach a client that
 * has no address yet and cannot be asked for its hardware address (RFC 2131 §4.1).
 * RFC 768 (UDP), RFC 791 (IPv4), RFC 1071 (checksums), RFC 894 (IPv4 on Ethernet).
 */
import { type Ipv4, readIpv4, writeIpv4 } from "./ipv4.ts";

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERNET_ADDRESS_OCTETS = 6;

const ETHERNET_HEADER_OCTETS = 14;
const IPV4_HEADER_OCTETS = 20;
const UDP_HEADER_OCTETS = 8;

/** What a frame is longer than its UDP payload. */
export const FRAME_OVERHEAD_OCTETS = ETHERNET_HEADER_OCTETS + IPV4_HEADER_OCTETS +
  UDP_HEADER_OCTETS;

const IPV4_START = ETHERNET_HEADER_OCTETS;
const UDP_START = IPV4_START + IPV4_HEADER_OCTETS;
const VERSION_4_WITHOUT_OPTIONS = 0x45;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS_OR_OFFSET = 0x3fff;
const TIME_TO_LIVE = 64;
const PROTOCOL_UDP = 17;

/** A UDP datagram with the headers that carry it over Ethernet. */
export interface UdpFrame {
  readonly sourceHardwareAddress: Uint8Array;
  readonly destinationHardwareAddress: Uint8Array;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/**
 * Writes the frame into `into`, which has room for the payload and FRAME_OVERHEAD_OCTETS, and
 * returns how many octets it takes. Ethernet's padding to 60 octets is left to the device.
 */
export function encodeUdpFrame(frame: UdpFrame, into: Uint8Array): number {
  const udpLength = UDP_HEADER_OCTETS + frame.payload.length;
  into.set(frame.destinationHardwareAddress, 0);
  into.set(frame.sourceHardwareAddress, ETHERNET_ADDRESS_OCTETS);
  writeUint16(into, 12, ETHERTYPE_IPV4);

  into[IPV4_START] = VERSION_4_WITHOUT_OPTIONS;
  into[IPV4_START + 1] = 0;
  writeUint16(into, IPV4_START + 2, IPV4_HEADER_OCTETS + udpLength);
  // RFC 6864 §4.1: a datagram that is never fragmented needs no identification of its own.
  writeUint16(into, IPV4_START + 4, 0);
  writeUint16(into, IPV4_START + 6, DONT_FRAGMENT);
  into[IPV4_START + 8] = TIME_TO_LIVE;
  into[IPV4_START + 9] = PROTOCOL_UDP;
  writeUint16(into, IPV4_START + 10, 0);
  writeIpv4(into, IPV4_START + 12, frame.source);
  writeIpv4(into, IPV4_START + 16, frame.destination);
  writeUint16(into, IPV4_START + 10, internetChecksum(into.subarray(IPV4_START, UDP_START)));

  writeUint16(into, UDP_START, frame.sourcePort);
  writeUint16(into, UDP_START + 2, frame.destinationPort);
  writeUint16(into, UDP_START + 4, udpLength);
  writeUint16(into, UDP_START + 6, 0);
  into.set(frame.payload, UDP_START + UDP_HEADER_OCTETS);
  // RFC 768: a checksum that comes out as zero is sent as all ones; zero says "no checksum".
  writeUint16(into, UDP_START + 6, udpChecksum(into, udpLength) || 0xffff);
  return UDP_START + udpLength;
}

/**
 * Reads a frame that holds one whole UDP datagram over IPv4; `undefined` for any other frame, a
 * fragment, a length that does not fit, or a wrong checksum (that of UDP only if `checksUdp`). The
 * parts are views on `bytes`.
 */
export function parseUdpFrame(bytes: Uint8Array, checksUdp = true): UdpFrame | undefined {
  if (bytes.length < FRAME_OVERHEAD_OCTETS || readUint16(bytes, 12) !== ETHERTYPE_IPV4) {
    return undefined;
  }
  const headerOctets = (bytes[IPV4_START]! & 15) * 4;
  const totalLength = readUint16(bytes, IPV4_START + 2);
  if (bytes[IPV4_START]! >>> 4 !== 4 || headerOctets < IPV4_HEADER_OCTETS) return undefined;
  if (totalLength < headerOctets + UDP_HEADER_OCTETS) return undefined;
  if (IPV4_START + totalLength > bytes.length) return undefined;
  if (bytes[IPV4_START + 9] !== PROTOCOL_UDP) return undefined;
  if ((readUint16(bytes, IPV4_START + 6) & MORE_FRAGMENTS_OR_OFFSET) !== 0) return undefined;
  const udpStart = IPV4_START + headerOctets;
  if (internetChecksum(bytes.subarray(IPV4_START, udpStart)) !== 0) return undefined;

  const udpLength = readUint16(bytes, udpStart + 4);
  if (udpLength < UDP_HEADER_OCTETS || udpLength > totalLength - headerOctets) return undefined;
  const hasChecksum = checksUdp && readUint16(bytes, udpStart + 6) !== 0;
  if (hasChecksum && udpChecksum(bytes, udpLength, udpStart) !== 0) return undefined;
  return {
    destinationHardwareAddress: bytes.subarray(0, ETHERNET_ADDRESS_OCTETS),
    sourceHardwareAddress: bytes.subarray(ETHERNET_ADDRESS_OCTETS, 2 * ETHERNET_ADDRESS_OCTETS),
    source: readIpv4(bytes, IPV4_START + 12),
    destination: readIpv4(bytes, IPV4_START + 16),
    sourcePort: readUint16(bytes, udpStart),
    destinationPort: readUint16(bytes, udpStart + 2),
    payload: bytes.subarray(udpStart + UDP_HEADER_OCTETS, udpStart + udpLength),
  };
}

/**
 * The Internet checksum (RFC 1071) of some octets, whose checksum field is zero; over octets that
 * hold their right checksum it is 0. `initial` is a sum of 16-bit words to begin with.
 */
export function internetChecksum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even < bytes.length) sum += bytes[even]! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** RFC 768: over a pseudo header (addresses, protocol, length), the UDP header and the payload. */
function udpChecksum(frame: Uint8Array, udpLength: number, udpStart = UDP_START): number {
  let pseudoHeader = PROTOCOL_UDP + udpLength;
  for (let i = 12; i < IPV4_HEADER_OCTETS; i += 2) {
    pseudoHeader += readUint16(frame, IPV4_START + i);
  }
  return internetChecksum(frame.subarray(udpStart, udpStart + udpLength), pseudoHeader);
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

function writeUint16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value & 255;
}
