/** Signatures of DNS messages with HMAC-SHA256 (RFC 8945). */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
// @ts-types="./dns_packet.d.ts"
import dnsPacket from "dns-packet";
import { encodeName, HEADER_OCTETS } from "./dns_update_message.ts";

/** RFC 8945 §6: the algorithm that every implementation has and that is not deprecated. */
const ALGORITHM = "hmac-sha256";
const MAC_OCTETS = 32;

/** RFC 8945 §10: the fudge that is recommended. */
const FUDGE_SECONDS = 300;

const CLASS_ANY = 255;
const ARCOUNT_AT = 10;
/** After the name of the algorithm: time (6), fudge (2), length of the MAC (2). */
const TIME_OCTETS = 6;

/** RFC 8945 §5.3.2 and RFC 6895 §2.3: what a name server has against a signature. */
const ERRORS: ReadonlyMap<number, string> = new Map([
  [16, "BADSIG: the secret is another"],
  [17, "BADKEY: the name server does not know the key"],
  [18, "BADTIME: its clock and that of this machine are minutes apart"],
  [22, "BADTRUNC"],
]);

export interface Key {
  readonly name: string;
  readonly secret: Uint8Array;
}

/** A signed message, and what its answer has to be signed with. */
export interface Signed {
  readonly message: Buffer;
  readonly mac: Buffer;
}

/** Signs a message, whose additional section is empty. `wallMs` is the time. */
export function sign(message: Buffer, key: Key, wallMs: number): Signed {
  const time = encodeTime(Math.floor(wallMs / 1_000));
  const mac = createHmac("sha256", key.secret)
    .update(message)
    .update(variables(key.name, time, FUDGE_SECONDS, 0, Buffer.alloc(0)))
    .digest();
  // §4.2: algorithm, time, fudge, MAC, original ID, error, other data.
  const data = Buffer.concat([
    encodeName(ALGORITHM),
    time,
    u16(FUDGE_SECONDS),
    u16(mac.length),
    mac,
    message.subarray(0, 2),
    u16(0),
    u16(0),
  ]);
  const record = dnsPacket.answer.encode({
    name: key.name,
    type: "TSIG",
    class: "ANY",
    ttl: 0,
    data,
  });
  const signed = Buffer.concat([message, record]);
  signed.writeUInt16BE(signed.readUInt16BE(ARCOUNT_AT) + 1, ARCOUNT_AT);
  return { message: signed, mac };
}

/**
 * Why an answer cannot be believed; `undefined` when its signature is right. `requestMac` is that
 * of the message it answers (RFC 8945 §5.4.1).
 */
export function distrust(
  answer: Buffer,
  key: Key,
  requestMac: Buffer,
  wallMs: number,
): string | undefined {
  let tsig: Tsig | undefined;
  try {
    tsig = readTsig(answer);
  } catch {
    return "its answer is no message of DNS";
  }
  if (tsig === undefined) return "its answer is not signed";
  if (tsig.error !== 0 && tsig.mac.length === 0) {
    return `it refuses the signature (${ERRORS.get(tsig.error) ?? `error ${tsig.error}`})`;
  }
  if (tsig.name !== key.name || tsig.algorithm !== ALGORITHM) return "it signs with another key";
  // §5.3: the digest is over the message as it was before it was signed.
  const unsigned = Buffer.from(answer.subarray(0, tsig.at));
  unsigned.writeUInt16BE(unsigned.readUInt16BE(ARCOUNT_AT) - 1, ARCOUNT_AT);
  tsig.originalId.copy(unsigned, 0);
  const mac = createHmac("sha256", key.secret)
    .update(u16(requestMac.length))
    .update(requestMac)
    .update(unsigned)
    .update(variables(key.name, tsig.time, tsig.fudge, tsig.error, tsig.other))
    .digest();
  if (tsig.mac.length !== MAC_OCTETS || !timingSafeEqual(mac, tsig.mac)) {
    return "the signature of its answer is wrong";
  }
  if (tsig.error !== 0) {
    return `it refuses the signature (${ERRORS.get(tsig.error) ?? `error ${tsig.error}`})`;
  }
  const seconds = tsig.time.readUIntBE(0, TIME_OCTETS);
  if (Math.abs(wallMs / 1_000 - seconds) > tsig.fudge) return "its answer is of another time";
  return undefined;
}

interface Tsig {
  /** Where in the message it begins. */
  readonly at: number;
  readonly name: string;
  readonly algorithm: string;
  readonly time: Buffer;
  readonly fudge: number;
  readonly mac: Buffer;
  readonly originalId: Buffer;
  readonly error: number;
  readonly other: Buffer;
}

/** The TSIG record, which is the last of a message (§5.1). Throws at what is cut off. */
function readTsig(message: Buffer): Tsig | undefined {
  const additionals = message.readUInt16BE(ARCOUNT_AT);
  if (additionals === 0) return undefined;
  const before = Buffer.from(message);
  before.writeUInt16BE(additionals - 1, ARCOUNT_AT);
  dnsPacket.decode(before);
  const at = dnsPacket.decode.bytes;
  const record = dnsPacket.answer.decode(message, at);
  if (record.type !== "TSIG" || at < HEADER_OCTETS) return undefined;
  const { data } = record;
  let algorithmOctets = 0;
  while (data.readUInt8(algorithmOctets) !== 0) {
    algorithmOctets += data.readUInt8(algorithmOctets) + 1;
  }
  algorithmOctets++;
  let next = algorithmOctets;
  const take = (octets: number): Buffer => {
    if (next + octets > data.length) throw new RangeError("a TSIG record is cut off");
    next += octets;
    return data.subarray(next - octets, next);
  };
  const [time, fudge] = [take(TIME_OCTETS), take(2).readUInt16BE(0)];
  const mac = take(take(2).readUInt16BE(0));
  const [originalId, error] = [take(2), take(2).readUInt16BE(0)];
  const other = take(take(2).readUInt16BE(0));
  const isOurs = data.subarray(0, algorithmOctets).toString("latin1").toLowerCase() ===
    encodeName(ALGORITHM).toString("latin1");
  return {
    at,
    name: record.name.toLowerCase(),
    algorithm: isOurs ? ALGORITHM : "",
    time,
    fudge,
    mac,
    originalId,
    error,
    other,
  };
}

/** RFC 8945 §4.3.3: what of a TSIG record is signed along with the message. */
function variables(
  keyName: string,
  time: Buffer,
  fudge: number,
  error: number,
  other: Buffer,
): Buffer {
  return Buffer.concat([
    encodeName(keyName),
    u16(CLASS_ANY),
    Buffer.alloc(4), // TTL
    encodeName(ALGORITHM),
    time,
    u16(fudge),
    u16(error),
    u16(other.length),
    other,
  ]);
}

function encodeTime(seconds: number): Buffer {
  const time = Buffer.alloc(TIME_OCTETS);
  time.writeUIntBE(Math.max(0, seconds), 0, TIME_OCTETS);
  return time;
}

function u16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value, 0);
  return octets;
}
