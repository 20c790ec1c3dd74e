/**
 * The DISCOVER by which a server finds out who else gives addresses on its wires, and the answers to
 * it. It is as much like that of a client as it can be, so that whoever would answer a client
 * answers it; what it says of itself tells those who look that nobody wants the address.
 */
import type { Ipv4 } from "../wire/ipv4.ts";
import {
  BOOTREPLY,
  BOOTREQUEST,
  BROADCAST_FLAG,
  Header,
  HTYPE_ETHERNET,
  MAGIC_COOKIE,
  MessageView,
} from "../wire/message_view.ts";
import { Option } from "../wire/option_codes.ts";
import { writeIpv4 } from "../wire/ipv4.ts";
import { MessageType } from "./request.ts";

/** Option 61 of every search: a type of 0, which is for names (RFC 2132 §9.14), and the name. */
const MARK = new TextEncoder().encode("\0sublet looks for other servers");

/** Subnet mask, router, name servers and server identifier: what a client asks for. */
const ASKED_FOR = [1, 3, 6, 54];

/** RFC 951 §3: shorter messages are dropped by old relay agents. */
const SEARCH_OCTETS = 300;

/**
 * A search by an interface with this hardware address. It goes out as the machine's own, since
 * switches drop what claims to be another (DHCP snooping), and asks for the answer by broadcast
 * (RFC 2131 §4.1), since no address is there to answer to.
 */
export function encodeSearch(xid: number, hardwareAddress: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SEARCH_OCTETS);
  bytes[Header.OP] = BOOTREQUEST;
  bytes[Header.HTYPE] = HTYPE_ETHERNET;
  bytes[Header.HLEN] = hardwareAddress.length;
  writeIpv4(bytes, Header.XID, xid);
  bytes[Header.FLAGS] = BROADCAST_FLAG >>> 8;
  bytes.set(hardwareAddress, Header.CHADDR);
  writeIpv4(bytes, Header.COOKIE, MAGIC_COOKIE);
  bytes.set([
    ...[Option.MESSAGE_TYPE, 1, MessageType.DISCOVER],
    ...[Option.CLIENT_IDENTIFIER, MARK.length, ...MARK],
    ...[Option.PARAMETER_REQUEST_LIST, ASKED_FOR.length, ...ASKED_FOR],
    Option.END,
  ], Header.OPTIONS);
  return bytes;
}

/** Whether a request is the search of the server that searches with this xid. */
export function isSearchOf(xid: number, view: MessageView): boolean {
  if (view.xid !== xid) return false;
  const identifier = view.option(Option.CLIENT_IDENTIFIER);
  return identifier?.length === MARK.length && MARK.every((octet, i) => identifier[i] === octet);
}

/** What another server said to a search. */
export interface SearchAnswer {
  /** Option 54, else the source of the datagram. */
  readonly serverIdentifier: Ipv4;
  /** What it would give; `undefined` where it gives nothing. */
  readonly offered: Ipv4 | undefined;
}

/** Reads the payload of an answer from `source`; `undefined` when it is none. */
export function readSearchAnswer(
  bytes: Uint8Array,
  source: Ipv4,
  xid: number,
): SearchAnswer | undefined {
  const view = new MessageView();
  if (view.read(bytes, BOOTREPLY) !== undefined || view.xid !== xid) return undefined;
  const { yiaddr } = view;
  return {
    serverIdentifier: view.number(Option.SERVER_IDENTIFIER, 4) ?? source,
    offered: yiaddr === 0 ? undefined : yiaddr,
  };
}
