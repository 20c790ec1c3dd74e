/**
 * Messages of RFC 2136: what has to hold in a zone, and what is to be changed then. dns-packet
 * writes them and reads the answers; it has no class NONE, and so the classes are written here.
 */
import { Buffer } from "node:buffer";
// @ts-types="./dns_packet.d.ts"
import dnsPacket, { type Answer } from "dns-packet";

/** RFC 1035 §3.2.4, RFC 2136 §2.4 and §2.5. */
const CLASSES = { IN: 1, NONE: 254, ANY: 255 } as const;

/** RFC 1035 §3.2.2, RFC 4701 §3.1. */
const TYPES = { A: 1, PTR: 12, AAAA: 28, DHCID: 49, ANY: 255 } as const;

/** RFC 2136 §2.2: the opcode of the header's flags. */
const UPDATE = 5 << 11;

/** One prerequisite (RFC 2136 §2.4) or one change (§2.5), by class, type and data. */
export interface UpdateRecord {
  readonly name: string;
  readonly type: keyof typeof TYPES;
  /** In `IN`, the record; in `ANY`, all of the type; in `NONE`, the one, or that there is none. */
  readonly class: keyof typeof CLASSES;
  readonly ttl?: number;
  readonly data?: Uint8Array;
}

export interface Update {
  readonly zone: string;
  readonly prerequisites: readonly UpdateRecord[];
  readonly changes: readonly UpdateRecord[];
}

/** What a name server answered. */
export interface UpdateAnswer {
  readonly id: number;
  /** `NOERROR`, `YXDOMAIN`, … */
  readonly rcode: string;
}

/** The octets of an update, not yet signed. */
export function encodeUpdate(id: number, { zone, prerequisites, changes }: Update): Buffer {
  const question = { name: zone, type: "SOA", class: "IN" };
  const message = dnsPacket.encode({
    id,
    type: "query",
    flags: UPDATE,
    questions: [question],
    answers: prerequisites.map(toAnswer),
    authorities: changes.map(toAnswer),
    additionals: [],
  });
  let at = HEADER_OCTETS + dnsPacket.question.encodingLength(question);
  for (const record of [...prerequisites, ...changes]) {
    const classAt = at + dnsPacket.name.encodingLength(record.name) + TYPE_OCTETS;
    message.writeUInt16BE(CLASSES[record.class], classAt);
    at += dnsPacket.answer.encodingLength(toAnswer(record));
  }
  return message;
}

export const HEADER_OCTETS = 12;
const TYPE_OCTETS = 2;

function toAnswer({ name, type, ttl, data }: UpdateRecord): Answer {
  return {
    name,
    type: `UNKNOWN_${TYPES[type]}`,
    class: "IN",
    ttl: ttl ?? 0,
    data: Buffer.from(data ?? []),
  };
}

/** An answer; `undefined` for octets that are none. Whether it can be believed is not said. */
export function decodeAnswer(message: Buffer): UpdateAnswer | undefined {
  try {
    const { id, type, opcode, rcode } = dnsPacket.decode(message);
    return type === "response" && opcode === "UPDATE" ? { id, rcode } : undefined;
  } catch {
    return undefined; // dns-packet throws at whatever is cut off or loops
  }
}

/** A domain name in the encoding of DNS, without compression. */
export function encodeName(name: string): Buffer {
  return dnsPacket.name.encode(name);
}
