/** The sockets a DHCP server has: one per interface, one for raw frames, and two that probe. */
import { ARP_OPERATION_AT, ARP_REPLY, ETHERTYPE_ARP } from "../wire/arp.ts";
import { ETHERTYPE_IPV4 } from "../wire/frame.ts";
import { ANY_ADDRESS } from "../wire/ipv4.ts";
import { Header } from "../wire/message_view.ts";
import {
  AF_INET,
  AF_PACKET,
  BPF_JUMP_IF_ANY_BIT,
  BPF_JUMP_IF_EQUAL,
  BPF_LOAD_BYTE,
  BPF_LOAD_HALF_WORD,
  BPF_LOAD_HALF_WORD_FROM_X,
  BPF_LOAD_WORD_FROM_X,
  BPF_LOAD_X_IPV4_LENGTH,
  BPF_RETURN,
  IP_PKTINFO,
  IPPROTO_ICMP,
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCKADDR_IN_OCTETS,
  SOCKADDR_LL_OCTETS,
  writeSockaddrIn,
  writeSockaddrLl,
} from "./layouts.ts";
import { bpfProgram } from "./bpf.ts";
import {
  attachFilter,
  bindSocket,
  closeFd,
  type Fd,
  type NativeBytes,
  openSocket,
  openUdp,
  setIcmpFilter,
  setIpOption,
  setSocketOption,
  setSocketOptionText,
  SystemCallError,
} from "./libc.ts";

/** Room for some thousand requests while a group of leases is on its way to disk. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

/**
 * Replies to an address that does not answer ARP wait in the kernel for three seconds and count
 * against the socket. At the default size some 160 requests with a made-up `giaddr` or `ciaddr`
 * would fill it, and every other client's reply would fail with EAGAIN meanwhile. Half of it is kept
 * for ACKs of leases (`Standing`).
 */
const SEND_BUFFER_OCTETS = 8 * 1024 * 1024;

/** With protocol 0 a packet socket receives nothing: the kernel queues no copies of the traffic. */
const RECEIVE_NO_PROTOCOL = 0;

/**
 * A UDP socket on one interface: what comes in elsewhere never reaches it, and what it sends goes
 * out there whatever the routing table says. It takes broadcasts and learns the destination
 * address of every datagram. Throws SystemCallError.
 */
export function openServerSocket(interfaceName: string, port: number): Fd {
  return openBoundSocket(interfaceName, port, true);
}

/**
 * Whether another socket takes datagrams for the port on the interface: another DHCP server, most
 * likely, since both get every broadcast. Throws SystemCallError.
 */
export function isPortTaken(interfaceName: string, port: number): boolean {
  try {
    closeFd(openBoundSocket(interfaceName, port, false));
    return false;
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === "EADDRINUSE") return true;
    throw error;
  }
}

function openBoundSocket(interfaceName: string, port: number, shares: boolean): Fd {
  const fd = openUdp();
  return prepared(fd, () => {
    // Bound to the device first, so that nothing from another interface is ever queued.
    setSocketOptionText(fd, SO_BINDTODEVICE, interfaceName);
    // To live beside a server for other interfaces that has the port everywhere, and shares it
    // (dnsmasq for virtual machines): unicasts go to the socket that is bound to the device.
    setSocketOption(fd, SO_REUSEADDR, shares ? 1 : 0);
    setSocketOption(fd, SO_BROADCAST, 1);
    setIpOption(fd, IP_PKTINFO, 1);
    enlargeBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER_OCTETS);
    enlargeBuffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER_OCTETS);
    const address = new Uint8Array(new ArrayBuffer(SOCKADDR_IN_OCTETS));
    writeSockaddrIn(address, 0, ANY_ADDRESS, port);
    bindSocket(fd, address);
  });
}

function enlargeBuffer(fd: Fd, byForce: number, byLeave: number, octets: number): void {
  try {
    setSocketOption(fd, byForce, octets);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    // Without CAP_NET_ADMIN the system's own limit (net.core.rmem_max, wmem_max) applies.
    setSocketOption(fd, byLeave, octets);
  }
}

/** A socket that sends whole Ethernet frames by any interface. Throws SystemCallError. */
export function openFrameSocket(): Fd {
  return openSocket(AF_PACKET, SOCK_RAW, RECEIVE_NO_PROTOCOL);
}

