/** Where a reply goes: RFC 2131 §4.1, branch by branch. */
import type { Config } from "../config/config.ts";
import { ETHERNET_ADDRESS_OCTETS } from "../wire/frame.ts";
import { BROADCAST_FLAG, Header, HTYPE_ETHERNET } from "../wire/message_view.ts";
import { ANY_ADDRESS, type Ipv4 } from "../wire/ipv4.ts";
import { RelaySubOption } from "../wire/relay_agent.ts";
import { subOption } from "../wire/sub_options.ts";
import { CLIENT_PORT, type Destination, PXE_PORT } from "./endpoints.ts";
import type { Inform, Request } from "./request.ts";
import { isRelayListed } from "./subnet_selection.ts";

/** In the first octet of an Ethernet address: multicast or broadcast (IEEE 802). */
const GROUP_BIT = 1;

/** The destination of an OFFER or ACK that gives `yiaddr`, by the flags that the client is sent. */
export function replyDestination(
  request: Request,
  yiaddr: Ipv4,
  config: Config,
  flags = request.view.flags,
): Destination {
  const { giaddr, ciaddr } = request.view;
  // "If the 'giaddr' field in a DHCP message from a client is non-zero, the server sends any
  // return messages to the 'DHCP server' port on the BOOTP relay agent".
  if (giaddr !== 0) return toRelay(request, config);
  // "If the 'giaddr' field is zero and the 'ciaddr' field is nonzero, then the server unicasts
  // DHCPOFFER and DHCPACK messages to the address in 'ciaddr'." Only where that is the address it
  // has from us: a client that has none yet MUST send 0 (table 5), and a forged one would have
  // us send to whoever it names.
  if (ciaddr !== 0 && ciaddr === yiaddr) return unicastTo(request, ciaddr);
  // "If 'giaddr' is zero and 'ciaddr' is zero, and the broadcast bit is set, then the server
  // broadcasts DHCPOFFER and DHCPACK messages to 0xffffffff."
  if ((flags & BROADCAST_FLAG) !== 0) return BROADCAST;
  // "If the broadcast bit is not set [...] then the server unicasts DHCPOFFER and DHCPACK messages
  // to the client's hardware address and 'yiaddr' address." Where we cannot address the
  // hardware, RFC 2131 §4.1 has the server broadcast.
  const hardwareAddress = unicastHardwareAddress(request);
  if (hardwareAddress === undefined) return BROADCAST;
  return { kind: "hardware", hardwareAddress, address: yiaddr };
}

/**
 * The destination of a NAK: "In all cases, when 'giaddr' is zero, the server broadcasts any
 * DHCPNAK messages to 0xffffffff" (RFC 2131 §4.1), because the client's address is in doubt.
 */
export function nakDestination(request: Request, config: Config): Destination {
  return request.view.giaddr !== 0 ? toRelay(request, config) : BROADCAST;
}

/**
 * To giaddr, whatever the datagram's source address: a chain of relay agents answers by its first.
 * RFC 8357: where sub-option 19 is there, to "the UDP source port of the UDP message". Only of one
 * that came from giaddr, or that the config lists: another could have us send to any port there.
 */
export function toRelay(request: Request, config: Config): Destination {
  const { view: { giaddr: address }, ingress, relayInformation } = request;
  const wantsPort = relayInformation !== undefined &&
    subOption(relayInformation, RelaySubOption.RELAY_PORT)?.length === 0 &&
    (ingress.source === address || isRelayListed(config, request));
  return { kind: "relay", address, port: wantsPort ? ingress.sourcePort : undefined };
}

/**
 * The destination of the reply to an INFORM: "The server [...] unicasts the DHCPACK reply to the
 * address given in the 'ciaddr' field" (RFC 2131 §4.3.5), also where a relay brought the request.
 * By the kernel, and so by ARP: who asks may do so for another machine, with that one's `chaddr`.
 */
export function informDestination(request: Inform, config: Config): Destination {
  const { address } = request;
  // Kea and ISC dhcpd answer one without ciaddr by its relay agent, too.
  if (address === ANY_ADDRESS) return toRelay(request, config);
  return { kind: "unicast", address, hardwareAddress: undefined };
}

/**
 * The destination of boot data: `address`, and there the port that it was asked from; everybody,
 * where the client has no address yet and nobody here knows which one it will get.
 */
export function proxyDestination(
  request: Request,
  address: Ipv4,
  config: Config,
): Destination {
  if (request.view.giaddr !== 0) return toRelay(request, config);
  if (address === 0) return BROADCAST;
  const { source, sourcePort, serverPort } = request.ingress;
  // Whoever asks in the name of another machine does not choose the port that it hears of it.
  const port = serverPort === PXE_PORT && address === source ? sourcePort : CLIENT_PORT;
  return { kind: "unicast", address, hardwareAddress: undefined, port };
}

const BROADCAST: Destination = { kind: "broadcast" };

/**
 * To an address that its client uses. Its hardware address goes along, as Kea does it: to ask ARP
 * for each client would fill the kernel's neighbour table, which holds some thousand entries for
 * the whole machine. Not where the BROADCAST flag says that frames to that hardware address do
 * not arrive: a bridge that rewrites addresses sets it for its clients.
 */
function unicastTo(request: Request, address: Ipv4): Destination {
  const isReachable = (request.view.flags & BROADCAST_FLAG) === 0;
  const hardwareAddress = isReachable ? unicastHardwareAddress(request) : undefined;
  return { kind: "unicast", address, hardwareAddress };
}

/** The client's Ethernet address, if it has one; a group address is nobody's own. */
function unicastHardwareAddress({ view }: Request): Uint8Array | undefined {
  const { htype, hlen, bytes } = view;
  if (htype !== HTYPE_ETHERNET || hlen !== ETHERNET_ADDRESS_OCTETS) return undefined;
  if ((bytes[Header.CHADDR]! & GROUP_BIT) !== 0) return undefined;
  return bytes.slice(Header.CHADDR, Header.CHADDR + ETHERNET_ADDRESS_OCTETS);
}
