import assert from "node:assert/strict";
import fc from "fast-check";
import {
  encodeUdpFrame,
  FRAME_OVERHEAD_OCTETS,
  internetChecksum,
  parseUdpFrame,
  type UdpFrame,
} from "../../src/wire/frame.ts";
import { formatHex, parseHex } from "../../src/wire/hex.ts";

const IPV4_START = 14;
const UDP_START = 34;

// Made, with its checksums, by another program in another language.
const KNOWN_FRAME = "02cafe000007021122334455080045000021000040004011b70fc0a80101c0a8016b" +
  "00430044000d37be68656c6c6f";
const KNOWN: UdpFrame = {
  destinationHardwareAddress: octets("02cafe000007"),
  sourceHardwareAddress: octets("021122334455"),
  source: 0xc0a80101,
  destination: 0xc0a8016b,
  sourcePort: 67,
  destinationPort: 68,
  payload: new TextEncoder().encode("hello"),
};

const arbitraryFrame: fc.Arbitrary<UdpFrame> = fc.record({
  destinationHardwareAddress: fc.uint8Array({ minLength: 6, maxLength: 6 }),
  sourceHardwareAddress: fc.uint8Array({ minLength: 6, maxLength: 6 }),
  source: fc.nat({ max: 0xffff_ffff }),
  destination: fc.nat({ max: 0xffff_ffff }),
  sourcePort: fc.nat({ max: 0xffff }),
  destinationPort: fc.nat({ max: 0xffff }),
  payload: fc.uint8Array({ maxLength: 1472 }),
}, { noNullPrototype: true });

Deno.test("the checksum of RFC 1071 §3's example is right", () => {
  assert.equal(internetChecksum(octets("0001f203f4f5f6f7")), ~0xddf2 & 0xffff);
});

Deno.test("the checksum of the much quoted IPv4 header is b861", () => {
  assert.equal(internetChecksum(octets("450000730000400040110000c0a80001c0a800c7")), 0xb861);
});

Deno.test("the last octet of an odd number counts as the high half of a word (RFC 1071 §1)", () => {
  assert.equal(internetChecksum(octets("0001ab")), internetChecksum(octets("0001ab00")));
});

Deno.test("a frame is built to the octet as another program builds it", () => {
  assert.equal(formatHex(encode(KNOWN)), formatHex(octets(KNOWN_FRAME)));
});

Deno.test("a UDP checksum of zero is sent as ffff (RFC 768)", () => {
  const frame = encode({ ...KNOWN, payload: octets("7b96") });
  assert.equal(formatHex(frame.subarray(UDP_START + 6, UDP_START + 8)), "ff:ff");
  assert.ok(parseUdpFrame(frame));
});

Deno.test("what was in the buffer before leaves no trace in a frame", () => {
  const buffer = new Uint8Array(2048).fill(0xee);
  const length = encodeUdpFrame(KNOWN, buffer);
  assert.equal(formatHex(buffer.subarray(0, length)), formatHex(octets(KNOWN_FRAME)));
});

Deno.test("any frame is read back as it was written", () => {
  fc.assert(fc.property(arbitraryFrame, (frame) => {
    assert.deepEqual(parseUdpFrame(encode(frame)), frame);
  }));
});

Deno.test("any frame has the checksums that RFC 791 and RFC 768 ask for", () => {
  fc.assert(fc.property(arbitraryFrame, (frame) => {
    const bytes = encode(frame);
    const ipHeader = bytes.subarray(IPV4_START, UDP_START);
    assert.equal(wordsModulo(ipHeader), 0);
    const udp = bytes.subarray(UDP_START);
    const pseudoHeader = new Uint8Array(12);
    pseudoHeader.set(ipHeader.subarray(12, 20));
    pseudoHeader[9] = 17;
    new DataView(pseudoHeader.buffer).setUint16(10, udp.length);
    assert.equal((wordsModulo(pseudoHeader) + wordsModulo(udp)) % 0xffff, 0);
    assert.notEqual(formatHex(udp.subarray(6, 8)), "00:00");
  }));
});

