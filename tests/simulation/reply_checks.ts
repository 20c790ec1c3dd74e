/** What a reply must be to its request, judged on the bytes of both. */
import { messageType, option, type Packet, parsePacket } from "../support/dhcp_packets.ts";
import type { Verdict } from "./violation.ts";

const REPLY_OCTETS_MIN = 300;
/** What every client accepts as an IP datagram (RFC 2131 §2). */
const DATAGRAM_OCTETS_DEFAULT = 576;
const DATAGRAM_OCTETS_MAX = 1500;
const IP_UDP_OCTETS = 28;
const OPTION_HEADER_OCTETS = 2;

const OVERLOAD = 52;
const MAX_MESSAGE_SIZE = 57;
const CLIENT_IDENTIFIER = 61;
const RELAY_AGENT_INFORMATION = 82;

/** Fields that come back as they were: name, offset, length. */
const ECHOED_FIELDS = [["xid", 4, 4], ["giaddr", 24, 4], ["chaddr", 28, 16]] as const;

/** Checks a reply; returns it taken apart, or `undefined` when that cannot be done. */
export function checkReply(
  request: Uint8Array,
  reply: Uint8Array,
  verdict: Verdict,
): Packet | undefined {
  for (const [name, at, length] of ECHOED_FIELDS) {
    const sent = hex(request.subarray(at, at + length));
    const echoed = hex(reply.subarray(at, at + length));
    if (sent !== echoed) verdict.fail("echo", `${name} ${sent} came back as ${echoed}`);
  }
  let packet: Packet;
  try {
    packet = parsePacket(reply);
  } catch (error) {
    verdict.fail("echo", `a reply that cannot be read: ${error}`);
    return undefined;
  }
  if (messageType(packet) === undefined) verdict.fail("echo", "a reply without a message type");
  const asked = readCleanly(request);
  const roomOctets = datagramMax(asked) - IP_UDP_OCTETS - reply.length;
  if (reply.length < REPLY_OCTETS_MIN || roomOctets < 0) {
    verdict.fail("reply-length", `${reply.length} octets for ${datagramMax(asked)} at most`);
  }
  if (asked !== undefined) checkEchoedOptions(asked, packet, roomOctets, verdict);
  return packet;
}

/** A request in which each option stands where it is looked for; damaged ones may be otherwise. */
function readCleanly(request: Uint8Array): Packet | undefined {
  try {
    const packet = parsePacket(request);
    const codes = packet.options.map(([code]) => code);
    if (codes.includes(OVERLOAD) || new Set(codes).size !== codes.length) return undefined;
    return packet;
  } catch {
    return undefined;
  }
}

/** The longest IP datagram that the client accepts. */
function datagramMax(asked: Packet | undefined): number {
  if (asked === undefined) return DATAGRAM_OCTETS_MAX;
  const accepted = option(asked, MAX_MESSAGE_SIZE);
  return accepted?.length === 2
    ? Math.max(DATAGRAM_OCTETS_DEFAULT, accepted[0]! * 256 + accepted[1]!)
    : DATAGRAM_OCTETS_DEFAULT;
}

function checkEchoedOptions(
  asked: Packet,
  reply: Packet,
  roomOctets: number,
  verdict: Verdict,
): void {
  for (const code of [CLIENT_IDENTIFIER, RELAY_AGENT_INFORMATION]) {
    // RFC 3046 §2.2: option 82 is left out where it does not fit.
    const octets = OPTION_HEADER_OCTETS + (option(asked, code)?.length ?? 0);
    const isWithout = option(reply, code) === undefined && roomOctets < octets;
    if (code === RELAY_AGENT_INFORMATION && isWithout) continue;
    const sent = hex(option(asked, code));
    const echoed = hex(option(reply, code));
    if (sent !== echoed) verdict.fail("echo", `option ${code} ${sent} came back as ${echoed}`);
  }
  const position = reply.options.findIndex(([code]) => code === RELAY_AGENT_INFORMATION);
  if (position >= 0 && position < reply.options.length - 1) {
    verdict.fail("echo", "option 82 is not the last one");
  }
}

/** Octets as the journal writes them; `none` for an option that is not there. */
export function hex(octets: Uint8Array | undefined): string {
  if (octets === undefined) return "none";
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join(":");
}
