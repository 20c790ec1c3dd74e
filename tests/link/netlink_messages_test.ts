import assert from "node:assert/strict";
import fc from "fast-check";
import {
  dumpRequest,
  type NetlinkMessage,
  parseNetlink,
  RTM_GETADDR,
  RTM_GETLINK,
} from "../../src/link/netlink_messages.ts";
import { formatHex, parseHex } from "../../src/wire/hex.ts";
import { formatIpv4 } from "../../src/wire/ipv4.ts";

// Captured from Linux 6.18, on x86-64. RTM_NEWLINK messages are cut down to the attributes
// IFLA_IFNAME, IFLA_OPERSTATE, IFLA_MTU, IFLA_ADDRESS and IFLA_BROADCAST.
const LOOPBACK_LINK = "500000001000020001000000b64000000000040301000000490001000000000007000300" +
  "6c6f0000050010000000000008000400000001000a00010000000000000000000a0002000000000000000000";
const VETH_LINK = "540000001000020001000000b6400000000001000300000043100100000000000900030" +
  "06c616e3000000000050010000600000008000400dc0500000a00010002112233445500000a000200" +
  "ffffffffffff0000";
const PRIMARY_ADDRESS = "500000001400020001000000b6400000021880000300000008000100c0a801010800020" +
  "0c0a80101090003006c616e3000000000080008008000000014000600fffffffffffffffff6940300f6940300";
const PEER_ADDRESS = "500000001400020001000000b64000000220800003000000080001000a0000020800020" +
  "00a000001090003006c616e3000000000080008008000000014000600fffffffffffffffff6940300f6940300";
const DEFAULT_ROUTE = "3c0000001800020001000000b640000002000000fe0300010000000008000f00fe00000" +
  "0080006006400000008000500c0a801fe0800040003000000";
const OTHER_ROUTE = "3c0000001800020001000000b6400000020c0000fe0300010000000008000f00fe00000008" +
  "000100ac10000008000500c0a801fd0800040003000000";
const DONE = "140000000300020001000000b640000000000000";

Deno.test("RTM_NEWLINK tells name, index, hardware address and state", () => {
  const [link] = parse(VETH_LINK);
  assert.ok(link?.kind === "link");
  const { hardwareAddress, ...rest } = link;
  assert.equal(formatHex(hardwareAddress), "02:11:22:33:44:55");
  const expected = { kind: "link", name: "lan0", index: 3, ethernet: true, up: true };
  assert.deepEqual(rest, { ...expected, loopback: false });
});

Deno.test("RTM_NEWLINK of the loopback interface is not Ethernet", () => {
  const [link] = parse(LOOPBACK_LINK);
  assert.ok(link?.kind === "link");
  assert.deepEqual([link.name, link.loopback, link.ethernet], ["lo", true, false]);
});

Deno.test("an interface is up only when it is switched on and has a carrier", () => {
  const FLAGS_OFFSET = 24;
  const stateOf = (flags: number) => {
    const bytes = octets(VETH_LINK);
    new DataView(bytes.buffer).setUint32(FLAGS_OFFSET, flags, true);
    const [link] = parseNetlink(bytes).messages;
    return link?.kind === "link" && link.up;
  };
  const [IFF_UP, IFF_RUNNING] = [0x1, 0x40];
  assert.equal(stateOf(IFF_UP | IFF_RUNNING), true);
  assert.equal(stateOf(IFF_UP), false);
  assert.equal(stateOf(IFF_RUNNING), false);
});

Deno.test("RTM_NEWADDR tells the own address, not the peer's", () => {
  assert.deepEqual(addressesOf(PRIMARY_ADDRESS, PEER_ADDRESS), [
    "3 192.168.1.1/24",
    "3 10.0.0.1/32",
  ]);
});

Deno.test("RTM_NEWROUTE tells default routes with a gateway, and no others", () => {
  const routes = parse(DEFAULT_ROUTE, OTHER_ROUTE);
  assert.deepEqual(routes, [
    { kind: "default-route", index: 3, gateway: 0xc0a801fe, metric: 100 },
  ]);
});

Deno.test("a dump ends with NLMSG_DONE; NLMSG_ERROR tells the errno", () => {
  const error = "240000000200000001000000b640000" + "0" + "ffffffff" + "00".repeat(16);
  assert.deepEqual(parse(DONE), [{ kind: "done" }]);
  assert.deepEqual(parse(error), [{ kind: "error", errno: 1 }]);
});

Deno.test("an interrupted dump is told (NLM_F_DUMP_INTR)", () => {
  assert.equal(parseNetlink(octets(DONE)).interrupted, false);
  const interrupted = octets(DONE);
  interrupted[6]! |= 0x10;
  assert.equal(parseNetlink(interrupted).interrupted, true);
});

Deno.test("a dump request asks for the links of all families, and for IPv4 addresses", () => {
  const header = "2000000012000103" + "0000000000000000";
  assert.equal(plainHex(dumpRequest(RTM_GETLINK)), header + "00".repeat(16));
  const addresses = "2000000016000103" + "0000000000000000";
  assert.equal(plainHex(dumpRequest(RTM_GETADDR)), addresses + "02" + "00".repeat(15));
});

Deno.test("what is cut short at any octet gives the messages before it, and never throws", () => {
  const whole = octets(VETH_LINK + PRIMARY_ADDRESS);
  const firstLength = VETH_LINK.length / 2;
  for (let length = 0; length < whole.length; length++) {
    const { messages } = parseNetlink(whole.subarray(0, length));
    assert.equal(messages.length, length < firstLength ? 0 : 1, `${length} octets`);
  }
});

Deno.test("any octets are read to an end and never throw", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    assert.ok(parseNetlink(bytes).messages.length <= bytes.length / 16);
  }));
});

Deno.test("a real message with any octet changed never throws", () => {
  const whole = octets(VETH_LINK + PRIMARY_ADDRESS + DEFAULT_ROUTE + DONE);
  const position = fc.nat({ max: whole.length - 1 });
  fc.assert(fc.property(position, fc.nat({ max: 255 }), (at, octet) => {
    const changed = whole.slice();
    changed[at] = octet;
    assert.ok(parseNetlink(changed).messages.length <= 4);
  }));
});

function parse(...hex: string[]): readonly NetlinkMessage[] {
  return parseNetlink(octets(hex.join(""))).messages;
}

function addressesOf(...hex: string[]): string[] {
  return parse(...hex).map((message) => {
    assert.ok(message.kind === "address");
    return `${message.index} ${formatIpv4(message.address)}/${message.prefixLength}`;
  });
}

function octets(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = parseHex(hex);
  assert.ok(bytes);
  return bytes;
}

function plainHex(bytes: Uint8Array): string {
  return formatHex(bytes).replaceAll(":", "");
}
