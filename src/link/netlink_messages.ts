/**
 * The rtnetlink messages Sublet reads (rtnetlink(7), linux/rtnetlink.h): bytes to values and
 * nothing else. Numbers are in the machine's order (little-endian), addresses in network order.
 */
import { type Ipv4, readIpv4 } from "../wire/ipv4.ts";
import type { NativeBytes } from "./libc.ts";

/** RTM_NEWLINK: an interface as it is now. */
export interface LinkMessage {
  readonly kind: "link";
  readonly index: number;
  readonly name: string;
  /** Its hardware address; no octets where the interface has none. */
  readonly hardwareAddress: Uint8Array;
  /** Whether frames are Ethernet's (ARPHRD_ETHER). */
  readonly ethernet: boolean;
  /** Switched on (IFF_UP) and with a carrier (IFF_RUNNING). */
  readonly up: boolean;
  readonly loopback: boolean;
}

/** RTM_NEWADDR: an IPv4 address of an interface. */
export interface AddressMessage {
  readonly kind: "address";
  readonly index: number;
  readonly address: Ipv4;
  readonly prefixLength: number;
}

/** RTM_NEWROUTE: an IPv4 default route of the main table, through a gateway. */
export interface DefaultRouteMessage {
  readonly kind: "default-route";
  readonly index: number;
  readonly gateway: Ipv4;
  /** The lowest metric is the route in use. */
  readonly metric: number;
}

/** How a dump ends: whole, or to be asked for again because something changed meanwhile. */
export interface DoneMessage {
  readonly kind: "done";
}

/** NLMSG_ERROR with its errno, a positive number. */
export interface ErrorMessage {
  readonly kind: "error";
  readonly errno: number;
}

export type NetlinkMessage =
  | LinkMessage
  | AddressMessage
  | DefaultRouteMessage
  | DoneMessage
  | ErrorMessage;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const RTM_NEWROUTE = 24;

export const RTM_GETLINK = 18;
export const RTM_GETADDR = 22;
export const RTM_GETROUTE = 26;

const NLM_F_REQUEST = 1;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;

const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_RUNNING = 0x40;
const ARPHRD_ETHER = 1;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFA_LOCAL = 2;
const RT_TABLE_MAIN = 254;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;

const AF_INET = 2;

/** struct nlmsghdr: length 0, type 4, flags 6, sequence 8, port 12. */
const HEADER_OCTETS = 16;
/** struct rtattr: length 0, type 2. */
const ATTRIBUTE_HEADER_OCTETS = 4;
const IFINFOMSG_OCTETS = 16;
const IFADDRMSG_OCTETS = 8;
const RTMSG_OCTETS = 12;
const ADDRESS_OCTETS = 4;

/** A request for all objects of a kind (`RTM_GETLINK`, `RTM_GETADDR`, `RTM_GETROUTE`) of IPv4. */
export function dumpRequest(type: number): NativeBytes {
  const bytes = new Uint8Array(new ArrayBuffer(HEADER_OCTETS + IFINFOMSG_OCTETS));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, true);
  // RTM_GETLINK has no address family: AF_UNSPEC lists every interface once.
  if (type !== RTM_GETLINK) bytes[HEADER_OCTETS] = AF_INET;
  return bytes;
}

/** A request for the route to an address, as the kernel would take it now. */
export function routeRequest(address: Ipv4): NativeBytes {
  const attribute = HEADER_OCTETS + RTMSG_OCTETS;
  const bytes = new Uint8Array(
    new ArrayBuffer(attribute + ATTRIBUTE_HEADER_OCTETS + ADDRESS_OCTETS),
  );
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, RTM_GETROUTE, true);
  view.setUint16(6, NLM_F_REQUEST, true);
  bytes[HEADER_OCTETS] = AF_INET;
  bytes[HEADER_OCTETS + 1] = ADDRESS_OCTETS * 8;
  view.setUint16(attribute, ATTRIBUTE_HEADER_OCTETS + ADDRESS_OCTETS, true);
  view.setUint16(attribute + 2, RTA_DST, true);
  view.setUint32(attribute + ATTRIBUTE_HEADER_OCTETS, address);
  return bytes;
}

/** The interface of the one route in a datagram that answers `routeRequest`; none in an error. */
export function parseRoute(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_OCTETS + RTMSG_OCTETS) return undefined;
  if (viewOf(bytes).getUint16(4, true) !== RTM_NEWROUTE) return undefined;
  const index = parseAttributes(bytes.subarray(HEADER_OCTETS + RTMSG_OCTETS)).get(RTA_OIF);
  return index?.length === 4 ? viewOf(index).getUint32(0, true) : undefined;
}

/** What one received netlink datagram holds. */
export interface NetlinkBatch {
  /** The messages understood, in order; others are left out. */
  readonly messages: readonly NetlinkMessage[];
  /** The kernel says that the dump was made while its subject changed (NLM_F_DUMP_INTR). */
  readonly interrupted: boolean;
}