Deno.test("one flipped bit of the IPv4 or UDP part is noticed", () => {
  const whole = octets(KNOWN_FRAME);
  for (let bit = IPV4_START * 8; bit < whole.length * 8; bit++) {
    const damaged = whole.slice();
    damaged[bit >>> 3]! ^= 1 << (bit & 7);
    assert.equal(parseUdpFrame(damaged), undefined, `bit ${bit}`);
  }
});

Deno.test("a frame cut short at any octet is no frame; Ethernet's padding does no harm", () => {
  const whole = octets(KNOWN_FRAME);
  for (let length = 0; length < whole.length; length++) {
    assert.equal(parseUdpFrame(whole.subarray(0, length)), undefined, `${length} octets`);
  }
  const padded = new Uint8Array(60);
  padded.set(whole);
  assert.deepEqual(parseUdpFrame(padded), KNOWN);
});

Deno.test("a datagram without a UDP checksum is taken (RFC 768)", () => {
  const frame = octets(KNOWN_FRAME);
  frame.fill(0, UDP_START + 6, UDP_START + 8);
  assert.deepEqual(parseUdpFrame(frame), KNOWN);
});

Deno.test("IPv4 options are skipped (RFC 791 §3.1)", () => {
  const OPTIONS_OCTETS = 4;
  const plain = octets(KNOWN_FRAME);
  const frame = new Uint8Array(plain.length + OPTIONS_OCTETS);
  frame.set(plain.subarray(0, UDP_START));
  frame.set(octets("01010100"), UDP_START);
  frame.set(plain.subarray(UDP_START), UDP_START + OPTIONS_OCTETS);
  frame[IPV4_START] = 0x46;
  frame[IPV4_START + 3]! += OPTIONS_OCTETS;
  frame.fill(0, IPV4_START + 10, IPV4_START + 12);
  const header = frame.subarray(IPV4_START, UDP_START + OPTIONS_OCTETS);
  new DataView(frame.buffer).setUint16(IPV4_START + 10, internetChecksum(header));
  assert.deepEqual(parseUdpFrame(frame), KNOWN);
});

Deno.test("fragments, other protocols and other EtherTypes are no UDP frames", () => {
  const changed = (offset: number, octet: number) => {
    const frame = octets(KNOWN_FRAME);
    frame[offset] = octet;
    frame.fill(0, IPV4_START + 10, IPV4_START + 12);
    const header = frame.subarray(IPV4_START, UDP_START);
    new DataView(frame.buffer).setUint16(IPV4_START + 10, internetChecksum(header));
    return parseUdpFrame(frame);
  };
  assert.ok(changed(IPV4_START + 8, 1), "another TTL is fine");
  assert.equal(changed(IPV4_START + 6, 0x20), undefined, "more fragments");
  assert.equal(changed(IPV4_START + 7, 0x01), undefined, "a later fragment");
  assert.equal(changed(IPV4_START + 9, 6), undefined, "TCP");
  assert.equal(changed(13, 0x06), undefined, "ARP");
});

Deno.test("any octets are read without throwing", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    parseUdpFrame(bytes);
  }));
});

function encode(frame: UdpFrame): Uint8Array {
  const bytes = new Uint8Array(FRAME_OVERHEAD_OCTETS + frame.payload.length);
  assert.equal(encodeUdpFrame(frame, bytes), bytes.length);
  return bytes;
}

/**
 * The octets as one big number, modulo 65535: that is what adding 16-bit words with an end-around
 * carry comes to, computed another way. It is 0 where a checksum is right.
 */
function wordsModulo(bytes: Uint8Array): number {
  const even = bytes.length % 2 === 0 ? "" : "00";
  return Number(BigInt("0x0" + formatHex(bytes).replaceAll(":", "") + even) % 0xffffn);
}

function octets(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = parseHex(hex);
  assert.ok(bytes);
  return bytes;
}
