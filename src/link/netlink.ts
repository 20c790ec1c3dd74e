/**
 * What the kernel knows of the interfaces of this machine, and word of every change (rtnetlink(7)).
 * Asked through a socket and not read from /proc or /sys, for which Deno wants --allow-all.
 */
import { formatHex } from "../wire/hex.ts";
import { type Ipv4, networkOf } from "../wire/ipv4.ts";
import type { InterfaceAddress } from "../protocol/endpoints.ts";
import { AF_NETLINK, SOCK_RAW, sockaddrNl } from "./layouts.ts";
import {
  bindSocket,
  closeFd,
  type Fd,
  openSocket,
  receiveMessage,
  sendMessage,
  SystemCallError,
} from "./libc.ts";
import {
  dumpRequest,
  type NetlinkMessage,
  parseNetlink,
  parseRoute,
  routeRequest,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETROUTE,
} from "./netlink_messages.ts";

/** An interface of this machine, as the link needs it. */
export interface LinkFact {
  readonly name: string;
  readonly index: number;
  readonly hardwareAddress: Uint8Array;
  readonly ethernet: boolean;
  /** Switched on, and with a carrier. */
  readonly up: boolean;
  readonly loopback: boolean;
  /** IPv4 addresses, the primary one first. */
  readonly addresses: readonly InterfaceAddress[];
}

/** An interface of this machine, as an operator sees it. */
export interface InterfaceFact extends LinkFact {
  /** `b8:27:eb:01:02:03`; empty where the interface has no hardware address. */
  readonly mac: string;
  /** The gateway of the default route that leaves by this interface. */
  readonly defaultGateway?: Ipv4;
}

const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 0x1;
const RTMGRP_IPV4_IFADDR = 0x10;

/** The kernel sends netlink dumps in datagrams of at most 32 KiB. */
const receiveBuffer = new Uint8Array(new ArrayBuffer(65_536));

/** A dump is asked for again when its subject changed meanwhile; a change never stops for long. */
const DUMP_ATTEMPTS_MAX = 8;

/** Every interface with its addresses, by index. Throws SystemCallError. */
export function listLinks(): LinkFact[] {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    return collectLinks([...dump(fd, RTM_GETLINK), ...dump(fd, RTM_GETADDR)]);
  } finally {
    closeFd(fd);
  }
}

/** Every interface, with its default gateway: for `sublet init`. Throws SystemCallError. */
export function listInterfaces(): InterfaceFact[] {
  const gateways = listDefaultGateways();
  return listLinks().map((link) => {
    const defaultGateway = gateways.get(link.index);
    const fact = { ...link, mac: formatHex(link.hardwareAddress) };
    return defaultGateway === undefined ? fact : { ...fact, defaultGateway };
  });
}

/** The default gateway of each interface that has one, by interface index. */
function listDefaultGateways(): Map<number, Ipv4> {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    const routes = dump(fd, RTM_GETROUTE).filter((message) => message.kind === "default-route");
    routes.sort((a, b) => b.metric - a.metric);
    return new Map(routes.map((route) => [route.index, route.gateway]));
  } finally {
    closeFd(fd);
  }
}

/**
 * The index of the interface that the kernel sends datagrams to an address by; `undefined` where it
 * has no route. Throws SystemCallError.
 */
export function routeOf(address: Ipv4): number | undefined {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    const asked = sendMessage(fd, routeRequest(address));
    if (typeof asked === "string") throw new SystemCallError("netlink request", asked);
    const length = receiveMessage(fd, receiveBuffer);
    if (typeof length === "string") throw new SystemCallError("netlink answer", length);
    return parseRoute(receiveBuffer.subarray(0, length));
  } finally {
    closeFd(fd);
  }
}

/** A socket that becomes readable when an interface or an IPv4 address changes. */
export function openLinkWatch(): Fd {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    bindSocket(fd, sockaddrNl(RTMGRP_LINK | RTMGRP_IPV4_IFADDR));
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/**
 * Empties a link watch. What the messages say is not read: after any change (or ENOBUFS, which
 * means that messages were lost) the answer is to list the links anew, and that is always right.
 */
export function drainLinkWatch(fd: Fd): void {
  for (let reads = 0; reads < WATCH_READS_MAX; reads++) {
    if (receiveMessage(fd, receiveBuffer) === "EAGAIN") return;
  }
}

/** More messages than this are left for the next turn. */
const WATCH_READS_MAX = 256;

function collectLinks(messages: readonly NetlinkMessage[]): LinkFact[] {
  const addresses = new Map<number, InterfaceAddress[]>();
  for (const message of messages) {
    if (message.kind !== "address") continue;
    const { index, address, prefixLength } = message;
    const known = addresses.get(index) ?? [];
    addresses.set(index, [...known, { address, cidr: networkOf(address, prefixLength) }]);
  }
  return messages.filter((message) => message.kind === "link").map((link) => ({
    name: link.name,
    index: link.index,
    hardwareAddress: link.hardwareAddress,
    ethernet: link.ethernet,
    up: link.up,
    loopback: link.loopback,
    addresses: addresses.get(link.index) ?? [],
  }));
}

/** Asks for all objects of a kind. The kernel answers within the call: nothing is waited for. */
function dump(fd: Fd, type: number): NetlinkMessage[] {
  for (let attempt = 1;; attempt++) {
    const asked = sendMessage(fd, dumpRequest(type));
    if (typeof asked === "string") throw new SystemCallError("netlink request", asked);
    const { messages, interrupted } = receiveDump(fd);
    if (!interrupted || attempt === DUMP_ATTEMPTS_MAX) return messages;
  }
}

function receiveDump(fd: Fd): { messages: NetlinkMessage[]; interrupted: boolean } {
  const messages: NetlinkMessage[] = [];
  let interrupted = false;
  for (;;) {
    const length = receiveMessage(fd, receiveBuffer);
    if (typeof length === "string") throw new SystemCallError("netlink answer", length);
    const batch = parseNetlink(receiveBuffer.subarray(0, length));
    interrupted ||= batch.interrupted;
    for (const message of batch.messages) {
      if (message.kind === "done") return { messages, interrupted };
      if (message.kind === "error") {
        throw new SystemCallError("netlink answer", `errno ${message.errno}`);
      }
      messages.push(message);
    }
  }
}