/**
 * A socket that sends ARP packets by any interface, and receives the ARP replies of all of them
 * and nothing else: other traffic never gets as far as a copy. Throws SystemCallError.
 */
export function openArpSocket(): Fd {
  // Bound to the protocol after the filter is there, so that nothing unfiltered is ever queued.
  const fd = openSocket(AF_PACKET, SOCK_DGRAM, RECEIVE_NO_PROTOCOL);
  return prepared(fd, () => {
    attachFilter(fd, ARP_REPLIES_ONLY);
    enlargeBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, ANSWER_BUFFER_OCTETS);
    const everywhere = new Uint8Array(new ArrayBuffer(SOCKADDR_LL_OCTETS));
    writeSockaddrLl(new DataView(everywhere.buffer), 0, ANY_INTERFACE, ETHERTYPE_ARP);
    bindSocket(fd, everywhere);
  });
}

/** A socket that sends ICMP messages, and receives the echo replies. Throws SystemCallError. */
export function openIcmpSocket(): Fd {
  const fd = openSocket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  return prepared(fd, () => {
    setIcmpFilter(fd, ALL_BUT_ECHO_REPLIES);
    enlargeBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, ANSWER_BUFFER_OCTETS);
    enlargeBuffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER_OCTETS);
  });
}

/**
 * A socket that sends Ethernet frames by any interface, and receives those with an answer to the
 * search `xid` that goes to the UDP port. Throws SystemCallError.
 */
export function openSearchSocket(clientPort: number, xid: number): Fd {
  const fd = openSocket(AF_PACKET, SOCK_RAW, RECEIVE_NO_PROTOCOL);
  return prepared(fd, () => {
    attachFilter(fd, answersTo(clientPort, xid));
    const everywhere = new Uint8Array(new ArrayBuffer(SOCKADDR_LL_OCTETS));
    writeSockaddrLl(new DataView(everywhere.buffer), 0, ANY_INTERFACE, ETHERTYPE_IPV4);
    bindSocket(fd, everywhere);
  });
}

const PROTOCOL_UDP = 17;
const FRAGMENT_OFFSET_BITS = 0x1fff;
/** Where things are in an Ethernet frame; the last two count from the end of the IPv4 header. */
const IPV4_AT = 14;
const DESTINATION_PORT_AT = IPV4_AT + 2;
const XID_AT = IPV4_AT + 8 + Header.XID;

/** A filter on Ethernet frames with IPv4: UDP to the port, and the xid of a DHCP message. */
function answersTo(clientPort: number, xid: number): NativeBytes {
  return bpfProgram([
    [BPF_LOAD_BYTE, 0, 0, IPV4_AT + 9],
    [BPF_JUMP_IF_EQUAL, 0, 8, PROTOCOL_UDP],
    [BPF_LOAD_HALF_WORD, 0, 0, IPV4_AT + 6],
    [BPF_JUMP_IF_ANY_BIT, 6, 0, FRAGMENT_OFFSET_BITS],
    [BPF_LOAD_X_IPV4_LENGTH, 0, 0, IPV4_AT],
    [BPF_LOAD_HALF_WORD_FROM_X, 0, 0, DESTINATION_PORT_AT],
    [BPF_JUMP_IF_EQUAL, 0, 3, clientPort],
    [BPF_LOAD_WORD_FROM_X, 0, 0, XID_AT],
    [BPF_JUMP_IF_EQUAL, 0, 1, xid],
    [BPF_RETURN, 0, 0, 0xffff],
    [BPF_RETURN, 0, 0, 0],
  ]);
}

/** Room for some thousand answers that come at once. */
const ANSWER_BUFFER_OCTETS = 4 * 1024 * 1024;

const ANY_INTERFACE = 0;

/** Type 0 (RFC 792) is an echo reply. */
const ALL_BUT_ECHO_REPLIES = ~1;

/** A filter on packets without their Ethernet header: accepts those that are ARP replies. */
const ARP_REPLIES_ONLY = bpfProgram([
  [BPF_LOAD_HALF_WORD, 0, 0, ARP_OPERATION_AT],
  [BPF_JUMP_IF_EQUAL, 0, 1, ARP_REPLY],
  [BPF_RETURN, 0, 0, 0xffff],
  [BPF_RETURN, 0, 0, 0],
]);

/** The socket once it is made ready; closed when that fails. */
function prepared(fd: Fd, prepare: () => void): Fd {
  try {
    prepare();
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}
