/** ICMP echo (RFC 792): asking whether an address answers, from however far away. */
import { internetChecksum } from "./frame.ts";
import { type Ipv4, readIpv4 } from "./ipv4.ts";

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
const ICMP_HEADER_OCTETS = 8;
const IPV4_HEADER_OCTETS_MIN = 20;
const PROTOCOL_ICMP = 1;

/** Data that comes back with the answer; who does not see the question cannot guess it. */
export const ECHO_TOKEN_OCTETS = 16;
export const ECHO_OCTETS = ICMP_HEADER_OCTETS + ECHO_TOKEN_OCTETS;

/** Writes an echo request without an IP header into `into`; the token is its data. */
export function encodeEchoRequest(token: Uint8Array, into: Uint8Array): void {
  into.fill(0, 0, ICMP_HEADER_OCTETS);
  into[0] = ECHO_REQUEST;
  into.set(token, ICMP_HEADER_OCTETS);
  const checksum = internetChecksum(into.subarray(0, ECHO_OCTETS));
  into[2] = checksum >>> 8;
  into[3] = checksum & 255;
}

/**
 * Reads an IPv4 datagram that holds the echo reply to a request with this token, and returns the
 * address that it comes from; `undefined` for anything else.
 */
export function parseEchoReply(bytes: Uint8Array, token: Uint8Array): Ipv4 | undefined {
  if (bytes.length < IPV4_HEADER_OCTETS_MIN || bytes[0]! >>> 4 !== 4) return undefined;
  const headerOctets = (bytes[0]! & 15) * 4;
  if (headerOctets < IPV4_HEADER_OCTETS_MIN || bytes[9] !== PROTOCOL_ICMP) return undefined;
  const message = bytes.subarray(headerOctets);
  if (message.length !== ECHO_OCTETS || message[0] !== ECHO_REPLY || message[1] !== 0) {
    return undefined;
  }
  if (internetChecksum(message) !== 0) return undefined;
  if (!token.every((octet, at) => octet === message[ICMP_HEADER_OCTETS + at])) return undefined;
  return readIpv4(bytes, 12);
}
