import assert from "node:assert/strict";
import fc from "fast-check";
import { internetChecksum } from "../../src/wire/frame.ts";
import { parseHex } from "../../src/wire/hex.ts";
import {
  ECHO_OCTETS,
  ECHO_TOKEN_OCTETS,
  encodeEchoRequest,
  parseEchoReply,
} from "../../src/wire/icmp_echo.ts";
import { formatIpv4, parseIpv4, writeIpv4 } from "../../src/wire/ipv4.ts";

const TOKEN = Uint8Array.from({ length: ECHO_TOKEN_OCTETS }, (_, i) => 17 * i + 3);

Deno.test("RFC 792: an echo request is type 8, code 0, a right checksum, and its data", () => {
  const bytes = new Uint8Array(ECHO_OCTETS).fill(0xff);
  encodeEchoRequest(TOKEN, bytes);
  assert.deepEqual([...bytes.subarray(0, 2)], [8, 0]);
  assert.equal(internetChecksum(bytes), 0);
  assert.deepEqual(bytes.subarray(8), TOKEN);
});

/** What a host sends back, as a raw socket has it: with the IPv4 header, here one with options. */
function reply(change: (message: Uint8Array, header: Uint8Array) => void = () => {}): Uint8Array {
  const message = new Uint8Array(ECHO_OCTETS);
  encodeEchoRequest(TOKEN, message);
  message[0] = 0;
  message.fill(0, 2, 4);
  const header = new Uint8Array(24);
  header.set(parseHex("46000030000040004001")!);
  writeIpv4(header, 12, parseIpv4("10.20.0.9")!);
  change(message, header);
  const checksum = internetChecksum(message);
  message.set([checksum >>> 8, checksum & 255], 2);
  return Uint8Array.of(...header, ...message);
}

Deno.test("RFC 792: an echo reply with our data says that its source is in use", () => {
  const source = parseEchoReply(reply(), TOKEN);
  assert.equal(source && formatIpv4(source), "10.20.0.9");
});

Deno.test("what is no echo reply to our own request says nothing", () => {
  const flipped = reply();
  flipped[30]! ^= 1;
  const others: [string, Uint8Array][] = [
    ["a request", reply((message) => message[0] = 8)],
    ["host unreachable", reply((message) => message.set([3, 1]))],
    ["the reply to another program's ping", reply((message) => message[12]! ^= 1)],
    ["UDP", reply((_, header) => header[9] = 17)],
    ["IPv6", reply((_, header) => header[0] = 0x66)],
    ["a header that is too short", reply((_, header) => header[0] = 0x44)],
    ["a wrong checksum", flipped],
    ["cut short", reply().subarray(0, -1)],
    ["longer", Uint8Array.of(...reply(), 0)],
  ];
  for (const [what, bytes] of others) assert.equal(parseEchoReply(bytes, TOKEN), undefined, what);
});

Deno.test("whatever comes is read without a fault", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    parseEchoReply(bytes, TOKEN);
  }));
});
