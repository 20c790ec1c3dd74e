/** Networks as people have them: each file loads without a word, and does what its comments say. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Config } from "../../src/config/config.ts";
import { readConfig } from "../../src/config/load.ts";
import {
  DISCOVER,
  option,
  optionAddress,
  optionSeconds,
  REQUEST,
} from "../support/dhcp_packets.ts";
import { type Ask, Engine, hexOctets, macOf } from "../support/engine_fixture.ts";

const EXAMPLES = ["home", "office", "pxe_lab", "isp_edge"] as const;

async function load(name: (typeof EXAMPLES)[number]): Promise<Config> {
  const path = fileURLToPath(new URL(`${name}.yaml`, import.meta.url));
  const { config, warnings } = await readConfig(path);
  assert.deepEqual(warnings, []);
  return config;
}

/** The server of an example, on the interface that has `address`. */
async function serve(name: (typeof EXAMPLES)[number], address: string): Promise<Engine> {
  return new Engine({ config: await load(name), addresses: [address] });
}

const text = (octets: Uint8Array | undefined) => octets && new TextDecoder().decode(octets);
const bytes = (value: string) => new TextEncoder().encode(value);

/** What a client hears that asks for these options. */
function discover(engine: Engine, ask: Ask) {
  const { told, packet } = engine.ask({ type: DISCOVER, ...ask });
  return { told, packet: packet!, text: (code: number) => packet && text(option(packet, code)) };
}

Deno.test("home: machines by name keep their address, the resolver asks another", async () => {
  const engine = await serve("home", "192.168.1.1/24");
  const pi = discover(engine, { mac: "b8:27:eb:01:02:03", list: [6, 12, 15] });
  assert.equal(pi.told, "OFFER 192.168.1.10 (reservation)");
  assert.deepEqual([pi.text(12), pi.text(15)], ["pi", "home.arpa"]);
  assert.equal(optionAddress(pi.packet, 6), "192.168.1.2");
  const filter = discover(engine, { mac: "b8:27:eb:01:02:04", list: [6] });
  assert.equal(filter.told, "OFFER 192.168.1.2 (reservation)");
  assert.equal(optionAddress(filter.packet, 6), "9.9.9.9");

  const printer = { mac: macOf(9), requested: "192.168.1.150" };
  assert.doesNotMatch(discover(engine, printer).told, /192\.168\.1\.150/);
  engine.advance(1);
  engine.ask({ type: REQUEST, mac: macOf(8), requested: "192.168.1.120", server: "192.168.1.1" });
  engine.advance(60);
  const again = engine.ask({ type: REQUEST, mac: macOf(8), requested: "192.168.1.120" });
  assert.equal(again.told, "ACK 192.168.1.120 (renewed-unwritten)", "an SD card is spared");
});

Deno.test("home: a made up MAC has a short lease first, and a long one once it renews", async () => {
  const engine = await serve("home", "192.168.1.1/24");
  const guest = { mac: "d6:00:00:00:00:01", requested: "192.168.1.130" };
  const first = engine.ask({ type: REQUEST, server: "192.168.1.1", ...guest });
  assert.equal(optionSeconds(first.packet!, 51), 3600);
  engine.advance(1800);
  const renewal = { type: REQUEST, mac: guest.mac, ciaddr: guest.requested, to: "192.168.1.1" };
  assert.equal(optionSeconds(engine.ask(renewal).packet!, 51), 12 * 3600);
  const own = discover(engine, { mac: macOf(1) });
  assert.equal(optionSeconds(own.packet, 51), 12 * 3600);
});

