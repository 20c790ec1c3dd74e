/** Where a reply goes: RFC 2131 §4.1, branch by branch. */
import { ETHERNET_ADDRESS_OCTETS } from "../wire/frame.ts";
import { BROADCAST_FLAG, HTYPE_ETHERNET } from "../wire/message_view.ts";
import type { Ipv4 } from "../wire/ipv4.ts";
import type { Destination } from "./endpoints.ts";
import type { Request } from "./request.ts";

/** In the first octet of an Ethernet address: multicast or broadcast (IEEE 802). */
const GROUP_BIT = 1;

/** The destination of an OFFER or ACK that gives `yiaddr`. */
export function replyDestination(request: Request, yiaddr: Ipv4): Destination {
  const { giaddr, ciaddr, flags, htype, hlen, chaddr } = request.view;
  // "If the 'giaddr' field in a DHCP message from a client is non-zero, the server sends any
  // return messages to the 'DHCP server' port on the BOOTP relay agent".
  if (giaddr !== 0) return { kind: "relay", address: giaddr };
  // "If the 'giaddr' field is zero and the 'ciaddr' field is nonzero, then the server unicasts
  // DHCPOFFER and DHCPACK messages to the address in 'ciaddr'." Only where that is the address it
  // has from us: a client that has none yet MUST send 0 (table 5), and a forged one would have
  // us send to whoever it names.
  if (ciaddr !== 0 && ciaddr === yiaddr) return { kind: "unicast", address: ciaddr };
  // "If 'giaddr' is zero and 'ciaddr' is zero, and the broadcast bit is set, then the server
  // broadcasts DHCPOFFER and DHCPACK messages to 0xffffffff."
  if ((flags & BROADCAST_FLAG) !== 0) return { kind: "broadcast" };
  // "If the broadcast bit is not set [...] then the server unicasts DHCPOFFER and DHCPACK messages
  // to the client's hardware address and 'yiaddr' address." Where we cannot address the
  // hardware, RFC 2131 §4.1 has the server broadcast; a group address is nobody's own.
  const isUnicast = (chaddr[0]! & GROUP_BIT) === 0;
  if (htype !== HTYPE_ETHERNET || hlen !== ETHERNET_ADDRESS_OCTETS || !isUnicast) {
    return { kind: "broadcast" };
  }
  return {
    kind: "hardware",
    hardwareAddress: chaddr.slice(0, ETHERNET_ADDRESS_OCTETS),
    address: yiaddr,
  };
}

/**
 * The destination of a NAK: "In all cases, when 'giaddr' is zero, the server broadcasts any
 * DHCPNAK messages to 0xffffffff" (RFC 2131 §4.1), because the client's address is in doubt.
 */
export function nakDestination(request: Request): Destination {
  const giaddr = request.view.giaddr;
  return giaddr !== 0 ? { kind: "relay", address: giaddr } : { kind: "broadcast" };
}

/**
 * The destination of the reply to an INFORM: "The server [...] unicasts the DHCPACK reply to the
 * address given in the 'ciaddr' field" (RFC 2131 §4.3.5), also where a relay brought the request.
 */
export function informDestination(address: Ipv4): Destination {
  return { kind: "unicast", address };
}
