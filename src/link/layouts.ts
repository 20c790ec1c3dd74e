/**
 * The C structures and constants that cross into libc, written down once. They are the same on
 * x86-64 and aarch64: both are 64-bit, little-endian and use the kernel's generic numbers.
 * Sources: the kernel's uapi headers (socket.h, in.h, if_packet.h, poll.h), and glibc's socket.h.
 */
import { type Ipv4, readIpv4, writeIpv4 } from "../wire/ipv4.ts";

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_BROADCAST = 6;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_BINDTODEVICE = 25;
export const SO_ATTACH_FILTER = 26;
export const SO_SNDBUFFORCE = 32;
export const SO_RCVBUFFORCE = 33;

export const SOL_RAW = 255;
export const ICMP_FILTER = 1;

export const IPPROTO_IP = 0;
export const IPPROTO_ICMP = 1;
export const IP_PKTINFO = 8;

export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;

export const POLLIN = 1;
export const POLLOUT = 4;

export const EFD_NONBLOCK = SOCK_NONBLOCK;
export const EFD_CLOEXEC = SOCK_CLOEXEC;

export const CLOCK_BOOTTIME = 7;

/** struct pollfd: fd 0, events 4, revents 6. */
export const POLLFD = { octets: 8, fd: 0, events: 4, revents: 6 } as const;

/** struct iovec: base 0, length 8. */
export const IOVEC = { octets: 16, base: 0, length: 8 } as const;

/** struct mmsghdr: a struct msghdr of 56 octets, then msg_len, padded to 64. */
export const MMSGHDR = {
  octets: 64,
  name: 0,
  nameLength: 8,
  iov: 16,
  iovLength: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  messageLength: 56,
} as const;

/** struct sockaddr_in: family 0, port 2 and address 4, both in network order. */
export const SOCKADDR_IN_OCTETS = 16;

/** struct sockaddr_ll: family 0, protocol 2, ifindex 4, hatype 8, pkttype 10, halen 11, addr 12. */
export const SOCKADDR_LL_OCTETS = 20;

/** struct sock_fprog: length 0, pointer to the program 8. */
export const SOCK_FPROG = { octets: 16, length: 0, program: 8 } as const;

/** struct sock_filter: code 0, jump if true 2, if false 3, operand 4. */
export const BPF_INSTRUCTION_OCTETS = 8;

/** Instructions of classic BPF (linux/bpf_common.h). */
export const BPF_LOAD_BYTE = 0x30;
export const BPF_LOAD_WORD = 0x20;
export const BPF_LOAD_HALF_WORD = 0x28;
export const BPF_JUMP_IF_EQUAL = 0x15;
export const BPF_JUMP_IF_AT_LEAST = 0x35;
export const BPF_JUMP_IF_ANY_BIT = 0x45;
/** The length of the IPv4 header at the operand, into X. */
export const BPF_LOAD_X_IPV4_LENGTH = 0xb1;
/** From X and the operand on. */
export const BPF_LOAD_WORD_FROM_X = 0x40;
export const BPF_LOAD_HALF_WORD_FROM_X = 0x48;
export const BPF_RETURN = 0x06;

/** struct sockaddr_nl: family 0, pid 4, groups 8. */
const SOCKADDR_NL_OCTETS = 12;

/**
 * The one control message in use, CMSG_SPACE(struct in_pktinfo): cmsghdr {length 0, level 8,
 * type 12}, then in_pktinfo {ifindex 16, spec_dst 20, addr 24}, padded to 32.
 */
export const PKTINFO_CONTROL_OCTETS = 32;
const PKTINFO_CMSG_LENGTH = 28;

/** Writes a struct sockaddr_in at `offset`. */
export function writeSockaddrIn(
  bytes: Uint8Array,
  offset: number,
  address: Ipv4,
  port: number,
): void {
  bytes[offset] = AF_INET;
  bytes[offset + 1] = 0;
  bytes[offset + 2] = port >>> 8;
  bytes[offset + 3] = port & 255;
  writeIpv4(bytes, offset + 4, address);
}

/** The address of a struct sockaddr_in at `offset`. */
export function readSockaddrInAddress(bytes: Uint8Array, offset: number): Ipv4 {
  return readIpv4(bytes, offset + 4);
}

/** Port of the struct sockaddr_in at `offset`. */
export function readSockaddrInPort(bytes: Uint8Array, offset: number): number {
  return (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
}

/** Writes a struct sockaddr_ll at `offset` for an Ethernet frame of the given EtherType. */
export function writeSockaddrLl(
  view: DataView,
  offset: number,
  interfaceIndex: number,
  etherType: number,
): void {
  view.setUint16(offset, AF_PACKET, true);
  view.setUint16(offset + 2, etherType, false);
  view.setInt32(offset + 4, interfaceIndex, true);
  // hatype, pkttype and halen are for receiving; a SOCK_RAW sender puts the address in the frame.
}

/** Adds where the frame goes, for a SOCK_DGRAM sender: the kernel makes its Ethernet header. */
export function writeSockaddrLlTarget(
  bytes: Uint8Array,
  offset: number,
  hardwareAddress: Uint8Array,
): void {
  bytes[offset + 11] = hardwareAddress.length;
  bytes.set(hardwareAddress, offset + 12);
}

/** The interface of a struct sockaddr_ll at `offset`. */
export function readSockaddrLlIndex(view: DataView, offset: number): number {
  return view.getInt32(offset + 4, true);
}

/** A struct sockaddr_nl that subscribes to the given multicast groups. */
export function sockaddrNl(groups: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(SOCKADDR_NL_OCTETS));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  return bytes;
}

/**
 * Writes an IP_PKTINFO control message at `offset` that sets the source address of a datagram, and
 * the interface that it leaves by, unless that is 0.
 */
export function writePktinfoSource(
  view: DataView,
  offset: number,
  source: Ipv4,
  interfaceIndex = 0,
): void {
  view.setUint32(offset, PKTINFO_CMSG_LENGTH, true);
  view.setUint32(offset + 4, 0, true); // the upper half of the length
  view.setInt32(offset + 8, IPPROTO_IP, true);
  view.setInt32(offset + 12, IP_PKTINFO, true);
  view.setInt32(offset + 16, interfaceIndex, true);
  view.setUint32(offset + 20, source, false);
  view.setUint32(offset + 24, 0, true);
}

/**
 * The destination address of the datagram whose control message lies at `offset`; `undefined` when
 * the kernel wrote another kind of control message, or none.
 */
export function readPktinfoDestination(
  view: DataView,
  offset: number,
  controlLength: number,
): Ipv4 | undefined {
  if (controlLength < PKTINFO_CMSG_LENGTH) return undefined;
  if (view.getInt32(offset + 8, true) !== IPPROTO_IP) return undefined;
  if (view.getInt32(offset + 12, true) !== IP_PKTINFO) return undefined;
  return view.getUint32(offset + 24, false);
}
