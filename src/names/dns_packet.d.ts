/** What Sublet uses of the package dns-packet, which comes without types. */
import type { Buffer } from "node:buffer";

export interface Question {
  readonly name: string;
  readonly type: string;
  readonly class: string;
}

export interface Answer {
  readonly name: string;
  /** `UNKNOWN_1` is type 1 with its data as octets. */
  readonly type: string;
  readonly class: string;
  readonly ttl: number;
  readonly data: Buffer;
}

export interface Packet {
  readonly id: number;
  readonly type: "query" | "response";
  readonly flags: number;
  readonly questions: readonly Question[];
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
  readonly additionals: readonly Answer[];
}

interface Codec<Value> {
  encode(value: Value): Buffer;
  encodingLength(value: Value): number;
}

interface Decoder<Value> {
  (octets: Buffer, offset?: number): Value;
  /** Octets that the last call has read. */
  readonly bytes: number;
}

interface DnsPacket {
  readonly name: Codec<string>;
  readonly question: Pick<Codec<Question>, "encodingLength">;
  readonly answer: Codec<Answer> & { readonly decode: Decoder<Answer> };
  encode(packet: Packet): Buffer;
  readonly decode: Decoder<Packet & { readonly opcode: string; readonly rcode: string }>;
}

declare const dnsPacket: DnsPacket;
export default dnsPacket;
