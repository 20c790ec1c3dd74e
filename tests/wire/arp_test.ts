import assert from "node:assert/strict";
import fc from "fast-check";
import { ARP_OCTETS, encodeArpRequest, parseArpReply } from "../../src/wire/arp.ts";
import { formatHex, parseHex } from "../../src/wire/hex.ts";
import { formatIpv4, parseIpv4 } from "../../src/wire/ipv4.ts";

const ASKER = {
  hardwareAddress: parseHex("02:00:00:00:00:01")!,
  address: parseIpv4("192.168.1.1")!,
};

Deno.test("RFC 826: a request is Ethernet, IPv4, who asks, and the address asked for", () => {
  const bytes = new Uint8Array(ARP_OCTETS).fill(0xff);
  encodeArpRequest(ASKER, parseIpv4("192.168.1.105")!, bytes);
  assert.equal(
    formatHex(bytes),
    "00:01:08:00:06:04:00:01:02:00:00:00:00:01:c0:a8:01:01:00:00:00:00:00:00:c0:a8:01:69",
  );
});

function reply(change: (bytes: Uint8Array) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(ARP_OCTETS + 18); // Ethernet pads to 46 octets
  encodeArpRequest({ ...ASKER, address: parseIpv4("192.168.1.105")! }, ASKER.address, bytes);
  bytes[7] = 2;
  change(bytes);
  return bytes;
}

Deno.test("RFC 826: a reply says who has the address", () => {
  const said = parseArpReply(reply());
  assert.equal(said?.hardwareAddress, "02:00:00:00:00:01");
  assert.equal(formatIpv4(said.address), "192.168.1.105");
});

Deno.test("what is no ARP reply for IPv4 over Ethernet says nothing", () => {
  const others: [string, Uint8Array][] = [
    ["a request", reply((bytes) => bytes[7] = 1)],
    ["RARP", reply((bytes) => bytes[7] = 4)],
    ["an operation in the upper octet", reply((bytes) => bytes[6] = 2)],
    ["another network", reply((bytes) => bytes[2] = 0x86)],
    ["other hardware", reply((bytes) => bytes[1] = 6)],
    ["longer hardware addresses", reply((bytes) => bytes[4] = 8)],
    ["cut short", reply().subarray(0, ARP_OCTETS - 1)],
  ];
  for (const [what, bytes] of others) assert.equal(parseArpReply(bytes), undefined, what);
});

Deno.test("whatever comes is read without a fault", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    parseArpReply(bytes);
  }));
});