/** Reads a received netlink datagram. What is cut short or unknown is left out; never throws. */
export function parseNetlink(bytes: Uint8Array): NetlinkBatch {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages: NetlinkMessage[] = [];
  let interrupted = false;
  let offset = 0;
  while (offset + HEADER_OCTETS <= bytes.length) {
    const length = view.getUint32(offset, true);
    if (length < HEADER_OCTETS || offset + length > bytes.length) break;
    if ((view.getUint16(offset + 6, true) & NLM_F_DUMP_INTR) !== 0) interrupted = true;
    const type = view.getUint16(offset + 4, true);
    const message = parseMessage(type, bytes.subarray(offset + HEADER_OCTETS, offset + length));
    if (message !== undefined) messages.push(message);
    offset += align(length);
  }
  return { messages, interrupted };
}

function parseMessage(type: number, body: Uint8Array): NetlinkMessage | undefined {
  switch (type) {
    case NLMSG_DONE:
      return { kind: "done" };
    case NLMSG_ERROR:
      return body.length < 4
        ? undefined
        : { kind: "error", errno: -viewOf(body).getInt32(0, true) };
    case RTM_NEWLINK:
      return parseLink(body);
    case RTM_NEWADDR:
      return parseAddress(body);
    case RTM_NEWROUTE:
      return parseDefaultRoute(body);
    default:
      return undefined;
  }
}

/** struct ifinfomsg: family 0, type 2, index 4, flags 8, change 12. */
function parseLink(body: Uint8Array): LinkMessage | undefined {
  if (body.length < IFINFOMSG_OCTETS) return undefined;
  const view = viewOf(body);
  const attributes = parseAttributes(body.subarray(IFINFOMSG_OCTETS));
  const name = attributes.get(IFLA_IFNAME);
  if (name === undefined) return undefined;
  const flags = view.getUint32(8, true);
  return {
    kind: "link",
    index: view.getInt32(4, true),
    name: new TextDecoder().decode(name.subarray(0, terminated(name))),
    hardwareAddress: attributes.get(IFLA_ADDRESS)?.slice() ?? new Uint8Array(),
    ethernet: view.getUint16(2, true) === ARPHRD_ETHER,
    up: (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
  };
}

/** struct ifaddrmsg: family 0, prefix length 1, flags 2, scope 3, index 4. */
function parseAddress(body: Uint8Array): AddressMessage | undefined {
  if (body.length < IFADDRMSG_OCTETS || body[0] !== AF_INET) return undefined;
  // IFA_ADDRESS is the other end of a point-to-point interface; IFA_LOCAL is always ours.
  const local = parseAttributes(body.subarray(IFADDRMSG_OCTETS)).get(IFA_LOCAL);
  if (local?.length !== 4) return undefined;
  return {
    kind: "address",
    index: viewOf(body).getUint32(4, true),
    address: readIpv4(local, 0),
    prefixLength: body[1]!,
  };
}

/** struct rtmsg: family 0, destination length 1, source length 2, tos 3, table 4, ... */
function parseDefaultRoute(body: Uint8Array): DefaultRouteMessage | undefined {
  if (body.length < RTMSG_OCTETS || body[0] !== AF_INET) return undefined;
  if (body[1] !== 0 || body[4] !== RT_TABLE_MAIN) return undefined;
  const attributes = parseAttributes(body.subarray(RTMSG_OCTETS));
  const gateway = attributes.get(RTA_GATEWAY);
  const index = attributes.get(RTA_OIF);
  const metric = attributes.get(RTA_PRIORITY);
  if (gateway?.length !== 4 || index?.length !== 4) return undefined;
  return {
    kind: "default-route",
    index: viewOf(index).getUint32(0, true),
    gateway: readIpv4(gateway, 0),
    metric: metric?.length === 4 ? viewOf(metric).getUint32(0, true) : 0,
  };
}

function parseAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const view = viewOf(bytes);
  const attributes = new Map<number, Uint8Array>();
  let offset = 0;
  while (offset + ATTRIBUTE_HEADER_OCTETS <= bytes.length) {
    const length = view.getUint16(offset, true);
    if (length < ATTRIBUTE_HEADER_OCTETS || offset + length > bytes.length) break;
    const value = bytes.subarray(offset + ATTRIBUTE_HEADER_OCTETS, offset + length);
    attributes.set(view.getUint16(offset + 2, true), value);
    offset += align(length);
  }
  return attributes;
}

/** Messages and attributes start at multiples of four octets. */
function align(length: number): number {
  return (length + 3) & ~3;
}

function terminated(text: Uint8Array): number {
  const end = text.indexOf(0);
  return end < 0 ? text.length : end;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