Deno.test("office: each VLAN has its own, guests know nothing of the office", async () => {
  const desk = discover(await serve("office", "10.1.10.1/24"), { list: [15, 119, 6] });
  assert.match(desk.told, /^OFFER 10\.1\.10\./);
  assert.equal(desk.text(15), "office.example.com");
  const voice = await serve("office", "10.1.20.1/24");
  const telephone = discover(voice, { list: [66, 150], options: [[60, bytes("Cisco 7960")]] });
  assert.match(telephone.told, /^OFFER 10\.1\.20\./);
  assert.equal(telephone.text(66), "10.1.20.5");
  assert.deepEqual(option(telephone.packet, 150), hexOctets("0a:01:14:05:0a:01:14:06"));
  const laptop = voice.ask({ type: DISCOVER, options: [[60, bytes("MSFT 5.0")]] });
  assert.equal(laptop.told, "silence (not-for-its-classes)");
  const guest = discover(await serve("office", "10.1.30.1/23"), { list: [6, 15, 114, 119] });
  assert.match(guest.told, /^OFFER 10\.1\.3[01]\./);
  assert.deepEqual([guest.text(15), guest.text(119)], [undefined, undefined]);
  assert.equal(guest.text(114), "https://portal.example.com/api");
  assert.equal(optionAddress(guest.packet, 6), "9.9.9.9");
  assert.equal(optionSeconds(guest.packet, 51), 3600);
});

Deno.test("office: a branch that is full goes on in the other subnet of its wire", async () => {
  const engine = await serve("office", "10.1.10.1/24");
  const ask = (number: number) =>
    discover(engine, { mac: macOf(number), giaddr: "10.2.0.1", list: [3, 15, 121] });
  const [first, second, third] = [ask(1), ask(2), ask(3)];
  for (const { told } of [first, second]) assert.match(told, /^OFFER 10\.2\.0\.10[01] /);
  assert.match(third.told, /^OFFER 10\.2\.1\./);
  assert.equal(optionAddress(third.packet, 3), undefined, "121 says it (RFC 3442)");
  assert.equal(optionSeconds(third.packet, 51), 7200, "the pool's own");
  assert.equal(third.text(15), "branch.example.com");
  // RFC 3442: 10/8 by the branch's router, all else by the other one.
  assert.deepEqual(option(third.packet, 121), hexOctets("08:0a:0a:02:00:01:00:0a:02:00:02"));
  const stranger = engine.ask({ type: DISCOVER, mac: macOf(4), giaddr: "10.2.0.77" });
  assert.equal(stranger.told, "silence (relay-not-allowed)");
});

/** A firmware's options 60 and 93 (RFC 4578), or iPXE's user class. */
function firmware(architecture: number, more: Ask = {}): Ask {
  const vendorClass = `PXEClient:Arch:${String(architecture).padStart(5, "0")}:UNDI:003016`;
  return {
    list: [66, 67],
    ...more,
    options: [
      [60, bytes(vendorClass)],
      [93, Uint8Array.of(0, architecture)],
      ...more.options ?? [],
    ],
  };
}

/** The text in the header field `file`. */
function fileOf(packetBytes: Uint8Array): string {
  const field = packetBytes.subarray(108, 236);
  return text(field.subarray(0, field.indexOf(0)))!;
}

Deno.test("PXE lab: every firmware is told its file, iPXE its menu", async () => {
  const engine = await serve("pxe_lab", "10.0.0.1/24");
  const iPxe: Ask = { options: [[77, bytes("iPXE")]] };
  const rows: readonly (readonly [Ask, string])[] = [
    [firmware(0), "undionly.kpxe"],
    [firmware(7), "ipxe.efi"],
    [firmware(9), "ipxe.efi"],
    [firmware(11), "snp.efi"],
    [firmware(7, iPxe), "http://10.0.0.1/menu.ipxe"],
    [firmware(7, { ...iPxe, mac: "52:54:00:00:00:08" }), "http://10.0.0.1/unattended.ipxe"],
    [firmware(7, { mac: "52:54:00:00:00:08" }), "ipxe.efi"],
    [firmware(7, { ...iPxe, mac: "52:54:00:00:00:07" }), "http://10.0.0.1/rescue.ipxe"],
  ];
  for (const [ask, file] of rows) {
    const { bytes, packet } = engine.ask({ type: DISCOVER, ...ask });
    assert.equal(fileOf(bytes!), file);
    assert.equal(packet!.siaddr, "10.0.0.1");
  }
  const terminal = engine.ask({ mac: "08:00:20:01:02:03" });
  assert.equal(terminal.packet?.yiaddr, "10.0.0.20", "by BOOTP");
  assert.match(engine.ask({ mac: macOf(1) }).told, /^silence/);
});

