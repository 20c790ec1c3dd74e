import assert from "node:assert/strict";
import fc from "fast-check";
import {
  contains,
  formatCidr,
  formatIpv4,
  isHostAddress,
  isNetmask,
  lastAddress,
  netmask,
  networkOf,
  parseCidr,
  parseIpv4,
  readIpv4,
  writeIpv4,
} from "../../src/wire/ipv4.ts";

const anyAddress = fc.integer({ min: 0, max: 0xffff_ffff });

Deno.test("parseIpv4 reads dotted quads and nothing else", () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ["0.0.0.0", 0],
    ["192.168.1.1", 0xc0a80101],
    ["255.255.255.255", 0xffffffff],
    ["128.0.0.0", 0x80000000],
    ["256.0.0.0", undefined],
    ["1.2.3.999", undefined],
    ["1.2.3", undefined],
    ["1.2.3.4.5", undefined],
    ["01.2.3.4", undefined],
    ["1.2.3.04", undefined],
    ["1.2.3.+4", undefined],
    ["1.2.3.4 ", undefined],
    ["1.2.3.4\n", undefined],
    ["0x7f.0.0.1", undefined],
    ["1.2.3.", undefined],
    ["3232235777", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of rows) assert.equal(parseIpv4(text), expected, text);
});

Deno.test("parseCidr reads an address and a prefix length of 0 to 32", () => {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ["192.168.1.0/24", "192.168.1.0/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["10.0.0.1/32", "10.0.0.1/32"],
    ["10.0.0.5/8", "10.0.0.5/8"],
    ["10.0.0.0/33", undefined],
    ["10.0.0.0/08", undefined],
    ["10.0.0.0/-1", undefined],
    ["10.0.0.0/", undefined],
    ["10.0.0.0/8/8", undefined],
    ["10.0.0.0", undefined],
    ["10.0.0/8", undefined],
    ["/8", undefined],
  ];
  for (const [text, expected] of rows) {
    const cidr = parseCidr(text);
    assert.equal(cidr && formatCidr(cidr), expected, text);
  }
});

Deno.test("netmask, network and last address of each prefix length", () => {
  const rows: readonly (readonly [number, string, string, string])[] = [
    [0, "0.0.0.0", "0.0.0.0", "255.255.255.255"],
    [1, "128.0.0.0", "128.0.0.0", "255.255.255.255"],
    [8, "255.0.0.0", "192.0.0.0", "192.255.255.255"],
    [23, "255.255.254.0", "192.168.0.0", "192.168.1.255"],
    [24, "255.255.255.0", "192.168.1.0", "192.168.1.255"],
    [31, "255.255.255.254", "192.168.1.76", "192.168.1.77"],
    [32, "255.255.255.255", "192.168.1.77", "192.168.1.77"],
  ];
  for (const [prefixLength, mask, network, last] of rows) {
    const cidr = networkOf(parseIpv4("192.168.1.77")!, prefixLength);
    const told = [netmask(prefixLength), cidr.network, lastAddress(cidr)].map(formatIpv4);
    assert.deepEqual(told, [mask, network, last], `/${prefixLength}`);
  }
});

Deno.test("a network contains its first to its last address and no other (property)", () => {
  fc.assert(fc.property(anyAddress, fc.integer({ min: 0, max: 32 }), anyAddress, (a, length, b) => {
    const cidr = networkOf(a, length);
    const last = lastAddress(cidr);
    assert(contains(cidr, a) && contains(cidr, cidr.network) && contains(cidr, last));
    assert.equal(contains(cidr, b), cidr.network <= b && b <= last);
    if (cidr.network > 0) assert(!contains(cidr, cidr.network - 1));
    if (last < 0xffff_ffff) assert(!contains(cidr, last + 1));
  }));
});

Deno.test("the network's own and its broadcast address are no host's, but in a /31 and a /32", () => {
  const rows: [string, string, boolean][] = [
    ["192.168.1.0/24", "192.168.1.0", false],
    ["192.168.1.0/24", "192.168.1.1", true],
    ["192.168.1.0/24", "192.168.1.254", true],
    ["192.168.1.0/24", "192.168.1.255", false],
    ["192.168.1.0/24", "192.168.2.1", false],
    ["10.0.0.0/31", "10.0.0.0", true],
    ["10.0.0.0/31", "10.0.0.1", true],
    ["10.0.0.7/32", "10.0.0.7", true],
    ["10.0.0.7/32", "10.0.0.8", false],
  ];
  for (const [cidr, address, expected] of rows) {
    const told = isHostAddress(parseCidr(cidr)!, parseIpv4(address)!);
    assert.equal(told, expected, `${address} in ${cidr}`);
  }
});

Deno.test("an address survives its text and its octets (property)", () => {
  fc.assert(fc.property(anyAddress, (address) => {
    assert.equal(parseIpv4(formatIpv4(address)), address);
    const bytes = new Uint8Array(6).fill(0xee);
    writeIpv4(bytes, 1, address);
    assert.equal(bytes.subarray(1, 5).join("."), formatIpv4(address), "network order");
    assert.deepEqual([bytes[0], bytes[5]], [0xee, 0xee], "four octets and no more");
    assert.equal(readIpv4(bytes, 1), address);
  }));
});

Deno.test("a netmask is ones, and zeros after them", () => {
  for (let length = 0; length <= 32; length++) assert.ok(isNetmask(netmask(length)), `/${length}`);
  for (const text of ["255.0.255.0", "0.0.0.1", "127.0.0.0", "255.255.255.253"]) {
    assert.ok(!isNetmask(parseIpv4(text)!), text);
  }
});
