/**
 * A DHCP packet builder and parser for the tests that talk to the program from outside. Written
 * from RFC 2131 §2 and RFC 2132 §2 alone and on purpose not with src/wire: a mistake there must
 * not be mirrored here and cancel out.
 */

export const DISCOVER = 1;
export const OFFER = 2;
export const REQUEST = 3;
export const DECLINE = 4;
export const ACK = 5;
export const NAK = 6;
export const RELEASE = 7;
export const INFORM = 8;

/** One option: its code and its payload. */
export type PacketOption = readonly [code: number, payload: Uint8Array];

/** A packet in the forms people read: dotted quads and `02:00:…` for the hardware address. */
export interface Packet {
  readonly op: number;
  readonly hops: number;
  readonly xid: number;
  readonly secs: number;
  readonly flags: number;
  readonly ciaddr: string;
  readonly yiaddr: string;
  readonly siaddr: string;
  readonly giaddr: string;
  readonly mac: string;
  /** In the order of the packet; padding and END are not among them. */
  readonly options: readonly PacketOption[];
  /** Those that stand in `file`, then those in `sname` (option 52). */
  readonly overloaded: readonly PacketOption[];
}

const COOKIE = [99, 130, 83, 99];
const OPTIONS_AT = 240;
const NO_ADDRESS = "0.0.0.0";

/** `10.1.2.3` -> four octets. */
export function octets(address: string): Uint8Array {
  return Uint8Array.from(address.split("."), Number);
}

/** Encodes a client's packet; what is not named is zero. `xid` and `mac` make it somebody's. */
export function buildPacket(packet: Partial<Packet> & Pick<Packet, "xid" | "mac">): Uint8Array {
  const tail = (packet.options ?? []).flatMap(([code, payload]) => [
    code,
    payload.length,
    ...payload,
  ]);
  const bytes = new Uint8Array(OPTIONS_AT + tail.length + 1);
  const view = new DataView(bytes.buffer);
  const mac = packet.mac.split(":").map((octet) => Number.parseInt(octet, 16));
  bytes.set([packet.op ?? 1, 1, mac.length, packet.hops ?? 0]);
  view.setUint32(4, packet.xid);
  view.setUint16(8, packet.secs ?? 0);
  view.setUint16(10, packet.flags ?? 0);
  bytes.set(octets(packet.ciaddr ?? NO_ADDRESS), 12);
  bytes.set(octets(packet.yiaddr ?? NO_ADDRESS), 16);
  bytes.set(octets(packet.siaddr ?? NO_ADDRESS), 20);
  bytes.set(octets(packet.giaddr ?? NO_ADDRESS), 24);
  bytes.set(mac, 28);
  bytes.set(COOKIE, 236);
  bytes.set(tail, OPTIONS_AT);
  bytes[OPTIONS_AT + tail.length] = 255;
  return bytes;
}

/** Decodes a packet; throws when it is not a well-formed one, which is a finding in a reply. */
export function parsePacket(bytes: Uint8Array): Packet {
  if (COOKIE.some((octet, at) => bytes[236 + at] !== octet)) throw new Error("no magic cookie");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const address = (at: number) => bytes.subarray(at, at + 4).join(".");
  const options = parseOptions(bytes, OPTIONS_AT);
  const overload = options.find(([code]) => code === 52)?.[1][0] ?? 0;
  return {
    op: view.getUint8(0),
    hops: view.getUint8(3),
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    flags: view.getUint16(10),
    ciaddr: address(12),
    yiaddr: address(16),
    siaddr: address(20),
    giaddr: address(24),
    mac: Array.from(bytes.subarray(28, 34), (octet) => octet.toString(16).padStart(2, "0"))
      .join(":"),
    options,
    overloaded: [
      ...(overload & 1 ? parseOptions(bytes.subarray(108, 236), 0) : []),
      ...(overload & 2 ? parseOptions(bytes.subarray(44, 108), 0) : []),
    ],
  };
}

function parseOptions(bytes: Uint8Array, start: number): PacketOption[] {
  const options: PacketOption[] = [];
  let at = start;
  while (true) {
    const code = bytes[at++];
    if (code === undefined) throw new Error("no END option");
    if (code === 0) continue;
    if (code === 255) return options;
    const length = bytes[at++];
    if (length === undefined || at + length > bytes.length) throw new Error("option cut off");
    options.push([code, bytes.slice(at, at + length)]);
    at += length;
  }
}

/** The payload of the first option with this code. */
export function option(packet: Packet, code: number): Uint8Array | undefined {
  return packet.options.find(([found]) => found === code)?.[1];
}

/** The message type (option 53). */
export function messageType(packet: Packet): number | undefined {
  return option(packet, 53)?.[0];
}

/** The address that an option holds, as a dotted quad. */
export function optionAddress(packet: Packet, code: number): string | undefined {
  return option(packet, code)?.join(".");
}

/** An option that holds one number of four octets, such as the lease time (51). */
export function optionSeconds(packet: Packet, code: number): number | undefined {
  const payload = option(packet, code);
  if (payload === undefined) return undefined;
  return payload.reduce((number, octet) => number * 256 + octet, 0);
}