Deno.test("PXE lab: beside a router that gives the addresses, boot data and nothing else", async () => {
  const engine = await serve("pxe_lab", "192.168.7.2/24");
  const { told, packet } = engine.ask({ type: DISCOVER, ...firmware(7) });
  assert.equal(told, "OFFER (boot-data-only)");
  assert.equal(packet!.yiaddr, "0.0.0.0");
  const virtual = firmware(7, { mac: "52:54:00:00:00:08", options: [[77, bytes("iPXE")]] });
  const { bytes: sent } = engine.ask({ type: DISCOVER, ...virtual });
  assert.equal(fileOf(sent!), "http://10.0.0.1/unattended.ipxe", "classes count here, too");
  assert.match(engine.ask({ type: DISCOVER }).told, /^silence/);
});

Deno.test("ISP edge: a lease with two messages, and told of to who may ask", async () => {
  const engine = await serve("isp_edge", "10.255.0.1/24");
  const line: Ask = {
    mac: macOf(5),
    giaddr: "100.64.0.1",
    options: [[80, new Uint8Array()], [82, hexOctets("01:06:6c:69:6e:65:2d:35")]],
  };
  const { told, packet, decision } = engine.ask({ type: DISCOVER, ...line, list: [3, 125] });
  assert.match(told, /^ACK 100\.64\./);
  assert.equal(decision?.kind, "reply-after-commit", "on disk before it leaves");
  assert.equal(text(option(packet!, 82)?.subarray(2)), "line-5");
  assert.match(text(option(packet!, 125))!, /https:\/\/acs\.example\.net\//);

  const LEASEQUERY = 10;
  const query = (giaddr: string) =>
    engine.ask({ type: LEASEQUERY, mac: macOf(5), giaddr, from: giaddr, to: "10.255.0.1" });
  assert.match(query("100.64.0.1").told, /lease-active/);
  assert.match(query("100.64.0.9").told, /leasequery-not-allowed/);
});

Deno.test("ISP edge: two leases on a line, more for business, none for faulty modems", async () => {
  const engine = await serve("isp_edge", "10.255.0.1/24");
  const ask = (number: number, circuit: string): string => {
    const octets = bytes(circuit);
    return engine.ask({
      type: DISCOVER,
      mac: macOf(number),
      giaddr: "100.64.0.1",
      options: [[80, new Uint8Array()], [82, Uint8Array.of(1, octets.length, ...octets)]],
    }).told;
  };
  for (const number of [1, 2]) assert.match(ask(number, "line-5"), /^ACK /);
  assert.equal(ask(3, "line-5"), "silence (limit-reached)");
  assert.match(ask(1, "line-5"), /^ACK .*current-binding/, "who has one is served");
  assert.match(ask(3, "line-6"), /^ACK /);
  for (const number of [4, 5, 6]) assert.match(ask(number, "biz-1"), /^ACK /);
  const faulty = engine.ask({ type: DISCOVER, mac: "00:00:5e:00:00:09", giaddr: "100.64.0.1" });
  assert.equal(faulty.told, "silence (denied)");
});

Deno.test("ISP edge: a line with an address of its own is known by its client-id", async () => {
  const engine = await serve("isp_edge", "10.255.0.1/24");
  const offer = discover(engine, { giaddr: "203.0.113.1", clientId: "00:6c:69:6e:65:2d:37" });
  assert.equal(offer.told, "OFFER 203.0.113.7 (reservation)");
});

Deno.test("pxe_lab: a machine keeps its reserved address from its firmware to its system", async () => {
  const engine = await serve("pxe_lab", "10.0.0.1/24");
  const stages = [undefined, "01:52:54:00:00:00:07", "00:aa:bb", "ff:00:00:00:01", undefined];
  for (const clientId of stages) {
    const who = { mac: "52:54:00:00:00:07", ...(clientId === undefined ? {} : { clientId }) };
    const { told } = discover(engine, who);
    assert.equal(told, "OFFER 10.0.0.7 (reservation)", clientId);
    const taken = engine.ask({ type: REQUEST, server: "10.0.0.1", requested: "10.0.0.7", ...who });
    assert.equal(taken.told, "ACK 10.0.0.7 (outstanding-offer)", clientId);
  }
  assert.equal(engine.leases.size, 1);
});
