/**
 * Requests made octet by octet, for what no proper client would send. Offsets are those of
 * RFC 2131 figure 1, written down here once more so as not to repeat a mistake of src/wire.
 */
import { buildPacket, octets, type Packet } from "../support/dhcp_packets.ts";

/** What a test says of a message; the rest is a plain Ethernet client's. */
export interface RawMessage {
  readonly header?: Partial<Packet>;
  readonly htype?: number;
  readonly hlen?: number;
  /** Octets of the options field, END included where there is to be one. */
  readonly options?: readonly number[];
  readonly file?: readonly number[];
  readonly sname?: readonly number[];
}

export const PAD = 0;
export const END = 255;

/** Octets of one option. */
export function tlv(code: number, ...payload: readonly number[]): number[] {
  return [code, payload.length, ...payload];
}

/** An option of four octets that holds an address. */
export function addressTlv(code: number, address: string): number[] {
  return tlv(code, ...octets(address));
}

/** The message, exactly as long as its options. */
export function rawMessage(message: RawMessage = {}): Uint8Array {
  const header = buildPacket({ xid: 0x01020304, mac: "02:00:00:00:00:01", ...message.header });
  const bytes = new Uint8Array(240 + (message.options?.length ?? 0));
  bytes.set(header.subarray(0, 240));
  if (message.htype !== undefined) bytes[1] = message.htype;
  if (message.hlen !== undefined) bytes[2] = message.hlen;
  bytes.set(message.sname ?? [], 44);
  bytes.set(message.file ?? [], 108);
  bytes.set(message.options ?? [], 240);
  return bytes;
}
