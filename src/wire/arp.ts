/**
 * ARP for IPv4 over Ethernet (RFC 826): asking who has an address, and reading who says so. The
 * packets are without their Ethernet header.
 */
import { formatHex } from "./hex.ts";
import { type Ipv4, readIpv4, writeIpv4 } from "./ipv4.ts";

export const ETHERTYPE_ARP = 0x0806;

/** An ARP packet for IPv4 over Ethernet. */
export const ARP_OCTETS = 28;

/** Where `ar$op` lies, and what it holds in a reply. */
export const ARP_OPERATION_AT = 6;
export const ARP_REPLY = 2;
const ARP_REQUEST = 1;

/** Ethernet, IPv4, and the lengths of their addresses: how every packet begins. */
const ETHERNET_AND_IPV4 = Uint8Array.of(0, 1, 8, 0, 6, 4);
const SENDER_HARDWARE_AT = 8;
const SENDER_AT = 14;
const TARGET_HARDWARE_AT = 18;
const TARGET_AT = 24;

/** What an ARP reply says: the host with this hardware address, as hex with colons, has `address`. */
export interface ArpReply {
  readonly address: Ipv4;
  readonly hardwareAddress: string;
}

/** Writes the question who has `target`, asked by the host with these addresses, into `into`. */
export function encodeArpRequest(
  sender: { readonly hardwareAddress: Uint8Array; readonly address: Ipv4 },
  target: Ipv4,
  into: Uint8Array,
): void {
  into.set(ETHERNET_AND_IPV4, 0);
  into[ARP_OPERATION_AT] = 0;
  into[ARP_OPERATION_AT + 1] = ARP_REQUEST;
  into.set(sender.hardwareAddress, SENDER_HARDWARE_AT);
  writeIpv4(into, SENDER_AT, sender.address);
  into.fill(0, TARGET_HARDWARE_AT, TARGET_AT);
  writeIpv4(into, TARGET_AT, target);
}

/** Reads an ARP reply; `undefined` for anything else. Padding behind it is allowed. */
export function parseArpReply(bytes: Uint8Array): ArpReply | undefined {
  if (bytes.length < ARP_OCTETS) return undefined;
  if (!ETHERNET_AND_IPV4.every((octet, at) => octet === bytes[at])) return undefined;
  if (bytes[ARP_OPERATION_AT] !== 0 || bytes[ARP_OPERATION_AT + 1] !== ARP_REPLY) return undefined;
  return {
    address: readIpv4(bytes, SENDER_AT),
    hardwareAddress: formatHex(bytes, SENDER_HARDWARE_AT, SENDER_AT),
  };
}
